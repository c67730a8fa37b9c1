"""The sun as a run tells it beside the sun as it stands: by day, and through the day."""

from dataclasses import dataclass

import numpy as np

from forecasts.weather.gates.course import Course
from forecasts.weather.solar import (
    DAYLIGHT_W_PER_M2,
    Floats,
    clear_sky_w_per_m2,
    days_since_2000,
    mid_hours,
    solar_hour,
)

MIN_DAYLIGHT_H = 4  # whole or nearly whole days only: their edges say little


@dataclass(frozen=True)
class Sunshine:
    """Days by true sun with all their daylight hours known; arrays of shape (days,)."""

    first_hour: Floats  # position of the first daylight hour in the course
    share: Floats  # radiation over that of a clear sky, day's sums
    lit: Floats  # daylight hours that have any radiation at all
    lag_h: Floats  # how much later than the sun the radiation comes, by centres; nan without any


def daily_sunshine(course: Course) -> Sunshine:
    """Return what each whole solar day of a course has of the sun."""
    radiation = course.values["global_radiation"]
    clear = clear_sky_w_per_m2(course.starts, course.latitude, course.longitude)
    hour = solar_hour(mid_hours(course.starts), course.longitude)
    day = np.floor(days_since_2000(mid_hours(course.starts)) + course.longitude / 360).astype(int)
    rows = []
    for number in np.unique(day):
        of_day = day == number
        if clear[of_day][0] > 0 or clear[of_day][-1] > 0:
            continue  # begins or ends in daylight
        light = of_day & (clear > DAYLIGHT_W_PER_M2)
        if light.sum() < MIN_DAYLIGHT_H or np.isnan(radiation[of_day]).any():
            continue
        told, due = radiation[of_day], clear[of_day]
        centre = float((due * hour[of_day]).sum() / due.sum())
        total = float(told.sum())
        lag = float((told * hour[of_day]).sum() / total) - centre if total > 0 else np.nan
        first = int(np.flatnonzero(light)[0])
        rows.append((first, total / float(due.sum()), float((radiation[light] > 0).sum()), lag))
    table = np.array(rows, dtype=np.float64).reshape(-1, 4).T
    return Sunshine(*table)
