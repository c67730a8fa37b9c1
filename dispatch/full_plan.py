"""The full plan by the way that suits its size, and evenly spread where heat is short."""

from contextlib import suppress
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from dispatch.case_kinds import SolveStrategy
from dispatch.decomposition.optimum import PricedOptimum, optimum_of
from dispatch.decomposition.rounds import stations_at_work
from dispatch.decomposition.workers import Stations
from dispatch.formulation.build import build_model
from dispatch.inputs import PlanInputs
from dispatch.optimum import NoPlan, Optimum, short_blocks, third_party_kw
from dispatch.plan import SolveOutcome, SolveStatus
from dispatch.shadow_prices import shadow_prices
from dispatch.solve import relative_gap
from dispatch.unit_rounding import has_many_rows, left_on, rounded_units
from dispatch.whole_units import (
    is_whole,
    rounded_up,
    search_units,
    solve_with_whole_units,
    units_on_of,
)

Array = NDArray[np.float64]

# Loops above which prices of heat are faster than one program (bench/RESULTS.md).
LOOPS_BY_PRICES = 150
BELOW_LAW_K = 0.05
# So cold with fractions of units, no whole units will do: what is paid for cold rooms only grows.
CLEARLY_BELOW_LAW_K = 0.3
# Times the dearest source's fuel: heat that costs more on average over the plan is not to be had.
SHORT_PRICE = 2.0


class TooCold(Exception):
    """Rooms will be below the law: the plan is to be made in another way."""

    def __init__(self, *, short_of_heat: bool) -> None:
        super().__init__()
        self.short_of_heat = short_of_heat


def optimum(inputs: PlanInputs) -> Optimum:
    """Solve the full plan. Raises NoPlan where the solver gives none.

    Where commanded rooms fall below the law setpoints may rise as fast as in a cold wave, told or
    not: the law comes before gentle changes. Where heat is short it is solved with the cold
    spread evenly (均匀降载, handbook §10): prices that rise with the depth take the place of one.
    """
    try:
        found = _by_strategy(inputs)
        finished = inputs.even_reduction or inputs.search.is_over
        if finished or not below_law(inputs, found.heat_kw):
            return found
        short_of_heat = _is_heat_short(inputs, found)
    except TooCold as cold:
        short_of_heat = cold.short_of_heat
    in_a_hurry = replace(inputs, hurried=True)
    if not short_of_heat:
        with suppress(TooCold):
            found = _by_strategy(in_a_hurry)
            if not below_law(inputs, found.heat_kw) or not _is_heat_short(inputs, found):
                return replace(found, hurried=True)
    found = _by_strategy(replace(in_a_hurry, even_reduction=True))
    return replace(found, hurried=True)


def _is_heat_short(inputs: PlanInputs, plan: Optimum) -> bool:
    """Whether a MWh is worth more in some zone than any fuel costs; else limits on change hold it.

    Over the whole plan: a main that is full for an hour makes an hour dear, and no zone cold.
    """
    dearest = max(
        item.usual_cost_yuan_per_mwh for item in inputs.sources if item.source.kind.makes_heat
    )
    worth = plan.prices.heat_yuan_per_mwh.mean(axis=1)
    return not bool((worth < SHORT_PRICE * dearest).all())  # NaN where the solver gave none


def below_law(inputs: PlanInputs, heat_kw: Array, by_k: float = BELOW_LAW_K) -> bool:
    """Whether rooms come, anywhere in the horizon, under the law."""
    return bool((law_missed_k(inputs, heat_kw) > by_k).any())


def law_missed_k(inputs: PlanInputs, heat_kw: Array) -> Array:
    """By how much rooms come under the law in the horizon at most, (station,) K; 0 where never.

    Ours are held against what keeps their coldest flats legal, others' against what a cut takes.
    """
    stations, legal_c = inputs.stations, inputs.case.settings.comfort.legal_min_c
    margin = np.array([station.cold_flat_margin_k for station in inputs.case.stations])
    due = stations.law_step_c >= legal_c  # not while nobody is in
    need_c = np.where(due, stations.law_step_c + margin[:, None], stations.law_step_c)
    indoor_c, _ = stations.response.indoor_c(stations.indoor_before_c, heat_kw)
    horizon = slice(0, inputs.grid.horizon_steps)
    uncut_c, _ = stations.response.indoor_c(stations.indoor_before_c, stations.heat_due_mw * 1000.0)
    cut_k = np.minimum(uncut_c, legal_c) - indoor_c
    missed_k = np.where(stations.controllable[:, None], need_c - indoor_c, cut_k)
    # What is held by hand no faster setpoints and no even reduction can help.
    return np.where(stations.held, 0.0, missed_k[:, horizon].max(axis=1, initial=0.0))


def strategy_of(inputs: PlanInputs) -> SolveStrategy:
    """How this plan is searched for: as the case says, or by its size."""
    asked = inputs.case.settings.solve.strategy
    if asked is not SolveStrategy.AUTO:
        return asked
    is_large = int(inputs.stations.controllable.sum()) > LOOPS_BY_PRICES
    return SolveStrategy.PRICES if is_large else SolveStrategy.WHOLE


def _by_strategy(inputs: PlanInputs) -> Optimum:
    if strategy_of(inputs) is SolveStrategy.PRICES:
        try:
            return _by_prices(inputs)
        except NoPlan:
            if inputs.case.settings.solve.strategy is SolveStrategy.PRICES:
                raise  # asked for; else one program is worth a try before there is no plan
    full = build_model(inputs)
    outcome = solve_with_whole_units(inputs, full)
    if outcome.status not in (SolveStatus.OPTIMAL, SolveStatus.TIME_LIMIT_WITH_PLAN):
        raise NoPlan(outcome)
    heat_kw = third_party_kw(inputs, full)
    for s, k in full.substation.keys:
        heat_kw[s, k] = max(0.0, full.substation.heat[s, k].value * 1000.0)
    return Optimum(
        heat_kw=heat_kw,
        short=short_blocks(inputs, heat_kw),
        outcome=outcome,
        prices=shadow_prices(inputs, full),
        units_on=units_on_of(inputs, full),
    )


def _by_prices(inputs: PlanInputs) -> Optimum:
    """By prices of heat: with fractions of units, then with whole ones, rounded or searched for.

    Rounded units are near enough as a rule. Where they are not, they are searched for as in
    `whole_units.py`, but for many rows of them. Raises NoPlan; TooCold where finishing is no use.
    """
    with stations_at_work(inputs, inputs.case.settings.solve.workers) as stations:
        relaxed = optimum_of(inputs, stations)
        if is_whole(inputs, relaxed.supply):
            return replace(relaxed, units_on=units_on_of(inputs, relaxed.supply))
        if not inputs.even_reduction and below_law(inputs, relaxed.heat_kw, CLEARLY_BELOW_LAW_K):
            raise TooCold(short_of_heat=_is_heat_short(inputs, relaxed))
        rounded = _with_rounded_units(inputs, stations, relaxed)
        done = has_many_rows(inputs) or inputs.search.is_over
        if rounded is not None and (_is_near(rounded) or done):
            return rounded
        known = rounded_up(relaxed.supply, inputs) if rounded is None else rounded.units_on
        units_on = search_units(inputs, known)
        if rounded is not None and _same(units_on, rounded.units_on):
            return rounded
        try:
            searched = _with_units(inputs, stations, relaxed, units_on)
        except NoPlan:
            if rounded is None:
                raise
            return rounded
        return searched if rounded is None else _cheaper(rounded, searched)


def _with_rounded_units(
    inputs: PlanInputs, stations: Stations, relaxed: PricedOptimum
) -> PricedOptimum | None:
    """The plan with rounded units: the first one within the gap, else the cheapest; or none."""
    best: PricedOptimum | None = None
    together, apart = (rounded_units(inputs, relaxed.supply, together=t) for t in (True, False))
    for units_on in (together,) if _same(together, apart) else (together, apart):
        try:
            plan = _with_units(inputs, stations, relaxed, units_on)
        except NoPlan:
            continue
        if not _is_near(plan):
            plan = _with_later_stops(inputs, stations, relaxed, plan)
        best = plan if best is None else _cheaper(best, plan)
        if _is_near(best) or inputs.search.is_over:
            break
    return best


def _with_later_stops(
    inputs: PlanInputs, stations: Stations, relaxed: PricedOptimum, plan: PricedOptimum
) -> PricedOptimum:
    """The plan, or a cheaper one without stops that its mains do not allow."""
    units_on = left_on(inputs, plan.supply, plan.units_on)
    if _same(units_on, plan.units_on):
        return plan
    try:
        return _cheaper(plan, _with_units(inputs, stations, relaxed, units_on))
    except NoPlan:
        return plan


def _same(units_on: Array, others_on: Array) -> bool:
    return np.array_equal(units_on, others_on, equal_nan=True)


def _is_near(plan: Optimum) -> bool:
    """Whether the plan is proven to be within the gap that the case allows."""
    return plan.outcome.status is SolveStatus.OPTIMAL


def _cheaper(one: PricedOptimum, other: PricedOptimum) -> PricedOptimum:
    return min(one, other, key=lambda plan: plan.outcome.objective_yuan)


def _with_units(
    inputs: PlanInputs, stations: Stations, relaxed: PricedOptimum, units_on: Array
) -> PricedOptimum:
    """The plan by prices of heat with given units, its gap to the relaxed one. Raises NoPlan."""
    fixed = optimum_of(inputs, stations, units_on=units_on, known=relaxed.known)
    outcome = _certified(fixed.outcome, relaxed.outcome.bound_yuan, inputs)
    return replace(fixed, outcome=outcome)


def _certified(outcome: SolveOutcome, bound_yuan: float, inputs: PlanInputs) -> SolveOutcome:
    """An outcome with the gap to a bound that holds for any units."""
    gap = relative_gap(outcome.objective_yuan, bound_yuan)
    near = gap <= inputs.case.settings.solve.gap
    status = SolveStatus.OPTIMAL if near else SolveStatus.TIME_LIMIT_WITH_PLAN
    return replace(outcome, status=status, bound_yuan=bound_yuan, gap=gap)
