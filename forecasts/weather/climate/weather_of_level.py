"""Hourly weather from unit series: temperature, and the wind, sun and humidity that go with it."""

from dataclasses import dataclass

import numpy as np
from scipy.special import ndtr, ndtri

from forecasts.weather.climate.annual import annual_course
from forecasts.weather.climate.climate import Climate
from forecasts.weather.climate.normals import HUMIDITY_PCT_PER_K, wind_wave
from forecasts.weather.climate.spread import Spread, spread_of
from forecasts.weather.diurnal import daily_wave
from forecasts.weather.solar import Floats, Times, clear_sky_w_per_m2, mid_hours, solar_hour

CLEARNESS_LIMITS = (0.15, 1.0)
_CLEARNESS_SPREAD = 1.2
CLEAR_SHARE_OF_RANGE = 0.6  # how far the daily range follows the sky: 0.2-0.8 in typical years
CALM_SHARE_OF_RANGE = 0.25  # how far it falls with each standard deviation of local wind
RIPPLE_SHARE = 0.1  # sd of single hours over that of the level: 1 h correlation 0.98, as measured
_WIND_SPREAD = 0.45  # log-normal, hours of typical years about their daily course
_HUMIDITY_PCT_PER_CLEARNESS = 40.0


@dataclass(frozen=True)
class UnitWeather:
    """Series of unit variance, shape (paths, hours); `wind` is `local_wind` and that of fronts."""

    level: Floats  # of temperature
    sky: Floats  # clear above 0
    local_wind: Floats
    wind: Floats
    ripple: Floats  # of single hours


@dataclass(frozen=True)
class Course:
    """What the time of year and day make of unit series at one place; arrays over hours."""

    mean_c: Floats
    swing_k: Floats  # the mean daily course about the daily mean
    spread: Spread
    clearness: Floats
    clear_sky_w_per_m2: Floats
    wind_m_per_s: Floats
    humidity_pct: Floats


def course_at(climate: Climate, latitude: float, longitude: float, starts: Times) -> Course:
    """Return the course of the hours that begin at `starts` (UTC), with the sun of that point."""
    middles = mid_hours(starts)
    wave = daily_wave(middles, latitude, longitude)
    wind = annual_course(climate.wind_m_per_s, middles)
    return Course(
        mean_c=annual_course(climate.mean_c, middles),
        swing_k=np.asarray(annual_course(climate.course_range_k, middles) * wave),
        spread=spread_of(climate, middles),
        clearness=annual_course(climate.clearness, middles),
        clear_sky_w_per_m2=clear_sky_w_per_m2(starts, latitude, longitude),
        wind_m_per_s=wind * wind_wave(solar_hour(middles, longitude)),
        humidity_pct=annual_course(climate.humidity_pct, middles),
    )


def clearness_of(course: Course, sky: Floats) -> Floats:
    """Return the share of clear-sky radiation: bounded, and the normal one on average.

    With z standard normal, E[Φ(m + s z)] = Φ(m / √(1 + s²)), which gives m from the mean.
    """
    low, high = CLEARNESS_LIMITS
    share = np.clip((course.clearness - low) / (high - low), 0.02, 0.98)
    centre = np.sqrt(1 + _CLEARNESS_SPREAD**2) * ndtri(share)
    return np.asarray(low + (high - low) * ndtr(centre + _CLEARNESS_SPREAD * sky))


def swing_of(course: Course, clearness: Floats, local_wind: Floats) -> Floats:
    """Return the daily course of temperature, K: wide when clear and calm, else flat."""
    sunny = 1 + CLEAR_SHARE_OF_RANGE * (clearness / course.clearness - 1)
    return np.asarray(course.swing_k * (sunny - CALM_SHARE_OF_RANGE * local_wind))


def temperature_c(course: Course, unit: UnitWeather) -> Floats:
    """Return air temperature, °C, shape (paths, hours)."""
    swing = swing_of(course, clearness_of(course, unit.sky), unit.local_wind)
    return _temperature_c(course, unit, swing)


def weather_values(course: Course, unit: UnitWeather) -> dict[str, Floats]:
    """Return all variables, shape (paths, hours), units of forecasts.series."""
    clearness = clearness_of(course, unit.sky)
    swing = swing_of(course, clearness, unit.local_wind)
    humidity = (
        course.humidity_pct
        - HUMIDITY_PCT_PER_K * swing
        - _HUMIDITY_PCT_PER_CLEARNESS * (clearness - course.clearness)
    )
    gusts = np.exp(_WIND_SPREAD * np.clip(unit.wind, -2.5, 2.5) - _WIND_SPREAD**2 / 2)
    return {
        "air_temperature": _temperature_c(course, unit, swing),
        "wind_speed": np.asarray(course.wind_m_per_s * gusts),
        "global_radiation": np.asarray(clearness * course.clear_sky_w_per_m2),
        "relative_humidity": np.clip(humidity, 10, 100),
    }


def _temperature_c(course: Course, unit: UnitWeather, swing_k: Floats) -> Floats:
    anomaly_k = course.spread.anomaly_k(unit.level)
    ripple_k = RIPPLE_SHARE * course.spread.scale_k * unit.ripple
    return np.asarray(course.mean_c + anomaly_k + swing_k + ripple_k)
