"""Burn ahead joined to the hourly plan without a jump: the plan's own on the days it covers."""

from dataclasses import dataclass, replace
from zoneinfo import ZoneInfo

import numpy as np
import pandas as pd
import xarray as xr
from numpy.typing import NDArray

from dispatch.case import Case
from dispatch.fuel.burn_paths import BurnAhead, DispatchCheck, YardBurn
from dispatch.fuel.reduced_dispatch import burn_ahead
from dispatch.fuel_shares import covers_heat_only
from forecasts.weather.weather_ahead import WeatherAhead

Array = NDArray[np.float64]

WHOLE_DAY_H = 22.5  # 23 h in spring; a day the plan covers less of says little about a day
# A yard's fuel after the plan goes on as far from the reduced dispatch as the plan was (a short
# yard, rooms that are cooled), bounded, and less so by the day: what made the plan differ passes,
# and a few mild days with one boiler more must not colour a winter.
FIT_MOST = 0.2
FIT_FADES_D = 10.0


@dataclass(frozen=True)
class _PlanDays:
    """The plan by local day of the outlook; arrays (day,) or (yard, day), MWh of fuel and heat."""

    hours: Array  # that the plan covers
    plant_mwh: Array  # (plant, day) heat of the plants
    yard_heat_mwh: Array  # fuel drawn for heat, start fuel included
    yard_power_mwh: Array
    electric_mwh: Array

    @property
    def heat_mwh(self) -> Array:
        """Heat of all plants, (day,)."""
        return np.asarray(self.plant_mwh.sum(axis=0))

    @property
    def yard_mwh(self) -> Array:
        """All fuel drawn, (yard, day)."""
        return self.yard_heat_mwh + self.yard_power_mwh


def joined_to_plan(
    burn: BurnAhead, schedule: xr.Dataset, case: Case, ahead: WeatherAhead
) -> BurnAhead:
    """Put the plan's burn in place of the reduced dispatch's where the plan's horizon reaches.

    There the expected burn is the plan's own, and each path differs from it by what the reduced
    dispatch makes of the path's weather, never below zero; a day covered in part has both. After
    the horizon the reduced dispatch goes on, each yard at first as far from it as the plan was.
    `check` compares both at the plan's own heat; None where the plan covers no whole day.
    """
    days = _plan_days(schedule, case, ahead)
    whole = days.hours >= WHOLE_DAY_H
    by_plan = np.clip(days.hours / ahead.hours, 0.0, 1.0)
    check, fits = None, np.ones(len(burn.yards))
    if whole.any():
        check, ratios = _check(burn, days, whole, case, ahead)
        fits = np.clip(ratios, 1.0 - FIT_MOST, 1.0 + FIT_MOST)
    since = np.maximum(0.0, np.arange(ahead.days) - np.flatnonzero(by_plan > 0.0).max(initial=0))
    faded = np.exp(-since / FIT_FADES_D)
    yards = []
    for y, (yard, fit) in enumerate(zip(burn.yards, fits, strict=True)):
        planned = (days.yard_heat_mwh[y], days.yard_power_mwh[y])
        yards.append(_joined_yard(yard, planned, by_plan, 1.0 + (fit - 1.0) * faded))
    electric = {
        yard.yard_id: days.electric_mwh[y] / ahead.hours
        + (1.0 - by_plan) * burn.power_mw[yard.yard_id]
        for y, yard in enumerate(burn.yards)
    }
    return replace(burn, yards=tuple(yards), power_mw=electric, check=check)


def _joined_yard(
    yard: YardBurn, by_plan_mwh: tuple[Array, Array], by_plan: Array, fit: Array
) -> YardBurn:
    """One yard, heat's part and power's each for itself; `by_plan` the part of each day."""
    paths, expected = [], []
    for drawn, usual, plan in (
        (yard.heat_mwh, yard.expected_heat_mwh, by_plan_mwh[0]),
        (yard.power_mwh, yard.expected_power_mwh, by_plan_mwh[1]),
    ):
        course = plan + (1.0 - by_plan) * fit * usual
        expected.append(course)
        paths.append(np.maximum(0.0, course + fit * (drawn - usual)))
    return YardBurn(yard.yard_id, paths[0], paths[1], expected[0], expected[1])


def _check(
    burn: BurnAhead,
    days: _PlanDays,
    whole: NDArray[np.bool_],
    case: Case,
    ahead: WeatherAhead,
) -> tuple[DispatchCheck, Array]:
    """The reduced dispatch at the plan's own heat; also the plan's fuel over it by yard."""
    at = np.flatnonzero(whole)
    heat_mw = days.heat_mwh[at] / days.hours[at]
    dates = [ahead.dates[d] for d in at]
    before = None
    if at[0] > 0 and days.hours[at[0] - 1] > 0.0:
        plants_mw = days.plant_mwh[:, at[0] - 1] / days.hours[at[0] - 1]
        before = dict(zip(case.plant_ids, plants_mw.tolist(), strict=True))
    same = burn_ahead(case, dates, days.hours[at], heat_mw[None], heat_mw, before)
    planned = days.yard_mwh[:, at].sum(axis=1)
    reduced = np.array([float(yard.expected_mwh.sum()) for yard in same.yards])
    ratios = np.divide(planned, reduced, out=np.ones_like(planned), where=reduced > 0.0)
    off = np.where(reduced > 0.0, 1.0, 0.0)  # of a yard that the plan leaves alone: all of it
    np.divide(reduced - planned, planned, out=off, where=planned > 0.0)
    expected = burn.expected_heat_mwh
    level = 1.0 if expected is None else float(days.heat_mwh[at].sum() / expected[at].sum())
    errors = {yard.yard_id: float(e) for yard, e in zip(same.yards, off, strict=True)}
    return DispatchCheck(days=at.size, level=level, fuel_error=errors), ratios


def _plan_days(schedule: xr.Dataset, case: Case, ahead: WeatherAhead) -> _PlanDays:
    """Sum the plan's horizon by local day; what lies outside the outlook's days is left out.

    Of a day of which the outlook has fewer hours left than the plan, the plan counts in part.
    """
    step_h = float(schedule.attrs["step_h"])
    zone = ZoneInfo(case.settings.timezone)
    local = pd.DatetimeIndex(schedule["time"].values, tz="UTC").tz_convert(zone)
    days = np.array([(day - ahead.dates[0]).days for day in local.date])
    here = (days >= 0) & (days < ahead.days)

    def by_day(values: Array) -> Array:
        total = np.bincount(days[here], values[here], minlength=ahead.days)
        return np.asarray(total, dtype=np.float64)

    hours = by_day(np.full(days.size, step_h))
    part = np.minimum(1.0, np.divide(ahead.hours, hours, out=np.ones_like(hours), where=hours > 0))
    heat, power, electric = [], [], []
    shape = (len(case.yards), ahead.days)
    for yard in case.yards:
        ours = schedule["source_yard"].values == yard.yard_id
        mwh_per_t = float(schedule["yard_mwh_per_t"].sel(yard=yard.yard_id))
        drawn = by_day(schedule["yard_burn"].sel(yard=yard.yard_id).values) * mwh_per_t
        for_heat = by_day(schedule["source_fuel_for_heat"].values[ours].sum(axis=0))
        fuel = by_day(schedule["source_fuel"].values[ours].sum(axis=0))
        share = np.divide(for_heat, fuel, out=np.ones_like(fuel), where=fuel > 0.0)
        share = np.ones_like(fuel) if covers_heat_only(yard) else np.clip(share, 0.0, 1.0)
        heat.append(drawn * share * part)
        power.append(drawn * (1.0 - share) * part)
        electric.append(by_day(schedule["source_power"].values[ours].sum(axis=0)) * step_h * part)
    plants = np.array([s.plant_id for s in case.sources])
    sent = [
        by_day(schedule["source_heat"].values[plants == plant].sum(axis=0)) * step_h * part
        for plant in case.plant_ids
    ]
    by_yard = (np.array(rows).reshape(shape) for rows in (heat, power, electric))
    return _PlanDays(hours * part, np.array(sent), *by_yard)
