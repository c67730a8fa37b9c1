"""The past as an issue knows it, against hand-worked series."""

import numpy as np
import pytest

from forecasts.demand.holidays import local_days
from forecasts.demand.load.lags import (
    bridged,
    filtered,
    filtered_ahead,
    filtered_at,
    local_slots,
    same_time,
    state_of,
)

NAN = np.nan


def test_filter_follows_its_closed_form():
    """After a step from 0 to 10 °C, n hours later 10·(1 − exp(−n/τ)) is felt (F3)."""
    values = np.concatenate([np.zeros(2000), np.full(48, 10.0)])
    mean = filtered(values, 1.0, 24.0)
    felt = filtered_at(mean, np.array([2000, 2012, 2024, 2048]))
    expected = 10.0 * (1.0 - np.exp(-np.array([0, 12, 24, 48]) / 24.0))
    assert felt == pytest.approx(expected, abs=1e-9)


def test_filter_goes_on_ahead_as_it_did_behind():
    """Measured to the issue and forecast after it, or measured all along: the same is felt."""
    values = np.random.default_rng(1).normal(0, 5, 300)
    mean = filtered(values, 1.0, 12.0)
    ahead = filtered_ahead(mean, np.array([250]), values[None, 250:])
    assert ahead[0] == pytest.approx(filtered_at(mean, np.arange(251, 301)))


def test_filter_skips_a_gap_and_starts_as_a_plain_mean():
    """Read as zero, the missing hour would pull 10 °C towards 5."""
    mean = filtered(np.array([10.0, NAN, 10.0]), 1.0, 24.0)
    assert filtered_at(mean, np.arange(4)) == pytest.approx([NAN, 10, 10, 10], nan_ok=True)


def test_filter_does_not_depend_on_the_step():
    hourly = np.random.default_rng(2).normal(0, 5, 100)
    fine = filtered_at(filtered(np.repeat(hourly, 4), 0.25, 24.0), np.array([4, 40, 400]))
    assert fine == pytest.approx(filtered_at(filtered(hourly, 1.0, 24.0), np.array([1, 10, 100])))


def test_a_closed_gap_is_a_line_and_an_open_one_is_yesterdays_course():
    """Hour 27 is missing: known from both sides once 28 is, and before that from yesterday alone.

    Yesterday 24 h earlier went 5, 9; the last known hour is 2 above it, of which after an hour
    exp(−1/4) is left.
    """
    values = np.full(40, 5.0)
    values[3] = 9.0
    values[26], values[27], values[28] = 7.0, NAN, 11.0
    known = bridged(values, 1.0)
    assert known.at(np.array([27]), np.array([30])) == pytest.approx([9.0])
    assert known.at(np.array([27]), np.array([28])) == pytest.approx([9.0 + 2.0 * np.exp(-0.25)])
    assert np.isnan(known.at(np.array([30]), np.array([30])))[0]  # not yet measured


def test_a_long_gap_stays_one():
    values = np.full(60, 5.0)
    values[30:36] = NAN
    known = bridged(values, 1.0).at(np.arange(30, 36), np.array([60]))
    assert np.isfinite(known).tolist() == [True, True, True, False, False, False]


def test_same_hour_goes_past_days_without_a_load():
    """Hour 5 of day 3 is not known and no gap to bridge: the last known day at 5 is day 2."""
    load = np.arange(5 * 24, dtype=float)
    load[3 * 24 : 4 * 24] = NAN
    days = local_days(times(5 * 24), "UTC", None)
    index = same_time(bridged(load, 1.0), local_slots(days, 1.0))
    target, issue = np.array([4 * 24 + 5]), np.array([4 * 24])
    assert index.rows_before(target, issue, 1).tolist() == [2 * 24 + 5]
    assert index.rows_before(target, issue, 2).tolist() == [24 + 5]
    assert index.rows_before(target, issue, 4).tolist() == [-1]


def test_same_hour_is_that_of_the_clock_on_the_wall():
    """Berlin, the day after clocks go forward: 06:00 is 04:00 UTC, the day before it was 05:00."""
    moments = times(72, "2024-03-30T00:00")
    days = local_days(moments, "Europe/Berlin", None)
    index = same_time(bridged(np.ones(72), 1.0), local_slots(days, 1.0))
    row = int(np.flatnonzero(moments == np.datetime64("2024-03-31T04:00"))[0])
    assert index.rows_before(np.array([row]), np.array([row]), 1).tolist() == [5]


def test_hours_since_the_restart():
    state, hours = state_of(np.array([5.0, 5.0, 0.0, NAN, 0.0, 6.0]), 1.0)
    assert state == pytest.approx([NAN, 1, 1, 0, 0, 0, 1], nan_ok=True)
    assert hours == pytest.approx([NAN, 1, 2, 1, 2, 3, 1], nan_ok=True)


def times(count, first="2024-01-01T00:00"):
    return (np.datetime64(first) + np.arange(count) * np.timedelta64(1, "h")).astype(
        "datetime64[ns]"
    )
