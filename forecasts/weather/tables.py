"""Reading hand-made tables: all faults at once, each with row and column. Pure: text in, rows out.

Who mends a file wants to mend it once: readers of cells raise, and readers of tables gather.
"""

import csv
import difflib
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, tzinfo
from typing import TypeVar

import numpy as np

from forecasts.weather.solar import Floats

MAX_TOLD = 20  # faults in one message: a file with more has one cause, seen in the first
_MINUS = str.maketrans({"\u2212": "-", "\uff0d": "-", "\u2013": "-", "\uff0e": "."})
T = TypeVar("T")


class TableFault(ValueError):
    """A table cannot be read; the message tells every fault, after the file's name."""

    def __init__(self, *faults: str) -> None:
        more = len(faults) - MAX_TOLD
        shown = "; ".join(faults[:MAX_TOLD]) + (f"; and {more} more" if more > 0 else "")
        super().__init__(shown)
        self.faults = faults


@dataclass(frozen=True)
class Row:
    """One line of a table: its number in the file (the header is row 1) and its cells by column."""

    number: int
    cells: dict[str, str]


@dataclass(frozen=True)
class Table:
    """The rows of a table, the columns that were not understood, and rows that are none."""

    rows: tuple[Row, ...]
    columns: tuple[str, ...]
    ignored: tuple[str, ...]
    faults: tuple[str, ...] = ()


def read_table(text: str, required: Sequence[str], optional: Sequence[str]) -> Table:
    """Return the rows of comma-separated `text`; raises TableFault if its header is wrong.

    Rows of a wrong length are left out and told in `faults`, to be raised with what is found in the
    others.
    """
    lines = csv.reader(text.replace("\0", "").splitlines())
    header = [cell.strip() for cell in next(lines, [])]
    known = (*required, *optional)
    wrong = header_faults(header, required, known)
    if wrong:
        raise TableFault(*wrong)
    rows, faults = [], []
    try:
        for cells in lines:
            if not any(cell.strip() for cell in cells):
                continue
            if len(cells) != len(header):
                faults.append(f"row {lines.line_num}: {len(cells)} cells, header has {len(header)}")
                continue
            named = {name: cell.strip() for name, cell in zip(header, cells, strict=True)}
            rows.append(Row(lines.line_num, named))
    except csv.Error as error:
        faults.append(f"row {lines.line_num}: {error}")
    if not rows:
        raise TableFault(*faults, "row 2: no rows after the header")
    used = tuple(name for name in known if name in header)
    ignored = tuple(name for name in header if name not in known)
    return Table(tuple(rows), used, ignored, tuple(faults))


def header_faults(header: list[str], required: Sequence[str], known: Sequence[str]) -> list[str]:
    """Return what is wrong with a header; a column nearly known is offered its name."""
    for separator, name in ((";", "semicolons"), ("\t", "tabs")):
        if len(header) == 1 and separator in header[0]:
            return [f"row 1: the cells are separated by {name}: save with commas"]
    faults = []
    for column in header:
        near = difflib.get_close_matches(column.lower(), known, n=1, cutoff=0.6)
        if column not in known and near and near[0] not in header:
            faults.append(f"row 1, column {column!r}: unknown, did you mean {near[0]}?")
    told = " ".join(faults)
    faults.extend(
        f"row 1: column {column} is missing"
        for column in required
        if column not in header and f"mean {column}?" not in told
    )
    if len(set(header)) != len(header):
        twice = sorted({name for name in header if header.count(name) > 1})
        faults.append(f"row 1: a column is there twice: {', '.join(twice)}")
    return faults


def gathered(read: Callable[[Row], T], rows: Iterable[Row], faults: list[str]) -> list[T | None]:
    """Return `read` of each row, None where it raises TableFault, whose text is put to `faults`."""
    found: list[T | None] = []
    for row in rows:
        try:
            found.append(read(row))
        except TableFault as fault:
            faults.extend(fault.faults)
            found.append(None)
    return found


def as_floats(found: Sequence[float | None]) -> Floats:
    """Return gathered numbers as an array, nan for None."""
    return np.array([np.nan if value is None else value for value in found], dtype=np.float64)


def number(row: Row, column: str, low: float, high: float) -> float:
    """Return a cell as a number within limits, nan if empty; raises TableFault."""
    text = row.cells[column]
    if text == "":
        return float("nan")
    try:
        value = float(text.replace("_", "?").translate(_MINUS))
    except ValueError as error:
        raise TableFault(f"row {row.number}, {column}: {text!r} is not a number") from error
    if not (np.isfinite(value) and low <= value <= high):
        raise TableFault(f"row {row.number}, {column}: {text}, limits {low:g} to {high:g}")
    return value


def required_number(row: Row, column: str, low: float, high: float) -> float:
    """Return a cell as a number within limits; raises TableFault, also if it is empty."""
    value = number(row, column, low, high)
    if np.isnan(value):
        raise TableFault(f"row {row.number}, {column}: empty, a number is needed")
    return value


def moment(row: Row, column: str, zone: tzinfo) -> datetime:
    """Return a cell as a moment in UTC; without an offset it is local time of `zone`."""
    text = row.cells[column].replace("/", "-")  # spreadsheets in Chinese write 2026/1/15 8:00
    for read in (datetime.fromisoformat, _spreadsheet_time):
        try:
            found = read(text)
        except ValueError:
            continue
        aware = found.replace(tzinfo=zone) if found.tzinfo is None else found
        return aware.astimezone(UTC)
    detail = f"row {row.number}, {column}: {text!r} is not like 2026-01-15T08:00+08:00"
    raise TableFault(detail)


def _spreadsheet_time(text: str) -> datetime:
    # The zone is put on by the caller.
    for form in ("%Y-%m-%d %H:%M:%S", "%Y-%m-%d %H:%M", "%Y-%m-%d"):
        try:
            return datetime.strptime(text, form)  # noqa: DTZ007 - local time, see above
        except ValueError:
            continue
    raise ValueError(text)
