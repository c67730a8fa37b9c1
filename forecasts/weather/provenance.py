"""Where a weather result came from: typed, and carried through netCDF as plain attributes."""

import json
from dataclasses import asdict, dataclass
from datetime import datetime
from enum import StrEnum

import xarray as xr

from forecasts.weather.provider import Cause, Nature
from forecasts.weather.verdict import GateVerdict, gates_of

# Global models run every 6 h and are published 4 to 8 h after their start: a service that works is
# never more than about 14 h behind; 18 h leaves one late run before a plan is called degraded.
FRESH_MAX_AGE_H = 18.0


class NoteCode(StrEnum):
    """What a reader should know of a result; each has its text (`weather.note_<code>`)."""

    ISSUE_TIME_ESTIMATED = "issue_time_estimated"
    STATION_FAR = "station_far"  # a climate or typical-year station far from the place
    COLUMNS_IGNORED = "columns_ignored"
    PAST_ASSUMED = "past_assumed"  # days before a hand-typed table, taken as its first
    INTERPOLATED = "interpolated"
    FILLED_BY_CLIMATE = "filled_by_climate"  # hours beyond the end of the run
    FROM_STORE = "from_store"
    OLDER_RUN_USED = "older_run_used"  # not fresh, yet the newest there is
    NOT_STORED = "not_stored"  # the run could not be kept on disk
    STORED_DAMAGED = "stored_damaged"  # files of the run store that could not be read
    TYPICAL_YEAR_USED = "typical_year_used"
    CLIMATE_USED = "climate_used"
    RADIATION_FROM_CLOUD = "radiation_from_cloud"  # the service gives clouds, no radiation
    CLOUD_ASSUMED = "cloud_assumed"  # not even clouds, for some hours
    SERVICE_ENDS = "service_ends"  # the service says that this version of it is to be closed
    DAYS_MISSING = "days_missing"  # the hourly part alone, without the days after it
    SENSOR_UNREADABLE = "sensor_unreadable"  # the utility's own, of no use today
    SENSOR_SILENT = "sensor_silent"  # no good reading for hours
    SENSOR_CLOCK = "sensor_clock"  # its times are hours away from the weather's
    SENSOR_IN_THE_SUN = "sensor_in_the_sun"
    SENSOR_NOT_BELIEVED = "sensor_not_believed"  # stuck, impossible or far off for days
    CORRECTION_BOUNDED = "correction_bounded"
    LAST_RESORT = "last_resort"  # no provider of the case gave weather


@dataclass(frozen=True)
class Note:
    """One remark: its code, and figures or names for its text."""

    code: NoteCode
    detail: str = ""


@dataclass(frozen=True)
class Attempt:
    """A provider that was asked and not used, and why."""

    provider: str
    cause: Cause
    detail: str


class SpreadSource(StrEnum):
    """What the spread of a forecast rests on (`weather.spread_<source>`)."""

    USUAL = "usual"  # the case's [uncertainty], or handbook §2
    SERVICE = "service"  # percentiles that the service itself gives
    PAST_ERRORS = "past_errors"  # earlier runs of this service against the own sensor
    ENSEMBLE = "ensemble"  # members, as they are or calibrated on earlier runs
    CLIMATE = "climate"  # no forecast: what a winter day of the place can be


@dataclass(frozen=True)
class Trust:
    """How far a forecast can be trusted: its spread, and what it was corrected by.

    The sigmas are of the daily mean temperature one and three days ahead, K. `pairs` counts the
    hours of earlier runs compared with observations, `correction_k` is the mean correction over the
    24 h after `known_by`.
    """

    source: SpreadSource
    sigma_24h_k: float
    sigma_72h_k: float
    pairs: int = 0
    members: int = 0
    correction_k: float = 0.0
    at_bound: bool = False  # the correction wanted to be larger than is believed


@dataclass(frozen=True)
class Opinion:
    """Another forecast beside the one used; the difference is of the mean over the next 24 h."""

    provider: str
    issue_time: datetime
    colder_k: float  # how much colder than the forecast used; negative: warmer


@dataclass(frozen=True)
class WeatherProvenance:
    """Which weather a plan rests on; times are aware, UTC."""

    provider: str
    nature: Nature
    known_by: datetime
    issue_time: datetime
    issue_time_estimated: bool
    age_h: float  # known_by - issue_time
    run_end: datetime  # end of the last step that came from the run itself
    filled_hours: int  # hours beyond run_end, from climate normals
    interpolated_hours: int
    from_store: bool
    attempts: tuple[Attempt, ...]
    notes: tuple[Note, ...]
    joined_hours: int = 0  # before the run begins, from other runs, the own sensor, normals
    gates: tuple[GateVerdict, ...] = ()
    opinions: tuple[Opinion, ...] = ()
    trust: Trust | None = None

    @property
    def fresh(self) -> bool:
        """A forecast young enough for a green plan (its issue time may be estimated)."""
        return self.nature is Nature.FORECAST and self.age_h <= FRESH_MAX_AGE_H


def attempts_to_json(attempts: tuple[Attempt, ...]) -> str:
    """Return attempts as a JSON list, fit for a netCDF attribute."""
    return json.dumps([asdict(attempt) for attempt in attempts], ensure_ascii=False)


def notes_to_json(notes: tuple[Note, ...]) -> str:
    """Return notes as a JSON list, fit for a netCDF attribute."""
    return json.dumps([asdict(note) for note in notes], ensure_ascii=False)


def notes_of(run: xr.Dataset) -> tuple[Note, ...]:
    """Return the notes a run carries; none if it carries none."""
    items = json.loads(str(run.attrs.get("notes", "[]")))
    return tuple(Note(NoteCode(item["code"]), str(item["detail"])) for item in items)


def trust_to_json(trust: Trust) -> str:
    """Return trust as a JSON object, fit for a netCDF attribute."""
    return json.dumps(asdict(trust), ensure_ascii=False)


def opinions_to_json(opinions: tuple[Opinion, ...]) -> str:
    """Return opinions as a JSON list, fit for a netCDF attribute."""
    plain = [asdict(one) | {"issue_time": one.issue_time.isoformat()} for one in opinions]
    return json.dumps(plain, ensure_ascii=False)


def _trust_of(weather: xr.Dataset) -> Trust | None:
    if "trust" not in weather.attrs:
        return None
    found = json.loads(str(weather.attrs["trust"]))
    return Trust(**found | {"source": SpreadSource(found["source"])})


def _opinions_of(weather: xr.Dataset) -> tuple[Opinion, ...]:
    return tuple(
        Opinion(
            str(item["provider"]),
            datetime.fromisoformat(item["issue_time"]),
            float(item["colder_k"]),
        )
        for item in json.loads(str(weather.attrs.get("opinions", "[]")))
    )


def provenance_of(weather: xr.Dataset) -> WeatherProvenance:
    """Return the provenance that `best_forecast` wrote into the attributes of `weather`."""
    attrs = weather.attrs
    attempts = tuple(
        Attempt(str(item["provider"]), Cause(item["cause"]), str(item["detail"]))
        for item in json.loads(str(attrs["attempts"]))
    )
    return WeatherProvenance(
        provider=str(attrs["provider"]),
        nature=Nature(str(attrs["nature"])),
        known_by=datetime.fromisoformat(str(attrs["known_by"])),
        issue_time=datetime.fromisoformat(str(attrs["issue_time"])),
        issue_time_estimated=bool(int(attrs["issue_time_estimated"])),
        age_h=float(attrs["age_h"]),
        run_end=datetime.fromisoformat(str(attrs["run_end"])),
        filled_hours=int(attrs["filled_hours"]),
        interpolated_hours=int(attrs["interpolated_hours"]),
        from_store=bool(int(attrs["from_store"])),
        attempts=attempts,
        notes=notes_of(weather),
        joined_hours=int(attrs.get("joined_hours", 0)),
        gates=gates_of(weather),
        opinions=_opinions_of(weather),
        trust=_trust_of(weather),
    )
