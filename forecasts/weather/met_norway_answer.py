"""Reading a Locationforecast answer of MET Norway: fields checked, then our names and units.

Pure: bytes in, labelled values out. Format: https://api.met.no/doc/ForecastJSON and
https://api.met.no/doc/locationforecast/datamodel. GeoJSON, so longitude stands before latitude.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

import numpy as np

from forecasts.weather.json_fields import (
    check_rising_hours,
    moment_at,
    object_at,
    objects_at,
    read_object,
)
from forecasts.weather.provider import Cause, WeatherUnavailable
from forecasts.weather.run import utc64
from forecasts.weather.solar import Floats, Times

CLOUD = "cloud"
# our name -> the name of the service, the unit it must be in, and the factor to ours
_FIELDS = {
    "air_temperature": ("air_temperature", "celsius", 1.0),
    "wind_speed": ("wind_speed", "m/s", 1.0),
    "relative_humidity": ("relative_humidity", "%", 1.0),
    CLOUD: ("cloud_area_fraction", "%", 0.01),  # 0 to 1 here
}
NEEDED = ("air_temperature", "wind_speed")
_PERCENTILES = ("air_temperature_percentile_10", "air_temperature_percentile_90")
# Between its 10 % and 90 % points a normal distribution is 2 x 1.2816 standard deviations wide.
_P10_TO_P90_IN_SIGMA = 2.5631


@dataclass(frozen=True)
class Answer:
    """An answer as given: values at its own instants, hourly at first, later six hours apart.

    `values` holds air_temperature [degC], wind_speed [m s-1] and, where the service has them at
    all, relative_humidity [%] and cloud [0 to 1]; nan where one instant lacks them. `sigma_k` is
    the spread of temperature that the percentiles tell, nan where they are not given.
    """

    latitude: float
    longitude: float
    updated_at: datetime
    times: Times
    values: Mapping[str, Floats]
    sigma_k: Floats


def parse_answer(provider: str, body: bytes) -> Answer:
    """Return the checked content of an answer; raises WeatherUnavailable."""
    found = read_object(provider, body)
    longitude, latitude = _coordinates(provider, object_at(provider, found, "geometry"))
    properties = object_at(provider, found, "properties")
    meta = object_at(provider, properties, "meta")
    steps = objects_at(provider, properties, "timeseries")
    details = [_details(provider, step) for step in steps]
    units = object_at(provider, meta, "units")
    values = {}
    for name, (label, unit, factor) in _FIELDS.items():
        series = _series(provider, label, details)
        if np.isnan(series).all():
            if name in NEEDED:
                raise WeatherUnavailable(provider, Cause.MISSING_FIELD, label)
            continue
        _check_unit(provider, label, units.get(label), unit)
        values[name] = series * factor
    return Answer(
        latitude=latitude,
        longitude=longitude,
        updated_at=moment_at(provider, meta, "updated_at"),
        times=_times(provider, steps),
        values=values,
        sigma_k=_sigma_k(provider, details),
    )


def _coordinates(provider: str, geometry: Mapping[str, object]) -> tuple[float, float]:
    """Return longitude and latitude, in the order of GeoJSON."""
    pair = geometry.get("coordinates")
    if not isinstance(pair, list) or len(pair) < 2:
        raise WeatherUnavailable(provider, Cause.MISSING_FIELD, "geometry.coordinates")
    return (
        _number(provider, "longitude", pair[0]),
        _number(provider, "latitude", pair[1]),
    )


def _details(provider: str, step: Mapping[str, object]) -> dict[str, object]:
    instant = object_at(provider, object_at(provider, step, "data"), "instant")
    return object_at(provider, instant, "details")


def _times(provider: str, steps: Sequence[Mapping[str, object]]) -> Times:
    """Return the instants: whole UTC hours, each later than the one before."""
    times = np.array([utc64(moment_at(provider, step, "time")) for step in steps], "datetime64[ns]")
    if times.size < 3:
        raise WeatherUnavailable(provider, Cause.WRONG_LENGTH, f"{times.size} instants")
    check_rising_hours(provider, times)
    return times


def _series(provider: str, label: str, details: Sequence[Mapping[str, object]]) -> Floats:
    return np.array(
        [
            np.nan if one.get(label) is None else _number(provider, label, one[label])
            for one in details
        ],
        dtype=np.float64,
    )


def _sigma_k(provider: str, details: Sequence[Mapping[str, object]]) -> Floats:
    """Return the standard deviation of temperature in K; nan where percentiles miss or cross."""
    low, high = (_series(provider, label, details) for label in _PERCENTILES)
    width = high - low
    return np.where(width >= 0, width, np.nan) / _P10_TO_P90_IN_SIGMA


def _check_unit(provider: str, label: str, unit: object, expected: str) -> None:
    if unit is None:
        raise WeatherUnavailable(provider, Cause.MISSING_FIELD, f"units.{label}")
    if str(unit).lower() != expected:
        detail = f"{label} is in {str(unit)[:20]!r}, known is {expected}"
        raise WeatherUnavailable(provider, Cause.WRONG_UNITS, detail)


def _number(provider: str, label: str, item: object) -> float:
    if isinstance(item, bool) or not isinstance(item, int | float) or abs(item) > 1e9:
        detail = f"{label} is {str(item)[:20]!r}, not a number"
        raise WeatherUnavailable(provider, Cause.NOT_PLAUSIBLE, detail)
    return float(item)
