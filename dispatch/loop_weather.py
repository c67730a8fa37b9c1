"""The weather that loops were under while they were measured: measured, stored, or the climate's.

Outdoor temperature is taken from telemetry (`out_t`), else from the utility's own sensor, else
from stored forecasts; gaps of one are filled from the next. Wind and sun are not telemetry: they
come from stored forecasts, else from the climate, which knows no single day.
"""

from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from dispatch.case import Case
from forecasts.demand.identified import Floats, Times
from forecasts.telemetry.readings import CleanTelemetry


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
    """Return the weather on the record's steps; never asks the network, never raises for it."""
    raise NotImplementedError
