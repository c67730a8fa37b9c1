"""One run of a case at a time; a dead owner's lock is nobody's."""

import errno
import fcntl
import json
import os
import signal
import socket
import subprocess
import sys
import time
from contextlib import suppress
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from small_case import write_small_case

from dispatch import daily, run_lock
from dispatch.atomic import point_to
from dispatch.daily_request import DailyRequest, Stage
from dispatch.run_lock import LOCK_FILE, STAND_IN_FILE, CaseBusy, only_run
from scenarios.cli import main

ROOT = Path(__file__).parents[2]
HOLDER = """
import sys, time
sys.path[:0] = [{root!r}]
from pathlib import Path
from dispatch import run_lock
{before}
with run_lock.only_run(Path({folder!r})):
    print("held", flush=True)
    time.sleep(60)
"""
NO_LOCKS = """
import errno, fcntl
def none(*_):
    raise OSError(errno.ENOLCK, "no locks")
fcntl.flock = none
"""


@pytest.fixture(params=["", NO_LOCKS], ids=["locks", "a disk without locks"])
def before(request, monkeypatch):
    """What a process does first; this one has no locks either where that one has none."""
    if request.param:

        def none(*_: object) -> None:
            raise OSError(errno.ENOLCK, "no locks")

        monkeypatch.setattr(fcntl, "flock", none)
    return request.param


def holder(folder: Path, before: str) -> subprocess.Popen[str]:
    script = HOLDER.format(root=str(ROOT), folder=str(folder), before=before)
    process = subprocess.Popen([sys.executable, "-c", script], stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    assert process.stdout.readline() == "held\n"
    return process


def test_the_second_run_is_told_whose_turn_it_is(tmp_path, before):
    with holder(tmp_path, before) as first:
        with pytest.raises(CaseBusy) as busy, only_run(tmp_path):
            pytest.fail("two runs at once")
        owner = busy.value.owner
        assert (owner.pid, owner.user) == (first.pid, run_lock._me().user)
        assert 0.0 <= owner.age_s < 60.0
        first.kill()


def test_the_lock_of_a_killed_run_is_nobodys(tmp_path, before):
    with holder(tmp_path, before) as first:
        first.send_signal(signal.SIGKILL)
    with only_run(tmp_path):
        pass


def test_a_run_that_ends_is_waited_for(tmp_path, before):
    heard = []
    with holder(tmp_path, before) as first:

        def told(owner):
            heard.append(owner.pid)
            first.kill()
            first.wait()

        with only_run(tmp_path, wait_s=30.0, told=told):
            assert heard == [first.pid]


def test_after_a_run_there_is_no_owner(tmp_path, before):
    with only_run(tmp_path):
        pass
    assert not (tmp_path / STAND_IN_FILE).exists()
    assert (tmp_path / LOCK_FILE).read_text(encoding="utf-8") == ""


@pytest.mark.parametrize("content", ["", "{", '{"pid": 1}', "[]"])
def test_an_owner_that_cannot_be_read_is_unknown(tmp_path, content):
    with (tmp_path / LOCK_FILE).open("w", encoding="utf-8") as stream:
        stream.write(content)
        stream.flush()
        fcntl.flock(stream, fcntl.LOCK_EX)
        with pytest.raises(CaseBusy) as busy, only_run(tmp_path):
            pytest.fail("two runs at once")
    assert busy.value.owner is None


@pytest.mark.parametrize("host", ["elsewhere", socket.gethostname()])
@pytest.mark.parametrize(("age_h", "free"), [(1.0, False), (3.0, True)])
def test_a_stand_in_is_believed_for_two_hours(tmp_path, monkeypatch, age_h, free, host):
    """Where the disk has no locks nobody can ask another machine whether its process lives; and
    on ours the number may have gone to another one since, after a power cut say, for good.
    """

    def none(*_: object) -> None:
        raise OSError(errno.ENOLCK, "no locks")

    monkeypatch.setattr(fcntl, "flock", none)
    since = time.time() - age_h * 3600.0
    owner = {"pid": os.getpid(), "host": host, "user": "li", "since_s": since}
    (tmp_path / STAND_IN_FILE).write_text(json.dumps(owner), encoding="utf-8")
    if free:
        with only_run(tmp_path):
            pass
    else:
        with pytest.raises(CaseBusy), only_run(tmp_path):
            pytest.fail("two runs at once")


def test_a_daily_run_is_refused_before_it_begins(tmp_path, monkeypatch, capsys):
    """The command says whose turn it is, and that nothing need be removed by hand."""
    monkeypatch.setattr("dispatch.daily.WAIT_S", 0.0)
    write_small_case(tmp_path / "town")
    runs = tmp_path / "runs"
    with holder(runs / "small", "") as first:
        with pytest.raises(SystemExit) as ended:
            main(["daily", str(tmp_path / "town"), "--runs", str(runs)])
        first.kill()
    assert ended.value.code == 2
    said = capsys.readouterr().err
    assert f"process {first.pid}" in said
    assert "nothing else need be removed" in said
    assert [path.name for path in (runs / "small").iterdir()] == [LOCK_FILE]


def test_a_runs_folder_that_cannot_be_written_is_said_at_once(tmp_path, capsys):
    write_small_case(tmp_path / "town")
    (tmp_path / "runs").write_text("in the way", encoding="utf-8")
    with pytest.raises(SystemExit) as ended:
        main(["daily", str(tmp_path / "town"), "--runs", str(tmp_path / "runs")])
    assert ended.value.code == 1
    assert "last published run is untouched" in capsys.readouterr().err


PLANNING = """
import sys, time
sys.path[:0] = [{root!r}]
from itertools import repeat
from pathlib import Path
from dispatch.own_process import OwnProcess
from dispatch.run_lock import only_run
with only_run(Path({folder!r})):
    planner = OwnProcess.started(lambda: sum(repeat(1)))
    print(planner.process.pid, flush=True)
    time.sleep(60)
"""


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere Python itself has to look")
def test_a_planner_deep_in_its_solver_holds_no_lock_for_a_dead_run(tmp_path):
    """It has the lock's file open since it was forked, and asks nothing of Python meanwhile."""
    script = PLANNING.format(root=str(ROOT), folder=str(tmp_path))
    with subprocess.Popen([sys.executable, "-c", script], stdout=subprocess.PIPE) as run:
        planner = int(run.stdout.readline())
        time.sleep(0.3)  # until it is at work
        run.kill()
    try:
        with only_run(tmp_path, wait_s=5.0):
            pass
    finally:
        with suppress(ProcessLookupError):
            os.kill(planner, signal.SIGKILL)


@pytest.mark.parametrize(
    ("by_clock", "stage", "late_s"),
    [(True, Stage.PLAN, 15), (False, Stage.PLAN, 0), (True, Stage.ORDER, 0)],
)
def test_a_run_that_waited_plans_from_when_its_turn_came(
    tmp_path, monkeypatch, by_clock, stage, late_s
):
    """Of three runs that wait no one knows which is next: the one that is last has to be newest.
    An order that waits over midnight stays the order for its day.
    """
    case = write_small_case(tmp_path / "town")
    now = datetime.fromisoformat("2026-01-15T05:29:50+08:00")
    seen = []
    monkeypatch.setattr("dispatch.daily.clock_s", iter([100.0, 115.4]).__next__)
    monkeypatch.setattr("dispatch.daily._run_daily", lambda request, *_: seen.append(request.now))
    with holder(tmp_path / "runs" / "small", "") as first:
        folders = tmp_path / "runs", tmp_path / "store"
        request = DailyRequest(case, now, *folders, stage, by_clock=by_clock)
        daily._run_alone(request, lambda _: (first.kill(), first.wait()))
    assert seen == [now + timedelta(seconds=late_s)]


@pytest.mark.parametrize(("budget_s", "wait_s"), [(None, 120.0), (60.0, 12.0), (900.0, 120.0)])
def test_a_run_waits_no_longer_than_its_own_time_bears(tmp_path, monkeypatch, budget_s, wait_s):
    """A minute's budget, waited away, would put a heating curve in the place of a fresh plan."""
    asked = []

    def busy(_folder, wait_s, _told):
        asked.append(wait_s)
        raise CaseBusy(None)

    monkeypatch.setattr("dispatch.daily.only_run", busy)
    case = write_small_case(tmp_path / "town")
    now = datetime.fromisoformat("2026-01-15T05:30:00+08:00")
    runs, store = tmp_path / "runs", tmp_path / "store"
    with pytest.raises(CaseBusy):
        daily.run_daily(DailyRequest(case, now, runs, store, budget_s=budget_s), lambda _: None)
    assert asked == [wait_s]


def test_a_run_in_the_place_of_another_gives_way_to_a_newer_one(tmp_path):
    """The watch found the plan of the day before too old, and waited for the daily run."""
    case = write_small_case(tmp_path / "town")
    (tmp_path / "runs/small/2026-01-15T0530+0800").mkdir(parents=True)
    point_to(tmp_path / "runs/small/latest", "2026-01-15T0530+0800")
    now = datetime.fromisoformat("2026-01-15T05:31:00+08:00")
    before = "2026-01-14T0530+0800"
    request = DailyRequest(case, now, tmp_path / "runs", tmp_path / "store", in_place_of=before)
    with pytest.raises(daily.AlreadyReplaced, match="2026-01-15T0530"):
        daily.run_daily(request, lambda _: None)
