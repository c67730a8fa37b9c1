"""Heat bought by contract: what may be ordered, and what is ordered and stands."""

import numpy as np
import pyomo.environ as pyo

from dispatch.formulation import prices
from dispatch.formulation.linear import linear
from dispatch.inputs import PlanInputs
from dispatch.order_inputs import OrderInputs
from dispatch.source_inputs import SourceInputs
from dispatch.time_grid import TimeGrid


def add_purchase(block: pyo.Block, unit: SourceInputs, grid: TimeGrid) -> None:
    """Add heat bought from a plant of someone else (负荷计划, handbook §8).

    Adds per step t: heat_to_network [MW], fuel_use [MW], under_least [MW] of the take-or-pay
    amount that is not taken; and where an order stands: under_order, over_order [MW] beyond its
    tolerance. Offers also power [MW, none], units_on [1], order_cost [yuan].

    The order lies between `min_output_mw` (take or pay) and `max_output_mw` of what the seller
    has available. Within `notice_h` of the start the order of the last plan stands, within
    `order_tolerance` of it. Both can be broken at a price, so that a plan is always possible; the
    audit and the verdict name where. A utility's own CHPs and boilers are not bound by notice:
    they are its own to move, as fast as their ramps let them.
    """
    order, steps = _order(unit), range(grid.steps)
    bound = [t for t in steps if np.isfinite(order.ordered_mw[t])]
    most_mw = {t: _limits_mw(unit, t)[1] for t in steps}
    block.heat_to_network = pyo.Var(steps, bounds=lambda _, t: (0.0, most_mw[t]), doc="[MW]")
    block.fuel_use = pyo.Var(steps, domain=pyo.NonNegativeReals, doc="[MW]")
    block.power = pyo.Expression(steps, initialize=0.0)
    available = {t: float(unit.units_available[t]) for t in steps}
    block.units_on = pyo.Var(steps, initialize=available, doc="[1] what the seller has there")
    block.units_on.fix()
    asked = [t for t in steps if _limits_mw(unit, t)[0] > 0.0]
    block.below_least = pyo.Var(asked, domain=pyo.NonNegativeReals, doc="[MW] of the schedule's")
    block.under_least = pyo.Var(steps, domain=pyo.NonNegativeReals, doc="[MW] paid, not taken")
    block.under_order = pyo.Var(bound, domain=pyo.NonNegativeReals, doc="[MW]")
    block.over_order = pyo.Var(bound, domain=pyo.NonNegativeReals, doc="[MW]")

    @block.Constraint(steps, range(len(unit.pieces)), doc="fuel on or above each piece")
    def fuel(b: pyo.Block, t: int, piece: int) -> pyo.Constraint:
        slope, intercept = unit.pieces[piece]
        return b.fuel_use[t] >= slope * b.heat_to_network[t] + intercept * b.units_on[t]

    @block.Constraint(asked, doc="the schedule's least heat, or missed")
    def scheduled_least_heat(b: pyo.Block, t: int) -> pyo.Constraint:
        return b.heat_to_network[t] + b.below_least[t] >= _limits_mw(unit, t)[0]

    @block.Constraint(steps, doc="take or pay")
    def least_order(b: pyo.Block, t: int) -> pyo.Constraint:
        return b.heat_to_network[t] + b.under_least[t] >= float(order.least_mw[t])

    @block.Constraint(bound, doc="no less than ordered, but for the tolerance")
    def order_min(b: pyo.Block, t: int) -> pyo.Constraint:
        least = float((1.0 - order.tolerance) * order.ordered_mw[t])
        return b.heat_to_network[t] + b.under_order[t] >= least

    @block.Constraint(bound, doc="no more than ordered, but for the tolerance")
    def order_max(b: pyo.Block, t: int) -> pyo.Constraint:
        most = float((1.0 + order.tolerance) * order.ordered_mw[t])
        return b.heat_to_network[t] - b.over_order[t] <= most

    _add_order_cost(block, order, grid)


def _add_order_cost(block: pyo.Block, order: OrderInputs, grid: TimeGrid) -> None:
    """Price what is not taken and what leaves the order's tolerance."""
    lengths_h = grid.step_lengths_h
    families = (
        (prices.HEAT_ORDER_YUAN_PER_MWH + order.pay_yuan_per_mwh, block.under_least),
        (prices.HEAT_ORDER_YUAN_PER_MWH, block.under_order),
        (prices.HEAT_ORDER_YUAN_PER_MWH, block.over_order),
    )
    parts = [(rate, t, v) for rate, family in families for t, v in family.items()]
    block.order_cost = pyo.Expression(
        expr=linear(
            [rate * float(lengths_h[t]) for rate, t, _ in parts],
            [variable for _, _, variable in parts],
        )
    )


def _limits_mw(unit: SourceInputs, t: int) -> tuple[float, float]:
    """Least and most heat of a step by `schedules.csv` and what is available."""
    low, high = float(unit.min_heat_mw[t]), float(unit.max_heat_mw[t])
    return min(low, high), high


def _order(unit: SourceInputs) -> OrderInputs:
    if unit.order is None:
        raise ValueError(f"{unit.source.source_id} is not bought")
    return unit.order


def order_terms(model: pyo.ConcreteModel, inputs: PlanInputs) -> dict[str, pyo.Expression]:
    """Return the objective's terms of heat orders, yuan; none for a utility that buys no heat."""
    bought = [i for i, unit in enumerate(inputs.sources) if unit.order is not None]
    return {"heat_order": sum(model.source[i].order_cost for i in bought)} if bought else {}
