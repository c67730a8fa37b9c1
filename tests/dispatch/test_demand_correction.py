"""Two opinions on the demand made one, by hand on plain arrays."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dispatch.demand_correction import (
    BOUNDS,
    DayErrors,
    day_errors,
    demand_factor,
    ratio_spread,
    recent_bias,
)

ALL_LOAD = np.ones(7)


def flat(value, hours):
    return np.full(hours, float(value))


# ---- errors and weights --------------------------------------------------------------------


def test_errors_are_of_daily_means():
    """Hours 20 % too high by day and too low by night are no error of the day: within a day heat
    is moved at will. Five issues, each 3 % too high on average, are one of 3 %.
    """
    came = np.full((5, 48), 100.0)
    moved = came * 1.03 + np.tile(np.repeat([20.0, -20.0], 12), 2)
    errors = day_errors(moved, came * 0.92, came)
    assert errors.load == pytest.approx([0.03, 0.03])
    assert errors.buildings == pytest.approx([0.08, 0.08])


def test_days_with_gaps_count_by_what_both_have_or_not_at_all():
    """Six hours missing: the rest counts. Seven: no day, and four days are too few to tell."""
    came = np.full((5, 24), 100.0)
    load = came * 1.05
    load[0, :6] = np.nan
    assert day_errors(load, came, came).load == pytest.approx([0.05])
    load[0, :7] = np.nan
    assert np.isnan(day_errors(load, came, came).load).all()


def test_weights_are_those_of_two_measurements():
    """3 % against 6 %: the buildings' variance is four times the load's, 4/5."""
    errors = DayErrors(np.array([0.03, np.nan, 0.0]), np.array([0.06, 0.05, 0.0]))
    assert errors.weight == pytest.approx([0.8, 0.5, 0.5])


# ---- recent bias ---------------------------------------------------------------------------


def test_bias_of_one_day_is_drawn_to_none():
    """One day 10 % up counts ½^(1/5) = 0.871 against 1.5: 0.0367."""
    weight = 0.5**0.2
    assert recent_bias(flat(110, 24), flat(100, 24)) == pytest.approx(0.1 * weight / (weight + 1.5))


def test_bias_of_many_days_is_that_of_the_last_ones():
    """A fortnight 5 % up is nearly all believed; a change of late counts more than one of old."""
    hours = 14 * 24
    steady = recent_bias(flat(105, hours), flat(100, hours))
    assert 0.035 < steady < 0.05
    late = np.where(np.arange(hours) >= hours - 72, 105.0, 100.0)
    assert recent_bias(late, flat(100, hours)) > recent_bias(late[::-1], flat(100, hours))
    assert recent_bias(flat(np.nan, hours), flat(100, hours)) == 0.0
    assert recent_bias(flat(900, hours), flat(100, hours)) == pytest.approx(0.15)


def test_spread_is_of_steps_from_day_to_day():
    """Days 4 % up and as expected by turns: √(0.04²/2) = 2.8 %. A level that changes once in a
    fortnight is one step of 13, 0.04/√(2·13) = 0.8 %, and no measure of trust in either.
    """
    day = np.arange(14 * 24) // 24
    by_turns = np.where(day % 2 == 0, 104.0, 100.0)
    assert ratio_spread(by_turns, flat(100, 336)) == pytest.approx(0.04 / np.sqrt(2))
    once = np.where(day < 7, 104.0, 100.0)
    assert ratio_spread(once, flat(100, 336)) == pytest.approx(0.04 / np.sqrt(26))
    assert ratio_spread(once[:96], flat(100, 96)) == 0.0


# ---- the factor ----------------------------------------------------------------------------


def corrected(ratio, weight=ALL_LOAD, hours=168, before=1.0, bias=0.0, leads=168):
    """Load `ratio` times 100 MW of the buildings, `before` times until now."""
    load = np.broadcast_to(np.asarray(ratio, dtype=float) * 100.0, (leads,))
    return demand_factor(
        flat(before * 100, 12), flat(100, 12), load, flat(100, hours), weight, bias
    )


def test_load_eight_per_cent_up_with_four_fifths_of_the_weight():
    """0.8 · 8 % = 6.4 % at every hour, the first included: it was 8 % until now too."""
    assert corrected(1.08, 0.8 * ALL_LOAD, before=1.08).factor == pytest.approx(flat(1.064, 168))


def test_the_first_hours_are_half_measured():
    """No jump: 8 % to come and nothing until now. Of the 24 h around the middle of the first hour
    12.5 are to come, so 8 % · 12.5/24; all of it half a day on.
    """
    factor = corrected(1.08).factor
    assert factor[0] == pytest.approx(1.0 + 0.08 * 12.5 / 24.0)
    assert factor[13] == pytest.approx(1.08)
    assert np.abs(np.diff(factor)).max() <= 0.08 / 24.0 + 1e-9


def test_within_a_day_the_shape_of_the_load_moves_nothing():
    """Heat by night instead of by day: the factor stays 1 but for the ends of the forecast."""
    shape = 1.0 + 0.2 * np.sin(2 * np.pi * np.arange(168) / 24.0)
    factor = corrected(shape).factor
    assert factor[12:156] == pytest.approx(flat(1.0, 144), abs=1e-9)


def test_weights_change_smoothly_from_day_to_day():
    """Full weight on day 1, none from day 2 on: half at the midnight between their middles."""
    weight = np.array([1.0, 0, 0, 0, 0, 0, 0])
    factor = corrected(1.10, weight, before=1.10).factor
    assert factor[12] == pytest.approx(1.10)
    assert factor[24] == pytest.approx(1.05)
    assert factor[36] == pytest.approx(1.0)


def test_beyond_the_forecast_it_fades_to_the_bias_and_then_to_one():
    """Three days of load 10 % up, then within 24 h to the recent bias of 4 %, 1/e of it left
    after 96 h more; on a week's grid that is 1 + 0.04·e^(−(240 − 71 − 24)/96).
    """
    factor = corrected(1.10, hours=241, before=1.10, bias=0.04, leads=72).factor
    assert factor[71] == pytest.approx(1.10)
    assert factor[71 + 12] == pytest.approx((1.10 + 1.04) / 2)
    assert factor[71 + 24] == pytest.approx(1.04)
    assert factor[240] == pytest.approx(1.0 + 0.04 * np.exp(-145 / 96))


def test_what_jumps_from_day_to_day_is_drawn_to_the_fortnight():
    """A warming after a cold night: 11 % up today, 5 % in the fortnight, days apart by 2 % as much
    as their needs are. Half of the 6 % beyond is believed, 8 %; where ratios are steady, all of it.
    """
    load, expected = flat(111, 168), flat(100, 168)
    args = (load[:12], expected[:12], load, expected, ALL_LOAD)
    assert demand_factor(*args, 0.05, 0.02).factor == pytest.approx(flat(1.08, 168))
    assert demand_factor(*args, 0.05, 0.0).factor == pytest.approx(flat(1.11, 168))


@pytest.mark.parametrize(("ratio", "factor"), [(1.4, 1.15), (0.5, 0.85), (1.149, 1.149)])
def test_it_is_bounded_and_says_so(ratio, factor):
    found = corrected(ratio, before=ratio)
    assert found.factor == pytest.approx(flat(factor, 168))
    assert found.bounded == (ratio != factor)


def test_gaps_of_the_last_hours_are_left_out():
    """Six hours without readings before now: the window's other hours speak."""
    before = flat(108, 12)
    before[-6:] = np.nan
    found = demand_factor(before, flat(100, 12), flat(108, 168), flat(100, 168), ALL_LOAD, 0.0)
    assert found.factor == pytest.approx(flat(1.08, 168))


def test_without_any_forecast_nothing_is_corrected():
    nothing = corrected(np.nan)
    assert nothing.factor.tolist() == [1.0] * 168
    assert not nothing.bounded


@given(
    st.lists(st.floats(0.0, 5.0), min_size=30, max_size=170),
    st.lists(st.floats(0.0, 1.0), min_size=7, max_size=7),
    st.integers(1, 300),
    st.floats(-0.15, 0.15),
)
def test_whatever_is_measured_it_stays_in_bounds(ratio, weight, hours, bias):
    low, high = BOUNDS
    found = corrected(ratio, np.array(weight), hours=hours, bias=bias, leads=len(ratio))
    assert found.factor.shape == (hours,)
    assert ((found.factor >= low) & (found.factor <= high)).all()
