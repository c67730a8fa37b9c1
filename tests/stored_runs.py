"""Runs for the tests of the store and of what is made of it."""

from datetime import UTC, datetime, timedelta

import numpy as np
import xarray as xr

from forecasts.weather.provider import Nature, Place
from forecasts.weather.run import Members, RunInfo, hour_starts, weather_run

ZAOZHUANG = Place(34.86, 117.55, "Asia/Shanghai")
NOON = datetime(2026, 1, 15, 12, tzinfo=UTC)
HOUR = timedelta(hours=1)


def run_of(
    issued: datetime, fetched: datetime, temperature_c: float, hours: int = 240
) -> xr.Dataset:
    """A run from two days before its fetch on, at one temperature."""
    starts = hour_starts(fetched.replace(minute=0) - 48 * HOUR, hours)
    values = {
        "air_temperature": np.full(hours, temperature_c),
        "wind_speed": np.full(hours, 2.0),
        "global_radiation": np.zeros(hours),
    }
    info = RunInfo("open_meteo", Nature.FORECAST, ZAOZHUANG, fetched, issued, False, 34.9, 117.5)
    return weather_run(starts, values, info)


def ensemble_of(
    issued: datetime, fetched: datetime, members: int = 5, hours: int = 240, middle_c: float = 0.0
) -> xr.Dataset:
    """An ensemble from two days before its fetch on; member m is m K warmer than the first."""
    starts = hour_starts(fetched.replace(minute=0) - 48 * HOUR, hours)
    shape = (members, hours)
    values = {
        "air_temperature": middle_c + np.arange(members)[:, None] + np.sin(np.arange(hours)),
        "wind_speed": np.full(shape, 2.0),
        "global_radiation": np.zeros(shape),
    }
    info = RunInfo("ensemble", Nature.FORECAST, ZAOZHUANG, fetched, issued, False, 34.9, 117.5)
    who = Members(("icon_seamless",) * members, tuple(range(members)))
    return weather_run(starts, values, info, who)
