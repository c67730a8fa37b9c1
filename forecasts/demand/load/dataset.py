"""A dataset folder: measured load, weather beside it, and forecasts as they were known.

`observations.csv`: `time,heat_mw` and whichever of `outdoor_temp_c,wind_speed_m_s,shortwave_w_m2,
relative_humidity_pct`. `forecasts.csv`, optional: `issue_time,time` and the same weather. Either
may be packed (`.csv.gz`). `time` is the end of a step, ISO 8601 with its offset; here, and only
here, it becomes the start of the step in UTC. The step is found: 5, 10, 15, 20, 30 or 60 minutes.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from forecasts.demand.load.dataset_cells import (
    WEATHER_COLUMNS,
    Bools,
    DatasetFaults,
    TextTable,
    moments,
    numbers,
    text_table,
)
from forecasts.demand.load.dataset_runs import read_runs
from forecasts.demand.load.dataset_zone import zone_known, zone_of
from forecasts.demand.load.record import (
    RADIATION,
    Floats,
    Ints,
    KnownWeather,
    LoadRecord,
    Times,
    WeatherRuns,
)
from forecasts.file_limits import DATASET_BYTES
from forecasts.plain_file import read_plain
from forecasts.weather.limits import LIMITS

OBSERVATIONS, FORECASTS = "observations.csv", "forecasts.csv"
TIME, HEAT = "time", "heat_mw"
STEPS_MIN = (5, 10, 15, 20, 30, 60)
# Two tables in one: rows one after the other at another distance than most. Rows missing at random
# seldom miss the same number twice running.
MIXED_SHARE, MIXED_LEAST = 0.1, 5
MAX_YEARS = 40  # a wrong century in one row must not ask for all of memory
NIGHT_W_PER_M2 = -20.0  # pyranometers cool at night and then tell a little less than nothing
# A meter's slip is far above all other loads. Its limit is drawn from the whole record: it decides
# what is a reading at all, alike for every method, and not what a forecast knows.
SPIKE_TIMES, SPIKE_LEVEL = 5.0, 0.99


@dataclass(frozen=True)
class LeftOut:
    """What was there and does not count, by column of `observations.csv` and `forecasts.csv`."""

    steps: int  # of the record, gaps among them
    loads: int  # that count
    repeated_rows: int
    unordered_rows: int
    implausible: Mapping[str, int]  # beyond what a load or the weather can be
    ignored_columns: tuple[str, ...]


@dataclass(frozen=True)
class Dataset:
    """What a load forecast is tried on."""

    name: str
    record: LoadRecord
    weather: KnownWeather
    left_out: LeftOut


def read_dataset(folder: Path, timezone: str | None = None, country: str | None = None) -> Dataset:
    """Return the dataset of a folder; raises DatasetFaults telling all that is wrong.

    Without `timezone` the calendar follows the offsets written.
    """
    faults: list[str] = []
    if timezone is not None and not zone_known(timezone):
        faults.append(f"timezone {timezone} is unknown. Write it like Europe/Berlin or UTC+01:00")
    before = len(faults)
    found = _content(folder, OBSERVATIONS, faults)
    if found is None:
        if len(faults) == before:
            there = "" if folder.is_dir() else "no such folder. "
            faults.append(f"{folder}: {there}It must hold {OBSERVATIONS} ({TIME},{HEAT},…)")
        raise DatasetFaults(faults)
    optional = tuple(WEATHER_COLUMNS.values())
    table = text_table(*found, (TIME, HEAT), optional, faults)
    read = _observed(table, timezone, country, faults) if table is not None else None
    runs: WeatherRuns | None = None
    ignored: tuple[str, ...] = ()
    left_out: dict[str, int] = {}
    ahead = _content(folder, FORECASTS, faults)
    if ahead is not None:
        said = text_table(*ahead, ("issue_time", TIME), optional, faults)
        if said is not None:
            left_out, cells = _plausible_weather(said, faults)
            runs = read_runs(said, cells, None if read is None else read[0], faults)
            ignored = said.ignored
    if faults or read is None:
        raise DatasetFaults(faults)
    return _dataset(folder, read, runs, left_out, ignored)


def _dataset(
    folder: Path,
    read: tuple[LoadRecord, LeftOut],
    runs: WeatherRuns | None,
    left_out: Mapping[str, int],
    ignored: tuple[str, ...],
) -> Dataset:
    record, kept = read
    implausible = {f"{OBSERVATIONS} {name}": count for name, count in kept.implausible.items()}
    implausible |= {f"{FORECASTS} {name}": count for name, count in left_out.items()}
    all_ignored = (
        *(f"{OBSERVATIONS} {name}" for name in kept.ignored_columns),
        *(f"{FORECASTS} {name}" for name in ignored),
    )
    whole = LeftOut(
        kept.steps,
        kept.loads,
        kept.repeated_rows,
        kept.unordered_rows,
        {name: count for name, count in implausible.items() if count},
        all_ignored,
    )
    return Dataset(folder.resolve().name, record, KnownWeather(record, runs), whole)


def _content(folder: Path, name: str, faults: list[str]) -> tuple[str, bytes] | None:
    """Return name and bytes of a file or of its .gz; None if it is not there or has a fault."""
    for path in (folder / name, folder / f"{name}.gz"):
        if path.exists():
            try:
                return path.name, read_plain(path, DATASET_BYTES)
            except OSError as error:
                faults.append(f"{path.name}: cannot be read: {error.strerror}. Check the file")
                return None
    return None


# ---- observations ----------------------------------------------------------------------------


def _observed(
    table: TextTable, timezone: str | None, country: str | None, faults: list[str]
) -> tuple[LoadRecord, LeftOut] | None:
    before = len(faults)
    ends, offsets = moments(table, TIME, faults)
    load = numbers(table, HEAT, faults)
    negative = load < 0
    faults.extend(table.told(negative, HEAT, "{} is below 0", "Correct it or leave it empty"))
    implausible, cells = _plausible_weather(table, faults)
    implausible[HEAT] = int((spike := _spikes(load)).sum())
    cells = {HEAT: np.where(spike, np.nan, load), **cells}
    if len(faults) > before:
        return None
    order = np.argsort(ends, kind="stable")
    unordered = int((np.diff(ends) < np.timedelta64(0)).sum())
    same = np.append(False, np.diff(ends[order]) == np.timedelta64(0))
    _tell_contradictions(table, order, same, cells, faults)
    kept = order[~same]
    step_min = _step_min(table, kept, ends[kept], faults)
    zone = timezone or zone_of(ends[kept], offsets[kept])
    if zone is None:
        faults.append(f"{table.file}, {TIME}: the offsets are those of no clock. Give --timezone")
    if not np.isfinite(load).any():
        faults.append(f"{table.file}, {HEAT}: no load in any row")
    if len(faults) > before or step_min is None or zone is None:
        return None
    record = _on_grid(ends[kept], {name: c[kept] for name, c in cells.items()}, step_min)
    told = LeftOut(
        record[0].size,
        int(np.isfinite(record[1][HEAT]).sum()),
        int(same.sum()),
        unordered,
        implausible,
        table.ignored,
    )
    weather = {
        name: record[1][column]
        for name, column in WEATHER_COLUMNS.items()
        if column in cells and np.isfinite(record[1][column]).any()
    }
    starts, series = record
    return LoadRecord(starts, step_min / 60, series[HEAT], weather, zone, country), told


def _plausible_weather(
    table: TextTable, faults: list[str]
) -> tuple[dict[str, int], dict[str, Floats]]:
    """Weather columns by their names in the file, and how many values were no weather at all."""
    counts, cells = {}, {}
    for name, column in WEATHER_COLUMNS.items():
        if column not in table.columns:
            continue
        values = numbers(table, column, faults)
        low, high = LIMITS[name]
        if name == RADIATION:
            values = np.where((values < 0) & (values >= NIGHT_W_PER_M2), 0.0, values)
        beyond = (values < low) | (values > high)
        counts[column], cells[column] = int(beyond.sum()), np.where(beyond, np.nan, values)
    return counts, cells


def _spikes(load_mw: Floats) -> Bools:
    """Loads beyond five times the one that only every hundredth exceeds."""
    some = load_mw[load_mw > 0]
    if some.size == 0:
        return np.zeros(load_mw.shape, dtype=bool)
    usual = float(np.quantile(some, SPIKE_LEVEL, method="lower"))
    return np.asarray(load_mw > SPIKE_TIMES * usual)


def _tell_contradictions(
    table: TextTable, order: Ints, same: Bools, cells: Mapping[str, Floats], faults: list[str]
) -> None:
    """A time written twice is passed over if its rows say the same, and else a fault."""
    later = np.flatnonzero(same)
    differs = np.zeros(order.size, dtype=bool)
    for values in cells.values():
        one, other = values[order[later - 1]], values[order[later]]
        differs[order[later]] |= ~((one == other) | (np.isnan(one) & np.isnan(other)))
    cure = "Keep one of the rows; where clocks are put back, the offsets must differ"
    faults.extend(table.told(differs, TIME, "{} is there twice with other values", cure))


def _step_min(table: TextTable, kept: Ints, ends: Times, faults: list[str]) -> int | None:
    """The step of the table in minutes; None, with the faults told, where it has none."""
    if ends.size < 2:
        faults.append(f"{table.file}: a single row has no step. Give at least two")
        return None
    gaps_s = np.diff(ends) // np.timedelta64(1, "s")
    lengths, counts = np.unique(gaps_s, return_counts=True)
    step_s = int(lengths[np.argmax(counts)])
    known = ", ".join(str(minutes) for minutes in STEPS_MIN)
    if step_s not in [60 * minutes for minutes in STEPS_MIN]:
        cure = f"Average to steps of {known} minutes"
        faults.append(
            f"{table.file}, {TIME}: rows are mostly {step_s / 60:g} minutes apart. {cure}"
        )
        return None
    running = gaps_s[1:][gaps_s[1:] == gaps_s[:-1]]
    for length, count in zip(lengths, counts, strict=True):
        in_a_row = int((running == length).sum())
        if length != step_s and in_a_row > max(MIXED_SHARE * gaps_s.size, MIXED_LEAST):
            cure = "Bring all to one step"
            mixed = f"{counts.max()} rows of {step_s / 60:g} minutes and {count} of {length / 60:g}"
            faults.append(f"{table.file}, {TIME}: steps are mixed, {mixed}. {cure}")
            return None
    if ends[-1] - ends[0] > np.timedelta64(MAX_YEARS * 366, "D"):
        last = table.rows[kept[-1]]
        faults.append(f"{table.file}, row {last}, {TIME}: is decades after the first. Correct it")
        return None
    into = (ends - ends[0].astype("datetime64[D]")) // np.timedelta64(1, "s") % step_s
    phases, counts = np.unique(into, return_counts=True)
    usual = phases[np.argmax(counts)]
    off = np.zeros(table.rows.size, dtype=bool)
    off[kept[into != usual]] = True
    what = f"{{}} is off the grid of {step_s // 60} minutes"
    faults.extend(table.told(off, TIME, what, "Correct the time or leave the row out"))
    return step_s // 60


def _on_grid(
    ends: Times, cells: Mapping[str, Floats], step_min: int
) -> tuple[Times, dict[str, Floats]]:
    """Put rows on the whole grid from first to last, by start of step; NaN where none is."""
    step = np.timedelta64(step_min * 60, "s")
    starts = ends - step
    where = (starts - starts[0]) // step
    grid = (starts[0] + np.arange(int(where[-1]) + 1) * step).astype("datetime64[ns]")
    series = {}
    for name, values in cells.items():
        series[name] = np.full(grid.size, np.nan)
        series[name][where] = values
    return grid, series
