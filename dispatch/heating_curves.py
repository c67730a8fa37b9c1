"""Setpoints of every station by its heating curve: what a controller does that knows the weather.

The curves are those of `fallback_curves.csv` (handbook §5 F8), followed on the filtered outdoor
temperature (F3), so a station set by hand from that file stands where these setpoints are.
"""

from datetime import timedelta

import numpy as np
import xarray as xr
from numpy.typing import NDArray

from dispatch.change_limits import grid_down, grid_nearest, grid_up
from dispatch.fallback_curves import curve_id_of, fallback_curves
from dispatch.inputs import HISTORY_H, PlanInputs, weather_arrays
from forecasts.demand.building import filtered_temperature_c

Array = NDArray[np.float64]


def filtered_block_c(inputs: PlanInputs, weather: xr.Dataset) -> Array:
    """Filtered outdoor temperature, mean of each block, (block,) °C.

    `weather` has the grid's step and spans from `HISTORY_H` before the start.
    """
    grid = inputs.grid
    before = grid.start - timedelta(hours=HISTORY_H)
    past = round(HISTORY_H / grid.step_h)
    both = weather_arrays(weather, before, grid.step_h, past + grid.weather_steps)
    hours = inputs.case.settings.demand.filter_h
    smooth = filtered_temperature_c(both.air_temperature_c, grid.step_h, hours)[past:]
    block = grid.block_of_weather_step
    return np.bincount(block, smooth, grid.blocks) / np.bincount(block, minlength=grid.blocks)


def curve_setpoints_c(inputs: PlanInputs, outdoor_c: Array) -> Array:
    """Supply setpoints by the curves, (station, block) °C, in multiples of 0.5 K.

    `outdoor_c` (block,). Within the station's limits, and no faster from block to block than it
    may move, from where it stands if that is known.
    """
    case, stations = inputs.case, inputs.stations
    settings = case.settings
    table = fallback_curves(case.stations, settings.network, settings.design_outdoor_temp_c)
    by_curve = {
        str(name): np.interp(outdoor_c, rows["outdoor_temp_c"], rows["secondary_supply_c"])
        for name, rows in table.groupby("curve_id")
    }
    wanted = grid_nearest(np.array([by_curve[curve_id_of(one)] for one in case.stations]))
    low, high = grid_up(stations.loops.supply_min_c), grid_down(stations.loops.supply_max_c)
    step_k = grid_down(inputs.station_step_k)
    supply, before = np.empty_like(wanted), stations.setpoint_before_c
    for k in range(wanted.shape[1]):
        known = np.where(np.isfinite(before), before, wanted[:, k])
        moved = np.clip(wanted[:, k], known - step_k, known + step_k)
        supply[:, k] = before = np.clip(moved, low, high)
    return supply
