"""What part of a source, main or station is there, interval by interval, by `outages.csv`."""

import numpy as np
from numpy.typing import NDArray

from dispatch.case import Case
from dispatch.case_kinds import OutageKind
from dispatch.time_grid import TimeGrid

Array = NDArray[np.float64]


def available_fraction(
    case: Case, kind: OutageKind, outage_id: str, grid: TimeGrid, edges_h: Array
) -> Array:
    """Least fraction available over each interval of `edges_h`; partly out counts as out."""
    present = np.ones(edges_h.size - 1)
    for outage in case.outages:
        if outage.kind is kind and outage.id == outage_id:
            start_h = (outage.from_time - grid.start).total_seconds() / 3600.0
            end_h = (outage.to_time - grid.start).total_seconds() / 3600.0
            hit = (edges_h[:-1] < end_h) & (edges_h[1:] > start_h)
            present[hit] = np.minimum(present[hit], outage.available_fraction)
    return present
