"""Heat of the plants day by day: towards what costs least, as fast as their setpoints may move.

A plant's supply temperature may move by so many kelvins a day, and with it the plant's heat
(`formulation/setpoint_change.py`, handbook §10). After a sharp change of the weather the plants
therefore share it for some days, whichever is the cheaper: a purchase that would stay full falls
with the boilers beside it.
"""

import numpy as np
from numpy.typing import NDArray

from dispatch.case import Case
from dispatch.fuel.conditions import Conditions
from dispatch.fuel.static_optimum import outlet_mw
from dispatch.network_inputs import network_slope_k
from dispatch.settled_start import usual_mw
from dispatch.station_inputs import buildings_of
from forecasts.demand.building import BASE_TEMP_C
from forecasts.weather.climate.spells import COLD_WAVE_FALLS_K

Array = NDArray[np.float64]
Mask = NDArray[np.bool_]

TINY_MW = 1e-9
# A plan is under a cold wave from two days before it (what it remembers) to a week ahead.
WAVE_BEFORE_D, WAVE_AHEAD_D = 2, 7
# Its falls are those of daily lows; means of days fall by so much of them. On drawn winters of
# Zaozhuang and Shenyang days are then in a wave as often as by the lows (7 for 8, 56 for 53 %).
MEAN_FALLS_BY = 0.8


def design_mw(case: Case) -> float:
    """Heat of all users at the design temperature, MW."""
    need_kw = buildings_of(case).design_heat_kw(case.settings.design_outdoor_temp_c)
    return max(TINY_MW, float(need_kw.sum()) / 1e3)


def plant_range_mw(case: Case, conditions: Conditions, number: int) -> tuple[Array, Array]:
    """Least and most heat of each plant under a condition, MW (plant,).

    The least is that of units which the grid's schedule makes run.
    """
    least, most = np.zeros(len(case.plant_ids)), np.zeros(len(case.plant_ids))
    for i, unit in enumerate(conditions.units):
        if not unit.source.kind.makes_heat:
            continue
        p, state = case.plant_ids.index(unit.source.plant_id), conditions.state(number, i)
        runs = np.isfinite(state.power_mw) and state.power_mw > 0.0
        least[p] += unit.least_unit_mw * state.units if runs else 0.0
        most[p] += state.most_mw
    there = conditions.link_there[number]
    outlets = np.array([outlet_mw(case, plant, there) for plant in case.plant_ids])
    most = np.minimum(most, outlets)
    return np.minimum(least, most), most


def change_limit_mw(case: Case, load_mw: Array) -> Array:
    """Most that plants may change from a day to the next, MW (plant, day, course).

    Kelvins a day times the slope of heat over supply temperature, as the plan reckons it; more of
    them in a cold wave, told here by the rise of the load. `load_mw` is (day, course).
    """
    network, design = case.settings.network, design_mw(case)
    usual = np.array([usual_mw(case)[plant] for plant in case.plant_ids])
    relative = np.clip(load_mw.mean(axis=1) / design, 0.1, 1.5)
    per_k = design / np.array([network_slope_k(case, float(part)) for part in relative])
    wave = _in_cold_wave(case, load_mw / design)
    day_k = np.where(wave, network.supply_day_cold_wave_k, network.supply_day_k)
    share = usual / max(TINY_MW, float(usual.sum()))
    return np.asarray(share[:, None, None] * (per_k[:, None] * day_k))


def _in_cold_wave(case: Case, relative: Array) -> Mask:
    """Whether a plan of the day has a cold wave in sight, (day, course), by the load's rise."""
    lift_k = BASE_TEMP_C - case.settings.design_outdoor_temp_c
    days = len(relative)
    hit = np.zeros(relative.shape, dtype=bool)
    for span, fall_k in COLD_WAVE_FALLS_K:
        hit[span:] |= (relative[span:] - relative[:-span]) * lift_k >= MEAN_FALLS_BY * fall_k
    count = np.vstack([np.zeros_like(hit[:1], dtype=int), np.cumsum(hit, axis=0)])
    first = np.maximum(np.arange(days) - WAVE_BEFORE_D + 1, 0)
    last = np.minimum(np.arange(days) + WAVE_AHEAD_D, days)
    return np.asarray(count[last] > count[first])


def limited_heat(
    target_mw: Array, limit_mw: Array, range_mw: Array, is_free: Mask, before_mw: Array | None
) -> Array:
    """Heat of each plant that follows the target as its limits let it, MW (plant, day, course).

    Plants add up to the target of every day: where the limits of all are too narrow for that,
    they are broken by those that want to move. `range_mw` is (least and most, plant, day);
    `is_free` (day,) marks days that begin under another condition: an outage moves plants at
    once. `before_mw` (plant,) is the heat of the day before the first, None where unknown.
    """
    heat = target_mw.copy()
    start = 1
    if before_mw is not None:
        start = 0
    for d in range(start, target_mw.shape[1]):
        if is_free[d] and not (d == 0 and before_mw is not None):
            continue
        before = before_mw[:, None] if d == 0 and before_mw is not None else heat[:, d - 1]
        least, most = (ends[:, d, None] for ends in range_mw)
        low = np.clip(before - limit_mw[:, d], least, most)
        high = np.clip(before + limit_mw[:, d], least, most)
        heat[:, d] = _towards(target_mw[:, d], low, high)
    return heat


def _towards(target: Array, low: Array, high: Array) -> Array:
    """The point nearest the target between two ends that adds up to it, or as near as can be."""
    held = np.clip(target, low, high)
    gap = target.sum(axis=0) - held.sum(axis=0)
    room = np.where(gap > 0.0, high - held, low - held)
    total = room.sum(axis=0)
    part = np.divide(gap, total, out=np.zeros_like(gap), where=np.abs(total) > TINY_MW)
    held = held + room * np.clip(part, 0.0, 1.0)
    rest = target.sum(axis=0) - held.sum(axis=0)
    wish = np.where(rest > 0.0, np.maximum(target - held, 0.0), np.minimum(target - held, 0.0))
    wished = wish.sum(axis=0)
    part = np.divide(rest, wished, out=np.zeros_like(rest), where=np.abs(wished) > TINY_MW)
    return np.asarray(held + wish * part)
