"""Why each source gives what it gives, block by block: the "why" beside every setpoint."""

from enum import StrEnum

import numpy as np
import pyomo.environ as pyo
from numpy.typing import NDArray

from dispatch.fuel_curve import heat_range_at_mw
from dispatch.inputs import PlanInputs
from dispatch.source_inputs import SourceInputs

Array = NDArray[np.float64]

SAME_MW = 0.005  # half of the last digit that is published
BINDS_YUAN = 1e-6  # a row cheaper than this holds nothing


class Why(StrEnum):
    """What holds a source, in the order in which it is looked for."""

    OUT = "out"  # no unit there, or none of its mains
    TANK_TAKES = "tank_takes"
    TANK_GIVES = "tank_gives"
    TANK_RESTS = "tank_rests"
    HELD_BY_ORDER = "held_by_order"  # at the end of the tolerance of an order that stands
    OFF = "off"
    AT_MAXIMUM = "at_maximum"
    UNITS_FULL = "units_full"  # all units that are on are full, others are off
    AT_MINIMUM = "at_minimum"
    HELD_BY_POWER = "held_by_power"  # at the edge of what its scheduled power leaves for heat
    AT_RAMP = "at_ramp"
    HELD_BY_SHARE = "held_by_share"
    HELD_BY_MAINS = "held_by_mains"
    HELD_BY_SUPPLY = "held_by_supply"  # its plant's supply temperature may not move faster
    MARGINAL = "marginal"  # free to move: it follows the load


def source_reasons(inputs: PlanInputs, model: pyo.ConcreteModel) -> NDArray[np.str_]:
    """Return `Why` by source and block of the horizon, (source, block).

    `model` is the solved one whose outputs are published, with its suffix `dual`. A block's
    reason is the one that stands in most of its steps, the earlier in `Why` of equals.
    """
    grid = inputs.grid
    order = list(Why)
    found = np.empty((len(inputs.sources), grid.horizon_blocks), dtype=object)
    for i, unit in enumerate(inputs.sources):
        by_step = [_why(inputs, model, i, unit, t) for t in range(grid.horizon_steps)]
        for k in range(grid.horizon_blocks):
            here = [by_step[t] for t in np.flatnonzero(grid.block_of_step == k)]
            found[i, k] = max(order, key=lambda why: (here.count(why), -order.index(why))).value
    return found.astype(str)


def _why(inputs: PlanInputs, model: pyo.ConcreteModel, i: int, unit: SourceInputs, t: int) -> Why:
    """What holds one source in one step."""
    block = model.source[i]
    heat_mw = float(pyo.value(block.heat_to_network[t]))
    units_on = float(pyo.value(block.units_on[t]))
    least_mw = unit.source.min_output_mw * units_on
    most_mw = float(unit.max_heat_mw[t])
    limits = (
        (min(most_mw, float(unit.outlet_mw[t])) < SAME_MW, Why.OUT),
        (unit.tank is not None and heat_mw <= -SAME_MW, Why.TANK_TAKES),
        (unit.tank is not None and heat_mw >= SAME_MW, Why.TANK_GIVES),
        (unit.tank is not None, Why.TANK_RESTS),
        (_at_order(unit, heat_mw, t), Why.HELD_BY_ORDER),
        (abs(heat_mw) < SAME_MW, Why.OFF),
        (heat_mw >= most_mw - SAME_MW, Why.AT_MAXIMUM),
        (_units_full(unit, heat_mw, units_on), Why.UNITS_FULL),
        (heat_mw <= least_mw + SAME_MW, Why.AT_MINIMUM),
        (_at_power_edge(unit, heat_mw, t), Why.HELD_BY_POWER),
        (any(_binds(model, row) for row in _ramp_rows(block, unit, t)), Why.AT_RAMP),
    )
    first = next((why for holds, why in limits if holds), None)
    return _plant_why(inputs, model, unit.source.plant_id, t) if first is None else first


def _units_full(unit: SourceInputs, heat_mw: float, units_on: float) -> bool:
    """Whether whole units are decided, and those that are on give all they can."""
    return unit.units is not None and heat_mw >= unit.source.max_output_mw * units_on - SAME_MW


def _ramp_rows(block: pyo.Block, unit: SourceInputs, t: int) -> tuple[pyo.Constraint, ...]:
    """The ramp of a step: one row, or one each way where whole units are decided."""
    return (block.ramp[t],) if unit.units is None else (block.ramp_up[t], block.ramp_down[t])


def _at_power_edge(unit: SourceInputs, heat_mw: float, t: int) -> bool:
    """Whether the power that the grid has scheduled leaves no more, or no less, heat."""
    if unit.power_mw is None or unit.vertices is None:
        return False
    low_mw, high_mw = heat_range_at_mw(unit.vertices, float(unit.power_mw[t]))
    return heat_mw >= high_mw - SAME_MW or heat_mw <= low_mw + SAME_MW


def _at_order(unit: SourceInputs, heat_mw: float, t: int) -> bool:
    """Whether an order stands, and holds bought heat at the end of its tolerance or beyond."""
    if unit.order is None:  # NaN, and so never held, where the order is free
        return False
    ordered_mw = float(unit.order.ordered_mw[t])
    return abs(heat_mw - ordered_mw) >= unit.order.tolerance * ordered_mw - SAME_MW


def _plant_why(inputs: PlanInputs, model: pyo.ConcreteModel, plant: str, t: int) -> Why:
    """What holds a plant in one step: its share, its mains, or how fast its water may warm."""
    case = inputs.case
    for name, group in case.settings.share.items():
        if plant in group.shares:
            rows = (model.share.share_max[name, plant, t], model.share.share_min[name, plant, t])
            if any(_binds(model, row) for row in rows):
                return Why.HELD_BY_SHARE
    mains = [j for j, link in enumerate(case.links) if link.from_id == plant]
    if all(pyo.value(model.link[j].sent[t]) >= model.link[j].sent[t].ub - SAME_MW for j in mains):
        return Why.HELD_BY_MAINS
    k, p = int(inputs.grid.block_of_step[t]), case.plant_ids.index(plant)
    changes = (model.plant_change.step_change, model.plant_change.day_change)
    if any((p, k) in rows and _binds(model, rows[p, k]) for rows in changes):
        return Why.HELD_BY_SUPPLY
    return Why.MARGINAL


def _binds(model: pyo.ConcreteModel, row: pyo.Constraint) -> bool:
    return abs(float(model.dual.get(row, 0.0))) > BINDS_YUAN
