"""Whether the utility's sensor can be learned from: frozen, impossible and far-off values.

A frozen value is told from calm weather by the forecast: a sensor may stand still for half a day
of fog, but not while the forecast moves by some kelvin, and not for a day.
"""

from dataclasses import dataclass
from enum import StrEnum

import numpy as np

from forecasts.weather.calibration.known import Flags
from forecasts.weather.solar import Floats, Times

LIMITS_C = (-60.0, 50.0)
STILL_H = 10.0  # so long the same value while the forecast moves by more than MOVES_K
MOVES_K = 4.0
STILL_AT_MOST_H = 24.0  # so long it is frozen whatever the forecast says (whole degrees included)
FAR_OFF_K = 10.0  # median error above which it is not the air of this place that is measured
MOST_FAULTY = 0.5  # share of pairs above which the rest is not believed either


class SensorFault(StrEnum):
    """Why nothing is learned from a sensor."""

    FROZEN = "frozen"
    IMPOSSIBLE = "impossible"
    FAR_OFF = "far off"


@dataclass(frozen=True)
class SensorCheck:
    """Which pairs may be learned from, and what is wrong with the sensor, if anything."""

    usable: Flags  # of the pairs given
    fault: SensorFault | None
    frozen: int  # pairs left out
    impossible: int


def check_sensor(
    valid: Times, observed_c: Floats, forecast_c: Floats, step_h: float
) -> SensorCheck:
    """Return what to make of pairs (n,) in any order; one observation may stand in several."""
    possible = (observed_c >= LIMITS_C[0]) & (observed_c <= LIMITS_C[1])
    frozen = possible & _frozen(valid, observed_c, forecast_c, step_h)
    usable = possible & ~frozen
    return SensorCheck(
        usable,
        _fault(usable, frozen, observed_c - forecast_c),
        int(frozen.sum()),
        int((~possible).sum()),
    )


def _fault(usable: Flags, frozen: Flags, error_k: Floats) -> SensorFault | None:
    if usable.size == 0:
        return None
    if usable.mean() < 1 - MOST_FAULTY:
        impossible = int((~usable & ~frozen).sum())
        return SensorFault.FROZEN if frozen.sum() >= impossible else SensorFault.IMPOSSIBLE
    if abs(float(np.median(error_k[usable]))) > FAR_OFF_K:
        return SensorFault.FAR_OFF
    return None


def _frozen(valid: Times, observed_c: Floats, forecast_c: Floats, step_h: float) -> Flags:
    """Return which pairs belong to a stretch of unchanged values that is too long."""
    if valid.size == 0:
        return np.zeros(0, dtype=np.bool_)
    moments, first, number = np.unique(valid, return_index=True, return_inverse=True)
    seen = observed_c[first]
    expected = np.bincount(number, forecast_c) / np.bincount(number)
    hours = (moments - moments[0]) / np.timedelta64(1, "s") / 3600.0
    breaks = (np.diff(seen) != 0) | (np.diff(hours) > 2 * max(step_h, 1.0))
    starts = np.concatenate(([0], np.flatnonzero(breaks) + 1))
    ends = np.append(starts[1:], seen.size) - 1
    lasted = hours[ends] - hours[starts] + step_h
    moved = np.maximum.reduceat(expected, starts) - np.minimum.reduceat(expected, starts)
    stuck = (lasted >= STILL_AT_MOST_H) | ((lasted >= STILL_H) & (moved > MOVES_K))
    return np.asarray(np.repeat(stuck, ends - starts + 1)[number])
