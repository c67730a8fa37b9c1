"""The contract for what lies in a yard: tonnes and heating value by path and local day.

Tonnes are physical, of the heating value the pile has by then; wet or poor coal makes a pile of
more tonnes and fewer megawatt-hours. Per path and day, to the last digit:
stock = stock before + unloaded − burnt − lost.
"""

from dataclasses import dataclass
from datetime import datetime

import numpy as np
from numpy.typing import NDArray

from dispatch.case import Yard

Array = NDArray[np.float64]


@dataclass(frozen=True)
class Arrivals:
    """What reaches the gate of one yard, (path, day): tonnes and the MWh they hold."""

    tonnes: Array
    energy_mwh: Array


@dataclass(frozen=True)
class StockNow:
    """What lies in a yard at the start, and how sure that is."""

    stock_t: float
    sd_t: float  # standard deviation; 0 where the figure is taken as it is
    mwh_per_t: float
    book_t: float | None = None  # carried on from plans or meters, before the survey
    survey_t: float | None = None  # of the last survey, carried to now
    surveyed_at: datetime | None = None  # when that was, aware


@dataclass(frozen=True)
class PilePaths:
    """One yard along every path; arrays (path, day), tonnes, at the end of the day."""

    yard: Yard
    stock_before_t: Array  # (path,)
    stock_t: Array
    burnt_t: Array  # what was there to be burnt of what was wanted
    short_t: Array  # wanted and not there, at the pile's heating value
    heat_part: Array  # of the burn, the part reckoned to heat, 0-1
    unloaded_t: Array
    waiting_t: Array  # at the gate, for want of room, of unloading, or of an open road
    lost_t: Array  # by wind, rain and slow burning
    mwh_per_t: Array

    @property
    def wanted_t(self) -> Array:
        """What the plant asked for, there or not."""
        return self.burnt_t + self.short_t

    @property
    def usable_t(self) -> Array:
        """Stock above the bottom layer that no loader reaches."""
        return np.maximum(self.stock_t - self.yard.unusable_t, 0.0)
