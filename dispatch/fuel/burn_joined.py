"""Burn ahead joined to the hourly plan without a jump: the plan's own on the days it covers."""

import xarray as xr

from dispatch.fuel.burn_paths import BurnAhead
from dispatch.inputs import PlanInputs
from forecasts.weather.weather_ahead import WeatherAhead


def joined_to_plan(
    burn: BurnAhead, schedule: xr.Dataset, inputs: PlanInputs, ahead: WeatherAhead
) -> BurnAhead:
    """Put the plan's burn in place of the reduced dispatch's where the plan's horizon reaches.

    There the expected burn is the plan's own, and each path differs from it by what the reduced
    dispatch makes of the path's weather, never below zero. After the horizon the reduced dispatch
    goes on with the split over yards that the plan was on.
    """
    raise NotImplementedError
