"""A coal pile along paths of weather, day by day: what is lost, unloaded, burnt, and missing.

The pile is well mixed: mass and heating value of each path, no layers. In a day it first loses to
wind and slow burning, then takes in what the gate has (as much as the unloading does while the
road is open, and as there is room for beside what the day burns), then gives what the plant wants
at the heating value of the mix. What has to wait at the gate waits in wagons and loses nothing.

The bottom layer (`unusable_t`) is burnt in need, as the plan does at a price: a path whose stock
falls into it counts as empty (`Level.EMPTY`), but its rooms are cold only when nothing is left,
which is `short_t`. Later deliveries first make the layer good.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from dispatch.case import Yard
from dispatch.fuel.arrivals import stream
from dispatch.fuel.burn_paths import YardBurn
from dispatch.fuel.pile_paths import Arrivals, PilePaths, StockNow
from dispatch.network_inputs import HOURS_PER_MONTH

Array = NDArray[np.float64]


@dataclass(frozen=True)
class PileState:
    """A yard at one moment on each path, (path,)."""

    stock_t: Array
    mwh_per_t: Array  # of an empty pile the last it had
    waiting_t: Array  # at the gate
    waiting_mwh: Array


@dataclass(frozen=True)
class PileDay:
    """What happened in one day on each path, tonnes, (path,)."""

    burnt_t: Array
    short_t: Array  # wanted and not there, at the pile's heating value
    unloaded_t: Array
    lost_t: Array


def first_state(yard: Yard, now: StockNow, paths: int, seed: int) -> PileState:
    """The stock at the start, spread by what is unsure of it, between nothing and a full yard."""
    error = stream(seed, "stock", yard.yard_id).standard_normal(paths)
    most_t = max(yard.capacity_t, now.stock_t)  # a pile heaped too high is there all the same
    stock_t = np.clip(now.stock_t + now.sd_t * error, 0.0, most_t)
    nothing = np.zeros(paths)
    return PileState(stock_t, np.full(paths, now.mwh_per_t), nothing, nothing)


def after_a_day(
    yard: Yard,
    state: PileState,
    wanted_mwh: Array,
    arrived: tuple[Array, Array],
    hours: float,
    open_part: float,
) -> tuple[PileState, PileDay]:
    """Take a yard through one day of `hours`; see the module's text.

    `arrived` are tonnes and MWh that reach the gate, (path,); `open_part` is the part of the
    day's unloading that the road lets through, 0-1.
    """
    months = hours / HOURS_PER_MONTH
    lost_t = state.stock_t * (1.0 - (1.0 - yard.yard_loss_per_month) ** months)
    left_t = state.stock_t - lost_t
    old = state.mwh_per_t * (1.0 - yard.heat_value_loss_per_month) ** months
    gate_t, gate_mwh = state.waiting_t + arrived[0], state.waiting_mwh + arrived[1]
    fresh = np.where(gate_t > 0.0, gate_mwh / np.where(gate_t > 0.0, gate_t, 1.0), old)
    # Room is made by the burn, at its least: of a mix that is as good as the better of the two.
    makes_room_t = np.minimum(wanted_mwh / np.maximum(old, fresh), left_t)
    room_t = np.maximum(yard.capacity_t - left_t + makes_room_t, 0.0)
    limit_t = yard.unloading_t_per_day * hours / 24.0 * open_part
    unloaded_t = np.minimum(np.minimum(gate_t, limit_t), room_t)
    there_t = left_t + unloaded_t
    mixed = (left_t * old + unloaded_t * fresh) / np.where(there_t > 0.0, there_t, 1.0)
    mwh_per_t = np.where(there_t > 0.0, mixed, old)
    wanted_t = wanted_mwh / mwh_per_t
    burnt_t = np.minimum(wanted_t, there_t)
    waiting_t = gate_t - unloaded_t
    after = PileState(there_t - burnt_t, mwh_per_t, waiting_t, waiting_t * fresh)
    return after, PileDay(burnt_t, wanted_t - burnt_t, unloaded_t, lost_t)


def pile_paths(
    yard: Yard,
    now: StockNow,
    burn: YardBurn,
    coming: Arrivals,
    hours: Array,
    open_part: Array,
    seed: int,
) -> PilePaths:
    """Take a yard along all paths; `hours` and `open_part` (0-1, of the unloading) are (day,)."""
    fuel_mwh = burn.fuel_mwh
    paths, days = fuel_mwh.shape
    state = first_state(yard, now, paths, seed)
    before_t = state.stock_t
    # Days first: each day's vector over paths then lies in one piece of memory.
    wanted = np.ascontiguousarray(fuel_mwh.T)
    tonnes, energy = (
        np.ascontiguousarray(coming.tonnes.T),
        np.ascontiguousarray(coming.energy_mwh.T),
    )
    kept = np.empty((7, days, paths))
    for d in range(days):
        arrived = (tonnes[d], energy[d])
        state, day = after_a_day(
            yard, state, wanted[d], arrived, float(hours[d]), float(open_part[d])
        )
        kept[:, d] = (
            *(state.stock_t, day.burnt_t, day.short_t, day.unloaded_t),
            *(state.waiting_t, day.lost_t, state.mwh_per_t),
        )
    stock_t, burnt_t, short_t, unloaded_t, waiting_t, lost_t, mwh_per_t = kept.transpose(0, 2, 1)
    return PilePaths(
        yard=yard,
        stock_before_t=before_t,
        stock_t=stock_t,
        burnt_t=burnt_t,
        short_t=short_t,
        heat_part=_heat_part(burn.heat_mwh, fuel_mwh),
        unloaded_t=unloaded_t,
        waiting_t=waiting_t,
        lost_t=lost_t,
        mwh_per_t=mwh_per_t,
    )


def _heat_part(heat_mwh: Array, fuel_mwh: Array) -> Array:
    """Part of the fuel that is reckoned to heat; all of nothing."""
    burns = fuel_mwh > 0.0
    return np.where(burns, heat_mwh / np.where(burns, fuel_mwh, 1.0), 1.0)
