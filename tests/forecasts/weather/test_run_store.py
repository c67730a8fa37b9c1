"""The run store: what was known when, damaged files set aside, a disk that does not take it."""

import hashlib
import os
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
import pytest

from forecasts.weather.provider import Cause, Nature, Place, WeatherUnavailable
from forecasts.weather.run import RunInfo, hour_starts, weather_run
from forecasts.weather.run_store import StoredRuns

ZAOZHUANG = Place(34.86, 117.55, "Asia/Shanghai")
NOON = datetime(2026, 1, 15, 12, tzinfo=UTC)
HOUR = timedelta(hours=1)


def run_of(issued: datetime, fetched: datetime, temperature_c: float, hours: int = 240):
    """A run from two days before its fetch on, at one temperature."""
    starts = hour_starts(fetched.replace(minute=0) - 48 * HOUR, hours)
    values = {
        "air_temperature": np.full(hours, temperature_c),
        "wind_speed": np.full(hours, 2.0),
        "global_radiation": np.zeros(hours),
    }
    info = RunInfo("open_meteo", Nature.FORECAST, ZAOZHUANG, fetched, issued, False, 34.9, 117.5)
    return weather_run(starts, values, info)


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
    late = NOON + 49 * HOUR
    assert cause(StoredRuns(tmp_path), late) is Cause.STALE
    patient = StoredRuns(tmp_path, max_age_h=72)
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


def test_a_full_disk_raises_oserror_and_leaves_nothing(tmp_path, monkeypatch):
    def full(_: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(OSError, match="No space"):
        StoredRuns(tmp_path).save(run_of(NOON, NOON, -2))
    assert [path for path in Path(tmp_path).rglob("*") if path.is_file()] == []


def test_a_provider_name_cannot_leave_the_folder(tmp_path):
    run = run_of(NOON, NOON, -2).assign_attrs(provider="../../etc/weather")
    path = StoredRuns(tmp_path / "store").save(run)
    assert path.resolve().is_relative_to((tmp_path / "store").resolve())
