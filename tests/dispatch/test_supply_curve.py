"""The least curve over a need: above it, no steeper than allowed, and no higher than it must."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dispatch.supply_curve import CurveRules, least_curve

RULES = CurveRules(step_k=3.0, day_k=10.0, blocks_per_day=6, plants_apart_k=6.0)
UNKNOWN_DAY = np.full((1, 6), np.nan)


def curve(need, *, before=np.nan, highest=150.0, rules=RULES, shares=None, day_before=None):
    need_c = np.atleast_2d(np.asarray(need, dtype=float))
    plants = need_c.shape[0]
    return least_curve(
        need_c,
        shares=np.eye(plants, dtype=bool) if shares is None else shares,
        before_c=np.broadcast_to(np.asarray(before, dtype=float), plants),
        day_before_c=np.full((plants, 6), np.nan) if day_before is None else day_before,
        highest_c=np.broadcast_to(np.asarray(highest, dtype=float), plants),
        rules=rules,
    )


def test_a_peak_is_prepared_and_left_in_steps():
    found = curve([70, 70, 70, 80, 70, 70, 70])
    assert found.supply_c[0].tolist() == [71, 74, 77, 80, 77, 74, 71]
    assert not found.short_k.any()


def test_day_limit_lifts_the_day_before_the_cold():
    """Needs 70 today and 84 tomorrow: today cannot be below 74, though 3 K a block would do."""
    found = curve([70] * 6 + [84] * 6)
    assert found.supply_c[0].tolist() == [74, 74, 74, 75, 78, 81] + [84] * 6


def test_needs_are_rounded_up_to_half_a_kelvin():
    assert curve([70.01, 70.0, 69.6]).supply_c[0].tolist() == [70.5, 70.0, 70.0]


def test_lags_when_the_past_leaves_no_time():
    found = curve([90, 90, 90, 90], before=80.0)
    assert found.supply_c[0].tolist() == [83, 86, 89, 90]
    assert found.short_k[0].tolist() == [7, 4, 1, 0]


def test_falls_from_the_past_in_steps_too():
    assert curve([70, 70, 70, 70], before=80.0).supply_c[0].tolist() == [77, 74, 71, 70]


def test_yesterday_counts():
    day_before = np.full((1, 6), 70.0)
    found = curve([90] * 6, day_before=day_before)
    assert found.supply_c[0].tolist() == [80] * 6


def test_a_plant_makes_no_more_than_it_can():
    found = curve([100, 112, 100], highest=110.3)
    assert found.supply_c[0].max() == 110.0
    assert found.short_k[0, 1] == pytest.approx(2.0)


def test_joined_plants_stay_within_six_kelvin():
    joined = np.ones((2, 2), dtype=bool)
    needs = [[90.0, 90.0], [70.0, 70.0]]
    assert curve(needs, shares=joined).supply_c.tolist() == [[90, 90], [84, 84]]
    assert curve(needs).supply_c.tolist() == [[90, 90], [70, 70]]


def test_a_weak_plant_does_not_hold_the_other_down():
    joined = np.ones((2, 2), dtype=bool)
    found = curve([[110.0], [70.0]], shares=joined, highest=[120.0, 95.0])
    assert found.supply_c[:, 0].tolist() == [110, 95]


needs = st.integers(1, 20).flatmap(
    lambda blocks: st.lists(
        st.lists(st.floats(60, 115), min_size=blocks, max_size=blocks), min_size=2, max_size=2
    )
)


def worst_change(supply, apart):
    return np.abs(supply[:, apart:] - supply[:, :-apart]).max(initial=0.0)


@given(needs, st.booleans(), st.one_of(st.just(np.nan), st.floats(65, 110)))
def test_curve_meets_needs_within_limits_and_no_lower_one_would(need, joined, before_c):
    need_c, shares = np.array(need), np.full((2, 2), joined)
    found = curve(need_c, shares=shares, before=before_c)
    supply = found.supply_c
    assert (supply + found.short_k >= need_c - 1e-9).all()
    if np.isnan(before_c):
        assert found.short_k.max() <= 1e-9
    else:
        assert np.abs(supply[:, 0] - before_c).max() <= 3.0 + 1e-9
    assert worst_change(supply, 1) <= 3.0
    assert worst_change(supply, 6) <= 10.0
    if joined:
        assert np.abs(supply[0] - supply[1]).max() <= 6.0
    assert (supply * 2 == np.round(supply * 2)).all()
    assert cannot_be_lower(supply, need_c, joined, before_c)


def cannot_be_lower(supply, need_c, joined, before_c):
    """Every setpoint rests on something: its need, or a neighbour that the limits tie it to.

    Following the ties must end at a need or at the past: lowering a whole set of setpoints by
    half a kelvin then always breaks something.
    """
    resting = supply < need_c + 0.5  # half a kelvin lower would miss the need
    if not np.isnan(before_c):
        resting[:, 0] |= supply[:, 0] < before_c - 3.0 + 0.5
    for _ in range(resting.size):
        for apart, limit_k in ((1, 3.0), (6, 10.0)):
            if supply.shape[1] > apart:
                rise = supply[:, apart:] - supply[:, :-apart]
                resting[:, :-apart] |= resting[:, apart:] & (rise > limit_k - 0.5)
                resting[:, apart:] |= resting[:, :-apart] & (rise < 0.5 - limit_k)
        if joined:
            gap = supply[0] - supply[1]
            resting[0] |= resting[1] & (gap < 0.5 - 6.0)
            resting[1] |= resting[0] & (gap > 6.0 - 0.5)
    return bool(resting.all())
