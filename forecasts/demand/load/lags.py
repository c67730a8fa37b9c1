"""Load and weather of the past as an issue knows them: gaps bridged by what came before it.

Lags are counted in hours and local days, not in rows, so a step of 15 minutes sees the same past
as one of an hour. All of it is asked by (issue, …) row numbers at once.
"""

from dataclasses import dataclass

import numpy as np

from forecasts.demand.holidays import LocalDays
from forecasts.demand.load.record import Floats, Ints
from forecasts.recursion import fading_sums

LONGEST_BRIDGE_H = 3.0  # a gap up to here is bridged; a longer one is not known
MEMORY_OF_JUMP_H = 4.0  # how fast the difference to yesterday is forgotten inside a gap


@dataclass(frozen=True)
class Bridged:
    """A series with its short gaps bridged, honest at every issue.

    Inside a gap that had ended before the issue the bridge is a straight line to the value after
    it; in the gap that an issue falls into, it follows yesterday's course.
    """

    alone: Floats  # (row,) from rows before it alone
    between: Floats  # (row,) from both sides, where a gap is short; else as `alone`
    closed: Ints  # (row,) first known row at or after it: `between` holds for issues above it

    def at(self, rows: Ints, issues: Ints) -> Floats:
        """Values of `rows` as known at `issues` (same shape or broadcast); NaN where unknown."""
        size = self.alone.size
        inside = (rows >= 0) & (rows < issues)
        safe = np.clip(rows, 0, size - 1)
        value = np.where(self.closed[safe] < issues, self.between[safe], self.alone[safe])
        return np.where(inside, value, np.nan)


def bridged(values: Floats, step_h: float) -> Bridged:
    """Bridge the gaps of a series up to LONGEST_BRIDGE_H."""
    size, day = values.size, round(24.0 / step_h)
    longest = max(1, round(LONGEST_BRIDGE_H / step_h))
    known = np.isfinite(values)
    rows = np.arange(size)
    last = np.maximum.accumulate(np.where(known, rows, -1))
    following = np.minimum.accumulate(np.where(known, rows, size)[::-1])[::-1]
    alone, between = values.copy(), values.copy()
    keep = float(np.exp(-step_h / MEMORY_OF_JUMP_H))
    for row in np.flatnonzero(~known & (last >= 0) & (rows - last <= longest)):
        anchor = last[row]
        alone[row] = _as_yesterday(alone, int(row), int(anchor), day, keep)
    short = ~known & (last >= 0) & (following < size) & (following - last <= longest + 1)
    if np.any(short):
        between[short] = np.interp(rows[short], rows[known], values[known])
    between = np.where(np.isfinite(between), between, alone)
    return Bridged(alone, between, following.astype(np.int64))


def _as_yesterday(alone: Floats, row: int, anchor: int, day: int, keep: float) -> float:
    """Yesterday's value plus what is left of the last difference to yesterday."""
    if row < day or not np.isfinite(alone[row - day]):
        return float(alone[anchor])
    jump = alone[anchor] - alone[anchor - day] if anchor >= day else 0.0
    faded = jump * keep ** (row - anchor) if np.isfinite(jump) else 0.0
    low = min(0.0, float(alone[anchor]), float(alone[row - day]))  # a load stays a load
    return max(low, float(alone[row - day] + faded))


# ---- means that forget ------------------------------------------------------------------------


@dataclass(frozen=True)
class Filtered:
    """An exponential mean (H§3 F3) that skips gaps: a weighted sum and its weights, (row + 1,).

    Entry `i` is what is known at issue `i`. Without a gap and long after the start the weights
    are one, and the mean obeys t[k] = a t[k−1] + (1−a) x[k], a = exp(−Δ/τ).
    """

    keep: float
    total: Floats
    weight: Floats


def filtered(values: Floats, step_h: float, filter_h: float) -> Filtered:
    """Exponential mean of a series with time constant `filter_h`."""
    keep = float(np.exp(-step_h / filter_h))
    known = np.isfinite(values)
    total = fading_sums((1.0 - keep) * np.where(known, values, 0.0), keep)
    weight = fading_sums((1.0 - keep) * known, keep)
    return Filtered(keep, np.concatenate([[0.0], total]), np.concatenate([[0.0], weight]))


LEAST_WEIGHT = 1e-4  # below it, nothing was known for nine time constants


def filtered_at(mean: Filtered, issues: Ints) -> Floats:
    """The mean as known at issues; NaN where nothing was known for long."""
    weight = mean.weight[issues]
    return np.where(weight > LEAST_WEIGHT, mean.total[issues] / np.maximum(weight, 1e-12), np.nan)


def filtered_ahead(mean: Filtered, issues: Ints, ahead: Floats) -> Floats:
    """The mean carried on over what is known ahead, (issue, lead)."""
    total, weight = mean.total[issues].copy(), mean.weight[issues].copy()
    known = np.isfinite(ahead)
    values = np.where(known, ahead, 0.0)
    carried = np.full_like(ahead, np.nan)
    for lead in range(ahead.shape[1]):
        total = mean.keep * total + (1.0 - mean.keep) * values[:, lead]
        weight = mean.keep * weight + (1.0 - mean.keep) * known[:, lead]
        carried[:, lead] = np.where(
            weight > LEAST_WEIGHT, total / np.maximum(weight, 1e-12), np.nan
        )
    return carried


# ---- the same time of day ----------------------------------------------------------------------


@dataclass(frozen=True)
class SameTime:
    """Rows with a known load, in order of the slot their time is in."""

    size: int
    slot: Ints  # (row and beyond,) number of the step in its local day, or in a kind of day
    order: Ints  # known rows, by slot and then by row
    key: Ints  # slot × size + row, rising

    def rows_before(self, targets: Ints, issues: Ints, number: int) -> Ints:
        """Row of the `number`-th last known value in the slot of `targets`; −1 without."""
        if self.order.size == 0:
            return np.full(np.broadcast(targets, issues).shape, -1, dtype=np.int64)
        slot = self.slot[targets]
        place = np.searchsorted(self.key, slot * self.size + issues, side="left") - number
        safe = np.maximum(place, 0)
        found = (place >= 0) & (self.key[safe] // self.size == slot)
        return np.where(found, self.order[safe], -1)


def local_slots(days: LocalDays, step_h: float) -> Ints:
    """Number of each step in its local day."""
    steps = round(24.0 / step_h)
    return np.floor(days.hour / step_h + 1e-9).astype(np.int64) % steps


def same_time(known: Bridged, slot: Ints) -> SameTime:
    """Index the known rows by slot; `slot` (row and beyond,) reaches past the record."""
    rows = np.flatnonzero(np.isfinite(known.alone)).astype(np.int64)
    size = known.alone.size + 1  # an issue may be one past the last row
    key = slot[rows] * size + rows
    by_key = np.argsort(key, kind="stable")
    return SameTime(size, slot, rows[by_key], key[by_key])


def state_of(load: Floats, step_h: float) -> tuple[Floats, Floats]:
    """Whether the load was on (1) or off (0) at each issue, and for how many hours; (row + 1,).

    Off is below one fiftieth of the largest load so far. NaN before anything was known; a gap
    counts as what was before it, so that hours are those since the last change seen.
    """
    known = np.isfinite(load)
    largest = np.maximum.accumulate(np.where(known, load, 0.0))
    on = np.where(known, load > 0.02 * largest, False).astype(np.float64)
    rows = np.arange(load.size)
    last = np.maximum.accumulate(np.where(known, rows, -1))
    state = np.where(last >= 0, on[np.maximum(last, 0)], np.nan)
    changed = np.ones(load.size, dtype=bool)
    changed[1:] = state[1:] != state[:-1]
    changed[1:] &= ~(np.isnan(state[1:]) & np.isnan(state[:-1]))
    since = np.maximum.accumulate(np.where(changed, rows, 0))
    hours = np.where(np.isfinite(state), (rows - since + 1) * step_h, np.nan)
    return np.concatenate([[np.nan], state]), np.concatenate([[np.nan], hours])
