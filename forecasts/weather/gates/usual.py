"""What weather is usual at a place, as the gates need it; filled from any climate."""

from collections.abc import Callable
from dataclasses import dataclass

from forecasts.weather.climate.annual import annual_course
from forecasts.weather.climate.climate import Climate
from forecasts.weather.climate.limits import usual_range
from forecasts.weather.climate.normals import FAR_KM, away_km, climate_at
from forecasts.weather.provider import Place
from forecasts.weather.solar import Floats, Times, mid_hours


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
        return usual_range(city, starts, place)

    def wind_m_per_s(starts: Times) -> Floats:
        return annual_course(city.wind_m_per_s, mid_hours(starts))

    return Usual(range_c, wind_m_per_s)
