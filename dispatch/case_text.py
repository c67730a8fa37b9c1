"""From the bytes of a case file to text and records; what is wrong with them is a `Fault`."""

import csv
import io
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from dispatch.case_faults import Fault, file_fault
from dispatch.text_cells import as_written
from forecasts.file_limits import CELL_CHARACTERS, TABLE_BYTES, TABLE_COLUMNS, TABLE_ROWS
from forecasts.plain_file import TooLarge, read_plain

WORKBOOK_STARTS = (b"PK\x03\x04", b"\xd0\xcf\x11\xe0")  # xlsx (a zip archive), xls
UTF16_STARTS = (b"\xff\xfe", b"\xfe\xff")
WRONG_SEPARATORS = {";": "semicolons", "\t": "tabs", "|": "bars", "，": "full-width commas"}
BREAKS = re.compile(r"[\r\n\t]+")  # in a cell: one line of a spreadsheet would become two of ours
INVISIBLE = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f]")


@dataclass(frozen=True)
class Record:
    """One row as written, `row` counted as a spreadsheet does."""

    row: int
    cells: tuple[str, ...]


def read_text(path: Path, most_bytes: int = TABLE_BYTES) -> str | Fault:
    """Return the text of a UTF-8 file, a byte order mark removed, or what is wrong with it."""
    try:
        content = read_plain(path, most_bytes)
    except TooLarge:
        return file_fault(path.name, "file_too_large", limit_mb=most_bytes // 1_000_000)
    except OSError as error:
        return file_fault(path.name, "file_unreadable", reason=error.strerror)
    if content.startswith(WORKBOOK_STARTS):
        return file_fault(path.name, "is_workbook")
    if content.startswith(UTF16_STARTS) or _is_utf16_without_mark(content):
        return file_fault(path.name, "encoding", encoding="UTF-16 (Excel: Unicode text)")
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        return _encoding_fault(path.name, content, error.start)
    return _control_character_fault(path.name, text) or text


def _is_utf16_without_mark(content: bytes) -> bool:
    """True when about every other byte is zero, as in Latin text written as UTF-16."""
    start = content[:2_000]
    return len(start) >= 8 and max(start[::2].count(0), start[1::2].count(0)) > 0.3 * len(start)


def _encoding_fault(file: str, content: bytes, first_bad: int) -> Fault:
    row = content.count(b"\n", 0, first_bad) + 1
    try:
        is_chinese = any("\u4e00" <= sign <= "\u9fff" for sign in content.decode("gb18030"))
    except UnicodeDecodeError:
        is_chinese = False
    if is_chinese:
        return file_fault(file, "encoding", encoding="GB18030 (Chinese Windows)")
    return file_fault(file, "encoding_unknown", row=row)


def _control_character_fault(file: str, text: str) -> Fault | None:
    """Invisible characters break spreadsheets and reports further on."""
    found = INVISIBLE.search(text)
    if found is None:
        return None
    row = text.count("\n", 0, found.start()) + 1
    return file_fault(file, "control_character", row=row, code=f"{ord(found.group()):02x}")


def read_records(path: Path) -> tuple[Record, ...] | Fault:
    """Return the rows of a CSV file that hold anything, the first being the header."""
    text = read_text(path)
    if isinstance(text, Fault):
        return text
    records: list[Record] = []
    row = 0
    try:
        for row, cells in enumerate(_rows(text), start=1):
            if too_much := _size_fault(path.name, row, cells):
                return too_much
            if row > 1:  # in the first row tabs tell what separates
                cells = [BREAKS.sub(" ", cell) for cell in cells]  # noqa: PLW2901
            stripped = tuple(as_written(cell.strip()) for cell in cells)
            if any(stripped) or row == 1:
                records.append(Record(row, stripped))
    except csv.Error:
        return file_fault(path.name, "quotes", row=row + 1)
    if not records:
        return file_fault(path.name, "file_empty")
    return _separator_fault(path.name, records[0]) or tuple(records)


def _size_fault(file: str, row: int, cells: list[str]) -> Fault | None:
    if row > TABLE_ROWS:
        return file_fault(file, "too_many_rows", limit=TABLE_ROWS)
    if len(cells) > TABLE_COLUMNS:
        return file_fault(file, "too_many_columns", row=row, limit=TABLE_COLUMNS)
    if max(map(len, cells), default=0) > CELL_CHARACTERS:
        return file_fault(file, "cell_too_long", row=row, limit=CELL_CHARACTERS)
    return None


def _rows(text: str) -> Iterator[list[str]]:
    # strict: a stray quote would otherwise swallow the rest of the file without a word
    return csv.reader(io.StringIO(text, newline=""), strict=True)


def _separator_fault(file: str, header: Record) -> Fault | None:
    if len(header.cells) != 1:
        return None
    for sign, name in WRONG_SEPARATORS.items():
        if sign in header.cells[0]:
            return file_fault(file, "separator", row=1, separator=name)
    return None
