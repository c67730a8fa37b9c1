"""Dates of the heating season, in local time."""

from datetime import UTC, date, datetime, timedelta

import pytest

from forecasts.demand.calendar import Season, local_date, moment_of_plan

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
