"""Hours that a run does not reach: the past joined from elsewhere, the future from the climate.

A forecast ends after some days, and some services begin at the present hour, while a plan wants the
two days before (settled buildings, filtered temperatures) and more days to come.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import IntEnum

import numpy as np
import xarray as xr

from forecasts.weather.climate.climate import Climate
from forecasts.weather.climate.normals import normal_values
from forecasts.weather.provider import Place
from forecasts.weather.solar import Floats, Times, clear_sky_w_per_m2

ANOMALY_MEMORY_H = 24.0  # e-folding time of what the run's end still says about later hours


class Origin(IntEnum):
    """Where the values of an hour come from (variable `origin`)."""

    JOINED = 0  # before the run: another service, an earlier run, normals
    RUN = 1
    CLIMATE = 2  # after the run: the climate, begun at what the run ends with
    OBSERVED = 3  # temperature by the utility's own sensor


@dataclass(frozen=True)
class Whole:
    """Values on exactly the hours asked, (hours,), and where each hour comes from."""

    starts: Times
    values: dict[str, Floats]
    origin: np.ndarray[tuple[int], np.dtype[np.int8]]

    def observed(self, hourly_c: xr.DataArray) -> "Whole":
        """Return the same with the temperature of the hours that a sensor saw, (time), °C."""
        there = hourly_c.dropna("time")
        shared = np.isin(self.starts, there["time"].values)
        temperature_c, origin = self.values["air_temperature"].copy(), self.origin.copy()
        temperature_c[shared] = there.sel(time=self.starts[shared]).values
        origin[shared] = Origin.OBSERVED
        return Whole(self.starts, self.values | {"air_temperature": temperature_c}, origin)

    def hours_of(self, origin: Origin) -> int:
        """Number of hours with that origin."""
        return int((self.origin == origin).sum())


def central(run: xr.Dataset) -> xr.Dataset:
    """Return the mean of an ensemble's members on `time`; a single run unchanged."""
    if "member" not in run.dims:
        return run
    keep = [name for name in run.data_vars if "member" in run[name].dims]
    middle = run[keep].mean("member", keep_attrs=True)
    middle.attrs = run.attrs
    return middle


def made_whole(
    run: xr.Dataset,
    earlier: Sequence[xr.Dataset],
    place: Place,
    starts: Times,
    climate: Climate | None = None,
) -> Whole:
    """Return `run` (on `time`) on exactly `starts`, with what it lacks taken from elsewhere.

    `earlier` are runs that may know the hours before it begins, the best first.
    """
    known = run.sel(time=slice(starts[0], starts[-1]))
    begins = int(np.searchsorted(starts, known["time"].values[0]))
    ends = begins + known.sizes["time"]
    names = [str(name) for name in known.data_vars]
    normals = _Normals(place, climate)
    past = _joined(known, earlier, normals, starts[:begins], names)
    later = _handed_over(known, normals, starts[ends:], names)
    values = {name: np.concatenate([past[name], known[name].values, later[name]]) for name in names}
    origin = np.full(starts.size, Origin.RUN, dtype=np.int8)
    origin[:begins], origin[ends:] = Origin.JOINED, Origin.CLIMATE
    return Whole(starts, values, origin)


@dataclass(frozen=True)
class _Normals:
    """What is usual at the place; of the packaged city nearest to it where no climate is given."""

    place: Place
    climate: Climate | None

    def at(self, times: Times) -> dict[str, Floats]:
        return normal_values(self.place, times, self.climate)

    def clear_sky(self, times: Times) -> Floats:
        return clear_sky_w_per_m2(times, self.place.latitude, self.place.longitude)


def _joined(
    known: xr.Dataset,
    earlier: Sequence[xr.Dataset],
    normals: _Normals,
    past: Times,
    names: list[str],
) -> dict[str, Floats]:
    """Return the hours `past` from the first run that has them, else from normals.

    Normals are shifted to meet the run at its beginning: weather of yesterday is more like that of
    today than like that of the season.
    """
    if past.size == 0:
        return {name: np.empty(0) for name in names}
    normal = normals.at(past)
    first = known["time"].values[:1]
    at_first = normals.at(first)
    fading = np.exp(-np.arange(past.size, 0, -1) / ANOMALY_MEMORY_H)
    values = {}
    for name in names:
        if name == "global_radiation":
            values[name] = normal[name]
        else:
            offset = float(known[name].values[0] - at_first[name][0])
            values[name] = normal[name] + offset * fading
    for run in reversed(earlier):
        shared = np.isin(past, run["time"].values)
        for name in names:
            if name in run and shared.any():
                values[name][shared] = run[name].sel(time=past[shared]).values
    return _possible(values)


def _handed_over(
    known: xr.Dataset, normals: _Normals, later: Times, names: list[str]
) -> dict[str, Floats]:
    """Return normals for the hours `later`, begun at what the run ends with.

    The last anomaly fades with exp(-lead / 24 h). For radiation it is the share of the last day's
    normal that fades to 1: at night there would be nothing to start from.
    """
    if later.size == 0:
        return {name: np.empty(0) for name in names}
    times = known["time"].values
    normal, usual = normals.at(later), normals.at(times[-24:])
    fading = np.exp(-np.arange(1, later.size + 1) / ANOMALY_MEMORY_H)
    filled = {}
    for name in names:
        array = known[name].values[-24:]
        if name == "global_radiation":
            clear = normals.clear_sky(later)
            share = array.sum() / usual[name].sum() if times.size >= 24 else 1.0
            share = share if np.isfinite(share) else 1.0  # polar night
            filled[name] = np.minimum(normal[name] * (1 + (share - 1) * fading), clear)
        else:
            filled[name] = normal[name] + (array[-1] - usual[name][-1]) * fading
    return _possible(filled)


def _possible(values: dict[str, Floats]) -> dict[str, Floats]:
    """Return values within what wind, sunshine and humidity can be."""
    bounds = {"wind_speed": (0.0, np.inf), "relative_humidity": (0.0, 100.0)}
    return {
        name: np.clip(array, *bounds[name]) if name in bounds else array
        for name, array in values.items()
    }
