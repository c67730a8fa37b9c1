"""Solved model -> the labelled Dataset of `schedule.py`; dependent values recomputed exactly."""

import numpy as np
import pyomo.environ as pyo
import xarray as xr
from numpy.typing import NDArray

from dispatch.cost_terms import cost_terms
from dispatch.emitter import secondary_temperatures_c
from dispatch.fallback_curves import curve_id_of
from dispatch.initial_state import LastPlan
from dispatch.inputs import PlanInputs
from dispatch.primary_side import PrimarySide
from dispatch.primary_task import main_losses_mw, primary_of
from dispatch.schedule import put
from dispatch.schedule_costs import price_attributes, put_costs
from dispatch.schedule_fuel import put_fuel, put_power, put_yards
from dispatch.schedule_pins import pin_labels, put_pins
from dispatch.schedule_storage import put_orders, put_storage
from dispatch.schedule_units import put_units, units_on
from dispatch.settle import SettledPlan, rooms_c
from dispatch.source_inputs import SourceInputs
from dispatch.source_reasons import source_reasons

Array = NDArray[np.float64]
Data = dict[str, xr.DataArray]


def build_schedule(
    inputs: PlanInputs, plan: SettledPlan, last: LastPlan | None, plan_id: str
) -> tuple[xr.Dataset, PrimarySide]:
    """Assemble the schedule of the horizon, and the primary side it rests on."""
    data: Data = {}
    _put_weather(data, inputs)
    heat = _put_sources(data, inputs, plan.model)
    _put_plants(data, inputs, heat)
    arrival = _put_links(data, inputs, plan.model)
    _put_stations(data, inputs, plan)
    _put_zones(data, inputs, plan, arrival)
    primary = primary_of(inputs, plan, heat, arrival, last)
    _put_primary(data, primary)
    put_yards(data, inputs)
    _put_prices(data, inputs, plan)
    put_costs(data, inputs, plan)
    put_pins(data, inputs)
    attrs = _attributes(inputs, plan, plan_id) | {"cost_yuan": float(data["cost"].values.sum())}
    return xr.Dataset(data, coords=_coordinates(inputs), attrs=attrs), primary


def _steps(inputs: PlanInputs) -> range:
    return range(inputs.grid.horizon_steps)


def _coordinates(inputs: PlanInputs) -> dict[str, object]:
    case, grid = inputs.case, inputs.grid
    steps = np.arange(_arrival_steps(inputs), dtype=np.float64) * grid.step_h
    pins = {"pin": ("pin", labels)} if (labels := pin_labels(inputs)) else {}
    return pins | {
        "time": ("time", grid.naive_utc(steps[: grid.horizon_steps])),
        "arrival_time": ("arrival_time", grid.naive_utc(steps)),
        "departure": ("departure", grid.naive_utc(grid.edges_h[: grid.horizon_steps + 1])),
        "block": ("block", np.arange(grid.horizon_blocks)),
        "source": ("source", [source.source_id for source in case.sources]),
        "plant": ("plant", list(case.plant_ids)),
        "link": ("link", [link.link_id for link in case.links]),
        "zone": ("zone", list(case.zone_ids)),
        "station": ("station", list(inputs.stations.ids)),
        "yard": ("yard", [yard.yard_id for yard in case.yards]),
        "cost_term": ("cost_term", [term.value for term in cost_terms(has_pins=bool(pins))]),
    }


def _attributes(inputs: PlanInputs, plan: SettledPlan, plan_id: str) -> dict[str, object]:
    settings, network = inputs.case.settings, inputs.case.settings.network
    return {
        "Conventions": "CF-1.11",
        "title": "Heat Dispatch schedule",
        "case_id": settings.id,
        "case_name_en": settings.name_en,
        "case_name_zh": settings.name_zh,
        "plan_id": plan_id,
        "step_h": inputs.grid.step_h,
        "timezone": settings.timezone,
        "wind_reference_m_per_s": settings.demand.wind_reference_m_per_s,
        "legal_min_c": settings.comfort.legal_min_c,
        "upper_c": settings.comfort.upper_c,
        "minimise": settings.fuel.minimise.value,
        "fuel_for_heat": settings.fuel.fuel_for_heat.value,
        "frost_guard_c": settings.comfort.frost_guard_c,
        "secondary_step_k": inputs.secondary_step_k,
        "secondary_day_k": inputs.secondary_day_k,
        "supply_step_k": network.supply_step_k,
        "supply_day_k": inputs.supply_day_k,
        "objective_yuan": plan.outcome.objective_yuan,
        "solver": plan.outcome.solver,
        **price_attributes(inputs),
    }


def _put_weather(data: Data, inputs: PlanInputs) -> None:
    steps = inputs.grid.horizon_steps
    put(data, "air_temperature", inputs.weather.air_temperature_c[:steps])
    put(data, "wind_speed", inputs.weather.wind_m_per_s[:steps])
    put(data, "global_radiation", inputs.weather.radiation_w_per_m2[:steps])
    put(data, "demand_estimate", inputs.demand_estimate_mw[:steps])
    load = inputs.measured.load
    if load is not None or inputs.measured.demand_factor is not None:
        put(data, "demand_factor", inputs.demand_factor[:steps])
    if load is not None:
        put(data, "load_forecast", load.load_mw[:steps])
        put(data, "load_forecast_p10", load.p10_mw[:steps])
        put(data, "load_forecast_p90", load.p90_mw[:steps])


def _put_sources(data: Data, inputs: PlanInputs, model: pyo.ConcreteModel) -> Array:
    """Put what the sources do; return their heat (source, step)."""
    units, steps = inputs.sources, _steps(inputs)

    def values(name: str) -> Array:
        return np.array(
            [
                [pyo.value(model.source[i].component(name)[t]) for t in steps]
                for i in range(len(units))
            ]
        )

    most = np.array([unit.max_heat_mw[: len(steps)] for unit in units])
    lowest = np.array([_lowest_heat_mw(unit)[: len(steps)] for unit in units])
    heat: Array = np.maximum(values("heat_to_network"), lowest)
    power = np.maximum(values("power"), 0.0)
    on = units_on(units, np.maximum(values("units_on"), 0.0))
    put(data, "source_heat", heat)
    put_power(data, inputs, power)
    put_fuel(data, inputs, heat, power, on)
    put(data, "source_units_on", on)
    # What bought heat takes at least is an order and may be broken: a limit it is not.
    least = np.array([unit.least_unit_mw for unit in units])
    put(data, "source_min_heat", lowest + least[:, None] * on)
    put(data, "source_max_heat", most)
    put(data, "source_ramp", [u.source.ramp_mw_per_h * u.source.unit_count for u in units])
    put(data, "source_heat_before", [unit.heat_before_mw for unit in units])
    put(data, "source_plant", [unit.source.plant_id for unit in units])
    put(data, "source_yard", [unit.source.yard_id or "" for unit in units])
    put_units(data, units, on)
    put_storage(data, inputs, heat)
    put_orders(data, inputs)
    return heat


def _lowest_heat_mw(unit: SourceInputs) -> Array:
    """Nothing, or what a tank takes in at most, (step,) MW."""
    tank = unit.tank
    lowest: Array = np.zeros(unit.max_heat_mw.size) if tank is None else -tank.charge_mw
    return lowest


def _put_plants(data: Data, inputs: PlanInputs, source_heat: Array) -> None:
    case = inputs.case
    rows = [[s.plant_id == plant for s in case.sources] for plant in case.plant_ids]
    heat = np.array(rows, dtype=float) @ source_heat
    share, low, high = (np.full(heat.shape, np.nan) for _ in range(3))
    group_of = [""] * len(case.plant_ids)
    for name, group in case.settings.share.items():
        members = [case.plant_ids.index(plant) for plant in group.shares]
        total = heat[members].sum(axis=0)
        for p in members:
            wanted = group.shares[case.plant_ids[p]]
            share[p] = np.divide(heat[p], total, out=np.zeros_like(total), where=total > 1e-9)
            low[p], high[p] = max(0.0, wanted - group.band), min(1.0, wanted + group.band)
            group_of[p] = name
    put(data, "plant_heat", heat)
    put(data, "plant_share", share)
    put(data, "plant_share_min", low[:, 0])
    put(data, "plant_share_max", high[:, 0])
    put(data, "plant_share_group", group_of)


def _arrival_steps(inputs: PlanInputs) -> int:
    """Steps of `arrival_time`: the horizon and the longest delay at its end."""
    end = inputs.grid.horizon_steps
    longest_h = max(float(item.pipe.delay_h[end]) for item in inputs.links)
    return end + int(np.ceil(longest_h / inputs.grid.step_h - 1e-9))


def _on_arrival_time(inputs: PlanInputs, values: Array) -> Array:
    """Step values as they stand on `arrival_time`; beyond the grid the last one goes on."""
    grid = inputs.grid
    middle_h = (np.arange(_arrival_steps(inputs)) + 0.5) * grid.step_h
    step = np.searchsorted(grid.edges_h, middle_h, side="right") - 1
    return np.asarray(values[..., np.minimum(step, grid.steps - 1)])


def _put_links(data: Data, inputs: PlanInputs, model: pyo.ConcreteModel) -> Array:
    """Put the mains; return arrivals (link, step of the grid), MW."""
    links, grid = inputs.links, inputs.grid
    arrival = np.array(
        [[model.link[j].arrival[t].value for t in range(grid.steps)] for j in range(len(links))]
    )
    stored_mw = np.array([item.pipe.stored_mwh for item in links]) / grid.step_lengths_h
    arrival = np.asarray(np.maximum(arrival, stored_mw))
    pipes = [item.pipe for item in links]
    sent = np.array([p.sent_mw(arrival[j]) for j, p in enumerate(pipes)])
    horizon = grid.horizon_steps
    after, stored = np.zeros((2, len(links), _arrival_steps(inputs)))
    tail_h = (np.arange(horizon, after.shape[1] + 1)) * grid.step_h
    for j, p in enumerate(pipes):
        stored[j, :horizon] = p.stored_mwh[:horizon]
        after[j, :horizon] = arrival[j, :horizon]
        after[j, horizon:] = p.new_mwh(arrival[j], tail_h) / grid.step_h
    put(data, "link_from", [item.link.from_id for item in links])
    put(data, "link_to", [item.link.to_id for item in links])
    put(data, "link_capacity", [item.capacity_mw[:horizon] for item in links])
    put(data, "link_delay", [p.delay_h[: horizon + 1] for p in pipes])
    put(data, "link_open", [np.append(p.is_open, True)[: horizon + 1] * 1.0 for p in pipes])
    put(data, "link_sent", np.maximum(sent[:, :horizon], 0.0))
    put(data, "link_sent_before", [item.sent_before_mw for item in links])
    put(data, "link_arrival", after)
    put(data, "link_arrival_stored", stored)
    put(data, "link_loss", _on_arrival_time(inputs, main_losses_mw(inputs, model)))
    return arrival


def _put_stations(data: Data, inputs: PlanInputs, plan: SettledPlan) -> None:
    """Put stations and rooms."""
    stations, case, setpoints = inputs.stations, inputs.case, plan.setpoints
    steps = slice(0, inputs.grid.horizon_steps)
    indoor, mean_c = rooms_c(inputs, plan.heat_kw)
    supply, back = secondary_temperatures_c(stations.loops, plan.heat_kw, mean_c)
    ours = stations.controllable[:, None]
    put(data, "station_zone", [station.zone_id for station in case.stations])
    put(data, "station_controllable", stations.controllable.astype(float))
    put(data, "station_homes", [float(station.homes) for station in case.stations])
    put(data, "station_heat", plan.heat_kw)
    put(data, "station_heat_due", plan.heat_due_kw)
    put(data, "station_heat_min", np.zeros_like(plan.heat_kw))  # a valve can be shut
    put(data, "station_heat_max", plan.heat_max_kw)
    put(data, "station_indoor_before", stations.indoor_before_c)
    put(data, "station_indoor", indoor)
    margins = [station.cold_flat_margin_k for station in case.stations]
    put(data, "station_cold_flat_margin", margins)
    put(data, "station_floor", stations.floor_step_c[:, steps])
    put(data, "station_target", stations.target_step_c[:, steps])
    put(data, "station_step_limit", inputs.station_step_k)
    put(data, "station_day_limit", inputs.station_day_k)
    put(data, "station_setpoint_before", stations.setpoint_before_c)
    blocks = plan.heat_kw.shape[1]
    put(data, "station_setpoint_day_before", stations.setpoint_day_before_c[:, :blocks])
    put(data, "station_supply", np.where(ours, setpoints.supply_c, supply))
    put(data, "station_return", back)
    put(data, "station_supply_min", stations.loops.supply_min_c)
    put(data, "station_supply_max", stations.loops.supply_max_c)
    _put_building_parameters(data, inputs)
    put(data, "station_name", [station.name for station in case.stations])
    for name in ("latitude", "longitude"):
        places = [getattr(station, name) for station in case.stations]
        put(data, f"station_{name}", [np.nan if one is None else one for one in places])
    data["station_curve_id"] = xr.DataArray(
        [curve_id_of(station) for station in case.stations],
        dims="station",
        attrs={"long_name": "fallback curve"},
    )


def _put_building_parameters(data: Data, inputs: PlanInputs) -> None:
    """What the audit needs to recompute rooms and water temperatures."""
    buildings, loops = inputs.stations.buildings, inputs.stations.loops
    put(data, "station_area", buildings.area_m2)
    put(data, "station_specific_loss", buildings.specific_loss_w_per_m2k)
    put(data, "station_heat_capacity", buildings.heat_capacity_j_per_m2k)
    put(data, "station_gain", buildings.gain_w_per_m2)
    put(data, "station_solar_aperture", buildings.solar_aperture)
    put(data, "station_wind_loss", buildings.wind_loss_w_per_m2k_per_m_s)
    put(data, "station_design_heat", loops.design_heat_kw)
    put(data, "station_design_supply", loops.design_supply_c)
    put(data, "station_design_return", loops.design_return_c)
    put(data, "station_relative_flow", loops.relative_flow)
    put(data, "station_oversize", loops.oversize)
    put(data, "station_exponent", loops.exponent)
    flow_max = [station.primary_flow_max_tph for station in inputs.case.stations]
    put(data, "station_primary_flow_max", flow_max)


def _put_zones(data: Data, inputs: PlanInputs, plan: SettledPlan, arrival: Array) -> None:
    """What zones take and what is left over; surplus is what the balance says."""
    case, grid = inputs.case, inputs.grid
    served = np.zeros((len(case.zone_ids), grid.horizon_blocks))
    np.add.at(served, inputs.stations.zone, plan.heat_kw / 1000.0)
    served_step = served[:, grid.block_of_step[: grid.horizon_steps]]
    loss = main_losses_mw(inputs, plan.model)
    delivered = np.zeros_like(served_step)
    zone_of = [case.zone_ids.index(item.link.to_id) for item in inputs.links]
    np.add.at(delivered, zone_of, (arrival - loss)[:, : grid.horizon_steps])
    ties = [j for j, item in enumerate(inputs.links) if item.is_tie]
    from_zone = [case.zone_ids.index(inputs.links[j].link.from_id) for j in ties]
    np.add.at(delivered, from_zone, -data["link_sent"].values[ties])
    put(data, "zone_served", served_step)
    put(data, "zone_surplus", delivered - served_step)
    put(data, "block_start", grid.naive_utc(grid.block_edges_h[: grid.horizon_blocks]))
    put(data, "block_end", grid.naive_utc(grid.block_edges_h[1 : grid.horizon_blocks + 1]))


def _put_primary(data: Data, primary: PrimarySide) -> None:
    put(data, "plant_supply_temp", primary.plant_supply_c)
    put(data, "plant_return_temp", primary.plant_return_c)
    put(data, "plant_flow", primary.plant_flow_tph)
    put(data, "station_primary_supply", primary.station_door_c)
    put(data, "station_primary_return", primary.station.return_c)
    put(data, "station_primary_flow", primary.station.flow_tph)


def _put_prices(data: Data, inputs: PlanInputs, plan: SettledPlan) -> None:
    """What one more MW or tonne is worth, and why each source stands where it does."""
    prices = plan.prices
    put(data, "zone_heat_price", prices.heat_yuan_per_mwh)
    put(data, "source_capacity_price", prices.source_yuan_per_mwh)
    put(data, "link_capacity_price", prices.link_yuan_per_mwh)
    put(data, "plant_share_price", prices.share_yuan_per_mwh)
    put(data, "yard_coal_price", prices.coal_yuan_per_t)
    put(data, "source_why", source_reasons(inputs, plan.model))
