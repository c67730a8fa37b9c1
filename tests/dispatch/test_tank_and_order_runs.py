"""Whole runs of a utility with a tank and with bought heat: published, verified, continued."""

import shutil
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner

from dispatch.verify import verify_run
from scenarios.cli import main
from tests.daily_runs import (
    NEXT_EVENING,
    PublishedRun,
    assert_usable,
    outage,
    plan_small,
)
from tests.small_case import Edit, new_column, new_row, text, write_small_case
from tests.weather_server import around

TANK_COLUMNS = ("price_yuan_per_gj", "energy_mwh", "charge_mw", "discharge_mw", "loss_per_h")
TANK = {
    "source_id": "tank_1",
    "plant_id": "B",
    "kind": "thermal_storage",
    "energy_mwh": "46",
    "charge_mw": "6",
    "discharge_mw": "8",
}
BOUGHT = {
    "source_id": "mill",
    "plant_id": "B",
    "kind": "purchased_heat",
    "unit_count": "1",
    "min_output_mw": "2",
    "max_output_mw": "8",
    "ramp_mw_per_h": "4",
    "coal_kgce_per_gj": "35",
    "order_tolerance": "0.05",
    "notice_h": "4",
    "supply_temp_max_c": "115",
    "flow_max_tph": "200",
}
# One boiler is out until noon: the other cannot make the morning alone.
EDITS: tuple[Edit, ...] = (
    *(new_column("sources.csv", name, "") for name in TANK_COLUMNS),
    new_row("sources.csv", TANK),
    new_row("sources.csv", BOUGHT),
    outage("source", "boiler_1", "2026-01-15T04:00", "2026-01-15T12:00", 0.5),
)
CHP, BOILER, STORE, MILL = range(4)


@dataclass(frozen=True)
class TwoDays:
    """A plan and the next evening's, with a tank and a contract."""

    first: PublishedRun
    second: PublishedRun


@pytest.fixture(scope="module")
def days(tmp_path_factory: pytest.TempPathFactory) -> TwoDays:
    folder = tmp_path_factory.mktemp("tank")
    first = plan_small(folder, *EDITS, temperature=around(-3.0))
    second = plan_small(
        folder, *EDITS, temperature=around(-1.0), now=NEXT_EVENING, runs=folder / "runs"
    )
    return TwoDays(first, second)


def test_a_utility_with_a_tank_and_a_contract_is_planned(days: TwoDays) -> None:
    """Whole, audited, verified; the tank takes and gives, and its heat is in the tables."""
    assert_usable(days.first)
    assert verify_run(days.first.folder).passed, verify_run(days.first.folder).lines
    assert days.first.quality == "green", days.first.summary["reasons"]
    heat = days.first.schedule["source_heat"].values[STORE]
    assert heat.max() > 0.5
    assert heat.min() < -0.1
    frame = days.first.table("setpoints_sources.csv")
    rows = frame[frame["source_id"] == "tank_1"]
    assert {"takes heat in", "gives stored heat"} <= set(rows["reason"])
    assert (rows["units_on"] == 0).all()
    assert rows["heat_mw"].min() < 0


def test_the_first_plan_says_that_the_tank_is_assumed_half_full(days: TwoDays) -> None:
    assert "daily.tank_assumed" in days.first.note_keys
    assert days.first.schedule["source_stored_before"].values[STORE] == 23.0
    assert "daily.tank_assumed" not in days.second.note_keys


def test_the_second_plan_continues_tank_and_order(days: TwoDays) -> None:
    """Content and orders of the first four hours are those of the first plan."""
    before, after = days.first.schedule, days.second.schedule
    step = int(np.flatnonzero(before["time"].values == after["time"].values[0])[0])
    assert after["source_stored_before"].values[STORE] == pytest.approx(
        before["source_stored"].values[STORE, step - 1], abs=1e-5
    )
    ordered, sent = after["source_ordered"].values[MILL], before["source_heat"].values[MILL]
    assert ordered[:4] == pytest.approx(sent[step : step + 4], abs=1e-5)
    assert np.isnan(ordered[4:]).all()
    assert np.abs(after["source_heat"].values[MILL, :4] / ordered[:4] - 1).max() <= 0.05 + 1e-6
    assert_usable(days.second)
    assert days.second.quality == "green", days.second.summary["reasons"]


def test_take_or_pay_is_kept(days: TwoDays) -> None:
    assert days.first.schedule["source_heat"].values[MILL].min() >= 2.0 - 1e-6
    assert (days.first.schedule["source_order_least"].values[MILL] == 2.0).all()


def test_the_heat_order_shows_the_tolerance(days: TwoDays) -> None:
    frame = days.first.table("heat_order.csv")
    assert (frame.loc[frame["source_id"] == "mill", "tolerance"] == 0.05).all()
    assert frame.loc[frame["source_id"] == "tank_1", "tolerance"].isna().all()


def test_whole_units_of_bought_heat_are_refused(tmp_path: Path) -> None:
    row = new_row("sources.csv", BOUGHT | {"commitment": "1"})
    folder = write_small_case(tmp_path / "case", *EDITS[: len(TANK_COLUMNS)], row)
    ended = CliRunner().invoke(main, ["validate", str(folder)])
    assert ended.exit_code != 0
    assert ended.output.count("sources.csv, row") == 1
    assert "commitment: is true, but which units run for purchased heat" in ended.output


def test_an_order_that_cannot_be_kept_makes_the_plan_amber(days: TwoDays, tmp_path: Path) -> None:
    """The mains of B shrink to 0.8 MW for the first hours and the tank takes in 6: of the 8 MW
    ordered 7.6 must be taken and cannot. The plan is there, and says so.
    """
    runs = tmp_path / "runs"
    shutil.copytree(days.first.folder, runs / "small" / days.first.folder.name)
    (runs / "small" / "latest").symlink_to(days.first.folder.name)
    mains = [
        outage("link", name, "2026-01-16T00:00", "2026-01-16T04:00", 0.02)
        for name in ("B>north", "B>south")
    ]
    one_day = text("case.toml", "horizon_h = 48", "horizon_h = 24")
    second = plan_small(
        tmp_path, *EDITS, one_day, *mains, temperature=around(-3.0), now=NEXT_EVENING, runs=runs
    )
    assert_usable(second)
    assert "daily.order_broken" in second.reason_keys
    assert second.quality != "green"


def test_a_case_with_a_tank_validates(tmp_path: Path) -> None:
    folder = write_small_case(tmp_path / "case", *EDITS)
    ended = CliRunner().invoke(main, ["validate", str(folder)])
    assert ended.exit_code == 0, ended.output
    assert "62 MW" in ended.output  # 54 of its own and 8 bought; the tank makes none


def test_a_contract_under_cost_needs_its_price(tmp_path: Path) -> None:
    cost = text("case.toml", 'minimise = "fuel"', 'minimise = "cost"')
    ended = CliRunner().invoke(main, ["validate", str(write_small_case(tmp_path, *EDITS, cost))])
    assert ended.exit_code == 2
    assert "price_yuan_per_gj" in ended.output
