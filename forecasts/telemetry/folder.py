"""The telemetry folder of a case: every table a utility exported, read into one frame.

Names, units, signs and clocks are put right here; nothing is left out for being implausible.
"""

from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from pathlib import Path
from zoneinfo import ZoneInfo

import numpy as np
import numpy.typing as npt
import pandas as pd

from forecasts.telemetry.faults import TelemetryFault, TelemetryFaults
from forecasts.telemetry.gather import Gathered, gather, window
from forecasts.telemetry.layout import find_roles
from forecasts.telemetry.naming import Names, Unknown
from forecasts.telemetry.schemas import READINGS
from forecasts.telemetry.settings import Settings, read_settings
from forecasts.telemetry.tables import bounded, opened, planned
from forecasts.telemetry.tags import Rule, read_tags


class NoteCode(StrEnum):
    """What was left aside while reading, without being a fault."""

    UNKNOWN_TAGS = "unknown_tags"  # columns or points that no rule and no usual name fits
    UNKNOWN_IDS = "unknown_ids"  # ids that are none of the case
    UNREADABLE_ROWS = "unreadable_rows"  # first places of rows that were not understood
    UNUSED_FILES = "unused_files"  # files that are no table, or that no [[table]] names
    UNUSED_RULES = "unused_rules"  # rows of tags.csv that fit nothing


@dataclass(frozen=True)
class Note:
    """One thing left aside, with plain details (names and counts, no sentence)."""

    code: NoteCode
    file: str
    detail: str


@dataclass(frozen=True)
class FileCounts:
    """What became of the cells of one table (a row of a long table is one cell)."""

    file: str  # with the sheet, or the name of an SQL table
    rows: int
    readings: int  # kept
    empty: int  # without a value, or with a word for none
    bad_quality: int
    unreadable: int  # time or value not understood
    unknown: int  # of a tag, point or id that is not known
    outside: int  # before `since`, or at `until` and later


@dataclass(frozen=True)
class TelemetryReading:
    """Readings (contract: `readings.py`), what became of every file's cells, and notes."""

    readings: pd.DataFrame
    counts: tuple[FileCounts, ...]
    notes: tuple[Note, ...]


def read_telemetry(
    folder: Path,
    timezone: str,
    since: datetime | None = None,
    until: datetime | None = None,
    known_ids: AbstractSet[str] | None = None,
    aside: AbstractSet[Path] = frozenset(),
) -> TelemetryReading:
    """Return the readings of a telemetry folder from `since` up to, not with, `until` (aware).

    Times without an offset are local time of `timezone` (IANA name) unless `telemetry.toml` says
    otherwise. With `known_ids` (loops, stations, sources of the case; "network" is always known),
    readings of other ids are left out and told in a note. Files `aside` (resolved) are read
    elsewhere, and here only if a `[[table]]` names them. Raises TelemetryFaults with all faults
    of all files.
    """
    asked = window(since, until)
    settings, rules = _settings_and_rules(folder)
    faults: list[TelemetryFault] = []
    found: list[Gathered] = []
    plan, unused = planned(folder, settings, aside)
    for one in plan:
        zone = ZoneInfo(one.settings.timezone or timezone)
        names = Names(rules, known_ids, one.settings.units)
        try:
            tables = opened(folder, one, zone, since, until)
        except TelemetryFaults as error:
            faults += error.faults
            continue
        for table in tables:
            try:
                roles = find_roles(table, one.settings)
                found.append(gather(table, roles, one.settings, zone, names, asked))
            except TelemetryFaults as error:
                faults += error.faults
    faults += [fault for table in found for fault in table.faults]
    if faults:
        raise TelemetryFaults(faults)
    notes = _notes(found, rules, unused)
    return TelemetryReading(_readings(found), tuple(_counts(one) for one in found), notes)


def _settings_and_rules(folder: Path) -> tuple[Settings, tuple[Rule, ...]]:
    """Return what telemetry.toml and tags.csv say; raises the faults of both."""
    faults: list[TelemetryFault] = []
    settings = Settings()
    rules: tuple[Rule, ...] = ()
    try:
        settings = read_settings(folder)
    except TelemetryFaults as error:
        faults += error.faults
    try:
        rules = read_tags(folder)
    except TelemetryFaults as error:
        faults += error.faults
    if faults:
        raise TelemetryFaults(faults)
    return settings, rules


def _readings(found: list[Gathered]) -> pd.DataFrame:
    """Return the frame of `readings.py`, of all tables together."""
    keys = sorted({target.key for table in found for target in table.series.targets})
    place = {key: k for k, key in enumerate(keys)}
    series = [
        np.array([place[it.key] for it in table.series.targets], dtype=np.int64)[table.numbers]
        for table in found
        if table.series.targets
    ]
    codes = np.concatenate([np.empty(0, dtype=np.int64), *series])
    times = np.concatenate([np.empty(0, dtype="datetime64[ns]"), *(one.times for one in found)])
    values = np.concatenate([np.empty(0), *(one.values for one in found)])
    order = np.lexsort((times, codes))
    codes = codes[order]
    parts = {
        name: _category([key[k] for key in keys], codes)
        for k, name in enumerate(("id", "point", "sensor"))
    }
    frame = pd.DataFrame(
        {"time": pd.DatetimeIndex(times[order]).tz_localize("UTC"), **parts, "value": values[order]}
    )
    return READINGS.validate(frame)


def _category(names: list[str], codes: npt.NDArray[np.int64]) -> pd.Categorical:
    """Return the names that rows have by the code of their series, only those that occur."""
    occurring = np.flatnonzero(np.bincount(codes, minlength=len(names)))
    known = sorted({names[k] for k in occurring.tolist()})
    numbers = np.zeros(len(names), dtype=np.int32)
    for k in occurring.tolist():
        numbers[k] = known.index(names[k])
    return pd.Categorical.from_codes(numbers[codes], categories=pd.Index(known, dtype="str"))


def _counts(one: Gathered) -> FileCounts:
    became = one.counts
    return FileCounts(
        one.table,
        one.rows,
        became.readings,
        became.empty,
        became.bad_quality,
        became.unreadable,
        became.unknown,
        became.outside,
    )


def _notes(
    found: list[Gathered], rules: tuple[Rule, ...], unused: tuple[str, ...]
) -> tuple[Note, ...]:
    """Return what was left aside, in the order of the tables."""
    notes = []
    for one in found:
        details = {
            NoteCode.UNKNOWN_TAGS: one.series.told_unknown([Unknown.TAG, Unknown.NO_ID]),
            NoteCode.UNKNOWN_IDS: one.series.told_unknown([Unknown.ID]),
            NoteCode.UNREADABLE_ROWS: "; ".join(
                str(doubt).removeprefix(f"{one.table}, ") for doubt in one.doubts[:3]
            ),
        }
        notes += [Note(code, one.table, text) for code, text in details.items() if text]
    if unused:
        notes.append(Note(NoteCode.UNUSED_FILES, "", bounded(unused)))
    used = set().union(*(one.series.used_rules for one in found))
    idle = [
        f"row {rule.row} ({rule.tag})"
        for rule in rules
        if rule.row not in used and not rule.names_a_place
    ]
    if idle:
        notes.append(Note(NoteCode.UNUSED_RULES, "tags.csv", bounded(idle)))
    return tuple(notes)
