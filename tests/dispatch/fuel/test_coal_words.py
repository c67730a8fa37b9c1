"""The planner's sentences, each variant by hand, and figures as people say them."""

from dataclasses import replace
from datetime import UTC, date, datetime

import numpy as np
import pytest

from dispatch.case_kinds import Transport
from dispatch.fuel.coal_numbers import chance, day_of_year, days, percent, tonnes, units
from dispatch.fuel.coal_words import yard_paragraph
from dispatch.fuel.outlook import Cover, Crossing, Level, Order, YardOutlook
from dispatch.fuel.pile_paths import StockNow
from dispatch.fuel.season_dates import SeasonDates
from dispatch.fuel.season_need import StorageRule, YardSeason
from dispatch.fuel.season_words import season_sentences
from tests.fuel_outlook_maker import MWH_PER_T, fuel_outlook, yard_row

COVER = Cover(None, 10.2, 11.9, 13.4, 12.1, ends=True)
FOUR = Order(date(2026, 1, 18), date(2026, 1, 25), 12_000.0, 4, is_late=False)
MADE = fuel_outlook()
SURVEYED = StockNow(
    43_200.0,
    640.0,
    MWH_PER_T,
    book_t=42_480.0,
    survey_t=43_930.0,
    surveyed_at=datetime(2026, 1, 12, 9, tzinfo=UTC),
)
OPEN_PART = np.where(np.isin(np.arange(len(MADE.ahead.dates)), (3, 4)), 0.5, 1.0)


def crossings(
    reserve: float, empty: float = 0.0, first: date | None = None, empty_first: date | None = None
) -> tuple[Crossing, ...]:
    return (
        Crossing(Level.RESERVE, reserve, first, first),
        Crossing(Level.EMPTY, empty, empty_first, empty_first),
    )


def told(risk: float = 0.02, **changes: object) -> str:
    """The paragraph of yard A of the maker, with figures set by hand."""
    known: dict[str, object] = {
        "cover": COVER,
        "crossings": crossings(0.11, first=date(2026, 1, 22)),
        "order": FOUR,
    }
    yard: YardOutlook = replace(MADE.yards[0], **(known | changes))  # type: ignore[arg-type]
    return yard_paragraph(replace(MADE, risk=risk), yard)


# ---- what lies there ---------------------------------------------------------------------------


def test_the_paragraph_of_an_ordinary_day():
    assert told().startswith(
        "yard_A holds 43 200 t, of which 39 600 t can be used: 12 days at expected weather and "
        "230 MW power, 10 in a cold spell (one in ten). Order 12 000 t (4 trains) by 18 January, "
        "or the 7-day line is crossed with 11 % probability. From 22 January on the risk is above "
        "the accepted 2 %."
    )


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        (
            {"power_mw": 0.0},
            "yard_A holds 43 200 t, of which 39 600 t can be used: 12 days at expected weather, "
            "10 in a cold spell (one in ten).",
        ),
        (
            {"cover": replace(COVER, expected=1.04, forward_p10=0.8)},
            ": 1 day at expected weather and 230 MW power, 0.8 in a cold spell (one in ten).",
        ),
        (  # a plant needed at the margin: no course of ten burns as much as the mean course
            {"cover": replace(COVER, expected=12.6, forward_p10=14.1)},
            ": 13 days at expected weather and 230 MW power, 13 in a cold spell (one in ten).",
        ),
        (
            {"cover": replace(COVER, expected=60.8, forward_p10=60.8, ends=False)},
            "without any delivery enough until the season ends on 15 March, in a cold spell as",
        ),
        (
            {"cover": replace(COVER, expected=60.8, forward_p10=52.3, ends=False)},
            "until the season ends on 15 March, but only 52 days in a cold spell (one in ten).",
        ),
        (  # a hair before the end is before it: one path in ten is out of coal
            {"cover": replace(COVER, expected=60.8, forward_p10=60.5, ends=False)},
            "until the season ends on 15 March, but only 60 days in a cold spell (one in ten).",
        ),
        ({"yard": yard_row(unusable_t=0)}, "yard_A holds 43 200 t: 12 days at"),
        ({"now": StockNow(3_000.0, 0.0, MWH_PER_T)}, "holds 3 000 t, none of which can be used:"),
        (
            {"cover": replace(COVER, backward=14.26)},
            "At the burn of the last seven days it would last 14 days.",
        ),
    ],
)
def test_stock_and_cover(changes: dict[str, object], sentence: str):
    assert sentence in told(**changes)


def test_a_yard_that_nothing_burns_from_has_no_days():
    burn = replace(
        MADE.yards[0].burn,
        heat_mwh=np.zeros_like(MADE.yards[0].burn.heat_mwh),
        power_mwh=np.zeros_like(MADE.yards[0].burn.heat_mwh),
    )
    assert "nothing is burnt from it before the season ends on 15 March." in told(burn=burn)


# ---- what to do --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        (
            {"order": replace(FOUR, tonnes=3_000.0, units=1)},
            "Order 3 000 t (1 train) by 18 January,",
        ),
        (
            {"order": replace(FOUR, is_late=True, order_by=date(2026, 1, 14))},
            "Order 12 000 t (4 trains) at once: the last safe day has gone by. It will be there on "
            "25 January; without it the 7-day line is crossed with 11 % probability.",
        ),
        (
            {"order": replace(FOUR, is_late=True, order_by=date(2026, 1, 9))},
            "at once: the last safe day was 9 January.",
        ),
        (
            {"order": None, "crossings": crossings(0.004)},
            "No order is needed: with the deliveries on file the 7-day line is crossed with under "
            "1 % probability before the season ends on 15 March. About 5 200 t are then left "
            "to use.",
        ),
        (
            {"order": None, "crossings": crossings(0.0)},
            "No order is needed: with the deliveries on file the reserve is kept in every course "
            "of the weather until the season ends on 15 March.",
        ),
        (
            {"order": None},
            "No order keeps the risk at 2 %: lead time, unloading or the size of the yard forbid "
            "it, and the 7-day line is crossed with 11 % probability.",
        ),
        (
            {"crossings": crossings(0.4, 0.06, date(2026, 1, 20), date(2026, 1, 24))},
            "Coal may run out before the order is there on 25 January: with 2 % by 24 January, "
            "with 6 % before the season ends if nothing comes.",
        ),
        (
            {"crossings": crossings(0.4, 0.06, date(2026, 1, 20), date(2026, 2, 4))},
            "the coal runs out with 6 % probability, with 2 % by 4 February already.",
        ),
        (
            {"crossings": crossings(0.4, 0.01, date(2026, 1, 20))},
            "Without an order the coal runs out with 1 % probability.",
        ),
        (
            {"crossings": crossings(1.0, first=date(2026, 1, 14))},
            "with over 99 % probability. From today on the risk is above the accepted 2 %.",
        ),
        (
            {
                "crossings": crossings(1.0, first=date(2026, 1, 14)),
                "now": StockNow(9_000.0, 0.0, MWH_PER_T),
            },
            "The stock is below that line already.",
        ),
        (
            {"yard": yard_row(reserve_days_min=0), "crossings": crossings(0.0, 0.11)},
            "by 18 January, or the coal runs out with 11 % probability.",
        ),
    ],
)
def test_what_to_order_and_what_else_happens(changes: dict[str, object], sentence: str):
    assert sentence in told(**changes)


# ---- what it rests on --------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        (
            {"now": replace(SURVEYED, stock_t=43_200.0)},
            "The survey of 12 January, carried on to now, gives 43 900 t and the books 42 500 t; "
            "43 200 t are taken (± 1 250 t in 19 cases of 20).",
        ),
        (
            {"now": replace(SURVEYED, stock_t=42_480.0)},
            "The books, 42 500 t (± 1 250 t in 19 cases of 20), follow the survey of 12 January, "
            "which gives 43 900 t by now.",
        ),
        (
            {"now": StockNow(43_200.0, 2_000.0, MWH_PER_T, book_t=43_200.0)},
            "By the books that is known to ± 3 920 t in 19 cases of 20; a survey (surveys.csv)",
        ),
        (
            {"open_part": OPEN_PART},
            "Its road or rail is shut on 2 days from 17 January to 18 January, in part at least",
        ),
        ({}, "The storage rate is 72.7 %, of a target of 59 400 t: 25 days of the boilers."),
        (
            {"yard": yard_row(storage_target_meaning=""), "storage_rate": 0.727},
            "The storage rate is 72.7 %, of a target of 59 400 t.",
        ),
    ],
)
def test_surveys_and_storage_rate(changes: dict[str, object], sentence: str):
    assert sentence in told(**changes)


def test_deliveries_are_counted_until_an_order_could_come():
    """Two trains a day on days 0 and 5 of 7 days of lead time, one on day 9."""
    piles = MADE.yards[0].piles
    come = np.zeros_like(piles.unloaded_t)
    come[:, [0, 5]], come[:, 9] = 6_000.0, 3_000.0
    text = told(piles=replace(piles, unloaded_t=come))
    assert "Deliveries on file bring 15 000 t until 15 March, 12 000 t of them" in text
    assert "within the 7 days that an order takes." in text
    assert "at the gate" not in text
    nothing = told(piles=replace(piles, unloaded_t=np.zeros_like(come)))
    assert "Nothing is counted on to come until 15 March." in nothing
    at_once = told(piles=replace(piles, unloaded_t=come), yard=yard_row(lead_time_days=0))
    assert "Deliveries on file bring 15 000 t until 15 March. " in at_once
    outside = {"unloaded_t": np.zeros_like(come), "waiting_t": np.full_like(come, 2_900.0)}
    shut = told(piles=replace(piles, **outside))
    assert "None of the deliveries on file can be unloaded until 15 March. Up to 2 900 t" in shut
    waiting = told(piles=replace(piles, unloaded_t=come, waiting_t=np.full_like(come, 2_900.0)))
    assert "Up to 2 900 t of them wait at the gate" in waiting


# ---- a season to come --------------------------------------------------------------------------

SEASON = SeasonDates(date(2026, 11, 15), date(2027, 3, 15))
RULE = StorageRule(
    rate=0.6,
    target_t=88_710.0,
    at_start_t=60_140.0,
    met_on=date(2026, 10, 20),
    met_on_p90=date(2026, 10, 24),
    order_by=None,
    is_late=False,
)
SHORT = replace(RULE, at_start_t=46_226.0)  # 7 000 t under 60 % of 88 710 t
NEED = YardSeason(
    *(yard_row(), SEASON.first, 312_400.0, 344_900.0, 6_100.0, 56_500.0, 240_300.0),
    *(0.0, 0.0, RULE),
)


def test_a_season_that_is_provided_for():
    assert " ".join(season_sentences(SEASON, NEED)) == (
        "yard_A needs 312 400 t from 15 November 2026 to 15 March 2027, 344 900 t in a cold season "
        "(one in ten); 6 100 t of it are losses. 56 500 t can be used at the start, and 240 300 t "
        "are on file for the season itself. That is enough, in a cold season as well. The city "
        "asks for 60 % of 88 700 t on 15 November 2026: 53 200 t; 60 100 t are expected. The rule "
        "is met from 20 October 2026 on; in nine cases of ten by 24 October 2026."
    )


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"shortfall_t_p90": 4_120.0}, "enough in a mean season; in a cold one 4 120 t are"),
        (
            {"shortfall_t_p50": 15_640.0, "shortfall_t_p90": 48_120.0},
            "15 600 t are missing, 48 100 t in a cold season.",
        ),
        (
            {"storage": replace(SHORT, order_by=date(2026, 11, 7))},
            "The rule is missed by 7 000 t: order them by 7 November 2026.",
        ),
        (
            {"storage": replace(SHORT, is_late=True)},
            "missed by 7 000 t, and what is ordered today comes too late for it.",
        ),
        ({"storage": SHORT}, "The rule is missed by 7 000 t."),
        ({"storage": replace(RULE, met_on_p90=None)}, "but not in nine cases of ten."),
        ({"storage": replace(RULE, met_on=None)}, "The rule is met."),
        (
            {"storage": replace(RULE, meaning="30 days of mean burn")},
            "The city asks for 60 % of 88 700 t (30 days of mean burn) on 15 November 2026: 53 200",
        ),
    ],
)
def test_a_season_that_is_not(changes: dict[str, object], sentence: str):
    need = replace(NEED, **changes)  # type: ignore[arg-type]
    assert sentence in " ".join(season_sentences(SEASON, need))


def test_a_season_that_has_begun_is_told_from_today():
    """On 15 January what is left is no season from November, and its first day asks for nothing."""
    need = replace(NEED, counted_from=date(2027, 1, 15), storage=None)
    text = " ".join(season_sentences(SEASON, need))
    assert "needs 312 400 t for the rest of the season, from 15 January 2027 to 15 March" in text
    assert "can be used today" in text
    assert "November" not in text


def test_without_a_target_nothing_is_said_of_a_rule():
    assert "city asks" not in " ".join(season_sentences(SEASON, replace(NEED, storage=None)))


# ---- figures -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("value_t", "words"),
    [(0, "0"), (-3, "0"), (4, "0"), (5_126, "5 130"), (9_994, "9 990"), (9_996, "10 000")],
)
def test_tonnes_are_told_to_the_ten(value_t: float, words: str):
    assert tonnes(value_t) == words


def test_tonnes_from_ten_thousand_on_are_told_to_the_hundred():
    assert tonnes(43_249) == "43 200"
    assert tonnes(1_234_567) == "1 234 600"


@pytest.mark.parametrize(
    ("value", "words"),
    [(0.96, "1 day"), (1.4, "1.4 days"), (9.94, "9.9 days"), (9.96, "10 days"), (34.6, "35 days")],
)
def test_days_have_tenths_only_below_ten(value: float, words: str):
    assert days(value) == words


@pytest.mark.parametrize(
    ("value", "cell", "words"),
    [
        (0.0, "0", "under 1 %"),
        (0.0099, "<1", "under 1 %"),
        (0.114, "11", "11 %"),
        (0.991, ">99", "over 99 %"),
        (1.0, "100", "over 99 %"),
    ],
)
def test_no_chance_is_told_finer_than_a_percent(value: float, cell: str, words: str):
    """Even what happened on no path, or on all, is not certain."""
    assert percent(value) == cell
    assert chance(value) == words


def test_trains_trucks_and_ships():
    assert units(Transport.RAIL, 1) == "1 train"
    assert units(Transport.ROAD, 1_200) == "1 200 trucks"
    assert units(Transport.SEA, 2) == "2 ships"


def test_a_day_of_another_year_has_its_year():
    assert day_of_year(date(2027, 1, 8)) == "8 January 2027"
