"""The history of runs: it holds what runs say, never stops one, and can be made from them anew."""

import json
import multiprocessing
import resource
import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from sqlalchemy.dialects import mssql, mysql, oracle, postgresql
from sqlalchemy.schema import CreateTable

from dispatch.case_files import CaseFaults, read_case
from dispatch.history import keep, tables
from dispatch.history.database import FILE, WAIT_S, HistoryUnavailable, opened_history
from dispatch.history.keep import NOT_RECORDED, Subject, keep_history, rebuild
from dispatch.history.record import deadline, prune, record_runs
from dispatch.history.tables import SCHEMA
from dispatch.messages import say
from dispatch.settings import HistorySettings, KeepSettings
from scenarios.follow_up_screen import looked_back_facts
from tests.daily_runs import heat_dispatch_here
from tests.small_case import text, write_small_case
from tests.two_plans import AFTER, DAY, TwoPlans, with_measured_day

OF_RUNS = ("setpoints_sources", "setpoints_stations", "expected_sources", "expected_stations")
USUAL = HistorySettings()


def ask(runs: Path, question: str, *values: str) -> list[Any]:
    with closing(sqlite3.connect(runs / "small" / FILE)) as connection:
        return connection.execute(question, values).fetchall()


def dump(runs: Path) -> dict[str, list[Any]]:
    """All that the history says, whatever numbers it gave to runs and loops."""
    told: dict[str, list[Any]] = {}
    by_name = "join runs using (run_id)"
    with closing(sqlite3.connect(runs / "small" / FILE)) as connection:
        connection.row_factory = sqlite3.Row
        tables = connection.execute("select name from sqlite_master where type = 'table'")
        for (table,) in tables.fetchall():
            joins = by_name if table in (*OF_RUNS, "pins", "stock_planned") else ""
            loops = "join loops using (loop_no)" if table.endswith("_stations") else ""
            found = connection.execute(f"select * from {table} {joins} {loops}")  # noqa: S608
            numbers = ("run_id", "loop_no")
            told[table] = sorted(
                str([pair for pair in dict(row).items() if pair[0] not in numbers]) for row in found
            )
    return told


def record(runs: Path) -> Any:
    with opened_history(USUAL, runs / "small") as engine:
        return record_runs(engine, "small", runs / "small", deadline(60.0))


# ---- what is kept --------------------------------------------------------------------------


def test_a_daily_run_is_in_the_history(two_plans: TwoPlans, runs: Path):
    """Figures of the summary, and rows for what could be in force before the next plan."""
    asked = "select name, quality, heat_mwh, fuel_tce, cost_yuan, stage, hours from runs"
    rows = {row[0]: row[1:] for row in ask(runs, asked)}
    for run in (two_plans.first, two_plans.second):
        said = run.summary
        fuel = sum(source["burnt_tce"] for source in said["sources"])
        assert rows[run.folder.name] == (
            *(said["quality"], said["heat_mwh"], pytest.approx(fuel), said["cost_yuan"]),
            *("plan", run.schedule.sizes["time"]),
        )
    name = two_plans.first.folder.name
    blocks = (
        "select count(distinct start_s) from setpoints_stations"
        " join runs using (run_id) where name = ?"
    )
    assert ask(runs, blocks, name) == [(8,)]  # 30 h of 4-h blocks, begun
    first = two_plans.first.schedule
    of_day = (
        "select loop_id, e.heat_mwh from expected_stations e join loops using (loop_no)"
        " join runs using (run_id) where name = ? and day = ?"
    )
    found = dict(ask(runs, of_day, name, DAY.isoformat()))
    heat_mwh = first["station_heat"].values[:, :6].sum(axis=1) * 4.0 / 1000.0
    assert [found[one] for one in first["station"].values] == pytest.approx(heat_mwh, abs=1e-3)
    sent = "select sum(e.heat_mw) from expected_sources e join runs using (run_id) where name = ?"
    assert ask(runs, sent, name)[0][0] == pytest.approx(first["source_heat"].values.sum(), rel=1e-4)
    assert ask(runs, "select count(*) from stock_planned")[0][0] > 0


def test_recording_again_changes_nothing(runs: Path):
    before = dump(runs)
    assert record(runs).recorded == ()
    assert dump(runs) == before


def test_rebuilt_is_as_recorded(two_plans: TwoPlans, runs: Path):
    before = dump(runs)
    (runs / "small" / FILE).unlink()
    done = rebuild(two_plans.subject(runs))
    assert len(done.recorded) == 2
    assert dump(runs) == before
    rebuild(two_plans.subject(runs))
    assert dump(runs) == before
    for table in OF_RUNS:
        orphans = "select count(*) from {} where run_id not in (select run_id from runs)"
        assert ask(runs, orphans.format(table)) == [(0,)]


def test_a_run_made_anew_takes_the_place_of_the_old_one(
    two_plans: TwoPlans,
    runs: Path,
):
    """Another manifest is another run. Its pins are kept as the summary tells them."""
    folder = runs / "small" / two_plans.first.folder.name
    summary = json.loads((folder / "summary.json").read_text("utf-8"))
    pin = {"id": "p1", "what": "heat_mw", "thing": "boiler_1", "value": 9, "state": "kept"}
    changed = json.dumps({**summary, "quality": "red", "pins": [pin]})
    (folder / "summary.json").write_text(changed, encoding="utf-8")
    (folder / "manifest.json").write_text(
        json.dumps({**json.loads((folder / "manifest.json").read_text("utf-8")), "seed": 3})
    )
    assert record(runs).recorded == (folder.name,)
    assert sorted(row[0] for row in ask(runs, "select quality from runs"))[-1] == "red"
    assert ask(runs, "select count(*) from runs") == [(2,)]
    assert ask(runs, "select thing, what, state from pins") == [("boiler_1", "heat_mw", "kept")]


def test_rows_of_outlived_runs_go_and_their_lines_stay(two_plans: TwoPlans, runs: Path):
    with opened_history(USUAL, runs / "small") as engine:
        prune(engine, "small", AFTER.replace(year=2027), KeepSettings(all_days=2, daily_days=3))
    assert ask(runs, "select count(*) from runs") == [(2,)]
    left = ask(runs, "select distinct name from setpoints_stations join runs using (run_id)")
    assert left == [(two_plans.second.folder.name,)]  # the newest always stays


# ---- it never stops a plan -----------------------------------------------------------------


def name_of(subject: Subject) -> str:
    """A run that the history lacks: another version of the newest one."""
    newest = sorted(path for path in subject.runs.glob("2026*"))[-1]
    return shutil.copytree(newest, newest.with_name(f"{newest.name}-v2")).name


def assert_told_and_caught_up(subject: Subject, name: str, words: str) -> None:
    """It was told on the screen and in a file, and the next run makes up for it."""
    told = json.loads((subject.runs / NOT_RECORDED).read_text("utf-8"))
    assert told["runs"] == [name]
    assert words in told["why"]
    assert keep_history(subject, name) == keep.NOT_ASKED
    assert not (subject.runs / NOT_RECORDED).exists()
    assert (name,) in ask(subject.runs.parent, "select name from runs")


def test_a_locked_database_is_told_and_caught_up(two_plans: TwoPlans, runs: Path):
    subject = two_plans.subject(runs)
    name = name_of(subject)
    with closing(sqlite3.connect(subject.runs / FILE)) as holder:
        holder.execute("begin exclusive")
        looked = keep_history(subject, name)
    words = f"another program has held the database for {WAIT_S} s"
    assert words in looked.problems[0]
    assert words in looked_back_facts(looked)[0].lines[0]
    assert_told_and_caught_up(subject, name, words)


def test_a_database_that_hangs_is_left_to_itself(
    two_plans: TwoPlans,
    runs: Path,
    monkeypatch: pytest.MonkeyPatch,
):
    subject = two_plans.subject(runs)
    name = name_of(subject)
    with closing(sqlite3.connect(subject.runs / FILE)) as holder, monkeypatch.context() as patched:
        holder.execute("begin exclusive")
        patched.setattr(keep, "RECORD_S", 0.1)
        assert "did not answer within 0.1 s" in keep_history(subject, name).problems[0]


def test_a_damaged_run_is_noted_and_the_others_are_recorded(two_plans: TwoPlans, runs: Path):
    subject = two_plans.subject(runs)
    name = name_of(subject)
    (subject.runs / name / "plan.nc").write_bytes(b"half a plan")
    (subject.runs / FILE).unlink()
    assert keep_history(subject, "any").problems == (say("history.caught_up", count=1),)
    assert json.loads((subject.runs / NOT_RECORDED).read_text("utf-8"))["runs"] == [name]
    assert ask(runs, "select count(*) from runs") == [(2,)]


@contextmanager
def no_file_above(size: int) -> Iterator[None]:
    """A disk that takes small files only, as one does that is nearly full."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


def test_a_full_disk_is_told_and_caught_up(two_plans: TwoPlans, runs: Path):
    subject = two_plans.subject(runs)
    name = name_of(subject)
    before = dump(runs)
    with no_file_above(8_000):
        looked = keep_history(subject, name)
    assert len(looked.problems) == 1
    assert dump(runs) == before  # whole or not at all
    assert_told_and_caught_up(subject, name, "disk")


@pytest.mark.parametrize("place", [0, 5_000])
def test_a_damaged_file_is_put_aside_and_made_anew(
    two_plans: TwoPlans,
    runs: Path,
    place: int,
):
    """Its head, or its middle: all that it held is in the run folders."""
    subject = two_plans.subject(runs)
    before = dump(runs)
    with (subject.runs / FILE).open("r+b") as stream:
        stream.seek(place)
        stream.write(b"\xff" * 40_000)
    (told,) = keep_history(subject, "any").problems
    (aside,) = subject.runs.glob(f"{FILE}.damaged-*")
    assert aside.name in told
    assert keep_history(subject, "any") == keep.NOT_ASKED
    assert dump(runs) == before


def test_damage_where_nobody_looks_is_found_by_rebuilding(two_plans: TwoPlans, runs: Path):
    """Pages of a run that is recorded are not read every morning."""
    before = dump(runs)
    with (runs / "small" / FILE).open("r+b") as stream:
        stream.seek((runs / "small" / FILE).stat().st_size // 2)
        stream.write(b"\xff" * 20_000)
    words = (str(two_plans.case_folder), "--now", AFTER.isoformat(), "--runs", str(runs))
    assert heat_dispatch_here("history", "rebuild", *words).returncode == 0
    assert dump(runs) == before


def test_tables_of_others_and_newer_ones_are_left_alone(two_plans: TwoPlans, runs: Path):
    subject = two_plans.subject(runs)
    path = subject.runs / FILE
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute("update heat_dispatch_history set schema_version = ?", (SCHEMA + 1,))
    before = path.read_bytes()
    assert "made by a newer version" in keep_history(subject, "any").problems[0]
    assert path.read_bytes() == before
    path.unlink()
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute("create table runs (marathon text)")
    before = path.read_bytes()
    assert "tables of another program (runs)" in keep_history(subject, "any").problems[0]
    assert path.read_bytes() == before


def test_an_older_history_says_how_to_mend_it_and_is_mended(two_plans: TwoPlans, runs: Path):
    before = dump(runs)
    with closing(sqlite3.connect(runs / "small" / FILE)) as connection, connection:
        connection.execute("update heat_dispatch_history set schema_version = 0")
    words = ("--runs", str(runs))
    told = heat_dispatch_here("history", str(two_plans.case_folder), *words)
    assert told.returncode == 2
    assert "heat-dispatch history rebuild" in told.stderr
    rebuilt = ("history", "rebuild", str(two_plans.case_folder), "--now", AFTER.isoformat())
    done = heat_dispatch_here(*rebuilt, *words)
    assert (done.returncode, done.stdout) == (0, "Runs recorded: 2.\n")
    assert dump(runs) == before


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        (HistorySettings(url_env="NO_SUCH_NAME"), "environment variable NO_SUCH_NAME is not set"),
        (HistorySettings(url="nonesuch://there/x"), "URL is not known here"),
        (
            HistorySettings(url="postgresql+psycopg2cffi://there/x"),
            "psycopg2cffi is not known here",
        ),
    ],
)
def test_a_url_that_leads_nowhere_is_told(tmp_path: Path, settings: HistorySettings, words: str):
    with pytest.raises(HistoryUnavailable, match=words), opened_history(settings, tmp_path):
        pass


@pytest.mark.parametrize("dialect", [mysql, postgresql, mssql, oracle])
def test_the_tables_can_be_made_in_other_databases(dialect: Any):
    """Texts in keys have a length, and numbers of runs and loops count on by themselves."""
    for table in tables.METADATA.sorted_tables:
        assert f"CREATE TABLE {table.name}" in str(
            CreateTable(table).compile(dialect=dialect.dialect())
        )


def test_a_password_in_the_case_is_refused(tmp_path: Path):
    url = "postgresql+psycopg://heat:secret@there/history"
    edit = text("case.toml", "[time]", f'[history]\nurl = "{url}"\n\n[time]')
    with pytest.raises(CaseFaults) as told:
        read_case(write_small_case(tmp_path / "case", edit))
    assert "history.url: holds a password" in str(told.value)
    assert "secret" not in str(told.value)


def _write(case_folder: Path, failed: Any) -> None:
    try:
        with opened_history(USUAL, case_folder) as engine:
            record_runs(engine, "small", case_folder, deadline(60.0), anew=True)
    except Exception as error:  # noqa: BLE001 (told by the parent)
        failed.put(repr(error))


def test_two_writers_at_once_leave_each_run_once(two_plans: TwoPlans, runs: Path):
    """Two processes begin the history at the same moment and write the same runs."""
    before = dump(runs)
    (runs / "small" / FILE).unlink()
    processes = multiprocessing.get_context("fork")
    failed = processes.Queue()
    both = [processes.Process(target=_write, args=(runs / "small", failed)) for _ in range(2)]
    for one in both:
        one.start()
    for one in both:
        one.join(60)
    assert [one.exitcode for one in both] == [0, 0]
    assert failed.empty()
    assert {name: rows for name, rows in dump(runs).items() if name in OF_RUNS} == {
        name: rows for name, rows in before.items() if name in OF_RUNS
    }


# ---- what was measured, and the list -------------------------------------------------------


def test_the_history_lists_runs_with_who_drifted(
    two_plans: TwoPlans,
    runs: Path,
    tmp_path: Path,
):
    case = with_measured_day(two_plans.case_folder, two_plans.first, tmp_path / "case")
    looked = keep_history(two_plans.subject(runs, case), "any")
    assert looked.problems == ()
    line = looked_back_facts(looked)[0].lines[0]
    assert "Drifted: boiler_1, N1.low, S1.low." in line
    hours = ask(runs, "select id, point, count(*) from measured_hours group by 1, 2")
    assert ("network", "outdoor_c", 24) in hours
    assert ("boiler_1", "heat_mw", 24) in hours
    rooms = dict(ask(runs, "select id, value from measured_days where point = 'indoor_c'"))
    indoor = two_plans.first.schedule["station_indoor"].values[:, :24].mean(axis=1)
    names = two_plans.first.schedule["station"].values.tolist()
    off = np.array([-2.0 if name == "S1.low" else 0.0 for name in names])
    assert [rooms[name] for name in names] == pytest.approx(indoor + off, abs=0.01)
    words = ("history", str(case), "--runs", str(runs))
    shown = heat_dispatch_here(*words).stdout
    assert "boiler_1, N1.low, S1.low" in shown
    told = json.loads(heat_dispatch_here(*words, "--json").stdout)["runs"]
    assert [run["day"] and run["day"]["drifted"] for run in told] == [
        ["boiler_1", "N1.low", "S1.low"],  # issued on 15 January
        None,  # issued on 14 January
    ]


def test_a_town_without_runs_is_told_and_nothing_is_made(two_plans: TwoPlans, tmp_path: Path):
    words = ("history", str(two_plans.case_folder), "--runs", str(tmp_path / "none"))
    ended = heat_dispatch_here(*words)
    assert ended.returncode == 0
    assert "No runs of the last 14 days" in ended.stdout
    assert not (tmp_path / "none").exists()
