"""The report of a what-if: its plan whole, the comparison first, and that it is not to be sent."""

import re
from collections.abc import Mapping
from pathlib import Path

import pytest
from cut_case import base
from outcome_maker import base_outcome, changed, unchanged
from report_browser import LAID_OUT, NEEDS_BROWSER, SIZES, opened
from report_pages import data_of

from dispatch.messages import say, speaking
from scenarios.scenario_files import comparison_files
from scenarios.whatif.comparison import compare
from scenarios.whatif.figure import Figure
from scenarios.whatif.outcome import Outcome, Result, Unplanned

NO_PLAN = Unplanned("far", "What if far", ("The case cannot be so.",))


def colder_and_stronger(schedule):
    schedule["station_indoor"].values[:, 4:] -= 3.0
    schedule["plant_heat"].values[0] += 5.0
    schedule["air_temperature"].values[:] -= 5.0


def files_of(*others: Result, is_sweep: bool = False) -> Mapping[str, bytes]:
    situations = {"base": base()}
    situations |= {one.name: base() for one in others if isinstance(one, Outcome)}
    return comparison_files(compare(base_outcome(), others), situations, is_sweep=is_sweep)


def page_of(*others: Result) -> str:
    return files_of(*others)["report.html"].decode()


def text_of(page: str, element: str) -> str:
    """Text between an element that has this id and the next heading."""
    return re.sub(r"<[^>]*>", " ", page[page.index(f'id="{element}"') :].split("<h2", 1)[0])


def test_a_page_of_one_variant_is_the_report_of_its_plan_and_says_that_it_is_no_plan_of_a_day():
    page = page_of(changed(colder_and_stronger, "cold"))
    assert say("report.what_if", question="What if cold") in page
    for key in ("report.safe_green", "report.safe_amber", "report.safe_red", "report.todo_none"):
        assert say(key) not in page  # they say that setpoints may be sent
    assert say("report.against_base") in page
    assert page.index('<section id="compared"') < page.index('<section id="forecast"')
    assert 'id="stations-table"' in page


def test_its_comparison_tells_the_figures_and_draws_both_plans():
    other = changed(colder_and_stronger, "cold")
    known = compare(base_outcome(), [other]).variants[0]
    page = page_of(other)
    homes = known.differences[Figure.BELOW_LAW_HOMES].variant
    assert homes > 0
    assert f"{homes:,.0f}".replace(",", " ") in page
    charts = {one["name"]: one for one in data_of(page)["charts"]}
    before, after = charts["compared_heat"]["series"]
    assert [b - a for a, b in zip(before["data"], after["data"], strict=True)] == pytest.approx(
        [5.0] * len(before["data"]), abs=0.11
    )
    assert before["dashed"]
    before, after, law = charts["compared_rooms"]["series"]
    assert before["data"][-1] - after["data"][-1] == pytest.approx(3.0, abs=0.11)
    assert set(law["data"]) == {18}
    before, after = charts["compared_weather"]["series"]
    assert after["data"][0] - before["data"][0] == pytest.approx(-5.0, abs=0.11)


def test_where_nothing_changes_there_is_nothing_to_draw():
    page = page_of(changed(unchanged, "same"))
    assert not [one for one in data_of(page)["charts"] if one["name"].startswith("compared")]
    assert "Nothing changes." in page


def test_several_variants_have_a_page_that_leads_to_a_page_each():
    files = files_of(changed(colder_and_stronger, "cold"), changed(unchanged, "same"), NO_PLAN)
    assert {name for name in files if name.endswith(".html")} == {"report.html", "report-cold.html"}
    assert 'href="report-cold.html"' in files["report.html"].decode()
    assert say("report.what_if", question="What if cold") in files["report-cold.html"].decode()


def test_a_question_without_a_plan_and_a_sweep_have_a_page_of_the_comparison_alone():
    for files in (
        files_of(NO_PLAN),
        files_of(changed(colder_and_stronger, "cold"), is_sweep=True),
    ):
        assert [name for name in files if name.endswith(".html")] == ["report.html"]
        assert b'id="stations-table"' not in files["report.html"]


@NEEDS_BROWSER
@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("language", ["en", "zh"])
def test_it_is_whole_in_a_browser(browser, tmp_path: Path, language: str, size: str):
    with speaking(language):
        page = page_of(changed(colder_and_stronger, "cold"))
    path = tmp_path / "report.html"
    path.write_text(page, encoding="utf-8")
    with opened(browser, path, size) as seen:
        for chart in data_of(page)["charts"]:
            drawn = seen.page.locator(f"#chart-{chart['name']} svg path")
            assert drawn.count() > len(chart["series"]), chart["name"]
        assert seen.page.evaluate(LAID_OUT) == {"wide": 0, "lie": []}
