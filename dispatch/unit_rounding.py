"""Whole units without a search: those of the relaxed plan rounded, and left on long enough.

A search for whole units takes as long as the plan without them, with many rows of boilers minutes
before it finds a plan at all, while rounding the relaxed plan costs some tenths of a percent as a
rule. What it does cost, the full plan with these units says.
"""

import numpy as np
import pyomo.environ as pyo
from numpy.typing import NDArray

from dispatch.inputs import PlanInputs
from dispatch.time_grid import TimeGrid

Array = NDArray[np.float64]
Marks = NDArray[np.bool_]

PART_LEFT_OUT = 0.02  # of a unit that other units make up for
RAMPED_H = 4.0  # in which a unit that runs at the start comes down to where it can stop
NOTHING = 1e-4  # of a unit
MISSED_MW = 0.01  # of the least load of the units on
MANY_ROWS = 3  # of whole units: with more, no search


def has_many_rows(inputs: PlanInputs) -> bool:
    """Whether the plan decides whole units of so many rows that a search takes minutes."""
    return sum(unit.units is not None for unit in inputs.sources) > MANY_ROWS


def rounded_units(inputs: PlanInputs, model: pyo.ConcreteModel, *, together: bool = False) -> Array:
    """Whole units of a solved relaxed model, (source, step); NaN where they need not be whole.

    Each that starts stays on for its minimum up time, and none stops for less than its minimum
    down time. Row by row at least as many as the relaxed plan runs, but for `PART_LEFT_OUT`; or
    `together`: what a row has in excess, the next one need not run. That takes mains with room to
    bring other heat to the next one's zone, and spares many rows their last, half idle unit.
    """
    grid = inputs.grid
    found = np.full((len(inputs.sources), grid.steps), np.nan)
    rows = {i: unit.units for i, unit in enumerate(inputs.sources) if unit.units is not None}
    relaxed = {i: _on(model, i, grid) for i in rows}
    excess_mw = np.zeros(grid.steps)
    ramped = grid.edges_h[:-1] >= RAMPED_H
    # Rows that run most come first: the last ones are those that little is asked of.
    for i in sorted(relaxed, key=lambda i: -float(relaxed[i].mean())):
        source, units = inputs.sources[i].source, rows[i]
        wanted = relaxed[i] - np.where(ramped, excess_mw, 0.0) / source.max_output_mw
        least = lit_ahead(np.ceil(np.maximum(0.0, wanted - PART_LEFT_OUT)), relaxed[i])
        times_h = (source.min_up_h, source.min_down_h)
        held = held_on(least, units.before, grid, *times_h)
        found[i] = np.minimum(held, units.present)
        if together:
            excess_mw += (found[i] - relaxed[i]) * source.max_output_mw
    return found


def left_on(inputs: PlanInputs, supply: pyo.ConcreteModel, units_on: Array) -> Array:
    """The same units, (source, step), but for stops that leave a unit below its least load.

    What leaves in a step arrives in parts of two, so a plant that sends nothing from some hour on
    may be unable to send the least load in the hour before, whatever the load: its last unit stays
    on until the row's next start, or to the end of the plan. `supply` is solved with `units_on`.
    """
    longer = units_on.copy()
    for i in np.flatnonzero(np.isfinite(units_on).all(axis=1)):
        missed = supply.source[int(i)].below_least
        for t in range(inputs.grid.steps - 1):
            on, after = longer[i, t], longer[i, t + 1]
            if after < on and float(pyo.value(missed[t])) > MISSED_MW:
                rises = np.flatnonzero(np.diff(longer[i, t + 1 :]) > 0.0)
                end = t + 2 + rises[0] if rises.size else inputs.grid.steps
                longer[i, t + 1 : end] = np.minimum(
                    on, inputs.sources[i].units_available[t + 1 : end]
                )
    return longer


def _on(model: pyo.ConcreteModel, source: int, grid: TimeGrid) -> Array:
    """Units on of a row, (step,)."""
    units_on = model.source[source].units_on
    return np.array([float(pyo.value(units_on[t])) for t in range(grid.steps)])


def lit_ahead(units: Array, relaxed: Array) -> Array:
    """The first unit on from where the relaxed plan begins to send, both (step,).

    What a main takes in comes out spread over two steps (`dispatch.pipe`), so a plant that sends
    nothing cannot send the least load of a unit in the next step: the relaxed plan begins with
    parts of it.
    """
    ahead = units.copy()
    for first, _ in _runs(units > 0.0):
        at = first
        while at > 0 and relaxed[at - 1] > NOTHING:
            at -= 1
        ahead[at:first] = np.maximum(ahead[at:first], 1.0)
    return ahead


def held_on(units: Array, before: int, grid: TimeGrid, up_h: float, down_h: float) -> Array:
    """The least whole units, (step,), not below `units`, without short stops and short runs.

    `before` ran just before the first step, for long. The n-th unit is the one that runs while
    at least n do.
    """
    steps = np.zeros(units.size)
    for number in range(1, round(float(units.max(initial=0.0))) + 1):
        on, was_on = units >= number, number <= before
        while True:
            longer = _run_on(_not_stopped(on, was_on, grid, down_h), was_on, grid, up_h)
            if (longer == on).all():
                break
            on = longer
        steps += on
    return steps


def _not_stopped(on: Marks, was_on: bool, grid: TimeGrid, down_h: float) -> Marks:
    """Stops shorter than the minimum down time filled: between two runs of the same unit."""
    filled = on.copy()
    for first, end in _runs(~on):
        ran_before = on[first - 1] if first > 0 else was_on
        if ran_before and end < on.size and _hours(grid, first, end) < down_h:
            filled[first:end] = True
    return filled


def _run_on(on: Marks, was_on: bool, grid: TimeGrid, up_h: float) -> Marks:
    """Runs shorter than the minimum up time made longer, to the end of the plan at most."""
    longer = on.copy()
    for first, _ in _runs(on):
        if first > 0 or not was_on:
            within = grid.edges_h[:-1] < grid.edges_h[first] + up_h - 1e-9
            longer[first:] |= within[first:]
    return longer


def _runs(marks: Marks) -> list[tuple[int, int]]:
    """First step and the step after the last one of each run of true marks."""
    edges = np.diff(marks.astype(int), prepend=0, append=0)
    starts, ends = np.flatnonzero(edges == 1), np.flatnonzero(edges == -1)
    return list(zip(starts.tolist(), ends.tolist(), strict=True))


def _hours(grid: TimeGrid, first: int, end: int) -> float:
    return float(grid.edges_h[end] - grid.edges_h[first])
