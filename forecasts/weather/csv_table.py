"""Weather tables in CSV: rows of 15, 30 or 60 minutes to hourly means. Pure: text in, values out.

`time` labels the start of a step and the values are means over it. With a column `issue_time` the
table may hold several forecasts of the same hours, of which the newest that was known is taken.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

import numpy as np

from forecasts.weather.run import iso64, iso_utc, utc64
from forecasts.weather.solar import HOUR, Floats, Times
from forecasts.weather.tables import Row, TableFault, moment, number, read_table

COLUMNS = {
    "air_temperature": "temp_c",
    "wind_speed": "wind_m_per_s",
    "global_radiation": "radiation_w_per_m2",
    "relative_humidity": "humidity_pct",
}
LIMITS = {
    "air_temperature": (-60.0, 50.0),
    "wind_speed": (0.0, 75.0),
    "global_radiation": (0.0, 1400.0),
    "relative_humidity": (0.0, 105.0),
}
_STEPS_S = (900, 1800, 3600)


@dataclass(frozen=True)
class CsvWeatherTable:
    """Hourly values on regular UTC hours; nan where the table has nothing for an hour."""

    starts: Times
    values: dict[str, Floats]
    issue_time: datetime | None
    ignored_columns: tuple[str, ...]


def parse_weather_csv(text: str, zone: ZoneInfo, known_by: datetime) -> CsvWeatherTable:
    """Return the newest forecast in `text` that was issued by `known_by`; raises TableFault."""
    optional = (COLUMNS["relative_humidity"], "issue_time")
    required = ("time", *(c for c in COLUMNS.values() if c not in optional))
    table = read_table(text, required, optional)
    rows: Sequence[Row] = table.rows
    issue_time = None
    if "issue_time" in table.columns:
        issued = [moment(row, "issue_time", zone) for row in rows]
        known = [when for when in issued if when <= known_by]
        if not known:
            raise TableFault(f"issue_time: none at or before {iso_utc(known_by)}")
        issue_time = max(known)
        rows = [row for row, when in zip(rows, issued, strict=True) if when == issue_time]
    names = [name for name, column in COLUMNS.items() if column in table.columns]
    times = _regular_times(rows, [moment(row, "time", zone) for row in rows])
    hours = times.astype("datetime64[h]").astype("datetime64[ns]")
    starts = np.arange(hours[0], hours[-1] + HOUR, HOUR)
    slot = ((hours - hours[0]) // HOUR).astype(int)
    values = {}
    for name in names:
        low, high = LIMITS[name]
        cells = np.array([number(row, COLUMNS[name], low, high) for row in rows])
        values[name] = _hourly_means(cells, slot, starts.size)
    return CsvWeatherTable(starts, values, issue_time, table.ignored)


def _regular_times(rows: Sequence[Row], moments: Sequence[datetime]) -> Times:
    """Return the times if they rise on a grid of 15, 30 or 60 minutes; rows may be missing."""
    times = np.array([utc64(when) for when in moments], dtype="datetime64[ns]")
    if times.size < 2:
        raise TableFault(f"row {rows[0].number}: a single time")
    steps_s = np.diff(times) / np.timedelta64(1, "s")
    backward = np.flatnonzero(steps_s <= 0)
    if backward.size:
        k = int(backward[0]) + 1
        raise TableFault(f"row {rows[k].number}, time: {iso64(times[k])} does not rise")
    step_s = int(steps_s.min())
    if step_s not in _STEPS_S:
        k = int(np.argmin(steps_s)) + 1
        raise TableFault(f"row {rows[k].number}, time: step {step_s} s, known 900, 1800, 3600")
    into_hour = (times - times.astype("datetime64[h]")) / np.timedelta64(1, "s")
    off_grid = np.flatnonzero(into_hour % step_s != 0)
    if off_grid.size:
        k = int(off_grid[0])
        raise TableFault(
            f"row {rows[k].number}, time: {iso64(times[k])} is off the {step_s} s grid"
        )
    return times


def _hourly_means(
    cells: Floats, slot: np.ndarray[tuple[int], np.dtype[np.int_]], hours: int
) -> Floats:
    """Return the mean of what each hour has, nan if it has nothing."""
    there = ~np.isnan(cells)
    sums = np.bincount(slot[there], weights=cells[there], minlength=hours)
    counts = np.bincount(slot[there], minlength=hours)
    return np.where(counts > 0, sums / np.maximum(counts, 1), np.nan)
