"""What a run feeds on and leaves behind: forecasts, telemetry, the history's database."""

import json
import os
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from datetime import datetime, timedelta
from pathlib import Path

from dispatch.case_files import CaseFaults, read_case
from dispatch.case_kinds import WeatherKind
from dispatch.health.check import Check, Patient, State, Topic
from dispatch.history.database import FILE, HistoryUnavailable, opened_history
from dispatch.history.keep import NOT_RECORDED
from dispatch.latest_run import latest_run
from dispatch.messages import say, words
from dispatch.run_retention import run_name
from dispatch.telemetry_folder import has_telemetry

SERVICES = frozenset(
    {
        *(WeatherKind.OPEN_METEO, WeatherKind.OPEN_METEO_ENSEMBLE),
        *(WeatherKind.OPEN_METEO_SINGLE_RUN, WeatherKind.MET_NORWAY, WeatherKind.QWEATHER),
    }
)
OLD_FORECAST_H, DEAD_FORECAST_H = 30.0, 48.0  # a morning's forecast is a day old the next morning
OLD_READING_H, DEAD_READING_H = 3.0, 24.0
LOOKED_BACK = timedelta(hours=26)
WAIT_S = 1.0


def data_checks(patient: Patient) -> Iterator[Check]:
    """Yield what is to be said of forecasts, telemetry and database."""
    yield from _forecasts(patient)
    yield from _telemetry(patient)
    if patient.settings.history.record:
        yield _database(patient)


# ---- forecasts -----------------------------------------------------------------------------


def _forecasts(patient: Patient) -> Iterator[Check]:
    """One check for all: the newest forecast of any service; each service in the figures."""
    if not any(one.kind in SERVICES for one in patient.settings.weather):
        yield Check(Topic.FORECAST, State.OK, say("health.forecast_no_service"))
        return
    from forecasts.weather.provider import Place
    from forecasts.weather.run_store import StoredRuns

    settings = patient.settings
    place = Place(settings.latitude, settings.longitude, settings.timezone)
    store = StoredRuns(patient.store_folder)
    ages = {}
    for name in store.providers(place):
        issued = [one.issue_time for one in store.runs(name, place, patient.now)]
        if issued:
            ages[name] = round(patient.age_h(max(issued)), 1)
    cure = say("health.forecast_cure")
    if not ages:
        yield Check(Topic.FORECAST, State.WARN, say("health.forecast_none"), cure)
        return
    newest = min(ages, key=lambda name: ages[name])
    others = words(
        *(
            say("health.forecast_other", provider=name, age_h=age)
            for name, age in sorted(ages.items())
            if name != newest
        )
    )
    age_h = ages[newest]
    text = say("health.forecast", provider=newest, age_h=age_h)
    if others:
        text = say("health.forecast_others", newest=text, others=others)
    state = State.OK if age_h <= OLD_FORECAST_H else State.WARN
    if age_h > DEAD_FORECAST_H:
        state = State.FAIL
    yield Check(Topic.FORECAST, state, text, "" if state is State.OK else cure, {"age_h": ages})


# ---- telemetry -----------------------------------------------------------------------------


def _telemetry(patient: Patient) -> Iterator[Check]:
    """How old the newest reading is; nothing where a case has no telemetry."""
    if not has_telemetry(patient.case_folder, patient.settings):
        return
    from dispatch.case_telemetry import case_readings
    from forecasts.telemetry.faults import TelemetryFaults

    cure = say("health.telemetry_cure")
    since, until = patient.now - LOOKED_BACK, patient.now + timedelta(minutes=1)
    try:
        case = read_case(patient.case_folder).case
        times = case_readings(case, patient.case_folder, since, until).readings["time"]
    except CaseFaults:  # told already
        return
    except TelemetryFaults as faults:
        text = say("health.telemetry_faults", count=len(faults.faults), first=faults.faults[0])
        yield Check(Topic.TELEMETRY, State.WARN, text, say("health.telemetry_faults_cure"))
        return
    if times.empty:
        text = say("health.telemetry_none", hours=LOOKED_BACK.total_seconds() / 3600.0)
        yield Check(Topic.TELEMETRY, State.WARN, text, cure)
        return
    last: datetime = times.max().to_pydatetime()
    age_h = patient.age_h(last)
    state = State.OK if age_h <= OLD_READING_H else State.WARN
    if age_h > DEAD_READING_H:
        state = State.FAIL
    text = say("health.telemetry", age_h=age_h)
    values = {"newest": last, "age_h": round(age_h, 2)}
    yield Check(Topic.TELEMETRY, state, text, "" if state is State.OK else cure, values)


# ---- database ------------------------------------------------------------------------------


def _database(patient: Patient) -> Check:
    """Whether the history opens and knows the newest plan; never makes or mends one."""
    try:
        return _opened(patient)
    except (HistoryUnavailable, sqlite3.Error) as error:
        text = say("health.database_broken", why=error)
        return Check(Topic.DATABASE, State.WARN, text, say("health.database_cure"))


def _opened(patient: Patient) -> Check:
    latest = latest_run(patient.runs.parent, patient.settings.id)
    cure = say("health.database_cure")
    file = _sqlite_file(patient)
    if file is None and not patient.online:
        return Check(Topic.DATABASE, State.OK, say("health.database_elsewhere"))
    if file is not None and not file.is_file():
        state = State.WARN if latest else State.OK
        return Check(Topic.DATABASE, state, say("health.database_none"), cure)
    last = _last_online(patient) if file is None else _last_of(file, patient.settings.id)
    values = {"last_run": last}
    left = _not_recorded(patient.runs)
    if left:
        text = say("health.database_behind", why=left)
        return Check(Topic.DATABASE, State.WARN, text, cure, values)
    newest = None if latest is None else run_name(latest.name)
    recorded = None if last is None else run_name(last)
    if newest is not None and (recorded is None or recorded < newest):
        text = say("health.database_lacks", name=newest.name)
        return Check(Topic.DATABASE, State.WARN, text, cure, values)
    return Check(Topic.DATABASE, State.OK, say("health.database", name=last or "-"), values=values)


def _sqlite_file(patient: Patient) -> Path | None:
    """The history's SQLite file; None for a database elsewhere. Raises HistoryUnavailable."""
    history = patient.settings.history
    url = history.url
    if history.url_env:
        url = os.environ.get(history.url_env, "")
        if not url:
            raise HistoryUnavailable(say("history.url_env_unset", name=history.url_env))
    if not url:
        return patient.runs / FILE
    from sqlalchemy.engine import make_url  # takes half a second to load
    from sqlalchemy.exc import ArgumentError

    try:
        made = make_url(url)
    except (ArgumentError, ValueError):
        raise HistoryUnavailable(say("history.url_unknown", what="URL")) from None
    if made.get_backend_name() != "sqlite":
        return None
    return patient.runs / str(made.database or FILE)


def _last_of(file: Path, case_id: str) -> str | None:
    """Name of the newest run in a SQLite file, opened for reading only. Raises sqlite3.Error."""
    url = f"{file.absolute().as_uri()}?mode=ro"
    with closing(sqlite3.connect(url, uri=True, timeout=WAIT_S)) as connection:
        asked = "select name from runs where case_id = ? order by issued_s desc, plan_version desc"
        row = connection.execute(f"{asked} limit 1", (case_id,)).fetchone()
        return None if row is None else str(row[0])


def _last_online(patient: Patient) -> str | None:
    from dispatch.history.stored_runs import stored_runs

    with opened_history(patient.settings.history, patient.runs) as engine:
        found = stored_runs(engine, patient.settings.id, 1)
    return found[0].name if found else None


def _not_recorded(runs: Path) -> str:
    """Why runs were not recorded, as the daily run left it; empty where all are."""
    try:
        return str(json.loads((runs / NOT_RECORDED).read_text(encoding="utf-8"))["why"])
    except FileNotFoundError:
        return ""
    except (OSError, ValueError, KeyError, TypeError) as error:
        return type(error).__name__
