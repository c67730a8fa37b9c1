"""Counting cold by hand-worked days."""

import numpy as np
import pytest

from forecasts.weather.climate.spells import (
    cold_wave_days,
    cold_waves,
    degree_hours,
    design_temperature_c,
    heating_days,
    load_duration_c,
)


@pytest.mark.parametrize(
    ("lows", "waves"),
    [
        ([2, -6], 1),  # 8 K in a day
        ([2, -5.9], 0),
        ([2, -3, -8], 1),  # 10 K in two days, 5 K in each
        ([2, -3, -7.9], 0),
        ([2, -2, -6, -10], 1),  # 12 K in three
        ([14, 6], 0),  # fell by 8 K, but to 6 °C
        ([12, 4], 1),  # to 4 °C it counts
        ([5, -5, -10, -4, -13], 2),  # days in a row are one wave; the second begins anew
        ([np.nan, -20, np.nan, -20], 0),  # a gap is no fall
        ([-10, -2, 6], 0),  # a rise is none
        ([3], 0),
    ],
)
def test_cold_waves_of_the_definition(lows, waves):
    assert int(cold_waves(np.array(lows, dtype=float))) == waves


def test_each_winter_is_counted_for_itself():
    lows = np.array([[2.0, -6, -6, -6], [0, 0, 0, 0], [5, -5, 5, -5]])
    np.testing.assert_array_equal(cold_waves(lows), [1, 0, 2])
    assert cold_wave_days(lows).shape == lows.shape


def test_degree_hours_count_below_the_base_only():
    """18 - 10 = 8 and 18 - (-2) = 20 K h; 19 °C and a gap give none."""
    assert float(degree_hours(np.array([10.0, -2, 19, np.nan]))) == 28
    assert float(degree_hours(np.array([10.0, -2]), base_c=0.0)) == 2


def test_heating_days_and_design_temperature():
    found = heating_days(np.array([4.0, 5, 6, -1]), 5.0)
    assert (found.days, found.mean_c) == (3, pytest.approx(8 / 3))
    assert heating_days(np.array([9.0]), 5.0).days == 0
    years = np.stack([np.arange(365.0), np.arange(365.0)])  # 5 days a year colder than day 5
    assert design_temperature_c(years) == 5.0


def test_load_duration_begins_at_the_design_day_and_keeps_the_mean():
    """Shenyang, H§2 and §14: t_w' -16.9, 151 days, mean -5.1, so t_r = -4.69 and b = 1.203."""
    days = np.arange(5, 151.0001, 0.01)
    course = load_duration_c(days, 151, -5.1, -16.9)
    assert (course[0], course[-1]) == (-16.9, pytest.approx(10.0))
    assert load_duration_c(np.array([1.0]), 151, -5.1, -16.9)[0] == -16.9
    mean = (5 * -16.9 + 146 * (course[:-1] + course[1:]).mean() / 2) / 151
    assert mean == pytest.approx(-5.1, abs=0.01)
    with pytest.raises(ValueError, match="do not rise"):
        load_duration_c(days, 151, -20.0, -16.9)
