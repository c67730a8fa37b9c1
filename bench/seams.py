"""How well a row of plans hangs together: figures at the seam between each plan and the next."""

from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import xarray as xr
from numpy.typing import NDArray

from bench.executed import Executed, PlannedSpan

Array = NDArray[np.float64]


@dataclass(frozen=True)
class Seam:
    """What jumps from one plan to the next."""

    ramp_used: float  # largest change of a source's heat, of its ramp limit
    rooms_k: float  # largest gap of a room's temperature
    mains_mwh: float  # heat in the mains that appears (or vanishes, below 0)
    mains_share: float  # the same, of what was in them
    stock_t: float  # largest gap of a stock
    units: float  # largest change of units on in a row with commitment
    setpoint_k: float  # largest change of one of our setpoints, against the day's last


def seams(done: Executed) -> list[Seam]:
    """Figures of all seams, in order."""
    rooms = done.rooms_c()
    ends = np.cumsum([round(span.hours / done.step_h) for span in done.spans])
    return [
        _seam(before, after, rooms[:, end - 1])
        for (before, after), end in zip(pairwise(done.spans), ends, strict=False)
    ]


def _seam(before: PlannedSpan, after: PlannedSpan, rooms_c: Array) -> Seam:
    sources = before.inputs.sources
    ramp = np.array([unit.source.ramp_mw_per_h * unit.source.unit_count for unit in sources])
    committed = np.array([unit.source.commitment for unit in sources])
    heat = after.by_step("source_heat")[:, 0] - before.by_step("source_heat")[:, -1]
    units = after.by_step("source_units_on")[:, 0] - before.by_step("source_units_on")[:, -1]
    stock = after.schedule["yard_stock_before"].values - before.by_step("yard_stock")[:, -1]
    ours = before.inputs.stations.controllable
    last, first = before.by_block("station_supply")[:, -1], after.by_block("station_supply")[:, 0]
    sent = Executed((before,)).in_mains_mwh()
    found = float(after.schedule["link_arrival_stored"].sum())
    gap_k = after.schedule["station_indoor_before"].values - rooms_c
    return Seam(
        ramp_used=float(np.abs(heat / ramp / before.inputs.grid.step_h).max()),
        rooms_k=float(np.abs(gap_k).max()),
        mains_mwh=found - sent,
        mains_share=(found - sent) / sent,
        stock_t=float(np.abs(stock).max(initial=0.0)),
        units=float(np.abs(units[committed]).max(initial=0.0)),
        setpoint_k=float(np.abs(first - last)[ours].max()),
    )


def short_runs(done: Executed) -> float:
    """Most units of a row with commitment that stop or come back too soon; 0 if none does."""
    rows = zip(done.spans[0].inputs.sources, done.steps("source_units_on"), strict=True)
    return max(
        (
            cut_short(
                on,
                unit.source.unit_count,
                round(unit.source.min_up_h / done.step_h),
                round(unit.source.min_down_h / done.step_h),
            )
            for unit, on in rows
            if unit.source.commitment
        ),
        default=0.0,
    )


def cut_short(on: Array, units: int, up_steps: int, down_steps: int) -> float:
    """Most units that run or rest too short a time, by units on at each step.

    Units started within the minimum up time before a step must be on in it, units stopped within
    the minimum down time must be off (D. Rajan and S. Takriti, IBM RC23628, 2005).
    """
    change = np.diff(on)
    early = _recent(np.maximum(0.0, change), up_steps) - on[1:]
    late = _recent(np.maximum(0.0, -change), down_steps) - (units - on[1:])
    return max(0.0, float(early.max()), float(late.max()))


def _recent(events: Array, steps: int) -> Array:
    """Sum of the events of the last `steps` steps, this one included."""
    total = np.concatenate([[0.0], np.cumsum(events)])
    first = np.maximum(0, np.arange(1, events.size + 1) - max(1, steps))
    return np.asarray(total[1:] - total[first])


def setpoint_moves_k(first: xr.Dataset, second: xr.Dataset, hours: float) -> Array:
    """Changes of our setpoints from one plan to a later one, in the blocks both have, K.

    Only blocks that begin within `hours` of the second plan's start, the running one included.
    """
    starts = second["block_start"].values
    inside = starts < second["time"].values[0] + np.timedelta64(round(hours * 3600), "s")
    column = {value: k for k, value in enumerate(first["block_start"].values)}
    running = int(np.searchsorted(first["block_start"].values, starts[0], side="right")) - 1
    ours = second["station_controllable"].values > 0
    moves = []
    for k in np.flatnonzero(inside):
        old = running if k == 0 else column[starts[k]]
        change = second["station_supply"].values[:, k] - first["station_supply"].values[:, old]
        moves.append(change[ours])
    return np.array(moves)
