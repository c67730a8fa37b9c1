"""Before the season: which season is meant, what it needs, and the storage-rate rule."""

from datetime import date

import numpy as np
import pytest
from example_yard import MWH_PER_T, YARD, yard_ahead

from dispatch.fuel.season_dates import NotASeason, season_dates
from dispatch.fuel.season_need import SeasonDates, YardToSeason, season_need
from forecasts.demand.calendar import Season

WINTER = Season.parse("11-01", "03-31")
TODAY = date(2026, 10, 1)
DAYS = 31 + 151  # October, and the season
THIS = SeasonDates(date(2026, 11, 1), date(2027, 3, 31))
LIAOYANG = YARD.model_copy(
    update={
        "stock_t": 80_000.0,
        "capacity_t": 200_000.0,
        "unloading_t_per_day": 8_000.0,
        "lead_time_days": 7.0,
        "order_unit_t": 3_500.0,
        "storage_target_t": 162_000.0,
    }
)


def to_season(yard, known_t=None, burn_t=None, **of_known):
    """A yard from 1 October to the season's end; 1 000 t a day in the season if not given."""
    if burn_t is None:
        burn_t = np.zeros((1, DAYS))
        burn_t[:, 31:] = 1_000.0
    ahead = yard_ahead(yard, burn_t=burn_t, known_t=known_t, first=TODAY, days=DAYS, **of_known)
    return YardToSeason(ahead.piles, ahead.arrivals, ahead.burn, ahead.terms)


def need_of(yard, rate=0.6):
    """The need of one yard."""
    return season_need([yard], THIS, rate).yards[0]


@pytest.mark.parametrize("text", ["2026-27", "2026-2027", "2026", " 2026/27 "])
def test_a_season_is_named_by_its_years(text):
    """All of them mean November 2026 to March 2027."""
    assert season_dates(text, WINTER, TODAY) == THIS
    assert THIS.name == "2026-27"


@pytest.mark.parametrize(
    ("text", "word"),
    [
        ("next winter", "2026-27"),
        ("26-27", "2026-27"),
        ("2026-28", "2026-27"),
        ("2026-1927", "2026-27"),
        ("2024-25", "2025-03-31"),
        ("2062-63", "more than 3 years from now"),
    ],
)
def test_nonsense_is_told_with_what_to_write(text, word):
    """Two seasons at once, a century too early, words, one that is over, and figures swapped."""
    with pytest.raises(NotASeason, match=word):
        season_dates(text, WINTER, TODAY)


def test_a_season_within_a_year_has_one_year():
    """May to September 2027."""
    named = season_dates("2027", Season.parse("05-01", "09-30"), TODAY)
    assert (named.first, named.last, named.name) == (date(2027, 5, 1), date(2027, 9, 30), "2027")


def test_the_storage_rule_of_liaoyang_is_met_by_the_sixth_train():
    """60 % of 162 000 t are 97 200: 80 000 and six deliveries of 3 000 t, daily from 5 October."""
    known = np.zeros((1, DAYS))
    known[0, 4:14] = 3_000.0
    storage = need_of(to_season(LIAOYANG, known)).storage
    assert storage is not None and storage.is_met
    assert storage.asked_t == pytest.approx(97_200)
    assert (storage.met_on, storage.met_on_p90) == (date(2026, 10, 10), date(2026, 10, 10))
    assert storage.order_by is None


def test_what_is_missing_at_the_start_has_a_last_day_to_be_ordered():
    """17 200 t are five trains, unloaded on 29 to 31 October: ordered by the 22nd."""
    storage = need_of(to_season(LIAOYANG)).storage
    assert storage is not None and not storage.is_met
    assert (storage.at_start_t, storage.met_on) == (pytest.approx(80_000), None)
    assert storage.missing_t == pytest.approx(17_200)
    assert (storage.order_by, storage.is_late) == (date(2026, 10, 22), False)


def test_a_rule_that_nothing_can_meet_is_late():
    """1 000 t a day from 8 October are 24 000 at most; 97 200 asked for, and nothing there."""
    empty = {"stock_t": 0.0, "unloading_t_per_day": 1_000.0}
    storage = need_of(to_season(LIAOYANG.model_copy(update=empty))).storage
    assert storage is not None
    assert (storage.order_by, storage.is_late) == (TODAY, True)


def test_a_delivery_that_may_be_late_delays_the_sure_date():
    """On one path of five the trains come ten days later: the mean is met between the two."""
    known = np.zeros((5, DAYS))
    known[:4, 4], known[4, 14] = 20_000.0, 20_000.0
    burn = np.zeros((5, DAYS))
    fast = LIAOYANG.model_copy(update={"unloading_t_per_day": 40_000.0})
    yard = to_season(fast, known, burn)
    storage = need_of(yard).storage
    assert storage is not None
    assert storage.met_on == date(2026, 10, 15)  # 80 000 and four fifths of 20 000 are 96 000
    assert storage.met_on_p90 == date(2026, 10, 15)
    lower = need_of(yard, rate=0.59).storage  # 95 580 t
    assert lower is not None
    assert (lower.met_on, lower.met_on_p90) == (date(2026, 10, 5), date(2026, 10, 15))


def test_need_stock_and_deliveries_add_up_to_the_shortfall():
    """100 000 t to burn, 50 000 there of which 2 000 are the bottom layer, 30 000 t to come.

    Those have half the heating value and count as 15 000: 100 − 48 − 15 = 37 thousand are missing.
    """
    burn, known = np.zeros((3, DAYS)), np.zeros((3, DAYS))
    burn[:, 31:131] = np.array([[900.0], [1_000.0], [1_100.0]])
    known[:, 60:63] = 10_000.0
    changed = {"stock_t": 50_000.0, "unusable_t": 2_000.0, "storage_target_t": None}
    yard = to_season(
        LIAOYANG.model_copy(update=changed), known, burn, known_mwh_per_t=MWH_PER_T / 2
    )
    need = need_of(yard)
    assert need.storage is None
    assert (need.needed_t_p50, need.needed_t_p90) == pytest.approx((100_000, 108_000))
    assert (need.on_hand_t, need.deliveries_t) == pytest.approx((48_000, 15_000))
    assert (need.shortfall_t_p50, need.shortfall_t_p90) == pytest.approx((37_000, 45_000))


def test_coal_that_lies_is_lost_and_must_be_bought_as_well():
    """1 % of mass and 1 % of heating value a month on 80 000 t that nobody burns.

    About 2 % of what lies there each of the five months: some 7 700 t, a little less as it shrinks.
    """
    lossy = {"yard_loss_per_month": 0.01, "heat_value_loss_per_month": 0.01}
    need = need_of(to_season(LIAOYANG.model_copy(update=lossy), burn_t=np.zeros((1, DAYS))))
    at_start = 80_000 * 0.98 ** (31 / 30.4)
    assert need.lost_t == pytest.approx(at_start * (1 - 0.98 ** (151 / 30.4)), rel=0.01)
    assert need.needed_t_p50 == need.lost_t
    assert need.on_hand_t == pytest.approx(at_start, rel=0.001)  # worth, not weight


def test_in_a_season_that_has_begun_its_rest_counts_and_no_rule():
    """Of 151 days from November 62 are over on 1 January; the rule asked for stock on day one."""
    yard = yard_ahead(LIAOYANG, burn_t=np.full((1, 90), 1_000.0), first=date(2027, 1, 1), days=90)
    need = need_of(YardToSeason(yard.piles, yard.arrivals, yard.burn, yard.terms))
    assert (need.counted_from, need.storage) == (date(2027, 1, 1), None)
    assert need.needed_t_p50 == pytest.approx(90_000)
