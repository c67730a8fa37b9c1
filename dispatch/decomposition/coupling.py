"""Everything but the stations: sources, mains, yards, with the demand of zones still open."""

from dataclasses import dataclass, replace

import numpy as np
import pyomo.environ as pyo
from numpy.typing import NDArray
from scipy import sparse

from dispatch.collector import paused_collector
from dispatch.decomposition.programs import Program
from dispatch.formulation.build import build_model
from dispatch.inputs import PlanInputs
from dispatch.solve import Matrices, compile_model

Array = NDArray[np.float64]
Index = NDArray[np.intp]


@dataclass(frozen=True)
class Supply:
    """The supply side compiled; `demand` (zone, block) are its columns of heat wanted, MW."""

    model: pyo.ConcreteModel
    matrices: Matrices
    demand: Index


def supply_of(inputs: PlanInputs, units_on: Array | None = None) -> Supply:
    """Compile the supply side, relaxed.

    `units_on` (source, step) fixes the units that run; NaN leaves them open.
    """
    with paused_collector():
        model = build_model(inputs, stations_apart=True)
        if units_on is not None:
            for i, t in zip(*np.nonzero(np.isfinite(units_on)), strict=True):
                model.source[int(i)].units_on[int(t)].fix(float(units_on[i, t]))
        matrices = compile_model(model).relaxed
    place = {id(variable): i for i, variable in enumerate(matrices.variables)}
    zones, blocks = range(len(inputs.case.zone_ids)), range(inputs.grid.blocks)
    demand = np.array([[place[id(model.balance.demand[z, k])] for k in blocks] for z in zones])
    return Supply(model, matrices, demand)


def with_demand_rows(supply: Supply) -> Matrices:
    """Rows demand[z, k] = 0 after the supply's own, for others to put heat on the right side.

    Their dual is the price of heat, yuan per MW held over the block.
    """
    count, columns = supply.demand.size, supply.matrices.cost.size
    entries = (np.ones(count), (np.arange(count), supply.demand.ravel()))
    rows = sparse.csr_array(entries, shape=(count, columns))
    return _with_rows(supply.matrices, rows, 0.0)


def with_mix_rows(program: Matrices, groups: int) -> Matrices:
    """Rows Σ weights = 1, one a group of stations, after all others."""
    rows = sparse.csr_array((groups, program.cost.size))
    return _with_rows(program, rows, 1.0)


def with_stations(
    program: Matrices, supply: Supply, items: tuple[Program, ...], zone: Index
) -> Matrices:
    """Stations' programs put beside the supply, their heat on its demand rows: one plan.

    `zone` (station,) of the stations that the programs name.
    """
    first = supply.matrices.row_lower.size
    blocks = supply.demand.shape[1]
    parts = [item.matrices for item in items]
    links = []
    for item in items:
        row = first + zone[item.station] * blocks + item.block
        entries = (-np.ones(row.size), (row, item.heat_columns))
        shape = (program.row_lower.size, item.matrices.cost.size)
        links.append(sparse.csr_array(entries, shape=shape))
    own = sparse.block_diag([part.rows for part in parts])
    top = sparse.hstack([program.rows, *links])
    bottom = sparse.hstack([sparse.csr_array((own.shape[0], program.cost.size)), own])

    return replace(
        program,
        cost=np.concatenate([program.cost, *(part.cost for part in parts)]),
        rows=sparse.csr_array(sparse.vstack([top, bottom])),
        row_lower=np.concatenate([program.row_lower, *(part.row_lower for part in parts)]),
        row_upper=np.concatenate([program.row_upper, *(part.row_upper for part in parts)]),
        column_lower=np.concatenate([program.column_lower, *(part.column_lower for part in parts)]),
        column_upper=np.concatenate([program.column_upper, *(part.column_upper for part in parts)]),
        whole=np.concatenate([program.whole, *(part.whole for part in parts)]),
    )


def _with_rows(program: Matrices, rows: sparse.csr_array, right: float) -> Matrices:
    sides = np.full(rows.shape[0], right)
    return replace(
        program,
        rows=sparse.csr_array(sparse.vstack([program.rows, rows])),
        row_lower=np.append(program.row_lower, sides),
        row_upper=np.append(program.row_upper, sides),
    )
