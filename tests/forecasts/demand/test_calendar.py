"""Dates of the heating season, in local time."""

from datetime import UTC, date, datetime, timedelta

import numpy as np
import pytest

from forecasts.demand.calendar import (
    Dates,
    Opening,
    Season,
    Timetable,
    local_date,
    moment_of_plan,
    setback_temperatures_c,
)

ZONE = "Asia/Shanghai"
SHANDONG = Season.parse("11-15", "03-15")


@pytest.mark.parametrize(
    ("day", "heated"),
    [
        (date(2025, 11, 14), False),
        (date(2025, 11, 15), True),
        (date(2025, 12, 31), True),
        (date(2026, 1, 1), True),
        (date(2026, 3, 15), True),
        (date(2026, 3, 16), False),
        (date(2026, 7, 1), False),
    ],
)
def test_a_season_over_the_new_year(day, heated):
    assert SHANDONG.holds(day) is heated


def test_a_season_within_a_year():
    """South of the equator, May to September: without the order of its ends it would be winter."""
    season = Season.parse("05-01", "09-30")
    assert season.holds(date(2026, 7, 1))
    assert not season.holds(date(2026, 12, 1))
    assert season.last_day(date(2026, 10, 5)) == date(2027, 9, 30)


@pytest.mark.parametrize(
    ("day", "last"),
    [
        (date(2025, 11, 15), date(2026, 3, 15)),
        (date(2026, 3, 15), date(2026, 3, 15)),
        (date(2026, 3, 16), date(2027, 3, 15)),
    ],
)
def test_the_last_day_of_the_season(day, last):
    assert SHANDONG.last_day(day) == last


@pytest.mark.parametrize(("year", "last"), [(2028, date(2028, 2, 29)), (2027, date(2027, 2, 28))])
def test_a_season_that_ends_on_a_leap_day(year, last):
    """29 February is the last of February in other years, not an error."""
    assert Season.parse("11-01", "02-29").last_day(date(year, 1, 10)) == last


def test_the_season_of_the_case_has_121_days():
    days = [date(2025, 10, 1) + timedelta(days=n) for n in range(365)]
    assert sum(SHANDONG.holds(day) for day in days) == 121


def test_dates_are_local():
    """18:00 in UTC is past midnight in Zaozhuang."""
    assert local_date(datetime(2026, 1, 14, 18, tzinfo=UTC), ZONE) == date(2026, 1, 15)


def test_within_the_season_a_plan_is_for_now():
    now = datetime(2026, 1, 3, 21, 30, tzinfo=UTC)
    assert moment_of_plan(now, SHANDONG, ZONE) is now


@pytest.mark.parametrize(
    ("now", "planned"),
    [
        (datetime(2026, 7, 31, 21, 30, tzinfo=UTC), "2027-01-15T05:30:00+08:00"),
        (datetime(2026, 3, 16, 0, 0, tzinfo=UTC), "2027-01-15T08:00:00+08:00"),
    ],
)
def test_outside_the_season_a_plan_is_for_the_next_mid_january(now, planned):
    """The same local hour; a plan for August would heat nobody."""
    assert moment_of_plan(now, SHANDONG, ZONE).isoformat() == planned


def test_the_first_day_is_in_the_season_by_local_date():
    """14 November 16:30 in UTC is 15 November in Zaozhuang: a plan for now."""
    now = datetime(2025, 11, 14, 16, 30, tzinfo=UTC)
    assert moment_of_plan(now, SHANDONG, ZONE) is now


def test_a_season_to_early_january_still_finds_a_day_ahead():
    """Before 15 January of a year in which the season is over: this year's, not the next."""
    season = Season.parse("11-15", "01-05")
    now = datetime(2026, 1, 10, 0, tzinfo=UTC)
    assert moment_of_plan(now, season, ZONE).date() == date(2026, 1, 15)


# ---- timetables ----------------------------------------------------------------------------

WORKDAYS = Opening(frozenset(range(5)), None, 8 * 60, 18 * 60, 14.0)
SATURDAY = Opening(frozenset({5}), None, 9 * 60, 12 * 60, 12.0)


def hourly(table, first, hours, zone=ZONE, step_h=1.0):
    starts = [first + timedelta(hours=i * step_h) for i in range(round(hours / step_h))]
    return setback_temperatures_c(table, starts, step_h, zone)


def test_a_week_of_an_office():
    """Thursday 15 January 2026 in China begins at 16:00 UTC: open from its ninth hour on."""
    found = hourly(Timetable((WORKDAYS, SATURDAY)), datetime(2026, 1, 14, 16, tzinfo=UTC), 96)
    inside = np.flatnonzero(np.isnan(found))
    friday = [24 + hour for hour in range(8, 18)]
    assert inside.tolist() == [*range(8, 18), *friday, 48 + 9, 48 + 10, 48 + 11]
    assert found[0] == 14.0
    assert found[48] == 12.0  # Saturday by its own row
    assert found[72:].tolist() == [12.0] * 24  # Sunday has none: the lowest of the others


def test_a_step_with_people_in_for_a_part_is_occupied():
    """Open 08:00 to 12:30 in steps of an hour: the step from 12:00 counts, that from 13:00 not."""
    half = Opening(frozenset(range(7)), None, 8 * 60, 12 * 60 + 30, 14.0)
    start = datetime(2026, 1, 14, 16, tzinfo=UTC)
    assert np.flatnonzero(np.isnan(hourly(Timetable((half,)), start, 24)))[-1] == 12
    quarters = hourly(Timetable((half,)), start, 24, step_h=0.25)
    assert np.flatnonzero(np.isnan(quarters))[-1] == 12 * 4 + 1


def test_dates_go_before_weekdays():
    """Spring Festival 2026, 15 to 23 February: closed at 8 °C on working days too. The Saturday
    before, 14 February, makes up for it and is open from 8 to 18.
    """
    festival = Opening(
        frozenset(), Dates(date(2026, 2, 15), date(2026, 2, 23), yearly=False), 0, 0, 8.0
    )
    make_up = Opening(
        frozenset(), Dates(date(2026, 2, 14), date(2026, 2, 14), yearly=False), 480, 1080, 14.0
    )
    table = Timetable((WORKDAYS, festival, make_up))
    assert table.setback_c(date(2026, 2, 14), 600, 660) is None
    assert table.setback_c(date(2026, 2, 16), 600, 660) == 8.0
    assert table.setback_c(date(2026, 2, 24), 600, 660) is None


def test_a_holiday_of_every_year_over_the_new_year():
    """20 December to 5 January; a timetable with nothing but dates is open on other days."""
    closed = Opening(frozenset(), Dates(date(2000, 12, 20), date(2000, 1, 5), yearly=True), 0, 0, 8)
    table = Timetable((closed,))
    assert table.setback_c(date(2026, 12, 31), 0, 60) == 8.0
    assert table.setback_c(date(2027, 1, 5), 0, 60) == 8.0
    assert table.setback_c(date(2027, 1, 6), 0, 60) is None
    assert len(list(closed.dates.days())) == 17


def test_the_clocks_change_and_offices_open_at_eight_all_the_same():
    """29 March 2026 in Berlin: 06:00 UTC is 08:00, the day before 07:00 UTC was."""
    every_day = Opening(frozenset(range(7)), None, 480, 540, 14.0)
    found = hourly(
        Timetable((every_day,)), datetime(2026, 3, 28, tzinfo=UTC), 48, zone="Europe/Berlin"
    )
    assert np.flatnonzero(np.isnan(found)).tolist() == [7, 24 + 6]
