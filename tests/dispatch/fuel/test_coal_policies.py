"""Four ways of ordering on the same paths: what each orders, by hand at 100 t a day."""

from dataclasses import replace
from datetime import date, timedelta

import numpy as np
import pytest
from example_yard import AUTUMN, YARD, yard_ahead

from dispatch.fuel.order_book import due_known_t, most_t
from dispatch.fuel.order_terms import order_delays
from dispatch.fuel.orders import next_order
from dispatch.fuel.outlook import Policy
from dispatch.fuel.policies import at_risk, compare_policies, evenly, up_to_30_days


def wavering_t(paths=200, days=60, seed=3):
    """Burn of about 100 t a day that stays high or low for a while, (path, day)."""
    draw = np.random.default_rng(seed)
    away = np.zeros((paths, days))
    for day in range(1, days):
        away[:, day] = 0.8 * away[:, day - 1] + draw.normal(0.0, 12.0, paths)
    return np.maximum(10.0, 100.0 + away)


def test_what_is_ordered_is_burnt_or_left():
    """Of 6 000 t wanted none is missing: 2 000 and the orders are burnt or left, nothing lost.

    A policy that counted coal as ordered which never came, or the other way round, would not add
    up. Without orders 2 000 t are burnt and nothing is left.
    """
    yard = yard_ahead()
    none, *ways = compare_policies(yard, next_order(yard))
    assert [none.policy, *(way.policy for way in ways)] == list(Policy)
    assert (none.ordered_t, none.left_t, none.probability_empty) == (0.0, 0.0, 1.0)
    for way in ways:
        assert sum(order.tonnes for order in way.orders) == way.ordered_t
        assert 2_000 + way.ordered_t == pytest.approx(6_000 + way.left_t, abs=1e-6)


def test_the_chosen_risk_holds_and_costs_less_stock_than_thirty_days():
    """Ten days' cover above seven of reserve, with 2 % of risk: less lies there than by 30 days."""
    yard = yard_ahead(burn_t=wavering_t())
    first = next_order(yard)
    results = {result.policy: result for result in compare_policies(yard, first)}
    at_risk, thirty = results[Policy.AT_RISK], results[Policy.UP_TO_30_DAYS]
    assert at_risk.orders[0] == first
    assert at_risk.probability_below_reserve <= yard.terms.risk
    assert at_risk.mean_stock_t < 0.7 * thirty.mean_stock_t


def test_orders_that_may_be_late_are_made_sooner_and_the_risk_still_holds():
    """One order in five is three days late in the mean, so the first is placed days earlier."""
    sure = yard_ahead(YARD.model_copy(update={"stock_t": 3_000.0}), burn_t=wavering_t())
    late = order_delays(YARD, sure.terms.dates, 0.8, paths=200, seed=4)
    unsure = replace(sure, terms=replace(sure.terms, late=late))
    first, other = next_order(unsure), next_order(sure)
    assert first is not None and other is not None and not first.is_late
    assert other.order_by - first.order_by >= timedelta(days=3)
    assert at_risk(unsure, first).probability_below_reserve <= sure.terms.risk


def test_up_to_thirty_days_orders_a_train_whenever_one_fits():
    """30 days and five of the way are 3 500 t: 1 500 are missing today, so four trains of 400.

    They make 3 600, which are 3 400 two mornings later: one train; and one every four days on.
    """
    orders = up_to_30_days(yard_ahead()).orders
    assert [order.order_by - AUTUMN for order in orders[:4]] == [
        timedelta(days=day) for day in (0, 2, 6, 10)
    ]
    assert [order.units for order in orders[:4]] == [4, 1, 1, 1]


def test_up_to_thirty_days_counts_what_is_on_its_way():
    """1 500 t known for day 3 are what is missing today; come late, they are still waited for."""
    known = np.zeros((2, 60))
    known[0, 3], known[1, 8] = 1_500.0, 1_500.0  # planned for day 3, late by five on one path
    yard = yard_ahead(burn_t=np.full((2, 60), 100.0), known_t=known)
    due = due_known_t(yard)
    assert due[:, 0].tolist() == [750.0, 750.0]  # half of the paths have it by day 5
    assert due[:, 4].tolist() == [0.0, 1_500.0]


def test_a_full_yard_is_kept_full_over_the_longer_way():
    """2 000 t, and the burn until the next order is there: six days, ten as the way grows longer.

    On 28 January the next order comes on 7 February instead of the 3rd; without its four days the
    yard would run down by 400 t before it.
    """
    ahead = yard_ahead(
        YARD.model_copy(update={"capacity_t": 2_000.0}), first=date(2026, 1, 20), days=60
    )
    assert most_t(ahead)[[0, 8, 9]].tolist() == [2_600.0, 3_000.0, 3_000.0]


def test_even_orders_sum_to_what_is_lacking():
    """6 000 t less 2 000 are ten trains of 400 t on the eight Thursdays that can still arrive."""
    result = evenly(yard_ahead())
    assert result.ordered_t == 4_000.0
    assert sum(order.units for order in result.orders) == 10
    assert {order.order_by.weekday() for order in result.orders} == {AUTUMN.weekday()}
    assert len(result.orders) == 8
    assert result.left_t == pytest.approx(0.0, abs=1e-6)


def test_a_yard_that_lasts_orders_nothing_evenly():
    """7 000 t for 6 000."""
    assert evenly(yard_ahead(YARD.model_copy(update={"stock_t": 7_000.0}))).orders == ()


def test_a_yard_fills_up_before_the_festival_when_it_cannot_unload_through_it():
    """160 t a day at most, 80 around the festival, for a burn of 100: the yard has to be filled.

    A rule that only looked as far as its next order would fall under the reserve in the window.
    """
    yard = YARD.model_copy(update={"unloading_t_per_day": 160.0, "stock_t": 2_000.0})
    ahead = yard_ahead(yard, burn_t=wavering_t(days=100), first=date(2025, 12, 20), days=100)
    results = compare_policies(ahead, next_order(ahead))
    assert results[1].policy is Policy.AT_RISK
    assert results[1].probability_below_reserve <= 0.02
