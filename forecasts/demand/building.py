"""Lumped building physics: what a building loses and gains, and how warm it gets.

One air-and-walls node per station loop (1R1C, handbook §4 F6), solved exactly over each weather
step with constant heat, so a step of 15, 30 or 60 minutes gives the same physics for weather
that is constant over the hour. Arrays are (station, step) unless said otherwise.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]

BASE_TEMP_C = 18.0  # base of the design heat index (handbook §3 F1, F2)


@dataclass(frozen=True)
class Buildings:
    """Building parameters, one value a station loop; symbols of handbook §3 F2 and §4 F6."""

    area_m2: Array
    specific_loss_w_per_m2k: Array  # K at reference wind
    heat_capacity_j_per_m2k: Array  # C
    gain_w_per_m2: Array  # internal
    solar_aperture: Array  # A_s, m² per m² of floor
    wind_loss_w_per_m2k_per_m_s: Array  # k_w
    wind_reference_m_per_s: float  # u0: wind up to here is inside K

    def design_heat_kw(self, design_outdoor_c: float) -> Array:
        """Heat at the design outdoor temperature, kW, by F1 with K = q_f/(18 − t_w')."""
        lift_k = BASE_TEMP_C - design_outdoor_c
        return self.specific_loss_w_per_m2k * self.area_m2 * lift_k / 1000.0


@dataclass(frozen=True)
class Weather:
    """Outdoor conditions on steps of `step_h` hours, each (step,)."""

    step_h: float
    air_temperature_c: Array
    wind_m_per_s: Array
    radiation_w_per_m2: Array


def loss_w_per_m2k(buildings: Buildings, weather: Weather) -> Array:
    """Specific loss K(t) with the wind term of F2: K + k_w · max(0, u − u0), W/(m²K)."""
    gust = np.maximum(0.0, weather.wind_m_per_s - buildings.wind_reference_m_per_s)
    return (
        buildings.specific_loss_w_per_m2k[:, None]
        + buildings.wind_loss_w_per_m2k_per_m_s[:, None] * gust[None, :]
    )


def gains_w_per_m2(buildings: Buildings, weather: Weather) -> Array:
    """Internal and solar gains of F2, W/m²."""
    solar = buildings.solar_aperture[:, None] * weather.radiation_w_per_m2[None, :]
    return buildings.gain_w_per_m2[:, None] + solar


def static_heat_kw(
    buildings: Buildings, weather: Weather, indoor_c: Array, factor: Array | None = None
) -> Array:
    """Heat that holds `indoor_c` in steady state, kW, never below zero (F2).

    `indoor_c` is (station,), or (station, step) where it changes with the hour; `factor` (step,)
    is what measured load says of such needs (`extra_need_w_per_m2`).
    """
    need = _need_w_per_m2(buildings, weather, indoor_c)
    times = 1.0 if factor is None else factor[None, :]
    return np.asarray(need * times * buildings.area_m2[:, None] / 1000.0)


def extra_need_w_per_m2(
    buildings: Buildings, weather: Weather, indoor_c: Array, factor: Array
) -> Array:
    """What buildings need beyond their parameters, W/m² (station, step); below zero: less.

    (factor − 1) times the steady need at `indoor_c`: where nothing is needed nothing is added.
    """
    return np.asarray((factor[None, :] - 1.0) * _need_w_per_m2(buildings, weather, indoor_c))


def _need_w_per_m2(buildings: Buildings, weather: Weather, indoor_c: Array) -> Array:
    """Steady need of F2, W/m² (station, step)."""
    wanted_c = indoor_c if indoor_c.ndim == 2 else indoor_c[:, None]
    lift_k = wanted_c - weather.air_temperature_c[None, :]
    need = loss_w_per_m2k(buildings, weather) * lift_k - gains_w_per_m2(buildings, weather)
    return np.maximum(0.0, need)


def filtered_temperature_c(temperature_c: Array, step_h: float, filter_h: float) -> Array:
    """Outdoor temperature behind a first-order filter (F3), °C; starts settled at the mean of
    the first `filter_h` hours, so the start of the series is no shock.
    """
    keep = np.exp(-step_h / filter_h)
    filtered = np.empty_like(temperature_c)
    value = float(temperature_c[: max(1, round(filter_h / step_h))].mean())
    for step, temperature in enumerate(temperature_c):
        value = keep * value + (1.0 - keep) * temperature
        filtered[step] = value
    return filtered


@dataclass(frozen=True)
class BlockResponse:
    """Indoor temperature at the end of each step, affine in the block's start and its heat.

    θ[step] = decay · θ[block start] + lift_k_per_kw · heat_kw + drift_k, exact 1R1C (F6).
    `block` (step,) names each step's block, blocks are consecutive; `last` (block,) is the last
    step of each block.
    """

    decay: Array
    lift_k_per_kw: Array
    drift_k: Array
    block: NDArray[np.intp]
    last: NDArray[np.intp]

    def block_end(self) -> tuple[Array, Array, Array]:
        """Decay, lift and drift at block ends, each (station, block)."""
        return (
            self.decay[:, self.last],
            self.lift_k_per_kw[:, self.last],
            self.drift_k[:, self.last],
        )

    def indoor_c(self, start_c: Array, heat_kw: Array) -> tuple[Array, Array]:
        """Roll temperatures forward from `start_c` (station,) under `heat_kw` (station, block).

        Returns temperatures at the end of each step (station, step), and at the start of each
        block (station, block).
        """
        blocks = heat_kw.shape[1]
        indoor = np.empty_like(self.decay[:, : int(self.last[blocks - 1]) + 1])
        at_start = np.empty_like(heat_kw)
        now, first = start_c, 0
        for block in range(blocks):
            at_start[:, block] = now
            steps = slice(first, int(self.last[block]) + 1)
            indoor[:, steps] = (
                self.decay[:, steps] * now[:, None]
                + self.lift_k_per_kw[:, steps] * heat_kw[:, block, None]
                + self.drift_k[:, steps]
            )
            now, first = indoor[:, steps.stop - 1], steps.stop
        return indoor, at_start


def block_response(
    buildings: Buildings,
    weather: Weather,
    block: NDArray[np.intp],
    extra_need: Array | None = None,
) -> BlockResponse:
    """Work out the exact response of every step to its block's start temperature and heat.

    `block` (step,) is non-decreasing without gaps, starting at 0. Composes F6 step by step:
    θ⁺ = aθ + (1−a)(t_w + (g−x)/K + q/K) with a = exp(−Δ·3600·K/C), K following the wind, and x
    the `extra_need` of `extra_need_w_per_m2`, none where it is not given.
    """
    loss = loss_w_per_m2k(buildings, weather)
    keep = np.exp(-weather.step_h * 3600.0 * loss / buildings.heat_capacity_j_per_m2k[:, None])
    gains = gains_w_per_m2(buildings, weather)
    gains = gains if extra_need is None else gains - extra_need
    rest = weather.air_temperature_c[None, :] + gains / loss
    drift_step = (1.0 - keep) * rest
    lift_step = (1.0 - keep) * 1000.0 / (loss * buildings.area_m2[:, None])
    decay, lift, drift = np.empty_like(keep), np.empty_like(keep), np.empty_like(keep)
    for step in range(keep.shape[1]):
        if step == 0 or block[step] != block[step - 1]:
            decay[:, step], lift[:, step] = keep[:, step], lift_step[:, step]
            drift[:, step] = drift_step[:, step]
        else:
            decay[:, step] = keep[:, step] * decay[:, step - 1]
            lift[:, step] = keep[:, step] * lift[:, step - 1] + lift_step[:, step]
            drift[:, step] = keep[:, step] * drift[:, step - 1] + drift_step[:, step]
    is_last = np.append(block[1:] != block[:-1], True)
    return BlockResponse(decay, lift, drift, block, np.flatnonzero(is_last))
