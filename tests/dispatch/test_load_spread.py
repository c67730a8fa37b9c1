"""What the weather may do to a load forecast, by hand."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from plan_inputs_maker import START, constant, station, tiny_case, weather_of

from dispatch.bottom_up import bottom_up
from dispatch.load_spread import COLD_QUANTILE, weather_share, widened
from dispatch.station_inputs import floor_c, target_c
from dispatch.time_grid import time_grid

HOUR = np.timedelta64(1, "h")


def share_of(case, sd_k, hours=48, temperature_c=2.0, issue_after=24):
    """Share of a town at steady weather, `issue_after` hours after the weather's first one."""
    grid = time_grid(START, case.settings.time, case.settings.timezone)
    weather = weather_of(grid, constant(temperature_c))
    if sd_k is not None:
        weather["air_temperature_sd"] = ("time", np.full(weather.sizes["time"], sd_k))
    model = bottom_up(case, grid, START, 400)
    first = weather["time"].values[0]
    return weather_share(model, issue_after, weather, first + issue_after * HOUR, hours)


def town():
    buildings = {"gain_w_per_m2": 0.0, "wind_loss_w_per_m2k_per_m_s": 0.0, "solar_aperture": 0.0}
    return tiny_case(stations=(station(**buildings),))


def test_a_kelvin_counts_by_the_lift_of_the_rooms():
    """Without gains q = K(t_n − t_w): 2 K of error at 2 °C outdoors are 2/(t_n − 2) of the load."""
    case = town()
    grid = time_grid(START, case.settings.time, case.settings.timezone)
    model = bottom_up(case, grid, START, 48)
    room_c = float(target_c(case, floor_c(case, model.buildings))[0])
    assert share_of(case, 2.0) == pytest.approx(np.full(48, 2.0 / (room_c - 2.0)))


def test_meters_of_a_few_hours_do():
    """A model that begins 10 h before the issue, and weather from 24 h before: the same share."""
    case = town()
    grid = time_grid(START, case.settings.time, case.settings.timezone)
    weather = weather_of(grid, constant(2.0))
    weather["air_temperature_sd"] = ("time", np.full(weather.sizes["time"], 2.0))
    model = bottom_up(case, grid, START, 400)
    issue = weather["time"].values[0] + 24 * HOUR
    assert weather_share(model, 10, weather, issue, 48) == pytest.approx(share_of(case, 2.0))


def test_weather_that_does_not_say_adds_nothing():
    assert (share_of(town(), None) == 0.0).all()


def test_hours_beyond_the_weather_add_nothing():
    """The plan's weather ends; a guess of its spread there would be made up."""
    share = share_of(town(), 2.0, hours=1000)
    assert share[0] > 0.0
    assert share[-1] == 0.0


def test_independent_errors_add_in_squares():
    """10 MW and 1.28 × 7.5 MW out: √(10² + 9.6²) = 13.87 MW; a plain sum would give 19.6."""
    low, high = widened(*(np.array([x]) for x in (90.0, 100.0, 110.0, 7.5)), 1.28)
    assert (low[0], high[0]) == pytest.approx((100 - 13.862, 100 + 13.862), abs=1e-3)


@given(st.floats(0, 50), st.floats(0, 50), st.floats(0, 200), st.floats(0, 500))
def test_an_interval_never_narrows_nor_falls_below_zero(below, above, sd, load):
    low, high = widened(
        *(np.array([x]) for x in (load - min(below, load), load, load + above, sd)), COLD_QUANTILE
    )
    assert 0.0 <= low[0] <= load - min(below, load) + 1e-9
    assert high[0] >= load + above - 1e-9


def test_what_is_over_has_no_error():
    """The filter of third parties remembers the days before: their temperature was measured."""
    thirds = tiny_case(stations=(station(managed_by="third_party"),))
    share = share_of(thirds, 2.0)
    assert share[0] < 0.2 * share[-1]
