"""Levels of stock, the risk of falling below them, and storage rates with their denominators."""

from datetime import timedelta

import numpy as np
import pytest
from coal_yard_maker import FIRST_DAY, burn_of, coal_yard, coming_on, days_from, piled

from dispatch.fuel.levels import crossings, is_below, levels_t, storage_rate
from dispatch.fuel.outlook import Level

DAYS_OF_24_H = np.full(30, 24.0)


def found_for(burn, coming=None, risk=0.02, stock_t=1_000, **yard):
    """Levels and crossings by level."""
    piles = piled(coal_yard(**yard), burn, coming, stock_t=stock_t)
    levels = levels_t(burn, piles, DAYS_OF_24_H)
    found = crossings(piles, levels, days_from(30), risk)
    return levels, {one.level: one for one in found}


def test_levels_are_the_coming_burn_above_the_bottom():
    """150 t below 100 t a day; with 10 days left, 30 days are 10, with none, the bottom alone."""
    levels, _ = found_for(burn_of(100), unusable_t=150, reserve_days_min=2.5)
    at = [0, 19, 26, 29]
    assert levels[Level.EMPTY][at].tolist() == [150] * 4
    assert levels[Level.DAYS_7][at].tolist() == pytest.approx([850, 850, 450, 150])
    assert levels[Level.DAYS_15][at].tolist() == pytest.approx([1_650, 1_150, 450, 150])
    assert levels[Level.DAYS_30][at].tolist() == pytest.approx([3_050, 1_150, 450, 150])
    assert levels[Level.RESERVE][at].tolist() == pytest.approx([400, 400, 400, 150])


def test_a_level_knows_the_cold_that_is_coming():
    """Seven days ahead of which three are of 200 t: 1 000 t, not 700."""
    levels, _ = found_for(burn_of([100] * 5 + [200] * 3 + [100] * 22))
    assert levels[Level.DAYS_7][[0, 4, 9]].tolist() == pytest.approx([1_000, 1_000, 700])


def test_how_likely_and_when_a_path_falls():
    """Five paths of 200, 125, 100, 20 and 20 t a day. Below five days of 100 t (500 t) the first
    falls on the third day, the next on the fifth and the sixth; the others still hold 400 t in
    the end, when less is to be burnt.
    """
    burn = burn_of(100, 200, 125, 20, 20)
    _, found = found_for(burn, reserve_days_min=5)
    reserve = found[Level.RESERVE]
    assert reserve.probability == pytest.approx(3 / 5)
    assert reserve.first_date == FIRST_DAY + timedelta(days=2)
    assert reserve.median_date == FIRST_DAY + timedelta(days=4)
    _, lenient = found_for(burn, risk=0.4, reserve_days_min=5)
    assert lenient[Level.RESERVE].first_date == FIRST_DAY + timedelta(days=5)


def test_empty_is_into_the_bottom_layer_or_missing():
    """1 000 t exactly for ten days: a burn of 30 days runs out on the eleventh; with a bottom of
    200 t it is reached on the ninth; nine days of burn leave enough.
    """
    _, bare = found_for(burn_of(100))
    assert bare[Level.EMPTY].first_date == FIRST_DAY + timedelta(days=10)
    _, layered = found_for(burn_of(100), unusable_t=200)
    assert layered[Level.EMPTY].first_date == FIRST_DAY + timedelta(days=8)
    _, enough = found_for(burn_of([100] * 9 + [0] * 21))
    assert (enough[Level.EMPTY].probability, enough[Level.EMPTY].first_date) == (0, None)
    _, unused = found_for(burn_of(0), stock_t=0)
    assert {one.probability for one in unused.values()} == {0.0}


def test_who_cannot_give_what_is_wanted_is_below_every_level():
    """On the season's last evening all levels are down to a bottom of nothing, and so is the
    stock: the table would say "empty for sure, and by no means below seven days".
    """
    burn = burn_of(100)
    piles = piled(coal_yard(reserve_days_min=0), burn)
    levels = levels_t(burn, piles, DAYS_OF_24_H)
    for level, level_t in levels.items():
        assert is_below(piles, level_t)[0, -1], level


def test_who_has_fallen_has_fallen():
    """A train lifts the stock above the reserve again: the day's risk is gone, the season's not."""
    burn = burn_of(100)
    levels, found = found_for(burn, coming_on(1, 30, {8: 5_000}))
    piles = piled(coal_yard(), burn, coming_on(1, 30, {8: 5_000}))
    below = is_below(piles, levels[Level.RESERVE])[0]
    assert np.flatnonzero(below).tolist() == [5, 6, 7]
    assert found[Level.RESERVE].probability == 1


@pytest.mark.parametrize(
    ("stock_t", "target_t", "meaning", "rate"),
    [
        (117_800, 162_000, "Liaoyang: what 11 companies are to hold", 0.727),
        (5_042_500, 7_000_000, "Shenyang: of the order of the season's plan", 0.720),
    ],
)
def test_published_storage_rates(stock_t, target_t, meaning, rate):
    """117 800 t are 72.7 % at Liaoyang, 5.0425 Mt 72 % in Shenyang city (H§1, H§9): like rates of
    unlike targets, 2.7 kg/m² there and most of a season here.
    """
    yard = coal_yard(
        stock_t=stock_t,
        capacity_t=9e6,
        storage_target_t=target_t,
        storage_target_meaning=meaning,
    )
    found = storage_rate(yard, np.array([yard.stock_t]))
    assert found[0] == pytest.approx(rate, abs=5e-4)


def test_without_a_target_there_is_no_rate():
    assert storage_rate(coal_yard(), np.ones(3)) is None
