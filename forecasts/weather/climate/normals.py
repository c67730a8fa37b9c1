"""The embedded climate normals: the nearest city, and the weather to be expected there.

The smooth normal (no noise) serves the look-ahead, fuel cover and the hours beyond a forecast.
"""

from dataclasses import dataclass
from datetime import datetime

import numpy as np
import xarray as xr

from forecasts.weather.climate.annual import annual_course
from forecasts.weather.climate.climate import Climate, ClimateVersion
from forecasts.weather.climate.packaged import packaged_climates
from forecasts.weather.diurnal import daily_wave
from forecasts.weather.provenance import Note, NoteCode
from forecasts.weather.provider import Nature, Place
from forecasts.weather.run import RunInfo, hour_starts, weather_run
from forecasts.weather.solar import (
    Floats,
    Times,
    clear_sky_w_per_m2,
    distance_km,
    mid_hours,
    solar_hour,
)

FAR_KM = 150.0


# Relative humidity falls as the day warms: about 6-7 % of its value per K at constant vapour
# pressure (Clausius-Clapeyron), halved because afternoons also gain vapour.
HUMIDITY_PCT_PER_K = 2.2


def nearest_city(
    place: Place, version: ClimateVersion = ClimateVersion.RECENT
) -> tuple[Climate, float]:
    """Return the packaged climate nearest to `place`, and how far it is, km."""
    climate = min(packaged_climates(version), key=lambda city: away_km(place, city))
    return climate, away_km(place, climate)


def away_km(place: Place, climate: Climate) -> float:
    """Return how far the climate's station is, km."""
    return distance_km(place.latitude, place.longitude, climate.latitude, climate.longitude)


def climate_at(place: Place, climate: Climate | None = None) -> Climate:
    """Return the climate to use at `place`: the one given, or the nearest packaged one."""
    return nearest_city(place)[0] if climate is None else climate


def normal_temperature(place: Place, times: Times, climate: Climate | None = None) -> Floats:
    """Return the expected air temperature, °C, of the hours that start at `times` (UTC).

    Long-term mean plus the mean daily course, no noise: a pure function of place and time.
    """
    return expected_temperature(climate_at(place, climate), place, times)


def expected_temperature(climate: Climate, place: Place, times: Times) -> Floats:
    """Return the normal of `climate` with the sun of `place`, °C, mid-hour values."""
    middles = mid_hours(times)
    mean = annual_course(climate.mean_c, middles)
    swing = annual_course(climate.course_range_k, middles)
    return np.asarray(mean + swing * daily_wave(middles, place.latitude, place.longitude))


def normal_values(place: Place, starts: Times, climate: Climate | None = None) -> dict[str, Floats]:
    """Return all variables of the smooth normal on hourly `starts`, units of forecasts.series."""
    used = climate_at(place, climate)
    middles = mid_hours(starts)
    clear = clear_sky_w_per_m2(starts, place.latitude, place.longitude)
    wave = daily_wave(middles, place.latitude, place.longitude)
    swing = annual_course(used.course_range_k, middles)
    humidity = annual_course(used.humidity_pct, middles) - HUMIDITY_PCT_PER_K * swing * wave
    wind = annual_course(used.wind_m_per_s, middles)
    return {
        "air_temperature": expected_temperature(used, place, starts),
        "wind_speed": wind * wind_wave(solar_hour(middles, place.longitude)),
        "global_radiation": np.asarray(annual_course(used.clearness, middles) * clear),
        "relative_humidity": np.clip(humidity, 5, 100),
    }


def wind_wave(hour: Floats) -> Floats:
    """Return the daily course of wind, mean 1: strongest in mid-afternoon, when air mixes."""
    return np.asarray(1 + 0.25 * np.cos(2 * np.pi * (hour - 14.5) / 24))


def climate_notes(place: Place, climate: Climate | None = None) -> tuple[Note, ...]:
    """Return a note if the climate's station is too far to stand for the place."""
    used = climate_at(place, climate)
    away = away_km(place, used)
    if away <= FAR_KM:
        return ()
    return (Note(NoteCode.STATION_FAR, f"{used.city}, {away:.0f} km"),)


@dataclass(frozen=True)
class NormalWeather:
    """The smooth normal as a provider: the most likely weather when nothing at all is known."""

    name: str = "climate_normals"
    climate: Climate | None = None

    def latest_run(
        self, place: Place, known_by: datetime, start: datetime, hours: int
    ) -> xr.Dataset:
        """Return exactly the hours asked; never fails for an aware `start` on a whole hour."""
        starts = hour_starts(start, hours)
        info = climate_info(self.name, place, known_by, self.climate)
        return weather_run(starts, normal_values(place, starts, self.climate), info)


def climate_info(
    name: str, place: Place, known_by: datetime, climate: Climate | None = None
) -> RunInfo:
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
        notes=climate_notes(place, climate),
    )
