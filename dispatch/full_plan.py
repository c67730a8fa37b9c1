"""The full plan by the way that suits its size, and evenly spread where heat is short."""

from dataclasses import replace

import numpy as np
import pyomo.environ as pyo
from numpy.typing import NDArray

from dispatch.case_kinds import SolveStrategy
from dispatch.decomposition.optimum import decomposed_optimum
from dispatch.formulation.build import build_model
from dispatch.inputs import PlanInputs
from dispatch.optimum import NoPlan, Optimum, short_blocks, third_party_kw
from dispatch.plan import SolveOutcome, SolveStatus
from dispatch.shadow_prices import shadow_prices
from dispatch.solve import relative_gap
from dispatch.unit_rounding import is_worth_rounding, rounded_units
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


def optimum(inputs: PlanInputs) -> Optimum:
    """Solve the full plan. Raises NoPlan where the solver gives none.

    Where commanded rooms fall below the law it is solved again with the cold spread evenly
    (均匀降载, handbook §10): prices that rise with the depth take the place of one price.
    """
    found = _by_strategy(inputs)
    if inputs.even_reduction or not below_law(inputs, found.heat_kw):
        return found
    return _by_strategy(replace(inputs, even_reduction=True))


def below_law(inputs: PlanInputs, heat_kw: Array) -> bool:
    """Whether commanded rooms come, anywhere in the horizon, under what keeps all flats legal."""
    stations, legal_c = inputs.stations, inputs.case.settings.comfort.legal_min_c
    margin = np.array([station.cold_flat_margin_k for station in inputs.case.stations])
    due = stations.law_step_c >= legal_c  # not while nobody is in
    need_c = np.where(due, stations.law_step_c + margin[:, None], stations.law_step_c)
    indoor_c, _ = stations.response.indoor_c(stations.indoor_before_c, heat_kw)
    horizon = slice(0, inputs.grid.horizon_steps)
    below_k = (need_c - indoor_c)[stations.controllable][:, horizon]
    return bool((below_k > BELOW_LAW_K).any())


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
    """By prices of heat; whole units as in `whole_units.py`: relaxed, searched for, fixed.

    Of many rows of units they are rounded, and only searched for where that gives no plan.
    """
    relaxed = decomposed_optimum(inputs)
    if is_whole(inputs, relaxed.supply):
        return replace(relaxed, units_on=units_on_of(inputs, relaxed.supply))
    bound_yuan = relaxed.outcome.bound_yuan
    if is_worth_rounding(inputs):
        plan = _with_rounded_units(inputs, relaxed.supply, bound_yuan)
        if plan is not None:
            return plan
    search = search_units(inputs, rounded_up(relaxed.supply, inputs))
    return _with_units(inputs, search.units_on, bound_yuan)


def _with_rounded_units(
    inputs: PlanInputs, relaxed: pyo.ConcreteModel, bound_yuan: float
) -> Optimum | None:
    """The plan with rounded units: the first one within the gap, else the cheapest; or none."""
    best: Optimum | None = None
    for together in (True, False):
        units_on = rounded_units(inputs, relaxed, together=together)
        try:
            plan = _with_units(inputs, units_on, bound_yuan)
        except NoPlan:
            continue
        if best is None or plan.outcome.objective_yuan < best.outcome.objective_yuan:
            best = plan
        if best.outcome.status is SolveStatus.OPTIMAL:
            break
    return best


def _with_units(inputs: PlanInputs, units_on: Array, bound_yuan: float) -> Optimum:
    """The plan by prices of heat with given units, its gap to a bound. Raises NoPlan."""
    fixed = decomposed_optimum(inputs, units_on=units_on)
    return replace(fixed, outcome=_certified(fixed.outcome, bound_yuan, inputs))


def _certified(outcome: SolveOutcome, bound_yuan: float, inputs: PlanInputs) -> SolveOutcome:
    """An outcome with the gap to a bound that holds for any units."""
    gap = relative_gap(outcome.objective_yuan, bound_yuan)
    near = gap <= inputs.case.settings.solve.gap
    status = SolveStatus.OPTIMAL if near else SolveStatus.TIME_LIMIT_WITH_PLAN
    return replace(outcome, status=status, bound_yuan=bound_yuan, gap=gap)
