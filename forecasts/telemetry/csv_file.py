"""Comma-separated exports: encoding, separator and heading guessed, rows read block by block."""

import codecs
import csv
import errno
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.csv as pa_csv

from forecasts.file_limits import TELEMETRY_BYTES, TELEMETRY_ROWS
from forecasts.plain_file import BoundedStream, TooLarge
from forecasts.telemetry.columns import BadRow, Block, RawTable, text_column
from forecasts.telemetry.faults import TelemetryFault, TelemetryFaults
from forecasts.telemetry.heading import LOOKED_AT, Heading, find_heading

_SEPARATORS = (",", ";", "\t", "|", "，")
_BLOCK_BYTES = 32 * 2**20
_SAMPLE_BYTES = 4 * 2**20
_BOMS = {codecs.BOM_UTF8: "utf-8-sig", codecs.BOM_UTF16_LE: "utf-16", codecs.BOM_UTF16_BE: "utf-16"}


@dataclass(frozen=True)
class _Form:
    encoding: str
    separator: str
    heading: Heading
    width: int  # columns of the widest of heading and first row: some exports end rows in a comma


def read_csv(path: Path, encoding: str, is_time: Callable[[str], bool]) -> RawTable:
    """Return a CSV file (.gz too); raises TelemetryFaults where its form is not understood.

    UTF-8 with or without a mark, UTF-16 with one, else GB18030, unless `encoding` is given.
    """
    sample = _sample(path)
    if not sample.strip():
        raise TelemetryFaults([TelemetryFault(path.name, "is empty. Export it again.")])
    form = _form(path, sample, encoding, is_time)
    bad: list[BadRow] = []
    return RawTable(
        name=path.name,
        stem=path.name.removesuffix(".gz").rsplit(".", 1)[0],
        sheet="",
        headings=(*form.heading.names, *[""] * (form.width - len(form.heading.names))),
        heading_row=form.heading.row + 1,
        blocks=_blocks(path, form, bad),
        bad_rows=bad,
        decimal_comma=form.separator == ";",
    )


def _sample(path: Path) -> bytes:
    try:
        with BoundedStream(path, TELEMETRY_BYTES) as file:
            return file.read(_SAMPLE_BYTES)
    except (OSError, EOFError, zlib.error) as error:
        fault = TelemetryFault(path.name, f"cannot be opened: {error}. Copy it again.")
        raise TelemetryFaults([fault]) from error


def _form(path: Path, sample: bytes, said: str, is_time: Callable[[str], bool]) -> _Form:
    encoding = said or _encoding(sample)
    try:
        text = codecs.getincrementaldecoder(encoding)().decode(sample)
    except (UnicodeDecodeError, LookupError) as error:
        text_ = f"is not in {encoding}: {error}. Save it as UTF-8, or write its encoding."
        raise TelemetryFaults([TelemetryFault(path.name, text_)]) from error
    lines = text.splitlines()[: LOOKED_AT + 5]
    forms = [form for mark in _SEPARATORS if (form := _form_with(encoding, mark, lines, is_time))]
    if not forms:
        first = lines[0][:80] if lines else ""
        text_ = (
            f"no heading is that of a time; the file begins with {first!r}. Name the column:"
            " time under [columns] of telemetry.toml."
        )
        raise TelemetryFaults([TelemetryFault(path.name, text_, row=1)])
    return max(forms, key=lambda form: sum(1 for name in form.heading.names if name))


def _encoding(sample: bytes) -> str:
    for mark, name in _BOMS.items():
        if sample.startswith(mark):
            return name
    try:
        codecs.getincrementaldecoder("utf-8")().decode(sample)  # may end inside a character
    except UnicodeDecodeError:
        return "gb18030"
    return "utf-8"


def _form_with(
    encoding: str, separator: str, lines: list[str], is_time: Callable[[str], bool]
) -> _Form | None:
    rows = []
    for line in lines:  # line by line: a lone quote in a title does not swallow the heading
        cells = next(csv.reader([line], delimiter=separator), [])
        rows.append([cell.strip() for cell in cells])
    heading = find_heading(rows, is_time)
    if heading is None:
        return None
    following = [len(row) for row in rows[heading.first_data_row : heading.first_data_row + 3]]
    return _Form(encoding, separator, heading, max(len(heading.names), *following, 1))


def _blocks(path: Path, form: _Form, bad: list[BadRow]) -> Iterator[Block]:
    """Yield the rows; a file that turns out not to be UTF-8 after its sample is told so."""
    names = [str(k) for k in range(form.width)]
    first_row = form.heading.first_data_row + 1

    def put_aside(row: Any) -> str:
        bad.append(BadRow(row.number, row.text[:80]))
        return "skip"

    convert = pa_csv.ConvertOptions(
        column_types={name: pa.dictionary(pa.int32(), pa.string()) for name in names},
        null_values=[],
    )
    # One thread, so that rows of a wrong length come with their number.
    reading = pa_csv.ReadOptions(
        use_threads=False,
        block_size=_BLOCK_BYTES,
        skip_rows=form.heading.first_data_row,
        column_names=names,
        encoding="utf8" if form.encoding in ("utf-8", "utf-8-sig") else form.encoding,
    )
    parsing = pa_csv.ParseOptions(
        delimiter=form.separator, ignore_empty_lines=False, invalid_row_handler=put_aside
    )
    done = 0
    try:
        with BoundedStream(path, TELEMETRY_BYTES) as file:
            for batch in pa_csv.open_csv(file, reading, parsing, convert):
                rows = first_row + done + np.arange(batch.num_rows, dtype=np.int64)
                rows = _past_bad_rows(rows, bad)
                done += batch.num_rows
                if done > TELEMETRY_ROWS:
                    raise TooLarge(errno.EFBIG, f"it has more than {TELEMETRY_ROWS} rows")
                yield Block(tuple(text_column(array) for array in batch.columns), rows)
    except TooLarge as error:
        text = f"is not read further than row {first_row + done - 1}: {error.strerror}. Split it."
        raise TelemetryFaults([TelemetryFault(path.name, text)]) from error
    except (pa.ArrowException, OSError, EOFError, UnicodeError, zlib.error) as error:
        text = f"cannot be read after row {first_row + done - 1}: {error}. Save it as UTF-8."
        raise TelemetryFaults([TelemetryFault(path.name, text)]) from error


def _past_bad_rows(rows: np.ndarray[Any, Any], bad: list[BadRow]) -> np.ndarray[Any, Any]:
    """Return the numbers of rows in the file, which has the rows of a wrong length as well."""
    for one in bad:  # in the order of the file
        rows = np.where(rows >= one.row, rows + 1, rows)
    return rows
