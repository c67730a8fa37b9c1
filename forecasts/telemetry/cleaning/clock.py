"""Stations whose clock is hours ahead or behind: UTC taken for local time, a logger set by hand.

The outdoor sensor of a station must rise and fall with the town's; without one, its water with
that of the other stations. Who has no daily pattern, or one of its own, is left alone. Rooms
report by a way of their own and keep their times.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import timedelta

import numpy as np
import pandas as pd
import xarray as xr
from numpy.typing import NDArray

from forecasts.telemetry.cleaning.grid import Grid, grid_of, mean_of_steps
from forecasts.telemetry.cleaning.series import HOUR_NS, Floats, Series, Station, moment
from forecasts.telemetry.points import Point
from forecasts.telemetry.readings import NETWORK, Action, Done

STEP_H = 0.25
MOST_H = 12.0
LEAST_DAYS = 4.0
DAY_H = 24.0
LEAST_STATIONS = 3  # whose median is a reference


@dataclass(frozen=True)
class Pattern:
    """What a clock is judged by."""

    point: Point
    least_h: float  # below: the delay of a main, a wall in the sun
    alike: float  # correlation at the best lag
    better: float  # than at no lag at all


PATTERNS = (
    Pattern(Point.OUTDOOR_TEMP, 1.6, 0.85, 0.06),
    Pattern(Point.PRIMARY_SUPPLY_TEMP, 5.6, 0.9, 0.3),
    Pattern(Point.SECONDARY_SUPPLY_TEMP, 5.6, 0.9, 0.3),
)
HEATS_C = 25.0  # water that is colder belongs to a station that stands (H§5)
WITHIN_H = 2.0  # by which the lags of two points of a station may differ
HALVES_H = 1.0  # by which the lags of both halves of a record may differ


def clock_offsets(
    stations: Sequence[Station], outdoor_reference_c: xr.DataArray | None = None
) -> tuple[dict[str, float], list[Done]]:
    """Hours to add to the times of each station whose clock is off, and what was found."""
    grid = _whole(stations)
    if grid is None or grid.times.size * STEP_H < LEAST_DAYS * 24.0:
        return {}, []
    said: dict[str, list[tuple[Pattern, float]]] = {}
    common_h = 0.0
    for pattern in PATTERNS:
        ids, table = _table(stations, pattern.point, grid)
        outdoor = outdoor_reference_c if pattern.point is Point.OUTDOOR_TEMP else None
        reference = _reference(ids, table, grid, outdoor)
        if reference is None:
            continue
        lags_h = _lags_h(table, reference, pattern)
        if pattern.point is Point.OUTDOOR_TEMP:
            # All clocks of a utility may be off: its water then agrees with itself, late together.
            known = lags_h[np.isfinite(lags_h)]
            common_h = float(np.median(known)) if known.size else 0.0
            common_h = common_h if abs(common_h) >= pattern.least_h else 0.0
        else:
            lags_h = lags_h + common_h
        for name, lag_h in zip(ids, lags_h.tolist(), strict=True):
            if np.isfinite(lag_h):
                said.setdefault(name, []).append((pattern, lag_h))
    offsets: dict[str, float] = {}
    did = []
    for station in stations:
        verdict = _verdict(said.get(station.id, []))
        if verdict is None:
            continue
        point, lag_h, sure = verdict
        offsets |= {station.id: lag_h} if sure else {}
        did.append(_done(station, point, lag_h, sure))
    return offsets, did


def _verdict(said: list[tuple[Pattern, float]]) -> tuple[Point, float, bool] | None:
    """The hours to add, and whether all that speak clearly agree."""
    off = [(pattern, lag) for pattern, lag in said if abs(lag) >= pattern.least_h]
    if not off:
        return None
    pattern, lag_h = off[0]
    agree = all(abs(lag - lag_h) <= max(WITHIN_H, other.least_h) for other, lag in said)
    whole = round(lag_h)
    return pattern.point, float(whole) if abs(lag_h - whole) <= 0.3 else lag_h, agree


def _done(station: Station, point: Point, lag_h: float, sure: bool) -> Done:
    moved = [one for key, one in station.points.items() if key is not Point.ROOM_TEMP]
    first = min(one.times[0] for one in moved if one.times.size)
    last = max(one.times[-1] for one in moved if one.times.size)
    count = sum(one.times.size for one in moved) if sure else 0
    detail = f"{lag_h:+.1f} h" if sure else f"left: {lag_h:+.1f} h by {point} alone"
    return Done(
        station.id, str(point), Action.CLOCK_OFFSET, count, moment(first), moment(last), detail
    )


def shifted(station: Station, hours: float) -> Station:
    """The station with its clock put right; rooms keep their own."""
    step = np.timedelta64(round(hours * HOUR_NS), "ns")
    points = {
        point: Series(one.id, one.point, one.sensor, one.times + step, one.values)
        for point, one in station.points.items()
    }
    return replace(station, points=points)


def shifted_done(done: Done, hours: float) -> Done:
    """What was done, told by the clock put right."""
    if done.point.startswith(Point.ROOM_TEMP):
        return done
    step = timedelta(hours=hours)
    return replace(done, first=done.first + step, last=done.last + step)


def _whole(stations: Sequence[Station]) -> Grid | None:
    """Quarter hours over all readings."""
    series = [one for station in stations for one in station.points.values() if one.times.size]
    if not series:
        return None
    first = pd.Timestamp(min(one.times[0] for one in series)).floor("h").tz_localize("UTC")
    last = pd.Timestamp(max(one.times[-1] for one in series)).ceil("h").tz_localize("UTC")
    if last <= first:
        return None
    return grid_of(first.to_pydatetime(), last.to_pydatetime(), STEP_H)


def _table(stations: Sequence[Station], point: Point, grid: Grid) -> tuple[list[str], Floats]:
    """Ids with the point, and their quarter hours over the mean of the day around, (id, step)."""
    ids, rows = [], []
    for station in stations:
        series = station.points.get(point)
        if series is None or series.times.size * series.spacing_h < LEAST_DAYS * 24.0 * 0.7:
            continue
        if point is not Point.OUTDOOR_TEMP and float(np.median(series.values)) < HEATS_C:
            continue
        ids.append(station.id)
        rows.append(_daily(mean_of_steps(series, grid)))
    return ids, np.stack(rows) if rows else np.empty((0, grid.times.size))


def _daily(values: Floats) -> Floats:
    day = round(DAY_H / STEP_H)
    filled = pd.Series(values).interpolate(limit=round(2.0 / STEP_H), limit_area="inside")
    around = filled.rolling(day + 1, center=True, min_periods=day // 2).mean()
    return np.asarray((filled - around).to_numpy())


def _reference(
    ids: list[str], table: Floats, grid: Grid, outdoor_c: xr.DataArray | None
) -> Floats | None:
    """What all clocks are held against: what was given, the network's own sensor, or the median."""
    if outdoor_c is not None:
        at = outdoor_c["time"].values.astype("datetime64[ns]")
        step_h = float(np.median(np.diff(at)) / np.timedelta64(1, "s")) / 3600.0
        middles = at.astype(np.int64) / HOUR_NS + step_h / 2.0  # a mean stands for its middle
        values = np.interp(grid.middles_h, middles, outdoor_c.values, left=np.nan, right=np.nan)
        return _daily(values) if np.isfinite(values).sum() * STEP_H > LEAST_DAYS * 24.0 else None
    if NETWORK in ids:
        return np.asarray(table[ids.index(NETWORK)])
    if len(ids) < LEAST_STATIONS:
        return None
    known = np.isfinite(table).any(axis=0)
    out = np.full(table.shape[1], np.nan)
    out[known] = np.nanmedian(table[:, known], axis=0)
    return out


def _lags_h(table: Floats, reference: Floats, pattern: Pattern) -> Floats:
    """Hours to add to each clock, (id,); NaN where nothing clear is seen."""
    alike, lag_h, peak = _peaks(table, reference)
    at_zero = np.nan_to_num(alike[alike.shape[0] // 2])
    clear = peak >= pattern.alike
    small = np.abs(lag_h) < pattern.least_h
    edge = np.abs(lag_h) >= MOST_H - STEP_H
    off = clear & ~small & ~edge & (peak - at_zero >= pattern.better)
    if off.any():
        half = table.shape[1] // 2
        _, first_h, _ = _peaks(table[off, :half], reference[:half])
        _, last_h, _ = _peaks(table[off, half:], reference[half:])
        off[off] = np.abs(first_h - last_h) <= HALVES_H
    return np.where(off | (clear & small), lag_h, np.nan)


def _peaks(table: Floats, reference: Floats) -> tuple[Floats, Floats, Floats]:
    """Correlation (lag, id), and by id the best lag in hours and its correlation."""
    most = round(MOST_H / STEP_H)
    lags = np.arange(-most, most + 1)
    alike = _alike(table, reference, lags)
    best = np.argmax(np.where(np.isfinite(alike), alike, -1.0), axis=0)
    return alike, lags[best] * STEP_H, alike[best, np.arange(best.size)]


def _alike(table: Floats, reference: Floats, lags: NDArray[np.int64]) -> Floats:
    """Correlation of each row, set each of `lags` steps later, with the reference, (lag, id).

    All sums over steps that both know are products of matrices: a town has 400 rows and 97 lags.
    """
    at = np.arange(reference.size)[None, :] + lags[:, None]
    inside = (at >= 0) & (at < reference.size)
    beside = np.where(inside, reference[np.clip(at, 0, reference.size - 1)], np.nan)
    said, heard = np.isfinite(table), np.isfinite(beside)
    own, other = np.where(said, table, 0.0).T, np.where(heard, beside, 0.0)
    said_, heard_ = said.astype(np.float64).T, heard.astype(np.float64)
    number = heard_ @ said_
    with np.errstate(invalid="ignore", divide="ignore"):
        mean_own, mean_both = heard_ @ own / number, other @ said_ / number
        together = other @ own / number - mean_own * mean_both
        spread = (heard_ @ own**2 / number - mean_own**2) * (
            other**2 @ said_ / number - mean_both**2
        )
        found = together / np.sqrt(spread)
    return np.where((number * STEP_H >= LEAST_DAYS * 24.0 * 0.3) & (spread > 1e-12), found, np.nan)
