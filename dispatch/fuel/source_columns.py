"""One source in the program of a day, by the rules of the plan's formulation without time.

Those of `formulation/heat_source.py`, `chp.py` and `heat_order.py`: polygons, convex pieces with
no-load fuel, least loads, power by schedule, band or price, take or pay. No ramps and no starts.
"""

from dataclasses import dataclass

import numpy as np

from dispatch.case import Case
from dispatch.case_kinds import Minimise, SourceKind
from dispatch.formulation import prices
from dispatch.fuel.conditions import SourceState
from dispatch.fuel.program import Program, Terms, plus
from dispatch.source_inputs import SourceInputs


@dataclass(frozen=True)
class SourceColumns:
    """What the program decides of one source, as expressions of its columns."""

    heat: Terms
    fuel: Terms
    power: Terms
    units: Terms


def add_source(
    program: Program, case: Case, unit: SourceInputs, state: SourceState, outlet_mw: float
) -> SourceColumns:
    """Add one row of `sources.csv`; `outlet_mw` is what the mains of its plant take at most."""
    if not unit.source.kind.makes_heat:
        return SourceColumns({}, {}, {}, {})
    if unit.source.kind is SourceKind.PURCHASED_HEAT:
        return _purchase(program, unit, state)
    low, high = _units_limits(unit, state, outlet_mw)
    units = program.column(low=low, high=high)
    if unit.vertices is None:
        heat = program.column()
        fuel = _fuel_pieces(program, unit, heat, units)
        power: Terms = {}
        program.at_most(plus(heat, plus(units, times=-unit.source.max_output_mw)))
    else:
        weights = [program.column() for _ in unit.vertices]
        heat, power, fuel = (
            plus(*(plus(w, times=float(v)) for w, v in zip(weights, column, strict=True)))
            for column in unit.vertices.T
        )
        _priced(program, fuel, unit.fuel_price_yuan_per_mwh)
        program.equal(plus(*weights, plus(units, times=-1.0)))
        _power(program, case, power, state)
    missed = program.column(cost=prices.BELOW_LEAST_YUAN_PER_MWH)
    program.at_least(plus(heat, missed, plus(units, times=-unit.source.min_output_mw)))
    program.at_most(heat, state.most_mw)
    if state.least_mw > 0.0:
        program.at_least(plus(heat, missed), state.least_mw)
    return SourceColumns(heat, fuel, power, units)


def _units_limits(unit: SourceInputs, state: SourceState, outlet_mw: float) -> tuple[float, float]:
    """Fewest and most units; the grid's power makes units of a CHP run, or stand.

    The heat that the polygon forces on them needs an outlet; without one the power gives way.
    """
    most = state.units if np.isnan(state.whole_units) else state.whole_units
    if unit.vertices is None:
        return 0.0, most
    forced_mw = float(unit.vertices[:, 0].min()) * state.units
    has_outlet = forced_mw <= min(outlet_mw, state.most_mw) + 1e-9
    if np.isfinite(state.power_mw):
        if state.power_mw <= 0.0:
            return 0.0, 0.0
        return (state.units, state.units) if has_outlet else (0.0, most)
    if not has_outlet or np.isfinite(state.whole_units) or not np.isfinite(state.power_min_mw):
        return 0.0, most
    return min(unit.units_for(state.power_min_mw), most), most


def _fuel_pieces(program: Program, unit: SourceInputs, heat: Terms, units: Terms) -> Terms:
    """Fuel on or above each piece, with its price."""
    fuel = program.column(cost=unit.fuel_price_yuan_per_mwh)
    for slope, intercept in unit.pieces:
        program.at_least(plus(fuel, plus(heat, times=-slope), plus(units, times=-intercept)))
    return fuel


def _priced(program: Program, terms: Terms, yuan: float) -> None:
    """Let an expression cost so much a MWh."""
    for column, value in terms.items():
        program.cost[column] += yuan * value


def _power(program: Program, case: Case, power: Terms, state: SourceState) -> None:
    """Power as the grid asks for it, and what it is worth (`formulation/chp.py`)."""
    exact = np.isfinite(state.power_mw)
    low = state.power_mw if exact else state.power_min_mw
    high = state.power_mw if exact else state.power_max_mw
    missing = program.column(cost=prices.POWER_OFF_SCHEDULE_YUAN_PER_MWH)
    excess = program.column(cost=prices.POWER_OFF_SCHEDULE_YUAN_PER_MWH)
    made = plus(power, missing, plus(excess, times=-1.0))
    if low == high:
        program.equal(made, low)
    elif np.isfinite(low):
        program.at_least(made, low)
    if low != high and np.isfinite(high):
        program.at_most(made, high)
    by_fuel = case.settings.fuel.minimise is Minimise.FUEL
    if by_fuel or np.isnan(state.contract_mw):
        _priced(program, power, -state.sell_yuan_per_mwh)
        return
    sold = program.column(cost=-state.sell_yuan_per_mwh)
    bought = program.column(cost=state.buy_yuan_per_mwh, high=state.contract_mw)
    program.equal(plus(power, bought, plus(sold, times=-1.0)), state.contract_mw)


def _purchase(program: Program, unit: SourceInputs, state: SourceState) -> SourceColumns:
    """Heat bought: its price, and what is paid for whether taken or not."""
    units = program.column(low=state.units, high=state.units)
    heat = program.column(high=state.most_mw)
    fuel = _fuel_pieces(program, unit, heat, units)
    pay = 0.0 if unit.order is None else unit.order.pay_yuan_per_mwh
    under = program.column(cost=prices.HEAT_ORDER_YUAN_PER_MWH + pay)
    program.at_least(plus(heat, under), state.ordered_least_mw)
    if state.least_mw > 0.0:
        missed = program.column(cost=prices.BELOW_LEAST_YUAN_PER_MWH)
        program.at_least(plus(heat, missed), state.least_mw)
    return SourceColumns(heat, fuel, {}, units)
