"""Calendar days of a time zone, the first from a moment on, and means over them."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from datetime import time as clock
from zoneinfo import ZoneInfo

import numpy as np

from forecasts.weather.run import utc64
from forecasts.weather.solar import HOUR, Floats, Times


@dataclass(frozen=True)
class LocalDays:
    """Days in a row; `edges` (day + 1,) in UTC, the first of them the moment asked from."""

    dates: tuple[date, ...]
    edges: Times

    @property
    def hours(self) -> Floats:
        """Hours of each day, from the moment asked from: 23 or 25 where clocks change."""
        return np.asarray(np.diff(self.edges) / HOUR, dtype=np.float64)


def local_days(start: datetime, last_day: date, timezone: str) -> LocalDays:
    """Return the local days from `start` (aware) to the end of `last_day`.

    Raises ValueError if `start` has no zone or `last_day` is over by then.
    """
    zone = ZoneInfo(timezone)
    begin = utc64(start)
    first = start.astimezone(zone).date()
    if last_day < first:
        raise ValueError(
            f"{start.isoformat()} lies after {last_day}, the last day asked for. "
            f"Ask for days that are still to come."
        )
    dates = tuple(first + timedelta(days=k) for k in range((last_day - first).days + 1))
    # each midnight is made by itself: a day of a clock change has no 24 h
    ends = [datetime.combine(day + timedelta(days=1), clock(), tzinfo=zone) for day in dates]
    return LocalDays(dates, np.array([begin, *(utc64(end) for end in ends)]))


def means_between(hourly: Floats, first: np.datetime64, edges: Times) -> Floats:
    """Return means of hourly values (..., hour) between `edges` (edge,), shape (..., edge - 1).

    `first` is the start of the first hour; an hour that an edge cuts counts by its parts. Raises
    ValueError where an edge lies outside the hours.
    """
    at = np.asarray((edges - first) / HOUR, dtype=np.float64)
    hours = hourly.shape[-1]
    if at[0] < 0 or at[-1] > hours:
        raise ValueError(f"edges reach from hour {at[0]:g} to {at[-1]:g} of {hours} hours.")
    whole = np.minimum(at.astype(np.intp), hours - 1)
    sums = np.zeros((*hourly.shape[:-1], hours + 1))
    np.cumsum(hourly, axis=-1, dtype=np.float64, out=sums[..., 1:])
    reached = sums[..., whole] + (at - whole) * hourly[..., whole]
    return np.asarray(np.diff(reached, axis=-1) / np.diff(at))
