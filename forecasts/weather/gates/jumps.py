"""Gate: temperatures that leap. A lone spike is put right, a leap that stays is judged by size.

In six years of whole-degree hours at Shenyang the largest step within an hour was 10 K, 9 and more
came three times, and no hour stood out from both its neighbours by more than 4 K.
"""

from collections.abc import Mapping

import numpy as np

from forecasts.weather.gates.course import Course, Flags
from forecasts.weather.provider import Cause
from forecasts.weather.solar import Floats
from forecasts.weather.verdict import Gate, GateVerdict, doubtful, mended, passed, refused

SPIKE_K = 6.0  # one or two hours that stand out from both sides by more
MAX_SPIKES = 3  # more of them are no slips of a pen
DOUBT_K_PER_H = 10.0
REFUSE_K_PER_H = 15.0
_WIDTHS_H = (1, 2)


def without_spikes(course: Course) -> tuple[dict[str, Floats], GateVerdict]:
    """Return the values with spikes of temperature bridged in a straight line, and the verdict."""
    temperature = course.values["air_temperature"]
    spikes = _spikes(temperature)
    values: Mapping[str, Floats] = course.values
    where = np.flatnonzero(spikes)
    if where.size == 0:
        return dict(values), _judge_steps(course, temperature)
    first = int(where[0])
    told = f"{where.size} h stand out, the first {temperature[first]:g} °C at {course.at(first)}"
    if where.size > MAX_SPIKES:
        return dict(values), refused(Gate.JUMPS, Cause.NOT_PLAUSIBLE, told)
    hours = np.arange(temperature.size)
    known = ~spikes & ~np.isnan(temperature)
    smooth = np.where(spikes, np.interp(hours, hours[known], temperature[known]), temperature)
    verdict = _judge_steps(course, smooth)
    if verdict.cause is None:
        verdict = mended(Gate.JUMPS, f"{told}, taken as {smooth[first]:.1f} °C")
    return dict(values) | {"air_temperature": smooth}, verdict


def _judge_steps(course: Course, temperature: Floats) -> GateVerdict:
    steps = np.abs(np.diff(temperature))
    if not np.isfinite(steps).any():
        return passed(Gate.JUMPS)
    k = int(np.nanargmax(steps))
    told = f"{steps[k]:.1f} K within an hour at most"
    if steps[k] < DOUBT_K_PER_H:
        return passed(Gate.JUMPS, told)
    detail = f"{told}, from {temperature[k]:g} to {temperature[k + 1]:g} °C at {course.at(k + 1)}"
    if steps[k] > REFUSE_K_PER_H:
        return refused(Gate.JUMPS, Cause.NOT_PLAUSIBLE, detail)
    return doubtful(Gate.JUMPS, detail)


def _spikes(temperature: Floats) -> Flags:
    """Tell the hours that stand out from the hours on both sides, and by the same sign."""
    found = np.zeros(temperature.size, dtype=bool)
    for width in _WIDTHS_H:
        if temperature.size < width + 2:
            continue
        first = temperature[1 : temperature.size - width]
        before, after = temperature[: -width - 1], temperature[width + 1 :]
        last = temperature[width : temperature.size - 1]
        up, down = first - before, last - after
        with np.errstate(invalid="ignore"):
            alone = (np.abs(up) > SPIKE_K) & (np.abs(down) > SPIKE_K) & (up * down > 0)
        for k in np.flatnonzero(alone):
            found[k + 1 : k + 1 + width] = True
    return found
