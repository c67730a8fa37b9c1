"""Cells of a large plain table, a column at a time: texts to moments and numbers. Pure.

A fault of many rows is told once, by its first rows and how many more, so that it does not hide
the others. Rows count as in the file, the header is row 1.
"""

import csv
import gzip
import io
import zlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from forecasts.demand.load.record import (
    HUMIDITY,
    RADIATION,
    TEMPERATURE,
    WIND,
    Floats,
    Ints,
    Times,
)
from forecasts.file_limits import DATASET_BYTES
from forecasts.weather.tables import MAX_TOLD, header_faults

WEATHER_COLUMNS = {
    TEMPERATURE: "outdoor_temp_c",
    WIND: "wind_speed_m_s",
    RADIATION: "shortwave_w_m2",
    HUMIDITY: "relative_humidity_pct",
}
ROWS_TOLD = 3  # of one kind of fault
MOMENT = r"^(\d{4}-\d\d-\d\d[T ]\d\d:\d\d(?::\d\d(?:\.\d{1,9})?)?)(Z|[+-]\d\d(?::?\d\d)?)?$"
NOTHING = ("", "-", "--", "nan", "na", "n/a", "null", "none")
LIKE = "2026-01-15T08:00+08:00"

Bools = NDArray[np.bool_]


class DatasetFaults(ValueError):
    """A dataset cannot be read; the message tells all faults, one a line."""

    def __init__(self, faults: Sequence[str]) -> None:
        more = len(faults) - MAX_TOLD
        told = [*faults[:MAX_TOLD], *([f"and {more} more faults"] if more > 0 else [])]
        super().__init__("\n".join(told))
        self.faults = tuple(faults)


@dataclass(frozen=True)
class TextTable:
    """Cells as texts, by column."""

    file: str
    rows: Ints  # numbers in the file
    columns: Mapping[str, pd.Series]
    ignored: tuple[str, ...]

    def told(self, where: Bools, column: str, what: str, cure: str) -> list[str]:
        """One fault of rows that have it: none, or a text. `{}` in `what` is the cell."""
        found = np.flatnonzero(where)
        texts = [
            f"{self.file}, row {self.rows[k]}, {column}: {what.format(repr(self._cell(column, k)))}"
            for k in found[:ROWS_TOLD]
        ]
        if texts:
            more = found.size - len(texts)
            texts[-1] += f" (and in {more} more rows)" if more > 0 else ""
            texts[-1] += f". {cure}"
        return texts

    def _cell(self, column: str, k: int) -> str:
        return str(self.columns[column].iloc[k])[:60] if column in self.columns else ""


def text_table(
    file: str, content: bytes, required: Sequence[str], optional: Sequence[str], faults: list[str]
) -> TextTable | None:
    """Return the cells of a CSV (of a .gz too); faults are put to `faults`, None if there is none.

    Rows of a wrong length are faults; rows without any cell are passed over.
    """
    text = _text(file, content, faults)
    if text is None:
        return None
    lines = text.splitlines()
    header = [cell.strip() for cell in next(csv.reader(lines[:1]), [])]
    wrong = header_faults(header, required, (*required, *optional))
    if wrong:
        faults.extend(f"{file}, {fault}" for fault in wrong)
        return None
    table = TextTable(file, np.arange(2, len(lines) + 1), {}, ())
    cells = _cells_per_line(lines[1:])
    blank = np.array([not line.strip(", \t") for line in lines[1:]], dtype=bool)
    short = (cells != len(header)) & ~blank
    faults.extend(
        f"{file}, row {k + 2}: {cells[k]} cells, the header has {len(header)}"
        for k in np.flatnonzero(short)[:ROWS_TOLD]
    )
    if short.any():
        return None
    if blank.all():
        faults.append(f"{file}, row 2: no rows after the header")
        return None
    kept = [line for line, empty in zip(lines[1:], blank, strict=True) if not empty]
    known = {k: name for k, name in enumerate(header) if name in (*required, *optional)}
    frame = pd.read_csv(
        io.StringIO("\n".join(kept)),
        header=None,
        usecols=list(known),
        dtype=str,
        na_filter=False,
        skipinitialspace=True,
    )
    columns = {name: frame[k].str.strip() for k, name in known.items()}
    ignored = tuple(name for name in header if name not in known.values() and name)
    return TextTable(file, table.rows[~blank], columns, ignored)


def _text(file: str, content: bytes, faults: list[str]) -> str | None:
    try:
        plain = content
        if content[:2] == b"\x1f\x8b":
            with gzip.open(io.BytesIO(content)) as packed:
                plain = packed.read(DATASET_BYTES + 1)
        if len(plain) > DATASET_BYTES:
            faults.append(f"{file}: more than {DATASET_BYTES} bytes. Keep fewer years")
            return None
        return plain.decode("utf-8-sig").replace("\0", "")
    except UnicodeDecodeError:
        faults.append(f"{file}: is not UTF-8 text. Save it as CSV UTF-8")
    except (OSError, EOFError, zlib.error) as error:
        faults.append(f"{file}: cannot be unpacked ({error}). Pack it again, or leave it unpacked")
    return None


def _cells_per_line(lines: Sequence[str]) -> Ints:
    if any('"' in line for line in lines):
        return np.array([len(next(csv.reader([line]), [])) for line in lines], dtype=np.int64)
    return np.array([line.count(",") + 1 for line in lines], dtype=np.int64)


def moments(table: TextTable, column: str, faults: list[str]) -> tuple[Times, Ints]:
    """Return a column as UTC moments and their offsets in minutes; NaT where it is a fault."""
    codes, different = pd.factorize(table.columns[column])
    plain = pd.Series(different, dtype="str").str.replace("/", "-", regex=False)
    parts = plain.str.extract(MOMENT)
    there, offset = parts[0].notna().to_numpy(), parts[1].notna().to_numpy()
    found = pd.to_datetime(plain.where(there & offset), format="ISO8601", utc=True, errors="coerce")
    stamps = found.dt.tz_localize(None).to_numpy().astype("datetime64[ns]")
    minutes = _offset_minutes(parts[1])
    bad, naked = np.isnat(stamps) & ~(there & ~offset), there & ~offset
    cure = f"Write it like {LIKE}"
    faults.extend(table.told(bad[codes], column, "{} is no moment", cure))
    named = f"Say which clock it is: {LIKE}, or a Z at the end for UTC"
    faults.extend(table.told(naked[codes], column, "{} has no offset from UTC", named))
    return stamps[codes], minutes[codes]


def _offset_minutes(offsets: pd.Series) -> Ints:
    digits = offsets.fillna("Z").str.replace(":", "", regex=False).replace("Z", "+0000")
    digits = digits.str.pad(5, side="right", fillchar="0")
    sign = np.where(digits.str[0] == "-", -1, 1)
    hours, minutes = (digits.str[cut].astype(int).to_numpy() for cut in (slice(1, 3), slice(3, 5)))
    return np.asarray(sign * (60 * hours + minutes), dtype=np.int64)


def numbers(table: TextTable, column: str, faults: list[str]) -> Floats:
    """Return a column as numbers; NaN where a cell is empty, or a word for that, or a fault."""
    texts = table.columns[column]
    empty = texts.str.lower().isin(NOTHING)
    found = pd.to_numeric(texts.where(~empty), errors="coerce").to_numpy(dtype=np.float64)
    bad = ~np.isfinite(found) & ~empty.to_numpy()
    cure = "Write a plain number with a dot for decimals, or leave the cell empty"
    faults.extend(table.told(bad, column, "{} is not a number", cure))
    return np.where(np.isfinite(found), found, np.nan)
