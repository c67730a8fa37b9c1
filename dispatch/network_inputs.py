"""Water, soil and losses of the network, and yards, as the plan needs them."""

from calendar import monthrange
from dataclasses import dataclass
from datetime import datetime

import numpy as np
from numpy.typing import NDArray

from dispatch.case import Case, Link, Yard
from dispatch.case_kinds import OutageKind
from dispatch.initial_state import LastPlan
from dispatch.outages import back_at
from dispatch.start_stock import StartStock
from dispatch.time_grid import TimeGrid
from dispatch.tonne_value import CoalNeed
from forecasts.demand.building import BASE_TEMP_C

Array = NDArray[np.float64]

HOURS_PER_MONTH = 720.0  # of a yard's monthly loss
EMITTER_EXPONENT = 1.3  # of the radiators that shape the network's quality curve (handbook §5)


@dataclass(frozen=True)
class YardInputs:
    """One yard; arrays (step,). Tonnes are of the pile's own fuel, `mwh_per_t`."""

    yard: Yard
    mwh_per_t: float
    stock_before_t: float
    delivery_t: Array  # as much fuel of the pile as the deliveries hold energy
    loss_per_h: float  # of the stock, by wind, rain and slow burning
    need: CoalNeed | None = None  # stock wanted at the horizon's end, by the fuel outlook


def mean_water_c(case: Case, relative_load: Array) -> Array:
    """Mean temperature of primary water at a relative load, °C (H F8 on the design curve)."""
    network = case.settings.network
    design_c = 0.5 * (network.primary_design_supply_c + network.primary_design_return_c)
    exponent = 1.0 / EMITTER_EXPONENT
    return BASE_TEMP_C + (design_c - BASE_TEMP_C) * np.clip(relative_load, 0.0, 1.5) ** exponent


def network_slope_k(case: Case, relative_load: float) -> float:
    """Change of primary supply temperature per unit of relative load, K (derivative of F8)."""
    network = case.settings.network
    mean_k = 0.5 * (network.primary_design_supply_c + network.primary_design_return_c) - BASE_TEMP_C
    half_spread_k = 0.5 * (network.primary_design_supply_c - network.primary_design_return_c)
    load = max(relative_load, 0.1)
    return float(mean_k / EMITTER_EXPONENT * load ** (1.0 / EMITTER_EXPONENT - 1.0) + half_spread_k)


def soil_c(case: Case, grid: TimeGrid) -> Array:
    """Soil temperature at pipe depth by step, °C: monthly means, straight between mid-months."""
    means = np.array(case.settings.network.soil_temp_c)
    middles_h = 0.5 * (grid.edges_h[:-1] + grid.edges_h[1:])
    months = np.array([_months_into_year(grid.local(hours)) for hours in middles_h])
    return np.asarray(np.interp(months, np.arange(12) + 0.5, means, period=12.0))


def _months_into_year(moment: datetime) -> float:
    """Months from the beginning of the year; the middle of January is 0.5."""
    days = monthrange(moment.year, moment.month)[1]
    gone = moment.day - 1 + (moment.hour + moment.minute / 60.0) / 24.0
    return moment.month - 1 + gone / days


def loss_mw(case: Case, link: Link, relative_load: Array, soil: Array) -> Array:
    """Heat lost on a main: loss_design · (water − soil)/(design water − coldest soil) (F12)."""
    design_water_c = float(mean_water_c(case, np.ones(1))[0])
    design_k = design_water_c - min(case.settings.network.soil_temp_c)
    return link.loss_mw_design * (mean_water_c(case, relative_load) - soil) / design_k


def yard_inputs(
    case: Case,
    yard: Yard,
    grid: TimeGrid,
    last: LastPlan | None,
    start_stock: StartStock | None = None,
) -> YardInputs:
    """Work out one yard; a delivery counts with its confidence, in the step in which it comes.

    While the road or rail to the yard is cut (`outages.csv`) it waits, and comes once that opens.
    A delivery of another heating value counts as the tonnes of the pile's fuel that hold the same
    energy, so that burn, stock and cover keep one heating value.
    The stock is `start_stock`, which knows surveys and scales, where it is given; else
    `book_stock_t`.
    """
    fuel = case.fuel_of(yard.fuel_id)
    delivery = np.zeros(grid.steps)
    for row in case.deliveries:
        if row.yard_id == yard.yard_id:
            comes = back_at(case, OutageKind.YARD, yard.yard_id, row.arrival_time)
            hours = _hours_after(grid.start, comes)
            step = int(np.searchsorted(grid.edges_h, hours, side="right")) - 1
            if 0 <= step < grid.steps:
                worth = row.net_calorific_kcal_per_kg / fuel.net_calorific_value
                delivery[step] += row.tonnes * row.confidence * worth
    stock = book_stock_t(yard, last) if start_stock is None else start_stock.stock_t
    loss_per_h = yard.yard_loss_per_month / HOURS_PER_MONTH
    return YardInputs(yard, fuel.mwh_per_unit, stock, delivery, loss_per_h)


def book_stock_t(yard: Yard, last: LastPlan | None) -> float:
    """Stock at a plan's start without surveys and scales, t.

    The file's own figure where the dispatcher has entered a new one; the last plan's expected
    stock where the file still holds the figure that plan started from.
    """
    if last is None or last.stock_in_file_t.get(yard.yard_id) != yard.stock_t:
        return yard.stock_t
    return min(max(0.0, float(last.stock_t.rows([yard.yard_id])[0, 0])), yard.capacity_t)


def _hours_after(start: datetime, moment: datetime) -> float:
    return (moment - start).total_seconds() / 3600.0
