"""Which days people are off: weekends, public holidays, and the Spring Festival."""

from dataclasses import dataclass
from datetime import date

import numpy as np
from numpy.typing import NDArray

from forecasts.demand.calendar import offsets_h

SPRING_FESTIVAL = "Chinese New Year (Spring Festival)"  # as the holiday tables name its days
FESTIVAL_REACH_DAYS = 20  # a festival farther off is not felt; schools are closed that long

SATURDAY, SUNDAY = 5, 6


class UnknownCountry(ValueError):
    """No holidays are known of a country."""


@dataclass(frozen=True)
class OffDays:
    """Days off of a country, and its Saturdays and Sundays worked to make up for them."""

    holidays: frozenset[date]
    working_weekends: frozenset[date]
    spring_festivals: tuple[date, ...]  # New Year's Days of the lunar calendar

    def off(self, day: date) -> bool:
        """Whether offices are closed."""
        weekend = day.weekday() >= SATURDAY and day not in self.working_weekends
        return weekend or day in self.holidays


def off_days(country: str | None, first: date, last: date) -> OffDays:
    """Days off from `first` to `last` and around; without a country weekends alone.

    Raises UnknownCountry for a code the holiday tables do not have.
    """
    if country is None:
        return OffDays(frozenset(), frozenset(), ())
    import holidays

    years = range(first.year - 1, last.year + 2)
    try:
        table = holidays.country_holidays(country, years=years, language="en_US")
    except NotImplementedError as error:
        raise UnknownCountry(f"no public holidays are known of country {country!r}") from error
    festivals: dict[int, date] = {}
    for day in sorted(table.get_named(SPRING_FESTIVAL, lookup="exact")):
        festivals.setdefault(day.year, day)
    return OffDays(
        frozenset(table),
        frozenset(table.weekend_workdays),
        tuple(festivals[year] for year in sorted(festivals)),
    )


def festival_days(days: OffDays, day: date) -> float:
    """Days since the nearest Spring Festival, negative before it; NaN where none is near."""
    away = [(day - festival).days for festival in days.spring_festivals]
    nearest = min(away, key=abs, default=FESTIVAL_REACH_DAYS + 1)
    return float(nearest) if abs(nearest) <= FESTIVAL_REACH_DAYS else np.nan


@dataclass(frozen=True)
class LocalDays:
    """The local calendar of steps, each (step,)."""

    offset_h: NDArray[np.float64]  # local time less UTC
    hour: NDArray[np.float64]  # 0 ≤ hour < 24, with the fraction of the step's start
    weekday: NDArray[np.int64]  # 0 is Monday
    off: NDArray[np.bool_]  # weekend or holiday
    off_before: NDArray[np.bool_]  # the day before was
    off_after: NDArray[np.bool_]  # the day after is
    holiday: NDArray[np.bool_]  # off on a Monday to Friday
    festival_day: NDArray[np.float64]  # days since the Spring Festival, NaN far from it
    day_of_year: NDArray[np.float64]  # 0 at the start of 1 January

    @property
    def day_kind(self) -> NDArray[np.int64]:
        """0 a working day, 1 a Saturday off, 2 a Sunday or a holiday."""
        saturday = self.off & (self.weekday == SATURDAY) & ~self.holiday
        return np.where(saturday, 1, np.where(self.off, 2, 0)).astype(np.int64)


def local_days(times: NDArray[np.datetime64], timezone: str, country: str | None) -> LocalDays:
    """The local calendar of UTC moments."""
    offset = offsets_h(times, timezone)
    local = times.astype("datetime64[s]") + (offset * 3600.0).astype("timedelta64[s]")
    dates = local.astype("datetime64[D]")
    unique, place = np.unique(dates, return_inverse=True)
    days: list[date] = unique.tolist()
    if not days:
        days, known = [], OffDays(frozenset(), frozenset(), ())
    else:
        known = off_days(country, days[0], days[-1])
    one = np.timedelta64(1, "D")
    off = np.array([known.off(day) for day in days], dtype=bool)
    before = np.array([known.off(day) for day in (unique - one).tolist()], dtype=bool)
    after = np.array([known.off(day) for day in (unique + one).tolist()], dtype=bool)
    weekday = np.array([day.weekday() for day in days], dtype=np.int64)
    festival = np.array([festival_days(known, day) for day in days], dtype=np.float64)
    named = np.array([day in known.holidays for day in days], dtype=bool)
    seconds = (local - dates) / np.timedelta64(1, "s")
    year_start = local.astype("datetime64[Y]").astype("datetime64[s]")
    return LocalDays(
        offset_h=offset,
        hour=seconds / 3600.0,
        weekday=weekday[place],
        off=off[place],
        off_before=before[place],
        off_after=after[place],
        holiday=named[place],
        festival_day=festival[place],
        day_of_year=(local - year_start) / np.timedelta64(1, "D"),
    )
