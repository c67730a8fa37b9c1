"""Heat that a plan stores in rooms ahead of what the base plan does not meet.

No remark of a plan names it where no cold wave comes: before an outage the optimisation warms the
rooms all the same. Seen against the base plan it is plain.
"""

from dataclasses import dataclass
from datetime import datetime

import numpy as np
import xarray as xr
from numpy.typing import NDArray

from dispatch.preheat import LEAST_RISE_K, USED_UP
from dispatch.run_tables import labels, local_time, utc_datetime

Array = NDArray[np.float64]

SAME_START_K = 0.01
BEGINS_AT = 0.1  # of the peak
MOST_ZONES = 3


@dataclass(frozen=True)
class StoredAhead:
    """Rooms that we command, against the base plan. Times are aware and local."""

    start: datetime
    peak: datetime
    mwh: float  # at the peak
    rise_k: float  # mean of the rooms by heat capacity
    zones_mwh: tuple[tuple[str, float], ...]  # largest first


def stored_ahead(base: xr.Dataset, variant: xr.Dataset, timezone: str) -> StoredAhead | None:
    """Return what is stored ahead; None where nothing is, or where plans cannot be held together.

    Rooms must start alike, and what they get more must be used up at the end: a plan that merely
    keeps rooms warmer stores nothing ahead.
    """
    if not _alike(base, variant):
        return None
    ours = variant["station_controllable"].values > 0
    mwh_per_k = variant["station_heat_capacity"].values * variant["station_area"].values / 3.6e9
    warmer_k = variant["station_indoor"].values - base["station_indoor"].values
    mwh = np.where(ours, mwh_per_k, 0.0)[:, np.newaxis] * warmer_k  # (station, end of step)
    total = mwh.sum(axis=0)
    peak = int(total.argmax())
    capacity = float(mwh_per_k[ours].sum())
    if capacity <= 0 or total[peak] < LEAST_RISE_K * capacity or total[-1] > USED_UP * total[peak]:
        return None
    before = np.flatnonzero(total[:peak] <= BEGINS_AT * total[peak])
    first = int(before[-1]) + 1 if before.size else 0
    times, step = variant["time"].values, np.timedelta64(round(_step_h(variant) * 3600), "s")
    zone_of = np.array(labels(variant, "station_zone"))
    by_zone = {zone: float(mwh[zone_of == zone, peak].sum()) for zone in np.unique(zone_of)}
    largest = sorted(by_zone.items(), key=lambda item: (-item[1], item[0]))[:MOST_ZONES]
    return StoredAhead(
        start=local_time(utc_datetime(times[first]), timezone),
        peak=local_time(utc_datetime(times[peak] + step), timezone),
        mwh=float(total[peak]),
        rise_k=float(total[peak]) / capacity,
        zones_mwh=tuple((str(zone), value) for zone, value in largest if value > 0),
    )


def _step_h(schedule: xr.Dataset) -> float:
    return float(schedule.attrs["step_h"])


def _alike(base: xr.Dataset, variant: xr.Dataset) -> bool:
    same = np.array_equal(base["time"].values, variant["time"].values) and np.array_equal(
        base["station"].values, variant["station"].values
    )
    if not same:
        return False
    apart_k = variant["station_indoor_before"].values - base["station_indoor_before"].values
    return bool(np.abs(apart_k).max(initial=0.0) <= SAME_START_K)
