"""One table's blocks -> its readings, counts of what became of its cells, and its faults."""

from dataclasses import dataclass, replace
from datetime import datetime
from zoneinfo import ZoneInfo

import numpy as np
import pandas as pd

from forecasts.local_times import Times, in_sequence
from forecasts.telemetry.cells import (
    Flags,
    Floats,
    ReadNumbers,
    ReadTimes,
    is_good,
    joined,
    read_numbers,
    read_times,
)
from forecasts.telemetry.columns import Block, Codes, Column, RawTable
from forecasts.telemetry.faults import MAX_TOLD, TelemetryFault
from forecasts.telemetry.layout import Roles
from forecasts.telemetry.naming import Name, Names, Unknown
from forecasts.telemetry.points import TRAITS, Behaviour
from forecasts.telemetry.schemas import LONG, table_faults
from forecasts.telemetry.series import UNKNOWN, Series, labels_of, series_by_row
from forecasts.telemetry.settings import Common, Stamp

FOLD_MARGIN = np.timedelta64(3, "h")  # the two passes of a clock put back lie within it


@dataclass(frozen=True)
class Window:
    """The asked time in UTC, NaT for an open end."""

    since: np.datetime64
    until: np.datetime64

    def holds(self, times: Times, margin: np.timedelta64 | None = None) -> Flags:
        """Return which times lie in it, or not further than `margin` outside."""
        wide = np.timedelta64(0, "s") if margin is None else margin
        inside = np.ones(len(times), dtype=bool)
        if not np.isnat(self.since):
            inside &= times >= self.since - wide
        if not np.isnat(self.until):
            inside &= times < self.until + wide
        return inside


def window(since: datetime | None, until: datetime | None) -> Window:
    """Return the window of two aware times."""
    ends = [
        np.datetime64("NaT", "ns")
        if at is None
        else np.datetime64(round(at.timestamp() * 1e6), "us").astype("datetime64[ns]")
        for at in (since, until)
    ]
    return Window(ends[0], ends[1])


@dataclass(frozen=True)
class Counts:
    """What became of cells; a row of a long table is one."""

    readings: int = 0
    empty: int = 0
    bad_quality: int = 0
    unreadable: int = 0
    unknown: int = 0
    outside: int = 0

    def __add__(self, other: "Counts") -> "Counts":
        """Return both together."""
        return Counts(
            self.readings + other.readings,
            self.empty + other.empty,
            self.bad_quality + other.bad_quality,
            self.unreadable + other.unreadable,
            self.unknown + other.unknown,
            self.outside + other.outside,
        )


@dataclass(frozen=True)
class Part:
    """Readings of some cells: UTC by first and second pass, series, values as written."""

    first: Times
    second: Times
    series: Codes
    values: Floats


@dataclass(frozen=True)
class Gathered:
    """What one table holds: times in UTC, the series of each, values in units of `TRAITS`."""

    table: str
    rows: int
    times: Times
    numbers: Codes
    values: Floats
    series: Series
    counts: Counts
    faults: tuple[TelemetryFault, ...]
    doubts: tuple[TelemetryFault, ...]  # first places not understood in a table that is taken


def gather(
    table: RawTable, roles: Roles, settings: Common, zone: ZoneInfo, names: Names, asked: Window
) -> Gathered:
    """Return the readings of a table; faults are in the result, to be told with those of others.

    Raises TelemetryFaults where the file breaks off.
    """
    series = Series(table.name, table.heading_row or None, names)
    step = np.timedelta64(round((settings.step_min or 0) * 60), "s")
    reader = _Reader(table, roles, settings, zone, series, asked, FOLD_MARGIN + step)
    parts: list[Part] = []
    counts, rows = Counts(), 0
    doubts: list[TelemetryFault] = []
    for block in table.blocks:
        said = np.zeros(len(block.rows), dtype=bool)
        for column in block.columns:
            said |= column.codes >= 0
        rows += int(said.sum())
        found, became, doubted = reader.block(block, said)
        parts += found
        counts += became
        doubts += doubted[: max(0, MAX_TOLD - len(doubts))]
    counts += Counts(unreadable=len(table.bad_rows))
    rows += len(table.bad_rows)
    doubts += [
        TelemetryFault(table.name, f"{bad.text!r} has not as many cells as the heading.", bad.row)
        for bad in table.bad_rows[: max(0, MAX_TOLD - len(doubts))]
    ]
    times, numbers, values, cut = _finished(parts, series, settings.stamp, step, asked)
    counts += Counts(readings=-cut, outside=cut)
    faults = _table_faults(table, rows, counts, series, doubts)
    doubts = [] if faults else doubts
    return Gathered(
        table.name, rows, times, numbers, values, series, counts, (*faults,), (*doubts,)
    )


@dataclass(frozen=True)
class _Reader:
    """How the blocks of one table are read."""

    table: RawTable
    roles: Roles
    settings: Common
    zone: ZoneInfo
    series: Series
    asked: Window
    margin: np.timedelta64

    def block(self, block: Block, said: Flags) -> tuple[list[Part], Counts, list[TelemetryFault]]:
        """Return readings, counts and first doubtful places of a block; `said` are its rows."""
        time_column = block.columns[self.roles.time]
        if self.roles.date is not None:
            time_column = joined(block.columns[self.roles.date], time_column)
        times = read_times(time_column, self.zone)
        good = np.ones(len(said), dtype=bool)
        if self.roles.quality is not None:
            usual = self.settings.good_quality
            codes = None if usual is None else frozenset(code.casefold() for code in usual)
            good = is_good(block.columns[self.roles.quality], codes)
        place = _default_place(self.table, self.settings, self.series.names)
        parts: list[Part] = []
        counts = Counts()
        doubts: list[TelemetryFault] = []
        timed = said & ~np.isnat(times.first)
        inside = timed & self.asked.holds(times.first, self.margin)
        taken = np.flatnonzero(inside)
        labels = labels_of(block, self.roles, taken)
        for k in self.roles.values:
            heading = self.table.headings[k]

            def number(name: Name, k: int = k, heading: str = heading) -> int:
                return self.series.number(name, k, heading)

            numbers = np.full(len(said), UNKNOWN, dtype=np.int64)
            numbers[taken] = series_by_row(labels, heading, place, number)
            known = inside & (numbers >= 0)
            read = _nothing_read(len(said)) if not known.any() else self._values(block, k)
            empty = known & read.empty
            bad = known & ~empty & ~good
            wrong = known & ~empty & ~bad & np.isnan(read.values)
            kept = known & ~empty & ~bad & ~wrong
            parts.append(
                Part(times.first[kept], times.second[kept], numbers[kept], read.values[kept])
            )
            wrong |= said & ~timed
            counts += Counts(
                readings=int(kept.sum()),
                empty=int(empty.sum()),
                bad_quality=int(bad.sum()),
                unreadable=int(wrong.sum()),
                unknown=int((inside & (numbers < 0)).sum()),
                outside=int((timed & ~inside).sum()),
            )
            if wrong.any() and len(doubts) < MAX_TOLD:
                doubts += self._doubts(block, k, wrong, time_column, times, read)
        return parts, counts, list(dict.fromkeys(doubts))

    def _values(self, block: Block, k: int) -> ReadNumbers:
        return read_numbers(block.columns[k], self.table.decimal_comma)

    def _doubts(
        self,
        block: Block,
        k: int,
        wrong: Flags,
        time_column: Column,
        times: ReadTimes,
        read: ReadNumbers,
    ) -> list[TelemetryFault]:
        """Return the first places of a column that are not understood, by the schema of rows."""
        at = np.flatnonzero(wrong)[:MAX_TOLD]
        rows = block.rows[at]
        values = np.where(read.empty[at], 0.0, read.values[at])  # empty is no fault
        frame = pd.DataFrame({"time": times.first[at], "value": values}, index=rows)
        said = {
            "time": [str(time_column.at(row)) for row in at.tolist()],
            "value": [str(block.columns[k].at(row)) for row in at.tolist()],
        }
        headings = {
            "time": self.table.headings[self.roles.time],
            "value": self.table.headings[k],
        }
        found = table_faults(LONG, frame, self.table.name, pd.DataFrame(said, index=rows))
        return [replace(one, column=headings.get(one.column, one.column)) for one in found]


def _nothing_read(rows: int) -> ReadNumbers:
    return ReadNumbers(np.full(rows, np.nan), np.zeros(rows, dtype=bool))


def _default_place(table: RawTable, settings: Common, names: Names) -> str:
    """Return the station of rows that name none, "" if nothing does.

    By telemetry.toml, else a sheet or file that is called like a station is that station's.
    """
    if settings.id:
        return settings.id.replace("{file}", table.stem).replace("{sheet}", table.sheet)
    found = (names.certain_place(text) for text in (table.sheet, table.stem) if text)
    return next((place for place in found if place), "")


def _finished(
    parts: list[Part], series: Series, stamp: Stamp, step: np.timedelta64, asked: Window
) -> tuple[Times, Codes, Floats, int]:
    """Return times, series and values of all parts within the asked time, and how many are cut."""
    if not parts or not series.targets:
        none = np.empty(0)
        return none.astype("datetime64[ns]"), none.astype(np.int64), none, 0
    first = np.concatenate([part.first for part in parts])
    second = np.concatenate([part.second for part in parts])
    numbers = np.concatenate([part.series for part in parts])
    values = np.concatenate([part.values for part in parts])
    times = in_sequence(first, second, numbers)
    targets = series.targets
    values = values * np.array([it.factor for it in targets])[numbers]
    values += np.array([it.offset for it in targets])[numbers]
    if stamp is not Stamp.MOMENT:
        # The mean of a step is put in its middle; a counter and an order are of their moment.
        sign = 1 if stamp is Stamp.STEP_START else -1
        mean = [TRAITS[it.point].behaviour is Behaviour.MOMENT for it in targets]
        times = times + np.where(np.array(mean)[numbers], sign * (step / 2), step * 0)
    inside = asked.holds(times)
    return times[inside], numbers[inside], values[inside], int((~inside).sum())


def _table_faults(
    table: RawTable, rows: int, counts: Counts, series: Series, doubts: list[TelemetryFault]
) -> list[TelemetryFault]:
    """Return why a table cannot be taken, [] if it can."""
    faults = list(series.faults)
    row = table.heading_row or None
    understood = counts.readings + counts.empty + counts.bad_quality + counts.outside
    if rows == 0:
        return [*faults, TelemetryFault(table.name, "no rows after the heading.", row)]
    if counts.unreadable > understood + counts.unknown:
        text = f"most is not understood: {counts.unreadable} cells or rows, the first are these."
        return [*faults, TelemetryFault(table.name, text, row), *doubts]
    if series.targets or faults or not series.unknown:
        return faults
    if Unknown.NO_ID in series.unknown:
        text = (
            'nothing says of which station its columns are. Write id = "…" (or'
            ' "{file}", "{sheet}") for it in telemetry.toml, or map the columns in tags.csv.'
        )
    elif Unknown.ID in series.unknown:
        said = series.told_unknown([Unknown.ID])
        text = f"none of its ids is of the case: {said}. Map them in tags.csv."
    else:
        said = series.told_unknown([Unknown.TAG])
        text = f"none of its points is known: {said}. Map them in tags.csv."
    return [TelemetryFault(table.name, text, row)]
