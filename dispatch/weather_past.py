"""The hours before a plan of which the weather is really known."""

import xarray as xr

from forecasts.weather.hand_over import Origin
from forecasts.weather.provider import Nature


def weather_that_came(weather: xr.Dataset) -> xr.Dataset | None:
    """The hours of a plan's weather that a forecast run, or the own sensor, speaks for.

    What stands in for them elsewhere, normals of the climate above all, says nothing of what came;
    None where that is all there is.
    """
    if weather.attrs.get("nature") != Nature.FORECAST.value:
        return None
    if "origin" not in weather:
        return weather
    known = [Origin.RUN.value, Origin.OBSERVED.value]
    there = weather["origin"].isin(known)
    return weather.isel(time=there.values) if bool(there.any()) else None
