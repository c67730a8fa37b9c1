"""Changes of when the season begins and ends (Liaoyang S4: supplied from 25 October)."""

from collections.abc import Iterable
from datetime import date, timedelta
from typing import Literal

from pydantic import Field

from dispatch.situation import Situation
from scenarios.whatif.change import Change
from scenarios.whatif.edit import with_settings

ANY_YEAR = 2001  # without 29 February, which no season should end on


class EarlyStart(Change):
    """Heat from so many days before the season's first day.

    A morning of these days is planned as it is where the run is told so (`in_season`).
    """

    kind: Literal["early_start"] = "early_start"
    days: int = Field(default=7, ge=1, le=40)

    def applied(self, situation: Situation) -> Situation:
        """Return the situation with the longer season."""
        start = situation.case.settings.season_start
        return with_settings(situation, "", season_start=moved(start, -self.days))


class LateEnd(Change):
    """Heat until so many days after the season's last day: coal must last as much longer."""

    kind: Literal["late_end"] = "late_end"
    days: int = Field(default=7, ge=1, le=40)

    def applied(self, situation: Situation) -> Situation:
        """Return the situation with the longer season."""
        end = situation.case.settings.season_end
        return with_settings(situation, "", season_end=moved(end, self.days))


def moved(day: str, days: int) -> str:
    """Return a day of the year, MM-DD, so many days later."""
    other = date.fromisoformat(f"{ANY_YEAR}-{day}") + timedelta(days=days)
    return f"{other:%m-%d}"


def moves_season(changes: Iterable[Change]) -> bool:
    """Return whether a change moves an end of the season: then the calendar of the case is none."""
    return any(isinstance(change, CHANGES) for change in changes)


CHANGES = (EarlyStart, LateEnd)
