"""The last safe day to order coal, and how much: as late and as little as the risk allows.

An order placed on a day reaches the gate when its lead time has passed, and counts from the end
of its first day of unloading; that day itself must be got through without it. Safe is the last
day with which the share of paths that fall below the reserve by then stays within the risk.

The search works on sums, not on simulations. Without the order a path has stock M(d) and has gone
short of s(d) since the arrival; with T tonnes of it, U(d) unloaded by day d, it has M − s +
min(T, U). So a path asks for max over d of (level − M + s), and the tonnage is a quantile of that
over paths. The sums leave out what the coal ordered loses while it lies, that it is richer or
poorer than the pile, and that on some paths a known train stands at the unloader or the yard is
full; a real simulation then confirms the order, and adds a train or takes a day earlier if needed.

Orders are fixed on today's knowledge: every morning's outlook reckons them anew.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from math import ceil, floor

import numpy as np
from numpy.typing import NDArray

from dispatch.fuel.order_terms import (
    OrderTerms,
    Simulate,
    at_gate_t,
    due_t,
    free_unloading_t,
    with_order,
)
from dispatch.fuel.outlook import Order
from dispatch.fuel.pile_paths import Arrivals, PilePaths

Array = NDArray[np.float64]
Mask = NDArray[np.bool_]

TOLERANCE_T = 1e-6  # a stock this close to a level is not below it
MOST_UNITS_MORE = (0, 1, 2, 4)  # what a simulation may ask for beyond the sums, tried in turn
DAYS_EARLIER = (0, 1, 2, 4, 8, 16, 32)


@dataclass(frozen=True)
class PlacedOrder:
    """An order, and the yard with it."""

    order: Order
    piles: PilePaths
    arrivals: Arrivals  # this order and all before it included
    safe_from: int  # day from which on the risk is kept: beyond today for a late order


@dataclass(frozen=True)
class Outlook:
    """One yard along every path without the order in question."""

    piles: PilePaths
    arrivals: Arrivals
    level_t: Array  # (day,) at which the reserve begins, bottom layer included
    terms: OrderTerms
    watch_from: int  # days before it are lost, and no longer counted

    @property
    def allowed(self) -> int:
        """How many paths may fall below the level."""
        return floor(self.terms.risk * len(self.piles.stock_t) + 1e-9)

    def below(self, piles: PilePaths) -> Mask:
        """Whether stock is below the level on a day that counts, (path, day)."""
        counts = np.arange(self.level_t.size) >= self.watch_from
        return np.asarray((piles.stock_t < self.level_t - TOLERANCE_T) & counts)


def below_share(below: Mask) -> Array:
    """Share of paths that have been below a level by each day, (day,)."""
    return np.asarray(np.maximum.accumulate(below, axis=1).mean(axis=0), dtype=np.float64)


def next_order(
    piles: PilePaths, arrivals: Arrivals, level_t: Array, terms: OrderTerms, simulate: Simulate
) -> Order | None:
    """The next order that keeps the risk of falling below `level_t`; None if none is needed.

    `piles` are those with the known `arrivals` alone. `level_t` is the stock at which the reserve
    begins, (day,), bottom layer included. None too where no order can arrive within the season.
    """
    first = next(orders_at_risk(piles, arrivals, level_t, terms, simulate), None)
    return None if first is None else first.order


def orders_at_risk(
    piles: PilePaths, arrivals: Arrivals, level_t: Array, terms: OrderTerms, simulate: Simulate
) -> Iterator[PlacedOrder]:
    """Orders to the season's end, each as late and as little as the risk allows.

    The risk is that of the whole season: what earlier orders leave of it is all that later ones
    may take. Days that a late order cannot mend are not counted against those after it.
    """
    state = Outlook(piles, arrivals, level_t, terms, watch_from=0)
    for _ in range(level_t.size):
        placed = _place(state, simulate)
        if placed is None:
            return
        yield placed
        state = Outlook(placed.piles, placed.arrivals, level_t, terms, placed.safe_from)


@dataclass(frozen=True)
class _Ask:
    """What an order that arrives on a day would have to hold."""

    placed: int
    arrives: int
    end: int  # last day it is to cover
    safe_from: int
    tonnes: float
    most_t: float  # what the yard can hold or unload
    is_cut: bool  # to that: it does not last, and the next order comes soon after it
    is_late: bool


def _place(state: Outlook, simulate: Simulate) -> PlacedOrder | None:
    """The next order, confirmed by simulation."""
    terms = state.terms
    share = below_share(state.below(state.piles))
    kept = share * state.piles.stock_t.shape[0] <= state.allowed + 1e-9
    if kept.all() or terms.arrives[0] > terms.last:
        return None
    deadline = int(np.argmin(kept)) - 1
    free_t = free_unloading_t(terms, state.piles)
    day = int(np.searchsorted(terms.arrives, deadline, side="right")) - 1
    ask = None
    while day >= 0 and (ask := _ask(state, free_t, day)) is None:
        day -= 1  # unloading is too slow for it: sooner
    if ask is not None:
        for sooner in DAYS_EARLIER:
            tried = _ask(state, free_t, max(0, day - sooner))
            placed = None if tried is None else _confirmed(state, free_t, tried, simulate)
            if placed is not None:
                return placed
            if sooner >= day:
                break
    return _made(state, free_t, _late_ask(state, free_t), simulate)


def _confirmed(state: Outlook, free_t: Array, ask: _Ask, simulate: Simulate) -> PlacedOrder | None:
    """The order, with units added until the simulated risk is kept; None if they do not help."""
    for more in MOST_UNITS_MORE:
        tonnes = ask.tonnes + more * state.terms.unit_t
        if tonnes > max(ask.most_t, ask.tonnes) + TOLERANCE_T:
            return None
        placed = _made(state, free_t, replace(ask, tonnes=tonnes), simulate)
        below = state.below(placed.piles)[:, : ask.end + 1]
        if ask.is_cut or below.any(axis=1).sum() <= state.allowed:
            return placed
    return None


def _made(state: Outlook, free_t: Array, ask: _Ask, simulate: Simulate) -> PlacedOrder:
    """The yard with an order."""
    terms = state.terms
    gate = at_gate_t(due_t(free_t.size, ask.arrives, ask.tonnes), free_t)
    arrivals = with_order(state.arrivals, gate, terms.mwh_per_t)
    order = Order(
        order_by=terms.date_of(ask.placed),
        arrives=terms.date_of(ask.arrives),
        tonnes=ask.tonnes,
        units=round(ask.tonnes / terms.unit_t),
        is_late=ask.is_late,
    )
    return PlacedOrder(order, simulate(arrivals), arrivals, ask.safe_from)


def _ask(state: Outlook, free_t: Array, placed: int) -> _Ask | None:
    """The smallest order of a day that keeps the risk while it is to last; None if none does.

    One that the yard cannot take whole is cut to what it can.
    """
    terms = state.terms
    arrives = int(terms.arrives[placed])
    end = min(arrives + terms.cover_days, terms.last)
    deficit = _deficit_t(state, arrives, end)
    lost = state.below(state.piles)[:, :arrives].any(axis=1)
    lost |= (deficit > _unloaded_t(free_t, arrives, end) + TOLERANCE_T).any(axis=1)
    spare = state.allowed - int(lost.sum())
    if spare < 0:
        return None
    need = _quantile_of_need(deficit.max(axis=1)[~lost], spare)
    most = _most_t(state, free_t, arrives, end)
    wanted = _whole(need, terms.unit_t)
    return _Ask(
        placed=placed,
        arrives=arrives,
        end=end,
        safe_from=state.watch_from,
        tonnes=min(wanted, most),
        most_t=most,
        is_cut=wanted > most,
        is_late=False,
    )


def _late_ask(state: Outlook, free_t: Array) -> _Ask:
    """An order of today that comes too late: what mends the stock soonest, and no more.

    Mended it is from the first day on which, with all that can be unloaded, the risk is kept
    until the order's cover ends. Where nothing mends it: all that can be unloaded and held.
    """
    terms = state.terms
    arrives = int(terms.arrives[0])
    end = min(max(arrives, state.watch_from) + terms.cover_days, terms.last)
    deficit = _deficit_t(state, arrives, end)
    most = _most_t(state, free_t, arrives, end)
    lost = deficit > np.minimum(_unloaded_t(free_t, arrives, end), most) + TOLERANCE_T
    lost_after = np.maximum.accumulate(lost[:, ::-1], axis=1)[:, ::-1]
    mended = np.flatnonzero(lost_after.sum(axis=0) <= state.allowed)
    safe_from, tonnes = end + 1, most
    if mended.size > 0:
        first = int(mended[0])
        held = ~lost_after[:, first]
        spare = state.allowed - int((~held).sum())
        need = _quantile_of_need(deficit[held, first:].max(axis=1), spare)
        safe_from, tonnes = arrives + first, min(_whole(need, terms.unit_t), most)
    return _Ask(
        placed=0,
        arrives=arrives,
        end=end,
        safe_from=max(safe_from, state.watch_from),
        tonnes=tonnes,
        most_t=most,
        is_cut=True,  # nothing more to be had for it
        is_late=True,
    )


def _deficit_t(state: Outlook, arrives: int, end: int) -> Array:
    """What is missing to the level on each day from the arrival, (path, day); −∞ if not counted."""
    span = slice(arrives, end + 1)
    short = np.cumsum(state.piles.short_t[:, span], axis=1)
    deficit = state.level_t[span] - state.piles.stock_t[:, span] + short
    deficit[:, : max(0, state.watch_from - arrives)] = -np.inf
    return deficit


def _unloaded_t(free_t: Array, arrives: int, end: int) -> Array:
    """What can be unloaded of an order by the end of each day, (day from the arrival,)."""
    return np.cumsum(free_t[arrives : end + 1])


def _quantile_of_need(need_t: Array, spare: int) -> float:
    """The least tonnes that serve all paths but `spare` of them."""
    if spare >= need_t.size:
        return 0.0
    place = need_t.size - 1 - spare
    return max(0.0, float(np.partition(need_t, place)[place]))


def _whole(tonnes: float, unit_t: float) -> float:
    """Whole trains or trucks, at least one."""
    return max(1, ceil((tonnes - TOLERANCE_T) / unit_t)) * unit_t


def _most_t(state: Outlook, free_t: Array, arrives: int, end: int) -> float:
    """The most that can be unloaded within an order's cover and lies in the yard on half the paths.

    At least one unit: it waits at the gate until there is room.
    """
    terms = state.terms
    unloaded = _unloaded_t(free_t, arrives, end)
    stock = np.median(state.piles.stock_t[:, arrives : end + 1], axis=0)
    sizes = terms.unit_t * np.arange(1, floor(unloaded[-1] / terms.unit_t + 1e-9) + 1)
    done = np.searchsorted(unloaded, sizes - TOLERANCE_T)
    fits = sizes <= terms.yard.capacity_t - stock[done] + TOLERANCE_T
    return float(sizes[fits].max(initial=terms.unit_t))
