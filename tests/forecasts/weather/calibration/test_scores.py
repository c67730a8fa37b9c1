"""Scores against numerical integration, hand-worked cases and what theory says of them."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from scipy.integrate import quad
from scipy.stats import norm

from forecasts.weather.calibration import scores

temperatures = st.floats(-40, 40).map(lambda x: round(x, 2))


def crps_by_integral(cdf, observed, low, high):
    """The definition: the integral of (F(x) - 1{x >= y})² over x."""
    below, _ = quad(lambda x: cdf(x) ** 2, low, observed, limit=400)
    above, _ = quad(lambda x: (1 - cdf(x)) ** 2, observed, high, limit=400)
    return below + above


@pytest.mark.parametrize(
    ("mean", "sd", "observed"), [(0, 1, 0), (0, 1, 3), (-5, 2.5, -9), (2, 0.1, 2)]
)
def test_crps_of_a_normal_is_the_integral(mean, sd, observed):
    expected = crps_by_integral(norm(mean, sd).cdf, observed, mean - 30, mean + 30)
    assert scores.crps_normal(mean, sd, observed) == pytest.approx(expected, rel=1e-6)


def test_crps_of_a_normal_at_its_mean():
    """By hand: sd (2/sqrt(2 pi) - 1/sqrt(pi)) = 0.2337 sd; the textbook value."""
    assert scores.crps_normal(10.0, 3.0, 10.0) == pytest.approx(3 * 0.233695, abs=1e-5)


def test_crps_of_a_certain_forecast_is_its_absolute_error():
    assert scores.crps_normal(1.0, 0.0, -1.5) == 2.5
    assert scores.crps_ensemble(np.full(20, 1.0), -1.5) == pytest.approx(2.5)


def test_crps_of_two_members_by_hand():
    """Members 0 and 1, observed 0: E|X-y| = 1/2, E|X-X'| = 1/2 plain and 1 fair: 1/4 and 0."""
    members = np.array([0.0, 1.0])
    assert scores.crps_ensemble(members, 0.0) == pytest.approx(0.25)
    assert scores.crps_ensemble(members, 0.0, fair=True) == pytest.approx(0.0)


@settings(deadline=None)
@given(arrays(float, st.integers(2, 12), elements=temperatures), temperatures)
def test_crps_of_an_ensemble_is_the_integral_of_its_steps(members, observed):
    edges = np.unique(np.append(members, observed))
    share = np.array([(members <= x).mean() for x in edges[:-1]])
    expected = (np.diff(edges) * (share - (edges[:-1] >= observed)) ** 2).sum()
    assert scores.crps_ensemble(members, observed) == pytest.approx(expected, abs=1e-9)


@settings(deadline=None)
@given(arrays(float, st.integers(2, 12), elements=temperatures), temperatures)
def test_missing_members_do_not_count(members, observed):
    """Else a member lost on the way would score as 0 °C."""
    holes = np.insert(members, [0, members.size // 2], np.nan)
    for fair in (False, True):
        whole = scores.crps_ensemble(members, observed, fair=fair)
        assert scores.crps_ensemble(holes, observed, fair=fair) == pytest.approx(whole, abs=1e-9)


def test_too_few_members_give_nan():
    assert np.isnan(scores.crps_ensemble(np.array([np.nan, np.nan]), 0.0))
    assert np.isnan(scores.crps_ensemble(np.array([1.0, np.nan]), 0.0, fair=True))


def test_the_fair_score_does_not_reward_many_members():
    """Of honest ensembles the plain score of 3 members is 1/3 of 0.564 worse; the fair is not."""
    random = np.random.default_rng(1)
    observed = random.standard_normal(40_000)
    few, many = random.standard_normal((40_000, 3)), random.standard_normal((40_000, 24))
    fair = [scores.crps_ensemble(m, observed, fair=True).mean() for m in (few, many)]
    plain = [scores.crps_ensemble(m, observed).mean() for m in (few, many)]
    assert fair[0] == pytest.approx(fair[1], abs=0.01)
    assert plain[0] - fair[0] == pytest.approx(1 / np.sqrt(np.pi) / 3, abs=0.01)


def test_crps_of_quantiles_nears_that_of_their_distribution():
    levels = np.arange(1, 200) / 200
    observed = np.linspace(-3, 3, 25)
    quantiles = np.tile(norm.ppf(levels), (observed.size, 1))
    found = scores.crps_quantiles(quantiles, levels, observed)
    assert found == pytest.approx(scores.crps_normal(0, 1, observed), rel=0.01)


def test_pinball_by_hand():
    """10 % quantile 5: 2 K above it cost 0.2, 2 K below it 1.8."""
    assert scores.pinball(5.0, [7.0, 3.0], 0.1) == pytest.approx([0.2, 1.8])


@settings(deadline=None)
@given(st.floats(0.02, 0.98), st.floats(-2, 2))
def test_pinball_is_least_at_the_quantile(level, away):
    observed = norm.ppf((np.arange(2000) + 0.5) / 2000)
    best = scores.pinball(norm.ppf(level), observed, level).mean()
    assert scores.pinball(norm.ppf(level) + away, observed, level).mean() >= best - 1e-4


def test_errors_are_forecast_less_observation():
    forecast, observed = [3.0, 5.0, np.nan, 1.0], [1.0, 5.0, 2.0, 2.0]
    assert scores.bias(forecast, observed) == pytest.approx(1 / 3)
    assert scores.mae(forecast, observed) == pytest.approx(1.0)
    assert scores.rmse(forecast, observed) == pytest.approx(np.sqrt(5 / 3))
    assert np.isnan(scores.rmse([np.nan], [1.0]))


def test_coverage_counts_the_ends_and_leaves_out_gaps():
    low, high = np.zeros(5), np.ones(5)
    assert scores.coverage(low, high, [0.0, 0.5, 1.0, 2.0, np.nan]) == 0.75
    assert scores.central_levels(0.8) == pytest.approx((0.1, 0.9))
    with pytest.raises(ValueError, match="between 0 and 1"):
        scores.central_levels(80)


def test_pit_of_quantiles_is_that_of_the_distribution():
    levels = np.arange(1, 100) / 100
    observed = np.array([-1.0, 0.0, 0.7, np.nan])
    quantiles = np.tile(norm.ppf(levels), (4, 1))
    found = scores.pit_quantiles(quantiles, levels, observed)
    assert found[:3] == pytest.approx(scores.pit_normal(0, 1, observed[:3]), abs=2e-3)
    assert np.isnan(found[3])
    outside = scores.pit_quantiles(quantiles[:2], levels, [-9.0, 9.0])
    assert outside == pytest.approx([0.005, 0.995])


def test_ranks_by_hand():
    """Below both, between, above both, and equal to the lower: half to each rank it may take."""
    members = np.tile([1.0, 2.0], (5, 1))
    members[4, 0] = np.nan  # left out
    found = scores.rank_histogram(members, [0.0, 1.5, 3.0, 1.0, 0.0])
    assert found == pytest.approx([1.5 / 4, 1.5 / 4, 1 / 4])


def test_ranks_of_honest_members_are_flat_and_of_narrow_ones_are_not():
    random = np.random.default_rng(2)
    members, observed = random.standard_normal((20_000, 9)), random.standard_normal(20_000)
    assert scores.rank_histogram(members, observed) == pytest.approx(np.full(10, 0.1), abs=0.01)
    assert scores.rank_histogram(members / 3, observed)[[0, -1]].sum() > 0.5
