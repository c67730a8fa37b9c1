"""Heat the whole network asks of its sources, by local day and path of weather.

What the optimisation would plan, without an optimisation: for each day the need of all station
loops is tabulated over outdoor temperature once, and every path of weather reads it off there.
"""

from dataclasses import dataclass
from datetime import date

import numpy as np
from numpy.typing import NDArray

from dispatch.case import Case
from forecasts.weather.weather_ahead import WeatherAhead

Array = NDArray[np.float64]


@dataclass(frozen=True)
class NetworkNeed:
    """Heat of all loops by day and outdoor temperature, ready for any path of weather.

    Tables are (day, temperature), MW, means over the hours of the day that lie ahead.
    """

    dates: tuple[date, ...]
    hours: Array  # (day,) of each day that lie ahead
    grid_c: Array  # (temperature,) ascending outdoor temperatures of the tables
    ours_mw: Array  # loops we command
    theirs_mw: Array  # loops run by others, of the filtered outdoor temperature
    level: Array  # (day,) on what users need, by the plan that the need was fitted to; else 1

    def at_sources_mw(self, path_c: Array, before_c: Array) -> Array:
        """Heat sent by all sources, losses included, MW (path, day): means of each day's hours.

        `path_c` (path, day) and `before_c` (day before,) are those of `WeatherAhead`.
        """
        raise NotImplementedError


def heat_need(case: Case, ahead: WeatherAhead) -> NetworkNeed:
    """Tabulate the need of a case for the days of `ahead`, at their expected wind and sun."""
    raise NotImplementedError
