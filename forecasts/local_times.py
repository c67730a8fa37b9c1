"""Times as people and loggers write them, and local times as UTC. Pure."""

import re
from collections.abc import Sequence
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import numpy as np
import numpy.typing as npt

Times = npt.NDArray[np.datetime64]

_TIME = re.compile(
    r"(\d{4})[-/.年](\d{1,2})[-/.月](\d{1,2})日?[ T]*"
    r"(?:(\d{1,2})[:：时](\d{1,2})分?(?:[:：]?(\d{1,2})(?:\.\d+)?秒?)?)?"
)


def written_time(said: str) -> datetime | None:
    """Return a time as written, with or without an offset; None if it is none.

    ISO 8601, 2026/1/15 8:00, 2026年1月15日 8时00分, and 24:00 for the end of a day.
    """
    try:
        return datetime.fromisoformat(said)
    except ValueError:
        match = _TIME.fullmatch(said)
    if match is None:
        return None
    year, month, day, hour, minute, second = (int(part or 0) for part in match.groups())
    try:
        midnight = datetime(year, month, day)  # noqa: DTZ001 - the caller puts on the zone
    except ValueError:
        return None
    if hour > 24 or minute > 59 or second > 59:
        return None
    return midnight + timedelta(hours=hour, minutes=minute, seconds=second)


def both_passes(plain: Times, local: npt.NDArray[np.bool_], zone: ZoneInfo) -> tuple[Times, Times]:
    """Return wall times in UTC, read as the first and as the second pass of a clock put back.

    The two differ only in the hour that such a clock shows twice. Times that are not `local` are
    in UTC already. NaT stays NaT.
    """
    found = plain.astype("datetime64[ns]")
    there = ~np.isnat(found)
    quarters, where = np.unique(found[there].astype("datetime64[15m]"), return_inverse=True)
    offsets = [_offsets(moment, zone) for moment in quarters.astype("datetime64[us]").tolist()]
    pairs = np.array(offsets, dtype="timedelta64[s]").reshape(-1, 2)[where]
    pairs[~local[there]] = np.timedelta64(0, "s")
    first, second = found.copy(), found.copy()
    first[there] -= pairs[:, 0]
    # A clock put forward leaves a gap, in which the second reading is the earlier one: not meant.
    second[there] -= np.minimum(pairs[:, 0], pairs[:, 1])
    return first, second


def in_sequence(
    first: Times, second: Times, series: npt.NDArray[np.integer] | None = None
) -> Times:
    """Return one time of each pair: the first pass until time would not go on, then the second.

    `series` says which rows follow one another (all of them if it is not given); a series that has
    the newest first is followed from its end.
    """
    twice = second > first
    if not twice.any():
        return first
    found = first.copy()
    for rows in _runs(series if series is not None else np.zeros(len(first), dtype=np.int64)):
        if not twice[rows].any():
            continue
        ordered = rows[::-1] if newest_first(first[rows]) else rows
        for k in np.flatnonzero(twice[ordered]):
            row, before = ordered[k], ordered[k - 1]
            if k > 0 and found[row] <= found[before] < second[row]:
                found[row] = second[row]
    return found


def newest_first(times: Times) -> bool:
    """Return whether most steps from row to row go back in time."""
    steps = np.diff(times) / np.timedelta64(1, "s")
    return bool((steps < 0).sum() > (steps > 0).sum())


def _runs(series: npt.NDArray[np.integer]) -> Sequence[npt.NDArray[np.intp]]:
    """Return the rows of each series, in the order of the file."""
    order = np.argsort(series, kind="stable")
    return np.split(order, np.flatnonzero(np.diff(series[order])) + 1)


def _offsets(local: datetime, zone: ZoneInfo) -> tuple[timedelta, timedelta]:
    """Return the offsets of a local time from UTC, read as the first and as the second pass."""
    passes = (local.replace(tzinfo=zone, fold=fold).utcoffset() for fold in (0, 1))
    first, second = (offset or timedelta(0) for offset in passes)
    return first, second
