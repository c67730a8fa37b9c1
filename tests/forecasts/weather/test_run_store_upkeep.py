"""Pruning by age, number and size, and the look over a whole store."""

import os
from datetime import timedelta

import pytest
from stored_runs import HOUR, NOON, ZAOZHUANG, ensemble_of, run_of

from forecasts.weather.run_store import StoredRuns
from forecasts.weather.run_store_upkeep import Keeping, prune, verify_store

DAY = timedelta(days=1)


def ages_days(store: StoredRuns, provider: str = "open_meteo") -> list[float]:
    return [(NOON - it.issue_time) / DAY for it in store.runs(provider, ZAOZHUANG, NOON)]


def filled(store: StoredRuns, *days: float) -> StoredRuns:
    for age in days:
        store.save(run_of(NOON - age * DAY, NOON - age * DAY, -1, hours=75))
    return store


def test_runs_older_than_is_kept_go(tmp_path):
    store = filled(StoredRuns(tmp_path), 401, 400, 100, 0)
    pruned = prune(tmp_path, NOON + HOUR)
    assert ages_days(store) == [400, 100, 0]
    assert (pruned.removed, pruned.failed) == (1, 0)
    assert pruned.kept_bytes == verify_store(tmp_path, NOON).size_bytes
    assert pruned.removed_bytes == pytest.approx(pruned.kept_bytes / 3, rel=0.05)


def test_a_clock_years_ahead_does_not_cost_the_past(tmp_path):
    """Counted from the clock, every run but the last would go, and with it what was learned."""
    store = filled(StoredRuns(tmp_path), 300, 1, 0)
    assert prune(tmp_path, NOON + 2000 * DAY).removed == 0
    assert prune(tmp_path, NOON - 2000 * DAY).removed == 0  # a clock behind: nothing is known
    assert ages_days(store) == [300, 1, 0]


def test_after_a_month_the_first_fetch_of_each_run_stays(tmp_path):
    store = filled(StoredRuns(tmp_path), 40, 10, 0)
    for age in (40, 10):
        issued = NOON - age * DAY
        store.save(run_of(issued, issued + 5 * HOUR, -2, hours=75))
    assert ages_days(store) == [40, 40, 10, 10, 0]
    prune(tmp_path, NOON)
    assert ages_days(store) == [40, 10, 10, 0]
    first = next(store.runs("open_meteo", ZAOZHUANG, NOON))
    assert first.fetched_at == first.issue_time


def test_after_a_month_one_ensemble_a_day_stays(tmp_path):
    store = filled(StoredRuns(tmp_path), 40, 39.75, 0)
    for age in (40.5, 40.25, 40, 39.75, 1, 0.75):  # 40.5 days before noon is midnight UTC
        issued = NOON - age * DAY
        store.save(ensemble_of(issued, issued, hours=75))
    prune(tmp_path, NOON, Keeping(large_bytes=10_000_000))
    assert len(ages_days(store, "ensemble")) == 6
    size = next(store.runs("ensemble", ZAOZHUANG, NOON)).path.stat().st_size
    prune(tmp_path, NOON, Keeping(large_bytes=size - 2000))
    assert ages_days(store, "ensemble") == [40.5, 1, 0.75]
    assert ages_days(store) == [40, 39.75, 0]  # a single run is smaller, and stays


def test_beyond_the_size_of_the_store_the_oldest_go_but_not_the_last_days(tmp_path):
    store = filled(StoredRuns(tmp_path), 20, 10, 5, 2, 0)
    size = verify_store(tmp_path, NOON).size_bytes / 5
    prune(tmp_path, NOON, Keeping(max_bytes=int(3.5 * size)))
    assert ages_days(store) == [5, 2, 0]
    prune(tmp_path, NOON, Keeping(max_bytes=0))
    assert ages_days(store) == [2, 0]


def test_damaged_files_go_with_their_age_and_strange_ones_never(tmp_path):
    store = filled(StoredRuns(tmp_path), 500, 3, 0)
    for stored in [*store.runs("open_meteo", ZAOZHUANG, NOON)][:2]:
        stored.path.write_bytes(b"")
        store.load(stored)
    folder = stored.path.parent
    (folder / "notes.nc").write_bytes(b"of a person")
    assert len(list(folder.glob("*.damaged"))) == 2
    prune(tmp_path, NOON)
    assert len(list(folder.glob("*.damaged"))) == 1
    assert (folder / "notes.nc").exists()


def test_an_empty_missing_or_strange_folder_is_sound_and_prunes_to_nothing(tmp_path):
    (tmp_path / "file").write_text("no folder")
    for folder in (tmp_path, tmp_path / "none", tmp_path / "file"):
        assert prune(folder, NOON).removed == 0
        report = verify_store(folder, NOON)
        assert (report.files, report.sound) == (0, True)


def test_the_look_over_a_store_tells_all_and_changes_nothing(tmp_path):
    store = filled(StoredRuns(tmp_path), 3, 2, 1)
    store.save(ensemble_of(NOON - DAY, NOON - DAY + 5 * HOUR, hours=100))
    store.save(run_of(NOON + DAY, NOON + DAY, -1))
    first, second, *_ = store.runs("open_meteo", ZAOZHUANG, NOON)
    first.path.write_bytes(first.path.read_bytes()[:-1])
    second.path.rename(second.path.with_name(second.path.name + ".damaged"))
    (first.path.parent / ".aside_1.tmp").write_bytes(b"")
    (tmp_path / "README").write_bytes(b"")
    before = sorted(os.walk(tmp_path))
    report = verify_store(tmp_path, NOON)
    assert sorted(os.walk(tmp_path)) == before
    assert (report.files, report.sound) == (4, False)
    ensemble, single = report.kept
    assert (ensemble.provider, ensemble.place, ensemble.files) == ("ensemble", "34.860_117.550", 1)
    assert ensemble.last_fetched_at == NOON - DAY + 5 * HOUR
    assert (single.first_issue, single.last_issue) == (NOON - 3 * DAY, NOON + DAY)
    assert [it.path for it in report.unreadable] == [first.path]
    assert [path.name for path in report.set_aside] == [second.path.name + ".damaged"]
    assert [path.name for path in report.left_over] == [".aside_1.tmp"]
    assert [path.name for path in report.not_ours] == ["README"]
    assert len(report.from_future) == 1
