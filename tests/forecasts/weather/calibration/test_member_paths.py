"""Members after calibration: the quantiles of the new, the order of the old."""

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from forecasts.weather.calibration.coupling import member_levels

ensembles = arrays(
    float,
    st.tuples(st.integers(1, 8), st.integers(1, 6)),
    elements=st.floats(-30, 30).map(lambda x: round(x, 1)),
)


@settings(deadline=None)
@given(ensembles)
def test_every_lead_hands_out_all_levels_in_the_order_of_the_members(members):
    levels = member_levels(members)
    count = members.shape[0]
    for k in range(members.shape[1]):
        assert np.allclose(np.sort(levels[:, k]), (np.arange(count) + 0.5) / count)
        order = np.argsort(levels[:, k])
        assert (np.diff(members[order, k]) >= 0).all()


def test_equal_members_stand_as_they_do_over_the_run():
    """All alike at the start: drawn or listed order would make paths cross for nothing."""
    members = np.array([[5.0, 9.0, 9.0], [5.0, 1.0, 1.0], [5.0, 4.0, 4.0]])
    assert np.allclose(member_levels(members), np.array([[5 / 6] * 3, [1 / 6] * 3, [1 / 2] * 3]))


def test_a_missing_member_leaves_its_level_to_the_others():
    levels = member_levels(np.array([[1.0, 1.0], [np.nan, 2.0], [3.0, 3.0]]))
    assert np.allclose(levels[:, 0], [0.25, np.nan, 0.75], equal_nan=True)
    assert np.allclose(levels[:, 1], [1 / 6, 1 / 2, 5 / 6])
