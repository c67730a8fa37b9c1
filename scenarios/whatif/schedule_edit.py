"""Editing `schedules.csv` within a window: what stood there before and after stands again."""

from collections.abc import Callable
from datetime import datetime

from dispatch.case import Case, ScheduleRow
from scenarios.whatif.edit import edited
from scenarios.whatif.window import OPEN_ENDED


def with_scheduled(
    case: Case,
    source_id: str,
    column: str,
    window: tuple[datetime, datetime],
    change: Callable[[float | None], float],
    otherwise: float | None = None,
) -> tuple[ScheduleRow, ...]:
    """Return the rows of `schedules.csv` with a column of one source changed within a window.

    `change` makes the new value of what stands there, None where nothing does. `otherwise` is
    what holds outside the window where the column is empty, and must be given if it can be.
    """
    begins, ends = window
    mine = [
        row
        for row in case.schedules
        if row.source_id == source_id and getattr(row, column) is not None
    ]
    mine.sort(key=lambda row: row.time)

    def standing(moment: datetime) -> float | None:
        """A row holds until the next one, the first also before it."""
        so_far = [row for row in mine if row.time <= moment] or mine[:1]
        return getattr(so_far[-1], column) if so_far else None

    values: dict[datetime, float | None] = {row.time: getattr(row, column) for row in mine}
    before = standing(begins)
    if not mine:
        values[begins - OPEN_ENDED] = otherwise
    elif mine[0].time >= begins:  # the first row holds before it, and must go on to do so
        values[begins - OPEN_ENDED] = before
    for moment, value in list(values.items()):
        if begins <= moment < ends:
            values[moment] = change(value)
    values[begins] = change(before)
    after = standing(ends)
    values[ends] = otherwise if after is None else after
    return _merged(case, source_id, column, values)


def _merged(
    case: Case, source_id: str, column: str, values: dict[datetime, float | None]
) -> tuple[ScheduleRow, ...]:
    """Rows with new values where there are some: one row a source and moment."""
    left = dict(values)
    rows = []
    for row in case.schedules:
        if row.source_id == source_id and row.time in left:
            rows.append(edited(row, **{column: left.pop(row.time)}))
        else:
            rows.append(row)
    new = [
        ScheduleRow(time=moment, source_id=source_id).model_copy(update={column: value})
        for moment, value in left.items()
        if value is not None
    ]
    return tuple(sorted([*rows, *new], key=lambda row: row.time))
