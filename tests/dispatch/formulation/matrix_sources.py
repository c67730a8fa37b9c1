"""Sources of the matrix model: boilers, CHPs, bought heat, tanks; ramps and whole units."""

from dataclasses import dataclass

import numpy as np
from matrix_program import INF, Array, Lines, Program, constants

from dispatch.case_kinds import Minimise, SourceKind
from dispatch.formulation import prices
from dispatch.inputs import PlanInputs
from dispatch.source_inputs import SourceInputs
from dispatch.time_grid import TimeGrid

MWH_PER_TCE = 29.3076 / 3.6
STARTS_WINDOW_H = 72.0


@dataclass(frozen=True)
class Machine:
    """What one row of `sources.csv` offers, by step: MW, but units on [1], start fuel [MWh]."""

    heat: Lines
    fuel: Lines
    power: Lines
    units_on: Lines
    start_fuel: Lines


def add_source(program: Program, inputs: PlanInputs, unit: SourceInputs) -> Machine:
    """Add one row of `sources.csv` and what it costs."""
    grid = inputs.grid
    kind, hours = unit.source.kind, grid.step_lengths_h
    if kind is SourceKind.THERMAL_STORAGE:
        machine = _tank(program, inputs, unit)
    elif kind is SourceKind.PURCHASED_HEAT:
        machine = _purchase(program, unit, grid)
    else:
        machine = _units(program, inputs, unit)
    program.pay("fuel", unit.fuel_price_yuan_per_mwh * hours * machine.fuel)
    if unit.units is None and kind is not SourceKind.THERMAL_STORAGE:
        _add_ramp(program, unit, grid, machine)
    turned = program.size_of((machine.heat - machine.heat.before(0.0))[1:])
    program.pay("source_change", prices.SOURCE_CHANGE_YUAN_PER_MW * turned)
    return machine


def middles_h(grid: TimeGrid) -> Array:
    """Hours between the middles of each step and of the one before it."""
    lengths = grid.step_lengths_h
    return 0.5 * (lengths + np.append(grid.step_h, lengths[:-1]))


# ---- boilers and CHPs ------------------------------------------------------------------------


def _units(program: Program, inputs: PlanInputs, unit: SourceInputs) -> Machine:
    """Boilers or CHPs: fuel and limits by units on, which are whole where they are committed."""
    grid, source = inputs.grid, unit.source
    steps, hours = grid.steps, grid.step_lengths_h
    most_units = unit.units_available if unit.units is None else np.floor(unit.units.present + 1e-9)
    on = program.columns(steps, 0.0, most_units, whole=unit.units is not None)
    power = constants(np.zeros(steps))
    if unit.vertices is None:
        heat, fuel = program.columns(steps), program.columns(steps)
        program.rows("max_load", heat - source.max_output_mw * on, high=0.0)
        for slope, intercept in unit.pieces:
            program.rows("fuel", fuel - slope * heat - intercept * on, 0.0)
    else:
        heat, fuel, power = _polygon(program, unit, on)
        _add_power(program, inputs, unit, on, power)
    missed = program.columns(steps)
    program.rows("min_load", heat + missed - source.min_output_mw * on, 0.0)
    program.pay("least_load", prices.BELOW_LEAST_YUAN_PER_MWH * hours * missed)
    asked = np.minimum(unit.min_heat_mw, unit.max_heat_mw)
    program.rows("scheduled_limits", heat, high=unit.max_heat_mw)
    program.rows("scheduled_least", heat + missed, asked)
    start_fuel = constants(np.zeros(steps))
    if unit.units is not None:
        start_fuel = _add_commitment(program, unit, grid, heat, on, missed)
    return Machine(heat, fuel, power, on, start_fuel)


def _polygon(program: Program, unit: SourceInputs, on: Lines) -> tuple[Lines, Lines, Lines]:
    """Heat, fuel and power of a CHP as weighted corners of its polygon."""
    weights = [program.columns(len(on)) for _ in unit.vertices]
    program.rows("polygon", sum(weights[1:], weights[0]) - on, 0.0, 0.0)

    def weighed(column: int) -> Lines:
        parts = [
            float(corner[column]) * w for corner, w in zip(unit.vertices, weights, strict=True)
        ]
        return sum(parts[1:], parts[0])

    return weighed(0), weighed(2), weighed(1)


def _add_power(
    program: Program, inputs: PlanInputs, unit: SourceInputs, on: Lines, power: Lines
) -> None:
    """What the grid asks of the power of a CHP, and what it pays."""
    asked, hours, steps = unit.power, inputs.grid.step_lengths_h, inputs.grid.steps
    low, high = asked.min_mw, asked.max_mw
    if asked.exact_mw is not None:
        low = high = asked.exact_mw
        runs = asked.exact_mw > 0.0
        all_on = np.where(runs, unit.units_available, 0.0)
        shut = runs & ~_has_outlet(unit)
        program.rows("must_run", on, np.where(shut, 0.0, all_on), np.where(shut, INF, all_on))
    elif low is not None and unit.units is None:
        runs = (low > 0.0) & _has_outlet(unit)
        largest = max(corner[1] for corner in unit.vertices)
        fewest = np.maximum(1.0, np.ceil(low / largest - 1e-6))
        least = np.minimum(fewest, unit.units_available)
        program.rows("must_run", on[runs], least[runs], unit.units_available[runs])
    if low is not None or high is not None:
        missing, excess = program.columns(steps), program.columns(steps)
        made = power + missing - excess
        program.rows(
            "power_asked", made, -INF if low is None else low, INF if high is None else high
        )
        off = prices.POWER_OFF_SCHEDULE_YUAN_PER_MWH * hours * (missing + excess)
        program.pay("power_off_schedule", off)
    sold, bought = power, constants(np.zeros(steps))
    if asked.contract_mw is not None:
        sold, bought = program.columns(steps), program.columns(steps, 0.0, asked.contract_mw)
        program.rows("contract", power + bought - sold - asked.contract_mw, 0.0, 0.0)
    if inputs.case.settings.fuel.minimise is Minimise.FUEL:
        program.pay("power_credit", -asked.sell_yuan_per_mwh * hours * power)
    else:
        program.pay("power_sold", -asked.sell_yuan_per_mwh * hours * sold)
        program.pay("power_bought", asked.buy_yuan_per_mwh * hours * bought)


def _has_outlet(unit: SourceInputs) -> Array:
    """Whether mains and limits take the heat that units of a polygon cannot help making."""
    if unit.vertices is None:
        return np.ones(unit.outlet_mw.size, dtype=bool)
    forced = min(corner[0] for corner in unit.vertices) * unit.units_available
    return (forced <= unit.outlet_mw + 1e-9) & (forced <= unit.max_heat_mw + 1e-9)


def _lost_mw(unit: SourceInputs) -> Array:
    """Heat that outages of units or mains take away at each step."""
    most = np.append(unit.source.max_output_mw * unit.source.unit_count, unit.max_heat_mw)
    mains = np.append(unit.outlet_before_mw, unit.outlet_mw)
    return np.maximum(0.0, most[:-1] - most[1:]) + np.maximum(0.0, mains[:-1] - mains[1:])


def _add_ramp(program: Program, unit: SourceInputs, grid: TimeGrid, machine: Machine) -> None:
    """|Q_t − Q_(t−1)| <= ramp · units · hours; what an outage takes away falls at once, and units
    that come back and run may start at their least load.
    """
    source, heat = unit.source, machine.heat
    least = 0.0 if source.kind is SourceKind.PURCHASED_HEAT else source.min_output_mw
    if unit.vertices is not None:
        least = max(least, float(unit.vertices[:, 0].min()))
    limit = source.ramp_mw_per_h * source.unit_count * middles_h(grid)
    units = np.append(float(source.unit_count), unit.units_available)
    gained = np.maximum(0.0, np.diff(units))
    outlet = _has_outlet(unit)
    gained = np.where(outlet & ~np.append(True, outlet[:-1]), unit.units_available, gained)
    fall = limit + _lost_mw(unit)
    fall[0] = limit[0] + max(0.0, unit.outlet_before_mw - unit.outlet_mw[0])
    change = heat - heat.before(0.0)
    program.rows("ramp", change[1:], -fall[1:], (limit + gained * least)[1:])
    back = (gained > 0.0) & (np.arange(grid.steps) > 0)
    leap = least * (machine.units_on - machine.units_on.before(0.0))
    program.rows("ramp_back", (change - leap)[back], high=limit[back])
    held = unit.units_available[0] * least if unit.power.exact_mw is not None else 0
    low = min(unit.heat_before_mw - fall[0], unit.max_heat_mw[0])
    program.rows("ramp", heat[:1], low, max(unit.heat_before_mw + limit[0], held))


# ---- whole units -----------------------------------------------------------------------------


def _add_commitment(
    program: Program, unit: SourceInputs, grid: TimeGrid, heat: Lines, on: Lines, missed: Lines
) -> Lines:
    """Starts, stops, minimum times, most starts, ramps of the units on; returns fuel of starts."""
    units, steps, source = unit.units, grid.steps, unit.source
    started, stopped = program.columns(steps), program.columns(steps)
    change = on - on.before(float(units.before))
    program.rows("unit_changes", change - started + stopped, 0.0, 0.0)
    forced = program.columns(steps, 0.0, units.lost)
    program.rows("forced_stop", stopped - forced, 0.0)
    _add_min_times(program, unit, grid, on, started, stopped, forced)

    ramped = source.ramp_mw_per_h * middles_h(grid)
    at_once = _lost_mw(unit)
    at_once[0] = units.gone[0] * source.max_output_mw
    at_once[0] += max(0.0, unit.outlet_before_mw - unit.outlet_mw[0])
    ramped_first = ramped[0] * units.before
    over = unit.heat_before_mw - at_once[0] - ramped_first - unit.max_heat_mw[0]
    at_once[0] += max(0.0, over)
    rise = heat - heat.before(unit.heat_before_mw)
    leap = units.least_mw * change  # a unit that stops takes away what it had: least − missed
    program.rows("ramp_up", rise - ramped * on - leap - missed.before(0.0), high=0.0)
    fall = -rise - ramped * on.before(float(units.before)) + leap - missed
    program.rows("ramp_down", fall, high=at_once)

    fuel_mwh = source.start_fuel_tce * MWH_PER_TCE
    each = source.start_cost_yuan + fuel_mwh * unit.fuel_price_yuan_per_mwh
    program.pay("starts", each * started)
    return fuel_mwh * started


def _add_min_times(
    program: Program,
    unit: SourceInputs,
    grid: TimeGrid,
    on: Lines,
    started: Lines,
    stopped: Lines,
    forced: Lines,
) -> None:
    """Rajan and Takriti's windows, in hours; an outage excuses starts before it, not after."""
    units, source, begins = unit.units, unit.source, grid.edges_h[:-1]
    outages = np.flatnonzero(units.lost > 0.0)
    for t, now in enumerate(begins):

        def window(hours: float, t: int = t, now: float = now) -> Array:
            recent = np.flatnonzero(now - begins[: t + 1] < hours - 1e-9)
            return recent if recent.size else np.array([t])

        def earlier(events: Array, hours: float, now: float = now) -> float:
            """Units that moved before the start and less than `hours` ago at this step."""
            recent = events[:, 0] + now < hours - 1e-9
            return float(events[recent, 1].sum())

        here, at = window(source.min_up_h), np.array([t])
        known = earlier(units.on_since, source.min_up_h)
        reaches_back = now - source.min_up_h < -1e-9
        inside = [j for j in outages if j <= t and (reaches_back or j > here[0])]
        rules = [(here[0], known, inside)]
        rules += [(j, 0.0, [i for i in inside if i > j]) for j in inside]
        for first, before, excuses in rules:
            row = _sum(started, range(first, t + 1)) - on[at] - _sum(forced, excuses)
            program.rows("min_up_time", row, high=-before)

        here = window(source.min_down_h)
        known = earlier(units.off_since, source.min_down_h)
        row = _sum(stopped, here) + on[at]
        program.rows("min_down_time", row, high=units.count - known)
        gone = [j for j in range(here[0], t) if units.gone[j] > 0.0]
        for first in [here[0], *(j + 1 for j in gone)]:
            there = float(units.present[t] + units.gone[first : t + 1].sum())
            row = _sum(stopped, range(first, t + 1)) + on[at]
            program.rows("min_down_time_of_present", row, high=max(there, 0.0))

        if source.max_starts is not None:
            known = earlier(units.starts_before, STARTS_WINDOW_H)
            most = max(0.0, source.max_starts * units.count - known)
            program.rows("max_starts", _sum(started, window(STARTS_WINDOW_H)), high=most)


def _sum(family: Lines, steps: object) -> Lines:
    chosen = np.zeros((1, len(family)))
    chosen[0, list(steps)] = 1.0
    return chosen @ family


# ---- bought heat, tanks ----------------------------------------------------------------------


def _purchase(program: Program, unit: SourceInputs, grid: TimeGrid) -> Machine:
    """Heat bought: take or pay, and the order that stands, at a price."""
    steps, hours, order = grid.steps, grid.step_lengths_h, unit.order
    least = np.minimum(unit.min_heat_mw, unit.max_heat_mw)
    heat, fuel = program.columns(steps, 0.0, unit.max_heat_mw), program.columns(steps)
    missed = program.above(least - heat)
    program.pay("least_load", prices.BELOW_LEAST_YUAN_PER_MWH * hours * missed)
    for slope, intercept in unit.pieces:
        program.rows("fuel", fuel - slope * heat - intercept * unit.units_available, 0.0)
    untaken = program.above(order.least_mw - heat)
    rate = prices.HEAT_ORDER_YUAN_PER_MWH + order.pay_yuan_per_mwh
    program.pay("heat_order", rate * hours * untaken)
    bound = np.isfinite(order.ordered_mw)
    ordered = order.ordered_mw[bound]
    away = program.above((1.0 - order.tolerance) * ordered - heat[bound])
    away += program.above(heat[bound] - (1.0 + order.tolerance) * ordered)
    program.pay("heat_order", prices.HEAT_ORDER_YUAN_PER_MWH * hours[bound] * away)
    nothing = constants(np.zeros(steps))
    return Machine(heat, fuel, nothing, constants(unit.units_available), nothing)


def _tank(program: Program, inputs: PlanInputs, unit: SourceInputs) -> Machine:
    """dE/dt = −kE − Q over each step; the ramp; the worth of what is left."""
    grid, tank, value = inputs.grid, unit.tank, inputs.heat_value_yuan_per_mwh
    hours, steps = grid.step_lengths_h, grid.steps
    heat = program.columns(steps, -tank.charge_mw, unit.max_heat_mw)
    stored = program.columns(steps, 0.0, tank.energy_mwh)
    keep = (1.0 - tank.loss_per_h) ** hours
    rate = -np.log(1.0 - tank.loss_per_h)
    gain = hours if tank.loss_per_h == 0.0 else (1.0 - keep) / rate
    after = keep * stored.before(tank.stored_before_mwh) - gain * heat
    program.rows("storage_balance", stored - after, 0.0, 0.0)
    end = stored[-1:]
    program.pay("end_value_tanks", -value * end)
    drawn = program.above(tank.stored_before_mwh - end)
    program.pay("tanks_drawn", prices.TANK_DRAWN_SHARE * value * drawn)

    limit = unit.source.ramp_mw_per_h * unit.source.unit_count * middles_h(grid)
    before = unit.heat_before_mw
    program.rows("ramp", heat[:1], min(before - limit[0], 0.0), max(before + limit[0], 0.0))
    less = [np.maximum(0.0, -np.diff(x)) for x in (unit.max_heat_mw, unit.outlet_mw)]
    less_charge = np.maximum(0.0, -np.diff(tank.charge_mw))
    change = (heat - heat.before(0.0))[1:]
    program.rows("ramp", change, -limit[1:] - less[0] - less[1], limit[1:] + less_charge)
    nothing = constants(np.zeros(steps))
    return Machine(heat, nothing, nothing, nothing, nothing)
