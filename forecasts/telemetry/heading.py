"""Finding the heading of a sheet: below titles, over one row or several, with merged cells.

The heading is where a column is called a time. Rows right above it that leave the time column
free (the name of a station merged over its points), and rows right below it before the first
numbers (points below their station, units) belong to it. Pure.
"""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from forecasts.telemetry.names import DATE_NAMES, TIME_NAMES, name_key
from forecasts.telemetry.units import is_unit

LOOKED_AT = 40  # rows from the top in which a heading is looked for
MAX_ROWS = 3  # of a heading, above and below the row with the time
_BRACKETED = re.compile(r"[(（\[【]([^()（）\[\]【】]*)[)）\]】]\s*$")
_NUMBER = re.compile(r"[-+]?\d[\d.,]*")

Row = Sequence[str]


@dataclass(frozen=True)
class Heading:
    """One name for each column, and the rows (from 0) of the heading and of the first data."""

    names: tuple[str, ...]
    row: int
    first_data_row: int


def split_unit(heading: str) -> tuple[str, str]:
    """Return a heading without its last brackets, and what stands in them ("" for none).

    A degree sign needs no brackets, nor does what follows the last slash and is a unit.
    """
    plain = heading.strip()
    found = _BRACKETED.search(plain)
    if found:
        return plain[: found.start()].strip(), found[1].strip()
    if plain.endswith(("℃", "°C")):
        return plain.removesuffix("℃").removesuffix("°C").strip(), "℃"
    for place in (k for k, mark in enumerate(plain) if mark == "/"):
        if place and is_unit(plain[place + 1 :]) and plain[place + 1 :] != "1":
            return plain[:place].strip(), plain[place + 1 :].strip()
    return plain, ""


def is_time_name(text: str, named: Sequence[str] = ()) -> bool:
    """Return whether a heading is that of a time or date column; `named` is by telemetry.toml."""
    if any(named):
        return text.strip() in named
    return name_key(split_unit(text)[0]) in (TIME_NAMES | DATE_NAMES)


def find_heading(rows: Sequence[Row], is_time: Callable[[str], bool]) -> Heading | None:
    """Return the heading among the first rows of a sheet, None if no column is a time."""
    for k, row in enumerate(rows[:LOOKED_AT]):
        times = [j for j, cell in enumerate(row) if cell and is_time(cell)]
        if times:
            above, below = _rows_above(rows, k, times), _rows_below(rows, k, times)
            parts = [*(rows[i] for i in above), row, *(rows[i] for i in below)]
            return Heading(_joined(parts), k, k + 1 + len(below))
    return None


def _rows_above(rows: Sequence[Row], k: int, times: list[int]) -> list[int]:
    """Return the rows right above `k` that name groups of columns; a title stands over the time."""
    found: list[int] = []
    for i in range(k - 1, max(k - 1 - MAX_ROWS, -1), -1):
        cells = [cell for cell in rows[i] if cell]
        if not cells or any(j < len(rows[i]) and rows[i][j] for j in times):
            break
        found.insert(0, i)
    return found


def _rows_below(rows: Sequence[Row], k: int, times: list[int]) -> list[int]:
    """Return the rows right below `k` that leave the time free and hold words alone."""
    found: list[int] = []
    for i in range(k + 1, min(k + 1 + MAX_ROWS, len(rows))):
        row = rows[i]
        cells = [cell for cell in row if cell]
        timed = any(j < len(row) and row[j] for j in times)
        if not cells or timed or any(_NUMBER.fullmatch(cell) for cell in cells):
            break
        found.append(i)
    return found


def _joined(parts: list[Row]) -> tuple[str, ...]:
    """Return one name a column: `S017` over `供温` over `℃` is `S017.供温(℃)`."""
    width = max(len(row) for row in parts)
    padded = [[*row, *[""] * (width - len(row))] for row in parts]
    units = [""] * width
    while len(padded) > 1 and all(is_unit(cell) for cell in padded[-1] if cell):
        units = padded.pop()
    filled = [_spread(row, padded[i + 1 :]) for i, row in enumerate(padded)]
    names = [".".join(cell for cell in column if cell) for column in zip(*filled, strict=True)]
    return tuple(
        f"{name}({unit})" if unit else name for name, unit in zip(names, units, strict=True)
    )


def _spread(row: list[str], lower: list[list[str]]) -> list[str]:
    """Return a row whose merged cells stand over each of their columns.

    A spreadsheet keeps the text of merged cells in the first: an empty cell over a named column is
    the rest of the one to its left.
    """
    filled = list(row)
    for j in range(1, len(filled)):
        if not filled[j] and any(below[j] for below in lower):
            filled[j] = filled[j - 1]
    return filled
