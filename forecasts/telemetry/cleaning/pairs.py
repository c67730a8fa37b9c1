"""Return warmer than supply: single readings are left out, a swapped pair is put right.

Heat flows from supply to return or not at all. In a station that stands both sensors drift to the
temperature around them, and which one ends higher says nothing: such hours are left alone.
"""

from dataclasses import dataclass, replace

import numpy as np

from forecasts.telemetry.cleaning.evidence import FLOW_OF, PAIR_OF, SENSOR_K, Meters, heat_kw
from forecasts.telemetry.cleaning.grid import Grid, mean_of_steps
from forecasts.telemetry.cleaning.series import (
    WATER_KJ_PER_KGK,
    Flags,
    Floats,
    Series,
    joined,
    median,
    stretches,
)
from forecasts.telemetry.points import Point
from forecasts.telemetry.readings import Action, Done, HeatBasis

SWAPPED_LEAST_H = 8.0
SWAPPED_ALONE_H = 24.0  # with nothing but the pair itself to go by
SWAPPED_SHARE = 0.8  # of the hours with heat, in which the return is the warmer one
IDLE_SHARE = 0.03  # of the usual heat, flow
BALANCE = 1.6  # heat by the turned pair over heat by the meter, at most, either way
PUMP_RUNS_HZ = 5.0  # H§6
_PRIMARY = HeatBasis.PRIMARY_FLOW
_SECONDARY = HeatBasis.SECONDARY_FLOW


@dataclass(frozen=True)
class _Hours:
    """A pair hour by hour, (step,)."""

    drop_k: Floats  # supply − return as labelled
    active: Flags  # heat is known to flow
    idle: Flags  # heat is known not to flow
    heat_kw: Floats  # by another meter, NaN where none
    tph: Floats  # of the pair's own flow


def returns_above_supply(meters: Meters, grid: Grid) -> tuple[Meters, list[Done]]:
    """Judge both pairs of a station; `grid` has hourly steps over all readings."""
    did: list[Done] = []
    for basis, (supply, back) in PAIR_OF.items():
        points = meters.station.points
        if supply not in points or back not in points or points[supply].times.size == 0:
            continue
        if points[back].times.size == 0:
            continue
        hours = _hours(meters, basis, grid)
        for first, last, detail in _swapped(meters, basis, hours, grid):
            span = (float(grid.edges_h[first]), float(grid.edges_h[last + 1]))
            meters, one = _turn(meters, basis, span, detail)
            did += one
        if did:
            hours = _hours(meters, basis, grid)
        meters, one = _single(meters, basis, hours, grid)
        did += one
    return meters, did


def _hours(meters: Meters, basis: HeatBasis, grid: Grid) -> _Hours:
    points = meters.station.points
    supply, back = PAIR_OF[basis]
    drop_k = mean_of_steps(points[supply], grid) - mean_of_steps(points[back], grid)
    nothing = np.full(drop_k.size, np.nan)
    flow = points.get(FLOW_OF[basis])
    tph = nothing if flow is None else mean_of_steps(flow, grid)
    heats = heat_kw(meters, grid, either_way=True)
    other = nothing
    for name in (HeatBasis.COUNTER, HeatBasis.RATE, _SECONDARY, _PRIMARY):
        if name is not basis and name in heats:
            other = np.where(np.isnan(other), heats[name], other)
    active, idle = _above(other), _below(other)
    standing = _below(tph) | (np.nan_to_num(tph, nan=1.0) == 0.0)
    if basis is _SECONDARY and Point.PUMP in points:
        standing |= mean_of_steps(points[Point.PUMP], grid) <= PUMP_RUNS_HZ
    unknown = ~active & ~idle
    active |= unknown & _above(tph) & ~standing & (basis is _PRIMARY)
    return _Hours(drop_k, active & ~standing, idle | standing, other, tph)


def _usual(values: Floats) -> float:
    known = values[np.isfinite(values) & (values > 0)]
    return median(known) if known.size else np.nan


def _above(values: Floats) -> Flags:
    with np.errstate(invalid="ignore"):
        return np.asarray(values > IDLE_SHARE * _usual(values))


def _below(values: Floats) -> Flags:
    with np.errstate(invalid="ignore"):
        return np.asarray((values <= IDLE_SHARE * _usual(values)) | (values == 0.0))


def _swapped(
    meters: Meters, basis: HeatBasis, hours: _Hours, grid: Grid
) -> list[tuple[int, int, str]]:
    """Stretches of hours whose labels are turned, with the evidence."""
    warmer = hours.drop_k < -SENSOR_K
    with np.errstate(invalid="ignore"):
        right = hours.drop_k > SENSOR_K
    judged = ~hours.idle
    out = []
    # Hours without heat, and short spells the right way round, lie inside a stretch.
    for first, last in stretches(joined(warmer & judged, np.arange(float(warmer.size)), 12.0)):
        span = slice(first, last + 1)
        turned = int((warmer & judged)[span].sum())
        against = int((right & judged)[span].sum())
        if turned < SWAPPED_LEAST_H or turned < SWAPPED_SHARE * (turned + against):
            continue
        sign = _evidence(meters, basis, hours, warmer & judged, span, grid)
        if sign is not None:
            out.append((first, last, sign))
    return out


def _evidence(
    meters: Meters, basis: HeatBasis, hours: _Hours, turned: Flags, span: slice, grid: Grid
) -> str | None:
    """Why a pair is swapped, None where something else may be wrong with it."""
    inside = np.zeros(turned.size, dtype=bool)
    inside[span] = turned[span]
    drop_k = -hours.drop_k
    by_flow = WATER_KJ_PER_KGK * hours.tph * drop_k / 3.6
    both = inside & np.isfinite(by_flow) & (hours.heat_kw > 0) & (by_flow > 0)
    if both.sum() >= SWAPPED_LEAST_H:
        ratio = float(np.median(by_flow[both] / hours.heat_kw[both]))
        if 1.0 / BALANCE < ratio < BALANCE:
            return f"turned, {ratio:.2f} of the metered heat"
        return None
    if not _in_order(meters, basis, inside, grid):
        return None
    if (inside & hours.active).sum() >= SWAPPED_LEAST_H:
        return f"turned, heat flows, {float(np.median(drop_k[inside])):.1f} K"
    if inside.sum() >= SWAPPED_ALONE_H and float(np.median(drop_k[inside])) > 2.0 * SENSOR_K:
        return f"turned, {float(np.median(drop_k[inside])):.1f} K"
    return None


def _in_order(meters: Meters, basis: HeatBasis, inside: Flags, grid: Grid) -> bool:
    """Whether the turned pair fits the other side: primary over secondary at both ends (F10)."""
    points = meters.station.points
    supply, back = PAIR_OF[basis]
    beside_supply, beside_back = PAIR_OF[_PRIMARY if basis is _SECONDARY else _SECONDARY]
    if beside_supply not in points or beside_back not in points:
        return True
    hot = mean_of_steps(points[back], grid)[inside]  # the true supply, by the labels turned
    cold = mean_of_steps(points[supply], grid)[inside]
    other_hot = mean_of_steps(points[beside_supply], grid)[inside]
    other_cold = mean_of_steps(points[beside_back], grid)[inside]
    sign = 1.0 if basis is _PRIMARY else -1.0
    # The far pair may be swapped too, so its warmer one counts as supply.
    most, least = np.fmax(other_hot, other_cold), np.fmin(other_hot, other_cold)
    above = [sign * (hot - most), sign * (cold - least)]
    return all(
        not np.isfinite(one).any() or float(np.nanmedian(one)) > -2.0 * SENSOR_K for one in above
    )


def _turn(
    meters: Meters, basis: HeatBasis, span_h: tuple[float, float], detail: str
) -> tuple[Meters, list[Done]]:
    """Give the readings of a stretch to the other sensor; its ends set by the readings."""
    supply_point, back_point = PAIR_OF[basis]
    points = meters.station.points
    supply, back = points[supply_point], points[back_point]
    first_h, last_h = _ends(supply, back, span_h)
    turned, did = {}, []
    inside = {}
    for series in (supply, back):
        inside[series.point] = (series.hours >= first_h) & (series.hours <= last_h)
        if inside[series.point].any():
            did.append(series.done(Action.SWAPPED, inside[series.point], detail))
    for own, other in ((supply, back), (back, supply)):
        stays, comes = ~inside[own.point], inside[other.point]
        times = np.concatenate([own.times[stays], other.times[comes]])
        values = np.concatenate([own.values[stays], other.values[comes]])
        order = np.argsort(times, kind="stable")
        turned[own.point] = Series(own.id, own.point, own.sensor, times[order], values[order])
    return replace(meters, station=meters.station.with_points(turned)), did


def _ends(supply: Series, back: Series, span_h: tuple[float, float]) -> tuple[float, float]:
    """First and last time at which the return is clearly the warmer one, an hour around a span."""
    warmer = back.at(supply.hours) - supply.values > SENSOR_K / 2.0
    near = (supply.hours >= span_h[0] - 1.01) & (supply.hours < span_h[1] + 1.01)
    hours = supply.hours[warmer & near]
    return float(hours[0]) - 1e-6, float(hours[-1]) + 1e-6


def _single(
    meters: Meters, basis: HeatBasis, hours: _Hours, grid: Grid
) -> tuple[Meters, list[Done]]:
    """Leave out both readings where the return is above the supply while heat flows."""
    supply_point, back_point = PAIR_OF[basis]
    points = meters.station.points
    supply, back = points[supply_point], points[back_point]
    warmer = back.at(supply.hours) - supply.values > SENSOR_K
    if not warmer.any():
        return meters, []
    hour = np.clip(
        ((supply.hours - grid.edges_h[0]) / grid.step_h).astype(int), 0, hours.idle.size - 1
    )
    # The hour before and after too: a station that starts or stops turns its pair for minutes.
    calm = hours.idle | np.roll(hours.idle, 1) | np.roll(hours.idle, -1)
    unsure = ~hours.active & (np.abs(hours.drop_k) < 2.0 * SENSOR_K)
    bad = warmer & ~(calm | unsure)[hour]
    if not bad.any():
        return meters, []
    worst = float((back.at(supply.hours) - supply.values)[bad].max())
    did = [supply.done(Action.RETURN_ABOVE_SUPPLY, bad, f"worst {worst:.1f} K")]
    bad_back = np.isin(back.times, supply.times[bad])
    if bad_back.any():
        did.append(back.done(Action.RETURN_ABOVE_SUPPLY, bad_back, f"worst {worst:.1f} K"))
    kept = {supply_point: supply.keep(~bad), back_point: back.keep(~bad_back)}
    return replace(meters, station=meters.station.with_points(kept)), did
