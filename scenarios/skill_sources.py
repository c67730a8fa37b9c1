"""What forecasts are scored against, and where past forecasts come from besides the store."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

import numpy as np
import xarray as xr

from dispatch.case_weather import place_of, sensor_of
from dispatch.messages import say
from forecasts.weather import open_meteo_archive, open_meteo_previous
from forecasts.weather.observed import (
    Observed,
    OutdoorSensor,
    observe,
    observed_from,
    observed_steps,
)
from forecasts.weather.open_meteo_archive import OpenMeteoArchive
from forecasts.weather.open_meteo_previous import OpenMeteoPreviousRuns
from forecasts.weather.provider import WeatherUnavailable
from scenarios.command import BAD_INPUT, OUR_FAULT, stop
from scenarios.weather_commands import Subject
from scenarios.weather_words import refusal_text

LEARNED_DAYS = 400  # before the days that are scored: what the first of them had learned from


@dataclass(frozen=True)
class Truth:
    """What was asked to be compared with; neither: the sensor that the case names."""

    file: Path | None = None
    archive_url: str | None = None  # "" for the public service


@dataclass(frozen=True)
class Measured:
    """What came, and how it is called."""

    name: str
    observed: Observed


def measured(subject: Subject, truth: Truth, days: int) -> Measured:
    """Return what came in the last `days`; ends the command where it is not to be had."""
    if truth.archive_url is not None:
        return _of_archive(subject, truth.archive_url, days)
    sensor = sensor_of(subject.settings, subject.folder)
    if truth.file is not None:
        sensor = OutdoorSensor(truth.file, subject.settings.timezone)
    if sensor is None:
        stop(say("weather_cli.no_sensor"), BAD_INPUT)
    return Measured(sensor.path.name, _read(sensor, subject.now, days))


def learned_from(subject: Subject, days: int) -> Observed:
    """Return what plans of the case learn from: its own sensor, or nothing."""
    sensor = sensor_of(subject.settings, subject.folder)
    if sensor is None:
        nothing = np.empty(0)
        return observed_from(nothing.astype("datetime64[ns]"), nothing, subject.now)
    return _read(sensor, subject.now, days)


def previous_forecasts(subject: Subject, url: str, days: int) -> xr.Dataset:
    """Return what Open-Meteo said 1 to 7 days before; ends the command if it does not answer."""
    service = OpenMeteoPreviousRuns(base_url=url or open_meteo_previous.BASE_URL)
    start, end = _hours(subject.now, days)
    try:
        return service.previous_forecasts(place_of(subject.settings), start, end, subject.now)
    except WeatherUnavailable as fault:
        stop(refusal_text(fault), OUR_FAULT)


def _of_archive(subject: Subject, url: str, days: int) -> Measured:
    service = OpenMeteoArchive(base_url=url or open_meteo_archive.BASE_URL)
    start, end = _hours(subject.now, days + 8)  # persistence looks back from the first issue
    try:
        found = service.observed(place_of(subject.settings), start, end, subject.now)
    except WeatherUnavailable as fault:
        stop(refusal_text(fault), OUR_FAULT)
    return Measured(service.name, observed_steps(found["air_temperature"], subject.now))


def _read(sensor: OutdoorSensor, now: datetime, days: int) -> Observed:
    try:
        return observe(sensor, now, days=days + LEARNED_DAYS)
    except WeatherUnavailable as fault:
        stop(refusal_text(fault), BAD_INPUT)


def _hours(now: datetime, days: int) -> tuple[datetime, datetime]:
    """Return the whole hours of the last `days`."""
    end = now.replace(minute=0, second=0, microsecond=0)
    return end - timedelta(days=days), end
