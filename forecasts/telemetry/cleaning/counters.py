"""Counters: energy between readings, never the mean of readings.

A counter falls when the meter is changed, reset or rolls over at a power of ten; it leaps when a
digit is read wrongly (and comes back) or a meter with another reading is put in (and does not).
What it counted while nobody read it is known as a whole and spread evenly, for some hours.
"""

from dataclasses import dataclass, replace

import numpy as np

from forecasts.telemetry.cleaning.series import Flags, Floats, Series, median
from forecasts.telemetry.readings import Action, Done

BRIDGED_H = 6.0  # the longest gap whose energy is spread
GAP_SPACINGS = 2.5  # more than one reading missing
GAP_H = 0.5
STOOD_H = 24.0  # the longest stand of a display that a rise may make up for
MOST_TIMES = 4.0  # the most in an hour over what a busy hour counts
BUSY = 0.9  # quantile of the counts of an hour
BACK_READINGS = 4  # a wrong digit comes back within so many
DIGITS = 2.5  # of slack: the last digit turns early or late
ROLL_OVER = tuple(10.0**k for k in range(4, 10))
COARSE = 0.2  # last digit over what is usual between readings: from here on stairs are smoothed
_STAND = 3.0  # usual times between two turns of a coarse last digit


@dataclass(frozen=True)
class Counted:
    """What a counter counted: `gain` (reading − 1,) between readings, NaN where not known."""

    series: Series
    gain: Floats
    digit: float
    most_per_h: float

    @property
    def hours(self) -> Floats:
        """Between readings."""
        return np.diff(self.series.hours)

    def between(self, edges: Floats) -> tuple[Floats, Floats]:
        """Counted in each span between hours `edges`, and how many hours of it are known."""
        hours = self.series.hours
        if hours.size < 2:
            nothing = np.zeros(edges.size - 1)
            return nothing, nothing
        known = np.isfinite(self.gain)
        sums = np.concatenate([[0.0], np.cumsum(np.where(known, self.gain, 0.0))])
        cover = np.concatenate([[0.0], np.cumsum(np.where(known, self.hours, 0.0))])
        return np.diff(np.interp(edges, hours, sums)), np.diff(np.interp(edges, hours, cover))

    def scaled(self, which: Flags, factor: float) -> "Counted":
        """The same with the gains `which` times a factor."""
        gain = np.where(which, self.gain * factor, self.gain)
        return replace(self, gain=gain)


def counted(series: Series) -> tuple[Counted, list[Done]]:
    """Turn a counter that is in range into what it counted."""
    digit = series.digit
    most = most_per_h(series, digit)
    series, did = _without_wrong_digits(series, most, digit)
    gain = np.diff(series.values)
    hours = np.diff(series.hours)
    since_h = np.minimum(_since_rise_h(series), STOOD_H)
    fell, leapt = gain < -1e-9, gain > most * since_h + DIGITS * digit
    late = ~leapt & (gain > most * hours + DIGITS * digit)
    for row in np.flatnonzero(late):
        did.append(_caught_up(series, gain, int(row), float(since_h[row])))
    for row in np.flatnonzero(fell | leapt):
        gain[row], one = _broken(series, int(row), most * hours[row] + DIGITS * digit)
        did.append(one)
    gap = hours > max(GAP_SPACINGS * series.spacing_h, GAP_H)
    for row in np.flatnonzero(gap & np.isfinite(gain)):
        detail = f"{gain[row]:g} in {hours[row]:.1f} h"
        if hours[row] > BRIDGED_H:
            gain[row], detail = np.nan, f"{detail}, not spread"
        did.append(series.did(Action.COUNTER_BRIDGED, 0, int(row), int(row) + 1, detail))
    return _without_stairs(Counted(series, gain, digit, most)), did


def most_per_h(series: Series, digit: float) -> float:
    """The most that the counter can count in an hour: some times what busy hours count."""
    if series.times.size < 3:
        return np.inf
    hours = series.hours
    span_h = max(1.0, 2.0 * series.spacing_h)
    later = np.searchsorted(hours, hours + span_h * 0.999)
    inside = np.flatnonzero(later < hours.size)
    later = later[inside]
    near = hours[later] - hours[inside] <= 2.0 * span_h
    rate = (series.values[later] - series.values[inside])[near] / (hours[later] - hours[inside])[
        near
    ]
    rate = rate[rate > 0]
    if rate.size < 8:
        return np.inf
    # Half of the hours are never wrong, so a leap cannot raise what it is measured by.
    usual, busy = median(rate), float(np.quantile(rate, BUSY))
    return MOST_TIMES * min(busy, 5.0 * usual) + digit


def _since_rise_h(series: Series) -> Floats:
    """Hours from the last rise of the counter to each later reading: what a leap may have had."""
    rose = np.concatenate([[True], np.diff(series.values) > 0])
    last = np.maximum.accumulate(np.where(rose, np.arange(rose.size), 0))
    return np.asarray(series.hours[1:] - series.hours[last[:-1]])


def _without_wrong_digits(series: Series, most: float, digit: float) -> tuple[Series, list[Done]]:
    """Leave out readings that leave the course of the counter and come back to it."""
    wrong = np.zeros(series.times.size, dtype=bool)
    hours, values = series.hours, series.values
    gain = np.diff(values)
    odd = (gain < -1e-9) | (gain > most * np.diff(hours) + DIGITS * digit)
    for row in np.flatnonzero(odd).tolist():
        if wrong[row] or wrong[row + 1]:
            continue
        for back in range(row + 2, min(row + 2 + BACK_READINGS, values.size)):
            on_course = values[back] - values[row]
            if -1e-9 <= on_course <= most * (hours[back] - hours[row]) + DIGITS * digit:
                wrong[row + 1 : back] = True
                break
    if not wrong.any():
        return series, []
    worst = values[wrong][0] - values[np.maximum(np.flatnonzero(wrong)[0] - 1, 0)]
    done = series.done(Action.COUNTER_LEAPT, wrong, f"{worst:+g} and back")
    return series.keep(~wrong), [done]


def _caught_up(series: Series, gain: Floats, row: int, since_h: float) -> Done:
    """Spread what a display that stood shows at once over the time it stood; in place in `gain`."""
    hours = np.diff(series.hours)
    first = int(np.searchsorted(series.hours, series.hours[row + 1] - since_h - 1e-6))
    detail = f"{gain[row]:g} in {since_h:.1f} h"
    span = slice(first, row + 1)
    if since_h <= BRIDGED_H:
        gain[span] = gain[row] * hours[span] / hours[span].sum()
    else:
        gain[span], detail = np.nan, f"{detail}, not spread"
    return series.did(Action.COUNTER_BRIDGED, row - first, first, row + 1, detail)


def _broken(series: Series, row: int, possible: float) -> tuple[float, Done]:
    """What was counted over a fall or a leap, NaN if not known, and what it was."""
    before, after = float(series.values[row]), float(series.values[row + 1])
    if after >= before:
        detail = f"{after - before:+g}, not back"
        return np.nan, series.did(Action.COUNTER_LEAPT, 1, row, row + 1, detail)
    for full in ROLL_OVER:
        over = after + full - before
        if before < full and 0.0 <= over <= possible:
            detail = f"rolled over at {full:g}"
            return over, series.did(Action.METER_CHANGED, 0, row, row + 1, detail)
    detail = f"{before:g} to {after:g}"
    return np.nan, series.did(Action.METER_CHANGED, 1, row, row + 1, detail)


def _without_stairs(counter: Counted) -> Counted:
    """Smooth a coarse last digit: energy runs from one turn of it to the next.

    A digit of 1 GJ that turns every half hour would else show as 0 and 1 100 kW by turns. Only
    stands of the usual length are smoothed: a longer one means that less heat flowed.
    """
    gain, hours = counter.gain, counter.hours
    if gain.size < 3 or counter.digit <= 0:
        return counter
    turns = gain > 0
    turning = np.flatnonzero(turns)
    if turning.size < 8 or counter.digit < COARSE * float(np.median(gain[turns])):
        return counter
    ends = np.concatenate([[0.0], np.cumsum(hours)])
    usual_h = float(np.median(np.diff(ends[turning + 1])))
    # A stand runs from after one turn up to and with the next; the first and last are not whole.
    stand = np.concatenate([[0], np.cumsum(turns)[:-1]])
    span_h = np.bincount(stand, weights=hours)
    unknown = np.bincount(stand, weights=~np.isfinite(gain))
    total = np.bincount(stand, weights=np.where(turns, gain, 0.0))
    whole = (unknown == 0) & (span_h <= _STAND * usual_h)
    whole[0] = False
    whole[turning.size :] = False
    spread = total[stand] * hours / span_h[stand]
    return replace(counter, gain=np.where(whole[stand], spread, gain))
