"""The error of a forecast of which nothing has been measured yet, by lead time (H§2).

H§2 gives the error of the daily mean: 1.5-2 K at 24 h, 2-2.5 K at 48 h, some 3 K at 72 h. The
daily mean "at 24 h" is that of the first day, hours 0 to 24, centred at 12 h; and so on. Later it
nears the spread of the climate, which is the error of knowing nothing (e-folding 4 days: skill of
global models is gone after some ten). Hourly errors are larger, since they average out within the
day: with a correlation exp(-|dt|/memory) between hours, the daily mean has `daily_share` of them.
"""

from functools import cache

import numpy as np
from numpy.typing import ArrayLike

from forecasts.weather.solar import Floats

DAY_H = 24
MEMORY_H = 24.0  # errors of one run a day apart correlate at 0.3 to 0.4, and fade from there
CLIMATE_SD_K = 5.0  # of the daily mean about its normal, winter, where the caller knows no better
FADING_H = 96.0
_CENTRE_H = (0.0, 12.0, 36.0, 60.0)
_DAILY_SIGMA_K = (1.5, 1.75, 2.25, 3.0)


@cache
def daily_share(memory_h: float, hours: int = DAY_H) -> float:
    """Return the sd of the mean of `hours` hourly errors over the sd of one of them, 0 to 1."""
    apart = np.abs(np.subtract.outer(np.arange(hours), np.arange(hours)))
    return float(np.sqrt(np.exp(-apart / memory_h).mean()))


def default_daily_k(centre_h: ArrayLike, climate_sd_k: float = CLIMATE_SD_K) -> Floats:
    """Return the sd of the error of a 24-h mean centred at lead `centre_h`, K.

    `climate_sd_k`: the spread of the daily mean about its normal, which is never exceeded.
    """
    lead = np.asarray(centre_h, dtype=np.float64)
    known = np.minimum(np.interp(lead, _CENTRE_H, _DAILY_SIGMA_K), climate_sd_k)
    last = min(_DAILY_SIGMA_K[-1], climate_sd_k)
    fading = np.exp(-np.maximum(lead - _CENTRE_H[-1], 0.0) / FADING_H)
    later = np.sqrt(climate_sd_k**2 - (climate_sd_k**2 - last**2) * fading)
    return np.asarray(np.where(lead > _CENTRE_H[-1], later, known))


def default_hourly_k(
    lead_h: ArrayLike, climate_sd_k: float = CLIMATE_SD_K, memory_h: float = MEMORY_H
) -> Floats:
    """Return the sd of the error of an hourly mean at `lead_h`, K, in keeping with the daily."""
    return np.asarray(default_daily_k(lead_h, climate_sd_k) / daily_share(memory_h))
