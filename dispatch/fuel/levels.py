"""Stocks that a planner watches, and how likely they are to be fallen below (handbook §9).

A level of n days is the bottom layer and the expected burn of the coming n days, in the pile's own
tonnes; near the season's end it shrinks with what is still to be burnt. The storage rate (储煤率)
is the stock over the city's own target: what the target counts differs by city, so that rates
compare only where `storage_target_meaning` says the same.
"""

from collections.abc import Mapping, Sequence
from datetime import date

import numpy as np
from numpy.typing import NDArray

from dispatch.case import Yard
from dispatch.fuel.burn_paths import YardBurn
from dispatch.fuel.cover import elapsed_days
from dispatch.fuel.outlook import Crossing, Level
from dispatch.fuel.pile_paths import PilePaths

Array = NDArray[np.float64]
Mask = NDArray[np.bool_]

GUIDANCE_DAYS = {Level.EMPTY: 0.0, Level.DAYS_7: 7.0, Level.DAYS_15: 15.0, Level.DAYS_30: 30.0}
SPECK_T = 1e-6  # what rounding leaves is no coal


def levels_t(burn: YardBurn, piles: PilePaths, hours: Array) -> dict[Level, Array]:
    """Stock at the end of each day at which each level begins, bottom layer included, (day,)."""
    yard = piles.yard
    days_of = GUIDANCE_DAYS | {Level.RESERVE: yard.reserve_days_min}
    gone = elapsed_days(hours)
    burnt_mwh = np.concatenate([[0.0], np.cumsum(burn.expected_mwh)])
    mwh_per_t = piles.mwh_per_t.mean(axis=0)

    def level_t(days: float) -> Array:
        coming_mwh = np.interp(gone[1:] + days, gone, burnt_mwh) - burnt_mwh[1:]
        return np.asarray(yard.unusable_t + coming_mwh / mwh_per_t)

    return {level: level_t(days) for level, days in days_of.items()}


def is_below(piles: PilePaths, level_t: Array) -> Mask:
    """Whether the stock is below a level at each day's end, (path, day).

    A yard that cannot give what is wanted is below every level: without a bottom layer it is
    empty at nothing, and towards the season's end, when nothing more is to be burnt, all levels
    come down to the bottom. One that nobody draws on holds nothing and misses nothing.
    """
    return np.asarray((piles.stock_t < level_t - SPECK_T) | (piles.short_t > SPECK_T))


def crossings(
    piles: PilePaths, level_t: Mapping[Level, Array], dates: Sequence[date], risk: float
) -> tuple[Crossing, ...]:
    """How likely, and when, the stock is below each level on any day until the last."""
    return tuple(
        _crossing(level, is_below(piles, stock_t), dates, risk)
        for level, stock_t in level_t.items()
    )


def _crossing(level: Level, below: Mask, dates: Sequence[date], risk: float) -> Crossing:
    falls = below.any(axis=1)
    first = np.sort(below.argmax(axis=1)[falls])  # days on which paths fall, the earliest first
    fallen = np.searchsorted(first, np.arange(len(dates)), side="right") / below.shape[0]
    above_risk = np.flatnonzero(fallen > risk)
    return Crossing(
        level=level,
        probability=float(falls.mean()),
        first_date=dates[int(above_risk[0])] if above_risk.size else None,
        median_date=dates[int(first[(first.size - 1) // 2])] if first.size else None,
    )


def storage_rate(yard: Yard, stock_t: Array) -> Array | None:
    """Stock over the city's own target; None where the case gives no target."""
    return None if yard.storage_target_t is None else stock_t / yard.storage_target_t
