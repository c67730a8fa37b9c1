"""Candidates combined by how they did lately, and the combination mended by its recent errors.

At each issue and lead the weights are those that would have given the least mean squared error on
the forecasts verified so far, recent ones counting more, none negative and their sum 1: J. M. Bates
and C. W. J. Granger, "The combination of forecasts", Oper. Res. Q. 20, 1969,
doi:10.1057/jors.1969.103. Near leads lend each other their errors, and a few imagined errors of
equal size pull towards equal weights while there is little to go by (V. Genre et al., "Combining
expert forecasts", Int. J. Forecast. 29, 2013, doi:10.1016/j.ijforecast.2012.06.004).
"""

from dataclasses import dataclass
from itertools import combinations

import numpy as np
from numpy.typing import NDArray

from forecasts.demand.load.record import Floats, Ints
from forecasts.demand.load.verified import (
    decayed_sums,
    decayed_sums_by_hour,
    newest_verified,
    observed,
    over_leads,
)

SWEEPS = 12  # over pairs of candidates; five already settle three candidates
CLIPPED = 5.0  # mean sizes of error at which an error is cut: a faulty meter teaches nothing


@dataclass(frozen=True)
class Memory:
    """How long and how widely errors are remembered."""

    weights_h: float = 21 * 24.0  # half-life
    weights_prior: float = 30.0  # imagined errors of equal size
    near_leads: float = 0.4  # e-folding in the logarithm of the lead
    correction_h: float = 21 * 24.0
    correction_prior: float = 60.0
    share_by_hour: float = 0.5  # of the errors of the same hour of day among those that weigh


@dataclass(frozen=True)
class Combined:
    """One forecast from many."""

    load_mw: Floats  # (issue, lead)
    weights: Floats  # (candidate, issue, lead)
    verified: Floats  # (issue, lead) forecasts behind the weights, recent ones counting more


def combined(
    candidates_mw: Floats,
    load_mw: Floats,
    issues: Ints,
    step_h: float,
    memory: Memory | None = None,
) -> Combined:
    """Combine candidates (candidate, issue, lead), MW; NaN where a candidate could not tell."""
    memory = memory or Memory()
    leads = candidates_mw.shape[2]
    came = observed(load_mw, issues, leads)
    weights, verified = _weights(candidates_mw, came, issues, step_h, memory)
    told = np.where(weights > 0, np.nan_to_num(candidates_mw), 0.0)
    plain = np.where(weights.sum(axis=0) > 0, (weights * told).sum(axis=0), np.nan)
    mended = plain + _correction(plain, came, issues, step_h, memory)
    return Combined(np.maximum(0.0, mended), weights, verified)


# ---- weights -------------------------------------------------------------------------------------


def _weights(
    candidates_mw: Floats, came: Floats, issues: Ints, step_h: float, memory: Memory
) -> tuple[Floats, Floats]:
    errors = clipped(np.moveaxis(candidates_mw - came[None], 0, 2))  # (issue, lead, candidate)
    there = np.isfinite(errors)
    filled = np.where(there, errors, 0.0)
    count = filled.shape[2]
    first, second = np.triu_indices(count)
    products = filled[:, :, first] * filled[:, :, second]
    both = (there[:, :, first] & there[:, :, second]).astype(np.float64)
    products = _remembered(products, issues, step_h, memory)
    both = _remembered(both, issues, step_h, memory)
    moments = np.zeros((*filled.shape[:2], count, count))
    with np.errstate(invalid="ignore", divide="ignore"):
        mean = np.where(both > 0, products / both, 0.0)
    own = np.flatnonzero(first == second)
    scale = np.where(both[..., own] > 0, mean[..., own], np.nan)
    usual = np.where(np.isfinite(scale).any(axis=2), np.nanmean(_nonempty(scale), axis=2), 1.0)
    usual = np.maximum(usual, 1e-12)
    pull = memory.weights_prior / (both + memory.weights_prior)
    prior = np.where(first == second, usual[..., None], 0.0)
    mean = (1.0 - pull) * mean + pull * prior
    moments[..., first, second] = mean
    moments[..., second, first] = mean
    told = np.isfinite(np.moveaxis(candidates_mw, 0, 2))
    weights = least_variance(moments, told)
    return np.moveaxis(weights, 2, 0), both[..., own].max(axis=2)


def _remembered(values: Floats, issues: Ints, step_h: float, memory: Memory) -> Floats:
    half_life = memory.weights_h / step_h
    sums = decayed_sums(values, issues, half_life)
    if memory.share_by_hour > 0:
        day = round(24.0 / step_h)
        phases = max(1, np.unique(issues % day).size)
        same = decayed_sums_by_hour(values, issues, half_life, day) * phases
        sums = (1.0 - memory.share_by_hour) * sums + memory.share_by_hour * same
    return over_leads(sums, memory.near_leads)


def clipped(errors: Floats) -> Floats:
    """Errors (issue, lead, …), cut to five times the mean size of those of earlier issues.

    Only issues count whose every lead was verified: issues follow each other one by one at
    closest, so that is one longest lead before.
    """
    size = np.abs(errors)
    known = np.isfinite(size)
    axes = tuple(range(1, errors.ndim))
    total = np.cumsum(np.where(known, size, 0.0).sum(axis=axes))
    count = np.cumsum(known.sum(axis=axes))
    before = np.arange(errors.shape[0]) - errors.shape[1]
    usual = total[np.maximum(before, 0)] / np.maximum(count[np.maximum(before, 0)], 1)
    limit = np.where((before >= 0) & (usual > 0), CLIPPED * usual, np.inf)
    limit = limit.reshape((-1,) + (1,) * len(axes))
    return np.clip(errors, -limit, limit)


def _nonempty(scale: Floats) -> Floats:
    """The same with rows of nothing but NaN made ones, so that a mean of them is no warning."""
    return np.where(np.isfinite(scale).any(axis=2, keepdims=True), scale, 1.0)


def least_variance(moments: Floats, told: NDArray[np.bool_]) -> Floats:
    """Weights (…, candidate), none negative and of sum 1, of the least `w · moments · w`.

    `told` says which candidates there are; all weights are 0 where there are none. Solved by
    moving weight between two candidates at a time, each move exact: the sum is kept.
    """
    count = moments.shape[-1]
    start = told / np.maximum(told.sum(axis=-1, keepdims=True), 1)
    weights = start.astype(np.float64)
    slope = np.einsum("...ij,...j->...i", moments, weights)
    for _ in range(SWEEPS if count > 1 else 0):
        for a, b in combinations(range(count), 2):
            curve = moments[..., a, a] + moments[..., b, b] - 2.0 * moments[..., a, b]
            move = (slope[..., b] - slope[..., a]) / np.maximum(curve, 1e-30)
            move = np.clip(move, -weights[..., a], weights[..., b])
            move = np.where(told[..., a] & told[..., b], move, 0.0)
            weights[..., a] += move
            weights[..., b] -= move
            slope += move[..., None] * (moments[..., a] - moments[..., b])
    weights = np.maximum(weights, 0.0)
    total = np.maximum(weights.sum(axis=-1, keepdims=True), 1e-300)
    return np.asarray(weights / total, dtype=np.float64)


# ---- correction ----------------------------------------------------------------------------------


def _correction(plain: Floats, came: Floats, issues: Ints, step_h: float, memory: Memory) -> Floats:
    """What recent errors say of the next ones, MW, (issue, lead).

    Two signs: the error of the newest verified forecast, and that of the last forecast for the
    same step of the day. How much of each returns is learned per lead by decayed ridge regression.
    """
    errors = clipped(came - plain)
    signs = np.stack([_newest_error(errors, issues), _error_a_day_ago(errors, issues, step_h)], 2)
    signs = np.nan_to_num(signs)
    known = np.isfinite(errors)
    filled = np.where(known, errors, 0.0)
    inner = signs[..., :, None] * signs[..., None, :] * known[..., None, None]
    outer = signs * filled[..., None]
    half_life = memory.correction_h / step_h
    inner = over_leads(decayed_sums(inner, issues, half_life), memory.near_leads)
    outer = over_leads(decayed_sums(outer, issues, half_life), memory.near_leads)
    square = decayed_sums(np.stack([filled**2, known.astype(np.float64)], 2), issues, half_life)
    usual = square[..., 0] / np.maximum(square[..., 1], 1.0)
    ridge = memory.correction_prior * usual + 1e-12
    inner[..., 0, 0] += ridge
    inner[..., 1, 1] += ridge
    slopes = np.clip(_solved(inner, outer), 0.0, 1.0)
    return np.asarray((slopes * signs).sum(axis=2), dtype=np.float64)


def _solved(matrix: Floats, vector: Floats) -> Floats:
    """Two equations at each place."""
    a, b, d = matrix[..., 0, 0], matrix[..., 0, 1], matrix[..., 1, 1]
    size = np.maximum(a * d - b * b, 1e-300)
    first = (d * vector[..., 0] - b * vector[..., 1]) / size
    second = (a * vector[..., 1] - b * vector[..., 0]) / size
    return np.stack([first, second], axis=-1)


def _newest_error(errors: Floats, issues: Ints) -> Floats:
    """Error of the newest verified forecast of the shortest lead, (issue, lead)."""
    newest = newest_verified(issues, 1)[:, 0]
    value = np.where(newest >= 0, errors[np.maximum(newest, 0), 0], np.nan)
    return np.broadcast_to(value[:, None], errors.shape)


def _error_a_day_ago(errors: Floats, issues: Ints, step_h: float) -> Floats:
    """Error at the same lead of the last verified issue at the same step of the day."""
    day = round(24.0 / step_h)
    leads = errors.shape[1]
    back = -(-np.arange(1, leads + 1, dtype=np.int64) // day) * day
    wanted = issues[:, None] - back[None, :]
    place = np.minimum(np.searchsorted(issues, wanted), issues.size - 1)
    lead = np.arange(leads)[None, :]
    return np.where(issues[place] == wanted, errors[place, lead], np.nan)
