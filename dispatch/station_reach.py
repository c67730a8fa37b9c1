"""Most heat that a station's exchanger passes from the hottest primary water there can be (F10).

A loop may be able to take more heat than its exchanger and its primary valve let through. Were the
plan not told, it would wish for heat (a preheat ahead of an outage, a morning's warming up) that
only shows to be out of reach once the primary side is worked out, when it is too late to start
earlier.
"""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from dispatch.case import Case, Link
from dispatch.emitter import Loops, secondary_temperatures_c
from dispatch.exchanger import VALVE_RESERVE, exchangers_of, lowest_primary_supply_c

Array = NDArray[np.float64]

_HALVINGS = 24  # of the range of heat: to a ten-millionth of the most


def plant_supply_max_c(case: Case) -> dict[str, float]:
    """Hottest supply of each plant: the weakest of its sources counts, and the network's limit."""
    limit_c = case.settings.network.primary_supply_max_c
    highest = dict.fromkeys(case.plant_ids, limit_c)
    for source in case.sources:
        if source.kind.makes_heat:
            plant = source.plant_id
            highest[plant] = min(highest[plant], source.supply_temp_max_c)
    return highest


def hottest_door_c(case: Case) -> Array:
    """Hottest primary water at each station's door, (station,) °C.

    Waters of the zone's mains mixed by capacity, each cooler by what its main loses at design. A
    zone that only ties feed gets what the coolest plant can send.
    """
    highest = plant_supply_max_c(case)
    return_c = case.settings.network.primary_design_return_c

    def at_door_c(mains: Sequence[Link]) -> float:
        if not mains:
            return min(highest.values())
        door = [
            highest[main.from_id]
            - main.loss_mw_design / main.capacity_mw * max(0.0, highest[main.from_id] - return_c)
            for main in mains
        ]
        return float(np.average(door, weights=[main.capacity_mw for main in mains]))

    mains = [link for link in case.links if not case.is_tie(link)]
    by_zone = {
        zone: at_door_c([main for main in mains if main.to_id == zone]) for zone in case.zone_ids
    }
    return np.array([by_zone[station.zone_id] for station in case.stations])


def passing_heat_kw(case: Case, loops: Loops, indoor_c: Array, most_kw: Array) -> Array:
    """Most heat of each loop at rooms of `indoor_c`, kW (station,): `most_kw` or what passes.

    With the reserve of the valve that supply temperatures are set by, so that a plan at this
    limit is one that the primary side can carry.
    """
    door_c, exchangers = hottest_door_c(case), exchangers_of(case.stations, loops)

    def passes(heat_kw: Array) -> NDArray[np.bool_]:
        back_c = secondary_temperatures_c(loops, heat_kw, indoor_c)[1]
        need_c = lowest_primary_supply_c(exchangers, heat_kw, back_c, VALVE_RESERVE)
        return np.asarray(need_c <= door_c)

    low, high = np.zeros_like(most_kw), most_kw.copy()
    for _ in range(_HALVINGS):
        middle = 0.5 * (low + high)
        fits = passes(middle)
        low, high = np.where(fits, middle, low), np.where(fits, high, middle)
    return np.where(passes(most_kw), most_kw, low)
