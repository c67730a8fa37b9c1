"""A forecast for when nothing could be learned: like the last days, else like the last load."""

import numpy as np

from forecasts.demand.load.record import Floats, Ints, LoadRecord
from forecasts.demand.load.verified import targets_of

DAYS = 7


def plain_forecast(record: LoadRecord, issues: Ints, leads: int) -> Floats:
    """Mean load of the same time of the last known days, else the mean of the last days, MW.

    (issue, lead); NaN only at issues without a single load in the four weeks before.
    """
    day = round(24.0 / record.step_h)
    targets = targets_of(issues, leads)
    known = np.isfinite(record.load_mw)
    load = np.where(known, record.load_mw, 0.0)
    total, count = np.zeros(targets.shape), np.zeros(targets.shape)
    newest = targets - (np.arange(leads) // day + 1)[None, :] * day
    for number in range(DAYS):
        rows = newest - number * day
        inside = rows >= 0
        row = np.maximum(rows, 0)
        there = inside & known[row]
        total += np.where(there, load[row], 0.0)
        count += there
    sums = np.concatenate([[0.0], np.cumsum(load)])
    counts = np.concatenate([[0], np.cumsum(known)])
    first = np.maximum(0, issues - 4 * DAYS * day)
    found = counts[issues] - counts[first]
    mean = np.where(found > 0, (sums[issues] - sums[first]) / np.maximum(found, 1), np.nan)
    return np.where(count > 0, total / np.maximum(count, 1.0), mean[:, None])
