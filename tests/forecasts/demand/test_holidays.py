"""Days off and local time, against calendars on the wall."""

from datetime import date

import numpy as np
import pytest

from forecasts.demand.holidays import UnknownCountry, festival_days, local_days, off_days


def hours(first, count):
    return (np.datetime64(first) + np.arange(count) * np.timedelta64(1, "h")).astype(
        "datetime64[ns]"
    )


def test_spring_festival_is_counted_from_new_years_day():
    """17 February 2026 opens the year of the horse; its eve is a day off already."""
    days = off_days("CN", date(2026, 1, 20), date(2026, 3, 1))
    assert festival_days(days, date(2026, 2, 17)) == 0
    assert festival_days(days, date(2026, 2, 14)) == -3
    assert np.isnan(festival_days(days, date(2026, 1, 20)))
    assert days.off(date(2026, 2, 16))


def test_a_sunday_worked_for_the_festival_is_no_day_off():
    """Sunday 4 February 2024 made up for a day of the festival: offices were open."""
    days = off_days("CN", date(2024, 2, 1), date(2024, 2, 20))
    assert not days.off(date(2024, 2, 4))
    assert days.off(date(2024, 2, 3))
    assert days.off(date(2024, 2, 12))


def test_without_a_country_only_weekends_are_off():
    days = off_days(None, date(2024, 1, 1), date(2024, 1, 7))
    assert [days.off(date(2024, 1, day)) for day in range(1, 8)] == [False] * 5 + [True] * 2


def test_unknown_country_is_named():
    with pytest.raises(UnknownCountry, match="XX"):
        off_days("XX", date(2024, 1, 1), date(2024, 1, 2))


def test_clock_changes_move_the_local_hour_and_nothing_else():
    """Berlin, 31 March 2024: 01:00 UTC is 03:00 local; the hour 02 does not happen."""
    days = local_days(hours("2024-03-30T23:00", 4), "Europe/Berlin", "DE")
    assert days.hour.tolist() == [0, 1, 3, 4]
    assert days.offset_h.tolist() == [1, 1, 2, 2]
    assert days.weekday.tolist() == [6] * 4
    assert days.off_after.tolist() == [True] * 4  # Easter Monday, 1 April
    assert days.day_kind.tolist() == [2] * 4


def test_fixed_offset_and_quarter_hours():
    """China keeps UTC+8 all year; 16:15 UTC is 00:15 of the next day there."""
    days = local_days(hours("2026-01-01T16:15", 1), "UTC+08:00", None)
    assert days.hour.tolist() == [0.25]
    assert days.weekday.tolist() == [4]  # Friday, 2 January
    assert days.day_of_year[0] == pytest.approx(1 + 0.25 / 24)
