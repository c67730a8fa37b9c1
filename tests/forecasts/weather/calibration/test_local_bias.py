"""The running correction at the utility's sensor, on made-up errors."""

from datetime import UTC, datetime, timedelta

import numpy as np
import pytest

from forecasts.weather.calibration.local_bias import learn, local_bias_from_json
from forecasts.weather.calibration.past_errors import PastErrors
from forecasts.weather.calibration.sensor import SensorFault

FIRST = datetime(2025, 11, 1, tzinfo=UTC)
LEAD_H = np.arange(72.0)
HOURS = np.arange(24.0)


def past(days, error=lambda lead_h, _: 0.0 * lead_h, noise_k=0.8, seed=0):
    """A run a day at 00:00 UTC; the sensor swings by 4 K and drifts, the forecast adds `error`."""
    random = np.random.default_rng(seed)
    issued = np.datetime64("2025-11-01", "ns") + np.arange(days) * np.timedelta64(24, "h")
    valid_h = 24 * np.arange(days)[:, None] + LEAD_H
    observed = 4 * np.cos(2 * np.pi * (valid_h - 6) / 24) + 5 * np.sin(valid_h / 50)
    wrong = error(np.broadcast_to(LEAD_H, observed.shape), (valid_h + 8) % 24)
    weather = random.standard_normal((days, 1)) * noise_k + 0.3 * random.standard_normal(
        observed.shape
    )
    return PastErrors(issued, LEAD_H, observed + wrong + weather, observed)


def now(days):
    return FIRST + timedelta(days=days)


def test_nothing_known_is_no_correction():
    bias = learn(past(0), now(0))
    assert (bias.at(24.0, HOURS) == 0).all()
    assert (bias.pairs, bias.days, bias.fault, bias.at_bound) == (0, 0, None, False)
    assert bias.residual_sd_k([0.0, 100.0])[1] > bias.residual_sd_k([0.0, 100.0])[0] > 1


@pytest.mark.parametrize(("days", "least", "most"), [(1, 0.2, 1.3), (7, 1.2, 1.9), (40, 1.7, 2.1)])
def test_a_constant_bias_is_believed_as_days_come_in(days, least, most):
    """2 K too warm: a day says little, a week most of it."""
    found = learn(past(days, lambda lead_h, _: 2.0 + 0 * lead_h, noise_k=0.3), now(days))
    assert least < found.at(24.0, HOURS).mean() < most


def test_a_bias_of_the_hour_goes_to_the_hour():
    """Nights 2 K too warm, noons 2 K too cold: the mean bias is nil, and so would be its cure."""
    found = learn(past(40, lambda _, hour: 2 * np.cos(2 * np.pi * hour / 24)), now(40))
    assert found.at(24.0, 0.0) == pytest.approx(2.0, abs=0.5)
    assert found.at(24.0, 12.0) == pytest.approx(-2.0, abs=0.5)
    elsewhere = learn(
        past(40, lambda _, h: 2 * np.cos(2 * np.pi * h / 24)), now(40), utc_offset_h=2
    )
    assert elsewhere.at(24.0, 18.0) == pytest.approx(found.at(24.0, 0.0), abs=1e-6)


def test_a_bias_that_grows_with_lead():
    found = learn(past(60, lambda lead_h, _: lead_h / 36), now(60))
    at = found.at(np.array([0.0, 36.0, 71.0]), 12.0)
    assert (np.diff(at) > 0.4).all()
    assert abs(at[1] - 1.0) < 0.5


def test_the_past_fades():
    """3 K for two months, then a new model without: after five weeks little may be left."""
    old, new = past(60, lambda lead_h, _: 3.0 + 0 * lead_h), past(100)
    forecast = new.forecast_c.copy()
    forecast[:60] = old.forecast_c
    errors = PastErrors(new.issue_times, LEAD_H, forecast, new.observed_c)
    assert learn(errors, now(61)).at(24.0, HOURS).mean() > 2.3
    assert learn(errors, now(98)).at(24.0, HOURS).mean() < 0.9


def test_what_is_not_known_yet_changes_nothing():
    errors = past(30)
    clean = learn(errors, now(20)).to_json()
    end_h = 24 * np.arange(30)[:, None] + LEAD_H + 1
    spoilt = np.where(end_h > 20 * 24, 40.0, errors.observed_c)
    assert (
        learn(PastErrors(errors.issue_times, LEAD_H, errors.forecast_c, spoilt), now(20)).to_json()
        == clean
    )


def test_the_correction_has_a_bound_and_says_so():
    """A sensor in the sun, 6 K too warm: not more than 3 K goes into a plan."""
    found = learn(past(40, lambda lead_h, _: -6.0 + 0 * lead_h), now(40))
    assert found.at_bound
    assert found.fault is None
    assert (found.at(24.0, HOURS) == -3.0).all()
    assert not learn(past(40), now(40)).at_bound


def test_single_wild_readings_hardly_count():
    errors = past(20, noise_k=0.3)
    observed = errors.observed_c.copy()
    observed[3:18:4, 5] += 25.0
    observed[::7, 30] = np.nan
    found = learn(PastErrors(errors.issue_times, LEAD_H, errors.forecast_c, observed), now(20))
    clean = learn(errors, now(20))
    assert np.abs(found.at(24.0, HOURS) - clean.at(24.0, HOURS)).max() < 0.2


def sensor_stuck(errors, from_h, to_h):
    valid_h = 24 * np.arange(errors.issue_times.size)[:, None] + LEAD_H
    stuck = (valid_h >= from_h) & (valid_h < to_h)
    return PastErrors(
        errors.issue_times, LEAD_H, errors.forecast_c, np.where(stuck, 1.5, errors.observed_c)
    )


def test_a_frozen_stretch_is_left_out():
    """Two days at 1.5 °C would teach a bias that runs after the weather."""
    errors = past(20, noise_k=0.3)
    found = learn(sensor_stuck(errors, 200, 248), now(20))
    assert found.fault is None
    assert found.left_out == 3 * 48
    clean = learn(errors, now(20))
    assert np.abs(found.at(24.0, HOURS) - clean.at(24.0, HOURS)).max() < 0.15


@pytest.mark.parametrize(
    ("spoil", "fault"),
    [
        (lambda e: sensor_stuck(e, 100, 480), SensorFault.FROZEN),
        (
            lambda e: PastErrors(e.issue_times, LEAD_H, e.forecast_c, e.observed_c - 200),
            SensorFault.IMPOSSIBLE,
        ),
        (
            lambda e: PastErrors(e.issue_times, LEAD_H, e.forecast_c, e.observed_c + 14),
            SensorFault.FAR_OFF,
        ),
    ],
)
def test_nothing_is_learned_from_a_sensor_at_fault(spoil, fault):
    found = learn(spoil(past(20, lambda lead_h, _: 1.0 + 0 * lead_h)), now(20))
    assert found.fault is fault
    assert (found.at(24.0, HOURS) == 0).all()
    assert found.pairs == 0


def test_still_air_in_whole_degrees_is_no_fault():
    """A thermometer of whole degrees in fog stands still for hours; the forecast hardly moves."""
    errors = past(20, noise_k=0.1)
    observed = np.round(errors.observed_c / 4) * 4  # steps of 4 K: still for some hours each
    found = learn(PastErrors(errors.issue_times, LEAD_H, errors.forecast_c, observed), now(20))
    assert found.fault is None
    assert found.left_out == 0


def test_what_is_left_is_measured():
    """Noise of 0.85 K is left once 2 K of bias are off; after three days that is not known yet."""
    few, many = (learn(past(n, lambda lead_h, _: 2.0 + 0 * lead_h), now(n)) for n in (3, 60))
    assert np.hypot(0.8, 0.3) * 0.9 < many.residual_sd_k(24.0) < 1.3
    assert few.residual_sd_k(24.0) > 1.1 * many.residual_sd_k(24.0)


def test_json_and_shapes():
    found = learn(past(10, lambda lead_h, _: 1.0 + 0 * lead_h), now(10))
    assert local_bias_from_json(found.to_json()) == found
    at_fault = learn(sensor_stuck(past(20), 100, 480), now(20))
    assert local_bias_from_json(at_fault.to_json()) == at_fault
    assert found.at(LEAD_H[:, None], HOURS).shape == (72, 24)
    with pytest.raises(ValueError, match="forecast_c has shape"):
        PastErrors(np.zeros(2, "datetime64[ns]"), LEAD_H, np.zeros((3, 72)), np.zeros((2, 72)))
