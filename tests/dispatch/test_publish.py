"""A run is published whole or not at all, says the same as its schedule, and never changes."""

import csv
import errno
import hashlib
import itertools
import json
import os
import shutil
import signal
import subprocess
import sys
from collections import defaultdict
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import xarray as xr
from example_plan import example_plan, example_schedule

from dispatch import atomic
from dispatch.fallback_curves import curve_id_of
from dispatch.latest_run import latest_run
from dispatch.plan import Plan
from dispatch.plan_netcdf import to_netcdf
from dispatch.plan_reader import read_plan
from dispatch.publish import PublishFailed, publish
from dispatch.run_archive import to_json
from dispatch.run_tables import number
from dispatch.text_cells import word

LOG = {"timings_s": {"solve": 1.5}, "clock": "2026-01-15T05:31:00+08:00", "lines": ["solved"]}
INPUTS = {"case.toml": "ab" * 32}
FILES = {
    "setpoints_sources.csv",
    "setpoints_stations.csv",
    "fallback_curves.csv",
    "heat_order.csv",
    "shadow_prices.csv",
    "fuel_outlook.csv",
    "plan.nc",
    "state.json",
    "summary.json",
    "dispatch_sheet.xlsx",
    "report.html",
    "manifest.json",
    "run_log.json",
}


def rows_of(folder: Path, name: str) -> list[dict[str, str]]:
    with (folder / name).open(encoding="utf-8", newline="") as stream:
        return list(csv.DictReader(stream))


def visible(case_folder: Path) -> set[str]:
    return {path.name for path in case_folder.iterdir() if path.name != ".lock"}


def contents(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir()}


@pytest.fixture(scope="module")
def published(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The example plan as a run folder, to be read only."""
    return publish(example_plan(), tmp_path_factory.mktemp("runs"), LOG, INPUTS)


@pytest.fixture
def first(published: Path, tmp_path: Path) -> Path:
    """A runs folder of one's own, `tmp_path`, with that run in it."""
    shutil.copytree(published.parent, tmp_path / "example", symlinks=True)
    return tmp_path / "example" / published.name


# ---- the folder ----------------------------------------------------------------------------


def test_a_run_is_a_folder_named_for_its_local_issue_time(plan: Plan, tmp_path: Path):
    folder = publish(plan, tmp_path, LOG, INPUTS)
    assert folder == tmp_path / "example" / "2026-01-15T0530+0800"
    assert set(contents(folder)) == FILES
    assert visible(folder.parent) == {folder.name, "latest"}
    link = folder.parent / "latest"
    assert link.readlink() == Path(folder.name)  # relative: the runs folder may be moved
    assert latest_run(tmp_path, "example") == folder.resolve()


def test_a_second_run_of_the_same_issue_time_is_a_new_version(
    plan: Plan, first: Path, tmp_path: Path
):
    before = contents(first)
    second = publish(plan, tmp_path, LOG, INPUTS)
    third = publish(plan, tmp_path, LOG, INPUTS)
    assert second.name == f"{first.name}-v2"
    assert third.name == f"{first.name}-v3"
    assert contents(first) == before
    assert {row["version"] for row in rows_of(second, "setpoints_stations.csv")} == {"2"}
    assert json.loads((third / "summary.json").read_text())["plan_version"] == 3
    assert latest_run(tmp_path, "example") == third.resolve()


def test_the_same_plan_gives_the_same_bytes(plan: Plan, tmp_path: Path):
    """Clocks and timings are allowed to differ, in run_log.json, which the manifest leaves out."""
    one = publish(plan, tmp_path / "one", LOG, INPUTS)
    two = publish(plan, tmp_path / "two", {"timings_s": {"solve": 9.0}}, INPUTS)
    differing = {name for name, content in contents(one).items() if contents(two)[name] != content}
    assert differing == {"run_log.json"}


def test_the_manifest_hashes_every_other_file(published: Path):
    manifest = json.loads((published / "manifest.json").read_text())
    hashes = {
        name: hashlib.sha256(content).hexdigest()
        for name, content in contents(published).items()
        if name not in ("manifest.json", "run_log.json")
    }
    assert manifest["outputs"] == hashes
    assert manifest["inputs"] == INPUTS
    assert manifest["versions"]["packages"]["numpy"]


# ---- what goes wrong -----------------------------------------------------------------------


@pytest.mark.parametrize("fails_at", range(1, len(FILES) + 1))
def test_a_full_disk_leaves_the_last_run(
    plan: Plan, first: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, fails_at: int
):
    written = 0
    write = atomic.write_synced

    def full(path: Path, content: bytes) -> None:
        nonlocal written
        written += 1
        if written == fails_at:
            path.write_bytes(content[: len(content) // 2])
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        write(path, content)

    monkeypatch.setattr(atomic, "write_synced", full)
    with pytest.raises(PublishFailed, match=r"No space left.*untouched"):
        publish(plan, tmp_path, LOG, INPUTS)
    assert latest_run(tmp_path, "example") == first.resolve()
    assert visible(first.parent) == {first.name, "latest"}


def test_a_runs_folder_that_cannot_be_made_is_said(plan: Plan, tmp_path: Path):
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(PublishFailed, match="Not a directory"):
        publish(plan, tmp_path / "file", LOG, INPUTS)


KILLED_WHILE_WRITING = """
import os, signal, sys
sys.path[:0] = [{root!r}]
from pathlib import Path
from dispatch import atomic
write = atomic.write_synced
def killed(path, content):
    if path.name == "summary.json":
        os.kill(os.getpid(), signal.SIGKILL)
    write(path, content)
atomic.write_synced = killed
with atomic.one_writer(Path({runs!r})):
    atomic.write_folder(Path({runs!r}, "next"), {{name: b"whole" for name in {files!r}}})
"""


def test_killed_while_writing_leaves_the_last_run_and_is_cleaned_a_day_later(
    plan: Plan, first: Path, tmp_path: Path
):
    """Killed is what `publish` calls to write; the whole command in `test_daily_command.py`."""
    script = KILLED_WHILE_WRITING.format(
        root=str(Path(__file__).parents[2]), runs=str(first.parent), files=sorted(FILES)
    )
    ended = subprocess.run([sys.executable, "-c", script], check=False)
    assert ended.returncode == -signal.SIGKILL
    assert latest_run(tmp_path, "example") == first.resolve()
    (left,) = first.parent.glob(f"{atomic.ASIDE_PREFIX}*")

    second = publish(plan, tmp_path, LOG, INPUTS)  # the lock of the dead process is gone
    assert second.name == f"{first.name}-v2"
    assert left.exists()  # might be another machine's run, still going
    two_days_ago = left.stat().st_mtime - 2 * 24 * 3600
    os.utime(left, (two_days_ago, two_days_ago))
    publish(plan, tmp_path, LOG, INPUTS)
    assert not left.exists()


def test_without_symbolic_links_latest_is_a_text_file(
    plan: Plan, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    def refuse(*_args: object, **_options: object) -> None:
        raise OSError(errno.EPERM, os.strerror(errno.EPERM))

    monkeypatch.setattr(Path, "symlink_to", refuse)
    publish(plan, tmp_path, LOG, INPUTS)
    second = publish(plan, tmp_path, LOG, INPUTS)
    text = (tmp_path / "example" / "latest.txt").read_text()
    assert text == f"{second.name}\n"
    assert latest_run(tmp_path, "example") == second.resolve()


def test_before_the_first_run_there_is_no_latest(tmp_path: Path):
    assert latest_run(tmp_path, "example") is None


# ---- setpoints_sources.csv -----------------------------------------------------------------


def test_source_setpoints_carry_the_energy_of_the_steps(published: Path):
    """A1: 60 + 62 MWh in the first two hours, then 40 h at 60 MW; a plain mean of 4 h would
    book 62 or 121 MWh for the short first block.
    """
    energy_mwh: dict[str, float] = defaultdict(float)
    for row in rows_of(published, "setpoints_sources.csv"):
        hours = pd.Timestamp(row["valid_to"]) - pd.Timestamp(row["valid_from"])
        energy_mwh[row["source_id"]] += float(row["heat_mw"]) * hours.total_seconds() / 3600
    assert energy_mwh == pytest.approx({"A1": 122 + 40 * 60, "B1": 42 * 40, "B2": 0})


def test_source_rows_by_hand(published: Path):
    """B1 in a 4-h block: 40 MW · 4 h · 1.25 = 200 MWh of fuel, over 5.815 MWh/t = 34.39 t."""
    rows = rows_of(published, "setpoints_sources.csv")
    assert ",".join(rows[0]) == (
        "plan_id,version,issued_at,valid_from,valid_to,source_id,heat_mw,share,supply_temp_c,"
        "return_temp_c,flow_tph,units_on,fuel_t,fuel_for_heat_t,fuel_accounting_t,fuel_marginal_t,"
        "power_mw,reason"
    )
    first_a1, second_b1, any_b2 = (
        next(row for row in rows if row["source_id"] == source and row["valid_from"] >= since)
        for source, since in (("A1", ""), ("B1", "2026-01-15T08"), ("B2", ""))
    )
    assert first_a1["issued_at"] == "2026-01-15T05:30:00+08:00"
    assert first_a1["valid_from"] == "2026-01-15T06:00:00+08:00"
    assert first_a1["valid_to"] == "2026-01-15T08:00:00+08:00"
    assert first_a1["heat_mw"] == "61.00"
    assert first_a1["share"] == "0.6040"  # 61 / 101
    assert second_b1["fuel_t"] == "34.39"
    assert second_b1["fuel_accounting_t"] == "34.39"
    assert second_b1["fuel_marginal_t"] == "33.57"  # 40 MW · 4 h · 1.22 over 5.815
    assert second_b1["share"] == "0.4000"
    assert second_b1["units_on"] == "1"  # 0.6 of a unit is a unit that is lit
    assert second_b1["reason"] == "at maximum"
    assert second_b1["flow_tph"] == "800.0"
    assert (any_b2["reason"], any_b2["fuel_t"], any_b2["flow_tph"]) == ("off", "", "0.0")


def test_fuel_of_a_start_counts_in_the_block_it_falls_in(plan: Plan, tmp_path: Path):
    """A start of 11.63 MWh at 10:00 is 2 t more in B1's block from 8 to 12: 36.39 t, not 34.39."""
    schedule = plan.schedule.copy(deep=True)
    schedule["source_start_fuel"][1] = 11.63
    schedule["source_started"][1, 4] = 1.0
    rows = rows_of(
        publish(replace(plan, schedule=schedule), tmp_path, LOG, INPUTS), "setpoints_sources.csv"
    )
    burnt = [row["fuel_t"] for row in rows if row["source_id"] == "B1"]
    assert burnt[:3] == ["17.20", "36.39", "34.39"]


def test_what_holds_a_source_is_said_in_words(plan: Plan, tmp_path: Path):
    """The schedule's `source_why` in the words of the catalogue, block by block."""
    why = plan.schedule["source_why"].values.astype(object)
    why[0] = "held_by_share"
    schedule = plan.schedule.assign(source_why=(("source", "block"), why.astype(str)))
    folder = publish(replace(plan, schedule=schedule), tmp_path, LOG, INPUTS)
    reasons = {
        row["reason"]
        for row in rows_of(folder, "setpoints_sources.csv")
        if row["source_id"] == "A1"
    }
    assert reasons == {"held by share"}


def test_station_rows_by_hand(published: Path):
    """S2: 1 500 kW · 4 h = 6 MWh = 21.6 GJ; group 2 moves an hour after the block."""
    rows = rows_of(published, "setpoints_stations.csv")
    assert ",".join(rows[0]) == (
        "plan_id,version,issued_at,valid_from,valid_to,zone_id,station_id,loop,controllable,"
        "heat_kw,heat_quota_gj,secondary_supply_c,secondary_supply_min_c,secondary_supply_max_c,"
        "secondary_return_c,secondary_mean_c,primary_flow_tph,max_step_k,indoor_expected_c,reason,"
        "fallback_curve"
    )
    s2 = [row for row in rows if row["station_id"] == "S2"]
    assert s2[1]["valid_from"] == "2026-01-15T09:00:00+08:00"
    assert s2[1]["valid_to"] == "2026-01-15T13:00:00+08:00"
    assert all(one["valid_to"] == two["valid_from"] for one, two in itertools.pairwise(s2))
    assert s2[1]["heat_quota_gj"] == "21.600"
    assert s2[0]["heat_quota_gj"] == "10.800"  # the first block is two hours
    assert s2[1]["secondary_mean_c"] == "65.0"
    assert s2[1]["reason"] == "at maximum"
    assert s2[1]["max_step_k"] == "2.0"
    s3 = [row for row in rows if row["station_id"] == "S3"]
    assert {row["controllable"] for row in s3} == {"0"}
    assert s3[0]["secondary_supply_c"] == "46.3"  # advice, not on the grid of setpoints
    assert "advice" in s3[0]["reason"]


def test_an_office_says_when_it_is_set_back_and_when_it_warms_up(plan: Plan, tmp_path: Path):
    """S1 is empty until 16:00: rooms fall in its first block, rise in the next two, and in the
    one after that people are in. S2 is at its maximum all the time.
    """
    schedule = plan.schedule.copy(deep=True)
    schedule["station_floor"][0, :10] = 12.0
    schedule["station_indoor"][0, :10] = [15, 14.5, 14.5, 15, 15.5, 16, 16, 17, 18, 19]
    schedule["station_step_limit"][0] = 40.0
    folder = publish(replace(plan, schedule=schedule), tmp_path, LOG, INPUTS)
    rows = rows_of(folder, "setpoints_stations.csv")
    s1, s2 = ([row for row in rows if row["station_id"] == name] for name in ("S1", "S2"))
    assert [row["reason"] for row in s1[:4]] == [
        "set back: nobody is in",
        "warms up before people come",
        "warms up before people come",
        "follows weather",
    ]
    assert {row["max_step_k"] for row in s1} == {"40.0"}
    assert s2[0]["reason"] == "at maximum"


def test_a_station_names_its_fallback_curve(plan: Plan, published: Path):
    curves = {row["fallback_curve"] for row in rows_of(published, "setpoints_stations.csv")}
    assert curves == {curve_id_of(plan.case.stations[0])}  # all three loops are alike


# ---- the other files -----------------------------------------------------------------------


def test_the_heat_order_is_the_next_local_day(published: Path):
    """B1: 40 MW for 24 h = 960 MWh = 3 456 GJ, in six blocks from midnight to midnight."""
    b1 = [row for row in rows_of(published, "heat_order.csv") if row["source_id"] == "B1"]
    assert b1[0]["valid_from"] == "2026-01-16T00:00:00+08:00"
    assert b1[-1]["valid_to"] == "2026-01-17T00:00:00+08:00"
    assert len(b1) == 6
    assert sum(float(row["heat_gj"]) for row in b1) == pytest.approx(3_456)
    assert {row["tolerance"] for row in b1} == {"0.050"}


def test_tables_are_plain_and_harmless_to_a_spreadsheet(published: Path):
    for name in FILES:
        if name.endswith(".csv"):
            content = (published / name).read_bytes()
            assert not content.startswith(b"\xef\xbb\xbf")
            assert b"\r" not in content
            assert content.endswith(b"\n")
    outlook = rows_of(published, "fuel_outlook.csv")
    assert outlook[0]["stock_p50_t"] == "4500.123"
    assert outlook[1] == {"yard_id": "'=cmd()", "date": "2026-01-16", "stock_p50_t": ""}
    assert rows_of(published, "fallback_curves.csv")[0]["outdoor_c"] == "-5"


def test_the_summary_by_hand(published: Path):
    """Burn of yard A: 2 522 MWh · 2 / 5.815 = 867.4 t in 42 h, 495.7 t/d; usable 4 800 t: 9.7 d."""
    summary = json.loads((published / "summary.json").read_text())
    assert (summary["schema"], summary["version"]) == ("heat-dispatch/summary", 1)
    assert summary["quality"] == "amber"
    assert summary["reasons"] == [{"key": "run.why_off", "text": "off", "values": {}}]
    assert summary["forecast"]["provider"] == "climate"
    assert summary["outdoor"] == {"min_c": -6.0, "mean_c": -3.0, "max_c": 0.0}
    assert summary["cost_yuan"] == 1034.57
    assert summary["cost_terms_yuan"]["fuel"] == 1234.57
    assert summary["cost_terms_yuan"]["power_credit"] == -200.0
    assert summary["coldest_commanded"]["station"] == "S2.L1"
    assert summary["coldest_commanded"]["indoor_c"] == 18.9
    assert summary["coldest_commanded"]["at"] == "2026-01-15T12:00:00+08:00"  # end of the 6th hour
    assert summary["coldest_third_party"]["indoor_c"] == 17.6
    a, b = summary["plants"]
    assert (a["energy_mwh"], b["energy_mwh"]) == (2_522.0, 1_680.0)
    assert a["share"] == pytest.approx(2_522 / 4_202, abs=1e-4)
    yard = summary["yards"][0]
    assert yard["burn_t_per_day"] == pytest.approx(495.7, abs=0.1)
    assert yard["days_of_cover"] == 9.7


def test_plan_nc_is_the_schedule(plan: Plan, published: Path):
    """To any reader of netCDF-4, and to our own quick one."""
    path = published / "plan.nc"
    with xr.open_dataset(path, engine="h5netcdf") as read:
        xr.testing.assert_identical(read.load(), plan.schedule)
    xr.testing.assert_identical(read_plan(path), plan.schedule)


def test_any_kind_of_number_and_text_comes_back(tmp_path: Path):
    """Also what schedules rarely hold: no entries, yes and no, no moment, Chinese, and a
    coordinate on two dimensions.
    """
    moments = np.array(["2026-01-01T00", "NaT", "2026-01-02T05"], "datetime64[ns]")
    odd = xr.Dataset(
        {
            "nothing": (("time", "event"), np.empty((3, 0))),
            "no_names": ("event", np.empty(0, str)),
            "alone": ((), 1.5),
            "name": ((), "枣庄"),
            "on": ("time", np.array([True, False, True])),
            "gaps": ("time", np.array([1.0, np.nan, -np.inf])),
            "count": ("time", np.arange(3, dtype=np.int32), {"flag_values": np.arange(2)}),
            "moment": ("time", moments),
        },
        {"time": pd.date_range("2026-01-01", periods=3), "place": (("time", "end"), np.eye(3, 2))},
        {"title": "plan of 枣庄", "gap": 5e-4},
    )
    path = tmp_path / "odd.nc"
    path.write_bytes(to_netcdf(odd))
    for read in (xr.load_dataset(path, engine="h5netcdf"), read_plan(path)):
        xr.testing.assert_identical(read, odd)
        assert [read[name].dtype.kind for name in ("on", "gaps", "count", "moment")] == [*"bfiM"]


DIRTY_MEMORY_HASH = """
import hashlib, os, sys
sys.path[:0] = [{tests!r}, {root!r}]
junk = [os.urandom(100_000) for _ in range(200)]
del junk
from example_plan import example_plan, example_schedule
from dispatch.plan_netcdf import to_netcdf
print(hashlib.sha256(to_netcdf(example_schedule())).hexdigest())
"""


def test_plan_nc_has_the_same_bytes_in_another_process():
    """Other hash seed, other memory: neither may leak into the file."""
    tests = Path(__file__).parents[1]
    hashes = {hashlib.sha256(to_netcdf(example_schedule())).hexdigest()}
    script = DIRTY_MEMORY_HASH.format(tests=str(tests), root=str(tests.parent))
    ended = subprocess.run(
        [sys.executable, "-c", script],
        check=True,
        capture_output=True,
        text=True,
        env=os.environ | {"PYTHONHASHSEED": "200"},
    )
    hashes.add(ended.stdout.strip())
    assert len(hashes) == 1


def test_attributes_that_netcdf_cannot_hold_are_made_plain():
    schedule = example_schedule()
    schedule.attrs |= {"proven": True, "nothing": None, "places": {"b": 1, "a": float("nan")}}
    to_netcdf(schedule)
    assert schedule.attrs["proven"] is True  # the caller's Dataset is not touched


def test_json_has_no_number_that_is_none():
    text = to_json({"b": float("inf"), "a": [float("nan"), 1.5], "c": {"枣庄": True}}).decode()
    expected = (
        '{\n  "a": [\n    null,\n    1.5\n  ],\n  "b": null,\n  "c": {\n    "枣庄": true\n  }\n}\n'
    )
    assert text == expected


@pytest.mark.parametrize(
    ("value", "text"),
    [(1.005, "1.00"), (-0.001, "0.00"), (-1.5, "-1.50"), (float("nan"), ""), (1e7, "10000000.00")],
)
def test_numbers_are_plain(value: float, text: str):
    assert number(value, 2) == text


@pytest.mark.parametrize("start", ["=", "+", "-", "@", "\t"])
def test_texts_that_a_spreadsheet_would_run_are_quoted(start: str):
    assert word(f"{start}1") == f"'{start}1"
    assert word("S-1") == "S-1"
