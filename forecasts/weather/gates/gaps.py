"""Gate: hours without a value. Short gaps are bridged in a straight line, long ones refused."""

from collections.abc import Mapping

import numpy as np

from forecasts.series import REQUIRED
from forecasts.weather.gates.course import Course, longest
from forecasts.weather.provider import Cause
from forecasts.weather.solar import Floats
from forecasts.weather.verdict import Gate, GateVerdict, mended, passed, refused

MAX_BRIDGED_H = 3  # longer, and a dawn or an afternoon may lie inside
# A course with a quarter of its hours bridged three by three is no measurement of anything.
MAX_BRIDGED_SHARE = 0.25


def bridged(course: Course) -> tuple[dict[str, Floats], int, GateVerdict]:
    """Return the values with gaps (nan) of up to 3 h filled, the hours that had one, the verdict.

    A gap at either end has nothing to lean on and is refused. Humidity is a help, not a need: with
    gaps too long to bridge it is left out. After a refusal the values still hold their gaps.
    """
    whole: dict[str, Floats] = {}
    touched = np.zeros(course.starts.size, dtype=bool)
    against: list[str] = []
    left_out: list[str] = []
    for name, array in course.values.items():
        missing = np.isnan(array)
        fault = _too_long(course, name, array)
        if not fault:
            touched |= missing
            whole[name] = _filled(array)
        elif name in REQUIRED:
            against.append(fault)
            whole[name] = array
        else:
            left_out.append(f"{name} left out")
    hours = int(touched.sum())
    if hours > MAX_BRIDGED_SHARE * course.starts.size:
        against.append(f"{hours} of {course.starts.size} h lack a value")
    if against:
        return whole, hours, refused(Gate.GAPS, Cause.GAPS, "; ".join(against))
    told = ([f"{hours} h interpolated"] if hours else []) + left_out
    return whole, hours, mended(Gate.GAPS, ", ".join(told)) if told else passed(Gate.GAPS)


def present(values: Mapping[str, Floats], instants: bool) -> tuple[int, int]:
    """Return the first hour from which all needed variables are there, and the end of the last.

    Of instants, the radiation of the hour before the first is not needed. 0, 0 if there are none.
    """
    there = ~np.isnan(values["air_temperature"]) & ~np.isnan(values["wind_speed"])
    sunny = ~np.isnan(values["global_radiation"])
    first = there & (np.append(sunny[1:], True) if instants else sunny)
    last = there & sunny
    if not first.any() or not last.any():
        return 0, 0
    return int(np.argmax(first)), int(last.size - np.argmax(last[::-1]))


def _too_long(course: Course, name: str, array: Floats) -> str:
    missing = np.isnan(array)
    hours, where = longest(missing)
    if hours > MAX_BRIDGED_H:
        return f"{name}: {hours} h in a row are missing from {course.at(where)}"
    if hours and (missing[0] or missing[-1]):
        return f"{name}: missing at the end of the series"
    return ""


def _filled(array: Floats) -> Floats:
    missing = np.isnan(array)
    if not missing.any():
        return array
    hours = np.arange(array.size)
    return np.where(missing, np.interp(hours, hours[~missing], array[~missing]), array)
