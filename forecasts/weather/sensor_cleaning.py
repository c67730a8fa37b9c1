"""What an outdoor sensor says, cleaned: every reading left out is counted by its reason. Pure.

Limits come from six winters of hourly readings at Shenyang: no hour there stands out from both
its neighbours by 5 K, once in two months it changes by 6 K in an hour, and a thermometer of whole
degrees shows the same for 12 h three times a year.
"""

from dataclasses import dataclass

import numpy as np
import pandas as pd
import xarray as xr
from numpy.typing import NDArray

from forecasts.weather.solar import HOUR, Floats, Times

LIMITS_C = (-55.0, 48.0)  # colder and warmer than any record of the regions served (H§2)
SPIKE_K = 4.0  # from both sides, and ...
SPIKE_K_PER_H = 2.0  # ... so much more for every hour to the neighbours
NEIGHBOURS_H = 1.5
ONE_SIDED = 1.5  # times the limit, where only one side has neighbours
FROZEN_H = 3.0  # while the reference moves
FROZEN_ALONE_H = 12.0  # nothing to compare with
FROZEN_ALONE_FINE_H = 6.0  # the same for a sensor that shows tenths
FINE_K = 0.25
MOVES_K = 1.5  # the reference, beyond the sensor's resolution
LEAST_FROZEN = 4  # readings

Flags = NDArray[np.bool_]


@dataclass(frozen=True)
class Cleaning:
    """How many readings there were, how many are good, and why the others are not."""

    rows: int
    good: int
    empty: int = 0
    unreadable: int = 0
    after_known_by: int = 0  # usual in a back-test; live, a clock that is ahead
    too_old: int = 0  # before the time asked for: also a logger that lost its clock
    out_of_range: int = 0
    duplicates: int = 0  # of one time; the last written stays
    steps_back: int = 0  # times that do not rise in the file: a clock set back, or late rows
    spikes: int = 0
    frozen: int = 0


def cleaned(
    times: Times, temps_c: Floats, reference_c: xr.DataArray | None = None
) -> tuple[Times, Floats, dict[str, int]]:
    """Return the good readings in order of time, and the count of each kind left out.

    `reference_c` (time), hourly, says whether the weather moved: a forecast or another sensor.
    """
    counts = {"steps_back": int((np.diff(times) < np.timedelta64(0)).sum())}
    inside = (temps_c >= LIMITS_C[0]) & (temps_c <= LIMITS_C[1])
    counts["out_of_range"] = int((~inside).sum())
    times, temps_c = times[inside], temps_c[inside]
    order = np.argsort(times, kind="stable")
    times, temps_c = times[order], temps_c[order]
    last = np.append(times[1:] != times[:-1], True)[: times.size]
    counts["duplicates"] = int((~last).sum())
    times, temps_c = times[last], temps_c[last]
    spike = _spikes(times, temps_c)
    counts["spikes"] = int(spike.sum())
    times, temps_c = times[~spike], temps_c[~spike]
    stuck = _frozen(times, temps_c, reference_c)
    counts["frozen"] = int(stuck.sum())
    return times[~stuck], temps_c[~stuck], counts


def _spikes(times: Times, temps_c: Floats) -> Flags:
    """Tell readings far from what is before and from what is after; a front is near to one.

    At an end of the series, or beside a gap, one side must do, with a wider limit.
    """
    if times.size < 2:
        return np.zeros(times.size, dtype=bool)
    series = pd.Series(temps_c, index=pd.DatetimeIndex(times))
    window = f"{int(NEIGHBOURS_H * 60)}min"
    before = series.rolling(window, closed="left").median().to_numpy()
    turned = pd.Series(temps_c[::-1], index=pd.DatetimeIndex(times[0] + (times[-1] - times[::-1])))
    after = turned.rolling(window, closed="left").median().to_numpy()[::-1]
    step_h = np.diff(times) / np.timedelta64(1, "h")
    spacing_h = float(min(np.median(step_h), NEIGHBOURS_H))
    limit_k = SPIKE_K + SPIKE_K_PER_H * spacing_h
    away = np.stack([np.abs(temps_c - before), np.abs(temps_c - after)])
    one_sided = np.isnan(away).any(axis=0)
    nearest = np.where(np.isnan(away), np.inf, away).min(axis=0)
    alone = np.isinf(nearest)
    same_side = (np.sign(temps_c - before) == np.sign(temps_c - after)) | one_sided
    return np.asarray(
        ~alone & same_side & (nearest > limit_k * np.where(one_sided, ONE_SIDED, 1.0))
    )


def _frozen(times: Times, temps_c: Floats, reference_c: xr.DataArray | None) -> Flags:
    """Tell readings that repeat the one before for hours while the weather moves on.

    The first of them may have been true and stays.
    """
    stuck = np.zeros(times.size, dtype=bool)
    if times.size < LEAST_FROZEN:
        return stuck
    edges = np.flatnonzero(np.diff(temps_c) != 0) + 1
    begins = np.concatenate([[0], edges])
    ends = np.concatenate([edges, [times.size]]) - 1
    hours = (times[ends] - times[begins]) / np.timedelta64(1, "s") / 3600.0
    resolution_k = _resolution_k(temps_c)
    alone_h = FROZEN_ALONE_FINE_H if resolution_k < FINE_K else FROZEN_ALONE_H
    for k in np.flatnonzero((hours > FROZEN_H) & (ends - begins + 1 >= LEAST_FROZEN)):
        begin, end, long_h = begins[k], ends[k], hours[k]
        moved_k = _movement_k(reference_c, times[begin], times[end])
        if moved_k > MOVES_K + resolution_k or (np.isnan(moved_k) and long_h > alone_h):
            stuck[begin + 1 : end + 1] = True
    return stuck


def _resolution_k(temps_c: Floats) -> float:
    """Return the smallest step that is common among the readings; 0.1 where there is none."""
    steps = np.abs(np.diff(temps_c))
    steps = steps[steps > 0.005]
    return float(np.quantile(steps, 0.05)) if steps.size else 0.1


def _movement_k(
    reference_c: xr.DataArray | None, begin: np.datetime64, end: np.datetime64
) -> float:
    """Return the range of the reference in a span; nan where it does not cover the span."""
    if reference_c is None:
        return float("nan")
    over = reference_c.sel(time=slice(begin - HOUR, end)).values
    over = over[np.isfinite(over)]
    covered = over.size >= (end - begin) / HOUR - 1 and over.size >= 2
    return float(over.max() - over.min()) if covered else float("nan")
