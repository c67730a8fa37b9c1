"""A column of `schedules.csv` on the grid."""

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from dispatch.case import Case, ScheduleRow
from dispatch.time_grid import TimeGrid

Array = NDArray[np.float64]


def scheduled(
    case: Case, source_id: str, grid: TimeGrid, column: Callable[[ScheduleRow], float | None]
) -> Array | None:
    """Values of a column as they stand at the start of each step, (step,); None without rows.

    A row holds until the source's next one with this column; the first also holds before it.
    """
    rows = [
        (row.time, value)
        for row in case.schedules
        if row.source_id == source_id and (value := column(row)) is not None
    ]
    if not rows:
        return None
    values = np.full(grid.steps, np.nan)
    for step, start_h in enumerate(grid.edges_h[:-1]):
        current = [value for time, value in rows if time <= grid.at(start_h)]
        values[step] = current[-1] if current else rows[0][1]
    return values
