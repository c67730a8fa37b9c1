"""What pins do to stations before the plan is solved: targets, and the heat that setpoints give."""

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from dispatch.case import Case
from dispatch.emitter import heat_from_supply_kw
from dispatch.pin_inputs import PinInputs
from dispatch.setback import law_c
from dispatch.station_inputs import StationInputs

Array = NDArray[np.float64]


def with_pins(case: Case, stations: StationInputs, pins: PinInputs) -> StationInputs:
    """The stations with pinned targets, and with the heat that pinned setpoints give.

    A pinned target is a floor as well: without a price, what lies between floor and target moves
    nothing. It never lowers a floor, which keeps the coldest flats legal.
    """
    if np.isfinite(pins.target_c).any():
        stations = _with_targets(case, stations, pins.target_c)
    if pins.just_ended.any():  # what was held by hand is no setpoint to go on from
        before_c = np.where(pins.just_ended, np.nan, stations.setpoint_before_c)
        stations = replace(stations, setpoint_before_c=before_c)
    if not pins.holds_stations:
        return stations
    return replace(stations, pinned_mw=_pinned_kw(stations, pins) / 1000.0)


def _with_targets(case: Case, stations: StationInputs, pinned_c: Array) -> StationInputs:
    held = np.isfinite(pinned_c)
    target = np.where(held, pinned_c, stations.target_step_c)
    floor = np.where(held, np.fmax(pinned_c, stations.floor_step_c), stations.floor_step_c)
    target = np.maximum(target, floor)
    last = stations.response.last
    return replace(
        stations,
        floor_c=floor[:, last],
        target_c=target[:, last],
        floor_step_c=floor,
        target_step_c=target,
        law_step_c=law_c(case.settings.comfort, floor),
    )


def _pinned_kw(stations: StationInputs, pins: PinInputs) -> Array:
    """Heat of pinned blocks, kW (station, block): F8 at the rooms that follow from it (F6).

    Rooms are at their target where nothing is pinned, and no station takes more than it can.
    """
    decay, lift, drift = stations.response.block_end()
    found = np.full_like(pins.setpoint_c, np.nan)
    room_c: Array = stations.indoor_before_c
    for k in range(decay.shape[-1]):
        free_c = decay[:, k] * room_c + drift[:, k]
        mean_c = 0.5 * (room_c + free_c)
        setpoint_c = pins.setpoint_c[:, k]
        known = np.isfinite(setpoint_c)
        by_setpoint = heat_from_supply_kw(
            stations.loops, np.where(known, setpoint_c, mean_c), mean_c, 0.5 * lift[:, k]
        )
        heat_kw = np.where(known, by_setpoint, pins.heat_kw[:, k])
        found[:, k] = np.minimum(heat_kw, 1000.0 * stations.heat_max_mw[:, k])
        heated_c = free_c + lift[:, k] * found[:, k]
        room_c = np.where(np.isfinite(heated_c), heated_c, stations.target_c[:, k])
    return found
