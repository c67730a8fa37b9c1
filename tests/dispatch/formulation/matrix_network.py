"""Mains, balances, plants and yards of the matrix model."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from matrix_program import INF, Array, Lines, Program, constants, total
from matrix_sources import Machine
from numpy.typing import NDArray

from dispatch.case_kinds import StockCovers
from dispatch.formulation import prices
from dispatch.inputs import PlanInputs
from dispatch.link_inputs import LinkInputs
from dispatch.network_inputs import YardInputs

GJ_PER_TCE = 29.3076


@dataclass(frozen=True)
class Main:
    """Heat put into a main and out of it, MW by step."""

    sent: Lines
    delivered: Lines


# ---- mains -----------------------------------------------------------------------------------


def overlap_h(begins: Array, ends: Array, from_h: float, to_h: float) -> Array:
    """Hours that intervals share with one interval; touching is sharing nothing."""
    common = np.minimum(ends, to_h) - np.maximum(begins, from_h)
    return np.where(common > 1e-6, common, 0.0)


def add_main(program: Program, inputs: PlanInputs, main: LinkInputs) -> Main:
    """What leaves over [t, t+Δ) arrives evenly over [a(t), a(t+Δ)): energy is kept, by the clock a.

    New heat of an arrival step comes evenly in the hours of it in which heat that left through an
    open main comes; after the last step the last arrival goes on.
    """
    grid, pipe = inputs.grid, main.pipe
    steps, hours, edges = grid.steps, grid.step_lengths_h, grid.edges_h
    begins, ends = pipe.arrives_h[:-1], pipe.arrives_h[1:]
    stored_mw = pipe.stored_mwh / hours
    shares = np.zeros((steps, steps))  # (sent, arrival): of the arrival's new energy
    most_new_mwh = np.zeros(steps)
    for k in range(steps):
        common = overlap_h(begins, ends, edges[k], edges[k + 1]) * main.is_open
        if common.sum() > 1e-6:
            shares[:, k] = common / common.sum()
        # The hours of departure behind these hours of arrival, at no more than the capacity so far.
        most_new_mwh[k] = main.capacity_mw[: k + 1].max() * (common * hours / (ends - begins)).sum()
    most_mw = stored_mw + most_new_mwh / hours
    arrival = program.columns(steps, stored_mw, most_mw)
    sent = program.columns(steps, 0.0, main.capacity_mw)
    new_mwh = hours * (arrival - stored_mw)
    beyond_h = np.maximum(ends - np.maximum(begins, edges[-1]), 0.0) * main.is_open
    last = np.outer(beyond_h, np.arange(steps) == steps - 1)
    program.rows("transport", hours * sent - shares @ new_mwh - last @ arrival, 0.0, 0.0)

    unlost = program.columns(steps, 0.0, np.maximum(0.0, main.loss_mw))
    delivered = arrival - main.loss_mw + unlost
    program.rows("forward", delivered, 0.0)
    # At its most a main loses all its loss, at nothing none, and between the two in proportion.
    warms = np.flatnonzero((main.loss_mw > 0.0) & (main.loss_mw <= most_mw))
    lost = main.loss_mw[warms]
    program.rows("warm", unlost[warms] + (lost / most_mw[warms]) * arrival[warms], -np.inf, lost)
    program.pay("mains", prices.COLD_MAIN_YUAN_PER_MWH * hours * unlost)
    turned = program.size_of((arrival - arrival.before(0.0))[1:])
    program.pay("mains", prices.MAIN_CHANGE_YUAN_PER_MW * turned)
    if main.is_tie:
        program.pay("mains", prices.TIE_YUAN_PER_MWH * hours * sent)
    left_mwh = float(beyond_h.sum()) * arrival[-1:]
    program.pay("end_value_mains", -main.value_yuan_per_mwh * left_mwh)
    return Main(sent, delivered)


# ---- balances --------------------------------------------------------------------------------


def plant_heat(
    program: Program, inputs: PlanInputs, machines: Sequence[Machine], mains: Sequence[Main]
) -> list[Lines]:
    """Heat of each plant's sources is what its mains send; returns it by plant and step."""
    case, steps, found = inputs.case, inputs.grid.steps, []
    for plant in case.plant_ids:
        made = [m.heat for m, s in zip(machines, case.sources, strict=True) if s.plant_id == plant]
        sent = [m.sent for m, one in zip(mains, case.links, strict=True) if one.from_id == plant]
        found.append(total(made, steps))
        program.rows("plant_balance", found[-1] - total(sent, steps), 0.0, 0.0)
    return found


def add_zones(
    program: Program, inputs: PlanInputs, mains: Sequence[Main], demand: Sequence[Lines]
) -> None:
    """What arrives in a zone and is not sent on is used there; `demand` by zone and block, MW."""
    case, grid, stations = inputs.case, inputs.grid, inputs.stations
    for z, zone in enumerate(case.zone_ids):
        pairs = list(zip(mains, case.links, strict=True))
        brought = total([m.delivered for m, one in pairs if one.to_id == zone], grid.steps)
        sent_on = total([m.sent for m, one in pairs if one.from_id == zone], grid.steps)
        others = ~stations.controllable & (stations.zone == z)
        due = stations.heat_due_mw[others].sum(axis=0)
        unserved = program.columns(grid.blocks, 0.0, due)
        surplus = program.columns(grid.steps)
        used = (demand[z] + due - unserved)[grid.block_of_step]
        program.rows("zone_balance", brought - sent_on - used - surplus, 0.0, 0.0)
        program.pay("surplus_heat", prices.SURPLUS_YUAN_PER_MWH * grid.step_lengths_h * surplus)
        price = case.settings.comfort.unserved_third_party_yuan_per_mwh
        program.pay("unserved_third_party", price * grid.block_lengths_h * unserved)
        if inputs.even_reduction and others.any():
            _add_rooms_of_others(program, inputs, others, unserved)


def _add_rooms_of_others(
    program: Program, inputs: PlanInputs, others: NDArray[np.bool_], unserved: Lines
) -> None:
    """Rooms of all stations as one by area, each block's cut fading like heat in them; the part
    of the fall that is below the law costs what it costs in rooms of ours.
    """
    stations, buildings, blocks = inputs.stations, inputs.stations.buildings, inputs.grid.blocks
    area, last = buildings.area_m2[others], inputs.stations.response.last
    due = stations.heat_due_mw[others]
    lift = stations.response.lift_k_per_kw[others][:, last] * 1000.0
    cooling = np.average(lift * due / np.maximum(due.sum(axis=0), 1e-9), axis=0, weights=area)
    keep = np.average(stations.response.decay[others][:, last], axis=0, weights=area)
    fall = np.array(
        [
            [cooling[j] * np.prod(keep[j + 1 : k + 1]) if j <= k else 0.0 for j in range(blocks)]
            for k in range(blocks)
        ]
    )
    warm_c, _ = stations.response.indoor_c(stations.indoor_before_c, stations.heat_due_mw * 1e3)
    above = np.average(warm_c[others][:, last], axis=0, weights=area)
    above = np.maximum(above - inputs.case.settings.comfort.legal_min_c, 0.0)
    loss = buildings.specific_loss_w_per_m2k[others] / prices.EVEN_REFERENCE_LOSS_W_PER_M2K
    rate = float(stations.weight[others] @ loss) * inputs.case.settings.comfort.below_legal_price
    pieces = []
    for factor in prices.EVEN_COLD:
        last_one = factor == prices.EVEN_COLD[-1]
        pieces.append(program.columns(blocks, 0.0, INF if last_one else prices.EVEN_PIECE_K))
        program.pay("rooms_of_others", factor * rate * inputs.grid.block_lengths_h * pieces[-1])
    program.rows("others_law", fall @ unserved - total(pieces, blocks), -INF, above)


# ---- plants ----------------------------------------------------------------------------------


def add_supply_changes(program: Program, inputs: PlanInputs, plants: Sequence[Lines]) -> None:
    """Changes of a plant's mean heat beyond 3 K a block and 10 K (15) a day of its supply."""
    grid, network = inputs.grid, inputs.case.settings.network
    blocks, per_day = grid.horizon_blocks, round(24 / inputs.case.settings.time.setpoint_hold_h)
    day_k = network.supply_day_cold_wave_k if inputs.cold_wave else network.supply_day_k
    hours = np.where(
        grid.block_of_step[None, :] == np.arange(blocks)[:, None], grid.step_lengths_h, 0.0
    )
    means = hours / hours.sum(axis=1, keepdims=True)
    for p, heat in enumerate(plants):
        mean, slope = means @ heat, float(inputs.plant_slope_mw_per_k[p])
        latest = float(inputs.plant_heat_last_mw[p])
        known = np.arange(blocks) > 0
        known[0] = np.isfinite(latest)
        change = (mean - mean.before(np.nan_to_num(latest)))[known]
        over = program.above(program.size_of(change) - network.supply_step_k * slope)
        day_before = np.nan_to_num(inputs.plant_heat_before_mw[p, :blocks])
        shifted = np.eye(blocks, k=-per_day) @ mean + day_before * (np.arange(blocks) < per_day)
        finite = np.isfinite(inputs.plant_heat_before_mw[p, :blocks])
        known = (np.arange(blocks) >= per_day) | finite
        day_over = program.above(program.size_of((mean - shifted)[known]) - day_k * slope)
        for one in (over, day_over):
            program.pay("plant_supply_change", prices.SUPPLY_CHANGE_YUAN_PER_MW * one)


def add_shares(program: Program, inputs: PlanInputs, plants: Sequence[Lines]) -> None:
    """Each plant of a group within its share ± band of the group's heat, or at a price."""
    case, hours = inputs.case, inputs.grid.step_lengths_h
    for group in case.settings.share.values():
        by_plant = {plant: plants[case.plant_ids.index(plant)] for plant in group.shares}
        whole = total(list(by_plant.values()), hours.size)
        for plant, share in group.shares.items():
            most, least = min(1.0, share + group.band), max(0.0, share - group.band)
            for over in (by_plant[plant] - most * whole, least * whole - by_plant[plant]):
                program.pay("share", group.price_yuan_per_mwh * hours * program.above(over))


# ---- yards -----------------------------------------------------------------------------------


def add_yard(
    program: Program, inputs: PlanInputs, item: YardInputs, machines: Sequence[Machine]
) -> None:
    """Stock step by step: (1 − λΔ)·S + arrived + bought − burnt; its reserve and bottom layer."""
    grid, yard = inputs.grid, item.yard
    hours, steps, horizon = grid.step_lengths_h, grid.steps, grid.horizon_steps
    burnt, usual_t = [], 0.0
    for machine, unit in zip(machines, inputs.sources, strict=True):
        if unit.source.yard_id != yard.yard_id:
            continue
        before_mw = unit.heat_before_mw * float(inputs.relative_load @ hours) / hours.sum()
        before_mw /= max(0.1, float(inputs.relative_load[0]))
        fuel, usual_mw = machine.fuel, unit.usual_fuel_mw(before_mw)
        rate = unit.source.coal_kgce_per_gj
        if yard.stock_covers is StockCovers.HEAT_SHARE and unit.source.kind.is_chp and rate:
            fuel, usual_mw = (rate * GJ_PER_TCE / 1e3 * x for x in (machine.heat, before_mw))
        burnt.append((hours * fuel + machine.start_fuel) * (1.0 / item.mwh_per_t))
        usual_t += 24.0 * usual_mw / item.mwh_per_t
    day = np.floor((grid.edges_h[1:] + 1e-9) / 24.0)
    closes = day > np.floor((grid.edges_h[:-1] + 1e-9) / 24.0)
    closes[[horizon - 1, steps - 1]] = True
    late = closes & (np.arange(steps) >= horizon)
    bottom_t = min(yard.unusable_t, item.stock_before_t)
    stock = program.columns(steps, np.where(closes, 0.0, -INF))
    bought = program.columns(steps, 0.0, np.where(late, INF, 0.0))
    kept = (1.0 - item.loss_per_h * hours) * stock.before(item.stock_before_t)
    after = kept + item.delivery_t + bought - total(burnt, steps)
    program.rows("stock_balance", stock - after, 0.0, 0.0)
    emergency = program.columns(1, 0.0, bottom_t)
    early = np.flatnonzero(closes & ~late)
    program.rows("usable", stock[early] + np.ones((early.size, 1)) @ emergency, bottom_t)
    usable = stock[np.array([horizon - 1])] + emergency - yard.unusable_t
    below = program.above(yard.reserve_days_min * usual_t - usable)
    program.pay("yard_reserve", prices.BELOW_RESERVE_YUAN_PER_T * below)
    program.pay("yard_reserve", prices.EMERGENCY_COAL_YUAN_PER_T * emergency)
    lacking_yuan = 0.0 if item.need is None else item.need.yuan_per_t + 1.0
    program.pay("yard_reserve", max(1_500.0, lacking_yuan) * bought)
    if item.need is not None:
        steps_after = 1.0 * (np.arange(steps)[np.newaxis] >= horizon)
        there = stock[np.array([horizon - 1])] + np.ones((1, steps)) @ bought
        if item.need.later_burn_t is not None:
            there = there + item.need.later_burn_t - steps_after @ total(burnt, steps)
        for level in item.need.levels_t:
            each = item.need.yuan_per_t / len(item.need.levels_t)
            program.pay("coal_need", each * program.above(level - there))


def given_demand(program: Program, inputs: PlanInputs, heat_mw: Array) -> list[Lines]:
    """Demand of each zone where station heat is given, (station, block), less what is not sent."""
    stations, grid, found = inputs.stations, inputs.grid, []
    for z in range(len(inputs.case.zone_ids)):
        asked = heat_mw[stations.controllable & (stations.zone == z)].sum(axis=0)
        unsent = program.columns(grid.blocks, 0.0, asked)
        program.pay("unsent", prices.UNSENT_YUAN_PER_MWH * grid.block_lengths_h * unsent)
        found.append(constants(asked) - unsent)
    return found
