"""Inputs of the cut without a plan: what a change does to stations, sources and yards."""

from functools import cache

import numpy as np
from cut_case import base, request

from dispatch.fuel.coal_ahead import coal_ahead, season_end
from dispatch.inputs import PlanInputs, plan_inputs
from dispatch.measured import NOTHING
from dispatch.situation import Situation
from dispatch.surveyed_stock import start_stocks
from forecasts.demand.building import static_heat_kw
from forecasts.weather.steps import resample


def inputs_of(situation: Situation) -> PlanInputs:
    """The inputs of a plan, from settled rooms."""
    grid = situation.grid
    weather = resample(situation.weather, grid.step_h)
    measured = situation.measured or NOTHING
    return plan_inputs(situation.case, grid, weather, situation.state.last, measured)


@cache
def base_inputs() -> PlanInputs:
    return inputs_of(base())


def steady_kw(inputs: PlanInputs) -> np.ndarray:
    """Heat that holds rooms at their target, (station,) mean over the plan, kW."""
    target_c = inputs.stations.target_c[:, 0]
    return static_heat_kw(inputs.stations.buildings, inputs.weather, target_c).mean(axis=1)


def lost_and_stored_mwh(schedule, case) -> np.ndarray:
    """Heat that buildings lose at reference wind and store over a plan, (station,) MWh.

    K·A·Σ(θ − t_w) + C·A·(θ_end − θ_start): heat and gains together, by the rooms as published.
    """
    area_m2 = np.array([row.heated_area_m2 for row in case.stations])
    loss_w_per_k = area_m2 * [row.specific_loss_w_per_m2k for row in case.stations]
    store_wh_per_k = area_m2 * [row.heat_capacity_kj_per_m2k / 3.6 for row in case.stations]
    ends_c = schedule["station_indoor"].values
    starts_c = np.column_stack([schedule["station_indoor_before"].values, ends_c[:, :-1]])
    lift_kh = (0.5 * (ends_c + starts_c) - schedule["air_temperature"].values).sum(axis=1)
    rise_k = ends_c[:, -1] - starts_c[:, 0]
    return (loss_w_per_k * lift_kh + store_wh_per_k * rise_k) / 1e6


def served_mwh(schedule) -> np.ndarray:
    """Heat that stations got over a plan, (station,) MWh."""
    hours = (schedule["block_end"] - schedule["block_start"]).values / np.timedelta64(1, "h")
    return schedule["station_heat"].values @ hours / 1e3


def coal_of(situation: Situation, paths: int = 20):
    """The coal outlook's arrivals, stocks and days to the season's end."""
    case, start = situation.case, situation.grid.start
    asked = request()
    stocks = start_stocks(case, situation.now, start, situation.state, asked.runs_folder)
    last_day = season_end(case, situation.now)
    return coal_ahead(case, situation.further, start, last_day, stocks, None, paths)
