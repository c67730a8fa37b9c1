"""Calibration of ensembles on made-up pasts whose truth is known."""

from datetime import UTC, datetime, timedelta

import numpy as np
import pytest
from scipy.signal import lfilter

from forecasts.weather.calibration.calibrated import calibration_from_json
from forecasts.weather.calibration.default_error import default_hourly_k
from forecasts.weather.calibration.ensemble import fit
from forecasts.weather.calibration.past_ensemble import EnsembleForecast, ensemble_past
from forecasts.weather.calibration.recent_errors import KnownErrors, fading_means
from forecasts.weather.calibration.scores import crps_ensemble, crps_normal

FIRST = np.datetime64("2025-11-01T00:00:00", "ns")
HOUR = np.timedelta64(1, "h")
ONE_LEAD = np.array([24.0])


class MadeUp:
    """Runs of members around a truth with a known bias, spread and correlation of errors."""

    def __init__(
        self,
        runs,
        *,
        lead_h=ONE_LEAD,
        every_h=24,
        bias_k=0.0,
        sd_k=1.5,
        narrow=0.5,
        seed=1,
        correlation=0.0,
        guide_sd_k=None,
        members=20,
    ):
        random = np.random.default_rng(seed)
        self.lead_h, self.narrow = lead_h, narrow
        self.issued = FIRST + np.arange(runs) * every_h * HOUR
        shape = (runs, lead_h.size)
        valid_h = np.arange(runs)[:, None] * every_h + lead_h
        self.observed = 6 * np.sin(2 * np.pi * valid_h / 200) + 3 * np.cos(2 * np.pi * valid_h / 24)
        kept = np.exp(-1 / 24) if lead_h.size > 1 else 0.0
        fresh = random.standard_normal(shape)
        fresh[:, 1:] *= np.sqrt(1 - kept**2)
        error = lfilter([1], [1, -kept], fresh, axis=1)
        if correlation:
            error[1:] *= np.sqrt(1 - correlation**2)
            error = lfilter([1], [1, -correlation], error, axis=0)
        self.sd = np.broadcast_to(sd_k, lead_h.shape)
        self.centre = self.observed - error * self.sd + bias_k
        deviation = random.standard_normal((runs, members, lead_h.size)) * narrow * self.sd
        self.members = self.centre[:, None, :] + deviation - deviation.mean(axis=1, keepdims=True)
        self.guides = {}
        if guide_sd_k is not None:
            self.guides = {"hres": self.observed + guide_sd_k * random.standard_normal(shape)}

    def past(self, runs=None, step_h=1.0):
        some = slice(0, runs)
        return ensemble_past(
            self.issued[some],
            self.lead_h,
            self.members[some],
            self.observed[some],
            guides_c={n: v[some] for n, v in self.guides.items()},
            step_h=step_h,
        )

    def forecast(self, run):
        return EnsembleForecast(
            self.now(run),
            self.lead_h,
            self.members[run],
            {name: values[run] for name, values in self.guides.items()},
        )

    def now(self, run):
        return datetime(2025, 11, 1, tzinfo=UTC) + timedelta(
            hours=float((self.issued[run] - FIRST) / HOUR)
        )


def calibrated(made, runs, **past):
    return fit(made.past(runs, **past), made.now(runs)), made.forecast(runs)


def test_without_a_past_the_mean_stays_and_the_spread_is_the_handbooks():
    """Members of half the true spread would otherwise be believed on the first morning."""
    made = MadeUp(1, sd_k=float(default_hourly_k(24.0)))
    calibration, run = fit(made.past(0), made.now(0)), made.forecast(0)
    assert calibration.mean(run) == pytest.approx(made.centre[0])
    assert calibration.sd(run)[0] == pytest.approx(float(default_hourly_k(24.0)), rel=0.15)
    assert calibration.pairs == 0
    assert calibration.buckets[0].held == 1


def test_a_past_without_lead_times_is_no_past():
    made = MadeUp(1)
    nothing = ensemble_past(made.issued[:0], np.zeros(0), np.zeros((0, 20, 0)), np.zeros((0, 0)))
    calibration = fit(nothing, made.now(0))
    assert calibration.mean(made.forecast(0)) == pytest.approx(made.centre[0])


@pytest.mark.parametrize(("runs", "left_k"), [(5, 1.7), (30, 0.6), (120, 0.35)])
def test_bias_is_taken_off_as_pairs_come_in(runs, left_k):
    """Forecasts 2 K too warm: after a few runs part of it goes, after a season all."""
    shifts = []
    for seed in range(6):
        made = MadeUp(runs + 1, bias_k=2.0, seed=seed)
        calibration, run = calibrated(made, runs)
        shifts.append(2.0 + float((calibration.mean(run) - made.centre[runs])[0]))
    assert abs(np.mean(shifts)) < left_k


def test_narrow_members_get_the_spread_of_errors():
    """Members with a third of the true sd 1.2 K; the handbook says 2.3 K: pairs decide."""
    made = MadeUp(301, sd_k=1.2, narrow=1 / 3)
    calibration, run = calibrated(made, 300)
    assert calibration.sd(run)[0] == pytest.approx(1.2, rel=0.12)


def test_intervals_hold_what_they_promise_and_beat_the_raw_ensemble():
    made = MadeUp(400, bias_k=1.0, narrow=0.4, seed=3)
    held, ours, raw = [], [], []
    for run in range(100, 400, 3):
        calibration, forecast = calibrated(made, run)
        low, high = calibration.quantiles(forecast, [0.1, 0.9])[:, 0]
        held.append(low <= made.observed[run, 0] <= high)
        mean, sd = calibration.mean(forecast), calibration.sd(forecast)
        ours.append(crps_normal(mean, sd, made.observed[run])[0])
        raw.append(crps_ensemble(made.members[run].T, made.observed[run])[0])
    assert 0.7 <= np.mean(held) <= 0.9
    assert np.mean(ours) < 0.75 * np.mean(raw)


def test_what_is_not_known_yet_changes_nothing():
    """A leak would show as a perfect backtest: absurd values in all that is still to come."""
    lead_h = np.arange(0.0, 49.0, 3)
    made = MadeUp(60, lead_h=lead_h, every_h=12)
    now = made.now(40)
    clean = fit(made.past(), now).to_json()
    over = made.issued[:, None] + (lead_h + 1.0)[None, :] * HOUR > made.issued[40]
    assert over.any()
    made.observed = np.where(over, 999.0, made.observed)
    made.members[41:] = -999.0
    assert fit(made.past(), now).to_json() == clean


def test_the_last_hour_counts_once_it_is_over():
    """A step labelled 23:00 is measured at 24:00: fresh values of the running hour are a leak."""
    made = MadeUp(3)
    fitted = fit(made.past(), made.now(2) + timedelta(minutes=59))
    assert fitted.pairs == 1
    assert fit(made.past(), made.now(2) + timedelta(hours=1)).pairs == 2
    assert fit(made.past(step_h=0.0), made.now(2)).pairs == 2


def test_a_past_run_is_paired_with_errors_known_at_its_issue():
    """Two errors of 1 K known at hour 10: nothing at 9, at 10 about their mean, later less."""
    errors = KnownErrors(np.array([10.0, 10.0]), np.ones(2), np.ones(2), np.ones(2))
    told = fading_means(errors, np.array([9.0, 10.0, 34.0]))
    assert told[0] == pytest.approx([0, 0, 0])
    assert told[1] == pytest.approx([2 / 2.02, 2 / 5, 2 / 12])
    assert (told[2] < told[1]).all()


def test_errors_that_nothing_foretells_are_not_foretold():
    """Were a run paired with its own error, white errors would seem all explained."""
    made = MadeUp(301, sd_k=1.5, seed=5)
    calibration, run = calibrated(made, 300)
    assert calibration.sd(run)[0] > 1.25
    assert abs(calibration.buckets[0].coefficients[2]) < 0.3  # last_error


def test_errors_that_follow_one_another_are_followed():
    """Correlation 0.8 from day to day: without it the sd left is 1.5 K, with it 0.9."""
    made = MadeUp(401, correlation=0.8, seed=6)
    calibration, run = calibrated(made, 400, step_h=0.0)
    assert calibration.sd(run)[0] == pytest.approx(0.9, rel=0.15)


def test_a_better_guide_is_followed_and_may_be_missing():
    made = MadeUp(200, guide_sd_k=0.4)
    calibration, run = calibrated(made, 199)
    assert calibration.sd(run)[0] < 0.7
    assert abs(calibration.mean(run)[0] - made.guides["hres"][199, 0]) < 0.5
    alone = EnsembleForecast(run.issue_time, run.lead_h, run.members_c)
    assert np.isfinite(calibration.mean(alone)).all()
    made.guides["hres"][::2] = np.nan
    assert np.isfinite(calibrated(made, 199)[0].mean(run)).all()


def test_one_absurd_observation_moves_next_to_nothing():
    """A typing error of 500 K would shift a least-squares mean by 5 K for months."""
    made = MadeUp(101)
    calibration, run = calibrated(made, 100)
    made.observed[97] += 500.0
    spoilt = calibrated(made, 100)[0]
    assert abs(float((spoilt.mean(run) - calibration.mean(run))[0])) < 0.4
    assert spoilt.sd(run)[0] < 1.35 * calibration.sd(run)[0]


def test_members_may_be_missing():
    """A lost member, a lost lead, and a run of which only the guide came."""
    made = MadeUp(60, guide_sd_k=1.0)
    made.members[::3, 4] = np.nan
    made.members[7] = np.nan
    made.members[59, 3] = np.nan
    calibration, run = calibrated(made, 59)
    members = calibration.members(run)
    assert np.isnan(members[3]).all()
    assert np.isfinite(np.delete(members, 3, axis=0)).all()
    bare = EnsembleForecast(run.issue_time, run.lead_h, np.full((2, 1), np.nan), run.guides_c)
    assert np.isfinite(calibration.quantiles(bare, [0.1, 0.9])).all()
    assert np.isnan(calibration.mean(EnsembleForecast(run.issue_time, run.lead_h, bare.members_c)))


def test_members_keep_their_order_and_are_the_quantiles():
    lead_h = np.arange(0.0, 73.0, 6)
    made = MadeUp(40, lead_h=lead_h, every_h=12)
    calibration, run = calibrated(made, 39)
    members = calibration.members(run)
    assert (np.argsort(members, axis=0) == np.argsort(run.members_c, axis=0)).all()
    levels = (np.arange(20) + 0.5) / 20
    assert np.sort(members, axis=0) == pytest.approx(calibration.quantiles(run, levels))


def test_skewed_errors_get_skewed_quantiles():
    """Errors -(exponential): half of a normal's 80 % interval would lie where nothing comes."""
    made = MadeUp(601, narrow=0.2)
    random = np.random.default_rng(8)
    made.observed = made.centre - 1.5 * (random.exponential(size=made.centre.shape) - 1)
    calibration, run = calibrated(made, 600)
    low, median, high = calibration.quantiles(run, [0.1, 0.5, 0.9])[:, 0]
    assert (median - low) > 1.5 * (high - median)


def test_leads_join_smoothly():
    """A step between stretches of leads would be a step in every plan's margin."""
    lead_h = np.arange(0.0, 169.0)
    made = MadeUp(60, lead_h=lead_h, every_h=12, sd_k=1.0 + lead_h / 60, bias_k=1.0)
    calibration, run = calibrated(made, 59)
    calm = EnsembleForecast(
        run.issue_time, lead_h, np.zeros((0, lead_h.size)), {"hres": np.full(lead_h.size, 2.0)}
    )
    location, scale = calibration.location_and_scale(calm)
    assert np.abs(np.diff(location)).max() < 0.15
    assert np.abs(np.diff(scale)).max() < 0.15
    assert scale[150:].mean() > 1.5 * scale[:12].mean()


def test_the_same_past_gives_the_same_bytes_in_any_order_and_back_from_json():
    made = MadeUp(50, guide_sd_k=1.0)
    calibration, _ = calibrated(made, 49)
    order = np.random.default_rng(9).permutation(49)
    mixed = ensemble_past(
        made.issued[order],
        made.lead_h,
        made.members[order],
        made.observed[order],
        guides_c={"hres": made.guides["hres"][order]},
    )
    text = calibration.to_json()
    assert fit(mixed, made.now(49)).to_json() == text
    assert calibration_from_json(text) == calibration
    assert calibration_from_json(text).to_json() == text
    told = calibration.buckets[0]
    # what run 48 forecasts is measured an hour after run 49 is issued
    assert (told.first_issue, told.last_issue) == (
        "2025-11-01T00:00:00+00:00",
        "2025-12-18T00:00:00+00:00",
    )
    assert told.pairs == 48


def test_arrays_that_do_not_fit_are_named():
    made = MadeUp(4)
    with pytest.raises(ValueError, match=r"members_c has shape \(4, 20\)"):
        ensemble_past(made.issued, made.lead_h, made.members[:, :, 0], made.observed)
    with pytest.raises(ValueError, match="observed_c has shape"):
        ensemble_past(made.issued, made.lead_h, made.members, made.observed[:3])
    with pytest.raises(ValueError, match="hres has shape"):
        EnsembleForecast(made.now(0), made.lead_h, made.members[0], {"hres": np.zeros(3)})
    with pytest.raises(ValueError, match="no time zone"):
        fit(made.past(), datetime(2026, 1, 1))  # noqa: DTZ001 - the fault
