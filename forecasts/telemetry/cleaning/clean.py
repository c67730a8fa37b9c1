"""Readings in, record out: what is done to telemetry, in which order (H§12).

Units first, or their slips would be out of range; then what is wrong with one sensor by itself,
then what only others can tell; clocks when values can be trusted; steps last.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime

import numpy as np
import pandas as pd
import xarray as xr

from forecasts.telemetry.cleaning.clock import clock_offsets, shifted, shifted_done
from forecasts.telemetry.cleaning.counters import Counted, counted
from forecasts.telemetry.cleaning.evidence import Meters
from forecasts.telemetry.cleaning.flows import without_false_zeros
from forecasts.telemetry.cleaning.frozen import without_frozen
from forecasts.telemetry.cleaning.grid import Grid, grid_of, mean_of_steps, power_of_steps
from forecasts.telemetry.cleaning.heat import heat_of_steps, meters_compared
from forecasts.telemetry.cleaning.pairs import returns_above_supply
from forecasts.telemetry.cleaning.quality import good_share, online_share
from forecasts.telemetry.cleaning.ranges import balanced_within_range, within_range, written_once
from forecasts.telemetry.cleaning.rooms import clean_rooms, rooms_of_steps
from forecasts.telemetry.cleaning.series import Floats, Series, Station, replace_arrays, stations_of
from forecasts.telemetry.cleaning.spikes import without_spikes
from forecasts.telemetry.cleaning.units_by_balance import units_by_balance
from forecasts.telemetry.cleaning.units_by_range import (
    units_by_pair,
    units_by_range,
    valve_as_share,
)
from forecasts.telemetry.points import TRAITS, Point
from forecasts.telemetry.readings import CleanTelemetry, Done

_JOINED = {Point.HEAT_RATE, Point.HEAT_TOTAL, Point.POWER_TOTAL, Point.ROOM_TEMP}
_JUDGES = (
    units_by_balance,
    balanced_within_range,
    without_spikes,
    returns_above_supply,
    without_false_zeros,
    without_frozen,
)
_OWN_UNITS = {
    "heat": "kW",
    "heat_basis": "1",
    "room_t": "degC",
    "room_t_p10": "degC",
    "room_sensors": "1",
    "power": "kW",
}


@dataclass(frozen=True)
class _Cleaned:
    """One station on the way."""

    meters: Meters
    readings: int
    online: float
    done: list[Done]


def clean(
    readings: pd.DataFrame,
    step_h: float,
    start: datetime,
    end: datetime,
    outdoor_reference_c: xr.DataArray | None = None,
) -> CleanTelemetry:
    """Clean readings (`COLUMNS`) into the record of [start, end) on steps of `step_h` hours.

    `start` and `end` are aware; readings outside help to judge those inside. Clocks are held
    against `outdoor_reference_c` (time), °C, regular step means on UTC starts; without it against
    the network's own sensor, or the median of the stations. Raises ValueError where no step fits.
    """
    grid = grid_of(start, end, step_h)
    cleaned = [_station(station, grid) for station in stations_of(readings)]
    offsets, told = clock_offsets([one.meters.station for one in cleaned], outdoor_reference_c)
    cleaned = [_clock_put_right(one, offsets, told) for one in cleaned]
    columns: dict[str, list[tuple[int, Floats]]] = {}
    done: list[Done] = []
    for row, one in enumerate(cleaned):
        for name, values in _steps(one.meters, grid).items():
            columns.setdefault(name, []).append((row, values))
        done += [*one.done, *meters_compared(one.meters, grid)]
    done.sort(key=lambda one: (one.id, one.point, one.first, one.action))
    return CleanTelemetry(_record(cleaned, columns, grid), tuple(done))


def _station(station: Station, grid: Grid) -> _Cleaned:
    """Everything that a station alone can tell."""
    count = sum(one.times.size for one in (*station.points.values(), *station.rooms))
    online = online_share(station, grid)
    did: list[Done] = []
    points = {point: _by_itself(series, did) for point, series in station.points.items()}
    rooms = tuple(_by_itself(series, did) for series in station.rooms)
    station = Station(station.id, points, rooms)
    for judge in (units_by_pair, valve_as_share):
        station, more = judge(station)
        did += more
    counters: dict[Point, Counted] = {}
    for point in (Point.HEAT_TOTAL, Point.POWER_TOTAL):
        if point in points and points[point].times.size > 1:
            counters[point], more = counted(points[point])
            did += more
    meters = Meters(station, counters)
    whole = _hourly(station)
    if whole is not None:
        for judge_all in _JUDGES:
            meters, more = judge_all(meters, whole)
            did += more
        rooms, more = clean_rooms(rooms, whole)
        did += more
        meters = replace(meters, station=replace(meters.station, rooms=rooms))
    return _Cleaned(meters, count, online, did)


def _by_itself(series: Series, did: list[Done]) -> Series:
    """What one sensor alone can tell; adds to `did`."""
    for judge in (written_once, units_by_range, within_range):
        series, more = judge(series)
        did += more
    return series


def _hourly(station: Station) -> Grid | None:
    """Whole hours over all readings of a station, or None without any."""
    series = [one for one in (*station.points.values(), *station.rooms) if one.times.size]
    if not series:
        return None
    first = pd.Timestamp(min(one.times[0] for one in series)).floor("h").tz_localize("UTC")
    last = pd.Timestamp(max(one.times[-1] for one in series)).floor("h").tz_localize("UTC")
    end = last + pd.Timedelta(hours=1)
    return grid_of(first.to_pydatetime(), end.to_pydatetime(), 1.0)


def _clock_put_right(one: _Cleaned, offsets: Mapping[str, float], told: list[Done]) -> _Cleaned:
    name = one.meters.station.id
    own = [done for done in told if done.id == name]
    if name not in offsets:
        return replace(one, done=[*one.done, *own])
    hours = offsets[name]
    counters = {
        point: replace(counter, series=_later(counter.series, hours))
        for point, counter in one.meters.counters.items()
    }
    meters = Meters(shifted(one.meters.station, hours), counters)
    done = [shifted_done(done, hours) for done in [*one.done, *own]]
    return replace(one, meters=meters, done=done)


def _later(series: Series, hours: float) -> Series:
    step = np.timedelta64(round(hours * 3600.0), "s")
    return replace_arrays(series, series.times + step, series.values)


def _steps(meters: Meters, grid: Grid) -> dict[str, Floats]:
    """All variables of one station, (step,) each."""
    station = meters.station
    out = {
        str(point): mean_of_steps(series, grid)
        for point, series in station.points.items()
        if point not in _JOINED
    }
    out["heat"], out["heat_basis"] = heat_of_steps(meters, grid)
    if Point.POWER_TOTAL in meters.counters:
        out["power"] = power_of_steps(meters.counters[Point.POWER_TOTAL], grid)
    if station.rooms:
        names = ("room_t", "room_t_p10", "room_sensors")
        out |= dict(zip(names, rooms_of_steps(station.rooms, grid), strict=True))
    return out


def _record(
    cleaned: list[_Cleaned], columns: Mapping[str, list[tuple[int, Floats]]], grid: Grid
) -> xr.Dataset:
    """Join the stations into one Dataset on (id, time)."""
    shape = (len(cleaned), grid.times.size)
    record = xr.Dataset(
        coords={"id": [one.meters.station.id for one in cleaned], "time": grid.times},
        attrs={"step_h": grid.step_h},
    )
    units = {str(point): trait.unit for point, trait in TRAITS.items()} | _OWN_UNITS
    for name in sorted(columns):
        table = np.full(shape, 0.0 if name in ("heat_basis", "room_sensors") else np.nan)
        for row, values in columns[name]:
            table[row] = values
        record[name] = (("id", "time"), table, {"units": units[name]})
    for name in ("heat_basis", "room_sensors"):
        if name in record:
            record[name] = record[name].astype(np.int8 if name == "heat_basis" else np.int32)
    record["readings"] = ("id", np.array([one.readings for one in cleaned], dtype=np.int64))
    shares = [good_share(one.readings, one.done) for one in cleaned]
    record["good_share"] = ("id", np.array(shares, dtype=np.float64))
    record["online_share"] = ("id", np.array([one.online for one in cleaned], dtype=np.float64))
    return record
