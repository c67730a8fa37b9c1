"""Stations and rooms: comfort prices in their order, targets, dips, ends, and what weather does."""

import numpy as np
import pyomo.environ as pyo
import pytest
from plan_inputs_maker import (
    START,
    boiler,
    constant,
    daylight,
    heat_of,
    hours_after,
    indoor_of,
    inputs_for,
    planned,
    ramp,
    small_case,
    solved,
    station,
    tiny_case,
    tiny_settings,
    values,
    wave,
    with_settings,
)

from dispatch.case import Outage
from dispatch.case_kinds import ComfortPolicy, OutageKind
from dispatch.formulation.build import build_model
from dispatch.formulation.indoor_hours import DIP_K
from dispatch.settings import Comfort, Time
from dispatch.station_inputs import ROUNDING_ROOM_K

FLOOR_C = 20.0  # 18 °C + 2 K to the coldest flat


def settings(horizon_h=24, look_ahead_h=0, hold_h=1, **changes):
    time = Time(horizon_h=horizon_h, setpoint_hold_h=hold_h, look_ahead_h=look_ahead_h)
    return tiny_settings(time=time, **changes)


def cost(model, name):
    return float(pyo.value(model.cost_terms[name]))


def test_rooms_are_held_at_their_floor_by_the_static_heat():
    """At the floor and the rounding room, 4 °C outside: 0.5 MW/K · 16 K and a little, hour by
    hour the same. Warmer rooms would burn more.
    """
    inputs = inputs_for(
        tiny_case(settings=settings()), constant(4.0), above_target_k=ROUNDING_ROOM_K
    )
    model = planned(inputs)
    aim = FLOOR_C + ROUNDING_ROOM_K
    assert indoor_of(inputs, model)[0] == pytest.approx(np.full(24, aim), abs=1e-6)
    assert heat_of(inputs, model)[0] == pytest.approx(np.full(24, 0.5 * (aim - 4)), abs=1e-6)


def test_an_outage_of_a_station_is_a_free_fall():
    """No heat from 6 to 18 h: 4 + (θ − 4)·e^(−12/100) = 18.2 °C, exactly F6."""
    out = Outage.model_validate(
        {
            "kind": OutageKind.STATION,
            "id": "S",
            "from": hours_after(START, 6),
            "to": hours_after(START, 18),
        }
    )
    inputs = inputs_for(tiny_case(settings=settings(), outages=(out,)), constant(4.0))
    model = planned(inputs)
    indoor = indoor_of(inputs, model)[0]
    assert heat_of(inputs, model)[0, 6:18] == pytest.approx(np.zeros(12), abs=1e-9)
    assert indoor[17] == pytest.approx(4 + (indoor[5] - 4) * np.exp(-0.12), abs=1e-6)
    assert indoor[5] > FLOOR_C + ROUNDING_ROOM_K  # warmed up ahead of it


def test_least_fuel_goes_to_the_floor_and_hold_target_to_the_target():
    """Floor 20, target 21 °C, both from 21: least fuel sinks to 20, hold target stays at 21.
    3.5 yuan per K·h and 10⁴ m² over 10 days is above the price of fuel.
    """
    town = {"stations": (station(indoor_target_c=21),)}
    ends = {}
    for policy in ComfortPolicy:
        comfort = Comfort(policy=policy)
        of_days = settings(240 - 96, 96, hold_h=4, comfort=comfort)
        inputs = inputs_for(tiny_case(settings=of_days, **town), constant(4.0))
        ends[policy] = indoor_of(inputs, planned(inputs))[0, 20]
    assert ends[ComfortPolicy.LEAST_FUEL] == pytest.approx(FLOOR_C + ROUNDING_ROOM_K, abs=1e-3)
    assert ends[ComfortPolicy.HOLD_TARGET] == pytest.approx(21.0, abs=1e-3)


def test_below_target_is_what_is_missing_to_it():
    """Too little heat under hold target: 3.5 yuan from target to floor, 60 from floor to 18."""
    comfort = Comfort(policy=ComfortPolicy.HOLD_TARGET)
    case = tiny_case(
        boiler(max_output_mw=4),
        settings=settings(comfort=comfort),
        stations=(station(indoor_target_c=21),),
    )
    inputs = inputs_for(case, constant(4.0))
    model = planned(inputs)
    theta = 12 + 9 * np.exp(-np.arange(1, 25) / 100)
    aim = FLOOR_C + ROUNDING_ROOM_K
    to_target = np.clip(21 - theta, 0, 21 - aim).sum()
    to_floor = np.clip(aim - theta, 0, None).sum()
    assert cost(model, "rooms_below_target") == pytest.approx(3.5 * 50 * to_target)
    assert cost(model, "rooms_below_floor") == pytest.approx(60 * 50 * to_floor)


def test_comfort_prices_rise_as_rooms_cool():
    """One kelvin of each band, 24 h, 50·10⁴ m²: the law above the floor above the target."""
    comfort = Comfort()
    assert comfort.below_legal_price > comfort.below_floor_price > comfort.below_target_price > 0
    assert comfort.below_floor_price > comfort.above_upper_price > 0


def test_scarce_heat_goes_to_the_priority():
    """Two equal stations, 8 of 16 MW: the hospital with priority 3 keeps its 20 °C, the estate
    falls freely until it meets the law at 18 °C (13 h). With equal weights both would fall.
    """
    hospital, estate = station("H", priority=3), station("E")
    case = tiny_case(boiler(max_output_mw=8), settings=settings(), stations=(hospital, estate))
    inputs = inputs_for(case, constant(4.0))
    warm, cold = indoor_of(inputs, planned(inputs))
    assert warm[:10] == pytest.approx(np.full(10, 20.0), abs=1e-6)
    assert cold[:10] == pytest.approx(4 + 16 * np.exp(-np.arange(1, 11) / 100), abs=1e-6)
    assert cold.min() > 17.9


def test_wind_raises_the_loss():
    """k_w 0.05 at 7 m/s over 3: K = 1.2, so 9.6 MW instead of 8 at 20 °C."""
    windy = station(wind_loss_w_per_m2k_per_m_s=0.05)
    inputs = inputs_for(
        tiny_case(settings=settings(), stations=(windy,)), constant(4.0), constant(7.0)
    )
    assert heat_of(inputs, planned(inputs))[0, -1] == pytest.approx(
        0.6 * (16 + ROUNDING_ROOM_K), abs=1e-6
    )


def test_sun_and_people_lower_the_demand():
    """2 W/m² of people and 0.02 · 100 W/m² of sun on 500 000 m² save 2 MW of 8."""
    sunny = station(gain_w_per_m2=2, solar_aperture=0.02)
    case = tiny_case(settings=settings(), stations=(sunny,))
    model = planned(inputs_for(case, constant(4.0), sun=constant(100.0)))
    assert values(model.source[0].heat_to_network)[-1] == pytest.approx(
        0.5 * (16 + ROUNDING_ROOM_K) - 2.0, abs=1e-6
    )


def dips(temperature, hold_h=12):
    inputs = inputs_for(tiny_case(settings=settings(hold_h=hold_h)), temperature)
    return build_model(inputs), inputs


def test_a_dip_inside_a_block_gets_a_row_and_is_held():
    """Blocks of 12 h and a wave of 10 K with its trough at 6: rooms that end the block on the
    floor dip by about 0.2 K in its middle, below the floor. With the row no hour is below it.
    """
    model, _ = dips(wave(4.0, 10.0, lowest_h=6.0))
    part = model.substation
    assert len(part.dips) >= 1
    flat, _ = dips(constant(4.0))
    assert len(flat.substation.dips) == 0
    of_one_hour, _ = dips(wave(4.0, 10.0, lowest_h=6.0), hold_h=1)
    assert len(of_one_hour.substation.dips) == 0


def test_no_hour_inside_a_block_is_below_the_floor():
    """The wave of the dip: the row lifts the block's end to 20.2 °C so that hour 5 keeps 20.
    Without it the block would end on the floor and hour 5 be 0.15 K too cold.
    """
    _, inputs = dips(wave(4.0, 10.0, lowest_h=6.0))
    heat_kw = heat_of(inputs, planned(inputs)) * 1000.0
    hourly, _ = inputs.stations.response.indoor_c(inputs.stations.indoor_before_c, heat_kw)
    aim = FLOOR_C + ROUNDING_ROOM_K
    assert hourly[0].min() > aim - DIP_K  # dips up to this are let pass
    assert hourly[0, :11].min() > aim
    assert hourly[0, 11] > aim + 0.1


def test_look_ahead_warms_up_before_a_front_that_the_sources_cannot_follow():
    """A boiler of 11 MW, −6 °C (13 MW) from hour 26 on; the horizon ends at 24. With a look-ahead
    rooms are warmer at its end than without: heat stored for the front.
    """
    front = ramp(4.0, -6.0, 24.0, 28.0)
    ends = {}
    for look_ahead_h in (0, 72):
        case = tiny_case(boiler(max_output_mw=11), settings=settings(24, look_ahead_h, hold_h=4))
        inputs = inputs_for(case, front)
        ends[look_ahead_h] = indoor_of(inputs, planned(inputs))[0, 5]
    assert ends[0] < FLOOR_C + 0.2
    assert ends[72] > ends[0] + 0.5


def test_no_warming_up_where_the_sources_can_follow():
    """The same front with 20 MW: rooms stay at the floor until it comes."""
    case = tiny_case(settings=settings(24, 72, hold_h=4))
    inputs = inputs_for(case, ramp(4.0, -6.0, 24.0, 28.0))
    assert indoor_of(inputs, planned(inputs))[0, 5] < FLOOR_C + 0.1


@pytest.mark.parametrize("look_ahead_h", [0, 24])
def test_rooms_do_not_dive_at_the_end(look_ahead_h):
    """Constant weather: no room ends more than 0.3 K below its start. Without an end value the
    last block would get no heat, and rooms would fall by 0.6 K in 4 h at τ 100 h.
    """
    inputs = inputs_for(tiny_case(settings=settings(48, look_ahead_h, hold_h=4)), constant(4.0))
    indoor = indoor_of(inputs, planned(inputs))[0]
    assert indoor[-1] >= inputs.stations.indoor_before_c[0] - 0.3
    small = with_settings(small_case(), "time", horizon_h=48, look_ahead_h=look_ahead_h)
    inputs = inputs_for(small, constant(-2.0))
    ends = indoor_of(inputs, planned(inputs))[:, -1]
    start = inputs.stations.indoor_before_c[inputs.stations.controllable]
    floor = inputs.stations.floor_c[inputs.stations.controllable, -1]
    assert (ends >= np.minimum(start, floor) - 0.3).all()


def test_without_end_value_and_comfort_price_the_rooms_do_dive():
    """The same plan with rooms below the floor free and nothing for stored heat: no heat at all.
    So it is these two terms that hold the rooms, not some other rule.
    """
    free = Comfort(below_floor_price=0, below_legal_price=0)
    inputs = inputs_for(tiny_case(settings=settings(comfort=free)), constant(4.0))
    model = build_model(inputs)
    model.total_cost.expr = sum(
        term for name, term in model.cost_terms.items() if name != "end_value"
    )
    solved(model)
    assert heat_of(inputs, model).max() == pytest.approx(0.0, abs=1e-6)


def test_end_value_is_the_price_of_the_heat_that_is_missing():
    """Rooms at 18.3 °C instead of 20 after a day on 4 MW: 1.8 K · 50 MWh/K at the price of a
    MWh of heat, 1.25 · 132.9 yuan.
    """
    inputs = inputs_for(tiny_case(boiler(max_output_mw=4), settings=settings()), constant(4.0))
    model = planned(inputs)
    assert inputs.heat_value_yuan_per_mwh == pytest.approx(1.25 * 132.91, rel=1e-4)
    missing_k = FLOOR_C + ROUNDING_ROOM_K - (12 + 8 * np.exp(-0.24))
    assert cost(model, "end_value") == pytest.approx(
        missing_k * 50 * inputs.heat_value_yuan_per_mwh, rel=1e-6
    )


def test_rooms_are_not_heated_above_their_upper_limit():
    """Sun worth 40 W/m² at noon at 14 °C: heating stops, rooms stay below what no heat gives."""
    bright = station(solar_aperture=0.08)
    case = tiny_case(settings=settings(hold_h=4), stations=(bright,))
    inputs = inputs_for(case, constant(10.0), sun=daylight(500.0))
    model = planned(inputs)
    assert heat_of(inputs, model)[0, 2:4] == pytest.approx([0.0, 0.0], abs=0.6)
    assert indoor_of(inputs, model)[0].max() < 23.0


def test_least_heat_of_the_lowest_supply_temperature_is_soft():
    """At 15 °C outside 2.5 MW hold 20 °C, below the heat at the lowest supply of 40 °C: the plan
    pays 300 yuan/MWh or takes the heat, and stays possible either way.
    """
    warm = station(secondary_supply_min_c=40)
    case = tiny_case(settings=settings(), stations=(warm,))
    inputs = inputs_for(case, constant(15.0))
    least = inputs.stations.heat_min_mw[0, 0]
    model = planned(inputs)
    short = np.maximum(0.0, least - heat_of(inputs, model)[0])
    assert least > 2.6
    assert cost(model, "supply_below_least") == pytest.approx(300 * short.sum(), abs=1e-3)
    assert heat_of(inputs, model)[0].mean() > 2.6


def test_most_heat_of_a_station_binds():
    """6 MW at most where 8 are needed: rooms go towards 4 + 12 = 16 °C."""
    inputs = inputs_for(
        tiny_case(settings=settings(), stations=(station(max_heat_kw=6000),)), constant(4.0)
    )
    model = planned(inputs)
    assert heat_of(inputs, model)[0] == pytest.approx(np.full(24, 6.0))
    assert indoor_of(inputs, model)[0, -1] == pytest.approx(16 + 4 * np.exp(-0.24), abs=1e-6)
