"""Rooms whose target the dispatcher has pinned, as the schedule tells."""

import numpy as np
import xarray as xr
from numpy.typing import NDArray

from dispatch.case_overrides import PinWhat

Mask = NDArray[np.bool_]


def pinned_rooms(schedule: xr.Dataset) -> Mask:
    """Where a pin sets what rooms are to be, (station, time)."""
    names, zones = schedule["station"].values, schedule["station_zone"].values
    rooms = np.zeros((schedule.sizes["station"], schedule.sizes["time"]), dtype=bool)
    if "pin_what" not in schedule:
        return rooms
    held = schedule["pin_held"].values > 0.5
    for row, what in enumerate(schedule["pin_what"].values):
        if str(what) != PinWhat.INDOOR_TARGET_C.value:
            continue
        thing = str(schedule["pin_thing"].values[row]).replace("/", ".")
        of_station = [str(name) == thing or str(name).startswith(f"{thing}.") for name in names]
        meant = np.array(of_station) if any(of_station) else zones == thing
        rooms |= meant[:, None] & held[row]
    return rooms
