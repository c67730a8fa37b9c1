"""What the latest errors say: exponentially fading means, each as it stood at a moment asked for.

Errors of daily forecasts follow one another: the error of yesterday, of the last week and of the
last weeks each say something of today's. J. Groß and A. Möller use the autoregression of errors
in "Probabilistic temperature forecasting with a heteroscedastic autoregressive ensemble
postprocessing model", Q. J. R. Meteorol. Soc. 146, 2020, doi:10.1002/qj.3667; three fading means
hold it here, since the correlation of errors decays far more slowly than one lag's.
"""

from dataclasses import dataclass

import numpy as np

from forecasts.recursion import fading_sums
from forecasts.weather.solar import Floats

HALF_LIVES_H = (12.0, 7 * 24.0, 40 * 24.0)
# How many errors' worth of zero each mean starts from: with nothing known it is 0.
ZEROS = (0.02, 3.0, 10.0)
SQUARES_HALF_LIFE_H = 30 * 24.0
SQUARES_PRIOR = 10.0


@dataclass(frozen=True)
class KnownErrors:
    """Errors of past runs in one stretch of lead times, (run,); hours count from any one moment."""

    known_h: Floats  # when the last observation of the stretch was over; nan: never
    error_k: Floats  # mean over the stretch, observed less forecast
    square_k2: Floats  # mean of squares
    weight: Floats  # share of the stretch that is observed, 0 to 1


def fading_means(errors: KnownErrors, asked_h: Floats) -> Floats:
    """Return the three fading means of errors as known at `asked_h`, K, (asked, 3)."""
    means = []
    for half_life_h, zeros in zip(HALF_LIVES_H, ZEROS, strict=True):
        total, weight = _fading_sums(errors, errors.error_k, asked_h, half_life_h)
        means.append(total / (weight + zeros))
    return np.stack(means, axis=1)


def fading_square(errors: KnownErrors, asked_h: Floats, prior_k2: float) -> Floats:
    """Return the fading mean square of errors as known at `asked_h`, K², (asked,)."""
    total, weight = _fading_sums(errors, errors.square_k2, asked_h, SQUARES_HALF_LIFE_H)
    return np.asarray((total + SQUARES_PRIOR * prior_k2) / (weight + SQUARES_PRIOR))


def _fading_sums(
    errors: KnownErrors, values: Floats, asked_h: Floats, half_life_h: float
) -> tuple[Floats, Floats]:
    """Return sums of values and of weights known by `asked_h`, each halved every `half_life_h`.

    On the coarsest grid of whole hours that holds all moments; moments between hours are rounded
    so that nothing is known too early.
    """
    there = np.isfinite(errors.known_h) & np.isfinite(values) & (errors.weight > 0)
    if not there.any():
        return np.zeros(asked_h.size), np.zeros(asked_h.size)
    known = np.ceil(errors.known_h[there] - 1e-6).astype(np.int64)
    asked = np.floor(asked_h + 1e-6).astype(np.int64)
    first = int(known.min())
    step = max(1, int(np.gcd.reduce(np.concatenate((known, asked)) - first)))
    place, asked_place = (known - first) // step, (asked - first) // step
    size = max(int(place.max()), int(asked_place.max()), 0) + 1
    weight = errors.weight[there]
    falls = np.stack(
        [
            np.bincount(place, weight * values[there], minlength=size),
            np.bincount(place, weight, minlength=size),
        ],
        dtype=np.float64,
    )
    kept = 0.5 ** (step / half_life_h)
    sums = fading_sums(falls, kept)
    told = np.where(asked_place >= 0, sums[:, np.maximum(asked_place, 0)], 0.0)
    return told[0], told[1]
