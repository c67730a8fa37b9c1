"""Values that stand still while the station moves (H§12: more than two hours).

A supply held by its controller, a shut station or a meter that shows whole tonnes stand still and
are right. So a stand counts as frozen only where it is unlike this very sensor (by how often its
readings repeat) and what goes with it at other times moved meanwhile, or where that moved so far
that this one must have. A station without heat is left alone; valves, pumps and levels are.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np

from forecasts.telemetry.cleaning.evidence import SENSOR_K, Meters, heat_kw, standing
from forecasts.telemetry.cleaning.grid import Grid
from forecasts.telemetry.cleaning.series import Flags, Floats, Series, stretches
from forecasts.telemetry.points import Point
from forecasts.telemetry.readings import Action, Done, HeatBasis

FROZEN_H = 2.0
LEAST_READINGS = 4
CHANCE = 1e-4  # that such a stand is in the record by chance
CHANCE_MUST_MOVE = 0.05  # the same where another sensor says that it must have moved
CHANCE_ALONE = 1e-8  # the same with nothing to compare with
ALONE_H = 6.0  # for a sensor that shows tenths; whole degrees may stand for a day
FINE = 0.25
USUAL_OF = 100  # of so many stands of any length the longest but that share is usual ...
USUAL_TIMES = 2.0  # ... and so many times it
CHANGE_H = 2.0  # over which sensors are compared
GOES_WITH = 0.4  # correlation of changes from which on another sensor tells
MUST_MOVE = 4.0  # times what is left unexplained
LONG_H = 24.0  # no water of a station that heats keeps a tenth of a degree for a day ...
LONG_MOVED_K = 5.0  # ... while other water of it moves
_TEMPERATURES = (
    *(Point.PRIMARY_SUPPLY_TEMP, Point.PRIMARY_RETURN_TEMP),
    *(Point.SECONDARY_SUPPLY_TEMP, Point.SECONDARY_RETURN_TEMP),
)
_FLOWS = (Point.PRIMARY_FLOW, Point.SECONDARY_FLOW, Point.HEAT_RATE)
_PRESSURES = (
    *(Point.PRIMARY_SUPPLY_PRESSURE, Point.PRIMARY_RETURN_PRESSURE),
    *(Point.SECONDARY_SUPPLY_PRESSURE, Point.SECONDARY_RETURN_PRESSURE),
)
JUDGED = (*_TEMPERATURES, *_FLOWS, *_PRESSURES, Point.OUTDOOR_TEMP)


@dataclass(frozen=True)
class _Stand:
    first: int
    last: int
    hours: float


def without_frozen(meters: Meters, grid: Grid) -> tuple[Meters, list[Done]]:
    """Leave out all but the first reading of frozen stretches; `grid` has hourly steps."""
    station = meters.station
    changed: dict[Point, Series] = {}
    did: list[Done] = []
    for point in JUDGED:
        series = station.points.get(point)
        if series is None:
            continue
        stands = stands_of(series)
        if not stands:
            continue
        calm = np.zeros(grid.times.size, dtype=bool)
        if point is not Point.OUTDOOR_TEMP:
            calm = standing(meters, grid, but=point)
        bad = _bad_stands(station.points, series, stands, calm, grid)
        for stand in bad:
            value = float(series.values[stand.first])
            rows = stand.last - stand.first
            detail = f"{value:g} for {stand.hours:.1f} h"
            did.append(series.did(Action.FROZEN, rows, stand.first + 1, stand.last, detail))
        if bad:
            good = np.ones(series.times.size, dtype=bool)
            for stand in bad:
                good[stand.first + 1 : stand.last + 1] = False
            changed[point] = series.keep(good)
    meters = replace(meters, station=station.with_points(changed))
    meters, more = _frozen_counter(meters, grid)
    return meters, did + more


def stands_of(series: Series, longer_h: float = FROZEN_H) -> list[_Stand]:
    """Runs of one value, other than zero flow, for more than `longer_h`."""
    if series.times.size < LEAST_READINGS:
        return []
    edges = np.flatnonzero(np.diff(series.values) != 0) + 1
    begins = np.concatenate([[0], edges])
    ends = np.concatenate([edges, [series.times.size]]) - 1
    hours = series.hours[ends] - series.hours[begins]
    long = (hours > longer_h) & (ends - begins + 1 >= LEAST_READINGS)
    if series.point in _FLOWS:
        long &= series.values[begins] != 0
    return [
        _Stand(int(begins[row]), int(ends[row]), float(hours[row])) for row in np.flatnonzero(long)
    ]


def chance_of(series: Series, stands: list[_Stand], stand: _Stand) -> float:
    """How many stands as long as this one the record would hold by chance.

    From the share of readings that repeat the one before, outside the long stands, in general or
    after a repeat: a smooth signal stands at its highest and lowest.
    """
    repeats = np.diff(series.values) == 0
    outside = np.ones(repeats.size, dtype=bool)
    for other in stands:
        outside[other.first : other.last] = False
    again = np.append(False, repeats[:-1] & outside[:-1])
    share = max(_share(repeats, outside), _share(repeats, outside & again))
    return float(series.times.size * share ** (stand.last - stand.first))


def _share(repeats: Flags, among: Flags) -> float:
    return (int((repeats & among).sum()) + 1.0) / (int(among.sum()) + 2.0)


def is_usual(series: Series, stand: _Stand) -> bool:
    """Whether this sensor stands about as long now and then.

    A smooth signal stands at its highest and lowest, which no count of repeats would tell.
    """
    edges = np.flatnonzero(np.diff(series.values) != 0)
    ends = np.concatenate([edges, [series.times.size - 1]])
    begins = np.concatenate([[0], edges + 1])
    hours = np.sort((series.hours[ends] - series.hours[begins])[begins != stand.first])
    if hours.size < USUAL_OF:
        return False
    return bool(stand.hours < USUAL_TIMES * hours[-1 - hours.size // USUAL_OF])


def _bad_stands(
    points: Mapping[Point, Series],
    series: Series,
    stands: list[_Stand],
    calm: Flags,
    grid: Grid,
) -> list[_Stand]:
    others = [
        other
        for name, other in points.items()
        if name in JUDGED and name is not series.point and other.times.size > LEAST_READINGS
    ]
    in_stand = np.zeros(series.times.size, dtype=bool)
    for stand in stands:
        in_stand[stand.first : stand.last + 1] = True
    partners = [
        partner for other in others if (partner := _partner(series, other, ~in_stand)) is not None
    ]
    out = []
    for stand in stands:
        hour = (
            (series.hours[stand.first : stand.last + 1] - grid.edges_h[0]) / grid.step_h
        ).astype(int)
        if calm[np.clip(hour, 0, calm.size - 1)].mean() > 0.3:
            continue
        if _is_frozen(series, stands, stand, others, partners):
            out.append(stand)
    return out


@dataclass(frozen=True)
class _Partner:
    """Another sensor, and how this one goes with it."""

    series: Series
    slope: float
    rest: float  # spread of changes that it does not explain


def _partner(series: Series, other: Series, usable: Flags) -> _Partner | None:
    hours = series.hours[usable]
    if hours.size < 24:
        return None
    own = series.at(hours + CHANGE_H) - series.values[usable]
    beside = other.at(hours + CHANGE_H) - other.at(hours)
    both = np.isfinite(own) & np.isfinite(beside)
    if both.sum() < 24:
        return None
    own, beside = own[both], beside[both]
    spread = float(beside.std())
    if spread <= 1e-9 or float(own.std()) <= 1e-9:
        return None
    together = float(np.mean((own - own.mean()) * (beside - beside.mean())))
    if abs(together) < GOES_WITH * spread * float(own.std()):
        return None
    slope = together / spread**2
    return _Partner(other, slope, float((own - slope * beside).std()))


def _range(series: Series, begin_h: float, end_h: float) -> float:
    """How far a sensor moved in a span, without its single outermost readings; 0 if unknown."""
    inside = series.values[(series.hours >= begin_h) & (series.hours <= end_h)]
    if inside.size < LEAST_READINGS:
        return 0.0
    low, high = np.quantile(inside, [0.1, 0.9])
    return float(high - low)


def _is_frozen(
    series: Series,
    stands: list[_Stand],
    stand: _Stand,
    others: list[Series],
    partners: list[_Partner],
) -> bool:
    begin_h, end_h = float(series.hours[stand.first]), float(series.hours[stand.last])
    digit = series.digit
    expected = [(abs(one.slope) * _range(one.series, begin_h, end_h), one.rest) for one in partners]
    if stand.hours > LONG_H and series.point in _TEMPERATURES:
        water = [other for other in others if other.point in _TEMPERATURES]
        if any(_range(other, begin_h, end_h) > LONG_MOVED_K for other in water):
            return True
    if is_usual(series, stand):
        return False
    chance = chance_of(series, stands, stand)
    if any(move > MUST_MOVE * rest + 2.0 * digit for move, rest in expected):
        return chance < CHANCE_MUST_MOVE
    if partners:
        moved = any(move > max(2.0 * digit, 0.5 * rest) for move, rest in expected)
        return moved and chance < CHANCE
    alone_h = ALONE_H if digit < FINE else LONG_H
    return chance < CHANCE_ALONE and stand.hours > alone_h and digit > 0.0


def _frozen_counter(meters: Meters, grid: Grid) -> tuple[Meters, list[Done]]:
    """A heat counter that stands while another meter sees heat that would turn it many times."""
    counter = meters.counters.get(Point.HEAT_TOTAL)
    if counter is None or counter.gain.size < LEAST_READINGS:
        return meters, []
    heats = heat_kw(meters, grid, less_k=SENSOR_K)
    heats.pop(HeatBasis.COUNTER, None)
    gain, hours = counter.gain.copy(), counter.series.hours
    did = []
    for first, last in stretches(gain == 0.0):
        long_h = float(hours[last + 1] - hours[first])
        if long_h <= FROZEN_H or last - first + 2 < LEAST_READINGS:
            continue
        rows = slice(
            int((hours[first] - grid.edges_h[0]) / grid.step_h),
            int(np.ceil((hours[last + 1] - grid.edges_h[0]) / grid.step_h)),
        )
        if any(_flowed(heat, rows, 5.0 * counter.digit / long_h) for heat in heats.values()):
            gain[first : last + 1] = np.nan
            detail = f"{long_h:.1f} h"
            count = last - first + 1
            did.append(counter.series.did(Action.FROZEN, count, first + 1, last + 1, detail))
    if not did:
        return meters, []
    counters = {**meters.counters, Point.HEAT_TOTAL: replace(counter, gain=gain)}
    return replace(meters, counters=counters), did


def _flowed(heat: Floats, rows: slice, least_gj_per_h: float) -> bool:
    """Whether a meter saw heat in most of the hours: a third of its usual, and enough to count."""
    known = heat[np.isfinite(heat) & (heat > 0)]
    inside = heat[rows]
    inside = inside[np.isfinite(inside)]
    if known.size < LEAST_READINGS or inside.size < 2:
        return False
    least = max(0.3 * float(np.median(known)), least_gj_per_h / 0.0036)
    return float(np.quantile(inside, 0.25)) > least
