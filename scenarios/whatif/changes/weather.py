"""Changes of the weather to come. What was is known: hours before the plan's start stay."""

from dataclasses import replace
from datetime import UTC, datetime
from typing import Literal

import numpy as np
import xarray as xr
from numpy.typing import NDArray
from pydantic import Field

from dispatch.situation import Situation
from scenarios.whatif.window import TimedChange

Array = NDArray[np.float64]

TEMPERATURES = (
    "air_temperature",
    "air_temperature_uncorrected",
    "air_temperature_quantile",
    "air_temperature_member",
)


class TemperatureShift(TimedChange):
    """Outdoor air colder or warmer throughout, as when the forecast is off (handbook §13)."""

    kind: Literal["temperature_shift"] = "temperature_shift"
    shift_k: float = Field(default=-3, ge=-25, le=25)

    def applied(self, situation: Situation) -> Situation:
        """Return the situation with the forecast shifted."""
        begins, ends = self.window(situation)

        def colder(sky: xr.Dataset) -> xr.Dataset:
            return with_temperature_added(sky, shift_within(sky, begins, ends, self.shift_k))

        return replace(
            situation, weather=colder(situation.weather), further=colder(situation.further)
        )


def shift_within(sky: xr.Dataset, begins: datetime, ends: datetime, shift_k: float) -> Array:
    """Return a shift of the hours of a window, (time,) K."""
    times = sky["time"].values
    first, last = (np.datetime64(at.astimezone(UTC).replace(tzinfo=None)) for at in (begins, ends))
    return np.where((times >= first) & (times < last), shift_k, 0.0)


def with_temperature_added(sky: xr.Dataset, shift_k: Array) -> xr.Dataset:
    """Return weather with its temperature, and all that is told of it, shifted by (time,) K."""
    names = [name for name in TEMPERATURES if name in sky]
    added = xr.DataArray(shift_k, dims="time", coords={"time": sky["time"]})
    shifted = {}
    for name in names:
        array = (sky[name] + added).transpose(*sky[name].dims)
        shifted[name] = array.assign_attrs(sky[name].attrs)
    return sky.assign(shifted)


CHANGES = (TemperatureShift,)
