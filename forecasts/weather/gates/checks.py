"""What weather must hold before it is believed: gaps, cover, place, plausibility.

Each gate raises WeatherUnavailable with its cause and figures. The bounds are wider than any
record of the regions served: they catch units, sentinels and stuck sources, not odd weather.
"""

from collections.abc import Mapping
from datetime import datetime, timedelta

import numpy as np

from forecasts.series import REQUIRED
from forecasts.weather.provider import Cause, Place, WeatherUnavailable
from forecasts.weather.run import iso64, utc64
from forecasts.weather.solar import (
    DAYLIGHT_W_PER_M2,
    HOUR,
    Floats,
    Times,
    clear_sky_w_per_m2,
    days_since_2000,
    deep_night,
    distance_km,
)

MAX_BRIDGED_H = 3
MAX_DISTANCE_KM = 30.0  # global models answer for the nearest cell, at most some 20 km away
MIN_LEAD_H = 24  # a run must reach this far past `known_by` (or past `start`, if that is later)
FLAT_H = 24
DARK_DAYS = 2
NIGHT_SUN_HOURS = 3
NIGHT_SUN_W_PER_M2 = 50.0  # some files smear the last of dusk over its whole hour
LIMITS = {
    "air_temperature": (-60.0, 50.0),  # degC
    "wind_speed": (0.0, 75.0),  # m/s
    "global_radiation": (0.0, 1400.0),  # W/m², just above the solar constant
    "relative_humidity": (0.0, 105.0),  # %; models overshoot saturation a little
}


def bridge_gaps(provider: str, name: str, values: Floats) -> tuple[Floats, int]:
    """Return `values` with gaps (nan) of up to 3 h filled in a straight line, and how many hours.

    Raises GAPS for a longer gap, and for one at either end, where there is nothing to lean on.
    """
    missing = np.isnan(values)
    if not missing.any():
        return values, 0
    longest = _longest_run(missing)
    if longest > MAX_BRIDGED_H:
        where = int(np.flatnonzero(missing)[0])
        detail = f"{name}: {longest} h in a row are missing, the first at hour {where}"
        raise WeatherUnavailable(provider, Cause.GAPS, detail)
    if missing[0] or missing[-1]:
        raise WeatherUnavailable(provider, Cause.GAPS, f"{name}: missing at the end of the series")
    hours = np.arange(values.size)
    filled = np.where(missing, np.interp(hours, hours[~missing], values[~missing]), values)
    return filled, int(missing.sum())


def bridge_all(provider: str, values: Mapping[str, Floats]) -> tuple[dict[str, Floats], int]:
    """Return all variables without gaps, and how many hours had one; raises GAPS.

    Humidity is a help, not a need: with gaps too long to bridge it is left out.
    """
    whole = {}
    touched = np.zeros(len(next(iter(values.values()))), dtype=bool)
    for name, array in values.items():
        try:
            whole[name], bridged = bridge_gaps(provider, name, array)
        except WeatherUnavailable:
            if name in REQUIRED:
                raise
            continue
        if bridged:
            touched |= np.isnan(array)
    return whole, int(touched.sum())


def check_cover(
    provider: str, first: np.datetime64, end: np.datetime64, known_by: datetime, asked: Times
) -> None:
    """Raise WRONG_TIMES unless [first, end) holds the first asked hour and reaches far enough."""
    start, asked_end = asked[0], asked[-1] + HOUR
    if first > start:
        detail = f"begins {iso64(first)}, asked from {iso64(start)}"
        raise WeatherUnavailable(provider, Cause.WRONG_TIMES, detail)
    needed = min(asked_end, max(utc64(known_by), start) + MIN_LEAD_H * HOUR)
    if end < needed:
        detail = f"ends {iso64(end)}, needed to {iso64(needed)}"
        raise WeatherUnavailable(provider, Cause.WRONG_TIMES, detail)


def check_place(provider: str, place: Place, latitude: float, longitude: float) -> None:
    """Raise WRONG_PLACE if the place answered lies more than 30 km from the one asked."""
    away = distance_km(place.latitude, place.longitude, latitude, longitude)
    if not away <= MAX_DISTANCE_KM:
        detail = (
            f"asked {place.latitude:.2f}, {place.longitude:.2f}, "
            f"answered {latitude:.2f}, {longitude:.2f}: {away:.0f} km away"
        )
        raise WeatherUnavailable(provider, Cause.WRONG_PLACE, detail)


def check_plausible(
    provider: str, starts: Times, values: Mapping[str, Floats], latitude: float, longitude: float
) -> None:
    """Raise NOT_PLAUSIBLE for impossible values, a stuck temperature or a sun that never rises.

    Sunshine in deep night is WRONG_TIMES: the values are good, their clock is not.
    """
    for name, array in values.items():
        low, high = LIMITS[name]
        outside = np.flatnonzero((array < low) | (array > high))
        if outside.size:
            k = int(outside[0])
            detail = f"{name} {array[k]:g} at {iso64(starts[k])}, limits {low:g} to {high:g}"
            raise WeatherUnavailable(provider, Cause.NOT_PLAUSIBLE, detail)
    flat_h = _longest_run(np.diff(values["air_temperature"]) == 0) + 1
    if flat_h >= FLAT_H:
        detail = f"air_temperature does not move for {flat_h} h"
        raise WeatherUnavailable(provider, Cause.NOT_PLAUSIBLE, detail)
    _check_sun(provider, starts, values["global_radiation"], latitude, longitude)


def _check_sun(
    provider: str, starts: Times, radiation: Floats, latitude: float, longitude: float
) -> None:
    night_sun = deep_night(starts, latitude, longitude) & (radiation > NIGHT_SUN_W_PER_M2)
    if int(night_sun.sum()) >= NIGHT_SUN_HOURS:
        k = int(np.flatnonzero(night_sun)[0])
        detail = (
            f"{int(night_sun.sum())} h of sunshine at night, the first {radiation[k]:.0f} W/m² "
            f"at {iso64(starts[k])}: the times are in another zone than stated"
        )
        raise WeatherUnavailable(provider, Cause.WRONG_TIMES, detail)
    daylight = clear_sky_w_per_m2(starts, latitude, longitude) > DAYLIGHT_W_PER_M2
    solar_day = np.floor(days_since_2000(starts) + longitude / 360).astype(int)
    days = [day for day in np.unique(solar_day) if (daylight & (solar_day == day)).sum() >= 4]
    dark = [not (radiation[daylight & (solar_day == day)] > 0).any() for day in days]
    dark_days = _longest_run(np.asarray(dark, dtype=bool))
    if dark_days >= DARK_DAYS:
        detail = f"global_radiation is zero through {dark_days} days"
        raise WeatherUnavailable(provider, Cause.NOT_PLAUSIBLE, detail)


def check_age(provider: str, issue_time: datetime, known_by: datetime, max_age_h: float) -> None:
    """Raise STALE if a run was issued more than `max_age_h` hours before `known_by`."""
    age_h = (known_by - issue_time) / timedelta(hours=1)
    if age_h > max_age_h:
        detail = f"issued {age_h:.0f} h ago, at most {max_age_h:g} h are accepted"
        raise WeatherUnavailable(provider, Cause.STALE, detail)


def _longest_run(flags: np.ndarray[tuple[int, ...], np.dtype[np.bool_]]) -> int:
    """Return the length of the longest run of True."""
    edges = np.flatnonzero(np.diff(np.concatenate(([0], flags.astype(np.int8), [0]))))
    return int((edges[1::2] - edges[::2]).max()) if edges.size else 0
