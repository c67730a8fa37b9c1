"""A climate in the figures that heating people know: heating days, cold waves, the coldest day.

Winters are drawn from the climate; figures differ from winter to winter, so each is told by its
median and by what one winter in ten stays below and above.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import numpy as np

from forecasts.weather.climate.annual import annual_course
from forecasts.weather.climate.climate import Climate
from forecasts.weather.climate.paths import TEMPERATURE, daily_paths
from forecasts.weather.climate.spells import (
    HeatingDays,
    cold_waves,
    degree_hours,
    heating_days,
)
from forecasts.weather.solar import Floats

BASE_C = 18.0
HOURS_PER_DAY = 24
WINTERS, SEED = 200, 4


@dataclass(frozen=True)
class Range:
    """The median of drawn winters, and the figures that one in ten lies below and above."""

    low: float
    median: float
    high: float


@dataclass(frozen=True)
class WinterFigures:
    """What heating seasons of a climate are like."""

    days: int
    mean_c: Range
    coldest_day_c: Range  # of the daily means
    coldest_hour_c: Range
    cold_waves: Range  # a season, by H§2
    degree_hours: Range  # K·h under 18 °C, of daily means
    up_to_5: HeatingDays  # N5 and T5 of H§2, on the course of the year
    up_to_8: HeatingDays
    duration_c: tuple[Floats, Floats, Floats]  # of the n-th coldest day: low, median, high; (day,)


def winter_figures(
    climate: Climate, first: datetime, days: int, winters: int = WINTERS, seed: int = SEED
) -> WinterFigures:
    """Return the figures of seasons of `days` from local midnight `first` (aware, whole hour)."""
    start = first.astimezone(UTC)
    drawn = daily_paths(climate, start, start + timedelta(days=days), winters, seed)
    mean = np.asarray(drawn[TEMPERATURE].values, dtype=np.float64)
    low = np.asarray(drawn["daily_min"].values, dtype=np.float64)
    year = np.arange("2001-01-01T12", "2002-01-01T12", 24, dtype="datetime64[h]")
    course = annual_course(climate.mean_c, year.astype("datetime64[ns]"))
    coldest_first = np.sort(mean, axis=1)
    ordered = np.quantile(coldest_first, (0.1, 0.5, 0.9), axis=0)
    return WinterFigures(
        days=days,
        mean_c=_range(mean.mean(axis=1)),
        coldest_day_c=_range(mean.min(axis=1)),
        coldest_hour_c=_range(low.min(axis=1)),
        cold_waves=_range(cold_waves(low).astype(np.float64)),
        degree_hours=_range(degree_hours(mean, BASE_C) * HOURS_PER_DAY),
        up_to_5=heating_days(course, 5.0),
        up_to_8=heating_days(course, 8.0),
        duration_c=(ordered[0], ordered[1], ordered[2]),
    )


def _range(values: Floats | Sequence[float]) -> Range:
    low, median, high = np.quantile(values, (0.1, 0.5, 0.9))
    return Range(float(low), float(median), float(high))
