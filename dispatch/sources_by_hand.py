"""Sources and mains for heat that is given, without a solver: by shares, by merit, by hand.

The last resort. Mains share what each zone needs by the shares of plants, those of slow plants
smoothed over some hours, the quickest plant of a zone following what is left. Plants at a limit
hand on to others, a few rounds of it; in a plant the cheapest source comes first. What still does
not fit is found by the audit and named there. Values are laid into the plan's own model, so that
everything after it reads them as it would a solver's.
"""

from dataclasses import dataclass

import numpy as np
import pyomo.environ as pyo
from numpy.typing import NDArray

from dispatch.formulation.build import build_model
from dispatch.fuel_curve import heat_range_at_mw
from dispatch.inputs import PlanInputs
from dispatch.laid_values import SourceRange, lay_mains, lay_rest, lay_sources, lay_zones
from dispatch.source_inputs import SourceInputs
from dispatch.time_grid import TimeGrid

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


def by_hand(inputs: PlanInputs, heat_mw: Array) -> ByHand:
    """Serve the heat of our stations (station, block) MW, and what third parties ask for."""
    grid, stations = inputs.grid, inputs.stations
    wanted = np.zeros((len(inputs.case.zone_ids), grid.blocks))
    np.add.at(wanted, stations.zone, heat_mw + stations.heat_due_mw)
    ranges = [_reached(unit, _range(unit), grid) for unit in inputs.sources]
    arrival = _arrivals(inputs, wanted[:, grid.block_of_step], ranges)
    delivered = _delivered(inputs, arrival)
    got = np.ones_like(wanted)
    for k in range(grid.blocks):
        here = delivered[:, grid.block_of_step == k].min(axis=1)
        got[:, k] = np.clip(here / np.maximum(wanted[:, k], SAME_MW), 0.0, 1.0)
    model = build_model(inputs, heat_mw)
    lay_mains(inputs, model, arrival)
    lay_zones(inputs, model, wanted, delivered, got)
    sent = np.array([item.pipe.sent_mw(arrival[j]) for j, item in enumerate(inputs.links)])
    lay_sources(inputs, model, np.maximum(sent, 0.0), ranges)
    lay_rest(model)
    return ByHand(model, got)


def _range(unit: SourceInputs) -> SourceRange:
    """What a source can give: scheduled units at their power, others as they stand or all."""
    most = unit.max_heat_mw
    if unit.tank is not None:
        return SourceRange(np.zeros_like(most), np.zeros_like(most), np.zeros_like(most))
    if unit.units is not None:
        before = np.minimum(unit.units.before, unit.units.present)
        on = before if before.any() else unit.units.present
        full = unit.source.max_output_mw * on
        return SourceRange(unit.units.least_mw * on, np.minimum(full, most), on)
    if unit.vertices is not None and unit.power_mw is not None:
        on = np.where((unit.power_mw > 0.0) & unit.has_outlet, unit.units_available, 0.0)
        ends = [
            heat_range_at_mw(unit.vertices, float(power) / one) if one > 0.0 else (0.0, 0.0)
            for power, one in zip(unit.power_mw, on, strict=True)
        ]
        low, high = (np.array([end[side] for end in ends]) * on for side in (0, 1))
        high = np.minimum(np.where(np.isfinite(high), high, 0.0), most)
        low = np.maximum(np.where(np.isfinite(low), low, 0.0), unit.least_unit_mw * on)
        return SourceRange(np.minimum(low, high), high, on)
    return SourceRange(np.minimum(unit.hard_least_mw, most), most, unit.units_available)


def _reached(unit: SourceInputs, ends: SourceRange, grid: TimeGrid) -> SourceRange:
    """The ends as far as the ramp reaches them from what the source gave before the start."""
    lengths_h = grid.step_lengths_h
    since_h = np.cumsum(lengths_h) - 0.5 * lengths_h + 0.5 * grid.step_h
    moved = unit.source.ramp_mw_per_h * unit.source.unit_count * since_h
    high = np.maximum(np.minimum(ends.high_mw, unit.heat_before_mw + moved), ends.low_mw)
    low = np.minimum(np.maximum(ends.low_mw, unit.heat_before_mw - moved), high)
    return SourceRange(low, high, ends.units_on)


def _plant_ends(inputs: PlanInputs, ranges: list[SourceRange]) -> tuple[Array, Array]:
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


def _arrivals(inputs: PlanInputs, wanted: Array, ranges: list[SourceRange]) -> Array:
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
