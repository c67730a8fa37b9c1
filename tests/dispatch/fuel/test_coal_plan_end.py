"""Stock that a yard should have left when the plan ends, by hand."""

import numpy as np
import pytest
from example_yard import MWH_PER_T, YARD, yard_ahead

from dispatch.fuel.coal_need import OrderOfToday, need_t
from dispatch.tonne_value import coal_need

BOTTOM = YARD.model_copy(update={"unusable_t": 50.0, "stock_t": 4_000.0})


def order_of_today(arrives=6, **changed):
    """A yard whose order of today is at the gate on a day."""
    ahead = yard_ahead(BOTTOM, **changed)
    return OrderOfToday(ahead.piles, ahead.arrivals, arrives)


def test_the_stock_lasts_through_the_day_of_unloading():
    """After day 2 come days 3 to 6 at 100 t, and 50 t that no loader reaches."""
    assert need_t(order_of_today(), plan_end=2).tolist() == [450.0]


@pytest.mark.parametrize(("mwh_per_t", "need"), [(MWH_PER_T, 300.0), (MWH_PER_T / 2, 375.0)])
def test_known_deliveries_count_by_their_heating_value(mwh_per_t, need):
    """150 t on day 4 of the pile's own coal spare 150 t, of half its heating value 75.

    The pile's own value falls a little as the poor coal is mixed in, hence 2 %.
    """
    known = np.zeros((1, 60))
    known[0, 4] = 150.0
    yard = order_of_today(known_t=known, known_mwh_per_t=mwh_per_t)
    assert need_t(yard, plan_end=2)[0] == pytest.approx(need, rel=0.02)


def test_a_delivery_on_the_last_day_does_not_help_on_the_days_before():
    """1 000 t on day 6: until then 300 t are burnt all the same."""
    known = np.zeros((1, 60))
    known[0, 6] = 1_000.0
    assert need_t(order_of_today(known_t=known), plan_end=2).tolist() == [350.0]


def test_an_order_that_is_there_before_the_plan_ends_asks_for_nothing():
    """Only the bottom layer is left."""
    assert need_t(order_of_today(arrives=2), plan_end=2).tolist() == [50.0]


def test_the_last_tonne_is_worth_its_price_times_the_chance_to_miss_it():
    """Half of the paths burn 200 t a day: beside 600 t a tonne is worth half of 1 500 yuan."""
    burn = np.full((10, 60), 100.0)
    burn[5:] = 200.0
    needed_t = need_t(order_of_today(burn_t=burn), plan_end=2)
    need = coal_need("A", needed_t, yuan_per_t=1_500.0)
    assert need.yard_id == "A"
    assert need.worth_yuan_per_t(600.0) == 750.0
    assert need.worth_yuan_per_t(851.0) == 0.0
