"""The fuel planner's outlook of a moment, and the need of a season, for a case in its folder.

What the `coal` command asks for. The outlook begins with the plan that the dispatcher works by,
where that still reaches a day ahead and the case has not been edited since; else a plan is made
for it, and not published.
"""

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, time
from zoneinfo import ZoneInfo

import numpy as np
import xarray as xr

from dispatch.case_weather import place_of
from dispatch.daily_request import DailyRequest, Stopwatch
from dispatch.day_plan import plan_day
from dispatch.fuel.coal_ahead import SEED, coal_along, stocks_now
from dispatch.fuel.consumption import season_consumption
from dispatch.fuel.outlook import FuelOutlook
from dispatch.fuel.outlook_request import OutlookRequest
from dispatch.fuel.past_burn import past_burn
from dispatch.fuel.season_need import SeasonDates, SeasonNeed, YardToSeason, season_need
from dispatch.fuel_outlook import fuel_outlook
from dispatch.last_state import last_state
from dispatch.latest_run import latest_run
from dispatch.morning import Morning, inputs_of, morning
from dispatch.optimum import NoPlan
from dispatch.published_plan import plan_of_case
from dispatch.surveyed_stock import start_stocks
from forecasts.demand.calendar import Season, local_date
from forecasts.weather.climate.normals import climate_at
from forecasts.weather.joined_paths import climate_ahead

LEAST_PLAN_H = 24.0  # of a published plan still to come, to go by it


class NothingAhead(Exception):
    """There is no coal to look at: no yards, or the season is over."""


def outlook_now(request: OutlookRequest, progress: Callable[[str], None]) -> FuelOutlook:
    """Make the outlook from the request's moment to the season's end.

    Outside the season it is that of the day which `daily` would plan. Raises CaseFaults for bad
    input, NothingAhead where there is no yard or the season ends today.
    """
    asked = DailyRequest(
        case_folder=request.case_folder,
        now=request.now,
        runs_folder=request.runs_folder,
        store_folder=request.store_folder,
        risk=request.risk,
        paths=request.paths,
    )
    watch = Stopwatch(progress)
    known = morning(asked, watch)
    if known.coal is None:
        raise NothingAhead
    schedule = _published(known, asked)
    if schedule is None:
        schedule = _made(known, asked, watch)
    consumption = season_consumption(known.case, known.now, asked.runs_folder)
    past = past_burn(known.case, known.now, asked.runs_folder, consumption)
    outlook = fuel_outlook(known.coal, schedule, past)
    remarks = (*known.situation.off_season, *known.stocks.remarks)
    return replace(outlook, consumption=consumption, remarks=remarks)


def season_need_of(request: OutlookRequest, season: SeasonDates) -> SeasonNeed:
    """Make the need of a season that is not over; its winters are drawn from the climate alone.

    What is left of the season before it burns the stock too; in between nothing does.
    """
    case, settings = request.case, request.case.settings
    zone = ZoneInfo(settings.timezone)
    today = local_date(request.now, settings.timezone)
    start = request.now
    if season.first > today:  # whole days, where hours do not matter
        start = datetime.combine(today, time(), tzinfo=zone)
    place = place_of(settings)
    climate = climate_at(place, case.climate)
    asked = start, season.last, request.paths, SEED
    ahead = climate_ahead(climate, place, settings.timezone, *asked)
    state = last_state(request.runs_folder, case, start, request.now)
    stocks = start_stocks(case, request.now, start, state, request.runs_folder)
    coal = coal_along(case, start, ahead, stocks_now(case, stocks), request.risk)
    any_season = Season.parse(settings.season_start, settings.season_end)
    heated = np.array([any_season.holds(day) for day in ahead.dates])
    yards = []
    for yard, burn in zip(case.yards, coal.burn.yards, strict=True):
        only = burn.times(heated)
        coming, terms = coal.coming[yard.yard_id], coal.terms[yard.yard_id]
        yards.append(YardToSeason(coal.piles(yard, only, coming), coming, only, terms))
    return season_need(yards, season, settings.supply.storage_rate_at_start)


def _made(known: Morning, asked: DailyRequest, watch: Stopwatch) -> xr.Dataset | None:
    """A plan made for the outlook alone; None where the solver gives none."""
    inputs = inputs_of(known, asked, watch)
    try:
        return plan_day(inputs, known.state.last, "outlook").schedule
    except NoPlan:
        return None


def _published(known: Morning, asked: DailyRequest) -> xr.Dataset | None:
    """The last published plan from the outlook's start on; None where it is not to be gone by."""
    folder = latest_run(asked.runs_folder, known.case.settings.id)
    schedule = None if folder is None else plan_of_case(folder, asked.case_folder)
    if schedule is None:
        return None
    start = np.datetime64(known.grid.start.replace(tzinfo=None), "ns")
    ahead = schedule.sel(time=slice(start, None))
    is_on = ahead.sizes["time"] > 0 and ahead["time"].values[0] == start
    if not is_on or ahead.sizes["time"] * float(schedule.attrs["step_h"]) < LEAST_PLAN_H:
        return None
    return ahead
