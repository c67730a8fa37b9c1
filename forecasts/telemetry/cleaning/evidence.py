"""What heat each meter of a station speaks of, hour by hour: by these, meters judge each other."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from forecasts.telemetry.cleaning.counters import Counted
from forecasts.telemetry.cleaning.grid import Grid, mean_of_steps, power_of_steps
from forecasts.telemetry.cleaning.series import (
    KW_PER_GJ_PER_H,
    WATER_KJ_PER_KGK,
    Flags,
    Floats,
    Station,
)
from forecasts.telemetry.points import Point
from forecasts.telemetry.readings import HeatBasis

FLOW_OF = {
    HeatBasis.SECONDARY_FLOW: Point.SECONDARY_FLOW,
    HeatBasis.PRIMARY_FLOW: Point.PRIMARY_FLOW,
}
PAIR_OF = {
    HeatBasis.SECONDARY_FLOW: (Point.SECONDARY_SUPPLY_TEMP, Point.SECONDARY_RETURN_TEMP),
    HeatBasis.PRIMARY_FLOW: (Point.PRIMARY_SUPPLY_TEMP, Point.PRIMARY_RETURN_TEMP),
}
SENSOR_K = 1.0  # a pair of usual sensors may differ by this at the same temperature
IDLE_SHARE = 0.03  # of the usual heat: below, the station stands


@dataclass(frozen=True)
class Meters:
    """A station with its counters, on the way through cleaning."""

    station: Station
    counters: Mapping[Point, Counted]  # HEAT_TOTAL and POWER_TOTAL


def heat_kw(
    meters: Meters, grid: Grid, *, either_way: bool = False, less_k: float = 0.0
) -> dict[HeatBasis, Floats]:
    """Mean heat of each step by each meter that is there, kW, (step,); NaN where it says nothing.

    Flow and temperatures by F9, Q = c·G·ΔT/3.6; `either_way` takes ΔT without its sign, as long as
    it is not known which sensor is which. `less_k` takes so much off ΔT: what is left is no error
    of the sensors.
    """
    points, out = meters.station.points, {}
    if Point.HEAT_TOTAL in meters.counters:
        gj_per_h = power_of_steps(meters.counters[Point.HEAT_TOTAL], grid)
        out[HeatBasis.COUNTER] = gj_per_h * KW_PER_GJ_PER_H
    if Point.HEAT_RATE in points:
        out[HeatBasis.RATE] = mean_of_steps(points[Point.HEAT_RATE], grid) * KW_PER_GJ_PER_H
    for basis, flow in FLOW_OF.items():
        supply, back = PAIR_OF[basis]
        if flow in points and supply in points and back in points:
            drop_k = mean_of_steps(points[supply], grid) - mean_of_steps(points[back], grid)
            drop_k = np.abs(drop_k) if either_way else drop_k
            drop_k = drop_k if less_k == 0.0 else np.maximum(0.0, drop_k - less_k)
            tph = mean_of_steps(points[flow], grid)
            out[basis] = WATER_KJ_PER_KGK * tph * drop_k / 3.6
    return out


def standing(meters: Meters, grid: Grid, but: Point | None = None) -> Flags:
    """Hours in which every meter that says anything says that no heat flows; `but` is not asked."""
    calm = np.zeros(grid.times.size, dtype=bool)
    spoken = np.zeros(grid.times.size, dtype=bool)
    for basis, heat in heat_kw(meters, grid, either_way=True, less_k=SENSOR_K).items():
        if but is not None and but in _inputs(basis):
            continue
        known = np.isfinite(heat)
        usual = heat[known & (heat > 0)]
        least = IDLE_SHARE * float(np.quantile(usual, 0.75)) if usual.size else 0.0
        flows = known & (heat > least)
        calm = (calm | ~spoken) & known & ~flows | calm & ~known
        spoken |= known
    return calm


def _inputs(basis: HeatBasis) -> tuple[Point, ...]:
    """Points that a heat is worked out from."""
    if basis in PAIR_OF:
        return (FLOW_OF[basis], *PAIR_OF[basis])
    return (Point.HEAT_TOTAL,) if basis is HeatBasis.COUNTER else (Point.HEAT_RATE,)
