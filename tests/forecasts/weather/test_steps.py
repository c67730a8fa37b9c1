"""Hourly weather on shorter steps."""

from datetime import UTC, datetime

import numpy as np
import pytest

from forecasts.series import step_hours
from forecasts.weather.climate.drawn import ClimateWeather
from forecasts.weather.provider import Place
from forecasts.weather.steps import resample

NOON = datetime(2026, 1, 15, 4, tzinfo=UTC)


@pytest.fixture
def weather():
    return ClimateWeather().latest_run(Place(34.86, 117.55, "Asia/Shanghai"), NOON, NOON, 48)


@pytest.mark.parametrize("step_h", [1.0, 0.5, 0.25])
def test_degree_hours_and_sunshine_do_not_depend_on_step_length(weather, step_h):
    finer = resample(weather, step_h)
    assert step_hours(finer) == step_h
    assert finer.sizes["time"] == 48 / step_h
    for name in weather.data_vars:
        per_hour = finer[name].values.reshape(48, -1).mean(axis=1)
        np.testing.assert_array_equal(per_hour, weather[name].values)
        assert finer[name].attrs == weather[name].attrs
    assert finer.attrs == weather.attrs


def test_only_the_known_steps_of_hourly_weather(weather):
    with pytest.raises(ValueError, match=r"step_h is 0\.1"):
        resample(weather, 0.1)
    with pytest.raises(ValueError, match="expected 1 h"):
        resample(resample(weather, 0.5), 0.25)
