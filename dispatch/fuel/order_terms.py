"""What an order of coal reckons with: lead time, unloading, train size, Spring Festival (H§9)."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from math import ceil, floor

import numpy as np
from numpy.typing import NDArray

from dispatch.case import Delivery, Yard
from dispatch.fuel.arrivals import Consignment, delay_days
from dispatch.fuel.burn_paths import YardBurn
from dispatch.fuel.pile_paths import Arrivals, PilePaths
from dispatch.settings import SupplySettings
from forecasts.demand.holidays import off_days

Array = NDArray[np.float64]
Days = NDArray[np.int64]

SUPPLY_COUNTRY = "CN"  # whose holidays mines and railways keep

USUAL_CONFIDENCE = 0.9  # of a train in time where no delivery is on file: a judgement, no record

# The pile of one yard with other arrivals: same burn, same start, same draws on every path.
Simulate = Callable[[Arrivals], PilePaths]


@dataclass(frozen=True)
class OrderTerms:
    """How coal can be had for one yard; arrays (day,), the first day is today.

    An order placed on day d is due at the gate on day `arrives[d]`, which may lie beyond the last
    day, and on a path comes `late[path, d]` days after that. From then on up to `unloading_t` can
    be had and unloaded each day, known deliveries included.
    """

    yard: Yard
    dates: tuple[date, ...]
    arrives: Days
    late: Days  # (path, day), or (1, day) for all paths the same
    unloading_t: Array
    mwh_per_t: float  # of the coal ordered: the fuel's own, lower heating value
    risk: float  # of falling below the reserve that the planner accepts, 0-1
    cover_days: int  # an order is to last so long after it has arrived

    @property
    def last(self) -> int:
        """Index of the season's last day."""
        return len(self.dates) - 1

    @property
    def unit_t(self) -> float:
        """Tonnes of one train or truck."""
        return self.yard.unit_t

    def date_of(self, day: int) -> date:
        """Local date of a day by its index, which may lie beyond the last."""
        return self.dates[0] + timedelta(days=day)


@dataclass(frozen=True)
class YardAhead:
    """One yard with its known arrivals alone, and how more coal can be had for it."""

    piles: PilePaths
    arrivals: Arrivals
    burn: YardBurn
    level_t: Array  # (day,) stock at which the case's reserve begins, bottom layer included
    terms: OrderTerms
    simulate: Simulate

    @property
    def allowed(self) -> int:
        """How many paths may fall below the reserve."""
        return floor(self.terms.risk * len(self.piles.stock_t) + 1e-9)

    @property
    def net_stock_t(self) -> Array:
        """Stock less what orders of today could have spared going short, (path, day).

        What is short before an order of today arrives is lost; no order has to make up for it.
        """
        days = np.arange(self.level_t.size)
        mendable = np.where(days >= self.terms.arrives[0], self.piles.short_t, 0.0)
        return np.asarray(self.piles.stock_t - np.cumsum(mendable, axis=1), dtype=np.float64)


def order_terms(
    yard: Yard,
    mwh_per_t: float,
    dates: tuple[date, ...],
    supply: SupplySettings,
    open_part: Array,
    late: Days | None = None,
) -> OrderTerms:
    """Lead times and unloading of a yard over consecutive local `dates`, today first.

    `open_part` is the part of each day's unloading that the road or rail lets through, (day,);
    `late` are draws of `order_delays`. Without them all orders are in time.
    """
    festivals = off_days(SUPPLY_COUNTRY, dates[0], dates[-1]).spring_festivals
    near = near_festival(dates, festivals, supply.festival_days)
    return OrderTerms(
        yard=yard,
        dates=dates,
        arrives=arrival_days(yard, dates, festivals, supply),
        late=np.zeros((1, len(dates)), dtype=np.int64) if late is None else late,
        unloading_t=yard.unloading_t_per_day
        * open_part
        * np.where(near, supply.festival_share, 1.0),
        mwh_per_t=mwh_per_t,
        risk=supply.order_risk,
        cover_days=ceil(supply.order_cover_days),
    )


def order_confidence(deliveries: Iterable[Delivery], yard_id: str) -> float:
    """How sure an order of a yard comes in time: as its deliveries on file, by tonnes.

    Those that nobody has promised (confidence 0) say nothing of trains that have been loaded.
    """
    promised = [row for row in deliveries if row.yard_id == yard_id and row.confidence > 0.0]
    tonnes = sum(row.tonnes for row in promised)
    if tonnes <= 0.0:
        return USUAL_CONFIDENCE
    return sum(row.tonnes * row.confidence for row in promised) / tonnes


def order_delays(
    yard: Yard, dates: tuple[date, ...], confidence: float, paths: int, seed: int
) -> Days:
    """Whole days by which an order of each of `dates` comes late on each path, (path, day).

    Drawn as for deliveries on file (`arrivals.delay_days`): in time with the probability
    `confidence`, else late by the yard's `late_days` in the mean.
    """
    orders = (Consignment(day, 0.0, 0.0, confidence, f"order of {day}") for day in dates)
    drawn = [delay_days(yard, order, paths, seed) for order in orders]
    return np.stack(drawn, axis=1).astype(np.int64)


def near_festival(
    dates: tuple[date, ...], festivals: tuple[date, ...], reach_days: float
) -> NDArray[np.bool_]:
    """Whether each date lies within `reach_days` of a Spring Festival, before or after."""
    return np.array(
        [any(abs((day - feast).days) <= reach_days for feast in festivals) for day in dates],
        dtype=bool,
    )


def arrival_days(
    yard: Yard, dates: tuple[date, ...], festivals: tuple[date, ...], supply: SupplySettings
) -> Days:
    """Day on which an order placed on each of `dates` reaches the gate, as an index of `dates`.

    The way takes the yard's lead time, and `festival_extra_days` more if a day of it, the day of
    loading included, lies in the festival's window. No order is overtaken: what is placed in the
    window arrives at the latest with what is placed after it.
    """
    usual, slow = (
        ceil(yard.lead_time_days),
        ceil(yard.lead_time_days + supply.festival_extra_days),
    )
    # A way begun on the last days may end after the window, so orders after them count as well.
    days = len(dates) + slow
    longer = tuple(dates[0] + timedelta(days=day) for day in range(days + usual + 1))
    near = near_festival(longer, festivals, supply.festival_days)
    arrives = [day + (slow if near[day : day + usual + 1].any() else usual) for day in range(days)]
    in_turn = np.minimum.accumulate(np.array(arrives[::-1], dtype=np.int64))[::-1]
    return np.asarray(in_turn[: len(dates)], dtype=np.int64)


def free_unloading_t(terms: OrderTerms, piles: PilePaths) -> Array:
    """Unloading that known deliveries leave free, mean over paths, (day,)."""
    free = terms.unloading_t - piles.unloaded_t.mean(axis=0)
    return np.asarray(np.maximum(0.0, free), dtype=np.float64)


def at_gate_t(due_t: Array, free_t: Array) -> Array:
    """Tonnes ordered that reach the gate each day, (…, day), of those `due_t` by their lead time.

    They come as fast as they can be unloaded and no faster: cumulative output of a queue that
    serves up to `free_t` a day. What would come after the last day is left out.
    """
    served, due = np.cumsum(free_t), np.cumsum(due_t, axis=-1)
    idle = np.minimum.accumulate(np.minimum(due - served, 0.0), axis=-1)
    return np.asarray(np.diff(served + idle, axis=-1, prepend=0.0), dtype=np.float64)


def due_t(terms: OrderTerms, ordered_t: Array) -> Array:
    """Orders by the day they are due at the gate, (path, day), of those by the day placed.

    `ordered_t` is (path, day), or (day,) for all paths the same. What comes after the last day is
    left out.
    """
    days = ordered_t.shape[-1]
    paths = max(terms.late.shape[0], ordered_t.shape[0] if ordered_t.ndim > 1 else 1)
    due, rows = np.zeros((paths, days + 1)), np.arange(paths)
    for day in np.flatnonzero((ordered_t > 0.0).any(axis=0) if ordered_t.ndim > 1 else ordered_t):
        due[rows, np.minimum(terms.arrives[day] + terms.late[:, day], days)] += ordered_t[..., day]
    return due[:, :days]


def with_order(arrivals: Arrivals, gate: Array, mwh_per_t: float) -> Arrivals:
    """Known arrivals and tonnes ordered, `gate` on (day,) or (path, day)."""
    return Arrivals(arrivals.tonnes + gate, arrivals.energy_mwh + gate * mwh_per_t)
