"""Readings of one sensor as arrays, those of one station together, and what all faults ask of them.

Times are UTC datetime64[ns] and rise; faults take a station and return it anew with what they did.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import cached_property
from itertools import pairwise

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from forecasts.telemetry.points import Point
from forecasts.telemetry.readings import Action, Done

Floats = NDArray[np.float64]
Times = NDArray[np.datetime64]
Flags = NDArray[np.bool_]
Ints = NDArray[np.intp]

HOUR_NS = 3_600_000_000_000
WATER_KJ_PER_KGK = 4.187
KW_PER_GJ_PER_H = 1e6 / 3600.0
LEAST_HOLD_H = 0.5  # how long a reading stands for, where readings are frequent
HOLD_SPACINGS = 2.0
_USUAL_SPACING_H = 0.25  # where one reading does not tell


@dataclass(frozen=True)
class Series:
    """Readings of one sensor: `times` and `values` are (reading,)."""

    id: str
    point: Point
    sensor: str
    times: Times
    values: Floats

    @cached_property
    def hours(self) -> Floats:
        """Times as hours since 1970."""
        return np.asarray(self.times.astype("datetime64[ns]").astype(np.int64) / HOUR_NS)

    @cached_property
    def spacing_h(self) -> float:
        """Usual time between readings, h."""
        if self.times.size < 2:
            return _USUAL_SPACING_H
        return max(median(np.diff(self.hours)), 1e-4)

    @property
    def hold_h(self) -> float:
        """How long a reading stands for when nothing follows it, h."""
        return max(HOLD_SPACINGS * self.spacing_h, LEAST_HOLD_H)

    @cached_property
    def means_of_grid(self) -> dict[tuple[int, int, float], Floats]:
        """Means of steps worked out last, by first step, number and length (`grid.py` fills it)."""
        return {}

    @cached_property
    def digit(self) -> float:
        """The smallest change that is common among the readings: their resolution; 0 if none."""
        steps = np.abs(np.diff(self.values))
        steps = steps[steps > 1e-9]
        return float(np.quantile(steps, 0.02)) if steps.size else 0.0

    def keep(self, good: Flags) -> "Series":
        """The readings that are good."""
        return (
            self if bool(good.all()) else replace_arrays(self, self.times[good], self.values[good])
        )

    def at(self, hours: Floats) -> Floats:
        """The reading that stands at each of `hours`, NaN where none does."""
        if self.times.size == 0:
            return np.full(hours.size, np.nan)
        if hours.size == self.hours.size and np.array_equal(hours, self.hours):
            return self.values
        row = np.searchsorted(self.hours, hours + 1e-9, side="right") - 1
        held = np.maximum(row, 0)
        stands = (row >= 0) & (hours - self.hours[held] <= self.hold_h)
        return np.where(stands, self.values[held], np.nan)

    def done(self, action: Action, which: Flags, detail: str = "") -> Done:
        """What was done to the readings `which`, of which there is at least one."""
        rows = np.flatnonzero(which)
        return self.did(action, rows.size, int(rows[0]), int(rows[-1]), detail)

    def did(self, action: Action, readings: int, first: int, last: int, detail: str = "") -> Done:
        """What was done between the readings `first` and `last`."""
        name = f"{self.point}:{self.sensor}" if self.sensor else str(self.point)
        begin, end = moment(self.times[first]), moment(self.times[last])
        return Done(self.id, name, action, readings, begin, end, detail)


@dataclass(frozen=True)
class Station:
    """All that is read under one id: loop, station, source or network."""

    id: str
    points: Mapping[Point, Series]
    rooms: tuple[Series, ...] = ()

    def with_points(self, changed: Mapping[Point, Series]) -> "Station":
        """The same with some series new."""
        return replace(self, points={**self.points, **changed})


def median(values: Floats) -> float:
    """Median of at least one finite value; np.median takes five times as long on a month's."""
    middle = values.size // 2
    if values.size % 2:
        return float(np.partition(values, middle)[middle])
    low, high = np.partition(values, (middle - 1, middle))[middle - 1 : middle + 1]
    return float((low + high) / 2.0)


def replace_arrays(series: Series, times: Times, values: Floats) -> Series:
    """The same sensor with other readings."""
    return Series(series.id, series.point, series.sensor, times, values)


def moment(time: np.datetime64) -> datetime:
    """An aware datetime of a UTC datetime64."""
    return datetime.fromtimestamp(int(time.astype("datetime64[s]").astype(np.int64)), UTC)


def stations_of(readings: pd.DataFrame) -> list[Station]:
    """Split readings (`COLUMNS`) into stations, in order of id; times rise, doubles stay in order.

    Of a point other than rooms that has several sensors the first is taken.
    """
    if readings.empty:
        return []
    ids, id_names = pd.factorize(readings["id"], sort=True)
    points, point_names = pd.factorize(readings["point"], sort=True)
    sensors, sensor_names = pd.factorize(readings["sensor"], sort=True)
    key = (ids * len(point_names) + points) * len(sensor_names) + sensors
    times = pd.DatetimeIndex(readings["time"]).tz_convert("UTC").tz_localize(None)
    stamp = times.to_numpy().astype("datetime64[ns]")
    values = readings["value"].to_numpy(dtype=np.float64)
    rises = (np.diff(key) > 0) | ((np.diff(key) == 0) & (np.diff(stamp) >= np.timedelta64(0)))
    if not bool(rises.all()):
        order = np.lexsort((stamp, key))
        key, stamp, values = key[order], stamp[order], values[order]
    edges = np.concatenate([[0], np.flatnonzero(np.diff(key)) + 1, [key.size]])
    stations: dict[str, tuple[dict[Point, Series], list[Series]]] = {}
    for first, last in pairwise(edges):
        rest, sensor = divmod(int(key[first]), len(sensor_names))
        id_code, point_code = divmod(rest, len(point_names))
        name, point = str(id_names[id_code]), Point(point_names[point_code])
        one = Series(name, point, str(sensor_names[sensor]), stamp[first:last], values[first:last])
        own, rooms = stations.setdefault(name, ({}, []))
        if point is Point.ROOM_TEMP:
            rooms.append(one)
        else:
            own.setdefault(point, one)
    return [Station(name, own, tuple(rooms)) for name, (own, rooms) in stations.items()]


def stretches(flags: Flags) -> list[tuple[int, int]]:
    """First and last row of every run of true."""
    padded = np.concatenate([[False], flags, [False]]).astype(np.int8)
    change = np.diff(padded)
    return list(
        zip(
            np.flatnonzero(change == 1).tolist(),
            (np.flatnonzero(change == -1) - 1).tolist(),
            strict=True,
        )
    )


def joined(flags: Flags, hours: Floats, apart_h: float) -> Flags:
    """Runs of true with less than `apart_h` between them made one."""
    out = flags.copy()
    runs = stretches(flags)
    for (_, end), (begin, _) in pairwise(runs):
        if hours[begin] - hours[end] <= apart_h:
            out[end:begin] = True
    return out
