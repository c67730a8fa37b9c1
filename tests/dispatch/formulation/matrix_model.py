"""The whole program of a plan once more, without Pyomo: matrices written from design §5.

It shares no code with `dispatch.formulation` but the prices, and is put together otherwise where
it can be: heat and indoor temperature by the weather step instead of compact pieces, coal by the
step instead of by the day, slacks instead of ranged rows. Both must have the same optimum.
"""

import numpy as np
from matrix_network import (
    add_main,
    add_shares,
    add_supply_changes,
    add_yard,
    add_zones,
    given_demand,
    plant_heat,
)
from matrix_program import Program, total
from matrix_sources import add_source
from matrix_stations import add_station

from dispatch.inputs import PlanInputs


def matrix_program(inputs: PlanInputs, fixed_heat_mw: np.ndarray | None = None) -> Program:
    """Assemble the program; with `fixed_heat_mw` (station, block) stations are given."""
    program = Program()
    machines = [add_source(program, inputs, unit) for unit in inputs.sources]
    mains = [add_main(program, inputs, link) for link in inputs.links]
    plants = plant_heat(program, inputs, machines, mains)
    if fixed_heat_mw is None:
        stations, demand = inputs.stations, []
        ours = np.flatnonzero(stations.controllable)
        heat = {int(s): add_station(program, inputs, int(s)) for s in ours}
        for z in range(len(inputs.case.zone_ids)):
            members = [heat[int(s)] for s in ours if stations.zone[s] == z]
            demand.append(total(members, inputs.grid.blocks))
    else:
        demand = given_demand(program, inputs, fixed_heat_mw)
    add_zones(program, inputs, mains, demand)
    add_supply_changes(program, inputs, plants)
    add_shares(program, inputs, plants)
    for item in inputs.yards:
        add_yard(program, inputs, item, machines)
    return program
