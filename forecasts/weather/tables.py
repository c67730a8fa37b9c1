"""Reading hand-made tables: a fault is told with row and column. Pure: text in, rows out."""

import csv
import difflib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, tzinfo

import numpy as np


class TableFault(ValueError):
    """A table cannot be read; the message says where and what, after the file's name."""


@dataclass(frozen=True)
class Row:
    """One line of a table: its number in the file (the header is row 1) and its cells by column."""

    number: int
    cells: dict[str, str]


@dataclass(frozen=True)
class Table:
    """The rows of a table, and the columns that were not understood."""

    rows: tuple[Row, ...]
    columns: tuple[str, ...]
    ignored: tuple[str, ...]


def read_table(text: str, required: Sequence[str], optional: Sequence[str]) -> Table:
    """Return the rows of comma-separated `text`; raises TableFault."""
    lines = csv.reader(text.splitlines())
    header = [cell.strip() for cell in next(lines, [])]
    known = (*required, *optional)
    for column in header:
        near = difflib.get_close_matches(column.lower(), known, n=1, cutoff=0.6)
        if column not in known and near and near[0] not in header:
            raise TableFault(f"row 1, column {column!r}: unknown, did you mean {near[0]}?")
    for column in required:
        if column not in header:
            raise TableFault(f"row 1: column {column} is missing")
    if len(set(header)) != len(header):
        raise TableFault("row 1: a column is there twice")
    rows = []
    for cells in lines:
        if not any(cell.strip() for cell in cells):
            continue
        if len(cells) != len(header):
            raise TableFault(f"row {lines.line_num}: {len(cells)} cells, header has {len(header)}")
        named = {name: cell.strip() for name, cell in zip(header, cells, strict=True)}
        rows.append(Row(lines.line_num, named))
    if not rows:
        raise TableFault("row 2: no rows after the header")
    used = tuple(name for name in known if name in header)
    return Table(tuple(rows), used, tuple(name for name in header if name not in known))


def number(row: Row, column: str, low: float, high: float) -> float:
    """Return a cell as a number within limits, nan if empty; raises TableFault."""
    text = row.cells[column]
    if text == "":
        return float("nan")
    try:
        value = float(text)
    except ValueError as error:
        raise TableFault(f"row {row.number}, {column}: {text!r} is not a number") from error
    if not (np.isfinite(value) and low <= value <= high):
        raise TableFault(f"row {row.number}, {column}: {text}, limits {low:g} to {high:g}")
    return value


def required_number(row: Row, column: str, low: float, high: float) -> float:
    """Return a cell as a number within limits; raises TableFault, also if it is empty."""
    value = number(row, column, low, high)
    if np.isnan(value):
        raise TableFault(f"row {row.number}, {column}: empty")
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
