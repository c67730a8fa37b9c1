"""Which point, members and times a NetCDF file has, whatever its dimensions are called."""

from dataclasses import dataclass
from datetime import datetime

import numpy as np
import xarray as xr

from forecasts.weather.provider import Place
from forecasts.weather.run import iso_utc, utc64
from forecasts.weather.solar import Times
from forecasts.weather.tables import TableFault

_LATITUDES, _LONGITUDES = ("latitude", "lat"), ("longitude", "lon")
_MEMBERS = ("number", "member", "realization", "ensemble")
_TIMES = ("valid_time", "time", "step", "forecast_period", "leadtime")
_LEADS = ("step", "forecast_period", "leadtime")
_REFERENCES = ("forecast_reference_time", "reference_time", "time")


@dataclass(frozen=True)
class Point:
    """The data of one point: dimensions `member` (if any) and `time` only."""

    data: xr.Dataset
    times: Times  # valid times, UTC
    issue_time: np.datetime64 | None
    numbers: tuple[int, ...]  # of members; empty for a single run
    latitude: float
    longitude: float


def point_of(data: xr.Dataset, place: Place, known_by: datetime) -> Point:
    """Return the nearest point, of the newest run known by then; raises TableFault."""
    at_point, latitude, longitude = _nearest(data, place)
    at_point = _without_expver(at_point)
    chosen, issued = _newest_run(at_point, known_by)
    chosen = chosen.squeeze(
        [d for d in chosen.dims if chosen.sizes[d] == 1 and d not in (*_TIMES, *_MEMBERS)]
    )
    time_dim = next((str(d) for d in _TIMES if d in chosen.dims), None)
    if time_dim is None:
        raise TableFault(f"no time dimension, there are {_dims(chosen)}: name it time")
    times = _valid_times(chosen, time_dim)
    member_dim = next((str(d) for d in _MEMBERS if d in chosen.dims), None)
    left = [str(d) for d in chosen.dims if d not in (time_dim, member_dim)]
    left = [d for d in left if any(d in array.dims for array in chosen.data_vars.values())]
    if left:
        raise TableFault(f"dimensions {', '.join(left)} are not understood: select one of each")
    numbers: tuple[int, ...] = ()
    if member_dim is not None:
        count = chosen.sizes[member_dim]
        told = chosen[member_dim].values if member_dim in chosen.coords else np.arange(count)
        numbers = tuple(int(n) for n in told)
    names = {time_dim: "t"} | ({member_dim: "m"} if member_dim else {})
    plain = xr.Dataset(
        {
            name: (tuple(names[str(d)] for d in array.dims), array.values, array.attrs)
            for name, array in chosen.data_vars.items()
            if set(array.dims) <= set(names) and time_dim in array.dims
        }
    )
    return Point(plain, times, issued, numbers, latitude, longitude)


def _nearest(data: xr.Dataset, place: Place) -> tuple[xr.Dataset, float, float]:
    names = [next((n for n in known if n in data.coords or n in data), None)
             for known in (_LATITUDES, _LONGITUDES)]  # fmt: skip
    if names[0] is None or names[1] is None:
        try:
            return data, float(data.attrs["latitude"]), float(data.attrs["longitude"])
        except (KeyError, TypeError, ValueError):
            raise TableFault("no latitude and longitude: add them as coordinates") from None
    latitude, longitude = data[names[0]], data[names[1]]
    if latitude.ndim == 1 and longitude.ndim == 1 and latitude.dims != longitude.dims:
        latitude, longitude = xr.broadcast(latitude, longitude)
    lat, lon = np.asarray(latitude.values, float), np.asarray(longitude.values, float)
    lon = (lon + 180) % 360 - 180
    shrink = np.cos(np.radians(place.latitude))
    east = (lon - place.longitude + 180) % 360 - 180
    away = np.hypot(lat - place.latitude, east * shrink)
    if np.isnan(away).all():
        raise TableFault("latitude and longitude hold no numbers")
    where = np.unravel_index(int(np.nanargmin(away)), away.shape)
    picked = data.isel({d: int(k) for d, k in zip(latitude.dims, where, strict=True)})
    return picked, float(lat[where]), float(lon[where])


def _without_expver(data: xr.Dataset) -> xr.Dataset:
    """Return ERA5 data with preliminary hours (expver 5) put where final ones are missing."""
    if "expver" not in data.dims or data.sizes["expver"] != 2:
        return data
    final, preliminary = data.isel(expver=0, drop=True), data.isel(expver=1, drop=True)
    return final.fillna(preliminary)


def _newest_run(data: xr.Dataset, known_by: datetime) -> tuple[xr.Dataset, np.datetime64 | None]:
    """Return the newest run by `known_by` and its issue time, None if the file does not tell."""
    now = utc64(known_by)
    lead = next((d for d in _LEADS if d in data.coords or d in data.dims), None)
    for name in _REFERENCES:
        if name not in data.coords or (name == "time" and lead is None):
            continue
        stamps = np.atleast_1d(_as_times(data[name], name))
        if name in data.dims and data[name].ndim == 1:
            if lead not in data.dims:
                return data, None  # one lead of many runs: each hour is of another
            known = np.flatnonzero(stamps <= now)
            if known.size == 0:
                raise TableFault(f"{name}: no run at or before {iso_utc(known_by)}")
            newest = int(known[np.argmax(stamps[known])])
            return data.isel({name: newest}), stamps[newest]
        if stamps.size == 1:
            return data, stamps[0]
    return data, None


def _valid_times(data: xr.Dataset, dim: str) -> Times:
    if "valid_time" in data.coords and data["valid_time"].dims == (dim,):
        return _as_times(data["valid_time"], "valid_time")
    if dim not in _LEADS:
        if dim not in data.coords:
            raise TableFault(f"dimension {dim} has no times: add a coordinate {dim}")
        return _as_times(data[dim], dim)
    start = next((n for n in _REFERENCES if n in data.coords and data[n].ndim == 0), None)
    if start is None or dim not in data.coords:
        raise TableFault(f"dimension {dim} without a scalar time from which it counts")
    steps = data[dim].values
    if not np.issubdtype(steps.dtype, np.timedelta64):
        raise TableFault(f"{dim} has no units of time: add units, as hours")
    return np.asarray(_as_times(data[start], start) + steps.astype("timedelta64[ns]"))


def _as_times(array: xr.DataArray, name: str) -> Times:
    if not np.issubdtype(array.dtype, np.datetime64):
        units = array.attrs.get("units", "none")
        raise TableFault(f"{name} holds no times (units {units}): write hours since a date")
    return np.asarray(array.values.astype("datetime64[ns]"))


def _dims(data: xr.Dataset) -> str:
    return ", ".join(f"{name} ({size})" for name, size in data.sizes.items()) or "none"
