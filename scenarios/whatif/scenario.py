"""A scenario: what is asked, of which case, from when, and the changes in order."""

import re
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import Self
from zoneinfo import ZoneInfo

from pydantic import Field, model_validator

from dispatch.case_kinds import Row, fault
from dispatch.messages import language
from dispatch.settings import Settings
from forecasts.demand.calendar import Season, local_date
from scenarios.whatif.change import Change

START = r"(?:(\d{4})-)?(\d\d)-(\d\d)T(\d\d):(\d\d)"
ANY_YEAR = 2001  # without 29 February: a start of every year is there every year
AFTER_SEASON = timedelta(days=60)  # a late end of the season belongs to it


class Group(StrEnum):
    """Under which heading the library lists a scenario."""

    WEATHER = "weather"
    SOURCES = "sources"
    NETWORK = "network"
    STATIONS = "stations"
    COAL = "coal"
    MONEY = "money"
    RULES = "rules"
    GROWTH = "growth"
    OWN = "own"


class Header(Row):
    """What a scenario file says before its changes."""

    title_en: str = Field(min_length=3, max_length=90)
    title_zh: str = Field(min_length=2, max_length=60)
    about_en: str = ""  # what to look at in the answer
    about_zh: str = ""
    group: Group = Group.OWN
    case: str = "zaozhuang"  # bundled or a folder; what the command names wins
    start: str | None = None  # local MM-DDTHH:MM, or with its year; None: now

    @model_validator(mode="after")
    def _start_is_a_moment(self) -> Self:
        if self.start is not None and _fields(self.start) is None:
            raise fault("whatif_start", column="start", value=self.start)
        return self


@dataclass(frozen=True)
class Scenario:
    """A scenario file, read and checked."""

    name: str  # of the file, without .toml
    file: str  # as faults name it
    header: Header
    scene: tuple[Change, ...]  # holds in the base plan too
    changes: tuple[Change, ...]

    @property
    def title(self) -> str:
        """What is asked, in the reader's language."""
        return self.header.title_zh if language() == "zh" else self.header.title_en

    @property
    def about(self) -> str:
        """What to look at in the answer; empty where the file does not say."""
        return self.header.about_zh if language() == "zh" else self.header.about_en


def moment_of(start: str, settings: Settings, now: datetime) -> datetime:
    """Return the aware moment of a scenario's `start`, as its header has checked it.

    Without a year it lies in the season that holds `now`, or in the next one.
    """
    zone = ZoneInfo(settings.timezone)
    year, month, day, hour, minute = _fields(start) or (None, 1, 1, 0, 0)
    season = Season.parse(settings.season_start, settings.season_end)
    last = season.last_day(local_date(now, settings.timezone))
    if year is None:
        belongs = date(last.year, month, day) <= last + AFTER_SEASON
        year = last.year if belongs else last.year - 1
    return datetime(year, month, day, hour, minute, tzinfo=zone)


def _fields(start: str) -> tuple[int | None, int, int, int, int] | None:
    """Return year (None if not written), month, day, hour, minute; None for no moment at all."""
    match = re.fullmatch(START, start, re.ASCII)
    if match is None:
        return None
    year, *others = (None if part is None else int(part) for part in match.groups())
    month, day, hour, minute = (part or 0 for part in others)
    try:
        datetime(year or ANY_YEAR, month, day, hour, minute)  # noqa: DTZ001 (only whether it is one)
    except ValueError:
        return None
    return year, month, day, hour, minute
