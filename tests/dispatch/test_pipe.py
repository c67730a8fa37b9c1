"""Plug flow by hand, and energy that is neither made nor lost whatever the clock of a main says."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dispatch.pipe import CLOCK_H, OnTheWay, arrival_clock, as_sent, nothing_known, pipe

HOURS = np.arange(9.0)  # eight steps of an hour
NOTHING = nothing_known(0.0, 0.0)


def steady(delay_h, *sent_mw, step_h=1.0, edges_h=HOURS):
    """A main of fixed delay into which `sent_mw` went before the start."""
    past = as_sent(np.array(sent_mw, dtype=float), step_h, delay_h) if sent_mw else NOTHING
    return pipe(edges_h, edges_h + delay_h, past)


def sent(main, arrival):
    return main.weights @ np.asarray(arrival, dtype=float) + main.offset_mw


# ---- a fixed delay -------------------------------------------------------------------------


def test_without_delay_what_is_sent_is_what_arrives():
    main = steady(0.0, 4.0)
    assert sent(main, [1, 2, 3, 4, 5, 6, 7, 8]) == pytest.approx([1, 2, 3, 4, 5, 6, 7, 8])
    assert main.stored_mwh == pytest.approx(np.zeros(8))


def test_a_whole_delay_shifts():
    """2 h: hour 0 sends what arrives in hour 2; the last two go on with the last arrival."""
    main = steady(2.0, 3.0, 5.0)
    assert main.stored_mwh == pytest.approx([3, 5, 0, 0, 0, 0, 0, 0])
    assert sent(main, [3, 5, 1, 2, 3, 4, 5, 6]) == pytest.approx([1, 2, 3, 4, 5, 6, 6, 6])
    assert main.left_h == pytest.approx(2.0)


def test_a_fraction_takes_part_of_two_hours():
    """1.25 h: hour 1 arrives from 2:15 to 3:15: ¾ of hour 2 and ¼ of hour 3."""
    arrival = [4, 4, 8, 16, 8, 8, 8, 8]
    found = sent(steady(1.25, 4.0, 4.0), arrival)
    assert found[1:4] == pytest.approx([0.75 * 8 + 0.25 * 16, 0.75 * 16 + 2, 8])


def test_the_step_in_which_the_delay_ends_is_shared_by_old_and_new_heat():
    """1.25 h, 4 MW before: 1 MWh of hour 1 is old. If 7 MWh arrive in it, 6 are new, in ¾ h: 8 MW,
    and hour 0, arriving from 1:15 to 2:15, sent ¾ · 8 + ¼ · 8.
    """
    main = steady(1.25, 4.0, 4.0)
    assert main.stored_mwh == pytest.approx([4, 1, 0, 0, 0, 0, 0, 0])
    assert sent(main, [4, 7, 8, 8, 8, 8, 8, 8])[0] == pytest.approx(8.0)


def test_history_of_another_step_length():
    """Half-hour history 2, 4, 6 MW and 1.5 h of delay: 1 + 2 MWh in hour 0, 3 in hour 1."""
    main = steady(1.5, 2.0, 4.0, 6.0, step_h=0.5)
    assert main.stored_mwh[:3] == pytest.approx([3.0, 3.0, 0.0])


def test_steps_of_a_look_ahead_may_be_longer():
    """Steps of 1, 1, 4 and 12 h, 3 h of delay, constant heat: everything stays constant."""
    main = steady(3.0, 7.0, 7.0, 7.0, edges_h=np.array([0.0, 1, 2, 6, 18]))
    assert sent(main, [7, 7, 7, 7]) == pytest.approx([7, 7, 7, 7])


def test_a_delay_longer_than_a_step_receives_nothing_new_before_it_has_passed():
    main = steady(3.5, 5.0, 5.0, 5.0, 5.0)
    assert (main.weights[:, :3] == 0).all()
    assert main.stored_mwh[:4] == pytest.approx([5, 5, 5, 2.5])


# ---- the clock -----------------------------------------------------------------------------


def test_a_steady_load_has_the_delay_of_its_level():
    assert arrival_clock(HOURS, np.full(8, 1.25)) - HOURS == pytest.approx(np.full(9, 1.25))


def test_the_delay_shrinks_while_the_load_grows():
    """2 h of delay until hour 4, 1 h from then on. What leaves at 3 has gone half of the way at 4
    and needs ½ h for the rest: 1.5 h. By the load at departure alone it would arrive at 5:00,
    with what leaves at 4.
    """
    found = arrival_clock(HOURS, np.array([2.0] * 4 + [1.0] * 4))
    assert found == pytest.approx([2, 3, 4, 4.5, 5, 6, 7, 8, 9])


def test_the_delay_grows_while_the_load_falls():
    """1 h until hour 4, then 2: what leaves at 3 arrives at 4, at 3:30 it has half of the way left
    at 4 and arrives at 5:00.
    """
    edges_h = np.arange(17) * 0.5
    found = arrival_clock(edges_h, np.array([1.0] * 8 + [2.0] * 8))
    assert found[[0, 6, 7, 8]] == pytest.approx([1, 4, 5, 6])


def test_heat_sent_into_a_growing_load_is_squeezed():
    """8 MW arrive throughout. Hour 3 arrives within half an hour (4:30 to 5:00), so it sends only
    4 MWh; hour 2 (4:00 to 4:30) likewise. The main gives up 8 of 16 MWh as its delay halves.
    """
    edges_h = np.arange(13.0)
    clock = arrival_clock(edges_h, np.array([2.0] * 4 + [1.0] * 8))
    main = pipe(edges_h, clock, nothing_known(8.0, 2.0))
    found = sent(main, np.full(12, 8.0))
    assert found == pytest.approx([8, 8, 4, 4, 8, 8, 8, 8, 8, 8, 8, 8])
    assert main.left_h * 8.0 == pytest.approx(8.0)


def test_the_first_arrival_of_the_last_plan_stands():
    """The last plan had 3 h; by the new load it would be 1.5 h. What leaves at 0 still arrives at
    3, at half the speed until then, and what leaves at 1 has ⅔ of the way behind it there and
    needs ½ h more. Nothing overtakes the old heat.
    """
    found = arrival_clock(HOURS, np.full(8, 1.5), 3.0)
    assert found[:5] == pytest.approx([3, 3.5, 4, 4.5, 5.5])


def test_a_main_without_length_has_no_delay():
    assert arrival_clock(HOURS, np.zeros(8)).tolist() == HOURS.tolist()


def test_shut_hours_bring_nothing():
    """Whole delay 1 h, shut in hour 2: hour 3 can bring nothing, whatever is asked."""
    is_open = np.array([True, True, False] + [True] * 5)
    main = pipe(HOURS, HOURS + 1.0, nothing_known(4.0, 1.0), is_open)
    assert main.open_h == pytest.approx([0, 1, 1, 0, 1, 1, 1, 1])
    assert (main.weights[2] == 0).all()


# ---- any clock -----------------------------------------------------------------------------


@st.composite
def mains(draw):
    """Steps of 15, 30 or 60 min with blocks of 4 and 12 h after them; delays that change by step
    up to 5 h; heat on the way; a main that is shut at times; and new arrivals.
    """
    step_h = draw(st.sampled_from([0.25, 0.5, 1.0]))
    fine = np.arange(draw(st.integers(8, 20)) + 1) * step_h
    longer = fine[-1] + np.cumsum(draw(st.lists(st.sampled_from([4.0, 12.0]), max_size=3)))
    edges_h = np.concatenate([fine, longer])
    steps = edges_h.size - 1
    level = st.floats(0.1, 5.0)
    delays_h = np.array(draw(st.lists(level, min_size=steps, max_size=steps)))
    first_h = draw(st.none() | level)
    clock = arrival_clock(edges_h, delays_h, first_h)
    parts = draw(st.lists(st.floats(0, 50), min_size=1, max_size=4))
    past = OnTheWay(np.linspace(0.0, clock[0], len(parts) + 1), np.array(parts))
    is_open = np.array(draw(st.lists(st.booleans(), min_size=steps, max_size=steps)))
    is_open |= draw(st.booleans())
    new_mw = np.array(draw(st.lists(st.floats(0, 50), min_size=steps, max_size=steps)))
    return edges_h, clock, past, is_open, new_mw


def arrivals(main, past, new_mw):
    return (past.arriving_mwh(main.edges_h) + new_mw * main.open_h) / np.diff(main.edges_h)


@settings(max_examples=150, deadline=None)
@given(mains())
def test_what_leaves_later_arrives_later(drawn):
    edges_h, clock, *_ = drawn
    assert (np.diff(clock) >= CLOCK_H - 1e-9).all()
    assert (clock >= edges_h).all()


@settings(max_examples=150, deadline=None)
@given(mains())
def test_heat_is_neither_made_nor_lost_on_the_way(drawn):
    """Σ sent + what was on its way = Σ arrived + what is left, for any clock and shut hours."""
    edges_h, clock, past, is_open, new_mw = drawn
    main, lengths_h = pipe(edges_h, clock, past, is_open), np.diff(edges_h)
    arrival = arrivals(main, past, new_mw)
    later_mwh = past.energy_mwh.sum() - main.stored_mwh.sum()  # on its way beyond the grid
    into = float(sent(main, arrival) @ lengths_h) + past.energy_mwh.sum()
    out = float(arrival @ lengths_h) + main.left_h * arrival[-1] + later_mwh
    assert into == pytest.approx(out, abs=1e-8)
    assert (sent(main, arrival) >= -1e-9).all()
    assert sent(main, arrival)[~main.is_open] == pytest.approx(0.0, abs=1e-12)


@settings(max_examples=60, deadline=None)
@given(mains())
def test_against_a_simulation_by_parcels(drawn):
    """New heat is laid out in short parcels of arrival time, each is led back to the step it left
    in by the clock, and added up: no weights, no intervals. A slip of one step would show.
    """
    edges_h, clock, past, is_open, new_mw = drawn
    main, lengths_h = pipe(edges_h, clock, past, is_open), np.diff(edges_h)
    arrival = arrivals(main, past, new_mw)
    parcel_h = CLOCK_H
    middle_h = (np.arange(round(max(clock[-1], edges_h[-1]) / parcel_h)) + 0.5) * parcel_h
    left_in = np.searchsorted(clock, middle_h, side="right") - 1
    arrives_in = np.searchsorted(edges_h, middle_h, side="right") - 1
    comes = (left_in >= 0) & (left_in < lengths_h.size)
    comes[comes] &= is_open[left_in[comes]]
    rate = np.append(new_mw, arrival[-1])[arrives_in[comes]]
    expected = np.bincount(left_in[comes], rate * parcel_h, lengths_h.size) / lengths_h
    assert sent(main, arrival) == pytest.approx(expected, abs=1e-6)


@settings(max_examples=60, deadline=None)
@given(mains())
def test_arrivals_told_on_other_steps_are_the_same_energy(drawn):
    """Quarters of an hour of new heat add up to that of the steps, and past the end to what is
    left in the main.
    """
    edges_h, clock, past, is_open, new_mw = drawn
    main = pipe(edges_h, clock, past, is_open)
    arrival = arrivals(main, past, new_mw)
    quarters = np.arange(round(edges_h[-1] / 0.25) + 1) * 0.25
    by_quarter = np.concatenate([[0.0], np.cumsum(main.new_mwh(arrival, quarters))])
    by_step = np.diff(np.interp(edges_h, quarters, by_quarter))
    assert by_step == pytest.approx(new_mw * main.open_h, abs=1e-8)
    beyond = main.new_mwh(arrival, np.array([edges_h[-1], max(clock[-1], edges_h[-1])]))
    assert beyond[0] == pytest.approx(main.left_h * arrival[-1], abs=1e-8)
