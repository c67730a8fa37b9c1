"""The spread of the day's own forecast sets the margin of the floor (design §5)."""

import numpy as np
import pytest
import xarray as xr

from dispatch.forecast_error import with_forecast_error
from dispatch.settings import Uncertainty
from dispatch.station_inputs import buildings_of, floor_c
from tests.plan_inputs_maker import tiny_case, tiny_settings


def case_of(sigma_24h_k: float):
    return tiny_case(settings=tiny_settings(uncertainty=Uncertainty(sigma_24h_k=sigma_24h_k)))


def weather_of(*sd_k: float) -> xr.Dataset:
    return xr.Dataset(
        {"daily_mean_sd": ("lead_day", np.array(sd_k), {"units": "K"})},
        coords={"lead_day": np.arange(1, len(sd_k) + 1)},
        attrs={"nature": "forecast"},
    )


def test_a_forecast_that_is_surer_than_usual_lowers_the_floor_by_its_margin():
    """1.28·½·(1.75 − 0.75)·(1 − e^(−24/τ)): without it every day pays for the usual error."""
    case = case_of(1.75)
    sure = with_forecast_error(case, weather_of(0.75, 1.0, 1.25))
    buildings = buildings_of(case)
    tau_h = buildings.heat_capacity_j_per_m2k / (3600 * buildings.specific_loss_w_per_m2k)
    expected_k = 1.28 * 0.5 * 1.0 * (1 - np.exp(-24 / tau_h))
    lower_k = floor_c(case, buildings) - floor_c(sure, buildings)
    assert lower_k == pytest.approx(expected_k, rel=2e-3)


def test_days_one_and_three_are_taken():
    case = with_forecast_error(case_of(1.75), weather_of(1.0, 2.0, 2.5, 9.0))
    spread = case.settings.uncertainty
    assert (spread.sigma_24h_k, spread.sigma_72h_k) == (1.0, 2.5)


def test_weather_that_says_nothing_leaves_the_case_as_it_is():
    case = case_of(1.75)
    assert with_forecast_error(case, xr.Dataset()) is case


def test_a_hopeless_forecast_does_not_push_the_floor_to_the_upper_limit():
    """Without the bound a σ of 10 K wants 3 K more than the law, and floor and upper limit meet."""
    case = with_forecast_error(case_of(1.75), weather_of(50.0, 50.0, 50.0))
    assert floor_c(case, buildings_of(case)).max() <= case.settings.comfort.upper_c - 1.0


def test_no_forecast_at_all_keeps_the_usual_margin():
    case = case_of(1.75)
    assert (
        with_forecast_error(case, weather_of(3.0, 3.0, 3.0).assign_attrs(nature="climate")) is case
    )
