"""What the weather may still do to a load forecast, beyond the errors it has learned from.

Quantiles of a load forecast hold the errors of the weather forecasts behind past ones. On days of
which no forecast was kept the weather that came stood in for it, and those errors are missing:
they are put back here, by the load per K of the buildings' parameters.
"""

from dataclasses import replace

import numpy as np
import xarray as xr
from numpy.typing import NDArray

from dispatch.bottom_up import FILTER_H, BottomUp
from forecasts.demand.building import Weather
from forecasts.demand.load.record import RADIATION, TEMPERATURE, WIND
from forecasts.weather.solar import HOUR

Array = NDArray[np.float64]

COLD_QUANTILE = 1.2816  # 10 % of a normal error lie beyond
SPREAD = "air_temperature_sd"  # of the plan's weather, K
LEAST_LOAD = 0.05  # of the mean: a share of less is no measure
MOST_SHARE = 1.0  # a load may be off by itself at most


def weather_share(
    model: BottomUp, first_hour: int, ahead: xr.Dataset, issue: np.datetime64, hours: int
) -> Array:
    """Standard deviation of the load by that of the temperature, over the load, (hour,).

    `first_hour` is the issue in hours of `model`, `ahead` the plan's weather, hourly. The error of
    a temperature lasts for hours, so all of them are taken to be off together. Zero where the
    weather does not say how far it may stray.
    """
    if SPREAD not in ahead:
        return np.zeros(hours)
    at = int((issue - ahead["time"].values[0]) // HOUR)
    before = min(FILTER_H, at, first_hour)  # the model knows no earlier hour
    part = ahead.isel(time=slice(at - before, at + hours))
    weather = Weather(
        1.0,
        *(np.asarray(part[name].values, dtype=float) for name in (TEMPERATURE, WIND, RADIATION)),
    )
    sd_k = np.nan_to_num(np.asarray(part[SPREAD].values, dtype=float))
    sd_k[:before] = 0.0  # what is over is known
    warmer = replace(weather, air_temperature_c=weather.air_temperature_c + sd_k)
    usual, less = (model.users_mw(first_hour - before, one)[before:] for one in (weather, warmer))
    floor = LEAST_LOAD * max(float(usual.mean()), 1e-9)
    share = np.zeros(hours)
    share[: usual.size] = np.clip((usual - less) / np.maximum(usual, floor), 0.0, MOST_SHARE)
    return share


def widened(
    low_mw: Array, load_mw: Array, high_mw: Array, sd_mw: Array, quantile: float
) -> tuple[Array, Array]:
    """Ends of an interval with an independent normal error of `sd_mw` added; never below zero.

    `quantile` is how many standard deviations of it the ends lie out (1.28 for 80 %).
    """
    below = np.hypot(load_mw - low_mw, quantile * sd_mw)
    above = np.hypot(high_mw - load_mw, quantile * sd_mw)
    return np.maximum(0.0, load_mw - below), load_mw + above
