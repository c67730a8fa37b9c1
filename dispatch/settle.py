"""From the optimal heat to setpoints that can be set, and sources that match them (design §5).

Rounding a setpoint changes the heat a station takes. So the rounded setpoints' heat is fixed and
the sources are solved again; where they cannot send it all (supply is short, or water already
in the pipes is cooler) the stations of that zone and block are capped and rounded again, at most
`ROUNDS` times. What is left then is taken off the heat, at unchanged setpoints.
"""

from dataclasses import dataclass

import numpy as np
import pyomo.environ as pyo
from numpy.typing import NDArray

from dispatch.formulation.build import build_model
from dispatch.full_plan import optimum
from dispatch.inputs import PlanInputs
from dispatch.optimum import NoPlan, Optimum, by_zone, third_party_kw
from dispatch.plan import SolveOutcome, SolveStatus
from dispatch.setpoints import (
    ChangeRules,
    PlannedHeat,
    SupplySetpoints,
    block_mean_indoor_c,
    round_supply_setpoints,
)
from dispatch.shadow_prices import ShadowPrices
from dispatch.solve import solve
from dispatch.whole_units import fix_units

Array = NDArray[np.float64]

ROUNDS = 3
# Less than this share of a zone's heat is not worth another round: it is under the rounding of
# the published figures.
UNSENT_SHARE = 1e-3
SHORTAGE_SLACK_K = 0.05


@dataclass(frozen=True)
class SettledPlan:
    """Setpoints, heat (station, block of the horizon) kW, and the model that serves it."""

    setpoints: SupplySetpoints
    heat_kw: Array
    heat_due_kw: Array
    heat_max_kw: Array
    model: pyo.ConcreteModel
    outcome: SolveOutcome  # of the full plan: objective and terms before rounding
    prices: ShadowPrices  # of the full plan
    resolve: SolveOutcome  # of the sources for the rounded setpoints
    rounds: int


def proven(outcome: SolveOutcome) -> SolveOutcome:
    """The outcome, or NoPlan raised unless there is a plan (proven, or with its gap known)."""
    if outcome.status not in (SolveStatus.OPTIMAL, SolveStatus.TIME_LIMIT_WITH_PLAN):
        raise NoPlan(outcome)
    return outcome


def change_rules(inputs: PlanInputs, slack_k: float = 0.0) -> ChangeRules:
    """How station setpoints may move in this plan."""
    return ChangeRules(
        step_k=inputs.station_step_k,
        day_k=inputs.station_day_k,
        blocks_per_day=24 // inputs.case.settings.time.setpoint_hold_h,
        running=inputs.stations.running,
        shortage_slack_k=slack_k,
    )


def _rounded(inputs: PlanInputs, heat_kw: Array, cap_kw: Array, slack_k: float) -> SupplySetpoints:
    stations, horizon = inputs.stations, slice(0, inputs.grid.horizon_blocks)
    plan = PlannedHeat(
        heat_kw=heat_kw[:, horizon],
        heat_max_kw=cap_kw,
        indoor_before_c=stations.indoor_before_c,
        floor_c=stations.floor_step_c[:, : inputs.grid.horizon_steps],
        controllable=stations.controllable,
        setpoint_before_c=stations.setpoint_before_c,
        setpoint_day_before_c=stations.setpoint_day_before_c[:, horizon],
        setpoint_last_c=stations.setpoint_last_c[:, horizon],
        pinned_supply_c=inputs.pins.setpoint_c[:, horizon],
        pinned_heat_kw=inputs.pins.heat_kw[:, horizon],
    )
    return round_supply_setpoints(
        stations.loops, stations.response, plan, change_rules(inputs, slack_k)
    )


def rooms_c(inputs: PlanInputs, heat_kw: Array) -> tuple[Array, Array]:
    """Rooms under `heat_kw` (station, block of the horizon), °C.

    At the end of each step, (station, step), and the block mean that F8 is used with, (station,
    block).
    """
    stations = inputs.stations
    indoor, start = stations.response.indoor_c(stations.indoor_before_c, heat_kw)
    end = np.column_stack([start[:, 1:], indoor[:, -1]])
    return indoor, block_mean_indoor_c(start, end)


def settle(
    inputs: PlanInputs, wanted: Optimum | None = None, deliverable_kw: Array | None = None
) -> SettledPlan:
    """Round the setpoints of the optimum, and solve the sources for what was rounded.

    The optimum is solved for where it is not given. `deliverable_kw` (station, block of the
    horizon) caps what stations can draw. Raises NoPlan where the solver gives none.
    """
    wanted = optimum(inputs) if wanted is None else wanted
    stations, horizon = inputs.stations, inputs.grid.horizon_blocks
    limit_kw = stations.heat_max_mw[:, :horizon] * 1000.0
    if deliverable_kw is not None:
        limit_kw = np.minimum(limit_kw, deliverable_kw)
    # Where heat is short, rounding may not ask for more of it than the optimum gives.
    short = wanted.short[:, :horizon][stations.zone]
    cap_kw = np.where(short, np.minimum(limit_kw, wanted.heat_kw[:, :horizon]), limit_kw)
    slack_k = SHORTAGE_SLACK_K if short.any() or deliverable_kw is not None else 0.0
    rounds = 0
    while rounds < ROUNDS:
        rounds += 1
        setpoints = _rounded(inputs, wanted.heat_kw, cap_kw, slack_k)
        fixed_kw = wanted.heat_kw.copy()
        fixed_kw[:, :horizon] = setpoints.heat_kw
        model = build_model(inputs, fixed_kw / 1000.0)
        fix_units(model, wanted.units_on)
        resolve = proven(solve(model))
        sent = sent_share(inputs, model)[:, :horizon]
        if (sent >= 1.0 - UNSENT_SHARE).all():
            break
        got = sent[stations.zone]
        capped_kw = np.where(got < 1.0 - UNSENT_SHARE, setpoints.heat_kw * got, np.inf)
        cap_kw = np.minimum(cap_kw, capped_kw)
        slack_k = SHORTAGE_SLACK_K

    ours, got = stations.controllable[:, None], sent[stations.zone]
    heat_kw = np.where(ours, setpoints.heat_kw * got, third_party_kw(inputs, model)[:, :horizon])
    # Heat that cannot be sent is a limit like any other: the setpoint is then out of reach.
    held = ours & ((got < 1.0) | (setpoints.heat_kw >= cap_kw))
    limit_kw = np.where(held, heat_kw, limit_kw)
    due_kw = np.where(ours, heat_kw, stations.heat_due_mw[:, :horizon] * 1000.0)
    return SettledPlan(
        setpoints=setpoints,
        heat_kw=heat_kw,
        heat_due_kw=due_kw,
        heat_max_kw=limit_kw,
        model=model,
        outcome=wanted.outcome,
        prices=wanted.prices,
        resolve=resolve,
        rounds=rounds,
    )


def sent_share(inputs: PlanInputs, model: pyo.ConcreteModel) -> Array:
    """Share of the fixed heat of our stations that sources send, (zone, block)."""
    unsent, demand = (
        by_zone(inputs, variable) for variable in (model.balance.unsent, model.balance.demand)
    )
    total = unsent + demand
    share: Array = np.divide(demand, total, out=np.ones_like(total), where=total > 1e-9)
    return np.clip(share, 0.0, 1.0)
