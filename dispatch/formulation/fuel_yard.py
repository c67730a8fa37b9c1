"""A coal yard: drawn down by the physical fuel of its units, held above its reserve."""

import numpy as np
import pyomo.environ as pyo

from dispatch.formulation import prices
from dispatch.inputs import PlanInputs
from dispatch.network_inputs import YardInputs, covers_heat_only
from dispatch.source_inputs import MW_PER_KGCE_PER_GJ
from dispatch.time_grid import TimeGrid


def heat_part_of_fuel(inputs: PlanInputs, i: int) -> float:
    """Accounting fuel for heat of source i, MW per MW of heat (handbook §8)."""
    rate = inputs.case.sources[i].coal_kgce_per_gj
    return 1.0 if rate is None else rate * MW_PER_KGCE_PER_GJ


def add_fuel_yard(
    block: pyo.Block, inputs: PlanInputs, item: YardInputs, source: pyo.Block
) -> None:
    """Stock by day: before + deliveries − burn, fuel of starts included, in tonnes (F14).

    Adds per day d: stock [t], bought [t]; and once: below_reserve, emergency [t].
    Within the horizon the stock stays above the unusable bottom layer, but for the emergency
    slack, which never exceeds that layer. Beyond it coal that no delivery brings is bought at a
    price, so that a yard nobody has yet ordered for does not cool rooms today.
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
    block.bought = pyo.Var(
        block.days, bounds=lambda _, d: (0.0, 0.0 if d in inside else None), doc="[t]"
    )

    def burn_t(i: int, t: int) -> pyo.Expression:
        if covers_heat_only(yard) and inputs.case.sources[i].kind.is_chp:
            fuel = heat_part_of_fuel(inputs, i) * source[i].heat_to_network[t]
        else:
            fuel = source[i].fuel_use[t]
        return (
            fuel * float(lengths_h[t] / item.mwh_per_t) + source[i].start_fuel[t] / item.mwh_per_t
        )

    @block.Expression(block.days, doc="fuel drawn in a day [t]")
    def burn(_: pyo.Block, d: int) -> pyo.Expression:
        first = ends[d - 1] + 1 if d > 0 else 0
        return sum(burn_t(i, t) for i in members for t in range(first, ends[d] + 1))

    block.stock = pyo.Var(block.days, domain=pyo.NonNegativeReals, doc="[t] at the day's end")

    @block.Constraint(block.days, doc="stock follows from burn and deliveries")
    def stock_balance(b: pyo.Block, d: int) -> pyo.Constraint:
        first = ends[d - 1] + 1 if d > 0 else 0
        arrived = float(item.delivery_t[first : ends[d] + 1].sum())
        before = b.stock[d - 1] if d > 0 else item.stock_before_t
        return b.stock[d] == before + arrived + b.bought[d] - b.burn[d]

    @block.Constraint(inside, doc="the bottom layer is burnt only in an emergency")
    def usable(b: pyo.Block, d: int) -> pyo.Constraint:
        return b.stock[d] + b.emergency >= bottom_t

    reserve_t = yard.reserve_days_min * _usual_burn_t_per_day(inputs, item, members)

    @block.Constraint(doc="the reserve is kept at the end of the horizon, or paid for")
    def reserve(b: pyo.Block) -> pyo.Constraint:
        return b.stock[inside[-1]] + b.below_reserve >= reserve_t

    block.cost = pyo.Expression(
        expr=prices.BELOW_RESERVE_YUAN_PER_T * block.below_reserve
        + prices.EMERGENCY_COAL_YUAN_PER_T * block.emergency
        + prices.UNORDERED_COAL_YUAN_PER_T * sum(block.bought[d] for d in block.days)
    )


def _closes_a_day(grid: TimeGrid, t: int) -> bool:
    """Whether step t is the last of a day since the start, of the horizon, or of the grid."""
    edges_h = grid.edges_h
    if t in (grid.horizon_steps - 1, grid.steps - 1):
        return True
    return int(edges_h[t + 1] // 24.0) > int(edges_h[t] // 24.0)


def _usual_burn_t_per_day(inputs: PlanInputs, item: YardInputs, members: list[int]) -> float:
    """Burn at the mean load of the look-ahead, from which days of reserve become tonnes."""
    load = float(inputs.relative_load.mean())
    total = 0.0
    for i in members:
        unit = inputs.sources[i]
        heat_mw = load * unit.heat_before_mw / max(0.1, float(inputs.relative_load[0]))
        if unit.vertices is None:
            fuel_mw = heat_mw * unit.pieces[0][0]
        else:
            heat, power, fuel = unit.vertices.T
            power_mw = 0.0 if unit.power_mw is None else float(unit.power_mw.mean())
            columns = np.column_stack([heat, power]) if unit.power_mw is not None else heat[:, None]
            fit = np.linalg.lstsq(columns, fuel, rcond=None)[0]
            fuel_mw = float(fit[0]) * heat_mw + (float(fit[1]) * power_mw if fit.size > 1 else 0.0)
        total += fuel_mw * 24.0 / item.mwh_per_t
    return total
