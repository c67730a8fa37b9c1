"""What is known of a morning before anything is planned: case, moment, weather, state, inputs."""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import numpy as np
import pandas as pd
import xarray as xr

from dispatch.case import Case
from dispatch.case_files import CaseFolder, read_case
from dispatch.case_weather import found_forecast, outlook_weather
from dispatch.daily_request import DailyRequest, Stage, Step, Stopwatch
from dispatch.formulation.prices import UNORDERED_COAL_YUAN_PER_T
from dispatch.fuel.coal_ahead import CoalAhead, coal_ahead, coal_needs, season_end
from dispatch.initial_state import LastPlan, StateFile, read_state
from dispatch.inputs import HISTORY_H, PlanInputs, plan_inputs
from dispatch.measured import NOTHING, Measured
from dispatch.plan import Remark
from dispatch.publish import latest_run
from dispatch.start_stock import StartStocks
from dispatch.surveyed_stock import start_stocks
from dispatch.telemetry_folder import has_telemetry
from dispatch.time_grid import TimeGrid, plan_start, time_grid
from dispatch.tonne_value import CoalNeed
from forecasts.demand.calendar import Season, local_date, moment_of_plan
from forecasts.weather.found_forecast import FoundForecast
from forecasts.weather.steps import resample


@dataclass(frozen=True)
class Morning:
    """Everything known before the demand is worked out."""

    folder: CaseFolder
    now: datetime  # moment to plan from: outside the season that of a day inside it
    off_season: tuple[Remark, ...]  # why it is not the moment asked for
    grid: TimeGrid
    weather: xr.Dataset  # on the grid's step
    state: StateFile
    stocks: StartStocks
    coal: CoalAhead | None  # None where no source has a yard, or the season is over

    @property
    def case(self) -> Case:
        """The utility."""
        return self.folder.case


def morning(request: DailyRequest, watch: Stopwatch) -> Morning:
    """Read and fetch what plan and outlook rest on. Raises CaseFaults for bad input."""
    folder = read_case(request.case_folder)
    case = folder.case
    watch.done(Step.CASE)

    now, off_season = _moment(case, request.now)
    grid = time_grid(_start(case, now, request.stage), case.settings.time, case.settings.timezone)
    found = find_forecast_for(case, request, now, grid)
    watch.done(Step.WEATHER)

    state = last_state(request.runs_folder, case, grid.start)
    stocks = start_stocks(case, now, grid.start, state, request.runs_folder)
    coal: CoalAhead | None = None
    last_day = season_end(case, now)
    if case.yards and local_date(grid.start, case.settings.timezone) <= last_day:
        long = outlook_weather(found)
        asked = request.risk, request.paths
        coal = coal_ahead(case, long, grid.start, last_day, stocks, *asked)
        watch.done(Step.COAL)
    weather = resample(found.weather, grid.step_h)
    return Morning(folder, now, off_season, grid, weather, state, stocks, coal)


def inputs_of(known: Morning, request: DailyRequest, watch: Stopwatch) -> PlanInputs:
    """Work out demand and limits of the plan, with what telemetry, yards and meters say."""
    case, grid, last = known.case, known.grid, known.state.last
    measured = NOTHING
    if has_telemetry(request.case_folder, case.settings):
        measured = _measured(case, request, known.now, grid, known.weather, last)
        watch.done(Step.TELEMETRY)
    stocks = known.stocks
    measured = replace(measured, stocks=stocks, notes=(*measured.notes, *stocks.remarks))
    needs: tuple[CoalNeed, ...] = ()
    if known.coal is not None:
        horizon_h = float(grid.edges_h[grid.horizon_steps])
        view_h = float(grid.edges_h[-1])
        needs = coal_needs(known.coal, horizon_h, view_h, UNORDERED_COAL_YUAN_PER_T)
    inputs = plan_inputs(case, grid, known.weather, last, measured, needs)
    watch.done(Step.INPUTS)
    return inputs


def forecast_for(case: Case, request: DailyRequest, now: datetime, grid: TimeGrid) -> xr.Dataset:
    """Weather on the grid's step from `HISTORY_H` before the start to the end of the look-ahead."""
    return resample(find_forecast_for(case, request, now, grid).weather, grid.step_h)


def find_forecast_for(
    case: Case, request: DailyRequest, now: datetime, grid: TimeGrid
) -> FoundForecast:
    """The forecast of which `forecast_for` takes the plan's hours, and `outlook_weather` more."""
    first = pd.Timestamp(grid.start).floor("h").to_pydatetime()
    start = first - timedelta(hours=HISTORY_H)
    hours = HISTORY_H + int(np.ceil(grid.edges_h[-1])) + 1
    return found_forecast(case, request.case_folder, request.store_folder, now, start, hours)


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


def _moment(case: Case, now: datetime) -> tuple[datetime, tuple[Remark, ...]]:
    """The moment to plan from, and why it is not now."""
    season = Season.parse(case.settings.season_start, case.settings.season_end)
    moment = moment_of_plan(now, season, case.settings.timezone)
    if moment == now:
        return now, ()
    zone = ZoneInfo(case.settings.timezone)
    values = {
        "today": now.astimezone(zone).date().isoformat(),
        "planned": moment.astimezone(zone).date().isoformat(),
    }
    return moment, (Remark("daily.off_season", values),)


def _start(case: Case, now: datetime, stage: Stage) -> datetime:
    """First step of the plan: the next full step, or the next local midnight for an order."""
    if stage is Stage.PLAN:
        return plan_start(now, case.settings.time.step_min)
    zone = ZoneInfo(case.settings.timezone)
    tomorrow = now.astimezone(zone).date() + timedelta(days=1)
    midnight = datetime(tomorrow.year, tomorrow.month, tomorrow.day, tzinfo=zone)
    return plan_start(midnight, case.settings.time.step_min)


def last_state(runs_folder: Path, case: Case, start: datetime) -> StateFile:
    """What the last published plan leaves at `start` (aware), or why there is nothing."""
    latest = latest_run(runs_folder, case.settings.id)
    if latest is None:
        return StateFile(None, Remark("daily.state_none"))
    return read_state(latest, start)
