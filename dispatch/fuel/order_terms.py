"""What an order of coal must reckon with: lead time, unloading, train size, Spring Festival (H§9)."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, timedelta
from math import ceil

import numpy as np
from numpy.typing import NDArray

from dispatch.case import Yard
from dispatch.fuel.pile_paths import Arrivals, PilePaths
from dispatch.settings import SupplySettings
from forecasts.demand.holidays import off_days

Array = NDArray[np.float64]
Days = NDArray[np.int64]

SUPPLY_COUNTRY = "CN"  # whose holidays mines and railways keep

Simulate = Callable[
    [Arrivals], PilePaths
]  # the pile of one yard, same burn and start, whatever comes


@dataclass(frozen=True)
class OrderTerms:
    """How coal can be had for one yard; arrays (day,), the first day is today.

    An order placed on day d reaches the gate on day `arrives[d]`, which may lie beyond the last
    day. From then on up to `unloading_t` can be had and unloaded each day, known deliveries
    included.
    """

    yard: Yard
    dates: tuple[date, ...]
    arrives: Days
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


def order_terms(
    yard: Yard, mwh_per_t: float, dates: tuple[date, ...], supply: SupplySettings
) -> OrderTerms:
    """Lead times and unloading of a yard over consecutive local `dates`, today first."""
    festivals = off_days(SUPPLY_COUNTRY, dates[0], dates[-1]).spring_festivals
    near = near_festival(dates, festivals, supply.festival_days)
    return OrderTerms(
        yard=yard,
        dates=dates,
        arrives=arrival_days(yard, dates, festivals, supply),
        unloading_t=np.where(near, supply.festival_share, 1.0) * yard.unloading_t_per_day,
        mwh_per_t=mwh_per_t,
        risk=supply.order_risk,
        cover_days=ceil(supply.order_cover_days),
    )


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
    return np.maximum(0.0, terms.unloading_t - piles.unloaded_t.mean(axis=0))


def gate_t(terms: OrderTerms, free_t: Array, arrives: int, tonnes: float) -> Array:
    """Tonnes of one order that reach the gate each day, (day,): as fast as they can be unloaded.

    What would come after the season's end is left out.
    """
    come = np.cumsum(np.where(np.arange(free_t.size) >= arrives, free_t, 0.0))
    return np.diff(np.minimum(come, tonnes), prepend=0.0)


def with_order(arrivals: Arrivals, gate: Array, mwh_per_t: float) -> Arrivals:
    """Known arrivals and tonnes ordered, `gate` on (day,) or (path, day)."""
    return Arrivals(arrivals.tonnes + gate, arrivals.energy_mwh + gate * mwh_per_t)
