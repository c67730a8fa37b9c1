"""Gate: a sun that never rises, as zero-filled caches have it."""

import numpy as np

from forecasts.weather.gates.course import Course, longest
from forecasts.weather.gates.sunshine import daily_sunshine
from forecasts.weather.provider import Cause
from forecasts.weather.verdict import Gate, GateVerdict, doubtful, not_judged, passed, refused

DARK_DAYS = 2
MORE_THAN_CLEAR = 1.25  # of a clear day's sum; the formula is good to a few per cent


def judge_sun(course: Course) -> GateVerdict:
    """Refuse two dark days in a row; doubt one, and a day much brighter than a clear sky."""
    days = daily_sunshine(course)
    if days.share.size == 0:
        return not_judged(Gate.SUN, "no whole day of daylight")
    dark_days, which = longest(days.lit == 0)
    if dark_days:
        since = course.at(int(days.first_hour[which]))
        detail = f"global_radiation is zero through {dark_days} days from {since}"
        if dark_days >= DARK_DAYS:
            return refused(Gate.SUN, Cause.NOT_PLAUSIBLE, detail)
        return doubtful(Gate.SUN, detail)
    best = int(np.argmax(days.share))
    share = float(days.share[best])
    if share > MORE_THAN_CLEAR:
        when = course.at(int(days.first_hour[best]))
        return doubtful(Gate.SUN, f"{share:.2f} times the radiation of a clear day, on {when}")
    return passed(Gate.SUN, f"{float(days.share.mean()):.2f} of a clear sky")
