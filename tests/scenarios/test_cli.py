"""The command: exit codes, words instead of tracebacks, one screen, the clock only if not told."""

import json
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from rich.cells import cell_len

from dispatch import daily
from dispatch.messages import speaking
from dispatch.plan import Plan, Quality, Remark, Verdict
from dispatch.publish import PublishFailed, publish
from forecasts.weather.provider import Nature
from scenarios.cli import FAULT_LOG, case_folder, main
from scenarios.screen import plain_lines, plan_screen

Runner = Callable[..., Result]


@pytest.fixture
def command(tmp_path: Path) -> Runner:
    """Run `heat-dispatch` with run and weather folders of its own."""

    def run(*words: str) -> Result:
        folders = ["--runs", str(tmp_path / "runs"), "--store", str(tmp_path / "store")]
        return CliRunner().invoke(main, [*words, *(folders if "daily" in words else [])])

    return run


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch, plan: Plan) -> list[daily.DailyRequest]:
    """Stand in for the daily run; the list collects what was asked of it."""
    requests: list[daily.DailyRequest] = []

    def run_daily(
        request: daily.DailyRequest, progress: Callable[[str], None]
    ) -> daily.DailyResult:
        requests.append(request)
        progress("solving")
        return daily.DailyResult(plan, publish(plan, request.runs_folder, {}, {}))

    monkeypatch.setattr(daily, "run_daily", run_daily)
    return requests


def fails_with(monkeypatch: pytest.MonkeyPatch, error: Exception) -> None:
    def run_daily(request: object, progress: object) -> None:
        raise error

    monkeypatch.setattr(daily, "run_daily", run_daily)


# ---- daily ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("quality", "exit_code"), [(Quality.GREEN, 0), (Quality.AMBER, 10), (Quality.RED, 20)]
)
def test_the_exit_code_tells_the_quality(
    command: Runner,
    monkeypatch: pytest.MonkeyPatch,
    plan: Plan,
    quality: Quality,
    exit_code: int,
):
    told = replace(plan, verdict=Verdict(quality))
    monkeypatch.setattr(
        daily,
        "run_daily",
        lambda request, _: daily.DailyResult(told, publish(told, request.runs_folder, {}, {})),
    )
    assert command("daily", "--now", "2026-01-15T05:30").exit_code == exit_code


def test_the_screen_of_a_pipe_is_plain_lines(command: Runner, asked: list[daily.DailyRequest]):
    ended = command("daily", "--now", "2026-01-15T05:30")
    lines = ended.stdout.splitlines()
    assert lines[0] == "Example: plan from 2026-01-15 06:00 to 2026-01-17 00:00"
    assert "\x1b" not in ended.stdout
    told = {line.split("  ")[0]: " ".join(line.split()) for line in lines}
    assert "AMBER" in told["Quality"]
    assert told["Forecast"] == "Forecast climate (climate normals): no forecast of these days"
    assert told["Outdoors"] == "Outdoors -3.0 °C on average, -6.0 °C at least"
    assert "S2.L1: 18.9 °C on 2026-01-15 12:00" in told["Coldest we command"]
    assert "S3.L1: 17.6 °C" in told["Coldest run by others"]
    assert told["A"] == "A 60.0 216 2 522 60.0 55-65"
    assert told["yard_a"] == "yard_a 496 5 000 0 9.7"
    assert told["Written to"].endswith("example/2026-01-15T0530+0800")
    assert ended.stderr == "solving\n"


def test_json_prints_the_published_summary_and_nothing_else(
    command: Runner, asked: list[daily.DailyRequest], tmp_path: Path
):
    ended = command("daily", "--now", "2026-01-15T05:30", "--json")
    published = tmp_path / "runs" / "example" / "latest" / "summary.json"
    assert ended.stdout == published.read_text(encoding="utf-8")
    assert json.loads(ended.stdout)["quality"] == "amber"


@pytest.mark.parametrize(
    "text",
    ["2026-01-15T05:30", "2026-01-15T05:30+08:00", "2026-01-14T21:30Z", "2026-01-15 05:30:00"],
)
def test_now_without_an_offset_is_local_time_of_the_case(
    command: Runner, asked: list[daily.DailyRequest], text: str
):
    command("daily", "--now", text)
    assert asked[0].now == datetime(2026, 1, 14, 21, 30, tzinfo=UTC)


def test_without_now_it_is_the_clock(command: Runner, asked: list[daily.DailyRequest]):
    command("daily")
    assert asked[0].now is not None
    assert abs(datetime.now(tz=UTC) - asked[0].now) < timedelta(minutes=5)


def test_what_is_asked_reaches_the_daily_run(
    command: Runner, asked: list[daily.DailyRequest], tmp_path: Path
):
    command("daily", "--case", "zaozhuang", "--now", "2026-01-15T05:30", "--stage", "order")
    assert asked[0].case_folder.name == "zaozhuang"
    assert asked[0].stage is daily.Stage.ORDER
    assert asked[0].runs_folder == tmp_path / "runs"
    assert asked[0].store_folder == tmp_path / "store"


@pytest.mark.parametrize(
    "words",
    [
        ("daily", "nowhere"),
        ("daily", "zaozhuang", "--case", "heze"),
        ("daily", "--now", "tomorrow"),
        ("daily", "--stage", "all"),
        ("validate", "nowhere"),
        ("nothing",),
        ("verify",),
    ],
)
def test_what_cannot_be_understood_is_bad_input(command: Runner, words: tuple[str, ...]):
    ended = command(*words)
    assert ended.exit_code == 2
    assert "Traceback" not in ended.output


# ---- faults --------------------------------------------------------------------------------


def test_a_case_with_faults_is_bad_input(command: Runner, tmp_path: Path):
    (tmp_path / "case").mkdir()
    (tmp_path / "case" / "case.toml").write_text('id = "x"\n', encoding="utf-8")
    for name in ("validate", "daily"):
        ended = command(name, str(tmp_path / "case"))
        assert ended.exit_code == 2
        assert "sources.csv" in ended.stderr
        assert ended.stdout == ""


def test_a_run_that_cannot_be_written_says_so(command: Runner, monkeypatch: pytest.MonkeyPatch):
    fails_with(monkeypatch, PublishFailed(Path("runs"), "No space left on device"))
    ended = command("daily")
    assert ended.exit_code == 1
    assert "No space left on device" in ended.stderr
    assert "Traceback" not in ended.output


def test_an_unforeseen_fault_is_one_sentence_and_a_log(
    command: Runner, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
):
    fails_with(monkeypatch, ZeroDivisionError("division by zero"))
    ended = command("daily")
    log = tmp_path / "runs" / FAULT_LOG
    assert ended.exit_code == 1
    assert len(ended.stderr.splitlines()) == 1
    assert "division by zero" in ended.stderr
    assert str(log) in ended.stderr
    assert "Traceback" in log.read_text(encoding="utf-8")


def test_debug_shows_the_traceback(command: Runner, monkeypatch: pytest.MonkeyPatch):
    fails_with(monkeypatch, ZeroDivisionError("division by zero"))
    assert isinstance(command("--debug", "daily").exception, ZeroDivisionError)


# ---- validate, verify, help ----------------------------------------------------------------


def test_validate_sums_up_a_good_case(command: Runner):
    """690 MW against 523 MW at design (handbook §14); (88 710 − 3 550) t · 5.815 MWh/t / 880 MW."""
    ended = command("validate", "zaozhuang")
    assert ended.exit_code == 0
    assert "690 MW against 523 MW" in ended.stdout
    assert "yard_A: 88 710 t, room for 133 000 t; 23 days with all units at full" in ended.stdout
    assert "100.0 % of the storage target of 88 710 t" in ended.stdout
    assert "t from 16 November 2025 to 12 March 2027; an order takes 5 days by" in ended.stdout


def test_verify_passes_on_what_it_found(command: Runner, tmp_path: Path):
    ended = command("verify", str(tmp_path / "no such run"))
    assert ended.exit_code == 20
    assert "no such run" in ended.stdout


def test_a_bundled_name_is_not_a_path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    (tmp_path / "zaozhuang").mkdir()
    monkeypatch.chdir(tmp_path)
    assert (case_folder("zaozhuang") / "case.toml").is_file()
    assert case_folder("./zaozhuang") == Path("zaozhuang")


def test_help_loads_nothing_heavy():
    """A time limit would be a gamble: what makes help slow is what it imports."""
    script = (
        "import sys, scenarios.cli\n"
        "heavy = {'numpy', 'pandas', 'xarray', 'pyomo', 'highspy', 'pydantic', 'rich'}\n"
        "print(sorted(heavy & set(sys.modules)))\n"
    )
    ended = subprocess.run(
        [sys.executable, "-c", script],
        capture_output=True,
        text=True,
        check=True,
        cwd=Path(__file__).parents[2],
    )
    assert ended.stdout == "[]\n"


# ---- screen --------------------------------------------------------------------------------


def test_a_forecast_shows_its_source_and_age(plan: Plan):
    weather = replace(plan.weather, provider="open_meteo", nature=Nature.FORECAST, age_h=3.5)
    lines = plain_lines(plan_screen(replace(plan, weather=weather), Path("runs/x")))
    shown = next(line for line in lines if line.startswith("Forecast"))
    assert shown.endswith("open_meteo (forecast), issued 2026-01-15 05:00, 3.5 h old")


def test_a_chinese_screen_stands_in_columns(plan: Plan):
    with speaking("zh"):
        lines = plain_lines(plan_screen(plan, Path("runs/x")))
    facts = [line for line in lines[1:] if line.startswith(("等级", "室外", "直管最冷", "写入"))]
    texts = [line.split(maxsplit=1)[1] for line in facts]
    starts = {cell_len(line) - cell_len(text) for line, text in zip(facts, texts, strict=True)}
    assert len(facts) == 4
    assert len(starts) == 1


def test_every_reason_and_shortage_is_a_line_of_its_own(plan: Plan):
    verdict = Verdict(Quality.RED, (Remark("run.why_off"), Remark("run.at_maximum")))
    red = replace(plan, verdict=verdict, shortage=(Remark("run.why_marginal"),))
    lines = [line.split() for line in plain_lines(plan_screen(red, Path("runs/x")))]
    assert ["Why", "-", "off"] in lines
    assert ["-", "at", "maximum"] in lines
    assert ["Shortage", "-", "marginal:", "follows", "the", "load"] in lines
