"""Daily runs of a town with meters: what they say is in the plan, and breaks none.

The town of `measured_town.py` sends 8 % more than its buildings ask for by their parameters. Its
load is forecast by one quick candidate, but for the test that asks what all of them say.
"""

import shutil
from pathlib import Path

import numpy as np
import pytest

from dispatch.case_files import read_case
from dispatch.daily_request import DailyRequest
from dispatch.inputs import PlanInputs, plan_inputs
from dispatch.measured import Measured
from dispatch.plan_telemetry import Asked, measured_for
from dispatch.situation import forecast_for
from dispatch.time_grid import plan_start, time_grid
from forecasts.demand.load.candidate import Candidate
from forecasts.demand.load.signature import Signature
from tests.daily_runs import (
    FEW_PATHS,
    NEXT_EVENING,
    TWO_DAYS,
    PublishedRun,
    assert_usable,
    open_meteo,
    plan_small,
    weather_from,
)
from tests.measured_town import Town, with_telemetry
from tests.small_case import Edit, whole_file, write_small_case
from tests.weather_server import around, weather_server

QUICK = (Signature(),)


@pytest.fixture(scope="module")
def measured(tmp_path_factory: pytest.TempPathFactory) -> PublishedRun:
    """A plan with five weeks of meters; not to be changed."""
    folder = tmp_path_factory.mktemp("measured")
    return plan_small(folder, with_telemetry(Town()), candidates=QUICK)


def heat(run: PublishedRun) -> float:
    return float(run.schedule["source_heat"].values.sum())


def no_sense() -> Edit:
    """A telemetry folder whose settings make no sense."""

    def edit(folder: Path) -> None:
        (folder / "telemetry").mkdir()
        (folder / "telemetry" / "telemetry.toml").write_text("[[tabel]]\nfiles = 3\n")

    return edit


def test_sources_send_what_the_meters_say(measured: PublishedRun, small_green: PublishedRun):
    """8 % more than without meters, less a little where the buildings are believed too; users'
    heat, and with it the mains' part, in every hour between 5 and 10 %.
    """
    assert_usable(measured)
    assert measured.quality == "green"
    assert heat(measured) / heat(small_green) == pytest.approx(1.08, abs=0.02)
    factor = measured.schedule["demand_factor"].values
    assert ((factor > 1.05) & (factor < 1.10)).all()


def test_third_parties_get_what_the_meters_say(measured: PublishedRun, small_green: PublishedRun):
    theirs = measured.schedule["station_controllable"].values == 0
    due = [one.schedule["station_heat_due"].values[theirs] for one in (measured, small_green)]
    blocks = measured.schedule["block_start"].values
    steps = np.searchsorted(blocks, measured.schedule["time"].values, side="right") - 1
    factor = measured.schedule["demand_factor"].values
    mean = np.bincount(steps, factor) / np.bincount(steps)
    assert due[0] == pytest.approx(due[1] * mean, rel=1e-2)


def test_the_summary_says_how_far_the_load_is_to_be_trusted(measured: PublishedRun):
    demand = measured.summary["demand_forecast"]
    assert demand["used"] is True
    assert demand["basis"] == "sources"
    assert demand["standing"] in ("learning", "settled")
    assert demand["history_days"] == 35
    assert demand["age_h"] == 0
    assert demand["runs"] == 0
    assert demand["bias"] == pytest.approx(0.08 * 0.8, abs=0.02)  # drawn to none a little
    assert 0 < demand["mape"] < 0.1
    first = demand["days"][0]
    assert first["p10_mw"] < first["p50_mw"] < first["p90_mw"]
    assert first["buildings_error"] == pytest.approx(1 - 1 / 1.08, abs=0.01)
    assert first["error"] < first["buildings_error"]
    assert first["weight"] > 0.7
    assert first["factor"] == pytest.approx(1.08, abs=0.02)
    assert "daily.load_weather_came" in measured.note_keys
    load = measured.schedule["load_forecast"].values
    low, high = (measured.schedule[f"load_forecast_p{end}"].values for end in (10, 90))
    assert ((low <= load + 1e-9) & (load <= high + 1e-9)).all()
    assert load.mean() == pytest.approx(first["p50_mw"], rel=0.1)


def test_the_telemetry_is_among_the_inputs_that_are_hashed(measured: PublishedRun):
    text = (measured.folder / "manifest.json").read_text("utf-8")
    assert "telemetry/history.csv" in text


# ---- without solving -----------------------------------------------------------------------


def looked_at(
    folder: Path, town: Town, *edits: Edit, candidates: tuple[Candidate, ...] | None = QUICK
) -> tuple[Measured, PlanInputs]:
    """What a plan of the town takes from its telemetry, and the inputs that it makes of it."""
    with weather_server(now=town.now, temperature=around(town.mean_c)) as server:
        source = weather_from(open_meteo(server.base_url))
        where = write_small_case(folder / "case", source, TWO_DAYS, with_telemetry(town), *edits)
        store = folder / "store"
        request = DailyRequest(where, town.now, folder / "runs", store, paths=FEW_PATHS)
        case = read_case(where).case
        settings = case.settings
        start = plan_start(town.now, settings.time.step_min)
        grid = time_grid(start, settings.time, settings.timezone)
        weather = forecast_for(case, request, town.now, grid)
        measured = measured_for(
            Asked(case, where, store, town.now, grid, weather, None, candidates)
        )
        return measured, plan_inputs(case, grid, weather, None, measured)


@pytest.fixture(scope="module")
def usual(tmp_path_factory: pytest.TempPathFactory) -> tuple[Measured, PlanInputs]:
    """What the town of `measured` is looked at for."""
    return looked_at(tmp_path_factory.mktemp("usual"), Town())


def notes(measured: Measured) -> list[str]:
    assert measured.reasons == ()
    return [note.key for note in measured.notes]


def test_same_meters_same_bytes(measured: PublishedRun, usual: tuple[Measured, PlanInputs]):
    """Looked at once more, in another folder, the meters say the same to the last digit; that plans
    of the same inputs are the same is tested with the command.
    """
    found, inputs = usual
    assert found.load is not None
    said = {
        "demand_factor": inputs.demand_factor,
        "load_forecast": found.load.load_mw,
        "load_forecast_p10": found.load.p10_mw,
        "load_forecast_p90": found.load.p90_mw,
    }
    for name, values in said.items():
        planned = measured.schedule[name].values
        assert planned.tobytes() == values[: planned.size].tobytes(), name


def test_all_candidates_of_the_product_are_asked(tmp_path: Path):
    """Sixteen days are few: what all of them say is taken by half."""
    found, inputs = looked_at(tmp_path, Town(days=16), candidates=None)
    assert notes(found) == ["daily.load_weather_came"]
    assert found.forecast is not None
    assert found.forecast.standing == "learning"
    assert 0.2 < found.forecast.days[0].weight < 0.8
    assert inputs.demand_factor == pytest.approx(1.04, abs=0.02)


def test_a_load_beyond_all_measure_is_bounded_and_told(tmp_path: Path):
    """A third more: 15 % are taken, and calibration is asked for."""
    measured, inputs = looked_at(tmp_path, Town(ratio=1.34))
    assert inputs.demand_factor == pytest.approx(1.15, abs=0.02)
    assert inputs.demand_factor.max() == pytest.approx(1.15)
    assert "daily.load_bounded" in notes(measured)


def test_warm_rooms_are_a_decision_and_no_need(tmp_path: Path, measured: PublishedRun):
    """The same meters, but rooms were held at 21 °C: of the 8 % a good third is that, and is not
    asked of a plan that holds its own rooms. Those are drawn towards what was read.
    """
    found, inputs = looked_at(tmp_path, Town(room_c=21.0))
    assert found.forecast is not None
    usual = measured.summary["demand_forecast"]["days"][1]["factor"]
    assert usual - found.forecast.days[1].factor == pytest.approx(0.03, abs=0.015)
    before = measured.schedule["station_indoor_before"].values
    moved = inputs.stations.indoor_before_c - before
    assert (moved * (21.0 - before) >= 0.0).all()
    assert np.abs(moved).max() > 0.1
    assert "daily.rooms_measured" in [remark.key for remark in inputs.remarks]


@pytest.mark.parametrize(
    ("town", "note", "reasons"),
    [
        (Town(days=9), "daily.load_guessing", []),
        (Town(silent_h=30), "daily.load_stale", ["daily.telemetry_silent"]),
    ],
)
def test_too_little_or_too_old_is_not_used(
    tmp_path: Path, town: Town, note: str, reasons: list[str]
):
    """The demand is that of the buildings, and the reason is said; silent for a day, amber."""
    measured, inputs = looked_at(tmp_path, town)
    assert note in [one.key for one in measured.notes]
    assert [one.key for one in measured.reasons] == reasons
    assert measured.demand_factor is None
    assert inputs.demand_factor.tolist() == [1.0] * inputs.grid.weather_steps


def test_meters_that_fell_silent_this_morning_are_told_and_used(tmp_path: Path):
    measured, inputs = looked_at(tmp_path, Town(silent_h=8))
    assert {"daily.load_old", "daily.telemetry_silent"} <= set(notes(measured))
    assert measured.forecast is not None
    assert measured.forecast.age_h in (7, 8)  # a reading at the full hour speaks for the next
    assert inputs.demand_factor[0] == pytest.approx(1.08, abs=0.03)


def test_days_of_which_nobody_knows_the_weather_cost_only_themselves(tmp_path: Path):
    """No outdoor temperature for twelve days, longer than the filter remembers, until a week ago:
    the load still corrects the demand.
    """
    measured, inputs = looked_at(tmp_path, Town(blind_h=(19 * 24, 7 * 24)))
    assert measured.reasons == ()
    assert inputs.demand_factor[0] == pytest.approx(1.08, abs=0.04)


def test_measured_daily_does_not_correct_beside_telemetry(
    tmp_path: Path, usual: tuple[Measured, PlanInputs]
):
    """Yesterday's meters read far more; the demand is that of telemetry alone, which is said."""
    rows = "date,id,heat_gj,indoor_median_c\n2026-01-14,chp_1,2400,\n2026-01-14,boiler_1,1600,\n"
    daily = whole_file("measured_daily.csv", rows.encode())
    _, alone = usual
    _, both = looked_at(tmp_path, Town(), daily)
    keys = [remark.key for remark in both.remarks]
    assert "daily.meter_left_out" in keys
    assert "daily.meter" not in keys
    assert both.demand_estimate_mw.tolist() == alone.demand_estimate_mw.tolist()


def test_a_store_that_is_no_folder_stops_nothing(tmp_path: Path):
    (tmp_path / "store").write_text("no folder")
    measured, _ = looked_at(tmp_path, Town(room_c=21.0))
    assert measured.reasons == ()
    assert measured.rooms is not None
    assert measured.demand_factor is not None


# ---- whole runs ----------------------------------------------------------------------------


def test_broken_telemetry_is_amber_and_the_plan_comes_out(
    tmp_path: Path, small_green: PublishedRun
):
    """The first faults are named, and the plan is that without telemetry."""
    run = plan_small(tmp_path, no_sense())
    assert_usable(run)
    assert run.quality == "amber"
    assert run.reason_keys == ["daily.telemetry_broken"]
    assert "telemetry.toml" in run.summary["reasons"][0]["text"]
    assert heat(run) == pytest.approx(heat(small_green), rel=1e-9)


def test_a_second_day_continues(tmp_path: Path, measured: PublishedRun):
    """From the first day's state, rooms corrected by what was read; nothing jumps at the seam."""
    runs = shutil.copytree(measured.folder.parents[1], tmp_path / "runs", symlinks=True)
    later = Town(now=NEXT_EVENING, days=36, room_c=20.6)
    second = plan_small(
        tmp_path, with_telemetry(later), now=NEXT_EVENING, runs=runs, candidates=QUICK
    )
    assert_usable(second)
    changes = [one["key"] for one in second.summary["changes"]]
    assert "daily.rooms_corrected" in changes
    assert "daily.state_from_last" in second.note_keys
    assert second.summary["quality"] == "green"


def test_without_a_telemetry_folder_nothing_of_it_is_imported(small_green: PublishedRun):
    """The libraries of the load forecast take a second that other runs need not wait."""
    assert small_green.summary["demand_forecast"] is None
    assert "telemetry" not in (small_green.folder / "run_log.json").read_text("utf-8")
