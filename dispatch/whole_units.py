"""The full plan with whole units: relaxed first, then the units on few stations, then all with
the units as found.

A search for whole units over every station spends its time on the stations. So the plan is first
solved with fractions of units, which bounds its cost from below; the units are then searched for
on representative stations, whose sum answers to prices much like the whole; and the full plan is
solved once more with these units fixed. What it costs above the bound is the certified gap
(`performance.md` §5b measures the like: within 0.1 % in a minute, where one search over all had
0.6 % left after four).
"""

from dataclasses import replace

import numpy as np
import pyomo.environ as pyo
from numpy.typing import NDArray

from dispatch.clusters import clustered
from dispatch.formulation.build import build_model
from dispatch.inputs import PlanInputs
from dispatch.plan import SolveOutcome, SolveStatus
from dispatch.solve import (
    WHOLE,
    Answer,
    Limits,
    Matrices,
    compile_model,
    load_values,
    outcome_of,
    run_highs,
    with_whole_fixed,
)

Array = NDArray[np.float64]

PER_ZONE = 6  # representative stations a zone: the units are the same with more of them
LEAST_SEARCH_S = 1.0  # even when time is over: units of a plan are worth a look
NODES = 100  # of the search, some 20 s; it stops earlier where the gap is met


def solve_with_whole_units(inputs: PlanInputs, model: pyo.ConcreteModel) -> SolveOutcome:
    """Solve the full plan and load it into the model; whole units where sources ask for them.

    The outcome is OPTIMAL where the gap is within the case's setting, TIME_LIMIT_WITH_PLAN where
    there is a plan whose gap is wider; `bound_yuan` is that of the plan with fractions of units.
    """
    matrices = compile_model(model)
    relaxed = run_highs(matrices.relaxed)
    outcome = outcome_of(model, matrices, relaxed)
    if not relaxed.has_plan or is_whole(inputs, model):
        return outcome
    units_on = search_units(inputs, rounded_up(model, inputs))
    wanted = _columns(model, matrices, units_on, relaxed)
    found = with_whole_fixed(matrices, replace(relaxed, values=wanted), relaxed.basis)
    answer = replace(found, bound=relaxed.bound)
    proven = answer.gap <= inputs.case.settings.solve.gap
    status = SolveStatus.OPTIMAL if proven else SolveStatus.TIME_LIMIT_WITH_PLAN
    return outcome_of(model, matrices, replace(answer, status=status))


def search_units(inputs: PlanInputs, start: Array) -> Array:
    """Find whole units on representative stations, (source, step); NaN where they may be parts.

    `start` (source, step) are units of a plan; they are the answer where no better ones are found.
    """
    settings = inputs.case.settings.solve
    small = clustered(inputs, PER_ZONE)
    model = build_model(small.inputs)
    matrices = compile_model(model)
    place = {id(variable): column for column, variable in enumerate(matrices.variables)}
    given = {
        place[id(model.source[i].units_on[t])]: float(start[i, t])
        for i, t in zip(*np.nonzero(np.isfinite(start)), strict=True)
        if id(model.source[i].units_on[t]) in place
    }
    # Half of the gap for the search, the other half for what representative stations miss.
    time_s = min(settings.time_limit_s, max(LEAST_SEARCH_S, inputs.search.left_s))
    limits = Limits(gap=settings.gap / 2.0, time_s=time_s, nodes=NODES)
    answer = run_highs(matrices, limits, start=given)
    if not answer.has_plan:
        return start
    load_values(model, matrices, answer)
    return units_on_of(inputs, model)


def units_on_of(inputs: PlanInputs, model: pyo.ConcreteModel) -> Array:
    """Units on of a solved model, rounded, (source, step); NaN where they need not be whole."""
    found = np.full((len(inputs.sources), inputs.grid.steps), np.nan)
    for i in range(len(inputs.sources)):
        for t in range(inputs.grid.steps):
            variable = model.source[i].units_on[t]
            if not variable.is_continuous():
                found[i, t] = round(float(pyo.value(variable)))
    return found


def fix_units(model: pyo.ConcreteModel, units_on: Array) -> None:
    """Fix the units of sources that run whole ones, (source, step); NaN leaves them open."""
    for i, t in zip(*np.nonzero(np.isfinite(units_on)), strict=True):
        model.source[i].units_on[t].fix(float(units_on[i, t]))


def is_whole(inputs: PlanInputs, model: pyo.ConcreteModel) -> bool:
    """Whether the units of a relaxed plan happen to be whole numbers."""
    return all(
        variable.is_continuous()
        or abs(float(pyo.value(variable)) - round(float(pyo.value(variable)))) <= WHOLE
        for i in range(len(inputs.sources))
        for variable in model.source[i].units_on.values()
    )


def rounded_up(model: pyo.ConcreteModel, inputs: PlanInputs) -> Array:
    """As many units all along as the relaxed plan has at its most: a plan at once, if a dear one.

    Nothing starts or stops but at the beginning, so that minimum times are no matter; units that
    are not there are off.
    """
    start = units_on_of(inputs, model)
    for i, unit in enumerate(inputs.sources):
        if np.isfinite(start[i]).any():
            on = [float(pyo.value(model.source[i].units_on[t])) for t in range(inputs.grid.steps)]
            most = np.ceil(max(on) - WHOLE)
            there = unit.units_available if unit.units is None else unit.units.present
            start[i] = np.minimum(most, np.floor(there + WHOLE))
    return start


def _columns(
    model: pyo.ConcreteModel, matrices: Matrices, units_on: Array, answer: Answer
) -> Array:
    """Values of all columns, (column,), with the units as found in place of the relaxed ones."""
    place = {id(variable): column for column, variable in enumerate(matrices.variables)}
    values = answer.values.copy()
    for i, t in zip(*np.nonzero(np.isfinite(units_on)), strict=True):
        column = place.get(id(model.source[i].units_on[t]))
        if column is not None:
            values[column] = units_on[i, t]
    return values
