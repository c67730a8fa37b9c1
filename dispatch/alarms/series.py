"""Readings as alarms look at them: what one point of one place said, and for how long it lasts."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from forecasts.telemetry.points import TRAITS, Point

Array = NDArray[np.float64]
Mask = NDArray[np.bool_]

STALE_FOR = timedelta(hours=2)  # an older reading says nothing of now
BEATS = 3.0  # missed in a row before a point counts as silent
HOUR = np.timedelta64(1, "h")


@dataclass(frozen=True)
class Series:
    """Readings of one point at one place, oldest first; times UTC."""

    id: str
    point: Point
    sensor: str
    times: NDArray[np.datetime64]
    values: Array

    @property
    def usual_min(self) -> float:
        """Minutes between readings, as a rule; infinite for a single one."""
        if self.times.size < 2:
            return float("inf")
        return float(np.median(np.diff(self.times) / np.timedelta64(1, "m")))

    @property
    def usual(self) -> float:
        """What it reads when all is well: exceeded a quarter of the time, so that what has been low
        for half of the window, or for longer, does not count as usual.
        """
        return float(np.quantile(self.values, 0.75))

    @property
    def last(self) -> float:
        """The newest value."""
        return float(self.values[-1])

    def at(self, place: int) -> datetime:
        """Moment of a reading, aware."""
        return pd.Timestamp(self.times[place], tz="UTC").to_pydatetime()

    def speaks(self, now: datetime) -> bool:
        """Whether the newest reading still says something of `now`."""
        longest = max(STALE_FOR, timedelta(minutes=min(BEATS * self.usual_min, 1e6)))
        return now - self.at(-1) <= longest

    def lasting(self, mask: Mask) -> int | None:
        """Place from which a condition holds without a break up to the newest reading."""
        if not mask.size or not mask[-1]:
            return None
        off = np.flatnonzero(~mask)
        return int(off[-1]) + 1 if off.size else 0


def series_of(readings: pd.DataFrame, point: Point) -> Iterator[Series]:
    """Yield the believable readings of a point, place by place."""
    trait = TRAITS[point]
    rows = readings[readings["point"] == point]
    rows = rows[(rows["value"] >= trait.low) & (rows["value"] <= trait.high)]
    for (name, sensor), mine in rows.groupby(["id", "sensor"], observed=True, sort=True):
        times = mine["time"].dt.tz_convert("UTC").dt.tz_localize(None).to_numpy("datetime64[ns]")
        order = np.argsort(times, kind="stable")
        values = mine["value"].to_numpy(dtype=np.float64)[order]
        yield Series(str(name), point, str(sensor), times[order], values)
