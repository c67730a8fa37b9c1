"""Tanks as the plan needs them: what they hold, keep, take in and give."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from dispatch.case import Source
from dispatch.initial_state import LastPlan
from dispatch.time_grid import TimeGrid

Array = NDArray[np.float64]

NO_LOSS_PER_H = 1e-12  # less is none: nothing measurable in a season, and numbers stay sound
FIRST_FILL = 0.5  # of a tank nobody has told of: wrong by half of it at most


@dataclass(frozen=True)
class TankInputs:
    """All tanks of one row of `sources.csv` together; arrays (step,).

    Over a step of constant flow: stored⁺ = keep · stored − gain_h · (heat given to the network).
    """

    energy_mwh: float
    charge_mw: Array
    stored_before_mwh: float
    is_assumed: bool  # no plan says what is in it
    loss_per_h: float
    keep: Array  # part of the content that is still there at the end of the step
    gain_h: Array  # MWh at the end of the step for each MW that flows in over it


def step_factors(loss_per_h: float, lengths_h: Array) -> tuple[Array, Array]:
    """Keep and gain of steps of some length: dE/dt = −k·E + P solved exactly for constant P.

    keep = (1 − loss)^Δ = e^(−kΔ) and gain = (1 − keep)/k with k = −ln(1 − loss), so that one step
    of an hour is the same as four of a quarter. The content runs monotonically between the ends
    of a step: limits that hold there hold between.
    """
    keep = (1.0 - loss_per_h) ** lengths_h
    if loss_per_h < NO_LOSS_PER_H:
        return keep, np.asarray(lengths_h, dtype=float)
    rate = -np.log1p(-loss_per_h)
    return keep, np.asarray(-np.expm1(-rate * lengths_h) / rate)


def tank_inputs(
    source: Source, grid: TimeGrid, present: Array, last: LastPlan | None
) -> TankInputs:
    """Work out one row; `present` (step,) is the part that `outages.csv` leaves of its power.

    An outage takes pumps and valves, not water: the content stays, and cools. The content is what
    the last plan expected for now; half full where no plan says it.
    """
    if source.energy_mwh is None or source.charge_mw is None or source.loss_per_h is None:
        raise ValueError(f"{source.source_id} is no tank")
    energy_mwh = source.energy_mwh * source.unit_count
    known = None
    if last is not None and last.source_stored_mwh is not None:
        value = float(last.source_stored_mwh.rows([source.source_id])[0, 0])
        known = value if np.isfinite(value) else None
    keep, gain_h = step_factors(source.loss_per_h, grid.step_lengths_h)
    stored = FIRST_FILL * energy_mwh if known is None else known
    return TankInputs(
        energy_mwh=energy_mwh,
        charge_mw=source.charge_mw * source.unit_count * present,
        stored_before_mwh=min(max(stored, 0.0), energy_mwh),
        is_assumed=known is None,
        loss_per_h=source.loss_per_h,
        keep=keep,
        gain_h=gain_h,
    )
