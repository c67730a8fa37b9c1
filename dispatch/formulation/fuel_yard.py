"""A coal yard: drawn down by the physical fuel of its units, held above its reserve."""

from collections.abc import Sequence

import numpy as np
import pyomo.environ as pyo

from dispatch.formulation import prices
from dispatch.fuel_shares import drawn_per_heat
from dispatch.inputs import PlanInputs
from dispatch.network_inputs import YardInputs
from dispatch.source_inputs import TCE_PER_MWH, SourceInputs
from dispatch.time_grid import TimeGrid
from dispatch.tonne_value import CoalNeed


def add_fuel_yard(
    block: pyo.Block, inputs: PlanInputs, item: YardInputs, source: pyo.Block
) -> None:
    """Stock by day: before + deliveries − burn − loss, in tonnes of the pile's fuel (F14).

    Fuel of starts is burnt too.

    The loss λ·S is taken step by step, S⁺ = (1 − λΔ)·S + arrived − burnt, so that a day's stock is
    exactly that of the schedule. Reserve is days of burn above the unusable bottom layer.
    Adds per day d: stock [t], bought [t]; and once: below_reserve, emergency [t].
    Within the horizon the stock stays above the unusable bottom layer, but for the emergency
    slack, which never exceeds that layer. Beyond it coal that no delivery brings is bought at a
    price, so that a yard nobody has yet ordered for does not cool rooms today. Within it nothing
    can be bought: what units that must run lack (a scheduled CHP at an empty yard) costs more than
    anything else, so that there is a plan at all; its stock then falls below nothing, and the
    verdict says so. A yard that lasts at full load has no such way out, and needs none.
    Offers: reserve_t, what is wanted above the bottom layer; kept_of_before, what is left at the
    first day's end of a tonne at the start; need_cost, of what the fuel outlook may find missing.
    """
    grid, yard = inputs.grid, item.yard
    members = [i for i, s in enumerate(inputs.case.sources) if s.yard_id == yard.yard_id]
    lengths_h = grid.step_lengths_h
    ends = [t for t in range(grid.steps) if _closes_a_day(grid, t)]
    block.days = pyo.RangeSet(0, len(ends) - 1)
    inside = [d for d, t in enumerate(ends) if t < grid.horizon_steps]
    bottom_t = min(yard.unusable_t, item.stock_before_t)
    block.below_reserve = pyo.Var(domain=pyo.NonNegativeReals, doc="[t]")
    block.emergency = pyo.Var(bounds=(0.0, bottom_t), doc="[t]")
    steps = range(grid.horizon_steps)
    lasts = item.stock_before_t >= _full_load_t(inputs, item, members, steps)
    block.bought = pyo.Var(
        block.days, bounds=lambda _, d: (0.0, 0.0 if lasts and d in inside else None), doc="[t]"
    )

    def burn_t(i: int, t: int) -> pyo.Expression:
        per_heat = drawn_per_heat(inputs.case.sources[i], yard)
        fuel = source[i].fuel_use[t]
        if per_heat is not None:
            fuel = per_heat * source[i].heat_to_network[t]
        mwh_per_t = item.mwh_per_t
        return fuel * float(lengths_h[t] / mwh_per_t) + source[i].start_fuel[t] / mwh_per_t

    def steps_of(d: int) -> range:
        return range(ends[d - 1] + 1 if d > 0 else 0, ends[d] + 1)

    @block.Expression(block.days, doc="fuel drawn in a day [t]")
    def burn(_: pyo.Block, d: int) -> pyo.Expression:
        return sum(burn_t(i, t) for i in members for t in steps_of(d))

    block.stock = pyo.Var(block.days, domain=pyo.NonNegativeReals, doc="[t] at the day's end")

    @block.Constraint(block.days, doc="stock follows from burn, deliveries and loss")
    def stock_balance(b: pyo.Block, d: int) -> pyo.Constraint:
        before = b.stock[d - 1] if d > 0 else item.stock_before_t
        kept, first = _kept(item, lengths_h[steps_of(d)])
        arrived = float(kept @ item.delivery_t[steps_of(d)])
        burnt = sum(
            burn_t(i, t) * float(part)
            for i in members
            for t, part in zip(steps_of(d), kept, strict=True)
        )
        return b.stock[d] == first * before + arrived + b.bought[d] - burnt

    @block.Constraint(inside, doc="the bottom layer is burnt only in an emergency")
    def usable(b: pyo.Block, d: int) -> pyo.Constraint:
        return b.stock[d] + b.emergency >= bottom_t

    reserve_t = yard.reserve_days_min * _usual_burn_t_per_day(inputs, item, members)
    block.reserve_t = float(reserve_t)

    @block.Constraint(
        doc="the reserve of usable fuel is kept at the end of the horizon, or paid for"
    )
    def reserve(b: pyo.Block) -> pyo.Constraint:
        usable_t = b.stock[inside[-1]] + b.emergency - yard.unusable_t  # none rather than less
        return usable_t + b.below_reserve >= reserve_t

    block.kept_of_before = _kept(item, lengths_h[steps_of(0)])[1]
    later = range(inside[-1] + 1, len(ends))
    need = _need_that_counts(inputs, item, members)
    add_coal_need(block, need, inside[-1], later)
    block.cost = pyo.Expression(
        expr=prices.BELOW_RESERVE_YUAN_PER_T * block.below_reserve
        + prices.EMERGENCY_COAL_YUAN_PER_T * block.emergency
        + unordered_yuan_per_t(need) * sum(block.bought[d] for d in later)
        + prices.MISSING_COAL_YUAN_PER_T * sum(block.bought[d] for d in inside)
    )


def unordered_yuan_per_t(need: CoalNeed | None) -> float:
    """Price of coal bought in the look-ahead: dearer than what is only needed with some likelihood.

    Else the look-ahead would fill the pile for a need, and nothing would seem to be missing.
    """
    usual = prices.UNORDERED_COAL_YUAN_PER_T
    return usual if need is None else max(usual, need.yuan_per_t + prices.WANTED_NOW_YUAN_PER_T)


def add_coal_need(block: pyo.Block, need: CoalNeed | None, last: int, later: Sequence[int]) -> None:
    """Expected cost of coal that may be missing before an order can arrive.

    Of levels L₁ < … < Lₙ with probabilities p, each missing tonne between two of them costs the
    price times the probability that it is wanted: price · (pₖ + … + pₙ) just under Lₖ. Prices rise
    with depth, so the pieces fill from the top: the cost is that of the mean over all levels, in
    one row, whose dual is the worth of the last tonne at the horizon's end.
    Coal bought in the look-ahead counts: what it costs there already is not paid a second time;
    so does, where the need says what it expects to be burnt there, what is burnt less.
    What is drawn from the bottom layer is missing like any other.
    Adds short_coal[k], t missing between levels k − 1 and k. Without a need nothing is added.
    Offers: need_cost, and added_later [t], what the look-ahead adds to the stock that counts.
    """
    block.need_cost = pyo.Expression(expr=0.0)
    block.added_later = pyo.Expression(expr=sum(block.bought[d] for d in later))
    if need is None:
        return
    if need.later_burn_t is not None:
        block.added_later.expr += need.later_burn_t - sum(block.burn[d] for d in later)
    levels = [level for level, _ in need.likely]
    wanted = np.cumsum([part for _, part in need.likely][::-1])[::-1]
    depth = [None, *np.diff(levels).tolist()]
    pieces = range(len(levels))
    block.short_coal = pyo.Var(pieces, bounds=lambda _, k: (0.0, depth[k]), doc="[t]")

    @block.Constraint(doc="the stock wanted at the horizon's end is there, or counted as missing")
    def coal_need(b: pyo.Block) -> pyo.Constraint:
        there_t = b.stock[last] + b.added_later
        return there_t + sum(b.short_coal[k] for k in pieces) >= levels[-1]

    block.need_cost.expr = sum(
        float(need.yuan_per_t * wanted[k]) * block.short_coal[k] for k in pieces
    )


def _need_that_counts(inputs: PlanInputs, item: YardInputs, members: list[int]) -> CoalNeed | None:
    """The yard's need; None where the stock meets all of it even at full load of all units.

    Such a need has no part in the plan, not even in which of many equal plans is found.
    """
    if item.need is None:
        return None
    grid, later_t = inputs.grid, item.need.later_burn_t
    steps = range(grid.horizon_steps if later_t is None else grid.steps)
    kept, first = _kept(item, grid.step_lengths_h[: grid.horizon_steps])
    there_t = first * item.stock_before_t + kept @ item.delivery_t[: kept.size] + (later_t or 0.0)
    left_t = there_t - _full_load_t(inputs, item, members, steps)
    return None if left_t >= item.need.levels_t[-1] else item.need


def _full_load_t(inputs: PlanInputs, item: YardInputs, members: list[int], steps: range) -> float:
    """Most that can be drawn in the first steps, t: full load, and a start of all units in each."""
    hours, drawn_mwh = inputs.grid.step_lengths_h[: len(steps)], 0.0
    for i in members:
        unit = inputs.sources[i]
        drawn_mwh += float(hours @ _most_drawn_mw(unit, item)[: hours.size])
        if unit.units is not None:
            starts = unit.source.unit_count * hours.size
            drawn_mwh += starts * unit.source.start_fuel_tce / TCE_PER_MWH
    return drawn_mwh / item.mwh_per_t


def _most_drawn_mw(unit: SourceInputs, item: YardInputs) -> np.ndarray:
    """Most fuel a unit can draw from its yard, MW (step,)."""
    per_heat = drawn_per_heat(unit.source, item.yard)
    if per_heat is not None:
        return per_heat * unit.max_heat_mw
    if unit.vertices is not None:
        return float(unit.vertices[:, 2].max()) * unit.units_available
    lines = [slope * unit.max_heat_mw + part * unit.units_available for slope, part in unit.pieces]
    return np.asarray(np.max(lines, axis=0))


def _kept(item: YardInputs, lengths_h: np.ndarray) -> tuple[np.ndarray, float]:
    """What is left at a day's end of a tonne that came in each step, and of one there before."""
    left = np.cumprod((1.0 - item.loss_per_h * lengths_h)[::-1])[::-1]
    return np.append(left[1:], 1.0), float(left[0])


def _closes_a_day(grid: TimeGrid, t: int) -> bool:
    """Whether step t is the last of a day since the start, of the horizon, or of the grid."""
    edges_h = grid.edges_h
    if t in (grid.horizon_steps - 1, grid.steps - 1):
        return True
    return int(edges_h[t + 1] // 24.0) > int(edges_h[t] // 24.0)


def _usual_burn_t_per_day(inputs: PlanInputs, item: YardInputs, members: list[int]) -> float:
    """Burn at the mean load of all hours in view, from which days of reserve become tonnes."""
    load = float(np.average(inputs.relative_load, weights=inputs.grid.step_lengths_h))
    total = 0.0
    for i in members:
        unit = inputs.sources[i]
        heat_mw = load * unit.heat_before_mw / max(0.1, float(inputs.relative_load[0]))
        per_heat = drawn_per_heat(unit.source, item.yard)
        fuel_mw = unit.usual_fuel_mw(heat_mw) if per_heat is None else per_heat * heat_mw
        total += fuel_mw * 24.0 / item.mwh_per_t
    return total
