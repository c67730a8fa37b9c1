"""Unit slips that a reading alone betrays: 523 is 52.3 °C, 4.1 is bar, a valve at 0.62 is 62 %.

A stretch out of what the point can be is scaled by a factor that is known to happen, where every
reading of it then lies in the usual range (H§12, widened for mild days and standing stations), and
no other factor does as well.
"""

from dataclasses import dataclass

import numpy as np

from forecasts.telemetry.cleaning.series import Flags, Series, Station, joined, stretches
from forecasts.telemetry.points import TRAITS, Point
from forecasts.telemetry.readings import Action, Done

LEAST_READINGS = 4
LEAST_H = 1.0
FITS_SHARE = 0.95  # of the readings of a stretch in the usual range once scaled
APART_H = 2.0  # good readings between two slips for less than this belong to them
LEVEL_RATIO = 1.6  # scaled stretch over the good readings of the same sensor
VALVE_FULL = 1.0
_TEMPERATURE = (0.1, 0.01, 0.001)
_PRESSURE = (0.1, 0.001, 0.0098, 1e-6)  # bar, kPa, metres of water, Pa
_PUMP = (0.1, 0.01)


@dataclass(frozen=True)
class Usual:
    """Where a point usually lies, and the factors by which it is written wrongly."""

    low: float
    high: float
    factors: tuple[float, ...]


USUAL = {
    Point.PRIMARY_SUPPLY_TEMP: Usual(15.0, 135.0, _TEMPERATURE),
    Point.PRIMARY_RETURN_TEMP: Usual(12.0, 85.0, _TEMPERATURE),
    Point.SECONDARY_SUPPLY_TEMP: Usual(12.0, 90.0, _TEMPERATURE),
    Point.SECONDARY_RETURN_TEMP: Usual(11.5, 75.0, _TEMPERATURE),
    Point.PRIMARY_SUPPLY_PRESSURE: Usual(0.15, 2.0, _PRESSURE),
    Point.PRIMARY_RETURN_PRESSURE: Usual(0.1, 1.6, _PRESSURE),
    Point.SECONDARY_SUPPLY_PRESSURE: Usual(0.1, 1.6, _PRESSURE),
    Point.SECONDARY_RETURN_PRESSURE: Usual(0.05, 1.3, _PRESSURE),
    Point.ROOM_TEMP: Usual(5.0, 32.0, _TEMPERATURE),
    Point.PUMP: Usual(15.0, 52.0, _PUMP),
    Point.SUPPLY_SETPOINT: Usual(20.0, 90.0, _TEMPERATURE),
}
# Return over supply of one pair, where the return is in bar but below what is out of range.
_PRESSURE_PAIRS = (
    (Point.PRIMARY_SUPPLY_PRESSURE, Point.PRIMARY_RETURN_PRESSURE),
    (Point.SECONDARY_SUPPLY_PRESSURE, Point.SECONDARY_RETURN_PRESSURE),
)
IN_BAR_RATIO = 2.5


def units_by_range(series: Series) -> tuple[Series, list[Done]]:
    """Put right the stretches of one sensor that are far out of range by a known factor."""
    usual = USUAL.get(series.point)
    if usual is None or series.times.size < LEAST_READINGS:
        return series, []
    above = series.values > TRAITS[series.point].high
    if not above.any():
        return series, []
    # A negative or zero reading inside is a matter of its own.
    too_high = joined(above, series.hours, APART_H) & (series.values > usual.high)
    values, did = series.values.copy(), []
    good = ~above & (series.values >= usual.low) & (series.values <= usual.high)
    level = float(np.median(series.values[good])) if good.sum() >= LEAST_READINGS else None
    for first, last in _long_enough(series, too_high):
        rows = slice(first, last + 1)
        factor = _factor(series.values[rows][too_high[rows]], usual, level)
        if factor is not None:
            which = np.zeros(values.size, dtype=bool)
            which[rows] = too_high[rows]
            values[which] *= factor
            did.append(series.done(Action.UNIT_SLIP, which, f"factor {factor:g}"))
    return _with(series, values), did


def _long_enough(series: Series, flags: Flags) -> list[tuple[int, int]]:
    runs = stretches(joined(flags, series.hours, APART_H))
    hours = series.hours
    return [
        (first, last)
        for first, last in runs
        if last - first + 1 >= LEAST_READINGS and hours[last] - hours[first] >= LEAST_H * 0.99
    ]


def _factor(values: np.ndarray, usual: Usual, level: float | None) -> float | None:
    """The one factor that brings `values` into the usual range and near the sensor's level."""
    fits = []
    for factor in usual.factors:
        scaled = values * factor
        share = float(((scaled >= usual.low) & (scaled <= usual.high)).mean())
        near = 1.0
        if level is not None:
            near = max(float(np.median(scaled)) / level, level / float(np.median(scaled)))
        if share >= FITS_SHARE and near <= LEVEL_RATIO:
            fits.append((near, factor))
    return min(fits)[1] if fits else None


def units_by_pair(station: Station) -> tuple[Station, list[Done]]:
    """Return pressures in bar that no range betrays: 2.5 to 12 times the supply all the time."""
    changed: dict[Point, Series] = {}
    did: list[Done] = []
    for supply_point, return_point in _PRESSURE_PAIRS:
        supply, back = station.points.get(supply_point), station.points.get(return_point)
        if supply is None or back is None or back.times.size < LEAST_READINGS:
            continue
        beside = supply.at(back.hours)
        with np.errstate(invalid="ignore", divide="ignore"):
            ratio = back.values / beside
        usual = USUAL[return_point]
        scaled = back.values * 0.1
        bar = (
            (ratio > IN_BAR_RATIO)
            & (scaled >= usual.low)
            & (scaled <= np.minimum(beside, usual.high))
        )
        for first, last in _long_enough(back, bar):
            which = np.zeros(bar.size, dtype=bool)
            which[first : last + 1] = bar[first : last + 1]
            values = np.where(which, scaled, changed.get(return_point, back).values)
            changed[return_point] = _with(back, values)
            did.append(back.done(Action.UNIT_SLIP, which, "factor 0.1"))
    return station.with_points(changed), did


def valve_as_share(station: Station) -> tuple[Station, list[Done]]:
    """A valve written as 0–1: never above one while it moves by less than whole per cent.

    A valve that is shut, or that leaks at its stop, shows one or a few values; a share shows many.
    """
    valve = station.points.get(Point.VALVE)
    if valve is None or valve.times.size < LEAST_READINGS:
        return station, []
    share = (valve.values > 0.02) & (valve.values <= VALVE_FULL)
    below = valve.values <= VALVE_FULL
    values, did = valve.values.copy(), []
    open_level = valve.values[valve.values > VALVE_FULL]
    for first, last in stretches(below):
        rows = slice(first, last + 1)
        inside = valve.values[rows][share[rows]]
        if not _is_share(inside, open_level, last - first + 1 == below.size):
            continue
        if valve.hours[last] - valve.hours[first] < LEAST_H:
            continue
        which = np.zeros(values.size, dtype=bool)
        which[rows] = True
        values[which] *= 100.0
        did.append(valve.done(Action.UNIT_SLIP, which, "factor 100"))
    return station.with_points({Point.VALVE: _with(valve, values)}) if did else station, did


def _is_share(inside: np.ndarray, open_level: np.ndarray, whole: bool) -> bool:
    if inside.size < LEAST_READINGS or float(np.median(inside)) < 0.08:
        return False
    if whole:  # one value says nothing: a valve held at 1 %
        return np.unique(inside.round(3)).size > 3
    ratio = float(np.median(inside)) * 100.0 / float(np.median(open_level))
    return 1.0 / LEVEL_RATIO < ratio < LEVEL_RATIO


def _with(series: Series, values: np.ndarray) -> Series:
    return Series(series.id, series.point, series.sensor, series.times, values)
