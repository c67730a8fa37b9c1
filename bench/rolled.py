"""Plans in a row: each starts from the state file of the one before, exactly as the daily run."""

from collections.abc import Callable
from datetime import datetime, timedelta

import numpy as np
import xarray as xr

from bench.executed import DAY_H, Executed, PlannedSpan
from dispatch.case import Case
from dispatch.collector import paused_collector
from dispatch.day_plan import plan_day
from dispatch.emitter import secondary_temperatures_c
from dispatch.formulation.build import build_model
from dispatch.initial_state import LastPlan, state_from, state_of
from dispatch.inputs import PlanInputs, plan_inputs
from dispatch.optimum import third_party_kw
from dispatch.schedule_build import build_schedule
from dispatch.setpoints import SupplySetpoints
from dispatch.settle import SettledPlan, rooms_c
from dispatch.shadow_prices import shadow_prices
from dispatch.solve import Limits, solve
from dispatch.time_grid import time_grid

PATIENCE_S = 3_600.0  # a solve of a fortnight takes minutes

Planner = Callable[[PlanInputs, LastPlan | None], xr.Dataset]


def published(inputs: PlanInputs, last: LastPlan | None) -> xr.Dataset:
    """The schedule a daily run publishes: setpoints in steps of 0.5 K, sources to match."""
    return plan_day(inputs, last, f"study-{inputs.grid.start:%m%dT%H%M}").schedule


def unrounded(inputs: PlanInputs, last: LastPlan | None) -> xr.Dataset:
    """The optimum itself, units on relaxed, as a schedule whose setpoints are not rounded."""
    with paused_collector():
        model = build_model(inputs)
        outcome = solve(model, relaxed=True, limits=Limits(time_s=PATIENCE_S))
    horizon, stations = inputs.grid.horizon_blocks, inputs.stations
    heat_kw = third_party_kw(inputs, model)
    for s, k in model.substation.keys:
        heat_kw[s, k] = max(0.0, model.substation.heat[s, k].value * 1000.0)
    heat_kw = heat_kw[:, :horizon]
    indoor, mean_c = rooms_c(inputs, heat_kw)
    supply, back = secondary_temperatures_c(stations.loops, heat_kw, mean_c)
    nothing = np.zeros(heat_kw.shape, dtype=np.int8)
    setpoints = SupplySetpoints(supply, back, heat_kw, indoor, nothing, nothing > 0)
    ours, due_kw = stations.controllable[:, None], stations.heat_due_mw[:, :horizon] * 1000.0
    plan = SettledPlan(
        setpoints=setpoints,
        heat_kw=heat_kw,
        heat_due_kw=np.where(ours, heat_kw, due_kw),
        heat_max_kw=stations.heat_max_mw[:, :horizon] * 1000.0,
        model=model,
        outcome=outcome,
        prices=shadow_prices(inputs, model),
        resolve=outcome,
        rounds=0,
    )
    return build_schedule(inputs, plan, last, f"study-{inputs.grid.start:%m%dT%H%M}")[0]


def last_plan(schedule: xr.Dataset, case: Case, start: datetime) -> LastPlan:
    """What a plan from `start` reads of the one before, as from its state file."""
    state = state_from(state_of(schedule, case), start)
    if state.last is None:
        raise SystemExit(f"no state: {state.remark}")
    return state.last


def inputs_from(
    case: Case, weather: xr.Dataset, start: datetime, last: LastPlan | None
) -> PlanInputs:
    """Inputs of a plan from `start` that knows the weather to come."""
    grid = time_grid(start, case.settings.time, case.settings.timezone)
    return plan_inputs(case, grid, weather, last)


def rolled(
    case: Case, weather: xr.Dataset, start: datetime, days: int, planner: Planner
) -> Executed:
    """Plan every day anew and carry out its first 24 hours."""
    spans: list[PlannedSpan] = []
    last = None
    for day in range(days):
        moment = start + timedelta(days=day)
        if spans:
            last = last_plan(spans[-1].schedule, case, moment)
        inputs = inputs_from(case, weather, moment, last)
        spans.append(PlannedSpan(inputs, planner(inputs, last), DAY_H))
    return Executed(tuple(spans))


def at_once(
    case: Case, weather: xr.Dataset, start: datetime, days: int, planner: Planner
) -> Executed:
    """One plan over all days, its look-ahead after them."""
    time = case.settings.time.model_copy(update={"horizon_h": round(days * DAY_H)})
    long = case.model_copy(update={"settings": case.settings.model_copy(update={"time": time})})
    inputs = inputs_from(long, weather, start, None)
    return Executed((PlannedSpan(inputs, planner(inputs, None), days * DAY_H),))
