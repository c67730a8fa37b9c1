"""From unit series to kelvins: how wide anomalies are, and of what shape, over the year.

The unit level of a place is a mix of weather systems and the season's character. It is bent so
that hourly anomalies get the skewness and the kurtosis of the month: in winter they are bounded
both ways (arctic air can only be so cold), in summer cool days go further than hot ones. The bend
is the sinh-arcsinh map x = sinh((asinh z + e) / d): M. C. Jones and A. Pewsey, "Sinh-arcsinh
distributions", Biometrika 96(4), 2009, doi:10.1093/biomet/asp053.
"""

from dataclasses import dataclass
from functools import cache

import numpy as np

from forecasts.weather.climate.annual import annual_course
from forecasts.weather.climate.climate import Climate, Months
from forecasts.weather.climate.persistence import daily_share, skew_left, stage_correlation
from forecasts.weather.climate.shocks import shock_skewness, stages_of
from forecasts.weather.solar import Floats, Times, year_fraction

MAX_LEVEL = 5.0  # standard deviations; one hour in two million is beyond
_LEAN_LIMIT, _TAIL_LIMITS = 1.5, (0.6, 3.0)
_NODES, _WEIGHTS = np.polynomial.hermite_e.hermegauss(48)


@dataclass(frozen=True)
class Mix:
    """Weights of the unit system and unit season in the unit level, and hourly over daily sd."""

    system: float
    season: float
    hourly_over_daily: float


def mix_of(climate: Climate) -> Mix:
    """Return the weights, so that `season_share` of the variance of daily means is the season's."""
    share = climate.persistence.season_share
    system = (1 - share) / daily_share(stages_of(climate.persistence))
    hourly = np.sqrt(system + share)
    return Mix(float(np.sqrt(system) / hourly), float(np.sqrt(share) / hourly), float(hourly))


def level_correlation(climate: Climate, lag_h: Floats) -> Floats:
    """Return the autocorrelation of the unit level at lags of whole hours."""
    mix, kept = mix_of(climate), climate.persistence
    season = np.exp(-np.abs(lag_h) / (24 * kept.season_memory_d))
    return np.asarray(
        mix.system**2 * stage_correlation(stages_of(kept), lag_h) + mix.season**2 * season
    )


@dataclass(frozen=True)
class Spread:
    """Anomaly = scale_k · (sinh((asinh(level) + lean) / tail) - mean) / sd; arrays over hours."""

    scale_k: Floats
    lean: Floats
    tail: Floats
    mean: Floats
    sd: Floats

    def anomaly_k(self, level: Floats) -> Floats:
        """Return anomalies, K, of a unit level whose last axis is the hours."""
        bent = _bent(np.clip(level, -MAX_LEVEL, MAX_LEVEL), self.lean, self.tail)
        return np.asarray((bent - self.mean) * (self.scale_k / self.sd))

    def level(self, anomaly_k: Floats) -> Floats:
        """Return the unit level of anomalies, K; at most MAX_LEVEL either way."""
        bent = anomaly_k / self.scale_k * self.sd + self.mean
        level = np.sinh(self.tail * np.arcsinh(bent) - self.lean)
        return np.asarray(np.clip(level, -MAX_LEVEL, MAX_LEVEL))


def spread_of(climate: Climate, times: Times) -> Spread:
    """Return how wide and of what shape anomalies are at `times`."""
    bends = _bends_of_the_year(climate.skewness, climate.kurtosis, own_skewness(climate))
    position = year_fraction(times)
    lean, tail, mean, sd = (np.interp(position, bends[0], row, period=1.0) for row in bends[1:])
    scale_k = annual_course(climate.day_to_day_sd_k, times) * mix_of(climate).hourly_over_daily
    return Spread(scale_k, lean, tail, mean, sd)


@cache
def _bends_of_the_year(skewness: Months, kurtosis: Months, own: float) -> Floats:
    """Return position in the year, lean, tail, mean and sd of the bent level, shape (5, days)."""
    days = np.arange("2001-01-01", "2002-01-01", dtype="datetime64[D]").astype("datetime64[ns]")
    bends = [_bend(skew, peak, own) for skew, peak in zip(skewness, kurtosis, strict=True)]
    lean = annual_course(tuple(lean for lean, _ in bends), days)
    tail = np.clip(annual_course(tuple(tail for _, tail in bends), days), *_TAIL_LIMITS)
    mean, sd, _, _ = _moments(lean, tail, own)
    return np.stack([year_fraction(days), lean, tail, mean, sd])


def own_skewness(climate: Climate) -> float:
    """Return the skewness that cold fronts leave in the unit level."""
    kept = climate.persistence
    return mix_of(climate).system ** 3 * shock_skewness(kept) * skew_left(stages_of(kept))


def _bent(level: Floats, lean: Floats, tail: Floats) -> Floats:
    return np.asarray(np.sinh((np.arcsinh(level) + lean) / tail))


def _moments(lean: Floats, tail: Floats, own: float) -> tuple[Floats, Floats, Floats, Floats]:
    """Return mean, sd, skewness and excess kurtosis of a bent level; arrays over the bends.

    The level is normal but for its `own` skewness s, to first order: weight 1 + s/6 (z³ - 3z).
    """
    weights = _WEIGHTS / _WEIGHTS.sum() * (1 + own / 6 * (_NODES**3 - 3 * _NODES))
    bent = _bent(_NODES[:, None], lean[None, :], tail[None, :])
    mean = weights @ bent
    centred = bent - mean
    sd = np.sqrt(weights @ centred**2)
    return mean, sd, weights @ centred**3 / sd**3, weights @ centred**4 / sd**4 - 3


def _bend(skewness: float, kurtosis: float, own: float) -> tuple[float, float]:
    """Return lean and tail whose bent level has these moments, or comes nearest to them."""
    from scipy.optimize import least_squares  # a fifth of a second, for this alone

    def missed(bend: Floats) -> Floats:
        _, _, skew, peak = _moments(bend[:1], bend[1:], own)
        return np.array([skew[0] - skewness, 0.5 * (peak[0] - kurtosis)])

    bounds = ([-_LEAN_LIMIT, _TAIL_LIMITS[0]], [_LEAN_LIMIT, _TAIL_LIMITS[1]])
    found = least_squares(missed, np.array([0.0, 1.2]), bounds=bounds)
    return float(found.x[0]), float(found.x[1])
