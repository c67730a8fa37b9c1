"""Four ways of ordering coal, tried on the same paths of weather, draws of trains included.

Orders at the chosen risk and in even parts are fixed today. Only ordering up to 30 days looks at
the stock of each path every morning; its order book is a running sum like that of `orders.py`
(stock and all on order, less what is burnt), and what comes of it is simulated.
"""

from dataclasses import dataclass
from math import ceil

import numpy as np
from numpy.typing import NDArray

from dispatch.fuel.burn_paths import YardBurn
from dispatch.fuel.levels import is_below
from dispatch.fuel.order_terms import (
    Days,
    OrderTerms,
    Simulate,
    at_gate_t,
    free_unloading_t,
    with_order,
)
from dispatch.fuel.orders import TOLERANCE_T, orders_at_risk
from dispatch.fuel.outlook import Level, Order, Policy, PolicyResult
from dispatch.fuel.pile_paths import Arrivals, PilePaths

Array = NDArray[np.float64]

UP_TO_DAYS = 30  # of forward burn: practice before the season (handbook §9)
WEEK_DAYS = 7


@dataclass(frozen=True)
class YardAhead:
    """One yard with its known arrivals alone, and how more coal can be had for it."""

    piles: PilePaths
    arrivals: Arrivals
    burn: YardBurn
    level_t: Array  # (day,) stock at which the reserve begins, bottom layer included
    terms: OrderTerms
    simulate: Simulate


def compare_policies(yard: YardAhead) -> tuple[PolicyResult, ...]:
    """What each way of ordering brings until the season's end, in the order of `Policy`."""
    return (as_planned(yard), at_risk(yard), up_to_30_days(yard), evenly(yard))


def as_planned(yard: YardAhead) -> PolicyResult:
    """Nothing beyond the deliveries on file."""
    return _result(Policy.AS_PLANNED, yard, yard.piles, (), 0.0)


def at_risk(yard: YardAhead) -> PolicyResult:
    """Orders as late and as little as the chosen risk allows for the whole season."""
    placed = tuple(
        orders_at_risk(yard.piles, yard.arrivals, yard.level_t, yard.terms, yard.simulate)
    )
    piles = placed[-1].piles if placed else yard.piles
    orders = tuple(one.order for one in placed)
    return _result(Policy.AT_RISK, yard, piles, orders, sum(order.tonnes for order in orders))


def up_to_30_days(yard: YardAhead) -> PolicyResult:
    """Every day whole trains up to 30 days of expected burn and what is burnt in the lead time.

    The orders listed are those of the path with the middle burn.
    """
    terms = yard.terms
    ordered = _up_to_orders_t(yard)
    due = np.zeros_like(ordered)
    for day in np.flatnonzero(terms.arrives <= terms.last):
        due[:, terms.arrives[day]] += ordered[:, day]
    gate = at_gate_t(due, free_unloading_t(terms, yard.piles))
    piles = yard.simulate(with_order(yard.arrivals, gate, terms.mwh_per_t))
    burn = yard.burn.fuel_mwh.sum(axis=1)
    middle = int(np.argsort(burn, kind="stable")[burn.size // 2])
    orders = _orders(terms, np.flatnonzero(ordered[middle] > 0), ordered[middle])
    return _result(Policy.UP_TO_30_DAYS, yard, piles, orders, float(ordered.sum(axis=1).mean()))


def evenly(yard: YardAhead) -> PolicyResult:
    """What the middle path lacks to the season's end, in whole trains spread over the weeks."""
    terms = yard.terms
    days = np.arange(0, terms.last + 1, WEEK_DAYS)
    days = days[terms.arrives[days] <= terms.last]
    units = ceil((_lacking_t(yard) - TOLERANCE_T) / terms.unit_t)
    ordered = np.zeros(terms.last + 1)
    if days.size == 0 or units <= 0:
        return _result(Policy.EVENLY, yard, yard.piles, (), 0.0)
    by_now = np.round(units * np.arange(1, days.size + 1) / days.size)
    ordered[days] = np.diff(by_now, prepend=0.0) * terms.unit_t
    due = np.zeros_like(ordered)
    np.add.at(due, terms.arrives[days], ordered[days])  # two orders may arrive together
    gate = at_gate_t(due, free_unloading_t(terms, yard.piles))
    piles = yard.simulate(with_order(yard.arrivals, gate, terms.mwh_per_t))
    orders = _orders(terms, days[ordered[days] > 0], ordered)
    return _result(Policy.EVENLY, yard, piles, orders, float(ordered.sum()))


def _net_stock_t(yard: YardAhead) -> Array:
    """Stock without orders, less what orders of today could have spared going short, (path, day).

    What is short before an order of today arrives is lost; no order has to make up for it.
    """
    days = np.arange(yard.level_t.size)
    mendable = np.where(days >= yard.terms.arrives[0], yard.piles.short_t, 0.0)
    return np.asarray(yard.piles.stock_t - np.cumsum(mendable, axis=1), dtype=np.float64)


def _lacking_t(yard: YardAhead) -> float:
    """Tonnes that the middle path is short of until the season's end, nothing left over then."""
    end_t = _net_stock_t(yard)[:, -1] - yard.terms.yard.unusable_t
    return max(0.0, -float(np.median(end_t)))


def _up_to_orders_t(yard: YardAhead) -> Array:
    """Tonnes ordered on each path and day by stock in the morning and all that is on order."""
    terms, piles = yard.terms, yard.piles
    net = _net_stock_t(yard)
    morning = np.concatenate([piles.stock_before_t[:, None], net[:, :-1]], axis=1)
    waits = np.concatenate([np.zeros((net.shape[0], 1)), piles.waiting_t[:, :-1]], axis=1)
    known = morning + waits + _known_t(terms, yard.arrivals)
    want = _up_to_t(yard)
    ordered = np.zeros_like(net)
    so_far = np.zeros(net.shape[0])
    for day in np.flatnonzero(terms.arrives <= terms.last):
        gap = want[day] - known[:, day] - so_far
        units = np.ceil((gap - TOLERANCE_T) / terms.unit_t)
        ordered[:, day] = np.maximum(0.0, units) * terms.unit_t
        so_far += ordered[:, day]
    return ordered


def _known_t(terms: OrderTerms, arrivals: Arrivals) -> Array:
    """Known deliveries that arrive from a day on until an order of that day does, (path, day)."""
    come = np.concatenate(
        [np.zeros((arrivals.tonnes.shape[0], 1)), np.cumsum(arrivals.tonnes, axis=1)], axis=1
    )
    until = np.minimum(terms.arrives, terms.last) + 1
    return np.asarray(come[:, until] - come[:, :-1], dtype=np.float64)


def _up_to_t(yard: YardAhead) -> Array:
    """Stock and orders that a morning should have: 30 days of burn beyond the lead time, (day,).

    Not above what the yard holds when the order arrives.
    """
    terms = yard.terms
    burn = yard.burn.expected_mwh / yard.piles.mwh_per_t.mean(axis=0)
    burnt = np.concatenate([[0.0], np.cumsum(burn)])
    days, beyond = np.arange(burn.size), burn.size
    in_lead = burnt[np.minimum(terms.arrives, beyond)] - burnt[days]
    in_all = burnt[np.minimum(terms.arrives + UP_TO_DAYS, beyond)] - burnt[days]
    most = terms.yard.capacity_t + in_lead
    return np.asarray(np.minimum(terms.yard.unusable_t + in_all, most), dtype=np.float64)


def _orders(terms: OrderTerms, days: Days, tonnes: Array) -> tuple[Order, ...]:
    """Orders placed on `days`, of `tonnes` (day,)."""
    return tuple(
        Order(
            order_by=terms.date_of(int(day)),
            arrives=terms.date_of(int(terms.arrives[day])),
            tonnes=float(tonnes[day]),
            units=round(float(tonnes[day]) / terms.unit_t),
            is_late=False,
        )
        for day in days
    )


def _result(
    policy: Policy,
    yard: YardAhead,
    piles: PilePaths,
    orders: tuple[Order, ...],
    ordered_t: float,
) -> PolicyResult:
    """What a policy's piles come to."""
    bottom = np.full_like(yard.level_t, yard.terms.yard.unusable_t)
    below = is_below(piles, Level.RESERVE, yard.level_t).any(axis=1)
    empty = is_below(piles, Level.EMPTY, bottom).any(axis=1)
    return PolicyResult(
        policy=policy,
        orders=orders,
        ordered_t=ordered_t,
        mean_stock_t=float(piles.stock_t.mean()),
        left_t=float(piles.usable_t[:, -1].mean()),
        probability_below_reserve=float(below.mean()),
        probability_empty=float(empty.mean()),
    )
