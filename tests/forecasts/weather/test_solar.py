"""Sun and daily course, against almanac values and arithmetic."""

from datetime import UTC, datetime

import numpy as np
import pytest

from forecasts.weather.diurnal import daily_wave
from forecasts.weather.run import hour_starts
from forecasts.weather.solar import (
    clear_sky_w_per_m2,
    declination_rad,
    deep_night,
    distance_km,
    mid_hours,
    solar_hour,
    sunrise_solar_hour,
)

LATITUDE, LONGITUDE = 34.86, 117.55


def at(*moment: int) -> np.ndarray:
    return np.array([np.datetime64(datetime(*moment), "ns")])  # noqa: DTZ001 - UTC by contract


def test_declination_at_solstices_and_equinox():
    for moment, degrees in (((2026, 6, 21), 23.44), ((2025, 12, 21), -23.44), ((2026, 3, 20), 0)):
        assert np.degrees(declination_rad(at(*moment, 12))[0]) == pytest.approx(degrees, abs=0.5)


def test_solar_noon_of_mid_january_in_zaozhuang():
    """Longitude puts noon at 12:09:48 China time, the equation of time (-9.2 min) at 12:19."""
    assert solar_hour(at(2026, 1, 15, 4, 19), LONGITUDE)[0] == pytest.approx(12, abs=0.02)


def test_day_length_at_the_equinox_and_in_polar_winter():
    assert sunrise_solar_hour(at(2026, 3, 20, 12), LATITUDE)[0] == pytest.approx(6, abs=0.05)
    assert sunrise_solar_hour(at(2025, 12, 21), 80.0)[0] == 11


def test_clear_sky_of_a_january_day():
    """Noon: cos z = cos(34.86 + 21.1 degrees) = 0.560; Haurwitz: 1098 * 0.560 * e^-0.102 = 555."""
    starts = hour_starts(datetime(2026, 1, 14, 16, tzinfo=UTC), 24)
    clear = clear_sky_w_per_m2(starts, LATITUDE, LONGITUDE)
    assert clear.max() == pytest.approx(555, rel=0.02)
    assert (clear[:7] == 0).all()
    assert (clear[18:] == 0).all()
    night = deep_night(starts, LATITUDE, LONGITUDE)
    assert night[[0, 5, 19, 23]].all()
    assert not night[[7, 12, 17]].any()


def test_the_daily_wave_has_range_one_and_mean_zero():
    starts = hour_starts(datetime(2026, 1, 14, 16, tzinfo=UTC), 24)
    wave = daily_wave(mid_hours(starts), LATITUDE, LONGITUDE)
    assert wave.mean() == pytest.approx(0, abs=0.005)
    assert wave.max() - wave.min() == pytest.approx(1, abs=0.02)


def test_distance_of_one_degree_of_latitude():
    assert distance_km(35, 117, 36, 117) == pytest.approx(111.2, abs=0.1)
