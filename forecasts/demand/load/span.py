"""Which issues and horizons of a record a load forecast is tried at."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from forecasts.demand.load.record import Floats, Ints, LoadRecord

LEAST_TRAINING_H = 28 * 24.0  # four weeks
TRAINING_SHARE = 1 / 3


class NothingToTry(ValueError):
    """A record leaves no issue to try; the message says why."""


@dataclass(frozen=True)
class Span:
    """Issues and horizons to be tried."""

    issues: Ints  # (issue,) rows of the record, rising
    horizons_h: Floats  # (horizon,) end of the step less the issue time, rising
    leads: Ints  # (horizon,) the same in steps
    unmeasured: int  # issues passed over: nothing was measured in all their horizons


def training_end(record: LoadRecord, share: float = TRAINING_SHARE) -> np.datetime64:
    """Moment until which to train if none is named: a share of the loads, four weeks at least.

    Raises NothingToTry where no day would be left.
    """
    known = np.flatnonzero(np.isfinite(record.load_mw))
    day = round(24 / record.step_h)
    least = round(LEAST_TRAINING_H / record.step_h)
    count = max(least, round(known.size * share))
    if known.size < count + day:
        days = known.size / day
        raise NothingToTry(f"{days:.1f} days of load, {count / day + 1:.0f} are needed")
    step = np.timedelta64(round(record.step_h * 3600), "s")
    return np.datetime64(record.times[known[count - 1]] + step, "ns")


def span_of(
    record: LoadRecord,
    train_until: np.datetime64,
    test_until: np.datetime64,
    every_h: float,
    horizons_h: Floats,
) -> Span:
    """Issues after `train_until` and not after `test_until`, every `every_h` from the former.

    `train_until` is brought back to a step's start. The last issue that can be is the start of
    the record's last step. Raises NothingToTry if a length is no whole number of steps, or where
    no issue is left.
    """
    step = np.timedelta64(round(record.step_h * 3600), "s")
    first = int((train_until - record.times[0]) // step)
    last = min(int((test_until - record.times[0]) // step), record.times.size - 1)
    every = steps_of(every_h, record.step_h)
    leads = np.array([steps_of(float(h), record.step_h) for h in horizons_h], dtype=np.int64)
    issues = np.arange(first + every, last + 1, every, dtype=np.int64)
    issues = issues[issues > 0]
    some = _any_measured(record, issues, int(leads.max()))
    if not some.any():
        raise NothingToTry("no load is measured after the training")
    hours = np.asarray(horizons_h, dtype=np.float64)
    return Span(issues[some], hours, leads, int((~some).sum()))


def steps_of(hours: float, step_h: float) -> int:
    """Return a length in steps; raises NothingToTry if it is no whole number of them."""
    steps = round(hours / step_h)
    if steps < 1 or abs(steps * step_h - hours) > 1e-9:
        raise NothingToTry(f"{hours:g} h is no whole number of steps of {step_h * 60:g} minutes")
    return steps


def observed(record: LoadRecord, issues: Ints, leads: Ints) -> Floats:
    """Measured load of leads (in steps) of issues, MW, (issue, lead); NaN where there is none."""
    rows = issues[:, None] + leads[None, :] - 1
    size = record.load_mw.size
    return np.where(rows < size, record.load_mw[np.minimum(rows, size - 1)], np.nan)


def _any_measured(record: LoadRecord, issues: Ints, leads: int) -> NDArray[np.bool_]:
    counts = np.concatenate([[0], np.cumsum(np.isfinite(record.load_mw))])
    until = np.minimum(issues + leads, record.load_mw.size)
    return np.asarray(counts[until] > counts[issues])
