"""Before the season: coal needed, on hand and on the way, and the storage-rate rule (H§9).

The yards are taken by `pile.pile_paths` from today to the season's end, with nothing burnt
outside of heating seasons. What is needed, on hand and delivered is told in tonnes of the fuel's
own heating value, so that poor or old coal counts for what it is worth; the storage rate counts
tonnes as they lie.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from math import ceil

import numpy as np
from numpy.typing import NDArray

from dispatch.case import Yard
from dispatch.fuel.burn_paths import YardBurn
from dispatch.fuel.levels import SPECK_T
from dispatch.fuel.order_terms import OrderTerms, free_unloading_t
from dispatch.fuel.pile_paths import Arrivals, PilePaths
from dispatch.network_inputs import HOURS_PER_MONTH

Array = NDArray[np.float64]

DAYS_PER_MONTH = HOURS_PER_MONTH / 24.0


@dataclass(frozen=True)
class SeasonDates:
    """First and last day of one heating season."""

    first: date
    last: date

    @property
    def name(self) -> str:
        """The season by its years, as `2026-27`, or `2026` where it lies within one."""
        years = (self.first.year, self.last.year)
        return f"{years[0]}" if years[0] == years[1] else f"{years[0]}-{years[1] % 100:02d}"


@dataclass(frozen=True)
class YardToSeason:
    """One yard from today to the season's end, without orders; arrays (path, day)."""

    piles: PilePaths
    arrivals: Arrivals
    burn: YardBurn  # nothing outside of heating seasons
    terms: OrderTerms


@dataclass(frozen=True)
class StorageRule:
    """The city's rule: so much of its own target must lie in the yard when the season starts."""

    rate: float  # asked for, e.g. 0.6
    target_t: float  # the city's own denominator
    at_start_t: float  # expected
    met_on: date | None  # from which on it is expected to be held until the start
    met_on_p90: date | None  # the same on nine paths of ten
    order_by: date | None  # last day to order what is missing; None where nothing is
    is_late: bool  # it would not be unloaded in time even if ordered today
    meaning: str = ""  # of the target: cities mean unlike things by it (H§9)

    @property
    def asked_t(self) -> float:
        """Stock that the rule asks for."""
        return self.rate * self.target_t

    @property
    def missing_t(self) -> float:
        """What is expected to be missing of it at the start."""
        return max(0.0, self.asked_t - self.at_start_t)

    @property
    def is_met(self) -> bool:
        """Whether it is expected to be met in time."""
        return self.missing_t <= 0.0


@dataclass(frozen=True)
class YardSeason:
    """One yard's season, tonnes of the fuel's own heating value."""

    yard: Yard
    counted_from: date  # the season's first day, or today where it has begun
    needed_t_p50: float  # burnt and lost from there to the season's last day
    needed_t_p90: float
    lost_t: float  # of it by mass and heating value, mean
    on_hand_t: float  # usable then, deliveries until then included, mean
    deliveries_t: float  # in the season from then on, mean
    shortfall_t_p50: float
    shortfall_t_p90: float
    storage: StorageRule | None  # None where the yard has no target, or the season has begun


@dataclass(frozen=True)
class SeasonNeed:
    """What the yards of a case need for one season."""

    season: SeasonDates
    yards: tuple[YardSeason, ...]


def season_need(
    yards: Sequence[YardToSeason], season: SeasonDates, storage_rate_at_start: float
) -> SeasonNeed:
    """Needs, stocks and the storage rule of each yard; all days as in its `terms.dates`.

    In a season that has begun what is left of it counts, and the rule for its start has gone by.
    """
    return SeasonNeed(
        season, tuple(_yard_season(yard, season, storage_rate_at_start) for yard in yards)
    )


def _yard_season(ahead: YardToSeason, season: SeasonDates, rate: float) -> YardSeason:
    """One yard."""
    terms, piles = ahead.terms, ahead.piles
    start = max(0, (season.first - terms.dates[0]).days)
    lost = _lost_t(ahead)[:, start:].sum(axis=1)
    needed = ahead.burn.fuel_mwh[:, start:].sum(axis=1) / terms.mwh_per_t + lost
    energy_per_t = piles.mwh_per_t[:, max(0, start - 1)] / terms.mwh_per_t
    usable = np.maximum(0.0, _stock_at_start(piles, start) - terms.yard.unusable_t)
    on_hand = usable * energy_per_t
    come = ahead.arrivals.energy_mwh[:, start:].sum(axis=1)
    waiting = piles.waiting_t[:, start - 1] if start > 0 else np.zeros(len(needed))
    come = come / terms.mwh_per_t + waiting * energy_per_t
    short = np.maximum(0.0, needed - on_hand - come)
    return YardSeason(
        yard=terms.yard,
        counted_from=terms.date_of(start),
        needed_t_p50=float(np.quantile(needed, 0.5)),
        needed_t_p90=float(np.quantile(needed, 0.9)),
        lost_t=float(lost.mean()),
        on_hand_t=float(on_hand.mean()),
        deliveries_t=float(come.mean()),
        shortfall_t_p50=float(np.quantile(short, 0.5)),
        shortfall_t_p90=float(np.quantile(short, 0.9)),
        storage=_storage(ahead, start, rate) if terms.dates[0] <= season.first else None,
    )


def _lost_t(ahead: YardToSeason) -> Array:
    """What lying costs each day, by mass and heating value, in tonnes of the fuel, (path, day)."""
    piles = ahead.piles
    decay = ahead.terms.yard.heat_value_loss_per_month / DAYS_PER_MONTH
    lost_mwh = (piles.lost_t + piles.stock_t * decay) * piles.mwh_per_t
    return np.asarray(lost_mwh / ahead.terms.mwh_per_t, dtype=np.float64)


def _stock_at_start(piles: PilePaths, start: int) -> Array:
    """Stock when the season begins, (path,); today's where it has begun."""
    return piles.stock_before_t if start == 0 else piles.stock_t[:, start - 1]


def _storage(ahead: YardToSeason, start: int, rate: float) -> StorageRule | None:
    """When the storage-rate rule is met, and the order that mends it."""
    terms, piles = ahead.terms, ahead.piles
    if terms.yard.storage_target_t is None:
        return None
    asked_t = rate * terms.yard.storage_target_t
    stock = np.column_stack([piles.stock_before_t, piles.stock_t[:, :start]])
    mean = stock.mean(axis=0)
    held = np.sort(_held_from(stock, asked_t))
    missing_t = max(0.0, asked_t - float(mean[-1]))
    missing_t = missing_t if missing_t > SPECK_T else 0.0
    order_by, is_late = _order_by(ahead, start, missing_t)
    return StorageRule(
        rate=rate,
        target_t=terms.yard.storage_target_t,
        at_start_t=float(mean[-1]),
        met_on=_met_on(terms, int(_held_from(mean[None, :], asked_t)[0]), start),
        met_on_p90=_met_on(terms, int(held[ceil(0.9 * held.size - 1e-9) - 1]), start),
        order_by=order_by,
        is_late=is_late,
        meaning=terms.yard.storage_target_meaning.strip(),
    )


def _held_from(stock_t: Array, asked_t: float) -> NDArray[np.int64]:
    """Place from which on each row holds what is asked until its last; one beyond if not."""
    below = stock_t < asked_t - SPECK_T
    places = np.arange(1, stock_t.shape[1] + 1)
    return np.asarray((below * places).max(axis=1), dtype=np.int64)


def _met_on(terms: OrderTerms, place: int, start: int) -> date | None:
    """Date of a place in (now, end of day 0, end of day 1, …); None beyond the start."""
    return None if place > start else terms.date_of(max(0, place - 1))


def _order_by(ahead: YardToSeason, start: int, missing_t: float) -> tuple[date | None, bool]:
    """Last day to order what is missing at the start, and whether even today is too late."""
    terms = ahead.terms
    if missing_t <= 0.0:
        return None, False
    tonnes = ceil((missing_t - SPECK_T) / terms.unit_t) * terms.unit_t
    free = free_unloading_t(terms, ahead.piles)[:start]
    in_time = np.flatnonzero(np.cumsum(free[::-1])[::-1] >= tonnes - SPECK_T)
    if in_time.size == 0:
        return terms.dates[0], True
    placed = int(np.searchsorted(terms.arrives, in_time[-1], side="right")) - 1
    return terms.date_of(max(0, placed)), placed < 0
