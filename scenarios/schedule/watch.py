"""Whether the plan in force still fits: weather, sources, what the dispatcher wrote since.

Between the daily run and the order (handbook §10: shifts adjust at 8, 14, 20 and 2 o'clock) a
plan is made anew where the forecast moved, a source tripped, or an outage, a schedule or an
override was entered.
"""

import json
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

import numpy as np
import pandas as pd
import xarray as xr
from numpy.typing import NDArray

from dispatch.case import Case
from dispatch.case_telemetry import plan_record
from dispatch.daily_request import DailyRequest
from dispatch.input_hashes import input_hashes
from dispatch.latest_run import latest_run
from dispatch.plan import Remark
from dispatch.plan_reader import read_plan
from dispatch.situation import find_forecast_for, start_of_plan
from dispatch.telemetry_folder import has_telemetry
from dispatch.time_grid import time_grid
from forecasts.telemetry.faults import TelemetryFaults
from forecasts.weather.provenance import provenance_of
from forecasts.weather.provider import Nature
from forecasts.weather.run import utc64

Array = NDArray[np.float64]

MOVED_K = 2.0  # of the mean over the hours looked at
LOOKED_AT_H, LEAST_H = 24, 6  # hours of the forecast that are compared
YOUNG = timedelta(hours=1)  # a plan made within the last hour stands
OLD = timedelta(hours=25)  # the daily run was missed
TRIPPED_SHARE, TRIPPED_FOR = 0.2, timedelta(minutes=30)  # of the heat planned
STEP = timedelta(minutes=15)
LEAD_IN = timedelta(hours=3)  # cleaning judges readings by their neighbours
LEAST_PLANNED_MW = 2.0  # a source meant to run: below, meters and minimum loads say little
# What a dispatcher enters between two plans; tables that only book what was are left out.
WATCHED = ("outages.csv", "schedules.csv", "overrides.csv", "sources.csv", "links.csv")
PLAN_PARTS = ("time", "source", "air_temperature", "source_heat")


@dataclass(frozen=True)
class Watched:
    """What was found: why to plan anew (nothing: the plan stands), and what could not be seen."""

    plan: str  # its name; empty where there is none
    why: tuple[Remark, ...]
    unseen: tuple[Remark, ...] = ()


def watched(request: DailyRequest, case: Case, moved_k: float = MOVED_K) -> Watched:
    """Look whether the plan in force fits what is known at `request.now`."""
    latest = latest_run(request.runs_folder, case.settings.id)
    if latest is None:
        return Watched("", (Remark("watch.no_plan"),))
    folder = latest.resolve()
    try:
        plan = read_plan(folder / "plan.nc", PLAN_PARTS)
        manifest = json.loads((folder / "manifest.json").read_text(encoding="utf-8"))
        summary = json.loads((folder / "summary.json").read_text(encoding="utf-8"))
        age = request.now - datetime.fromisoformat(summary["issued_at"])
        inputs = {str(name): str(sha) for name, sha in manifest["inputs"].items()}
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        unreadable = Remark("watch.plan_unreadable", {"run": folder.name, "why": str(error)})
        return Watched(folder.name, (unreadable,))
    if timedelta(0) <= age < YOUNG:
        return Watched(folder.name, (), (Remark("watch.young", {"run": folder.name}),))
    hours = round(age.total_seconds() / 3600.0)
    too_old = [Remark("watch.old", {"hours": hours})] if age >= OLD else []
    weather, unseen_weather = _weather(request, case, plan, moved_k)
    sources, unseen_sources = _sources(request, case, plan)
    why = (*too_old, *weather, *sources, *_files(request.case_folder, inputs))
    return Watched(folder.name, why, (*unseen_weather, *unseen_sources))


def _files(case_folder: Path, then: dict[str, str]) -> list[Remark]:
    """Files of the dispatcher's that are not as they were when the plan was made."""
    now = input_hashes(case_folder)
    changed = [name for name in WATCHED if now.get(name) != then.get(name)]
    return [Remark("watch.file", {"file": name}) for name in changed]


def _weather(
    request: DailyRequest, case: Case, plan: xr.Dataset, moved_k: float
) -> tuple[list[Remark], list[Remark]]:
    """Whether the forecast of the coming day is another one: reasons, and what was not seen."""
    settings = case.settings
    start = start_of_plan(case, request.now, request.stage)
    grid = time_grid(start, settings.time, settings.timezone)
    found = find_forecast_for(case, request, request.now, grid)
    if provenance_of(found.weather).nature is not Nature.FORECAST:
        return [], [Remark("watch.no_forecast")]
    changes = forecast_change_k(plan, found.weather, start)
    if changes.size < LEAST_H:
        return [], [Remark("watch.no_common_hours")]
    mean_k = float(changes.mean())
    if abs(mean_k) <= moved_k:
        return [], []
    key = "watch.colder" if mean_k < 0.0 else "watch.warmer"
    return [Remark(key, {"by_k": f"{abs(mean_k):.1f}", "hours": changes.size})], []


def forecast_change_k(plan: xr.Dataset, weather: xr.Dataset, start: datetime) -> Array:
    """New forecast less the plan's, by hour of the day from `start` that both know, K."""
    first = utc64(start)
    last = first + np.timedelta64(LOOKED_AT_H, "h")
    was, now = (_hourly(one, first, last) for one in (plan, weather))
    common = sorted(was.keys() & now.keys())
    return np.array([now[hour] - was[hour] for hour in common], dtype=np.float64)


def _hourly(data: xr.Dataset, first: np.datetime64, last: np.datetime64) -> dict[int, float]:
    """Mean outdoor temperature by hour of the epoch within [first, last)."""
    times = data["time"].values.astype("datetime64[s]")
    values = np.asarray(data["air_temperature"].values, dtype=np.float64)
    inside = (times >= first) & (times < last) & np.isfinite(values)
    hour = times[inside].astype(np.int64) // 3600
    return {int(one): float(values[inside][hour == one].mean()) for one in np.unique(hour)}


def _sources(
    request: DailyRequest, case: Case, plan: xr.Dataset
) -> tuple[list[Remark], list[Remark]]:
    """Sources that were to run and hardly give heat, by telemetry; and what was not seen."""
    if not has_telemetry(request.case_folder, case.settings):
        return [], [Remark("watch.no_telemetry")]
    until = pd.Timestamp(request.now).floor(STEP).to_pydatetime()  # telemetry is read on steps
    since = until - TRIPPED_FOR
    step_h = STEP / timedelta(hours=1)
    try:
        clean = plan_record(case, request.case_folder, since - LEAD_IN, until, step_h)
    except TelemetryFaults as faults:
        first = str(faults).splitlines()[0]
        return [], [Remark("watch.telemetry_faulty", {"why": first})]
    if clean is None or "heat" not in clean.record or not clean.record.sizes.get("time", 0):
        return [], [Remark("watch.no_readings")]
    heat = clean.record["heat"].transpose("id", "time")
    inside = (heat["time"].values >= utc64(since)) & (heat["time"].values < utc64(until))
    measured = {
        str(name): float(np.nanmean(row))
        for name, row in zip(heat["id"].values, heat.values[:, inside] / 1e3, strict=True)
        if np.isfinite(row).any()
    }
    planned = _planned_mw(plan, since, until)
    found = [
        Remark(
            "watch.tripped",
            {"source": name, "planned_mw": f"{want:.0f}", "measured_mw": f"{measured[name]:.0f}"},
        )
        for name, want in planned.items()
        if name in measured and want >= LEAST_PLANNED_MW and measured[name] < TRIPPED_SHARE * want
    ]
    unread = [Remark("watch.no_readings")] if not measured.keys() & planned.keys() else []
    return found, unread


def _planned_mw(plan: xr.Dataset, since: datetime, until: datetime) -> dict[str, float]:
    """Mean heat of every source over the span, as far as the plan covers it."""
    times = plan["time"].values
    step = np.diff(times).min() if times.size > 1 else np.timedelta64(1, "h")
    inside = (times > utc64(since) - step) & (times < utc64(until))
    if not inside.any():
        return {}
    mean = plan["source_heat"].transpose("source", "time").values[:, inside].mean(axis=1)
    return {str(name): float(mw) for name, mw in zip(plan["source"].values, mean, strict=True)}
