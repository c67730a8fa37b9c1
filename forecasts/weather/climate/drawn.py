"""A believable hourly weather year made from climate normals, for running with no network.

What is drawn, day by day: an anomaly of temperature (AR(1), with the sharp drops of cold fronts),
the clearness of the sky, the wind. Between days the draws are joined smoothly. Values are a pure
function of place, hour and seed: they do not depend on the window asked for.
"""

import zlib
from calendar import isleap
from dataclasses import dataclass
from datetime import datetime
from functools import cache

import numpy as np
import xarray as xr
from scipy.interpolate import PchipInterpolator
from scipy.signal import lfilter
from scipy.special import ndtr, ndtri

from forecasts.weather.climate.annual import annual_course
from forecasts.weather.climate.normals import (
    HUMIDITY_PCT_PER_K,
    CityNormals,
    climate_info,
    nearest_city,
    wind_wave,
)
from forecasts.weather.diurnal import daily_wave
from forecasts.weather.provider import Place
from forecasts.weather.run import hour_starts, weather_run
from forecasts.weather.solar import (
    HOUR,
    Floats,
    Times,
    clear_sky_w_per_m2,
    days_since_2000,
    mid_hours,
    solar_hour,
)

DEFAULT_SEED = 9  # winters of usual warmth, a cold spell arriving in mid-January 2026
# A cold front comes on 4 % of days, some five in a heating season, and brings 3.5 standard
# deviations of innovation at once; what it takes from the mean is given back over other days.
_FRONT_CHANCE = 0.04
_FRONT_DEPTH = 3.0
_FRONT_SD = float(np.sqrt(1 + _FRONT_DEPTH**2 * _FRONT_CHANCE * (1 - _FRONT_CHANCE)))
_SKY_PERSISTENCE = 0.5
_WIND_PERSISTENCE = 0.4
_COLD_IS_CLEAR = -0.35  # correlation of clearness with the temperature anomaly in winter
_FRONT_IS_WINDY = -0.4  # of wind with the innovation of temperature
_CLEARNESS_LIMITS = (0.15, 1.0)
_CLEARNESS_SPREAD = 1.2
_WIND_SPREAD = 0.35  # log-normal
_CLEAR_SHARE_OF_RANGE = 0.7  # how far the daily range follows the clearness of the sky


@dataclass(frozen=True)
class ClimateWeather:
    """A drawn weather year as a provider; another `seed` is another year of the same climate."""

    seed: int = DEFAULT_SEED
    name: str = "climate"

    def latest_run(
        self, place: Place, known_by: datetime, start: datetime, hours: int
    ) -> xr.Dataset:
        """Return exactly the hours asked; never fails for an aware `start` on a whole hour."""
        starts = hour_starts(start, hours)
        values = climate_values(place, starts, self.seed)
        return weather_run(starts, values, climate_info(self.name, place, known_by))


def climate_values(place: Place, starts: Times, seed: int) -> dict[str, Floats]:
    """Return all variables of the drawn weather on hourly `starts`, units of forecasts.series.

    Drawn a UTC calendar year at a time, so that an hour has one value whatever window it is in.
    """
    years = [int(y) + 1970 for y in np.unique(starts.astype("datetime64[Y]").astype(int))]
    parts = [_year(place, year, seed) for year in years]
    at = np.searchsorted(np.concatenate([_year_hours(year) for year in years]), starts)
    return {name: np.concatenate([part[name] for part in parts])[at] for name in parts[0]}


def _year_hours(year: int) -> Times:
    begin, end = np.datetime64(f"{year}-01-01", "ns"), np.datetime64(f"{year + 1}-01-01", "ns")
    return np.arange(begin, end, HOUR)


@dataclass(frozen=True)
class _DailyDraws:
    """Standard normal draws at local solar noon of each day of a year and three days around."""

    days: Floats  # of local solar noon, days since 2000 UTC
    anomaly: Floats
    sky: Floats
    wind: Floats


def _year(place: Place, year: int, seed: int) -> dict[str, Floats]:
    city, _ = nearest_city(place)
    starts = _year_hours(year)
    middles = mid_hours(starts)
    draws = _daily_draws(city, year, seed)
    at = days_since_2000(middles)
    anomaly, sky, wind = (
        np.asarray(PchipInterpolator(draws.days, series)(at))
        for series in (draws.anomaly, draws.sky, draws.wind)
    )
    usual_clearness = annual_course(city.clearness, middles)
    clearness = _clearness(sky, usual_clearness)
    sunny = 1 + _CLEAR_SHARE_OF_RANGE * (clearness / usual_clearness - 1)
    wave = daily_wave(middles, place.latitude, place.longitude)
    swing = annual_course(city.diurnal_range_k, middles) * sunny * wave
    mean = annual_course(city.mean_c, middles)
    spread = annual_course(city.day_to_day_sd_k, middles)
    humidity = (
        annual_course(city.humidity_pct, middles)
        - HUMIDITY_PCT_PER_K * swing
        - 40 * (clearness - usual_clearness)
    )
    gustiness = np.exp(_WIND_SPREAD * np.clip(wind, -2.5, 2.5) - _WIND_SPREAD**2 / 2)
    calm_wind = annual_course(city.wind_m_per_s, middles) * wind_wave(
        solar_hour(middles, place.longitude)
    )
    return {
        "air_temperature": mean + spread * anomaly + swing,
        "wind_speed": calm_wind * gustiness,
        "global_radiation": clearness * clear_sky_w_per_m2(starts, place.latitude, place.longitude),
        "relative_humidity": np.clip(humidity, 10, 100),
    }


def _clearness(sky: Floats, mean: Floats) -> Floats:
    """Return the share of clear-sky radiation: bounded, and `mean` on average.

    With z standard normal, E[Φ(m + s z)] = Φ(m / √(1 + s²)), which gives m from the mean.
    """
    low, high = _CLEARNESS_LIMITS
    share = np.clip((mean - low) / (high - low), 0.02, 0.98)
    centre = np.sqrt(1 + _CLEARNESS_SPREAD**2) * ndtri(share)
    return np.asarray(low + (high - low) * ndtr(centre + _CLEARNESS_SPREAD * sky))


def _daily_draws(city: CityNormals, year: int, seed: int) -> _DailyDraws:
    first = np.datetime64(f"{year}-01-01", "ns")
    # the year before is there to forget the start of the recursion: 0.62**365 is nothing
    draws = np.concatenate(
        [_innovations(seed, city.province, y) for y in (year - 1, year, year + 1)]
    )
    first_day = int(days_since_2000(np.array([first]))[0])
    length, before = _days_of(year), _days_of(year - 1)
    # three days on either side: what joins the days looks two days around
    kept = slice(before - 3, before + length + 3)
    shocks = (draws[:, 0] - _FRONT_DEPTH * (draws[:, 3] - _FRONT_CHANCE)) / _FRONT_SD
    anomaly = _persistent(shocks, city.persistence_per_day)
    sky = _mixed(_COLD_IS_CLEAR, anomaly, _persistent(draws[:, 1], _SKY_PERSISTENCE))
    wind = _mixed(_FRONT_IS_WINDY, shocks, _persistent(draws[:, 2], _WIND_PERSISTENCE))
    noon = 0.5 - city.longitude / 360
    days = first_day + np.arange(-3, length + 3) + noon
    return _DailyDraws(np.asarray(days, dtype=np.float64), anomaly[kept], sky[kept], wind[kept])


@cache
def _innovations(seed: int, province: str, year: int) -> Floats:
    """Return (days of the year, 4): three standard normal draws and whether a front comes (0/1)."""
    days = _days_of(year)
    generator = np.random.default_rng([seed, zlib.crc32(province.encode()), year])
    normal = generator.standard_normal((days, 3))
    front = (generator.random(days) < _FRONT_CHANCE).astype(np.float64)
    drawn = np.column_stack([normal, front])
    drawn.flags.writeable = False  # shared by all callers
    return drawn


def _days_of(year: int) -> int:
    return 366 if isleap(year) else 365


def _persistent(shocks: Floats, persistence: float) -> Floats:
    """Return the AR(1) series of unit variance driven by unit `shocks`."""
    return np.asarray(lfilter([np.sqrt(1 - persistence**2)], [1, -persistence], shocks))


def _mixed(correlation: float, first: Floats, second: Floats) -> Floats:
    """Return a unit-variance mix of two unit-variance series."""
    return np.asarray(correlation * first + np.sqrt(1 - correlation**2) * second)
