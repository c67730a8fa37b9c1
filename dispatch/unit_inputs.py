"""Whole units of a source whose commitment the plan decides: how many are there, and their past.

A row of `sources.csv` may stand for several identical units; all figures count units of the row.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from dispatch.case import Case, Source
from dispatch.case_kinds import OutageKind
from dispatch.initial_state import LastPlan, last_steps
from dispatch.outages import available_fraction
from dispatch.time_grid import TimeGrid

Array = NDArray[np.float64]

PART_OF_UNIT = 1e-6  # less of a unit is none
NO_EVENTS: Array = np.empty((0, 2))


@dataclass(frozen=True)
class UnitInputs:
    """Units of one row; arrays are (step,), events (event, 2): hours before the start, units.

    Without a record units have been on or off for long: so it is on the first day, and after a
    plan that did not decide whole units.
    """

    count: int
    least_mw: float  # least heat of one unit that runs
    before: int  # on just before the start
    starts_before: Array  # oldest first
    stops_before: Array
    present: Array  # whole units that can run
    gone: Array  # of those, how many an outage takes away at the step
    lost: Array  # how many an outage of units or mains, or a limit, may stop at the step

    @property
    def on_since(self) -> Array:
        """Starts of the units on just before the start: the latest ones."""
        return _latest(self.starts_before, self.before)

    @property
    def off_since(self) -> Array:
        """Stops of the units off just before the start: the latest ones."""
        return _latest(self.stops_before, self.count - self.before)


def unit_inputs(
    case: Case,
    source: Source,
    grid: TimeGrid,
    last: LastPlan | None,
    heat_before_mw: float,
    least_mw: float,
    limit_mw: Array | None,
    outlet_mw: Array,
) -> UnitInputs:
    """Count the units of a source and read their past.

    `least_mw` is the least heat of one unit; `limit_mw` (step,) what the schedule lets the row
    send, None without limit; `outlet_mw` (1 + step,) what the plant's mains take, the step before
    the start included.
    """
    edges_h = np.concatenate([[-grid.step_h], grid.edges_h])
    there = available_fraction(case, OutageKind.SOURCE, source.source_id, grid, edges_h)
    present = whole_units(source, there)
    record = None if last is None else last.units.get(source.source_id)
    before = _units_before(source, last, heat_before_mw)
    gone = _falls(present)
    gone[0] = max(gone[0], before - present[1])  # an outage the last plan did not know of
    lost = gone + _units_without_room(source.unit_count, least_mw, limit_mw, outlet_mw)
    return UnitInputs(
        count=source.unit_count,
        least_mw=least_mw,
        before=before,
        starts_before=NO_EVENTS if record is None else record.starts,
        stops_before=NO_EVENTS if record is None else record.stops,
        present=present[1:],
        gone=gone,
        lost=np.minimum(lost, source.unit_count),
    )


def whole_units(source: Source, available_fraction: Array) -> Array:
    """Units that can run where only a part of the row is there.

    What is left of a unit counts where it can still carry its least load.
    """
    units = source.unit_count * available_fraction
    whole = np.floor(units + PART_OF_UNIT)
    rest_mw = (units - whole) * source.max_output_mw
    carries = (units - whole > PART_OF_UNIT) & (rest_mw >= source.min_output_mw)
    return np.asarray(whole + carries)


def _falls(values: Array) -> Array:
    """How much each value is below the one before it, from the second one on."""
    return np.maximum(0.0, -np.diff(values))


def _units_without_room(
    count: int, least_mw: float, limit_mw: Array | None, outlet_mw: Array
) -> Array:
    """Units whose least load no longer fits when a limit or the plant's mains fall, (step,)."""
    if least_mw <= 0.0:
        return np.zeros(outlet_mw.size - 1)
    units = np.ceil(_falls(outlet_mw) / least_mw - PART_OF_UNIT)
    if limit_mw is not None:
        room = np.minimum(count, np.floor(limit_mw / least_mw + PART_OF_UNIT))
        units += _falls(np.concatenate([[count], room]))
    return units


def _units_before(source: Source, last: LastPlan | None, heat_mw: float) -> int:
    """Units on just before the start; without a last plan those that the settled heat needs."""
    needed = int(np.ceil(heat_mw / source.max_output_mw - PART_OF_UNIT))
    if last is None:
        return min(needed, source.unit_count) if heat_mw >= 0.5 * source.min_output_mw else 0
    record = last.units.get(source.source_id)
    known = last_steps(last.source_units_on, source.source_id, last.step_h, 1)
    on = needed if record is None else record.before
    if known is not None and np.isfinite(known[-1]):
        on = int(np.ceil(known[-1] - PART_OF_UNIT))  # a part of a unit is a unit that is lit
    return min(max(on, needed), source.unit_count)


def _latest(events: Array, units: int) -> Array:
    """The latest events of so many units: of units that moved twice only the last move counts."""
    kept, left = [], float(units)
    for hours, moved in sorted(events.tolist()):
        if left <= 0.0:
            break
        kept.append((hours, min(moved, left)))
        left -= moved
    return np.array(kept[::-1]).reshape(-1, 2)
