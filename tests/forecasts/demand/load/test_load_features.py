"""Features of (issue, lead): nothing of the future, the same physics at any step."""

import numpy as np
import pytest

from forecasts.demand.load.features import features, past_of
from forecasts.demand.load.record import TEMPERATURE, WIND, KnownWeather, LoadRecord, WeatherRuns
from tests.linear_network_maker import (
    each_hour_split,
    linear_network,
    perfect,
    record_of,
    with_holes,
)

LEADS = 30


def found_of(record, issues, leads=LEADS, weather=None):
    asked = np.asarray(issues, dtype=np.int64)
    return features(past_of(record, leads), weather or perfect(record), asked, leads).columns


def test_nothing_from_the_issue_on_is_looked_at():
    """Loads after the issue, and weather too where a forecast stands for it, are wild numbers."""
    record = with_holes(linear_network(30), 0.05, seed=1)
    issue = 500
    runs = WeatherRuns(
        record.times[:1], record.times[:1], {TEMPERATURE: record.weather[TEMPERATURE][None, :]}
    )
    wild = LoadRecord(
        record.times,
        1.0,
        np.where(np.arange(720) < issue, record.load_mw, 1e6),
        {name: np.where(np.arange(720) < issue, v, 1e6) for name, v in record.weather.items()},
    )
    honest = found_of(record, [issue], weather=KnownWeather(record, runs))
    tried = found_of(wild, [issue], weather=KnownWeather(wild, runs))
    for name, values in honest.items():
        assert tried[name] == pytest.approx(values, nan_ok=True), name


def test_lags_are_hours_and_days():
    """With the load of hour n equal to n, each lag says its own hour."""
    record = record_of(np.arange(400.0))
    known = found_of(record, [300], 30)
    assert known["load_last_1"][0, 0] == 299
    assert known["load_last_3"][0, 0] == 297
    assert known["load_same_1"][0, 5] == 300 + 5 - 24
    assert known["load_same_1"][0, 25] == 300 + 25 - 48  # yesterday's is not measured yet
    assert known["load_same_7"][0, 5] == 300 + 5 - 7 * 24
    assert known["load_same_mean"][0, 5] == pytest.approx(300 + 5 - 4 * 24)
    assert known["load_24h"][0, 0] == pytest.approx(np.arange(276, 300).mean())
    assert known["load_same_1_age_d"][0, [5, 25]] == pytest.approx([1, 2])
    assert known["lead_h"][0, [0, 29]].tolist() == [1, 30]


def test_wind_counts_above_calm_and_in_the_cold():
    """5 m/s is 2 above calm; at 8 °C that bears on 10 K."""
    record = record_of(np.ones(48), **{TEMPERATURE: np.full(48, 8.0), WIND: np.full(48, 5.0)})
    known = found_of(record, [40], 4)
    assert known["gust"][0] == pytest.approx([2.0] * 4)
    assert known["gust_lift"][0] == pytest.approx([20.0] * 4)
    assert known["heating_degree"][0] == pytest.approx([10.0] * 4)


@pytest.mark.parametrize("parts", [2, 4])
def test_the_length_of_a_step_does_not_change_what_is_seen(parts):
    """Read by rows, `load_last_2` at 15 minutes would be the last quarter but one."""
    record = linear_network(20)
    whole = found_of(record, [300], LEADS)
    split = found_of(each_hour_split(record, parts), [300 * parts], LEADS * parts)
    ends = np.arange(parts - 1, LEADS * parts, parts)
    for name, values in whole.items():
        # Local time is that of the start of a step.
        start = ends - parts + 1 if name in {"hour", "year_sin", "year_cos"} else ends
        assert split[name][0, start] == pytest.approx(values[0], rel=1e-9, nan_ok=True), name


def test_past_the_end_of_a_forecast_days_repeat():
    """A run of 6 h asked for 30: the hours after it are those of the day before."""
    hour = np.arange(200)
    record = record_of(np.ones(200), **{TEMPERATURE: (hour % 24).astype(float)})
    runs = WeatherRuns(record.times[100:101], record.times[100:101], {
        TEMPERATURE: record.weather[TEMPERATURE][None, 100:106] + 50.0
    })  # fmt: skip
    known = found_of(record, [100], LEADS, KnownWeather(record, runs))["temperature"][0]
    assert known[:6] == pytest.approx((hour[100:106] % 24) + 50)
    assert known[6:24] == pytest.approx(hour[106:124] % 24)
    assert known[24:30] == pytest.approx((hour[100:106] % 24) + 50)


def test_weather_all_missing_is_not_known_rather_than_zero():
    record = record_of(np.ones(100), **{TEMPERATURE: np.full(100, np.nan)})
    known = found_of(record, [60], 4)
    assert np.all(np.isnan(known["temperature_24h"]))
    assert np.all(np.isfinite(known["load_same_1"]))
