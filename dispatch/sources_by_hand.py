"""Sources and mains for heat that is given, without a solver: by shares, by merit, by hand.

The last resort. Mains share what each zone needs by the shares of plants, those of slow plants
smoothed over some hours, the quickest plant of a zone following what is left. Plants at a limit
hand on to others, a few rounds of it; in a plant the cheapest source comes first. What still does
not fit is found by the audit and named there. Values are laid into the plan's own model, so that
everything after it reads them as it would a solver's.
"""

from dataclasses import dataclass
from itertools import combinations

import numpy as np
import pyomo.environ as pyo
from numpy.typing import NDArray

from dispatch.formulation.build import build_model
from dispatch.inputs import PlanInputs
from dispatch.source_inputs import SourceInputs
from dispatch.source_reasons import heat_range_at_mw

Array = NDArray[np.float64]

ROUNDS = 30  # of handing on between plants; each closes most of what is left
CUT_ROUNDS = 200
CUT_STRIDE = 0.6  # an arrival may be asked by two steps in which it was sent
SMOOTH_H = 6.0  # over which slow plants follow the load
SAME_MW = 1e-9


@dataclass(frozen=True)
class ByHand:
    """The model with its values, and the part of their heat that zones get, (zone, block)."""

    model: pyo.ConcreteModel
    got: Array


@dataclass(frozen=True)
class _Range:
    """Least and most heat of a source, and its units on, (step,)."""

    low_mw: Array
    high_mw: Array
    units_on: Array


def by_hand(inputs: PlanInputs, heat_mw: Array) -> ByHand:
    """Serve the heat of our stations (station, block) MW, and what third parties ask for."""
    grid, stations = inputs.grid, inputs.stations
    wanted = np.zeros((len(inputs.case.zone_ids), grid.blocks))
    np.add.at(wanted, stations.zone, heat_mw + stations.heat_due_mw)
    ranges = [_range(unit) for unit in inputs.sources]
    arrival = _arrivals(inputs, wanted[:, grid.block_of_step], ranges)
    delivered = _delivered(inputs, arrival)
    got = np.ones_like(wanted)
    for k in range(grid.blocks):
        here = delivered[:, grid.block_of_step == k].min(axis=1)
        got[:, k] = np.clip(here / np.maximum(wanted[:, k], SAME_MW), 0.0, 1.0)
    model = build_model(inputs, heat_mw)
    _lay_mains(inputs, model, arrival)
    _lay_zones(inputs, model, wanted, delivered, got)
    sent = np.array([item.pipe.sent_mw(arrival[j]) for j, item in enumerate(inputs.links)])
    _lay_sources(inputs, model, np.maximum(sent, 0.0), ranges)
    _lay_rest(model)
    return ByHand(model, got)


def _range(unit: SourceInputs) -> _Range:
    """What a source can give: scheduled units at their power, others as they stand or all."""
    most = unit.max_heat_mw
    if unit.tank is not None:
        return _Range(np.zeros_like(most), np.zeros_like(most), np.zeros_like(most))
    if unit.units is not None:
        before = np.minimum(unit.units.before, unit.units.present)
        on = before if before.any() else unit.units.present
        full = unit.source.max_output_mw * on
        return _Range(unit.units.least_mw * on, np.minimum(full, most), on)
    if unit.vertices is not None and unit.power_mw is not None:
        on = np.where((unit.power_mw > 0.0) & unit.has_outlet, unit.units_available, 0.0)
        ends = [
            heat_range_at_mw(unit.vertices, float(power) / one) if one > 0.0 else (0.0, 0.0)
            for power, one in zip(unit.power_mw, on, strict=True)
        ]
        low, high = (np.array([end[side] for end in ends]) * on for side in (0, 1))
        high = np.minimum(np.where(np.isfinite(high), high, 0.0), most)
        low = np.maximum(np.where(np.isfinite(low), low, 0.0), unit.least_unit_mw * on)
        return _Range(np.minimum(low, high), high, on)
    return _Range(np.minimum(unit.hard_least_mw, most), most, unit.units_available)


def _plant_ends(inputs: PlanInputs, ranges: list[_Range]) -> tuple[Array, Array]:
    """Least and most heat of each plant, (plant, step) MW."""
    plants = inputs.case.plant_ids
    low, high = np.zeros((2, len(plants), inputs.grid.steps))
    for unit, one in zip(inputs.sources, ranges, strict=True):
        p = plants.index(unit.source.plant_id)
        low[p] += one.low_mw
        high[p] += one.high_mw
    return low, high


def _plant_weights(inputs: PlanInputs, high: Array) -> Array:
    """Part of the load that each plant is to carry, (plant, step): its share, or its size."""
    weights: Array = high / np.maximum(high.sum(axis=0), SAME_MW)
    for group in inputs.case.settings.share.values():
        members = [inputs.case.plant_ids.index(name) for name in group.shares]
        shares = np.array(list(group.shares.values()))[:, None] * (high[members] > SAME_MW)
        together = weights[members].sum(axis=0)
        weights[members] = together * shares / np.maximum(shares.sum(axis=0), SAME_MW)
    return weights


def _mains_of(inputs: PlanInputs) -> dict[int, list[int]]:
    """Mains of plants by the zone they lead to; ties rest."""
    zones = inputs.case.zone_ids
    found: dict[int, list[int]] = {z: [] for z in range(len(zones))}
    for j, item in enumerate(inputs.links):
        if not item.is_tie:
            found[zones.index(item.link.to_id)].append(j)
    return found


def _smoothed(values: Array, hours: float, lengths_h: Array) -> Array:
    """Running means over some hours before and after."""
    middle = np.cumsum(lengths_h) - 0.5 * lengths_h
    near = (np.abs(middle[:, None] - middle[None, :]) <= hours / 2.0) * lengths_h[None, :]
    return np.asarray(near @ values / near.sum(axis=1))


def _arrivals(inputs: PlanInputs, wanted: Array, ranges: list[_Range]) -> Array:
    """What arrives by each main, (link, step) MW, for what zones want (zone, step)."""
    case, grid = inputs.case, inputs.grid
    low, high = _plant_ends(inputs, ranges)
    plant = [
        -1 if item.is_tie else case.plant_ids.index(item.link.from_id) for item in inputs.links
    ]
    weights = _plant_weights(inputs, high)
    ramps = np.zeros(len(case.plant_ids))
    for unit in inputs.sources:
        p = case.plant_ids.index(unit.source.plant_id)
        ramps[p] += (
            unit.source.ramp_mw_per_h * unit.source.unit_count / max(1.0, unit.source.installed_mw)
        )
    least, most = _arrival_ends(inputs)
    arrival = least.copy()
    for z, mains in _mains_of(inputs).items():
        needed = wanted[z] + sum((inputs.links[j].loss_mw for j in mains), np.zeros(grid.steps))
        part = np.array([weights[plant[j]] * (most[j] > SAME_MW) for j in mains])
        part /= np.maximum(part.sum(axis=0), SAME_MW)
        order = sorted(range(len(mains)), key=lambda m: ramps[plant[mains[m]]])
        left = needed.copy()
        for m in order[:-1]:
            calm = _smoothed(needed * part[m], SMOOTH_H, grid.step_lengths_h)
            arrival[mains[m]] = np.clip(np.minimum(calm, left), least[mains[m]], most[mains[m]])
            left -= arrival[mains[m]]
        for m in reversed(order):  # the quickest takes the rest, and what it cannot the next
            j = mains[m]
            own = arrival[j] if m != order[-1] else 0.0
            arrival[j] = np.clip(own + left, least[j], most[j])
            left -= arrival[j] - own
    for _ in range(ROUNDS):
        if not _handed_on(inputs, arrival, plant, (low, high), (least, most), wanted):
            break
    for _ in range(CUT_ROUNDS):
        if not _cut(inputs, arrival, plant, high, least):
            break
    return arrival


def _cut(inputs: PlanInputs, arrival: Array, plant: list[int], high: Array, least: Array) -> bool:
    """Take off arrivals, in place, what plants cannot send; whether there was any."""
    mains = [j for j, p in enumerate(plant) if p >= 0]
    sent = {j: np.maximum(inputs.links[j].pipe.sent_mw(arrival[j]), 0.0) for j in mains}
    total = np.zeros_like(high)
    for j in mains:
        total[plant[j]] += sent[j]
    over = np.maximum(total - high, 0.0)
    if over.max(initial=0.0) < SAME_MW:
        return False
    for j in mains:
        p, weights = plant[j], inputs.links[j].pipe.weights
        share = over[p] * sent[j] / np.maximum(total[p], SAME_MW)
        # Each arrival gives its part of what is over in a step in which it was sent.
        most = np.maximum(weights.sum(axis=1), SAME_MW)
        off = CUT_STRIDE * (share / most) @ (weights > 0.0)
        arrival[j] = np.maximum(arrival[j] - off, least[j])
    return True


def _arrival_ends(inputs: PlanInputs) -> tuple[Array, Array]:
    """Least and most that can arrive by each main, (link, step) MW (`formulation/link.py`)."""
    lengths_h = inputs.grid.step_lengths_h
    least = np.array([item.pipe.stored_mwh for item in inputs.links]) / lengths_h
    room = [
        0.0 * item.capacity_mw
        if item.is_tie
        else np.maximum.accumulate(item.capacity_mw) * item.pipe.fed_h
        for item in inputs.links
    ]
    return least, least + np.array(room) / lengths_h


def _handed_on(
    inputs: PlanInputs,
    arrival: Array,
    plant: list[int],
    ends: tuple[Array, Array],
    reach: tuple[Array, Array],
    wanted: Array,
) -> bool:
    """Move arrivals between plants towards their limits, in place; whether anything moved."""
    mains = [j for j, p in enumerate(plant) if p >= 0]
    sent = {j: inputs.links[j].pipe.sent_mw(arrival[j]) for j in mains}
    total = np.zeros_like(ends[0])
    for j in mains:
        total[plant[j]] += sent[j]
    over = np.maximum(total - ends[1], 0.0) - np.maximum(ends[0] - total, 0.0)
    if np.abs(over).max(initial=0.0) < SAME_MW:
        return False
    for j in mains:
        p = plant[j]
        part = np.maximum(sent[j], SAME_MW) / np.maximum(total[p], SAME_MW)
        weights = inputs.links[j].pipe.weights
        fed = np.maximum(weights.sum(axis=0), SAME_MW)
        change = (over[p] * part) @ weights / fed
        arrival[j] = np.clip(arrival[j] - change, reach[0][j], reach[1][j])
    for z, members in _mains_of(inputs).items():
        losses = sum((inputs.links[j].loss_mw for j in members), np.zeros(wanted.shape[1]))
        lacking = np.maximum(wanted[z] + losses - arrival[members].sum(axis=0), 0.0)
        spare = np.array(
            [
                np.minimum(
                    reach[1][j] - arrival[j],
                    np.maximum(ends[1][plant[j]] - total[plant[j]], 0.0),
                )
                for j in members
            ]
        ).reshape(len(members), -1)
        given = spare * np.minimum(1.0, lacking / np.maximum(spare.sum(axis=0), SAME_MW))
        arrival[members] += given
    return True


def _delivered(inputs: PlanInputs, arrival: Array) -> Array:
    """What reaches each zone after losses, (zone, step) MW; a cold main brings nothing."""
    delivered = np.zeros((len(inputs.case.zone_ids), inputs.grid.steps))
    for j, item in enumerate(inputs.links):
        z = inputs.case.zone_ids.index(item.link.to_id)
        delivered[z] += np.maximum(arrival[j] - item.loss_mw, 0.0)
    return delivered


# ---- into the model ------------------------------------------------------------------------


def _lay(family: pyo.Var, values: Array) -> None:
    """Set a variable over steps, where it has them."""
    for t, value in enumerate(values.tolist()):
        if t in family:
            family[t].set_value(value, skip_validation=True)


def _lay_changes(block: pyo.Block, values: Array) -> None:
    change = np.diff(values, prepend=values[0])
    _lay(block.change_up, np.maximum(change, 0.0))
    _lay(block.change_down, np.maximum(-change, 0.0))


def _lay_mains(inputs: PlanInputs, model: pyo.ConcreteModel, arrival: Array) -> None:
    for j, item in enumerate(inputs.links):
        block = model.link[j]
        _lay(block.arrival, arrival[j])
        _lay(block.sent, np.maximum(item.pipe.sent_mw(arrival[j]), 0.0))
        _lay(block.below_loss, np.maximum(item.loss_mw - arrival[j], 0.0))
        _lay_changes(block, arrival[j])


def _lay_zones(
    inputs: PlanInputs, model: pyo.ConcreteModel, wanted: Array, delivered: Array, got: Array
) -> None:
    stations, block_of_step = inputs.stations, inputs.grid.block_of_step
    due = np.zeros_like(wanted)
    np.add.at(due, stations.zone, stations.heat_due_mw)
    surplus = delivered - (wanted * got)[:, block_of_step]
    for (z, k), variable in model.balance.unserved.items():
        variable.set_value(float(due[z, k] * (1.0 - got[z, k])), skip_validation=True)
    for (z, t), variable in model.balance.surplus.items():
        variable.set_value(max(0.0, float(surplus[z, t])), skip_validation=True)


def _lay_sources(
    inputs: PlanInputs, model: pyo.ConcreteModel, sent: Array, ranges: list[_Range]
) -> None:
    """Share what each plant sends among its sources, the cheapest first."""
    plant_mw = np.zeros((len(inputs.case.plant_ids), inputs.grid.steps))
    for p, plant in enumerate(inputs.case.plant_ids):
        mains = [j for j, item in enumerate(inputs.links) if item.link.from_id == plant]
        members = [i for i, unit in enumerate(inputs.sources) if unit.source.plant_id == plant]
        plant_mw[p] = left = sent[mains].sum(axis=0)
        heat = {i: np.minimum(ranges[i].low_mw, left) for i in members}
        left = left - sum(heat.values(), np.zeros_like(left))
        for i in sorted(members, key=lambda i: _merit(inputs.sources[i])):
            more = np.clip(left, 0.0, ranges[i].high_mw - heat[i])
            heat[i], left = heat[i] + more, left - more
        # What no source can give is still what the mains were told: the audit names the limit.
        free = [i for i in members if inputs.sources[i].vertices is None] or members
        for i in free[:1]:
            heat[i] = heat[i] + left
        for i in members:
            _lay_source(inputs.sources[i], model.source[i], heat[i], ranges[i].units_on)
    _lay_shares(inputs, model, plant_mw)


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


def _lay_rest(model: pyo.ConcreteModel) -> None:
    """Nothing of whatever else there is to decide: coal bought, yards below their reserve."""
    for variable in model.component_data_objects(pyo.Var):
        if variable.value is None:
            variable.set_value(0.0, skip_validation=True)
