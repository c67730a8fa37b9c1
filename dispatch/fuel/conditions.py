"""What the sources and mains can do on each day ahead: few different conditions for many days.

A local day falls into parts wherever `outages.csv` takes something away or gives it back, or a
unit's scheduled power begins or ends. Inside a part scheduled power, prices and limits count with
their mean: buildings and pipes carry heat over hours, so what a day burns hangs on the mean.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import numpy as np
from numpy.typing import NDArray

from dispatch.case import Case
from dispatch.case_kinds import OutageKind
from dispatch.outages import available_fraction
from dispatch.source_inputs import SourceInputs, source_inputs
from dispatch.time_grid import TimeGrid

Array = NDArray[np.float64]
Index = NDArray[np.intp]

# Every condition costs a table: where schedules make each day another one, power, prices and
# limits are rounded, ever more coarsely, until so many are left. The coarsest step, 16 MW, is a
# twentieth of the power of a 330 MW unit; rounding up and down evens out over days.
CONDITIONS_MOST = 24
ROUNDED_TO_MW = (0.01, 0.5, 1.0, 2.0, 4.0, 8.0, 16.0)
YUAN_AS_A_MW = 4.0  # a price counts as different where a MW would


@dataclass(frozen=True)
class SourceState:
    """One row of `sources.csv` under one condition, all its units together; NaN: not so limited."""

    units: float  # there
    whole_units: float  # that can run, where the plan decides whole units
    power_mw: float  # exactly, by the grid's schedule
    power_min_mw: float
    power_max_mw: float
    contract_mw: float
    sell_yuan_per_mwh: float
    buy_yuan_per_mwh: float
    least_mw: float  # heat, by schedule
    most_mw: float
    ordered_least_mw: float  # bought heat that is paid for whether taken or not


STRICT = 2  # of the columns of a state: those that outages change, never averaged or rounded
PRICES = (6, 7)


@dataclass(frozen=True)
class Conditions:
    """All conditions of the days ahead, and the parts of days under each.

    `states` is (condition, source, figure) with the columns of `SourceState`, `link_there`
    (condition, link) the part of each main that is there. Parts are in order of time, arrays
    (part,), and those of a day add up to its hours.
    """

    units: tuple[SourceInputs, ...]  # their curves and prices; not their arrays by step
    states: Array
    link_there: Array
    part_day: Index
    part_hours: Array
    part_condition: Index

    def state(self, condition: int, source: int) -> SourceState:
        """One source under one condition."""
        return SourceState(*self.states[condition, source].tolist())


def conditions_ahead(case: Case, dates: Sequence[date], hours: Array) -> Conditions:
    """Find the conditions of local days; `hours` (day,) of each lie ahead, its last ones."""
    grid, day = _grid(case, dates, hours)
    units = tuple(source_inputs(case, source, grid, None, 0.0) for source in case.sources)
    figures = np.array([_figures(unit) for unit in units])
    there = np.ones((len(case.links), grid.steps))
    for j, link in enumerate(case.links):
        there[j] = available_fraction(case, OutageKind.LINK, link.link_id, grid, grid.edges_h)
    runs = figures[:, 2] > 0.0
    sharp = np.concatenate([day[None], figures[:, :STRICT].reshape(-1, grid.steps), runs, there])
    _, first, part = np.unique(
        np.nan_to_num(sharp, nan=-1.0), axis=1, return_index=True, return_inverse=True
    )
    in_time = np.argsort(first)
    first, part = first[in_time], np.argsort(in_time)[part]
    part_hours, states = _means(figures, part, grid.step_lengths_h)
    mains = there[:, first].T
    condition = _conditions(states, runs[:, first].T, mains)
    count = condition.max() + 1
    members = condition == np.arange(count)[:, None]
    shape = (count, *states.shape[1:])
    filled = np.nan_to_num(states).reshape(len(states), -1)
    means = (members @ filled / members.sum(axis=1, keepdims=True)).reshape(shape)
    one = members.argmax(axis=1)
    means[np.isnan(states[one])] = np.nan
    return Conditions(units, means, mains[one], day[first], part_hours, condition)


def midnight_after(case: Case, day: date) -> datetime:
    """The aware UTC moment at which a local day ends."""
    zone = ZoneInfo(case.settings.timezone)
    return datetime.combine(day + timedelta(days=1), time(), zone).astimezone(UTC)


def _grid(case: Case, dates: Sequence[date], hours: Array) -> tuple[TimeGrid, Index]:
    """Steps that no outage, schedule row or midnight cuts, and the day of each."""
    ends = [midnight_after(case, day) for day in dates]
    start = ends[0] - timedelta(hours=float(hours[0]))
    ends_h = np.round([_hours(end - start) for end in ends], 6)
    events = [row.time for row in case.schedules]
    events += [moment for row in case.outages for moment in (row.from_time, row.to_time)]
    inside = [h for h in (_hours(moment - start) for moment in events) if 0.0 < h < ends_h[-1]]
    edges_h = np.unique(np.round([0.0, *ends_h, *inside], 6))
    day = np.searchsorted(ends_h, edges_h[:-1], side="right")
    steps = edges_h.size - 1
    return TimeGrid(start, 1.0, edges_h, edges_h, steps, steps, case.settings.timezone), day


def _hours(span: timedelta) -> float:
    return span.total_seconds() / 3600.0


def _figures(unit: SourceInputs) -> Array:
    """The columns of `SourceState` of one source by step, (figure, step)."""
    nothing = np.full(unit.units_available.size, np.nan)
    power, whole, order = unit.power, unit.units, unit.order
    priced = power.sell_yuan_per_mwh.size > 0
    rows = (
        unit.units_available,
        None if whole is None else whole.present,
        power.exact_mw,
        power.min_mw,
        power.max_mw,
        power.contract_mw,
        power.sell_yuan_per_mwh if priced else None,
        power.buy_yuan_per_mwh if priced else None,
        np.minimum(unit.min_heat_mw, unit.max_heat_mw),
        unit.max_heat_mw,
        None if order is None else order.least_mw,
    )
    return np.array([nothing if row is None else row for row in rows])


def _means(figures: Array, part: Index, lengths_h: Array) -> tuple[Array, Array]:
    """Hours of each part, and the means of (source, figure, step) over it, part first."""
    inside = (part == np.arange(part.max() + 1)[:, None]) * lengths_h
    hours = inside.sum(axis=1)
    return hours, np.einsum("pt,sft->psf", inside / hours[:, None], figures)


def _conditions(states: Array, runs: NDArray[np.bool_], mains: Array) -> Index:
    """Number the different conditions of parts, few enough; (part,)."""
    figures = states.copy()
    figures[:, :, PRICES] /= YUAN_AS_A_MW
    exact = np.column_stack([states[:, :, :STRICT].reshape(len(states), -1), runs, mains])
    for step_mw in ROUNDED_TO_MW:
        rounded = np.round(figures[:, :, STRICT:].reshape(len(states), -1) / step_mw)
        keys = np.nan_to_num(np.column_stack([np.round(exact, 6), rounded]), nan=-1.0)
        found, number = np.unique(keys, axis=0, return_inverse=True)
        if len(found) <= CONDITIONS_MOST:
            break
    return np.asarray(number)
