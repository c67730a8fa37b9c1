"""Who is cold in a plan: which loops, held against what, from when until when."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

import numpy as np
import pandas as pd
import xarray as xr
from numpy.typing import NDArray

from dispatch.run_tables import labels
from dispatch.shortage import cold_rooms, warming_from_start

Array = NDArray[np.float64]
Mask = NDArray[np.bool_]


class Level(StrEnum):
    """What a room is held against."""

    LAW = "law"  # what keeps the coldest flats legal; of others' stations the law itself
    FLOOR = "floor"  # the planning floor, above the law by the forecast's margin


@dataclass(frozen=True)
class ColdStation:
    """A loop whose mean room falls below a level. Times are aware and local."""

    station: str
    zone_id: str
    homes: int
    ours: bool  # commanded
    level: Level
    since: datetime  # start of the first cold step
    until: datetime | None  # end of the last one; None: still cold at the plan's end
    hours: float
    coldest_c: float
    coldest_at: datetime  # end of the step
    below_k: float  # at worst


def cold_stations(schedule: xr.Dataset) -> tuple[ColdStation, ...]:
    """Return who is cold: ours below the law, then below the floor, then others'; worst first.

    A loop of ours below the law is named once. As in the plan's own verdict, a loop that begins
    under its floor and is warmed up is not cold (`warming_from_start`).
    """
    law, law_k = cold_rooms(schedule, commanded=True, law=True)
    floor, floor_k = cold_rooms(schedule, commanded=True, law=False)
    floor = floor & ~warming_from_start(schedule)
    floor[law.any(axis=1)] = False
    others, others_k = cold_rooms(schedule, commanded=False, law=True)
    return (
        *_rows(schedule, law, law_k, Level.LAW),
        *_rows(schedule, floor, floor_k, Level.FLOOR),
        *_rows(schedule, others, others_k, Level.LAW),
    )


def kelvin_hours(schedule: xr.Dataset) -> float:
    """Kelvin hours below the law, mean over all homes that we command."""
    _, below_k = cold_rooms(schedule, commanded=True, law=True)
    ours = schedule["station_controllable"].values > 0
    homes = np.where(ours, schedule["station_homes"].values, 0.0)
    if homes.sum() <= 0.0:
        return 0.0
    return float(below_k.sum(axis=1) @ homes / homes.sum()) * float(schedule.attrs["step_h"])


def _rows(schedule: xr.Dataset, mask: Mask, below_k: Array, level: Level) -> list[ColdStation]:
    step_h = float(schedule.attrs["step_h"])
    starts = pd.DatetimeIndex(schedule["time"].values, tz="UTC").tz_convert(
        str(schedule.attrs["timezone"])
    )
    ends = starts + pd.Timedelta(hours=step_h)
    ours = schedule["station_controllable"].values > 0
    names, zones = labels(schedule, "station"), labels(schedule, "station_zone")
    rows = []
    for i in np.flatnonzero(mask.any(axis=1)).tolist():
        hit = np.flatnonzero(mask[i])
        rooms_c = np.where(mask[i], schedule["station_indoor"].values[i], np.inf)
        coldest = int(rooms_c.argmin())
        last = int(hit[-1])
        rows.append(
            ColdStation(
                station=names[i],
                zone_id=zones[i],
                homes=int(schedule["station_homes"].values[i]),
                ours=bool(ours[i]),
                level=level,
                since=starts[hit[0]].to_pydatetime(),
                until=None if last == len(starts) - 1 else ends[last].to_pydatetime(),
                hours=round(float(hit.size) * step_h, 2),
                coldest_c=round(float(rooms_c[coldest]), 2),
                coldest_at=ends[coldest].to_pydatetime(),
                below_k=round(float(below_k[i][mask[i]].max()), 2),
            )
        )
    return sorted(rows, key=lambda one: (-one.below_k, one.station))
