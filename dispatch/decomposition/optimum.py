"""What the full plan wants, found by prices of heat instead of in one program."""

from collections.abc import Callable
from dataclasses import dataclass, replace

import highspy
import numpy as np
import pyomo.environ as pyo
from numpy.typing import NDArray

from dispatch.case_kinds import SolveStrategy
from dispatch.decomposition.rounds import (
    Known,
    Priced,
    Round,
    solved_by_prices,
    stations_at_work,
)
from dispatch.decomposition.warm import NotSolved
from dispatch.decomposition.workers import Stations
from dispatch.inputs import PlanInputs
from dispatch.optimum import NoPlan, Optimum, short_blocks, third_party_kw
from dispatch.plan import SolveOutcome, SolveStatus
from dispatch.shadow_prices import shadow_prices
from dispatch.solve import load_values

Array = NDArray[np.float64]

GAP_SHARE = 0.2  # of the gap allowed for units on and off


@dataclass(frozen=True)
class PricedOptimum(Optimum):
    """An optimum with what the decomposition knows besides; gap and bound are in `outcome`."""

    price_yuan_per_mwh: Array  # (zone, block): of heat for our stations, at the best bound
    supply: pyo.ConcreteModel  # sources, mains and yards of the plan, with its values
    rounds: tuple[Round, ...]
    known: Known


def decomposed_optimum(
    inputs: PlanInputs,
    *,
    units_on: Array | None = None,
    tolerance: float | None = None,
    workers: int | None = None,
    watch: Callable[[Round], None] = lambda _: None,
) -> PricedOptimum:
    """Solve the relaxed full plan by prices of heat.

    `units_on` (source, step) fixes units that run, NaN leaves them open. `tolerance` of the gap
    and number of `workers` are the case's where not given; `watch` hears of each round. Raises
    NoPlan where any part has no proven optimum.
    """
    count = inputs.case.settings.solve.workers if workers is None else workers
    with stations_at_work(inputs, count) as stations:
        return optimum_of(inputs, stations, units_on=units_on, tolerance=tolerance, watch=watch)


def optimum_of(
    inputs: PlanInputs,
    stations: Stations,
    *,
    units_on: Array | None = None,
    tolerance: float | None = None,
    known: Known | None = None,
    watch: Callable[[Round], None] = lambda _: None,
) -> PricedOptimum:
    """The same with stations at work already, and what is known of them from another supply."""
    if units_on is None:
        units_on = np.full((len(inputs.sources), inputs.grid.steps), np.nan)
    if tolerance is None:
        tolerance = GAP_SHARE * inputs.case.settings.solve.gap
    try:
        priced = solved_by_prices(
            inputs, stations, tolerance=tolerance, units_on=units_on, known=known, watch=watch
        )
    except NotSolved as error:
        raise NoPlan(_failed(error.status)) from error
    supply = priced.supply
    at_bound = priced.bound.supply  # the best prices known are those of the best bound
    answer = replace(
        priced.mixed.supply, row_duals=at_bound.row_duals, column_duals=at_bound.column_duals
    )
    terms = load_values(supply.model, supply.matrices, answer)
    names = priced.layout.term_names
    terms |= dict(zip(names, priced.mixed.terms_yuan.tolist(), strict=True))
    heat_kw = third_party_kw(inputs, supply.model)
    heat_kw[inputs.stations.controllable] = np.maximum(0.0, priced.mixed.heat_mw * 1000.0)
    return PricedOptimum(
        heat_kw=heat_kw,
        short=short_blocks(inputs, heat_kw),
        outcome=_outcome(priced, terms),
        prices=shadow_prices(inputs, supply.model),
        units_on=units_on,
        price_yuan_per_mwh=priced.bound.price / inputs.grid.block_lengths_h,
        supply=supply.model,
        rounds=priced.rounds,
        known=priced.known,
    )


def _outcome(priced: Priced, terms: dict[str, float]) -> SolveOutcome:
    last, matrices = priced.rounds[-1], priced.supply.matrices
    return SolveOutcome(
        status=SolveStatus.OPTIMAL if priced.proven else SolveStatus.TIME_LIMIT_WITH_PLAN,
        objective_yuan=last.upper_yuan,
        terms_yuan=terms,
        rows=matrices.row_lower.size + priced.layout.rows,
        columns=matrices.cost.size + priced.layout.columns,
        solver=_solver(),
        gap=last.gap,
        bound_yuan=last.lower_yuan,
        strategy=SolveStrategy.PRICES.value,
    )


def _failed(status: SolveStatus) -> SolveOutcome:
    nan = float("nan")
    strategy = SolveStrategy.PRICES.value
    return SolveOutcome(status, nan, {}, 0, 0, _solver(), gap=nan, strategy=strategy)


def _solver() -> str:
    return f"HiGHS {highspy.Highs().version()} simplex"  # type: ignore[no-untyped-call]
