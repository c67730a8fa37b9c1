"""What was known at an issue of how earlier forecasts had done; the one place that says so.

The forecast of issue `m` at lead `k` (1, 2, …) is verified at the first issue at or after the end
of its step, row `m + k`. All that is learned online from past forecasts goes through here.
"""

import numpy as np
from numpy.typing import NDArray

from forecasts.demand.load.record import Floats, Ints


def targets_of(issues: Ints, leads: int) -> Ints:
    """Rows of the target steps, (issue, lead)."""
    return issues[:, None] + np.arange(leads, dtype=np.int64)[None, :]


def observed(load_mw: Floats, issues: Ints, leads: int) -> Floats:
    """Load that came, (issue, lead); NaN beyond the record and in gaps."""
    rows = targets_of(issues, leads)
    inside = rows < load_mw.size
    values = load_mw[np.minimum(rows, load_mw.size - 1)]
    return np.where(inside, values, np.nan)


def newest_verified(issues: Ints, leads: int) -> Ints:
    """Of each lead, the newest issue verified by each issue, (issue, lead); -1 for none."""
    lead = np.arange(1, leads + 1, dtype=np.int64)
    ended = issues[:, None] - lead[None, :]
    return np.searchsorted(issues, ended, side="right").astype(np.int64) - 1


def decayed_sums(values: Floats, issues: Ints, half_life_steps: float) -> Floats:
    """Sums over all verified forecasts, halved each half-life; (issue, lead, …) as `values`.

    `values[m, k]` is what the verified forecast of issue `m` at that lead adds, 0 where its step
    was not measured.
    """
    own = np.empty_like(values)
    total = np.zeros(values.shape[1:])
    gaps = np.diff(issues, prepend=issues[:1])
    kept = 0.5 ** (gaps / half_life_steps)
    for number in range(values.shape[0]):
        total = total * kept[number] + values[number]
        own[number] = total
    return _gathered(own, newest_verified(issues, values.shape[1]))


def decayed_sums_by_hour(values: Floats, issues: Ints, half_life_steps: float, day: int) -> Floats:
    """As `decayed_sums`, over forecasts issued at the same step of the day as the asking one."""
    found = np.zeros_like(values)
    phase = issues % day
    for number in np.unique(phase):
        same = np.flatnonzero(phase == number)
        found[same] = decayed_sums(values[same], issues[same], half_life_steps)
    return found


def _gathered(own: Floats, newest: NDArray[np.int64]) -> Floats:
    lead = np.arange(own.shape[1])[None, :]
    found = own[np.maximum(newest, 0), lead]
    there = (newest >= 0).reshape(newest.shape + (1,) * (own.ndim - 2))
    return np.where(there, found, 0.0)


def over_leads(sums: Floats, width: float) -> Floats:
    """Sums of (issue, lead, …) shared among near leads; nearness by the logarithm of the lead."""
    leads = sums.shape[1]
    place = np.log(np.arange(leads) + 1.0)
    near = np.exp(-np.abs(place[:, None] - place[None, :]) / width)
    flat = sums.reshape(sums.shape[0], leads, -1)
    shared = np.einsum("kl,nlp->nkp", near, flat, optimize=True).reshape(sums.shape)
    return np.asarray(shared, dtype=np.float64)
