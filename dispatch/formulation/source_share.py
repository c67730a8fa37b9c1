"""How plants split the heat: a policy such as 6:4, held in a band, broken only at a price."""

import pyomo.environ as pyo

from dispatch.formulation.linear import linear
from dispatch.inputs import PlanInputs


def add_source_share(block: pyo.Block, inputs: PlanInputs, plant_heat: pyo.Expression) -> None:
    """(share − band)·Σ <= plant heat <= (share + band)·Σ over the group, each step.

    Adds: above, below [MW] beyond the band per group, plant and step.
    """
    case, grid = inputs.case, inputs.grid
    groups = case.settings.share
    keys = [(name, plant) for name, group in groups.items() for plant in group.shares]
    steps = range(grid.steps)
    block.above = pyo.Var(keys, steps, domain=pyo.NonNegativeReals, doc="[MW]")
    block.below = pyo.Var(keys, steps, domain=pyo.NonNegativeReals, doc="[MW]")

    def in_plant(plant: str, t: int) -> pyo.Expression:
        return plant_heat[case.plant_ids.index(plant), t]

    def total(name: str, t: int) -> pyo.Expression:
        return sum(in_plant(plant, t) for plant in groups[name].shares)

    @block.Constraint(keys, steps, doc="at most the upper end of the band")
    def share_max(b: pyo.Block, name: str, plant: str, t: int) -> pyo.Constraint:
        most = min(1.0, groups[name].shares[plant] + groups[name].band)
        return in_plant(plant, t) - b.above[name, plant, t] <= most * total(name, t)

    @block.Constraint(keys, steps, doc="at least the lower end of the band")
    def share_min(b: pyo.Block, name: str, plant: str, t: int) -> pyo.Constraint:
        least = max(0.0, groups[name].shares[plant] - groups[name].band)
        return in_plant(plant, t) + b.below[name, plant, t] >= least * total(name, t)

    rates, variables = [], []
    for name, plant in keys:
        for t in steps:
            price = groups[name].price_yuan_per_mwh * float(grid.step_lengths_h[t])
            rates += [price, price]
            variables += [block.above[name, plant, t], block.below[name, plant, t]]
    block.cost = pyo.Expression(expr=linear(rates, variables))
