"""The daily run: case, weather, demand, plan, setpoints, audit, publication. Reads aloud."""

import hashlib
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum
from pathlib import Path
from zoneinfo import ZoneInfo

import numpy as np
import pandas as pd
import xarray as xr

from dispatch.audit import audit
from dispatch.case import Case
from dispatch.case_files import CaseFolder, read_case
from dispatch.case_tables import TELEMETRY_FOLDER
from dispatch.case_weather import case_forecast, place_of
from dispatch.changes import changes_since
from dispatch.cures import cures
from dispatch.day_plan import DayPlan, plan_day
from dispatch.fallback_curves import fallback_curves
from dispatch.fuel_outlook import ExpectedDays, fuel_outlook
from dispatch.initial_state import LastPlan, StateFile, read_state, state_of
from dispatch.inputs import HISTORY_H, PlanInputs, plan_inputs
from dispatch.measured import NOTHING, Measured
from dispatch.messages import say
from dispatch.plan import AuditReport, Plan, Remark, Verdict
from dispatch.preheat import preheat_remarks
from dispatch.publish import LATEST, LATEST_ORDER, latest_run, publish
from dispatch.shortage import shortage_remarks, units_to_light
from dispatch.surveyed_stock import start_stocks
from dispatch.telemetry_folder import has_telemetry
from dispatch.time_grid import TimeGrid, plan_start, time_grid
from dispatch.verdict import judge
from forecasts.demand.calendar import Season, moment_of_plan
from forecasts.demand.load.candidate import Candidate
from forecasts.weather.climate.normals import normal_temperature
from forecasts.weather.provenance import WeatherProvenance, provenance_of
from forecasts.weather.run_store_upkeep import prune
from forecasts.weather.steps import resample

STATE_REASONS = ("daily.state_damaged", "daily.state_does_not_fit")


class Stage(StrEnum):
    """What a run is for."""

    PLAN = "plan"  # the plan of the day, from now on
    ORDER = "order"  # the day-ahead heat order, from the next local midnight on


@dataclass(frozen=True)
class DailyRequest:
    """One run: `now` is aware; folders are made if missing."""

    case_folder: Path
    now: datetime
    runs_folder: Path
    store_folder: Path
    stage: Stage = Stage.PLAN
    candidates: tuple[Candidate, ...] | None = None  # of the load forecast; None: the product's


@dataclass(frozen=True)
class DailyResult:
    """A published run."""

    plan: Plan
    folder: Path


class Step(StrEnum):
    """What a run goes through; each has its words in the catalogue (`daily.done_<step>`)."""

    CASE = "case"
    WEATHER = "weather"
    TELEMETRY = "telemetry"
    INPUTS = "inputs"
    SOLVE = "solve"
    AUDIT = "audit"
    VERDICT = "verdict"
    PUBLISH = "publish"


class _Stopwatch:
    """Seconds by step, for `run_log.json`: the only clock of a run besides `now`."""

    def __init__(self, progress: Callable[[str], None]) -> None:
        self._progress = progress
        self._last = time.perf_counter()
        self.seconds: dict[str, float] = {}

    def done(self, step: Step) -> None:
        """Note that a step is done, and say so."""
        now = time.perf_counter()
        self.seconds[step.value] = round(now - self._last, 3)
        self._last = now
        self._progress(say(f"daily.done_{step.value}"))


def run_daily(request: DailyRequest, progress: Callable[[str], None]) -> DailyResult:
    """Make and publish a plan; `progress` hears of every finished step, in words.

    Raises CaseFaults for bad input, PublishFailed where the run cannot be written, NoPlan where
    the solver gives none.
    """
    watch = _Stopwatch(progress)
    folder = read_case(request.case_folder)
    case = folder.case
    watch.done(Step.CASE)

    now, off_season = _moment(case, request.now)
    grid = time_grid(_start(case, now, request.stage), case.settings.time, case.settings.timezone)
    weather = forecast_for(case, request, now, grid)
    provenance = provenance_of(weather)
    watch.done(Step.WEATHER)

    latest = latest_run(request.runs_folder, case.settings.id)
    state = _state(latest, grid)
    measured = NOTHING
    if has_telemetry(request.case_folder, case.settings):
        measured = _measured(case, request, now, grid, weather, state.last)
        watch.done(Step.TELEMETRY)
    stocks = start_stocks(case, now, grid.start, state, request.runs_folder)
    measured = replace(measured, stocks=stocks, notes=(*measured.notes, *stocks.remarks))
    inputs = plan_inputs(case, grid, weather, state.last, measured)
    watch.done(Step.INPUTS)

    plan_id = f"{case.settings.id}-{now.astimezone(ZoneInfo(case.settings.timezone)):%Y%m%dT%H%M}"
    day = plan_day(inputs, state.last, plan_id)
    watch.done(Step.SOLVE)

    schedule = day.schedule.assign_attrs(stage=request.stage.value)
    report = audit(schedule)
    watch.done(Step.AUDIT)

    verdict = _verdict(folder, inputs, day, report, provenance, off_season, state)
    plan = Plan(
        plan_id=plan_id,
        version=1,
        issued_at=now,
        case=case,
        schedule=schedule,
        verdict=verdict,
        weather=provenance,
        outcome=day.settled.outcome,
        audit=report,
        outlook=fuel_outlook(inputs, schedule, _expected_days(case, grid)),
        fallback_curves=fallback_curves(
            case.stations, case.settings.network, case.settings.design_outdoor_temp_c
        ),
        state=state_of(schedule, case, stocks.anchors),
        shortage=_shortage(inputs, schedule, weather, state),
        changes=changes_since(state.last, schedule),
        demand=measured.forecast,
    )
    watch.done(Step.VERDICT)
    log = {
        "asked_for": request.now.isoformat(),
        "seconds": watch.seconds,
        "rounds": day.settled.rounds,
    }
    hashes = input_hashes(request.case_folder) | {"weather": _weather_hash(weather)}
    pointer = LATEST if request.stage is Stage.PLAN else LATEST_ORDER
    target = publish(plan, request.runs_folder, log, hashes, pointer)
    watch.done(Step.PUBLISH)
    prune(request.store_folder, now)  # last: the plan is out, and a full disk is not its business
    return DailyResult(plan, target)


def _verdict(
    folder: CaseFolder,
    inputs: PlanInputs,
    day: DayPlan,
    report: AuditReport,
    weather: WeatherProvenance,
    off_season: list[Remark],
    state: StateFile,
) -> Verdict:
    """Grade the plan with what the run itself met on the way."""
    lost_state = [state.remark] if state.remark.key in STATE_REASONS else []
    found_state = [] if lost_state else [state.remark]
    return judge(
        folder.case,
        day.schedule,
        day.settled,
        day.primary,
        report,
        weather,
        other_reasons=[*off_season, *lost_state, *inputs.measured.reasons],
        other_notes=[
            *preheat_remarks(inputs, day.schedule),
            *found_state,
            *units_to_light(day.schedule, {s.source_id: s.notice_h for s in folder.case.sources}),
            *inputs.remarks,
            *inputs.measured.notes,
            *folder.notes,
        ],
    )


def _shortage(
    inputs: PlanInputs, schedule: xr.Dataset, weather: xr.Dataset, state: StateFile
) -> tuple[Remark, ...]:
    """What is short, and the ways out, cheapest first; empty where nothing is."""
    short = shortage_remarks(schedule)
    if not short:
        return ()
    before_mw = {unit.source.source_id: unit.heat_before_mw for unit in inputs.sources}

    def remake(case: Case) -> PlanInputs:
        return plan_inputs(case, inputs.grid, weather, state.last, inputs.measured)

    return (*short, *cures(inputs.case, remake, before_mw))


def _measured(
    case: Case,
    request: DailyRequest,
    now: datetime,
    grid: TimeGrid,
    weather: xr.Dataset,
    last: LastPlan | None,
) -> Measured:
    """What telemetry says; its libraries are imported here, so that other runs need not wait."""
    from dispatch.plan_telemetry import Asked, measured_for

    folders = (request.case_folder, request.store_folder)
    return measured_for(Asked(case, *folders, now, grid, weather, last, request.candidates))


def _moment(case: Case, now: datetime) -> tuple[datetime, list[Remark]]:
    """The moment to plan from, and why it is not now."""
    season = Season.parse(case.settings.season_start, case.settings.season_end)
    moment = moment_of_plan(now, season, case.settings.timezone)
    if moment == now:
        return now, []
    zone = ZoneInfo(case.settings.timezone)
    values = {
        "today": now.astimezone(zone).date().isoformat(),
        "planned": moment.astimezone(zone).date().isoformat(),
    }
    return moment, [Remark("daily.off_season", values)]


def _start(case: Case, now: datetime, stage: Stage) -> datetime:
    """First step of the plan: the next full step, or the next local midnight for an order."""
    if stage is Stage.PLAN:
        return plan_start(now, case.settings.time.step_min)
    zone = ZoneInfo(case.settings.timezone)
    tomorrow = now.astimezone(zone).date() + timedelta(days=1)
    midnight = datetime(tomorrow.year, tomorrow.month, tomorrow.day, tzinfo=zone)
    return plan_start(midnight, case.settings.time.step_min)


def forecast_for(case: Case, request: DailyRequest, now: datetime, grid: TimeGrid) -> xr.Dataset:
    """Weather on the grid's step from `HISTORY_H` before the start to the end of the look-ahead."""
    first = pd.Timestamp(grid.start).floor("h").to_pydatetime()
    start = first - timedelta(hours=HISTORY_H)
    hours = HISTORY_H + int(np.ceil(grid.edges_h[-1])) + 1
    hourly = case_forecast(case, request.case_folder, request.store_folder, now, start, hours)
    return resample(hourly, grid.step_h)


def _state(latest: Path | None, grid: TimeGrid) -> StateFile:
    if latest is None:
        return StateFile(None, Remark("daily.state_none"))
    return read_state(latest, grid.start)


def _expected_days(case: Case, grid: TimeGrid) -> ExpectedDays:
    """Expected mean temperature of each local day from the horizon's end to the season's."""
    settings = case.settings
    zone = ZoneInfo(settings.timezone)
    season = Season.parse(settings.season_start, settings.season_end)
    day = grid.at(float(grid.block_edges_h[grid.horizon_blocks])).astimezone(zone).date()
    last = season.last_day(day)
    days = max(0, (last - day).days)
    midnight = datetime(day.year, day.month, day.day, tzinfo=zone) + timedelta(days=1)
    base = np.datetime64(midnight.astimezone(ZoneInfo("UTC")).replace(tzinfo=None), "ns")
    hours = base + np.arange(days * 24) * np.timedelta64(1, "h")
    place = place_of(settings)
    if days == 0:
        return ExpectedDays(np.empty(0))
    return ExpectedDays(
        normal_temperature(place, hours, case.climate).reshape(days, 24).mean(axis=1)
    )


def input_hashes(folder: Path) -> dict[str, str]:
    """SHA-256 of every file of a case folder and its telemetry, by name."""
    paths = [*folder.iterdir(), *(folder / TELEMETRY_FOLDER).glob("**/*")]
    return {
        path.relative_to(folder).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(paths)
        if path.is_file() and not path.name.startswith(".")
    }


def _weather_hash(weather: xr.Dataset) -> str:
    """SHA-256 of the weather's numbers."""
    digest = hashlib.sha256()
    for name in sorted(str(name) for name in weather.data_vars):
        digest.update(name.encode() + np.ascontiguousarray(weather[name].values).tobytes())
    return digest.hexdigest()
