"""The weather forecasts behind past load forecasts, as they were known, and the plan's own.

A load forecast is judged with the weather that was to be had when it would have been made: stored
runs of the plan's service, from when they were fetched. Days without one take the weather that
came, which makes the errors of those days too small; how many there are is told.
"""

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import numpy as np
import xarray as xr

from dispatch.case import Case
from dispatch.case_weather import place_of
from forecasts.demand.load.record import (
    RADIATION,
    TEMPERATURE,
    WIND,
    Floats,
    LoadRecord,
    Times,
    WeatherRuns,
)
from forecasts.weather.past_runs import PastRuns, past_runs
from forecasts.weather.run import utc64
from forecasts.weather.run_store import StoredRuns
from forecasts.weather.solar import HOUR

NAMES = (TEMPERATURE, WIND, RADIATION)
DAY_H = 24
FRESH_H = 24  # a run serves the issues of a day
RUNS_A_DAY = 1


@dataclass(frozen=True)
class LoadWeather:
    """Forecasts for a load forecast: how many of the past ones are real."""

    runs: WeatherRuns
    stored: int  # of the past, as they were issued
    missing: int  # days with the weather that came in place of one

    @property
    def stand_in(self) -> float:
        """Part of the past days whose weather forecast is not known."""
        return self.missing / max(1, self.missing + self.stored)


def load_weather(
    case: Case, store_folder: Path, record: LoadRecord, ahead: xr.Dataset, now: datetime, hours: int
) -> LoadWeather:
    """Runs on hours of lead for `record` (hourly, up to the present hour), `hours` ahead each.

    `ahead` is the plan's weather, hourly, which begins at or before the present hour: it is the
    last run, issued now.
    """
    provider = str(ahead.attrs.get("provider", ""))
    issue = record.times[-1] + HOUR
    every = _stored_rows(case, store_folder, provider, record, now, hours)
    rows = [row for row in every if row[0] < issue]  # not the one that this very plan fetched
    stored = len(rows)
    missing = 0
    moment = issue - DAY_H * HOUR
    had = np.array([issued for issued, _, _ in rows], dtype="datetime64[ns]")
    while moment > record.times[0]:
        if not ((had <= moment) & (had > moment - FRESH_H * HOUR)).any():
            rows.append((moment, moment, _that_came(record, moment, hours)))
            missing += 1
        moment = moment - DAY_H * HOUR
    rows.append((issue, issue, _of_plan(ahead, issue, hours)))
    rows.sort(key=lambda row: row[0])
    runs = WeatherRuns(
        issued=np.array([row[0] for row in rows], dtype="datetime64[ns]"),
        first=np.array([row[1] for row in rows], dtype="datetime64[ns]"),
        values={name: np.array([row[2][name] for row in rows]) for name in NAMES},
    )
    return LoadWeather(runs, stored, missing)


Row = tuple[np.datetime64, np.datetime64, dict[str, Floats]]


def _stored_rows(
    case: Case,
    store_folder: Path,
    provider: str,
    record: LoadRecord,
    now: datetime,
    hours: int,
) -> list[Row]:
    """One row a stored run: when it was fetched, its first hour, its values."""
    if not provider or not store_folder.is_dir():
        return []
    store, place = StoredRuns(store_folder), place_of(case.settings)
    days = float((record.times[-1] - record.times[0]) / HOUR) / DAY_H + 2.0
    known: dict[np.datetime64, np.datetime64] = {}
    for run in store.runs(provider, place, now):
        hour = utc64(run.issue_time).astype("datetime64[h]").astype("datetime64[ns]")
        known.setdefault(hour, utc64(run.fetched_at))
    if not known:
        return []
    came = xr.DataArray(np.empty(0), {"time": np.empty(0, dtype="datetime64[ns]")}, ("time",))
    reach = hours + FRESH_H + DAY_H
    found = {
        name: past_runs(
            store,
            provider,
            place,
            came,
            now,
            days,
            variable=name,
            max_lead_h=reach,
            max_runs_a_day=RUNS_A_DAY,
        )
        for name in NAMES
    }
    by_name = {name: _by_issue(runs, reach) for name, runs in found.items()}
    shared = sorted(set.intersection(*(set(rows) for rows in by_name.values())))
    return [
        (known.get(issued, issued), issued, {name: by_name[name][issued] for name in NAMES})
        for issued in shared
    ]


def _by_issue(runs: PastRuns, hours: int) -> dict[np.datetime64, Floats]:
    """Values (lead,) of each run by its issue time; an ensemble's mean."""
    members = runs.members.astype(np.float64)
    if members.size == 0:
        return {}
    count = np.isfinite(members).sum(axis=1)
    total = np.where(np.isfinite(members), members, 0.0).sum(axis=1)
    mean = np.where(count > 0, total / np.maximum(count, 1), np.nan)
    rows = {}
    for issued, values in zip(runs.issue_times, mean, strict=True):
        row = np.full(hours, np.nan)
        row[: min(hours, values.size)] = values[:hours]
        rows[issued] = row
    return rows


def _that_came(record: LoadRecord, moment: np.datetime64, hours: int) -> dict[str, Floats]:
    """Measured weather from a moment on, as if it had been forecast; NaN after its end."""
    first = int((moment - record.times[0]) // HOUR)
    reach = hours + FRESH_H + DAY_H
    rows = {}
    for name in NAMES:
        row = np.full(reach, np.nan)
        part = record.weather[name][first : first + reach]
        row[: part.size] = part
        rows[name] = row
    return rows


def _of_plan(ahead: xr.Dataset, issue: np.datetime64, hours: int) -> dict[str, Floats]:
    """The plan's weather from the present hour on."""
    times: Times = ahead["time"].values
    first = int((issue - times[0]) // HOUR)
    reach = hours + FRESH_H + DAY_H
    rows = {}
    for name in NAMES:
        row = np.full(reach, np.nan)
        part = np.asarray(ahead[name].values, dtype=np.float64)[first : first + reach]
        row[: part.size] = part
        rows[name] = row
    return rows
