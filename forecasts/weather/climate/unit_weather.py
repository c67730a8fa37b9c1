"""Unit series from draws: the level of temperature, the sky and the wind belong together."""

from dataclasses import dataclass

import numpy as np

from forecasts.weather.climate.climate import Climate
from forecasts.weather.climate.persistence import (
    StageState,
    TwoStages,
    at_rest,
    fading,
    state_given_level,
    through,
)
from forecasts.weather.climate.shocks import Draws, stages_of, system_shocks
from forecasts.weather.climate.spread import mix_of
from forecasts.weather.climate.weather_of_level import UnitWeather
from forecasts.weather.solar import Floats

# Of typical years (EPW) of six stations, November to March: clearness of a day after a clear one
# correlates 0.1-0.3; clearness with the anomaly 0 to -0.3; log wind 0.4 after 6 h; wind with the
# change of the daily mean -0.2 to -0.5.
_SKY = TwoStages(3.0, 13.0)
_WIND = TwoStages(2.0, 8.0)
_ARRIVAL = TwoStages(3.0, 10.0)
_COLD_IS_CLEAR = -0.3
_FRONT_IS_WINDY = -0.4
_RIPPLE_H = 2.0  # what an hour has of its own: clouds, eddies, the reading itself
STARTS = 7  # normal draws that a start state takes


@dataclass(frozen=True)
class UnitStart:
    """Where all unit series stand before the first hour, one value a path."""

    system: StageState
    season: Floats
    sky: StageState
    wind: StageState
    arrival: StageState


def rested(paths: int) -> UnitStart:
    """Return the start with nothing going on; give it time to be forgotten."""
    rest = at_rest(paths)
    return UnitStart(rest, np.zeros(paths), rest, rest, rest)


def usual_start(climate: Climate, normal: Floats) -> UnitStart:
    """Return a start of the long run from standard draws of shape (paths, STARTS)."""
    return _start(climate, normal[:, 0], normal[:, 1], normal)


def start_at_level(climate: Climate, level: Floats, normal: Floats) -> UnitStart:
    """Return a start with a given unit level, split as such levels are between their parts.

    System and season are two independent normal parts of the level: given their sum, each has
    its share of it on average, and what one has more the other has less.
    """
    mix = mix_of(climate)
    season = mix.season * level + mix.system * normal[:, 1]
    system = (level - mix.season * season) / mix.system
    return _start(climate, system, season, normal)


def sky_level(start: UnitStart, level: Floats) -> Floats:
    """Return the unit sky of the hour of `start`, given the temperature level of that hour."""
    return _mixed(_COLD_IS_CLEAR, level, start.sky.level)


def unit_weather(climate: Climate, draws: Draws, start: UnitStart) -> UnitWeather:
    """Return the unit series of `draws`, from `start` on."""
    kept, mix = climate.persistence, mix_of(climate)
    shocks = system_shocks(draws, kept)
    system = through(stages_of(kept), shocks, start.system)
    season = fading(draws.season, 24 * kept.season_memory_d, start.season)
    level = np.asarray(mix.system * system + mix.season * season)
    sky = through(_SKY, draws.sky, start.sky)
    wind = through(_WIND, draws.wind, start.wind)
    arrival = through(_ARRIVAL, shocks, start.arrival)
    return UnitWeather(
        level=level,
        sky=_mixed(_COLD_IS_CLEAR, level, sky),
        local_wind=wind,
        wind=_mixed(_FRONT_IS_WINDY, arrival, wind),
        ripple=fading(draws.ripple, _RIPPLE_H, np.zeros(draws.shape[0])),
    )


def _start(climate: Climate, system: Floats, season: Floats, normal: Floats) -> UnitStart:
    return UnitStart(
        system=state_given_level(stages_of(climate.persistence), system, normal[:, 2]),
        season=season,
        sky=state_given_level(_SKY, normal[:, 3], normal[:, 4]),
        wind=state_given_level(_WIND, normal[:, 5], normal[:, 6]),
        arrival=at_rest(len(normal)),
    )


def _mixed(correlation: float, first: Floats, second: Floats) -> Floats:
    """Return a unit-variance mix of two unit-variance series."""
    return np.asarray(correlation * first + np.sqrt(1 - correlation**2) * second)
