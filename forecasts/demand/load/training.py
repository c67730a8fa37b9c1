"""Which (issue, lead) pairs a candidate learns from, how much each counts, and which are alike.

Age is counted in operating time, the hours with a known load: a heating season begins where the
last one ended, whatever the summer between.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from forecasts.demand.load.record import Floats, Ints, KnownWeather, LoadRecord

LEAST_DAYS = 10.0  # operating days below which nothing is fitted
NEAR_H = 3.0  # leads up to here are learned from every hour; farther ones hardly differ by issue
FAR_EVERY_H = 5.0  # has no common factor with 24, so all hours of the day come up
FAR_EVERY_DAYS = 60.0  # operating days above which far leads are learned from fewer issues

# Upper edges of the groups of leads that share coefficients, h. No group spans a multiple of 24 h,
# since there the last known day changes.
GROUP_EDGES_H = (1.0, 2.0, 3.0, 4.0, 6.0, 9.0, 12.0, 18.0, 24.0, 30.0, 36.0, 48.0, 72.0, 96.0)


def group_of_lead(leads: int, step_h: float) -> Ints:
    """Group of each of the leads 1 … `leads`, (lead,)."""
    ends = (np.arange(leads) + 1.0) * step_h
    return np.searchsorted(GROUP_EDGES_H, ends - 1e-9, side="left").astype(np.int64)


def operating_days(load: Floats, step_h: float) -> Floats:
    """Operating days from each row to the end, the row included, (row,)."""
    known = np.isfinite(load)[::-1]
    return np.cumsum(known)[::-1] * (step_h / 24.0)


def first_row(load: Floats, step_h: float, days: float) -> int:
    """First row of the last `days` operating days."""
    return int(np.searchsorted(-operating_days(load, step_h), -days, side="left"))


def cut_out(record: LoadRecord, weather: KnownWeather, first: int, until: int) -> KnownWeather:
    """Rows `first` to `until` − 1 of a record, and the weather known with them."""
    return KnownWeather(record.rows(first, until), weather.runs)


@dataclass(frozen=True)
class Block:
    """Issues, and the leads `first` + 1 … `leads` of them, to learn from."""

    issues: Ints
    first: int
    leads: int
    group: Ints  # (lead,) of the leads kept
    load_mw: Floats  # (issue, lead) what came; NaN from the end of what may be known
    weight: Floats  # (issue, lead)


@dataclass(frozen=True)
class Memory:
    """How far back a candidate looks, and how it forgets."""

    window_days: float
    half_life_days: float

    def days(self, known_days: float) -> float:
        """Days of data by weight, of so many operating days."""
        decay = np.log(2.0) / self.half_life_days
        return float(-np.expm1(-decay * min(known_days, self.window_days)) / decay)


def blocks(
    load: Floats, step_h: float, from_row: int, leads: int, memory: Memory
) -> Iterator[Block]:
    """Pairs whose step ended before the end of `load`: near leads of all hours, far ones thinned.

    `load` holds the rows that may be known; issues begin at `from_row`.
    """
    age = operating_days(load, step_h)
    group = group_of_lead(leads, step_h)
    near = min(leads, round(NEAR_H / step_h))
    hour = max(1, round(1.0 / step_h))
    days = float(age[from_row]) if from_row < age.size else 0.0
    far = round(FAR_EVERY_H / step_h) if days > FAR_EVERY_DAYS else hour
    for first, last, every in ((0, near, hour), (near, leads, far)):
        if first == last:
            continue
        # Counted back from the end, so that the same hours are learned from whatever the start.
        issues = np.arange(load.size - 1, from_row - 1, -every, dtype=np.int64)[::-1]
        issues = issues[_running(load, issues, round(24.0 / step_h))]
        targets = issues[:, None] + np.arange(first, last, dtype=np.int64)[None, :]
        safe = np.minimum(targets, load.size - 1)
        came = np.where(targets < load.size, load[safe], np.nan)
        weight = 0.5 ** (age[safe] / memory.half_life_days)
        yield Block(issues, first, last, group[first:last], came, weight)


def _running(load: Floats, issues: Ints, day: int) -> np.ndarray[tuple[int], np.dtype[np.bool_]]:
    """Whether any load was known in the day before an issue."""
    count = np.concatenate([[0], np.cumsum(np.isfinite(load))])
    return np.asarray(count[issues] > count[np.maximum(0, issues - day)], dtype=np.bool_)
