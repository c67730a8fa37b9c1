"""From readings to steps: time-weighted means of what stood, NaN where too little is known."""

from dataclasses import dataclass
from datetime import datetime
from functools import cached_property

import numpy as np
import pandas as pd

from forecasts.telemetry.cleaning.counters import Counted
from forecasts.telemetry.cleaning.series import HOUR_NS, Floats, Series, Times
from forecasts.telemetry.points import TRAITS, Behaviour

LEAST_COVER = 0.5  # of a step that readings must stand for


@dataclass(frozen=True)
class Grid:
    """Regular steps, `times` (step,) their starts in UTC."""

    times: Times
    step_h: float

    @cached_property
    def edges_h(self) -> Floats:
        """Hours since 1970 of all starts and the last end, (step + 1,)."""
        first = int(self.times[0].astype("datetime64[ns]").astype(np.int64)) / HOUR_NS
        return np.asarray(first + np.arange(self.times.size + 1) * self.step_h)

    @property
    def middles_h(self) -> Floats:
        """Hours since 1970 of the middle of each step."""
        edges_h = self.edges_h
        return np.asarray((edges_h[1:] + edges_h[:-1]) / 2.0)


def grid_of(start: datetime, end: datetime, step_h: float) -> Grid:
    """Steps of `step_h` hours in [start, end), both aware; the last one ends by `end`."""
    hours = (end - start).total_seconds() / 3600.0
    number = int(np.floor(hours / step_h + 1e-9))
    if number < 1:
        raise ValueError(f"no step of {step_h:g} h between {start} and {end}")
    first = pd.Timestamp(start).tz_convert("UTC").tz_localize(None).to_datetime64()
    step = np.timedelta64(round(step_h * HOUR_NS), "ns")
    return Grid(first.astype("datetime64[ns]") + np.arange(number) * step, step_h)


def mean_of_steps(series: Series, grid: Grid) -> Floats:
    """Time-weighted mean of each step, (step,); a reading stands until the next, or for `hold_h`.

    An order stands until the next one. Not to be written to: a series remembers its last means,
    since every judge of a station asks for the same ones.
    """
    first = int(grid.times[0].astype("datetime64[ns]").astype(np.int64))
    key = (first, grid.times.size, grid.step_h)
    memo = series.means_of_grid
    if key not in memo:
        memo.clear()
        means = _means(series, grid)
        means.setflags(write=False)
        memo[key] = means
    return memo[key]


def _means(series: Series, grid: Grid) -> Floats:
    if series.times.size == 0:
        return np.full(grid.times.size, np.nan)
    hours = series.hours
    forever = TRAITS[series.point].behaviour is Behaviour.ORDER
    hold_h = np.inf if forever else series.hold_h
    until = np.minimum(np.append(hours[1:], np.inf), hours + hold_h)
    until = np.minimum(until, max(float(grid.edges_h[-1]), float(hours[-1])) + 1.0)
    knots = _in_turns(hours, until)
    stood = until - hours
    covered_h = np.cumsum(stood)
    cover = _in_turns(covered_h - stood, covered_h)
    held = series.values * stood
    summed = np.cumsum(held)
    sums = _in_turns(summed - held, summed)
    edges = grid.edges_h
    covered = np.diff(np.interp(edges, knots, cover))
    total = np.diff(np.interp(edges, knots, sums))
    return _shares(total, covered, grid.step_h)


def _in_turns(one: Floats, other: Floats) -> Floats:
    """First of one, first of the other, second of one … (np.stack takes three times as long)."""
    both = np.empty(2 * one.size)
    both[0::2], both[1::2] = one, other
    return both


def power_of_steps(counter: Counted, grid: Grid) -> Floats:
    """Mean of each step, in the counter's unit an hour."""
    counted, known_h = counter.between(grid.edges_h)
    return _shares(counted, known_h, grid.step_h)


def _shares(total: Floats, covered_h: Floats, step_h: float) -> Floats:
    enough = covered_h >= LEAST_COVER * step_h - 1e-6
    return np.where(enough, total / np.where(enough, covered_h, 1.0), np.nan)
