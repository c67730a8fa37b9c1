"""Local dates of the heating season (handbook §2), and when people are in a building (§3).

The only file of demand that knows zones.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import numpy as np
from numpy.typing import NDArray

MINUTES_PER_DAY = 24 * 60


@dataclass(frozen=True)
class Season:
    """A heating season as month and day of its first and last day; it may span the new year."""

    start: tuple[int, int]
    end: tuple[int, int]

    @classmethod
    def parse(cls, start: str, end: str) -> "Season":
        """Read `MM-DD` texts as a case writes them."""
        first, last = ((int(text[:2]), int(text[3:])) for text in (start, end))
        return cls(first, last)

    def holds(self, day: date) -> bool:
        """Whether `day` is in the season, both ends included."""
        mark = (day.month, day.day)
        if self.start <= self.end:
            return self.start <= mark <= self.end
        return mark >= self.start or mark <= self.end

    def last_day(self, day: date) -> date:
        """Last day of the season that holds `day`, or of the next one."""
        month, number = self.end
        year = day.year if (day.month, day.day) <= self.end else day.year + 1
        leap_day = (month, number) == (2, 29)
        return date(year, 3, 1) - timedelta(days=1) if leap_day else date(year, month, number)


def local_date(moment: datetime, timezone: str) -> date:
    """Calendar date at an aware moment in a zone."""
    return moment.astimezone(ZoneInfo(timezone)).date()


def moment_of_plan(now: datetime, season: Season, timezone: str) -> datetime:
    """`now` in the season; outside it, the same hour of the next 15 January (design §1)."""
    local = now.astimezone(ZoneInfo(timezone))
    if season.holds(local.date()):
        return now
    year = local.year if (local.month, local.day) <= (1, 15) else local.year + 1
    return datetime.combine(date(year, 1, 15), time(local.hour, local.minute), local.tzinfo)


def offsets_h(times: NDArray[np.datetime64], timezone: str) -> NDArray[np.float64]:
    """Local time less UTC of UTC moments, h: of an IANA zone, or fixed as `UTC+01:00`."""
    import pandas as pd  # half a second that no other user of this file needs

    local = pd.DatetimeIndex(times).tz_localize("UTC").tz_convert(timezone).tz_localize(None)
    shift = local.to_numpy() - times.astype("datetime64[ns]")
    return np.asarray(shift / np.timedelta64(1, "h"), dtype=np.float64)


# ---- timetables ----------------------------------------------------------------------------


@dataclass(frozen=True)
class Dates:
    """Days from `first` to `last`, both included: of one year, or of every year."""

    first: date
    last: date
    yearly: bool  # then only month and day count, and the days may span the new year

    def hold(self, day: date) -> bool:
        """Whether `day` is one of them."""
        if not self.yearly:
            return self.first <= day <= self.last
        season = Season((self.first.month, self.first.day), (self.last.month, self.last.day))
        return season.holds(day)

    def days(self) -> Iterator[date]:
        """Each of the days; those of every year once, in a leap year and the one after it."""
        last = self.last
        if self.yearly and last < self.first:
            last = date(self.first.year + 1, last.month, min(last.day, 28))
        for ahead in range((last - self.first).days + 1):
            yield self.first + timedelta(days=ahead)


@dataclass(frozen=True)
class Opening:
    """One rule of a timetable: on which days, from when to when, and how warm it is kept else.

    A rule by `dates` goes before the rules by `weekdays` (0 is Monday) on its days.
    """

    weekdays: frozenset[int]
    dates: Dates | None
    from_min: int  # after local midnight; equal to `to_min`: closed all day
    to_min: int
    setback_c: float

    def on(self, day: date) -> bool:
        """Whether the rule speaks of a day."""
        return day.weekday() in self.weekdays if self.dates is None else self.dates.hold(day)


@dataclass(frozen=True)
class Timetable:
    """When people are in a building; all its rules.

    A weekday without a rule is closed, at the lowest setback of the others; a timetable with
    dated rules alone is open on all other days.
    """

    openings: tuple[Opening, ...]

    def of_day(self, day: date) -> tuple[Opening, ...]:
        """The rules of a day: dated ones, else those of its weekday."""
        dated = [rule for rule in self.openings if rule.dates is not None and rule.on(day)]
        weekly = [rule for rule in self.openings if rule.dates is None and rule.on(day)]
        return tuple(dated or weekly)

    def setback_c(self, day: date, from_min: int, to_min: int) -> float | None:
        """Setback temperature over minutes of a day; None where people are in for a part of it."""
        rules = self.of_day(day)
        if any(rule.from_min < to_min and from_min < rule.to_min for rule in rules):
            return None
        weekly = [rule for rule in self.openings if rule.dates is None]
        if not rules and not weekly:
            return None
        return min(rule.setback_c for rule in rules or weekly)


def setback_temperatures_c(
    timetable: Timetable, starts: Sequence[datetime], step_h: float, timezone: str
) -> NDArray[np.float64]:
    """Setback temperature of steps that begin at aware moments, °C; NaN where people are in.

    A step with people in for any part of it counts as occupied. Clock times are local ones, so a
    day with a change of clocks keeps its hours.
    """
    zone, length = ZoneInfo(timezone), round(step_h * 60.0)

    def of(moment: datetime) -> float:
        local = moment.astimezone(zone)
        first = local.hour * 60 + local.minute
        parts = [timetable.setback_c(local.date(), first, min(first + length, MINUTES_PER_DAY))]
        if first + length > MINUTES_PER_DAY:
            tomorrow = local.date() + timedelta(days=1)
            parts.append(timetable.setback_c(tomorrow, 0, first + length - MINUTES_PER_DAY))
        values = [part for part in parts if part is not None]
        return min(values) if len(values) == len(parts) else np.nan

    return np.array([of(moment) for moment in starts], dtype=np.float64)
