"""Measured weather of past years: CSV tables and EPW files to hourly series with gaps (nan).

A CSV file has columns `time,temp_c[,wind_m_per_s,radiation_w_per_m2,humidity_pct]`, hourly or
finer, the rows in any order; what falls into an hour is averaged. The disk is read here only.
"""

import gzip
import zlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import tzinfo
from pathlib import Path

import numpy as np

from forecasts.file_limits import PAST_BYTES
from forecasts.plain_file import open_plain
from forecasts.weather.csv_table import COLUMNS
from forecasts.weather.epw import TypicalYear, on_dates, parse_epw
from forecasts.weather.limits import LIMITS
from forecasts.weather.run import iso64, utc64
from forecasts.weather.solar import HOUR, Floats, Times
from forecasts.weather.tables import Row, TableFault, moment, number, read_table

MAX_FAULTS = 20  # told of one file; more are counted
TEMPERATURE = "air_temperature"
_EPW_YEAR = 2001  # any common year: a typical year has no date


@dataclass(frozen=True)
class PastHours:
    """Hourly values from the first hour known to the last, start-labelled UTC; nan is a gap."""

    file: str
    starts: Times
    values: dict[str, Floats]  # air_temperature always; units of forecasts.series
    typical: bool  # months picked from several years: says nothing about how winters differ
    latitude: float | None = None
    longitude: float | None = None
    ignored_columns: tuple[str, ...] = ()

    @property
    def hours_known(self) -> int:
        """Hours with a temperature."""
        return int(np.isfinite(self.values[TEMPERATURE]).sum())

    @property
    def hours_missing(self) -> int:
        """Hours without one, between the first and the last."""
        return self.starts.size - self.hours_known


class PastFault(ValueError):
    """Files of past years cannot be used; `faults` says file, row, column, what and the cure."""

    def __init__(self, faults: tuple[str, ...]) -> None:
        super().__init__("\n".join(faults))
        self.faults = faults


def read_past(paths: Sequence[Path], zone: tzinfo) -> tuple[PastHours, ...]:
    """Return the series of all files; times without an offset are local times of `zone`.

    A name that ends in .epw (or .epw.gz) is a typical year. Raises PastFault with the faults of
    all files.
    """
    found, faults = [], []
    for path in paths:
        try:
            text = _text_of(path)
            if ".epw" in path.suffixes:
                found.append(_typical(path.name, parse_epw(text)))
            else:
                found.append(parse_past_csv(text, zone, path.name))
        except TableFault as fault:
            faults.append(f"{path.name}, {fault}. Correct the file.")
        except PastFault as fault:
            faults.extend(fault.faults)
    if not paths:
        faults.append("No file of past years is given. Name an EPW or CSV file.")
    if faults:
        raise PastFault(tuple(faults))
    return tuple(found)


def parse_past_csv(text: str, zone: tzinfo, file: str) -> PastHours:
    """Return the hourly means of a table; raises TableFault (its form) or PastFault (its rows)."""
    optional = tuple(column for name, column in COLUMNS.items() if name != TEMPERATURE)
    table = read_table(text, ("time", COLUMNS[TEMPERATURE]), optional)
    names = [name for name, column in COLUMNS.items() if column in table.columns]
    times, cells = [], {name: [] for name in names}  # type: ignore[var-annotated]
    faults = [f"{file}, {said}. Correct the row." for said in table.faults]
    for row in table.rows:
        try:
            read = _row_of(row, names, zone)
        except TableFault as fault:
            faults.append(f"{file}, {fault}. Correct or empty the cell.")
            continue
        times.append(read[0])
        for name in names:
            cells[name].append(read[1][name])
    moments = np.array(times, dtype="datetime64[ns]")
    faults.extend(_repeated(file, moments))
    if faults:
        more = len(faults) - MAX_FAULTS
        told = faults[:MAX_FAULTS] + ([f"{file}: and {more} more."] if more > 0 else [])
        raise PastFault(tuple(told))
    hours = moments.astype("datetime64[h]").astype("datetime64[ns]")
    starts = np.arange(hours.min(), hours.max() + HOUR, HOUR)
    slot = ((hours - starts[0]) // HOUR).astype(np.int64)
    values = {name: _hourly(np.array(cells[name]), slot, starts.size) for name in names}
    return PastHours(file, starts, values, typical=False, ignored_columns=table.ignored)


def _row_of(row: Row, names: Sequence[str], zone: tzinfo) -> tuple[np.datetime64, dict[str, float]]:
    when = utc64(moment(row, "time", zone))
    return when, {name: number(row, COLUMNS[name], *LIMITS[name]) for name in names}


def _repeated(file: str, moments: Times) -> list[str]:
    """Return a fault for times that are there twice."""
    found, counts = np.unique(moments, return_counts=True)
    twice = found[counts > 1]
    if not twice.size:
        return []
    cure = "Remove the repeated rows, or give times with their offset."
    return [f"{file}, time: {twice.size} times are there twice, first {iso64(twice[0])}. {cure}"]


def _hourly(cells: Floats, slot: np.ndarray[tuple[int], np.dtype[np.int64]], hours: int) -> Floats:
    there = ~np.isnan(cells)
    sums = np.bincount(slot[there], weights=cells[there], minlength=hours)
    counts = np.bincount(slot[there], minlength=hours)
    return np.where(counts > 0, sums / np.maximum(counts, 1), np.nan)


def _typical(file: str, year: TypicalYear) -> PastHours:
    offset = np.timedelta64(round(year.utc_offset_h * 3600), "s")
    first = np.datetime64(f"{_EPW_YEAR}-01-01", "ns") - offset
    starts = first + np.arange(8760) * HOUR
    values = on_dates(year, starts)
    return PastHours(file, starts, values, True, year.latitude, year.longitude)


def _text_of(path: Path) -> str:
    """Return the text of a file, also gzipped; raises PastFault."""
    try:
        with open_plain(path) as raw:
            stream = gzip.open(raw) if path.suffix == ".gz" else raw  # noqa: SIM115 - closed below
            with stream:
                body = stream.read(PAST_BYTES + 1)
    except (OSError, EOFError, zlib.error) as error:
        said = getattr(error, "strerror", None) or str(error)
        raise PastFault((f"{path.name}: cannot be read: {said}. Check the file.",)) from error
    if len(body) > PAST_BYTES:
        raise PastFault((f"{path.name}: more than {PAST_BYTES} bytes. Split it by years.",))
    for encoding in ("utf-8-sig", "gb18030"):
        try:
            return body.decode(encoding)
        except UnicodeDecodeError:
            continue
    raise PastFault((f"{path.name}: neither UTF-8 nor GB18030. Save it as UTF-8.",))
