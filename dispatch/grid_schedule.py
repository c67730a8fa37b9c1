"""A column of `schedules.csv` on the grid."""

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from dispatch.case import Case, ScheduleRow
from dispatch.time_grid import TimeGrid

Array = NDArray[np.float64]


def scheduled(
    case: Case,
    source_id: str,
    grid: TimeGrid,
    column: Callable[[ScheduleRow], float | None],
    before: float | None = None,
) -> Array | None:
    """Values of a column as they stand at the start of each step, (step,); None without rows.

    A row holds until the source's next one with this column. Ahead of the first one stands
    `before`; where that is None, the first row holds there too.
    """
    rows = [
        (row.time, value)
        for row in case.schedules
        if row.source_id == source_id and (value := column(row)) is not None
    ]
    if not rows:
        return None
    rows.sort(key=lambda row: row[0])  # stable: of two rows at one moment the later one holds
    starts_h = [(time - grid.start).total_seconds() / 3600.0 for time, _ in rows]
    current = np.searchsorted(starts_h, grid.edges_h[:-1] + 1e-9, side="right") - 1
    values = np.array([value for _, value in rows])[np.maximum(current, 0)]
    return values if before is None else np.where(current < 0, before, values)
