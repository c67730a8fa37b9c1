"""NetCDF times and sums made hourly: running sums of radiation, steps of up to six hours."""

from itertools import pairwise

import numpy as np
from numpy.typing import NDArray
from scipy.interpolate import PchipInterpolator

from forecasts.weather.solar import HOUR, Floats, Times, clear_sky_w_per_m2, deep_night

LONGEST_STEP_H = 6
Positions = NDArray[np.int_]


def fluxes(energy_j: Floats, times: Times, latitude: float, longitude: float) -> Floats:
    """Return W/m², the mean of the time before each of `times`, from energies in J/m².

    Two habits: the energy of the step that ends there (ERA5), and a sum that runs from the start of
    the forecast (ECMWF) or of the day (ERA5-Land). A running sum gives itself away by being above
    zero in the middle of the night. Shape (..., times); the first value of a running sum is unknown
    unless it is zero.
    """
    step_s = np.diff(times) / np.timedelta64(1, "s")
    night = deep_night(times - HOUR, latitude, longitude)
    dark = energy_j[..., night]
    running = dark.size > 0 and bool((np.nan_to_num(dark) > 50 * 3600).any())
    if not running:
        return np.asarray(energy_j / np.concatenate((step_s[:1], step_s)))
    rise = np.diff(energy_j, axis=-1)
    # A sum that falls was begun anew: what it holds now has come since.
    rise = np.where(rise < -3600.0, energy_j[..., 1:], np.maximum(rise, 0.0))
    first = np.full((*energy_j.shape[:-1], 1), np.nan)
    return np.concatenate((first, rise / step_s), axis=-1)


def regular_hours(
    times: Times, values: dict[str, Floats], latitude: float, longitude: float
) -> tuple[Times, dict[str, Floats], int]:
    """Return instants at every hour, and the longest step that was made hourly, h.

    Breaks of more than six hours stay open (nan). Temperature, wind and humidity follow a monotone
    cubic; radiation, the mean of the time before, is shared out as a clear sky would be.
    """
    hours = np.arange(times[0], times[-1] + HOUR, HOUR)
    slot = ((times - times[0]) // HOUR).astype(int)
    steps_h = np.diff(slot)
    coarse = int(steps_h[steps_h <= LONGEST_STEP_H].max(initial=1))
    made = {name: _on(slot, array, hours.size) for name, array in values.items()}
    if coarse == 1:
        return hours, made, 1
    clear = clear_sky_w_per_m2(hours - HOUR, latitude, longitude)
    for name, array in values.items():
        if name == "global_radiation":
            made[name] = _shared_out(made[name], slot, clear)
        else:
            curve = _curve(slot, array, hours.size)
            made[name] = np.where(_bridgeable(slot, hours.size), curve, made[name])
    return hours, made, coarse


def _on(slot: Positions, array: Floats, hours: int) -> Floats:
    out = np.full((*array.shape[:-1], hours), np.nan)
    out[..., slot] = array
    return out


def _bridgeable(slot: Positions, hours: int) -> NDArray[np.bool_]:
    inside = np.zeros(hours, dtype=bool)
    for begin, end in pairwise(slot):
        if end - begin <= LONGEST_STEP_H:
            inside[begin + 1 : end] = True
    return inside


def _curve(slot: Positions, array: Floats, hours: int) -> Floats:
    rows = array.reshape(-1, array.shape[-1])
    out = np.full((rows.shape[0], hours), np.nan)
    for row, told in zip(out, rows, strict=True):
        known = ~np.isnan(told)
        if known.sum() >= 2:
            row[:] = PchipInterpolator(slot[known], told[known], extrapolate=False)(
                np.arange(hours)
            )
            for k in np.flatnonzero(~known):  # what the file lacks stays lacking around it
                row[slot[max(0, k - 1)] + 1 : slot[min(k + 1, slot.size - 1)]] = np.nan
    return out.reshape(*array.shape[:-1], hours)


def _shared_out(radiation: Floats, slot: Positions, clear: Floats) -> Floats:
    out = radiation.copy()
    for begin, end in pairwise(slot):
        if 1 < end - begin <= LONGEST_STEP_H:
            due = clear[begin + 1 : end + 1]
            share = due / due.mean() if due.mean() > 0 else np.ones(due.size)
            out[..., begin + 1 : end + 1] = radiation[..., end : end + 1] * share
    return out
