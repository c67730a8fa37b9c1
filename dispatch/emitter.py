"""The loop behind a station: what water temperatures carry a heat, and what heat they carry.

Handbook §5 F8 with Q̄ = heat / design heat, base 18 °C in the design temperatures and θ the
actual room temperature:

    supply, return = θ + ½(t_g' + t_h' − 2·18)·(Q̄/φ)^(1/n) ± ½(t_g' − t_h')·Q̄/Ḡ

The middle term is the arithmetic mean of both ends over the room. Below Ḡ = 0.5 the spread is
so wide that F8 asks for the logarithmic mean; so it is taken there, and wherever the arithmetic
form would send water back colder than the room. With x = Q̄^(1/n), u = spread / mean both read
supply − θ = M·x·h(u): h = 1 + u/2 (arithmetic) or h = u/(1 − e^−u) (logarithmic). It is convex
and increasing in x, so Newton's method from above cannot miss.

Arrays of loops are (station,); heat and temperatures are (station,) or (station, block).
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from forecasts.demand.building import BASE_TEMP_C, Array

LOG_MEAN_BELOW_FLOW = 0.5  # relative flow Ḡ (handbook §5, note to F8)
# The power law makes dq/dt_g vanish at no heat: there a limit in K would allow no change at all
# in kW. The slope is therefore never taken below this share of design heat.
SLOPE_LOAD_MIN = 0.05
_NEWTON_STEPS = 60


@dataclass(frozen=True)
class Loops:
    """Emitters and limits of station loops, each array (station,)."""

    design_heat_kw: Array  # K·A·(18 − t_w'), handbook §3 F1
    design_supply_c: Array  # t_g'
    design_return_c: Array  # t_h'
    relative_flow: Array  # Ḡ: running over design flow
    oversize: Array  # φ: installed over needed emitter area
    exponent: Array  # n = 1 + b
    supply_min_c: Array
    supply_max_c: Array
    max_heat_kw: Array

    @property
    def water_kw_per_k(self) -> Array:
        """Heat capacity rate of the running secondary flow, kW/K (F9)."""
        design_kw_per_k = self.design_heat_kw / (self.design_supply_c - self.design_return_c)
        return self.relative_flow * design_kw_per_k


def as_column(values: Array, like: Array) -> Array:
    """Give (station,) `values` trailing axes, so that they go with `like` (station, …)."""
    return values.reshape(values.shape + (1,) * (like.ndim - values.ndim))


def hot_end_factor(ratio: Array) -> tuple[Array, Array]:
    """Hot-end difference over the log mean, h(u) = u/(1 − e^−u), and h'(u).

    u is the spread over the log mean and may be negative; h(0) = 1, h'(0) = ½. Shared by F8 with
    the log mean and by the counterflow exchanger of F10.
    """
    bounded = np.maximum(ratio, -500.0)  # e^500 is still a number
    tiny = np.abs(bounded) < 1e-5
    safe = np.where(tiny, 1.0, bounded)
    factor = np.where(tiny, 1.0 + bounded / 2.0, safe / -np.expm1(-safe))
    slope = np.where(tiny, 0.5 + bounded / 6.0, factor * (1.0 + safe - factor) / safe)
    return factor, slope


@dataclass(frozen=True)
class _Curve:
    """F8 of each loop as coefficients that broadcast against heat."""

    mean_k: Array  # M: mean over the room at x = 1
    spread_k: Array  # supply − return at x = 1
    exponent: Array  # n
    log_mean: NDArray[np.bool_]

    def supply_over_room_k(self, root: Array) -> tuple[Array, Array]:
        """Supply over the room and its derivative, at x = `root` = Q̄^(1/n)."""
        power = root ** (self.exponent - 1.0)  # x^(n−1)
        ratio = self.spread_k / self.mean_k * power
        if bool(self.log_mean.any()):
            log_factor, log_slope = hot_end_factor(ratio)
            factor = np.where(self.log_mean, log_factor, 1.0 + ratio / 2.0)
            slope = np.where(self.log_mean, log_slope, 0.5)
        else:
            factor, slope = 1.0 + ratio / 2.0, np.full_like(ratio, 0.5)
        rise = self.mean_k * (factor + (self.exponent - 1.0) * ratio * slope)
        return self.mean_k * root * factor, rise


def _curve(loops: Loops, like: Array) -> _Curve:
    """Coefficients of F8, shaped to go with `like`."""
    above_supply_k = loops.design_supply_c - BASE_TEMP_C
    above_return_k = loops.design_return_c - BASE_TEMP_C
    design_spread_k = loops.design_supply_c - loops.design_return_c
    shrink = loops.oversize ** (-1.0 / loops.exponent)
    arithmetic_k = (above_supply_k + above_return_k) / 2.0 * shrink
    log_k = design_spread_k / np.log(above_supply_k / above_return_k) * shrink
    spread_k = design_spread_k / loops.relative_flow
    most = (loops.max_heat_kw / loops.design_heat_kw) ** (1.0 / loops.exponent)
    # Half the spread over the mean grows with load, so the largest heat decides.
    too_cold = spread_k / 2.0 * most**loops.exponent >= arithmetic_k * most
    log_mean = (loops.relative_flow < LOG_MEAN_BELOW_FLOW) | too_cold
    return _Curve(
        mean_k=as_column(np.where(log_mean, log_k, arithmetic_k), like),
        spread_k=as_column(spread_k, like),
        exponent=as_column(loops.exponent, like),
        log_mean=log_mean.reshape(log_mean.shape + (1,) * (like.ndim - 1)),
    )


def secondary_temperatures_c(loops: Loops, heat_kw: Array, indoor_c: Array) -> tuple[Array, Array]:
    """Supply and return temperature that carry `heat_kw` into rooms at `indoor_c`, °C (F8).

    Heat below zero counts as none: both temperatures are then the room's.
    """
    curve = _curve(loops, heat_kw)
    load = np.maximum(heat_kw, 0.0) / as_column(loops.design_heat_kw, heat_kw)
    over_room_k, _ = curve.supply_over_room_k(load ** (1.0 / curve.exponent))
    supply_c = indoor_c + over_room_k
    return supply_c, supply_c - curve.spread_k * load


def heat_from_supply_kw(
    loops: Loops, supply_c: Array, indoor_c: Array, rise_k_per_kw: Array | None = None
) -> Array:
    """Heat a supply temperature gives, kW: the inverse of F8, exact to rounding.

    With `rise_k_per_kw` (shaped as `indoor_c`, ≥ 0) the room is at indoor_c + rise · heat, as
    when the heat itself warms the block's mean; still exact. A supply no warmer than the room
    gives 0. Source: F8, solved by Newton's method from above on a convex increasing function.
    """
    curve = _curve(loops, supply_c)
    design_kw = as_column(loops.design_heat_kw, supply_c)
    lift_k = supply_c - indoor_c
    rise_k = np.zeros_like(lift_k) if rise_k_per_kw is None else rise_k_per_kw * design_kw
    wanted_k = np.where(lift_k > 0.0, lift_k, 1.0)
    by_spread = (wanted_k / (curve.spread_k / 2.0 + rise_k)) ** (1.0 / curve.exponent)
    root = np.minimum(wanted_k / curve.mean_k, by_spread)
    for _ in range(_NEWTON_STEPS):
        value, slope = curve.supply_over_room_k(root)
        power = root ** (curve.exponent - 1.0)
        excess_k = value + rise_k * power * root - wanted_k
        change = excess_k / (slope + curve.exponent * rise_k * power)
        root = root - change
        if bool(np.all(np.abs(change) <= 1e-13 * root)):
            break
    heat_kw: Array = np.where(lift_k > 0.0, design_kw * root**curve.exponent, 0.0)
    return heat_kw


def heat_limits_kw(loops: Loops, indoor_c: Array) -> tuple[Array, Array]:
    """Least and most heat a loop can take at `indoor_c`, kW.

    From the supply temperature limits by F8, and never above `max_heat_kw`.
    """
    lowest_c = np.broadcast_to(as_column(loops.supply_min_c, indoor_c), indoor_c.shape)
    highest_c = np.broadcast_to(as_column(loops.supply_max_c, indoor_c), indoor_c.shape)
    cap_kw = as_column(loops.max_heat_kw, indoor_c)
    least_kw = np.minimum(heat_from_supply_kw(loops, lowest_c, indoor_c), cap_kw)
    return least_kw, np.minimum(heat_from_supply_kw(loops, highest_c, indoor_c), cap_kw)


def heat_slope_kw_per_k(loops: Loops, heat_kw: Array) -> Array:
    """dq/dt_g of F8 at a steady room, kW per K of supply; taken at 5 % of design heat or more."""
    curve = _curve(loops, heat_kw)
    design_kw = as_column(loops.design_heat_kw, heat_kw)
    load = np.maximum(heat_kw / design_kw, SLOPE_LOAD_MIN)
    root = load ** (1.0 / curve.exponent)
    _, rise = curve.supply_over_room_k(root)
    slope: Array = design_kw * curve.exponent * root ** (curve.exponent - 1.0) / rise
    return slope
