"""The electric power of a CHP as the plan needs it: what the grid asks for, and what it pays."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from dispatch.case import Case, Source
from dispatch.case_kinds import Minimise, PowerMode
from dispatch.grid_schedule import scheduled
from dispatch.time_grid import TimeGrid

Array = NDArray[np.float64]


@dataclass(frozen=True)
class PowerInputs:
    """Power of one row of `sources.csv`; arrays (step,), all units together.

    Exactly one of these holds: `exact_mw` is met; power lies between `min_mw` and `max_mw`; or it
    is free, and what is above `contract_mw` is sold, what is below is bought (all is sold
    without a contract).
    """

    exact_mw: Array | None
    min_mw: Array | None
    max_mw: Array | None
    contract_mw: Array | None
    sell_yuan_per_mwh: Array  # worth of one more MWh in the objective
    buy_yuan_per_mwh: Array  # cost in the objective of one that is missing from the contract


NO_POWER = PowerInputs(None, None, None, None, np.zeros(0), np.zeros(0))  # a source without


def power_inputs(case: Case, source: Source, grid: TimeGrid, available: Array) -> PowerInputs:
    """Work out the power of one CHP; `available` is the fraction of its units there, (step,).

    An outage takes its part of a scheduled power and of a band, which the grid knows of; a
    contract stands, and what is missing is bought.
    """
    name = source.source_id
    power = scheduled(case, name, grid, lambda row: row.power_mw)
    low = scheduled(case, name, grid, lambda row: row.power_min_mw)
    exact, high, contract = None, None, None
    match source.power_mode:
        case PowerMode.SCHEDULED:
            exact, low = power, None
        case PowerMode.BAND:
            high = power
        case PowerMode.PRICE:
            contract, low = power, None
    sell, buy = _prices(case, source, grid)
    return PowerInputs(
        exact_mw=None if exact is None else exact * available,
        min_mw=None if low is None else low * available,
        max_mw=None if high is None else high * available,
        contract_mw=contract,
        sell_yuan_per_mwh=sell,
        buy_yuan_per_mwh=buy,
    )


def _prices(case: Case, source: Source, grid: TimeGrid) -> tuple[Array, Array]:
    """What a MWh of power sold and bought counts in the objective (design §5), (step,).

    Under `fuel` both are the coal that it stands for; under `cost` the prices of `case.toml`, the
    schedule's own instead of the selling price.
    """
    settings = case.settings.fuel
    if settings.minimise is Minimise.FUEL:  # kgce/kWh = tce/MWh
        worth = settings.power_credit_kgce_per_kwh * settings.reference_price_yuan_per_tce
        return np.full(grid.steps, worth), np.full(grid.steps, worth)
    usual = settings.power_sell_yuan_per_kwh * 1e3
    sell = scheduled(case, source.source_id, grid, lambda row: row.price, usual)
    if sell is None:
        sell = np.full(grid.steps, usual)
    return sell, np.full(grid.steps, settings.power_buy_yuan_per_kwh * 1e3)
