"""`heat-dispatch` as operators and schedulers meet it: a process with an exit code and a screen."""

import csv
import json
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from dispatch.case_files import read_case
from dispatch.verify import verify_run
from tests.daily_runs import (
    EVENING,
    NEXT_EVENING,
    ONE_DAY,
    REPOSITORY,
    SPARE_PLATES,
    TWO_DAYS,
    PublishedRun,
    ZaozhuangRuns,
    assert_usable,
    at_once,
    heat_dispatch,
    heat_dispatch_here,
    latest,
    open_meteo,
    outage,
    weather_from,
)
from tests.small_case import Edit, cell, no_file, text, whole_file, write_small_case
from tests.weather_server import around, weather_server

Ended = subprocess.CompletedProcess[str]
MONTH = ("2026-01-10T00:00", "2026-02-10T00:00")


@dataclass(frozen=True)
class Commands:
    """What several commands ended with, and the folders they wrote to."""

    folder: Path
    ended: dict[str, Ended]

    def runs(self, name: str) -> Path:
        return self.folder / name / "runs"

    def run(self, name: str) -> PublishedRun:
        case = read_case(self.folder / "cases" / name).case
        return PublishedRun(latest(self.runs(name), case), case, self.ended[name])


@pytest.fixture(scope="module")
def commands(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Commands]:
    """All whole runs of this module: two by processes of their own, the others in this one.

    The service goes on for runs after them.
    """
    folder = tmp_path_factory.mktemp("commands")
    blocked = folder / "blocked" / "runs"
    blocked.parent.mkdir()
    blocked.write_text("a file stands where the folder should be\n", encoding="utf-8")
    with (
        weather_server(now=EVENING, temperature=around(-2.0)) as mild,
        weather_server(now=EVENING, temperature=around(-12.0)) as cold,
    ):

        def told(name: str, server_url: str, *edits: Edit) -> list[str]:
            plain = (*SPARE_PLATES, TWO_DAYS, weather_from(open_meteo(server_url)))
            case = write_small_case(folder / "cases" / name, *plain, *edits)
            return daily_words(case, folder / name)

        b_out = outage("source", "boiler_1", *MONTH)
        all_out = (b_out, outage("source", "chp_1", *MONTH))
        climate = text("case.toml", open_meteo(mild.base_url), 'kind = "climate"')
        one, two = told("one", mild.base_url), told("two", mild.base_url)
        first, second = at_once(
            [lambda: heat_dispatch(*one, seed=1), lambda: heat_dispatch(*two, seed=2)]
        )
        ended = {
            "one": first,
            "two": second,
            "amber": heat_dispatch_here(*told("amber", mild.base_url, climate), "--json"),
            "b_out": heat_dispatch_here(*told("b_out", cold.base_url, ONE_DAY, b_out)),
            "all_out": heat_dispatch_here(*told("all_out", mild.base_url, ONE_DAY, *all_out)),
            "blocked": heat_dispatch_here(*told("blocked", mild.base_url)),
        }
        yield Commands(folder, ended)


def daily_words(case: Path, folder: Path, now: str = "2026-01-14T23:40") -> list[str]:
    folders = ["--runs", str(folder / "runs"), "--store", str(folder / "store")]
    return ["daily", str(case), "--now", now, *folders]


# ---- exit codes ----------------------------------------------------------------------------


def test_green_is_0(commands: Commands):
    ended = commands.ended["one"]
    assert ended.returncode == 0, ended.stdout + ended.stderr
    assert "GREEN" in ended.stdout
    assert_usable(commands.run("one"))


def test_amber_is_10_and_json_prints_the_summary_alone(commands: Commands):
    ended = commands.ended["amber"]
    assert ended.returncode == 10, ended.stdout + ended.stderr
    run = commands.run("amber")
    assert_usable(run)
    assert ended.stdout == (run.folder / "summary.json").read_text(encoding="utf-8")
    assert json.loads(ended.stdout)["quality"] == "amber"


def test_half_the_plants_out_in_the_cold_is_20_with_a_plan(commands: Commands):
    """26 MW of 54 at −12 °C, where 55 MW are wanted: who gets how cold is said, and published."""
    ended = commands.ended["b_out"]
    assert ended.returncode == 20, ended.stdout + ended.stderr
    assert "RED" in ended.stdout
    assert "heat is short in" in ended.stdout
    run = commands.run("b_out")
    assert run.reason_keys[0] == "daily.shortage"
    heat = run.schedule["source_heat"].sel(source="boiler_1").values
    assert heat == pytest.approx(0.0, abs=1e-6)


def test_a_plan_of_shortage_passes_the_audit(commands: Commands):
    assert_usable(commands.run("b_out"))


def test_no_plant_at_all_is_20_with_a_plan(commands: Commands):
    """Design §1: every run ends with a plan; here it says that rooms fall, and how far."""
    ended = commands.ended["all_out"]
    assert ended.returncode == 20, ended.stdout + ended.stderr
    assert_usable(commands.run("all_out"))


def test_no_place_to_write_is_1_in_a_sentence(commands: Commands):
    ended = commands.ended["blocked"]
    assert ended.returncode == 1
    assert ended.stdout == ""
    last = ended.stderr.splitlines()[-1]
    assert str(commands.runs("blocked")) in last
    assert commands.runs("blocked").read_text("utf-8").startswith("a file stands")


@pytest.mark.skipif(os.geteuid() == 0, reason="root writes everywhere")
def test_a_read_only_runs_folder_is_1_and_stays_empty(commands: Commands, tmp_path: Path):
    runs = tmp_path / "runs"
    runs.mkdir(mode=0o555)
    ended = heat_dispatch_here(*daily_words(commands.folder / "cases/one", tmp_path))
    assert ended.returncode == 1
    assert str(runs) in ended.stderr.splitlines()[-1]
    assert list(runs.iterdir()) == []


BAD_INPUT: dict[str, tuple[Edit, ...]] = {
    "a file is missing": (no_file("stations.csv"),),
    "no toml": (whole_file("case.toml", b"id = \n"),),
    "a limit upside down": (cell("sources.csv", 3, "min_output_mw", "99"),),
    "a number that is none": (cell("stations.csv", 3, "heated_area_m2", "much"),),
    "a plant that is not there": (cell("links.csv", 2, "from_id", "Z"),),
    "a date that is none": (cell("outages.csv", 2, "from", "someday"),),
}


@pytest.mark.parametrize("name", BAD_INPUT)
def test_bad_input_is_2_and_writes_nothing(tmp_path: Path, name: str):
    case = write_small_case(tmp_path / "case", *BAD_INPUT[name])
    before = {path: path.read_bytes() for path in case.iterdir()}
    ended = heat_dispatch_here(*daily_words(case, tmp_path))
    assert ended.returncode == 2
    assert ended.stdout == ""
    assert ended.stderr.strip()
    assert {path.name for path in tmp_path.iterdir()} == {"case"}
    assert {path: path.read_bytes() for path in case.iterdir()} == before


def test_validate_tells_all_faults_at_once_and_daily_the_same(tmp_path: Path):
    faults = (
        cell("sources.csv", 3, "min_output_mw", "99"),
        cell("stations.csv", 3, "heated_area_m2", "much"),
    )
    case = write_small_case(tmp_path / "case", *faults)
    ended = heat_dispatch_here("validate", str(case))
    assert ended.returncode == 2
    assert "sources.csv, row 3" in ended.stderr
    assert "stations.csv, row 3, N2.floor, heated_area_m2" in ended.stderr


# ---- the same again ------------------------------------------------------------------------


def test_same_inputs_same_bytes(commands: Commands):
    """Another process, another folder, another order of hashed sets: only the log differs."""
    one, two = commands.run("one").folder, commands.run("two").folder
    assert one.name == two.name
    names = {path.name for path in one.iterdir()}
    assert names == {path.name for path in two.iterdir()}
    differ = {name for name in names if (one / name).read_bytes() != (two / name).read_bytes()}
    assert differ <= {"run_log.json"}


def test_the_same_issue_time_again_is_a_second_version(commands: Commands, tmp_path: Path):
    """Nothing published is changed; the copy of the first stays as it was to the byte."""
    runs = shutil.copytree(commands.runs("one"), tmp_path / "runs", symlinks=True)
    first = latest(runs, commands.run("one").case)
    before = {path.name: path.read_bytes() for path in first.iterdir()}
    ended = heat_dispatch_here(*daily_words(commands.folder / "cases/one", tmp_path))
    assert ended.returncode in (0, 10), ended.stdout + ended.stderr
    second = PublishedRun(latest(runs, commands.run("one").case), commands.run("one").case)
    assert second.folder.name == f"{first.name}-v2"
    assert second.summary["plan_version"] == 2
    assert_usable(second)
    assert {path.name: path.read_bytes() for path in first.iterdir()} == before


# ---- verify --------------------------------------------------------------------------------


def test_verify_passes_on_what_daily_wrote(zaozhuang_runs: ZaozhuangRuns):
    """Through `latest`, as `make verify` calls it."""
    run = zaozhuang_runs.second_day.folder.parent / "latest"
    ended = heat_dispatch_here("verify", str(run))
    assert ended.returncode == 0, ended.stdout


@pytest.mark.parametrize(
    "name", ["plan.nc", "setpoints_stations.csv", "summary.json", "state.json", "heat_order.csv"]
)
def test_one_byte_changed_is_20(commands: Commands, tmp_path: Path, name: str):
    run = shutil.copytree(commands.run("one").folder, tmp_path / "run")
    content = bytearray((run / name).read_bytes())
    content[len(content) // 2] ^= 1
    (run / name).write_bytes(bytes(content))
    report = verify_run(run)
    assert not report.passed
    assert any(name in fault for fault in report.faults)


def test_verify_tells_a_changed_run_by_its_exit_code(commands: Commands, tmp_path: Path):
    run = shutil.copytree(commands.run("one").folder, tmp_path / "run")
    with (run / "heat_order.csv").open("a", encoding="utf-8") as stream:
        stream.write("\n")
    ended = heat_dispatch_here("verify", str(run))
    assert ended.returncode == 20
    assert "heat_order.csv" in ended.stdout


# ---- killed --------------------------------------------------------------------------------

# Ends itself by SIGKILL, as a power cut would, when the fifth file is about to be written.
DIES_WHILE_WRITING = """
import os, signal, sys
from dispatch import atomic
written = []
write = atomic.write_synced
def write_or_die(path, content):
    if len(written) == 4:
        path.write_bytes(content[: len(content) // 2])
        os.kill(os.getpid(), signal.SIGKILL)
    written.append(path)
    write(path, content)
atomic.write_synced = write_or_die
from scenarios.cli import main
main(sys.argv[1:])
"""


@pytest.fixture
def started(commands: Commands, tmp_path: Path) -> Path:
    """A runs folder with one whole run, in which the next one will be killed."""
    return shutil.copytree(commands.runs("one"), tmp_path / "runs", symlinks=True)


def next_day_words(commands: Commands, runs: Path) -> list[str]:
    return daily_words(commands.folder / "cases/one", runs.parent, NEXT_EVENING.isoformat())


def assert_old_run_stands(commands: Commands, runs: Path) -> None:
    """`latest` leads to the old run, whole, and nothing half done is to be seen beside it."""
    old = commands.run("one").folder
    case_runs = runs / "small"
    assert (case_runs / "latest").resolve().name == old.name
    assert verify_run((case_runs / "latest").resolve()).passed
    seen = {path.name for path in case_runs.iterdir() if not path.name.startswith(".")}
    assert seen == {old.name, "latest", "history.sqlite"}


def test_killed_while_it_solves_the_old_run_stands(commands: Commands, started: Path):
    words = [sys.executable, "-m", "scenarios.cli", *next_day_words(commands, started)]
    with subprocess.Popen(
        words, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True, cwd=REPOSITORY
    ) as process:
        assert process.stderr is not None
        for _ in range(3):  # case, weather, inputs are told when done: now the solve has begun
            assert process.stderr.readline()
        process.send_signal(signal.SIGKILL)
    assert process.returncode == -signal.SIGKILL
    assert_old_run_stands(commands, started)


def test_killed_while_it_writes_the_old_run_stands(commands: Commands, started: Path):
    words = [sys.executable, "-c", DIES_WHILE_WRITING, *next_day_words(commands, started)]
    ended = subprocess.run(words, capture_output=True, check=False, cwd=REPOSITORY, timeout=120)
    assert ended.returncode == -signal.SIGKILL
    left = [path for path in (started / "small").iterdir() if path.name.startswith(".writing-")]
    assert len(left) == 1
    assert_old_run_stands(commands, started)


# ---- the screen ----------------------------------------------------------------------------


def test_the_screen_shows_what_matters(commands: Commands):
    """Design §6: quality, forecast, shares, coldest station, coal days, where the files are."""
    shown = commands.ended["one"].stdout
    for label in ("Quality", "Forecast", "Share %", "Coldest we command", "Days left"):
        assert label in shown
    assert str(commands.run("one").folder.name) in shown


def test_the_order_is_a_table_for_the_plant(commands: Commands):
    with (commands.run("one").folder / "heat_order.csv").open(encoding="utf-8") as stream:
        rows = list(csv.DictReader(stream))
    assert {row["plant_id"] for row in rows} == {"A", "B"}
    assert {row["tolerance"] for row in rows} == {"0.050"}
