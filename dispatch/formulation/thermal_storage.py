"""A tank of hot water: heat kept from one hour for another."""

import pyomo.environ as pyo

from dispatch.formulation import prices
from dispatch.formulation.linear import linear
from dispatch.inputs import PlanInputs
from dispatch.source_inputs import SourceInputs
from dispatch.storage_inputs import TankInputs
from dispatch.time_grid import TimeGrid


def add_thermal_storage(block: pyo.Block, unit: SourceInputs, grid: TimeGrid) -> None:
    """Add a tank beside the sources of its plant, which fill it.

    Adds per step t: heat_to_network [MW], below zero while it takes heat in; stored [MWh] at the
    end of the step; and once: drawn [MWh], by how much the end is below the start.
    Offers per step t: heat_to_network, power, fuel_use [MW, none], units_on [none].

    stored⁺ = keep·stored − gain·heat_to_network, exact for a constant flow over the step
    (`storage_inputs.step_factors`), within nothing and full. One flow with a sign: water goes
    through the tank in one direction at a time, so there is no charging and discharging at once
    to be forbidden. All that is lost is lost from the content, so no price is needed to keep the
    flow from turning to and fro; the price of changes every source has is enough.
    Source: fully mixed store with standing loss, handbook §8 (46 kWh/m³ at 40 K, 0.008 %/h).
    """
    tank = _tank(unit)
    steps = range(grid.steps)
    block.heat_to_network = pyo.Var(
        steps,
        bounds=lambda _, t: (-float(tank.charge_mw[t]), float(unit.max_heat_mw[t])),
        doc="[MW]",
    )
    block.stored = pyo.Var(steps, bounds=(0.0, tank.energy_mwh), doc="[MWh] end of the step")
    block.below_least = pyo.Var([], doc="[MW] a tank has no least heat")
    block.units_on = pyo.Var(steps, initialize=0.0, doc="[1] a tank runs no unit")
    block.units_on.fix()
    for name in ("power", "fuel_use"):
        block.add_component(name, pyo.Expression(steps, initialize=0.0))

    @block.Constraint(steps, doc="content follows from what flows and what is lost")
    def storage_balance(b: pyo.Block, t: int) -> pyo.Constraint:
        before = b.stored[t - 1] if t > 0 else tank.stored_before_mwh
        taken = float(tank.gain_h[t]) * b.heat_to_network[t]
        return b.stored[t] == float(tank.keep[t]) * before - taken

    block.drawn = pyo.Var(domain=pyo.NonNegativeReals, doc="[MWh]")

    @block.Constraint(doc="what is in the tank at the end is what was at the start, or drawn")
    def end_content(b: pyo.Block) -> pyo.Constraint:
        return b.stored[grid.steps - 1] + b.drawn >= tank.stored_before_mwh

    _add_ramp(block, unit, grid)


def _add_ramp(block: pyo.Block, unit: SourceInputs, grid: TimeGrid) -> None:
    """Limit the change of flow from step to step, the seam to the last plan included.

    What an outage of the tank or of the plant's mains takes away falls at once. In the first step
    the tank may come to rest whatever it did before: its pumps can always be stopped, so that a
    plan is always possible.
    """
    tank, lengths_h = _tank(unit), grid.step_lengths_h
    ramp_mw_per_h = unit.source.ramp_mw_per_h * unit.source.unit_count

    @block.Constraint(range(grid.steps), doc="flow changes no faster than the ramp")
    def ramp(b: pyo.Block, t: int) -> pyo.Constraint:
        before_h = lengths_h[t - 1] if t > 0 else grid.step_h
        limit = float(ramp_mw_per_h * 0.5 * (lengths_h[t] + before_h))
        if t == 0:
            low = min(unit.heat_before_mw - limit, 0.0)
            high = max(unit.heat_before_mw + limit, 0.0)
            return (low, b.heat_to_network[t], high)
        gone_mw = max(0.0, float(unit.max_heat_mw[t - 1] - unit.max_heat_mw[t]))
        gone_mw += max(0.0, float(unit.outlet_mw[t - 1] - unit.outlet_mw[t]))
        less_charge_mw = max(0.0, float(tank.charge_mw[t - 1] - tank.charge_mw[t]))
        change = b.heat_to_network[t] - b.heat_to_network[t - 1]
        return (-limit - gone_mw, change, limit + less_charge_mw)


def _tank(unit: SourceInputs) -> TankInputs:
    if unit.tank is None:
        raise ValueError(f"{unit.source.source_id} is no tank")
    return unit.tank


def tank_terms(model: pyo.ConcreteModel, inputs: PlanInputs) -> dict[str, pyo.Expression]:
    """Return the objective's terms of tanks, yuan; none for a utility without tanks.

    What is stored at the end is worth what heat costs then, as in buildings and mains (design §5
    "Ends"); without it every tank would be emptied by the last step. A hair more up to what there
    was at the start: where heat costs the same at all hours, a tank would else be emptied early
    just to spare its loss.
    """
    tanks = [i for i, unit in enumerate(inputs.sources) if unit.tank is not None]
    if not tanks:
        return {}
    left = [model.source[i].stored[inputs.grid.steps - 1] for i in tanks]
    worth = inputs.heat_value_yuan_per_mwh
    drawn = [model.source[i].drawn for i in tanks]
    return {
        "end_value_tanks": linear([-worth] * len(left), left),
        "tanks_drawn": linear([prices.TANK_DRAWN_SHARE * worth] * len(drawn), drawn),
    }
