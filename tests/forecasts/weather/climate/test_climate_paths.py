"""Stochastic winters: right on average, rightly different, joined to what went before."""

from datetime import datetime, timedelta

import numpy as np
import pytest

from forecasts.series import UNITS
from forecasts.weather.climate.limits import memory, spread_k
from forecasts.weather.climate.normals import normal_temperature, normal_values
from forecasts.weather.climate.packaged import packaged_climate
from forecasts.weather.climate.paths import ALL_VARIABLES, daily_paths, winter_paths
from forecasts.weather.climate.spells import cold_waves
from forecasts.weather.provider import Place
from forecasts.weather.solar import clear_sky_w_per_m2

SHENYANG = packaged_climate("shenyang")
ZAOZHUANG = packaged_climate("zaozhuang")
SHENYANG_PLACE = Place(41.73, 123.51, "Asia/Shanghai")
NOVEMBER = datetime.fromisoformat("2025-11-01T00:00+08:00")
APRIL = datetime.fromisoformat("2026-04-01T00:00+08:00")
JANUARY = datetime.fromisoformat("2026-01-10T00:00+08:00")


@pytest.fixture(scope="module")
def winters():
    return winter_paths(SHENYANG, NOVEMBER, APRIL, 300, seed=11)


@pytest.fixture(scope="module")
def anomalies(winters):
    normal = normal_temperature(SHENYANG_PLACE, winters.time.values)
    return winters.air_temperature.values.astype(float) - normal


def test_winters_are_labelled_hours(winters):
    assert winters.air_temperature.dims == ("path", "time")
    assert winters.air_temperature.shape == (300, 151 * 24)
    assert winters.air_temperature.dtype == np.float32
    assert winters.air_temperature.attrs["units"] == "degC"
    assert winters.time.values[0] == np.datetime64("2025-10-31T16:00")
    assert np.isfinite(winters.air_temperature.values).all()


def test_monthly_means_of_many_winters_are_the_normals(anomalies):
    """Also at the seams of months; a bend of the tails that moved the mean would show here."""
    by_month = anomalies[:, : 150 * 24].reshape(300, 5, -1)
    assert np.abs(by_month.mean(axis=(0, 2))).max() < 0.45  # a month's mean scatters by 2.2 K


def test_winters_differ_as_winters_do(anomalies):
    """The mean of a winter scatters by 1.0 to 1.5 K; days of 27 h memory alone would give 0.6."""
    assert 1.0 < anomalies.mean(axis=1).std() < 1.5
    shandong = daily_paths(ZAOZHUANG, NOVEMBER, APRIL, 300, seed=2).air_temperature.values
    assert 0.7 < shandong.mean(axis=1).std() < 1.3


def test_days_have_the_spread_of_the_table(anomalies):
    """day_to_day_sd_k is that of daily means over many winters, month by month."""
    days = anomalies[:, 61 * 24 : 92 * 24].reshape(300, 31, 24).mean(axis=2)  # January
    assert days.std() == pytest.approx(SHENYANG.day_to_day_sd_k[0], rel=0.05)


def test_memory_and_spread_are_those_of_the_paths(winters, anomalies):
    """What hand-overs and gates are told is what the paths do."""
    for lag_h in (6, 24, 72, 240):
        found = np.corrcoef(anomalies[:, :-lag_h].ravel(), anomalies[:, lag_h:].ravel())[0, 1]
        assert float(memory(SHENYANG, np.array([lag_h]))[0]) == pytest.approx(found, abs=0.03)
    told = spread_k(SHENYANG, winters.time.values).mean()
    assert anomalies.std(axis=0).mean() == pytest.approx(told, rel=0.04)


def test_fronts_fall_faster_than_they_recover(anomalies):
    """Skewness of 6 h changes is -0.25 in Shenyang 2010-2015; reversed in time it would be +."""
    changes = anomalies[:, 6:] - anomalies[:, :-6]
    skewness = (changes**3).mean() / changes.std() ** 3
    assert -0.4 < skewness < -0.1


def test_cold_waves_come_at_realistic_rates(winters):
    """Five observed winters of Shenyang have 7, 7, 7, 9 and 12 by the definition of H§2."""
    lows = winters.air_temperature.values.reshape(300, 151, 24).min(axis=2)
    assert 5.5 < cold_waves(lows).mean() < 9.5
    shandong = daily_paths(ZAOZHUANG, NOVEMBER, APRIL, 200, seed=2).daily_min.values
    assert 0.3 < cold_waves(shandong).mean() < 4


def test_a_path_is_the_same_however_many_are_drawn_and_whatever_is_kept():
    few = winter_paths(SHENYANG, NOVEMBER, NOVEMBER + timedelta(days=20), 3, seed=5)
    many = winter_paths(SHENYANG, NOVEMBER, NOVEMBER + timedelta(days=20), 120, seed=5)
    whole = winter_paths(
        SHENYANG, NOVEMBER, NOVEMBER + timedelta(days=20), 3, seed=5, variables=ALL_VARIABLES
    )
    np.testing.assert_array_equal(few.air_temperature, many.air_temperature[:3])
    np.testing.assert_array_equal(few.air_temperature, whole.air_temperature)
    other = winter_paths(SHENYANG, NOVEMBER, NOVEMBER + timedelta(days=20), 3, seed=6)
    assert np.abs(other.air_temperature - few.air_temperature).max() > 3


def test_daily_paths_are_the_days_of_the_hourly_ones():
    end = NOVEMBER + timedelta(days=30)
    hours = winter_paths(SHENYANG, NOVEMBER, end, 60, seed=5).air_temperature.values
    days = daily_paths(SHENYANG, NOVEMBER, end + timedelta(hours=5), 60, seed=5)
    assert days.sizes["time"] == 30
    by_day = hours.reshape(60, 30, 24)
    np.testing.assert_allclose(days.air_temperature, by_day.mean(axis=2), atol=1e-3)
    np.testing.assert_allclose(days.daily_min, by_day.min(axis=2), atol=1e-4)
    np.testing.assert_allclose(days.daily_max, by_day.max(axis=2), atol=1e-4)


@pytest.mark.parametrize("anomaly_k", [-9.0, 0.0, 8.0])
def test_paths_go_on_from_the_anomaly_before_them(anomaly_k):
    """No jump at the seam, and what was known is forgotten as the climate forgets it.

    Begun anywhere, the first hour would miss by 5 K; never forgetting, the tenth day would.
    """
    ahead = winter_paths(
        SHENYANG, JANUARY, JANUARY + timedelta(days=12), 400, 3, anomaly_before_k=anomaly_k
    )
    left = ahead.air_temperature.values - normal_temperature(SHENYANG_PLACE, ahead.time.values)
    assert np.abs(left[:, 0] - anomaly_k).mean() < 1.2  # an hour moves by 1 K
    for hour in (24, 72):
        kept = float(memory(SHENYANG, np.array([hour]))[0])
        assert left[:, hour - 1].mean() == pytest.approx(kept * anomaly_k, abs=1.2)
    assert left[:, -1].mean() == pytest.approx(0.1 * anomaly_k, abs=1.2)
    grown = left.std(axis=0)
    assert grown[0] < 1.5
    assert 3 < grown[24] < 6
    assert 4 < grown[-1] < 6.5


def test_each_path_may_go_on_from_an_anomaly_of_its_own():
    """Members of an ensemble end apart; their continuations begin apart."""
    ends = np.linspace(-8, 8, 100)
    ahead = winter_paths(
        SHENYANG, JANUARY, JANUARY + timedelta(days=2), 100, 3, anomaly_before_k=ends
    )
    left = ahead.air_temperature.values - normal_temperature(SHENYANG_PLACE, ahead.time.values)
    assert np.abs(left[:, 0] - ends).mean() < 1.2


def test_other_variables_keep_their_normals_and_their_bounds():
    end = NOVEMBER + timedelta(days=120)
    drawn = winter_paths(ZAOZHUANG, NOVEMBER, end, 60, seed=9, variables=ALL_VARIABLES)
    place = Place(ZAOZHUANG.latitude, ZAOZHUANG.longitude, "Asia/Shanghai")
    normal = normal_values(place, drawn.time.values)
    clear = clear_sky_w_per_m2(drawn.time.values, place.latitude, place.longitude)
    assert (drawn.global_radiation.values <= clear + 1e-3).all()
    for name in ("wind_speed", "global_radiation", "relative_humidity"):
        assert drawn[name].attrs["units"] == UNITS[name]
        assert float(drawn[name].mean()) == pytest.approx(normal[name].mean(), rel=0.04)
    assert float(drawn.wind_speed.min()) > 0
    assert 10 <= float(drawn.relative_humidity.min()) < float(drawn.relative_humidity.max()) <= 100


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"paths": 0}, "at least 1"),
        ({"variables": ("temperature",)}, "choose of"),
        ({"variables": ()}, "choose of"),
        ({"end": NOVEMBER + timedelta(minutes=90)}, "whole number of hours"),
        ({"start": NOVEMBER + timedelta(minutes=30)}, "whole"),
        ({"end": NOVEMBER}, "at least 2"),
    ],
)
def test_what_cannot_be_drawn_is_said(change, told):
    asked = {"start": NOVEMBER, "end": APRIL, "paths": 2, "seed": 1} | change
    with pytest.raises(ValueError, match=told):
        winter_paths(SHENYANG, **asked)
