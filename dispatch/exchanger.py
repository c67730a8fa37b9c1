"""The plate exchanger between the primary network and a station's loop (handbook §6 F10).

Counterflow effectiveness-NTU, written without a case for which side is the smaller one: with
capacity rates C₁, C₂ in kW/K and r = 1/UA,

    (t₁ − t_h) / Q = 1/C₂ + r·h(d),   d = (1/C₁ − 1/C₂)/r,   h(d) = d/(1 − e^−d)

is the same as Q = ε·C_min·(t₁ − t_h). At part load r = r'·½[(G₁'/G₁)^0.7 + (G₂'/G₂)^0.7].
The case's UA holds at the *design* flow on both sides (secondary: Ḡ = 1), as an exchanger is
bought; a loop running at Ḡ 2.5 has a better UA. This choice meets the reading of handbook §6
(return 41.5 °C); with UA taken at the running flow it would be 42.2 °C. The secondary flow
stays at Ḡ (quality regulation), so each solve has one unknown, the primary flow.

Heat and temperatures are (station,) or (station, block).
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from dispatch.case import Station
from dispatch.emitter import Loops, as_column, hot_end_factor
from forecasts.demand.building import Array

WATER_KJ_PER_KG_K = 4.187  # specific heat (handbook §5 F9)
PINCH_K = 0.3  # primary return never nearer to the secondary return (handbook §6)
VALVE_RESERVE = 0.95  # of the largest flow that supply temperatures reckon with: room to control
FILM_EXPONENT = 0.7  # of flow in the film resistance (handbook §6 F10)
_NEWTON_STEPS = 60


def capacity_kw_per_k(flow_tph: Array) -> Array:
    """Heat capacity rate of a water flow in t/h, kW/K (F9)."""
    return flow_tph * (WATER_KJ_PER_KG_K / 3.6)


@dataclass(frozen=True)
class Exchangers:
    """One exchanger a station loop, each array (station,)."""

    ua_kw_per_k: Array  # clean, at design flow on both sides
    primary_design_kw_per_k: Array  # capacity rate of the primary design flow
    secondary_design_kw_per_k: Array  # of the secondary design flow (Ḡ = 1)
    secondary_kw_per_k: Array  # of the running secondary flow
    primary_flow_max_tph: Array


def exchangers_of(stations: Sequence[Station], loops: Loops) -> Exchangers:
    """Collect the exchangers of `stations`; design flows carry the design heat of `loops`."""
    primary_k = [s.primary_design_supply_c - s.primary_design_return_c for s in stations]
    flow_max = [s.primary_flow_max_tph for s in stations]
    return Exchangers(
        ua_kw_per_k=np.array([s.exchanger_ua_kw_per_k for s in stations], dtype=np.float64),
        primary_design_kw_per_k=loops.design_heat_kw / np.array(primary_k, dtype=np.float64),
        secondary_design_kw_per_k=loops.water_kw_per_k / loops.relative_flow,
        secondary_kw_per_k=loops.water_kw_per_k,
        primary_flow_max_tph=np.array(flow_max, dtype=np.float64),
    )


@dataclass(frozen=True)
class PrimaryFlow:
    """What a station draws from the network, arrays shaped as the heat asked for.

    Where the heat is out of reach, the valve is fully open: flow is the maximum, return and heat
    are what that flow gives, and `shortfall_kw` is the rest.
    """

    flow_tph: Array
    return_c: Array
    heat_kw: Array
    shortfall_kw: Array

    @property
    def reachable(self) -> NDArray[np.bool_]:
        """True where the whole heat is carried."""
        return self.shortfall_kw <= 0.0


@dataclass(frozen=True)
class _Plates:
    """Resistances of F10, shaped to go with heat; the unknown is y = 1/C₁ in K/kW."""

    water_k_per_kw: Array  # 1/C₂
    primary_film: Array  # ½·(C₁')^0.7 / UA, times y^0.7 in K/kW
    secondary_film_k_per_kw: Array  # ½·(G₂'/G₂)^0.7 / UA

    def k_per_kw(self, primary_k_per_kw: Array) -> tuple[Array, Array]:
        """Return (t₁ − t_h)/Q and its derivative by y, at y = `primary_k_per_kw`."""
        film = self.primary_film * primary_k_per_kw**FILM_EXPONENT
        plates = film + self.secondary_film_k_per_kw
        plates_slope = FILM_EXPONENT * film / primary_k_per_kw
        imbalance = (primary_k_per_kw - self.water_k_per_kw) / plates
        factor, slope = hot_end_factor(imbalance)
        value = self.water_k_per_kw + plates * factor
        return value, plates_slope * (factor - imbalance * slope) + slope


def _plates(exchangers: Exchangers, like: Array) -> _Plates:
    half_k_per_kw = 0.5 / exchangers.ua_kw_per_k
    slow = exchangers.secondary_design_kw_per_k / exchangers.secondary_kw_per_k
    primary_film = half_k_per_kw * exchangers.primary_design_kw_per_k**FILM_EXPONENT
    return _Plates(
        water_k_per_kw=as_column(1.0 / exchangers.secondary_kw_per_k, like),
        primary_film=as_column(primary_film, like),
        secondary_film_k_per_kw=as_column(half_k_per_kw * slow**FILM_EXPONENT, like),
    )


def _open_k_per_kw(exchangers: Exchangers, like: Array, flow_fraction: float) -> Array:
    """1/C₁ at a fraction of the largest primary flow, shaped to go with `like`."""
    most_tph = exchangers.primary_flow_max_tph * flow_fraction
    return as_column(1.0 / capacity_kw_per_k(most_tph), like)


def most_heat_kw(
    exchangers: Exchangers, primary_supply_c: Array, secondary_return_c: Array
) -> Array:
    """Heat that passes with the primary valve fully open, kW; none from water too cold."""
    lift_k = primary_supply_c - secondary_return_c
    open_y = _open_k_per_kw(exchangers, lift_k, 1.0)
    resistance, _ = _plates(exchangers, lift_k).k_per_kw(open_y)
    most_kw: Array = np.maximum(0.0, np.minimum(lift_k / resistance, (lift_k - PINCH_K) / open_y))
    return most_kw


def lowest_primary_supply_c(
    exchangers: Exchangers,
    heat_kw: Array,
    secondary_return_c: Array,
    flow_fraction: float = 1.0,
) -> Array:
    """Least primary supply at the door that gives `heat_kw` at a fraction of the largest flow, °C.

    Closed form: at fixed flows ε is fixed, t₁ = t_h + Q/(ε·C_min), and the return keeps the
    pinch. Without heat it is t_h + pinch.
    """
    wanted_kw = np.maximum(heat_kw, 0.0)
    open_y = _open_k_per_kw(exchangers, wanted_kw, flow_fraction)
    resistance, _ = _plates(exchangers, wanted_kw).k_per_kw(open_y)
    lift_k: Array = np.maximum(wanted_kw * resistance, wanted_kw * open_y + PINCH_K)
    return secondary_return_c + lift_k


def primary_flow(
    exchangers: Exchangers, heat_kw: Array, primary_supply_c: Array, secondary_return_c: Array
) -> PrimaryFlow:
    """Primary flow and return that pass `heat_kw` from water at `primary_supply_c` (F10).

    Heat balance heat = c·flow·(supply − return)/3.6 holds to rounding. Without heat the flow is
    0 and the return t_h + pinch, that of a trickle.
    """
    lift_k = primary_supply_c - secondary_return_c
    wanted_kw = np.maximum(heat_kw, 0.0)
    most_kw = most_heat_kw(exchangers, primary_supply_c, secondary_return_c)
    carried_kw = np.minimum(wanted_kw, most_kw)
    flows = carried_kw > 0.0
    open_y = np.broadcast_to(_open_k_per_kw(exchangers, lift_k, 1.0), lift_k.shape)
    divisor_kw = np.where(flows, carried_kw, 1.0)
    target = np.where(flows, lift_k / divisor_kw, open_y)
    y = _solve_k_per_kw(_plates(exchangers, lift_k), target, open_y)
    y = np.where(flows, np.minimum(y, (lift_k - PINCH_K) / divisor_kw), open_y)
    y = np.where(wanted_kw < most_kw, y, open_y)
    return PrimaryFlow(
        flow_tph=np.where(flows, 3.6 / (WATER_KJ_PER_KG_K * y), 0.0),
        return_c=np.where(flows, primary_supply_c - carried_kw * y, secondary_return_c + PINCH_K),
        heat_kw=carried_kw,
        shortfall_kw=wanted_kw - carried_kw,
    )


def _solve_k_per_kw(plates: _Plates, target: Array, open_y: Array) -> Array:
    """Find y = 1/C₁ at which (t₁ − t_h)/Q is `target`, K/kW.

    The left side rises with y; the root lies between the open valve and y = `target` (ε = 1).
    Newton's method kept inside the shrinking bracket.
    """
    low, high = open_y, np.maximum(target, open_y)
    y = high
    for _ in range(_NEWTON_STEPS):
        value, slope = plates.k_per_kw(y)
        low, high = np.where(value < target, y, low), np.where(value > target, y, high)
        guess = y - (value - target) / slope
        inside = (guess >= low) & (guess <= high)
        following = np.where(inside, guess, (low + high) / 2.0)
        done = bool(np.all(np.abs(following - y) <= 1e-12 * y))
        y = following
        if done:
            break
    return y
