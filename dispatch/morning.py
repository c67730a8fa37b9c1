"""What is known of a morning before anything is planned: weather, state, stocks, coal, inputs."""

from dataclasses import dataclass, replace
from datetime import datetime

import xarray as xr

from dispatch.case import Case
from dispatch.daily_request import DailyRequest, Step, Stopwatch
from dispatch.formulation.prices import UNORDERED_COAL_YUAN_PER_T
from dispatch.fuel.coal_ahead import CoalAhead, coal_ahead, coal_needs, season_end
from dispatch.initial_state import StateFile
from dispatch.inputs import PlanInputs, plan_inputs
from dispatch.situation import Situation, look, measured_of
from dispatch.start_stock import StartStocks
from dispatch.surveyed_stock import start_stocks
from dispatch.time_grid import TimeGrid
from dispatch.tonne_value import CoalNeed
from forecasts.demand.calendar import local_date
from forecasts.weather.steps import resample


@dataclass(frozen=True)
class Morning:
    """Everything known before the demand is worked out."""

    situation: Situation
    grid: TimeGrid
    weather: xr.Dataset  # on the grid's step
    stocks: StartStocks
    coal: CoalAhead | None  # None where no source has a yard, or the season is over

    @property
    def case(self) -> Case:
        """The utility."""
        return self.situation.case

    @property
    def now(self) -> datetime:
        """Moment to plan from."""
        return self.situation.now

    @property
    def state(self) -> StateFile:
        """What the last published plan leaves."""
        return self.situation.state


def morning(request: DailyRequest, watch: Stopwatch) -> Morning:
    """Read and fetch what plan and outlook rest on. Raises CaseFaults for bad input."""
    return morning_of(look(request, watch), request, watch)


def morning_of(situation: Situation, request: DailyRequest, watch: Stopwatch) -> Morning:
    """Work out the stocks and the coal to the season's end."""
    case, now, grid = situation.case, situation.now, situation.grid
    stocks = start_stocks(case, now, grid.start, situation.state, request.runs_folder)
    coal: CoalAhead | None = None
    last_day = season_end(case, now)
    if case.yards and local_date(grid.start, case.settings.timezone) <= last_day:
        asked = request.risk, request.paths
        coal = coal_ahead(case, situation.further, grid.start, last_day, stocks, *asked)
        watch.done(Step.COAL)
    weather = resample(situation.weather, grid.step_h)
    return Morning(situation, grid, weather, stocks, coal)


def inputs_of(known: Morning, request: DailyRequest, watch: Stopwatch) -> PlanInputs:
    """Work out demand and limits of the plan, with what telemetry, yards and meters say."""
    case, grid, last = known.case, known.grid, known.state.last
    measured = measured_of(known.situation, request, watch)
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
