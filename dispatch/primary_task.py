"""The primary side of a settled plan: what the plan hands to `primary_side.py`, in its terms."""

import numpy as np
import pyomo.environ as pyo
from numpy.typing import NDArray

from dispatch.emitter import secondary_temperatures_c
from dispatch.exchanger import exchangers_of
from dispatch.initial_state import LastPlan
from dispatch.inputs import PlanInputs
from dispatch.network_inputs import soil_c
from dispatch.primary_side import PrimaryNetwork, PrimarySide, PrimaryTask, primary_side
from dispatch.primary_ways import LinkFlow, Way, ways
from dispatch.settle import SettledPlan, rooms_c
from dispatch.station_reach import plant_supply_max_c
from dispatch.supply_curve import CurveRules

Array = NDArray[np.float64]


def main_losses_mw(inputs: PlanInputs, model: pyo.ConcreteModel) -> Array:
    """Heat lost on each main, (link, step of the grid), MW: less where it is not kept warm."""
    saved = [
        [model.link[j].below_loss[t].value for t in range(inputs.grid.steps)]
        for j in range(len(inputs.links))
    ]
    return np.asarray(np.array([item.loss_mw for item in inputs.links]) - np.array(saved))


def block_means(inputs: PlanInputs, values: Array) -> Array:
    """Step values (…, step) as means over the horizon's blocks (…, block)."""
    grid = inputs.grid
    lengths = grid.step_lengths_h[: grid.horizon_steps]
    of_step = grid.block_of_step[: grid.horizon_steps]
    first = np.flatnonzero(np.append(True, of_step[1:] != of_step[:-1]))
    energy = np.add.reduceat(values[..., : grid.horizon_steps] * lengths, first, axis=-1)
    return np.asarray(energy / np.add.reduceat(lengths, first))


def _last_plant_supply(inputs: PlanInputs, last: LastPlan | None) -> tuple[Array, Array, Array]:
    """Plant supply setpoints by the last plan; NaN where unknown.

    Just before the first block (plant,); 24 h before each block, and in it (plant, block).
    """
    grid, plants = inputs.grid, inputs.case.plant_ids
    if last is None:
        nothing = np.full((len(plants), grid.horizon_blocks), np.nan)
        return nothing[:, 0], nothing, nothing
    starts_h = grid.block_edges_h[: grid.horizon_blocks]
    known = last.plant_supply_c.running_at(plants, starts_h - 24.0, last.block_h)
    day_before = np.where(starts_h < 24.0, known, np.nan)
    just_before = last.plant_supply_c.running_at(plants, np.array([-1e-3]), last.block_h)
    standing = last.plant_supply_c.running_at(plants, starts_h, last.block_h)
    return just_before[:, 0], day_before, standing


def primary_of(
    inputs: PlanInputs,
    plan: SettledPlan,
    source_heat: Array,
    arrival: Array,
    last: LastPlan | None,
) -> PrimarySide:
    """Supply temperatures of plants, flows and returns, from heat that is settled.

    `source_heat` (source, step of the horizon) and `arrival` (link, step of the grid) in MW.
    """
    case, grid, stations = inputs.case, inputs.grid, inputs.stations
    network = case.settings.network
    before, day_before, standing = _last_plant_supply(inputs, last)
    block_edges_h = grid.block_edges_h[: grid.horizon_blocks + 1]
    _, mean_c = rooms_c(inputs, plan.heat_kw)
    found = ways(case, _link_flows(inputs, plan.model, arrival), block_edges_h)
    members = [[s.plant_id == plant for s in case.sources] for plant in case.plant_ids]
    task = PrimaryTask(
        station_heat_kw=plan.heat_kw,
        station_supply_c=plan.setpoints.supply_c,
        secondary_return_c=secondary_temperatures_c(stations.loops, plan.heat_kw, mean_c)[1],
        link_heat_mw=np.array([way.heat_mw for way in found]),
        link_loss_mw=np.array([way.loss_mw for way in found]),
        plant_heat_mw=block_means(inputs, np.array(members, dtype=float) @ source_heat),
        soil_c=block_means(inputs, soil_c(case, grid)),
        block_edges_h=block_edges_h,
        link_arrives_h=np.array([way.arrives_h for way in found]),
        supply_before_c=before,
        supply_day_before_c=day_before,
        supply_last_c=standing,
        supply_pinned_c=inputs.pins.plant_supply_c[:, : grid.horizon_blocks],
    )
    rules = CurveRules(
        step_k=network.supply_step_k,
        day_k=inputs.supply_day_k,
        blocks_per_day=24 // case.settings.time.setpoint_hold_h,
    )
    exchangers = exchangers_of(case.stations, stations.loops)
    return primary_side(_network(inputs, found), exchangers, task, rules)


def _link_flows(inputs: PlanInputs, model: pyo.ConcreteModel, arrival: Array) -> list[LinkFlow]:
    """Block means of what goes through the mains."""
    links = inputs.links
    sent = np.array([item.pipe.sent_mw(arrival[j]) for j, item in enumerate(links)])
    means = [block_means(inputs, mw) for mw in (sent, arrival, main_losses_mw(inputs, model))]
    return [
        LinkFlow(item.link, item.pipe, *(mw[j] for mw in means)) for j, item in enumerate(links)
    ]


def _network(inputs: PlanInputs, found: list[Way]) -> PrimaryNetwork:
    """What hangs together, and the limits of plants: flows add up, the weakest supply counts."""
    case, stations = inputs.case, inputs.stations
    of_plant = [[s for s in case.sources if s.plant_id == plant] for plant in case.plant_ids]
    highest = plant_supply_max_c(case)
    return PrimaryNetwork(
        zone_count=len(case.zone_ids),
        station_zone=stations.zone,
        commanded=stations.controllable,
        link_plant=np.array([case.plant_ids.index(way.plant_id) for way in found]),
        link_zone=np.array([case.zone_ids.index(way.zones[-1]) for way in found]),
        plant_flow_max_tph=np.array(
            [sum(s.flow_max_tph * s.unit_count for s in members) for members in of_plant]
        ),
        plant_supply_max_c=np.array([highest[plant] for plant in case.plant_ids]),
        supply_min_c=case.settings.network.primary_supply_min_c,
    )
