"""Preheating before a cold wave: it emerges where sources cannot follow, and is named.

Two stations of 0.5 MW/K and 100 h, 100 MWh/K together, floor 20 °C: 16 MW at 4 °C, 26 at −6.
Setpoints may move as they like unless a test says otherwise.
"""

from dataclasses import replace
from datetime import datetime

import numpy as np
import pytest
from plan_inputs_maker import (
    boiler,
    constant,
    daylight,
    inputs_for,
    planned,
    published,
    ramp,
    station,
    tiny_case,
    tiny_settings,
    wave,
)

from dispatch.preheat import LEAST_RISE_K, preheat_remarks
from dispatch.settings import Time

PAIR = (station("A"), station("B"))


def town(available_mw, look_ahead_h=48, horizon_h=72, stations=PAIR, cold_wave_day_k=1000):
    time = Time(horizon_h=horizon_h, setpoint_hold_h=4, look_ahead_h=look_ahead_h)
    network = tiny_settings().network.model_copy(
        update={"secondary_day_cold_wave_k": cold_wave_day_k, "supply_day_cold_wave_k": 1000}
    )
    return tiny_case(
        boiler(max_output_mw=available_mw),
        settings=tiny_settings(time=time, network=network),
        stations=stations,
    )


def front(fall_k=10.0, begins_h=30.0, lasts_h=6.0):
    return ramp(4.0, 4.0 - fall_k, begins_h, begins_h + lasts_h)


def named(case, temperature, **more):
    inputs = inputs_for(case, temperature, above_target_k=0.08, **more)
    schedule = published(inputs)
    return preheat_remarks(inputs, schedule), schedule, inputs


def test_rooms_are_warmed_before_a_front_that_the_boiler_cannot_follow():
    """26 MW needed from hour 36 on, 25 there: 1 MW short for good, so rooms rise before the front
    by what the next days lack, and are said to.
    """
    remarks, schedule, _ = named(town(25.0), front())
    assert len(remarks) == 1
    values = remarks[0].values
    rooms = schedule["station_indoor"].values.mean(axis=0)
    assert rooms[34] > rooms[10] + 0.15
    rise = rooms.max() - 20.08
    assert values["indoor_k"] == pytest.approx(rise, abs=0.1)
    assert values["mwh"] == pytest.approx(100 * rise, abs=10)
    assert values["fall_k"] == pytest.approx(10.0, abs=1.0)  # the past day holds the front's begin
    start, peak = (values[name] for name in ("start", "peak"))
    assert start < peak <= datetime.fromisoformat("2026-01-16T12:00+08:00")
    assert remarks[0].text.startswith(f"Store {values['mwh']} MWh in buildings from ")


def test_the_stored_heat_is_what_the_front_lacks():
    """24 MW: 2 MW short from the front's end at hour 36. By hour 72 and the look-ahead rooms give
    it back; the more is short, the more is stored.
    """
    stored = [named(town(mw), front())[0][0].values["mwh"] for mw in (25.0, 24.0)]
    assert stored[1] > stored[0] > 15


@pytest.mark.parametrize("case", [town(60.0), town(60.0, look_ahead_h=0)])
def test_nothing_is_stored_where_the_boiler_can_follow(case):
    """60 MW: rooms rest on their floor through the same front; nothing is said."""
    remarks, schedule, _ = named(case, front())
    assert remarks == ()
    assert schedule["station_indoor"].values[:, :34].max() < 20.2


def test_setpoints_that_may_not_follow_are_a_reason_too():
    """60 MW, but setpoints may rise by 10 K a day where the front asks for 13: rooms are warmed
    beforehand, and it is said.
    """
    remarks, schedule, _ = named(town(60.0, cold_wave_day_k=10), front())
    assert schedule["station_indoor"].values[:, :34].max() > 20.3
    assert [remark.key for remark in remarks] == ["daily.preheat"]


def test_a_front_beyond_the_plan_is_not_seen():
    """The front comes at hour 26. A plan of a day without look-ahead knows nothing of it."""
    late = front(begins_h=26.0)
    blind, schedule, _ = named(town(24.0, look_ahead_h=0, horizon_h=24), late)
    assert blind == ()
    assert schedule["station_indoor"].values.max() < 20.2
    seeing, schedule, _ = named(town(24.0, look_ahead_h=72, horizon_h=24), late)
    assert schedule["station_indoor"].values[:, -1].min() > 20.2
    assert [remark.key for remark in seeing] == ["daily.preheat"]


SUNNY = tuple(
    one.model_copy(update={"solar_aperture": 0.03, "heat_capacity_kj_per_m2k": 180}) for one in PAIR
)


@pytest.mark.parametrize("fall_k", [0.0, 10.0])
def test_sun_is_not_named(fall_k):
    """A daily wave of 10 K with sun on large windows: rooms swing by some tenths of a kelvin, at
    the same hour of every day alike, before a front that 60 MW can follow or without one.
    """

    def weather(hours):
        return wave(0.0, 5.0)(hours) - front(fall_k)(np.zeros(1)) + front(fall_k)(hours)

    remarks, schedule, _ = named(town(60.0, stations=SUNNY), weather, sun=daylight(400.0))
    rooms = schedule["station_indoor"].values.mean(axis=0)
    assert np.ptp(rooms[24:]) > LEAST_RISE_K
    assert remarks == ()


def test_heat_stored_for_4_k_is_not_named():
    """20 MW needed at 0 °C, 19 there: rooms are warmed by 0.5 K and more, but 4 K is a change from
    day to day like any other; the daily mean must fall by 5 K within two days.
    """
    remarks, schedule, _ = named(town(19.0), front(fall_k=4.0))
    assert schedule["station_indoor"].values.max() > 20.5
    assert remarks == ()


def test_rooms_that_cool_from_a_warm_start_are_not_named():
    """Rooms 0.6 K above their rest at the start, a front later: a store from before this plan."""
    inputs = inputs_for(town(60.0), front(), above_target_k=0.7)
    assert preheat_remarks(inputs, published(inputs)) == ()


def test_without_stations_of_ours_nothing_is_said():
    inputs = inputs_for(town(25.0), constant(4.0), above_target_k=0.08)
    schedule = published(inputs)
    stations = replace(inputs.stations, controllable=np.zeros(2, dtype=bool))
    assert preheat_remarks(replace(inputs, stations=stations), schedule) == ()
    assert planned(inputs) is not None
