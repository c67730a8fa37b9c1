"""Plans that need no search: the last plan's setpoints held on, and the heating curves."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

import numpy as np
import xarray as xr
from numpy.typing import NDArray

from dispatch.carried_out import Drawn, Served, day_with, drawn_heat_kw, held
from dispatch.change_limits import grid_down
from dispatch.day_plan import (
    DELIVERY_ROUNDS,
    FREE_ROUNDS,
    SHORTFALL_SHARE,
    DayPlan,
)
from dispatch.heating_curves import curve_setpoints_c, filtered_block_c
from dispatch.initial_state import LastPlan
from dispatch.inputs import PlanInputs
from dispatch.plan import SolveOutcome, SolveStatus
from dispatch.plan_reader import read_plan
from dispatch.shadow_prices import unknown_prices
from dispatch.shortage import cold_rooms
from dispatch.sources_by_hand import by_hand
from dispatch.verify import UNREADABLE

Array = NDArray[np.float64]

OLDEST = timedelta(days=7)  # weather that a plan of longer ago was made for says nothing of today's
DAY_H = 24.0
NO_SOLVER = "none: by merit and shares"


@dataclass(frozen=True)
class PublishedSetpoints:
    """What the last published plan told stations and units, hours from the new start."""

    plan_id: str
    block_start_h: Array  # (block,)
    end_h: float
    supply_c: dict[str, Array]  # by station (block,)
    step_start_h: Array  # (step,)
    units_on: dict[str, Array]  # by source that runs whole units (step,)


def published_setpoints(latest: Path | None, inputs: PlanInputs) -> PublishedSetpoints | None:
    """Read what the last plan told; None where there is none, or it is unreadable or too old."""
    path = None if latest is None else latest / "plan.nc"
    if path is None or not path.is_file():
        return None
    try:
        plan = read_plan(path)
        return _setpoints_of(plan, inputs)
    except UNREADABLE:
        return None


def _setpoints_of(plan: xr.Dataset, inputs: PlanInputs) -> PublishedSetpoints | None:
    start = inputs.grid.naive_utc(np.zeros(1))[0]

    def hours(name: str) -> Array:
        return np.asarray((plan[name].values - start) / np.timedelta64(3_600_000_000_000, "ns"))

    blocks_h, steps_h = hours("block_start"), hours("time")
    if not -OLDEST / timedelta(hours=1) <= blocks_h[0] <= 0.0:  # or of a later day: a training plan
        return None
    supply, on = plan["station_supply"].values, np.round(plan["source_units_on"].values)
    whole = np.flatnonzero(plan["source_commitment"].values > 0.0)
    stations, sources = plan["station"].values.tolist(), plan["source"].values.tolist()
    return PublishedSetpoints(
        plan_id=str(plan.attrs["plan_id"]),
        block_start_h=blocks_h,
        end_h=float(hours("block_end")[-1]),
        supply_c=dict(zip(stations, supply, strict=True)),
        step_start_h=steps_h,
        units_on={sources[i]: on[i] for i in whole},
    )


def _told_at(starts_h: Array, end_h: float, asked_h: Array) -> NDArray[np.intp]:
    """Which of the last plan's blocks or steps hold at `asked_h`; beyond its end its last day's."""
    beyond = np.maximum(0.0, asked_h - end_h)
    back_days = np.ceil((beyond + 1e-6) / DAY_H) * (asked_h >= end_h)
    place = np.searchsorted(starts_h, asked_h - DAY_H * back_days + 1e-6, side="right") - 1
    return np.maximum(place, 0)


def rolled_setpoints_c(told: PublishedSetpoints, inputs: PlanInputs, curves_c: Array) -> Array:
    """The last plan's setpoints by the clock, (station, block) °C; the curve where it has none.

    What it set within its horizon stands. After that, where its last day begins anew, setpoints
    move no faster than stations may.
    """
    at = _told_at(told.block_start_h, told.end_h, inputs.grid.block_edges_h[:-1])
    rows = [
        told.supply_c[name][at] if name in told.supply_c else np.full(at.size, np.nan)
        for name in inputs.stations.ids
    ]
    loops = inputs.stations.loops
    wanted = np.where(np.isfinite(rows), rows, curves_c)
    supply = np.clip(wanted, loops.supply_min_c[:, None], loops.supply_max_c[:, None])
    step_k = grid_down(inputs.station_step_k)
    for k in np.flatnonzero(inputs.grid.block_edges_h[:-1] >= told.end_h - 1e-6):
        if k > 0:
            before = supply[:, k - 1]
            supply[:, k] = np.clip(supply[:, k], before - step_k, before + step_k)
    return supply


def _rolled_units(told: PublishedSetpoints, inputs: PlanInputs) -> Array:
    """Whole units as the last plan ordered them, as far as they are there, (source, step)."""
    at = _told_at(told.step_start_h, told.end_h, inputs.grid.edges_h[:-1])
    rows = np.full((len(inputs.sources), at.size), np.nan)
    for i, unit in enumerate(inputs.sources):
        name = unit.source.source_id
        if unit.units is not None and name in told.units_on:
            rows[i] = np.minimum(told.units_on[name][at], unit.units.present)
    return rows


def curves_c(inputs: PlanInputs, weather: xr.Dataset) -> Array:
    """Setpoints by the heating curves, (station, block of the whole grid) °C."""
    return curve_setpoints_c(inputs, filtered_block_c(inputs, weather))


def rolled_plan(
    told: PublishedSetpoints,
    inputs: PlanInputs,
    weather: xr.Dataset,
    last: LastPlan | None,
    plan_id: str,
) -> DayPlan:
    """The last plan's setpoints carried out in today's weather. Raises NoPlan."""
    supply_c = rolled_setpoints_c(told, inputs, curves_c(inputs, weather))
    units_on = _rolled_units(told, inputs)
    return _drawable(inputs, lambda cap: held(inputs, supply_c, units_on, last, plan_id, cap))


def _drawable(inputs: PlanInputs, make: Callable[[Array], DayPlan]) -> DayPlan:
    """The plan with heat capped, (station, block) kW, at what stations can draw (`day_plan.py`)."""
    ours, horizon = inputs.stations.controllable[:, None], inputs.grid.horizon_blocks
    cap_kw = inputs.stations.heat_max_mw * 1000.0
    day = make(cap_kw)
    for done in range(DELIVERY_ROUNDS):
        drawn = day.primary.station
        short = (drawn.shortfall_kw > SHORTFALL_SHARE * day.settled.heat_kw) & ours
        if not short.any():
            break
        if done >= FREE_ROUNDS:
            short = np.repeat(short.any(axis=1, keepdims=True), short.shape[1], axis=1)
        capped = np.where(
            short, np.minimum(cap_kw[:, :horizon], drawn.heat_kw), cap_kw[:, :horizon]
        )
        cap_kw = np.column_stack([capped, cap_kw[:, horizon:]])
        day = make(cap_kw)
    return day


def curves_plan(
    inputs: PlanInputs, weather: xr.Dataset, last: LastPlan | None, plan_id: str
) -> DayPlan:
    """Every station on its heating curve, sources by merit and shares; no solver is asked."""
    supply_c = curves_c(inputs, weather)
    return _drawable(inputs, lambda cap: _by_hand(inputs, supply_c, cap, last, plan_id))


def _by_hand(
    inputs: PlanInputs, supply_c: Array, cap_kw: Array, last: LastPlan | None, plan_id: str
) -> DayPlan:
    """Setpoints held, heat capped, sources by hand."""
    drawn_kw = drawn_heat_kw(inputs, supply_c, cap_kw)
    served = by_hand(inputs, drawn_kw / 1000.0)
    got = served.got[inputs.stations.zone]
    ours = inputs.stations.controllable[:, None]
    heat_kw = np.where(ours, drawn_kw, inputs.stations.heat_due_mw * 1000.0) * got
    cap_kw = np.where(got < 1.0, heat_kw, cap_kw)
    nothing = float("nan")
    outcome = SolveOutcome(SolveStatus.FAILED, nothing, {}, 0, 0, NO_SOLVER, nothing)
    by = Served(served.model, outcome, unknown_prices(inputs))
    return day_with(inputs, Drawn(supply_c, heat_kw, cap_kw), by, last, plan_id)


def cold_k_h(schedule: xr.Dataset) -> float:
    """Degree-hours of commanded rooms under the law, by homes; offices count one a 100 m²."""
    _, below_k = cold_rooms(schedule, commanded=True, law=True)
    homes = schedule["station_homes"].values
    homes = np.where(homes > 0.0, homes, schedule["station_area"].values / 100.0)
    hours = below_k.sum(axis=1) * float(schedule.attrs["step_h"])
    return float(homes @ hours / max(1.0, homes.sum()))
