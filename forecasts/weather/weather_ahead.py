"""The contract for weather from now to a season's end: local days, many equally likely paths.

Near days are those of the forecast with its spread, later days those of drawn winters that go on
from where each forecast path ends (`joined_paths.py` makes them). Fuel planning reckons in days,
since a yard is a store of weeks.
"""

from dataclasses import dataclass
from datetime import date

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Mask = NDArray[np.bool_]


@dataclass(frozen=True)
class WeatherAhead:
    """Weather of local days; arrays (day,) but for `path_c`.

    The first day may be a part of one: from the moment asked for to its local midnight. Wind and
    radiation are the expected ones, the same for every path: temperature carries the risk.
    """

    dates: tuple[date, ...]
    hours: Floats  # of each day that lie ahead
    path_c: Floats  # (path, day) mean air temperature over those hours, °C
    expected_c: Floats  # the most likely course: of the forecast, then fading to the normal
    wind_m_per_s: Floats
    radiation_w_per_m2: Floats
    before_c: Floats  # (day before,) mean air temperature of the 24 h spans before, oldest first
    from_forecast: Mask  # whether the day's spread is the forecast's own, else the climate's

    @property
    def paths(self) -> int:
        """Number of paths."""
        return int(self.path_c.shape[0])

    @property
    def days(self) -> int:
        """Number of local days."""
        return len(self.dates)
