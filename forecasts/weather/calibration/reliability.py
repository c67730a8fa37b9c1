"""Whether probabilities can be taken at their word: how flat PIT values lie, and the diagram.

The diagram sets the share of observations below a forecast quantile against its level: P. Pinson,
P. McSharry, H. Madsen, "Reliability diagrams for non-parametric density forecasts of continuous
variables: accounting for serial correlation", Q. J. R. Meteorol. Soc. 136, 2010,
doi:10.1002/qj.559. Its consistency bands show where an honest forecast's points may lie by chance:
J. Broecker and L. A. Smith, "Increasing the reliability of reliability diagrams", Weather and
Forecasting 22, 2007, doi:10.1175/WAF993.1.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike
from scipy.stats import binom

from forecasts.weather.solar import Floats

BINS = 10


@dataclass(frozen=True)
class ReliabilityDiagram:
    """Data of a reliability picture; tuples run over levels."""

    level: tuple[float, ...]  # of the forecast quantile, 0 to 1
    observed_share: tuple[float, ...]  # of observations at or below it
    band_low: tuple[float, ...]  # where an honest forecast lies with 90 % chance, level by level
    band_high: tuple[float, ...]
    pairs: int
    independent_pairs: int  # what the bands reckon with

    @property
    def outside(self) -> int:
        """How many levels lie outside their band."""
        rows = zip(self.observed_share, self.band_low, self.band_high, strict=True)
        return sum(not low <= share <= high for share, low, high in rows)


def pit_histogram(pit: ArrayLike, bins: int = BINS) -> Floats:
    """Return the share of PIT values in each of `bins` equal bins of 0 to 1, sum 1; nan if none."""
    values = _finite(pit)
    if values.size == 0:
        return np.full(bins, np.nan)
    counts, _ = np.histogram(values, bins=bins, range=(0.0, 1.0))
    return np.asarray(counts / values.size)


def reliability_index(shares: ArrayLike) -> float:
    """Return how far a histogram is from flat: the sum of |share - 1/bins|, 0 (flat) to 2.

    L. Delle Monache et al., "Probabilistic aspects of meteorological and ozone regional ensemble
    forecasts", J. Geophys. Res. 111, 2006, doi:10.1029/2005JD006917.
    """
    values = np.asarray(shares, dtype=np.float64)
    return float(np.abs(values - 1 / values.size).sum())


def pit_dispersion(pit: ArrayLike) -> float:
    """Return the variance of PIT values over that of a flat histogram, 1/12.

    Above 1: forecasts are too narrow; below 1: too wide. Nan without values.
    """
    values = _finite(pit)
    return float(values.var() * 12) if values.size else float("nan")


def independent_pairs(pit: ArrayLike) -> int:
    """Return how many independent pairs a row of PIT values in order of time is worth.

    n (1 - r)/(1 + r) of a first-order autoregression with the lag-1 correlation r, never above n.
    """
    values = _finite(pit)
    if values.size < 3 or values.var() == 0:
        return int(values.size)
    away = values - values.mean()
    r = max(0.0, float(away[1:] @ away[:-1]) / float(away @ away))
    return max(1, round(values.size * (1 - r) / (1 + r)))


def reliability_diagram(
    quantiles: ArrayLike, levels: ArrayLike, observed: ArrayLike, independent: int | None = None
) -> ReliabilityDiagram:
    """Return the diagram of forecast quantiles (pair, level) against observations (pair,).

    `independent`: how many independent pairs the bands reckon with (`independent_pairs`); all by
    default. Pairs with nan do not count; without any, shares are nan and the bands are 0 to 1.
    """
    rows, seen = np.asarray(quantiles, dtype=np.float64), np.asarray(observed, dtype=np.float64)
    at = np.asarray(levels, dtype=np.float64)
    whole = np.isfinite(rows).all(axis=1) & np.isfinite(seen)
    pairs = int(whole.sum())
    below = seen[whole, None] <= rows[whole]
    share = below.mean(axis=0) if pairs else np.full(at.size, np.nan)
    count = pairs if independent is None else min(independent, pairs)
    low = binom.ppf(0.05, count, at) / count if count else np.zeros(at.size)
    high = binom.ppf(0.95, count, at) / count if count else np.ones(at.size)
    return ReliabilityDiagram(
        tuple(at.tolist()),
        tuple(share.tolist()),
        tuple(np.asarray(low).tolist()),
        tuple(np.asarray(high).tolist()),
        pairs,
        count,
    )


def _finite(values: ArrayLike) -> Floats:
    array = np.asarray(values, dtype=np.float64).ravel()
    return np.asarray(array[np.isfinite(array)])
