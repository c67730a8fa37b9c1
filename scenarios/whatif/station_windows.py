"""Stations that are out for a while, true to the hour.

A plan decides the heat of stations block by block, and holds a station that is out in part of a
block for out in all of it: right for a repair that may take longer, but 2 h without power would
count as 4, or as 12 in the look-ahead. A what-if says exactly when, so a block counts by its part:
of its most heat the station can still take that of the hours left.
"""

from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta
from itertools import pairwise

from dispatch.case import Outage
from dispatch.case_kinds import OutageKind
from dispatch.time_grid import TimeGrid

Stretch = tuple[datetime, datetime, float]  # from, to, fraction that is there


def stations_out(
    stations: Iterable[str],
    grid: TimeGrid,
    window: tuple[datetime, datetime],
    available_fraction: float,
    reason: str,
) -> tuple[Outage, ...]:
    """Return rows of `outages.csv` for stations of which only a part is there within a window."""
    stretches = list(_stretches(grid, *window, available_fraction))
    return tuple(
        Outage.model_validate(
            {
                "kind": OutageKind.STATION,
                "id": station_id,
                "from": begins,
                "to": ends,
                "available_fraction": left,
                "reason": reason,
            }
        )
        for station_id in sorted(stations)
        for begins, ends, left in stretches
    )


def _stretches(
    grid: TimeGrid, begins: datetime, ends: datetime, available_fraction: float
) -> Iterator[Stretch]:
    """The window cut at the edges of blocks that it covers in part."""
    edges = [grid.start + timedelta(hours=float(hours)) for hours in grid.block_edges_h]
    if ends <= edges[0] or begins >= edges[-1]:
        yield begins, ends, available_fraction
        return
    whole_from, whole_to = begins, ends
    partly: list[Stretch] = []
    for start, end in pairwise(edges):
        first, last = max(start, begins), min(end, ends)
        covered = (last - first) / (end - start)
        if not 0.0 < covered < 1.0:
            continue
        left = 1.0 - covered * (1.0 - available_fraction)
        partly.append((first, last, left))
        if first == begins:
            whole_from = last
        if last == ends:
            whole_to = first
    yield from partly
    if whole_from < whole_to:
        yield whole_from, whole_to, available_fraction
