"""Quantiles of a load forecast from its own verified errors, kept honest online.

Errors are measured in a local scale: what was usual at the lead and time of day, more where the
candidates disagree. Their distribution is remembered in bins, recent errors counting more, that of
the time of day leaning on that of the lead while it rests on few. Then the levels themselves are
corrected: where fewer values than promised fell below a quantile it is raised (I. Gibbs and
E. Candès, "Adaptive conformal inference under distribution shift", NeurIPS 2021). The order of
quantiles and their bound at 0 hold by construction.
"""

from dataclasses import dataclass

import numpy as np

from forecasts.demand.load.record import Floats, Ints
from forecasts.demand.load.verified import (
    decayed_sums,
    decayed_sums_by_hour,
    newest_verified,
    observed,
    over_leads,
)

BINS = 81
REACH = 12.0  # scales; errors beyond lie in the outermost bins
FIRST_SCALE = 0.15  # of the forecast, while no error has been seen


@dataclass(frozen=True)
class Caution:
    """How quantiles are learned."""

    scale_h: float = 14 * 24.0  # half-life of the local scale
    scale_prior: float = 4.0  # errors of the whole lead behind those of a time of day
    shape_h: float = 45 * 24.0  # half-life of the distribution
    shape_prior: float = 40.0
    guess: float = 8.0  # errors of a wide normal distribution imagined at first
    disagreement: float = 0.3  # power of the candidates' spread, relative to the usual one
    rate: float = 0.01  # of the correction of levels, per verified forecast


def quantiles(
    told_mw: Floats,
    spread_mw: Floats,
    load_mw: Floats,
    issues: Ints,
    step_h: float,
    levels: tuple[float, ...],
    caution: Caution | None = None,
) -> Floats:
    """Quantiles (issue, lead, level), MW, of forecasts (issue, lead), MW.

    `spread_mw` (issue, lead) is the weighted standard deviation of the candidates.
    """
    caution = caution or Caution()
    came = observed(load_mw, issues, told_mw.shape[1])
    errors = came - told_mw
    scale = _scale(told_mw, spread_mw, errors, issues, step_h, caution)
    tracker = _Tracker(levels, told_mw.shape[1], round(24.0 / step_h), step_h, caution)
    shares = np.empty((*told_mw.shape, len(levels)))
    newest = newest_verified(issues, told_mw.shape[1])
    done = np.full(told_mw.shape[1], -1, dtype=np.int64)
    for number in range(issues.size):
        tracker.age(float(issues[number] - issues[max(0, number - 1)]))
        while True:
            lead = np.flatnonzero(done < newest[number])
            if lead.size == 0:
                break
            done[lead] += 1
            past = done[lead]
            tracker.learn(
                issues[past], lead, errors[past, lead], scale[past, lead], shares[past, lead]
            )
        shares[number] = tracker.shares(int(issues[number]))
    values = told_mw[:, :, None] + shares * scale[:, :, None]
    return np.sort(np.maximum(0.0, values), axis=2)


def _scale(
    told_mw: Floats,
    spread_mw: Floats,
    errors: Floats,
    issues: Ints,
    step_h: float,
    caution: Caution,
) -> Floats:
    """Usual size of the error, MW, (issue, lead), as known at each issue."""
    day, half_life = round(24.0 / step_h), caution.scale_h / step_h
    known = np.isfinite(errors)
    parts = np.stack(
        [np.where(known, np.abs(errors), 0.0), known, np.where(known, spread_mw, 0.0)], axis=2
    ).astype(np.float64)
    whole = over_leads(decayed_sums(parts, issues, half_life), 0.3)
    hourly = over_leads(decayed_sums_by_hour(parts, issues, half_life, day), 0.05)
    with np.errstate(invalid="ignore", divide="ignore"):
        mean = whole / whole[..., 1:2]
    first = FIRST_SCALE * np.abs(told_mw)
    usual = np.where(whole[..., 1] > 0, mean[..., 0], first)
    usual_spread = np.where(whole[..., 1] > 0, mean[..., 2], spread_mw)
    count = hourly[..., 1] + caution.scale_prior
    local = (hourly[..., 0] + caution.scale_prior * usual) / count
    local_spread = (hourly[..., 2] + caution.scale_prior * usual_spread) / count
    floor = 1e-9 + 0.05 * np.maximum(usual_spread, 1e-9)
    relative = (spread_mw + floor) / (local_spread + floor)
    factor = np.clip(np.nan_to_num(relative, nan=1.0), 0.2, 5.0) ** caution.disagreement
    return np.asarray(np.maximum(local * factor, 1e-12), dtype=np.float64)


class _Tracker:
    """Distribution of scaled errors by lead and by time of day, and the corrections of levels."""

    def __init__(
        self, levels: tuple[float, ...], leads: int, day: int, step_h: float, caution: Caution
    ) -> None:
        # Bins are fine near 0 and coarse in the tails.
        inner = np.sinh(np.linspace(-3.5, 3.5, BINS + 1))
        self._edges = inner / inner[-1] * REACH
        self._middle = (self._edges[1:] + self._edges[:-1]) / 2.0
        self._levels = np.asarray(levels)
        self._shift = np.zeros((leads, self._levels.size))
        self._day, self._step_h, self._caution = day, step_h, caution
        self._hours = min(24, day)
        self._group = lead_groups(leads, step_h)
        groups = int(self._group.max()) + 1
        wide = np.exp(-0.5 * (self._middle / 2.5) ** 2) * np.diff(self._edges)
        self._guess = caution.guess * wide / wide.sum()
        self._whole = np.zeros((groups, BINS))
        self._hourly = np.zeros((groups, self._hours, BINS))

    def age(self, steps: float) -> None:
        """Forget a little."""
        kept = 0.5 ** (steps * self._step_h / self._caution.shape_h)
        self._whole *= kept
        self._hourly *= kept

    def learn(
        self, issues: Ints, lead: Ints, errors: Floats, scale: Floats, shares: Floats
    ) -> None:
        """Take in verified errors; `shares` are the quantiles told then, in scales."""
        known = np.isfinite(errors) & np.isfinite(scale)
        issues, lead, shares = issues[known], lead[known], shares[known]
        scaled = errors[known] / scale[known]
        place = np.clip(np.searchsorted(self._edges, scaled) - 1, 0, BINS - 1)
        group, hour = self._group[lead], self._hour(issues + lead)
        np.add.at(self._whole, (group, place), 1.0)
        np.add.at(self._hourly, (group, hour, place), 1.0)
        below = (scaled[:, None] < shares) * 1.0
        step = self._caution.rate * (self._levels - below)
        same = np.abs(scaled[:, None] - shares) < 1e-6  # an atom such as a certain zero
        self._shift[lead] += np.where(same, 0.0, step)
        room = 0.8 * np.minimum(self._levels, 1.0 - self._levels)
        np.clip(self._shift, -room, room, out=self._shift)

    def shares(self, issue: int) -> Floats:
        """Quantiles of the next leads in scales, (lead, level)."""
        whole = (self._whole + self._guess)[self._group]
        whole /= whole.sum(axis=1, keepdims=True)
        hour = self._hour(issue + np.arange(self._group.size))
        mixed = self._hourly[self._group, hour] + self._caution.shape_prior * whole
        below = np.cumsum(mixed, axis=1)
        below /= below[:, -1:]
        wanted = self._levels[None, :] + self._shift
        place = (below[:, None, :] < wanted[:, :, None]).sum(axis=2).clip(0, BINS - 1)
        row = np.arange(self._group.size)[:, None]
        low = np.where(place > 0, below[row, np.maximum(place - 1, 0)], 0.0)
        share = (wanted - low) / np.maximum(below[row, place] - low, 1e-12)
        width = self._edges[place + 1] - self._edges[place]
        return np.asarray(self._edges[place] + np.clip(share, 0.0, 1.0) * width, dtype=np.float64)

    def _hour(self, rows: Ints) -> Ints:
        return np.asarray((rows % self._day) * self._hours // self._day, dtype=np.int64)


def lead_groups(leads: int, step_h: float) -> Ints:
    """Group of each lead: about four to a doubling, since errors of near leads are alike."""
    hours = np.arange(1, leads + 1) * step_h
    raw = np.floor(2.0 * np.log2(np.maximum(hours, 0.5))).astype(np.int64)
    return np.asarray(np.unique(raw, return_inverse=True)[1], dtype=np.int64)
