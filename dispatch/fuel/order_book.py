"""Orders placed morning by morning on each path, as its stock and what is on order ask for.

The book is a running sum: stock without orders, and all that has been ordered. A rule says for
each morning at which sum to order (`trigger_t`) and up to which (`up_to_t`); what comes of the
orders is simulated. A rule knows the weather of all paths, but not which of them it is on.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from math import floor

import numpy as np
from numpy.typing import NDArray

from dispatch.fuel.levels import SPECK_T
from dispatch.fuel.order_terms import YardAhead, at_gate_t, due_t, free_unloading_t

Array = NDArray[np.float64]


@dataclass(frozen=True)
class Rule:
    """When to order and how much; arrays (day,), tonnes."""

    trigger_t: Array  # morning sum below which to order
    up_to_t: Array


@dataclass(frozen=True)
class Book:
    """Orders along each path, (path, day)."""

    ordered_t: Array  # by the day they are placed
    gate_t: Array  # by the day they reach the gate


def keep_book(yard: YardAhead, rule: Rule, known_t: Array, fixed_t: Array | None = None) -> Book:
    """Place orders by a rule; `known_t` (path, day) is what counts as stock besides, each morning.

    With `fixed_t` (day,) those orders are placed on every path, and the rule sets in after them.
    """
    terms = yard.terms
    stock = morning_t(yard) + known_t
    ordered = np.zeros_like(stock)
    total = np.zeros(stock.shape[0])
    starts = 0 if fixed_t is None else int(np.flatnonzero(fixed_t)[-1]) + 1
    for day in np.flatnonzero(terms.arrives <= terms.last):
        if fixed_t is not None and day < starts:
            ordered[:, day] = fixed_t[day]
        else:
            has = stock[:, day] + total
            gap = rule.up_to_t[day] - has
            units = np.maximum(0.0, np.ceil((gap - SPECK_T) / terms.unit_t))
            asks = has < rule.trigger_t[day] - SPECK_T
            ordered[:, day] = np.where(asks, units * terms.unit_t, 0.0)
        total += ordered[:, day]
    return Book(ordered, at_gate_t(due_t(terms, ordered), free_unloading_t(terms, yard.piles)))


def morning_t(yard: YardAhead) -> Array:
    """Stock each morning without orders, what stands at the gate included, (path, day)."""
    piles = yard.piles
    evening = yard.net_stock_t + piles.waiting_t
    return np.concatenate([piles.stock_before_t[:, None], evening[:, :-1]], axis=1)


def due_known_t(yard: YardAhead) -> Array:
    """Known deliveries that a morning waits for until an order of that day arrives, (path, day).

    As planned: by the mean of all paths, less what has come on this one.
    """
    none = np.zeros((len(yard.arrivals.tonnes), 1))
    come = np.concatenate([none, np.cumsum(yard.arrivals.tonnes, axis=1)], axis=1)
    until = np.minimum(yard.terms.arrives, yard.terms.last) + 1
    due = np.maximum(0.0, come.mean(axis=0)[until] - come[:, :-1])
    return np.asarray(due, dtype=np.float64)


def most_t(yard: YardAhead) -> Array:
    """Sum above which an order would still wait for room when the next one arrives, (day,)."""
    burnt = _burnt_until_t(yard)
    until = np.append(yard.terms.arrives[1:], yard.terms.arrives[-1] + 1)
    until = np.minimum(until, burnt.size - 1)
    return np.asarray(yard.terms.yard.capacity_t + burnt[until] - burnt[:-1], dtype=np.float64)


def days_rule(yard: YardAhead, days: int) -> Rule:
    """Up to so many days of expected burn, and what is burnt in the lead time."""
    burnt = _burnt_until_t(yard)
    until = np.minimum(yard.terms.arrives + days, burnt.size - 1)
    up_to = yard.terms.yard.unusable_t + burnt[until] - burnt[:-1]
    up_to = np.minimum(up_to, most_t(yard))
    return Rule(up_to, up_to)


def risk_rules(yard: YardAhead, risks: Sequence[float]) -> tuple[Rule, ...]:
    """Order when waiting a day would bring the risk to touch the reserve above each of `risks`.

    A morning's sum must last, on all paths but those the risk gives up, until an order of the next
    day is unloaded; and beyond, where even all unloading from then on would not keep up with the
    burn. Up to: the same for the days an order is to cover. Known deliveries count as they come
    on each path.
    """
    terms, piles = yard.terms, yard.piles
    paths, days = piles.stock_t.shape
    use = piles.burnt_t + piles.short_t + piles.lost_t - yard.arrivals.tonnes
    # Days first: each day's vector over paths then lies in one piece of memory.
    used = np.cumsum(np.ascontiguousarray(use.T), axis=0)
    asked = used + yard.level_t[:, None]
    served = np.cumsum(free_unloading_t(terms, piles))
    # By day: what the days after it ask for, whatever is ordered for them.
    beyond = np.maximum.accumulate((asked - served[:, None])[::-1])[::-1]
    trigger, up_to = np.full((2, len(risks), days), -np.inf)
    rows = np.arange(paths)
    places = np.array([paths - 1 - floor(risk * paths + 1e-9) for risk in risks])
    for day in np.flatnonzero(terms.arrives <= terms.last):
        arrives = int(terms.arrives[day])
        last_call = day + 1 >= days or terms.arrives[day + 1] > terms.last
        tomorrow = terms.last if last_call else terms.arrives[day + 1] + terms.late[:, day + 1]
        before = used[day - 1] if day > 0 else 0.0
        for sums, until in ((trigger, tomorrow), (up_to, arrives + terms.cover_days)):
            end = np.broadcast_to(np.minimum(until, terms.last), paths)
            most = np.maximum.accumulate(asked[arrives : end.max() + 1])
            need = np.maximum(most[end - arrives, rows], beyond[end, rows] + served[end])
            sums[:, day] = np.partition(need - before, places)[places]
    up_to = np.minimum(up_to, most_t(yard))
    return tuple(Rule(*pair) for pair in zip(trigger, up_to, strict=True))


def _burnt_until_t(yard: YardAhead) -> Array:
    """Expected burn until each day begins, and until the last ends, (day + 1,), pile's tonnes."""
    burn = yard.burn.expected_mwh / yard.piles.mwh_per_t.mean(axis=0)
    return np.concatenate([[0.0], np.cumsum(burn)])
