"""The optimisation model, as a table of contents."""

import numpy as np
import pyomo.environ as pyo

from dispatch.formulation.fuel_yard import add_fuel_yard
from dispatch.formulation.heat_balance import (
    add_fixed_demand,
    add_plant_balance,
    add_zone_balance,
)
from dispatch.formulation.heat_source import add_heat_source
from dispatch.formulation.link import add_link
from dispatch.formulation.pins import add_pins
from dispatch.formulation.setpoint_change import add_plant_changes, add_station_changes
from dispatch.formulation.source_share import add_source_share
from dispatch.formulation.substation import add_substations
from dispatch.formulation.third_party import add_others_rooms
from dispatch.formulation.total_cost import add_station_cost, add_total_cost
from dispatch.inputs import PlanInputs


def build_model(
    inputs: PlanInputs, fixed_heat_mw: np.ndarray | None = None, *, stations_apart: bool = False
) -> pyo.ConcreteModel:
    """Build the linear program of design §5.

    With `fixed_heat_mw` (station, block) the stations' heat is given (by rounded setpoints) and
    only sources, mains and yards are decided. With `stations_apart` the demand of each zone is
    left open: the price decomposition puts it together from stations solved by `build_stations`.
    """
    model = pyo.ConcreteModel(name="heat dispatch")
    model.dual = pyo.Suffix(direction=pyo.Suffix.IMPORT)  # filled by `solve`: shadow prices
    model.source = pyo.Block(
        range(len(inputs.sources)),
        rule=lambda b, i: add_heat_source(b, inputs.sources[i], inputs.grid),
    )
    model.link = pyo.Block(
        range(len(inputs.links)), rule=lambda b, j: add_link(b, inputs.links[j], inputs.grid)
    )
    model.balance = pyo.Block()
    add_plant_balance(model.balance, inputs, model.source, model.link)
    if fixed_heat_mw is None and not stations_apart:
        add_stations(model, inputs)
        add_zone_balance(model.balance, inputs, model.link, model.substation.heat)
    else:
        add_zone_balance(model.balance, inputs, model.link, None)
    if inputs.even_reduction:
        add_others_rooms(model.balance, inputs)
    if fixed_heat_mw is not None:
        add_fixed_demand(model.balance, inputs, fixed_heat_mw)
    model.plant_change = pyo.Block()
    add_plant_changes(model.plant_change, inputs, model.balance.plant_heat)
    model.share = pyo.Block()
    add_source_share(model.share, inputs, model.balance.plant_heat)
    if inputs.priced_pins:
        model.pin = pyo.Block()
        add_pins(model.pin, inputs, model.source, model.link, model.balance.plant_heat)
    model.yard = pyo.Block(
        range(len(inputs.yards)),
        rule=lambda b, y: add_fuel_yard(b, inputs, inputs.yards[y], model.source),
    )
    add_total_cost(model, inputs)
    return model


def add_stations(model: pyo.ConcreteModel, inputs: PlanInputs) -> None:
    """Add all stations whose heat the plan sets, and what holds their setpoints."""
    model.substation = pyo.Block()
    add_substations(model.substation, inputs)
    model.station_change = pyo.Block()
    add_station_changes(model.station_change, inputs, model.substation.heat)


def build_stations(inputs: PlanInputs) -> pyo.ConcreteModel:
    """Build the stations alone, with their own cost: what one of them does at prices of heat."""
    model = pyo.ConcreteModel(name="stations")
    add_stations(model, inputs)
    add_station_cost(model)
    return model
