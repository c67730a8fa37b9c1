"""Bands of burn replayed over real winters: the figure the outlook's honesty is measured by."""

from dataclasses import replace
from datetime import date, timedelta

import numpy as np
import pytest

from bench.climate_study import DATA, OBSERVED
from bench.coal_replay import (
    DailyRecord,
    bias,
    coverage,
    observed_days,
    of_its_year,
    plain_burn,
    replayed,
)
from forecasts.weather.climate.climate import Climate
from forecasts.weather.weather_ahead import WeatherAhead

needs_record = pytest.mark.skipif(
    not (DATA / OBSERVED).exists(),
    reason=f"the observed winters are not here: {DATA / OBSERVED} is missing",
)
PATHS = 150  # `bench/RESULTS.md` has the figures of 500


@pytest.fixture(scope="module")
def record() -> DailyRecord:
    return observed_days()


def one_path(*days_c: float, hours: float = 24.0) -> WeatherAhead:
    """One path of given days after two days of 8 °C."""
    count = len(days_c)
    return WeatherAhead(
        dates=tuple(date(2026, 1, 1) + timedelta(days=k) for k in range(count)),
        hours=np.full(count, hours),
        path_c=np.array([days_c]),
        expected_c=np.array(days_c),
        wind_m_per_s=np.zeros(count),
        radiation_w_per_m2=np.zeros(count),
        before_c=np.array([8.0, 8.0]),
        from_forecast=np.zeros(count, dtype=bool),
    )


def test_plain_burn_is_degree_days_of_a_filtered_temperature():
    """Settled at 8 °C it burns 10 degree-days a day; a fall to -2 °C is felt by 1 - 1/e at once."""
    assert plain_burn(one_path(8.0, 8.0)).tolist() == [[10.0, 10.0]]
    fallen = plain_burn(one_path(-2.0, -2.0))[0]
    assert fallen == pytest.approx([10 + 10 * (1 - np.exp(-1)), 10 + 10 * (1 - np.exp(-2))])
    assert plain_burn(one_path(8.0, hours=6.0)).tolist() == [[2.5]]
    assert plain_burn(one_path(60.0, 60.0)).tolist() == [[0.0, 0.0]]


@needs_record
def test_real_burns_lie_in_the_band_about_as_often_as_it_says(record: DailyRecord):
    """80 % are meant to; spans overlap by half, so of some thirty independent ones 60 to 95 %."""
    spans = replayed(record, paths=PATHS)
    assert len(spans) >= 45
    assert 0.60 <= coverage(spans) <= 0.95
    assert abs(bias(spans)) < 0.05


@needs_record
def test_a_climate_without_spread_would_be_seen(record: DailyRecord):
    """With a third of the spread more than half of the real burns lie outside the band."""

    def narrow(year: int) -> Climate:
        climate = of_its_year(year)
        return replace(climate, day_to_day_sd_k=tuple(sd / 3 for sd in climate.day_to_day_sd_k))

    assert coverage(replayed(record, climate_of=narrow, paths=30)) < 0.6
