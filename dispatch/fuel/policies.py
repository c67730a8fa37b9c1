"""Four ways of ordering coal, tried on the same paths of weather, draws of trains included."""

from dataclasses import replace
from math import ceil

import numpy as np
from numpy.typing import NDArray

from dispatch.fuel.levels import SPECK_T, is_below
from dispatch.fuel.order_book import Book, days_rule, due_known_t, keep_book, risk_rules
from dispatch.fuel.order_terms import (
    YardAhead,
    at_gate_t,
    due_t,
    free_unloading_t,
    with_order,
)
from dispatch.fuel.outlook import Order, Policy, PolicyResult
from dispatch.fuel.pile_paths import PilePaths

Array = NDArray[np.float64]

UP_TO_DAYS = 30  # of forward burn: practice before the season (handbook §9)
WEEK_DAYS = 7
PARTS_OF_RISK = (1.0, 0.5, 0.25, 0.0)  # of the chosen one for each later order, tried in turn


def compare_policies(yard: YardAhead, first: Order | None) -> tuple[PolicyResult, ...]:
    """What each way of ordering brings until the season's end, in the order of `Policy`.

    `first` is what `orders.next_order` says.
    """
    return (as_planned(yard), at_risk(yard, first), up_to_30_days(yard), evenly(yard))


def as_planned(yard: YardAhead) -> PolicyResult:
    """Nothing beyond the deliveries on file."""
    return _result(Policy.AS_PLANNED, yard, yard.piles, (), 0.0)


def at_risk(yard: YardAhead, first: Order | None) -> PolicyResult:
    """The next order, then each morning's: as late and as little as the chosen risk allows.

    Every order takes a risk anew. Where the season's comes out above the chosen one, later orders
    are given a smaller part of it; a yard that is too late or too small may not get there.
    """
    if first is None:
        return _result(Policy.AT_RISK, yard, yard.piles, (), 0.0)
    fixed = np.zeros(yard.level_t.size)
    fixed[(first.order_by - yard.terms.dates[0]).days] = first.tonnes
    nothing = np.zeros_like(yard.piles.stock_t)
    parts = PARTS_OF_RISK[:1] if first.is_late else PARTS_OF_RISK
    for rule in risk_rules(yard, [part * yard.terms.risk for part in parts]):
        result = _of_book(Policy.AT_RISK, yard, keep_book(yard, rule, nothing, fixed))
        if result.probability_below_reserve <= yard.terms.risk:
            break
    return replace(result, orders=(first, *result.orders[1:]))


def up_to_30_days(yard: YardAhead) -> PolicyResult:
    """Every day whole trains up to 30 days of expected burn and what is burnt in the lead time."""
    book = keep_book(yard, days_rule(yard, UP_TO_DAYS), due_known_t(yard))
    return _of_book(Policy.UP_TO_30_DAYS, yard, book)


def evenly(yard: YardAhead) -> PolicyResult:
    """What the middle path lacks to the season's end, in whole trains spread over the weeks."""
    terms = yard.terms
    days = np.arange(0, terms.last + 1, WEEK_DAYS)
    days = days[terms.arrives[days] <= terms.last]
    units = ceil((lacking_t(yard) - SPECK_T) / terms.unit_t)
    if days.size == 0 or units <= 0:
        return _result(Policy.EVENLY, yard, yard.piles, (), 0.0)
    ordered = np.zeros(yard.level_t.size)
    by_now = np.round(units * np.arange(1, days.size + 1) / days.size)
    ordered[days] = np.diff(by_now, prepend=0.0) * terms.unit_t
    gate = at_gate_t(due_t(terms, ordered), free_unloading_t(terms, yard.piles))
    piles = yard.simulate(with_order(yard.arrivals, gate, terms.mwh_per_t))
    return _result(Policy.EVENLY, yard, piles, _orders(yard, ordered), float(ordered.sum()))


def lacking_t(yard: YardAhead) -> float:
    """Tonnes that the middle path is short of until the season's end, nothing left over then."""
    end_t = yard.net_stock_t[:, -1] - yard.terms.yard.unusable_t
    return max(0.0, -float(np.median(end_t)))


def _of_book(policy: Policy, yard: YardAhead, book: Book) -> PolicyResult:
    """What comes of orders that depend on the path; those listed are of the path of middle burn."""
    arrivals = with_order(yard.arrivals, book.gate_t, yard.terms.mwh_per_t)
    burn = yard.burn.fuel_mwh.sum(axis=1)
    middle = int(np.argsort(burn, kind="stable")[burn.size // 2])
    orders = _orders(yard, book.ordered_t[middle])
    ordered_t = float(book.ordered_t.sum(axis=1).mean())
    return _result(policy, yard, yard.simulate(arrivals), orders, ordered_t)


def _orders(yard: YardAhead, ordered_t: Array) -> tuple[Order, ...]:
    """Orders by the day they are placed, `ordered_t` (day,)."""
    terms = yard.terms
    return tuple(
        Order(
            order_by=terms.date_of(int(day)),
            arrives=terms.date_of(int(terms.arrives[day])),
            tonnes=float(ordered_t[day]),
            units=round(float(ordered_t[day]) / terms.unit_t),
            is_late=False,
        )
        for day in np.flatnonzero(ordered_t)
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
    below = is_below(piles, yard.level_t).any(axis=1)
    empty = is_below(piles, bottom).any(axis=1)
    return PolicyResult(
        policy=policy,
        orders=orders,
        ordered_t=ordered_t,
        mean_stock_t=float(piles.stock_t.mean()),
        left_t=float(piles.usable_t[:, -1].mean()),
        probability_below_reserve=float(below.mean()),
        probability_empty=float(empty.mean()),
    )
