"""What the buildings' parameters say of the network's heat, past and to come.

The other opinion beside measured load (`demand_correction.py`). Hourly; of the past at the rooms
that were measured, with the heat that went into the buildings or came out of them, so that what
earlier plans decided is no error of the parameters.
"""

from dataclasses import dataclass, replace
from datetime import datetime

import numpy as np
from numpy.typing import NDArray

from dispatch.case import Case
from dispatch.network_inputs import loss_mw, soil_c
from dispatch.setback import at_step_ends, setbacks_c
from dispatch.station_inputs import (
    buildings_of,
    commanded,
    floor_c,
    target_c,
    third_party_heat_kw,
)
from dispatch.time_grid import TimeGrid
from forecasts.demand.building import (
    BASE_TEMP_C,
    Buildings,
    Weather,
    filtered_temperature_c,
    static_heat_kw,
)

Array = NDArray[np.float64]

FILTER_H = 48  # of weather before the first hour of interest, so that F3 is settled


@dataclass(frozen=True)
class BottomUp:
    """A case on hours from `first` on, ready to be asked for any weather."""

    case: Case
    buildings: Buildings
    target_c: Array  # (station,) while people are in
    target_step_c: Array  # (station, hour) with timetables
    soil_c: float
    storage_mwh_per_k: float  # of the buildings we command

    def users_mw(self, hour: int, weather: Weather, room_k: Array | float = 0.0) -> Array:
        """Heat that all users need in the hours from `hour` on, MW, as many as `weather` has.

        `room_k` (hour,) is by how much the rooms we command are above their target; where it
        rises or falls, the buildings' mass takes or gives heat.
        """
        hours = weather.air_temperature_c.size
        target = self.target_step_c[:, hour : hour + hours] + room_k
        own = static_heat_kw(self.buildings, weather, target)
        theirs = third_party_heat_kw(self.case, self.buildings, weather, self.target_c)
        ours = commanded(self.case)[:, None]
        total = np.where(ours, own, theirs).sum(axis=0) / 1000.0
        rooms = np.broadcast_to(np.asarray(room_k, dtype=np.float64), (hours,))
        if hours < 2:
            return np.asarray(total)
        return np.asarray(total + self.storage_mwh_per_k * np.gradient(rooms))

    def losses_mw(self, weather: Weather) -> Array:
        """What all mains lose, MW (hour,), by F12 at the load that the weather brings."""
        settings = self.case.settings
        smooth = filtered_temperature_c(weather.air_temperature_c, 1.0, settings.demand.filter_h)
        lift_k = BASE_TEMP_C - settings.design_outdoor_temp_c
        relative = np.clip((BASE_TEMP_C - smooth) / lift_k, 0.1, 1.5)
        soil = np.full(relative.size, self.soil_c)
        lost = [loss_mw(self.case, link, relative, soil) for link in self.case.links]
        return np.asarray(np.sum(lost, axis=0), dtype=np.float64)


def bottom_up(case: Case, grid: TimeGrid, first: datetime, hours: int) -> BottomUp:
    """Lay a case on `hours` hours from `first` (aware, a full hour); soil as at the grid's start.

    Over weeks the soil changes by a kelvin or two, and with it the loss by 2 % of 3 % of the heat.
    """
    buildings = buildings_of(case)
    target = target_c(case, floor_c(case, buildings))
    hourly = replace(grid, start=first, step_h=1.0)
    ours = commanded(case)
    storage = (buildings.heat_capacity_j_per_m2k * buildings.area_m2)[ours].sum() / 3.6e9
    return BottomUp(
        case=case,
        buildings=buildings,
        target_c=target,
        target_step_c=at_step_ends(target, setbacks_c(case, hourly, 0.0, hours + 1)),
        soil_c=float(soil_c(case, grid)[0]),
        storage_mwh_per_k=float(storage),
    )
