"""What a climate holds for possible: records stay inside, slips of unit and place do not."""

from datetime import UTC, datetime

import numpy as np
import pytest

from forecasts.weather.climate.limits import memory, spread_k, usual_range
from forecasts.weather.climate.normals import normal_temperature
from forecasts.weather.climate.packaged import packaged_climate, packaged_climates
from forecasts.weather.climate.paths import winter_paths
from forecasts.weather.provider import Place
from forecasts.weather.run import hour_starts

SHENYANG = Place(41.73, 123.51, "Asia/Shanghai")
YEAR = hour_starts(datetime(2024, 12, 31, 16, tzinfo=UTC), 8760)
JANUARY = slice(0, 31 * 24)


def test_records_of_thirty_years_are_possible_everywhere():
    """T_min of GB 50736 (handbook section 2) may come back on a January night."""
    for climate in packaged_climates():
        low, high = usual_range(climate, YEAR)
        assert climate.record_low_c is not None
        assert low[JANUARY].min() < climate.record_low_c - 1
        assert (high - low > 12).all()  # also in July


def test_summer_heat_is_possible():
    """Jinan has seen 42 °C, Shenyang 38 °C; neither is a fault of a sensor."""
    for city, hottest in (("jinan", 42.0), ("shenyang", 38.0)):
        _, high = usual_range(packaged_climate(city), YEAR)
        assert high.max() > hottest - 1.5


@pytest.mark.parametrize(
    ("slipped", "caught"),
    [
        (lambda t: t + 273.15, 1.0),  # kelvins
        (lambda t: t * 9 / 5 + 32, 0.99),  # °F
        (lambda t: t + 20, 0.9),
        (lambda t: t - 20, 0.9),
    ],
)
def test_a_slip_of_twenty_kelvin_leaves_the_range(slipped, caught):
    """Of forecasts of a week in winter, the share in which some hour is out of range."""
    start = datetime(2025, 11, 30, 16, tzinfo=UTC)
    end = datetime(2025, 12, 7, 16, tzinfo=UTC)
    weeks = winter_paths(packaged_climate("shenyang"), start, end, 100, 1)
    low, high = usual_range(SHENYANG, weeks.time.values)
    right = weeks.air_temperature.values
    assert ((right < low) | (right > high)).mean() < 1e-3
    wrong = slipped(right)
    assert ((wrong < low) | (wrong > high)).any(axis=1).mean() >= caught


def test_the_weather_of_shandong_is_not_that_of_shenyang_in_january():
    """A place slip: half of Jinan's January hours are too warm for Shenyang, or nearly."""
    jinan = normal_temperature(Place(36.6, 117.05, "Asia/Shanghai"), YEAR)
    low, high = usual_range(SHENYANG, YEAR)
    assert (jinan < high).all()  # a warm spell may bring it
    assert (jinan + 15 > high)[JANUARY].mean() > 0.5
    assert (jinan > low).all()


def test_spread_is_wide_in_winter_and_narrow_in_summer():
    spread = spread_k(packaged_climate("shenyang"), YEAR)
    assert 5 < spread[JANUARY].mean() < 6
    assert 1.8 < spread[190 * 24 : 210 * 24].mean() < 2.6


def test_memory_falls_from_one_to_the_seasons_share():
    lags = np.array([0, 1, 6, 24, 72, 24 * 30])
    left = memory(packaged_climate("shenyang"), lags)
    assert left[0] == pytest.approx(1)
    assert (np.diff(left) < 0).all()
    assert 0.03 < left[-1] < 0.12
