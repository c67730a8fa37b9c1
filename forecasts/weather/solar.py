"""Where the sun stands, and what it gives through a clear sky.

Times are UTC, `datetime64[ns]`; angles of a place are degrees. Sources: declination, equation of
time: J. W. Spencer, "Fourier series representation of the position of the sun", Search 2(5), 1971.
Clear sky: B. Haurwitz, "Insolation in relation to cloudiness and cloud density", J. Meteorology
2, 1945, doi:10.1175/1520-0469(1945)002<0154:IIRTCA>2.0.CO;2. Both are good to a few per cent,
which is well inside what clouds do; they spare the import of an ephemeris.
"""

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Times = NDArray[np.datetime64]

HOUR = np.timedelta64(3600, "s")
HALF_HOUR = np.timedelta64(1800, "s")
DAYS_PER_YEAR = 365.2425
_EPOCH = np.datetime64("2000-01-01T00:00:00", "ns")
_SAMPLES_PER_HOUR = 6
DAYLIGHT_W_PER_M2 = 50.0  # clear-sky hourly mean above which an hour counts as daylight


def mid_hours(starts: Times) -> Times:
    """Return the middles of the hours that begin at `starts`."""
    return starts + HALF_HOUR


def days_since_2000(times: Times) -> Floats:
    """Return fractional days since 2000-01-01 00:00 UTC."""
    return np.asarray((times - _EPOCH) / np.timedelta64(1, "s"), dtype=np.float64) / 86400.0


def year_fraction(times: Times) -> Floats:
    """Return the position in the year, 0 on about 1 January; smooth, so within a day of exact."""
    return np.mod(days_since_2000(times) / DAYS_PER_YEAR, 1.0)


def declination_rad(times: Times) -> Floats:
    """Return the solar declination in radians (Spencer)."""
    g = 2 * np.pi * year_fraction(times)
    return np.asarray(
        0.006918
        - 0.399912 * np.cos(g)
        + 0.070257 * np.sin(g)
        - 0.006758 * np.cos(2 * g)
        + 0.000907 * np.sin(2 * g)
        - 0.002697 * np.cos(3 * g)
        + 0.00148 * np.sin(3 * g)
    )


def solar_hour(times: Times, longitude: float) -> Floats:
    """Return true solar time in hours, 0 to 24, noon when the sun is highest."""
    g = 2 * np.pi * year_fraction(times)
    equation_of_time_h = (229.18 / 60) * (
        0.000075
        + 0.001868 * np.cos(g)
        - 0.032077 * np.sin(g)
        - 0.014615 * np.cos(2 * g)
        - 0.040849 * np.sin(2 * g)
    )
    utc_h = np.mod(days_since_2000(times), 1.0) * 24
    return np.asarray(np.mod(utc_h + longitude / 15 + equation_of_time_h, 24.0))


def sunrise_solar_hour(times: Times, latitude: float) -> Floats:
    """Return the solar hour of sunrise on the days of `times`; bounded to 1–11 near the poles."""
    cosine = -np.tan(np.radians(latitude)) * np.tan(declination_rad(times))
    half_day_h = np.degrees(np.arccos(np.clip(cosine, -1, 1))) / 15
    return np.asarray(np.clip(12 - half_day_h, 1, 11))


def hourly_cos_zenith(starts: Times, latitude: float, longitude: float) -> Floats:
    """Return cos(zenith) within each hour from `starts`: shape (hours, samples), negative at night.

    The declination of mid-hour serves the whole hour: it moves by less than 0.02 degrees.
    """
    middles = mid_hours(starts)
    delta, phi = declination_rad(middles), np.radians(latitude)
    offsets_h = (np.arange(_SAMPLES_PER_HOUR) + 0.5) / _SAMPLES_PER_HOUR - 0.5
    hours = solar_hour(middles, longitude)[:, None] + offsets_h[None, :]
    along = (np.cos(phi) * np.cos(delta))[:, None] * np.cos(np.radians(15 * (hours - 12)))
    return np.asarray((np.sin(phi) * np.sin(delta))[:, None] + along)


def clear_sky_w_per_m2(starts: Times, latitude: float, longitude: float) -> Floats:
    """Return global radiation under a clear sky, W/m², mean of each hour from `starts`."""
    cosine = np.maximum(hourly_cos_zenith(starts, latitude, longitude), 1e-3)
    instant = np.where(cosine > 1e-3, 1098.0 * cosine * np.exp(-0.057 / cosine), 0.0)
    return np.asarray(instant.mean(axis=1))


def deep_night(starts: Times, latitude: float, longitude: float) -> NDArray[np.bool_]:
    """Tell which hours lie wholly before dawn or after dusk (sun below −6°, civil twilight)."""
    cosine = hourly_cos_zenith(starts, latitude, longitude)
    return np.asarray(cosine.max(axis=1) < np.sin(np.radians(-6.0)))


def distance_km(
    latitude: float, longitude: float, other_latitude: float, other_longitude: float
) -> float:
    """Return the great-circle distance in km (haversine, mean earth radius 6 371 km)."""
    a, b = np.radians(latitude), np.radians(other_latitude)
    half_dx = np.radians(other_longitude - longitude) / 2
    root = np.sin((b - a) / 2) ** 2 + np.cos(a) * np.cos(b) * np.sin(half_dx) ** 2
    return float(2 * 6371.0 * np.arcsin(min(1.0, float(np.sqrt(root)))))
