"""Which season a planner means by "2026-27"."""

import re
from datetime import date

from dispatch.fuel.season_need import SeasonDates
from dispatch.messages import say
from forecasts.demand.calendar import Season

_FORM = re.compile(r"\s*(20\d\d)\s*(?:[-–—/]\s*(20\d\d|\d\d)\s*)?")

# Weather is drawn by the hour from today on: 2062 for 2026 would take minutes and all memory, to
# say what a yard needs that nobody knows yet.
MOST_YEARS_AHEAD = 3


class NotASeason(ValueError):
    """A text that names no season of the case; its own text says what to write."""


def season_dates(text: str, season: Season, today: date) -> SeasonDates:
    """Dates of the season that `2026-27`, `2026-2027` or `2026` names: by the year it begins in.

    Raises NotASeason for other texts, for years that no season of the case begins and ends in, for
    a season that is over on the local date `today`, and for one that is years away.
    """
    found = _FORM.fullmatch(text)
    if found is None:
        raise NotASeason(
            say("coal_season.form", text=text, example=_of_year(today.year, season).name)
        )
    named = _of_year(int(found[1]), season)
    if found[2] not in (None, str(named.last.year), f"{named.last.year % 100:02d}"):
        raise NotASeason(say("coal_season.years", text=text, name=named.name))
    if named.first.year > today.year + MOST_YEARS_AHEAD:
        raise NotASeason(say("coal_season.far", name=named.name, years=MOST_YEARS_AHEAD))
    if named.last < today:
        raise NotASeason(say("coal_season.over", name=named.name, last=named.last))
    return named


def _of_year(year: int, season: Season) -> SeasonDates:
    """The season that begins in a year."""
    month, day = season.start
    # A season from 29 February begins on the 1st of March of a common year.
    leap = (month, day) == (2, 29) and not _is_leap(year)
    first = date(year, 3, 1) if leap else date(year, month, day)
    return SeasonDates(first, season.last_day(first))


def _is_leap(year: int) -> bool:
    return year % 4 == 0 and (year % 100 != 0 or year % 400 == 0)
