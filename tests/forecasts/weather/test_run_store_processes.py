"""The run store under several processes, kill -9, a full disk and a folder of another owner."""

import multiprocessing
import os
import resource
import shutil
import signal
import tempfile
import time
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path

import pytest
import xarray as xr
from stored_runs import HOUR, NOON, ZAOZHUANG, run_of

from forecasts.weather.provenance import NoteCode, notes_of
from forecasts.weather.run_store import StoredRuns
from forecasts.weather.run_store_upkeep import Keeping, prune, verify_store

FORK = multiprocessing.get_context("fork")
RUNS = 9
LATER = NOON + 40 * HOUR
SECOND = timedelta(seconds=1)
NOBODY = 65534


def begin(work: Callable[..., None], *told: object) -> multiprocessing.process.BaseProcess:
    process = FORK.Process(target=work, args=told)
    process.start()
    return process


def ends_well(work: Callable[..., None], *told: object) -> None:
    process = begin(work, *told)
    process.join()
    assert process.exitcode == 0


def save_all(folder: Path, seconds_late: int) -> None:
    """Save the same runs as the other savers, each fetched at another moment."""
    for hours in range(RUNS):
        run = run_of(NOON + hours * HOUR, NOON + hours * HOUR, -hours, hours=100)
        fetched = NOON + hours * HOUR + seconds_late * SECOND
        StoredRuns(folder).save(run.assign_attrs(fetched_at=fetched.isoformat()))


def read_always(folder: Path, done: Path) -> None:
    """Read the newest run until told to stop; fails on a note, which would be of a damaged file."""
    newest = 0.0
    while not done.exists():
        if list(folder.glob("*/*/*.nc")):
            run = StoredRuns(folder).latest_run(ZAOZHUANG, LATER, NOON, 24)
            assert notes_of(run) == ()
            assert float(run.air_temperature[0]) <= newest  # never an older one again
            newest = float(run.air_temperature[0])


def prune_always(folder: Path, done: Path) -> None:
    while not done.exists():
        prune(folder, LATER, Keeping(keep_days=0.125))  # the last 4 of the runs


def test_savers_readers_and_a_pruner_at_once(tmp_path):
    """Without the rename a reader meets half a file; the pruner must not be in its way either."""
    done, store = tmp_path / "done", tmp_path / "store"
    others = [begin(read_always, store, done), begin(prune_always, store, done)]
    savers = [begin(save_all, store, late) for late in (3, 0, 2)]
    for saver in savers:
        saver.join()
    done.touch()
    for other in others:
        other.join()
    assert [process.exitcode for process in (*savers, *others)] == [0] * 5
    prune(store, LATER, Keeping(keep_days=0.125))
    report = verify_store(store, LATER)
    assert report.sound
    assert report.left_over == report.not_ours == ()
    kept = list(StoredRuns(store).runs("open_meteo", ZAOZHUANG, LATER))
    assert [it.issue_time for it in kept] == [NOON + h * HOUR for h in range(RUNS - 4, RUNS)]


def test_three_savers_of_the_same_runs_leave_one_file_each_of_the_first_fetch(tmp_path):
    """Without the last look after the rename, a run saved by two at once is kept twice."""
    savers = [begin(save_all, tmp_path, late) for late in (3, 0, 2)]
    for saver in savers:
        saver.join()
    kept = list(StoredRuns(tmp_path).runs("open_meteo", ZAOZHUANG, LATER))
    assert [it.fetched_at for it in kept] == [NOON + h * HOUR for h in range(RUNS)]


def save_and_die(folder: Path) -> None:
    def die(_: int) -> None:
        os.kill(os.getpid(), signal.SIGKILL)

    os.fsync = die
    StoredRuns(folder).save(run_of(NOON, NOON, -2))


def test_killed_in_the_middle_of_a_save_the_store_is_as_before(tmp_path):
    store = StoredRuns(tmp_path)
    before = store.save(run_of(NOON - 6 * HOUR, NOON - 6 * HOUR, -1))
    process = begin(save_and_die, tmp_path)
    process.join()
    assert process.exitcode == -signal.SIGKILL
    assert list(before.parent.glob("*.nc")) == [before]
    (left,) = verify_store(tmp_path, NOON).left_over
    store.save(run_of(NOON - 3 * HOUR, NOON - 3 * HOUR, -1))
    assert left.exists()  # its writer might still be at it
    two_days_ago = time.time() - 2 * 86_400
    os.utime(left, (two_days_ago, two_days_ago))
    store.save(run_of(NOON, NOON, -1))
    assert verify_store(tmp_path, NOON).left_over == ()


def save_without_end(folder: Path) -> None:
    for k in range(10_000):
        StoredRuns(folder).save(run_of(NOON + k * SECOND, NOON + k * SECOND, -k % 30, hours=100))


def test_killed_at_any_moment_every_file_is_whole(tmp_path):
    for round_ in range(6):
        process = begin(save_without_end, tmp_path)
        while not list(tmp_path.glob("*/*/*.nc")):
            time.sleep(0.002)
        time.sleep(0.03 + 0.017 * round_)
        process.kill()
        process.join()
    report = verify_store(tmp_path, LATER)
    assert report.files > 0
    assert report.sound


def save_on_a_full_disk(folder: Path) -> None:
    resource.setrlimit(resource.RLIMIT_FSIZE, (8192, 8192))
    with pytest.raises(OSError, match="File too large"):
        StoredRuns(folder).save(run_of(NOON, NOON, -2))


def test_a_full_disk_raises_oserror_and_leaves_nothing_new(tmp_path):
    """The HDF5 library writing to a full disk may end the process; a plain write does not."""
    before = StoredRuns(tmp_path).save(run_of(NOON - 6 * HOUR, NOON - 6 * HOUR, -1))
    ends_well(save_on_a_full_disk, tmp_path)
    assert [path for path in tmp_path.rglob("*") if path.is_file()] == [before]
    assert isinstance(StoredRuns(tmp_path).latest_run(ZAOZHUANG, NOON, NOON, 48), xr.Dataset)


@pytest.fixture
def readable_by_all() -> Iterator[Path]:
    """A folder outside of pytest's own, which no other user may enter."""
    folder = Path(tempfile.mkdtemp(prefix="run-store-"))
    folder.chmod(0o755)
    yield folder
    for path in folder.rglob("*"):
        if path.is_dir():
            path.chmod(0o755)
    shutil.rmtree(folder)


def as_a_reader(folder: Path, damaged: str) -> None:
    if os.geteuid() == 0:
        os.setuid(NOBODY)  # rights do not hold root back
    store = StoredRuns(folder)
    for _ in range(2):  # it cannot be set aside, and so is told again
        run = store.latest_run(ZAOZHUANG, NOON, NOON, 48)
        (note,) = notes_of(run)
        assert (note.code, note.detail) == (NoteCode.STORED_DAMAGED, damaged)
    with pytest.raises(PermissionError):
        store.save(run_of(NOON, NOON, -3))
    assert prune(folder, NOON, Keeping(keep_days=0.1)).failed == 1


def test_a_folder_that_may_only_be_read_serves(readable_by_all):
    """Files are readable by other users: a dispatcher reads what a service has fetched."""
    store = StoredRuns(readable_by_all)
    store.save(run_of(NOON - 6 * HOUR, NOON - 6 * HOUR, -1))
    newest = store.save(run_of(NOON, NOON, -2))
    newest.write_bytes(b"")
    newest.parent.chmod(0o555)
    ends_well(as_a_reader, readable_by_all, newest.name)
    assert newest.exists()
