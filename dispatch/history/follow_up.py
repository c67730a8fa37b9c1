"""A day looked back on: what plans meant against what was measured (handbook §11).

Setpoints are tracked well where the mean absolute error of the supply temperature is at most 1 K
and 95 % of the hours are within ±1 K; a source where it is within `SOURCE_PART` of its plan. Fuel
is compared in the weather that the plans reckoned with: of what was burnt, the plan's part for heat
is taken times degree-hours below 18 °C of the forecast over those measured; power's part stays.
"""

from dataclasses import dataclass
from datetime import date
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from dispatch.case import Case
from dispatch.fuel_shares import covers_heat_only
from dispatch.history.in_force import Planned, planned_hours
from dispatch.history.measured_day import MeasuredDay, day_span
from forecasts.demand.building import BASE_TEMP_C

Array = NDArray[np.float64]

TRACKED_K = 1.0  # most mean absolute error, and the band of hours that are within
TRACKED_SHARE = 0.95  # of the hours
ROOM_K = 1.0  # mean of the day: further off, building or meter is another than the case says
SOURCE_PART = 0.05  # of the planned heat, mean absolute error
SOURCE_MW = 1.0  # smaller errors are no news
LONE_HOURS = 1  # off the setpoint: a door, a sensor; no drift
LEAST_HOURS = 6  # planned and measured, to speak of a day
KCAL_PER_KGCE = 7000.0


@dataclass(frozen=True)
class SourceFollowed:
    """A source over the hours both planned and measured; supply temperature of its plant."""

    source_id: str
    hours: int
    planned_mw: float
    measured_mw: float
    error_mw: float  # mean absolute
    planned_supply_c: float  # NaN where it is not measured
    measured_supply_c: float
    drifted: bool


@dataclass(frozen=True)
class LoopFollowed:
    """A loop over the hours both planned and measured; NaN where nothing was measured."""

    loop_id: str
    controllable: bool
    hours: int  # of supply temperature
    error_k: float  # mean absolute, supply
    bias_k: float  # mean, measured less setpoint
    within_share: float  # of hours within 1 K
    planned_kw: float
    measured_kw: float
    planned_room_c: float
    measured_room_c: float
    drifted: bool


@dataclass(frozen=True)
class FuelFollowed:
    """Fuel of the day, tce, heat and power; NaN where not known."""

    planned_tce: float
    actual_tce: float
    normalised_tce: float  # actual, as it would have been in the weather that was forecast
    forecast_degree_h: float
    measured_degree_h: float
    by_scales: bool  # else by the measured heat at the planned fuel per heat


@dataclass(frozen=True)
class FollowUp:
    """One day; `outdoor_bias_k` is measured less forecast."""

    day: date
    hours: int
    planned_h: int  # hours with a plan in force
    runs: tuple[str, ...]  # plans that were in force, in order
    unreadable: tuple[str, ...]
    is_measured: bool
    outdoor_bias_k: float
    outdoor_error_k: float  # mean absolute
    outdoor_measured_c: float
    sources: tuple[SourceFollowed, ...]
    loops: tuple[LoopFollowed, ...]  # those with any measurement
    fuel: FuelFollowed

    @property
    def tracked(self) -> tuple[LoopFollowed, ...]:
        """Loops of ours whose supply temperature was measured."""
        return tuple(one for one in self.loops if one.controllable and one.hours >= LEAST_HOURS)

    @property
    def error_k(self) -> float:
        """Mean absolute error of supply temperature, of all loops of ours."""
        return _mean(np.array([one.error_k for one in self.tracked]))

    @property
    def within_share(self) -> float:
        """Part of the hours within 1 K, of all loops of ours."""
        return _mean(np.array([one.within_share for one in self.tracked]))

    @property
    def drifted(self) -> tuple[str, ...]:
        """Sources, then loops, that were not where the plan had them, the worst first."""
        loops = sorted(
            (one for one in self.loops if one.drifted),
            key=lambda one: -np.nan_to_num(one.error_k),
        )
        sources = [one.source_id for one in self.sources if one.drifted]
        return (*sources, *(one.loop_id for one in loops))


def follow_up(case: Case, case_folder: Path, day: date, measured: MeasuredDay | None) -> FollowUp:
    """Return a day of the runs in `case_folder` (`runs/<case>`), measured or not."""
    start, end = day_span(day, case.settings.timezone)
    hours = round((end - start).total_seconds() / 3600.0)
    planned = planned_hours(case_folder, start, hours)
    outdoor = np.full(hours, np.nan) if measured is None else measured.outdoor_c
    apart = outdoor - planned.outdoor_c
    sources = () if measured is None else _sources(case, planned, measured)
    loops = () if measured is None else _loops(planned, measured)
    return FollowUp(
        day=day,
        hours=hours,
        planned_h=sum(bool(run) for run in planned.runs),
        runs=tuple(dict.fromkeys(run for run in planned.runs if run)),
        unreadable=planned.unreadable,
        is_measured=measured is not None and not measured.is_empty,
        outdoor_bias_k=_mean(apart),
        outdoor_error_k=_mean(np.abs(apart)),
        outdoor_measured_c=_mean(outdoor),
        sources=sources,
        loops=loops,
        fuel=_fuel(case, planned, measured, outdoor),
    )


def _mean(values: Array) -> float:
    """Mean of what is known; NaN where nothing is."""
    known = values[np.isfinite(values)]
    return float(known.mean()) if known.size else float("nan")


def _both(planned: Array, measured: Array | None) -> tuple[Array, Array]:
    """Hours of which both are known."""
    if measured is None:
        return np.zeros(0), np.zeros(0)
    known = np.isfinite(planned) & np.isfinite(measured)
    return planned[known], measured[known]


def _sources(case: Case, planned: Planned, measured: MeasuredDay) -> tuple[SourceFollowed, ...]:
    plant_of = {source.source_id: source.plant_id for source in case.sources}
    found = []
    for row, name in enumerate(planned.sources):
        plan_mw, came_mw = _both(planned.heat_mw[row], measured.source_heat_mw.get(name))
        if not plan_mw.size:
            continue
        plant = plant_of.get(name, "")
        supply = measured.primary_supply_c.get(name, measured.primary_supply_c.get(plant))
        place = planned.plants.index(plant) if plant in planned.plants else None
        no_plan = np.full(planned.outdoor_c.size, np.nan)
        plan_c, came_c = _both(
            no_plan if place is None else planned.primary_supply_c[place], supply
        )
        error = _mean(np.abs(came_mw - plan_mw))
        found.append(
            SourceFollowed(
                source_id=name,
                hours=int(plan_mw.size),
                planned_mw=_mean(plan_mw),
                measured_mw=_mean(came_mw),
                error_mw=error,
                planned_supply_c=_mean(plan_c),
                measured_supply_c=_mean(came_c),
                drifted=plan_mw.size >= LEAST_HOURS
                and error > max(SOURCE_MW, SOURCE_PART * _mean(plan_mw)),
            )
        )
    return tuple(found)


def _loops(planned: Planned, measured: MeasuredDay) -> tuple[LoopFollowed, ...]:
    found = []
    for row, name in enumerate(planned.loops):
        plan_c, came_c = _both(planned.supply_c[row], measured.loop_supply_c.get(name))
        plan_kw, came_kw = _both(planned.heat_kw[row], measured.loop_heat_kw.get(name))
        plan_room, came_room = _both(planned.room_c[row], measured.loop_room_c.get(name))
        if not (plan_c.size or plan_kw.size or plan_room.size):
            continue
        apart = came_c - plan_c
        ours = bool(planned.controllable[row])
        error, within = _mean(np.abs(apart)), _mean((np.abs(apart) <= TRACKED_K).astype(float))
        room_k = _mean(came_room) - _mean(plan_room)
        out_h = int((np.abs(apart) > TRACKED_K).sum())
        off_setpoint = plan_c.size >= LEAST_HOURS and (
            error > TRACKED_K or (within < TRACKED_SHARE and out_h > LONE_HOURS)
        )
        off_room = plan_room.size >= LEAST_HOURS and abs(room_k) > ROOM_K
        found.append(
            LoopFollowed(
                loop_id=name,
                controllable=ours,
                hours=int(plan_c.size),
                error_k=error,
                bias_k=_mean(apart),
                within_share=within,
                planned_kw=_mean(plan_kw),
                measured_kw=_mean(came_kw),
                planned_room_c=_mean(plan_room),
                measured_room_c=_mean(came_room),
                drifted=ours and (off_setpoint or off_room),
            )
        )
    return tuple(found)


def degree_hours(outdoor_c: Array) -> float:
    """Kelvin-hours below 18 °C (handbook F3); NaN where an hour is missing."""
    return float(np.maximum(BASE_TEMP_C - outdoor_c, 0.0).sum())


def _fuel(
    case: Case, planned: Planned, measured: MeasuredDay | None, outdoor_c: Array
) -> FuelFollowed:
    """Scales of all yards count; else measured heat, source by source, as its plan burns for it."""
    known = np.isfinite(planned.fuel_tce)
    has_plan = bool(planned.sources) and known.any(axis=0).all()
    planned_tce = float(np.where(known, planned.fuel_tce, 0.0).sum()) if has_plan else float("nan")
    day = None if measured is None else measured.day
    scales = None if day is None else _by_scales(case, day)
    actual = scales if scales is not None else _by_heat(planned, measured)
    both = np.isfinite(outdoor_c) & np.isfinite(planned.outdoor_c)
    forecast_h, measured_h = (degree_hours(one[both]) for one in (planned.outdoor_c, outdoor_c))
    enough = both.sum() >= LEAST_HOURS and measured_h > 0.0
    return FuelFollowed(
        planned_tce=planned_tce,
        actual_tce=actual,
        normalised_tce=(
            actual * (1.0 + _heat_share(planned) * (forecast_h / measured_h - 1.0))
            if enough
            else float("nan")
        ),
        forecast_degree_h=forecast_h if enough else float("nan"),
        measured_degree_h=measured_h if enough else float("nan"),
        by_scales=scales is not None,
    )


def _heat_share(planned: Planned) -> float:
    """Part of the day's fuel that plans reckoned to heat."""
    whole = float(np.nansum(planned.fuel_tce))
    return float(np.nansum(planned.heat_fuel_tce)) / whole if whole > 0.0 else 1.0


def _by_scales(case: Case, day: date) -> float | None:
    """Fuel of the day by the scales of all yards, tce; None where they do not tell all of it."""
    rows = {row.yard_id: row for row in case.coal_daily if row.date == day.isoformat()}
    calorific = {fuel.fuel_id: fuel.net_calorific_value for fuel in case.fuels}
    used = {source.yard_id for source in case.sources if source.kind.makes_heat}
    total = 0.0
    for yard in case.yards:
        if yard.yard_id not in used:
            continue
        row = rows.get(yard.yard_id)
        if row is None or row.burnt_t is None or covers_heat_only(yard):
            return None
        kcal = row.net_calorific_kcal_per_kg or calorific.get(yard.fuel_id, float("nan"))
        total += row.burnt_t * kcal / KCAL_PER_KGCE
    return total if used == {yard.yard_id for yard in case.yards} & used else None


def _by_heat(planned: Planned, measured: MeasuredDay | None) -> float:
    """Fuel of the measured heat at the plan's fuel per heat, tce; NaN where a source is unknown."""
    total = 0.0
    for row, name in enumerate(planned.sources):
        burnt, heat = planned.fuel_tce[row], planned.heat_mw[row]
        if not np.isfinite(burnt).all():
            return float("nan")
        if burnt.sum() <= 0.0:
            continue
        came = None if measured is None else measured.source_heat_mw.get(name)
        if came is None or not np.isfinite(came).all():
            return float("nan")
        total += float(burnt.sum()) * float(came.sum()) / float(heat.sum())
    return total if planned.sources else float("nan")
