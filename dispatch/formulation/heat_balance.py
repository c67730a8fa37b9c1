"""Heat balances: sources to mains at each plant, mains to stations and ties in each zone.

No fake heat: stations whose heat is a decision have no "unserved" heat. In a shortage their heat
falls and the rooms cool. Stations run by others ask for what their curve says; what they do not
get is `unserved`. Heat that arrives and nobody can use is `surplus`, and has a price.
"""

import numpy as np
import pyomo.environ as pyo

from dispatch.formulation import prices
from dispatch.formulation.linear import linear
from dispatch.inputs import PlanInputs


def add_plant_balance(
    block: pyo.Block, inputs: PlanInputs, source: pyo.Block, link: pyo.Block
) -> None:
    """Σ heat of the plant's sources = Σ heat sent on its mains, each step.

    Offers: plant_heat[p, t] [MW].
    """
    case, steps = inputs.case, range(inputs.grid.steps)
    plants = range(len(case.plant_ids))

    @block.Expression(plants, steps, doc="heat sent by a plant [MW]")
    def plant_heat(_: pyo.Block, p: int, t: int) -> pyo.Expression:
        members = [i for i, s in enumerate(case.sources) if s.plant_id == case.plant_ids[p]]
        return sum(source[i].heat_to_network[t] for i in members)

    @block.Constraint(plants, steps, doc="a plant sends what its sources make")
    def plant_balance(b: pyo.Block, p: int, t: int) -> pyo.Constraint:
        mains = [j for j, m in enumerate(case.links) if m.from_id == case.plant_ids[p]]
        return b.plant_heat[p, t] == sum(link[j].sent[t] for j in mains)


def add_zone_balance(
    block: pyo.Block, inputs: PlanInputs, link: pyo.Block, station_heat: pyo.Var | None
) -> None:
    """Σ delivered − Σ sent on by ties = Σ station heat of the block + third party + surplus.

    `station_heat` [MW, (station, block)] is the decision, or None where all station heat is
    fixed: then `fixed_heat` of the inputs stands and `unsent` says what no source can send.
    Adds: demand[z, k], unserved[z, k], surplus[z, t] [MW].
    """
    case, grid, stations = inputs.case, inputs.grid, inputs.stations
    zones, blocks, steps = range(len(case.zone_ids)), range(grid.blocks), range(grid.steps)
    ours = [np.flatnonzero(stations.controllable & (stations.zone == z)) for z in zones]
    due = np.array(
        [
            stations.heat_due_mw[~stations.controllable & (stations.zone == z)].sum(axis=0)
            for z in zones
        ]
    )
    block.demand = pyo.Var(zones, blocks, domain=pyo.NonNegativeReals, doc="[MW] of our stations")
    block.unserved = pyo.Var(
        zones, blocks, bounds=lambda _, z, k: (0.0, float(due[z, k])), doc="[MW] third party"
    )
    block.surplus = pyo.Var(zones, steps, domain=pyo.NonNegativeReals, doc="[MW]")

    if station_heat is not None:

        @block.Constraint(zones, blocks, doc="demand of a zone's own stations")
        def zone_demand(b: pyo.Block, z: int, k: int) -> pyo.Constraint:
            members = [station_heat[int(s), k] for s in ours[z]]
            row = linear([1.0] + [-1.0] * len(members), [b.demand[z, k], *members])
            return (row, 0.0)

    @block.Constraint(zones, steps, doc="what arrives in a zone is used there")
    def zone_balance(b: pyo.Block, z: int, t: int) -> pyo.Constraint:
        k = int(grid.block_of_step[t])
        mains = [j for j, m in enumerate(case.links) if m.to_id == case.zone_ids[z]]
        ties = [j for j, m in enumerate(case.links) if m.from_id == case.zone_ids[z]]
        delivered = sum(link[j].delivered[t] for j in mains) - sum(link[j].sent[t] for j in ties)
        served = b.demand[z, k] + float(due[z, k]) - b.unserved[z, k]
        # A row, not `delivered == …`: Python asks the right side first where its type derives from
        # the left one's, as with two mains, and the sign of the row's price would turn.
        return (delivered - served - b.surplus[z, t], 0.0)

    lengths_h, hours = grid.step_lengths_h, grid.block_lengths_h
    block.surplus_cost = pyo.Expression(
        expr=linear(
            [prices.SURPLUS_YUAN_PER_MWH * float(lengths_h[t]) for z in zones for t in steps],
            [block.surplus[z, t] for z in zones for t in steps],
        )
    )
    price = case.settings.comfort.unserved_third_party_yuan_per_mwh
    block.unserved_cost = pyo.Expression(
        expr=linear(
            [price * float(hours[k]) for z in zones for k in blocks],
            [block.unserved[z, k] for z in zones for k in blocks],
        )
    )


def add_fixed_demand(block: pyo.Block, inputs: PlanInputs, fixed_heat_mw: np.ndarray) -> None:
    """Fix the demand of our stations, (station, block), leaving what cannot be sent open.

    Adds: unsent[z, k] [MW], dearer than anything else.
    """
    case, grid, stations = inputs.case, inputs.grid, inputs.stations
    zones, blocks = range(len(case.zone_ids)), range(grid.blocks)
    block.unsent = pyo.Var(zones, blocks, domain=pyo.NonNegativeReals, doc="[MW]")

    @block.Constraint(zones, blocks, doc="stations get the heat of their rounded setpoints")
    def fixed_demand(b: pyo.Block, z: int, k: int) -> pyo.Constraint:
        members = stations.controllable & (stations.zone == z)
        return b.demand[z, k] + b.unsent[z, k] == float(fixed_heat_mw[members, k].sum())

    block.unsent_cost = pyo.Expression(
        expr=linear(
            [
                prices.UNSENT_YUAN_PER_MWH * float(grid.block_lengths_h[k])
                for _ in zones
                for k in blocks
            ],
            [block.unsent[z, k] for z in zones for k in blocks],
        )
    )
