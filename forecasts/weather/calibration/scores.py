"""How good a forecast was: errors, proper scores of distributions, coverage, PIT and ranks.

Arrays broadcast; a pair with nan on either side does not count, and no pairs at all give nan.
Errors are forecast less observation. All scores are in the unit of the variable and smaller is
better. Source of the scores: T. Gneiting and A. E. Raftery, "Strictly proper scoring rules,
prediction, and estimation", J. Am. Stat. Assoc. 102, 2007, doi:10.1198/016214506000001437.
"""

from typing import cast

import numpy as np
from numpy.typing import ArrayLike
from scipy.special import ndtr

from forecasts.weather.solar import Floats

SQRT_PI = float(np.sqrt(np.pi))
SQRT_2PI = float(np.sqrt(2 * np.pi))


def bias(forecast: ArrayLike, observed: ArrayLike) -> float:
    """Return the mean error, forecast less observation: positive where forecasts are too warm."""
    return mean_score(_error(forecast, observed))


def mae(forecast: ArrayLike, observed: ArrayLike) -> float:
    """Return the mean absolute error."""
    return mean_score(np.abs(_error(forecast, observed)))


def rmse(forecast: ArrayLike, observed: ArrayLike) -> float:
    """Return the root of the mean squared error."""
    return float(np.sqrt(mean_score(_error(forecast, observed) ** 2)))


def mean_score(scores: ArrayLike) -> float:
    """Return the mean over pairs that count (not nan); nan if there are none."""
    values = np.asarray(scores, dtype=np.float64)
    counted = values[np.isfinite(values)]
    return float(counted.mean()) if counted.size else float("nan")


def crps_ensemble(members: ArrayLike, observed: ArrayLike, *, fair: bool = False) -> Floats:
    """Return the continuous ranked probability score of ensembles; members on the last axis.

    Plain: E|X - y| - E|X - X'|/2 of the members taken as the whole distribution. Fair: as members
    drawn from one, whose number then does not matter (C. A. T. Ferro, "Fair scores for ensemble
    forecasts", Q. J. R. Meteorol. Soc. 140, 2014, doi:10.1002/qj.2270); it needs two members.
    Missing members (nan) do not count; too few give nan.
    """
    ordered = np.sort(np.asarray(members, dtype=np.float64), axis=-1)  # nan last
    count = np.isfinite(ordered).sum(axis=-1)
    rank = np.arange(1, ordered.shape[-1] + 1)
    signed = np.where(np.isfinite(ordered), 2 * rank - count[..., None] - 1, 0.0)
    needed = np.where(count >= (2 if fair else 1), count, np.nan)
    pairs = needed * (needed - 1) if fair else needed**2
    away = np.abs(ordered - np.asarray(observed, dtype=np.float64)[..., None])
    to_observed = np.where(np.isfinite(ordered), away, 0.0).sum(axis=-1) / needed
    return np.asarray(to_observed - (signed * np.nan_to_num(ordered)).sum(axis=-1) / pairs)


def crps_normal(mean: ArrayLike, sd: ArrayLike, observed: ArrayLike) -> Floats:
    """Return the CRPS of normal distributions; with `sd` 0 it is the absolute error.

    Closed form of T. Gneiting, A. E. Raftery, A. H. Westveld, T. Goldman, "Calibrated
    probabilistic forecasting using ensemble model output statistics and minimum CRPS estimation",
    Mon. Weather Rev. 133, 2005, doi:10.1175/MWR2904.1, eq. 5.
    """
    spread = np.asarray(sd, dtype=np.float64)
    error = np.asarray(observed, dtype=np.float64) - np.asarray(mean, dtype=np.float64)
    with np.errstate(divide="ignore", invalid="ignore"):
        z = error / spread
        density = np.exp(-(z**2) / 2) / SQRT_2PI
        score = spread * (z * (2 * ndtr(z) - 1) + 2 * density - 1 / SQRT_PI)
    return np.asarray(np.where(spread == 0, np.abs(error), score))


def pinball(quantile: ArrayLike, observed: ArrayLike, level: ArrayLike) -> Floats:
    """Return the pinball loss of forecast quantiles of `level`, 0 to 1."""
    under = np.asarray(observed, dtype=np.float64) - np.asarray(quantile, dtype=np.float64)
    weight = np.asarray(level, dtype=np.float64)
    return np.asarray(np.maximum(weight * under, (weight - 1) * under))


def crps_quantiles(quantiles: ArrayLike, levels: ArrayLike, observed: ArrayLike) -> Floats:
    """Return the CRPS of distributions given by quantiles on the last axis.

    CRPS is twice the integral of the pinball loss over levels: here each level stands for the
    stretch to half-way between its neighbours. Some 20 levels come within 2 % of the integral.
    """
    at = np.asarray(levels, dtype=np.float64)
    edges = np.concatenate(([0.0], (at[1:] + at[:-1]) / 2, [1.0]))
    loss = pinball(quantiles, np.asarray(observed, dtype=np.float64)[..., None], at)
    return np.asarray(2 * (loss * np.diff(edges)).sum(axis=-1))


def coverage(lower: ArrayLike, upper: ArrayLike, observed: ArrayLike) -> float:
    """Return the share of observations within [lower, upper]."""
    low, high, seen = np.broadcast_arrays(
        *(np.asarray(x, dtype=np.float64) for x in (lower, upper, observed))
    )
    within = ((seen >= low) & (seen <= high)).astype(np.float64)
    return mean_score(np.where(np.isfinite(low + high + seen), within, np.nan))


def central_levels(share: float) -> tuple[float, float]:
    """Return the two levels of a central interval: 0.8 is from 0.1 to 0.9."""
    if not 0 < share < 1:
        raise ValueError(f"a central interval holds a share between 0 and 1, not {share:g}.")
    return (1 - share) / 2, (1 + share) / 2


def pit_normal(mean: ArrayLike, sd: ArrayLike, observed: ArrayLike) -> Floats:
    """Return the probability integral transform: the forecast's own level of what came, 0 to 1."""
    error = np.asarray(observed, dtype=np.float64) - np.asarray(mean, dtype=np.float64)
    return np.asarray(ndtr(error / np.asarray(sd, dtype=np.float64)))


def pit_quantiles(quantiles: ArrayLike, levels: ArrayLike, observed: ArrayLike) -> Floats:
    """Return the PIT of distributions given by rising quantiles on the last axis of (pair, level).

    Straight lines between levels; outside, half-way between the last level and 0 or 1.
    """
    at = np.asarray(levels, dtype=np.float64)
    rows = np.asarray(quantiles, dtype=np.float64)
    seen = np.asarray(observed, dtype=np.float64)
    outside = (at[0] / 2, (1 + at[-1]) / 2)
    found = [
        np.interp(y, row, at, left=outside[0], right=outside[1])
        if np.isfinite(y) and np.isfinite(row).all()
        else np.nan
        for row, y in zip(rows, seen, strict=True)
    ]
    return np.asarray(found, dtype=np.float64)


def rank_histogram(members: ArrayLike, observed: ArrayLike) -> Floats:
    """Return how often an observation took each rank among its members, (member + 1,), sum 1.

    members (pair, member); an observation equal to members is shared among the ranks it may take,
    so nothing is drawn. Pairs with a missing member are left out: their ranks are others. Without
    pairs: nan. T. M. Hamill, "Interpretation of rank histograms for verifying ensemble forecasts",
    Mon. Weather Rev. 129, 2001, doi:10.1175/1520-0493(2001)129<0550:IORHFV>2.0.CO;2.
    """
    rows = np.asarray(members, dtype=np.float64)
    seen = np.asarray(observed, dtype=np.float64)
    whole = np.isfinite(rows).all(axis=1) & np.isfinite(seen)
    if not whole.any():
        return np.full(rows.shape[1] + 1, np.nan)
    rows, seen = rows[whole], seen[whole, None]
    lowest, equal = (rows < seen).sum(axis=1), (rows == seen).sum(axis=1)
    rank = np.arange(rows.shape[1] + 1)
    may = (rank >= lowest[:, None]) & (rank <= (lowest + equal)[:, None])
    return cast("Floats", (may / (equal[:, None] + 1)).mean(axis=0))


def _error(forecast: ArrayLike, observed: ArrayLike) -> Floats:
    return np.asarray(
        np.asarray(forecast, dtype=np.float64) - np.asarray(observed, dtype=np.float64)
    )
