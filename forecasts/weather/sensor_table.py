"""The file of an outdoor sensor: its columns under whatever name, its times, its numbers. Pure.

A logger's file is never perfect: rows that say nothing are counted, not refused. Only a file of
which most cannot be understood is, since then the reader and not the sensor is wrong.
"""

import csv
import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import numpy as np

from forecasts.local_times import both_passes, in_sequence, newest_first, written_time
from forecasts.weather.solar import Floats, Times
from forecasts.weather.tables import TableFault

# As loggers, SCADA exports and the point names of H§12 have them; compared without case, units in
# brackets, and the path of a tag before its last dot.
TIME_NAMES = frozenset(
    ("time", "datetime", "date_time", "timestamp", "时间", "日期时间", "采集时间", "记录时间")
)
DATE_NAMES = frozenset(("date", "日期"))
TEMPERATURE_NAMES = frozenset(
    (
        *("temp_c", "out_t", "outdoor_temp_c", "outdoor_temperature", "air_temperature"),
        *("室外温度", "室外气温", "户外温度", "环境温度", "气温"),
    )
)
_BRACKETS = re.compile(r"[(（\[【].*?[)）\]】]")
_TAG_SUFFIX = re.compile(r"\.(pv|st|val|value)$")
_SEPARATORS = (",", ";", "\t", "，", "|")
_NOTHING = frozenset(
    ("", "-", "--", "---", "nan", "null", "none", "n/a", "na", "bad", "坏值", "无")
)
_WORKBOOKS = ("PK\x03\x04", "\xd0\xcf\x11\xe0")


@dataclass(frozen=True)
class SensorRows:
    """Readings in the order of the file (turned round if it has the newest first)."""

    times: Times
    temps_c: Floats
    empty: int  # rows without a value
    unreadable: int  # rows whose time or value is not understood
    first_unreadable: str  # where and what, "" for none


@dataclass(frozen=True)
class _Columns:
    date: int | None
    time: int
    temperature: int


def parse_sensor_csv(
    text: str, zone: ZoneInfo, time_column: str = "", temperature_column: str = ""
) -> SensorRows:
    """Return the readings of a sensor's CSV; times without an offset are local time of `zone`.

    The columns are found by their usual names unless they are named. Raises TableFault where there
    is no such column, no row, or where most rows cannot be read.
    """
    lines = text.splitlines()
    header_line = lines[0].lstrip("\ufeff") if lines else ""
    separator = max(_SEPARATORS, key=header_line.count)
    header = [cell.strip() for cell in next(csv.reader([header_line], delimiter=separator), [])]
    columns = _columns(header, time_column, temperature_column)
    readings = _readings(csv.reader(lines[1:], delimiter=separator), columns)
    faults: Counter[str] = Counter()
    times: list[datetime] = []
    temps: list[float] = []
    first = ""
    for number, when, value, said in readings:
        if when is None or value is None:
            faults["empty" if said == "" else "unreadable"] += 1
            first = first or (f"row {number}: {said!r}" if said else "")
        else:
            times.append(when)
            temps.append(value)
    if faults["unreadable"] > len(times):
        raise TableFault(
            f"{first} is not understood, nor are {faults['unreadable'] - 1} other rows"
        )
    if not times and not faults:
        raise TableFault("row 2: no rows after the header")
    in_utc = _in_utc(times, zone)
    order = slice(None, None, -1) if newest_first(in_utc) else slice(None)
    return SensorRows(
        in_utc[order], np.array(temps)[order], faults["empty"], faults["unreadable"], first
    )


def _columns(header: Sequence[str], time_column: str, temperature_column: str) -> _Columns:
    time = _column(header, time_column, TIME_NAMES, "time")
    dates = [k for k, name in enumerate(header) if _plain(name) in DATE_NAMES and k != time]
    temperature = _column(header, temperature_column, TEMPERATURE_NAMES, "temp_c")
    return _Columns(dates[0] if dates else None, time, temperature)


def _column(header: Sequence[str], named: str, usual: frozenset[str], ours: str) -> int:
    """Return which column it is; raises TableFault naming what there is to choose from."""
    found = [
        k for k, name in enumerate(header) if (name == named if named else _plain(name) in usual)
    ]
    if len(found) == 1:
        return found[0]
    there = ", ".join(header[k] for k in found) or ", ".join(header)[:200]
    problem = "several columns fit" if found else f"column {named or ours} is missing"
    raise TableFault(f"row 1: {problem} ({there}). Name the column in case.toml")


def _plain(name: str) -> str:
    """Return a column name as it is compared: `ZZ.A03.out_t.PV (℃)` is `out_t`."""
    plain = _BRACKETS.sub("", name).strip().casefold()
    return _TAG_SUFFIX.sub("", plain).rsplit(".", 1)[-1].rstrip("℃ ")


def _readings(
    rows: Iterator[list[str]], columns: _Columns
) -> Iterator[tuple[int, datetime | None, float | None, str]]:
    """Yield row number, time, value; with one missing, what was not understood ("" if empty)."""
    needed = max(columns.time, columns.temperature, columns.date or 0)
    for number, cells in enumerate(rows, start=2):
        if not any(cells):
            continue
        if len(cells) <= needed:
            yield number, None, None, ",".join(cells)
            continue
        said_time, said = cells[columns.time].strip(), cells[columns.temperature].strip()
        if columns.date is not None:
            said_time = f"{cells[columns.date].strip()} {said_time}"
        when = written_time(said_time)
        if when is None:
            yield number, None, None, said_time or " "
        elif said.casefold() in _NOTHING:
            yield number, when, None, ""
        else:
            value = _number(said)
            yield number, when, value, "" if value is not None else said


def _number(said: str) -> float | None:
    try:
        value = float(said.rstrip("℃°C"))
    except ValueError:
        return None
    return value if np.isfinite(value) else None


def _in_utc(times: Sequence[datetime], zone: ZoneInfo) -> Times:
    local = np.array([it.tzinfo is None for it in times], dtype=bool)
    plain = [it if it.tzinfo is None else it.astimezone(UTC).replace(tzinfo=None) for it in times]
    return in_sequence(*both_passes(np.array(plain, dtype="datetime64[us]"), local, zone))
