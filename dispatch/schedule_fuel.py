"""The schedule's fuel, power and coal: what was burnt, for what, and how the audit can tell."""

from collections.abc import Callable

import numpy as np
import xarray as xr
from numpy.typing import NDArray

from dispatch.fuel_curve import least_fuel_mw
from dispatch.fuel_shares import (
    accounting_fuel_mw,
    accounting_rate,
    covers_heat_only,
    drawn_per_heat,
    fuel_for_heat_mw,
    marginal_fuel_of_heat_mw,
)
from dispatch.inputs import PlanInputs
from dispatch.network_inputs import YardInputs
from dispatch.power_inputs import PowerInputs
from dispatch.schedule import put
from dispatch.source_inputs import SourceInputs

Array = NDArray[np.float64]
Data = dict[str, xr.DataArray]


def put_fuel(data: Data, inputs: PlanInputs, heat: Array, power: Array, on: Array) -> None:
    """Put fuel of each source, by `heat`, `power` and units `on` (source, step).

    Fuel is worked out anew as the least that a source's curve allows, and reported three ways
    (`fuel_shares.py`).
    """
    fuel, accounting, marginal, for_heat = (np.zeros_like(heat) for _ in range(4))
    for i, unit in enumerate(inputs.sources):
        fuel[i] = least_fuel_mw(unit.planes, heat[i], power[i], on[i])
        accounting[i] = accounting_fuel_mw(unit.source, heat[i], fuel[i])
        marginal[i] = marginal_fuel_of_heat_mw(inputs.case, unit, heat[i], power[i], on[i])
        for_heat[i] = fuel_for_heat_mw(inputs.case, unit, accounting[i], marginal[i], fuel[i])
    put(data, "source_fuel", fuel)
    put(data, "source_fuel_accounting", accounting)
    put(data, "source_fuel_marginal", marginal)
    put(data, "source_fuel_for_heat", for_heat)
    rates = [accounting_rate(unit.source) for unit in inputs.sources]
    put(data, "source_accounting_rate", [np.nan if rate is None else rate for rate in rates])
    _put_curves(data, inputs.sources)


def _put_curves(data: Data, sources: tuple[SourceInputs, ...]) -> None:
    """Vertices and pieces of one unit of each source, padded with NaN."""
    vertices = [np.empty((0, 3)) if s.vertices is None else s.vertices for s in sources]
    pieces = [np.array(s.pieces).reshape(-1, 2) for s in sources]
    for rows, names in (
        (vertices, ("source_vertex_heat", "source_vertex_power", "source_vertex_fuel")),
        (pieces, ("source_piece_slope", "source_piece_intercept")),
    ):
        most = max(1, *(len(row) for row in rows))  # netCDF takes a dim of size 0 for an open one
        padded = np.full((len(rows), most, len(names)), np.nan)
        for i, row in enumerate(rows):
            padded[i, : len(row)] = row
        for column, name in enumerate(names):
            put(data, name, padded[:, :, column])


def put_power(data: Data, inputs: PlanInputs, power: Array) -> None:
    """Put what the grid asks of each source's `power` (source, step), and how it is paid."""
    steps = power.shape[1]

    def table(of: Callable[[PowerInputs], Array | None], missing: float) -> Array:
        values = np.full(power.shape, missing)
        for i, unit in enumerate(inputs.sources):
            found = None if unit.vertices is None else of(unit.power)
            if found is not None:
                values[i] = found[:steps]
        return values

    def either(exact: Array | None, limit: Array | None) -> Array | None:
        return limit if exact is None else exact

    contract = table(lambda p: p.contract_mw, np.nan)
    over = power - np.nan_to_num(contract)  # without a contract all is sold
    put(data, "source_power", power)
    put(data, "source_power_min", table(lambda p: either(p.exact_mw, p.min_mw), np.nan))
    put(data, "source_power_max", table(lambda p: either(p.exact_mw, p.max_mw), np.nan))
    put(data, "source_power_contract", contract)
    put(data, "source_power_sold", np.maximum(over, 0.0))
    put(data, "source_power_bought", np.maximum(-over, 0.0))
    put(data, "source_power_sell_price", table(lambda p: p.sell_yuan_per_mwh, 0.0))
    put(data, "source_power_buy_price", table(lambda p: p.buy_yuan_per_mwh, 0.0))


def put_yards(data: Data, inputs: PlanInputs) -> None:
    """Stocks step by step: (1 − λΔ)·stock + deliveries − burn (F14)."""
    steps = inputs.grid.horizon_steps
    shape = (len(inputs.yards), steps)
    burn, stock, delivery = np.zeros(shape), np.zeros(shape), np.zeros(shape)
    for y, item in enumerate(inputs.yards):
        drawn_mwh = _drawn_mw(data, inputs, item) * inputs.grid.step_h
        burn[y] = (drawn_mwh + _start_fuel_mwh(data, inputs, item)) / item.mwh_per_t
        delivery[y] = item.delivery_t[:steps]
        left_t = item.stock_before_t
        for t in range(steps):
            left_t *= 1.0 - item.loss_per_h * inputs.grid.step_h
            left_t += delivery[y, t] - burn[y, t]
            stock[y, t] = left_t
    put(data, "yard_burn", burn)
    put(data, "yard_delivery", delivery)
    put(data, "yard_stock", stock)
    put(data, "yard_stock_before", np.array([item.stock_before_t for item in inputs.yards]))
    put(data, "yard_mwh_per_t", np.array([item.mwh_per_t for item in inputs.yards]))
    put(data, "yard_loss_rate", np.array([item.loss_per_h for item in inputs.yards]))
    put(data, "yard_unusable", np.array([item.yard.unusable_t for item in inputs.yards]))
    data["yard_covers_heat_share"] = xr.DataArray(
        np.array([float(covers_heat_only(item.yard)) for item in inputs.yards]),
        dims="yard",
        attrs={"long_name": "1 where the stock pays only for the heat's share", "units": "1"},
    )


def _drawn_mw(data: Data, inputs: PlanInputs, item: YardInputs) -> Array:
    """Fuel drawn from a yard by step, MW: by the rule of `drawn_per_heat`."""
    drawn = np.zeros(inputs.grid.horizon_steps)
    for i, unit in enumerate(inputs.sources):
        if unit.source.yard_id == item.yard.yard_id:
            per_heat = drawn_per_heat(unit.source, item.yard)
            heat, fuel = data["source_heat"].values[i], data["source_fuel"].values[i]
            drawn += fuel if per_heat is None else per_heat * heat
    return drawn


def _start_fuel_mwh(data: Data, inputs: PlanInputs, item: YardInputs) -> Array:
    """Fuel of starts drawn from a yard by step, MWh."""
    each_mwh = data["source_started"].values * data["source_start_fuel"].values[:, None]
    ours = [unit.source.yard_id == item.yard.yard_id for unit in inputs.sources]
    return np.asarray(each_mwh[ours].sum(axis=0))
