"""Days of cover by hand: forward along paths, backward over seven days, up to the season's end."""

import numpy as np
import pytest
from coal_yard_maker import MWH_PER_T, burn_of, coal_yard, piled

from dispatch.fuel.cover import backward_cover, cover_now, days_left, forward_cover
from dispatch.fuel.pile_paths import StockNow

DAYS_OF_24_H = np.full(30, 24.0)


def cover(burn, stock_t=1_000, hours=DAYS_OF_24_H, before_t=None, **yard):
    piles = piled(coal_yard(**yard), burn, stock_t=stock_t, hours=hours)
    return cover_now(burn, piles, StockNow(stock_t, 0.0, MWH_PER_T), hours, before_t)


@pytest.mark.parametrize(("unusable_t", "days"), [(0, 10.0), (200, 8.0), (1_000, 0.0)])
def test_cover_is_the_usable_stock_over_the_burn(unusable_t, days):
    """1 000 t at 100 t a day are ten days; what no loader reaches is no cover."""
    found = cover(burn_of(100), unusable_t=unusable_t)
    assert found.expected == pytest.approx(days)
    assert [found.forward_p10, found.forward_p50, found.forward_p90] == pytest.approx([days] * 3)
    assert found.ends


def test_cover_ends_in_the_part_of_the_last_day():
    """100, 200, then 400 t a day: 500 t last two days and half of the third."""
    assert cover(burn_of([100, 200] + [400] * 28), stock_t=500).expected == pytest.approx(2.5)


def test_a_first_part_of_a_day_counts_as_its_part():
    """50 t in the 12 h to midnight, then 100 t a day: 1 000 t last half a day and 9.5."""
    hours = np.append(12.0, np.full(29, 24.0))
    found = cover(burn_of([50] + [100] * 29), hours=hours)
    assert found.expected == pytest.approx(10.0)


def test_a_cold_spell_is_cold_for_days():
    """Ten paths, each with its cold: on one it is cold for good, 200 t a day, and 1 000 t last 5
    days; on the nine others 5 days of 100 t and 200 t on one of the first nine: nine days. The p10
    lies between, at 8.6; the 90 % burn of single days, 200 t on each of nine, would say five.
    """
    paths = [[100 + 100 * (d == cold) for d in range(30)] for cold in range(9)]
    found = cover(burn_of(*paths, [200] * 30))
    assert found.forward_p50 == pytest.approx(9.0)
    assert found.forward_p10 == pytest.approx(5.0 + 0.9 * 4.0)


def test_coal_for_more_than_the_season_lasts_as_long_as_it():
    """4 000 t for 30 days of 100 t, 20 of them left after the tenth: 30 and 20 days, no end."""
    burn = burn_of(100)
    found = cover(burn, stock_t=4_000)
    assert (found.expected, found.ends) == (30, False)
    forward = forward_cover(burn, piled(coal_yard(), burn, stock_t=4_000), DAYS_OF_24_H)
    assert forward[0, [9, 28, 29]].tolist() == pytest.approx([20, 1, 0])
    assert days_left(DAYS_OF_24_H)[[0, 29]].tolist() == [29, 0]


@pytest.mark.parametrize(("unusable_t", "days"), [(0, [9, 5, 0, 0]), (150, [7.5, 3.5, 0, 0])])
def test_cover_counts_down_day_by_day(unusable_t, days):
    burn = burn_of(100)
    forward = forward_cover(burn, piled(coal_yard(unusable_t=unusable_t), burn), DAYS_OF_24_H)
    assert forward[0, [0, 4, 9, 12]].tolist() == pytest.approx(days)


def test_a_yard_that_burns_nothing_lasts():
    """No division by its burn; with coal or without, it lasts to the season's end."""
    for stock_t in (1_000, 0):
        found = cover(burn_of(0), stock_t=stock_t, before_t=np.zeros(7))
        assert (found.expected, found.ends, found.backward) == (30, False, None)


def test_poor_coal_covers_fewer_days():
    """1 000 t of 4 MWh/t instead of 5: 125 t a day, eight days."""
    burn = burn_of(100)
    piles = piled(coal_yard(), burn, mwh_per_t=4.0)
    found = cover_now(burn, piles, StockNow(1_000, 0.0, 4.0), DAYS_OF_24_H)
    assert found.expected == pytest.approx(8.0)
    assert forward_cover(burn, piles, DAYS_OF_24_H)[0, 0] == pytest.approx(7.0)


def test_backward_cover_is_by_the_last_seven_days():
    """Usable 800 t after a week of 80 t a day: ten days; the day before that week is forgotten."""
    before_t = np.array([900.0] + [80.0] * 7)
    assert cover(burn_of(100), unusable_t=200, before_t=before_t).backward == pytest.approx(10)
    assert cover(burn_of(100), before_t=before_t[2:]).backward is None
    assert cover(burn_of(100)).backward is None


def test_backward_cover_goes_on_with_the_days_ahead():
    """After a first half day of 50 t, 950 t at (6 · 80 + 50) t in 6.5 days: 11.65 days; after seven
    whole days of 100 t more 250 t last 2.5; without a record it is unknown until then.
    """
    hours = np.append(12.0, np.full(29, 24.0))
    piles = piled(coal_yard(), burn_of([50] + [100] * 29), hours=hours)
    found = backward_cover(piles, hours, np.full(6, 80.0))[0]
    assert found[[0, 7]].tolist() == pytest.approx([950 / (530 / 6.5), 2.5])
    unknown = backward_cover(piles, hours, None)[0]
    assert np.isnan(unknown[:6]).all()
    assert unknown[7] == pytest.approx(2.5)
