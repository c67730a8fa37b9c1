"""The last safe day to order and the tonnage, worked by hand at 100 t a day."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import numpy as np
import pytest
from example_yard import AUTUMN, MWH_PER_T, SUPPLY, YARD, at_risk_of, yard_ahead
from hypothesis import given, settings
from hypothesis import strategies as st

from dispatch.case import Delivery
from dispatch.fuel.order_terms import (
    USUAL_CONFIDENCE,
    arrival_days,
    at_gate_t,
    due_t,
    free_unloading_t,
    order_confidence,
    order_delays,
    with_order,
)
from dispatch.fuel.orders import next_order
from dispatch.fuel.outlook import Order
from forecasts.demand.holidays import off_days

KCAL = {"net_calorific_kcal_per_kg": 5_000}


def test_an_order_is_due_when_its_lead_time_still_fits_before_the_reserve():
    """2 000 t less 100 a day are 700 t, seven days, at the end of day 12 (2 December).

    An order that is at the gate on that day was placed on day 7. It is to last to day 22, when
    300 t would be missing and 700 are to lie there: 1 000 t, three trains of 400.
    """
    order = next_order(yard_ahead())
    assert order == Order(date(2025, 11, 27), date(2025, 12, 2), 1_200.0, 3, is_late=False)


@pytest.mark.parametrize(
    ("unit_t", "tonnes"), [(1_000.0, 1_000.0), (33.0, 1_023.0), (3_500.0, 3_500.0)]
)
def test_coal_comes_in_whole_trains_or_trucks(unit_t, tonnes):
    """1 000 t are one train of 1 000, 31 trucks of 33 t, or the whole of a train of 3 500."""
    order = next_order(yard_ahead(YARD.model_copy(update={"order_unit_t": unit_t})))
    assert order is not None
    assert (order.tonnes, order.units) == (tonnes, round(tonnes / unit_t))


def test_what_lasts_to_the_end_of_the_season_needs_no_order():
    """60 days of 100 t are 6 000 t; one tonne less and the last day falls short of its level."""
    assert next_order(yard_ahead(YARD.model_copy(update={"stock_t": 6_000.0}))) is None
    assert next_order(yard_ahead(YARD.model_copy(update={"stock_t": 5_999.0}))) is not None


def test_without_reserve_and_bottom_layer_an_order_still_comes_before_the_pile_ends():
    """2 000 t last until day 19 (9 December) and not through the 20th: coal must come that day.

    A stock of nothing lies below no level of nothing; nobody would order, and boilers go out.
    """
    yard = replace(yard_ahead(), level_t=np.zeros(60))
    order = next_order(yard)
    assert order is not None
    assert order.arrives == date(2025, 12, 9)


def test_what_can_never_be_unloaded_is_not_ordered():
    """Not even one train, to stand at a shut gate until spring."""
    assert next_order(yard_ahead(YARD.model_copy(update={"unloading_t_per_day": 0.0}))) is None


def test_known_deliveries_put_an_order_off():
    """500 t on day 3 last five days more, so the order may wait for them."""
    known = np.zeros((1, 60))
    known[0, 3] = 500.0
    order = next_order(yard_ahead(known_t=known))
    assert order is not None
    assert order.order_by == date(2025, 12, 2)


def test_the_spring_festival_makes_the_way_longer():
    """3 000 t reach the level on day 22 (11 February), in the window of 3 February to 3 March.

    At other times the order could wait until 6 February; on a way of nine days until the 2nd.
    """
    yard = YARD.model_copy(update={"stock_t": 3_000.0})
    order = next_order(yard_ahead(yard, first=date(2026, 1, 20)))
    assert order is not None
    assert (order.order_by, order.arrives) == (date(2026, 2, 2), date(2026, 2, 11))


def test_no_order_of_the_festival_is_overtaken():
    """Ways of five days that touch the window of 3 February to 3 March take nine.

    So what is ordered on 1 March would come on the 10th, a day after what is ordered on the 4th:
    it comes with that one.
    """
    dates = tuple(np.arange("2026-01-20", "2026-03-20", dtype="datetime64[D]").tolist())
    festivals = off_days("CN", dates[0], dates[-1]).spring_festivals
    arrives = arrival_days(YARD, dates, festivals, SUPPLY)
    on = {day: dates[arrives[i]] for i, day in enumerate(dates) if arrives[i] < len(dates)}
    assert on[date(2026, 1, 28)] == date(2026, 2, 2)
    assert on[date(2026, 1, 29)] == date(2026, 2, 7)
    assert on[date(2026, 3, 1)] == date(2026, 3, 9)
    assert on[date(2026, 3, 4)] == date(2026, 3, 9)


def test_only_a_share_can_be_unloaded_around_the_festival():
    """Half of 300 t a day from 3 February on: 1 000 t due on the 1st are there on the 5th."""
    yard = yard_ahead(
        YARD.model_copy(update={"unloading_t_per_day": 300.0}), first=date(2026, 2, 1)
    )
    gate = at_gate_t(np.eye(60)[0] * 1_000.0, yard.terms.unloading_t)
    assert gate[:6].tolist() == [300.0, 300.0, 150.0, 150.0, 100.0, 0.0]


@pytest.mark.parametrize("unloading_t_per_day", [20_000.0, 150.0])
def test_a_late_order_says_so_and_mends_the_stock(unloading_t_per_day):
    """900 t are below seven days on day 2, an order of today is there on day 5.

    To day 15 it must make up for 700 t missing and 700 of the level: 1 400 t, four trains.
    At 150 t a day that takes until day 10 to be mended, and the same 1 400 t.
    """
    changed = {"stock_t": 900.0, "unloading_t_per_day": unloading_t_per_day}
    order = next_order(yard_ahead(YARD.model_copy(update=changed)))
    assert order == Order(AUTUMN, date(2025, 11, 25), 1_600.0, 4, is_late=True)


def test_an_order_is_no_more_than_the_yard_holds():
    """Thirty days ask for 3 000 t; beside the 700 t that lie there a yard of 2 000 takes 1 300."""
    supply = SUPPLY.model_copy(update={"order_cover_days": 30.0})
    order = next_order(yard_ahead(YARD.model_copy(update={"capacity_t": 2_000.0}), supply))
    assert order is not None
    assert (order.order_by, order.tonnes) == (date(2025, 11, 27), 1_200.0)


def test_slow_unloading_asks_for_an_earlier_order():
    """60 t a day of 100 burnt: 40 t short each of eleven days, so it must begin on day 8.

    2 000 − 100 · (8 + 11) + 60 · 11 = 760 t on its last day, and 660 t if it began on day 9.
    """
    changed = {"unloading_t_per_day": 60.0, "order_unit_t": 100.0}
    order = next_order(yard_ahead(YARD.model_copy(update=changed)))
    assert order is not None
    assert (order.order_by, order.tonnes) == (date(2025, 11, 23), 600.0)


def test_who_takes_more_risk_orders_later():
    """One path in ten burns 200 t and is under 700 t on day 6: at 2 % the order is due today.

    At 50 % those paths are given up, and the order is that of the others.
    """
    burn = np.full((100, 60), 100.0)
    burn[:10] = 200.0
    yard = yard_ahead(burn_t=burn)
    careful, bold = next_order(at_risk_of(yard, 0.02)), next_order(at_risk_of(yard, 0.5))
    assert careful is not None and bold is not None
    assert (careful.order_by, careful.is_late) == (AUTUMN, False)
    assert (bold.order_by, bold.tonnes) == (date(2025, 11, 27), 1_200.0)


def test_trains_that_may_be_late_are_ordered_earlier():
    """On one path of ten an order comes three days late: it must be due on day 9 instead of 12.

    To day 19 that is 700 t, two trains. Who gives those paths up orders as if all came in time.
    """
    yard = yard_ahead(burn_t=np.full((100, 60), 100.0))
    late = np.zeros((100, 60), dtype=np.int64)
    late[:10] = 3
    yard = replace(yard, terms=replace(yard.terms, late=late))
    assert next_order(at_risk_of(yard, 0.02)) == Order(
        date(2025, 11, 24), date(2025, 11, 29), 800.0, 2, is_late=False
    )
    bold = next_order(at_risk_of(yard, 0.5))
    assert bold is not None
    assert (bold.order_by, bold.tonnes) == (date(2025, 11, 27), 1_200.0)


def test_each_path_has_its_order_when_it_comes():
    """Orders of days 0 and 3 are due on 5 and 8: together where the first is three days late.

    The second is so late on that path that the season is over.
    """
    terms = yard_ahead(days=10).terms
    late = np.zeros((2, 10), dtype=np.int64)
    late[1, 0], late[1, 3] = 3, 2
    due = due_t(replace(terms, late=late), 400.0 * np.isin(np.arange(10), (0, 3)))
    assert [np.flatnonzero(row).tolist() for row in due] == [[5, 8], [8]]
    late[1, 3] = 0
    due = due_t(replace(terms, late=late), 400.0 * np.isin(np.arange(10), (0, 3)))
    assert due[1, 8] == 800.0


def test_orders_are_as_sure_as_the_deliveries_on_file():
    """3 000 t at 0.95 and 1 000 at 0.75 are 0.9 in the mean; another yard's are not asked."""
    moment = datetime(2025, 12, 1, tzinfo=UTC)
    rows = [
        Delivery(yard_id=yard, arrival_time=moment, tonnes=t, confidence=sure, **KCAL)
        for yard, t, sure in (("A", 3_000, 0.95), ("A", 1_000, 0.75), ("A", 900, 0), ("B", 50, 0.5))
    ]
    assert order_confidence(rows, "A") == pytest.approx(0.9)
    assert order_confidence(rows, "C") == USUAL_CONFIDENCE


def test_orders_are_late_as_often_and_as_long_as_deliveries():
    """In time on four paths of five, else three days late in the mean (`late_days`)."""
    dates = tuple(AUTUMN + timedelta(days=day) for day in range(30))
    late = order_delays(YARD, dates, 0.8, paths=1_000, seed=1)
    assert late.shape == (1_000, 30)
    assert (late > 0).mean() == pytest.approx(0.2, abs=0.02)
    assert late[late > 0].mean() == pytest.approx(3.0, abs=0.2)


@settings(max_examples=30, deadline=None)
@given(
    seed=st.integers(0, 10_000),
    stock_t=st.floats(1_500, 5_000),
    unit_t=st.sampled_from([33.0, 400.0, 1_500.0]),
    unloading_t=st.sampled_from([160.0, 400.0, 20_000.0]),
    lead_days=st.integers(1, 9),
    fresh_mwh_per_t=st.floats(4.0, 6.0),
    confidence=st.sampled_from([1.0, 0.85]),
)
def test_the_simulated_risk_is_kept(
    seed, stock_t, unit_t, unloading_t, lead_days, fresh_mwh_per_t, confidence
):
    """Losses, poor coal, trains late or in the way: with the order the risk is not exceeded.

    The sums of the search alone fall short here: they know nothing of losses and heating values.
    """
    changed = {
        "stock_t": stock_t,
        "order_unit_t": unit_t,
        "unloading_t_per_day": unloading_t,
        "lead_time_days": lead_days,
        "yard_loss_per_month": 0.02,
        "heat_value_loss_per_month": 0.03,
    }
    draw = np.random.default_rng(seed)
    burn = np.maximum(0.0, 100.0 + np.cumsum(draw.normal(0.0, 8.0, (200, 60)), axis=1))
    known = np.where(draw.random((200, 60)) < 0.1, 300.0, 0.0)
    yard = yard_ahead(
        YARD.model_copy(update=changed),
        burn_t=burn,
        known_t=known,
        known_mwh_per_t=fresh_mwh_per_t,
        first=date(2026, 1, 10),
    )
    late = order_delays(yard.terms.yard, yard.terms.dates, confidence, paths=200, seed=seed)
    yard = replace(yard, terms=replace(yard.terms, late=late))
    order = next_order(yard)
    if order is None or order.is_late:
        return
    placed = (order.order_by - yard.terms.dates[0]).days
    day = (order.arrives - yard.terms.dates[0]).days
    due = due_t(yard.terms, np.eye(60)[placed] * order.tonnes)
    gate = at_gate_t(due, free_unloading_t(yard.terms, yard.piles))
    piles = yard.simulate(with_order(yard.arrivals, gate, MWH_PER_T))
    below = (piles.stock_t < yard.level_t - 1e-6)[:, : day + yard.terms.cover_days + 1].any(axis=1)
    assert below.mean() <= yard.terms.risk
