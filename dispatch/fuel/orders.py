"""The last safe day to order coal, and how much: as late and as little as the risk allows.

An order placed on a day reaches the gate when its lead time has passed, and counts from the end
of its first day of unloading; that day itself must be got through without it. Safe is the last
day with which the share of paths that fall below the reserve by then stays within the risk.

The search works on sums, not on simulations. Without the order a path has stock M(d) and has gone
short of s(d) since the arrival; with T tonnes of it, U(d) of which can be unloaded by day d, it
has M − s + min(T, U). So a path asks for max over d of (level − M + s), and the tonnage is a
quantile of that over paths. The sums leave out what the coal ordered loses while it lies, that it
is richer or poorer than the pile, and that on some paths a known train stands at the unloader or
the yard is full: one simulation confirms the order, and adds trains or takes days where it fails.

Where orders may come late (`OrderTerms.late`), each path waits for its own day of arrival.
"""

from dataclasses import dataclass, replace
from math import ceil

import numpy as np
from numpy.typing import NDArray

from dispatch.fuel.levels import SPECK_T, is_below
from dispatch.fuel.order_terms import (
    Days,
    YardAhead,
    at_gate_t,
    due_t,
    free_unloading_t,
    with_order,
)
from dispatch.fuel.outlook import Order

Array = NDArray[np.float64]
Mask = NDArray[np.bool_]

MOST_UNITS_MORE = (0, 1, 2, 4)  # what a simulation may ask for beyond the sums, tried in turn
DAYS_EARLIER = (0, 1, 2, 4, 8, 16, 32)


def next_order(yard: YardAhead) -> Order | None:
    """The next order that keeps the risk of falling below the reserve; None if none is needed.

    None too where no order can arrive and be unloaded within the season. Where even an order of
    today comes too late it says so, and holds what mends the stock soonest.
    """
    terms = yard.terms
    below = is_below(yard.piles, yard.level_t)
    fallen = np.maximum.accumulate(below, axis=1).sum(axis=0)
    if fallen[-1] <= yard.allowed or terms.arrives[0] > terms.last:
        return None
    free_t = free_unloading_t(terms, yard.piles)
    if free_t[terms.arrives[0] :].sum() <= SPECK_T:
        return None
    deadline = int(np.argmax(fallen > yard.allowed)) - 1
    day = int(np.searchsorted(terms.arrives, deadline, side="right")) - 1
    ask = None
    while day >= 0 and (ask := _ask(yard, below, free_t, day)) is None:
        day -= 1  # unloading is too slow for it: sooner
    if ask is not None:
        for sooner in DAYS_EARLIER:
            tried = _ask(yard, below, free_t, max(0, day - sooner))
            sure = None if tried is None else _confirmed(yard, free_t, tried)
            if sure is not None:
                return _order(yard, sure)
            if sooner >= day:
                break
    return _order(yard, _late_ask(yard, free_t))


@dataclass(frozen=True)
class _Ask:
    """What an order that arrives on a day would have to hold."""

    placed: int
    arrives: int
    end: int  # last day it is to cover
    tonnes: float
    most_t: float  # what the yard can hold or unload
    is_cut: bool = False  # to that: it does not last, and the next order comes soon after it
    is_late: bool = False


def _order(yard: YardAhead, ask: _Ask) -> Order:
    """An ask as an order."""
    return Order(
        order_by=yard.terms.date_of(ask.placed),
        arrives=yard.terms.date_of(ask.arrives),
        tonnes=ask.tonnes,
        units=round(ask.tonnes / yard.terms.unit_t),
        is_late=ask.is_late,
    )


def _confirmed(yard: YardAhead, free_t: Array, ask: _Ask) -> _Ask | None:
    """The order, with units added until the simulated risk is kept; None if they do not help."""
    if ask.is_cut:
        return ask
    for more in MOST_UNITS_MORE:
        tonnes = ask.tonnes + more * yard.terms.unit_t
        if more > 0 and tonnes > ask.most_t + SPECK_T:
            return None
        ordered = np.where(np.arange(free_t.size) == ask.placed, tonnes, 0.0)
        gate = at_gate_t(due_t(yard.terms, ordered), free_t)
        piles = yard.simulate(with_order(yard.arrivals, gate, yard.terms.mwh_per_t))
        if is_below(piles, yard.level_t)[:, : ask.end + 1].any(axis=1).sum() <= yard.allowed:
            return replace(ask, tonnes=tonnes)
    return None


def _ask(yard: YardAhead, below: Mask, free_t: Array, placed: int) -> _Ask | None:
    """The smallest order of a day that keeps the risk while it is to last; None if none does.

    One that the yard cannot take whole is cut to what it can.
    """
    terms = yard.terms
    arrives = int(terms.arrives[placed])
    end = min(arrives + terms.cover_days, terms.last)
    gap = _gap(yard, free_t, placed, end)
    waits = np.arange(end + 1) <= gap.there[:, None]
    lost = (below[:, : end + 1] & waits).any(axis=1)
    lost |= (gap.deficit_t > gap.unloaded_t + SPECK_T).any(axis=1)
    spare = yard.allowed - int(lost.sum())
    if spare < 0:
        return None
    need = _quantile_of_need(gap.deficit_t.max(axis=1)[~lost], spare)
    wanted, most = _whole(need, terms.unit_t), _most_t(yard, free_t, arrives, end)
    return _Ask(placed, arrives, end, min(wanted, most), most, is_cut=wanted > most)


def _late_ask(yard: YardAhead, free_t: Array) -> _Ask:
    """An order of today that comes too late: what mends the stock soonest, and no more.

    Mended it is from the first day on which, with all that can be unloaded, the risk is kept
    until the order's cover ends. Where nothing mends it: all that can be unloaded and held.
    """
    terms = yard.terms
    arrives = int(terms.arrives[0])
    end = min(arrives + terms.cover_days, terms.last)
    gap = _gap(yard, free_t, 0, end)
    most = _most_t(yard, free_t, arrives, end)
    lost = gap.deficit_t > np.minimum(gap.unloaded_t, most) + SPECK_T
    lost_after = np.maximum.accumulate(lost[:, ::-1], axis=1)[:, ::-1]
    mended = np.flatnonzero(lost_after.sum(axis=0) <= yard.allowed)
    tonnes = most
    if mended.size > 0:
        held = ~lost_after[:, mended[0]]
        spare = yard.allowed - int((~held).sum())
        need = _quantile_of_need(gap.deficit_t[held, mended[0] :].max(axis=1), spare)
        tonnes = min(_whole(need, terms.unit_t), most)
    return _Ask(0, arrives, end, tonnes, most, is_late=True)


@dataclass(frozen=True)
class _Gap:
    """What an order must fill on each day from its due day to the end of its cover, and can."""

    there: Days  # (path,) day on which it is at the gate
    deficit_t: Array  # (path, day) missing to the reserve without it
    unloaded_t: Array  # (path, day) the most of it that can be unloaded by then


def _gap(yard: YardAhead, free_t: Array, placed: int, end: int) -> _Gap:
    """The gap before an order placed on a day; what goes short before it comes is lost."""
    terms = yard.terms
    due = int(terms.arrives[placed])
    there = np.broadcast_to(due + terms.late[:, placed], len(yard.piles.stock_t))
    days = np.arange(due, end + 1)
    short = np.where(days >= there[:, None], yard.piles.short_t[:, days], 0.0)
    served = np.concatenate([[0.0], np.cumsum(free_t)])
    before = served[np.minimum(there, free_t.size)]
    return _Gap(
        there,
        yard.level_t[days] - yard.piles.stock_t[:, days] + np.cumsum(short, axis=1),
        np.maximum(0.0, served[days + 1] - before[:, None]),
    )


def _quantile_of_need(need_t: Array, spare: int) -> float:
    """The least tonnes that serve all paths but `spare` of them."""
    if spare >= need_t.size:
        return 0.0
    place = need_t.size - 1 - spare
    return max(0.0, float(np.partition(need_t, place)[place]))


def _whole(tonnes: float, unit_t: float) -> float:
    """Whole trains or trucks, at least one."""
    return max(1, ceil((tonnes - SPECK_T) / unit_t)) * unit_t


def _most_t(yard: YardAhead, free_t: Array, arrives: int, end: int) -> float:
    """The most that can be unloaded within an order's cover and lies in the yard on half the paths.

    At least one unit: it waits at the gate until there is room.
    """
    terms = yard.terms
    unloaded = np.cumsum(free_t[arrives : end + 1])
    stock = np.median(yard.piles.stock_t[:, arrives : end + 1], axis=0)
    sizes = terms.unit_t * np.arange(1, ceil(unloaded[-1] / terms.unit_t - 1e-9) + 1)
    done = np.minimum(np.searchsorted(unloaded, sizes - SPECK_T), unloaded.size - 1)
    in_yard = np.minimum(sizes, unloaded[-1])  # the end of the last train may come after the cover
    fits = in_yard <= terms.yard.capacity_t - stock[done] + SPECK_T
    return float(sizes[fits].max(initial=terms.unit_t))
