"""From inputs to a schedule that can be set and carried: optimum, setpoints, primary side."""

from dataclasses import dataclass, replace

import numpy as np
import xarray as xr

from dispatch.collector import paused_collector
from dispatch.full_plan import optimum
from dispatch.initial_state import LastPlan
from dispatch.inputs import PlanInputs
from dispatch.primary_side import PrimarySide
from dispatch.schedule_build import build_schedule
from dispatch.settle import SettledPlan, settle

DELIVERY_ROUNDS = 4
FREE_ROUNDS = 2  # in which what one block cannot draw may be made up for in another
SHORTFALL_SHARE = 5e-4  # of a station's heat: half of what the audit lets pass


@dataclass(frozen=True)
class DayPlan:
    """A plan before it is judged."""

    schedule: xr.Dataset
    settled: SettledPlan
    primary: PrimarySide
    hurried: bool  # setpoints rise as fast as they may at all, for the law's sake


def plan_day(inputs: PlanInputs, last: LastPlan | None, plan_id: str) -> DayPlan:
    """Solve, round, and work out the primary side.

    Supply temperatures may not rise as fast as heat: where a commanded station cannot draw what
    it was given, its heat is capped at what it can, and setpoints and sources are settled anew.
    In the last rounds the whole day of such a station is held to what it draws.
    Raises NoPlan.
    """
    with paused_collector():
        return _plan_day(inputs, last, plan_id)


def _plan_day(inputs: PlanInputs, last: LastPlan | None, plan_id: str) -> DayPlan:
    wanted = optimum(inputs)
    inputs = replace(inputs, hurried=wanted.hurried) if wanted.hurried else inputs
    settled = settle(inputs, wanted)
    schedule, primary = build_schedule(inputs, settled, last, plan_id)
    cap_kw = np.full(settled.heat_kw.shape, np.inf)
    for done in range(DELIVERY_ROUNDS):
        short = primary.station.shortfall_kw > SHORTFALL_SHARE * settled.heat_kw
        short &= inputs.stations.controllable[:, None]
        if not short.any():
            break
        if done >= FREE_ROUNDS:  # else the wish moves from block to block, a round each
            short = np.repeat(short.any(axis=1, keepdims=True), short.shape[1], axis=1)
        cap_kw = np.where(short, np.minimum(cap_kw, primary.station.heat_kw), cap_kw)
        settled = settle(inputs, wanted, cap_kw)
        schedule, primary = build_schedule(inputs, settled, last, plan_id)
    return DayPlan(schedule, settled, primary, wanted.hurried)
