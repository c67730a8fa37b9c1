"""`forecasts.csv` of a dataset: weather runs as they were issued, on the steps of the load."""

from collections.abc import Mapping

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from forecasts.demand.load.dataset_cells import WEATHER_COLUMNS, TextTable, moments
from forecasts.demand.load.record import RADIATION, Floats, Ints, LoadRecord, Times, WeatherRuns

ISSUE, TIME = "issue_time", "time"
MAX_DAYS = 60  # of one run; a wrong year in one row must not ask for all of memory
COARSEST_S = 6 * 3600


def read_runs(
    table: TextTable, cells: Mapping[str, Floats], record: LoadRecord | None, faults: list[str]
) -> WeatherRuns | None:
    """Return the runs on the steps of `record`; faults are put to `faults`.

    Steps of the runs may be longer or shorter than those of the load, by a whole factor: longer
    ones are shared out (radiation evenly, the others along straight lines), shorter ones averaged.
    """
    before = len(faults)
    issued_rows, _ = moments(table, ISSUE, faults)
    ends, _ = moments(table, TIME, faults)
    if not cells:
        columns = ", ".join(WEATHER_COLUMNS.values())
        faults.append(f"{table.file}, row 1: no weather. Give at least one of {columns}")
    if len(faults) > before:
        return None
    issued, run = np.unique(issued_rows, return_inverse=True)
    order = np.lexsort((ends, run))
    run, ends = run[order], ends[order]
    cells = {name: values[order] for name, values in cells.items()}
    kept = _without_repeats(table, order, run, ends, cells, faults)
    run, ends, order = run[kept], ends[kept], order[kept]
    cells = {name: values[kept] for name, values in cells.items()}
    step_s = _step_s(table, run, ends, faults)
    if len(faults) > before or record is None or step_s is None:
        return None
    own_s = round(record.step_h * 3600)
    if max(step_s, own_s) % min(step_s, own_s):
        told = f"steps of {step_s / 60:g} minutes do not fit those of the load, {own_s / 60:g}"
        faults.append(f"{table.file}, {TIME}: {told}. Give them by the hour")
        return None
    return _runs(table, order, (issued, run, ends, cells), record, step_s, faults)


def _runs(
    table: TextTable,
    order: Ints,
    rows: tuple[Times, Ints, Times, Mapping[str, Floats]],
    record: LoadRecord,
    step_s: int,
    faults: list[str],
) -> WeatherRuns | None:
    issued, run, ends, cells = rows
    own_s = round(record.step_h * 3600)
    starts = ends - np.timedelta64(step_s, "s")
    anchor = record.times[0]
    into = ((starts - anchor) // np.timedelta64(1, "s")).astype(np.int64)
    off = np.zeros(order.size, dtype=bool)
    off = into % min(step_s, own_s) != 0
    begin = pd.Series(into).groupby(run).transform("min").to_numpy()
    # A run begins on a step of the load, so that it can be laid over it.
    begin = begin - begin % own_s
    long = (into - begin) > MAX_DAYS * 86400
    _tell(table, order, off, "{} is off the steps of the load", "Correct the time", faults)
    _tell(table, order, long, "{} is months after the run begins", "Correct the time", faults)
    slot = (into - begin) // step_s
    if step_s > own_s:
        uneven = (into - begin) % step_s != 0
        _tell(table, order, uneven, "{} is off the steps of its run", "Correct the time", faults)
    if off.any() or long.any() or (step_s > own_s and uneven.any()):
        return None
    width = int(slot.max()) + 1
    per_own = own_s // step_s
    if per_own > 1:
        width = -(-width // per_own) * per_own
    firsts = np.zeros(issued.size, dtype=np.int64)
    firsts[run] = begin
    names = {column: name for name, column in WEATHER_COLUMNS.items()}
    values = {}
    for column, known in cells.items():
        laid = np.full((issued.size, width), np.nan)
        laid[run, slot] = known
        values[names[column]] = _on_steps(laid, step_s, own_s, names[column])
    first = (anchor + firsts * np.timedelta64(1, "s")).astype("datetime64[ns]")
    return WeatherRuns(issued.astype("datetime64[ns]"), first, values)


def _tell(
    table: TextTable, order: Ints, where: NDArray[np.bool_], what: str, cure: str, faults: list[str]
) -> None:
    in_file = np.zeros(table.rows.size, dtype=bool)
    in_file[order[where]] = True
    faults.extend(table.told(in_file, TIME, what, cure))


def _without_repeats(
    table: TextTable,
    order: Ints,
    run: Ints,
    ends: Times,
    cells: Mapping[str, Floats],
    faults: list[str],
) -> Ints:
    """Which of ordered rows stay: of rows that say the same of one run and time, the first."""
    same = np.append(False, (np.diff(run) == 0) & (np.diff(ends) == np.timedelta64(0)))
    later = np.flatnonzero(same)
    differs = np.zeros(same.size, dtype=bool)
    for values in cells.values():
        one, other = values[later - 1], values[later]
        differs[later] |= ~((one == other) | (np.isnan(one) & np.isnan(other)))
    cure = "Keep one of the rows"
    _tell(table, order, differs, "{} is there twice in its run, with other values", cure, faults)
    return np.flatnonzero(~same)


def _step_s(table: TextTable, run: Ints, ends: Times, faults: list[str]) -> int | None:
    """The usual step within runs, s; runs may have gaps."""
    within = np.diff(run) == 0
    gaps_s = (np.diff(ends) // np.timedelta64(1, "s"))[within]
    if gaps_s.size == 0:
        faults.append(f"{table.file}: no run has two times. Give runs of at least two steps")
        return None
    lengths, counts = np.unique(gaps_s, return_counts=True)
    step_s = int(lengths[np.argmax(counts)])
    if not 60 <= step_s <= COARSEST_S:
        told = f"rows of a run are mostly {step_s / 60:g} minutes apart"
        faults.append(f"{table.file}, {TIME}: {told}. Give them by the hour")
        return None
    return step_s


def _on_steps(laid: Floats, step_s: int, own_s: int, name: str) -> Floats:
    """Values of a run's own steps on those of the load, (run, lead)."""
    if step_s == own_s:
        return laid
    if step_s < own_s:
        parts = laid.reshape(laid.shape[0], -1, own_s // step_s)
        there = np.isfinite(parts)
        sums, count = np.where(there, parts, 0.0).sum(axis=2), there.sum(axis=2)
        return np.where(count > 0, sums / np.maximum(count, 1), np.nan)
    share = step_s // own_s
    held = np.repeat(laid, share, axis=1)
    if name == RADIATION:
        return held
    # Steps stand for their middles; a straight line between two middles, held at the ends.
    middle = (np.arange(held.shape[1]) + 0.5) / share - 0.5
    low = np.clip(np.floor(middle).astype(np.int64), 0, laid.shape[1] - 1)
    high = np.minimum(low + 1, laid.shape[1] - 1)
    part = np.clip(middle - low, 0.0, 1.0)[None, :]
    line = laid[:, low] * (1 - part) + laid[:, high] * part
    return np.where(np.isfinite(line) & np.isfinite(held), line, held)
