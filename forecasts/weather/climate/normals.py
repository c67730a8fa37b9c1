"""The embedded climate normals: the nearest city, and the weather to be expected there.

The smooth normal (no noise) serves the look-ahead, fuel cover and the hours beyond a forecast.
"""

import tomllib
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from importlib import resources

import numpy as np
import xarray as xr

from forecasts.weather.climate.annual import annual_course
from forecasts.weather.diurnal import daily_wave
from forecasts.weather.provenance import Note, NoteCode
from forecasts.weather.provider import Nature, Place
from forecasts.weather.run import RunInfo, hour_starts, weather_run
from forecasts.weather.solar import (
    HOUR,
    Floats,
    Times,
    clear_sky_w_per_m2,
    distance_km,
    mid_hours,
    solar_hour,
)

FAR_KM = 150.0


@dataclass(frozen=True)
class CityNormals:
    """Normals of one city; tuples hold January to December."""

    city: str
    province: str  # cities of one province share their weather systems
    latitude: float
    longitude: float
    mean_c: tuple[float, ...]
    day_to_day_sd_k: tuple[float, ...]
    diurnal_range_k: tuple[float, ...]
    wind_m_per_s: tuple[float, ...]
    radiation_w_per_m2: tuple[float, ...]
    humidity_pct: tuple[float, ...]
    clearness: tuple[float, ...]  # radiation over clear-sky radiation, monthly means
    persistence_per_day: float


@cache
def all_normals() -> tuple[CityNormals, ...]:
    """Return the packaged normals of all cities."""
    file = resources.files("forecasts.weather.climate") / "climate_normals.toml"
    table = tomllib.loads(file.read_text(encoding="utf-8"))
    found = []
    for city, row in table["city"].items():
        region = table["region"][row["region"]]
        radiation = tuple(float(x) for x in region["radiation_w_per_m2"])
        clear = _monthly_clear_sky(row["latitude"], row["longitude"])
        wind = tuple(row["wind_winter_m_per_s"] * factor for factor in table["wind_factor"])
        found.append(
            CityNormals(
                city=city,
                province=region["province"],
                latitude=row["latitude"],
                longitude=row["longitude"],
                mean_c=tuple(row["mean_c"]),
                day_to_day_sd_k=tuple(region["day_to_day_sd_k"]),
                diurnal_range_k=tuple(region["diurnal_range_k"]),
                wind_m_per_s=wind,
                radiation_w_per_m2=radiation,
                humidity_pct=tuple(float(x) for x in region["humidity_pct"]),
                clearness=tuple(g / c for g, c in zip(radiation, clear, strict=True)),
                persistence_per_day=table["persistence_per_day"],
            )
        )
    return tuple(found)


def nearest_city(place: Place) -> tuple[CityNormals, float]:
    """Return the normals of the city nearest to `place`, and how far it is, km."""

    def away(city: CityNormals) -> float:
        return distance_km(place.latitude, place.longitude, city.latitude, city.longitude)

    city = min(all_normals(), key=away)
    return city, away(city)


def normal_temperature(place: Place, times: Times) -> Floats:
    """Return the expected air temperature, °C, of the hours that start at `times` (UTC).

    Long-term mean plus the mean daily course, no noise: a pure function of place and time.
    """
    return expected_temperature(nearest_city(place)[0], place, times)


def expected_temperature(city: CityNormals, place: Place, times: Times) -> Floats:
    """Return the normal of `city` with the sun of `place`, °C, mid-hour values."""
    middles = mid_hours(times)
    mean = annual_course(city.mean_c, middles)
    swing = annual_course(city.diurnal_range_k, middles)
    return np.asarray(mean + swing * daily_wave(middles, place.latitude, place.longitude))


def normal_values(place: Place, starts: Times) -> dict[str, Floats]:
    """Return all variables of the smooth normal on hourly `starts`, units of forecasts.series."""
    city, _ = nearest_city(place)
    middles = mid_hours(starts)
    clear = clear_sky_w_per_m2(starts, place.latitude, place.longitude)
    wave = daily_wave(middles, place.latitude, place.longitude)
    swing = annual_course(city.diurnal_range_k, middles)
    humidity = annual_course(city.humidity_pct, middles) - HUMIDITY_PCT_PER_K * swing * wave
    wind = annual_course(city.wind_m_per_s, middles)
    return {
        "air_temperature": expected_temperature(city, place, starts),
        "wind_speed": wind * wind_wave(solar_hour(middles, place.longitude)),
        "global_radiation": np.asarray(annual_course(city.clearness, middles) * clear),
        "relative_humidity": np.clip(humidity, 5, 100),
    }


# Relative humidity falls as the day warms: about 6-7 % of its value per K at constant vapour
# pressure (Clausius-Clapeyron), halved because afternoons also gain vapour.
HUMIDITY_PCT_PER_K = 2.2


def wind_wave(hour: Floats) -> Floats:
    """Return the daily course of wind, mean 1: strongest in mid-afternoon, when air mixes."""
    return np.asarray(1 + 0.25 * np.cos(2 * np.pi * (hour - 14.5) / 24))


def climate_notes(place: Place) -> tuple[Note, ...]:
    """Return a note if the nearest city of the table is too far to stand for the place."""
    city, away = nearest_city(place)
    if away <= FAR_KM:
        return ()
    return (Note(NoteCode.STATION_FAR, f"{city.city}, {away:.0f} km"),)


@dataclass(frozen=True)
class NormalWeather:
    """The smooth normal as a provider: the most likely weather when nothing at all is known."""

    name: str = "climate_normals"

    def latest_run(
        self, place: Place, known_by: datetime, start: datetime, hours: int
    ) -> xr.Dataset:
        """Return exactly the hours asked; never fails for an aware `start` on a whole hour."""
        starts = hour_starts(start, hours)
        info = climate_info(self.name, place, known_by)
        return weather_run(starts, normal_values(place, starts), info)


def climate_info(name: str, place: Place, known_by: datetime) -> RunInfo:
    """Return what is said of a climate run: known at any time, so issued at `known_by`."""
    return RunInfo(
        provider=name,
        nature=Nature.CLIMATE,
        place=place,
        known_by=known_by,
        issue_time=known_by,
        issue_time_estimated=True,
        latitude=place.latitude,
        longitude=place.longitude,
        notes=climate_notes(place),
    )


def _monthly_clear_sky(latitude: float, longitude: float) -> list[float]:
    """Return monthly means of clear-sky radiation, W/m², over one common year."""
    days = np.arange("2001-01-01", "2002-01-01", dtype="datetime64[D]")
    starts = (days[:, None] + np.arange(24) * HOUR).astype("datetime64[ns]").ravel()
    clear = clear_sky_w_per_m2(starts, latitude, longitude)
    month = np.repeat(days.astype("datetime64[M]").astype(int) % 12, 24)
    return [float(clear[month == k].mean()) for k in range(12)]
