"""Weather from now to a season's end as many paths: the forecast first, drawn winters after it.

`WeatherAhead` says what comes out.
"""

from datetime import date, datetime

import xarray as xr

from forecasts.weather.climate.climate import Climate
from forecasts.weather.provider import Place
from forecasts.weather.solar import Floats
from forecasts.weather.weather_ahead import WeatherAhead


def weather_ahead(
    weather: xr.Dataset,
    climate: Climate,
    place: Place,
    timezone: str,
    start: datetime,
    last_day: date,
    paths: int,
    seed: int,
) -> WeatherAhead:
    """Return the local days from `start` to `last_day`: of `weather`, then of drawn winters.

    `weather` is what `best_forecast` gives, on whole hours or resampled, from some days before
    `start`. Raises ValueError if `start` lies after `last_day` or before `weather` begins.
    """
    raise NotImplementedError


def climate_ahead(
    climate: Climate,
    place: Place,
    timezone: str,
    start: datetime,
    last_day: date,
    paths: int,
    seed: int,
    before_c: Floats | None = None,
) -> WeatherAhead:
    """Return the local days from `start` to `last_day` where there is no forecast at all.

    `before_c` (day before,): mean temperature of the 24 h spans before `start`, oldest first; the
    last of them tells how far off normal the paths begin. Raises ValueError as `weather_ahead`.
    """
    raise NotImplementedError
