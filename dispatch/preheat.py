"""Heat stored in buildings ahead of a cold wave 提前蓄热, named where the plan does it.

That rooms warm up before a front is the optimisation's own choice, wherever sources or change
limits cannot follow the front; here it is recognised in the schedule and put into words. Warm is
what rooms have over the level they rest at (floor, or target where that is priced). It counts as
stored for the cold if it is more than on other days at the same hour, so that sun and the daily
wave do not count, if it was built up within the plan, and if a cold wave follows.
"""

from dataclasses import dataclass
from datetime import datetime

import numpy as np
import xarray as xr
from numpy.typing import NDArray

from dispatch.inputs import PlanInputs
from dispatch.plan import Remark
from dispatch.station_inputs import ROUNDING_ROOM_K, comfort_is_priced
from forecasts.demand.building import static_heat_kw

Array = NDArray[np.float64]

# Rooms on average this much warmer: twice what rounding of setpoints moves them by (0.08 K); and
# with it this share of a day's heat, which tells stored heat from noise in light buildings.
LEAST_RISE_K = 0.15
LEAST_SHARE_OF_DAY = 0.02
# The daily mean falls by this within two days: from day to day it moves by 2–3 K in these winters;
# a fall of 5 K is what sources and setpoints (6 K of supply a day, H §10) are slow to follow.
COLD_WAVE_FALL_K = 5.0
WITHIN_H = 48.0
LEAST_PAST_H = 6.0  # of weather before a moment, to speak of what comes after
USED_UP = 0.25  # of the rise is left


@dataclass(frozen=True)
class _Warmth:
    """Rooms over their rest level on step edges 0…n of the horizon."""

    mean_k: Array  # (step + 1,) mean over stations by heat capacity
    storage_mwh_per_k: float
    day_mwh: float  # heat of a day that holds these rooms at rest


def preheat_remarks(inputs: PlanInputs, schedule: xr.Dataset) -> tuple[Remark, ...]:
    """Name heat that a plan stores ahead of a cold wave; empty where it stores none."""
    warmth = _warmth(inputs, schedule)
    if warmth is None:
        return ()
    mean_k, step_h = warmth.mean_k, inputs.grid.step_h
    fall_k = _coming_fall_k(inputs.weather.air_temperature_c, step_h)[: mean_k.size]
    rise_k = mean_k - np.minimum.accumulate(mean_k)
    stored_k = np.where(
        fall_k >= COLD_WAVE_FALL_K, np.minimum(rise_k, _unusual_k(mean_k, step_h)), 0.0
    )
    peak = int(stored_k.argmax())
    least_k = max(LEAST_RISE_K, LEAST_SHARE_OF_DAY * warmth.day_mwh / warmth.storage_mwh_per_k)
    if stored_k[peak] < least_k:
        return ()
    lowest = mean_k[: peak + 1]
    start = int(np.flatnonzero(lowest <= lowest.min() + 0.1 * rise_k[peak])[-1])
    left_k = mean_k[peak:] - lowest.min()
    used = np.flatnonzero(left_k <= USED_UP * rise_k[peak])
    until = peak + int(used[0]) if used.size else mean_k.size - 1
    values = {
        "mwh": round(float(rise_k[peak]) * warmth.storage_mwh_per_k),
        "start": _when(inputs, start),
        "peak": _when(inputs, peak),
        "indoor_k": round(float(rise_k[peak]), 1),
        "fall_k": round(float(fall_k[peak]), 1),
        "until": _when(inputs, until),
    }
    return (Remark("daily.preheat", values),)


def _when(inputs: PlanInputs, edge: int) -> datetime:
    """Local time of a step's edge."""
    return inputs.grid.local(edge * inputs.grid.step_h)


def _warmth(inputs: PlanInputs, schedule: xr.Dataset) -> _Warmth | None:
    """Warmth of the loops we command all day; None without any.

    Timetabled loops are left out: they warm up every morning.
    """
    stations, steps = inputs.stations, inputs.grid.horizon_steps
    rows = stations.controllable & ~stations.timetabled
    if not rows.any():
        return None
    rest_c = stations.floor_step_c[:, 0] + ROUNDING_ROOM_K
    if comfort_is_priced(inputs.case):
        rest_c = np.maximum(rest_c, stations.target_step_c[:, 0])
    rooms = np.column_stack([stations.indoor_before_c, schedule["station_indoor"].values])
    buildings = stations.buildings
    mwh_per_k = buildings.heat_capacity_j_per_m2k * buildings.area_m2 / 3.6e9
    mean_k = np.average((rooms - rest_c[:, None])[rows], axis=0, weights=mwh_per_k[rows])
    need_kw = static_heat_kw(buildings, inputs.weather, rest_c, inputs.demand_factor)
    need_kw = need_kw[rows, :steps].sum(axis=0)
    return _Warmth(mean_k, float(mwh_per_k[rows].sum()), float(need_kw.mean()) * 24e-3)


def _unusual_k(mean_k: Array, step_h: float) -> Array:
    """How much warmer than at the same hour of the plan's other days, (step + 1,) K."""
    per_day, unusual = round(24.0 / step_h), np.zeros_like(mean_k)
    for hour in range(min(per_day, mean_k.size)):
        same = mean_k[hour::per_day]
        unusual[hour::per_day] = same - same.min()
    return unusual


def _coming_fall_k(temperature_c: Array, step_h: float) -> Array:
    """By how much daily means fall within two days after each step's start, (step + 1,) K.

    Against the mean of the day before; at the start of a plan, of the hours there are.
    """
    per_day, within = round(24.0 / step_h), round(WITHIN_H / step_h)
    total = np.concatenate([[0.0], np.cumsum(temperature_c)])
    fall_k = np.zeros(temperature_c.size + 1)
    if temperature_c.size < per_day:
        return fall_k
    days = (total[per_day:] - total[:-per_day]) / per_day  # mean of the day from each step on
    for step in range(round(LEAST_PAST_H / step_h), days.size):
        first = max(0, step - per_day)
        before = (total[step] - total[first]) / (step - first)
        last = min(days.size, step + within - per_day + 1)
        fall_k[step] = before - days[step:last].min()
    return fall_k
