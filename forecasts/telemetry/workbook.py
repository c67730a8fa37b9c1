"""Excel workbooks (.xlsx, .xlsm): every sheet with a heading, read row by row."""

from collections.abc import Callable, Iterator
from itertools import islice
from pathlib import Path
from typing import Any
from zipfile import BadZipFile

import numpy as np
from openpyxl import load_workbook

from forecasts.telemetry.columns import Block, RawTable, column_of
from forecasts.telemetry.faults import TelemetryFault, TelemetryFaults
from forecasts.telemetry.heading import LOOKED_AT, Heading, find_heading

_BLOCK_ROWS = 50_000


def read_workbook(path: Path, sheet: str, is_time: Callable[[str], bool]) -> list[RawTable]:
    """Return the sheets of a workbook that have a heading with a time; or the one named.

    Raises TelemetryFaults.
    """
    book = _opened(path)
    names = [sheet] if sheet else book.sheetnames
    if sheet and sheet not in book.sheetnames:
        text = f"has no sheet {sheet!r}, but {', '.join(book.sheetnames)}. Mend telemetry.toml."
        raise TelemetryFaults([TelemetryFault(path.name, text)])
    tables = []
    for name in names:
        worksheet = book[name]
        if not hasattr(worksheet, "iter_rows"):  # a sheet that is a chart
            continue
        if hasattr(worksheet, "reset_dimensions"):
            worksheet.reset_dimensions()  # exporters write wrong ones, and rows would be lost
        rows = islice(worksheet.iter_rows(values_only=True), LOOKED_AT + 5)
        heading = find_heading([[_text(cell) for cell in row] for row in rows], is_time)
        if heading is not None:
            whole = path.name if len(book.sheetnames) == 1 else f"{path.name} [{name}]"
            tables.append(_table(path, whole, name, worksheet, heading))
    if not tables:
        text = (
            f"no heading is that of a time in {', '.join(names)}. Name the column: time under"
            " [columns] of telemetry.toml."
        )
        raise TelemetryFaults([TelemetryFault(path.name, text, row=1)])
    return tables


def _opened(path: Path) -> Any:
    try:
        return load_workbook(path, read_only=True, data_only=True)
    except (BadZipFile, OSError, KeyError, ValueError) as error:
        text = f"is no workbook that can be opened ({error}). Save it as .xlsx again."
        raise TelemetryFaults([TelemetryFault(path.name, text)]) from error


def _text(cell: object) -> str:
    return "" if cell is None else str(cell).strip()


def _table(path: Path, name: str, sheet: str, worksheet: Any, heading: Heading) -> RawTable:
    return RawTable(
        name=name,
        stem=path.stem,
        sheet=sheet,
        headings=heading.names,
        heading_row=heading.row + 1,
        blocks=_blocks(worksheet, heading),
    )


def _blocks(worksheet: Any, heading: Heading) -> Iterator[Block]:
    rows = islice(worksheet.iter_rows(values_only=True), heading.first_data_row, None)
    width = len(heading.names)
    first = heading.first_data_row + 1
    while taken := list(islice(rows, _BLOCK_ROWS)):
        padded = [(*row[:width], *[None] * (width - len(row))) for row in taken]
        columns = tuple(column_of(cells) for cells in zip(*padded, strict=True))
        yield Block(columns, first + np.arange(len(taken), dtype=np.int64))
        first += len(taken)
