"""Flow that reads zero while water of that side cools by heat that other meters see.

Zero flow and a drop in temperature alone are no fault: in a station that stands, the supply
sensor may sit on a live main, and water that is left cools for hours.
"""

from dataclasses import replace

import numpy as np

from forecasts.telemetry.cleaning.evidence import FLOW_OF, PAIR_OF, SENSOR_K, Meters, heat_kw
from forecasts.telemetry.cleaning.grid import Grid, mean_of_steps
from forecasts.telemetry.cleaning.series import Flags, stretches
from forecasts.telemetry.points import Point
from forecasts.telemetry.readings import Action, Done, HeatBasis

ZERO_SHARE = 0.01  # of the usual flow
DROP_K = 2.0
HEAT_SHARE = 0.15  # of the usual heat of the meter that sees it
LEAST_READINGS = 2  # one alone may be the moment before the counter ends
PUMP_RUNS_HZ = 5.0  # H§6


def without_false_zeros(meters: Meters, grid: Grid) -> tuple[Meters, list[Done]]:
    """Leave out zero flows of both sides that heat says are none; `grid` has hourly steps."""
    did: list[Done] = []
    for basis, point in FLOW_OF.items():
        flow = meters.station.points.get(point)
        if flow is None or flow.times.size == 0:
            continue
        flowing = flow.values[flow.values > 0]
        usual = float(np.median(flowing)) if flowing.size else 0.0
        zero = flow.values <= ZERO_SHARE * usual
        if not zero.any():
            continue
        hour = ((flow.hours - grid.edges_h[0]) / grid.step_h).astype(int)
        heat = _heat_flows(meters, basis, grid)
        bad = zero & _drops(meters, basis, flow.hours) & heat[np.clip(hour, 0, heat.size - 1)]
        for first, last in stretches(bad):
            if last - first + 1 < LEAST_READINGS:
                bad[first : last + 1] = False
        if bad.any():
            did.append(flow.done(Action.FLOW_ZERO, bad))
            station = meters.station.with_points({point: flow.keep(~bad)})
            meters = replace(meters, station=station)
    return meters, did


def _drops(meters: Meters, basis: HeatBasis, hours: np.ndarray) -> Flags:
    supply, back = (meters.station.points.get(point) for point in PAIR_OF[basis])
    if supply is None or back is None:
        return np.zeros(hours.size, dtype=bool)
    with np.errstate(invalid="ignore"):
        return np.asarray(supply.at(hours) - back.at(hours) > DROP_K)


def _heat_flows(meters: Meters, basis: HeatBasis, grid: Grid) -> Flags:
    """Hours in which a meter that does not know this flow sees heat, and the pump is not off."""
    flows = np.zeros(grid.times.size, dtype=bool)
    for name, heat in heat_kw(meters, grid, less_k=SENSOR_K).items():
        known = heat[np.isfinite(heat) & (heat > 0)]
        # The rate on the primary side is reckoned from that very flow: zero with it.
        if name is basis or known.size == 0:
            continue
        flows |= np.nan_to_num(heat) > HEAT_SHARE * float(np.quantile(known, 0.75))
    pump = meters.station.points.get(Point.PUMP)
    if basis is HeatBasis.SECONDARY_FLOW and pump is not None:
        with np.errstate(invalid="ignore"):
            flows &= ~(mean_of_steps(pump, grid) <= PUMP_RUNS_HZ)
    # Heat must flow before and after as well: the hour in which a station stops has both.
    return flows & np.roll(flows, 1) & np.roll(flows, -1)
