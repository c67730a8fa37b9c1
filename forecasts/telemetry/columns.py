"""Tables of any kind as blocks of columns in which every distinct cell stands once.

A month of a town has millions of cells and a few thousand different ones: what has to be
understood cell by cell is understood once each.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow.compute as pa_compute

Codes = npt.NDArray[np.int64]
Cells = npt.NDArray[Any]


@dataclass(frozen=True)
class Column:
    """Distinct cells, and which of them stands in each row (-1 for an empty one).

    `cells` are floats, datetime64[ns], or objects (str, number, date, datetime, time).
    """

    cells: Cells
    codes: Codes
    in_utc: bool = False  # of datetime64 cells: UTC, not local time

    def at(self, row: int) -> object:
        """Return the cell of a row, "" for an empty one."""
        return "" if self.codes[row] < 0 else self.cells[self.codes[row]]


@dataclass(frozen=True)
class Block:
    """Some rows of a table, all columns of equal length, and where the rows stand in the file."""

    columns: tuple[Column, ...]
    rows: Codes  # as a spreadsheet counts: the first line of the file is 1


@dataclass(frozen=True)
class BadRow:
    """A row that has no columns to speak of."""

    row: int
    text: str


@dataclass(frozen=True)
class RawTable:
    """One table as it comes: headings, then blocks of rows, to be gone through once.

    `bad_rows` fills while the blocks are gone through.
    """

    name: str  # file, with the sheet where there are several; or the SQL table
    stem: str  # file name without its endings
    sheet: str
    headings: tuple[str, ...]
    heading_row: int
    blocks: Iterator[Block]
    bad_rows: Sequence[BadRow] = ()
    decimal_comma: bool = False


def column_of(values: Sequence[object]) -> Column:
    """Return a column of Python values; None, NaN and "" are empty cells."""
    cells = np.empty(len(values), dtype=object)
    cells[:] = values
    codes, distinct = pd.factorize(cells, use_na_sentinel=True)
    return without_blanks(Column(np.asarray(distinct, dtype=object), codes.astype(np.int64)))


def without_blanks(column: Column) -> Column:
    """Return a column of objects in which cells of mere spaces are empty, others stripped."""
    cells = np.array([it.strip() if isinstance(it, str) else it for it in column.cells], object)
    blank = np.array([isinstance(it, str) and not it for it in cells], dtype=bool)
    codes = column.codes
    if blank.any():
        codes = np.where(np.append(blank, False)[codes], -1, codes)
    return Column(cells, codes, column.in_utc)


def numbers(values: Cells) -> Column:
    """Return a column of floats or datetime64, each row its own cell."""
    codes = np.arange(len(values), dtype=np.int64)
    return Column(values, np.where(pd.isna(values), -1, codes))


def each_once(column: Column) -> Column:
    """Return a column of numbers as one in which each stands once; others as they are."""
    if column.cells.dtype.kind != "f":
        return column
    codes, distinct = pd.factorize(column.cells[column.codes], use_na_sentinel=True)
    return Column(np.asarray(distinct, dtype=object), codes.astype(np.int64))


def text_column(array: Any) -> Column:
    """Return a column of texts from an Arrow array with a dictionary."""
    trimmed = pa_compute.utf8_trim_whitespace(array.dictionary)
    codes = array.indices.cast("int64").fill_null(-1).to_numpy(zero_copy_only=False)
    blank = pa_compute.equal(trimmed, "").fill_null(True).to_numpy(zero_copy_only=False)
    if blank.any():
        codes = np.where(np.append(blank, True)[codes], -1, codes)
    return Column(np.array(trimmed.to_pylist(), dtype=object), codes)


def texts(column: Column) -> list[str]:
    """Return the distinct cells of a column as texts, whole numbers without `.0`."""
    return [
        f"{it:.0f}" if isinstance(it, float) and it.is_integer() else str(it)
        for it in column.cells.tolist()
    ]
