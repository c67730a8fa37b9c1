"""Verifying a published run: whole folders pass, and every kind of damage is told in words."""

import json
import shutil
from pathlib import Path

import pytest
import xarray as xr

from dispatch.verify import verify_run
from tests.run_folder_maker import write_manifest, write_run
from tests.schedule_maker import SmallPlan, small_schedule


@pytest.fixture(scope="module")
def schedule() -> xr.Dataset:
    """The plan of the run; not to be changed."""
    return small_schedule(SmallPlan(setpoints_c=(60.0, 60.5, 61.0)))


@pytest.fixture(scope="module")
def published(tmp_path_factory: pytest.TempPathFactory, schedule: xr.Dataset) -> Path:
    folder = tmp_path_factory.mktemp("runs") / "2026-01-14T2340"
    write_run(folder, schedule)
    return folder


@pytest.fixture
def run(tmp_path: Path, published: Path) -> Path:
    """A copy of the published folder, to be damaged."""
    return shutil.copytree(published, tmp_path / published.name)


@pytest.fixture
def known_plan(monkeypatch: pytest.MonkeyPatch, schedule: xr.Dataset) -> None:
    """Spare the second that reading plan.nc takes, in tests about other files."""
    monkeypatch.setattr("dispatch.verify._read_plan", lambda _folder: (schedule, []))


def test_a_whole_run_passes(run):
    report = verify_run(run)
    assert report.faults == ()
    assert report.passed
    assert report.audit is not None
    assert report.audit.worst_balance < 1e-9
    assert "whole, unchanged" in report.lines[0]


def damage_hash(run: Path) -> None:
    (run / "report.html").write_text("<p>another plan</p>", encoding="utf-8")


def remove_listed(run: Path) -> None:
    (run / "report.html").unlink()


def remove_plan(run: Path) -> None:
    (run / "plan.nc").unlink()


def truncate_plan(run: Path) -> None:
    whole = (run / "plan.nc").read_bytes()
    (run / "plan.nc").write_bytes(whole[: len(whole) // 2])


def empty_plan(run: Path) -> None:
    (run / "plan.nc").write_bytes(b"")


def garble_plan(run: Path) -> None:
    """Overwrite what lies behind the file's head, as a failing disk would."""
    whole = bytearray((run / "plan.nc").read_bytes())
    whole[64:4_096] = b"\xff" * (4_096 - 64)
    (run / "plan.nc").write_bytes(bytes(whole))


def stray(run: Path) -> None:
    (run / "old").mkdir()
    (run / "old" / "plan.nc").write_bytes(b"x")


def no_manifest(run: Path) -> None:
    (run / "manifest.json").unlink()


def broken_manifest(run: Path) -> None:
    (run / "manifest.json").write_text('{"outputs": [', encoding="utf-8")


def shapeless_manifest(run: Path) -> None:
    (run / "manifest.json").write_text('{"outputs": ["plan.nc"]}', encoding="utf-8")


def manifest_outside(run: Path) -> None:
    manifest = json.loads((run / "manifest.json").read_text(encoding="utf-8"))
    manifest["outputs"]["../secret"] = "0" * 64
    (run / "manifest.json").write_text(json.dumps(manifest), encoding="utf-8")


def unlisted_summary(run: Path) -> None:
    manifest = json.loads((run / "manifest.json").read_text(encoding="utf-8"))
    del manifest["outputs"]["summary.json"]
    (run / "manifest.json").write_text(json.dumps(manifest), encoding="utf-8")


def purple_summary(run: Path) -> None:
    (run / "summary.json").write_text('{"quality": "purple"}', encoding="utf-8")
    write_manifest(run)


def binary_summary(run: Path) -> None:
    (run / "summary.json").write_bytes(b"\xff\xfe\x00")
    write_manifest(run)


@pytest.mark.parametrize(
    ("damage", "said"),
    [
        (damage_hash, "report.html is not the file that was published"),
        (remove_listed, "report.html is missing"),
        (remove_plan, "plan.nc is missing"),
        (stray, "old/plan.nc does not belong to the run"),
        (no_manifest, "manifest.json is missing"),
        (broken_manifest, "manifest.json cannot be read"),
        (shapeless_manifest, "manifest.json: outputs or inputs"),
        (manifest_outside, "../secret, which is outside"),
        (unlisted_summary, "manifest.json does not list summary.json"),
        (purple_summary, "quality is purple"),
        (binary_summary, "summary.json cannot be read"),
    ],
)
def test_damage_is_told_in_words(run, known_plan, damage, said):
    damage(run)
    report = verify_run(run)
    assert not report.passed
    assert [fault for fault in report.faults if said in fault] == [report.faults[0]]


@pytest.mark.parametrize(
    ("damage", "said"),
    [
        (truncate_plan, "plan.nc cannot be read"),
        (empty_plan, "plan.nc cannot be read"),
        (garble_plan, "plan.nc cannot be read"),
    ],
)
def test_a_plan_that_cannot_be_read_is_told_in_words(run, damage, said):
    damage(run)
    write_manifest(run)  # as if it had been published like this
    report = verify_run(run)
    assert not report.passed
    assert report.audit is None
    assert len([fault for fault in report.faults if said in fault]) == 1


@pytest.mark.parametrize("damage", [truncate_plan, empty_plan, garble_plan])
def test_a_plan_that_is_not_the_published_one_is_not_opened(run, damage):
    damage(run)
    report = verify_run(run)
    assert report.faults == (
        "plan.nc is not the file that was published: its hash differs from manifest.json.",
    )
    assert report.audit is None


def test_all_faults_are_told_at_once(run):
    purple_summary(run)
    damage_hash(run)
    stray(run)
    empty_plan(run)
    (run / "setpoints_sources.csv").unlink()
    assert len(verify_run(run).faults) == 5  # two hashes, a stray, a table, the quality


def test_a_folder_that_is_not_there(tmp_path):
    report = verify_run(tmp_path / "nowhere")
    assert not report.passed
    assert report.audit is None


def test_an_unsound_plan_is_found_though_its_hash_is_right(run, schedule):
    unsound = schedule.copy(deep=True)
    unsound["zone_served"].values[0, 5] += 0.1
    unsound.to_netcdf(run / "plan.nc", engine="h5netcdf")
    write_manifest(run)
    faults = verify_run(run).faults
    assert len(faults) == 1
    assert "Heat balance of zones" in faults[0]
    assert "zone N, 2026-01-15 05:00" in faults[0]
