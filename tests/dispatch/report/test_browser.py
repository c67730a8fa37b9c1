"""The report in a real browser: drawn whole in every look, usable by mouse and keyboard."""

import html
import re
from dataclasses import replace
from pathlib import Path

import pytest
from report_browser import LAID_OUT, NEEDS_BROWSER, SIZES, opened
from report_pages import HOSTILE, data_of, hostile_plan

from dispatch.messages import speaking
from dispatch.plan import Quality, Remark, Verdict
from dispatch.publish import publish
from dispatch.report.run_facts import read_facts
from dispatch.sheets.tables import grouped, rows_of

pytestmark = NEEDS_BROWSER
COLD = Remark("daily.third_party_unserved", {"worst_pct": 3.0})
AGED = Remark("daily.not_proven", {"gap_pct": 1.2})
VERDICTS = {
    "green": Verdict(Quality.GREEN, ()),
    "amber": Verdict(Quality.AMBER, (AGED,)),
    "red": Verdict(Quality.RED, (COLD, AGED)),
}


@pytest.fixture(scope="module")
def runs(tmp_path_factory: pytest.TempPathFactory) -> dict[tuple[str, str], Path]:
    """The example published with each label in each language."""
    made = {}
    for language in ("en", "zh"):
        for label, verdict in VERDICTS.items():
            folder = tmp_path_factory.mktemp(f"{label}-{language}")
            with speaking(language):
                plan = replace(hostile_plan(), verdict=verdict)
                made[label, language] = publish(plan, folder, {}, {"case.toml": "ab" * 32})
    return made


@pytest.fixture(scope="module")
def run(runs: dict[tuple[str, str], Path]) -> Path:
    return runs["green", "en"]


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("language", ["en", "zh"])
@pytest.mark.parametrize("label", VERDICTS)
def test_every_look_is_whole(runs, browser, label: str, language: str, size: str):
    """The label in words and colour; every chart drawn; nothing over another, nothing cut off."""
    path = runs[label, language] / "report.html"
    charts = data_of(path.read_text(encoding="utf-8"))["charts"]
    with opened(browser, path, size, color_scheme="dark" if label == "amber" else "light") as seen:
        page = seen.page
        assert page.locator("html").get_attribute("lang") == language
        assert page.locator(".verdict").get_attribute("class") == f"verdict {label}"
        for chart in charts:
            drawn = page.locator(f"#chart-{chart['name']} svg path")
            assert drawn.count() > len(chart["series"]), chart["name"]
        laid_out = page.evaluate(LAID_OUT)
        assert laid_out == {"wide": 0, "lie": []}


def test_numbers_on_the_screen_are_those_of_the_tables(run, browser):
    """Read from the page: each station's coldest room and its setpoint of now; sources' heat."""
    rows = grouped(rows_of((run / "setpoints_stations.csv").read_bytes()), "station_id", "loop")
    sources = grouped(rows_of((run / "setpoints_sources.csv").read_bytes()), "source_id")
    rooms = read_facts(run).run.schedule["station_indoor"]
    with opened(browser, run / "report.html") as seen:
        shown = seen.page.locator("#stations-table tbody tr").all()
        assert len(shown) == len(rows) == 3
        coldest = []
        for line in shown:
            cells = [html.unescape(cell) for cell in line.locator("td").all_inner_texts()]
            coldest.append(float(cells[5]))
            loop = next(key for key in rows if cells[0].startswith(key[0]))
            place = list(rooms["station"].values).index(".".join(loop))
            assert coldest[-1] == pytest.approx(float(rooms[place].min()), abs=0.051)
        assert coldest == sorted(coldest)
        text = seen.page.locator("main").text_content() or ""  # also what is folded away
    for blocks in sources.values():
        assert f"{float(blocks[1]['heat_mw']):.2f}" in text
    assert HOSTILE.replace("\u2028", "") in text.replace("\u2028", "")


def test_filters_and_sorting_by_mouse_and_keyboard(run, browser):
    with opened(browser, run / "report.html") as seen:
        page = seen.page
        table = page.locator("#stations-table")

        def listed() -> list[str]:
            return table.locator("tbody td:first-child").all_inner_texts()

        everybody = listed()
        page.select_option("#who", "0")
        assert [one.partition(".")[0] for one in listed()] == ["S3"]
        page.select_option("#who", "")
        page.fill("#find", "龙泉")
        assert [one.partition(".")[0] for one in listed()] == ["S2"]
        page.fill("#find", "nobody")
        assert listed() == []
        page.fill("#find", "")
        heading = table.locator("th").first
        heading.locator("button").focus()
        page.keyboard.press("Enter")
        assert (listed(), heading.get_attribute("aria-sort")) == (sorted(everybody), "ascending")
        page.keyboard.press("Enter")
        assert listed() == sorted(everybody, reverse=True)


def test_all_that_can_be_used_is_reached_by_tab(run, browser):
    """From the top of the page, in the order in which it is read."""
    with opened(browser, run / "report.html") as seen:
        page = seen.page
        usable = "a[href], button, input, select, summary, [tabindex='0']"
        wanted = page.locator(usable).evaluate_all(
            "all => all.filter(one => one.checkVisibility() && !one.disabled).length"
        )
        reached = set()
        for _ in range(wanted + 5):
            page.keyboard.press("Tab")
            reached.add(
                page.evaluate(
                    "[...document.body.querySelectorAll('*')].indexOf(document.activeElement)"
                )
            )
        reached.discard(-1)
        assert len(reached) == wanted


def test_a_window_that_was_hidden_is_drawn_when_it_is_seen_again(run, browser):
    with opened(browser, run / "report.html") as seen:
        for width in (1, SIZES["desktop"][0]):
            seen.page.set_viewport_size({"width": width, "height": 900})
            seen.page.evaluate("new Promise(requestAnimationFrame)")
        seen.page.wait_for_function(
            "[...document.querySelectorAll('clipPath path')].every((at) => at.getAttribute('d'))",
            timeout=5_000,
        )


def test_on_paper_it_fits_a4(run, browser):
    with opened(browser, run / "report.html") as seen:
        seen.page.emulate_media(media="print")
        printed = seen.page.pdf(format="A4")
    pages = len(re.findall(rb"/Type\s*/Page\b", printed))
    assert 2 <= pages <= 12
