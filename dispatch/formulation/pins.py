"""What the dispatcher holds by hand: sources, shares and mains, broken only at a price."""

import numpy as np
import pyomo.environ as pyo
from numpy.typing import NDArray

from dispatch.case_overrides import PinWhat
from dispatch.formulation import prices
from dispatch.formulation.linear import linear
from dispatch.inputs import PlanInputs
from dispatch.priced_pins import PricedPin

Array = NDArray[np.float64]


def pin_price_yuan(what: PinWhat) -> float:
    """What an hour off a pin costs, per MW, or per unit where units are pinned."""
    is_share = what is PinWhat.SHARE
    return prices.PINNED_SHARE_YUAN_PER_MWH if is_share else prices.PIN_YUAN_PER_MWH


def add_pins(
    block: pyo.Block,
    inputs: PlanInputs,
    sources: pyo.Block,
    links: pyo.Block,
    plant_heat: pyo.Expression,
) -> None:
    """Hold what is pinned: least − below <= it <= most + above, in each step that has these ends.

    A share is pinned as heat: plant heat against share · heat of its group.
    Adds per pin and step held: below, above [MW, or units]. Offers: cost [yuan].
    """
    pins = inputs.priced_pins

    def steps_of(ends: list[Array]) -> list[tuple[int, int]]:
        return [(n, int(t)) for n, end in enumerate(ends) for t in np.flatnonzero(np.isfinite(end))]

    lowest = steps_of([pin.least for pin in pins])
    highest = steps_of([pin.most for pin in pins])
    block.below = pyo.Var(lowest, domain=pyo.NonNegativeReals, doc="[MW, or units]")
    block.above = pyo.Var(highest, domain=pyo.NonNegativeReals, doc="[MW, or units]")

    def held(pin: PricedPin, t: int) -> tuple[pyo.Expression, pyo.Expression | float]:
        """What is pinned, and what a unit of its ends stands for."""
        if pin.what is PinWhat.SHARE:
            plants, plant = inputs.case.plant_ids, inputs.case.plant_ids[pin.position]
            groups = inputs.case.settings.share.values()
            members = next(group.shares for group in groups if plant in group.shares)
            total = sum(plant_heat[plants.index(name), t] for name in members)
            return plant_heat[pin.position, t], total
        if pin.is_main:
            return links[pin.position].sent[t], 1.0
        unit = sources[pin.position]
        heat = unit.units_on[t] if pin.what is PinWhat.UNITS_ON else unit.heat_to_network[t]
        return heat, 1.0

    @block.Constraint(lowest, doc="no less than pinned")
    def pinned_least(b: pyo.Block, n: int, t: int) -> pyo.Constraint:
        value, unit = held(pins[n], t)
        return value + b.below[n, t] - float(pins[n].least[t]) * unit >= 0.0

    @block.Constraint(highest, doc="no more than pinned")
    def pinned_most(b: pyo.Block, n: int, t: int) -> pyo.Constraint:
        value, unit = held(pins[n], t)
        return value - b.above[n, t] - float(pins[n].most[t]) * unit <= 0.0

    lengths_h = inputs.grid.step_lengths_h
    off = [*block.below.items(), *block.above.items()]
    rates = [pin_price_yuan(pins[n].what) * float(lengths_h[t]) for (n, t), _ in off]
    block.cost = pyo.Expression(expr=linear(rates, [variable for _, variable in off]))


def add_station_pins(block: pyo.Block, inputs: PlanInputs) -> None:
    """Pinned − under <= heat <= pinned + over of stations whose setpoint or heat is pinned.

    Soft, since sources may be unable to send it. Adds per station and block held: pin_under,
    pin_over [MW]. Offers: pin_cost [yuan].
    """
    pinned, hours = inputs.stations.pinned_mw, inputs.grid.block_lengths_h
    held = [key for key in block.keys if np.isfinite(pinned[key])]
    block.pin_under = pyo.Var(held, domain=pyo.NonNegativeReals, doc="[MW]")
    block.pin_over = pyo.Var(held, domain=pyo.NonNegativeReals, doc="[MW]")

    @block.Constraint(held, doc="heat that a pin holds")
    def pinned_heat(b: pyo.Block, s: int, k: int) -> pyo.Constraint:
        variables = [b.heat[s, k], b.pin_under[s, k], b.pin_over[s, k]]
        return (linear([1.0, 1.0, -1.0], variables), float(pinned[s, k]))

    off = [*block.pin_under.items(), *block.pin_over.items()]
    rates = [prices.PIN_YUAN_PER_MWH * float(hours[k]) for (_, k), _ in off]
    block.pin_cost = pyo.Expression(expr=linear(rates, [variable for _, variable in off]))
