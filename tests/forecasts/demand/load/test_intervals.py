"""Quantiles hold what they promise, in order, never below zero, and follow a change."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from forecasts.demand.load.intervals import lead_groups, quantiles

LEVELS = (0.05, 0.1, 0.25, 0.5, 0.75, 0.9, 0.95)


def told_and_load(
    count: int, leads: int, noise: np.ndarray, level_mw: float = 50.0
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    issues = np.arange(count, dtype=np.int64)
    load = level_mw + noise
    return issues, np.full((count, leads), level_mw), load


def covered(values: np.ndarray, load: np.ndarray, issues: np.ndarray, low: int, high: int):
    rows = issues[:, None] + np.arange(values.shape[1])[None, :]
    inside = rows < load.size
    came = load[np.minimum(rows, load.size - 1)]
    within = (came >= values[..., low]) & (came <= values[..., high])
    return np.where(inside, within, np.nan)


def test_coverage_of_exchangeable_errors_is_the_level():
    """Skewed errors of one distribution: 80 % lie between the 10 and 90 % quantiles, 10 % below."""
    draw = np.random.default_rng(1)
    noise = draw.gamma(2.0, 2.0, 1500) - 4.0
    issues, told, load = told_and_load(1500, 2, noise)
    values = quantiles(told, np.zeros_like(told), load, issues, 1.0, LEVELS)
    late = issues >= 300
    within = covered(values[late], load, issues[late], 1, 5)
    assert np.nanmean(within) == pytest.approx(0.8, abs=0.03)
    # The gamma distribution's own quantiles, within the noise of some 800 remembered errors.
    exact = np.quantile(noise, LEVELS) + 50.0
    assert values[late].mean(axis=(0, 1))[1:-1] == pytest.approx(exact[1:-1], abs=0.7)


def test_hours_with_other_errors_get_their_own_width():
    """Errors of 5 MW at 6 to 8 h, of 0.5 MW else: one width for all would cover few mornings."""
    draw = np.random.default_rng(4)
    count = 24 * 60
    hour = np.arange(count) % 24
    size = np.where((hour >= 6) & (hour < 9), 5.0, 0.5)
    issues, told, load = told_and_load(count, 3, draw.normal(0, 1, count) * size)
    values = quantiles(told, np.zeros_like(told), load, issues, 1.0, LEVELS)
    late = issues >= 24 * 30
    within = covered(values[late], load, issues[late], 1, 5)
    target = (issues[late][:, None] + np.arange(3)[None, :]) % 24
    for chosen in ((target >= 6) & (target < 9), target < 6):
        assert np.nanmean(within[chosen]) == pytest.approx(0.8, abs=0.06)


def test_a_certain_zero_has_hardly_any_width():
    """Nights without heat, told and come as zero: not the 8 MW of the day, not a tenth of them."""
    draw = np.random.default_rng(6)
    count = 24 * 60
    night = np.arange(count) % 24 < 6
    load = np.where(night, 0.0, 50.0 + draw.normal(0, 3, count))
    issues = np.arange(count - 8, dtype=np.int64)
    rows = issues[:, None] + np.arange(8)[None, :]
    told = np.where(night[rows], 0.0, 50.0)
    values = quantiles(told, np.zeros_like(told), load, issues, 1.0, LEVELS)
    late = issues >= 24 * 30
    width = (values[..., 5] - values[..., 1])[late]
    assert width[night[rows][late]].max() < 0.75
    assert width[~night[rows][late]].mean() == pytest.approx(2 * 1.28 * 3, rel=0.25)


def test_a_change_of_spread_is_followed():
    """Errors become three times as large: coverage falls at first, and returns within weeks."""
    draw = np.random.default_rng(2)
    count = 24 * 120
    size = np.where(np.arange(count) < 24 * 60, 1.0, 3.0)
    issues, told, load = told_and_load(count, 1, draw.normal(0, 1, count) * size)
    values = quantiles(told, np.zeros_like(told), load, issues, 1.0, LEVELS)
    within = covered(values, load, issues, 1, 5)
    days = issues // 24
    assert np.nanmean(within[(days >= 60) & (days < 62)]) < 0.65
    assert np.nanmean(within[days >= 85]) == pytest.approx(0.8, abs=0.05)


def test_without_any_error_known_the_quantiles_are_wide():
    """At the first issue 80 % is a fifth of the load or more to each side; not a point."""
    issues, told, load = told_and_load(3, 2, np.zeros(3))
    values = quantiles(told, np.zeros_like(told), load, issues, 1.0, LEVELS)
    assert np.all(values[0, :, 5] - 50.0 > 10.0)
    assert np.all(50.0 - values[0, :, 1] > 10.0)


@settings(max_examples=8, deadline=None)
@given(st.integers(0, 2**32 - 1), st.sampled_from([1.0, 0.25]), st.integers(1, 6))
def test_quantiles_are_in_order_and_not_below_zero(seed, step_h, leads):
    """Whatever came and was told, gaps among it: levels rise, 0 is the floor, the same again."""
    draw = np.random.default_rng(seed)
    issues = np.cumsum(draw.integers(1, 4, 40)).astype(np.int64)
    load = np.maximum(0.0, draw.normal(1.0, 3.0, int(issues[-1]) + 2))
    load[draw.random(load.size) < 0.2] = np.nan
    told = np.maximum(0.0, draw.normal(1.0, 2.0, (40, leads)))
    spread = draw.random((40, leads))
    values = quantiles(told, spread, load, issues, step_h, LEVELS)
    assert np.all(np.diff(values, axis=2) >= 0.0)
    assert np.all(values >= 0.0)
    assert np.array_equal(values, quantiles(told, spread, load, issues, step_h, LEVELS))


def test_what_came_later_changes_no_quantile():
    """The load from row 150 on is another: quantiles up to issue 150 stay to the last bit."""
    draw = np.random.default_rng(9)
    issues, told, load = told_and_load(300, 5, draw.normal(0, 2, 300))
    other = load.copy()
    other[150:] = 0.0
    one, two = (
        quantiles(told, np.zeros_like(told), each, issues, 1.0, LEVELS) for each in (load, other)
    )
    assert np.array_equal(one[:151], two[:151])
    assert not np.array_equal(one[151:], two[151:])


def test_groups_of_leads_go_by_hours_not_by_steps():
    """Quarter hours: the group of 6 h is the same at 24 steps of 15 minutes as at 6 of an hour."""
    hours, quarters = lead_groups(36, 1.0), lead_groups(144, 0.25)
    same = hours[:, None] == hours[None, :]
    every = quarters[3::4]
    assert np.array_equal(same, every[:, None] == every[None, :])
