"""Gate: values that do not move: stuck sensors, caches filled with one value."""

import numpy as np

from forecasts.weather.gates.course import Course, Flags, longest
from forecasts.weather.provider import Cause
from forecasts.weather.solar import Floats
from forecasts.weather.verdict import Gate, GateVerdict, doubtful, passed, refused

FLAT_H = 24  # whatever the resolution: no day is without its course
# In whole degrees the air of a thaw or a fog may stand still for most of a day: 21 h were seen in
# six years of Shenyang. With tenths, 13 h were the longest in the winters of eight typical years.
FINE_FLAT_H = 18
FINE_DOUBT_H = 14
FINE_SHARE = 0.5  # of values that whole degrees and means of them cannot be: then it is fine
_COARSE_PARTS = 4  # means of two or four whole-degree values are quarters of a degree
# Temperature, wind and humidity together stood for 5 h at most in those winters; temperature with
# one of the two for 12 h, in whole degrees.
STUCK_H = 12
STUCK_DOUBT_H = 6
_WITH_ONE = 2.5  # times as long, where only one of wind and humidity is told and moves
ZERO_H = 6  # 0 °C and no wind at the same time: an empty cache


def judge_flat(course: Course) -> GateVerdict:
    """Refuse or doubt a temperature that stands still, by its length and resolution."""
    temperature = course.values["air_temperature"]
    still_h, where = _standing(np.diff(temperature) == 0)
    empty_h, empty_at = longest((temperature == 0) & (course.values["wind_speed"] == 0))
    if empty_h >= ZERO_H:
        detail = f"0 °C and no wind for {empty_h} h from {course.at(empty_at)}: filled with zeros"
        return refused(Gate.FLAT, Cause.NOT_PLAUSIBLE, detail)
    detail = f"air_temperature does not move for {still_h} h from {course.at(where)}"
    fine = _is_fine(course)
    if still_h >= (FINE_FLAT_H if fine else FLAT_H):
        return refused(Gate.FLAT, Cause.NOT_PLAUSIBLE, detail)
    companions = _moving(course)
    stuck_h, stuck_at = _standing(_all_still(course, companions))
    times = 1 if len(companions) > 1 else _WITH_ONE
    if stuck_h >= STUCK_DOUBT_H * times:
        stuck = f"nothing moves for {stuck_h} h from {course.at(stuck_at)}"
        if stuck_h >= STUCK_H * times:
            return refused(Gate.FLAT, Cause.NOT_PLAUSIBLE, stuck)
        return doubtful(Gate.FLAT, stuck)
    if fine and still_h >= FINE_DOUBT_H:
        return doubtful(Gate.FLAT, detail)
    return passed(Gate.FLAT, f"at most {still_h} h" if still_h else "")


def _standing(same_as_before: Flags) -> tuple[int, int]:
    """Return for how many hours a value stands, and from which; 0 if it always moves."""
    steps, where = longest(same_as_before)
    return (steps + 1, where) if steps else (0, 0)


def _is_fine(course: Course) -> bool:
    temperature = course.values["air_temperature"]
    known = temperature[~np.isnan(temperature)] * _COARSE_PARTS
    return bool(known.size and (np.abs(known - np.round(known)) > 1e-6).mean() >= FINE_SHARE)


def _moving(course: Course) -> list[Floats]:
    """Return wind and humidity, if told and not one constant put in for want of data."""
    names = ("wind_speed", "relative_humidity")
    told = [course.values[name] for name in names if name in course.values]
    return [array for array in told if np.nanmax(array) > np.nanmin(array)]


def _all_still(course: Course, companions: list[Floats]) -> Flags:
    """Tell where temperature and its companions all equal the hour before."""
    still = np.diff(course.values["air_temperature"]) == 0
    if not companions:
        return np.zeros_like(still)
    for array in companions:
        still &= np.diff(array) == 0
    return np.asarray(still)
