"""Setpoint files are compared with plan.nc: figures, times, names, the grid of setpoints."""

from collections.abc import Callable
from pathlib import Path

import pandas as pd
import pytest
import xarray as xr

from dispatch.verify_tables import source_table_faults, station_table_faults
from tests.run_folder_maker import source_rows, stamp, station_rows
from tests.schedule_maker import SmallPlan, small_schedule


@pytest.fixture(scope="module")
def schedule() -> xr.Dataset:
    """The plan of the run; not to be changed."""
    return small_schedule(SmallPlan(setpoints_c=(60.0, 60.5, 61.0)))


@pytest.fixture
def run(tmp_path: Path, schedule: xr.Dataset) -> Path:
    """A folder with the two tables."""
    source_rows(schedule).to_csv(tmp_path / "setpoints_sources.csv", index=False)
    station_rows(schedule).to_csv(tmp_path / "setpoints_stations.csv", index=False)
    return tmp_path


def test_tables_of_the_plan_pass(run, schedule):
    assert source_table_faults(run / "setpoints_sources.csv", schedule) == []
    assert station_table_faults(run / "setpoints_stations.csv", schedule) == []


def test_a_running_first_block_counts_from_the_first_step(tmp_path):
    """An hourly re-plan starts inside a block, here two hours before its end."""
    schedule = small_schedule(SmallPlan(blocks=6))
    rows = source_rows(schedule)
    inside = schedule.isel(time=slice(2, None), arrival_time=slice(2, None))
    first = rows["valid_from"] == stamp(schedule["block_start"].values[0])
    rows.loc[first, "valid_from"] = stamp(schedule["time"].values[2])
    for column, name in {"heat_mw": "source_heat", "power_mw": "source_power"}.items():
        means = inside[name].values[:, :2].mean(axis=1)
        rows.loc[first, column] = [f"{mean:.2f}" for mean in means]
    for column, name in {
        "fuel_t": "source_fuel",
        "fuel_for_heat_t": "source_fuel_for_heat",
        "fuel_accounting_t": "source_fuel_accounting",
        "fuel_marginal_t": "source_fuel_marginal",
    }.items():
        energy = inside[name].values[:2, :2].sum(axis=1)
        rows.loc[first, column] = [*(f"{one / 5.815:.2f}" for one in energy), ""]
    rows.to_csv(tmp_path / "setpoints_sources.csv", index=False)
    assert source_table_faults(tmp_path / "setpoints_sources.csv", inside) == []


def edit(
    run: Path, schedule: xr.Dataset, name: str, change: Callable[[pd.DataFrame], pd.DataFrame]
) -> list[str]:
    """Change a table and return what comparing it with the plan says."""
    rows = pd.read_csv(run / name, dtype=str, keep_default_na=False)
    change(rows).to_csv(run / name, index=False)
    compare = source_table_faults if "sources" in name else station_table_faults
    return compare(run / name, schedule)


def shift(column: str, row: int, by: float) -> Callable[[pd.DataFrame], pd.DataFrame]:
    def change(rows: pd.DataFrame) -> pd.DataFrame:
        rows.loc[row, column] = f"{float(rows.loc[row, column]) + by:.3f}"
        return rows

    return change


@pytest.mark.parametrize(
    ("name", "column", "row", "by"),
    [
        ("setpoints_sources.csv", "heat_mw", 5, 0.2),
        ("setpoints_sources.csv", "power_mw", 5, 0.2),
        ("setpoints_sources.csv", "supply_temp_c", 30, -1.0),
        ("setpoints_sources.csv", "fuel_t", 3, 1.0),
        ("setpoints_stations.csv", "heat_kw", 7, 0.5),
        ("setpoints_stations.csv", "heat_quota_gj", 7, 0.1),
        ("setpoints_stations.csv", "secondary_supply_c", 7, 0.5),
        ("setpoints_stations.csv", "secondary_return_c", 7, -0.5),
        ("setpoints_stations.csv", "primary_flow_tph", 7, 1.0),
        ("setpoints_stations.csv", "indoor_expected_c", 7, 2.0),
    ],
)
def test_a_figure_that_is_not_the_plans_is_found(run, schedule, name, column, row, by):
    faults = edit(run, schedule, name, shift(column, row, by))
    assert len(faults) == 1
    assert f"{name}, {column}: differs from plan.nc in 1 rows" in faults[0]


def test_fuel_of_a_start_belongs_to_the_fuel_of_its_block(run, schedule):
    """A start of 11.63 MWh at 5 h is 2 t more than the table says for block 1 of the first row."""
    started = schedule.copy(deep=True)
    started["source_started"][0, 5] = 1.0
    started["source_start_fuel"][0] = 11.63
    (fault,) = source_table_faults(run / "setpoints_sources.csv", started)
    assert "fuel_t: differs from plan.nc in 1 rows" in fault


def test_rounding_is_no_fault(run, schedule):
    assert edit(run, schedule, "setpoints_sources.csv", shift("heat_mw", 5, 0.004)) == []


def test_the_place_of_a_difference_is_named(run, schedule):
    """Row 5 of the sources is block 5 of the first source, from 20:00."""
    faults = edit(run, schedule, "setpoints_sources.csv", shift("heat_mw", 5, 0.2))
    assert "source A_chp, 2026-01-15 20:00" in faults[0]


def drop_row(rows: pd.DataFrame) -> pd.DataFrame:
    return rows.drop(index=4)


def overlap(rows: pd.DataFrame) -> pd.DataFrame:
    rows.loc[4, "valid_to"] = rows.loc[5, "valid_to"]
    return rows


def naive_time(rows: pd.DataFrame) -> pd.DataFrame:
    rows.loc[4, "valid_from"] = rows.loc[4, "valid_from"].removesuffix("+08:00")
    return rows


def uneven_stagger(rows: pd.DataFrame) -> pd.DataFrame:
    rows.loc[4, "valid_from"] = rows.loc[4, "valid_from"].replace(":00:00", ":30:00")
    return rows


def renamed(rows: pd.DataFrame) -> pd.DataFrame:
    rows.loc[rows["station_id"] == "S1", "station_id"] = "S9"
    return rows


def off_grid(rows: pd.DataFrame) -> pd.DataFrame:
    rows.loc[4, "secondary_supply_c"] = "60.04"
    return rows


def no_column(rows: pd.DataFrame) -> pd.DataFrame:
    return rows.drop(columns="heat_kw")


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (drop_row, "not one row for each of the 12 blocks: S1.L1"),
        (overlap, "blocks leave gaps, overlap"),
        (naive_time, "not a time with its offset"),
        (uneven_stagger, "blocks leave gaps, overlap"),
        (renamed, "names that the plan does not have: S9.L1"),
        (no_column, "columns missing: heat_kw"),
    ],
)
def test_a_station_table_out_of_shape_is_found(run, schedule, change, said):
    faults = edit(run, schedule, "setpoints_stations.csv", change)
    assert any(said in fault for fault in faults)


def test_a_setpoint_off_the_grid_is_found(run, schedule):
    faults = edit(run, schedule, "setpoints_stations.csv", off_grid)
    assert any("not a multiple of 0.5" in fault for fault in faults)
