"""Weather tables in CSV: rows of 15, 30 or 60 minutes to hourly means. Pure: text in, values out.

`time` labels the start of a step and the values are means over it. With a column `issue_time` the
table may hold several forecasts of the same hours, of which the newest that was known is taken.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

import numpy as np

from forecasts.weather.limits import LIMITS
from forecasts.weather.run import Members, iso64, iso_utc, utc64
from forecasts.weather.solar import HOUR, Floats, Times
from forecasts.weather.tables import (
    Row,
    Table,
    TableFault,
    as_floats,
    gathered,
    moment,
    number,
    read_table,
    required_number,
)

COLUMNS = {
    "air_temperature": "temp_c",
    "wind_speed": "wind_m_per_s",
    "global_radiation": "radiation_w_per_m2",
    "relative_humidity": "humidity_pct",
}
_STEPS_S = (900, 1800, 3600)
_MAX_MEMBER = 999
_MAX_HOURS = 24 * 366 * 30  # a wrong century in one row must not ask for all of memory


@dataclass(frozen=True)
class CsvWeatherTable:
    """Hourly values on regular UTC hours; nan where the table has nothing for an hour.

    Values have shape (hours,), or (members, hours) if the table has a column `member`.
    """

    starts: Times
    values: dict[str, Floats]
    issue_time: datetime | None
    ignored_columns: tuple[str, ...]
    members: Members | None = None


def parse_weather_csv(text: str, zone: ZoneInfo, known_by: datetime) -> CsvWeatherTable:
    """Return the newest forecast in `text` that was issued by `known_by`; raises TableFault.

    A column `member` (whole numbers, 0 for the control) makes it an ensemble in a long table.
    """
    optional = (COLUMNS["relative_humidity"], "issue_time", "member")
    required = ("time", *(c for c in COLUMNS.values() if c not in optional))
    table = read_table(text, required, optional)
    faults = list(table.faults)
    issue_time, rows = _newest_issue(table, zone, known_by, faults)
    times = gathered(lambda row: moment(row, "time", zone), rows, faults)
    cells = {
        name: as_floats(gathered(_reader(column, *LIMITS[name]), rows, faults))
        for name, column in COLUMNS.items()
        if column in table.columns
    }
    groups = _members(table, rows, faults)
    stamps = np.array([utc64(t) if t else np.datetime64("NaT") for t in times], "datetime64[ns]")
    for positions in groups.values():
        faults.extend(_time_faults(rows, stamps, positions))
    if faults:
        raise TableFault(*faults)
    hours = stamps.astype("datetime64[h]").astype("datetime64[ns]")
    starts = np.arange(hours.min(), hours.max() + HOUR, HOUR)
    slot = ((hours - starts[0]) // HOUR).astype(int)
    values = {
        name: np.stack(
            [_hourly_means(array[where], slot[where], starts.size) for where in groups.values()]
        )
        for name, array in cells.items()
    }
    if "member" not in table.columns:
        single = {name: array[0] for name, array in values.items()}
        return CsvWeatherTable(starts, single, issue_time, table.ignored)
    members = Members(("csv",) * len(groups), tuple(groups))
    return CsvWeatherTable(starts, values, issue_time, table.ignored, members)


def _newest_issue(
    table: Table, zone: ZoneInfo, known_by: datetime, faults: list[str]
) -> tuple[datetime | None, Sequence[Row]]:
    """Return the newest issue time by `known_by` and its rows; all rows if there is no column."""
    if "issue_time" not in table.columns:
        return None, table.rows
    issued = gathered(lambda row: moment(row, "issue_time", zone), table.rows, faults)
    known = [when for when in issued if when is not None and when <= known_by]
    if not known:
        raise TableFault(*faults, f"issue_time: none at or before {iso_utc(known_by)}")
    newest = max(known)
    return newest, [row for row, when in zip(table.rows, issued, strict=True) if when == newest]


def _reader(column: str, low: float, high: float) -> Callable[[Row], float]:
    return lambda row: number(row, column, low, high)


def _members(table: Table, rows: Sequence[Row], faults: list[str]) -> dict[int, list[int]]:
    """Return the positions of each member's rows, by member; all of them as 0 without members."""
    if "member" not in table.columns:
        return {0: list(range(len(rows)))}
    groups: dict[int, list[int]] = {}
    found = gathered(lambda row: required_number(row, "member", 0, _MAX_MEMBER), rows, faults)
    for k, member in enumerate(found):
        if member is None:
            continue
        if member != int(member):
            faults.append(f"row {rows[k].number}, member: {member:g} is no whole number")
            continue
        groups.setdefault(int(member), []).append(k)
    return dict(sorted(groups.items()))


def _time_faults(rows: Sequence[Row], stamps: Times, positions: list[int]) -> list[str]:
    """Tell where times do not rise on a grid of 15, 30 or 60 minutes; rows may be missing."""
    where = [k for k in positions if not np.isnat(stamps[k])]
    if len(where) < len(positions):
        return []  # told already, and what follows would be told wrongly
    times = stamps[where]
    if times.size < 2:
        return [f"row {rows[where[0]].number}: a single time"] if where else []
    steps_s = np.diff(times) / np.timedelta64(1, "s")
    backward = [int(k) + 1 for k in np.flatnonzero(steps_s <= 0)]
    if backward:
        return [
            f"row {rows[where[k]].number}, time: {iso64(times[k])} does not rise" for k in backward
        ]
    if (times[-1] - times[0]) / HOUR > _MAX_HOURS:
        return [
            f"row {rows[where[-1]].number}, time: {iso64(times[-1])} is decades after the first"
        ]
    step_s = int(steps_s.min())
    if step_s not in _STEPS_S:
        k = int(np.argmin(steps_s)) + 1
        return [f"row {rows[where[k]].number}, time: step {step_s} s, known 900, 1800, 3600"]
    into_hour = (times - times.astype("datetime64[h]")) / np.timedelta64(1, "s")
    return [
        f"row {rows[where[k]].number}, time: {iso64(times[k])} is off the {step_s} s grid"
        for k in np.flatnonzero(into_hour % step_s != 0)
    ]


def _hourly_means(
    cells: Floats, slot: np.ndarray[tuple[int], np.dtype[np.int_]], hours: int
) -> Floats:
    """Return the mean of what each hour has, nan if it has nothing."""
    there = ~np.isnan(cells)
    sums = np.bincount(slot[there], weights=cells[there], minlength=hours)
    counts = np.bincount(slot[there], minlength=hours)
    return np.where(counts > 0, sums / np.maximum(counts, 1), np.nan)
