"""Health: good, old, damaged, full and empty folders are told apart, and nothing is changed."""

import json
import os
import shutil
import sqlite3
import time
from collections import namedtuple
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from dispatch.atomic import ASIDE_PREFIX
from dispatch.case_files import read_settings
from dispatch.health import machine_checks
from dispatch.health.check import Check, Patient, State
from dispatch.health.look import looked_over
from dispatch.run_lock import LOCK_FILE, only_run
from tests.daily_runs import EVENING, PublishedRun, heat_dispatch_here
from tests.small_case import Edit, text, write_small_case

LATER = EVENING + timedelta(hours=1)
Usage = namedtuple("Usage", "total used free")


class Town:
    """A small town whose plan was made an hour ago by a fresh forecast."""

    def __init__(self, folder: Path, runs: Path, store: Path, *edits: Edit) -> None:
        self.case = write_small_case(folder / "case", *edits)
        self.runs, self.store = runs, store

    def checks(self, now: datetime = LATER) -> dict[str, Check]:
        settings, _ = read_settings(self.case)
        assert settings is not None
        patient = Patient(settings, self.case, self.runs / "small", self.store, now)
        return {one.code: one for one in looked_over(patient)}

    def bad(self, now: datetime = LATER) -> dict[str, State]:
        return {
            code: one.state for code, one in self.checks(now).items() if one.state is not State.OK
        }

    @property
    def latest(self) -> Path:
        return (self.runs / "small/latest").resolve()


@pytest.fixture
def town(tmp_path: Path, small_green: PublishedRun, small_runs: Path) -> Town:
    service = text("case.toml", 'kind = "climate"', 'kind = "open_meteo"')
    store = shutil.copytree(small_green.folder.parents[2] / "store", tmp_path / "store")
    for fetched in store.glob("*/*/*.nc"):  # it was fetched when the plan was made
        issued, _, digest = fetched.name.split("_")
        stamp = EVENING.astimezone(UTC).strftime("%Y%m%dT%H%M%SZ")
        fetched.rename(fetched.with_name(f"{issued}_{stamp}_{digest}"))
    return Town(tmp_path, small_runs, store, service)


def state_of(folder: Path) -> dict[str, tuple[int, bytes]]:
    return {
        str(path): (path.stat().st_mtime_ns, path.read_bytes())
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


def test_a_fresh_green_plan_is_well(town: Town, tmp_path: Path):
    before = state_of(tmp_path)
    assert town.bad() == {}
    assert state_of(tmp_path) == before


def test_planted_faults_of_the_telemetry_are_counted(town: Town):
    """Through the files as a utility writes them: a return far too warm since hours, rooms under
    the law in most flats, and a sensor that says what cannot be.
    """
    rows = ["time,id,point,sensor,value"]
    for minute in range(0, 6 * 60 + 1, 10):
        at = (LATER - timedelta(hours=6) + timedelta(minutes=minute)).strftime("%Y-%m-%d %H:%M")
        wander = 0.01 * (minute % 30)
        rows += [f"{at},N1.low,pri_ret_t,,{66.0 + wander:.2f}"]
        rows += [f"{at},S1.low,room_t,{flat},{16.5 + wander:.2f}" for flat in range(4)]
        rows += [f"{at},S2.low,sec_sup_t,,{55.0 + wander:.2f}", f"{at},N2.floor,sec_sup_t,,412.0"]
    (town.case / "telemetry").mkdir()
    (town.case / "telemetry" / "scada.csv").write_text("\n".join([*rows, ""]), encoding="utf-8")
    check = town.checks()["alarms"]
    assert check.state is State.FAIL
    assert {"return_too_hot", "cold_rooms", "impossible"} <= set(check.values["codes"])
    assert check.values["critical"] >= 1
    assert "S1" in check.text or "N1.low" in check.text


def test_a_case_without_a_plan_has_to_be_run(tmp_path: Path):
    town = Town(tmp_path, tmp_path / "runs", tmp_path / "store")
    assert town.bad() == {"plan_age": State.FAIL}
    assert not (tmp_path / "runs").exists()


@pytest.mark.parametrize(
    ("hours", "plan", "forecast"),
    [
        (26, None, None),
        (27, State.WARN, None),
        (51, State.FAIL, State.FAIL),
    ],
)
def test_a_plan_and_a_forecast_grow_old(
    hours: int, plan: State | None, forecast: State | None, town: Town
):
    bad = town.bad(EVENING + timedelta(hours=hours))
    assert bad.get("plan_age") is plan
    assert bad.get("forecast") in (forecast, State.WARN if hours < 48 else forecast)


def test_a_clock_behind_its_own_plan_is_wrong(town: Town):
    assert town.bad(EVENING - timedelta(hours=1))["clock"] is State.FAIL


def test_a_changed_file_and_a_lost_one_are_told(town: Town):
    (town.latest / "heat_order.csv").write_text("changed")
    (town.latest / "plan.nc").unlink()
    found = town.checks()["plan_files"]
    assert found.state is State.FAIL
    assert "heat_order.csv" in found.text
    assert "plan.nc" in found.text


@pytest.mark.parametrize("content", ["", "[]", '{"quality": 1}', "[" * 3000])
def test_a_summary_of_any_bytes_is_told(content: str, town: Town):
    (town.latest / "summary.json").write_text(content)
    assert town.bad().keys() >= {"plan_label", "plan_files"}


def test_a_red_plan_is_told_with_its_reasons(town: Town):
    path = town.latest / "summary.json"
    content = json.loads(path.read_text("utf-8"))
    content |= {"quality": "red", "reasons": [{"key": "", "values": {}, "text": "coal is out"}]}
    path.write_text(json.dumps(content))
    found = town.checks()["plan_label"]
    assert found.state is State.FAIL
    assert "coal is out" in found.text


def test_a_latest_that_leads_nowhere_is_told(town: Town):
    gone = town.latest
    shutil.rmtree(gone)
    found = town.checks()["plan_age"]
    assert found.state is State.FAIL
    assert gone.name in found.text


@pytest.mark.parametrize(("runs", "state"), [(31, None), (29, State.WARN), (2, State.FAIL)])
def test_room_is_counted_in_runs(
    runs: int, state: State | None, town: Town, monkeypatch: pytest.MonkeyPatch
):
    run_bytes = sum(path.stat().st_size for path in town.latest.iterdir())
    usage = Usage(10**12, 0, runs * run_bytes)
    monkeypatch.setattr(machine_checks.shutil, "disk_usage", lambda _: usage)
    assert town.bad().get("disk") is state


def test_a_run_at_work_is_told_and_one_that_hangs(town: Town):
    with only_run(town.runs / "small"):
        found = town.checks()["lock"]
        assert found.state is State.OK
        assert str(os.getpid()) in found.text
        owner = json.loads((town.runs / "small" / LOCK_FILE).read_text())
        for minutes, state in ((16, State.WARN), (61, State.FAIL)):
            since_s = time.time() - 60.0 * minutes
            (town.runs / "small" / LOCK_FILE).write_text(json.dumps(owner | {"since_s": since_s}))
            assert town.bad() == {"lock": state}
    assert town.bad() == {}


def test_what_a_dead_run_left_is_told(town: Town):
    left = town.runs / "small" / f"{ASIDE_PREFIX}2026-01-14"
    left.mkdir()
    assert town.bad() == {}  # it may be at work
    os.utime(left, (0, 0))
    assert town.bad() == {"leftovers": State.WARN}


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
def test_a_folder_that_cannot_be_written_is_told(town: Town):
    (town.runs / "small").chmod(0o555)
    try:
        assert town.bad() == {"rights": State.FAIL}
    finally:
        (town.runs / "small").chmod(0o755)


def test_a_history_that_is_damaged_or_behind_is_told_and_left(town: Town):
    file = town.runs / "small/history.sqlite"
    with sqlite3.connect(file) as connection:
        connection.execute("delete from runs")
    connection.close()
    assert town.bad() == {"database": State.WARN}
    file.write_bytes(b"no database" * 1_000)
    assert town.bad() == {"database": State.WARN}
    assert file.read_bytes() == b"no database" * 1_000
    file.unlink()
    assert town.bad() == {"database": State.WARN}
    assert not file.exists()


def test_a_case_with_faults_would_stop_the_next_run(town: Town):
    path = town.case / "sources.csv"
    path.write_text(path.read_text().replace("chp_1,A", "chp_1,Z"))
    assert town.bad() == {"case": State.FAIL}


def readings(town: Town, *hours_ago: float) -> None:
    (town.case / "telemetry").mkdir(exist_ok=True)
    rows = [
        f"{(LATER - timedelta(hours=ago)).isoformat()},N1.low,sec_sup_t,45.0" for ago in hours_ago
    ]
    lines = ["time,id,point,value", *rows]
    (town.case / "telemetry/day.csv").write_text("\n".join(lines) + "\n")


@pytest.mark.parametrize(
    ("ago_h", "state"), [(2.9, None), (3.1, State.WARN), (24.5, State.FAIL), (30.0, State.WARN)]
)
def test_telemetry_grows_old(ago_h: float, state: State | None, town: Town):
    readings(town, ago_h + 1, ago_h)
    assert town.bad().get("telemetry") is state


def test_telemetry_that_cannot_be_read_is_told(town: Town):
    readings(town, 1.0)
    (town.case / "telemetry/other.csv").write_bytes(b"\x00\xff\x00")
    assert town.bad().keys() <= {"telemetry"}


def asked(town: Town, *words: str) -> Any:
    folders = ("--runs", str(town.runs), "--store", str(town.store))
    return heat_dispatch_here("health", str(town.case), *folders, *words)


def test_the_command_ends_with_the_worst(town: Town):
    well = asked(town, "--now", LATER.isoformat(), "--json")
    assert well.returncode == 0
    content = json.loads(well.stdout)
    assert content["exit_code"] == 0
    assert {one["state"] for one in content["checks"]} == {"ok"}
    late = asked(town, "--now", (EVENING + timedelta(hours=27)).isoformat())
    assert late.returncode == 10
    assert "look: issued 2026-01-14 23:40, 27.0 h ago." in late.stdout
    assert asked(town, "--now", (EVENING + timedelta(hours=60)).isoformat()).returncode == 20
    (town.case / "case.toml").write_text("id = 1")
    broken = asked(town)
    assert broken.returncode == 2
    assert "case.toml" in broken.stderr
