"""Plug flow by hand and against a simulation minute by minute."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dispatch.pipe import pipe

HOURS = np.arange(9.0)  # eight steps of an hour
EVEN = np.array([4.0])


def sent(main, arrival):
    return main.weights @ np.asarray(arrival, dtype=float) + main.offset_mw


def test_without_delay_what_is_sent_is_what_arrives():
    main = pipe(HOURS, 0.0, EVEN, 1.0)
    assert sent(main, [1, 2, 3, 4, 5, 6, 7, 8]) == pytest.approx([1, 2, 3, 4, 5, 6, 7, 8])
    assert main.stored_mwh == pytest.approx(np.zeros(8))


def test_a_whole_delay_shifts():
    """2 h: hour 0 sends what arrives in hour 2; the last two go on with the last arrival."""
    main = pipe(HOURS, 2.0, np.array([3.0, 5.0]), 1.0)
    assert main.stored_mwh == pytest.approx([3, 5, 0, 0, 0, 0, 0, 0])
    assert sent(main, [3, 5, 1, 2, 3, 4, 5, 6]) == pytest.approx([1, 2, 3, 4, 5, 6, 6, 6])


def test_a_fraction_takes_part_of_two_hours():
    """1.25 h: hour 1 arrives from 2:15 to 3:15: ¾ of hour 2 and ¼ of hour 3."""
    main = pipe(HOURS, 1.25, np.array([4.0, 4.0]), 1.0)
    arrival = [4, 4, 8, 16, 8, 8, 8, 8]
    assert sent(main, arrival)[1:4] == pytest.approx([0.75 * 8 + 0.25 * 16, 0.75 * 16 + 2, 8])


def test_the_step_in_which_the_delay_ends_is_shared_by_old_and_new_heat():
    """1.25 h, 4 MW before: 1 MWh of hour 1 is old. If 7 MWh arrive in it, 6 are new, in ¾ h: 8 MW,
    and hour 0, arriving from 1:15 to 2:15, sent ¾ · 8 + ¼ · 8.
    """
    main = pipe(HOURS, 1.25, np.array([4.0, 4.0]), 1.0)
    assert main.stored_mwh == pytest.approx([4, 1, 0, 0, 0, 0, 0, 0])
    assert sent(main, [4, 7, 8, 8, 8, 8, 8, 8])[0] == pytest.approx(8.0)


def test_history_of_another_step_length():
    """Half-hour history 2, 4, 6 MW and 1.5 h of delay: 1 + 2 MWh in hour 0, 3 in hour 1."""
    main = pipe(HOURS, 1.5, np.array([2.0, 4.0, 6.0]), 0.5)
    assert main.stored_mwh[:3] == pytest.approx([3.0, 3.0, 0.0])


def test_steps_of_a_look_ahead_may_be_longer():
    """Steps of 1, 1, 4 and 12 h, 3 h of delay, constant heat: everything stays constant."""
    main = pipe(np.array([0.0, 1, 2, 6, 18]), 3.0, np.full(3, 7.0), 1.0)
    assert sent(main, [7, 7, 7, 7]) == pytest.approx([7, 7, 7, 7])


def test_a_delay_longer_than_a_step_receives_nothing_new_before_it_has_passed():
    main = pipe(HOURS, 3.5, np.full(4, 5.0), 1.0)
    assert (main.weights[:, :3] == 0).all()
    assert main.stored_mwh[:4] == pytest.approx([5, 5, 5, 2.5])


@st.composite
def pipes(draw):
    """A grid, a delay up to 5 h, a history that covers it, and arrivals that can be."""
    step_h = draw(st.sampled_from([0.25, 0.5, 1.0]))
    fine = np.arange(draw(st.integers(8, 20)) + 1) * step_h
    longer = fine[-1] + np.cumsum(draw(st.lists(st.sampled_from([4.0, 12.0]), max_size=3)))
    edges_h = np.concatenate([fine, longer])
    delay_h = draw(st.integers(0, 100)) / 20
    count = max(1, int(np.ceil(delay_h / step_h)))
    history = np.array(draw(st.lists(st.floats(0, 50), min_size=count, max_size=count)))
    new = np.array(draw(st.lists(st.floats(0, 50), min_size=edges_h.size, max_size=edges_h.size)))
    return step_h, edges_h, delay_h, history, new[1:]


@settings(max_examples=60, deadline=None)
@given(pipes())
def test_against_a_simulation_minute_by_minute(drawn):
    """Arrivals are laid out by the minute, pushed back by the delay and averaged again. A slip of
    one step, or a part of a step counted twice, would show.
    """
    step_h, edges_h, delay_h, history, new = drawn
    main = pipe(edges_h, delay_h, history, step_h)
    open_h = edges_h[1:] - np.clip(delay_h, edges_h[:-1], edges_h[1:])
    arrival = (main.stored_mwh + new * open_h) / np.diff(edges_h)
    minutes = np.arange(round((edges_h[-1] + delay_h) * 60))
    middle_h = (minutes + 0.5) / 60
    step = np.minimum(np.searchsorted(edges_h, middle_h, side="right") - 1, new.size - 1)
    fresh = new[step]  # rate at which new heat comes out of the main
    fresh[middle_h >= edges_h[-1]] = arrival[-1]
    shift = round(delay_h * 60)
    by_minute = fresh[shift:]
    bounds = np.round(edges_h * 60).astype(int)
    expected = np.add.reduceat(by_minute, bounds[:-1]) / np.diff(bounds)
    assert sent(main, arrival) == pytest.approx(expected, abs=1e-9)


@settings(max_examples=60, deadline=None)
@given(pipes())
def test_heat_is_neither_made_nor_lost_on_the_way(drawn):
    """Σ sent + stored at the start = Σ arrived + delay · last arrival left in the pipe, once the
    grid is longer than the delay.
    """
    step_h, edges_h, delay_h, history, new = drawn
    if edges_h[-1] - edges_h[-2] < delay_h or edges_h[-2] < delay_h:
        return
    main = pipe(edges_h, delay_h, history, step_h)
    open_h = edges_h[1:] - np.clip(delay_h, edges_h[:-1], edges_h[1:])
    lengths_h = np.diff(edges_h)
    arrival = (main.stored_mwh + new * open_h) / lengths_h
    into = float(sent(main, arrival) @ lengths_h) + main.stored_mwh.sum()
    left = float(arrival @ lengths_h) + delay_h * arrival[-1]
    assert into == pytest.approx(left, abs=1e-7)
    on_the_way = history[::-1] @ np.clip(delay_h - step_h * np.arange(history.size), 0, step_h)
    assert main.stored_mwh.sum() == pytest.approx(on_the_way, abs=1e-9)
