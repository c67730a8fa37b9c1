"""A forecast counts from the first issue at or after the end of its step, and no earlier."""

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from forecasts.demand.load.verified import decayed_sums, decayed_sums_by_hour, newest_verified


def test_the_forecast_of_an_issue_is_verified_its_lead_later():
    """Issue 4, lead 3 is the step 6, which ends where issue 7 begins."""
    newest = newest_verified(np.array([4, 5, 6, 7, 8]), 3)
    assert newest[:, 0].tolist() == [-1, 0, 1, 2, 3]
    assert newest[:, 2].tolist() == [-1, -1, -1, 0, 1]


def test_sums_halve_with_each_half_life_between_issues():
    """Ones at issues 0, 1, 3, half-life 1: at issue 4 lead 1 knows 1/8 + 1/4 + 1."""
    sums = decayed_sums(np.ones((4, 1)), np.array([0, 1, 3, 4]), 1.0)
    assert sums[:, 0].tolist() == [0.0, 1.0, 1.5, 1.375]


def test_sums_by_hour_know_only_the_same_step_of_the_day():
    """With days of two steps issue 4 at lead 1 sums issues 0 and 2; 1 and 3 are the other step."""
    values = np.array([[1.0], [10.0], [2.0], [20.0], [3.0]])
    sums = decayed_sums_by_hour(values, np.arange(5), 1e9, 2)
    assert np.allclose(sums[4, 0], 3.0)


@settings(max_examples=40, deadline=None)
@given(st.data())
def test_no_sum_holds_what_was_not_yet_measured(data):
    """Values whose steps end after an issue are changed: the sums at that issue stay."""
    issues = np.cumsum(data.draw(st.lists(st.integers(1, 5), min_size=3, max_size=12)))
    leads = data.draw(st.integers(1, 6))
    number = data.draw(st.integers(0, issues.size - 1))
    values = np.random.default_rng(1).random((issues.size, leads))
    ends = issues[:, None] + np.arange(1, leads + 1)[None, :]
    changed = np.where(ends > issues[number], 99.0, values)
    for sums in (
        lambda v: decayed_sums(v, issues, 5.0),
        lambda v: decayed_sums_by_hour(v, issues, 5.0, 3),
    ):
        assert np.array_equal(sums(values)[number], sums(changed)[number])
