"""Unit commitment: how many of a row's identical units run, as whole numbers, and when they move.

Counting units instead of naming them keeps one variable a step however many units a row has, and
leaves the solver no equal plans that only swap units. Minimum up and down times are the turn-on
and turn-off inequalities for counts: D. Rajan and S. Takriti, "Minimum up/down polytopes of the
unit commitment problem with start-up costs", IBM Research Report RC23628, 2005; for identical
units B. Knueven, J. Ostrowski and J.-P. Watson, "Exploiting identical generators in unit
commitment", IEEE Transactions on Power Systems 33(4), 2018, doi:10.1109/TPWRS.2017.2783850.

The whole-number program and its relaxation are this one formulation; only the domain of
`units_on` tells them apart. Windows count hours, not steps, since steps of the look-ahead are
long: a unit is bound in every step that begins within the window.

Outages. `outages.csv` says how many units of a row are out, not which. The plan may lay an outage
on any of them as it begins; from then on it stays there. So an outage may cut a minimum up time
short, and a unit that is out still serves its minimum down time. Staying as things are is always
possible, but for outages, so these rules never leave a plan without a solution.
"""

from collections.abc import Iterable, Iterator

import numpy as np
import pyomo.environ as pyo
from numpy.typing import NDArray

from dispatch.source_inputs import TCE_PER_MWH, SourceInputs
from dispatch.time_grid import TimeGrid
from dispatch.unit_inputs import UnitInputs

Array = NDArray[np.float64]

# `max_starts` holds within any window of this length, hours before the start included: the
# horizon of a plan, moved along so that a plan made every day cannot start anew every day.
MAX_STARTS_WINDOW_H = 72.0


def add_commitment(block: pyo.Block, unit: SourceInputs, grid: TimeGrid) -> None:
    """Make `units_on` a whole number with minimum up and down times, and pay for starts.

    Only where the source asks for it. Adds per step t: started, stopped [units, at the step's
    begin; whole with units_on, since whatever both have in excess only tightens the rules];
    forced [units, of those stopped, by an outage].
    Offers: start_cost [yuan]; per step t: start_fuel [MWh, lower heating value].
    """
    steps, units = range(grid.steps), unit.units
    if units is None:
        block.start_cost = pyo.Expression(expr=0.0)
        block.start_fuel = pyo.Expression(steps, initialize=0.0)
        return
    for t in steps:
        block.units_on[t].domain = pyo.NonNegativeIntegers
        block.units_on[t].setub(int(units.present[t]))
    block.started = pyo.Var(steps, domain=pyo.NonNegativeReals, doc="[1]")
    block.stopped = pyo.Var(steps, domain=pyo.NonNegativeReals, doc="[1]")

    @block.Constraint(steps, doc="units on change by those started and stopped")
    def unit_changes(b: pyo.Block, t: int) -> pyo.Constraint:
        before = b.units_on[t - 1] if t > 0 else units.before
        return b.units_on[t] - before == b.started[t] - b.stopped[t]

    @block.Constraint(steps, doc="the schedule's least heat, or it is said what misses")
    def scheduled_least(b: pyo.Block, t: int) -> pyo.Constraint:
        least = min(float(unit.min_heat_mw[t]), float(unit.max_heat_mw[t]))
        return b.heat_to_network[t] + b.below_least[t] >= least

    _add_forced_stops(block, units)
    _add_min_up_time(block, unit, units, grid)
    _add_min_down_time(block, unit, units, grid)
    _add_max_starts(block, unit, units, grid)
    _add_start_cost(block, unit, steps)


def window_start(edges_h: Array, t: int, hours: float) -> int:
    """First step of those that begin within `hours` before step t begins, itself included.

    −1 where the window reaches back before the plan.
    """
    if edges_h[t] - hours < -1e-9:
        return -1
    first = int(np.searchsorted(edges_h[: t + 1], edges_h[t] - hours + 1e-9))
    return min(first, t)


def _units_within(events: Array, hours: float) -> float:
    """Units of the events less than `hours` before the start."""
    return float(events[events[:, 0] < hours - 1e-9, 1].sum())


def _sum(variable: pyo.Var, steps: Iterable[int]) -> pyo.Expression:
    return sum((variable[t] for t in steps), 0.0)


def _add_forced_stops(block: pyo.Block, units: UnitInputs) -> None:
    """Units an outage of units or mains may stop before their time, where one begins."""
    at = [int(t) for t in np.flatnonzero(units.lost > 0.0)]
    block.forced = pyo.Var(at, bounds=lambda _, t: (0.0, float(units.lost[t])), doc="[1]")

    @block.Constraint(at, doc="what an outage stops is stopped")
    def forced_stop(b: pyo.Block, t: int) -> pyo.Constraint:
        return b.forced[t] <= b.stopped[t]


def _add_min_up_time(
    block: pyo.Block, unit: SourceInputs, units: UnitInputs, grid: TimeGrid
) -> None:
    """Starts within the minimum up time <= units on + units an outage stopped since.

    Also from the begin of each outage inside the window on: it excuses no later start.
    """
    edges_h, hours = grid.edges_h, unit.source.min_up_h
    outages = list(block.forced)

    def rows() -> Iterator[tuple[int, int]]:
        for t in range(grid.steps):
            first = window_start(edges_h, t, hours)
            yield t, first
            yield from ((t, j) for j in outages if first < j <= t)

    @block.Constraint(list(rows()), doc="a unit started within its minimum up time is still on")
    def min_up_time(b: pyo.Block, t: int, first: int) -> pyo.Constraint:
        started = _sum(b.started, range(max(first, 0), t + 1))
        if first < 0:
            started += _units_within(units.on_since, hours - float(edges_h[t]))
        return started <= b.units_on[t] + _sum(b.forced, (j for j in outages if first < j <= t))


def _add_min_down_time(
    block: pyo.Block, unit: SourceInputs, units: UnitInputs, grid: TimeGrid
) -> None:
    """Stops within the minimum down time <= units off; units out beforehand do not count as off.

    The second rule from the window's begin on and from each outage inside it: units that go out
    may be those just stopped.
    """
    edges_h, hours = grid.edges_h, unit.source.min_down_h

    @block.Constraint(range(grid.steps), doc="a unit stopped within its minimum down time is off")
    def min_down_time(b: pyo.Block, t: int) -> pyo.Constraint:
        first = window_start(edges_h, t, hours)
        stopped = _sum(b.stopped, range(max(first, 0), t + 1))
        if first < 0:
            stopped += _units_within(units.off_since, hours - float(edges_h[t]))
        return stopped <= units.count - b.units_on[t]

    def rows() -> Iterator[tuple[int, int, float]]:
        for t in range(grid.steps):
            begin = max(0, window_start(edges_h, t, hours))
            after = (int(j) + 1 for j in np.flatnonzero(units.gone > 0.0) if begin <= j < t)
            for first in (begin, *after):
                there = float(units.present[t] + units.gone[first : t + 1].sum())
                if there < units.count:
                    yield t, first, there

    @block.Constraint(list(rows()), doc="units out beforehand are not those that were stopped")
    def min_down_time_of_present(b: pyo.Block, t: int, first: int, there: float) -> pyo.Constraint:
        return _sum(b.stopped, range(first, t + 1)) <= there - b.units_on[t]


def _add_max_starts(
    block: pyo.Block, unit: SourceInputs, units: UnitInputs, grid: TimeGrid
) -> None:
    """At most `max_starts` a unit within any 72 h; what has been started before only counts."""
    if unit.source.max_starts is None:
        return
    edges_h = grid.edges_h
    most = unit.source.max_starts * units.count

    @block.Constraint(range(grid.steps), doc="at most so many starts within 72 h")
    def max_starts(b: pyo.Block, t: int) -> pyo.Constraint:
        first = window_start(edges_h, t, MAX_STARTS_WINDOW_H)
        before = _units_within(units.starts_before, MAX_STARTS_WINDOW_H - float(edges_h[t]))
        return _sum(b.started, range(max(first, 0), t + 1)) <= max(0.0, most - before)


def _add_start_cost(block: pyo.Block, unit: SourceInputs, steps: range) -> None:
    """Wear in yuan, and the fuel of a start at the price of fuel in the objective."""
    fuel_mwh = unit.source.start_fuel_tce / TCE_PER_MWH
    each = unit.source.start_cost_yuan + fuel_mwh * unit.fuel_price_yuan_per_mwh

    @block.Expression(steps, doc="fuel burnt to start units [MWh]")
    def start_fuel(b: pyo.Block, t: int) -> pyo.Expression:
        return fuel_mwh * b.started[t]

    block.start_cost = pyo.Expression(expr=each * sum(block.started[t] for t in steps))
