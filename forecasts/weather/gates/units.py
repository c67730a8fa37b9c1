"""Gate: values in another unit than stated, as far as the values alone can tell.

What needs the climate to be seen (°F, km/h) is judged in `context`.
"""

import numpy as np

from forecasts.weather.gates.course import Course
from forecasts.weather.gates.sunshine import daily_sunshine
from forecasts.weather.provider import Cause
from forecasts.weather.verdict import Gate, GateVerdict, doubtful, passed, refused

KELVIN_FROM = 180.0  # half of the values above: no thermometer in °C, the coldest air in kelvin
# Share of a clear day's radiation. Clouds at the horizon's edge can add a tenth to a clear day and
# the clear-sky formula is good to a few per cent; kJ/m² for an hour are 3.6 times the W/m².
TOO_SUNNY = 1.6
# The darkest of winter days lets a twentieth of the light through; MJ/m² are 1/278 of the W/m².
TOO_FAINT = 0.02
FAINT_DAYS = 2


def judge_units(course: Course) -> GateVerdict:
    """Refuse kelvin and radiation in kJ or MJ; doubt humidity as a fraction of one."""
    found = [told for told in (_kelvin(course), _radiation(course)) if told]
    if found:
        return refused(Gate.UNITS, Cause.WRONG_UNITS, "; ".join(found))
    humidity = course.values.get("relative_humidity")
    if humidity is not None and np.nanmax(humidity, initial=0.0) <= 1.0:
        top = np.nanmax(humidity, initial=0.0)
        return doubtful(Gate.UNITS, f"relative_humidity is {top:g} at most: a fraction, not %")
    return passed(Gate.UNITS)


def _kelvin(course: Course) -> str:
    temperature = course.values["air_temperature"]
    known = temperature[~np.isnan(temperature)]
    if known.size == 0:
        return ""
    middle = float(np.median(known))
    if not KELVIN_FROM < middle < 350:
        return ""
    return f"air_temperature is {middle:.1f} in the middle: kelvin, {middle - 273.15:.1f} °C"


def _radiation(course: Course) -> str:
    days = daily_sunshine(course)
    if days.share.size == 0:
        return ""
    best = float(days.share.max())
    if best > TOO_SUNNY:
        unit = "kJ/m²" if best < 8 else "J/m²"
        return f"global_radiation is {best:.1f} times a clear sky's on its best day: {unit}"
    if days.share.size >= FAINT_DAYS and 0 < best < TOO_FAINT:
        return f"global_radiation is {best:.4f} of a clear sky's on its best day: MJ/m² or kW/m²"
    return ""
