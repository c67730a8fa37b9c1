"""Surveys and scales correct what lies in a yard: within their error, once, and said.

The yard of the tiny town holds 45 000 t by its file, loses nothing, and burns at most 103 t a day
in its one boiler; scales of these tests read more, so that sums are easy.
"""

import json
from dataclasses import replace
from datetime import date, datetime, timedelta
from math import hypot
from pathlib import Path

import numpy as np
import pytest
from plan_inputs_maker import START, tiny_case
from small_case import whole_file

from dispatch.case import Case, Delivery, Outage
from dispatch.case_coal import CoalDay, Survey
from dispatch.fuel.stock_now import stock_now
from dispatch.initial_state import Known, LastPlan, StateFile, read_state
from dispatch.plan import Remark
from dispatch.published_burn import published_burn
from dispatch.start_stock import StartStock, StartStocks, StockAnchor, anchors_content, anchors_of
from dispatch.surveyed_stock import fused, start_stocks
from tests.daily_runs import NEXT_EVENING, PublishedRun, assert_usable, plan_small

DAY = timedelta(days=1)  # START is local midnight of 15 January
SURVEY_SD = 43_000 * 0.025 / 1.96  # 548.5 t
NO_RUNS = Path("no runs at all")


def survey(days_ago: float, stock_t: float = 43_000, **changes: object) -> Survey:
    values = {"yard_id": "pile", "time": START - days_ago * DAY, "stock_t": stock_t}
    return Survey.model_validate(values | changes)


def scales(*days_ago: int, burnt_t: float | None = 2000, received_t: float | None = 0) -> tuple:
    """Rows of whole days: 1 is 14 January."""
    local = [date(2026, 1, 15) - back * DAY for back in days_ago]
    return tuple(
        CoalDay(date=f"{day:%Y-%m-%d}", yard_id="pile", burnt_t=burnt_t, received_t=received_t)
        for day in local
    )


def town(**tables: object) -> Case:
    return tiny_case(yard={"stock_t": 45_000}, **tables)


def anchor(days_ago: float, stock_t: float = 50_000, sd_t: float = 1000) -> StockAnchor:
    at = START - days_ago * DAY
    return StockAnchor(at, stock_t, sd_t, 45_000, at)


def state(last_t: float | None = None, fixed: StockAnchor | None = None) -> StateFile:
    """A last plan that expects `last_t` by now, and a fixed point."""
    anchors = {} if fixed is None else {"pile": fixed}
    if last_t is None:
        return StateFile(None, Remark("daily.state_none"), anchors)
    nothing = Known((), np.array([0.0]), np.empty((0, 1)))
    stock = Known(("pile",), np.array([0.0]), np.array([[last_t]]))
    plan = LastPlan("before", 1.0, 4.0, nothing, stock, {"pile": 45_000}, *[nothing] * 6)
    return StateFile(plan, Remark("daily.state_none"), anchors)


def started(case: Case, before: StateFile, now: datetime = START) -> StartStock:
    return start_stocks(case, now, START, before, NO_RUNS).by_yard["pile"]


def keys(remarks: tuple[Remark, ...]) -> list[str]:
    return [one.key for one in remarks]


# ---- by hand -------------------------------------------------------------------------------


def test_books_and_survey_weigh_by_their_precision():
    """45 000 ± 1 125 against 43 000 ± 548.5: 0.808 of the way to the survey, and surer than it."""
    both = fused(45_000, 1_125, 43_000, SURVEY_SD)
    assert both.survey_part == pytest.approx(1125**2 / (1125**2 + SURVEY_SD**2))
    assert both.stock_t == pytest.approx(43_384, abs=1)
    assert both.sd_t == pytest.approx(493, abs=0.5)
    assert not both.is_far


def test_books_far_from_the_survey_give_way():
    """300 t of error each 5 000 t apart: half way would be right for neither."""
    both = fused(45_000, 300, 40_000, 300)
    assert both.is_far
    assert both.survey_part == pytest.approx(5000**2 / (5000**2 + 300**2))
    assert both.stock_t == pytest.approx(40_018, abs=1)
    assert both.sd_t == pytest.approx(300, rel=0.01)


def test_an_undated_entry_beside_a_survey_of_two_days_ago():
    """The first plan: the survey is carried by scales, 43 000 − 2·2 000 + 1 500 t."""
    case = town(surveys=(survey(2),), coal_daily=(*scales(2), *scales(1, received_t=1500)))
    stock = started(case, state())
    sd_t = hypot(SURVEY_SD, 0.0075 * 4000, 0.0025 * 1500)
    part = 1125**2 / (1125**2 + sd_t**2)
    assert stock.survey_t == pytest.approx(40_500)
    assert stock.book_t == 45_000
    assert stock.stock_t == pytest.approx(45_000 - part * 4_500)
    assert stock.sd_t == pytest.approx(part**0.5 * sd_t)
    assert keys(stock.remarks) == ["daily.stock_surveyed"]
    assert stock.anchor.at == START


def test_books_carried_by_scales_meet_the_survey_at_its_moment():
    """50 000 five days ago, 2 000 t a day: 44 000 at the survey of two days ago, 40 000 now."""
    case = town(surveys=(survey(2),), coal_daily=scales(1, 2, 3, 4, 5))
    stock = started(case, state(41_000, anchor(5)))
    book_sd = hypot(1000, 0.0075 * 6000)
    part = book_sd**2 / (book_sd**2 + SURVEY_SD**2)
    assert stock.book_t == pytest.approx(40_000)
    assert stock.survey_t == pytest.approx(39_000)
    assert stock.stock_t == pytest.approx(40_000 - part * 1000)
    assert stock.sd_t == pytest.approx(hypot(part**0.5 * SURVEY_SD, 0.0075 * 4000))
    assert stock.anchor.at == survey(2).time
    assert stock.anchor.stock_t == pytest.approx(44_000 - part * 1000)


def test_scales_alone_correct_what_the_last_plan_expected():
    """Burnt 10 000 t where plans meant 8 000: no survey, but the books are 2 000 t lower."""
    stock = started(town(coal_daily=scales(1, 2, 3, 4, 5)), state(42_000, anchor(5)))
    assert stock.stock_t == pytest.approx(40_000)
    assert stock.sd_t == pytest.approx(hypot(1000, 0.0075 * 10_000))
    assert keys(stock.remarks) == ["daily.stock_metered"]


def test_deliveries_that_no_weighbridge_tells_count_by_confidence():
    """1 000 t at 80 % and 5 500 of 5 000 kcal: 880 t of the pile's coal, ± 440.

    While the road is shut it waits.
    """
    train = Delivery(
        yard_id="pile",
        arrival_time=START - 0.5 * DAY,
        tonnes=1000,
        net_calorific_kcal_per_kg=5500,
        confidence=0.8,
    )
    rows = scales(1, received_t=None)
    case = town(coal_daily=rows, deliveries=(train,))
    stock = started(case, state(42_000, anchor(1)))
    assert stock.stock_t == pytest.approx(50_000 - 2000 + 880)
    assert stock.sd_t == pytest.approx(hypot(1000, 0.0075 * 2000, 440))
    shut = {"kind": "yard", "id": "pile", "from": START - DAY, "to": START + DAY}
    waits = case.model_copy(update={"outages": (Outage.model_validate(shut),)})
    assert started(waits, state(42_000, anchor(1))).stock_t == pytest.approx(50_000 - 2000)


# ---- which is newer ------------------------------------------------------------------------


def test_a_survey_counts_once():
    """The plan after the one that took the survey up goes on from there, by the scales."""
    case = town(surveys=(survey(2),), coal_daily=scales(1, 2))
    first = started(case, state(45_000, anchor(5)))
    again = started(case, state(first.stock_t, first.anchor))
    assert again.stock_t == pytest.approx(first.stock_t)
    assert again.sd_t == pytest.approx(first.sd_t)
    assert again.anchor == first.anchor
    assert again.remarks == ()


def test_without_scales_the_last_plan_goes_on_after_a_survey():
    case = town(surveys=(survey(2),))
    fixed = replace(anchor(2, 43_300, 490), known_by=survey(2).time)
    assert started(case, state(42_777.7, fixed)).stock_t == 42_777.7


def test_a_new_entry_in_the_file_wins_over_an_older_survey():
    """The file said 47 000 when the survey was taken up; today somebody wrote 45 000."""
    fixed = replace(anchor(2, 43_300, 490), in_file_t=47_000)
    stock = started(town(surveys=(survey(2),)), state(None, fixed))
    assert stock.stock_t == 45_000
    assert stock.remarks == ()


def test_a_new_entry_and_a_newer_survey_share():
    fixed = replace(anchor(5, 52_000, 490), in_file_t=47_000)
    case = town(surveys=(survey(9, 60_000), survey(1)), coal_daily=scales(1))
    stock = started(case, state(None, fixed))
    assert stock.survey_t == pytest.approx(41_000)
    assert 41_000 < stock.stock_t < 45_000


def test_a_fixed_point_outlives_a_gap_between_plans():
    """No plan for five days, but scales: not back to November's figure in the file."""
    stock = started(town(coal_daily=scales(1, 2, 3, 4, 5)), state(None, anchor(5)))
    assert stock.stock_t == pytest.approx(40_000)


def test_without_surveys_and_scales_all_is_as_it_was():
    stock = started(town(), state(42_000, anchor(5)))
    assert (stock.stock_t, stock.sd_t, stock.remarks) == (42_000, 0.0, ())
    assert stock.anchor == anchor(5)
    assert started(town(), state()).stock_t == 45_000
    assert stock_now(town(), town().yards[0], StartStocks()).stock_t == 45_000


def test_a_plan_for_a_day_to_come_fixes_nothing():
    case = town(coal_daily=scales(1, 2))
    assert started(case, state(None, anchor(-40))).stock_t == 45_000


# ---- what nobody knows ---------------------------------------------------------------------


def test_burn_that_nobody_entered_is_assumed_and_said():
    """Five days at half of 25 MW and 5.815 MWh/t: 258 t, and 60 % of it unsure."""
    stock = started(town(surveys=(survey(5),)), state())
    assert stock.survey_t == pytest.approx(43_000 - 5 * 24 * 12.5 / 5.815)
    assert keys(stock.remarks) == ["daily.stock_surveyed", "daily.stock_guessed"]


def test_days_without_scales_burn_the_mean_of_those_before():
    """Days 4 and 5 back are known, 2 000 and 2 600 t: 2 300 t on each of the last three.

    The file's 45 000 t are then far from the survey's 31 500, and said to be.
    """
    rows = (*scales(4), *scales(5, burnt_t=2600))
    stock = started(town(surveys=(survey(5),), coal_daily=rows), state())
    assert stock.survey_t == pytest.approx(43_000 - 4600 - 3 * 2300)
    assert keys(stock.remarks) == ["daily.stock_survey_far"]
    assert stock.stock_t == pytest.approx(31_500, rel=0.005)


def test_what_is_not_over_yet_is_left_out_and_said():
    """Replayed on the 15th, a survey of the 16th and the scales of the 15th are not known."""
    case = town(surveys=(survey(-1),), coal_daily=scales(0))
    found = start_stocks(case, START, START, state(42_000, anchor(5)), NO_RUNS)
    assert found.by_yard["pile"].stock_t == 42_000
    assert keys(found.remarks) == ["daily.surveys_later", "daily.coal_days_later"]
    assert all(one.text for one in found.remarks)


def test_fixed_points_survive_the_state_file():
    fixed = {"pile": anchor(5, 50_000.123456, 1000.5)}
    content = json.loads(json.dumps({"stock_anchors": anchors_content(fixed)}))
    assert anchors_of(content) == fixed
    assert anchors_of({}) == {}


# ---- a daily run ---------------------------------------------------------------------------

COAL = b"yard_id,time,stock_t,error_pct\nyard_a,2026-01-15T20:00:00+08:00,5400,2.5%\n"


def run_burn_t(case: Case, runs: Path, start: str, end: str) -> float:
    """Planned burn of the first yard by what the runs have published."""
    span = (datetime.fromisoformat(start), datetime.fromisoformat(end))
    return published_burn(case, runs, *span).planned(case, case.yards[0], *span).burnt_t


def test_a_daily_run_starts_from_the_survey(
    tmp_path: Path, small_runs: Path, small_green: PublishedRun
):
    """Surveyed four hours before the plan: 5 400 t where the books say some 5 700.

    The plan starts from what both come to, says so, passes its audit, and hands the stock on; the
    yard without a survey goes on as the last plan expected.
    """
    run = plan_small(tmp_path, whole_file("surveys.csv", COAL), now=NEXT_EVENING, runs=small_runs)
    assert_usable(run)
    before = run.schedule["yard_stock_before"]
    expected = small_green.schedule["yard_stock"].values[:, 23]
    stock_t = float(before.sel(yard="yard_a"))
    assert 5_400 - 60 < stock_t < expected[0] - 50
    assert float(before.sel(yard="yard_b")) == pytest.approx(expected[1], abs=1e-4)
    note = next(one for one in run.summary["notes"] if one["key"] == "daily.stock_surveyed")
    assert note["values"]["stock_t"] == round(stock_t)
    assert note["values"]["book_t"] == round(expected[0])

    start = datetime.fromisoformat("2026-01-16T00:00:00+08:00")
    again = start_stocks(
        run.case, NEXT_EVENING, start, read_state(run.folder, start), small_runs
    ).by_yard["yard_a"]
    assert again.stock_t == pytest.approx(stock_t, abs=1e-4)
    assert again.remarks == ()
    # Carried by the published plan for four hours, 23 to 43 t, not by the mean or a guess.
    burnt = run_burn_t(run.case, small_runs, "2026-01-15T00:00+08:00", "2026-01-16T00:00+08:00")
    assert burnt == pytest.approx(small_green.schedule["yard_burn"].values[0, :24].sum(), abs=0.05)
    assert 5_400 - 45 < (again.survey_t or 0.0) < 5_400 - 20
