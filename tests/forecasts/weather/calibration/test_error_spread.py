"""Sd of errors by lead time: the handbook's to begin with, then the measured one."""

from datetime import UTC, datetime, timedelta

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from scipy.signal import lfilter

from forecasts.weather.calibration.default_error import daily_share, default_daily_k
from forecasts.weather.calibration.past_errors import PastErrors
from forecasts.weather.calibration.spread import (
    default_spread,
    learn_spread,
    never_falling,
    spread_from_json,
    spread_of_members,
)

LEAD_H = np.arange(168.0)
FIRST = datetime(2025, 11, 1, tzinfo=UTC)


def courses(count, memory_h, seed=0):
    """Standard normal courses whose hours dt apart correlate with exp(-dt/memory)."""
    kept = np.exp(-1 / memory_h)
    fresh = np.random.default_rng(seed).standard_normal((count, LEAD_H.size))
    fresh[:, 1:] *= np.sqrt(1 - kept**2)
    return lfilter([1], [1, -kept], fresh, axis=1)


def past(days, sd_k, memory_h=24.0, seed=0):
    issued = np.datetime64("2025-11-01", "ns") + np.arange(days) * np.timedelta64(24, "h")
    error = courses(days, memory_h, seed) * sd_k
    return PastErrors(issued, LEAD_H, error, np.zeros_like(error))


def now(days):
    return FIRST + timedelta(days=days)


def test_without_a_past_it_is_the_handbooks():
    """H§2: 1.5-2 K at 24 h, 2-2.5 K at 48 h, about 3 K at 72 h, of the daily mean."""
    spread = default_spread()
    assert [spread.sigma_daily_k(day) for day in (1, 2, 3)] == pytest.approx(
        [1.75, 2.25, 3.0], rel=0.03
    )
    unlearned = learn_spread(past(0, 1.0), now(0))
    assert unlearned.sd_k == pytest.approx(spread.sd_k)
    assert unlearned.pairs == 0


@pytest.mark.parametrize("climate_sd_k", [2.0, 4.0, 6.0])
def test_far_ahead_it_nears_the_spread_of_the_climate(climate_sd_k):
    spread = default_spread(climate_sd_k)
    daily = [spread.sigma_daily_k(day) for day in range(1, 17)]
    assert (np.diff(daily) >= -1e-9).all()
    assert 0.9 * climate_sd_k < daily[-1] <= climate_sd_k + 1e-9
    assert default_daily_k(1e6, climate_sd_k) == pytest.approx(climate_sd_k)


def test_share_of_a_day_by_hand():
    """Errors that never change keep all, independent ones 1/sqrt(24); two hours: (1 + r)/2."""
    assert daily_share(1e9) == pytest.approx(1.0)
    assert daily_share(1e-3) == pytest.approx(1 / np.sqrt(24))
    assert daily_share(1 / np.log(2), hours=2) == pytest.approx(np.sqrt(0.75))


def test_hourly_and_daily_spread_are_one_model():
    """Drawn error courses show both: the sd of hours, and of their daily means."""
    spread = default_spread()
    paths = spread.error_paths(LEAD_H, 20_000, seed=7)
    assert paths.std(axis=0) == pytest.approx(spread.sigma_hourly_k(LEAD_H), rel=0.03)
    daily = paths.reshape(20_000, 7, 24).mean(axis=2).std(axis=0)
    assert daily == pytest.approx([spread.sigma_daily_k(day) for day in range(1, 8)], rel=0.03)
    together = np.corrcoef(paths[:, 30], paths[:, 54])[0, 1]
    assert together == pytest.approx(np.exp(-24 / spread.memory_h), abs=0.03)


def test_paths_are_a_function_of_their_seed():
    spread = default_spread()
    assert (spread.error_paths(LEAD_H, 3, 1) == spread.error_paths(LEAD_H, 3, 1)).all()
    assert (spread.error_paths(LEAD_H, 3, 1) != spread.error_paths(LEAD_H, 3, 2)).any()
    with pytest.raises(ValueError, match="hourly"):
        spread.error_paths(LEAD_H[::3], 3, 1)


def test_measured_errors_take_over():
    """Sd 0.8 K + 1 K a day: after a week half-way, after a season there."""
    sd_k = 0.8 + LEAD_H / 24
    few, many = (learn_spread(past(n, sd_k), now(n)) for n in (7, 200))
    default, at = default_spread(), np.array([12.0, 36.0])
    assert many.sigma_hourly_k(at) == pytest.approx(sd_k[[12, 36]], rel=0.15)
    nearer = np.abs(few.sigma_hourly_k(12.0) - sd_k[12])
    assert nearer < np.abs(default.sigma_hourly_k(12.0) - sd_k[12])
    assert few.sigma_hourly_k(12.0) > many.sigma_hourly_k(12.0)


def test_memory_of_errors_is_measured():
    """Errors that last raise the daily sd at the same hourly one."""
    short, long = (learn_spread(past(200, 1.5, memory_h=m), now(200)) for m in (8.0, 80.0))
    assert short.memory_h < 14
    assert long.memory_h > 45
    assert long.sigma_daily_k(2) > 1.2 * short.sigma_daily_k(2)


def test_leads_never_measured_go_to_the_climate():
    """Two good days say little of the tenth."""
    errors = past(100, 0.7)
    first = PastErrors(
        errors.issue_times, LEAD_H[:48], errors.forecast_c[:, :48], errors.observed_c[:, :48]
    )
    spread = learn_spread(first, now(100))
    assert spread.sigma_hourly_k(24.0) < 1.2
    assert spread.sigma_daily_k(10) > 0.85 * default_spread().sigma_daily_k(10)


def test_a_bad_first_hour_does_not_widen_all_the_others():
    """Five bad days of the first hours would else be the least spread of every later lead."""
    sd_k = np.where(LEAD_H < 6, 6.0, 0.8)
    spread = learn_spread(past(30, sd_k), now(30))
    assert spread.sigma_hourly_k(36.0) < 0.6 * 6.0
    separate = learn_spread(past(30, np.full(LEAD_H.size, 0.8)), now(30))
    assert spread.sigma_hourly_k(36.0) > separate.sigma_hourly_k(36.0)


@settings(deadline=None, max_examples=25)
@given(st.integers(0, 40), st.floats(0.1, 8), st.integers(0, 5))
def test_it_never_falls_with_lead_nor_passes_the_climate(days, sd_k, seed):
    spread = learn_spread(
        past(days, sd_k * np.linspace(2, 0.2, LEAD_H.size), seed=seed), now(days), 5.0
    )
    hourly = spread.sigma_hourly_k(np.arange(400.0))
    assert (np.diff(hourly) >= 0).all()
    assert hourly[-1] <= 5.0 / daily_share(spread.memory_h) + 1e-9


def test_one_absurd_error_hardly_counts():
    errors = past(60, 1.0)
    clean = learn_spread(errors, now(60))
    errors.forecast_c[40, 10] = 400.0
    assert learn_spread(errors, now(60)).sigma_daily_k(1) < 1.1 * clean.sigma_daily_k(1)


def test_what_is_not_known_yet_changes_nothing():
    errors = past(30, 1.0)
    clean = learn_spread(errors, now(20)).to_json()
    end_h = 24 * np.arange(30)[:, None] + LEAD_H + 1
    later = np.where(end_h > 480, 30.0, errors.forecast_c)
    spoilt = PastErrors(errors.issue_times, LEAD_H, later, errors.observed_c)
    assert learn_spread(spoilt, now(20)).to_json() == clean


def test_members_give_the_spread_of_the_day():
    """Members with sd 1 K to the third day and 3 K after it; memory 40 h."""
    sd_k = np.where(LEAD_H < 72, 1.0, 3.0)
    members = courses(200, 40.0, seed=3) * sd_k
    members[5, 20] = np.nan
    spread = spread_of_members(members, LEAD_H, now(0))
    assert spread.sigma_hourly_k([24.0, 120.0]) == pytest.approx([1.0, 3.0], rel=0.1)
    assert spread.memory_h == pytest.approx(40, rel=0.4)


def test_quantiles_by_hand():
    spread = default_spread()
    found = spread.quantiles(np.full(2, 5.0), np.array([12.0, 36.0]), [0.1, 0.5])
    assert found[0] == pytest.approx(5 - 1.2816 * spread.sigma_hourly_k([12.0, 36.0]), abs=1e-3)
    assert found[1] == pytest.approx([5.0, 5.0])


def test_a_day_needs_a_lead():
    assert default_spread().sigma_daily_k(0.25) == pytest.approx(
        float(default_spread().sigma_hourly_k(3.0)), rel=0.1
    )
    with pytest.raises(ValueError, match="first day"):
        default_spread().sigma_daily_k(0)


def test_json():
    spread = learn_spread(past(12, 1.0), now(12))
    assert spread_from_json(spread.to_json()) == spread


@settings(deadline=None)
@given(arrays(float, st.integers(1, 9), elements=st.floats(0, 9)))
def test_pooling_never_falls_and_keeps_the_mean(values):
    weight = np.linspace(1, 2, values.size)
    pooled = never_falling(values, weight)
    assert (np.diff(pooled) >= -1e-12).all()
    assert weight @ pooled == pytest.approx(weight @ values)
    assert never_falling(np.sort(values), weight) == pytest.approx(np.sort(values))
