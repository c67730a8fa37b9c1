"""The pile: what is burnt, unloaded, lost and missing, by hand; and no coal from nowhere."""

from dataclasses import replace

import numpy as np
import pytest
from coal_yard_maker import burn_of, coal_yard, coming_on, piled
from hypothesis import given, settings
from hypothesis import strategies as st

from dispatch.fuel.burn_paths import YardBurn
from dispatch.fuel.pile import after_a_day, first_state, pile_paths
from dispatch.fuel.pile_paths import Arrivals, StockNow

KCAL = 4.1868e-3 / 3.6  # MWh a tonne per kcal/kg


def test_a_steady_burn_draws_the_pile_down():
    """1 000 t at 100 t a day: 700 after three days, 0 after ten, then 100 t a day are missing."""
    piles = piled(coal_yard(), burn_of(100, days=12))
    assert piles.stock_t[0, [2, 9, 10]] == pytest.approx([700, 0, 0])
    assert piles.burnt_t.sum() == pytest.approx(1_000)
    assert piles.short_t[0].tolist() == pytest.approx([0] * 10 + [100] * 2)
    assert piles.heat_part == pytest.approx(0.8)


def test_wet_coal_takes_more_tonnes():
    """At 5 000 instead of 5 500 kcal/kg the same heat burns a tenth more tonnes (H§9)."""
    dry, wet = (
        piled(coal_yard(), burn_of(100, days=3), mwh_per_t=kcal * KCAL).burnt_t
        for kcal in (5_500, 5_000)
    )
    assert wet / dry == pytest.approx(1.1)


def test_a_wet_train_waters_the_pile_down():
    """900 t left of 5 MWh/t and 300 t of 3 MWh/t make 4.5 MWh/t: 111.1 t a day, not 100."""
    coming = coming_on(1, 3, {1: 300}, mwh_per_t=3.0)
    piles = piled(coal_yard(), burn_of(100, days=3), coming)
    assert piles.mwh_per_t[0].tolist() == pytest.approx([5.0, 4.5, 4.5])
    assert piles.burnt_t[0].tolist() == pytest.approx([100, 500 / 4.5, 500 / 4.5])


def test_a_ship_is_unloaded_over_days():
    """20 000 t at 6 000 t a day: 14 000, 8 000 and 2 000 t wait; in half a day 3 000 t."""
    yard = coal_yard(capacity_t=90_000, unloading_t_per_day=6_000)
    coming = coming_on(1, 5, {0: 20_000})
    piles = piled(yard, burn_of(100, days=5), coming)
    assert piles.unloaded_t[0].tolist() == pytest.approx([6_000, 6_000, 6_000, 2_000, 0])
    assert piles.waiting_t[0].tolist() == pytest.approx([14_000, 8_000, 2_000, 0, 0])
    halved = piled(yard, burn_of(100, days=5), coming, hours=[12, 24, 24, 24, 24])
    assert halved.unloaded_t[0, 0] == pytest.approx(3_000)


def test_what_does_not_fit_waits_at_the_gate():
    """1 200 t of room for 1 000 t + 900: 300 t and the 100 t the day burns; then 100 t a day."""
    piles = piled(coal_yard(capacity_t=1_200), burn_of(100, days=4), coming_on(1, 4, {0: 900}))
    assert piles.unloaded_t[0].tolist() == pytest.approx([300, 100, 100, 100])
    assert piles.stock_t[0].tolist() == pytest.approx([1_200] * 4)
    assert piles.waiting_t[0].tolist() == pytest.approx([600, 500, 400, 300])


def test_a_closed_road_holds_trains_back():
    """Closed for five days: what came on the second day is unloaded on the sixth.

    With 300 t in the yard two days of 100 t are missing; an open road has none missing.
    """
    coming = coming_on(1, 8, {1: 500})
    closed = piled(
        coal_yard(), burn_of(100, days=8), coming, stock_t=300, open_part=[0] * 5 + [1] * 3
    )
    assert closed.unloaded_t[0].tolist() == pytest.approx([0] * 5 + [500, 0, 0])
    assert closed.waiting_t[0].tolist() == pytest.approx([0] + [500] * 4 + [0, 0, 0])
    assert closed.short_t.sum() == pytest.approx(200)
    assert closed.stock_t[0, -1] == pytest.approx(200)  # what was missed was not burnt
    is_open = piled(coal_yard(), burn_of(100, days=8), coming, stock_t=300)
    assert is_open.short_t.sum() == 0


def test_a_half_open_road_lets_half_the_unloading_through():
    yard = coal_yard(unloading_t_per_day=200)
    piles = piled(yard, burn_of(100, days=2), coming_on(1, 2, {0: 900}), open_part=0.5)
    assert piles.unloaded_t[0].tolist() == pytest.approx([100, 100])


def test_a_pile_loses_mass_and_worth_by_the_month():
    """0.3 % of 10 000 t in 30 days is 30 t, and 1 % of 5 MWh/t 0.05, on whatever days of the
    month: 720 h in one step too.
    """
    yard = coal_yard(yard_loss_per_month=0.003, heat_value_loss_per_month=0.01)
    for days, hours in ((30, 24.0), (1, 720.0)):
        piles = piled(yard, burn_of(0, days=days), stock_t=10_000, hours=hours)
        assert piles.lost_t.sum() == pytest.approx(30)
        assert piles.stock_t[0, -1] == pytest.approx(9_970)
        assert piles.mwh_per_t[0, -1] == pytest.approx(4.95)


def test_the_bottom_layer_is_burnt_in_need():
    """1 000 t over a bottom of 200: usable coal ends after eight days, warm rooms after ten."""
    piles = piled(coal_yard(unusable_t=200), burn_of(100, days=11))
    assert piles.usable_t[0, [6, 7, 8]] == pytest.approx([100, 0, 0])
    assert piles.short_t[0].tolist() == pytest.approx([0] * 10 + [100])


def test_an_unsure_stock_is_spread_over_paths():
    """±300 t on 500 t between nothing and the yard's 1 000 t; the same draws for half the paths."""
    yard = coal_yard(capacity_t=1_000)
    many = piled(yard, burn_of(*[0] * 4_000, days=1), stock_t=500, sd_t=300).stock_before_t
    assert many.min() == 0
    assert many.max() == 1_000
    assert np.median(many) == pytest.approx(500, abs=20)
    assert np.mean(many < 200) == pytest.approx(0.159, abs=0.02)
    few = piled(yard, burn_of(*[0] * 10, days=1), stock_t=500, sd_t=300).stock_before_t
    assert few.tolist() == many[:10].tolist()


# ---- whatever comes ------------------------------------------------------------------------


@st.composite
def yard_lives(draw):
    """A yard with everything in it, along a few paths, full, empty and shut at times."""
    rng = np.random.default_rng(draw(st.integers(0, 10**6)))
    days, paths = draw(st.integers(1, 12)), 5
    yard = coal_yard(
        capacity_t=draw(st.sampled_from([1_500, 5_000])),
        unusable_t=draw(st.sampled_from([0, 300])),
        unloading_t_per_day=draw(st.sampled_from([0, 150, 9_000])),
        yard_loss_per_month=draw(st.sampled_from([0, 0.1])),
        heat_value_loss_per_month=draw(st.sampled_from([0, 0.1])),
    )
    heat, power = rng.uniform(0, 2_000, (2, paths, days)) * rng.integers(0, 2, (2, paths, days))
    burn = YardBurn("pile", heat, power, heat[0], power[0])
    tonnes = rng.uniform(0, 2_000, (paths, days)) * rng.integers(0, 2, (paths, days))
    coming = Arrivals(tonnes, tonnes * rng.uniform(3, 7, (paths, days)))
    hours = np.append(draw(st.floats(1, 24)), np.full(days - 1, 24.0))
    now = StockNow(draw(st.floats(0, 1_500)), draw(st.sampled_from([0, 200])), 5.0)
    return yard, now, burn, coming, hours, rng.integers(0, 3, days) / 2


@settings(deadline=None, max_examples=80)
@given(yard_lives())
def test_no_coal_appears_or_vanishes(life):
    """Stock and gate balance on every path and day; energy burnt is what was wanted, or all.

    Without the rule a full yard, a closed road or an empty pile would leave coal unaccounted.
    """
    yard, now, burn, coming, hours, open_part = life
    piles = pile_paths(*life, 3)
    before = np.column_stack([piles.stock_before_t, piles.stock_t[:, :-1]])
    scale = np.maximum(1.0, np.maximum(before, piles.stock_t))
    book = before + piles.unloaded_t - piles.burnt_t - piles.lost_t
    assert np.abs(piles.stock_t - book).max() <= 1e-9 * scale.max()
    gate_before = np.column_stack([np.zeros(5), piles.waiting_t[:, :-1]])
    gate = gate_before + coming.tonnes - piles.unloaded_t
    assert piles.waiting_t == pytest.approx(gate, rel=1e-9, abs=1e-9)
    wanted_mwh = piles.wanted_t * piles.mwh_per_t
    assert wanted_mwh == pytest.approx(burn.fuel_mwh, rel=1e-9, abs=1e-9)
    limit_t = yard.unloading_t_per_day * hours / 24 * open_part
    assert (piles.unloaded_t <= limit_t * (1 + 1e-12)).all()
    for part in (piles.stock_t, piles.burnt_t, piles.short_t, piles.unloaded_t, piles.waiting_t):
        assert part.min() >= -1e-9
    assert piles.stock_t.max() <= max(yard.capacity_t, now.stock_t) + 1e-6
    assert piles.stock_t[piles.short_t > 1e-6].max(initial=0.0) <= 1e-6  # missed only if all went


@settings(deadline=None, max_examples=40)
@given(yard_lives())
def test_energy_goes_with_the_coal(life):
    """Pile and gate before and what came, MWh = what they hold after and what was burnt, where
    coal does not age. Tonnes that lost their worth in mixing would warm nobody.
    """
    yard, now, burn, coming, hours, open_part = life
    yard = yard.model_copy(update={"yard_loss_per_month": 0, "heat_value_loss_per_month": 0})
    state = first_state(yard, now, 5, 3)
    for d, length_h in enumerate(hours):
        held_mwh = state.stock_t * state.mwh_per_t + state.waiting_mwh + coming.energy_mwh[:, d]
        arrived = (coming.tonnes[:, d], coming.energy_mwh[:, d])
        wanted_mwh = burn.fuel_mwh[:, d]
        state, day = after_a_day(yard, state, wanted_mwh, arrived, length_h, open_part[d])
        after_mwh = (state.stock_t + day.burnt_t) * state.mwh_per_t + state.waiting_mwh
        assert after_mwh == pytest.approx(held_mwh, rel=1e-9, abs=1e-6)


@settings(deadline=None, max_examples=40)
@given(yard_lives(), st.floats(0, 1_000))
def test_a_colder_path_has_never_more_coal_left(life, more_mwh):
    """More burn leaves less stock and has burnt more by any day, where all coal is of one worth."""
    yard, now, burn, coming, hours, open_part = life
    yard = yard.model_copy(update={"heat_value_loss_per_month": 0})
    one_worth = Arrivals(coming.tonnes, coming.tonnes * 5.0)
    colder = replace(burn, heat_mwh=burn.heat_mwh + more_mwh)
    mild, cold = (
        pile_paths(yard, now, one, one_worth, hours, open_part, 3) for one in (burn, colder)
    )
    assert (cold.stock_t <= mild.stock_t + 1e-6).all()
    assert (cold.burnt_t.cumsum(axis=1) >= mild.burnt_t.cumsum(axis=1) - 1e-6).all()
