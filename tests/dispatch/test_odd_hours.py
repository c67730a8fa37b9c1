"""Runs at the odd hours of clocks, in odd zones, in steps that change, and two at once.

A sample of `bench/odd_hours_soak.py`, a day ahead in the climate's weather.
"""

import subprocess
import sys
from dataclasses import replace
from datetime import datetime
from pathlib import Path

from bench.odd_hours_soak import seam_k
from dispatch.daily import DailyResult, run_daily
from dispatch.daily_request import DailyRequest, Stage
from dispatch.plan import StartOrigin
from dispatch.verify import verify_run
from tests.daily_runs import ONE_DAY, REPOSITORY, SPARE_PLATES, TWO_DAYS, published
from tests.small_case import text, write_small_case

MORNING = "2026-01-15T05:30:00+08:00"


def town(folder: Path, *edits) -> DailyRequest:
    case = write_small_case(folder / "town", *SPARE_PLATES, TWO_DAYS, ONE_DAY, *edits)
    now = datetime.fromisoformat(MORNING)
    runs, store = folder / "runs", folder / "store"
    return DailyRequest(case, now, runs, store, paths=100, offline=True)


def made(request: DailyRequest, now: str, **asked) -> DailyResult:
    result = run_daily(replace(request, now=datetime.fromisoformat(now), **asked), lambda _: None)
    assert result.plan.rung.is_new_plan
    assert verify_run(result.folder).passed
    return result


def test_the_day_on_which_clocks_go_back_is_ordered_whole(tmp_path):
    """25 h in Berlin; 02:30 comes twice, and the second plan is not to be taken for the first."""
    in_berlin = text("case.toml", "Asia/Shanghai", "Europe/Berlin")
    request = town(tmp_path, in_berlin, text("case.toml", '"11-15"', '"10-01"'))
    order = made(request, "2026-10-24T15:00:00+02:00", stage=Stage.ORDER)
    rows = published(order).table("heat_order.csv")
    one = rows[rows["source_id"] == rows["source_id"][0]]
    hours = (one["valid_to"] - one["valid_from"]).dt.total_seconds() / 3600.0
    assert hours.tolist() == [5.0, 4.0, 4.0, 4.0, 4.0, 4.0]
    second = made(request, "2026-10-25T02:30:00+01:00")
    assert second.plan.plan_id == "small-20261025T0230b"
    assert second.folder.name == "2026-10-25T0230+0100"


def test_a_city_half_an_hour_off_is_planned(tmp_path):
    request = town(tmp_path, text("case.toml", "Asia/Shanghai", "Asia/Tehran"))
    result = made(request, "2026-01-15T05:40:00+03:30")
    starts = published(result).table("setpoints_sources.csv")["valid_from"]
    local = starts.dt.tz_convert("Asia/Tehran")
    assert set(local.dt.minute) == {30}


def test_steps_may_become_quarters_between_two_mornings(tmp_path):
    """Rooms go on from what the hourly plan expected, whose hour moves them by some 0.2 K."""
    request = town(tmp_path)
    before = made(request, MORNING)
    text("case.toml", "step_min = 60", "step_min = 15")(request.case_folder)
    after = made(request, "2026-01-15T10:10:00+08:00")
    assert after.plan.schedule.attrs["step_h"] == 0.25
    assert isinstance(after.plan.start, StartOrigin)
    assert after.plan.start.from_plan == before.plan.plan_id
    assert seam_k(before.plan.schedule, after.plan.schedule) < 0.15


def test_two_runs_started_at_once_are_two_whole_runs(tmp_path):
    request = town(tmp_path)
    places = ["--runs", str(request.runs_folder), "--store", str(request.store_folder)]
    words = ["daily", str(request.case_folder), "--now", MORNING, *places]
    command = [sys.executable, "-m", "scenarios.cli", *words]
    both = [
        subprocess.Popen(command, cwd=REPOSITORY, stderr=subprocess.PIPE, text=True)
        for _ in range(2)
    ]
    said = [one.communicate(timeout=300)[1] for one in both]
    assert [one.returncode for one in both] == [10, 10], said
    assert sum("waiting for it" in one for one in said) == 1
    runs = sorted((request.runs_folder / "small").glob("2026*"))
    assert [one.name for one in runs] == ["2026-01-15T0530+0800", "2026-01-15T0530+0800-v2"]
    assert all(verify_run(one).passed for one in runs)
    assert (request.runs_folder / "small" / "latest").resolve() == runs[1]
