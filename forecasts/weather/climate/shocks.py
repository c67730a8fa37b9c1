"""What drives drawn weather: hourly standard draws, and the cold fronts among them."""

from dataclasses import dataclass

import numpy as np

from forecasts.weather.climate.climate import Persistence
from forecasts.weather.climate.persistence import TwoStages
from forecasts.weather.solar import Floats

_RAYLEIGH_MEAN = float(np.sqrt(np.pi / 2))


@dataclass(frozen=True)
class Draws:
    """Independent draws, shape (paths, hours): five standard normal, one uniform in (0, 1)."""

    system: Floats
    season: Floats
    sky: Floats
    wind: Floats
    front: Floats  # the uniform one
    ripple: Floats

    @property
    def shape(self) -> tuple[int, int]:
        """Paths and hours."""
        paths, hours = self.system.shape
        return paths, hours


def stages_of(persistence: Persistence) -> TwoStages:
    """Return the two decays of a weather system."""
    return TwoStages(persistence.onset_h, persistence.memory_h)


def system_shocks(draws: Draws, persistence: Persistence) -> Floats:
    """Return unit shocks of temperature: many small ones, and cold fronts now and then.

    A front comes in an hour with probability p; its depth has a Rayleigh distribution (moments
    √(π/2), 2, 3√(π/2)), so that most are alike. What fronts take on average is given back.
    """
    chance = persistence.fronts_per_day / 24
    came = draws.front < chance
    depth = np.zeros_like(draws.front)
    depth[came] = np.sqrt(-2 * np.log(np.maximum(draws.front[came] / chance, 1e-12)))
    mean = chance * _RAYLEIGH_MEAN
    fronts = (mean - depth) / np.sqrt(2 * chance - mean**2)
    share = persistence.front_share
    return np.asarray(np.sqrt(1 - share) * draws.system + np.sqrt(share) * fronts)


def shock_skewness(persistence: Persistence) -> float:
    """Return the skewness of `system_shocks`, from the moments of the depths."""
    chance = persistence.fronts_per_day / 24
    mean, square = chance * _RAYLEIGH_MEAN, 2 * chance
    third = 3 * chance * _RAYLEIGH_MEAN - 3 * mean * square + 2 * mean**3
    return float(-(persistence.front_share**1.5) * third / (square - mean**2) ** 1.5)
