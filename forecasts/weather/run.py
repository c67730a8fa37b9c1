"""How a weather run is put together: one way for all providers, so that all look alike."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime

import numpy as np
import xarray as xr

from forecasts.series import LONG_NAMES, UNITS, check_weather
from forecasts.weather.provenance import Note, notes_to_json
from forecasts.weather.provider import Nature, Place
from forecasts.weather.solar import HOUR, Floats, Times
from forecasts.weather.verdict import GateVerdict, gates_to_json


@dataclass(frozen=True)
class RunInfo:
    """What is said of a run besides its values; degrees and aware times."""

    provider: str
    nature: Nature
    place: Place  # as asked
    known_by: datetime  # when it was fetched or read
    issue_time: datetime
    issue_time_estimated: bool
    latitude: float  # as answered
    longitude: float
    interpolated_hours: int = 0
    notes: tuple[Note, ...] = ()
    gates: tuple[GateVerdict, ...] = ()


@dataclass(frozen=True)
class Members:
    """Who the members of an ensemble are: model names, and numbers within them (0 = control)."""

    models: tuple[str, ...]
    numbers: tuple[int, ...]


def utc64(moment: datetime) -> np.datetime64:
    """Return an aware moment as datetime64[ns] in UTC; ValueError if it has no zone."""
    if moment.tzinfo is None:
        raise ValueError(f"{moment} has no time zone. Give one.")
    return np.datetime64(moment.astimezone(UTC).replace(tzinfo=None), "ns")


def utc_datetime(moment: np.datetime64) -> datetime:
    """Return a UTC datetime64 as an aware datetime."""
    seconds = int((moment - np.datetime64("1970-01-01T00:00:00", "s")) / np.timedelta64(1, "s"))
    return datetime.fromtimestamp(seconds, tz=UTC)


def iso_utc(moment: datetime) -> str:
    """Return a moment as ISO 8601 in UTC, whole seconds."""
    return moment.astimezone(UTC).isoformat(timespec="seconds")


def iso64(moment: np.datetime64) -> str:
    """Return a UTC datetime64 as ISO 8601 with minutes, for messages."""
    return f"{np.datetime_as_string(moment, unit='m')}Z"


def hour_starts(start: datetime, hours: int) -> Times:
    """Return the starts of `hours` UTC hours from `start`; ValueError unless on a whole hour."""
    first = utc64(start)
    if first != first.astype("datetime64[h]"):
        raise ValueError(f"{start} is not on a whole UTC hour.")
    if hours < 2:
        raise ValueError(f"hours is {hours}; weather is given for at least 2.")
    return first + np.arange(hours) * HOUR


def weather_run(
    starts: Times, values: Mapping[str, Floats], info: RunInfo, members: Members | None = None
) -> xr.Dataset:
    """Return hourly `values` (units of `forecasts.series`) on `starts` as a checked run.

    Values have shape (hours,), or (members, hours) where `members` are given.
    """
    dims = ("time",) if members is None else ("member", "time")
    variables = {
        name: (dims, np.asarray(array, dtype=np.float64), _attrs(name))
        for name, array in values.items()
    }
    run = xr.Dataset(variables, coords={"time": starts.astype("datetime64[ns]")})
    if members is not None:
        run = run.assign_coords(
            member=np.arange(len(members.numbers)),
            model=("member", np.array(members.models, dtype=str)),
            number=("member", np.array(members.numbers, dtype=np.int64)),
        )
    run.attrs = {
        "provider": info.provider,
        "nature": info.nature.value,
        "issue_time": iso_utc(info.issue_time),
        "issue_time_estimated": int(info.issue_time_estimated),
        "fetched_at": iso_utc(info.known_by),
        "latitude": float(info.latitude),
        "longitude": float(info.longitude),
        "asked_latitude": float(info.place.latitude),
        "asked_longitude": float(info.place.longitude),
        "interpolated_hours": int(info.interpolated_hours),
        "notes": notes_to_json(info.notes),
        "gates": gates_to_json(info.gates),
    }
    return check_weather(run)


def _attrs(name: str) -> dict[str, str]:
    return {"units": UNITS[name], "long_name": LONG_NAMES[name], "cell_methods": "time: mean"}
