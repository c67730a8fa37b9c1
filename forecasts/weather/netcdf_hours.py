"""NetCDF times and sums made hourly: running sums of radiation, steps of up to six hours."""

from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from forecasts.weather.coarse_steps import LONGEST_H, end_of_usable, hourly_instants
from forecasts.weather.solar import HOUR, Floats, Times, clear_sky_w_per_m2, deep_night

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

    Coarse instants are used up to the first break of more than six hours, with the course of the
    day between them (`coarse_steps`); radiation, the mean of the time before, is shared out as a
    clear sky would be.
    """
    hours: Times = np.arange(times[0], times[-1] + HOUR, HOUR)
    slot = ((times - times[0]) // HOUR).astype(int)
    steps_h = np.diff(slot)
    coarse = int(steps_h[steps_h <= LONGEST_H].max(initial=1))
    made = {name: _on(slot, array, hours.size) for name, array in values.items()}
    if coarse == 1:
        return hours, made, 1
    before: Times = np.subtract(hours, HOUR)
    clear = clear_sky_w_per_m2(before, latitude, longitude)
    for name, array in values.items():
        if name == "global_radiation":
            made[name] = _shared_out(made[name], slot, clear)
            continue
        rows = array.reshape(-1, times.size)
        each = [_between(name, hours, times, row, latitude, longitude) for row in rows]
        made[name] = np.reshape(each, (*array.shape[:-1], hours.size))
    return hours, made, coarse


def _on(slot: Positions, array: Floats, hours: int) -> Floats:
    out = np.full((*array.shape[:-1], hours), np.nan)
    out[..., slot] = array
    return out


def _between(
    name: str, hours: Times, times: Times, values: Floats, latitude: float, longitude: float
) -> Floats:
    """Return instants at `hours` up to the first break of more than six hours, nan beyond."""
    there = ~np.isnan(values)
    usable = end_of_usable(times[there])
    known, told = times[there][:usable], values[there][:usable]
    out = np.full(hours.size, np.nan)
    if known.size >= 2:
        at, made = hourly_instants(known, {name: told}, latitude, longitude)
        out[np.searchsorted(hours, at)] = made[name]
    return out


def _shared_out(radiation: Floats, slot: Positions, clear: Floats) -> Floats:
    out = radiation.copy()
    for begin, end in pairwise(slot):
        if 1 < end - begin <= LONGEST_H:
            due = clear[begin + 1 : end + 1]
            share = due / due.mean() if due.mean() > 0 else np.ones(due.size)
            out[..., begin + 1 : end + 1] = radiation[..., end : end + 1] * share
    return out
