"""What is laid over weather to come: hour by hour, and on every path of the fuel outlook."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from forecasts.weather.altered import altered, noted, noted_alteration, nothing_altered
from forecasts.weather.best_forecast import best_forecast
from forecasts.weather.climate.drawn import ClimateWeather
from forecasts.weather.climate.normals import normal_temperature
from forecasts.weather.climate.packaged import packaged_climate
from forecasts.weather.joined_paths import weather_ahead
from forecasts.weather.provider import Nature
from forecasts.weather.solar import HOUR
from tests.forecast_maker import ZAOZHUANG

CLIMATE = packaged_climate("zaozhuang")
START = datetime(2026, 1, 14, 22, tzinfo=UTC)  # 15 January 06:00 in China
FIRST = START - timedelta(hours=48)
LAST_DAY = date(2026, 2, 20)
HOURS = np.datetime64(FIRST.replace(tzinfo=None), "ns") + np.arange(24 * 60) * HOUR


def sky():
    """The climate's drawn year, four days of it."""
    return best_forecast([ClimateWeather()], ZAOZHUANG, START, FIRST, 144)


def only(hours, **values):
    """An alteration of so many hours that leaves all but a few values as they are."""
    return replace(nothing_altered(hours), **values)


def warmer(hours, shift_k):
    return only(hours.size, temperature_added=shift_k)


def paths(weather):
    asked = "Asia/Shanghai", START, LAST_DAY, 50, 3
    return weather_ahead(weather, CLIMATE, ZAOZHUANG, *asked)


@pytest.mark.parametrize("nature", [Nature.FORECAST, Nature.CLIMATE])
def test_what_is_noted_moves_every_path_by_its_mean_of_the_day_and_no_more(nature):
    """−6 K from local noon of the second day on for 24 h: −3 K on the mean of two days.

    Without the note weather that is no forecast would reach no path at all, and a forecast's would
    fade from its end on.
    """
    told = sky().assign_attrs(nature=nature.value)
    begins = 48 + 18 + 12
    shift = np.zeros(HOURS.size)
    shift[begins : begins + 24] = -6
    before, after = paths(told), paths(noted(told, HOURS, warmer(HOURS, shift)))
    moved = after.path_c - before.path_c
    expected = np.zeros(before.days)
    expected[1:3] = -3.0
    assert moved == pytest.approx(np.broadcast_to(expected, moved.shape), abs=1e-4)
    assert after.expected_c - before.expected_c == pytest.approx(expected, abs=1e-9)


def test_no_sun_by_night_is_no_less_sun():
    """A night without radiation changes no day's mean; the mean of factors would."""
    told = sky()
    local_hour = (np.arange(HOURS.size) + 6) % 24
    by_day = (local_hour >= 6) & (local_hour <= 20)
    usual = paths(told).radiation_w_per_m2
    for left, part in ((by_day * 1.0, 1.0), (~by_day * 1.0, 0.0)):
        dark = only(HOURS.size, radiation_factor=left)
        found = paths(noted(told, HOURS, dark)).radiation_w_per_m2
        assert found == pytest.approx(part * usual)


def test_wind_is_never_less_than_none():
    still = only(3, wind_added=np.array([-2.0, 0.0, 2.0]))
    assert still.wind_m_per_s(np.ones(3)).tolist() == [0, 1, 3]


def test_hours_outside_those_noted_stay():
    told = noted(sky(), HOURS[:3], warmer(HOURS[:3], np.array([1.0, 2.0, 3.0])))
    change = noted_alteration(told, HOURS[:5] + HOUR)
    assert change.temperature_added.tolist() == [2, 3, 0, 0, 0]
    assert noted_alteration(sky(), HOURS) is None
    with pytest.raises(ValueError, match="other hours"):
        noted(told, HOURS[:4], nothing_altered(4))


FIGURES = st.lists(st.floats(-5, 5), min_size=2, max_size=2)


@given(first=FIGURES, second=FIGURES, factors=FIGURES)
def test_two_alterations_in_one_are_one_after_the_other(first, second, factors):
    """Affine maps: scaled about the normal first, then shifted, or the other way round."""
    told, normal = np.array([-7.0, 3.0]), np.array([-1.0, 0.5])
    shift = only(2, temperature_added=np.array(first))
    both = only(2, temperature_added=np.array(second), anomaly_factor=np.array(factors))
    stepwise = both.temperature_c(shift.temperature_c(told, normal), normal)
    assert both.after(shift).temperature_c(told, normal) == pytest.approx(stepwise, abs=1e-9)
    assert shift.after(both).temperature_c(told, normal) == pytest.approx(
        shift.temperature_c(both.temperature_c(told, normal), normal), abs=1e-9
    )


def test_all_told_of_the_temperature_moves_together():
    told = sky()
    times = told["time"].values
    change = warmer(times, np.full(times.size, -4.0))
    colder = altered(told, change, normal_temperature(ZAOZHUANG, times))
    for name in ("air_temperature", "air_temperature_uncorrected", "air_temperature_quantile"):
        assert (colder[name] - told[name]).values == pytest.approx(-4.0)
        assert colder[name].attrs == told[name].attrs
        assert colder[name].dims == told[name].dims
    assert colder["air_temperature_sd"].identical(told["air_temperature_sd"])
    assert colder["wind_speed"].values.tolist() == told["wind_speed"].values.tolist()
