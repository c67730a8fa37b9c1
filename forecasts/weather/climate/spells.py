"""Counting cold: cold waves, degree-hours, heating days, load duration (H§2, H§3)."""

from dataclasses import dataclass

import numpy as np

from forecasts.weather.solar import Floats

COLD_WAVE_FALLS_K = ((1, 8.0), (2, 10.0), (3, 12.0))  # over so many days; H§2
COLD_WAVE_BELOW_C = 4.0


def cold_wave_days(daily_min_c: Floats) -> np.ndarray[tuple[int, ...], np.dtype[np.bool_]]:
    """Tell on which days (last axis) a cold wave of H§2 is on; nan days compare as no fall.

    The daily minimum fell by 8 K in a day, 10 K in two or 12 K in three, and is 4 °C or less.
    """
    lows = np.asarray(daily_min_c, dtype=np.float64)
    on = np.zeros(lows.shape, dtype=bool)
    for days, fall_k in COLD_WAVE_FALLS_K:
        on[..., days:] |= lows[..., :-days] - lows[..., days:] >= fall_k
    return np.asarray(on & (lows <= COLD_WAVE_BELOW_C))


def cold_waves(daily_min_c: Floats) -> np.ndarray[tuple[int, ...], np.dtype[np.int_]]:
    """Return how many cold waves there are along the last axis; days in a row are one."""
    on = cold_wave_days(daily_min_c)
    begins = on.copy()
    begins[..., 1:] &= ~on[..., :-1]
    return np.asarray(begins.sum(axis=-1))


def degree_hours(hourly_c: Floats, base_c: float = 18.0) -> Floats:
    """Return Σ max(0, base - t) over the last axis, K·h (H§3 F3 without gains); nan hours skip."""
    return np.asarray(np.nansum(np.maximum(base_c - np.asarray(hourly_c), 0.0), axis=-1))


@dataclass(frozen=True)
class HeatingDays:
    """Days a year with a daily mean at or below a limit, and their mean (N5/T5, N8/T8 of H§2)."""

    days: float
    mean_c: float


def heating_days(daily_mean_c: Floats, limit_c: float) -> HeatingDays:
    """Return how many days of the course of a year are at or below `limit_c`, and how cold.

    GB 50736 counts on the course of long-term daily means, so hand that in, not a drawn year.
    """
    cold = daily_mean_c[daily_mean_c <= limit_c]
    return HeatingDays(float(cold.size), float(cold.mean()) if cold.size else float("nan"))


def design_temperature_c(daily_mean_c: Floats, days_a_year: float = 5.0) -> float:
    """Return t_w': the daily mean that `days_a_year` days a year are colder than (GB 50736 §4.1.2).

    `daily_mean_c` holds whole years, shape (years, days).
    """
    years = daily_mean_c.shape[0]
    ordered = np.sort(daily_mean_c, axis=None)
    return float(ordered[round(days_a_year * years)])


def load_duration_c(
    days: Floats, season_days: float, season_mean_c: float, design_c: float, end_c: float = 10.0
) -> Floats:
    """Return the outdoor temperature of the d-th coldest day, °C, by the formula of H§3.

    `t_w'` for d up to 5, then t_w' + (t_e - t_w')·[(d-5)/(N-5)]^b with b = (t_e - t_r)/(t_r - t_w')
    and t_r = (N·mean - 5·t_w')/(N - 5). ValueError unless t_w' < t_r < t_e.
    """
    rest_c = (season_days * season_mean_c - 5 * design_c) / (season_days - 5)
    if not design_c < rest_c < end_c:
        order = f"{design_c:g}, {rest_c:.1f}, {end_c:g} °C"
        raise ValueError(f"design, mean of the other days, end of heating do not rise: {order}.")
    exponent = (end_c - rest_c) / (rest_c - design_c)
    part = np.clip((np.asarray(days, dtype=np.float64) - 5) / (season_days - 5), 0, 1)
    return np.asarray(design_c + (end_c - design_c) * part**exponent)
