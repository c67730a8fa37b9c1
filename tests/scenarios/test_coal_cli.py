"""`heat-dispatch coal`: its screen, files, JSON and exit codes, over outlooks made by hand."""

import json
import re
import shutil
import subprocess
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import date
from html.parser import HTMLParser
from pathlib import Path

import click
import numpy as np
import pandas as pd
import pytest
from click.testing import CliRunner, Result
from rich.console import Console

from dispatch.case_files import read_case
from dispatch.fuel.consumption import (
    HeatBy,
    PlanAndActual,
    SeasonConsumption,
    SpecificConsumption,
    YardConsumption,
)
from dispatch.fuel.outlook import FuelOutlook
from dispatch.fuel.outlook_request import OutlookRequest
from dispatch.fuel.season_dates import SeasonDates
from dispatch.fuel.season_need import SeasonNeed, StorageRule, YardSeason
from dispatch.fuel.typical_consumption import CHP_KGCE_PER_GJ, SHANDONG_KGCE_PER_M2
from scenarios import coal_commands
from scenarios.cli import main
from scenarios.coal_chart import yard_figure
from scenarios.coal_screen import coal_screen
from scenarios.coal_standing import outlook_attention
from scenarios.drawing import drawing_style, svg_text
from scenarios.screen import plain_lines, print_rich
from tests.fuel_outlook_maker import ISSUED, YARD_A, YARD_B, fuel_outlook, yard_row
from tests.small_case import write_small_case

CHROMIUM = shutil.which("chromium")
PNG_HEAD = b"\x89PNG\r\n\x1a\n"
BOTH = fuel_outlook()
SEASON = SeasonDates(date(2026, 11, 15), date(2027, 3, 15))
RULE = StorageRule(
    rate=0.6,
    target_t=59_400.0,
    at_start_t=30_000.0,
    met_on=None,
    met_on_p90=None,
    order_by=date(2026, 11, 7),
    is_late=False,
)
NEED = YardSeason(
    *(yard_row(), SEASON.first, 312_400.0, 344_900.0, 6_100.0, 56_500.0, 240_300.0),
    *(0.0, 0.0, RULE),
)

BURNT = YardConsumption(
    "yard_A",
    PlanAndActual(171_300.0, 49, 180_000.0, 59, 48, 1.0513, 1.0513, 12),
    4_934.7,
    59,
    SpecificConsumption(48, 40, HeatBy.MIXED, 1.6e6, 145e3, 0.455, 90.8, 41.26, 5.2, 0.47),
    CHP_KGCE_PER_GJ,
)
UNKNOWN = YardConsumption(
    "yard_B",
    PlanAndActual(0.0, 0, 0.0, 0, 0, None, None, 0),
    None,
    0,
    SpecificConsumption(0, 0, HeatBy.NONE, 0.0, 0.0, None, None, None, None, 0.0),
    None,
)
SO_FAR = SeasonConsumption(
    date(2025, 11, 15), date(2026, 1, 13), 60, (), 11.9, SHANDONG_KGCE_PER_M2, ()
)

Command = Callable[..., Result]


@pytest.fixture(scope="module")
def town(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_small_case(tmp_path_factory.mktemp("coal") / "town")


@pytest.fixture(scope="module")
def command(town: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Command]:
    """Run `heat-dispatch coal` in a folder of its own; `outlook` is what is found."""

    def run(*words: str, outlook: FuelOutlook = BOTH, need: YardSeason = NEED) -> Result:
        def found(asked: OutlookRequest, progress: object) -> FuelOutlook:
            del progress
            return replace(outlook, risk=asked.risk)

        def needed(asked: OutlookRequest, season: SeasonDates) -> SeasonNeed:
            del asked
            assert season == SEASON
            return SeasonNeed(season, (need,))

        patch.setattr(coal_commands, "outlook_now", found)
        patch.setattr(coal_commands, "season_need_of", needed)
        return CliRunner().invoke(main, ["coal", str(town), "--now", ISSUED.isoformat(), *words])

    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(tmp_path_factory.mktemp("here"))
        yield run


@pytest.fixture(scope="module")
def shown(command: Command) -> tuple[Result, Path]:
    """The outlook of both yards as it is by default, and the folder of its files."""
    ended = command()
    assert ended.exit_code == 0, ended.output
    return ended, Path("coal") / "small"


def cells(output: str, begin: str, title: str) -> list[str]:
    """Figures of the row that begins so in the table of that title, blanks inside them gone."""
    rows = output[output.index(title) :].splitlines()
    row = next(line for line in rows if line.startswith(begin))
    return [re.sub(r" ", "", cell) for cell in re.split(r" {2,}", row.strip())]


# ---- screen ------------------------------------------------------------------------------------


def test_the_screen_tells_each_yard_and_where_its_files_are(shown: tuple[Result, Path]):
    told, folder = shown[0].stdout, shown[1]
    assert told.startswith("Small town: coal from 14 January 2026 to 15 March 2026")
    for text in (
        "yard_A: order 12 000 t (4 trains) by 20 January",
        "the hourly plan until 17 January, 06:00",
        "the forecast with its spread until 25 January",
        "200 winters of the climate from there to 15 March",
        "against 3 days of the plan: heat -1.2 %, fuel for the same heat +0.8 % at yard_A, -1.4 %",
        "yard_A holds 43 200 t, of which 39 600 t can be used",
        "yard_B: ways of ordering",
        "yard_A: orders at 2 % risk",
        str(folder / "outlook.html"),
    ):
        assert text in told, text
    assert {path.name for path in folder.iterdir()} == {
        *("fuel_outlook.csv", "coal_orders.csv", "outlook.html"),
        *("yard_A.png", "yard_B.png"),
    }


def test_rows_of_days_and_weeks_hold_the_figures_of_the_paths(shown: tuple[Result, Path]):
    """Second day, and the week of days 8 to 14: sums within each path, then their median."""
    told = shown[0].stdout
    piles = BOTH.yards[0].piles
    heat = piles.burnt_t * piles.heat_part
    day = cells(told, "Thu 01-15", "yard_A by day")
    assert float(day[1]) == pytest.approx(np.median(heat[:, 1]), abs=5.1)
    assert float(day[2]) == pytest.approx(1_650, abs=5.1)
    assert [float(cell) for cell in day[4:7]] == pytest.approx(
        np.percentile(piles.stock_t[:, 1], [10, 50, 90]), abs=51
    )
    assert day[9] == "0"
    week = cells(told, "01-21–01-27", "yard_A by day")
    assert float(week[1]) == pytest.approx(np.median(heat[:, 7:14].sum(axis=1)), abs=51)
    assert float(week[3]) == pytest.approx(2 * 8_600, abs=51)
    assert float(week[5]) == pytest.approx(np.median(piles.stock_t[:, 13]), abs=51)
    assert "Power t" not in told[told.index("yard_B by day") :]


def test_ways_of_ordering_stand_beside_each_other(shown: tuple[Result, Path]):
    told = shown[0].stdout
    title = "yard_A: ways of ordering"
    assert cells(told, "as on file", title)[1:4] == ["0", "0", "-"]
    assert cells(told, "at 2 % risk", title)[1:4] == ["2", "24000", "01-20"]
    assert cells(told, "evenly", title)[-2:] == ["6", "<1"]


@pytest.mark.parametrize("width", [80, 100])
def test_tables_are_not_broken_on_a_terminal(width: int, town: Path):
    """A framed table of ten columns is 97 letters wide: at 80 it would break every cell."""
    settings = read_case(town).case.settings
    console = Console(width=width, force_terminal=True, color_system=None)
    with console.capture() as captured:
        print_rich(console, coal_screen(settings, BOTH, ()))
    lines = captured.get().splitlines()
    assert max(map(len, lines)) <= width
    rows = [line for line in lines if "Thu 01-15" in line]
    assert len(rows) == 2
    assert re.search(r"37 300", rows[0])
    header = next(line for line in lines if "Low t" in line)
    assert "Below %" in header


def test_many_yards_are_an_overview(town: Path):
    """Twenty tables of days are no screen; they are on the page."""
    made = [replace(YARD_B, yard=yard_row(f"pile_{k}", stock_t=41_000)) for k in range(4)]
    settings = read_case(town).case.settings
    told = "\n".join(plain_lines(coal_screen(settings, fuel_outlook(*made), ())))
    assert "All yards" in told
    assert "by day and week" not in told
    assert "pile_3 holds 41 000 t" in told


def test_the_season_so_far_stands_beside_what_is_typical(town: Path):
    """One yard has scales, plans and meters of some days; the other has nothing to tell."""
    settings = read_case(town).case.settings

    def told(*yards: YardConsumption) -> str:
        found = replace(SO_FAR, yards=yards)
        return "\n".join(plain_lines(coal_screen(settings, replace(BOTH, consumption=found), ())))

    text = told(BURNT, UNKNOWN)
    title = "Season to date, 15 November to 13 January"
    assert cells(text, "yard_A", title) == [
        *("yard_A", "59of60d", "180000", "48d", "105.1", "4935", "41.3", "38.5–42", "5.20"),
    ]
    assert "yard_A: the outlook reckons with 1.05 times the burn of plan and dispatch" in text
    assert "yard_A: heat is that of meters on 40 of 48 days, else that of the plans" in text
    assert "a normal season comes to 11.9 kgce/m²; typical here is 11 to 14" in text
    assert "yard_B: " not in text[text.index(title) :]
    nothing = told(UNKNOWN)
    assert "enter what the belt scales and weighbridge say in coal_daily.csv" in nothing
    assert title not in nothing


# ---- exit codes --------------------------------------------------------------------------------

LATE = replace(BOTH.yards[0], order=replace(YARD_A.order, is_late=True) if YARD_A.order else None)
CLIMATE_ONLY = replace(BOTH.ahead, from_forecast=np.zeros_like(BOTH.ahead.from_forecast))


@pytest.mark.parametrize(
    ("words", "outlook", "reason", "line"),
    [
        ((), replace(BOTH, yards=(LATE,)), "late", "at once, the last safe day has gone by"),
        (
            ("--risk", "0.005"),
            fuel_outlook(YARD_A, risk=0.005),
            "risk",
            "on the risk is above the accepted 0.5 %.",
        ),
        ((), replace(BOTH, plan_until=None), "no_plan", "make one with heat-dispatch daily"),
        ((), replace(BOTH, ahead=CLIMATE_ONLY), "no_forecast", "drawn from the climate from"),
    ],
)
def test_what_needs_attention_ends_with_ten_and_says_why(
    words: tuple[str, ...],
    outlook: FuelOutlook,
    reason: str,
    line: str,
    command: Command,
    town: Path,
):
    ended = command("--json", *words, outlook=outlook)
    assert ended.exit_code == 10, ended.output
    assert json.loads(ended.stdout)["attention"] == [reason]
    screen = coal_screen(read_case(town).case.settings, outlook, ())
    assert line in "\n".join(plain_lines(screen))


@pytest.mark.parametrize(
    ("order_by", "reasons"),
    [(date(2026, 1, 21), ("risk",)), (date(2026, 1, 22), ()), (None, ("risk",))],
)
def test_an_order_weeks_off_is_no_alarm(order_by: date | None, reasons: tuple[str, ...]):
    """Coal takes 7 days to yard A: an order due later is not yet a matter for the morning."""
    assert YARD_A.order is not None
    order = None if order_by is None else replace(YARD_A.order, order_by=order_by)
    outlook = fuel_outlook(replace(YARD_A, order=order), risk=0.005)
    assert outlook_attention(outlook) == reasons


@pytest.mark.parametrize(
    ("words", "cure"),
    [
        (("--season", "2026-28"), "the one that begins in that year is 2026-27. Write 2026-27."),
        (("--season", "next"), '"next" is no heating season. Write the year it begins in'),
        (("--risk", "2"), "0.001<=x<=0.5"),
        (("--paths", "10"), "100<=x<=20000"),
        (("--now", "tomorrow"), "tomorrow is not a moment."),
        (("--now", "9999-12-31T07:30"), "in a year outside 1900 to 2200. Correct the year."),
    ],
)
def test_bad_options_are_told_with_their_cure(words: tuple[str, ...], cure: str, command: Command):
    ended = command(*words)
    assert ended.exit_code == 2
    assert cure in " ".join(ended.stderr.split())


def test_a_case_without_yards_is_told_what_to_do(town: Path, capsys: pytest.CaptureFixture[str]):
    case = read_case(town).case.model_copy(update={"yards": ()})
    asked = OutlookRequest(town, case, ISSUED, 0.02, 1000, town, town)
    with pytest.raises(click.exceptions.Exit) as ended:
        coal_commands.show_outlook(asked, None, as_json=False)
    assert ended.value.exit_code == 2
    assert "small has no coal yard. Describe its piles in yards.csv" in capsys.readouterr().err


def test_a_folder_that_cannot_be_written_is_said(command: Command, tmp_path: Path):
    (tmp_path / "taken").write_text("a file", encoding="utf-8")
    ended = command("--season", "2026-27", "--out", str(tmp_path / "taken" / "coal"))
    assert ended.exit_code == 1
    assert "could not be written" in ended.stderr


# ---- files and JSON ----------------------------------------------------------------------------


def test_heat_that_no_source_makes_is_told_to_machines_too(command: Command, town: Path):
    """Half of the paths lack 5 MWh on two days: the screen said so, and a program never heard."""
    missed = np.zeros_like(BOTH.burn.heat_mwh)
    missed[::2, 3:5] = 5.0
    cold = replace(BOTH, burn=replace(BOTH.burn, unserved_mwh=missed))
    assert json.loads(command("--json", outlook=cold).stdout)["heat_short"] == {
        "probability": 0.5,
        "days": 2.0,
    }
    told = "\n".join(plain_lines(coal_screen(read_case(town).case.settings, cold, ())))
    assert "with 50 % probability there are days (2 days on average)" in told


def test_json_holds_the_outlook_and_leaves_no_files(
    command: Command, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.chdir(tmp_path)
    ended = command("--json")
    found = json.loads(ended.stdout)
    assert (found["schema"], found["version"]) == ("heat-dispatch/coal", 1)
    assert found["plan_until"] == "2026-01-17T06:00:00+08:00"
    assert (found["forecast_until"], found["season_end"]) == ("2026-01-25", "2026-03-15")
    yard = found["yards"][0]
    assert yard["stock"]["usable_t"] == 39_600
    assert yard["order"] == {
        "order_by": "2026-01-20",
        "arrives": "2026-01-27",
        "tonnes": 12_000,
        "units": 4,
        "is_late": False,
    }
    assert [one["policy"] for one in yard["policies"]][:2] == ["as_planned", "at_risk"]
    assert yard["text"].startswith("yard_A holds 43 200 t")
    table = BOTH.table[BOTH.table["yard_id"] == "yard_A"]
    assert [day["date"] for day in yard["days"]] == table["date"].tolist()
    stock_t = [day["stock_t_p10"] for day in yard["days"]]
    assert stock_t == pytest.approx(table["stock_t_p10"].tolist(), abs=1e-4)
    assert yard["days"][0]["days_of_cover_backward"] is None
    assert list(tmp_path.iterdir()) == []


def test_tables_hold_the_outlook_and_every_order(shown: tuple[Result, Path]):
    table = pd.read_csv(shown[1] / "fuel_outlook.csv")
    assert list(table) == list(BOTH.table)
    assert table["stock_t_p50"].tolist() == pytest.approx(
        BOTH.table["stock_t_p50"].tolist(), abs=6e-4
    )
    orders = pd.read_csv(shown[1] / "coal_orders.csv")
    assert orders.groupby("policy").size().to_dict() == {
        "at_risk": 2,
        "evenly": 5,
        "up_to_30_days": 3,
    }
    second = orders[orders["policy"] == "at_risk"].iloc[1]
    assert (second["order_by"], second["arrives"], second["tonnes"], second["units"]) == (
        *("2026-02-02", "2026-02-11", 12_000, 4),
    )


class Page(HTMLParser):
    """What a page would fetch, and what does not close."""

    def __init__(self) -> None:
        super().__init__()
        self.fetched: list[str] = []
        self.open: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.fetched += [f"{tag} {k}={v}" for k, v in attrs if k in ("src", "srcset", "data")]
        self.fetched += [tag] if tag in ("link", "script", "iframe") else []
        if tag not in ("meta", "br"):
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        del tag, attrs

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag


def test_the_page_holds_all_and_fetches_nothing(shown: tuple[Result, Path], tmp_path: Path):
    """It opens without network; where Chromium is at hand, it opens in it without complaint."""
    folder = shown[1].resolve()
    text = (folder / "outlook.html").read_text(encoding="utf-8")
    page = Page()
    page.feed(text)
    assert page.fetched == []
    assert page.open == []
    assert "@import" not in text
    assert all(target.startswith("#") for target in re.findall(r"url\(([^)]*)\)", text))
    assert "yard_B by day and week" in text
    for picture in ("yard_A.png", "yard_B.png"):
        content = (folder / picture).read_bytes()
        assert content.startswith(PNG_HEAD)
        assert len(content) > 50_000
    if CHROMIUM is not None:
        opened = subprocess.run(
            [
                *(CHROMIUM, "--headless", "--no-sandbox", "--disable-gpu", "--dump-dom"),
                *("--enable-logging=stderr", f"--user-data-dir={tmp_path / 'profile'}"),
                (folder / "outlook.html").as_uri(),
            ],
            capture_output=True,
            text=True,
            check=True,
        )
        assert "CONSOLE" not in opened.stderr
        assert opened.stdout.count("</svg>") == 2


def test_pictures_name_all_that_is_drawn_and_nothing_else(shown: tuple[Result, Path]):
    """Yard A is far from full; B makes no power and needs no order. Drawn anew, all is the same."""
    text = (shown[1] / "outlook.html").read_text(encoding="utf-8")
    pictures = re.findall(r"<svg.*?</svg>", text, re.DOTALL)
    named = [set(re.findall(r">([^<>]+)</text>", picture)) for picture in pictures]
    assert named[0] >= {
        *("burn of 15 days", "burn of 7 days, the reserve", "cannot be used"),
        *("median stock, nothing ordered", "4 courses in 5", "24 in 25", "In, t a day"),
        *("12 000 t by 20 Jan", "12 000 t by 2 Feb", "for power", "for heat"),
        *("plan", "forecast", "climate", "today", "9 Mar"),
    }
    assert not named[0] & {"the yard is full", "road or rail closed"}
    assert named[1] >= {"the yard is full", "burn of 30 days"}
    assert not named[1] & {"for power", "order by"}
    with drawing_style():
        assert svg_text(yard_figure(BOTH, BOTH.yards[1], "Asia/Shanghai")) == pictures[1] + "\n"


# ---- a season to come --------------------------------------------------------------------------


def test_a_season_that_misses_the_rule(command: Command, tmp_path: Path):
    ended = command("--season", "2026-27", "--out", str(tmp_path))
    assert ended.exit_code == 10, ended.output
    assert "coal for the season 2026-27 (2026-11-15 to 2027-03-15)" in ended.stdout
    assert "The rule is missed by 5 640 t: order them by 7 November 2026." in ended.stdout
    table = pd.read_csv(tmp_path / "season_need.csv")
    assert table.loc[0, "storage_order_by"] == "2026-11-07"
    assert pd.isna(table.loc[0, "storage_met_on"])
    assert table.loc[0, "needed_t_p90"] == 344_900


def test_a_season_that_is_provided_for(command: Command):
    met = replace(RULE, at_start_t=36_000.0, met_on=date(2026, 10, 20), order_by=None)
    ended = command("--season", "2026-2027", "--json", need=replace(NEED, storage=met))
    assert ended.exit_code == 0
    found = json.loads(ended.stdout)
    assert found["schema"] == "heat-dispatch/coal-season"
    assert found["attention"] == []
    assert found["yards"][0]["storage"]["met_on"] == "2026-10-20"
    assert found["season"] == {"first": "2026-11-15", "last": "2027-03-15"}
