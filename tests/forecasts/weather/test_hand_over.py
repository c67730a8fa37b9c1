"""Hours that a run does not reach: before it begins, and after its end."""

from datetime import UTC, datetime, timedelta

import numpy as np
import pytest

from forecasts.weather.climate.normals import normal_temperature
from forecasts.weather.hand_over import Origin, central, made_whole
from forecasts.weather.provider import Nature, Place
from forecasts.weather.run import Members, RunInfo, hour_starts, weather_run

ZAOZHUANG = Place(34.86, 117.55, "Asia/Shanghai")
NOW = datetime(2026, 1, 15, 5, tzinfo=UTC)
START = NOW - timedelta(hours=48)
INFO = RunInfo("a", Nature.FORECAST, ZAOZHUANG, NOW, NOW, False, 34.86, 117.55)


def run_of(start: datetime, hours: int, temperature_c: float, members: Members | None = None):
    shape = (hours,) if members is None else (len(members.numbers), hours)
    values = {
        "air_temperature": np.full(shape, temperature_c),
        "wind_speed": np.full(shape, 4.0),
        "global_radiation": np.zeros(shape),
    }
    return weather_run(hour_starts(start, hours), values, INFO, members)


def test_a_run_that_begins_now_takes_its_past_from_another_run():
    """Without it a service without past (MET Norway) could not be used for a plan at all."""
    whole = made_whole(
        run_of(NOW, 72, -3), [run_of(START, 60, -5)], ZAOZHUANG, hour_starts(START, 96)
    )
    temperature = whole.values["air_temperature"]
    assert set(temperature[:48]) == {-5}
    assert set(temperature[48:]) == {-3}
    assert (whole.hours_of(Origin.JOINED), whole.hours_of(Origin.CLIMATE)) == (48, 0)


def test_the_better_of_two_earlier_runs_goes_first():
    better, longer = run_of(NOW - timedelta(hours=10), 30, -7), run_of(START, 60, -5)
    whole = made_whole(run_of(NOW, 72, -3), [better, longer], ZAOZHUANG, hour_starts(START, 96))
    assert whole.values["air_temperature"][[37, 38, 47, 48]].tolist() == [-5, -7, -7, -3]


def test_without_any_earlier_run_normals_are_led_to_the_first_hour():
    """6 K below normal at the first hour: 6·e^(-1/24) an hour before, 0.8 two days before."""
    starts = hour_starts(START, 96)
    normal = normal_temperature(ZAOZHUANG, starts)
    whole = made_whole(run_of(NOW, 72, float(normal[48]) - 6), [], ZAOZHUANG, starts)
    below = normal - whole.values["air_temperature"]
    assert below[47] == pytest.approx(6 * np.exp(-1 / 24))
    assert below[0] == pytest.approx(6 * np.exp(-2))
    assert float(whole.values["global_radiation"][:48].max()) > 100


def test_the_middle_of_an_ensemble_is_the_mean_of_its_members():
    run = run_of(NOW, 48, -3, Members(("x", "x"), (0, 1)))
    run["air_temperature"][1] = -5.0
    middle = central(run)
    assert set(middle.air_temperature.values) == {-4.0}
    assert middle.air_temperature.attrs["units"] == "degC"
    assert "member" not in middle.dims
