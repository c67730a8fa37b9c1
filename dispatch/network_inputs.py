"""Mains and yards as the plan needs them: delays, losses, what is on its way, stocks."""

from dataclasses import dataclass
from datetime import datetime

import numpy as np
from numpy.typing import NDArray

from dispatch.case import Case, Link, Yard
from dispatch.case_kinds import OutageKind
from dispatch.initial_state import LastPlan, last_steps
from dispatch.outages import available_fraction
from dispatch.pipe import Pipe, pipe
from dispatch.time_grid import TimeGrid
from forecasts.demand.building import BASE_TEMP_C

Array = NDArray[np.float64]

HOURS_PER_MONTH = 720.0  # of a yard's monthly loss
EMITTER_EXPONENT = 1.3  # of the radiators that shape the network's quality curve (handbook §5)


@dataclass(frozen=True)
class LinkInputs:
    """One main; arrays (step,). `loss_mw` is known before the solve (design §5)."""

    link: Link
    is_open: NDArray[np.bool_]  # the main is there, and a source of its plant
    value_yuan_per_mwh: float  # of heat left in it at the end
    capacity_mw: Array
    loss_mw: Array
    pipe: Pipe


@dataclass(frozen=True)
class YardInputs:
    """One yard; arrays (step,). Tonnes are of the pile's own fuel, `mwh_per_t`."""

    yard: Yard
    mwh_per_t: float
    stock_before_t: float
    delivery_t: Array  # as much fuel of the pile as the deliveries hold energy
    loss_per_h: float  # of the stock, by wind, rain and slow burning


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
    """Soil temperature at pipe depth by step, from monthly means, °C."""
    months = [grid.local(hours).month for hours in grid.edges_h[:-1]]
    return np.array([case.settings.network.soil_temp_c[month - 1] for month in months])


def loss_mw(case: Case, link: Link, relative_load: Array, soil: Array) -> Array:
    """Heat lost on a main: loss_design · (water − soil)/(design water − coldest soil) (F12)."""
    design_water_c = float(mean_water_c(case, np.ones(1))[0])
    design_k = design_water_c - min(case.settings.network.soil_temp_c)
    return link.loss_mw_design * (mean_water_c(case, relative_load) - soil) / design_k


def delay_h(link: Link, relative_load: float) -> float:
    """Transport delay at the flow a mean relative load asks for, between the three given."""
    flows = (0.4, 0.7, 1.0)
    delays = (link.delay_h_at_40pct_flow, link.delay_h_at_70pct_flow, link.delay_h_at_100pct_flow)
    return float(np.interp(relative_load, flows, delays))


def _plant_is_there(case: Case, plant: str, grid: TimeGrid) -> NDArray[np.bool_]:
    """Whether any source of a plant can run in each step, by `outages.csv`."""
    there = np.zeros(grid.steps, dtype=bool)
    for source in case.sources:
        if source.plant_id == plant:
            name = source.source_id
            there |= available_fraction(case, OutageKind.SOURCE, name, grid, grid.edges_h) > 0.0
    return there


def link_inputs(
    case: Case,
    link: Link,
    grid: TimeGrid,
    relative_load: Array,
    last: LastPlan | None,
    settled_mw: float,
    value_yuan_per_mwh: float,
) -> LinkInputs:
    """Work out one main; `settled_mw` was sent before the start if no plan says what was."""
    delay = delay_h(link, float(relative_load[: grid.horizon_steps].mean()))
    before_h = grid.step_h if last is None else last.step_h
    count = max(1, int(np.ceil(delay / before_h)))
    sent = np.full(count, settled_mw)
    if last is not None:
        known = last_steps(last.link_sent_mw, link.link_id, before_h, count)
        sent = sent if known is None else known
    present = available_fraction(case, OutageKind.LINK, link.link_id, grid, grid.edges_h)
    is_open = (present > 0.0) & _plant_is_there(case, link.from_id, grid)
    return LinkInputs(
        link=link,
        is_open=is_open,
        value_yuan_per_mwh=value_yuan_per_mwh,
        capacity_mw=link.capacity_mw * present,
        # A main that is out is shut and loses nothing that anyone pays for.
        loss_mw=loss_mw(case, link, relative_load, soil_c(case, grid)) * (present > 0.0),
        pipe=pipe(grid.edges_h, delay, sent, before_h, is_open),
    )


def yard_inputs(case: Case, yard: Yard, grid: TimeGrid, last: LastPlan | None) -> YardInputs:
    """Work out one yard; a delivery counts with its confidence, in the step in which it comes.

    A delivery of another heating value counts as the tonnes of the pile's fuel that hold the same
    energy, so that burn, stock and cover keep one heating value.
    The stock is the file's own where the dispatcher has entered a new one; the last plan's
    expected stock where the file still holds the figure that plan started from.
    """
    fuel = case.fuel_of(yard.fuel_id)
    delivery = np.zeros(grid.steps)
    for row in case.deliveries:
        if row.yard_id == yard.yard_id:
            hours = _hours_after(grid.start, row.arrival_time)
            step = int(np.searchsorted(grid.edges_h, hours, side="right")) - 1
            if 0 <= step < grid.steps:
                worth = row.net_calorific_kcal_per_kg / fuel.net_calorific_value
                delivery[step] += row.tonnes * row.confidence * worth
    stock = yard.stock_t
    if last is not None and last.stock_in_file_t.get(yard.yard_id) == yard.stock_t:
        stock = min(float(last.stock_t.rows([yard.yard_id])[0, 0]), yard.capacity_t)
    loss_per_h = yard.yard_loss_per_month / HOURS_PER_MONTH
    return YardInputs(yard, fuel.mwh_per_unit, stock, delivery, loss_per_h)


def _hours_after(start: datetime, moment: datetime) -> float:
    return (moment - start).total_seconds() / 3600.0
