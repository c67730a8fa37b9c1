"""How air temperature moves within a day: up from sunrise to mid-afternoon, then down till dawn.

The rise is half a cosine. The fall is steep after sunset and slow before dawn, which half a cosine
of the *square-root-like* time shows well: exponent 0.6 puts 70 %, 41 % and 20 % of the range at 3,
6 and 9 h after a 15:00 maximum of a winter day, as observed hourly means do within 4 %.
"""

import numpy as np

from forecasts.weather.solar import Floats, Times, solar_hour, sunrise_solar_hour

WARMEST_SOLAR_HOUR = 14.75  # about 15:00 on the clock in Shandong and Liaoning
_FALL_EXPONENT = 0.6
_GRID = (np.arange(2000) + 0.5) / 2000


def rise(part: Floats) -> Floats:
    """Return 0 to 1 over the `part` (0 to 1) of the way from sunrise to the warmest hour."""
    return np.asarray((1 - np.cos(np.pi * part)) / 2)


def fall(part: Floats) -> Floats:
    """Return 1 to 0 over the `part` (0 to 1) of the way from the warmest hour to sunrise."""
    return np.asarray((1 + np.cos(np.pi * part**_FALL_EXPONENT)) / 2)


_FALL_MEAN = float(fall(_GRID).mean())


def daily_wave(times: Times, latitude: float, longitude: float) -> Floats:
    """Return the daily course of temperature: range 1 from low to high, mean 0 over a day."""
    sunrise = sunrise_solar_hour(times, latitude)
    rise_h = WARMEST_SOLAR_HOUR - sunrise
    since_sunrise = np.mod(solar_hour(times, longitude) - sunrise, 24.0)
    rising = since_sunrise < rise_h
    up = rise(np.clip(since_sunrise / rise_h, 0, 1))
    down = fall(np.clip((since_sunrise - rise_h) / (24 - rise_h), 0, 1))
    mean = (0.5 * rise_h + _FALL_MEAN * (24 - rise_h)) / 24
    return np.asarray(np.where(rising, up, down) - mean)
