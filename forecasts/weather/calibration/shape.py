"""The shape of forecast errors beyond mean and sd: standardised quantiles, learned and smoothed.

A normal distribution is the prior; weather errors have longer tails on one side (fog, showers,
snow cover that a model misses). Values are kept at fixed levels; between them the quantile is a
straight line in the normal score, beyond the last ones it goes on at the slope of the last.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike
from scipy.special import ndtri

from forecasts.weather.solar import Floats

LEVELS = (0.01, 0.025, 0.05, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 0.95, 0.975, 0.99)
SCORES = np.asarray(ndtri(np.array(LEVELS)))
NORMAL = tuple(SCORES.tolist())
PRIOR_PAIRS = 80.0
MOST_SCORE = 6.0  # a standardised error beyond counts as that: no weather is so rare
SLOPES = (0.7, 2.0)  # of the tails against the normal's
_FINE = (np.arange(400) + 0.5) / 400


@dataclass(frozen=True)
class Shape:
    """Quantiles of standardised errors at `LEVELS`."""

    scores: tuple[float, ...] = NORMAL

    def quantiles(self, levels: ArrayLike) -> Floats:
        """Return standardised quantiles at `levels`, 0 to 1 (both excluded)."""
        at = np.asarray(ndtri(np.asarray(levels, dtype=np.float64)))
        own = np.array(self.scores)
        low, high = self._tail_slopes(own)
        below = own[0] + low * (at - SCORES[0])
        above = own[-1] + high * (at - SCORES[-1])
        inside = np.interp(at, SCORES, own)
        return np.asarray(np.where(at < SCORES[0], below, np.where(at > SCORES[-1], above, inside)))

    @staticmethod
    def _tail_slopes(own: Floats) -> tuple[float, float]:
        slopes = np.clip(np.diff(own)[[0, -1]] / np.diff(SCORES)[[0, -1]], *SLOPES)
        return float(slopes[0]), float(slopes[1])

    def mean(self) -> float:
        """Return the mean of the standardised distribution (the normal's: 0)."""
        return float(self.quantiles(_FINE).mean())

    def sd(self) -> float:
        """Return the sd of the standardised distribution (the normal's: 1)."""
        return float(self.quantiles(_FINE).std())


def learn_shape(z: Floats, weight: Floats) -> Shape:
    """Return the shape of standardised errors `z`, held to the normal's by `PRIOR_PAIRS`."""
    total = float(weight.sum())
    if z.size < len(LEVELS) or total <= 0:
        return Shape()
    order = np.argsort(z, kind="stable")
    passed = np.cumsum(weight[order])
    level = (passed - weight[order] / 2) / total
    measured = np.interp(LEVELS, level, np.clip(z[order], -MOST_SCORE, MOST_SCORE))
    blended = (total * measured + PRIOR_PAIRS * SCORES) / (total + PRIOR_PAIRS)
    return Shape(tuple(np.maximum.accumulate(blended).tolist()))
