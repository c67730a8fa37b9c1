"""The objective: named terms in yuan that add up (design §5)."""

from enum import StrEnum

import pyomo.environ as pyo

from dispatch.case_kinds import Minimise
from dispatch.formulation.heat_order import order_terms
from dispatch.formulation.thermal_storage import tank_terms
from dispatch.inputs import PlanInputs


def add_total_cost(model: pyo.ConcreteModel, inputs: PlanInputs) -> None:
    """Add `cost_terms`, a named expression each, and the objective that is their sum.

    Fuel and power at the prices of the chosen purpose (`minimise`); comfort, share and change
    terms are in yuan under both.
    """
    lengths_h = inputs.grid.step_lengths_h
    steps, units = range(inputs.grid.steps), list(enumerate(inputs.sources))
    fuel = sum(
        unit.fuel_price_yuan_per_mwh * float(lengths_h[t]) * model.source[i].fuel_use[t]
        for i, unit in units
        for t in steps
    )
    by_fuel = inputs.case.settings.fuel.minimise is Minimise.FUEL
    terms = {
        "fuel": fuel,
        "power_credit": -_power_yuan(model, inputs, PowerTerm.MADE) if by_fuel else 0.0,
        "power_sold": 0.0 if by_fuel else -_power_yuan(model, inputs, PowerTerm.SOLD),
        "power_bought": 0.0 if by_fuel else _power_yuan(model, inputs, PowerTerm.BOUGHT),
        "power_off_schedule": sum(
            model.source[i].power_off_cost for i, unit in units if unit.vertices is not None
        ),
        "starts": sum(model.source[i].start_cost for i, _ in units),
        "surplus_heat": model.balance.surplus_cost,
        "unserved_third_party": model.balance.unserved_cost,
        "source_change": sum(model.source[i].smoothness_cost for i, _ in units),
        "least_load": sum(model.source[i].below_least_cost for i, _ in units),
        "mains": sum(model.link[j].cost for j in range(len(inputs.links))),
        "end_value_mains": -sum(model.link[j].end_value for j in range(len(inputs.links))),
        "share": model.share.cost,
        "plant_supply_change": model.plant_change.limit_cost,
        "yard_reserve": sum(model.yard[y].cost for y in range(len(inputs.yards))),
        "coal_need": sum(model.yard[y].need_cost for y in range(len(inputs.yards))),
    }
    if inputs.even_reduction:
        terms["rooms_of_others"] = model.balance.down_cost
    if inputs.priced_pins:
        terms["pins"] = model.pin.cost
    terms |= tank_terms(model, inputs) | order_terms(model, inputs)
    if model.component("substation") is not None:
        terms |= station_terms(model)
    elif model.balance.component("unsent_cost") is not None:
        terms["unsent"] = model.balance.unsent_cost
    _add_objective(model, terms)


def add_station_cost(model: pyo.ConcreteModel) -> None:
    """Add the same for a model of stations alone."""
    _add_objective(model, station_terms(model))


def station_terms(model: pyo.ConcreteModel) -> dict[str, pyo.Expression]:
    """What stations add to the cost, by named term."""
    station, change = model.substation, model.station_change
    pins = {} if station.component("pin_cost") is None else {"station_pins": station.pin_cost}
    return pins | {
        "rooms_below_legal": station.below_legal_cost,
        "rooms_below_floor": station.below_floor_cost,
        "rooms_below_target": station.below_target_cost,
        "rooms_above_upper": station.above_upper_cost,
        "supply_below_least": station.below_least_cost,
        "setpoint_change": change.limit_cost,
        "setpoint_turns": change.smoothness_cost,
        "plan_change": change.plan_change_cost,
        "end_value": -station.end_value,
    }


def _add_objective(model: pyo.ConcreteModel, terms: dict[str, pyo.Expression]) -> None:
    model.cost_terms = pyo.Expression(list(terms), rule=lambda _, name: terms[name])
    model.total_cost = pyo.Objective(expr=sum(model.cost_terms[name] for name in terms))


class PowerTerm(StrEnum):
    """Which power is paid for."""

    MADE = "made"  # by the coal it stands for, under `fuel`
    SOLD = "sold"
    BOUGHT = "bought"


def _power_yuan(
    model: pyo.ConcreteModel, inputs: PlanInputs, term: PowerTerm
) -> pyo.Expression | float:
    """Worth of the power of all CHPs, yuan.

    The pay for a contracted power is the same whatever the plan does, and is left out.
    """
    lengths_h, total = inputs.grid.step_lengths_h, 0.0
    for i, unit in enumerate(inputs.sources):
        if unit.vertices is None:
            continue
        part = model.source[i]
        family = {
            PowerTerm.MADE: part.power,
            PowerTerm.SOLD: part.power_sold,
            PowerTerm.BOUGHT: part.power_bought,
        }[term]
        bought = term is PowerTerm.BOUGHT
        price = unit.power.buy_yuan_per_mwh if bought else unit.power.sell_yuan_per_mwh
        total += sum(float(price[t] * lengths_h[t]) * family[t] for t in range(lengths_h.size))
    return total
