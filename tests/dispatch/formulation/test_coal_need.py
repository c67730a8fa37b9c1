"""Coal that may be missing: two plants of 20 MW, 60 to 40 within 5 %, each with its own pile.

A MWh of heat costs 151.0 yuan from A (0.88) and 166.1 from B (0.8). From A it takes 0.1954 t, so
a tonne spared there costs (166.1 − 151.0)/0.1954 = 77.3 yuan. Of 10 MW, A gives 6.5 or 5.5: in
three days 91.4 or 77.4 t of its 2 000, which would last for two months.
"""

from dataclasses import replace

import numpy as np
import pyomo.environ as pyo
import pytest
from plan_inputs_maker import (
    COAL_MWH_PER_T,
    TCE_YUAN_PER_MWH,
    boiler,
    constant,
    faults_of,
    inputs_for,
    main,
    published,
    serving,
    tiny_case,
    tiny_settings,
    values,
)

from dispatch.formulation.build import build_model
from dispatch.inputs import with_coal_needs
from dispatch.settings import ShareGroup, Time
from dispatch.shadow_prices import shadow_prices
from dispatch.tonne_value import CoalNeed, coal_need

T_PER_MWH = 1 / 0.88 / COAL_MWH_PER_T
SPARING_YUAN_PER_T = (1 / 0.8 - 1 / 0.88) * TCE_YUAN_PER_MWH / T_PER_MWH
END_T = {share: 2000 - share * 10 * 72 * T_PER_MWH for share in (0.55, 0.65)}


def town(levels_t=(), yuan_per_t=0.0, days=3, ahead_h=0, later_t=None, **yard):
    """Two plants and their piles, with a need of A's or without."""
    shares = {"two": ShareGroup(shares={"A": 0.6, "B": 0.4}, band=0.05)}
    time = Time(horizon_h=24 * days, setpoint_hold_h=4, look_ahead_h=ahead_h)
    sources = (
        boiler("a", "A", efficiency=0.88),
        boiler("b", "B", efficiency=0.8, yard_id="second"),
    )
    settings = tiny_settings(share=shares, time=time)
    mains = (main("A"), main("B"))
    case = tiny_case(*sources, mains=mains, settings=settings, yard={"stock_t": 2000} | yard)
    second = case.yards[0].model_copy(update={"yard_id": "second"})
    inputs = inputs_for(case.model_copy(update={"yards": (*case.yards, second)}), constant(0.0))
    need = CoalNeed("pile", tuple(levels_t), yuan_per_t, later_t) if levels_t else None
    return with_coal_needs(inputs, [need] if need else [])


def share_of_a(model):
    """Share of A by step of 10 MW."""
    return values(model.source[0].heat_to_network) / 10.0


def cost_of(model):
    return pyo.value(model.cost_terms["coal_need"])


def test_without_a_need_the_cheaper_plant_is_at_the_top_of_its_band():
    model = serving(town(), 10.0)
    assert share_of_a(model) == pytest.approx(0.65)
    assert cost_of(model) == 0.0


@pytest.mark.parametrize(("yuan_per_t", "share"), [(75.0, 0.65), (80.0, 0.55)])
def test_a_need_changes_the_shares_days_before_the_yard_is_empty(yuan_per_t, share):
    """1 950 t wanted: some lack either way. At 75 yuan a tonne is not worth the 77 it costs to
    spare it, at 80 it is. Unpriced, A would go on at the top until the pile is gone.
    """
    model = serving(town([1950], yuan_per_t), 10.0)
    assert share_of_a(model) == pytest.approx(share)
    assert cost_of(model) == pytest.approx(yuan_per_t * (1950 - END_T[share]))


def test_two_levels_cost_their_mean():
    """1 930 and 1 950 t, at 200 yuan/t: of 1 922.6 t at the end 7.4 and 27.4 lack, 17.4 on average.

    Paid in full for each level it would be twice as much; under one price 1.5 times.
    """
    model = serving(town([1930, 1950], 200.0), 10.0)
    assert share_of_a(model) == pytest.approx(0.55)
    assert cost_of(model) == pytest.approx(200 * (1940 - END_T[0.55]))


def test_a_level_is_spared_for_as_long_as_it_is_worth_it():
    """1 915 t in half of all cases, 1 950 in the other; 100 yuan/t: above 1 915 a tonne is worth
    50, less than the 77.3 of sparing it; below it 100. The plan ends on 1 915 t, a tonne is worth
    what sparing it costs, and 35 t lack in half of the cases.
    """
    inputs = town([1915, 1950], 100.0)
    model = serving(inputs, 10.0)
    assert model.yard[0].stock[2].value == pytest.approx(1915)
    assert cost_of(model) == pytest.approx(100 * 35 / 2)
    worth, other = shadow_prices(inputs, model).coal_yuan_per_t
    assert worth == pytest.approx(SPARING_YUAN_PER_T)
    assert other == pytest.approx(0.0)


def test_a_need_that_is_surely_met_changes_nothing():
    """At full load A burns 93.8 t a day: 1 906.2 t are there whatever happens. The plan is the
    same to the last bit; a row more might lead to another of several equal plans.
    """
    met, doubtful = (town([1700, level_t], 9000.0, days=1) for level_t in (1906, 1907))
    parts = [build_model(inputs).yard[0].component("coal_need") for inputs in (met, doubtful)]
    assert parts[0] is None
    assert parts[1] is not None
    without, with_it = published(town(days=1)), published(met)
    assert set(with_it) > set(without)
    assert with_it[list(without)].identical(without)


@pytest.mark.parametrize(("later_t", "share_later"), [(None, 0.65), (62.0, 0.55)])
def test_coal_is_worth_the_same_after_the_horizon(later_t, share_later):
    """A day and two of look-ahead, in which the need expects 62 t to be burnt: A burns 51.6 there,
    so that 10.4 t more count. Were that not told, A would be at the top of its band again from the
    first hour after the horizon, and the plan's last hours would leave their heat to it.
    """
    model = serving(town([2000], 300.0, days=1, ahead_h=48, later_t=later_t), 10.0)
    shares = share_of_a(model)
    assert shares[:24] == pytest.approx(0.55)
    assert shares[24:] == pytest.approx(share_later)
    spared_t = 0.0 if later_t is None else 62.0 - 5.5 * 48 * T_PER_MWH
    assert cost_of(model) == pytest.approx(300 * (5.5 * 24 * T_PER_MWH - spared_t))


AHEAD = Time(horizon_h=24, setpoint_hold_h=4, look_ahead_h=72)
LEVELS = (100.0, 300.0, 500.0, 600.0)


@pytest.mark.parametrize(
    ("stock_t", "unusable_t", "levels_t"),
    [
        (400, 0, LEVELS),
        (100, 0, LEVELS),  # the look-ahead buys
        (30, 20, LEVELS),  # the bottom layer is burnt
        (62, 80, ()),  # a pile lower than its bottom layer: one tonne more is no usable one
    ],
)
def test_the_worth_of_the_last_tonne_is_a_finite_difference(stock_t, unusable_t, levels_t):
    """The least cost falls by the price for a tonne more at the start, of which 0.33 % a day are
    lost. A price at the day's end would be that much too high.
    """
    yard = {"stock_t": stock_t, "unusable_t": unusable_t, "yard_loss_per_month": 0.1}
    inputs = inputs_for(tiny_case(yard=yard, settings=tiny_settings(time=AHEAD)), constant(4.0))
    inputs = with_coal_needs(inputs, [CoalNeed("pile", levels_t, 800.0)] if levels_t else [])

    def least(more_t):
        pile = replace(inputs.yards[0], stock_before_t=stock_t + more_t)
        model = serving(replace(inputs, yards=(pile,)), 8.0)
        return pyo.value(model.total_cost), float(shadow_prices(inputs, model).coal_yuan_per_t[0])

    (low, _), (_, price), (high, _) = (least(more_t) for more_t in (-0.1, 0.0, 0.1))
    assert price > 100.0
    assert price == pytest.approx((low - high) / 0.2, rel=1e-5)


def test_coal_that_is_bought_anyway_is_not_paid_for_twice():
    """100 t for a day of 41.3 t and three days of look-ahead: 65.1 t are bought at 1 500 yuan.

    Of 300 t wanted, 58.7 are there at the horizon's end and 65.1 come: 176.2 lack.
    """
    case = tiny_case(yard={"stock_t": 100}, settings=tiny_settings(time=AHEAD))
    inputs = with_coal_needs(inputs_for(case, constant(4.0)), [CoalNeed("pile", (300.0,), 800.0)])
    model = serving(inputs, 8.0)
    day_t = 10 * 24 / COAL_MWH_PER_T
    assert cost_of(model) == pytest.approx(800 * (300 - (100 - day_t) - (4 * day_t - 100)))


def test_nothing_is_bought_only_to_lie_there():
    """A need at 2 000 yuan/t is dearer than coal at 1 500 in the look-ahead: were that for sale for
    the need, 300 t would be bought unburnt, and the plan would say that nothing may be missing.
    """
    inputs = town([2300], 2_000.0, days=1, ahead_h=48)
    model = serving(inputs, 10.0)
    assert values(model.yard[0].bought).max() == pytest.approx(0.0, abs=1e-9)
    assert cost_of(model) == pytest.approx(2_000 * (300 + 5.5 * 24 * T_PER_MWH))


def test_the_audit_prices_what_may_be_missing_anew():
    """A whole plan with a need passes; with the term or what it rests on falsified it does not."""
    schedule = published(town([1950, 1990], 400.0, days=1))
    assert faults_of(schedule) == []
    cost = schedule["cost"].sel(cost_term="coal_need").item()
    left_t = schedule["yard_stock"].values[0, -1]
    assert cost == pytest.approx(200 * (1990 - left_t), rel=1e-6)
    for name, place in (("cost", 14), ("yard_need_level", (0, 1)), ("yard_added_later", 0)):
        wrong = schedule.copy(deep=True)
        wrong[name].values[place] += 20.0
        assert faults_of(wrong), name


# ---- the need itself -------------------------------------------------------------------------


def test_worth_and_cost_of_a_need_by_hand():
    """100, 200, 200 and 400 t at 800 yuan: beside 150 t three in four lack, (50 + 50 + 250)/4 t."""
    need = CoalNeed("pile", (100.0, 200.0, 200.0, 400.0), 800.0)
    assert need.likely == ((100.0, 0.25), (200.0, 0.5), (400.0, 0.25))
    assert need.worth_yuan_per_t(150.0) == 600.0
    assert need.cost_yuan(150.0) == 800 * 350 / 4


def test_a_thousand_paths_become_a_few_levels():
    """Four levels out of a thousand keep the mean, and the cost wherever no part is split."""
    needed_t = np.random.default_rng(7).gamma(3.0, 500.0, 1000)
    few, many = (coal_need("pile", needed_t, 800.0, levels=count) for count in (4, 1000))
    assert len(few.levels_t) == 4
    assert len(many.levels_t) == 1000
    ordered = np.sort(needed_t)
    for stock_t in (0.0, *(0.5 * (ordered[k - 1] + ordered[k]) for k in (250, 500, 750)), 1e5):
        assert few.cost_yuan(stock_t) == pytest.approx(many.cost_yuan(stock_t))
        assert few.worth_yuan_per_t(stock_t) == many.worth_yuan_per_t(stock_t)
    odd = coal_need("pile", np.arange(7.0), 800.0, levels=2).levels_t  # 3 lies in both halves
    assert odd == pytest.approx(((0 + 1 + 2 + 1.5) / 3.5, (1.5 + 4 + 5 + 6) / 3.5))


@pytest.mark.parametrize(
    ("levels_t", "yuan_per_t"), [((), 1.0), ((2.0, 1.0), 1.0), ((np.nan,), 1.0), ((1.0,), -1.0)]
)
def test_needs_that_no_outlook_says_are_refused(levels_t, yuan_per_t):
    with pytest.raises(ValueError, match="coal need of pile"):
        CoalNeed("pile", levels_t, yuan_per_t)


def test_a_need_of_no_yard_is_refused():
    need = CoalNeed("pile", (1.0,), 1.0)
    for needs in ([replace(need, yard_id="heap")], [need, need]):
        with pytest.raises(ValueError, match="another yard"):
            with_coal_needs(town(), needs)
