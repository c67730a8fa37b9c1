"""A believable hourly weather year made from climate normals, for running with no network.

Values are a pure function of place, hour and seed: they do not depend on the window asked for.
"""

import zlib
from calendar import isleap
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import cache, lru_cache

import numpy as np
import xarray as xr

from forecasts.weather.climate.climate import Climate
from forecasts.weather.climate.normals import climate_at, climate_info
from forecasts.weather.climate.shocks import Draws
from forecasts.weather.climate.unit_weather import rested, unit_weather
from forecasts.weather.climate.weather_of_level import UnitWeather, course_at, weather_values
from forecasts.weather.provider import Place
from forecasts.weather.run import hour_starts, weather_run
from forecasts.weather.solar import HOUR, Floats, Times

DEFAULT_SEED = 4916  # usual winters; cold in January 2026, Shandong 17 to 19, Liaoning 13 to 17
_YEARS_BEFORE = 2  # drawn to forget the start: after 730 days of 45 days' memory 1e-7 is left


@dataclass(frozen=True)
class ClimateWeather:
    """A drawn weather year as a provider; another `seed` is another year of the same climate.

    Without a `climate` of its own it takes the packaged one nearest to the place asked for.
    """

    seed: int = DEFAULT_SEED
    name: str = "climate"
    climate: Climate | None = None

    def latest_run(
        self, place: Place, known_by: datetime, start: datetime, hours: int
    ) -> xr.Dataset:
        """Return exactly the hours asked; never fails for an aware `start` on a whole hour."""
        starts = hour_starts(start, hours)
        values = climate_values(place, starts, self.seed, self.climate)
        return weather_run(starts, values, climate_info(self.name, place, known_by, self.climate))


def climate_values(
    place: Place, starts: Times, seed: int, climate: Climate | None = None
) -> dict[str, Floats]:
    """Return all variables of the drawn weather on hourly `starts`, units of forecasts.series.

    Drawn a UTC calendar year at a time, so that an hour has one value whatever window it is in.
    """
    used = climate_at(place, climate)
    years = [int(y) + 1970 for y in np.unique(starts.astype("datetime64[Y]").astype(int))]
    parts = [_year_values(used, place.latitude, place.longitude, year, seed) for year in years]
    at = np.searchsorted(np.concatenate([_year_hours(year) for year in years]), starts)
    return {name: np.concatenate([part[name] for part in parts])[at] for name in parts[0]}


@lru_cache(maxsize=8)
def _year_values(
    climate: Climate, latitude: float, longitude: float, year: int, seed: int
) -> Mapping[str, Floats]:
    """Return all variables of one whole year: of a part of it the last bit would differ."""
    course = course_at(climate, latitude, longitude, _year_hours(year))
    values = {
        name: rows[0]
        for name, rows in weather_values(course, _unit_year(climate, year, seed)).items()
    }
    for row in values.values():
        row.flags.writeable = False  # shared by all callers
    return values


def _year_hours(year: int) -> Times:
    begin, end = np.datetime64(f"{year}-01-01", "ns"), np.datetime64(f"{year + 1}-01-01", "ns")
    return np.arange(begin, end, HOUR)


def _unit_year(climate: Climate, year: int, seed: int) -> UnitWeather:
    """Return the unit series of one calendar year, shape (1, hours)."""
    years = range(year - _YEARS_BEFORE, year + 1)
    drawn = np.concatenate([_year_draws(seed, climate.province, y) for y in years], axis=1)
    draws = Draws(*(row[None, :] for row in drawn))
    whole = unit_weather(climate, draws, rested(1))
    kept = slice(-24 * _days_of(year), None)
    return UnitWeather(
        level=whole.level[:, kept],
        sky=whole.sky[:, kept],
        local_wind=whole.local_wind[:, kept],
        wind=whole.wind[:, kept],
        ripple=whole.ripple[:, kept],
    )


@cache
def _year_draws(seed: int, province: str, year: int) -> Floats:
    """Return (6, hours of the year): four standard normal draws, a uniform one, a normal one."""
    hours = 24 * _days_of(year)
    generator = np.random.default_rng([seed, zlib.crc32(province.encode()), year])
    drawn = np.vstack(
        [
            generator.standard_normal((4, hours)),
            generator.random((1, hours)),
            generator.standard_normal((1, hours)),
        ]
    )
    drawn.flags.writeable = False  # shared by all callers
    return drawn


def _days_of(year: int) -> int:
    return 366 if isleap(year) else 365
