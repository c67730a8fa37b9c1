"""What the full plan wants of the stations, however it was found; or that there is no plan."""

from dataclasses import dataclass, field

import numpy as np
import pyomo.environ as pyo
from numpy.typing import NDArray

from dispatch.inputs import PlanInputs
from dispatch.plan import SolveOutcome
from dispatch.shadow_prices import ShadowPrices

Array = NDArray[np.float64]

SHORT_K = 0.1  # below the planned floor: more than setpoint limits alone make


class NoPlan(Exception):
    """The solver gave no plan; `outcome` says how it ended."""

    def __init__(self, outcome: SolveOutcome) -> None:
        super().__init__(outcome.status.value)
        self.outcome = outcome


@dataclass(frozen=True)
class Optimum:
    """What the full plan wants: heat of every station, kW (station, block of the whole grid)."""

    heat_kw: Array
    short: NDArray[np.bool_]  # (zone, block): rooms fall below their floor there
    outcome: SolveOutcome
    prices: ShadowPrices
    units_on: Array  # (source, step) where units are whole, NaN elsewhere
    # Setpoints rise as fast as they may at all, for the law's sake.
    hurried: bool = field(default=False, kw_only=True)


def by_zone(inputs: PlanInputs, variable: pyo.Var) -> Array:
    """Values of a variable over (zone, block) as an array."""
    zones, blocks = len(inputs.case.zone_ids), inputs.grid.blocks
    return np.array([[variable[z, k].value for k in range(blocks)] for z in range(zones)])


def third_party_kw(inputs: PlanInputs, model: pyo.ConcreteModel) -> Array:
    """Heat third-party stations get, kW (station, block): what is unserved is shared evenly."""
    stations = inputs.stations
    unserved = by_zone(inputs, model.balance.unserved)
    due = np.zeros_like(unserved)
    np.add.at(due, stations.zone, stations.heat_due_mw)
    got = 1.0 - np.divide(unserved, due, out=np.zeros_like(due), where=due > 1e-9)
    served_kw: Array = stations.heat_due_mw * np.clip(got, 0.0, 1.0)[stations.zone] * 1000.0
    return served_kw


def short_blocks(inputs: PlanInputs, heat_kw: Array) -> NDArray[np.bool_]:
    """Where rooms of our stations end a block below their floor, (zone, block).

    `heat_kw` (station, block of the whole grid).
    """
    stations = inputs.stations
    indoor_c, _ = stations.response.indoor_c(stations.indoor_before_c, heat_kw)
    below_k = stations.planned_floor_c - indoor_c[:, stations.response.last]
    cold = (below_k > SHORT_K) & (stations.controllable & ~stations.held)[:, None]
    short = np.zeros((len(inputs.case.zone_ids), inputs.grid.blocks), dtype=bool)
    np.logical_or.at(short, stations.zone, cold)
    return short
