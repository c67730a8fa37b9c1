"""`heat-dispatch watch`: the plan stands, or a new one says why it was made."""

import json
import shutil
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from scenarios.cli import main
from scenarios.command_log import LOG_NAME, log_command
from tests.daily_runs import EVENING, SPARE_PLATES, TWO_DAYS, open_meteo, outage, weather_from
from tests.small_case import write_small_case
from tests.weather_server import WeatherServer, around, weather_server

LATER = EVENING + timedelta(hours=2)


@pytest.fixture(scope="module")
def server() -> Iterator[WeatherServer]:
    with weather_server(now=EVENING, temperature=around(-3.0)) as running:
        yield running


@pytest.fixture(scope="module")
def planned(server: WeatherServer, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a case and its plan at −3 °C."""
    folder = tmp_path_factory.mktemp("watched")
    source = weather_from(open_meteo(server.base_url))
    write_small_case(folder / "town", *SPARE_PLATES, TWO_DAYS, source)
    made = command(folder, "daily", EVENING)
    assert made.exit_code in (0, 10), made.output
    return folder


def command(folder: Path, name: str, now: datetime, *words: str) -> Result:
    places = ("--runs", str(folder / "runs"), "--store", str(folder / "store"))
    given = (name, str(folder / "town"), "--now", now.isoformat(), *places, *words)
    return CliRunner().invoke(main, [*given])


@pytest.fixture
def folder(planned: Path, server: WeatherServer, tmp_path: Path) -> Path:
    """A copy of them, two hours later in the same weather."""
    server.now, server.temperature = LATER, around(-3.0)
    return shutil.copytree(planned, tmp_path / "copy", symlinks=True)


def keys(ended: Result) -> list[str]:
    return [one["key"] for one in json.loads(ended.stdout)["why"]]


def runs(folder: Path) -> list[str]:
    return sorted(path.name for path in (folder / "runs" / "small").glob("2026*"))


def test_in_the_same_weather_the_plan_stands(folder: Path, server: WeatherServer):
    ended = command(folder, "watch", LATER, "--json")
    assert ended.exit_code == 0
    assert keys(ended) == []
    assert len(runs(folder)) == 1
    server.temperature = around(-4.5)  # within what a forecast moves from run to run
    assert keys(command(folder, "watch", LATER, "--look-only", "--json")) == []


def test_three_kelvins_colder_is_planned_anew_and_says_so(folder: Path, server: WeatherServer):
    server.temperature = around(-6.5)
    ended = command(folder, "watch", LATER)
    assert ended.exit_code in (0, 10), ended.output
    assert len(runs(folder)) == 2
    summary = json.loads(
        (folder / "runs" / "small" / "latest" / "summary.json").read_text(encoding="utf-8")
    )
    (note,) = [note["text"] for note in summary["notes"] if note["key"] == "daily.because"]
    assert "3.5 K colder" in note
    log = (folder / "runs" / LOG_NAME).read_text(encoding="utf-8").splitlines()
    assert "watch" in log[-1]
    assert summary["quality"] in log[-1]


def test_warmer_is_a_reason_too(folder: Path, server: WeatherServer):
    server.temperature = around(2.0)
    assert keys(command(folder, "watch", LATER, "--look-only", "--json")) == ["watch.warmer"]


def test_an_outage_entered_since_is_a_reason(folder: Path):
    outage("source", "boiler_1", "2026-01-15T10:00", "2026-01-15T20:00", 0.5)(folder / "town")
    assert keys(command(folder, "watch", LATER, "--look-only", "--json")) == ["watch.file"]


@pytest.mark.parametrize(("measured_mw", "why"), [(0.3, ["watch.tripped"]), (9.0, [])])
def test_a_source_that_gives_no_heat_is_a_reason(folder: Path, measured_mw: float, why: list[str]):
    telemetry = folder / "town" / "telemetry"
    telemetry.mkdir()
    rows = [
        f"{(LATER - timedelta(minutes=minute)).isoformat()},chp_1,pri_heat,{measured_mw * 3.6},good"
        for minute in range(120, 0, -5)
    ]
    content = "\n".join(["time,id,point,value,quality", *rows, ""])
    (telemetry / "sources.csv").write_text(content, encoding="utf-8")
    assert keys(command(folder, "watch", LATER, "--look-only", "--json")) == why


def test_a_young_plan_stands_whatever_comes(folder: Path, server: WeatherServer):
    server.temperature = around(-9.0)
    soon = EVENING + timedelta(minutes=50)
    assert keys(command(folder, "watch", soon, "--look-only", "--json")) == []


def test_a_missed_day_and_a_damaged_plan_are_reasons(folder: Path, server: WeatherServer):
    server.now = EVENING + timedelta(hours=26)
    assert "watch.old" in keys(command(folder, "watch", server.now, "--look-only", "--json"))
    latest = (folder / "runs" / "small" / "latest").resolve()
    (latest / "manifest.json").write_text("[]", encoding="utf-8")
    asked = ("watch", LATER, "--look-only", "--json")
    assert keys(command(folder, *asked)) == ["watch.plan_unreadable"]
    shutil.rmtree(folder / "runs")
    assert keys(command(folder, *asked)) == ["watch.no_plan"]


def test_outside_the_season_nothing_is_planned(folder: Path):
    summer = datetime.fromisoformat("2026-07-01T05:30+08:00")
    for words in (("watch",), ("daily", "--only-in-season")):
        ended = command(folder, words[0], summer, *words[1:])
        assert ended.exit_code == 0
        assert "no heat is due" in ended.output
    assert len(runs(folder)) == 1


def test_the_log_is_turned_over(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("scenarios.command_log.MOST_BYTES", 2_000)
    for number in range(200):
        log_command(tmp_path, EVENING, ["daily", f"case {number}"], 10, 1.5, "amber\nfor a reason")
    logs = sorted(tmp_path.glob(f"{LOG_NAME}*"))
    assert len(logs) == 6  # the newest and five older ones
    assert all(path.stat().st_size <= 2_000 for path in logs)
    last = (tmp_path / LOG_NAME).read_text(encoding="utf-8").splitlines()[-1]
    assert last.endswith("daily 'case 199' | amber for a reason")


def test_a_log_that_cannot_be_written_stops_nothing(tmp_path: Path):
    (tmp_path / "runs").write_text("a file where a folder should be", encoding="utf-8")
    log_command(tmp_path / "runs", EVENING, ["daily"], 0, 1.0, "")
