"""Timetables of loops with time-of-use heating 分时供暖: rows of `timetables.csv`, and their rules.

A row says when people are in on some weekdays (`days`, `occupied_from`, `occupied_to`), or what
holds on some dates (`from_date`, `to_date`): closed all day, or open by the hours given. Public
holidays and the working Saturdays that make up for them are such dates: they change every year.
Source: handbook §3 (offices 19–05 h at 12–15 °C, schools' winter holiday at 8 °C).
"""

import re
from datetime import date
from typing import Self

from pydantic import Field, model_validator

from dispatch.case_kinds import Row, fault
from forecasts.demand.calendar import MINUTES_PER_DAY, Dates, Opening, Timetable

WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
TIME_OF_DAY = re.compile(r"(\d{1,2}):(\d\d)(?::00)?", re.ASCII)
EVERY_YEAR = re.compile(r"\d\d-\d\d", re.ASCII)
LEAP_YEAR = 2000  # holds every month and day there is


class TimetableRow(Row):
    """A row of `timetables.csv`; temperatures are means of the rooms."""

    timetable_id: str
    days: str | None = None  # such as mon-fri, sat, "mon wed fri" or 1-5
    occupied_from: str | None = None  # local time of day; a row by dates without one is closed
    occupied_to: str | None = None  # up to 24:00
    setback_c: float = Field(ge=0, le=25)  # of the rooms while nobody is in
    from_date: str | None = None  # 2026-01-20, or 01-20 for every year
    to_date: str | None = None  # the last day

    @model_validator(mode="after")
    def _weekly_or_dated(self) -> Self:
        if (self.days is None) == (self.from_date is None and self.to_date is None):
            raise fault("timetable_kind", column="days")
        if self.days is not None and weekdays_of(self.days) is None:
            raise fault("timetable_days", column="days", value=self.days)
        if self.days is None:
            self._check_dates()
        for column, value in (
            ("occupied_from", self.occupied_from),
            ("occupied_to", self.occupied_to),
        ):
            if value is None and (self.days or self.occupied_from or self.occupied_to):
                raise fault("timetable_hours", column=column)
            if value is not None and minute_of(value) is None:
                raise fault("timetable_time", column=column, value=value)
        if self.occupied_from is not None and self._minutes[0] >= self._minutes[1]:
            start, end = self.occupied_from, self.occupied_to
            raise fault("timetable_order", column="occupied_to", start=start, end=end)
        return self

    def _check_dates(self) -> None:
        written = {"from_date": self.from_date, "to_date": self.to_date}
        for column, value in written.items():
            if value is None or date_of(value) is None:
                raise fault("timetable_date", column=column, value=value or "")
        yearly = {bool(EVERY_YEAR.fullmatch(value or "")) for value in written.values()}
        start, end = (date_of(value or "") for value in written.values())
        if len(yearly) > 1 or (not yearly.pop() and start and end and end < start):
            raise fault(
                "timetable_date_order", column="to_date", start=self.from_date, end=self.to_date
            )

    @property
    def _minutes(self) -> tuple[int, int]:
        """When people come and go, minutes after midnight; twice 0 where they do not."""
        return minute_of(self.occupied_from or "") or 0, minute_of(self.occupied_to or "") or 0

    @property
    def opening(self) -> Opening:
        """The row as a rule of the calendar."""
        first, last = date_of(self.from_date or ""), date_of(self.to_date or "")
        dates = None
        if first is not None and last is not None:
            yearly = EVERY_YEAR.fullmatch(self.from_date or "") is not None
            dates = Dates(first, last, yearly=yearly)
        weekdays = weekdays_of(self.days or "") or frozenset()
        return Opening(weekdays, dates, *self._minutes, self.setback_c)


def weekdays_of(written: str) -> frozenset[int] | None:
    """Weekdays (0 is Monday) of a text such as `mon-fri`, `sat sun` or `1-5`; None if it is none.

    A range may go over the week's end: `sat-mon`.
    """
    names = {name: i for i, name in enumerate(WEEKDAYS)}
    names |= {str(i + 1): i for i in range(7)}
    found: set[int] = set()
    for part in re.split(r"[\s,;+]+", written.strip().casefold()):
        ends = [names.get(name.strip()) for name in part.split("-")]
        first, last = ends[0], ends[-1]
        if first is None or last is None or len(ends) > 2:
            return None
        found |= {(first + ahead) % 7 for ahead in range((last - first) % 7 + 1)}
    return frozenset(found)


def minute_of(written: str) -> int | None:
    """Minutes after midnight of `8:00` or `08:00`, up to `24:00`; None if it is no time of day."""
    match = TIME_OF_DAY.fullmatch(written.strip())
    if match is None:
        return None
    hour, minute = int(match.group(1)), int(match.group(2))
    total = hour * 60 + minute
    return total if minute < 60 and total <= MINUTES_PER_DAY else None


def date_of(written: str) -> date | None:
    """Date of `2026-01-20`, or of `01-20` in a leap year; None if there is no such day."""
    text = written.strip()
    whole = f"{LEAP_YEAR}-{text}" if EVERY_YEAR.fullmatch(text) else text
    try:
        return date.fromisoformat(whole) if len(whole) == len("2026-01-20") else None
    except ValueError:
        return None


def timetables_of(rows: tuple[TimetableRow, ...]) -> dict[str, Timetable]:
    """All timetables of a case by id, in file order."""
    ids = dict.fromkeys(row.timetable_id for row in rows)
    return {
        name: Timetable(tuple(row.opening for row in rows if row.timetable_id == name))
        for name in ids
    }
