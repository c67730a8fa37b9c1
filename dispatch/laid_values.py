"""Values found by hand, laid into the plan's model as a solver would leave them there.

What follows from a value (fuel of a heat, changes from step to step, what lies outside a band) is
worked out here, so that costs and reasons are read off the model as after a solve.
"""

from dataclasses import dataclass
from itertools import combinations

import numpy as np
import pyomo.environ as pyo
from numpy.typing import NDArray

from dispatch.inputs import PlanInputs
from dispatch.source_inputs import SourceInputs

Array = NDArray[np.float64]

SAME_MW = 1e-9


@dataclass(frozen=True)
class SourceRange:
    """Least and most heat of a source, and its units on, (step,)."""

    low_mw: Array
    high_mw: Array
    units_on: Array


def _lay(family: pyo.Var, values: Array) -> None:
    """Set a variable over steps, where it has them."""
    for t, value in enumerate(values.tolist()):
        if t in family:
            family[t].set_value(value, skip_validation=True)


def _lay_changes(block: pyo.Block, values: Array) -> None:
    change = np.diff(values, prepend=values[0])
    _lay(block.change_up, np.maximum(change, 0.0))
    _lay(block.change_down, np.maximum(-change, 0.0))


def lay_mains(inputs: PlanInputs, model: pyo.ConcreteModel, arrival: Array) -> None:
    """Lay what arrives by each main, (link, step) MW."""
    for j, item in enumerate(inputs.links):
        block = model.link[j]
        _lay(block.arrival, arrival[j])
        _lay(block.sent, np.maximum(item.pipe.sent_mw(arrival[j]), 0.0))
        _lay(block.below_loss, np.maximum(item.loss_mw - arrival[j], 0.0))
        _lay_changes(block, arrival[j])


def lay_zones(
    inputs: PlanInputs, model: pyo.ConcreteModel, wanted: Array, delivered: Array, got: Array
) -> None:
    """Lay what zones go without, of heat wanted (zone, block) the part `got`, and their surplus."""
    stations, block_of_step = inputs.stations, inputs.grid.block_of_step
    due = np.zeros_like(wanted)
    np.add.at(due, stations.zone, stations.heat_due_mw)
    surplus = delivered - (wanted * got)[:, block_of_step]
    for (z, k), variable in model.balance.unserved.items():
        variable.set_value(float(due[z, k] * (1.0 - got[z, k])), skip_validation=True)
    for (z, t), variable in model.balance.surplus.items():
        variable.set_value(max(0.0, float(surplus[z, t])), skip_validation=True)


def lay_sources(
    inputs: PlanInputs, model: pyo.ConcreteModel, sent: Array, ranges: list[SourceRange]
) -> None:
    """Share what each plant sends among its sources, the cheapest first."""
    plant_mw = np.zeros((len(inputs.case.plant_ids), inputs.grid.steps))
    for p, plant in enumerate(inputs.case.plant_ids):
        mains = [j for j, item in enumerate(inputs.links) if item.link.from_id == plant]
        members = [i for i, unit in enumerate(inputs.sources) if unit.source.plant_id == plant]
        plant_mw[p] = left = sent[mains].sum(axis=0)
        heat, left = _by_merit(inputs, ranges, members, left)
        # What no source can give is still what the mains were told: the audit names the limit.
        free = [i for i in members if inputs.sources[i].vertices is None] or members
        for i in free[:1]:
            heat[i] = heat[i] + left
        for i in members:
            _lay_source(inputs.sources[i], model.source[i], heat[i], ranges[i].units_on)
    _lay_shares(inputs, model, plant_mw)


def _by_merit(
    inputs: PlanInputs, ranges: list[SourceRange], members: list[int], wanted: Array
) -> tuple[dict[int, Array], Array]:
    """Heat of a plant's sources by step, within their ranges and ramps, and what none can give."""
    grid, order = inputs.grid, sorted(members, key=lambda i: _merit(inputs.sources[i]))
    heat = {i: np.zeros_like(wanted) for i in members}
    left = wanted.copy()
    before = {i: inputs.sources[i].heat_before_mw for i in members}
    for t in range(wanted.size):
        hours = 0.5 * float(grid.step_lengths_h[t] + grid.step_lengths_h[max(0, t - 1)])
        room = {}
        for i in members:
            source = inputs.sources[i].source
            ramp = source.ramp_mw_per_h * source.unit_count * hours
            low, high = float(ranges[i].low_mw[t]), float(ranges[i].high_mw[t])
            least = min(max(low, before[i] - ramp), high, max(0.0, float(left[t])))
            heat[i][t] = least
            left[t] -= least
            room[i] = max(0.0, min(high, before[i] + ramp) - least)
        for i in order:
            more = min(max(0.0, float(left[t])), room[i])
            heat[i][t] += more
            left[t] -= more
            before[i] = float(heat[i][t])
    return heat, left


def _merit(unit: SourceInputs) -> float:
    """Yuan of one more MWh of heat."""
    if unit.tank is not None:
        return float("inf")
    return unit.marginal_fuel(0.7 * unit.source.max_output_mw) * unit.fuel_price_yuan_per_mwh


def _lay_source(unit: SourceInputs, block: pyo.Block, heat: Array, units_on: Array) -> None:
    decides_parts = unit.units is None and unit.vertices is None and unit.tank is None
    if decides_parts and unit.order is None:
        units_on = np.minimum(heat / unit.source.max_output_mw, unit.units_available)
    if unit.vertices is not None:
        units_on = _lay_corners(unit, block, heat, units_on)
    else:
        _lay(block.heat_to_network, heat)
        if unit.tank is None:
            fuel = [s * heat + c * units_on for s, c in unit.pieces]
            _lay(block.fuel_use, np.max(fuel, axis=0))
    _lay(block.units_on, units_on)
    _lay(block.below_least, np.maximum(unit.least_unit_mw * units_on - heat, 0.0))
    _lay_changes(block, heat)
    if unit.units is not None:
        moved = np.diff(units_on, prepend=float(unit.units.before))
        _lay(block.started, np.maximum(moved, 0.0))
        _lay(block.stopped, np.maximum(-moved, 0.0))
    if unit.order is not None:
        _lay(block.under_least, np.maximum(unit.order.least_mw - heat, 0.0))


def _lay_corners(unit: SourceInputs, block: pyo.Block, heat: Array, units_on: Array) -> Array:
    """Set the weights of a polygon's corners, step by step; return the units on, (step,)."""
    asked = unit.power_mw if unit.power_mw is not None else unit.power.min_mw
    power = np.zeros_like(heat) if asked is None else asked
    vertices, made = unit.vertices, np.zeros_like(heat)
    if vertices is None:
        raise ValueError(f"{unit.source.source_id} has no polygon")
    for t in range(heat.size):
        on = float(units_on[t])
        weights = _corner_weights(vertices, float(heat[t]), float(power[t]), on)
        made[t] = weights @ vertices[:, 1]
        for v, weight in enumerate(weights.tolist()):
            block.weight[t, v].set_value(weight, skip_validation=True)
    if len(block.power_missing):
        _lay(block.power_missing, np.maximum(power - made, 0.0))
    if unit.power.contract_mw is not None:
        _lay(block.power_sold, np.maximum(made - unit.power.contract_mw, 0.0))
        _lay(block.power_bought, np.maximum(unit.power.contract_mw - made, 0.0))
    return units_on


def _corner_weights(vertices: Array, heat: float, power: float, on: float) -> Array:
    """Weights of corners that give a heat, and the power asked for or the nearest to it.

    Of all triangles of corners with this heat the one nearest in power, then of least fuel. Where
    the units on reach no such heat, the nearest corner by heat.
    """
    best, found = (np.inf, np.inf), np.zeros(len(vertices))
    if on <= 0.0:
        return found
    h, p = heat / on, power / on
    for a, b in combinations(range(len(vertices)), 2):
        ends = sorted((float(vertices[a, 0]), float(vertices[b, 0])))
        if ends[0] - SAME_MW <= h <= ends[1] + SAME_MW:
            span = float(vertices[b, 0] - vertices[a, 0])
            part = (h - float(vertices[a, 0])) / span if abs(span) > SAME_MW else 0.0
            point = vertices[a] + part * (vertices[b] - vertices[a])
            rank = (round(abs(float(point[1]) - p), 9), float(point[2]))
            if rank < best:
                best, found = rank, np.zeros(len(vertices))
                found[a], found[b] = on * (1.0 - part), on * part
    if best[0] > SAME_MW:  # between two edges: mix the nearest above and below in power
        return _between(vertices, h, p, found, on)
    if not found.any():
        found[int(np.abs(vertices[:, 0] - h).argmin())] = on
    return found


def _between(vertices: Array, h: float, p: float, nearest: Array, on: float) -> Array:
    """Mix the chords at heat `h` around power `p` that take least fuel; else the nearest chord."""
    chords: list[tuple[float, float, Array]] = []  # power, fuel, weights
    for a, b in combinations(range(len(vertices)), 2):
        span = float(vertices[b, 0] - vertices[a, 0])
        part = (h - float(vertices[a, 0])) / span if abs(span) > SAME_MW else -1.0
        if -SAME_MW <= part <= 1.0 + SAME_MW:
            weights = np.zeros(len(vertices))
            weights[a], weights[b] = 1.0 - part, part
            _, power, fuel = (weights @ vertices).tolist()
            chords.append((power, fuel, weights))
    best, found = np.inf, nearest
    for one, other in combinations(chords, 2):
        if (one[0] - p) * (other[0] - p) < 0.0:
            part = (p - one[0]) / (other[0] - one[0])
            fuel = one[1] + part * (other[1] - one[1])
            if fuel < best:
                best, found = fuel, on * ((1.0 - part) * one[2] + part * other[2])
    if not found.any():
        found = nearest.copy()
        found[int(np.abs(vertices[:, 0] - h).argmin())] = on
    return found


def _lay_shares(inputs: PlanInputs, model: pyo.ConcreteModel, plant_mw: Array) -> None:
    """Heat of plants outside their band."""
    for name, group in inputs.case.settings.share.items():
        members = [inputs.case.plant_ids.index(plant) for plant in group.shares]
        total = plant_mw[members].sum(axis=0)
        for p, (plant, share) in zip(members, group.shares.items(), strict=True):
            above = plant_mw[p] - min(1.0, share + group.band) * total
            below = max(0.0, share - group.band) * total - plant_mw[p]
            for t in range(total.size):
                model.share.above[name, plant, t].set_value(max(0.0, float(above[t])))
                model.share.below[name, plant, t].set_value(max(0.0, float(below[t])))


def lay_rest(model: pyo.ConcreteModel) -> None:
    """Nothing of whatever else there is to decide: coal bought, yards below their reserve."""
    for variable in model.component_data_objects(pyo.Var):
        if variable.value is None:
            variable.set_value(0.0, skip_validation=True)
    if model.component("pin") is not None:
        _lay_pins(model.pin)


def _lay_pins(pin: pyo.Block) -> None:
    """By how much each pin is missed: nobody has asked for it, but it has its price."""
    for key, row in pin.pinned_least.items():
        short = float(pyo.value(row.lower) - pyo.value(row.body))
        pin.below[key].set_value(max(0.0, short), skip_validation=True)
    for key, row in pin.pinned_most.items():
        over = float(pyo.value(row.body) - pyo.value(row.upper))
        pin.above[key].set_value(max(0.0, over), skip_validation=True)
