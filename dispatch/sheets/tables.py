"""The published tables of a run as the sheets read them: what is printed is what was published."""

import csv
import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from dispatch.text_cells import as_written

Row = Mapping[str, str]


@dataclass(frozen=True)
class Tables:
    """Rows of a run's CSV files, in their order."""

    sources: Sequence[Row]
    stations: Sequence[Row]
    order: Sequence[Row]
    fuel: Sequence[Row]

    @classmethod
    def of(cls, files: Mapping[str, bytes]) -> "Tables":
        """Read them from the files of a run by name. Raises KeyError where one is missing."""
        names = ("setpoints_sources", "setpoints_stations", "heat_order", "fuel_outlook")
        return cls(*(rows_of(files[f"{name}.csv"]) for name in names))


def rows_of(content: bytes) -> list[Row]:
    """Return the rows of a CSV file, its texts as they were before a spreadsheet was minded."""
    rows = csv.DictReader(io.StringIO(content.decode()))
    return [{name: as_written(cell) for name, cell in row.items()} for row in rows]


def figure(row: Row, name: str) -> float | None:
    """Return a number of a row; None where the cell is empty or there is no such column."""
    return float(row[name]) if row.get(name) else None


def at(row: Row, name: str) -> datetime:
    """Return a moment of a row, in its local time."""
    return datetime.fromisoformat(row[name])


def grouped(rows: Sequence[Row], *names: str) -> dict[tuple[str, ...], list[Row]]:
    """Return rows by the values of some columns, in the order in which these come."""
    found: dict[tuple[str, ...], list[Row]] = {}
    for row in rows:
        found.setdefault(tuple(row[name] for name in names), []).append(row)
    return found
