"""The telemetry folder of a case: every table a utility exported, read into one frame.

Names, units, signs and clocks are put right here; nothing is left out for being implausible.
"""

from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from pathlib import Path

import pandas as pd


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
) -> TelemetryReading:
    """Return the readings of a telemetry folder from `since` up to, not with, `until` (aware).

    Times without an offset are local time of `timezone` (IANA name) unless `telemetry.toml` says
    otherwise. With `known_ids` (loops, stations, sources of the case; "network" is always known),
    readings of other ids are left out and told in a note. Raises TelemetryFaults with all faults
    of all files.
    """
    raise NotImplementedError
