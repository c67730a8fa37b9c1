"""Readings far from what was before and from what came after, where no other point felt it.

A front, a restart or a valve that moves is felt by more than one sensor; a disturbed line by one.
Limits are what water and air of a station cannot do (H§6: the return moves within 18 min, all of
it in 100), with room for the noise of the sensor at hand.
"""

from dataclasses import dataclass, replace

import numpy as np

from forecasts.telemetry.cleaning.evidence import Meters, standing
from forecasts.telemetry.cleaning.grid import Grid
from forecasts.telemetry.cleaning.series import Flags, Floats, Series, Station, Times, median
from forecasts.telemetry.points import Point
from forecasts.telemetry.readings import Action, Done

NEIGHBOURS = 3  # readings each side, of which the median counts
NEIGHBOURS_H = 1.5  # at least; or so many spacings that all three are there
ONE_SIDED = 1.5  # times the limit, beside a gap
NOISE_TIMES = 8.0  # the usual spread of the sensor around its neighbours
FELT = 0.4  # of its own limit: another point that says something did happen
NEVER_FELT = 3.0  # times the limit: no water does that within a quarter of an hour
OFTEN_H = 0.26


@dataclass(frozen=True)
class Limit:
    """How far a true reading may stand out: a constant, per hour of spacing, share of the level."""

    least: float
    per_h: float = 0.0
    share: float = 0.0


LIMITS = {
    Point.PRIMARY_SUPPLY_TEMP: Limit(6.0, 12.0),
    Point.PRIMARY_RETURN_TEMP: Limit(5.0, 10.0),
    Point.SECONDARY_SUPPLY_TEMP: Limit(4.0, 8.0),
    Point.SECONDARY_RETURN_TEMP: Limit(3.0, 6.0),
    Point.PRIMARY_SUPPLY_PRESSURE: Limit(0.15, 0.0, 0.3),
    Point.PRIMARY_RETURN_PRESSURE: Limit(0.1, 0.0, 0.3),
    Point.SECONDARY_SUPPLY_PRESSURE: Limit(0.1, 0.0, 0.3),
    Point.SECONDARY_RETURN_PRESSURE: Limit(0.1, 0.0, 0.3),
    Point.PRIMARY_FLOW: Limit(2.0, 0.0, 0.6),
    Point.SECONDARY_FLOW: Limit(5.0, 0.0, 0.5),
    Point.HEAT_RATE: Limit(0.5, 0.0, 1.0),
    Point.OUTDOOR_TEMP: Limit(4.0, 2.0),
    Point.ROOM_TEMP: Limit(2.5, 2.0),
}
_WATER = (
    *(Point.PRIMARY_SUPPLY_TEMP, Point.PRIMARY_RETURN_TEMP),
    *(Point.SECONDARY_SUPPLY_TEMP, Point.SECONDARY_RETURN_TEMP),
)
# What stands still by itself and yet explains a jump of the others.
_CAUSES = {Point.VALVE: Limit(5.0), Point.PUMP: Limit(3.0)}


def without_spikes(meters: Meters, grid: Grid) -> tuple[Meters, list[Done]]:
    """Leave out the spikes of all points of a station but rooms; `grid` has hourly steps.

    In a station that stands, starts or stops, cold and warm plugs of water pass the sensors.
    """
    station = meters.station
    calm = standing(meters, grid)
    calm |= np.roll(calm, 1) | np.roll(calm, -1)
    away = {
        point: excess(series, limit)
        for point, limit in (LIMITS | _CAUSES).items()
        if (series := station.points.get(point)) is not None and series.times.size > 1
    }
    empty_frames = _empty_frames(station, away)
    changed: dict[Point, Series] = {}
    did: list[Done] = []
    for point, ratio in away.items():
        if point in _CAUSES or not (np.abs(ratio) > 1.0).any():
            continue
        series = station.points[point]
        spike = _unfelt(station, away, point)
        if point in _WATER:
            hour = ((series.hours - grid.edges_h[0]) / grid.step_h).astype(int)
            spike &= ~calm[np.clip(hour, 0, calm.size - 1)]
        if empty_frames.size:
            in_frame = np.isin(series.times, empty_frames) & (series.values == 0.0)
            spike |= in_frame & (np.abs(ratio) > 1.0)
        if spike.any():
            changed[point] = series.keep(~spike)
            worst = float(series.values[spike][np.argmax(np.abs(ratio[spike]))])
            did.append(series.done(Action.SPIKE, spike, f"worst {worst:g}"))
    return replace(meters, station=station.with_points(changed)), did


def without_room_spikes(series: Series) -> tuple[Series, list[Done]]:
    """The same for one room, which has nobody beside it."""
    if series.times.size < 2:
        return series, []
    spike = np.abs(excess(series, LIMITS[Point.ROOM_TEMP])) > 1.0
    return series.keep(~spike), [series.done(Action.SPIKE, spike)] if spike.any() else []


def excess(series: Series, limit: Limit) -> Floats:
    """How far each reading stands out on both sides, over what is allowed; 0 if between both."""
    before = _median_before(series.hours, series.values, series.spacing_h)
    after = _median_before(-series.hours[::-1], series.values[::-1], series.spacing_h)[::-1]
    up, down = series.values - before, series.values - after
    one_sided = np.isnan(up) | np.isnan(down)
    with np.errstate(invalid="ignore"):
        nearest = np.where(np.abs(up) <= np.abs(down), up, down)
    nearest = np.where(np.isnan(up), down, np.where(np.isnan(down), up, nearest))
    between = ~one_sided & (np.sign(up) != np.sign(down))
    nearest = np.where(between | np.isnan(nearest), 0.0, nearest)
    level = median(np.abs(series.values))
    spread = 1.4826 * median(np.abs(nearest))
    allowed = max(
        limit.least + limit.per_h * min(series.spacing_h, 1.0),
        limit.share * level,
        NOISE_TIMES * spread,
    )
    return np.asarray(nearest / (allowed * np.where(one_sided, ONE_SIDED, 1.0)))


def _median_before(hours: Floats, values: Floats, spacing_h: float) -> Floats:
    """Median of up to three readings before each, NaN where none is near."""
    window_h = max(NEIGHBOURS_H, (NEIGHBOURS + 0.2) * spacing_h)
    stack = np.full((NEIGHBOURS, values.size), np.nan)
    for back in range(1, NEIGHBOURS + 1):
        near = hours[back:] - hours[:-back] <= window_h
        stack[back - 1, back:] = np.where(near, values[:-back], np.nan)
    stack.sort(axis=0)  # NaN goes last
    known = np.isfinite(stack).sum(axis=0)
    two = np.where(known == 2, (stack[0] + stack[1]) / 2, stack[0])
    return np.asarray(np.where(known == 3, stack[1], two))


def _empty_frames(station: Station, away: dict[Point, Floats]) -> Times:
    """Times at which water that was warm reads 0 °C: a frame of zeros, whatever the point."""
    times = [
        station.points[point].times[(station.points[point].values == 0.0) & (away[point] < -1.0)]
        for point in _WATER
        if point in away
    ]
    return np.concatenate(times) if times else np.array([], dtype="datetime64[ns]")


def _unfelt(station: Station, away: dict[Point, Floats], point: Point) -> Flags:
    """The readings beyond their limit that no other point of the station felt."""
    series, ratio = station.points[point], away[point]
    rows = np.flatnonzero(np.abs(ratio) > 1.0)
    felt = np.zeros(rows.size, dtype=bool)
    for other, other_ratio in away.items():
        if other is not point:
            felt |= _peak_near(station.points[other], other_ratio, series.hours[rows]) > FELT
    value, far = series.values[rows], np.abs(ratio[rows])
    if point in _WATER:
        felt &= value != 0.0  # no temperature of water that was warm before
        felt &= ~((far > NEVER_FELT) & (series.spacing_h <= OFTEN_H))
    spike = np.zeros(series.times.size, dtype=bool)
    spike[rows[~felt]] = True
    return spike


def _peak_near(series: Series, ratio: Floats, hours: Floats) -> Floats:
    """How far `series` stands out at the readings nearest to `hours`."""
    row = np.searchsorted(series.hours, hours)
    low, high = np.maximum(row - 1, 0), np.minimum(row, series.times.size - 1)
    best = np.zeros(hours.size)
    for candidate in (low, high):
        near = np.abs(series.hours[candidate] - hours) <= 0.51 * series.spacing_h
        best = np.maximum(best, np.where(near, np.abs(ratio[candidate]), 0.0))
    return best
