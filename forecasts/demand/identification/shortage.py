"""Loops that get no heat, or less than their buildings need the colder it is (H§3 F2)."""

from dataclasses import dataclass

import numpy as np

from forecasts.demand.identification.blocks import Blocks
from forecasts.demand.identification.water import (
    design_mean_k,
    effective_mean_c,
    steady_load,
    variance_inflation,
)
from forecasts.demand.identified import Floats, LoopPrior

SHUT_BELOW = 0.08  # of the need
COLD_NEED = 0.35  # of design heat: days that need less prove nothing
SHUT_SHARE = 0.25  # of the cold days of a record
LATEST_DAYS = 3
LEAST_DAYS = 14
LEAST_SPREAD_K = 8.0
SURE = 3.0  # standard errors
BREAKS = (0.35, 0.5, 0.65)  # quantiles of the outdoor temperature where heat may stop growing
SATURATED = 0.45  # slope in the cold over slope in the mild
FLAT = 0.4  # growth of heat per K over the prior's loss, over all days
LETS_THROUGH = 0.1  # K of rooms per K outdoors; a good curve lets through less
COLD_ROOMS_K = 2.0  # below what the station is run for, on the coldest days
SHORT = 0.9  # heat of the coldest days over need
BY_WATER = 2.5  # standard deviations below what the station is run for
WATER_SD_K = 0.4  # of the room that water shows, beside φ


def need_of_days(blocks: Blocks, prior: LoopPrior) -> Floats:
    """Heat a day needs by the prior, W/m² (F2)."""
    room, loss = prior.room_c.value, prior.specific_loss_w_per_m2k.value
    need = loss * (room - blocks.filtered_c) - prior.gain_w_per_m2.value
    return blocks.means_by_day(need - prior.solar_aperture.value * blocks.radiation)


def shut_days(blocks: Blocks, prior: LoopPrior) -> tuple[Floats, Floats]:
    """Whether each day was cold, and cold without heat, (day,) 1, 0 or NaN where not measured.

    Days before the first heat of a record do not count, where there is any.
    """
    need, heat = need_of_days(blocks, prior), blocks.means_by_day(blocks.heat)
    known = np.isfinite(need) & np.isfinite(heat)
    heated = np.flatnonzero(known & (heat > SHUT_BELOW * np.maximum(need, 1.0)))
    first = int(heated[0]) if heated.size else 0
    counts = known & (np.arange(need.size) >= first)
    cold = need > COLD_NEED * prior.design_heat_w_per_m2
    shut = cold & (heat < SHUT_BELOW * need)
    return np.where(counts, cold, np.nan), np.where(counts, shut, np.nan)


def valve_shut(cold: Floats, shut: Floats) -> bool:
    """No heat on a good part of the cold days, or lately."""
    days = cold == 1.0
    if int(days.sum()) < 2:
        return False
    off = shut[days]
    return bool(off.mean() >= SHUT_SHARE and off.sum() >= 2) or bool(off[-LATEST_DAYS:].sum() >= 2)


def throttled(blocks: Blocks, prior: LoopPrior) -> bool:
    """Heat stops growing, or rooms go down with the cold while heat falls short of the need."""
    outdoor = blocks.means_by_day(blocks.filtered_c)
    if outdoor.size < LEAST_DAYS or np.ptp(outdoor) < LEAST_SPREAD_K:
        return False
    if _saturates(blocks, prior, outdoor):
        return True
    coldest = outdoor <= np.quantile(outdoor, 1.0 / 3.0)
    rooms = blocks.means_by_day(blocks.room_c)
    if np.isfinite(rooms).sum() >= LEAST_DAYS:
        return _rooms_follow(outdoor, rooms, coldest, prior)
    heat, need = blocks.means_by_day(blocks.heat), need_of_days(blocks, prior)
    short = np.nanmean(heat[coldest]) < SHORT * np.nanmean(need[coldest])
    return bool(short) and _water_shows_cold(blocks, coldest, prior)


@dataclass(frozen=True)
class _Slopes:
    mild: float
    cold: float
    lag_se: float  # of SATURATED · mild − cold
    error: float


def _saturates(blocks: Blocks, prior: LoopPrior, outdoor: Floats) -> bool:
    """Whether heat hardly grows with the cold at all, or does so no more from some point on.

    The latter by two straight lines that meet at the best of some breaks.
    """
    wind = prior.wind_loss_w_per_m2k_per_m_s.value * blocks.gust
    wind = wind * (prior.room_c.value - blocks.outdoor_c)
    steady = blocks.heat + prior.solar_aperture.value * blocks.radiation - wind
    heat = blocks.means_by_day(steady)
    there = np.isfinite(heat) & np.isfinite(outdoor)
    x, y = outdoor[there], heat[there]
    if x.size < LEAST_DAYS:
        return False
    slope, se = _slope(x, y)
    if FLAT * prior.specific_loss_w_per_m2k.value + slope > SURE * se:
        return True
    lines = [_two_slopes(x, y, float(np.quantile(x, share))) for share in BREAKS]
    best = min(lines, key=lambda line: line.error)
    lag = SATURATED * best.mild - best.cold
    grows = best.mild > 0.3 * prior.specific_loss_w_per_m2k.value
    return bool(grows and lag > SURE * best.lag_se)


def _two_slopes(x: Floats, y: Floats, at: float) -> _Slopes:
    rows = np.column_stack([np.ones_like(x), np.minimum(at - x, 0.0), np.maximum(at - x, 0.0)])
    weight = np.ones_like(x)
    for _ in range(6):
        normal = rows.T @ (weight[:, None] * rows)
        found = np.linalg.lstsq(normal, rows.T @ (weight * y), rcond=None)[0]
        error = y - rows @ found
        sd = max(0.1, 1.4826 * float(np.median(np.abs(error))))
        weight = np.minimum(1.0, 2.0 * sd / np.maximum(np.abs(error), 1e-9))
    square = float(weight @ error**2) / max(1.0, weight.sum() - 3.0) * variance_inflation(error)
    covariance = square * np.linalg.pinv(normal)
    pick = np.array([0.0, SATURATED, -1.0])
    se = float(np.sqrt(pick @ covariance @ pick))
    return _Slopes(float(found[1]), float(found[2]), se, float(np.abs(error).sum()))


def _rooms_follow(
    outdoor: Floats, rooms: Floats, coldest: np.ndarray[tuple[int], np.dtype[np.bool_]],
    prior: LoopPrior,
) -> bool:  # fmt: skip
    there = np.isfinite(rooms)
    slope, se = _slope(outdoor[there], rooms[there])
    low = float(np.nanmean(rooms[coldest])) < prior.room_c.value - COLD_ROOMS_K
    return low and slope > max(LETS_THROUGH, se)


def _slope(x: Floats, y: Floats) -> tuple[float, float]:
    """Slope of a straight line and its standard error, for errors that go on from day to day."""
    apart = x - x.mean()
    slope = float(apart @ y / (apart @ apart))
    error = y - y.mean() - slope * apart
    square = float(error @ error) / max(1, x.size - 2) * variance_inflation(error)
    return slope, float(np.sqrt(square / (apart @ apart)))


def _water_shows_cold(
    blocks: Blocks, coldest: np.ndarray[tuple[int], np.dtype[np.bool_]], prior: LoopPrior
) -> bool:
    """Rooms by the water and the prior's φ, far below what the station is run for."""
    load = steady_load(blocks, prior)
    size, n = prior.emitter_oversize, prior.emitter_exponent
    over = design_mean_k(prior, False) * size.value ** (-1.0 / n) * load ** (1.0 / n)
    guess = np.full(load.size, prior.room_c.value)
    room = blocks.means_by_day(effective_mean_c(blocks, guess, False) - over)[coldest]
    over_k = float(np.nanmean(np.append(blocks.means_by_day(over)[coldest], np.nan)))
    if not np.isfinite(room).sum() >= LATEST_DAYS:
        return False
    sd = np.sqrt((over_k * size.sd / size.value / n) ** 2 + WATER_SD_K**2 + prior.room_c.sd**2)
    return bool(np.nanmean(room) < prior.room_c.value - BY_WATER * sd)
