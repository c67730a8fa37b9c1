"""Scores of a tried forecast by hand, on the same pairs for all."""

import numpy as np
import pytest

from forecasts.demand.backtest import Tried
from forecasts.demand.load.baselines import Baseline
from forecasts.demand.load.span import Span
from forecasts.demand.skill import MODEL, Skill, skill_against_best, skill_of
from tests.load_record_maker import times_of

NAN = np.nan


def made(
    observed: list[list[float]],
    load: list[list[float]],
    persistence: list[list[float]],
    width: float = 4.0,
    hours: tuple[float, ...] = (1.0, 3.0),
) -> Tried:
    point = np.array(load, dtype=float)
    issues = np.arange(point.shape[0])
    levels = (0.1, 0.5, 0.9)
    shifts = np.array([-width / 2, 0.0, width / 2])
    return Tried(
        span=Span(issues, np.array(hours), np.array(hours, dtype=np.int64), 0),
        issued=times_of(issues.size),
        observed_mw=np.array(observed, dtype=float),
        load_mw=point,
        levels=levels,
        quantiles_mw=point[..., None] + shifts,
        baselines_mw={Baseline.PERSISTENCE: np.array(persistence, dtype=float)},
        checked=times_of(0),
        told=None,  # type: ignore[arg-type]
    )


def of(skill: Skill, first: float, last: float, method: str = MODEL):
    both = (*skill.by_horizon, *skill.pooled)
    return next(s for s in both if (s.first_h, s.last_h, s.method) == (first, last, method))


HAND = made(
    observed=[[10, 20], [10, 20], [NAN, 0.5]],
    load=[[12, 20], [9, 26], [5, 2.5]],
    persistence=[[14, 16], [10, 24], [5, 0.5]],
)


def test_errors_by_hand():
    """1 h: errors 2 and −1; 3 h: 0, 6 and 2 at loads of 20, 20 and 0.5."""
    skill = skill_of(HAND)
    one, three = of(skill, 1, 1), of(skill, 3, 3)
    assert (one.pairs, three.pairs) == (2, 3)
    assert one.rmse_mw == pytest.approx(np.sqrt(2.5))
    assert (one.mae_mw, one.bias_mw) == (1.5, 0.5)
    assert one.nrmse == pytest.approx(np.sqrt(2.5) / 10)
    assert one.mape == pytest.approx((0.2 + 0.1) / 2)
    assert three.rmse_mw == pytest.approx(np.sqrt(40 / 3))
    # 0.5 MW is below 5 % of the mean of 13.5 MW: 400 % of nothing does not count
    assert three.mape_pairs == 2
    assert three.mape == pytest.approx(0.15)


def test_pinball_coverage_and_width_by_hand():
    """1 h: 10 in [10, 14] and in [7, 11]; 3 h: 20 in [18, 22], not in [24, 28]; 0.5 at the edge."""
    skill = skill_of(HAND)
    one, three = of(skill, 1, 1), of(skill, 3, 3)
    assert (one.coverage, one.width_mw) == (1.0, 4.0)
    assert three.coverage == pytest.approx(2 / 3)
    # observed 10: quantiles 10, 12, 14 and 7, 9, 11
    losses = [0, 0.5 * 2, 0.1 * 4, 0.1 * 3, 0.5 * 1, 0.1 * 1]
    assert one.pinball_mw == pytest.approx(sum(losses) / 6)


def test_a_baseline_has_no_interval_and_half_its_mae_as_pinball_loss():
    base = of(skill_of(HAND), 3, 3, "persistence")
    assert np.isnan(base.coverage)
    assert np.isnan(base.width_mw)
    assert base.mae_mw == pytest.approx(8 / 3)
    assert base.pinball_mw == pytest.approx(4 / 3)


def test_pools_take_pairs_not_means_of_horizons():
    """Five errors 2, −1, 0, 6, 2: RMSE is √9, not the mean of the two horizons'."""
    assert of(skill_of(HAND), 1, 3).rmse_mw == pytest.approx(3.0)


def test_a_pair_that_one_method_misses_counts_for_nobody():
    """Else a baseline that is silent in hard hours would look better than it is."""
    skill = skill_of(
        made([[10], [10], [10]], [[11], [12], [NAN]], [[10], [NAN], [10]], hours=(1.0,))
    )
    assert {s.pairs for s in skill.by_horizon} == {1}
    assert of(skill, 1, 1).rmse_mw == 1
    assert (skill.unanswered, skill.left_out) == (1, 1)


def test_skill_is_against_the_best_baseline():
    skill = skill_of(HAND)
    gain, best = skill_against_best(skill.by_horizon, of(skill, 1, 1))
    assert best == "persistence"
    assert gain == pytest.approx(1 - np.sqrt(2.5) / np.sqrt(8))


def test_what_is_not_beaten_from_three_hours_on_is_listed():
    """At 1 h nothing is asked; at 3 h persistence has √(32/3) against √(40/3)."""
    skill = skill_of(HAND)
    assert [(one.horizon_h, one.baseline, one.measure) for one in skill.beaten] == [
        (3, "persistence", "rmse"),
        (3, "persistence", "mae"),
    ]


def test_reliability_counts_loads_at_or_below_each_quantile():
    """10 lies on p10 of 12, below p50 and p90; and so on for all five."""
    shares = dict(skill_of(HAND).reliability)
    assert shares == pytest.approx({0.1: 3 / 5, 0.5: 4 / 5, 0.9: 1.0})


def test_without_a_single_pair_scores_are_no_numbers():
    skill = skill_of(made([[NAN]], [[1]], [[1]], hours=(1.0,)))
    assert of(skill, 1, 1).pairs == 0
    assert np.isnan(of(skill, 1, 1).rmse_mw)
    assert skill.reliability == ()
