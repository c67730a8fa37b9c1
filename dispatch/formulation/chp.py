"""A combined heat and power unit: heat, power and fuel inside one convex polygon."""

import numpy as np
import pyomo.environ as pyo

from dispatch.formulation import prices
from dispatch.source_inputs import SourceInputs
from dispatch.time_grid import TimeGrid


def add_chp(block: pyo.Block, unit: SourceInputs, grid: TimeGrid) -> None:
    """Add a CHP: (heat, power, fuel) = Σ λ_v · vertex_v with Σ λ = units on (handbook §8).

    Adds per step t: weight [1] per vertex, units_on [1]; below_least [MW], dearly priced, since a
    unit that must run may find no way to send its least heat.
    Offers per step t: heat_to_network, power, fuel_use [MW, lower heating value], and those of
    `add_power`. Fuel is the least that the vertices allow: their lower convex hull.
    """
    vertices = unit.vertices
    if vertices is None:
        raise ValueError(f"{unit.source.source_id} has no polygon")
    steps = range(grid.steps)
    corners = range(len(vertices))
    source, hard_least_mw = unit.source, unit.hard_least_mw
    block.weight = pyo.Var(steps, corners, domain=pyo.NonNegativeReals)
    block.below_least = pyo.Var(steps, domain=pyo.NonNegativeReals, doc="[MW] least heat missed")
    block.units_on = pyo.Var(
        steps, bounds=lambda _, t: (0.0, float(unit.units_available[t])), doc="[1]"
    )

    def weighed(b: pyo.Block, t: int, column: int) -> pyo.Expression:
        return sum(float(vertices[v, column]) * b.weight[t, v] for v in corners)

    block.heat_to_network = pyo.Expression(steps, rule=lambda b, t: weighed(b, t, 0))
    block.power = pyo.Expression(steps, rule=lambda b, t: weighed(b, t, 1))
    block.fuel_use = pyo.Expression(steps, rule=lambda b, t: weighed(b, t, 2))

    @block.Constraint(steps, doc="inside the polygon of the units that run")
    def polygon(b: pyo.Block, t: int) -> pyo.Constraint:
        return sum(b.weight[t, v] for v in corners) == b.units_on[t]

    @block.Constraint(steps, doc="a unit that runs holds its least heat")
    def min_load(b: pyo.Block, t: int) -> pyo.Constraint:
        least = source.min_output_mw * b.units_on[t]
        return b.heat_to_network[t] + b.below_least[t] >= least

    @block.Constraint(steps, doc="at most the schedule's limit and what is installed")
    def max_load(b: pyo.Block, t: int) -> pyo.Constraint:
        return b.heat_to_network[t] <= float(unit.max_heat_mw[t])

    @block.Constraint(
        np.flatnonzero(hard_least_mw > 0.0), doc="the schedule's least heat, or missed"
    )
    def scheduled_least_heat(b: pyo.Block, t: int) -> pyo.Constraint:
        return b.heat_to_network[t] + b.below_least[t] >= float(hard_least_mw[t])

    _run_as_asked(block, unit, grid)
    add_power(block, unit, grid)


def _run_as_asked(block: pyo.Block, unit: SourceInputs, grid: TimeGrid) -> None:
    """Let run what the grid makes run: all units for a scheduled power, else those of the band.

    Where no mains take the heat that the polygon forces on them, the power gives way. Without
    the units of the band the plan would use the hull between polygon and standstill.
    """
    has_outlet, asked = unit.has_outlet, unit.units_asked
    for t in range(grid.steps):
        available = float(unit.units_available[t])
        if unit.power_mw is not None and unit.power_mw[t] <= 0.0:
            block.units_on[t].fix(0.0)
        elif has_outlet[t] and 0.0 < available <= asked[t]:
            block.units_on[t].fix(available)
        elif has_outlet[t]:
            block.units_on[t].setlb(min(float(asked[t]), available))


def add_power(block: pyo.Block, unit: SourceInputs, grid: TimeGrid) -> None:
    """Add what the grid asks of the power, and how it is paid (`power_inputs.py`).

    Adds per step t: power_missing, power_excess [MW] off the schedule or band, so dear that they
    only appear where no other plan is left (a ramp or an outage that the schedule forgot).
    Offers per step t: power_sold, power_bought [MW], whose difference to a contract is the power
    made. Both are priced apart, buying no cheaper than selling, so the pair stays convex.
    """
    steps = range(grid.steps)
    power = unit.power
    limited = [item for item in (power.exact_mw, power.min_mw, power.max_mw) if item is not None]
    off = steps if limited else []
    block.power_missing = pyo.Var(off, domain=pyo.NonNegativeReals, doc="[MW]")
    block.power_excess = pyo.Var(off, domain=pyo.NonNegativeReals, doc="[MW]")
    least = power.min_mw if power.exact_mw is None else power.exact_mw
    most = power.max_mw if power.exact_mw is None else power.exact_mw

    @block.Constraint(off, doc="power as scheduled, or within the band")
    def power_asked(b: pyo.Block, t: int) -> pyo.Constraint:
        made = b.power[t] + b.power_missing[t] - b.power_excess[t]
        low = None if least is None else float(least[t])
        high = None if most is None else float(most[t])
        return made == low if low == high else (low, made, high)

    block.power_off_cost = pyo.Expression(
        expr=prices.POWER_OFF_SCHEDULE_YUAN_PER_MWH
        * sum(
            float(grid.step_lengths_h[t]) * (block.power_missing[t] + block.power_excess[t])
            for t in off
        )
    )
    contract_mw = power.contract_mw
    if contract_mw is None:
        block.power_sold = pyo.Expression(steps, rule=lambda b, t: b.power[t])
        block.power_bought = pyo.Expression(steps, initialize=0.0)
        return
    block.power_sold = pyo.Var(steps, domain=pyo.NonNegativeReals, doc="[MW]")
    block.power_bought = pyo.Var(
        steps, bounds=lambda _, t: (0.0, float(contract_mw[t])), doc="[MW]"
    )

    @block.Constraint(steps, doc="what is made beyond the contract is sold, what lacks is bought")
    def contract(b: pyo.Block, t: int) -> pyo.Constraint:
        return b.power[t] + b.power_bought[t] == float(contract_mw[t]) + b.power_sold[t]
