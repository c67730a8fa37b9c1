"""Loops with a timetable, by hand: setback, warming up in time, and what it costs no others.

The tiny station loses 1 W/(m²K) on 500 000 m², 0.5 MW/K, and has a time constant of 100 h unless
said otherwise: 50 MWh/K. Its floor is 20 °C (18 and 2 K to the coldest flats); offices open at
08:00 and close at 18:00. Plans start on Thursday 15 January, 00:00 local.
"""

from dataclasses import replace

import numpy as np
import pytest
from plan_inputs_maker import (
    boiler,
    constant,
    faults_of,
    heat_of,
    indoor_of,
    inputs_for,
    planned,
    published,
    station,
    tiny_case,
    tiny_settings,
    wave,
    weather_of,
)

from dispatch.audit_rules.comfort import comfort_figures
from dispatch.emitter import heat_limits_kw
from dispatch.formulation.build import build_model
from dispatch.inputs import plan_inputs
from dispatch.settings import Time
from dispatch.shortage import cold_rooms
from dispatch.station_inputs import ROUNDING_ROOM_K
from dispatch.timetable import TimetableRow

AIM_C = 20.0 + ROUNDING_ROOM_K
OFFICE_HOURS = {"timetable_id": "office", "days": "mon-fri"}
OPEN, CLOSE = 8, 18


def row(**changes):
    hours = {"occupied_from": "08:00", "occupied_to": "18:00", "setback_c": 14}
    return TimetableRow.model_validate(OFFICE_HOURS | hours | changes)


def office(**changes):
    return station("O", timetable_id="office", **changes)


def town(*units, stations=None, rows=None, horizon_h=24, look_ahead_h=0, hold_h=1, **changes):
    time = Time(horizon_h=horizon_h, look_ahead_h=look_ahead_h, setpoint_hold_h=hold_h)
    return tiny_case(
        *units,
        settings=tiny_settings(time=time, **changes),
        stations=stations or (office(),),
        timetables=rows or (row(),),
    )


def started_at(inputs, rooms_c):
    rooms = np.full_like(inputs.stations.indoor_before_c, rooms_c)
    return replace(inputs, stations=replace(inputs.stations, indoor_before_c=rooms))


def hourly(inputs, model):
    """Rooms at the end of each step of the horizon, (station, step)."""
    stations = inputs.stations
    rooms, _ = stations.response.indoor_c(stations.indoor_before_c, heat_of(inputs, model) * 1e3)
    return rooms[:, : inputs.grid.horizon_steps]


def test_floors_go_by_the_hour():
    """14 °C at night; 20 °C from the moment people come (08:00, the end of step 7) until they
    leave (18:00, the end of step 17).
    """
    stations = inputs_for(town(), constant(4.0)).stations
    floor = np.full(24, 14.0)
    floor[OPEN - 1 : CLOSE] = 20.0
    assert stations.floor_step_c[0].tolist() == floor.tolist()
    assert stations.target_step_c[0].tolist() == floor.tolist()
    assert stations.law_step_c[0].tolist() == np.where(floor == 20, 18.0, 8.0).tolist()


def test_rooms_are_warm_when_people_come_and_set_back_else():
    """A light office (11.1 h) with strong radiators at 17.08 °C: held there until 07:00, then
    warmed to 20.08 in one hour, θ⁺ = aθ + (1 − a)(4 + q/0.5) solved for q. No hour before is
    warmer than it must be, none of the day colder; after 18:00 it coasts to 17.08. Without the
    floor at 08:00 warming up would begin when people are in.
    """
    light = office(heat_capacity_kj_per_m2k=40, emitter_oversize=3)
    case = town(boiler(max_output_mw=600), stations=(light,), rows=(row(setback_c=17),))
    low_c = 17.0 + ROUNDING_ROOM_K
    inputs = started_at(inputs_for(case, constant(4.0)), low_c)
    model = planned(inputs)
    rooms, heat = hourly(inputs, model)[0], heat_of(inputs, model)[0]
    assert rooms[OPEN - 1 : CLOSE] == pytest.approx(np.full(11, AIM_C), abs=1e-6)
    assert rooms[: OPEN - 1] == pytest.approx(np.full(7, low_c), abs=1e-6)
    keep = np.exp(-3.6 / 40)
    wanted = 0.5 * ((AIM_C - keep * low_c) / (1 - keep) - 4.0)
    assert heat[OPEN - 1] == pytest.approx(wanted, rel=1e-6)
    assert heat[CLOSE : CLOSE + 2].max() == pytest.approx(0.0, abs=1e-6)
    assert rooms[CLOSE + 1] == pytest.approx(4 + (AIM_C - 4) * keep**2, abs=1e-6)
    assert rooms[-1] == pytest.approx(low_c, abs=1e-6)


def test_warming_up_begins_as_early_as_the_station_needs():
    """At most 16 MW at the station: rooms tend to 4 + 32 = 36 °C. To be at 20.08 at 08:00 after
    eight hours of that they must be at 36 − 15.92·e^0.08 = 18.75 at 00:00: it takes all heat of
    every hour of the night, though the floor is 14 °C until 07:00.
    """
    case = town(boiler(max_output_mw=600), stations=(office(max_heat_kw=16_000),))
    inputs = started_at(inputs_for(case, constant(4.0)), 36 - (36 - AIM_C) * np.exp(0.08))
    model = planned(inputs)
    rooms, heat = hourly(inputs, model)[0], heat_of(inputs, model)[0]
    assert rooms[OPEN - 1] == pytest.approx(AIM_C, abs=1e-6)
    assert heat[:OPEN] == pytest.approx(np.full(8, 16.0), abs=1e-3)


def test_cool_rooms_take_more_heat():
    """At a supply of 95 °C the station's radiators give what F8 says at rooms of 20 °C and, by a
    straight line, at 14; in the first hour, at a mean of about 15.1 °C, a fifth of the way up.
    Without it an office warms up as slowly as if it were warm already.
    """
    inputs = started_at(inputs_for(town(boiler(max_output_mw=600)), constant(4.0)), 15.0)
    stations = inputs.stations
    at = [heat_limits_kw(stations.loops, np.array([c]))[1][0] / 1e3 for c in (14.0, 20.0)]
    assert stations.heat_max_mw[0, 0] == pytest.approx(at[0])
    model = planned(inputs)
    heat, rooms = heat_of(inputs, model)[0], hourly(inputs, model)[0]
    mean = (15.0 + rooms[0]) / 2
    assert heat[0] == pytest.approx(at[0] + (at[1] - at[0]) * (mean - 14.0) / 6.0, rel=1e-6)
    assert heat[0] > 1.05 * at[1]


def test_people_coming_and_going_inside_a_block():
    """Blocks of 4 h from 04:00 and 16:00: open 07:00 to 18:00. The block's ends are 08:00 and
    20:00; without rows for 07:00 and 18:00 rooms would be about 18.5 °C when people come, and
    cooling since 16:00.
    """
    case = town(
        boiler(max_output_mw=600), hold_h=4, horizon_h=48, rows=(row(occupied_from="07:00"),)
    )
    inputs = started_at(inputs_for(case, constant(4.0)), 19.0)
    model = planned(inputs)
    rooms = hourly(inputs, model)[0]
    assert [j for _, j in model.substation.dips] == [6, 16, 17, 30, 40, 41]
    assert rooms[6:CLOSE].min() == pytest.approx(AIM_C, abs=1e-6)
    assert sum(model.substation.dip_hours.values()) == pytest.approx(2 * (1.0 + 2.0))
    assert rooms[CLOSE + 1] < AIM_C


def test_only_timetabled_stations_add_rows():
    """Housing beside the office: as many rows and columns as without the office's timetable."""
    pair = (station("H"), office())
    sizes = []
    for rows in ((row(),), (row(occupied_from="00:00", occupied_to="24:00", days="1-7"),)):
        model = build_model(inputs_for(town(stations=pair, rows=rows, hold_h=4), constant(4.0)))
        sizes.append([s for s, _ in model.substation.dips].count(0))
        assert len(model.substation.keys) == 12
    assert sizes == [0, 0]


def test_weekends_and_holidays():
    """Friday to Sunday with the winter holiday from Saturday 17 on: 20 °C on Friday only, 14 °C at
    Friday's night, 8 °C from Saturday 00:00 on, when its last step's other side still says 14.
    """
    holiday = TimetableRow.model_validate(
        {"timetable_id": "office", "from_date": "01-17", "to_date": "02-20", "setback_c": 8}
    )
    case = town(horizon_h=96, rows=(row(), holiday))
    floor = inputs_for(case, constant(4.0)).stations.floor_step_c[0]
    assert (floor[24 + OPEN - 1 : 24 + CLOSE] == 20).all()
    assert (floor[24 + CLOSE : 48] == 14).all()
    assert (floor[48:] == 8).all()
    working_saturday = TimetableRow.model_validate(
        OFFICE_HOURS
        | {"days": None, "from_date": "2026-01-17", "to_date": "2026-01-17", "setback_c": 14}
        | {"occupied_from": "09:00", "occupied_to": "12:00"}
    )
    case = town(horizon_h=96, rows=(row(), working_saturday))
    floor = inputs_for(case, constant(4.0)).stations.floor_step_c[0]
    assert np.flatnonzero(floor[48:] == 20).tolist() == [8, 9, 10, 11]


def test_the_law_is_not_due_at_night_but_frost_is():
    """No heat and −20 °C: rooms fall from 14 °C. Below the setback it costs 60 down to 8 °C and
    500 below, per K·h and 10⁴ m²; with the law in force 14 °C would already cost 4 · 500.
    """
    case = town(boiler(max_output_mw=0.001), rows=(row(days="sat"),))
    inputs = started_at(inputs_for(case, constant(-20.0)), 9.0)
    model = planned(inputs)
    rooms = -20 + 29 * np.exp(-np.arange(1, 25) / 100)
    below = np.clip(14 + ROUNDING_ROOM_K - np.maximum(rooms, 8.0), 0, None).sum()
    frost = np.clip(8.0 - rooms, 0, None).sum()
    terms = {name: float(model.cost_terms[name]()) for name in model.cost_terms}
    assert terms["rooms_below_floor"] == pytest.approx(60 * 50 * below, rel=1e-3)
    assert terms["rooms_below_legal"] == pytest.approx(500 * 50 * frost, rel=1e-3)


def test_setback_saves_what_hand_calculation_says():
    """Constant 4 °C, a light office (25 h): heated all day it takes 24 · 8.04 = 193 MWh. With the
    timetable it coasts for 10 h from 18:00, 16.08·(10 − 25·(1 − e^−0.4)) = 28 K·h under 20.08 °C,
    and is heated with all the station has from about 04:30 on, 12 K·h under it: 0.5 MW/K · 40 K·h
    = 20 MWh less. The second day, which ends as warm as it begins.
    """
    light = {"heat_capacity_kj_per_m2k": 90}
    used = {}
    for rows in ((row(),), (row(occupied_from="00:00", occupied_to="24:00", days="1-7"),)):
        case = town(boiler(max_output_mw=600), stations=(office(**light),), rows=rows, horizon_h=48)
        inputs = started_at(inputs_for(case, constant(4.0)), AIM_C)
        used[rows[0].days] = heat_of(inputs, planned(inputs))[0, 24:].sum()
    assert used["1-7"] == pytest.approx(24 * 0.5 * (AIM_C - 4), rel=1e-3)
    assert used["1-7"] - used["mon-fri"] == pytest.approx(20.0, abs=1.0)


def test_the_published_plan_holds_floors_by_the_hour():
    """A whole plan in blocks of 4 h with a daily wave, setpoints rounded to 0.5 K and moved by up
    to 40 K at the office, 2 K at the housing beside it: no hour of use below 20 °C by more than
    the dip that is let pass, nights far below, no hard rule broken, no shortage seen.
    """
    network = {"secondary_step_k": 2, "secondary_day_k": 6}
    settings = tiny_settings().network.model_copy(update=network)
    light = office(heat_capacity_kj_per_m2k=180, max_heat_kw=40_000)
    case = town(
        boiler(max_output_mw=60),
        stations=(station("H"), light),
        horizon_h=72,
        look_ahead_h=24,
        hold_h=4,
        network=settings,
    )
    inputs = inputs_for(case, wave(0.0, 4.0))
    inputs = replace(
        inputs, stations=replace(inputs.stations, indoor_before_c=np.array([20.3, 16.0]))
    )
    schedule = published(inputs)
    rooms, floor = schedule["station_indoor"].values, schedule["station_floor"].values
    assert (floor[1] == 20).sum() == 2 * 11  # Thursday and Friday
    assert (rooms - floor).min() > -0.05
    assert rooms[1, 42:56].min() < 17.0
    assert faults_of(schedule) == []
    mask, _ = cold_rooms(schedule, commanded=True, law=True)
    assert not mask.any()
    assert comfort_figures(schedule).below_legal.station_hours == 0
    assert comfort_figures(schedule).coldest.indoor_c >= 19.95
    steps = np.abs(np.diff(schedule["station_supply"].values, axis=1)).max(axis=1)
    assert steps[0] <= 2.0 + 1e-9
    assert steps[1] > 2.0


def test_rooms_of_a_first_run_have_cooled_since_people_left():
    """Nothing is known at 00:00: unheated since 18:00 at 4 °C, from 20.5 to 4 + 16.5 e^−0.06."""
    case = town()
    grid = inputs_for(case, constant(4.0)).grid
    fresh = plan_inputs(case, grid, weather_of(grid, constant(4.0)), None)
    assert fresh.stations.indoor_before_c[0] == pytest.approx(4 + 16.5 * np.exp(-0.06), abs=1e-6)


def test_rooms_above_the_upper_limit_count_by_the_hour():
    """The same upper limit day and night: an hour at 24 °C in the middle of a block is seen."""
    inputs = inputs_for(town(hold_h=12), constant(4.0))
    assert len(build_model(inputs).substation.rises) == 0
    assert indoor_of(inputs, planned(inputs)).max() <= 23.0


@pytest.mark.parametrize("rooms_c", [40.0, 90.0])
def test_absurd_rooms_at_the_start_leave_a_plan_possible(rooms_c):
    """A wrong reading of 40 or 90 °C: no heat until the rooms have cooled. Without the rule most
    heat were below zero, and there were no plan.
    """
    inputs = started_at(inputs_for(town(horizon_h=48, hold_h=4), constant(4.0)), rooms_c)
    model = planned(inputs)
    assert heat_of(inputs, model)[0, 0] == pytest.approx(0.0, abs=1e-6)
