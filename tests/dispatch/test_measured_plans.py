"""Plans that rest on measurements: every part of a plan sees the same rooms and the same demand."""

from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import numpy as np
import pytest
import xarray as xr
from plan_inputs_maker import (
    START,
    ByHour,
    boiler,
    constant,
    faults_of,
    last_plan,
    published,
    small_case,
    station,
    tiny_case,
    tiny_settings,
    wave,
    weather_of,
)

from dispatch.audit import audit
from dispatch.case import Case, MeasuredDay
from dispatch.case_kinds import Manager
from dispatch.changes import changes_since
from dispatch.clusters import clustered
from dispatch.initial_state import LastPlan
from dispatch.inputs import PlanInputs, plan_inputs
from dispatch.measured import LoadAhead, Measured, RoomReadings
from dispatch.settings import Time
from dispatch.time_grid import time_grid
from forecasts.demand.building import Buildings, Weather, block_response, static_heat_kw

DAY_GJ = 8 * 24 * 3.6  # a station of 8 MW
STILL = constant(4.0)
WAVE = wave(-2.0, 4.0)


def inputs_with(
    case: Case,
    measured: Measured | None = None,
    temperature: ByHour = STILL,
    last: LastPlan | None = None,
    start=START,
    sun=None,
) -> PlanInputs:
    grid = time_grid(start, case.settings.time, case.settings.timezone)
    weather = weather_of(grid, temperature, None, sun)
    return plan_inputs(case, grid, weather, last, measured or Measured())


def demand(case: Case, factor: float) -> Measured:
    """Measured load says the same of every hour."""
    grid = time_grid(START, case.settings.time, case.settings.timezone)
    return Measured(demand_factor=np.full(grid.weather_steps, factor))


def rooms_read(case: Case, room_c: float, sd_k: float = 0.5) -> Measured:
    count = len(case.stations)
    rooms = RoomReadings(np.full(count, room_c), np.full(count, sd_k), np.ones(count, dtype=bool))
    return Measured(rooms=rooms)


@pytest.fixture(scope="module")
def usual() -> xr.Dataset:
    """The small town over three days, without measurements; not to be changed."""
    return published(inputs_with(small_case(), temperature=WAVE))


@pytest.fixture(scope="module")
def more() -> xr.Dataset:
    """The same where measured load says 8 % more; not to be changed."""
    return published(inputs_with(small_case(), demand(small_case(), 1.08), WAVE))


def test_rooms_given_by_loop_are_where_the_plan_starts_whatever_was_read():
    """Readings of 22 °C, one loop said to be at 12: it starts at 12.0, not between the two."""
    case = small_case()
    first = case.stations[0].loop_id
    read = rooms_read(case, 22.0)
    given = replace(read, given_rooms_c={first: 12.0, "no such loop": 5.0})
    rooms = inputs_with(case, given).stations.indoor_before_c
    assert rooms[0] == 12.0
    assert rooms[1:].tolist() == inputs_with(case, read).stations.indoor_before_c[1:].tolist()


# ---- buildings -----------------------------------------------------------------------------


def test_rooms_hold_on_the_heat_that_measured_load_asks_for():
    """8 MW hold 20 °C at 4 °C; where measured load says 8 % more, 8.64 MW do. The old 8 MW leave
    rooms to fall towards 20 − 1.28 K; without the extra need they would stay.
    """
    one = np.array([1.0])
    buildings = Buildings(one * 5e5, one, one * 360e3, one * 0, one * 0, one * 0, 3.0)
    still = Weather(1.0, np.full(200, 4.0), np.zeros(200), np.zeros(200))
    inputs = inputs_with(tiny_case(), demand(tiny_case(), 1.08))
    extra = np.full((1, 200), inputs.stations.extra_need_w_per_m2[0, 0])
    assert extra[0, 0] == pytest.approx(0.08 * 16.0)
    assert static_heat_kw(buildings, still, one * 20, np.full(200, 1.08)) == pytest.approx(8640.0)
    response = block_response(buildings, still, np.zeros(200, dtype=int), extra)
    held, _ = response.indoor_c(one * 20, np.array([[8640.0]]))
    assert held == pytest.approx(20.0)
    falling, _ = response.indoor_c(one * 20, np.array([[8000.0]]))
    assert falling[0, -1] == pytest.approx(20.0 - 1.28 * (1 - np.exp(-2.0)))


def test_where_nothing_is_needed_nothing_is_added():
    """At 25 °C outside nobody heats, whatever the meters said of winter."""
    warm = inputs_with(tiny_case(), demand(tiny_case(), 1.15), constant(25.0))
    assert warm.stations.extra_need_w_per_m2.tolist() == [[0.0] * 24]


# ---- demand --------------------------------------------------------------------------------


@pytest.mark.parametrize("factor", [0.9, 1.08])
def test_third_parties_ask_for_what_is_measured(factor):
    """Their curve asks for 8 MW at 4 °C."""
    case = tiny_case(stations=(station(managed_by=Manager.THIRD_PARTY),))
    assert inputs_with(case).stations.heat_due_mw == pytest.approx(8.0)
    assert inputs_with(case, demand(case, factor)).stations.heat_due_mw == pytest.approx(8 * factor)


def test_third_party_rooms_stay_where_they_are():
    """What they take more they need more: their rooms do not warm for it."""
    case = tiny_case(boiler(max_output_mw=40), stations=(station(managed_by=Manager.THIRD_PARTY),))
    usual, more = (published(inputs_with(case, demand(case, one))) for one in (1.0, 1.08))
    assert more["station_heat"].values == pytest.approx(1.08 * usual["station_heat"].values)
    assert more["station_indoor"].values == pytest.approx(usual["station_indoor"].values)


@pytest.mark.parametrize("factor", [0.92, 1.08])
def test_source_heat_follows_measured_load(factor, usual: xr.Dataset, more: xr.Dataset):
    """The small town over three days: own loops, third parties, mains and all. Losses do not
    grow with it, and rooms start from where they start.
    """
    case = small_case()
    less = factor < 1.0
    measured = published(inputs_with(case, demand(case, factor), WAVE)) if less else more
    heat = [float(one["source_heat"].values.sum()) for one in (usual, measured)]
    assert heat[1] / heat[0] == pytest.approx(factor, abs=0.012)
    assert faults_of(measured) == []
    assert audit(measured).worst_balance <= 1e-6
    estimate = measured["demand_estimate"].values / usual["demand_estimate"].values
    assert estimate == pytest.approx(factor, abs=0.01)  # losses do not follow
    assert measured["demand_factor"].values == pytest.approx(factor)


def test_an_audit_without_the_factor_fails(more: xr.Dataset):
    """What makes the rooms of a corrected plan true must be in the plan."""
    report = audit(more.drop_vars("demand_factor"))
    failed = {one.rule for one in report.findings if not (one.passed or one.soft)}
    assert {"indoor_temperature", "building_balance"} <= failed


def test_a_plan_without_telemetry_says_nothing_of_load():
    schedule = published(inputs_with(tiny_case()))
    assert not {"demand_factor", "load_forecast"} & set(schedule.data_vars)


def test_the_load_forecast_is_in_the_plan_with_its_units(tmp_path: Path):
    case = tiny_case()
    load = LoadAhead(np.full(24, 8.5), np.full(24, 8.2), np.full(24, 8.8))
    schedule = published(inputs_with(case, replace(demand(case, 1.02), load=load)))
    assert schedule["load_forecast"].attrs["units"] == "MW"
    assert schedule["load_forecast_p90"].values.tolist() == [8.8] * 24
    assert schedule["demand_factor"].attrs["units"] == "1"
    assert faults_of(schedule) == []
    wrong = schedule.assign(load_forecast=schedule["load_forecast"].expand_dims("x"))
    assert "contract" in {one.rule for one in audit(wrong).findings if not one.passed}


@pytest.mark.parametrize("step_min", [15, 30, 60])
def test_the_correction_does_not_depend_on_the_step(step_min):
    """8 % more for a day of 8 MW: 207 MWh, in steps of any length."""
    time = Time(horizon_h=24, setpoint_hold_h=1, look_ahead_h=0, step_min=step_min)
    case = tiny_case(settings=tiny_settings(time=time))
    inputs = inputs_with(case, demand(case, 1.08))
    mwh = inputs.demand_estimate_mw.sum() * inputs.grid.step_h
    assert mwh == pytest.approx(8 * 24 * 1.08)


def test_clusters_need_what_their_members_need():
    """Alike stations merged respond as each of them: with the extra need left out, the small plan
    would be one of a town without it.
    """
    case = tiny_case(boiler(max_output_mw=60), stations=tuple(station(f"S{i}") for i in range(4)))
    inputs = inputs_with(case, demand(case, 1.1))
    small = clustered(inputs, 1).inputs.stations
    assert small.extra_need_w_per_m2 == pytest.approx(inputs.stations.extra_need_w_per_m2[:1])
    assert small.response.drift_k == pytest.approx(inputs.stations.response.drift_k[:1])


def test_yesterdays_meters_do_not_correct_twice():
    """A zone's meter that reads 5 % more corrects K by 5 %; beside measured load it is left out,
    which is said. Else the plan would ask for 13.4 % more.
    """
    case = tiny_case(
        measured_daily=(MeasuredDay(date="2026-01-14", id="town", heat_gj=DAY_GJ * 1.05),)
    )
    alone = inputs_with(case)
    assert alone.stations.buildings.specific_loss_w_per_m2k == pytest.approx([1.05])
    assert [remark.key for remark in alone.remarks] == ["daily.meter"]
    both = inputs_with(case, demand(case, 1.08))
    assert both.stations.buildings.specific_loss_w_per_m2k == pytest.approx([1.0])
    assert [remark.key for remark in both.remarks] == ["daily.meter_left_out"]
    assert both.demand_estimate_mw == pytest.approx(8.64)


def test_yesterdays_room_median_still_counts_beside_measured_load():
    """It is no heat: without a reading of its own a loop starts from its zone's median."""
    rows = (MeasuredDay(date="2026-01-14", id="town", indoor_median_c=21.4),)
    case = tiny_case(measured_daily=rows)
    assert inputs_with(case, demand(case, 1.08)).stations.indoor_before_c.tolist() == [21.4]


# ---- rooms ---------------------------------------------------------------------------------


def day_later(first: xr.Dataset, case: Case, folder: Path) -> LastPlan:
    """What a plan finds of one that began 12 h before it."""
    return last_plan(first, case, START + timedelta(hours=12), folder)


def test_a_plan_starts_from_corrected_rooms(usual: xr.Dataset, tmp_path: Path):
    """Half a day old, a plan's rooms are sure to 0.381 K (variance 0.145), and to 0.495 K of what
    all are off by alike (0.245). Read at 0.5 K, that comes first, and they are drawn by 0.145/0.395
    of what is left. State, audit and changes say the same.
    """
    case = small_case()
    last = day_later(usual, case, tmp_path)
    start = START + timedelta(hours=12)
    expected = last.indoor_c.rows([s.loop_id for s in case.stations])[:, 0]
    read = rooms_read(case, 20.6)
    schedule = published(inputs_with(case, read, WAVE, last, start), last)
    alike = np.sum((20.6 - expected) / 0.395) / (expected.size / 0.395 + 1.0 / 0.245)
    wanted = expected + alike + 0.145 / 0.395 * (20.6 - expected - alike)
    assert schedule["station_indoor_before"].values == pytest.approx(wanted, abs=1e-6)
    assert faults_of(schedule) == []
    (rooms,) = [one for one in changes_since(last, schedule) if one.key == "daily.rooms_corrected"]
    assert rooms.values["loops"] == int((np.abs(wanted - expected) >= 0.05).sum())
    assert rooms.text
    again = last_plan(schedule, case, start, tmp_path)
    assert again.indoor_c.values[:, 0] == pytest.approx(wanted, abs=1e-5)


def test_unmeasured_rooms_leave_the_plan_as_it_was(usual: xr.Dataset, tmp_path: Path):
    """NaN for every loop is the plan without telemetry, to the last digit, and nothing is said."""
    case = small_case()
    last = day_later(usual, case, tmp_path)
    start = START + timedelta(hours=12)
    without = inputs_with(case, None, WAVE, last, start)
    unread = inputs_with(case, rooms_read(case, np.nan), WAVE, last, start)
    assert unread.stations.indoor_before_c.tolist() == without.stations.indoor_before_c.tolist()
    assert unread.remarks == without.remarks
