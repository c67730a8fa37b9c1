"""Stations as small programs of their own, cut out of the one formulation.

The Pyomo model of a chunk of stations is built and compiled like any other, then taken apart
where its matrix falls apart: into one program a station as a rule.
"""

from dataclasses import dataclass, replace

import numpy as np
import pyomo.environ as pyo
from numpy.typing import NDArray
from pyomo.repn import generate_standard_repn
from scipy import sparse
from scipy.sparse.csgraph import connected_components

from dispatch.collector import paused_collector
from dispatch.formulation.build import build_stations
from dispatch.inputs import PlanInputs
from dispatch.solve import Matrices, compile_model

Array = NDArray[np.float64]
Index = NDArray[np.intp]


@dataclass(frozen=True)
class Program:
    """Stations that hang together, one as a rule: a program of which heat is a part."""

    matrices: Matrices  # costs are the stations' own, without a price of heat; heat in MW
    terms: sparse.csr_array  # (term, column): the costs by name
    heat_columns: Index
    station: Index  # (heat column,) position in the chunk's inputs
    block: Index  # (heat column,)


@dataclass(frozen=True)
class Programs:
    """All programs of a chunk; `constant_yuan` (term,) is cost that no column carries."""

    items: tuple[Program, ...]
    term_names: tuple[str, ...]
    constant_yuan: Array


def station_programs(inputs: PlanInputs) -> Programs:
    """Build the programs of all our stations of `inputs`."""
    with paused_collector():
        model = build_stations(inputs)
        matrices = compile_model(model).relaxed
        place = {id(variable): i for i, variable in enumerate(matrices.variables)}
        keys = np.array(list(model.substation.heat), dtype=np.intp).reshape(-1, 2)
        columns = np.array([place[id(v)] for v in model.substation.heat.values()], dtype=np.intp)
        names, terms, constant = _terms(model, place)
    bare = replace(matrices, variables=[], constraints=[])
    return Programs(tuple(_apart(bare, terms, columns, keys)), names, constant)


def _terms(
    model: pyo.ConcreteModel, place: dict[int, int]
) -> tuple[tuple[str, ...], sparse.csr_array, Array]:
    """Names of the cost terms, their coefficients (term, column) and constants (term,)."""
    row, column, value, constant = [], [], [], []
    names = tuple(model.cost_terms)
    for i, name in enumerate(names):
        linear = generate_standard_repn(model.cost_terms[name].expr, compute_values=True)
        constant.append(float(linear.constant))
        row += [i] * len(linear.linear_vars)
        column += [place[id(variable)] for variable in linear.linear_vars]
        value += [float(rate) for rate in linear.linear_coefs]
    shape = (len(names), len(place))
    return names, sparse.csr_array((value, (row, column)), shape=shape), np.array(constant)


def _apart(
    whole: Matrices, terms: sparse.csr_array, heat_columns: Index, keys: Index
) -> list[Program]:
    """Cut matrices into the parts that share no row; a part without heat joins the first one."""
    rows = whole.row_lower.size
    _, label = connected_components(_graph(whole.rows), directed=False)
    with_heat, first = np.unique(label[rows:][heat_columns], return_index=True)
    order = np.full(label.max() + 1, 0, dtype=np.intp)
    order[with_heat[np.argsort(first)]] = np.arange(with_heat.size)  # in the order of stations
    part = order[label]
    by_row, by_column = (_members(p, with_heat.size) for p in (part[:rows], part[rows:]))
    by_heat = _members(part[rows:][heat_columns], with_heat.size)
    by_columns, term_columns = sparse.csr_array(whole.rows), sparse.csc_array(terms)
    found = []
    for r, c, h in zip(by_row, by_column, by_heat, strict=True):
        matrices = replace(
            whole,
            cost=whole.cost[c],
            offset=0.0,
            rows=sparse.csr_array(by_columns[r][:, c]),
            row_lower=whole.row_lower[r],
            row_upper=whole.row_upper[r],
            column_lower=whole.column_lower[c],
            column_upper=whole.column_upper[c],
            whole=whole.whole[c],
        )
        at = np.searchsorted(c, heat_columns[h])
        station, block = keys[h].T
        found.append(Program(matrices, sparse.csr_array(term_columns[:, c]), at, station, block))
    return found


def _graph(matrix: sparse.csr_array) -> sparse.coo_array:
    """Rows and columns as nodes, entries as edges."""
    entries, count = matrix.tocoo(), sum(matrix.shape)
    edges = (np.ones(entries.nnz), (entries.row, matrix.shape[0] + entries.col))
    return sparse.coo_array(edges, shape=(count, count))


def _members(part: Index, count: int) -> list[Index]:
    """Positions of each part, rising."""
    order = np.argsort(part, kind="stable")
    return np.split(order, np.searchsorted(part[order], np.arange(1, count)))
