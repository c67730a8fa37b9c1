"""Cells as times, numbers and qualities: each distinct one understood once."""

import re
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np
import numpy.typing as npt
import pandas as pd

from forecasts.local_times import Times, both_passes, written_time
from forecasts.telemetry.columns import Cells, Column, column_of, each_once, texts
from forecasts.telemetry.units import is_unit

Floats = npt.NDArray[np.float64]
Flags = npt.NDArray[np.bool_]

_NOTHING = frozenset(
    (
        *(
            "-",
            "--",
            "---",
            "----",
            "/",
            "\\",
            "?",
            "??",
            "***",
            "nan",
            "null",
            "none",
            "nil",
            "n/a",
        ),
        *("na", "#n/a", "#value!", "#ref!", "#div/0!", "#num!", "bad", "bad input", "no data"),
        *("offline", "坏值", "坏点", "无", "无数据", "离线", "断线", "通讯中断", "通讯故障"),
    )
)
GOOD_QUALITY = frozenset(
    (
        *("0", "00", "0x0", "0x00", "0xc0", "good", "ok", "valid", "normal", "true", "online"),
        *("正常", "良好", "好", "优", "有效", "在线", "通讯正常"),
    )
)
_OPC_GOOD = range(192, 256)  # OPC DA: the two upper bits set
_EXCEL_DAY_0 = datetime(1899, 12, 30)  # noqa: DTZ001 - serial numbers are of local days
_WIDE = str.maketrans("０１２３４５６７８９．，－＋：　−–—", "0123456789.,-+: ---")
_UNIT_BEHIND = re.compile(r"[a-zA-Z℃°%³²/\u4e00-\u9fff]+$")
_COMMA_DECIMAL = re.compile(r"[-+]?(\d{1,3}(\.\d{3})+|\d+),\d+")
_THOUSANDS = re.compile(r"[-+]?\d{1,3}(,\d{3})+(\.\d+)?")
_COMPACT = {8: "%Y%m%d", 12: "%Y%m%d%H%M", 14: "%Y%m%d%H%M%S"}


@dataclass(frozen=True)
class ReadTimes:
    """Times in UTC by row, read as first and as second pass of a clock put back; NaT if none."""

    first: Times
    second: Times


@dataclass(frozen=True)
class ReadNumbers:
    """Numbers by row, NaN if none, and which rows say that there is none."""

    values: Floats
    empty: Flags


def read_times(column: Column, zone: ZoneInfo) -> ReadTimes:
    """Return times of a column; those without an offset are local time of `zone`."""
    if column.cells.dtype.kind == "M":
        plain = column.cells.astype("datetime64[ns]")
        local = np.full(len(plain), not column.in_utc)
    else:
        column = each_once(column)
        plain, local = _understood(column.cells)
    first, second = both_passes(
        np.append(plain, np.datetime64("NaT", "ns")), np.append(local, True), zone
    )
    return ReadTimes(first[column.codes], second[column.codes])


def joined(dates: Column, times: Column) -> Column:
    """Return one column of a column of days and one of hours; a whole time is taken as it is."""
    width = len(times.cells) + 1
    distinct, codes = np.unique((dates.codes + 1) * width + times.codes + 1, return_inverse=True)
    days, hours = [None, *dates.cells.tolist()], [None, *times.cells.tolist()]
    cells = [_day_and_hour(days[pair // width], hours[pair % width]) for pair in distinct.tolist()]
    merged = column_of(cells)
    return Column(merged.cells, merged.codes[codes])


def read_numbers(column: Column, decimal_comma: bool = False) -> ReadNumbers:
    """Return numbers of a column; words for "nothing" count as empty cells."""
    if column.cells.dtype.kind == "f":
        values = np.append(column.cells, np.nan)[column.codes]
        return ReadNumbers(values, np.isnan(values))
    cells = column.cells
    found = pd.to_numeric(pd.Series(cells, dtype=object), errors="coerce").to_numpy(
        float, copy=True
    )
    found[~np.isfinite(found)] = np.nan
    empty = np.zeros(len(cells) + 1, dtype=bool)
    empty[-1] = True
    for k in np.flatnonzero(np.isnan(found)):
        said = str(cells[k]).translate(_WIDE).strip().casefold()
        if said in _NOTHING:
            empty[k] = True
        else:
            found[k] = _number(cells[k], decimal_comma)
    return ReadNumbers(np.append(found, np.nan)[column.codes], empty[column.codes])


def is_good(column: Column, good: frozenset[str] | None = None) -> Flags:
    """Return which rows are of good quality; no code is a good one.

    `good` takes the place of the usual codes (0, 192 to 255 of OPC DA, good, ok, 正常 …).
    """
    column = each_once(column)
    flags = np.ones(len(column.cells) + 1, dtype=bool)
    for k, text in enumerate(texts(column)):
        said = text.strip().casefold()
        if good is not None:
            flags[k] = not said or said in good
        else:
            opc = said.isascii() and said.isdigit() and int(said) in _OPC_GOOD
            flags[k] = not said or said in GOOD_QUALITY or opc
    return flags[column.codes]


def _understood(cells: Cells) -> tuple[Times, Flags]:
    """Return wall times of distinct cells, and which are local; NaT for what is no time."""
    fast = _plain_iso(cells)
    if fast is not None:
        return fast, np.ones(len(cells), dtype=bool)
    times = np.full(len(cells), np.datetime64("NaT", "us"))
    local = np.ones(len(cells), dtype=bool)
    for k, cell in enumerate(cells.tolist()):
        found = _moment(cell)
        if found is None or not 1900 < found.year < 2200:
            continue
        local[k] = found.tzinfo is None
        times[k] = found if found.tzinfo is None else found.astimezone(UTC).replace(tzinfo=None)
    return times.astype("datetime64[ns]"), local


def _plain_iso(cells: Cells) -> Times | None:
    """Return times that are all like `2026-01-15 08:00[:00]`, at the speed of numpy; else None."""
    said = cells.tolist()
    if len(said) < 1000 or not all(isinstance(it, str) and 16 <= len(it) <= 19 for it in said):
        return None
    try:
        return np.array(said, dtype="datetime64[s]").astype("datetime64[ns]")
    except ValueError:
        return None


def _moment(cell: Any) -> datetime | None:
    """Return the time that a cell means, aware if it says its offset or counts seconds of UTC."""
    if isinstance(cell, datetime):  # of pandas as well
        return None if pd.isna(cell) else cell
    if isinstance(cell, date):
        return datetime(cell.year, cell.month, cell.day)  # noqa: DTZ001 - local, see above
    if isinstance(cell, int | float | Decimal) and not isinstance(cell, bool):
        return _counted(float(cell))
    if not isinstance(cell, str):
        return None
    said = cell.translate(_WIDE).strip()
    if re.fullmatch(r"\d+(\.\d+)?", said):
        return _counted(float(said), said)
    return written_time(said.rstrip("Z") + "+00:00" if said.endswith("Z") else said)


def _counted(value: float, said: str = "") -> datetime | None:
    """Return the time of a number: a day of a spreadsheet, seconds or milliseconds since 1970."""
    digits = said or (f"{value:.0f}" if value.is_integer() else "")
    if len(digits) in _COMPACT and digits.startswith(("19", "20", "21")):
        try:
            return datetime.strptime(digits, _COMPACT[len(digits)])  # noqa: DTZ007 - local
        except ValueError:
            return None
    if 20_000 <= value < 80_000:
        return _EXCEL_DAY_0 + timedelta(seconds=round(value * 86_400))
    for unit_s in (1.0, 1e-3, 1e-6, 1e-9):
        if 5e8 <= value * unit_s < 5e9:
            return datetime.fromtimestamp(value * unit_s, UTC)
    return None


def _day_and_hour(day: object, hour: object) -> object:
    """Return the cell of one time, from the cells of its day and its hour."""
    if day is None or hour is None:
        return None
    if not isinstance(hour, time | int | float | timedelta):
        whole = _moment(hour)
        if whole is not None:
            return hour
    midnight = _moment(day)
    return f"{day} {hour}" if midnight is None else _at_hour(midnight, hour)


def _at_hour(midnight: datetime, hour: object) -> object:
    if isinstance(hour, time):
        return datetime.combine(midnight.date(), hour)
    if isinstance(hour, timedelta):
        return midnight + hour
    if isinstance(hour, int | float):  # 0.5 is noon in a spreadsheet, 13 an hour of the day
        fraction = float(hour) if hour < 1 else float(hour) / 24
        return midnight + timedelta(seconds=round(fraction * 86_400))
    said = str(hour).strip()
    return f"{midnight:%Y-%m-%d} {said}:00" if said.isdigit() else f"{midnight:%Y-%m-%d} {said}"


def _number(cell: object, decimal_comma: bool) -> float:
    """Return the number that a cell means though it is not written as one, NaN if none."""
    if isinstance(cell, Decimal):
        return float(cell)
    if not isinstance(cell, str):
        return float("nan")
    said = cell.translate(_WIDE).strip()
    behind = _UNIT_BEHIND.search(said)  # `45.3℃`: the unit of the column, said once more
    if behind and is_unit(behind[0]):
        said = said[: behind.start()].strip()
    if decimal_comma and _COMMA_DECIMAL.fullmatch(said):
        said = said.replace(".", "").replace(",", ".")
    elif _THOUSANDS.fullmatch(said):
        said = said.replace(",", "")
    try:
        value = float(said.replace("_", "?"))
    except ValueError:
        return float("nan")
    return value if np.isfinite(value) else float("nan")
