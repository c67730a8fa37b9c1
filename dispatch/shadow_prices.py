"""What one more MW or tonne would be worth: shadow prices of the plan, in yuan.

A shadow price is the change of the least cost when a limit gives by one unit (the dual of its
row; P. Samuelson and R. Dorfman, "Linear Programming and Economic Analysis", 1958). They come from
the plan before setpoints are rounded, with units on and off as decided. Heat is never free: its
price in a zone and hour is what the next MWh would cost, or, in a shortage, what the missing one
does to rooms.
"""

from dataclasses import dataclass

import numpy as np
import pyomo.environ as pyo
from numpy.typing import NDArray
from pyomo.core.base.constraint import ConstraintData
from pyomo.core.base.var import VarData

from dispatch.inputs import PlanInputs
from dispatch.network_inputs import YardInputs

Array = NDArray[np.float64]

GJ_PER_MWH = 3.6


@dataclass(frozen=True)
class ShadowPrices:
    """Prices on the steps of the horizon; zero where a limit does not bind."""

    heat_yuan_per_mwh: Array  # (zone, step) of heat at the stations' doors
    source_yuan_per_mwh: Array  # (source, step) of one more MW that a source could give
    link_yuan_per_mwh: Array  # (link, step) of one more MW that a main could take
    share_yuan_per_mwh: Array  # (plant, step) of a share band wider by one MW
    coal_yuan_per_t: Array  # (yard,) of a tonne more in the yard at the start


def unknown_prices(inputs: PlanInputs) -> ShadowPrices:
    """Prices of a plan whose solver gave none: NaN."""
    case, steps = inputs.case, inputs.grid.horizon_steps

    def nothing(count: int) -> Array:
        return np.full((count, steps), np.nan)

    return ShadowPrices(
        heat_yuan_per_mwh=nothing(len(case.zone_ids)),
        source_yuan_per_mwh=nothing(len(case.sources)),
        link_yuan_per_mwh=nothing(len(case.links)),
        share_yuan_per_mwh=nothing(len(case.plant_ids)),
        coal_yuan_per_t=np.full(len(case.yards), np.nan),
    )


def shadow_prices(inputs: PlanInputs, model: pyo.ConcreteModel) -> ShadowPrices:
    """Read the prices out of a solved model whose suffix `dual` is filled."""
    if not len(model.dual):
        return unknown_prices(inputs)
    case, steps = inputs.case, range(inputs.grid.horizon_steps)
    hours = inputs.grid.step_lengths_h[: len(steps)]
    zones, links = range(len(case.zone_ids)), range(len(case.links))
    dual = model.dual
    heat = [[dual.get(model.balance.zone_balance[z, t], 0.0) for t in steps] for z in zones]
    sources = [
        [_source_price(model, inputs, i, t) for t in steps] for i in range(len(case.sources))
    ]
    mains = [[_main_price(model, j, t) for t in steps] for j in links]
    return ShadowPrices(
        heat_yuan_per_mwh=np.array(heat).reshape(len(case.zone_ids), len(steps)) / hours,
        source_yuan_per_mwh=np.array(sources).reshape(len(case.sources), len(steps)) / hours,
        link_yuan_per_mwh=np.array(mains).reshape(len(case.links), len(steps)) / hours,
        share_yuan_per_mwh=_share_prices(inputs, model) / hours,
        coal_yuan_per_t=np.array(
            [_coal_price(model, item, y) for y, item in enumerate(inputs.yards)]
        ),
    )


def limit_price(model: pyo.ConcreteModel, limit: ConstraintData | VarData) -> float:
    """Worth of one more unit of an upper side, yuan; zero where it does not bind."""
    return max(0.0, -float(model.dual.get(limit, 0.0)))


def _coal_price(model: pyo.ConcreteModel, item: YardInputs, y: int) -> float:
    """One more tonne at the start: what of it is left at the first day's end, at its price then.

    A pile that is lower than its bottom layer is all bottom: there the tonne is one more that is
    burnt only in an emergency.
    """
    yard, dual = model.yard[y], model.dual
    price = -float(dual.get(yard.stock_balance[0], 0.0)) * float(yard.kept_of_before)
    if item.stock_before_t >= item.yard.unusable_t:
        return price
    held = sum(float(dual.get(yard.usable[d], 0.0)) for d in yard.usable)
    return price - held + limit_price(model, yard.emergency)


def _main_price(model: pyo.ConcreteModel, j: int, t: int) -> float:
    """One more MW of a main: what it takes in, and what can come out of it, in the step."""
    return limit_price(model, model.link[j].sent[t]) + limit_price(model, model.link[j].arrival[t])


def _source_price(model: pyo.ConcreteModel, inputs: PlanInputs, i: int, t: int) -> float:
    """One more MW of a source: of what is installed and of what the schedule allows, together."""
    block, unit = model.source[i], inputs.sources[i]
    if unit.vertices is not None:
        return limit_price(model, block.max_load[t])
    if unit.tank is not None or unit.order is not None:  # one limit a step, on the heat itself
        return limit_price(model, block.heat_to_network[t])
    on = float(pyo.value(block.units_on[t])) / unit.source.unit_count
    installed, allowed = (
        limit_price(model, r[t]) for r in (block.max_load, block.scheduled_limits)
    )
    return installed * on + allowed


def _share_prices(inputs: PlanInputs, model: pyo.ConcreteModel) -> Array:
    """(plant, step) price of the band's end that binds, yuan per MW and step."""
    case, steps = inputs.case, range(inputs.grid.horizon_steps)
    found = np.zeros((len(case.plant_ids), len(steps)))
    for name, group in case.settings.share.items():
        for plant in group.shares:
            p = case.plant_ids.index(plant)
            for t in steps:
                ends = (model.share.share_max, model.share.share_min)
                found[p, t] = max(abs(model.dual.get(end[name, plant, t], 0.0)) for end in ends)
    return found
