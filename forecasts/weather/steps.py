"""Hourly weather on shorter steps."""

import numpy as np
import xarray as xr

from forecasts.series import check_weather, step_hours
from forecasts.weather.solar import HOUR

STEPS_H = (0.25, 0.5, 1.0)


def resample(weather: xr.Dataset, step_h: float) -> xr.Dataset:
    """Return hourly `weather` on steps of 0.25, 0.5 or 1 h; ValueError for others.

    Each hourly mean is repeated. A line through the hours would look smoother, but changes hourly
    integrals, and with them heat and fuel: with repetition a plan on 15-minute steps needs to the
    last digit the heat of one on hours, and buildings (time constants of 30 h and more) cannot
    tell the difference.
    """
    if step_h not in STEPS_H:
        raise ValueError(f"step_h is {step_h:g}; weather is given on 0.25, 0.5 or 1 h.")
    if step_hours(weather) != 1.0:
        raise ValueError(f"weather is on {step_hours(weather):g} h steps, expected 1 h.")
    per_hour = round(1 / step_h)
    hours = np.repeat(np.arange(weather.sizes["time"]), per_hour)
    within = np.tile(np.arange(per_hour), weather.sizes["time"]) * (HOUR // per_hour)
    finer = weather.isel(time=hours)
    finer = finer.assign_coords(time=weather["time"].values[hours] + within)
    if "lead_time" in finer.coords:
        lead_h = finer["lead_time"].values + within / HOUR
        finer = finer.assign_coords(lead_time=("time", lead_h, weather["lead_time"].attrs))
    return check_weather(finer)
