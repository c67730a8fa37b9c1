"""What weather is usual at a place, as the gates need it; filled from any climate."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from forecasts.weather.climate.annual import annual_course
from forecasts.weather.climate.climate import Climate
from forecasts.weather.climate.normals import (
    FAR_KM,
    away_km,
    climate_at,
    expected_temperature,
)
from forecasts.weather.provider import Place
from forecasts.weather.solar import Floats, Times, mid_hours

# Hours are colder than their day's mean and normal by weather and by a clear night's deeper course:
# 3.5 sd of the daily mean and half a daily range more than usual enclose all but some hours in ten
# years (Shenyang 2010-2015: 4 of 52 000).
_SD_EITHER_SIDE = 3.5
_RANGE_EITHER_SIDE = 0.5


@dataclass(frozen=True)
class Usual:
    """The climate of a place for the gates: functions of the starts of hours (UTC)."""

    range_c: Callable[[Times], tuple[Floats, Floats]]  # lowest and highest hourly temperature, °C
    wind_m_per_s: Callable[[Times], Floats]  # mean wind


def usual_from_normals(place: Place, climate: Climate | None = None) -> Usual | None:
    """Return what the climate says of a place: the one given, or that of a packaged city nearby.

    None where no city is near.
    """
    city = climate_at(place, climate)
    if climate is None and away_km(place, city) > FAR_KM:
        return None

    def range_c(starts: Times) -> tuple[Floats, Floats]:
        middles = mid_hours(starts)
        mean = expected_temperature(city, place, starts)
        spread = _SD_EITHER_SIDE * annual_course(
            city.day_to_day_sd_k, middles
        ) + _RANGE_EITHER_SIDE * annual_course(city.diurnal_range_k, middles)
        return np.asarray(mean - spread), np.asarray(mean + spread)

    def wind_m_per_s(starts: Times) -> Floats:
        return annual_course(city.wind_m_per_s, mid_hours(starts))

    return Usual(range_c, wind_m_per_s)
