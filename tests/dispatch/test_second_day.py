"""A run continues the last one: rooms, pipes, sources, coal and setpoints, without a jump."""

import shutil
from datetime import datetime, timedelta
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import xarray as xr

from tests.daily_runs import (
    EVENING,
    MILD,
    NEXT_EVENING,
    PublishedRun,
    ZaozhuangRuns,
    assert_setpoints_gentle,
    assert_usable,
    plan_small,
)
from tests.small_case import cell, text

HOUR = timedelta(hours=1)


def at(schedule: xr.Dataset, moment: np.datetime64) -> int:
    """Step that begins at `moment`."""
    return int(np.flatnonzero(schedule["time"].values == moment)[0])


def assert_continues(old: PublishedRun, new: PublishedRun) -> None:
    """The new plan starts where the old one said it would, whatever it does from there on."""
    before, after = old.schedule, new.schedule
    step = at(before, after["time"].values[0])
    assert after["station_indoor_before"].values == pytest.approx(
        before["station_indoor"].values[:, step - 1], abs=1e-5
    )
    assert after["yard_stock_before"].values == pytest.approx(
        before["yard_stock"].values[:, step - 1], abs=1e-4
    )
    assert after["source_heat_before"].values == pytest.approx(
        before["source_heat"].values[:, step - 1], abs=1e-5
    )
    ramp = after["source_ramp"].values * float(after.attrs["step_h"])
    jump = np.abs(after["source_heat"].values[:, 0] - after["source_heat_before"].values)
    assert (jump <= ramp + 1e-6).all()
    assert_pipes_continue(before, after, step)
    assert_setpoints_continue(before, after)
    assert "daily.state_from_last" in new.note_keys


def assert_pipes_continue(before: xr.Dataset, after: xr.Dataset, step: int) -> None:
    """What is in a main at the seam is what the old plan had sent by then and not yet delivered;
    it arrives hour by hour as that plan said, and what leaves now arrives when it said.
    """
    step_h = float(after.attrs["step_h"])
    for link in after["link"].values:
        old, new = before.sel(link=link), after.sel(link=link)
        sent, arrival = old["link_sent"].values, old["link_arrival"].values
        content = float(old["link_arrival_stored"].sum())
        content += (sent[:step] - arrival[:step]).sum() * step_h
        stored = new["link_arrival_stored"].values
        assert stored.sum() == pytest.approx(content, abs=1e-9), link
        delay_h = float(old["link_delay"].values[step])
        assert float(new["link_delay"].values[0]) == pytest.approx(delay_h, abs=1e-9), link
        whole = int(delay_h / step_h)
        assert stored[:whole] == pytest.approx(arrival[step : step + whole] * step_h, abs=1e-9)


def assert_setpoints_continue(before: xr.Dataset, after: xr.Dataset) -> None:
    """First setpoints within the limits of a block and of a day of what the old plan set."""
    ours = after["station_controllable"].values > 0
    start = after["block_start"].values[0]
    old_starts = before["block_start"].values
    running = int(np.searchsorted(old_starts, after["time"].values[0], side="left")) - 1
    for name, rows, step_k, day_k in (
        ("station_supply", ours, "secondary_step_k", "secondary_day_k"),
        ("plant_supply_temp", slice(None), "supply_step_k", "supply_day_k"),
    ):
        old, new = before[name].values[rows], after[name].values[rows]
        first = np.abs(new[:, 0] - old[:, running])
        assert first.max() <= float(after.attrs[step_k]) + 1e-6, name
        for k, moment in enumerate(after["block_start"].values):
            day_before = np.flatnonzero(old_starts == moment - np.timedelta64(24, "h"))
            if moment < start + np.timedelta64(24, "h") and day_before.size:
                change = np.abs(new[:, k] - old[:, day_before[0]])
                assert change.max() <= float(after.attrs[day_k]) + 1e-6, (name, k)


# ---- the reference case --------------------------------------------------------------------


def test_zaozhuang_goes_on_without_a_jump(zaozhuang_runs: ZaozhuangRuns):
    assert_continues(zaozhuang_runs.first_day, zaozhuang_runs.second_day)


def test_under_the_same_weather_the_second_plan_confirms_the_first(zaozhuang_runs: ZaozhuangRuns):
    """No flip-flop: of the hours both hold, the mean setpoint moves by less than one step."""
    before = zaozhuang_runs.first_day.schedule
    after = zaozhuang_runs.second_day.schedule
    both = np.intersect1d(before["block_start"].values, after["block_start"].values)[:6]
    ours = after["station_controllable"].values > 0
    old, new = (
        plan["station_supply"].values[ours][:, np.isin(plan["block_start"].values, both)]
        for plan in (before, after)
    )
    assert np.abs(new - old).mean() <= 0.5
    assert zaozhuang_runs.second_day.summary["changes"]


# ---- the small case ------------------------------------------------------------------------


@pytest.fixture(scope="module")
def next_day(tmp_path_factory: pytest.TempPathFactory, small_green: PublishedRun) -> PublishedRun:
    folder = tmp_path_factory.mktemp("next_day")
    runs = shutil.copytree(small_green.folder.parents[1], folder / "runs", symlinks=True)
    return plan_small(folder, now=NEXT_EVENING, runs=runs)


def test_the_next_day_goes_on_without_a_jump(next_day: PublishedRun, small_green: PublishedRun):
    assert_usable(next_day)
    assert_setpoints_gentle(next_day)
    assert_continues(small_green, next_day)
    assert next_day.quality == "green"


def test_an_hour_later_the_running_block_stays(
    tmp_path: Path, small_runs: Path, small_green: PublishedRun
):
    """An hourly re-plan does not move the grid: setpoints and heat of the running block hold."""
    run = plan_small(tmp_path, now=EVENING + HOUR, runs=small_runs)
    assert_usable(run)
    ours = run.schedule["station_controllable"].values > 0
    old, new = small_green.schedule, run.schedule
    assert new["time"].values[0] == old["time"].values[1]
    assert new["block_end"].values[0] == old["block_end"].values[0]
    assert (new["block_end"].values[:-1] == old["block_end"].values[: new.sizes["block"] - 1]).all()
    assert new["station_supply"].values[ours, 0] == pytest.approx(
        old["station_supply"].values[ours, 0]
    )
    assert new["station_heat"].values[ours, 0] == pytest.approx(
        old["station_heat"].values[ours, 0],
        rel=0.01,  # the same water in rooms a little further on
    )
    first = run.table("setpoints_sources.csv").iloc[0]
    assert first["valid_to"] - first["valid_from"] == pd.Timedelta(hours=3)


def test_a_new_stock_in_the_file_wins_over_the_reckoned_one(
    tmp_path: Path, small_runs: Path, small_green: PublishedRun
):
    """The yard was surveyed: 5 500 t instead of what is left of 6 000 t."""
    surveyed = cell("yards.csv", 2, "stock_t", "5500")
    run = plan_small(tmp_path, surveyed, now=NEXT_EVENING, runs=small_runs)
    before = run.schedule["yard_stock_before"]
    assert float(before.sel(yard="yard_a")) == pytest.approx(5500)
    reckoned = small_green.schedule["yard_stock"].sel(yard="yard_b").values[23]
    assert float(before.sel(yard="yard_b")) == pytest.approx(reckoned, abs=1e-4)


def test_an_eight_kelvin_front_is_met_in_gentle_steps(tmp_path: Path, small_runs: Path):
    """Overnight from −2 to −8 °C on average: no jump where the second plan takes over."""
    shorter = text("case.toml", "horizon_h = 48", "horizon_h = 28")  # all blocks of a day and one

    def cold(moment: datetime) -> float:
        """As the first plan expected until now; the front takes eight hours."""
        arrived = min(1.0, max(0.0, (moment - NEXT_EVENING) / (8 * HOUR)))
        return MILD(moment) - 6.0 * arrived

    run = plan_small(tmp_path, shorter, now=NEXT_EVENING, runs=small_runs, temperature=cold)
    assert_usable(run)
    assert_setpoints_gentle(run)
