"""Series that remember: shocks through two decays, and what that makes of their statistics.

A shock enters a fast stage, which feeds a slow one: x falls within `onset_h` and recovers over
`memory_h`, as temperature does when a cold front passes. Both stages are first-order recursions,
so together an AR(2) with real roots a, b (G. E. P. Box and G. M. Jenkins, "Time Series Analysis",
1970, section 3.2). All series here have unit variance in the long run.
"""

from dataclasses import dataclass

import numpy as np

from forecasts.recursion import fading_sums
from forecasts.weather.solar import Floats


@dataclass(frozen=True)
class TwoStages:
    """Two decays in a row, on hourly steps; `onset_h` and `memory_h` must differ."""

    onset_h: float
    memory_h: float

    @property
    def roots(self) -> tuple[float, float]:
        """What the fast and the slow stage keep from hour to hour."""
        return float(np.exp(-1 / self.onset_h)), float(np.exp(-1 / self.memory_h))

    @property
    def gain(self) -> float:
        """What unit shocks must be multiplied with for a level of unit variance."""
        a, b = self.roots
        variance = (b / (1 - b**2) - a / (1 - a**2)) / ((b - a) * (1 - a * b))
        return float(1 / np.sqrt(variance))


@dataclass(frozen=True)
class StageState:
    """Where both stages stand before the first hour, one value a path."""

    fast: Floats
    level: Floats


def at_rest(paths: int) -> StageState:
    """Return the state with no anomaly."""
    return StageState(np.zeros(paths), np.zeros(paths))


def state_given_level(stages: TwoStages, level: Floats, normal: Floats) -> StageState:
    """Return a state with that level, the fast stage drawn as it is at such times.

    With standard normal `level` and `normal` the state is one of the long run.
    """
    a, b = stages.roots
    fast_variance = stages.gain**2 / (1 - a**2)
    covariance = fast_variance / (1 - a * b)
    spread = np.sqrt(max(fast_variance - covariance**2, 0.0))
    return StageState(np.asarray(covariance * level + spread * normal), level)


def through(stages: TwoStages, shocks: Floats, state: StageState) -> Floats:
    """Return the level after each hour, shape (paths, hours), for unit `shocks` of that shape."""
    a, b = stages.roots
    return fading_sums(fading_sums(stages.gain * shocks, a, state.fast), b, state.level)


def fading(shocks: Floats, memory_h: float, first: Floats) -> Floats:
    """Return the plain AR(1) of unit variance, shape (paths, hours), that starts from `first`."""
    b = float(np.exp(-1 / memory_h))
    return fading_sums(np.sqrt(1 - b**2) * shocks, b, first)


def stage_correlation(stages: TwoStages, lag_h: Floats) -> Floats:
    """Return the autocorrelation of the level at whole lags, h."""
    a, b = stages.roots
    lag = np.abs(lag_h)
    slow, quick = b ** (lag + 1) / (1 - b**2), a ** (lag + 1) / (1 - a**2)
    return np.asarray((slow - quick) / (b / (1 - b**2) - a / (1 - a**2)))


def daily_share(stages: TwoStages) -> float:
    """Return the variance of daily means over that of hours."""
    hours = np.arange(24)
    return float(stage_correlation(stages, (hours[:, None] - hours[None, :]).astype(float)).mean())


def skew_left(stages: TwoStages) -> float:
    """Return how much of the skewness of independent shocks is left in the level."""
    a, b = stages.roots
    after = np.arange(1, int(20 * stages.memory_h))
    response = b**after - a**after
    return float((response**3).sum() / (response**2).sum() ** 1.5)
