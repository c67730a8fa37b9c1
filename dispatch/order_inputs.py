"""Heat orders as the plan needs them: what is ordered and cannot be changed any more."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from dispatch.case import Source
from dispatch.initial_state import LastPlan
from dispatch.time_grid import TimeGrid

Array = NDArray[np.float64]

SAMPLE_H = 0.25  # the shortest step: every step of two plans is a whole number of these


@dataclass(frozen=True)
class OrderInputs:
    """The contract for heat bought in one row of `sources.csv`; arrays (step,) in MW."""

    ordered_mw: Array  # the order that stands; NaN where it is still free
    tolerance: float  # of the order, either way
    least_mw: Array  # paid for whether taken or not
    pay_yuan_per_mwh: float  # for heat that is paid for and not taken


def order_inputs(
    source: Source,
    grid: TimeGrid,
    max_heat_mw: Array,
    present: Array,
    pay_yuan_per_mwh: float,
    last: LastPlan | None,
) -> OrderInputs:
    """Work out one row; `present` (step,) is the part that `outages.csv` leaves of it.

    Steps of the horizon that begin within `notice_h` of the start keep the order of the last
    plan; without one, or where it does not reach, they are free. What the seller cannot give any
    more (`max_heat_mw`) is no longer ordered.
    """
    ordered = np.full(grid.steps, np.nan)
    if last is not None and last.source_order_mw is not None:
        for step in range(grid.horizon_steps):
            if grid.edges_h[step] >= source.notice_h - 1e-9:
                break
            moments = np.arange(grid.edges_h[step], grid.edges_h[step + 1] - 1e-9, SAMPLE_H)
            told = last.source_order_mw.running_at([source.source_id], moments, last.step_h)
            ordered[step] = told.mean()  # NaN where the last plan says nothing
    return OrderInputs(
        ordered_mw=np.minimum(ordered, max_heat_mw),
        tolerance=source.order_tolerance,
        least_mw=np.minimum(source.min_output_mw * source.unit_count * present, max_heat_mw),
        pay_yuan_per_mwh=pay_yuan_per_mwh,
    )
