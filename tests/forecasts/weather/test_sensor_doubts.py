"""A sensor's clock in another zone, and a sensor in the sun, seen against a forecast."""

import numpy as np
import pytest
import xarray as xr

from forecasts.weather.sensor_doubts import sensor_doubts
from forecasts.weather.solar import clear_sky_w_per_m2

PLACE = (34.86, 117.55)
TIMES = np.datetime64("2026-01-05", "ns") + np.arange(240) * np.timedelta64(3600, "s")


def series(values) -> xr.DataArray:
    return xr.DataArray(np.asarray(values, dtype=float), {"time": TIMES}, ("time",))


def weather_c(shift_h: int = 0) -> np.ndarray:
    """Days of ±5 K, and fronts that come every 67 h."""
    hours = np.arange(240) - shift_h
    return 5 * np.sin(2 * np.pi * hours / 24) + 4 * np.sin(2 * np.pi * hours / 67)


@pytest.mark.parametrize("shift_h", [0, 1, 3, 8, -8])
def test_a_clock_in_another_zone_is_told(shift_h):
    """+8: local time of China taken for UTC. One hour may be the forecast's own slip."""
    found = sensor_doubts(series(weather_c(shift_h) + 2), series(weather_c()), *PLACE)
    assert found.clock_shift_h == (shift_h if abs(shift_h) > 1 else 0)


def test_a_forecast_that_is_merely_poor_is_no_doubt_about_the_clock():
    noise = np.random.default_rng(3).normal(0, 3, 240)
    found = sensor_doubts(series(weather_c() + noise), series(weather_c()), *PLACE)
    assert found.clock_shift_h == 0


def test_a_sensor_in_the_sun_is_told():
    """6 K too warm at 600 W/m²; the mean of hours above 250 W/m² lies between 2.5 and 6 K."""
    sun = clear_sky_w_per_m2(TIMES, *PLACE)
    found = sensor_doubts(series(weather_c() + 0.01 * sun - 3), series(weather_c()), *PLACE)
    assert found.in_the_sun
    assert 2.5 < found.sun_excess_k < 6
    shaded = sensor_doubts(series(weather_c() - 3), series(weather_c()), *PLACE, series(sun))
    assert shaded.sun_excess_k == pytest.approx(0)
    assert not shaded.in_the_sun


def test_too_little_to_judge_by_is_no_doubt():
    few = series(weather_c()).isel(time=slice(0, 20))
    found = sensor_doubts(few, series(weather_c(5)), *PLACE, series(np.zeros(240)))
    assert found.clock_shift_h == 0
    assert np.isnan(found.sun_excess_k)
    assert not found.in_the_sun
