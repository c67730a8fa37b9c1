"""Instants up to six hours apart made hourly, with the course of the day between them.

A line between 08:00, 14:00, 20:00 and 02:00 cuts the top off every afternoon and the bottom off
every dawn: about a tenth of the daily range, and more where the instants lie less luckily. So
temperature is taken apart: a daily wave (`diurnal`), as high as the instants around say, and a rest
that is bridged by a monotone cubic (F. N. Fritsch and R. E. Carlson, "Monotone piecewise cubic
interpolation", SIAM J. Numer. Anal. 17, 1980, doi:10.1137/0717021). Every instant is kept exactly.
"""

from collections.abc import Mapping

import numpy as np

from forecasts.weather.diurnal import daily_wave
from forecasts.weather.solar import HOUR, Floats, Times

LONGEST_H = 6
_AROUND = 5  # instants six hours apart that tell the daily range: a day and its two ends
_MAX_RANGE_K = 25.0


def end_of_usable(times: Times) -> int:
    """Return how many instants there are before the first break longer than six hours."""
    breaks = np.flatnonzero(np.diff(times) > LONGEST_H * HOUR)
    return int(breaks[0]) + 1 if breaks.size else int(times.size)


def hourly_instants(
    times: Times, values: Mapping[str, Floats], latitude: float, longitude: float
) -> tuple[Times, dict[str, Floats]]:
    """Return `values` at every hour from the first to the last of the increasing `times`.

    `times` are whole hours, at most six apart. Temperature follows the course of the day, all else
    a straight line.
    """
    hours = np.arange(times[0], times[-1] + HOUR, HOUR)
    at, given = _hours_since(hours, times[0]), _hours_since(times, times[0])
    made = {}
    for name, array in values.items():
        if name == "air_temperature":
            made[name] = _temperature(hours, at, times, given, array, latitude, longitude)
        else:
            made[name] = np.interp(at, given, array)
    return hours, made


def _temperature(
    hours: Times,
    at: Floats,
    times: Times,
    given: Floats,
    temperature: Floats,
    latitude: float,
    longitude: float,
) -> Floats:
    wave = daily_wave(times, latitude, longitude)
    sixth = np.flatnonzero(np.mod(given[-1] - given, LONGEST_H) == 0)
    if sixth.size < _AROUND:  # too little to tell a daily range from a front
        return _monotone(at, given, temperature)
    range_k = _daily_range_k(given[sixth], temperature[sixth], wave[sixth])
    rest = temperature - np.interp(given, given[sixth], range_k) * wave
    shaped = np.interp(at, given[sixth], range_k) * daily_wave(hours, latitude, longitude)
    return shaped + _monotone(at, given, rest)


def _daily_range_k(given: Floats, temperature: Floats, wave: Floats) -> Floats:
    """Return the daily range at each instant: least squares of a trend and the wave around it."""
    ranges = np.empty(given.size)
    for k in range(given.size):
        first = int(np.clip(k - _AROUND // 2, 0, given.size - _AROUND))
        around = slice(first, first + _AROUND)
        since = given[around] - given[k]
        design = np.column_stack([np.ones(_AROUND), since, wave[around]])
        ranges[k] = np.linalg.lstsq(design, temperature[around], rcond=None)[0][2]
    return np.clip(ranges, 0.0, _MAX_RANGE_K)


def _monotone(at: Floats, given: Floats, values: Floats) -> Floats:
    from scipy.interpolate import PchipInterpolator  # slow to import, and seldom needed

    with np.errstate(over="ignore"):  # of two all but equal values; the slope there is 0, as due
        return np.asarray(PchipInterpolator(given, values)(at))


def _hours_since(times: Times, first: np.datetime64) -> Floats:
    return np.asarray((times - first) / HOUR, dtype=np.float64)
