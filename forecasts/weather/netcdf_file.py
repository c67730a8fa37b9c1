"""Weather from a NetCDF file, as ERA5, ECMWF (by cfgrib), CF tools and our own store write them.

The nearest point of a grid is taken, and the newest run known by then. Values are instants and
radiation the mean of the time before, unless the file says `cell_methods = "time: mean"`: then they
are means over hours labelled by their start.
"""

import io
from collections.abc import Hashable, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import numpy as np
import xarray as xr

from forecasts.file_limits import NETCDF_BYTES, NETCDF_UNPACKED_BYTES
from forecasts.weather.files import read_file
from forecasts.weather.gates.intake import Raw, accept
from forecasts.weather.netcdf_fields import (
    ENERGY_J,
    Field,
    found_fields,
    humidity_pct,
    in_our_units,
    unit_of,
)
from forecasts.weather.netcdf_grid import Point, point_of
from forecasts.weather.netcdf_hours import fluxes, regular_hours
from forecasts.weather.provenance import Note, NoteCode
from forecasts.weather.provider import Asked, Cause, Nature, Place, WeatherUnavailable
from forecasts.weather.run import Members, RunInfo, iso64, iso_utc, utc64, utc_datetime
from forecasts.weather.solar import HOUR, Floats, Times
from forecasts.weather.tables import TableFault
from forecasts.weather.verdict import Gate, GateVerdict, mended

_ENGINES = {b"\x89HDF": "h5netcdf", b"CDF\x01": "scipy", b"CDF\x02": "scipy"}
_MAX_HOURS = 24 * 366 * 30


@dataclass(frozen=True)
class NetcdfWeather:
    """A file with temperature, wind (or its components) and radiation over time."""

    path: Path
    name: str = "netcdf"

    def latest_run(
        self, place: Place, known_by: datetime, start: datetime, hours: int
    ) -> xr.Dataset:
        """Return the nearest point's newest run; raises WeatherUnavailable."""
        body = read_file(self.name, self.path, NETCDF_BYTES)
        try:
            with _opened(body) as data:
                point = point_of(data, place, known_by)
                attrs = dict(data.attrs)
            times, values, earlier = _values(point)
        except TableFault as fault:
            detail = f"{self.path.name}, {fault}"
            raise WeatherUnavailable(self.name, Cause.FILE_FAULT, detail) from fault
        info = _info(self.name, self.path.name, place, known_by, point, attrs)
        raw = Raw(times, values, info, _instants(point), _members(point), earlier)
        return accept(raw, Asked(place, known_by, start, hours))


def _opened(body: bytes) -> xr.Dataset:
    """Return the content of a file; raises TableFault if it is none or damaged."""
    if body[:4] == b"GRIB":
        raise TableFault("GRIB, not NetCDF: convert with grib_to_netcdf or cfgrib")
    engine = _ENGINES.get(body[:4])
    if engine is None:
        raise TableFault("no NetCDF file")
    try:
        data = xr.open_dataset(
            io.BytesIO(body),
            engine="h5netcdf" if engine == "h5netcdf" else "scipy",
            decode_timedelta=True,
        )
        if data.nbytes > NETCDF_UNPACKED_BYTES:  # a few bytes can promise any size
            raise TableFault(f"unpacks to {data.nbytes:.1e} bytes. Cut out the place and the days")
        return data.load()
    except TableFault:
        raise
    except (OSError, ValueError, KeyError, TypeError, RuntimeError, IndexError) as error:
        # The libraries below raise all of these on damaged files and odd calendars.
        first = str(error).splitlines()[0][:150] if str(error) else type(error).__name__
        raise TableFault(f"cannot be decoded: {first}") from error


def _values(point: Point) -> tuple[Times, dict[str, Floats], tuple[GateVerdict, ...]]:
    """Return all variables on whole hours in our units, and a verdict if steps were longer."""
    times = _checked_times(point.times)
    place = (point.latitude, point.longitude)
    told = _told(point, times)
    shape = np.broadcast_shapes(*(array.shape for array in told.values()))
    whole = {name: np.asarray(np.broadcast_to(array, shape)) for name, array in told.items()}
    hours, values, step_h = regular_hours(times, whole, *place)
    if step_h > 1 and not _instants(point):
        raise TableFault(f"time: means over {step_h} h, known are instants, and means over 1 h")
    earlier = (mended(Gate.STEP, f"steps of up to {step_h} h made hourly"),) if step_h > 1 else ()
    return hours, values, earlier


def _told(point: Point, times: Times) -> dict[str, Floats]:
    """Return the variables at the times of the file, in our units; raises TableFault."""
    faults: list[str] = []
    found: dict[Field, Floats] = {}
    for field, array in found_fields(point.data).items():
        given = np.asarray(array.transpose(..., "t").values, dtype=np.float64)
        energy = ENERGY_J.get(unit_of(array)) if field is Field.RADIATION else None
        try:
            found[field] = (
                in_our_units(field, array, given)
                if energy is None
                else fluxes(given * energy, times, point.latitude, point.longitude)
            )
        except TableFault as fault:
            faults.extend(fault.faults)
    if faults:
        raise TableFault(*faults)
    temperature, radiation = found[Field.TEMPERATURE], found[Field.RADIATION]
    values = {
        "air_temperature": temperature,
        "wind_speed": found[Field.WIND]
        if Field.WIND in found
        else np.hypot(found[Field.EASTWARD], found[Field.NORTHWARD]),
        # Packed numbers are off by a rounding: nights come out at -0.01 W/m².
        "global_radiation": np.where((radiation < 0) & (radiation > -1), 0.0, radiation),
    }
    if Field.HUMIDITY in found:
        values["relative_humidity"] = found[Field.HUMIDITY]
    elif Field.DEW_POINT in found:
        values["relative_humidity"] = humidity_pct(temperature, found[Field.DEW_POINT])
    return values


def _checked_times(times: Times) -> Times:
    if times.size < 2:
        raise TableFault(f"time has {times.size} values, at least 2 are needed")
    if np.isnat(times).any():
        raise TableFault("time has missing values")
    falling = np.flatnonzero(np.diff(times) <= np.timedelta64(0, "s"))
    if falling.size:
        k = int(falling[0]) + 1
        raise TableFault(f"time {k + 1} of {times.size}: {iso64(times[k])} does not rise")
    odd = np.flatnonzero(times != times.astype("datetime64[h]"))
    if odd.size:
        k = int(odd[0])
        raise TableFault(f"time {k + 1} of {times.size}: {iso64(times[k])} is no whole hour")
    if (times[-1] - times[0]) / HOUR > _MAX_HOURS:
        raise TableFault(f"time: from {iso64(times[0])} to {iso64(times[-1])}, decades")
    return times


def _instants(point: Point) -> bool:
    temperature = found_fields(point.data)[Field.TEMPERATURE]
    return "time: mean" not in str(temperature.attrs.get("cell_methods", ""))


def _members(point: Point) -> Members | None:
    if not point.numbers:
        return None
    return Members(("netcdf",) * len(point.numbers), point.numbers)


def _info(
    provider: str,
    file_name: str,
    place: Place,
    known_by: datetime,
    point: Point,
    attrs: Mapping[Hashable, object],
) -> RunInfo:
    """Return what is said of the run; raises WRONG_TIMES if it was issued after `known_by`."""
    issued = point.issue_time
    if "issue_time" in attrs:  # a run of our own store
        try:
            issued = utc64(datetime.fromisoformat(str(attrs["issue_time"])))
        except ValueError:
            issued = None
    if issued is not None and issued > utc64(known_by):
        detail = f"{file_name}: issued {iso64(issued)}, after {iso_utc(known_by)}"
        raise WeatherUnavailable(provider, Cause.WRONG_TIMES, detail)
    notes = () if issued is not None else (Note(NoteCode.ISSUE_TIME_ESTIMATED, file_name),)
    return RunInfo(
        provider=provider,
        nature=Nature.FORECAST,
        place=place,
        known_by=known_by,
        issue_time=known_by if issued is None else utc_datetime(issued),
        issue_time_estimated=issued is None,
        latitude=point.latitude,
        longitude=point.longitude,
        notes=notes,
    )
