"""Stochastic winters: many hourly or daily paths of weather, drawn from a climate.

All paths of a call are drawn in blocks, each variable's draws from a stream of its own, path by
path: path k of a seed is the same however many are asked for and whatever variables are kept.
"""

import zlib
from collections.abc import Iterator, Sequence
from datetime import datetime

import numpy as np
import xarray as xr

from forecasts.series import LONG_NAMES, UNITS
from forecasts.weather.climate.climate import Climate
from forecasts.weather.climate.shocks import Draws
from forecasts.weather.climate.unit_weather import (
    STARTS,
    UnitStart,
    sky_level,
    start_at_level,
    unit_weather,
    usual_start,
)
from forecasts.weather.climate.weather_of_level import (
    clearness_of,
    course_at,
    swing_of,
    temperature_c,
    weather_values,
)
from forecasts.weather.run import hour_starts, iso64
from forecasts.weather.solar import HOUR, Floats, Times

TEMPERATURE = "air_temperature"
ALL_VARIABLES = tuple(UNITS)
_BLOCK = 50  # paths at a time: some 30 MB of work for a winter, whatever the number of paths
_NORMAL = ("system", "season", "sky", "wind", "ripple")


def winter_paths(
    climate: Climate,
    start: datetime,
    end: datetime,
    paths: int,
    seed: int,
    *,
    variables: Sequence[str] = (TEMPERATURE,),
    anomaly_before_k: float | Floats | None = None,
) -> xr.Dataset:
    """Return drawn weather on (path, time), float32, hourly over [start, end) on whole UTC hours.

    `anomaly_before_k`, one value or one a path, is how far the hour before `start` is from the
    normal (K): paths go on from there without a jump and forget it as the climate does. Without
    it each path begins anywhere the climate may be. Raises ValueError for unknown variables, no
    paths, or times that are not on hours.
    """
    unknown = sorted(set(variables) - set(UNITS))
    if unknown or not variables:
        raise ValueError(f"variables are {list(variables)}; choose of {list(UNITS)}.")
    starts = _hours_between(start, end)
    kept = {name: np.empty((paths, starts.size), dtype=np.float32) for name in variables}
    for rows, values in _blocks(climate, starts, paths, seed, anomaly_before_k, variables):
        for name in variables:
            kept[name][rows] = values[name]
    return _dataset(kept, starts, climate, seed)


def daily_paths(
    climate: Climate,
    start: datetime,
    end: datetime,
    paths: int,
    seed: int,
    *,
    anomaly_before_k: float | Floats | None = None,
) -> xr.Dataset:
    """Return the days of `winter_paths` on (path, time): daily mean, minimum and maximum, °C.

    Days are of 24 h from `start`, which is a local midnight where days shall be the calendar's;
    hours at the end that make no whole day are left out. The same paths as the hourly ones.
    """
    starts = _hours_between(start, end)
    days = starts.size // 24
    if days < 1:
        raise ValueError(f"{start} to {end} is no whole day.")
    starts = starts[: 24 * days]
    names = (TEMPERATURE, "daily_min", "daily_max")
    kept = {name: np.empty((paths, days), dtype=np.float32) for name in names}
    for rows, values in _blocks(climate, starts, paths, seed, anomaly_before_k, (TEMPERATURE,)):
        hours = values[TEMPERATURE].reshape(-1, days, 24)
        kept[TEMPERATURE][rows] = hours.mean(axis=2)
        kept["daily_min"][rows] = hours.min(axis=2)
        kept["daily_max"][rows] = hours.max(axis=2)
    return _dataset(kept, starts[::24], climate, seed)


def _hours_between(start: datetime, end: datetime) -> Times:
    hours = (end - start).total_seconds() / 3600
    if hours != int(hours):
        raise ValueError(f"{start} to {end} is no whole number of hours.")
    return hour_starts(start, int(hours))


def _blocks(
    climate: Climate,
    starts: Times,
    paths: int,
    seed: int,
    anomaly_before_k: float | Floats | None,
    variables: Sequence[str],
) -> Iterator[tuple[slice, dict[str, Floats]]]:
    """Yield which paths, and their values, a block at a time."""
    if paths < 1:
        raise ValueError(f"paths is {paths}; at least 1 is drawn.")
    region = zlib.crc32(climate.province.encode())
    streams = {
        name: np.random.default_rng([seed, region, k])
        for k, name in enumerate((*_NORMAL, "front", "start"))
    }
    course = course_at(climate, climate.latitude, climate.longitude, starts)
    before = None
    if anomaly_before_k is not None:
        before = np.broadcast_to(np.asarray(anomaly_before_k, dtype=np.float64), (paths,))
    for first in range(0, paths, _BLOCK):
        rows = slice(first, min(first + _BLOCK, paths))
        shape = (rows.stop - rows.start, starts.size)
        normal = streams["start"].standard_normal((shape[0], STARTS))
        if before is None:
            begin = usual_start(climate, normal)
        else:
            begin = _continued(climate, starts[0], before[rows], normal)
        drawn = {name: streams[name].standard_normal(shape) for name in _NORMAL}
        draws = Draws(**drawn, front=streams["front"].random(shape))
        unit = unit_weather(climate, draws, begin)
        if tuple(variables) == (TEMPERATURE,):
            yield rows, {TEMPERATURE: temperature_c(course, unit)}
        else:
            yield rows, weather_values(course, unit)


def _continued(
    climate: Climate, first: np.datetime64, anomaly_k: Floats, normal: Floats
) -> UnitStart:
    """Return the start whose temperature in the hour before `first` is `anomaly_k` off normal.

    A part of the anomaly is the sky's: a clear night is colder than the mean course of the day.
    The sky of that hour is drawn, and the level made to fit.
    """
    course = course_at(climate, climate.latitude, climate.longitude, np.array([first - HOUR]))
    usual = usual_start(climate, normal)
    guess = course.spread.level(anomaly_k[:, None])[:, 0]
    clearness = clearness_of(course, sky_level(usual, guess)[:, None])
    of_sky = swing_of(course, clearness, usual.wind.level[:, None]) - course.swing_k
    level = course.spread.level(anomaly_k[:, None] - of_sky)[:, 0]
    return start_at_level(climate, level, normal)


def _dataset(
    kept: dict[str, np.ndarray[tuple[int, int], np.dtype[np.float32]]],
    starts: Times,
    climate: Climate,
    seed: int,
) -> xr.Dataset:
    days = {
        "daily_min": {"units": "degC", "long_name": "lowest hour of the day"},
        "daily_max": {"units": "degC", "long_name": "highest hour of the day"},
    }
    said = {name: {"units": UNITS[name], "long_name": LONG_NAMES[name]} for name in UNITS} | days
    paths = next(iter(kept.values())).shape[0]
    return xr.Dataset(
        {name: (("path", "time"), values, said[name]) for name, values in kept.items()},
        coords={"path": np.arange(paths), "time": starts},
        attrs={"climate": climate.city, "seed": seed, "first_hour": iso64(starts[0])},
    )
