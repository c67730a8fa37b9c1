"""Gate: the sun or the afternoon at a wrong hour, as times in another zone than stated have it.

Three signs: sunshine in deep night; sunshine whose centre comes hours before or after noon; a
temperature that is warmest at night. The last needs no radiation of the service's own, and says
nothing where the daily course is faint, as in fog, or drowned by fronts.
"""

import numpy as np

from forecasts.weather.diurnal import daily_wave
from forecasts.weather.gates.course import Course
from forecasts.weather.gates.sunshine import daily_sunshine
from forecasts.weather.provider import Cause
from forecasts.weather.solar import Floats, deep_night, mid_hours
from forecasts.weather.verdict import Gate, GateVerdict, doubtful, not_judged, passed, refused

NIGHT_SUN_HOURS = 3
NIGHT_SUN_W_PER_M2 = 50.0  # some files smear the last of dusk over its whole hour
# Of the sun's centre, mean of days: clouds moved it by 1.1 h at most in 1 232 stretches of three
# winter days (eight typical years), and twice by more than 1 h.
MAX_LAG_H = 2.0
DOUBT_LAG_H = 1.0
MIN_SUNNY_DAYS = 2
# The daily wave of temperature: its amplitude must stand out from its change from day to day.
MIN_SWING_K = 1.5
MIN_CLEARNESS = 3.0  # amplitude over its standard error
MIN_WAVES = 3
MAX_WAVE_LAG_H = 5.0
DOUBT_WAVE_LAG_H = 4.0


def judge_clock(course: Course) -> GateVerdict:
    """Refuse a course whose sun or whose warmest hour comes hours too early or too late."""
    night = _night_sun(course)
    if night:
        return refused(Gate.CLOCK, Cause.WRONG_TIMES, night)
    sun_h, wave_h = sun_lag_h(course), wave_lag_h(course)
    told = []
    if not np.isnan(sun_h):
        told.append(f"sunshine {sun_h:+.1f} h from where the sun stands")
    if not np.isnan(wave_h):
        told.append(f"warmest {wave_h:+.1f} h from mid-afternoon")
    if not told:
        return not_judged(Gate.CLOCK, "no clear daily course")
    detail = ", ".join(told)
    if abs(sun_h) > MAX_LAG_H or abs(wave_h) > MAX_WAVE_LAG_H:
        wrong = f"{detail}: the times are in another zone than stated"
        return refused(Gate.CLOCK, Cause.WRONG_TIMES, wrong)
    if abs(sun_h) > DOUBT_LAG_H or abs(wave_h) > DOUBT_WAVE_LAG_H:
        return doubtful(Gate.CLOCK, detail)
    return passed(Gate.CLOCK, detail)


def sun_lag_h(course: Course) -> float:
    """Return how late the sunshine comes, hours, mean of days by their light; nan if unknown."""
    days = daily_sunshine(course)
    sunny = ~np.isnan(days.lag_h)
    if sunny.sum() < MIN_SUNNY_DAYS:
        return float("nan")
    # Bright days weigh more: under clouds the centre wanders.
    return float(np.average(days.lag_h[sunny], weights=days.share[sunny]))


def wave_lag_h(course: Course) -> float:
    """Return how late the warmest hour comes, from -12 to 12; nan where it is not clear.

    Each day gives a wave of 24 h, and its turn against the wave that the sun makes; days are
    averaged as arrows, and their scatter says how far the mean can be trusted.
    """
    found = _waves(course.values["air_temperature"])
    due = _waves(daily_wave(mid_hours(course.starts), course.latitude, course.longitude))
    known = ~np.isnan(found)
    if known.sum() < MIN_WAVES:
        return float("nan")
    turned = found[known] * np.conj(due[known]) / np.abs(due[known])
    mean = turned.mean()
    error = float(np.sqrt((np.abs(turned - mean) ** 2).sum() / (turned.size - 1) / turned.size))
    if np.abs(mean) < MIN_SWING_K or np.abs(mean) < MIN_CLEARNESS * error:
        return float("nan")
    # A wave exp(-i w lag): late means a negative angle.
    return float(-np.angle(mean) * 24 / (2 * np.pi))


def _waves(hourly: Floats) -> np.ndarray[tuple[int, ...], np.dtype[np.complex128]]:
    """Return the 24-h wave of each 24 h, K, freed from the trend across it; nan with gaps."""
    days = hourly.size // 24
    by_day = hourly[: days * 24].reshape(days, 24)
    hours = np.arange(24) - 11.5
    slope = (by_day * hours).sum(axis=1) / (hours**2).sum()
    level = by_day - by_day.mean(axis=1, keepdims=True) - slope[:, None] * hours
    return np.asarray((level * np.exp(-2j * np.pi * np.arange(24) / 24)).sum(axis=1) / 12)


def _night_sun(course: Course) -> str:
    radiation = course.values["global_radiation"]
    night = deep_night(course.starts, course.latitude, course.longitude)
    where = np.flatnonzero(night & (radiation > NIGHT_SUN_W_PER_M2))
    if where.size < NIGHT_SUN_HOURS:
        return ""
    k = int(where[0])
    return (
        f"{where.size} h of sunshine at night, the first {radiation[k]:.0f} W/m² "
        f"at {course.at(k)}: the times are in another zone than stated"
    )
