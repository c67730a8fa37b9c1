"""How far the outdoor temperature of a plan may be off, hour by hour, kept with the schedule."""

import numpy as np
import xarray as xr

from dispatch.schedule import FAN, put
from forecasts.weather.outlook import temperature_quantiles

FAN_LEVELS = dict(zip(FAN, (0.1, 0.25, 0.75, 0.9), strict=True))


def with_fan(schedule: xr.Dataset, weather: xr.Dataset) -> xr.Dataset:
    """The schedule with quantiles of its outdoor temperature, (time,) °C, where any are known.

    `weather` is on the schedule's step and begins before it. Quantiles are those of the forecast:
    from the errors of past runs, or of an ensemble's calibrated members.
    """
    quantiles_c = temperature_quantiles(weather)
    if quantiles_c is None:
        return schedule
    times = schedule["time"].values
    first = int(np.searchsorted(weather["time"].values, times[0]))
    data: dict[str, xr.DataArray] = {}
    for name, level in FAN_LEVELS.items():
        put(data, name, quantiles_c[level][first : first + times.size])
    return schedule.assign(data)
