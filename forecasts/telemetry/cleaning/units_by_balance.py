"""Unit slips that the heat balance betrays: MWh for GJ, kW for GJ/h, litres for tonnes.

Heat meter, secondary and primary side speak of the same heat (F9). Where two of them that do not
share a display agree and the third is off by a factor that is known to happen, for half a day or
more, it is put right. With only two, a slip is known by its beginning or end: the one that jumped.
A factor from the first day to the last between only two is told and left.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from itertools import combinations

import numpy as np
import pandas as pd

from forecasts.telemetry.cleaning.counters import Counted
from forecasts.telemetry.cleaning.evidence import FLOW_OF, Meters, heat_kw
from forecasts.telemetry.cleaning.grid import Grid
from forecasts.telemetry.cleaning.series import Flags, Floats, Series, joined, stretches
from forecasts.telemetry.points import Point
from forecasts.telemetry.readings import Action, Done, HeatBasis

_TENS = (0.001, 0.01, 0.1, 10.0, 100.0, 1000.0)
# What a reading is to be multiplied by; GJ from MWh, kWh, Wh, Gcal.
_HEAT = (3.6, 0.0036, 3.6e-6, 4.1868, *_TENS)
_FLOW = (3.6, 0.06, *_TENS)  # t/h from kg/s, from litres a minute
FACTORS = {
    HeatBasis.COUNTER: _HEAT,
    HeatBasis.RATE: _HEAT,
    HeatBasis.SECONDARY_FLOW: _FLOW,
    HeatBasis.PRIMARY_FLOW: _FLOW,
}
POINT = {HeatBasis.COUNTER: Point.HEAT_TOTAL, HeatBasis.RATE: Point.HEAT_RATE, **FLOW_OF}
AGREE = np.log(1.25)  # two meters speak of the same heat
NEAR = np.log(1.12)  # of a factor; 3.6 and 4.19 are 1.16 apart
NO_SLIP_TIMES = 1.7
NO_SLIP = np.log(NO_SLIP_TIMES)
LEAST_H = 12  # of a slip
SMOOTH_H = 5
APART_H = 12.0  # hours without heat inside a slip
IDLE_SHARE = 0.05  # of the usual heat: below, ratios say nothing
EDGE_H = 4.0  # around the ends of a slip, where each reading is judged by itself
WHOLE = 0.9  # of all hours: a slip without an end


@dataclass(frozen=True)
class _Slip:
    basis: HeatBasis
    factor: float
    first: int  # hours of the grid
    last: int


def units_by_balance(meters: Meters, grid: Grid) -> tuple[Meters, list[Done]]:
    """Put right what is off by a known factor; `grid` has hourly steps over all readings."""
    heats = heat_kw(meters, grid, either_way=True)
    did: list[Done] = []
    if _all_alike(heats):
        return meters, did
    logs = _logs(heats)
    if len(logs) == 2:
        slips, doubts = _slips_of_two(logs)
        did += [_told(meters, slip, grid) for slip in doubts]
    else:
        slips = [slip for basis in logs for slip in _slips_of(basis, logs)]
    for slip in slips:
        meters, done = _put_right(meters, slip, grid)
        did += done
    return meters, did


def _all_alike(heats: Mapping[HeatBasis, Floats]) -> bool:
    """Whether no two meters are ever far apart: medians of such hours are not either, so nothing
    can have slipped. Spares a sound station the running quantiles.
    """
    for one, other in combinations(heats.values(), 2):
        apart = np.isfinite(one) != np.isfinite(other)
        with np.errstate(invalid="ignore"):
            apart |= np.maximum(one, other) > NO_SLIP_TIMES * np.minimum(one, other)
        if apart.any():
            return False
    return True


def _logs(heats: Mapping[HeatBasis, Floats]) -> dict[HeatBasis, Floats]:
    """Logarithm of smoothed heat, NaN where idle; only meters that show heat at all."""
    out = {}
    for basis, heat in heats.items():
        usual = heat[heat > 0]
        if usual.size < LEAST_H:
            continue
        # A slip of a thousand must not make all else look idle: the measure is the local one.
        smooth = pd.Series(heat).rolling(SMOOTH_H, center=True, min_periods=2).median().to_numpy()
        near = pd.Series(np.where(heat > 0, heat, np.nan))
        level = near.rolling(49, center=True, min_periods=4).quantile(0.8).to_numpy()
        with np.errstate(invalid="ignore", divide="ignore"):
            out[basis] = np.where(smooth > IDLE_SHARE * level, np.log(smooth), np.nan)
    return out


def _slips_of(basis: HeatBasis, logs: Mapping[HeatBasis, Floats]) -> list[_Slip]:
    """Stretches in which all independent others agree and `basis` is off by a factor."""
    others = [name for name in logs if name is not basis]
    wanted = _consensus(basis, {name: logs[name] for name in others})
    if wanted is None:
        return []
    return _stretches(basis, wanted - logs[basis])


def _consensus(basis: HeatBasis, others: Mapping[HeatBasis, Floats]) -> Floats | None:
    """What two independent others say, NaN where they do not agree.

    Counter and rate are two displays of one heat meter and count as one.
    """
    meter = {HeatBasis.COUNTER, HeatBasis.RATE}
    pairs = [
        (one, two) for one in others for two in others if one < two and not {one, two} <= meter
    ]
    if not pairs:
        return None
    out: Floats = np.full(next(iter(others.values())).size, np.nan)
    # The pair that holds the other display of the same meter is the weaker one.
    weak_last = sorted(pairs, key=lambda pair: len(({*pair, basis}) & meter) == 2)
    for one, two in weak_last:
        agree = np.abs(others[one] - others[two]) < AGREE
        out = np.where(np.isnan(out) & agree, (others[one] + others[two]) / 2, out)
    return out


def _stretches(basis: HeatBasis, wanted: Floats) -> list[_Slip]:
    """Runs of hours whose ratio is near one factor; `wanted` is the logarithm of it."""
    factors = np.array(FACTORS[basis])
    away = np.abs(wanted[:, None] - np.log(factors)[None, :])
    best = away.argmin(axis=1)
    near = (away[np.arange(best.size), best] < NEAR) & (np.abs(wanted) > NO_SLIP)
    hours = np.arange(wanted.size, dtype=np.float64)
    slips = []
    for code in np.unique(best[near]):
        this = near & (best == code)
        against = np.isfinite(wanted) & ~this
        for first, last in stretches(joined(this, hours, APART_H)):
            inside = slice(first, last + 1)
            known = int(this[inside].sum()) + int(against[inside].sum())
            if this[inside].sum() >= LEAST_H and this[inside].sum() >= 0.8 * known:
                slips.append(_Slip(basis, float(factors[code]), first, last))
    return slips


def _slips_of_two(logs: Mapping[HeatBasis, Floats]) -> tuple[list[_Slip], list[_Slip]]:
    """Slips of one of two meters, known by which of them jumped; and those that nobody can tell."""
    (one, own), (two, beside) = sorted(logs.items())
    slips, doubts = [], []
    for basis, other, wanted in ((one, two, beside - own), (two, one, own - beside)):
        known = int(np.isfinite(wanted).sum())
        for slip in _stretches(basis, wanted):
            inside = int(np.isfinite(wanted[slip.first : slip.last + 1]).sum())
            if inside >= WHOLE * known:
                doubts.append(slip)
            elif _jumped(logs[basis], slip) and not _jumped(logs[other], slip):
                slips.append(slip)
    return slips, doubts[:1]


def _jumped(log: Floats, slip: _Slip) -> bool:
    """Whether the level of a meter inside the slip is off from outside by about the factor."""
    near = 24
    inside = log[slip.first : slip.last + 1]
    outside = np.concatenate(
        [log[max(0, slip.first - near) : slip.first], log[slip.last + 1 : slip.last + 1 + near]]
    )
    inside, outside = inside[np.isfinite(inside)], outside[np.isfinite(outside)]
    if min(inside.size, outside.size) < 4:
        return False
    jump = float(np.median(outside) - np.median(inside))
    return bool(abs(jump - np.log(slip.factor)) < np.log(1.6))


def _told(meters: Meters, slip: _Slip, grid: Grid) -> Done:
    series, rows = _rows(meters, slip, grid)
    detail = f"left: factor {slip.factor:g} to the other meter of heat"
    return series.done(Action.UNIT_SLIP, rows, detail)


def _rows(meters: Meters, slip: _Slip, grid: Grid) -> tuple[Series, Flags]:
    """The readings of the meter inside the hours of a slip."""
    point = POINT[slip.basis]
    counter = meters.counters.get(point)
    series = meters.station.points[point] if counter is None else counter.series
    first_h, last_h = grid.edges_h[slip.first], grid.edges_h[slip.last + 1]
    return series, (series.hours >= first_h - 1e-6) & (series.hours < last_h - 1e-6)


def _put_right(meters: Meters, slip: _Slip, grid: Grid) -> tuple[Meters, list[Done]]:
    series, rows = _rows(meters, slip, grid)
    counter = meters.counters.get(POINT[slip.basis])
    if not rows.any():
        return meters, []
    detail = f"factor {slip.factor:g}"
    if counter is not None:
        which = _by_itself(series.hours[:-1], _rate(counter), rows[:-1], slip.factor)
        counters = {**meters.counters, series.point: counter.scaled(which, slip.factor)}
        did = series.done(Action.UNIT_SLIP, np.append(which, False), detail)
        return replace(meters, counters=counters), [did]
    which = _by_itself(series.hours, series.values, rows, slip.factor)
    values = np.where(which, series.values * slip.factor, series.values)
    right = Series(series.id, series.point, series.sensor, series.times, values)
    station = meters.station.with_points({series.point: right})
    return replace(meters, station=station), [series.done(Action.UNIT_SLIP, which, detail)]


def _rate(counter: Counted) -> Floats:
    return np.asarray(counter.gain / counter.hours)


def _by_itself(hours: Floats, values: Floats, rows: Flags, factor: float) -> Flags:
    """`rows` with their ends set by the readings: an hour's median blurs where a slip begins."""
    out = rows.copy()
    inside = np.flatnonzero(rows)
    for edge in (inside[0], inside[-1]):
        around = np.abs(hours - hours[edge]) <= EDGE_H
        deep = values[rows & (np.abs(hours - hours[edge]) <= 24.0) & ~around]
        deep = deep[deep > 0]
        if deep.size < 4:
            continue
        level = np.log(np.median(deep))
        with np.errstate(invalid="ignore", divide="ignore"):
            from_slip = np.abs(np.log(values) - level)
            from_right = np.abs(np.log(values) - level - np.log(factor))
        judged = around & (values > 0)
        out = np.where(judged, from_slip < from_right, out)
    return out
