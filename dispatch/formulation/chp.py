"""A combined heat and power unit: heat, power and fuel inside one convex polygon."""

import pyomo.environ as pyo

from dispatch.source_inputs import SourceInputs
from dispatch.time_grid import TimeGrid


def add_chp(block: pyo.Block, unit: SourceInputs, grid: TimeGrid) -> None:
    """Add a CHP: (heat, power, fuel) = Σ λ_v · vertex_v with Σ λ = units on (handbook §8).

    Adds per step t: weight [1] per vertex, units_on [1]; below_least [MW], dearly priced, since a
    unit that must run may find no way to send its least heat.
    Offers per step t: heat_to_network, power, fuel_use [MW, lower heating value].
    A scheduled power is met exactly; otherwise power goes where heat and prices take it
    (back-pressure: one line, so heat decides power).
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

    @block.Constraint(steps, doc="heat within the schedule's limits and what is installed")
    def max_load(b: pyo.Block, t: int) -> pyo.Constraint:
        return (float(hard_least_mw[t]), b.heat_to_network[t], float(unit.max_heat_mw[t]))

    if unit.power_mw is not None:
        power_mw = unit.power_mw
        for t in steps:  # the grid's schedule says it runs
            block.units_on[t].fix(float(unit.units_available[t]) if power_mw[t] > 0 else 0.0)

        @block.Constraint(steps, doc="power as the grid has scheduled it")
        def scheduled_power(b: pyo.Block, t: int) -> pyo.Constraint:
            return b.power[t] == float(power_mw[t])

    if unit.power_max_mw is not None:
        power_max_mw = unit.power_max_mw

        @block.Constraint(steps, doc="power at most what the grid takes")
        def max_power(b: pyo.Block, t: int) -> pyo.Constraint:
            return b.power[t] <= float(power_max_mw[t])
