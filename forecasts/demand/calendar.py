"""Local dates of the heating season (handbook §2); the only file of demand that knows zones."""

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo


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
