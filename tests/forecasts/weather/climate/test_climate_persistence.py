"""Series that remember: their variance, correlation and skewness are what the formulas say."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from forecasts.weather.climate.persistence import (
    TwoStages,
    at_rest,
    daily_share,
    fading,
    skew_left,
    stage_correlation,
    state_given_level,
    through,
)

STAGES = TwoStages(2.0, 27.0)


def normals(seed: int, *shape: int) -> np.ndarray:
    return np.random.default_rng(seed).standard_normal(shape)


def test_one_shock_falls_fast_and_recovers_slowly():
    """The answer to one shock is gain · (b^n - a^n)/(b - a): greatest after some 5.6 h, e.g.

    2·27/25·ln(27/2) = 5.6 h; half gone 24 h later. Symmetric noise would fall and rise alike.
    """
    shock = np.zeros((1, 100))
    shock[0, 0] = -1.0
    answer = through(STAGES, shock, at_rest(1))[0]
    assert int(answer.argmin()) + 1 in (5, 6)
    a, b = STAGES.roots
    by_hand = -STAGES.gain * (b**31 - a**31) / (b - a)
    assert answer[30] == pytest.approx(by_hand)
    assert answer[5] < answer[30] < answer[60] < 0


@given(onset_h=st.floats(1.0, 6.0), memory_h=st.floats(15.0, 80.0), lag_h=st.integers(0, 200))
@settings(max_examples=30, deadline=None)
def test_correlation_is_that_of_the_impulse_response(onset_h, memory_h, lag_h):
    """ρ(h) = Σ r(n) r(n + h) / Σ r(n)², whatever the roots."""
    stages = TwoStages(onset_h, memory_h)
    shock = np.zeros((1, 4000))
    shock[0, 0] = 1.0
    response = through(stages, shock, at_rest(1))[0]
    assert (response**2).sum() == pytest.approx(1.0, rel=1e-6)  # unit variance
    later = response[lag_h:]
    found = float((response[: later.size] * later).sum())
    assert float(stage_correlation(stages, np.array([float(lag_h)]))[0]) == pytest.approx(
        found, abs=1e-6
    )


def test_a_series_starts_with_the_variance_it_keeps():
    """Without a drawn start the first day would be too tame; with half a start, too wild."""
    level, fast = normals(1, 2, 20_000)
    series = through(STAGES, normals(2, 20_000, 48), state_given_level(STAGES, level, fast))
    assert series[:, 0].std() == pytest.approx(1, abs=0.03)
    assert series[:, 12].std() == pytest.approx(1, abs=0.03)
    assert series[:, 47].std() == pytest.approx(1, abs=0.03)
    assert np.corrcoef(series[:, 0], series[:, 24])[0, 1] == pytest.approx(
        float(stage_correlation(STAGES, np.array([24.0]))[0]), abs=0.03
    )


def test_a_day_has_less_variance_than_its_hours():
    series = through(STAGES, normals(3, 400, 24 * 40), at_rest(400))[:, 24 * 10 :]
    days = series.reshape(400, -1, 24).mean(axis=2)
    assert days.var() / series.var() == pytest.approx(daily_share(STAGES), abs=0.02)


def test_skewness_of_shocks_is_mostly_averaged_away():
    """Exponential shocks have skewness 2; a level that adds up a day of them keeps little."""
    shocks = np.random.default_rng(4).exponential(size=(400, 4000)) - 1
    level = through(STAGES, shocks, at_rest(400))[:, 500:]
    found = ((level - level.mean()) ** 3).mean() / level.std() ** 3
    assert found == pytest.approx(2 * skew_left(STAGES), abs=0.06)


def test_a_plain_recursion_forgets_exponentially_from_where_it_stood():
    first = np.array([2.0, -1.0])
    series = fading(np.zeros((2, 48)), 24.0, first)
    np.testing.assert_allclose(series[:, 23], first * np.exp(-1))
    wide = fading(normals(5, 4000, 200), 24.0, np.zeros(4000))
    assert wide[:, -1].std() == pytest.approx(1, abs=0.03)
