"""Parquet files, read in batches of rows."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pa_parquet

from forecasts.file_limits import (
    ROW_GROUP_BYTES,
    TELEMETRY_BYTES,
    TELEMETRY_COLUMNS,
    TELEMETRY_ROWS,
)
from forecasts.telemetry.columns import Block, Column, RawTable, column_of, numbers, text_column
from forecasts.telemetry.faults import TelemetryFault, TelemetryFaults

_BATCH_ROWS = 1_000_000


def read_parquet(path: Path) -> RawTable:
    """Return a Parquet file; raises TelemetryFaults if it is none."""
    try:
        file = pa_parquet.ParquetFile(path)
    except (pa.ArrowException, OSError) as error:
        text = f"is no Parquet file that can be opened ({error}). Write it again."
        raise TelemetryFaults([TelemetryFault(path.name, text)]) from error
    if too_much := _too_much(file.metadata):
        text = f"has {too_much}. Split it, or write it with smaller row groups."
        raise TelemetryFaults([TelemetryFault(path.name, text)])
    names = tuple(file.schema_arrow.names)
    rows = max(1, min(_BATCH_ROWS, 20_000_000 // max(len(names), 1)))
    return RawTable(path.name, path.stem, "", names, 0, _blocks(path, file, rows))


def _too_much(said: Any) -> str:
    """Return which limit the directory of a file is beyond, in words; "" if none."""
    groups = [said.row_group(k).total_byte_size for k in range(said.num_row_groups)]
    if said.num_columns > TELEMETRY_COLUMNS:
        return f"more than {TELEMETRY_COLUMNS} columns"
    if said.num_rows > TELEMETRY_ROWS:
        return f"more than {TELEMETRY_ROWS} rows"
    if max(groups, default=0) > ROW_GROUP_BYTES or sum(groups) > TELEMETRY_BYTES:
        return f"{sum(groups)} bytes unpacked"
    return ""


def _blocks(path: Path, file: Any, batch_rows: int) -> Iterator[Block]:
    done = 0
    try:
        for batch in file.iter_batches(batch_size=batch_rows):
            columns = tuple(_column(array) for array in batch.columns)
            # The first row is 1: there is no line of headings in such a file.
            yield Block(columns, 1 + done + np.arange(batch.num_rows, dtype=np.int64))
            done += batch.num_rows
    except (pa.ArrowException, OSError) as error:
        text = f"cannot be read after row {done}: {error}. Write it again."
        raise TelemetryFaults([TelemetryFault(path.name, text)]) from error


def _column(array: Any) -> Column:
    kind = array.type
    if pa.types.is_timestamp(kind):
        ns = array.cast(pa.timestamp("ns", kind.tz)).cast(pa.int64())
        plain = ns.fill_null(np.iinfo(np.int64).min).to_numpy().view("datetime64[ns]")
        found = numbers(plain)
        return Column(found.cells, found.codes, in_utc=kind.tz is not None)
    if pa.types.is_floating(kind) or pa.types.is_integer(kind) or pa.types.is_decimal(kind):
        return numbers(array.cast(pa.float64(), safe=False).to_numpy(zero_copy_only=False))
    if pa.types.is_string(kind) or pa.types.is_large_string(kind):
        array, kind = array.dictionary_encode(), pa.dictionary(pa.int32(), pa.string())
    if pa.types.is_dictionary(kind):
        return text_column(array)
    return column_of(array.to_pylist())
