"""What a plan is made from, as files, services and the last plan tell it: nothing worked out yet.

A what-if (`scenarios/`) edits this and nothing else: the case, the weather, rooms at the start.
"""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import numpy as np
import pandas as pd
import xarray as xr

from dispatch.case import Case
from dispatch.case_files import read_case
from dispatch.case_kinds import WeatherKind
from dispatch.case_weather import found_forecast, outlook_weather
from dispatch.daily_request import DailyRequest, Stage, Step, Stopwatch
from dispatch.initial_state import StateFile
from dispatch.inputs import HISTORY_H, weather_arrays
from dispatch.last_state import last_state
from dispatch.measured import NOTHING, Measured
from dispatch.meters import read_meters
from dispatch.plan import Remark
from dispatch.settings import WeatherSource
from dispatch.telemetry_folder import has_telemetry
from dispatch.time_grid import TimeGrid, plan_start, time_grid
from dispatch.weather_past import weather_that_came
from forecasts.demand.calendar import Season, moment_of_plan
from forecasts.weather.found_forecast import FoundForecast
from forecasts.weather.service_clocks import ServiceClock
from forecasts.weather.steps import resample

CLIMATE = (WeatherSource(kind=WeatherKind.CLIMATE),)


@dataclass(frozen=True)
class Situation:
    """Case, moment, sky and last plan.

    `weather` and `further` hold the variables of `forecast_dataset.py`, hourly from `HISTORY_H`
    before the plan's start: the first over the plan with its look-ahead, the second as far as the
    services know it, for the fuel outlook.
    """

    case: Case
    now: datetime  # moment to plan from: outside the season that of a day inside it
    stage: Stage
    weather: xr.Dataset
    further: xr.Dataset
    state: StateFile
    measured: Measured | None = None  # None: telemetry has not been asked
    case_notes: tuple[Remark, ...] = ()  # of reading the case
    off_season: tuple[Remark, ...] = ()  # why `now` is not the moment asked for
    service_clocks: tuple[ServiceClock, ...] = ()  # against this machine's, as services were asked

    @property
    def grid(self) -> TimeGrid:
        """Steps and blocks of the plan."""
        settings = self.case.settings
        return time_grid(
            start_of_plan(self.case, self.now, self.stage), settings.time, settings.timezone
        )


def look(request: DailyRequest, watch: Stopwatch) -> Situation:
    """Read the case, find the weather, open the last plan. Raises CaseFaults for bad input."""
    folder = read_case(request.case_folder, now=request.now)
    case = folder.case
    if request.offline:
        settings = case.settings.model_copy(update={"weather": CLIMATE, "outdoor_sensor": None})
        case = case.model_copy(update={"settings": settings})
    watch.done(Step.CASE)
    now, off_season = (request.now, ()) if request.in_season else _moment(case, request.now)
    start = start_of_plan(case, now, request.stage)
    grid = time_grid(start, case.settings.time, case.settings.timezone)
    found = find_forecast_for(case, request, now, grid)
    watch.done(Step.WEATHER)
    came = weather_that_came(found.weather)
    return Situation(
        case=case,
        now=now,
        stage=request.stage,
        weather=found.weather,
        further=outlook_weather(found) if case.yards else found.weather,
        state=last_state(request.runs_folder, case, start, now, came),
        case_notes=folder.notes,
        off_season=off_season,
        service_clocks=found.clocks,
    )


def measured_of(situation: Situation, request: DailyRequest, watch: Stopwatch) -> Measured:
    """What telemetry says of the situation; asked once, since it costs many seconds."""
    case = situation.case
    if situation.measured is not None:
        return situation.measured
    if not has_telemetry(request.case_folder, case.settings):
        return NOTHING
    # Its libraries are imported here, so that other runs need not wait.
    from dispatch.plan_telemetry import Asked, measured_for

    folders = (request.case_folder, request.store_folder)
    grid = situation.grid
    weather = resample(situation.weather, grid.step_h)
    last = situation.state.last
    asked = Asked(case, *folders, situation.now, grid, weather, last, request.candidates)
    measured = measured_for(asked)
    watch.done(Step.TELEMETRY)
    return measured


def with_measured(situation: Situation, request: DailyRequest, watch: Stopwatch) -> Situation:
    """Return a situation that has asked telemetry and yesterday's meters once and for all.

    Before a what-if edits the case: what was measured stays what it was. Set against buildings or
    targets that were changed, meters would correct the change away.
    """
    measured = measured_of(situation, request, watch)
    grid = situation.grid
    before = grid.start - timedelta(hours=HISTORY_H)
    steps = round(HISTORY_H / grid.step_h)
    weather = resample(situation.weather, grid.step_h)
    history = weather_arrays(weather, before, grid.step_h, steps)
    meters = read_meters(situation.case, grid.start, history)
    return replace(situation, measured=replace(measured, meters=meters))


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


def start_of_plan(case: Case, now: datetime, stage: Stage) -> datetime:
    """First step of the plan: the next full step, or the next local midnight for an order."""
    if stage is Stage.PLAN:
        return plan_start(now, case.settings.time.step_min)
    zone = ZoneInfo(case.settings.timezone)
    tomorrow = now.astimezone(zone).date() + timedelta(days=1)
    midnight = datetime(tomorrow.year, tomorrow.month, tomorrow.day, tzinfo=zone)
    return plan_start(midnight, case.settings.time.step_min)
