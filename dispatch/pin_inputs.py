"""The dispatcher's pins on the plan's grid: which thing is held where, at what, in which steps.

A step, or a setpoint block, follows the pin that holds in its middle: two pins that follow each
other never meet in one. Pins of things that are not in the case (any more) hold nothing.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

import numpy as np
from numpy.typing import NDArray

from dispatch.case import Case
from dispatch.case_kinds import Manager
from dispatch.case_overrides import Override, PinWhat
from dispatch.time_grid import TimeGrid

Array = NDArray[np.float64]
Mask = NDArray[np.bool_]

HOUR = timedelta(hours=1)
OF_SOURCES = (PinWhat.HEAT_MW, PinWhat.MIN_HEAT_MW, PinWhat.MAX_HEAT_MW, PinWhat.UNITS_ON)


class PinState(StrEnum):
    """Where the window of a pin lies, seen from the published horizon."""

    ACTIVE = "active"
    PENDING = "pending"  # begins after the horizon
    EXPIRED = "expired"  # ended before it


@dataclass(frozen=True)
class PricedPin:
    """A pin of a source, a plant's share or a main: held by rows that give way at a price."""

    number: int  # position in case.overrides
    what: PinWhat
    value: float
    position: int  # of the source, plant or link
    is_main: bool
    holds: Mask  # (step,)


@dataclass(frozen=True)
class PinInputs:
    """All pins of a case on the grid; NaN where nothing is pinned."""

    state: tuple[PinState, ...]  # of each of case.overrides
    priced: tuple[PricedPin, ...]
    plant_supply_c: Array  # (plant, block)
    setpoint_c: Array  # (station, block) secondary supply
    heat_kw: Array  # (station, block)
    target_c: Array  # (station, weather step) at step ends

    @property
    def holds_stations(self) -> bool:
        """Whether heat of any station is held, by its setpoint or by itself."""
        return bool(np.isfinite(self.setpoint_c).any() or np.isfinite(self.heat_kw).any())


def pin_inputs(case: Case, grid: TimeGrid) -> PinInputs:
    """Lay all pins of a case on the grid."""
    stations, plants = len(case.stations), case.plant_ids
    setpoint, heat = np.full((2, stations, grid.blocks), np.nan)
    target = np.full((stations, grid.weather_steps), np.nan)
    supply = np.full((len(plants), grid.blocks), np.nan)
    in_block = _middles(grid.block_edges_h)
    ends_h = np.arange(1, grid.weather_steps + 1) * grid.step_h
    priced = []
    for number, pin in enumerate(case.overrides):
        begin_h, end_h = hours_of(pin, grid.start)
        block = (in_block >= begin_h) & (in_block < end_h)
        loops = loops_of(case, pin)
        if pin.what is PinWhat.SECONDARY_SUPPLY_C:
            setpoint[np.ix_(loops, block)] = pin.value
        elif pin.what is PinWhat.HEAT_KW:
            heat[np.ix_(loops, block)] = pin.value
        elif pin.what is PinWhat.INDOOR_TARGET_C:
            target[np.ix_(loops, (ends_h > begin_h) & (ends_h <= end_h))] = pin.value
        elif pin.what is PinWhat.SUPPLY_TEMP_C:
            if pin.id in plants:
                supply[plants.index(pin.id), block] = pin.value
        else:
            priced += _priced(case, grid, number, pin)
    return PinInputs(
        state=tuple(state_of_pin(pin, grid) for pin in case.overrides),
        priced=tuple(priced),
        plant_supply_c=supply,
        setpoint_c=setpoint,
        heat_kw=heat,
        target_c=target,
    )


def hours_of(pin: Override, start: datetime) -> tuple[float, float]:
    """Begin and end of a pin, in hours since `start`."""
    return (pin.from_time - start) / HOUR, (pin.to_time - start) / HOUR


def state_of_pin(pin: Override, grid: TimeGrid) -> PinState:
    """Whether a pin concerns the published horizon."""
    begin_h, end_h = hours_of(pin, grid.start)
    if end_h <= 0.0:
        return PinState.EXPIRED
    within = begin_h < float(grid.edges_h[grid.horizon_steps])
    return PinState.ACTIVE if within else PinState.PENDING


def steps_held(pin: Override, grid: TimeGrid) -> Mask:
    """Steps in whose middle a pin holds, (step,)."""
    begin_h, end_h = hours_of(pin, grid.start)
    middle_h = _middles(grid.edges_h)
    held: Mask = (middle_h >= begin_h) & (middle_h < end_h)
    return held


def loops_of(case: Case, pin: Override) -> list[int]:
    """Positions of our own loops that a pin of stations holds; a zone only where rooms are meant."""
    if not pin.what.is_of_stations:
        return []
    ours = [s for s in enumerate(case.stations) if s[1].managed_by is Manager.UTILITY]
    named = [
        i
        for i, s in ours
        if pin.id in (s.station_id, s.loop_id, f"{s.station_id}/{s.loop}")
    ]
    if not named and pin.what is PinWhat.INDOOR_TARGET_C:
        return [i for i, s in ours if s.zone_id == pin.id]
    return named


def _middles(edges_h: Array) -> Array:
    return np.asarray(0.5 * (edges_h[:-1] + edges_h[1:]))


def _priced(case: Case, grid: TimeGrid, number: int, pin: Override) -> list[PricedPin]:
    """The pin on the grid, or nothing where the case has no such thing or no such share."""
    names: list[str] = [source.source_id for source in case.sources]
    if pin.what is PinWhat.SHARE:
        grouped = {name for group in case.settings.share.values() for name in group.shares}
        names = [plant if plant in grouped else "" for plant in case.plant_ids]
    elif pin.is_main:
        names = [link.link_id for link in case.links]
    if pin.id not in names:
        return []
    held, position = steps_held(pin, grid), names.index(pin.id)
    return [PricedPin(number, pin.what, pin.value, position, pin.is_main, held)]
