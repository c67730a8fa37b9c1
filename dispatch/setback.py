"""Floors and targets by the hour for loops that are set back while nobody is in.

While people are in, rooms keep their floor and target; else both fall to the setback temperature
of the timetable. What holds at a moment is the higher of the steps on both sides: rooms are warm
when people come and until they go, so warming up beforehand is left to the optimisation.
"""

from collections.abc import Sequence
from datetime import timedelta

import numpy as np
from numpy.typing import NDArray

from dispatch.case import Case
from dispatch.settings import Comfort
from dispatch.time_grid import TimeGrid
from dispatch.timetable import timetables_of
from forecasts.demand.building import Buildings, Weather, block_response
from forecasts.demand.calendar import setback_temperatures_c

Array = NDArray[np.float64]
Mask = NDArray[np.bool_]


def timetabled(case: Case) -> Mask:
    """Which loops go by a timetable, (station,)."""
    return np.array([station.timetable_id is not None for station in case.stations])


def setbacks_c(case: Case, grid: TimeGrid, first_h: float, steps: int) -> Array:
    """Setback temperature on steps from `first_h` after the grid's start, (station, step), °C.

    NaN while people are in, and for loops without a timetable.
    """
    moments = [grid.start + timedelta(hours=first_h + step * grid.step_h) for step in range(steps)]
    used = {station.timetable_id for station in case.stations}
    by_id = {
        name: setback_temperatures_c(table, moments, grid.step_h, case.settings.timezone)
        for name, table in timetables_of(case.timetables).items()
        if name in used
    }
    always = np.full(steps, np.nan)
    rows: Sequence[Array] = [by_id.get(s.timetable_id or "", always) for s in case.stations]
    return np.array(rows)


def at_step_ends(level_c: Array, setback_c: Array) -> Array:
    """What rooms need at the end of each step, (station, step), °C.

    `level_c` (station,) holds while people are in; `setback_c` (station, step + 1) else.
    """
    steps = np.where(np.isnan(setback_c), level_c[:, None], setback_c)
    return np.maximum(steps[:, :-1], steps[:, 1:])


def law_c(comfort: Comfort, floor_c: Array) -> Array:
    """The temperature below which rooms must never go, °C, of the shape of `floor_c`.

    The legal minimum where the floor is at least as high; in a setback it is not due, and the
    frost guard takes its place.
    """
    frost_c = np.minimum(comfort.frost_guard_c, floor_c)
    return np.where(floor_c >= comfort.legal_min_c, comfort.legal_min_c, frost_c)


def cooled_since_occupied_c(
    case: Case, grid: TimeGrid, level_c: Array, buildings: Buildings, history: Weather
) -> Array:
    """Rooms of which nothing is known, (station,) °C: unheated since people were last in.

    `level_c` (station,) is what they had then; `history` the weather up to the plan's start.
    No room has fallen below the setback that holds at the start.
    """
    rooms, steps = level_c.copy(), history.air_temperature_c.size
    if not timetabled(case).any():
        return rooms
    setback_c = setbacks_c(case, grid, -steps * grid.step_h, steps + 1)
    for s in np.flatnonzero(np.isfinite(setback_c[:, -1])):
        inside = np.flatnonzero(np.isnan(setback_c[s, :-1]))
        since = 0 if inside.size == 0 else int(inside[-1]) + 1
        fallen = -np.inf if inside.size == 0 else float(level_c[s])
        if 0 < since < steps:
            fallen = _fallen_c(fallen, _one(buildings, int(s)), _from(history, since))
        rooms[s] = min(float(level_c[s]), max(fallen, float(setback_c[s, -1])))
    return rooms


def _fallen_c(start_c: float, building: Buildings, weather: Weather) -> float:
    """Where a room without heat is after some weather (F6), °C."""
    steps = weather.air_temperature_c.size
    response = block_response(building, weather, np.zeros(steps, dtype=np.intp))
    decay, _, drift = response.block_end()
    return float(decay[0, 0]) * start_c + float(drift[0, 0])


def _one(buildings: Buildings, row: int) -> Buildings:
    """The building of one loop."""
    only = slice(row, row + 1)
    return Buildings(
        area_m2=buildings.area_m2[only],
        specific_loss_w_per_m2k=buildings.specific_loss_w_per_m2k[only],
        heat_capacity_j_per_m2k=buildings.heat_capacity_j_per_m2k[only],
        gain_w_per_m2=buildings.gain_w_per_m2[only],
        solar_aperture=buildings.solar_aperture[only],
        wind_loss_w_per_m2k_per_m_s=buildings.wind_loss_w_per_m2k_per_m_s[only],
        wind_reference_m_per_s=buildings.wind_reference_m_per_s,
    )


def _from(weather: Weather, step: int) -> Weather:
    """The weather from a step on."""
    return Weather(
        weather.step_h,
        weather.air_temperature_c[step:],
        weather.wind_m_per_s[step:],
        weather.radiation_w_per_m2[step:],
    )
