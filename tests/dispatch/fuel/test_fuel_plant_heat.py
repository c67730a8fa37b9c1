"""Plants move towards the least cost as fast as their supply may, and still add up."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from numpy.typing import NDArray
from plan_inputs_maker import small_case

from dispatch.fuel.plant_heat import change_limit_mw, design_mw, limited_heat

Array = NDArray[np.float64]

LIMIT_MW = (40.0, 60.0)  # a day, of a plant that is wanted full and of one that fills up
MOST_MW = (420.0, 630.0)


def followed(
    *target: tuple[float, float], before: tuple[float, float] | None = None, free: int | None = None
) -> list[list[float]]:
    """Heat of both plants, day by day, on one course."""
    days = len(target)
    limit = np.broadcast_to(np.array(LIMIT_MW)[:, None, None], (2, days, 1))
    ends = np.array([np.zeros((2, days)), np.repeat(np.array(MOST_MW)[:, None], days, axis=1)])
    wanted = np.array(target).T[:, :, None]
    start = None if before is None else np.array(before)
    held = limited_heat(wanted, limit, ends, np.arange(days) == free, start)
    return held[:, :, 0].T.tolist()


def test_a_fall_is_shared_and_made_good():
    """100 MW less: one plant may give 60, so the other gives 40 and takes them back next day.

    Without the rule the full plant would stay full, as a plan that must move supply cannot do.
    """
    assert followed((420, 500), (420, 400), (420, 400)) == [[420, 500], [380, 440], [420, 400]]


def test_a_fall_beyond_both_limits_is_taken_by_the_one_that_wants_to():
    """150 MW less: 40 and 60 are allowed, the other 50 come from where they cost least."""
    assert followed((420, 500), (420, 350)) == [[420, 500], [380, 390]]


def test_a_full_plant_takes_no_more():
    """A rise of 100 MW: the full one cannot help, so the limit of the other gives way."""
    assert followed((420, 400), (420, 500)) == [[420, 400], [420, 500]]


def test_what_an_outage_changes_changes_at_once():
    """On the day under another condition plants go where they must."""
    assert followed((400, 500), (0, 600), free=1) == [[400, 500], [0, 600]]


def test_the_day_before_holds_the_first_day():
    """From 420 and 500 MW yesterday; without a yesterday the first day is free."""
    assert followed((420, 400), before=(420, 500)) == [[380, 440]]
    assert followed((420, 400)) == [[420, 400]]


@settings(max_examples=40, deadline=None)
@given(arrays(np.float64, (6, 2), elements=st.floats(0.0, 1.0)))
def test_plants_always_add_up_within_what_they_can(parts: Array):
    """Whatever the courses: the sum of the targets, none below nothing or above its most."""
    target = parts * MOST_MW
    held = np.array(followed(*map(tuple, target.tolist())))
    assert held.sum(axis=1) == pytest.approx(target.sum(axis=1))
    assert (held >= -1e-6).all()
    assert (held <= np.array(MOST_MW) + 1e-6).all()


def test_the_limit_is_kelvins_a_day_times_heat_per_kelvin():
    """10 K a day by the plants' 6:4; at the design load 73 K of supply are all of the load.

    On a curve of 105/50 °C over 18 °C supply moves by 59.5/1.3 + 27.5 K a unit of load (H F8). In
    a cold wave it is 15 K: the rise of the load tells it, a week ahead.
    """
    case, days = small_case(), 12
    load = np.full((days, 2), design_mw(case))
    load[:8, 1] *= 0.5  # the second course rises by half of the load, 11 K
    limit = change_limit_mw(case, load)
    per_k = design_mw(case) / (59.5 / 1.3 + 27.5)
    assert limit[:, -1, 0] == pytest.approx(np.array([0.6, 0.4]) * 10 * per_k, rel=0.01)
    assert limit[0, 5, 1] / limit[0, 5, 0] == pytest.approx(1.5)
    assert limit[0, 0, 1] == limit[0, 0, 0]  # not yet in sight
