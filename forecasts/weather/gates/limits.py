"""Gate: values that no weather has, wherever and whenever: sentinels, damage, wrong columns."""

import numpy as np

from forecasts.weather.gates.course import Course
from forecasts.weather.limits import LIMITS
from forecasts.weather.provider import Cause
from forecasts.weather.verdict import Gate, GateVerdict, passed, refused


def judge_limits(course: Course) -> GateVerdict:
    """Refuse a course with any value outside the limits; tells the first of each variable."""
    found = []
    for name, array in course.values.items():
        low, high = LIMITS[name]
        outside = np.flatnonzero((array < low) | (array > high))
        if outside.size:
            k = int(outside[0])
            more = f" and {outside.size - 1} more" if outside.size > 1 else ""
            limits = f"limits {low:g} to {high:g}"
            found.append(f"{name} {array[k]:g} at {course.at(k)}{more}, {limits}")
    if found:
        return refused(Gate.LIMITS, Cause.NOT_PLAUSIBLE, "; ".join(found))
    return passed(Gate.LIMITS)
