"""What the published horizon costs, by named term, and the prices that the audit needs.

What sources, mains, shares and yards cost is read off the model that was solved for the rounded
setpoints, over the steps of the horizon; what was then published, the audit prices anew.

Rooms and setpoints are priced as they are published, so their terms differ from the objective's:
- hour by hour, where the objective has the block's end and a few hours inside; between an end on
  the floor and the next the rooms may dip, and here every hour of that counts;
- against the floor itself, where the plan aims `ROUNDING_ROOM_K` above it;
- at the case's plain prices, also where a shortage was spread evenly with prices by depth and by
  heat loss (`even_reduction`): those steer the plan, they are not what cold rooms are worth;
- setpoints in K as they were set, from the limits without the room left for rounding.
"""

from collections.abc import Mapping

import numpy as np
import pyomo.environ as pyo
import xarray as xr
from numpy.typing import NDArray

from dispatch.case_kinds import Minimise
from dispatch.cost_terms import CostTerm, Price, cost_terms
from dispatch.formulation import prices
from dispatch.formulation.setpoint_change import setpoint_change_yuan_per_k
from dispatch.inputs import PlanInputs
from dispatch.schedule import put
from dispatch.schedule_pins import active_pins, pins_yuan
from dispatch.settle import SettledPlan
from dispatch.source_inputs import TCE_PER_MWH
from dispatch.station_inputs import comfort_is_priced

Array = NDArray[np.float64]
Data = dict[str, xr.DataArray]
Terms = dict[CostTerm, float]

# Power off the grid's schedule by less than this is the solver's tolerance; at its price of a
# million yuan it would be seen among all the fuel.
POWER_OFF_MW = 1e-6


def put_costs(data: Data, inputs: PlanInputs, plan: SettledPlan) -> None:
    """Put `cost` by term, and the prices that are not the same for all.

    Needs stations, rooms and setpoints in `data`.
    """
    _put_prices(data, inputs, plan.model)
    terms = {
        **_source_terms(inputs, plan.model),
        **_power_terms(inputs, plan.model),
        **_network_terms(inputs, plan.model),
        **_room_terms(data, inputs),
        **_setpoint_terms(data, inputs, plan.heat_max_kw > 0.0),
    }
    has_pins = bool(active_pins(inputs.pins))
    put(data, "cost", [terms[term] for term in cost_terms(has_pins=has_pins)])


def price_attributes(inputs: PlanInputs) -> dict[str, float]:
    """Return the prices that hold for all alike, by the attribute's name."""
    comfort = inputs.case.settings.comfort
    found: Mapping[Price, float] = {
        Price.SURPLUS: prices.SURPLUS_YUAN_PER_MWH,
        Price.UNSERVED: comfort.unserved_third_party_yuan_per_mwh,
        Price.LEAST_LOAD: prices.BELOW_LEAST_YUAN_PER_MWH,
        Price.POWER_OFF_SCHEDULE: prices.POWER_OFF_SCHEDULE_YUAN_PER_MWH,
        Price.HEAT_ORDER: prices.HEAT_ORDER_YUAN_PER_MWH,
        Price.SOURCE_CHANGE: prices.SOURCE_CHANGE_YUAN_PER_MW,
        Price.MAIN_CHANGE: prices.MAIN_CHANGE_YUAN_PER_MW,
        Price.COLD_MAIN: prices.COLD_MAIN_YUAN_PER_MWH,
        Price.TIE: prices.TIE_YUAN_PER_MWH,
        Price.BELOW_RESERVE: prices.BELOW_RESERVE_YUAN_PER_T,
        Price.EMERGENCY_COAL: prices.EMERGENCY_COAL_YUAN_PER_T,
        Price.BELOW_LEGAL: comfort.below_legal_price,
        Price.BELOW_FLOOR: comfort.below_floor_price,
        Price.BELOW_TARGET: comfort.below_target_price if comfort_is_priced(inputs.case) else 0.0,
        Price.ABOVE_UPPER: comfort.above_upper_price,
        Price.SETPOINT_CHANGE: setpoint_change_yuan_per_k(inputs),
    }
    return {price.value: float(yuan) for price, yuan in found.items()}


def _put_prices(data: Data, inputs: PlanInputs, model: pyo.ConcreteModel) -> None:
    """Put prices of each source, plant and station, and the wishes they act on."""
    units, steps = inputs.sources, inputs.grid.horizon_steps
    pay = [np.nan if unit.order is None else unit.order.pay_yuan_per_mwh for unit in units]
    least = [np.minimum(unit.min_heat_mw, unit.max_heat_mw) for unit in units]
    turn = np.where(inputs.stations.timetabled, *_TURN_YUAN_PER_K)
    band = np.full(len(inputs.case.plant_ids), np.nan)
    for group in inputs.case.settings.share.values():
        band[[inputs.case.plant_ids.index(name) for name in group.shares]] = (
            group.price_yuan_per_mwh
        )
    put(data, "source_fuel_price", [unit.fuel_price_yuan_per_mwh for unit in units])
    put(data, "source_start_cost", [unit.source.start_cost_yuan for unit in units])
    put(data, "source_order_pay", np.array(pay, dtype=float))
    put(data, "source_scheduled_least", np.maximum(0.0, [row[:steps] for row in least]))
    put(data, "plant_share_band_price", band)
    put(data, "link_warm_loss", [item.loss_mw[:steps] for item in inputs.links])
    put(data, "station_weight", inputs.stations.weight)
    put(data, "station_turn_price", turn)
    reserves_t = [model.yard[y].reserve_t for y in range(len(inputs.yards))]
    put(data, "yard_reserve", np.array(reserves_t, dtype=float))
    if inputs.coal_needs:
        _put_coal_needs(data, inputs, model)


def _put_coal_needs(data: Data, inputs: PlanInputs, model: pyo.ConcreteModel) -> None:
    """Put what may be needed of each yard, its price, and what of it comes from the look-ahead."""
    likely = [() if item.need is None else item.need.likely for item in inputs.yards]
    table = np.full((2, len(likely), max(map(len, likely))), np.nan)
    for y, levels in enumerate(likely):
        if levels:
            table[:, y, : len(levels)] = np.transpose(levels)
    price = [0.0 if item.need is None else item.need.yuan_per_t for item in inputs.yards]
    later = [float(pyo.value(model.yard[y].added_later)) for y in range(len(likely))]
    put(data, "yard_need_level", table[0])
    put(data, "yard_need_probability", table[1])
    put(data, "yard_short_price", np.array(price))
    put(data, "yard_added_later", np.array(later))


_TURN_YUAN_PER_K = (prices.TIMETABLE_TURN_YUAN_PER_K, prices.SETPOINT_TURN_YUAN_PER_K)


# ---- as the model has it -------------------------------------------------------------------


def _horizon(inputs: PlanInputs, family: pyo.Component, *first: int | str) -> Array:
    """Values of a family on the steps of the horizon that it has, after the indices `first`."""
    keys = [(*first, t) if first else t for t in range(inputs.grid.horizon_steps)]
    return np.array([pyo.value(family[key]) for key in keys if key in family], dtype=float)


def _source_terms(inputs: PlanInputs, model: pyo.ConcreteModel) -> Terms:
    """Fuel, starts, least load, orders, and the calm of sources."""
    step_h = inputs.grid.step_h
    fuel = starts = least = order = moved = 0.0
    for i, unit in enumerate(inputs.sources):
        part = model.source[i]
        price = unit.fuel_price_yuan_per_mwh
        fuel += price * step_h * _horizon(inputs, part.fuel_use).sum()
        least += step_h * _horizon(inputs, part.below_least).sum()
        for family in (part.change_up, part.change_down):
            moved += _horizon(inputs, family).sum()
        if unit.units is not None:
            start_fuel_mwh = unit.source.start_fuel_tce / TCE_PER_MWH
            each = unit.source.start_cost_yuan + start_fuel_mwh * price
            starts += each * _horizon(inputs, part.started).sum()
        if unit.order is not None:
            off = [part.under_least, part.under_order, part.over_order]
            off_mwh = [step_h * _horizon(inputs, family).sum() for family in off]
            order += prices.HEAT_ORDER_YUAN_PER_MWH * sum(off_mwh)
            order += unit.order.pay_yuan_per_mwh * off_mwh[0]
    return {
        CostTerm.FUEL: fuel,
        CostTerm.STARTS: starts,
        CostTerm.LEAST_LOAD: prices.BELOW_LEAST_YUAN_PER_MWH * least,
        CostTerm.HEAT_ORDER: order,
        CostTerm.SOURCE_CHANGE: prices.SOURCE_CHANGE_YUAN_PER_MW * moved,
    }


def _power_terms(inputs: PlanInputs, model: pyo.ConcreteModel) -> Terms:
    """Power credited, or sold and bought, and power off the grid's schedule."""
    steps, step_h = inputs.grid.horizon_steps, inputs.grid.step_h
    made = sold = bought = off = 0.0
    for i, unit in enumerate(inputs.sources):
        if unit.vertices is None:
            continue
        part, sell, buy = model.source[i], unit.power.sell_yuan_per_mwh, unit.power.buy_yuan_per_mwh
        made += step_h * float(sell[:steps] @ _horizon(inputs, part.power))
        sold += step_h * float(sell[:steps] @ _horizon(inputs, part.power_sold))
        bought += step_h * float(buy[:steps] @ _horizon(inputs, part.power_bought))
        for family in (part.power_missing, part.power_excess):
            missed = _horizon(inputs, family)
            off += step_h * missed[missed > POWER_OFF_MW].sum()
    by_fuel = inputs.case.settings.fuel.minimise is Minimise.FUEL
    return {
        CostTerm.POWER_CREDIT: -made if by_fuel else 0.0,
        CostTerm.POWER_SOLD: 0.0 if by_fuel else -sold,
        CostTerm.POWER_BOUGHT: 0.0 if by_fuel else bought,
        CostTerm.POWER_OFF_SCHEDULE: prices.POWER_OFF_SCHEDULE_YUAN_PER_MWH * off,
    }


def _network_terms(inputs: PlanInputs, model: pyo.ConcreteModel) -> Terms:
    """Surplus, third parties not served, mains, shares and yards."""
    grid, balance = inputs.grid, model.balance
    zones = range(len(inputs.case.zone_ids))
    surplus_mwh = sum(grid.step_h * _horizon(inputs, balance.surplus, z).sum() for z in zones)
    unserved_mwh = sum(
        balance.unserved[z, k].value * float(grid.block_lengths_h[k])
        for z in zones
        for k in range(grid.horizon_blocks)
    )
    unserved_price = inputs.case.settings.comfort.unserved_third_party_yuan_per_mwh
    yards = [model.yard[y] for y in range(len(inputs.yards))]
    return {
        CostTerm.SURPLUS_HEAT: prices.SURPLUS_YUAN_PER_MWH * surplus_mwh,
        CostTerm.UNSERVED_THIRD_PARTY: unserved_price * unserved_mwh,
        CostTerm.MAINS: _mains_yuan(inputs, model),
        CostTerm.SHARE: _share_yuan(inputs, model),
        CostTerm.YARD_RESERVE: sum(
            prices.BELOW_RESERVE_YUAN_PER_T * yard.below_reserve.value
            + prices.EMERGENCY_COAL_YUAN_PER_T * yard.emergency.value
            for yard in yards
        ),
        CostTerm.PINS: pins_yuan(inputs, model),
        CostTerm.COAL_NEED: sum(float(pyo.value(yard.need_cost)) for yard in yards),
    }


def _mains_yuan(inputs: PlanInputs, model: pyo.ConcreteModel) -> float:
    """Changes of arriving heat from step to step, mains gone cold, and pumps of ties."""
    step_h, inner, yuan = inputs.grid.step_h, range(1, inputs.grid.horizon_steps), 0.0
    for j, item in enumerate(inputs.links):
        part = model.link[j]
        moved = sum(part.change_up[t].value + part.change_down[t].value for t in inner)
        yuan += prices.MAIN_CHANGE_YUAN_PER_MW * moved
        cold_mwh = step_h * _horizon(inputs, part.below_loss).sum()
        yuan += prices.COLD_MAIN_YUAN_PER_MWH * cold_mwh
        if item.is_tie:
            yuan += prices.TIE_YUAN_PER_MWH * step_h * _horizon(inputs, part.sent).sum()
    return yuan


def _share_yuan(inputs: PlanInputs, model: pyo.ConcreteModel) -> float:
    """Heat of plants outside their band."""
    yuan = 0.0
    for name, group in inputs.case.settings.share.items():
        for plant in group.shares:
            for family in (model.share.above, model.share.below):
                beyond_mwh = inputs.grid.step_h * _horizon(inputs, family, name, plant).sum()
                yuan += group.price_yuan_per_mwh * beyond_mwh
    return yuan


# ---- as it is published --------------------------------------------------------------------


def _room_terms(data: Data, inputs: PlanInputs) -> Terms:
    """Degree hours of commanded rooms at step ends, times weight, at the case's prices."""
    stations, comfort = inputs.stations, inputs.case.settings.comfort
    indoor, floor, target = (
        data[f"station_{name}"].values for name in ("indoor", "floor", "target")
    )
    law = stations.law_step_c[:, : indoor.shape[1]]
    weight = np.where(stations.controllable, stations.weight, 0.0) * inputs.grid.step_h

    def yuan(price: float, beyond_k: Array) -> float:
        return float(price * (weight @ np.maximum(beyond_k, 0.0)).sum())

    below_target = comfort.below_target_price if comfort_is_priced(inputs.case) else 0.0
    return {
        CostTerm.ROOMS_BELOW_LEGAL: yuan(comfort.below_legal_price, law - indoor),
        CostTerm.ROOMS_BELOW_FLOOR: yuan(
            comfort.below_floor_price, floor - np.maximum(indoor, law)
        ),
        CostTerm.ROOMS_BELOW_TARGET: yuan(below_target, target - np.maximum(indoor, floor)),
        CostTerm.ROOMS_ABOVE_UPPER: yuan(comfort.above_upper_price, indoor - comfort.upper_c),
    }


def _setpoint_terms(data: Data, inputs: PlanInputs, in_service: NDArray[np.bool_]) -> Terms:
    """Changes of commanded setpoints from block to block in service, and over 24 h."""
    stations, grid = inputs.stations, inputs.grid
    supply = data["station_supply"].values
    step_k, day_k = inputs.station_step_k, inputs.station_day_k
    area = np.where(stations.controllable, stations.buildings.area_m2 / 1e4, 0.0)
    starts_h = grid.block_edges_h[: grid.horizon_blocks]
    day_before = np.searchsorted(starts_h, starts_h - 24.0 + 1e-9, side="right") - 1
    latest = stations.setpoint_before_c.copy()
    within, beyond = np.zeros((2, supply.shape[0]))
    for k, earlier in enumerate(day_before):
        here = in_service[:, k]
        step = np.where(here & np.isfinite(latest), np.abs(supply[:, k] - latest), 0.0)
        within += np.minimum(step, step_k)
        beyond += np.maximum(step - step_k, 0.0)
        if earlier >= 0:
            day = np.abs(supply[:, k] - supply[:, earlier])
            both = here & in_service[:, earlier]
            beyond += np.where(both, np.maximum(day - day_k, 0.0), 0.0)
        latest = np.where(here, supply[:, k], latest)
    turn = np.where(stations.timetabled, *_TURN_YUAN_PER_K)
    return {
        CostTerm.SETPOINT_CHANGE: float(setpoint_change_yuan_per_k(inputs) * (area @ beyond)),
        CostTerm.SETPOINT_TURNS: float((area * turn) @ within),
    }
