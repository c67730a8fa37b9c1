"""The report says what the run's files say, in both languages."""

import html
import json
import re
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import xarray as xr
from example_plan import example_plan
from report_pages import HOSTILE, data_of, hostile_plan

from dispatch.forecast_fan import with_fan
from dispatch.history.past_run import RunUnreadable
from dispatch.messages import speaking
from dispatch.plan import Quality, Remark, Verdict
from dispatch.publish import publish
from dispatch.report import page
from dispatch.report.comfort import ends_below
from dispatch.report.retold import reason, retold
from dispatch.report.run_facts import read_facts
from dispatch.run_files import run_files
from dispatch.sheets.tables import grouped, rows_of


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return publish(hostile_plan(), tmp_path_factory.mktemp("runs"), {}, {"case.toml": "ab" * 32})


@pytest.fixture(scope="module")
def content(run: Path) -> str:
    return (run / "report.html").read_text(encoding="utf-8")


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


def test_the_fan_holds_the_forecast_and_widens(tmp_path: Path):
    """Eight of ten, five of ten, the forecast between; wider later; the page draws both."""
    plan = example_plan()
    steps = plan.schedule.sizes["time"]
    hours = np.arange(-24, steps)
    sd_k = np.maximum(0.0, 1.0 + 0.05 * hours)
    weather = xr.Dataset(
        {
            "air_temperature": ("time", np.zeros(hours.size)),
            "air_temperature_sd": ("time", sd_k),
        },
        coords={"time": plan.schedule["time"].values[0] + hours * np.timedelta64(1, "h")},
    )
    fan = with_fan(plan.schedule, weather)
    half_k = [fan[f"air_temperature_p{pct}"].values for pct in (75, 90)]
    assert half_k[0] == pytest.approx(0.6745 * sd_k[24:], abs=1e-3)
    assert half_k[1] == pytest.approx(1.2816 * sd_k[24:], abs=1e-3)
    run = publish(replace(plan, schedule=fan), tmp_path, {}, {"case.toml": "ab" * 32})
    charts = {
        one["name"]: one for one in data_of((run / "report.html").read_text("utf-8"))["charts"]
    }
    bands = [one for one in charts["forecast"]["series"] if one["kind"] == "band"]
    assert [one["data"] for one in bands] == [pytest.approx(one, abs=0.05) for one in half_k[::-1]]
