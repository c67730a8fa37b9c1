"""The weather that loops were under while they were measured: measured, stored, or the climate's.

Outdoor temperature is taken from telemetry (`out_t`), else from the utility's own sensor, else
from stored forecasts; gaps of one are filled from the next. Wind and sun are not telemetry: they
come from stored forecasts, else from the climate, which knows no single day.
"""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from pathlib import Path

import numpy as np
import xarray as xr

from dispatch.case import Case
from dispatch.case_weather import place_of, sensor_of
from forecasts.demand.identified import Floats, Times
from forecasts.telemetry.points import Point
from forecasts.telemetry.readings import NETWORK, CleanTelemetry
from forecasts.weather.climate.normals import normal_values
from forecasts.weather.observed import observe
from forecasts.weather.provider import WeatherUnavailable
from forecasts.weather.run import utc_datetime
from forecasts.weather.run_store import StoredRuns
from forecasts.weather.stored_past import stored_past

ENOUGH = 0.5  # of the steps: a source that knows fewer does not name the whole


class WeatherBasis(StrEnum):
    """Where most values of a series come from."""

    TELEMETRY = "telemetry"
    SENSOR = "sensor"
    STORED = "stored"  # shortest lead times of stored forecasts
    CLIMATE = "climate"  # the smooth normal: no single day
    NONE = "none"


@dataclass(frozen=True)
class LoopWeather:
    """Weather on the steps of a record, (step,) arrays, NaN where nothing is known."""

    times: Times  # UTC, starts of steps
    step_h: float
    outdoor_c: Floats
    wind_m_per_s: Floats
    radiation_w_per_m2: Floats
    outdoor_basis: WeatherBasis
    sky_basis: WeatherBasis  # of wind and radiation


def loop_weather(
    case: Case, case_folder: Path, store_folder: Path, clean: CleanTelemetry
) -> LoopWeather:
    """Return the weather on the record's steps; never asks the network, never raises for it.

    Outdoor temperature is never the climate's: a building told the same day over and over would
    seem to need what it needs at any weather.
    """
    times: Times = np.asarray(clean.record["time"].values, dtype="datetime64[ns]")
    step_h = float(clean.record.attrs["step_h"])
    hours, slot = np.unique(times.astype("datetime64[h]"), return_inverse=True)
    starts = hours.astype("datetime64[ns]")
    known_by = utc_datetime(times[-1] + np.timedelta64(round(step_h * 3600), "s"))
    place = place_of(case.settings)
    stored = stored_past(StoredRuns(store_folder), place, known_by, starts)
    sources = (
        (WeatherBasis.TELEMETRY, _measured_c(clean.record)),
        (WeatherBasis.SENSOR, _sensor_c(case, case_folder, known_by, starts)[slot]),
        (WeatherBasis.STORED, stored["air_temperature"][slot]),
    )
    outdoor_c, outdoor_basis = _first_known(sources)
    normal = normal_values(place, starts, case.climate)
    sky = {
        name: _first_known(
            ((WeatherBasis.STORED, stored[name][slot]), (WeatherBasis.CLIMATE, normal[name][slot]))
        )
        for name in ("wind_speed", "global_radiation")
    }
    return LoopWeather(
        times=times,
        step_h=step_h,
        outdoor_c=outdoor_c,
        wind_m_per_s=sky["wind_speed"][0],
        radiation_w_per_m2=sky["global_radiation"][0],
        outdoor_basis=outdoor_basis,
        sky_basis=sky["global_radiation"][1],
    )


def _first_known(sources: tuple[tuple[WeatherBasis, Floats], ...]) -> tuple[Floats, WeatherBasis]:
    """Return the values of the first source that knows each step, and who knows most of them."""
    values = np.full(sources[0][1].size, np.nan)
    most, basis = 0, WeatherBasis.NONE
    for source, series in sources:
        new = np.isnan(values) & np.isfinite(series)
        values[new] = series[new]
        if new.sum() > most:
            most, basis = int(new.sum()), source
    return values, basis


def _measured_c(record: xr.Dataset) -> Floats:
    """Outdoor temperature of the network; else the median of what stations measure outdoors."""
    name = Point.OUTDOOR_TEMP.value
    if name not in record.data_vars:
        return np.full(record.sizes["time"], np.nan)
    by_id = record[name].transpose("id", "time")
    values = np.asarray(by_id.values, dtype=np.float64)
    network = np.flatnonzero(by_id["id"].values.astype(str) == NETWORK)
    if network.size and np.isfinite(values[network[0]]).mean() >= ENOUGH:
        return np.asarray(values[network[0]])
    known = np.isfinite(values).any(axis=0)
    middle = np.full(values.shape[1], np.nan)
    if known.any():
        middle[known] = np.nanmedian(values[:, known], axis=0)
    return middle


def _sensor_c(case: Case, case_folder: Path, known_by: datetime, starts: Times) -> Floats:
    """Hourly means of the utility's own sensor on `starts`, °C, NaN where it says nothing."""
    nothing = np.full(starts.size, np.nan)
    sensor = sensor_of(case.settings, case_folder)
    if sensor is None:
        return nothing
    days = float((starts[-1] - starts[0]) / np.timedelta64(1, "D")) + 2.0
    try:
        hourly = observe(sensor, known_by, days=days).hourly
    except WeatherUnavailable:  # told by `heat-dispatch weather`; here the next source serves
        return nothing
    seen = dict(zip(hourly["time"].values, hourly.values, strict=True))
    return np.array([seen.get(start, np.nan) for start in starts])
