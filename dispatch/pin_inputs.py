"""The dispatcher's pins on the plan's grid: which thing is held where, at what, in which steps.

A step follows the pin that holds in its middle. Setpoints stand for whole blocks, so that a pin of
one holds in every block that it touches; where two follow each other in a block, the one that has
more of it. Pins of things that are not in the case (any more) hold nothing.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

import numpy as np
from numpy.typing import NDArray

from dispatch.case import Case
from dispatch.case_kinds import Manager
from dispatch.case_overrides import Override, PinWhat
from dispatch.pinned import PinState
from dispatch.time_grid import TimeGrid

Array = NDArray[np.float64]
Mask = NDArray[np.bool_]

HOUR = timedelta(hours=1)


@dataclass(frozen=True)
class PinInputs:
    """All pins of a case on the grid; NaN where nothing is pinned."""

    state: tuple[PinState, ...]  # of each of case.overrides
    plant_supply_c: Array  # (plant, block)
    setpoint_c: Array  # (station, block) secondary supply
    heat_kw: Array  # (station, block)
    target_c: Array  # (station, weather step) at step ends
    just_ended: Mask  # (station,) a setpoint was held until shortly before the start

    @property
    def holds_stations(self) -> bool:
        """Whether heat of any station is held, by its setpoint or by itself."""
        return bool(np.isfinite(self.setpoint_c).any() or np.isfinite(self.heat_kw).any())


def pin_inputs(case: Case, grid: TimeGrid) -> PinInputs:
    """Lay all pins of a case on the grid."""
    stations, plants = len(case.stations), case.plant_ids
    setpoint, heat = (np.full((stations, grid.blocks), np.nan) for _ in range(2))
    target = np.full((stations, grid.weather_steps), np.nan)
    supply = np.full((len(plants), grid.blocks), np.nan)
    taken_h = np.zeros(
        (stations + len(plants), grid.blocks)
    )  # of each block by the pin that has it
    ends_h = np.arange(1, grid.weather_steps + 1) * grid.step_h
    ended, hold_h = np.zeros(stations, dtype=bool), case.settings.time.setpoint_hold_h
    for pin in case.overrides:
        begin_h, end_h = hours_of(pin, grid.start)
        has_h = _overlap_h(grid, begin_h, end_h)
        for s in loops_of(case, pin):
            if pin.what is PinWhat.INDOOR_TARGET_C:
                target[s, (ends_h > begin_h) & (ends_h <= end_h)] = pin.value
                continue
            ended[s] |= begin_h < 0.0 and -hold_h < end_h <= 0.0
            more = has_h > taken_h[s]
            taken_h[s, more] = has_h[more]
            setpoint[s, more] = pin.value if pin.what is PinWhat.SECONDARY_SUPPLY_C else np.nan
            heat[s, more] = pin.value if pin.what is PinWhat.HEAT_KW else np.nan
        if pin.what is PinWhat.SUPPLY_TEMP_C and pin.id in plants:
            p = plants.index(pin.id)
            more = has_h > taken_h[stations + p]
            taken_h[stations + p, more] = has_h[more]
            supply[p, more] = pin.value
    return PinInputs(
        state=tuple(state_of_pin(pin, grid) for pin in case.overrides),
        plant_supply_c=supply,
        setpoint_c=setpoint,
        heat_kw=heat,
        target_c=target,
        just_ended=ended,
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
    middle_h = 0.5 * (grid.edges_h[:-1] + grid.edges_h[1:])
    held: Mask = (middle_h >= begin_h) & (middle_h < end_h)
    return held


def loops_of(case: Case, pin: Override) -> list[int]:
    """Positions of our own loops that a pin of stations holds; or a zone's."""
    if not pin.what.is_of_stations:
        return []
    ours = [s for s in enumerate(case.stations) if s[1].managed_by is Manager.UTILITY]
    named = [i for i, s in ours if pin.id in (s.station_id, s.loop_id, f"{s.station_id}/{s.loop}")]
    if not named and pin.what is PinWhat.INDOOR_TARGET_C:
        return [i for i, s in ours if s.zone_id == pin.id]
    return named


def _overlap_h(grid: TimeGrid, begin_h: float, end_h: float) -> Array:
    """Hours of each block that a window has, (block,)."""
    edges_h = grid.block_edges_h
    until_h, since_h = np.minimum(edges_h[1:], end_h), np.maximum(edges_h[:-1], begin_h)
    return np.asarray(np.maximum(0.0, until_h - since_h))
