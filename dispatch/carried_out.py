"""What a plan's setpoints do in weather that is not the forecast.

Stations hold their supply temperature, so a colder room draws more heat and a warmer one less
(H F8); rooms follow the weather that came (H F6); stations run by others follow their own curve in
it; sources deliver what is drawn, with the whole units that the plan ordered. Where they cannot,
the water of that zone is cooler and all its stations get less.
"""

from dataclasses import dataclass

import numpy as np
import pyomo.environ as pyo
import xarray as xr
from numpy.typing import NDArray

from dispatch.day_plan import DayPlan
from dispatch.emitter import heat_from_supply_kw, secondary_temperatures_c
from dispatch.formulation.build import build_model
from dispatch.initial_state import LastPlan
from dispatch.inputs import PlanInputs
from dispatch.optimum import third_party_kw
from dispatch.plan import SolveOutcome
from dispatch.schedule_build import build_schedule
from dispatch.setpoints import SupplySetpoints, block_mean_indoor_c
from dispatch.settle import ROUNDS, UNSENT_SHARE, SettledPlan, proven, rooms_c, sent_share
from dispatch.shadow_prices import ShadowPrices, shadow_prices
from dispatch.solve import solve
from dispatch.whole_units import fix_units

Array = NDArray[np.float64]


def carried_out(truth: PlanInputs, plan: xr.Dataset, last: LastPlan | None) -> xr.Dataset:
    """Return the schedule of what happens when a plan is carried out in the weather of `truth`.

    `truth` starts where the plan does, on the same grid, from the same past. The setpoint of the
    last block holds on after the horizon. Raises NoPlan where the solver gives nothing.
    """
    supply_c = _held_setpoints_c(plan, truth.grid.blocks)
    units_on = _ordered_units(plan, truth.grid.steps)
    cap_kw = truth.stations.heat_max_mw * 1000.0
    plan_id = f"{plan.attrs['plan_id']}-lived"
    return held(truth, supply_c, units_on, last, plan_id, cap_kw).schedule


def held(
    truth: PlanInputs,
    supply_c: Array,
    units_on: Array,
    last: LastPlan | None,
    plan_id: str,
    cap_kw: Array,
) -> DayPlan:
    """Return the plan in which stations hold `supply_c` (station, block of the whole grid), °C.

    `units_on` (source, step) are ordered units, NaN leaves them open; `cap_kw` (station, block) is
    the most heat. Raises NoPlan where the solver gives nothing.
    """
    stations, horizon = truth.stations, truth.grid.horizon_blocks
    for _ in range(ROUNDS):
        heat_kw = drawn_heat_kw(truth, supply_c, cap_kw)
        model = build_model(truth, heat_kw / 1000.0)
        fix_units(model, units_on)
        outcome = proven(solve(model))
        got = sent_share(truth, model)[stations.zone]
        if (got[:, :horizon] >= 1.0 - UNSENT_SHARE).all():
            break
        cap_kw = np.minimum(cap_kw, np.where(got < 1.0 - UNSENT_SHARE, heat_kw * got, np.inf))
    ours = stations.controllable[:, None]
    heat_kw = np.where(ours, heat_kw * got, third_party_kw(truth, model))
    cap_kw = np.where(got < 1.0, heat_kw, cap_kw)
    served = Served(model, outcome, shadow_prices(truth, model))
    return day_with(truth, Drawn(supply_c, heat_kw, cap_kw), served, last, plan_id)


@dataclass(frozen=True)
class Drawn:
    """What stations hold and get, and the most they may, (station, block of the whole grid)."""

    supply_c: Array
    heat_kw: Array
    cap_kw: Array


@dataclass(frozen=True)
class Served:
    """Sources, mains and yards that serve what is drawn, in a model with its values."""

    model: pyo.ConcreteModel
    outcome: SolveOutcome
    prices: ShadowPrices


def day_with(
    truth: PlanInputs, drawn: Drawn, served: Served, last: LastPlan | None, plan_id: str
) -> DayPlan:
    """Return the plan with stations and sources as they are given."""
    stations, horizon = truth.stations, truth.grid.horizon_blocks
    heat_kw, supply_c = drawn.heat_kw[:, :horizon], drawn.supply_c[:, :horizon]
    indoor, mean_c = rooms_c(truth, heat_kw)
    _, back = secondary_temperatures_c(stations.loops, heat_kw, mean_c)
    nothing = np.zeros(heat_kw.shape, dtype=np.int8)
    ours = stations.controllable[:, None]
    settled = SettledPlan(
        setpoints=SupplySetpoints(supply_c, back, heat_kw, indoor, nothing, nothing > 0),
        heat_kw=heat_kw,
        heat_due_kw=np.where(ours, heat_kw, stations.heat_due_mw[:, :horizon] * 1000.0),
        heat_max_kw=drawn.cap_kw[:, :horizon],
        model=served.model,
        outcome=served.outcome,
        prices=served.prices,
        resolve=served.outcome,
        rounds=0,
    )
    schedule, primary = build_schedule(truth, settled, last, plan_id)
    return DayPlan(schedule, settled, primary, hurried=False)


def drawn_heat_kw(truth: PlanInputs, supply_c: Array, cap_kw: Array) -> Array:
    """Heat that stations draw at held setpoints, (station, block) kW; nothing above `cap_kw`."""
    stations, response = truth.stations, truth.stations.response
    decay, lift, drift = response.block_end()
    drawn = np.zeros_like(supply_c)
    start = stations.indoor_before_c
    for k in range(supply_c.shape[1]):
        free = decay[:, k] * start + drift[:, k]
        free_mean = block_mean_indoor_c(start, free)
        rise = 0.5 * lift[:, k]
        wanted = heat_from_supply_kw(stations.loops, supply_c[:, k], free_mean, rise)
        drawn[:, k] = np.minimum(wanted, cap_kw[:, k])
        start = free + lift[:, k] * drawn[:, k]
    return np.where(stations.controllable[:, None], drawn, 0.0)


def _held_setpoints_c(plan: xr.Dataset, blocks: int) -> Array:
    """Setpoints of the plan, the last one held on, (station, block)."""
    planned: Array = plan["station_supply"].values
    column = np.minimum(np.arange(blocks), planned.shape[1] - 1)
    return planned[:, column]


def _ordered_units(plan: xr.Dataset, steps: int) -> Array:
    """Whole units that the plan ordered, (source, step); NaN where it orders none."""
    planned: Array = np.round(plan["source_units_on"].values)
    column = np.minimum(np.arange(steps), planned.shape[1] - 1)
    whole = plan["source_commitment"].values > 0
    return np.where(whole[:, None], planned[:, column], np.nan)
