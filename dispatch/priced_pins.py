"""Pins of sources, shares and mains as rows of the plan: what of each can be asked for, by step.

A pin that an outage, a power schedule or the ramp from the present output rules out would cost its
price whatever the plan does, and drown all else in the objective. So it is asked for as far as
these let it; what is then published is still held against the pin itself.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from dispatch.case import Case
from dispatch.case_overrides import Override, PinWhat
from dispatch.fuel_curve import heat_range_at_mw
from dispatch.pin_inputs import PinInputs, steps_held
from dispatch.pinned import PinState
from dispatch.source_inputs import SourceInputs
from dispatch.time_grid import TimeGrid

Array = NDArray[np.float64]


@dataclass(frozen=True)
class PricedPin:
    """A pin that gives way at a price; NaN in steps without, and where it has no such end."""

    number: int  # position in case.overrides
    what: PinWhat
    position: int  # of the source, plant or link
    is_main: bool
    least: Array  # (step,)
    most: Array  # (step,)


def priced_pins(
    case: Case, grid: TimeGrid, pins: PinInputs, sources: Sequence[SourceInputs]
) -> tuple[PricedPin, ...]:
    """Return the pins that are held by rows; none for what the case does not have."""
    found = []
    for number, pin in enumerate(case.overrides):
        names = _names(case, pin)
        if pins.state[number] is PinState.EXPIRED or pin.id not in names:
            continue
        position = names.index(pin.id)
        low, high = np.full((2, grid.steps), pin.value)
        if not (pin.is_main or pin.what.is_of_plants):
            least, most = _reach(sources[position], pin, grid)
            low, high = np.minimum(pin.value, most), np.maximum(pin.value, least)
        held = steps_held(pin, grid)
        has_least = held & (pin.what is not PinWhat.MAX_HEAT_MW)
        has_most = held & (pin.what is not PinWhat.MIN_HEAT_MW)
        found.append(
            PricedPin(
                number=number,
                what=pin.what,
                position=position,
                is_main=pin.is_main,
                least=np.where(has_least, low, np.nan),
                most=np.where(has_most, high, np.nan),
            )
        )
    return tuple(found)


def _names(case: Case, pin: Override) -> list[str]:
    """Names in the order of what the pin is about; of plants only those in a share group."""
    if pin.what.is_of_stations or pin.what is PinWhat.SUPPLY_TEMP_C:
        return []
    if pin.what is PinWhat.SHARE:
        grouped = {name for group in case.settings.share.values() for name in group.shares}
        return [plant if plant in grouped else "" for plant in case.plant_ids]
    if pin.is_main:
        return [link.link_id for link in case.links]
    return [source.source_id for source in case.sources]


def _reach(unit: SourceInputs, pin: Override, grid: TimeGrid) -> tuple[Array, Array]:
    """Least and most that a source can have of what is pinned, (step,)."""
    if pin.what is not PinWhat.UNITS_ON:
        return _heat_reach(unit, grid)
    most = unit.units_available if unit.units is None else unit.units.present.astype(float)
    return (most if unit.runs_always else np.zeros_like(most)), most


def _heat_reach(unit: SourceInputs, grid: TimeGrid) -> tuple[Array, Array]:
    """Least and most heat, MW (step,): by limits, power and mains, and the ramp from the start.

    The ramp is told generously where units start and stop: what it forbids then is seen by the
    plan itself.
    """
    ramp_mw_per_h = unit.source.ramp_mw_per_h * unit.source.unit_count
    leap_mw = unit.least_unit_mw * unit.source.unit_count
    floor, roof = unit.hard_least_mw.copy(), np.minimum(unit.max_heat_mw, unit.outlet_mw)
    for t in range(grid.steps):
        low, high = power_range_mw(unit, t)
        floor[t], roof[t] = max(floor[t], low), min(roof[t], high)
    least, most = np.empty(grid.steps), np.empty(grid.steps)
    before_low = before_high = unit.heat_before_mw
    for t, hours in enumerate(grid.step_lengths_h):
        leaps = leap_mw if unit.units is not None or before_high <= 0.0 else 0.0
        step_mw = ramp_mw_per_h * float(hours) + leaps
        most[t] = max(min(roof[t], before_high + step_mw), min(floor[t], roof[t]))
        least[t] = min(max(floor[t], before_low - step_mw), most[t])
        before_low, before_high = float(least[t]), float(most[t])
    return least, most


def power_range_mw(unit: SourceInputs, step: int) -> tuple[float, float]:
    """Least and most heat beside the power that the grid asks for, MW of the row."""
    if unit.power_mw is None or unit.vertices is None or unit.units_available[step] <= 0.0:
        return -np.inf, np.inf
    units = float(unit.units_available[step])
    low, high = heat_range_at_mw(unit.vertices, float(unit.power_mw[step]) / units)
    return (low * units, high * units) if low <= high else (-np.inf, np.inf)
