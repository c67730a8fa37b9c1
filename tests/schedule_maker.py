"""A small valid schedule, made by forward physics: what an audit must pass, and tests may break.

Setpoints come first; heat follows from the regulation curve by bisection, rooms from the heat,
arrivals from the heat of the zones, and what was sent by following the water back through the
pipes as a cumulative flow of energy. Nothing here comes from the package's own formulas.
"""

from dataclasses import dataclass
from functools import cache

import numpy as np
import xarray as xr
from numpy.typing import NDArray

from dispatch.schedule import put
from tests.cost_maker import PRICES, TERMS, priced

Array = NDArray[np.float64]

ZONES = ("N", "S")
PLANTS = ("A", "B")
SOURCES = ("A_chp", "A_boiler", "B_gas")
STATIONS = ("S1.L1", "S2.L1", "S3.L1", "S4.L1")
STATION_ZONES = ("N", "N", "S", "S")
LINKS = (("A", "N", 1.5), ("A", "S", 0.6), ("B", "S", 2.0))  # delay in h
COAL_MWH_PER_T = 5.815  # 5 000 kcal/kg
WATER = 4.187


@dataclass(frozen=True)
class SmallPlan:
    """What can be varied in the schedule."""

    step_h: float = 1.0
    blocks: int = 12
    block_h: int = 4
    start_utc: str = "2026-01-14T16:00"  # local midnight of the 15th, UTC+8
    setpoints_c: tuple[float, ...] = (60.0,)  # repeated over the blocks
    outdoor_c: float = -3.0
    outdoor_swing_k: float = 4.0


def small_schedule(wanted: SmallPlan | None = None) -> xr.Dataset:
    """A schedule with 3 sources, 2 plants, 3 links, 2 zones, 4 stations (S4 third party).

    Every call gives a copy of its own, to be changed at will.
    """
    made = _made(wanted or SmallPlan()).copy(deep=True)
    made.attrs = dict(made.attrs)
    return made


@cache
def _made(plan: SmallPlan) -> xr.Dataset:
    data: dict[str, xr.DataArray] = {}
    steps = round(plan.blocks * plan.block_h / plan.step_h)
    block_of_step = np.arange(steps) * plan.step_h // plan.block_h
    blocks = block_of_step.astype(int)
    _weather(data, plan, steps)
    _stations(data, plan, blocks)
    _network(data, plan, blocks)
    _sources(data, plan, blocks)
    attrs = {
        "case_id": "small",
        "plan_id": "small-1",
        "step_h": plan.step_h,
        "wind_reference_m_per_s": 3.0,
        "timezone": "Asia/Shanghai",
        "minimise": "fuel",
        "secondary_step_k": 2.0,
        "secondary_day_k": 6.0,
        "supply_step_k": 3.0,
        "supply_day_k": 10.0,
        "objective_yuan": 1.0,
        "solver": "none",
        "cost_yuan": 0.0,
        **PRICES,
        "Conventions": "CF-1.11",
    }
    put(data, "cost", np.zeros(len(TERMS)))
    return priced(xr.Dataset(data, coords=_coordinates(plan, steps), attrs=attrs))


def _coordinates(plan: SmallPlan, steps: int) -> dict[str, tuple[str, object]]:
    start = np.datetime64(plan.start_utc, "ns")
    step = np.timedelta64(round(plan.step_h * 3600), "s")
    arrival = start + np.arange(steps + _tail(plan)) * step
    return {
        "time": ("time", arrival[:steps]),
        "arrival_time": ("arrival_time", arrival),
        "departure": ("departure", start + np.arange(steps + 1) * step),
        "source": ("source", np.array(SOURCES)),
        "plant": ("plant", np.array(PLANTS)),
        "zone": ("zone", np.array(ZONES)),
        "station": ("station", np.array(STATIONS)),
        "yard": ("yard", np.array(["Y"])),
        "cost_term": ("cost_term", np.array(TERMS)),
    }


def _tail(plan: SmallPlan) -> int:
    return int(np.ceil(max(delay for _, _, delay in LINKS) / plan.step_h))


def _weather(data: dict[str, xr.DataArray], plan: SmallPlan, steps: int) -> None:
    hours = (np.arange(steps) + 0.5) * plan.step_h
    day = np.cos(2 * np.pi * (hours - 15) / 24)  # warmest at 15 h
    put(data, "air_temperature", plan.outdoor_c + plan.outdoor_swing_k * day)
    put(data, "wind_speed", 3 + 2 * np.sin(hours / 5))
    put(data, "demand_estimate", np.full(steps, 5.0))
    put(data, "global_radiation", 300 * np.maximum(0, np.cos(2 * np.pi * (hours - 12) / 24)))
    start = np.datetime64(plan.start_utc, "ns")
    edges = start + np.arange(plan.blocks + 1) * np.timedelta64(plan.block_h, "h")
    put(data, "block_start", edges[:-1])
    put(data, "block_end", edges[1:])


def _stations(data: dict[str, xr.DataArray], plan: SmallPlan, blocks: NDArray[np.int64]) -> None:
    one = np.ones(len(STATIONS))
    ours = np.array([1.0, 1.0, 1.0, 0.0])
    fixed = {
        "station_controllable": ours,
        "station_homes": np.array([400, 350, 300, 250]),
        "station_indoor_before": 20.0 * one,
        "station_cold_flat_margin": 0.5 * one,
        "station_step_limit": 2.0 * one,
        "station_day_limit": 6.0 * one,
        "station_setpoint_before": np.array([60.0, 60.0, np.nan, np.nan]),
        "station_supply_min": 30.0 * one,
        "station_supply_max": 70.0 * one,
        "station_primary_flow_max": 60.0 * one,
        "station_area": np.array([35_800.0, 30_000.0, 28_000.0, 20_000.0]),
        "station_specific_loss": np.array([1.78, 1.6, 1.9, 1.78]),
        "station_heat_capacity": 310e3 * one,
        "station_gain": 3.5 * one,
        "station_solar_aperture": 0.01 * one,
        "station_wind_loss": 0.02 * one,
        "station_design_supply": 75.0 * one,
        "station_design_return": 50.0 * one,
        "station_relative_flow": 2.5 * one,
        "station_oversize": 1.2 * one,
        "station_exponent": np.array([1.3, 1.3, 1.3, 1.3]),
        "station_weight": np.array([3.58, 6.0, 2.8, 2.0]),
        "station_turn_price": np.array([0.3, 0.3, 0.03, 0.3]),
    }
    fixed["station_design_heat"] = fixed["station_specific_loss"] * fixed["station_area"] * 0.0225
    for name, values in fixed.items():
        put(data, name, values)
    put(data, "station_zone", np.array(STATION_ZONES))
    setpoint = np.resize(np.array(plan.setpoints_c), plan.blocks)
    supply = np.tile(setpoint, (len(STATIONS), 1))
    supply[3] += 0.3  # third party: off the grid
    _heat_and_rooms(data, plan, blocks, supply)
    _primary_side(data, supply)


def _heat_and_rooms(
    data: dict[str, xr.DataArray], plan: SmallPlan, blocks: NDArray[np.int64], supply: Array
) -> None:
    """Roll the rooms block by block, the curve read at the room of the block's start."""
    stations, steps = len(STATIONS), blocks.size
    outdoor, wind, sun = (
        data[name].values for name in ("air_temperature", "wind_speed", "global_radiation")
    )
    heat, back = np.zeros((2, stations, plan.blocks))
    indoor = np.zeros((stations, steps))
    for s in range(stations):
        own = {
            name.removeprefix("station_"): a.values[s]
            for name, a in data.items()
            if name.startswith("station_") and a.dims == ("station",) and a.dtype.kind == "f"
        }
        room = own["indoor_before"]
        for k in range(plan.blocks):
            load = _load_on_curve(own, supply[s, k], room)
            heat[s, k] = load * own["design_heat"]
            back[s, k] = supply[s, k] - 25.0 * load / own["relative_flow"]
            for t in np.flatnonzero(blocks == k):
                loss = own["specific_loss"] + own["wind_loss"] * max(0.0, wind[t] - 3.0)
                gain = own["gain"] + own["solar_aperture"] * sun[t]
                inflow = heat[s, k] * 1000 / own["area"] + gain
                excess = inflow - loss * (room - outdoor[t])
                seconds = plan.step_h * 3600
                room -= excess / loss * np.expm1(-loss * seconds / own["heat_capacity"])
                indoor[s, t] = room
    limits = {
        "station_heat": heat,
        "station_heat_due": heat,
        "station_heat_min": 0.5 * heat,
        "station_heat_max": 1.2 * heat,
        "station_setpoint_day_before": np.full_like(supply, np.nan),
        "station_supply": supply,
        "station_return": back,
        "station_floor": np.full_like(indoor, 18.8),
        "station_target": np.full_like(indoor, 20),
    }
    for name, values in limits.items():
        put(data, name, values)
    put(data, "station_indoor", indoor)


def _load_on_curve(own: dict[str, float], supply_c: float, room_c: float) -> float:
    """Relative load at which H F8 asks for this supply, by bisection."""
    low, high = 0.0, 3.0
    for _ in range(60):
        load = (low + high) / 2
        asked = room_c + (125 / 2 - 18) * (load / own["oversize"]) ** (1 / own["exponent"])
        asked += 25 / 2 * load / own["relative_flow"]
        low, high = (load, high) if asked < supply_c else (low, load)
    return (low + high) / 2


def _primary_side(data: dict[str, xr.DataArray], supply: Array) -> None:
    """Primary water at 85 °C leaves 1 K above the secondary return."""
    hot = np.full_like(supply, 85.0)
    cold = data["station_return"].values + 1.0
    put(data, "station_primary_supply", hot)
    put(data, "station_primary_return", cold)
    flow = 3.6 * data["station_heat"].values / (WATER * (hot - cold))
    put(data, "station_primary_flow", flow)


def _network(data: dict[str, xr.DataArray], plan: SmallPlan, blocks: NDArray[np.int64]) -> None:
    """Zone heat split over its links, and followed back to when it was sent."""
    steps, tail = blocks.size, _tail(plan)
    heat = data["station_heat"].values / 1000
    in_zone = np.array([[zone == z for zone in STATION_ZONES] for z in ZONES], dtype=float)
    served = (in_zone @ heat)[:, blocks]
    surplus = np.zeros_like(served)
    surplus[1, :2] = 0.05
    going_on = np.concatenate([served + surplus] + [served[:, -1:]] * tail, axis=1)
    loss = np.full((len(LINKS), steps + tail), 0.08)
    share = np.array([1.0, 0.45, 0.55])
    zone_of_link = [ZONES.index(zone) for _, zone, _ in LINKS]
    arrival = going_on[zone_of_link] * share[:, np.newaxis] + loss
    sent, stored = np.zeros((len(LINKS), steps)), np.zeros_like(arrival)
    edges = np.arange(steps + tail + 1) * plan.step_h
    for i, (_, _, delay) in enumerate(LINKS):
        part = np.clip((delay - edges[:-1]) / plan.step_h, 0, 1)  # of the step, before the delay
        stored[i] = arrival[i] * plan.step_h * part * (1.1 if delay == 1.5 else 1.0)
        stored[i] = np.minimum(stored[i], arrival[i] * plan.step_h)
        rest = arrival[i] * plan.step_h - stored[i]
        free = np.append(np.maximum(edges[:-1], delay), edges[-1])  # where each rest begins
        energy = np.append(0.0, np.cumsum(rest))
        rises = np.append(True, np.diff(free) > 1e-12)
        at = np.arange(steps + 1) * plan.step_h + delay
        reached = np.interp(at, free[rises], energy[_last_of(free)])
        sent[i] = np.diff(reached) / plan.step_h
    for name, values in {
        "link_from": np.array([one[0] for one in LINKS]),
        "link_to": np.array([one[1] for one in LINKS]),
        "link_delay": np.array([[one[2]] * (steps + 1) for one in LINKS]),
        "link_open": np.ones((len(LINKS), steps + 1)),
        "link_capacity": np.full_like(sent, 6.0),
        "link_sent": sent,
        "link_sent_before": sent[:, 0],
        "link_arrival": arrival,
        "link_arrival_stored": stored,
        "link_loss": loss,
        "link_warm_loss": loss[:, :steps],
        "zone_served": served,
        "zone_surplus": surplus,
    }.items():
        put(data, name, values)


def _last_of(free: Array) -> NDArray[np.int64]:
    """Index of the last of each run of equal edges: the energy there is that of the run."""
    return np.flatnonzero(np.append(np.diff(free) > 1e-12, True))


def _sources(data: dict[str, xr.DataArray], plan: SmallPlan, blocks: NDArray[np.int64]) -> None:
    """Plants send what their links take; A splits 7:3; coal from one yard, gas from none."""
    sent = data["link_sent"].values
    plant = np.array([sent[0] + sent[1], sent[2]])
    heat = np.array([0.7 * plant[0], 0.3 * plant[0], plant[1]])
    power = np.array([[0.5], [0.0], [0.0]]) * heat
    fuel = (heat + power) / np.array([[0.8], [0.8], [0.94]])
    for_heat = heat / 0.9
    coal = fuel[0] + fuel[1]
    burn = coal * plan.step_h / COAL_MWH_PER_T
    delivery = np.zeros_like(burn)
    delivery[3] = 20.0
    share = plant / plant.sum(axis=0)
    mean = np.add.reduceat(plant, np.unique(blocks, return_index=True)[1], axis=1)
    mean = mean / np.bincount(blocks)
    supply, back = np.full_like(mean, 87.0), np.full_like(mean, 52.0)
    for name, values in {
        "source_heat": heat,
        "source_power": power,
        "source_fuel": fuel,
        "source_fuel_for_heat": for_heat,
        "source_fuel_accounting": for_heat,
        "source_fuel_marginal": for_heat,
        "source_accounting_rate": np.full(3, 1 / 0.9),
        "source_power_min": np.full_like(heat, np.nan),
        "source_power_max": np.full_like(heat, np.nan),
        "source_power_contract": np.full_like(heat, np.nan),
        "source_power_sold": power,
        "source_power_bought": np.zeros_like(heat),
        "source_power_sell_price": np.full_like(heat, 324.6),
        "source_power_buy_price": np.full_like(heat, 324.6),
        # A_chp: a back-pressure line up to 20 MW of heat; the boilers burn at one efficiency
        "source_vertex_heat": np.array([[0.0, 20.0], [np.nan] * 2, [np.nan] * 2]),
        "source_vertex_power": np.array([[0.0, 10.0], [np.nan] * 2, [np.nan] * 2]),
        "source_vertex_fuel": np.array([[0.0, 37.5], [np.nan] * 2, [np.nan] * 2]),
        "source_piece_slope": np.array([[np.nan], [1 / 0.8], [1 / 0.94]]),
        "source_piece_intercept": np.array([[np.nan], [0.0], [0.0]]),
        "source_units_on": np.ones_like(heat),
        "source_min_heat": 0.3 * heat.min(axis=1, keepdims=True) * np.ones_like(heat),
        "source_max_heat": 1.5 * heat.max(axis=1, keepdims=True) * np.ones_like(heat),
        "source_ramp": np.full(3, 2.0),
        "source_heat_before": heat[:, 0] + 0.1,
        "source_stored": np.full_like(heat, np.nan),
        "source_stored_before": np.full(3, np.nan),
        "source_energy": np.full(3, np.nan),
        "source_loss_per_h": np.full(3, np.nan),
        "source_ordered": np.full_like(heat, np.nan),
        "source_order_least": np.full_like(heat, np.nan),
        "source_order_tolerance": np.full(3, np.nan),
        "source_plant": np.array(["A", "A", "B"]),
        "source_yard": np.array(["Y", "Y", ""]),
        "source_commitment": np.array([0.0, 1.0, 0.0]),
        "source_unit_count": np.ones(3),
        "source_unit_least": 0.3 * heat.min(axis=1),
        "source_unit_most": 1.5 * heat.max(axis=1),
        "source_units_before": np.ones(3),
        "source_units_present": np.ones_like(heat),
        "source_units_gone": np.zeros_like(heat),
        "source_units_lost": np.zeros_like(heat),
        "source_started": np.zeros_like(heat),
        "source_stopped": np.zeros_like(heat),
        "source_min_up": np.full(3, 12.0),
        "source_min_down": np.full(3, 6.0),
        "source_max_starts": np.array([np.nan, 1.0, np.nan]),
        "source_start_fuel": np.full(3, 3.0),
        "source_event_hours": np.array([[0.0], [20.0], [0.0]]),
        "source_event_started": np.array([[0.0], [1.0], [0.0]]),
        "source_event_stopped": np.zeros((3, 1)),
        "source_fuel_price": np.array([130.0, 131.0, 140.0]),
        "source_start_cost": np.array([900.0, 800.0, 100.0]),
        "source_order_pay": np.full(3, np.nan),
        "source_scheduled_least": np.zeros_like(heat),
        "plant_heat": plant,
        "plant_share": share,
        "plant_share_min": np.array([0.5, 0.1]),
        "plant_share_max": np.array([0.9, 0.5]),
        "plant_share_group": np.array(["main", "main"]),
        "plant_share_band_price": np.array([300.0, 280.0]),
        "plant_supply_temp": supply,
        "plant_return_temp": back,
        "plant_flow": 3600 * mean / (WATER * (supply - back)),
        "yard_burn": burn[np.newaxis],
        "yard_delivery": delivery[np.newaxis],
        "yard_stock": (300 + np.cumsum(delivery - burn))[np.newaxis],
        "yard_stock_before": np.array([300.0]),
        "yard_mwh_per_t": np.array([COAL_MWH_PER_T]),
        "yard_loss_rate": np.array([0.0]),
        "yard_unusable": np.array([20.0]),
        "yard_reserve": np.array([50.0]),
    }.items():
        put(data, name, values)
