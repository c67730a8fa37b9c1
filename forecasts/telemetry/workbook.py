"""Excel workbooks (.xlsx, .xlsm): every sheet with a heading, read row by row."""

import zlib
from collections.abc import Callable, Iterator
from itertools import islice
from pathlib import Path
from typing import Any
from xml.etree.ElementTree import ParseError
from zipfile import BadZipFile, ZipFile, ZipInfo

import numpy as np
from openpyxl import load_workbook

from forecasts.file_limits import (
    RATIO_MATTERS_BYTES,
    UNPACKING_RATIO,
    WORKBOOK_BYTES,
    WORKBOOK_PARTS,
    WORKBOOK_SHEETS,
    WORKBOOK_TEXTS_BYTES,
)
from forecasts.plain_file import open_plain
from forecasts.telemetry.columns import Block, RawTable, column_of
from forecasts.telemetry.faults import TelemetryFault, TelemetryFaults
from forecasts.telemetry.heading import LOOKED_AT, Heading, find_heading

_BLOCK_ROWS = 50_000
# What openpyxl is seen to raise on damaged files, when it opens them and row by row.
UNREADABLE = (
    *(BadZipFile, OSError, EOFError, KeyError, ValueError, TypeError, IndexError, AttributeError),
    *(ParseError, zlib.error, NotImplementedError, RuntimeError, OverflowError),
)


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
        rows = islice(_rows_of(path, worksheet), LOOKED_AT + 5)
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
        with open_plain(path) as stream, ZipFile(stream) as archive:
            too_much = _too_much(archive.infolist())
        if not too_much:
            return load_workbook(path, read_only=True, data_only=True)
    except UNREADABLE as error:
        text = f"is no workbook that can be opened ({error}). Save it as .xlsx again."
        raise TelemetryFaults([TelemetryFault(path.name, text)]) from error
    text = f"{too_much}. It is not opened. Save the sheets as CSV, or put fewer into it."
    raise TelemetryFaults([TelemetryFault(path.name, text)])


def _too_much(parts: list[ZipInfo]) -> str:
    """Return why an archive is not unpacked, in words; "" if nothing speaks against it.

    Judged by its directory: what unpacks to more than that says is an error when it is read.
    """
    unpacked = sum(part.file_size for part in parts)
    packed = max(1, sum(part.compress_size for part in parts))
    texts = max((p.file_size for p in parts if p.filename.endswith("sharedStrings.xml")), default=0)
    if len(parts) > WORKBOOK_PARTS:
        return f"holds {len(parts)} parts"
    if unpacked > WORKBOOK_BYTES or texts > WORKBOOK_TEXTS_BYTES:
        return f"unpacks to {unpacked} bytes"
    if unpacked > RATIO_MATTERS_BYTES and unpacked / packed > UNPACKING_RATIO:
        return f"unpacks to {unpacked / packed:.0f} times its size"
    sheets = sum(part.filename.startswith("xl/worksheets/") for part in parts)
    return f"holds {sheets} sheets" if sheets > WORKBOOK_SHEETS else ""


def _text(cell: object) -> str:
    return "" if cell is None else str(cell).strip()


def _table(path: Path, name: str, sheet: str, worksheet: Any, heading: Heading) -> RawTable:
    return RawTable(
        name=name,
        stem=path.stem,
        sheet=sheet,
        headings=heading.names,
        heading_row=heading.row + 1,
        blocks=_blocks(path, worksheet, heading),
    )


def _rows_of(path: Path, worksheet: Any) -> Iterator[tuple[Any, ...]]:
    """Yield the rows of a sheet; a sheet that breaks off is told as such."""
    try:
        yield from worksheet.iter_rows(values_only=True)
    except UNREADABLE as error:
        text = f"sheet {worksheet.title!r} is damaged ({error}). Save it as .xlsx again."
        raise TelemetryFaults([TelemetryFault(path.name, text)]) from error


def _blocks(path: Path, worksheet: Any, heading: Heading) -> Iterator[Block]:
    rows = islice(_rows_of(path, worksheet), heading.first_data_row, None)
    width = len(heading.names)
    first = heading.first_data_row + 1
    while taken := list(islice(rows, _BLOCK_ROWS)):
        padded = [(*row[:width], *[None] * (width - len(row))) for row in taken]
        columns = tuple(column_of(cells) for cells in zip(*padded, strict=True))
        yield Block(columns, first + np.arange(len(taken), dtype=np.int64))
        first += len(taken)
