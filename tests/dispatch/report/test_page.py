"""The report says what the run's files say, in both languages, and in a real browser."""

import html
import json
import re
import shutil
import subprocess
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from example_plan import example_plan

from dispatch.history.past_run import RunUnreadable
from dispatch.messages import speaking
from dispatch.plan import Plan, Quality, Remark, Verdict
from dispatch.publish import publish
from dispatch.report import page
from dispatch.report.comfort import ends_below
from dispatch.report.retold import reason, retold
from dispatch.report.run_facts import read_facts
from dispatch.run_files import run_files
from dispatch.sheets.tables import grouped, rows_of

HOSTILE = '</script><img src=x onerror="document.title=1">&"\u2028'
BROWSER = shutil.which("chromium") or shutil.which("chromium-browser")
FLAGS = (
    *("--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run"),
    *("--disable-background-networking", "--disable-component-update", "--disable-sync"),
    *("--enable-logging=stderr", "--virtual-time-budget=2000", "--window-size=1440,900"),
)
needs_browser = pytest.mark.skipif(BROWSER is None, reason="no chromium on this machine")


def hostile_plan() -> Plan:
    """The example with names that would break out of a page that trusts them, and places."""
    plan = example_plan()
    schedule = plan.schedule.assign(
        station_name=("station", np.array([HOSTILE, "龙泉家园", "third"], dtype=object)),
        station_latitude=("station", [34.8, 34.9, np.nan]),
        station_longitude=("station", [117.5, 117.6, np.nan]),
    )
    return replace(plan, schedule=schedule.assign_attrs(case_name_zh="示例", case_name_en=HOSTILE))


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return publish(hostile_plan(), tmp_path_factory.mktemp("runs"), {}, {"case.toml": "ab" * 32})


@pytest.fixture(scope="module")
def content(run: Path) -> str:
    return (run / "report.html").read_text(encoding="utf-8")


def data_of(content: str) -> dict[str, Any]:
    found = re.search(r'<script type="application/json" id="data">(.*?)</script>', content, re.S)
    assert found is not None
    told: dict[str, Any] = json.loads(found[1])
    return told


def seen(run: Path, *options: str) -> tuple[str, str]:
    """The page as a browser has made it, and what it complained of."""
    assert BROWSER is not None
    profile = run.parent / f"profile-{len(options)}"
    told = subprocess.run(
        [
            *(BROWSER, *FLAGS, f"--user-data-dir={profile}"),
            *(*options, "--dump-dom", (run / "report.html").as_uri()),
        ],
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )
    return told.stdout, "\n".join(line for line in told.stderr.splitlines() if "CONSOLE" in line)


def test_an_old_run_gives_the_very_page_that_was_published(run: Path, content: str):
    assert page.report_page(read_facts(run)) == content
    assert len(content.encode()) < 1_000_000


def test_numbers_are_those_of_the_tables(run: Path, content: str):
    """Setpoints of every loop and block, heat of every source, prices of every zone."""
    told = data_of(content)
    rows = rows_of((run / "setpoints_stations.csv").read_bytes())
    by_loop = list(grouped(rows, "station_id", "loop").values())
    published = [[round(float(row["secondary_supply_c"]) * 10) for row in one] for one in by_loop]
    assert told["stations"]["supply"] == published
    charts = {one["name"]: one for one in told["charts"]}
    heat = {one["name"]: np.array(one["data"]) for one in charts["sources"]["series"]}
    facts = read_facts(run)
    hours = (np.diff([*facts.run.schedule["block_start"].values]) / np.timedelta64(1, "h"))[1]
    sources = grouped(rows_of((run / "setpoints_sources.csv").read_bytes()), "source_id")
    for name in ("A1", "B1"):
        second = float(sources[(name,)][1]["heat_mw"])
        assert heat[name][2 : 2 + int(hours)].mean() == pytest.approx(second, abs=0.01)
        assert f"<td>{second:.2f}</td>" in content
    prices = grouped(rows_of((run / "shadow_prices.csv").read_bytes()), "zone_id")
    for one in charts["prices"]["series"]:
        published_prices = [float(row["heat_yuan_per_mwh"]) for row in prices[(one["name"],)]]
        assert one["data"] == pytest.approx(published_prices)


def test_rooms_below_the_law_are_counted_by_hand(run: Path):
    """Loop 1 at 17.0 °C for three hours of one step each, 400 homes: 1 200 home-hours."""
    facts = read_facts(run)
    rooms = facts.run.schedule["station_indoor"].values
    rooms[:] = 20.0
    facts.run.schedule["station_floor"].values[:] = 18.8
    rooms[0, 4:7] = 17.0
    found = ends_below(facts, 18.0, ours=True)
    assert (found.stations, found.homes, found.hours, found.home_hours) == (1, 400, 3, 1200)
    assert found.worst_c == 17.0


def test_names_cannot_break_out_of_the_page(content: str):
    """A name with an end of script, an image and quotes stands in the page as text alone."""
    assert "<img" not in content
    assert content.count("</script>") == 3
    assert html.escape(HOSTILE) in content
    assert data_of(content)["stations"]["rows"][0][2] == HOSTILE


def test_the_page_asks_nothing_of_any_network(content: str):
    assert "default-src 'none'" in content
    assert not re.findall(r'(?:src|href)="(?!#)', content)
    assert "@import" not in content
    assert "url(" not in content.partition('id="data"')[0]


def test_both_languages_say_the_same_numbers(run: Path, content: str):
    with speaking("zh"):
        chinese = page.report_page(read_facts(run))
    assert '<html lang="zh">' in chinese
    assert "今天安全吗" in chinese
    assert "Is today safe" in content
    numbers = [re.findall(r"<td>([\d −.]+)</td>", one) for one in (content, chinese)]
    assert numbers[0] == numbers[1]


def test_remarks_are_told_again_from_their_figures():
    """What cannot be told anew stays as it was said."""
    values = {"yard": "y", "day": "2026-02-11"}
    said = {"key": "report.order_coal", "values": values, "text": "as said"}
    assert retold(said) == "Order coal for y by 11 Feb."
    assert retold({**said, "values": {}}) == "as said"
    assert retold({**said, "key": "no.such"}) == "as said"
    assert reason("at maximum") == "at maximum"
    assert reason("pinned by Li") == "pinned by Li"


def test_a_red_plan_says_so_in_words_and_colour():
    verdict = Verdict(Quality.RED, (Remark("daily.third_party_unserved", {"worst_pct": 3.0}),))
    told = run_files(replace(example_plan(), verdict=verdict), {}, {})["report.html"].decode()
    assert 'class="verdict red"' in told
    assert "RED: comfort or supply cannot be held" in told
    assert "No: act on the reasons above first." in told


def test_a_fault_of_the_page_does_not_hold_up_the_plan(monkeypatch: pytest.MonkeyPatch):
    def fail(*_: object) -> str:
        raise ZeroDivisionError("in the page")

    monkeypatch.setattr(page, "report_page", fail)
    files = run_files(example_plan(), {}, {})
    assert b"ZeroDivisionError: in the page" in files["report.html"]
    assert "report_fault" in json.loads(files["run_log.json"])
    assert "report.html" in json.loads(files["manifest.json"])["outputs"]


def test_a_folder_that_is_no_run_is_told(tmp_path: Path):
    with pytest.raises(RunUnreadable, match=r"manifest\.json"):
        read_facts(tmp_path)


def luminance(colour: str) -> float:
    """Relative luminance of WCAG 2.2."""
    digits = colour.lstrip("#")
    whole = digits if len(digits) == 6 else "".join(digit * 2 for digit in digits)
    parts = [int(whole[k : k + 2], 16) / 255 for k in (0, 2, 4)]
    linear = [one / 12.92 if one <= 0.04045 else ((one + 0.055) / 1.055) ** 2.4 for one in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(one: str, other: str) -> float:
    low, high = sorted((luminance(one), luminance(other)))
    return (high + 0.05) / (low + 0.05)


@pytest.mark.parametrize("theme", [0, 1], ids=["light", "dark"])
def test_text_can_be_read_and_lines_be_seen(content: str, theme: int):
    """Text 4.5 to 1 or more against paper and cards, lines of charts 3 to 1 (WCAG 2.2)."""
    style = content.partition("<style>")[2].partition("</style>")[0]
    roots = re.findall(r":root \{([^}]*)\}", style)
    known = dict(re.findall(r"--([\w]+): (#\w+)", roots[theme]))
    for paper in ("paper", "card"):
        for ink in ("ink", "quiet", "link", "cold"):
            assert contrast(known[ink], known[paper]) >= 4.5, (ink, paper)
    for place in range(8):
        assert contrast(known[f"c{place}"], known["paper"]) >= 3.0, place
    labels = re.findall(r"\.verdict\.\w+ \{ background: (#\w+);.*?; color: (#\w+); \}", style)
    assert len(labels) == 3
    assert min(contrast(*pair) for pair in labels) >= 4.5


@needs_browser
def test_a_browser_draws_every_chart_and_the_coldest_first(run: Path, content: str):
    """No complaint on the console; every picture has lines; rows go from cold to warm."""
    dom, complaints = seen(run)
    assert complaints == ""
    for one in data_of(content)["charts"]:
        place = dom.partition(f'id="chart-{one["name"]}"')[2].partition("</figure>")[0]
        assert place.count("<path") > len(one["series"]), one["name"]
    body = dom.partition('id="stations-table"')[2].partition("</table>")[0].partition("<tbody>")[2]
    rows = [re.findall(r"<td[^>]*>(.*?)</td>", row, re.S) for row in body.split("</tr>")[:-1]]
    assert len(rows) == 3
    coldest = [float(row[5]) for row in rows]
    assert coldest == sorted(coldest)
    assert html.unescape(next(row[1] for row in rows if row[0].startswith("S1"))) == HOSTILE
    assert dom.count('class="at"') >= 2  # on the map, those that have a place


@needs_browser
def test_filters_sorting_and_pages_work(run: Path, tmp_path: Path, content: str):
    """A script at the end of the page uses it as a person would, and writes down what it sees."""
    user = """
    <script>
    const rows = () => [...document.querySelectorAll("#stations-table tbody tr")];
    const ids = () => rows().map((row) => row.cells[0].textContent);
    const set = (name, value) => { const field = document.getElementById(name); field.value = value;
      field.dispatchEvent(new Event("input")); };
    const seen = { all: ids() };
    set("who", "0"); seen.others = ids();
    set("who", ""); set("find", "龙泉"); seen.found = ids();
    set("find", "nobody"); seen.none = ids();
    set("find", "");
    const head = () => document.querySelectorAll("#stations-table th")[0];
    head().querySelector("button").click(); seen.up = ids(); seen.sort = head().ariaSort;
    head().querySelector("button").click(); seen.down = ids();
    document.body.dataset.seen = JSON.stringify(seen);
    </script>"""
    (tmp_path / "report.html").write_text(
        content.replace("</body>", f"{user}</body>"), encoding="utf-8"
    )
    dom, complaints = seen(tmp_path)
    assert complaints == ""
    told = re.search(r'data-seen="([^"]*)"', dom)
    assert told is not None
    found = json.loads(html.unescape(told[1]))
    assert len(found["all"]) == 3
    assert [one.partition(".")[0] for one in found["others"]] == ["S3"]
    assert [one.partition(".")[0] for one in found["found"]] == ["S2"]
    assert found["none"] == []
    assert found["up"] == sorted(found["all"])
    assert found["sort"] == "ascending"
    assert found["down"] == sorted(found["all"], reverse=True)
