"""The utility's own outdoor sensor: what was observed, hour by hour, and how it stands now.

Readings of every minute to every hour become means of UTC steps; those that cannot be true are
left out and counted. Only what had been read by `known_by` is seen.
"""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import numpy as np
import xarray as xr

from forecasts.series import LONG_NAMES, UNITS
from forecasts.weather.files import read_text_file
from forecasts.weather.provider import Cause, WeatherUnavailable
from forecasts.weather.run import iso_utc, utc64, utc_datetime
from forecasts.weather.sensor_cleaning import Cleaning, cleaned
from forecasts.weather.sensor_table import parse_sensor_csv
from forecasts.weather.solar import HALF_HOUR, HOUR, Floats, Times
from forecasts.weather.tables import TableFault

NAME = "outdoor_sensor"
DEFAULT_DAYS = 800.0
LONGEST_BRIDGE = np.timedelta64(90, "m")  # between two readings, taken as a straight line
LEAST_SPAN = np.timedelta64(30, "m")  # of the readings within an hour, to stand for all of it
ANOMALY_H = 3.0  # of last readings, so that one gust or cloud is not taken for the air


@dataclass(frozen=True)
class OutdoorSensor:
    """Where the readings are: a CSV; columns are found by their usual names unless named."""

    path: Path
    timezone: str  # IANA zone of times without an offset
    time_column: str = ""
    temperature_column: str = ""


@dataclass(frozen=True)
class Observed:
    """What the sensor has told by `known_by`."""

    hourly: xr.DataArray  # air_temperature (time), °C, mean of the step; nan where there is none
    times: Times  # of the good readings
    temps_c: Floats
    cleaning: Cleaning
    known_by: datetime

    @property
    def last_good_at(self) -> datetime | None:
        """When the last good reading was taken; None without any."""
        return utc_datetime(self.times[-1]) if self.times.size else None

    @property
    def age_h(self) -> float:
        """How old the last good reading is; infinite without any."""
        last = self.last_good_at
        return (self.known_by - last) / timedelta(hours=1) if last else float("inf")


@dataclass(frozen=True)
class Anomaly:
    """How much warmer it is than the forecast says, by the last good readings."""

    anomaly_k: float
    readings: int
    age_h: float  # of the last of them


def observe(
    sensor: OutdoorSensor,
    known_by: datetime,
    reference_c: xr.DataArray | None = None,
    days: float = DEFAULT_DAYS,
) -> Observed:
    """Read a sensor's file: the last `days` before `known_by`, cleaned, as hourly means.

    `reference_c` (time), hourly: a forecast or another sensor, to tell a frozen sensor from still
    weather. Raises WeatherUnavailable (FILE_MISSING, TOO_LARGE, FILE_FAULT) where the file as a
    whole cannot be read; without a single good reading it returns an empty series.
    """
    text = read_text_file(NAME, sensor.path)
    try:
        rows = parse_sensor_csv(
            text, ZoneInfo(sensor.timezone), sensor.time_column, sensor.temperature_column
        )
    except TableFault as fault:
        detail = f"{sensor.path.name}, {fault}"
        raise WeatherUnavailable(NAME, Cause.FILE_FAULT, detail) from fault
    seen = observed_from(rows.times, rows.temps_c, known_by, reference_c, days)
    lost = rows.empty + rows.unreadable
    told = replace(
        seen.cleaning,
        rows=seen.cleaning.rows + lost,
        empty=rows.empty,
        unreadable=rows.unreadable,
    )
    return replace(seen, cleaning=told)


def observed_from(
    times: Times,
    temps_c: Floats,
    known_by: datetime,
    reference_c: xr.DataArray | None = None,
    days: float = DEFAULT_DAYS,
) -> Observed:
    """Return readings (UTC, °C, in the order written) as `observe` does those of a file."""
    now = utc64(known_by)
    known = times <= now
    recent = times >= now - np.timedelta64(int(days * 86_400), "s")
    good_times, good_c, left_out = cleaned(
        times[known & recent], temps_c[known & recent], reference_c
    )
    cleaning = Cleaning(
        rows=int(times.size),
        good=int(good_times.size),
        after_known_by=int((~known).sum()),
        too_old=int((known & ~recent).sum()),
        **left_out,
    )
    hourly = hourly_means(good_times, good_c, known_by)
    return Observed(hourly, good_times, good_c, cleaning, known_by)


def observed_steps(hourly: xr.DataArray, known_by: datetime) -> Observed:
    """Return hourly means of another source (a reanalysis) as if read in the middle of hours."""
    there = hourly.dropna("time")
    count = there.sizes["time"]
    starts: Times = there["time"].values
    times = starts + HALF_HOUR
    return Observed(hourly, times, there.values, Cleaning(rows=count, good=count), known_by)


def hourly_means(times: Times, temps_c: Floats, known_by: datetime) -> xr.DataArray:
    """Return the means of the UTC hours from the first to the last reading, °C on (time).

    `times` rise. The mean of an hour is that of its readings, if there are two or more that span
    half of it; else that of the straight lines between readings at most 90 min apart, which for
    one reading on every full hour is the mean of the hour's two ends. nan for an hour that has
    neither or was not over by `known_by`.
    """
    if times.size == 0:
        return _as_series(np.empty(0, dtype="datetime64[ns]"), np.empty(0))
    hours = times.astype("datetime64[h]").astype("datetime64[ns]")
    starts = np.arange(hours[0], hours[-1] + HOUR, HOUR)
    slot = ((hours - hours[0]) // HOUR).astype(int)
    count = np.bincount(slot, minlength=starts.size)
    total = np.bincount(slot, weights=temps_c, minlength=starts.size)
    first = np.searchsorted(times, starts)
    last = np.searchsorted(times, starts + HOUR) - 1
    clipped = np.minimum(first, times.size - 1)
    spans = (count >= 2) & (times[np.maximum(last, 0)] - times[clipped] >= LEAST_SPAN)
    mean = np.where(spans, total / np.maximum(count, 1), _line_means(times, temps_c, starts))
    over = starts + HOUR <= utc64(known_by)
    return _as_series(starts, np.where(over, mean, np.nan))


def _line_means(times: Times, temps_c: Floats, starts: Times) -> Floats:
    """Return the means of straight lines between readings over the hours; nan across long gaps."""
    at = (times - starts[0]) / HOUR
    lengths = np.diff(at)
    integral = np.concatenate([[0.0], np.cumsum(lengths * (temps_c[1:] + temps_c[:-1]) / 2)])
    edges = np.arange(starts.size + 1, dtype=np.float64)
    before = np.clip(np.searchsorted(at, edges, side="right") - 1, 0, times.size - 1)
    values = np.interp(edges, at, temps_c)
    to_edges = integral[before] + (edges - at[before]) * (temps_c[before] + values) / 2
    means = np.diff(to_edges)
    covered = (edges[:-1] >= at[0]) & (edges[1:] <= at[-1])
    for k in np.flatnonzero(np.diff(times) > LONGEST_BRIDGE):
        covered[int(np.floor(at[k])) : int(np.ceil(at[k + 1]))] = False
    return np.where(covered, means, np.nan)


def _as_series(starts: Times, temps_c: Floats) -> xr.DataArray:
    attrs = {
        "units": UNITS["air_temperature"],
        "long_name": f"observed {LONG_NAMES['air_temperature']}",
        "cell_methods": "time: mean",
    }
    coords = {"time": starts.astype("datetime64[ns]")}
    return xr.DataArray(temps_c, coords, ("time",), "air_temperature", attrs)


def present_anomaly(
    observed: Observed, forecast_c: xr.DataArray, hours: float = ANOMALY_H
) -> Anomaly | None:
    """Return the mean of (reading - forecast) over the last `hours` before `known_by`.

    `forecast_c`: hourly step means on (time), or (member, time) of which the mean is taken; between
    the middles of its steps a straight line is drawn. None without a good reading in these hours,
    or where the forecast does not reach them.
    """
    now = utc64(observed.known_by)
    recent = observed.times > now - np.timedelta64(int(hours * 3600), "s")
    starts: Times = forecast_c["time"].values
    middles = starts + HALF_HOUR
    spoken_of = (observed.times >= middles[0]) & (observed.times <= middles[-1])
    times, temps_c = observed.times[recent & spoken_of], observed.temps_c[recent & spoken_of]
    if times.size == 0:
        return None
    centre = forecast_c.mean("member") if "member" in forecast_c.dims else forecast_c
    from_now_h = np.asarray((middles - now) / HOUR, dtype=np.float64)
    expected_c = np.interp(np.asarray((times - now) / HOUR), from_now_h, centre.values)
    age_h = (observed.known_by - utc_datetime(times[-1])) / timedelta(hours=1)
    return Anomaly(float((temps_c - expected_c).mean()), int(times.size), age_h)


def observed_summary(observed: Observed) -> dict[str, str | int]:
    """Return what a report tells of the sensor: counts by reason, and the last good reading."""
    last = observed.last_good_at
    return vars(observed.cleaning) | {"last_good_at": iso_utc(last) if last else ""}
