"""Baselines by hand, with gaps, and with nothing but what was known."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from forecasts.demand.backtest import hidden_after
from forecasts.demand.load.baselines import (
    BASELINES,
    Baseline,
    heating_curve,
    persistence,
    same_time,
    weekly,
)
from forecasts.demand.load.daily_recipe import daily_recipe
from forecasts.demand.load.record import KnownWeather, LoadRecord
from tests.load_record_maker import perfect, record_of, runs_with_errors, winter

NAN = np.nan


def at(*issues: int) -> np.ndarray:
    return np.array(issues, dtype=np.int64)


def test_persistence_holds_the_last_known_load():
    """Issue 3 knows rows 0 to 2: with row 2 missing it is row 1; row 3 is the future."""
    record = record_of([5, 6, NAN, 9, 10])
    told = persistence(record, perfect(record), at(0, 3, 4, 5), 2)
    assert np.array_equal(told, [[NAN, NAN], [6, 6], [9, 9], [10, 10]], equal_nan=True)


def test_the_same_time_is_a_day_before_or_the_next_older_day():
    """Hour h of day d has load 100·d + h. At noon of day 2: the morning is today's, no more."""
    load = np.array([100.0 * (k // 24) + k % 24 for k in range(96)])
    record = record_of(load)
    told = same_time(record, perfect(record), at(60), 37)[0]
    assert told[:12].tolist() == [112 + k for k in range(12)]  # to midnight: yesterday
    assert told[12:24].tolist() == [200 + k for k in range(12)]  # tomorrow morning: today
    assert told[24:36].tolist() == [112 + k for k in range(12)]  # tomorrow noon on: yesterday
    assert told[36] == 200
    load[36] = NAN
    record = record_of(load)
    assert same_time(record, perfect(record), at(60), 1)[0, 0] == 12  # the day before that


def test_the_week_before_falls_to_the_week_before_that():
    load = np.arange(15 * 24, dtype=float)
    load[7 * 24] = NAN
    record = record_of(load)
    told = weekly(record, perfect(record), at(14 * 24), 2)[0]
    assert told.tolist() == [0, 7 * 24 + 1]


@pytest.mark.parametrize("step_h", [1.0, 0.25])
def test_days_are_hours_whatever_the_step(step_h):
    """With a lag in rows a quarter-hourly record would be compared with six hours before."""
    per_day = round(24 / step_h)
    load = np.repeat(np.arange(20.0), per_day)
    record = record_of(load, step_h=step_h)
    issue = at(15 * per_day)
    assert set(same_time(record, perfect(record), issue, per_day)[0]) == {14.0}
    assert set(weekly(record, perfect(record), issue, per_day)[0]) == {8.0}


def test_a_heating_curve_is_found_through_outliers():
    """10 MW base, 3 MW per K below 14 °C, one hour in ten nonsense: at −6 °C it is 70 MW."""
    draw = np.random.default_rng(5)
    temp_c = draw.uniform(-8, 24, 24 * 40)
    load = 10 + 3 * np.maximum(0, 14 - temp_c)
    load[::10] = 300
    temp_c[-2:] = [-6, 20]
    record = record_of(load, temp_c)
    told = heating_curve(record, perfect(record), at(24 * 40 - 2), 2)
    assert told is not None
    assert told[0].tolist() == pytest.approx([70, 10], abs=0.5)


def test_the_curve_takes_the_temperature_as_it_was_forecast():
    record = winter(40)
    issue = at(24 * 35)
    came = heating_curve(record, perfect(record), issue, 24)
    said = heating_curve(record, KnownWeather(record, runs_with_errors(record)), issue, 24)
    assert came is not None
    assert said is not None
    assert np.abs(came - said).min() > 0.5


def test_the_recipe_follows_the_temperature_of_the_day():
    """2 MW per K below 18 °C, level over the day: at a day of −7 °C it is 50 MW from midnight on.

    Yesterday's load, 36 MW at 0 °C, would be another 14 MW off.
    """
    temp_c = np.repeat([0.0] * 35 + [-7.0], 24)
    record = record_of(2 * (18 - temp_c), temp_c)
    told = daily_recipe(record, perfect(record), at(35 * 24), 24)
    assert told is not None
    assert told[0] == pytest.approx(np.full(24, 50.0))


def test_the_recipe_corrects_itself_by_the_day_before():
    """Load 4 % above its index since yesterday: k₁ = 1.04, so today's forecast is 4 % higher.

    10 % is out of bounds: back to the index, as the recipe has it.
    """
    for more, expected in ((1.04, 36 * 1.04), (1.10, 36.0)):
        temp_c = np.zeros(38 * 24)
        load = np.full(38 * 24, 36.0)
        load[36 * 24 :] *= more  # the index is set anew on day 35
        record = record_of(load, temp_c)
        told = daily_recipe(record, perfect(record), at(37 * 24), 24)
        assert told is not None
        assert told[0] == pytest.approx(np.full(24, expected))


def test_the_recipe_spreads_a_day_as_last_week_was():
    """Half by day, nothing by night: without the profile every hour would be the mean, 36 MW."""
    temp_c = np.zeros(36 * 24)
    load = np.tile(np.repeat([72.0, 0.0], 12), 36)
    record = record_of(load, temp_c)
    told = daily_recipe(record, perfect(record), at(35 * 24 + 6), 12)
    assert told is not None
    assert told[0] == pytest.approx([72.0] * 6 + [0.0] * 6)


def test_the_recipe_keeps_local_days():
    """The heating day of 08:00 to 20:00 in UTC+08:00 begins at 00:00 UTC; the mean is local."""
    utc = np.arange(36 * 24)
    local_day = (utc + 8) // 24
    temp_c = np.where(local_day == 35, -7.0, 0.0)
    record = record_of(2 * (18 - temp_c), temp_c, timezone="UTC+08:00")
    issue = 35 * 24 - 8  # local midnight
    told = daily_recipe(record, perfect(record), at(issue), 24)
    assert told is not None
    assert told[0] == pytest.approx(np.full(24, 50.0))


def test_without_temperatures_those_by_weather_tell_nothing():
    record = record_of(np.ones(100))
    for name in (Baseline.HEATING_CURVE, Baseline.DAILY_RECIPE):
        assert BASELINES[name](record, perfect(record), at(50), 5) is None


GAPPY = winter(30, seed=4)


@pytest.mark.parametrize("with_runs", [False, True])
@settings(max_examples=15, deadline=None)
@given(seed=st.integers(0, 10_000), share=st.floats(0.0, 0.6), cut=st.integers(24, 24 * 29))
def test_baselines_are_honest_and_total_whatever_is_missing(with_runs, seed, share, cut):
    """What comes after an issue changes nothing, and one known load before it is enough."""
    draw = np.random.default_rng(seed)
    load, weather = GAPPY.load_mw.copy(), {k: v.copy() for k, v in GAPPY.weather.items()}
    load[draw.random(load.size) < share] = NAN
    load[0] = 100.0
    for values in weather.values():
        values[draw.random(values.size) < share] = NAN
    record = LoadRecord(GAPPY.times, 1.0, load, weather, "UTC+08:00")
    known = KnownWeather(record, runs_with_errors(record, every_h=7.0) if with_runs else None)
    issues = np.unique(draw.integers(1, cut, 5))
    issues = np.append(issues[issues < cut], cut).astype(np.int64)
    hidden, before = hidden_after(record, known, cut, 30)
    for name, ask in BASELINES.items():
        told, again = ask(record, known, issues, 30), ask(hidden, before, issues, 30)
        assert told is not None
        assert again is not None
        assert np.allclose(told, again, rtol=1e-9, equal_nan=True), name
    assert np.isfinite(persistence(record, known, issues, 30)).all()
