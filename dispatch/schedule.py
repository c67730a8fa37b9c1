"""The schedule: one labelled Dataset that says everything a plan decided and rests on.

`plan.nc` is this Dataset. The audit recomputes every balance and limit from it alone, so it
carries the parameters and the weather too. Times are UTC without a zone (netCDF has none),
steps labelled by their start. `time` spans the published horizon in steps of `step_h`;
`arrival_time` is `time` continued by the longest pipe delay; `departure` are the edges of the
steps, so one more than `time`; `block` are the setpoint blocks of the horizon (all stations share
them); `edge` on `day_edge` are local midnights (first and last are the ends of the horizon).

Plug flow in the pipes: what leaves at a `departure` arrives `link_delay` later, by the flow that
was expected. Heat sent over a step arrives between the arrivals of its two edges. What was on its
way at the start arrives as `link_arrival_stored`, MWh per arrival step; the rest of an arrival
step's energy is spread evenly over the part of that step, after what leaves first has arrived,
that brings departures of steps with `link_open`. Its entry at the last departure stands for what
follows the horizon. So `link_sent` of a step is the mean of that spread energy over the step's
arrival window.

Tanks are sources with `source_energy`: E⁺ = keep·E − gain·source_heat per step, keep =
(1 − source_loss_per_h)^step_h, gain = (1 − keep)/−ln(1 − source_loss_per_h).

Buildings: H F6 solved exactly per step with the block's constant heat;
K = specific_loss + wind_loss · max(0, wind − wind_reference);
gains = gain + solar_aperture · radiation − extra, W/m²; heat in W/m² is station_heat · 1000 / area.
What measured load says of the demand is `demand_factor` of a step, 1 where the plan has none: all
buildings then need extra = (demand_factor − 1) · max(0, K · (station_target − air) − gain −
solar_aperture · radiation) more than their parameters say.
"""

from dataclasses import dataclass

import numpy as np
import xarray as xr
from numpy.typing import ArrayLike


@dataclass(frozen=True)
class Variable:
    """Name contract of one schedule variable."""

    dims: tuple[str, ...]
    units: str
    long_name: str


VARIABLES: dict[str, Variable] = {
    # weather on steps
    "air_temperature": Variable(("time",), "degC", "outdoor air temperature"),
    "wind_speed": Variable(("time",), "m s-1", "wind speed at 10 m"),
    "global_radiation": Variable(("time",), "W m-2", "global horizontal radiation"),
    "demand_estimate": Variable(
        ("time",), "MW", "heat that would hold every room at its target hour by hour, with losses"
    ),
    # sources; power of a source row is that of all its units
    "source_heat": Variable(
        ("source", "time"), "MW", "heat sent by the source; below zero where a tank takes heat in"
    ),
    "source_power": Variable(("source", "time"), "MW", "electric power of the source"),
    "source_fuel": Variable(("source", "time"), "MW", "fuel burnt, lower heating value"),
    "source_fuel_for_heat": Variable(
        ("source", "time"), "MW", "part of the fuel reckoned to heat, lower heating value"
    ),
    "source_fuel_accounting": Variable(
        ("source", "time"), "MW", "fuel for heat by the accounting rate, else all that is burnt"
    ),
    "source_fuel_marginal": Variable(
        ("source", "time"), "MW", "fuel for heat if every MW took what the next one does"
    ),
    "source_accounting_rate": Variable(
        ("source",), "1", "MW of fuel that accounting gives a MW of heat, NaN if not given"
    ),
    # the grid's wishes; NaN where there is none
    "source_power_min": Variable(("source", "time"), "MW", "least power by schedule or band"),
    "source_power_max": Variable(("source", "time"), "MW", "most power by schedule or band"),
    "source_power_contract": Variable(("source", "time"), "MW", "power contracted at prices"),
    "source_power_sold": Variable(("source", "time"), "MW", "power above the contract, or all"),
    "source_power_bought": Variable(("source", "time"), "MW", "power missing from the contract"),
    "source_power_sell_price": Variable(
        ("source", "time"), "yuan MWh-1", "worth of power sold in the objective"
    ),
    "source_power_buy_price": Variable(
        ("source", "time"), "yuan MWh-1", "cost of power bought in the objective"
    ),
    # curves of one unit, padded with NaN; with u units on a CHP is in u times the polygon of its
    # vertices and burns the least that they allow, any other source the highest of
    # slope · heat + intercept · u
    "source_vertex_heat": Variable(("source", "vertex"), "MW", "heat at a corner of a CHP"),
    "source_vertex_power": Variable(("source", "vertex"), "MW", "power at a corner of a CHP"),
    "source_vertex_fuel": Variable(("source", "vertex"), "MW", "fuel at a corner of a CHP"),
    "source_piece_slope": Variable(("source", "piece"), "1", "fuel per heat of a piece"),
    "source_piece_intercept": Variable(("source", "piece"), "MW", "fuel of a piece at no heat"),
    "source_units_on": Variable(("source", "time"), "1", "units running"),
    "source_min_heat": Variable(("source", "time"), "MW", "least heat with the units on"),
    "source_max_heat": Variable(("source", "time"), "MW", "most heat with all available units"),
    "source_ramp": Variable(("source",), "MW h-1", "ramp limit, all units"),
    "source_heat_before": Variable(("source",), "MW", "heat just before the first step"),
    "source_stored": Variable(("source", "time"), "MWh", "in a tank, end of step; NaN elsewhere"),
    "source_stored_before": Variable(("source",), "MWh", "in a tank at the start; NaN elsewhere"),
    "source_energy": Variable(("source",), "MWh", "content of a full tank; NaN elsewhere"),
    "source_loss_per_h": Variable(("source",), "h-1", "part of the content a tank loses an hour"),
    "source_ordered": Variable(
        ("source", "time"), "MW", "bought heat: order that stands, NaN where it is free"
    ),
    "source_order_least": Variable(
        ("source", "time"), "MW", "bought heat: take or pay, NaN for other sources"
    ),
    "source_order_tolerance": Variable(("source",), "1", "bought heat: tolerance of the order"),
    "source_plant": Variable(("source",), "", "plant of the source"),
    "source_yard": Variable(("source",), "", "yard of the source, or empty"),
    # whole units, where the plan decides them (`source_commitment`); starts and stops are at the
    # begin of the step, events before the plan are padded with no units
    "source_commitment": Variable(("source",), "1", "1 where the plan decides whole units"),
    "source_unit_count": Variable(("source",), "1", "identical units of the source"),
    "source_unit_least": Variable(("source",), "MW", "least heat of one unit that runs"),
    "source_unit_most": Variable(("source",), "MW", "most heat of one unit"),
    "source_units_before": Variable(("source",), "1", "units on just before the first step"),
    "source_units_present": Variable(("source", "time"), "1", "units that can run"),
    "source_units_gone": Variable(("source", "time"), "1", "units that go out at the step"),
    "source_units_lost": Variable(
        ("source", "time"), "1", "units an outage or a limit may stop at once at the step"
    ),
    "source_started": Variable(("source", "time"), "1", "units started, 0 where not decided"),
    "source_stopped": Variable(("source", "time"), "1", "units stopped, 0 where not decided"),
    "source_min_up": Variable(("source",), "h", "minimum up time of a unit"),
    "source_min_down": Variable(("source",), "h", "minimum down time of a unit"),
    "source_max_starts": Variable(
        ("source",), "1", "most starts of all units within any 72 h, NaN without limit"
    ),
    "source_start_fuel": Variable(("source",), "MWh", "fuel of a start, lower heating value"),
    "source_event_hours": Variable(("source", "event"), "h", "time of an event before the plan"),
    "source_event_started": Variable(("source", "event"), "1", "units started then"),
    "source_event_stopped": Variable(("source", "event"), "1", "units stopped then"),
    # plants
    "plant_heat": Variable(("plant", "time"), "MW", "heat sent by the plant"),
    "plant_share": Variable(("plant", "time"), "1", "share within its share group, NaN outside"),
    "plant_share_min": Variable(("plant",), "1", "lower end of the share band, NaN outside"),
    "plant_share_max": Variable(("plant",), "1", "upper end of the share band, NaN outside"),
    "plant_share_group": Variable(("plant",), "", "share group, or empty"),
    "plant_supply_temp": Variable(("plant", "block"), "degC", "primary supply setpoint"),
    "plant_return_temp": Variable(("plant", "block"), "degC", "primary return expected"),
    "plant_flow": Variable(("plant", "block"), "t h-1", "primary flow expected"),
    # links, plant -> zone, or ties, zone -> zone
    "link_from": Variable(("link",), "", "plant or zone"),
    "link_to": Variable(("link",), "", "zone"),
    "link_capacity": Variable(("link", "time"), "MW", "most heat the link takes in"),
    "link_delay": Variable(("link", "departure"), "h", "transport delay of what leaves then"),
    "link_open": Variable(
        ("link", "departure"), "1", "1 where the link can be fed in the step that begins then"
    ),
    "link_sent": Variable(("link", "time"), "MW", "heat into the link"),
    "link_sent_before": Variable(("link",), "MW", "heat into the link just before the first step"),
    "link_arrival": Variable(("link", "arrival_time"), "MW", "heat out of the link, before loss"),
    "link_arrival_stored": Variable(
        ("link", "arrival_time"), "MWh", "arriving energy that was in the pipe at the start"
    ),
    "link_loss": Variable(("link", "arrival_time"), "MW", "heat lost to the soil"),
    # zones
    "zone_served": Variable(("zone", "time"), "MW", "heat taken by the zone's stations"),
    "zone_surplus": Variable(("zone", "time"), "MW", "heat arriving that nobody can use"),
    # blocks
    "block_start": Variable(("block",), "", "start of the block, UTC"),
    "block_end": Variable(("block",), "", "end of the block, UTC"),
    # stations (one entry a station and loop)
    "station_zone": Variable(("station",), "", "zone"),
    "station_controllable": Variable(("station",), "1", "1 where the plan sets the heat"),
    "station_homes": Variable(("station",), "1", "homes"),
    "station_heat": Variable(("station", "block"), "kW", "heat delivered, mean of the block"),
    "station_heat_due": Variable(
        ("station", "block"), "kW", "third party: heat their curve asks for; else equal to heat"
    ),
    "station_heat_min": Variable(("station", "block"), "kW", "least heat the loop can take"),
    "station_heat_max": Variable(("station", "block"), "kW", "most heat the loop can take"),
    "station_indoor_before": Variable(("station",), "degC", "indoor temperature at the start"),
    "station_indoor": Variable(("station", "time"), "degC", "indoor temperature, end of step"),
    "station_cold_flat_margin": Variable(("station",), "K", "mean indoor over the coldest flats"),
    "station_floor": Variable(
        ("station", "time"), "degC", "lowest mean indoor temperature, end of step"
    ),
    "station_target": Variable(
        ("station", "time"), "degC", "wanted mean indoor temperature, end of step"
    ),
    "station_step_limit": Variable(("station",), "K", "setpoint change wanted at most, a block"),
    "station_day_limit": Variable(("station",), "K", "setpoint change wanted at most, 24 h"),
    "station_setpoint_before": Variable(
        ("station",), "degC", "secondary supply setpoint before the first block, NaN if unknown"
    ),
    "station_setpoint_day_before": Variable(
        ("station", "block"), "degC", "setpoint 24 h before each block, NaN if unknown"
    ),
    "station_supply": Variable(("station", "block"), "degC", "secondary supply setpoint"),
    "station_return": Variable(("station", "block"), "degC", "secondary return expected"),
    "station_supply_min": Variable(("station",), "degC", "secondary supply limit"),
    "station_supply_max": Variable(("station",), "degC", "secondary supply limit"),
    "station_primary_supply": Variable(("station", "block"), "degC", "primary supply at the door"),
    "station_primary_return": Variable(("station", "block"), "degC", "primary return expected"),
    "station_primary_flow": Variable(("station", "block"), "t h-1", "primary flow expected"),
    "station_primary_flow_max": Variable(("station",), "t h-1", "primary flow limit"),
    "station_area": Variable(("station",), "m2", "heated area"),
    "station_specific_loss": Variable(("station",), "W m-2 K-1", "K of H F2 at reference wind"),
    "station_heat_capacity": Variable(("station",), "J m-2 K-1", "C of H F6"),
    "station_gain": Variable(("station",), "W m-2", "internal gains"),
    "station_solar_aperture": Variable(("station",), "1", "A_s, m2 per m2 of floor"),
    "station_wind_loss": Variable(("station",), "W s m-3 K-1", "added K per m/s of wind"),
    "station_design_heat": Variable(("station",), "kW", "heat at design, base 18 degC"),
    "station_design_supply": Variable(("station",), "degC", "secondary supply at design"),
    "station_design_return": Variable(("station",), "degC", "secondary return at design"),
    "station_relative_flow": Variable(("station",), "1", "secondary flow over design flow"),
    "station_oversize": Variable(("station",), "1", "emitter area over needed area"),
    "station_exponent": Variable(("station",), "1", "emitter exponent n"),
    # yards; tonnes are of the pile's fuel: a delivery counts by its energy, with its confidence
    "yard_burn": Variable(("yard", "time"), "t", "fuel drawn from the yard in the step"),
    "yard_delivery": Variable(("yard", "time"), "t", "fuel arriving in the step"),
    "yard_loss_rate": Variable(("yard",), "h-1", "part of the stock lost in an hour"),
    "yard_stock": Variable(("yard", "time"), "t", "stock at the end of the step"),
    "yard_stock_before": Variable(("yard",), "t", "stock at the start"),
    "yard_mwh_per_t": Variable(("yard",), "MWh t-1", "lower heating value of the pile"),
    "yard_unusable": Variable(("yard",), "t", "bottom layer that cannot be burnt"),
    # costs of the horizon by name (`cost_terms.py`), and what they rest on
    "cost": Variable(("cost_term",), "yuan", "cost of the published horizon"),
    "source_fuel_price": Variable(("source",), "yuan MWh-1", "fuel in the objective, LHV"),
    "source_start_cost": Variable(("source",), "yuan", "wear of a start, without its fuel"),
    "source_order_pay": Variable(
        ("source",), "yuan MWh-1", "bought heat: paid for what is not taken, NaN elsewhere"
    ),
    "source_scheduled_least": Variable(
        ("source", "time"), "MW", "least heat by schedule, 0 without"
    ),
    "plant_share_band_price": Variable(
        ("plant",), "yuan MWh-1", "heat outside the share band, NaN outside a group"
    ),
    "link_warm_loss": Variable(("link", "time"), "MW", "heat lost where the main is kept warm"),
    "station_weight": Variable(("station",), "1", "area in 10⁴ m² times priority"),
    "station_turn_price": Variable(
        ("station",), "yuan K-1", "a setpoint change within its limit, per 10⁴ m²"
    ),
    "yard_reserve": Variable(
        ("yard",), "t", "wanted above the bottom layer at the end of the horizon"
    ),
}
PRICES = {
    # shadow prices of the plan before rounding, NaN where the solver gave none
    "zone_heat_price": Variable(("zone", "time"), "CNY MWh-1", "cost of one more MWh in the zone"),
    "source_capacity_price": Variable(
        ("source", "time"), "CNY MWh-1", "worth of one more MW that the source could give"
    ),
    "link_capacity_price": Variable(
        ("link", "time"), "CNY MWh-1", "worth of one more MW that the main could take"
    ),
    "plant_share_price": Variable(
        ("plant", "time"), "CNY MWh-1", "worth of a share band wider by one MW"
    ),
    "yard_coal_price": Variable(("yard",), "CNY t-1", "worth of one more tonne at the start"),
    "source_why": Variable(("source", "block"), "", "what holds the source (source_reasons.Why)"),
}
FAN = {
    # only in plans whose weather says how far it may be off
    f"air_temperature_p{pct}": Variable(("time",), "degC", f"{pct} % quantile of air temperature")
    for pct in (10, 25, 75, 90)
}
LOAD = {
    # only in plans that rest on measured load; NaN beyond its forecast
    "demand_factor": Variable(
        ("time",), "1", "needs of all buildings over those by their parameters, by measured load"
    ),
    "load_forecast": Variable(("time",), "MW", "network load by measured load, losses included"),
    "load_forecast_p10": Variable(("time",), "MW", "lower end of its 80 % interval"),
    "load_forecast_p90": Variable(("time",), "MW", "upper end of its 80 % interval"),
}
COAL = {
    # only in plans that the fuel outlook told what yards need; all of them or none
    "yard_need_level": Variable(
        ("yard", "need"), "t", "stock that may be needed at the horizon's end, NaN beyond the last"
    ),
    "yard_need_probability": Variable(
        ("yard", "need"), "1", "probability of just that need, NaN beyond the last"
    ),
    "yard_short_price": Variable(("yard",), "yuan t-1", "coal that is then missing, 0 if none can"),
    "yard_added_later": Variable(
        ("yard",), "t", "coal the look-ahead adds to what meets a need: bought, or burnt less"
    ),
}
PINS = {
    # only in plans with pins of the dispatcher in the published horizon; all of them or none
    "pin_what": Variable(("pin",), "", "what is pinned, as in overrides.csv"),
    "pin_thing": Variable(("pin",), "", "source, plant, main, station, loop or zone"),
    "pin_by": Variable(("pin",), "", "who pinned it"),
    "pin_reason": Variable(("pin",), "", "why"),
    "pin_value": Variable(("pin",), "1", "pinned value, in the unit that pin_what names"),
    "pin_held": Variable(("pin", "time"), "1", "1 in steps in whose middle the pin holds"),
    "pin_planned": Variable(
        ("pin", "time"), "1", "what the plan has, in that unit; NaN where nothing is held"
    ),
    "pin_least": Variable(("pin", "time"), "1", "least that is priced, NaN where there is none"),
    "pin_most": Variable(("pin", "time"), "1", "most that is priced, NaN where there is none"),
    "pin_price": Variable(
        ("pin",), "yuan h-1", "an hour off these, per MW or unit; 0 where none are"
    ),
}
PLACES = {
    # what people call a loop and where it stands, for reports; NaN where the case does not say
    "station_name": Variable(("station",), "", "name of the station"),
    "station_latitude": Variable(("station",), "degree_north", "latitude"),
    "station_longitude": Variable(("station",), "degree_east", "longitude"),
}
# Attributes of the Dataset: case_id, case_name_en, case_name_zh, plan_id, step_h, timezone,
# wind_reference_m_per_s,
# legal_min_c, upper_c, frost_guard_c (takes the law's place where a floor is below the law),
# minimise, secondary_step_k, secondary_day_k (as applied to loops without a timetable),
# supply_step_k, supply_day_k,
# objective_yuan (of the whole model, look-ahead included), cost_yuan (of the horizon), the prices
# of `cost_terms.Price`, solver, Conventions "CF-1.11".


def put(dataset: dict[str, xr.DataArray], name: str, values: ArrayLike) -> None:
    """Add variable `name` of the contract to a dataset under construction."""
    rule = (VARIABLES | PRICES | FAN | LOAD | COAL | PINS | PLACES)[name]
    attrs = {"long_name": rule.long_name}
    if rule.units:
        attrs["units"] = rule.units
    dataset[name] = xr.DataArray(np.asarray(values), dims=rule.dims, attrs=attrs)
