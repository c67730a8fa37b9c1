"""Two opinions on the heat that users need, made one: buildings' parameters and measured load.

Measured load is heat that was delivered, hour by hour also what earlier plans decided: heat
stored ahead of a front, rooms let cool, another room temperature. Decisions are kept out of what
is learned from it in three ways. Only means over a day count: within a day heat is moved at will,
over a day buildings take what they lose. What it is compared with are the buildings at the rooms
they really had, with the heat that went into their walls (`bottom_up.py`). And the correction is
bounded and slow: a running mean over 24 hours, never beyond `BOUNDS`.

Which opinion counts how much is decided by their errors in the last weeks, for each day ahead:
w = e_b²/(e_b² + e_l²), as for two independent measurements. All heat here is that of users.

Between days heat is moved too: curves follow the weather hours late and know no sun, so after a
cold night more is delivered than the milder day needs. What a day's ratio says beyond that of the
fortnight is therefore believed the less, the more such ratios jump from one day to the next.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]

BOUNDS = (0.85, 1.15)  # beyond, parameters or meters are wrong and want to be mended, not bridged
DAY_H = 24
LEAST_HOURS = 18  # measured in a day, to speak of its mean
LEAST_DAYS = 5  # of errors, to speak of their size
EQUAL_WEIGHT = 0.5  # where errors are not known
LEAST_ERROR = 0.005  # of a daily mean: no forecast is better
BIAS_HALF_LIFE_DAYS = 5.0
BIAS_PRIOR = 1.5  # weight of "no bias" against days that count 1, ½, ¼ …
NEED_SPREAD = 0.02  # of a day's ratio by what buildings need: wind, sun, windows
FADE_H = 24.0  # from the end of the load forecast to the recent bias
FORGET_H = 96.0  # e-folding time of the recent bias after that


@dataclass(frozen=True)
class DayErrors:
    """Errors of daily means by day ahead, of what came; relative RMSE (day,), NaN: too few."""

    load: Array
    buildings: Array

    @property
    def weight(self) -> Array:
        """Weight of measured load against the buildings, (day,)."""
        load = np.maximum(self.load, LEAST_ERROR) ** 2
        buildings = np.maximum(self.buildings, LEAST_ERROR) ** 2
        weight = buildings / (buildings + load)
        return np.where(np.isfinite(weight), weight, EQUAL_WEIGHT)


def day_errors(load_mw: Array, buildings_mw: Array, came_mw: Array) -> DayErrors:
    """Errors of both opinions on the same days, all (issue, lead) hourly; NaN where unknown.

    A day counts where at least `LEAST_HOURS` of it have all three.
    """
    known = np.isfinite(load_mw) & np.isfinite(buildings_mw) & np.isfinite(came_mw)
    came = _day_means(came_mw, known)
    return DayErrors(
        _relative_rmse(_day_means(load_mw, known), came),
        _relative_rmse(_day_means(buildings_mw, known), came),
    )


def _day_means(values: Array, known: NDArray[np.bool_]) -> Array:
    """Means over known hours of whole days, (issue, day); NaN where too few are known."""
    days = values.shape[1] // DAY_H
    shape = (values.shape[0], days, DAY_H)
    there = known[:, : days * DAY_H].reshape(shape)
    total = np.where(there, values[:, : days * DAY_H].reshape(shape), 0.0).sum(axis=2)
    count = there.sum(axis=2)
    return np.where(count >= LEAST_HOURS, total / np.maximum(count, 1), np.nan)


def _relative_rmse(said: Array, came: Array) -> Array:
    """Root mean square of (said − came)/came over issues, (day,)."""
    error = (said - came) / came
    count = np.isfinite(error).sum(axis=0)
    squares = np.where(np.isfinite(error), error, 0.0) ** 2
    mean = squares.sum(axis=0) / np.maximum(count, 1)
    return np.where(count >= LEAST_DAYS, np.sqrt(mean), np.nan)


def recent_bias(came_mw: Array, buildings_mw: Array) -> float:
    """Measured over expected heat of the last days, less one; drawn to 0 where they are few.

    Both (hour,) up to now; `buildings_mw` at the rooms there were. A day counts half of one
    `BIAS_HALF_LIFE_DAYS` later; those with gaps of more than six hours not at all.
    """
    ratio = _day_ratios(came_mw, buildings_mw)
    weight = 0.5 ** (np.arange(ratio.size, 0, -1.0) / BIAS_HALF_LIFE_DAYS)
    weight = np.where(np.isfinite(ratio), weight, 0.0)
    off = float((weight * (np.nan_to_num(ratio, nan=1.0) - 1.0)).sum())
    low, high = BOUNDS
    return float(np.clip(off / (weight.sum() + BIAS_PRIOR), low - 1.0, high - 1.0))


def ratio_spread(came_mw: Array, buildings_mw: Array) -> float:
    """Standard deviation of a day's ratio from its neighbours', of hours as in `recent_bias`.

    By the steps between days, so that a new level counts once; 0 where too few are known.
    """
    steps = np.diff(_day_ratios(came_mw, buildings_mw))
    steps = steps[np.isfinite(steps)]
    return float(np.sqrt((steps**2).mean() / 2.0)) if steps.size >= LEAST_DAYS else 0.0


def _day_ratios(came_mw: Array, buildings_mw: Array) -> Array:
    """Measured over expected heat of whole days up to now, (day,); NaN where too few hours are."""
    days = came_mw.size // DAY_H
    came, said = (one[one.size - days * DAY_H :].reshape(1, -1) for one in (came_mw, buildings_mw))
    known = np.isfinite(came) & np.isfinite(said)
    return np.asarray((_day_means(came, known) / _day_means(said, known))[0])


@dataclass(frozen=True)
class Correction:
    """What users need over what their buildings' parameters say, hour by hour from now on."""

    factor: Array  # (hour,)
    ratio: Array  # (hour,) of measured load alone, not weighed and not bounded; NaN beyond it

    @property
    def bounded(self) -> bool:
        """Whether measured load wants more than it may correct, at any hour."""
        low, high = BOUNDS
        return bool(((self.ratio < low) | (self.ratio > high)).any())


def demand_factor(
    before_mw: Array,
    buildings_before_mw: Array,
    load_mw: Array,
    buildings_mw: Array,
    weight: Array,
    bias: float,
    spread: float = 0.0,
) -> Correction:
    """Factor on the buildings' needs of each hour from now on, (hour,), smooth also at its begin.

    `before_mw` (12,) was measured until now, `buildings_before_mw` is what the buildings took then
    by their parameters; `load_mw` (lead,) is the forecast by measured load and `buildings_mw`
    (hour,) what the parameters say, at the rooms of late. NaN where a value is missing. `weight`
    (day,), `bias` and `spread` are those of `day_errors`, `recent_bias` and `ratio_spread`.

    The ratio of an hour is that of the 24 hours around it, so the first hours are half measured.
    Beyond the forecast the factor fades to the recent bias, and then to 1.
    """
    past = before_mw.size
    hours = buildings_mw.size
    ahead = np.full(hours, np.nan)
    ahead[: min(hours, load_mw.size)] = load_mw[:hours]
    said = np.concatenate([before_mw, ahead])
    expected = np.concatenate([buildings_before_mw, buildings_mw])
    ratio = _running_ratio(said, expected)[past:]
    ratio = np.where(np.isfinite(ahead), ratio, np.nan)
    known = np.flatnonzero(np.isfinite(ratio))
    if known.size == 0:
        return Correction(np.ones(hours), ratio)
    at = np.arange(hours, dtype=np.float64)
    middles = DAY_H * (np.arange(weight.size) + 0.5)
    believed = NEED_SPREAD**2 / (NEED_SPREAD**2 + spread**2)
    off = bias + believed * (np.interp(at, known, ratio[known]) - 1.0 - bias)
    here = 1.0 + np.interp(at, middles, weight) * off
    factor = np.clip(here, *BOUNDS)
    return Correction(_faded(factor, int(known[-1]), bias), ratio)


def _running_ratio(said: Array, expected: Array) -> Array:
    """Ratio of the sums over the 24 hours around the middle of each hour; NaN where half lack."""
    known = np.isfinite(said) & np.isfinite(expected)
    kernel = np.ones(DAY_H + 1)
    kernel[[0, -1]] = 0.5  # hours cut in two by the window's ends

    above, below, hours = (
        np.convolve(np.where(known, values, 0.0), kernel)[DAY_H // 2 :][: said.size]
        for values in (said, expected, np.ones(said.size))
    )
    enough = (hours >= DAY_H / 2.0) & (below > 0.0)
    return np.asarray(np.divide(above, below, out=np.full(said.size, np.nan), where=enough))


def _faded(factor: Array, last: int, bias: float) -> Array:
    """The factor after its last known hour: to the recent bias within a day, then to 1."""
    after = np.arange(factor.size, dtype=np.float64) - last
    to_bias = np.clip(after / FADE_H, 0.0, 1.0)
    forgotten = np.exp(-np.maximum(after - FADE_H, 0.0) / FORGET_H)
    beyond = (1.0 - to_bias) * factor[last] + to_bias * (1.0 + bias * forgotten)
    return np.where(after > 0.0, beyond, factor)
