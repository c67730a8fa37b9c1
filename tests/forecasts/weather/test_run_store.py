"""The run store: what was known when, damaged files set aside, a disk that does not take it."""

import hashlib
import os
import subprocess
import sys
from datetime import datetime
from pathlib import Path

import pytest
import xarray as xr
from stored_runs import HOUR, NOON, ZAOZHUANG, ensemble_of, run_of

from forecasts.weather.provenance import NoteCode, notes_of
from forecasts.weather.provider import Cause, Place, WeatherUnavailable
from forecasts.weather.run_store import RunShape, StoredRuns
from forecasts.weather.stored_run import (
    NotRead,
    NotReadReason,
    content_of,
    place_folder_name,
    provider_folder_name,
)


def cause(store: StoredRuns, known_by: datetime, start: datetime | None = None) -> Cause:
    with pytest.raises(WeatherUnavailable) as raised:
        store.latest_run(ZAOZHUANG, known_by, start or known_by, 48)
    return raised.value.cause


def test_a_run_survives_the_disk(tmp_path):
    run = run_of(NOON - 6 * HOUR, NOON, -3)
    path = StoredRuns(tmp_path).save(run)
    assert path.parent == tmp_path / "open_meteo" / "34.860_117.550"
    back = StoredRuns(tmp_path).latest_run(ZAOZHUANG, NOON, NOON - 48 * HOUR, 72)
    assert back.identical(run)
    assert list(path.parent.glob(".aside*")) == []


def test_the_store_tells_only_what_was_known(tmp_path):
    """Issued before but fetched later was not known either: a back-test would cheat."""
    store = StoredRuns(tmp_path)
    store.save(run_of(NOON - 18 * HOUR, NOON - 12 * HOUR, -1))
    store.save(run_of(NOON - 6 * HOUR, NOON, -2))
    store.save(run_of(NOON, NOON + 6 * HOUR, -3))

    def told_c(known_by: datetime) -> float:
        return float(store.latest_run(ZAOZHUANG, known_by, known_by, 48).air_temperature[0])

    assert told_c(NOON - 1 * HOUR) == -1
    assert told_c(NOON) == -2
    assert told_c(NOON + 5 * HOUR) == -2
    assert told_c(NOON + 6 * HOUR) == -3
    assert cause(store, NOON - 13 * HOUR) is Cause.NOTHING_STORED


def test_another_place_and_an_empty_or_missing_folder_have_nothing(tmp_path):
    StoredRuns(tmp_path).save(run_of(NOON, NOON, -3))
    with pytest.raises(WeatherUnavailable) as raised:
        StoredRuns(tmp_path).latest_run(Place(36.45, 115.99, "Asia/Shanghai"), NOON, NOON, 48)
    assert raised.value.cause is Cause.NOTHING_STORED
    assert cause(StoredRuns(tmp_path / "none"), NOON) is Cause.NOTHING_STORED


def test_an_old_run_is_stale(tmp_path):
    StoredRuns(tmp_path).save(run_of(NOON, NOON, -3))
    late = NOON + 97 * HOUR
    assert cause(StoredRuns(tmp_path), late) is Cause.STALE
    patient = StoredRuns(tmp_path, max_age_h=120)
    assert patient.latest_run(ZAOZHUANG, late, late, 48).attrs["provider"] == "open_meteo"


def test_a_run_that_does_not_reach_far_enough_is_passed_over(tmp_path):
    store = StoredRuns(tmp_path)
    store.save(run_of(NOON - 6 * HOUR, NOON - 5 * HOUR, -1))
    store.save(run_of(NOON, NOON, -2, hours=60))  # ends 12 h ahead
    assert float(store.latest_run(ZAOZHUANG, NOON, NOON, 48).air_temperature[0]) == -1
    alone = StoredRuns(tmp_path / "alone")
    alone.save(run_of(NOON, NOON, -2, hours=60))
    assert cause(alone, NOON) is Cause.WRONG_TIMES


@pytest.mark.parametrize("damage", ["cut", "flipped", "emptied"])
def test_a_damaged_file_is_set_aside_and_the_one_before_used(tmp_path, damage):
    store = StoredRuns(tmp_path)
    store.save(run_of(NOON - 6 * HOUR, NOON - 6 * HOUR, -1))
    newest = store.save(run_of(NOON, NOON, -2))
    body = bytearray(newest.read_bytes())
    if damage == "flipped":
        body[len(body) // 2] ^= 1
    newest.write_bytes({"cut": body[:-100], "flipped": body, "emptied": b""}[damage])
    assert float(store.latest_run(ZAOZHUANG, NOON, NOON, 48).air_temperature[0]) == -1
    assert not newest.exists()
    assert newest.with_name(newest.name + ".damaged").exists()


def test_a_file_of_nonsense_with_a_right_checksum_is_set_aside(tmp_path):
    store = StoredRuns(tmp_path)
    path = store.save(run_of(NOON, NOON, -2))
    path.unlink()
    digest = hashlib.sha256(b"nonsense").hexdigest()[:16]
    nonsense = path.with_name(f"20260115T120000Z_20260115T120000Z_{digest}.nc")
    nonsense.write_bytes(b"nonsense")
    (path.parent / "notes.nc").write_bytes(b"not ours, left alone")
    assert cause(store, NOON) is Cause.NOTHING_STORED
    assert not nonsense.exists()
    assert (path.parent / "notes.nc").exists()


def test_a_folder_that_cannot_be_written_raises_oserror(tmp_path):
    blocked = tmp_path / "file"
    blocked.write_text("in the way")
    with pytest.raises(OSError, match="file"):
        StoredRuns(blocked).save(run_of(NOON, NOON, -2))


def test_a_disk_that_takes_no_flush_raises_oserror_and_leaves_nothing(tmp_path, monkeypatch):
    def full(_: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    folder = tmp_path / "open_meteo" / "34.860_117.550"
    folder.mkdir(parents=True)
    with pytest.raises(OSError, match="No space"):
        StoredRuns(tmp_path).save(run_of(NOON, NOON, -2))
    assert files_of(tmp_path) == []


def test_a_provider_name_cannot_leave_the_folder(tmp_path):
    run = run_of(NOON, NOON, -2).assign_attrs(provider="../../etc/weather")
    path = StoredRuns(tmp_path / "store").save(run)
    assert path.resolve().is_relative_to((tmp_path / "store").resolve())


# ---- the same run twice --------------------------------------------------------------------


def files_of(folder: Path) -> list[Path]:
    return sorted(path for path in folder.rglob("*") if path.is_file())


def test_two_fetches_of_a_run_are_the_same_bytes_and_one_file(tmp_path):
    """With the time of the fetch in the bytes, each morning's second try would be stored again."""
    first, again = (run_of(NOON - 6 * HOUR, NOON, -1) for _ in range(2))
    again.attrs["fetched_at"] = (NOON + 2 * HOUR).isoformat()
    assert content_of(first) == content_of(again)
    store = StoredRuns(tmp_path)
    assert store.save(again) != store.save(first)  # the later fetch was saved first
    assert store.save(again) == store.save(first)
    (kept,) = files_of(tmp_path)
    assert "_20260115T120000Z_" in kept.name  # when it became known
    back = store.latest_run(ZAOZHUANG, NOON + 3 * HOUR, NOON, 48)
    assert back.attrs["fetched_at"] == "2026-01-15T12:00:00+00:00"


def test_a_run_read_back_and_saved_again_is_the_same_bytes(tmp_path):
    """NetCDF leaves traces on what is read (chunks, fill values) that would change the bytes."""
    for run in (run_of(NOON, NOON, -1), ensemble_of(NOON, NOON, members=30)):
        store = StoredRuns(tmp_path, provider=run.attrs["provider"])
        path = store.save(run)
        back = store.latest_run(ZAOZHUANG, NOON, NOON - 48 * HOUR, 48)
        assert back.identical(run)
        assert content_of(back) == content_of(run)
        assert content_of(xr.load_dataset(path, engine="h5netcdf")) == path.read_bytes()


def test_the_bytes_do_not_depend_on_the_process(tmp_path):
    code = (
        "import hashlib; from stored_runs import *\n"
        "from forecasts.weather.stored_run import content_of\n"
        "print(hashlib.sha256(content_of(ensemble_of(NOON, NOON, members=30))).hexdigest())"
    )
    found = hashlib.sha256(content_of(ensemble_of(NOON, NOON, members=30))).hexdigest()
    root = Path(__file__).parents[3]
    path = os.pathsep.join([str(root), str(root / "tests")])
    other = {"PYTHONHASHSEED": "7", "PYTHONPATH": path, "TZ": "Asia/Shanghai"}
    asked = [sys.executable, "-c", code]
    answer = subprocess.run(asked, env=other, check=True, capture_output=True, cwd=tmp_path)
    assert answer.stdout.decode().strip() == found


def test_a_new_fetch_mends_a_damaged_file(tmp_path):
    store = StoredRuns(tmp_path)
    kept = store.save(run_of(NOON, NOON, -1))
    whole = kept.read_bytes()
    kept.write_bytes(whole[:-1])
    again = run_of(NOON, NOON, -1).assign_attrs(fetched_at=(NOON + HOUR).isoformat())
    assert store.save(again) == kept
    assert files_of(tmp_path) == [kept]
    assert kept.read_bytes() == whole


def test_files_of_the_first_naming_stay_readable(tmp_path):
    """They hold the time of their fetch also inside, and times as hours since the first."""
    run = run_of(NOON - 6 * HOUR, NOON, -3)
    run.attrs["provider"] = "my service"
    folder = tmp_path / "my_service" / "34.860_117.550"
    folder.mkdir(parents=True)
    run.to_netcdf(folder / "x.nc", engine="h5netcdf")
    digest = hashlib.sha256((folder / "x.nc").read_bytes()).hexdigest()[:16]
    (folder / "x.nc").rename(folder / f"20260115T060000Z_20260115T120000Z_{digest}.nc")
    store = StoredRuns(tmp_path)
    assert store.latest_run(ZAOZHUANG, NOON, NOON - 48 * HOUR, 48).identical(run)
    (found,) = store.runs("my service", ZAOZHUANG, NOON)
    assert isinstance(store.load(found), xr.Dataset)


# ---- ensembles, providers, places ----------------------------------------------------------


def test_ensembles_and_single_runs_side_by_side(tmp_path):
    store = StoredRuns(tmp_path)
    store.save(run_of(NOON - 12 * HOUR, NOON - 6 * HOUR, -1))
    store.save(ensemble_of(NOON - 6 * HOUR, NOON))

    def told(**asked) -> xr.Dataset:
        return StoredRuns(tmp_path, **asked).latest_run(ZAOZHUANG, NOON, NOON, 48)

    assert told().air_temperature.dims == ("member", "time")  # newer, and so it serves
    assert told(shape=RunShape.SINGLE).air_temperature.dims == ("time",)
    assert told(provider="open_meteo").attrs["provider"] == "open_meteo"
    assert told(provider="ensemble", shape=RunShape.ENSEMBLE).sizes["member"] == 5
    with pytest.raises(WeatherUnavailable):
        told(provider="open_meteo", shape=RunShape.ENSEMBLE)
    store.save(run_of(NOON - 6 * HOUR, NOON - 1 * HOUR, -2))  # of the same hour: rather this
    assert told().air_temperature.dims == ("time",)
    assert store.providers(ZAOZHUANG) == ("ensemble", "open_meteo")


def test_runs_are_listed_as_they_were_known_oldest_first(tmp_path):
    store = StoredRuns(tmp_path)
    for hours in (18, 0, 6, 12):
        store.save(run_of(NOON - hours * HOUR, NOON - (hours - 4) * HOUR, -hours))
    store.save(run_of(NOON - 12 * HOUR, NOON, -9))  # fetched a second time, now with other values
    known = list(store.runs("open_meteo", ZAOZHUANG, NOON, since=NOON - 12 * HOUR))
    assert [(NOON - it.issue_time) / HOUR for it in known] == [12, 12, 6]
    first = store.load(known[0])
    assert isinstance(first, xr.Dataset)
    assert float(first.air_temperature[0]) == -12


def test_a_moment_before_everything_says_when_the_first_became_known(tmp_path):
    store = StoredRuns(tmp_path)
    store.save(run_of(NOON - 6 * HOUR, NOON, -2))
    with pytest.raises(WeatherUnavailable, match="the first became known 2026-01-15 12:00 UTC"):
        store.latest_run(ZAOZHUANG, NOON - 1 * HOUR, NOON, 48)


@pytest.mark.parametrize(
    ("latitude", "longitude", "name"),
    [(-0.0004, 0.0, "0.000_0.000"), (34.86, 117.55, "34.860_117.550"), (-1, 180, "-1.000_180.000")],
)
def test_a_place_has_one_folder(latitude, longitude, name):
    assert place_folder_name(Place(latitude, longitude, "UTC")) == name


def test_a_place_written_with_another_digit_finds_its_past(tmp_path):
    """0.0015° is 170 m: the same grid cell, and 400 days of runs that would be lost."""
    StoredRuns(tmp_path).save(run_of(NOON, NOON, -2))
    for degrees, there in [(0.0, True), (0.0015, True), (-0.0024, True), (0.004, False)]:
        place = Place(34.86 + degrees, 117.55 - degrees, "Asia/Shanghai")
        assert bool(StoredRuns(tmp_path).providers(place)) is there
    old = tmp_path / "x" / "-0.000_-180.000"
    old.mkdir(parents=True)
    (old / "20260115T120000Z_20260115T120000Z_0123456789abcdef.nc").write_bytes(b"")
    assert StoredRuns(tmp_path).providers(Place(0.0, 180.0, "UTC")) == ("x",)


def test_names_of_providers_never_meet_in_one_folder():
    names = ["a b", "a_b", "a/b", "..", "_", "", "和风", "x" * 200, "x" * 201]
    folders = {provider_folder_name(name) for name in names}
    assert len(folders) == len(names)
    assert {"a_b", "_", "和风"} <= folders  # plain ones are as they were
    assert all(len(folder.encode()) < 200 and "/" not in folder for folder in folders)


# ---- damage is told ------------------------------------------------------------------------


def test_damage_is_told_in_the_run_that_serves_instead(tmp_path):
    store = StoredRuns(tmp_path)
    store.save(run_of(NOON - 6 * HOUR, NOON - 6 * HOUR, -1))
    newest = store.save(run_of(NOON, NOON, -2))
    newest.write_bytes(b"")
    told = store.latest_run(ZAOZHUANG, NOON, NOON, 48)
    (note,) = notes_of(told)
    assert (note.code, note.detail) == (NoteCode.STORED_DAMAGED, newest.name)
    assert notes_of(store.latest_run(ZAOZHUANG, NOON, NOON, 48)) == ()  # set aside, told once


def test_damage_is_told_where_nothing_serves(tmp_path):
    store = StoredRuns(tmp_path)
    store.save(run_of(NOON, NOON, -2)).write_bytes(b"")
    with pytest.raises(WeatherUnavailable, match="not readable: 20260115T120000Z_"):
        store.latest_run(ZAOZHUANG, NOON, NOON, 48)


def test_a_file_renamed_by_hand_to_another_issue_time_is_not_believed(tmp_path):
    """Its bytes match the checksum in its name; only the run in it tells that it is an old one."""
    store = StoredRuns(tmp_path)
    old = store.save(run_of(NOON - 24 * HOUR, NOON - 24 * HOUR, -1))
    old.rename(old.with_name(old.name.replace("20260114T", "20260115T")))
    assert cause(store, NOON) is Cause.NOTHING_STORED


def test_a_file_that_may_not_be_read_is_left_and_told(tmp_path):
    store = StoredRuns(tmp_path)
    path = store.save(run_of(NOON, NOON, -2))
    (stored,) = store.runs("open_meteo", ZAOZHUANG, NOON)
    path.unlink()
    path.mkdir()  # reading a folder fails for every user, also for root
    lost = store.load(stored)
    assert lost == NotRead(path, NotReadReason.NO_ACCESS)
    assert path.exists()


def test_a_run_pruned_since_it_was_listed_is_gone_not_damaged(tmp_path):
    store = StoredRuns(tmp_path)
    path = store.save(run_of(NOON, NOON, -2))
    (stored,) = store.runs("open_meteo", ZAOZHUANG, NOON)
    path.unlink()
    assert store.load(stored) == NotRead(path, NotReadReason.GONE)


def test_a_run_whose_file_was_merged_into_an_earlier_fetch_is_found_there(tmp_path):
    store = StoredRuns(tmp_path)
    store.save(run_of(NOON, NOON, -2).assign_attrs(fetched_at=(NOON + HOUR).isoformat()))
    (stored,) = store.runs("open_meteo", ZAOZHUANG, NOON + HOUR)
    store.save(run_of(NOON, NOON, -2))
    back = store.load(stored)
    assert isinstance(back, xr.Dataset)
    assert back.attrs["fetched_at"] == NOON.isoformat()
