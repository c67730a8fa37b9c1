"""Weights by hand, the better candidate preferred, changes followed, outliers and gaps borne."""

import numpy as np
import pytest

from forecasts.demand.load.combination import Memory, clipped, combined, least_variance

ISSUES = np.arange(400, dtype=np.int64)


def load_mw(count: int = 420) -> np.ndarray:
    return 50.0 + 10.0 * np.sin(np.arange(count) / 24 * 2 * np.pi)


def came(load: np.ndarray, leads: int) -> np.ndarray:
    return load[ISSUES[:, None] + np.arange(leads)[None, :]]


def test_weights_of_two_independent_candidates_by_hand():
    """Variances 1 and 4: shares 4/5 and 1/5 (Bates and Granger); equal shares would be 1/2."""
    weights = least_variance(np.array([[1.0, 0.0], [0.0, 4.0]]), np.array([True, True]))
    assert weights == pytest.approx([0.8, 0.2])


def test_a_candidate_that_only_adds_error_gets_nothing():
    """Variances 1 and 4, covariance 1.5: the unbound share is 5/4, so the bound one is 1."""
    weights = least_variance(np.array([[1.0, 1.5], [1.5, 4.0]]), np.array([True, True]))
    assert weights == pytest.approx([1.0, 0.0])


def test_three_candidates_agree_with_the_closed_form():
    """Inside the bounds the weights are S⁻¹1 / 1ᵀS⁻¹1."""
    moments = np.array([[2.0, 0.3, 0.1], [0.3, 1.5, 0.2], [0.1, 0.2, 3.0]])
    exact = np.linalg.solve(moments, np.ones(3))
    weights = least_variance(moments, np.ones(3, dtype=bool))
    assert weights == pytest.approx(exact / exact.sum(), abs=1e-6)


def test_the_better_candidate_is_preferred_and_the_mix_beats_both():
    """Independent errors of 1 and 2 MW: the mix has 2/√5 = 0.89 MW, the better one alone 1."""
    draw = np.random.default_rng(3)
    load = load_mw()
    true = came(load, 6)
    both = np.stack([true + draw.normal(0, size, true.shape) for size in (1.0, 2.0)])
    joint = combined(both, load, ISSUES, 1.0)
    late = slice(200, None)
    assert joint.weights[0, late].mean() == pytest.approx(0.8, abs=0.06)
    error = np.sqrt(np.mean((joint.load_mw - true)[late] ** 2))
    assert error == pytest.approx(2 / np.sqrt(5), abs=0.06)


def test_before_any_error_is_known_the_weights_are_equal():
    """At the first issue nothing was verified; without the imagined errors one would get all."""
    load = load_mw()
    true = came(load, 3)
    joint = combined(np.stack([true, true + 5.0]), load, ISSUES, 1.0)
    assert joint.weights[:, 0] == pytest.approx(0.5)
    assert joint.weights[0, -1].min() > 0.8


def test_a_change_of_regime_is_followed():
    """The candidates change places half-way; within the memory the weights do so too."""
    draw = np.random.default_rng(5)
    load = load_mw()
    true = came(load, 2)
    good, bad = (draw.normal(0, size, true.shape) for size in (1.0, 4.0))
    first = np.where(ISSUES[:, None] < 200, good, bad)
    second = np.where(ISSUES[:, None] < 200, bad, good)
    memory = Memory(weights_h=36.0, weights_prior=5.0)
    joint = combined(np.stack([true + first, true + second]), load, ISSUES, 1.0, memory)
    assert joint.weights[0, 199].min() > 0.8
    assert joint.weights[1, -1].min() > 0.8


def test_a_steady_bias_of_all_candidates_is_taken_out():
    """All tell 3 MW too much; no weights can mend that, the correction by recent errors does."""
    load = load_mw()
    true = came(load, 12)
    noise = np.random.default_rng(2).normal(0, 0.3, true.shape)
    joint = combined(np.stack([true + 3.0 + noise, true + 3.0]), load, ISSUES, 1.0)
    assert abs((joint.load_mw - true)[-100:].mean()) < 0.5


def test_who_cannot_tell_has_no_weight_and_none_at_all_is_a_gap():
    """NaN of one leaves the other alone; NaN of both is NaN."""
    load = load_mw()
    told = np.stack([came(load, 2), came(load, 2)])
    told[0, 50:60] = np.nan
    told[:, 70] = np.nan
    joint = combined(told, load, ISSUES, 1.0)
    assert np.all(joint.weights[0, 50:60] == 0.0)
    assert np.all(joint.weights[1, 50:60] == 1.0)
    assert np.isnan(joint.load_mw[70]).all()
    assert np.isfinite(np.delete(joint.load_mw, 70, axis=0)).all()


def test_an_outlier_counts_as_five_usual_errors():
    """Errors of 1 for 40 issues, then 1 000: counted as 5, from fully verified issues alone."""
    errors = np.ones((50, 2))
    errors[45] = 1000.0
    assert clipped(errors)[45].tolist() == [5.0, 5.0]


def test_what_came_later_changes_no_weight_and_no_correction():
    """The load from row 300 on is another: all up to issue 300 must stay to the last bit."""
    draw = np.random.default_rng(8)
    load = load_mw()
    true = came(load, 12)
    told = np.stack([true + draw.normal(0, size, true.shape) for size in (1.0, 2.0, 3.0)])
    other = load.copy()
    other[300:] = draw.uniform(0, 500, other.size - 300)
    one, two = (combined(told, each, ISSUES, 1.0) for each in (load, other))
    assert np.array_equal(one.weights[:, :301], two.weights[:, :301])
    assert np.array_equal(one.load_mw[:301], two.load_mw[:301])
    assert not np.array_equal(one.weights[:, 301:], two.weights[:, 301:])
