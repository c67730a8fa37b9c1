"""No fake heat: what is short is taken from rooms, what is too much is stored or priced."""

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
    main,
    planned,
    small_case,
    station,
    tiny_case,
    tiny_settings,
    values,
    wave,
    with_settings,
)

from dispatch.case import Outage, ScheduleRow
from dispatch.case_kinds import Manager, OutageKind
from dispatch.formulation import prices
from dispatch.settings import Time

DAYS = tiny_settings(time=Time(horizon_h=72, setpoint_hold_h=4, look_ahead_h=0))
STORAGE_MWH_PER_K = 50.0  # 500 000 m² · 360 kJ/(m²K)


def cost(model, name):
    return float(pyo.value(model.cost_terms[name]))


def test_half_the_heat_lets_the_rooms_cool():
    """4 of 8 MW hold 12 °C; from 20 °C with τ 100 h: θ = 12 + 8·e^(−t/100), 18.3 °C after a day.
    60 yuan per K·h and 10⁴ m² below the floor. A model with unserved heat would stay at 20.
    """
    inputs = inputs_for(tiny_case(boiler(max_output_mw=4)), constant(4.0))
    model = planned(inputs)
    hours = np.arange(1, 25)
    theta = 12 + 8 * np.exp(-hours / 100)
    assert heat_of(inputs, model)[0] == pytest.approx(np.full(24, 4.0))
    assert indoor_of(inputs, model)[0] == pytest.approx(theta, abs=1e-6)
    floor = float(inputs.stations.planned_floor_c[0, 0])
    assert cost(model, "rooms_below_floor") == pytest.approx(60 * 50 * (floor - theta).sum())
    assert cost(model, "rooms_below_legal") == pytest.approx(0.0, abs=1e-6)


def test_below_the_law_costs_more():
    """2 of 8 MW hold 8 °C: 17.4 °C after a day, 60·2.05 and 500·0.56 yuan per hour and 10⁴ m²."""
    inputs = inputs_for(tiny_case(boiler(max_output_mw=2)), constant(4.0))
    model = planned(inputs)
    theta = 8 + 12 * np.exp(-np.arange(1, 25) / 100)
    below = np.maximum(0.0, 18 - theta)
    assert indoor_of(inputs, model)[0] == pytest.approx(theta, abs=1e-6)
    assert cost(model, "rooms_below_legal") == pytest.approx(500 * 50 * below.sum())


def test_zone_balance_is_exact_in_a_shortage():
    """Delivered = station heat + third party served + surplus, to 1e-6 MW, every step."""
    case = with_settings(small_case(), "time", horizon_h=24, look_ahead_h=0)
    out = Outage.model_validate(
        {
            "kind": OutageKind.SOURCE,
            "id": "boiler_1",
            "from": hours_after(START, -9),
            "to": hours_after(START, 99),
        }
    )
    inputs = inputs_for(case.model_copy(update={"outages": (out,)}), constant(-4.0))
    model = planned(inputs)
    delivered = np.zeros((2, inputs.grid.steps))
    for j, item in enumerate(inputs.links):
        zone = inputs.case.zone_ids.index(item.link.to_id)
        kept = values(model.link[j].below_loss)  # not lost by a main that went cold
        delivered[zone] += values(model.link[j].arrival) - item.loss_mw + kept
    due = np.zeros((2, inputs.grid.blocks))
    np.add.at(due, inputs.stations.zone, inputs.stations.heat_due_mw)
    unserved = values(model.balance.unserved).reshape(due.shape)
    used = due - unserved
    ours = inputs.stations.zone[inputs.stations.controllable]
    np.add.at(used, ours, heat_of(inputs, model))
    surplus = values(model.balance.surplus).reshape(delivered.shape)
    assert delivered == pytest.approx(used[:, inputs.grid.block_of_step] + surplus, abs=1e-6)
    assert cost(model, "rooms_below_floor") > 1000


def two_stations(heat_mw, temperature=4.0):
    """One of ours and one run by others, each of 8 MW, on one boiler."""
    ours, theirs = station("ours"), station("theirs", managed_by=Manager.THIRD_PARTY)
    case = tiny_case(boiler(max_output_mw=heat_mw), stations=(ours, theirs), settings=DAYS)
    return inputs_for(case, constant(temperature))


def test_third_party_is_cut_only_after_our_own_margin():
    """8 MW for two stations of 8: rooms of ours fall freely, 4 + 16·e^(−t/100), from 20 to 18 °C
    in 13 h; only then theirs get less. Were theirs cut first, ours would stay at 20.
    """
    inputs = two_stations(8.0)
    model = planned(inputs)
    indoor = indoor_of(inputs, model)[0]
    unserved = values(model.balance.unserved)
    ends_h = inputs.grid.block_edges_h[1:]
    free = 4 + 16 * np.exp(-ends_h / 100)
    assert indoor[:3] == pytest.approx(free[:3], abs=1e-4)
    assert unserved[:3] == pytest.approx(np.zeros(3), abs=1e-6)
    assert unserved[6] == pytest.approx(7.0, abs=0.05)  # ours need 14 K · 0.5 MW/K at 18 °C
    assert indoor[6] == pytest.approx(18.0, abs=0.01)
    assert (indoor[unserved > 1e-6] < 18.05).all()
    assert cost(model, "unserved_third_party") == pytest.approx(8000 * 4 * unserved.sum())


def test_third_party_takes_what_its_curve_says_where_there_is_enough():
    """Rule F2 at 4 °C: 8 MW, and ours as much."""
    inputs = two_stations(20.0)
    model = planned(inputs)
    assert inputs.stations.heat_due_mw[1] == pytest.approx(np.full(18, 8.0))
    assert values(model.balance.unserved).max() == pytest.approx(0.0, abs=1e-9)
    assert values(model.source[0].heat_to_network)[-1] == pytest.approx(16.0, abs=0.1)


def test_heat_that_must_be_made_warms_rooms_before_it_is_surplus():
    """10 MW by schedule, 8 needed: rooms go to 24 − 4·e^(−t/100) = 20.85 °C, nothing is lost."""
    row = ScheduleRow(time=hours_after(START, -1), source_id="boiler", min_output_mw=10)
    inputs = inputs_for(tiny_case(schedules=(row,)), constant(4.0))
    model = planned(inputs)
    assert indoor_of(inputs, model)[0, -1] == pytest.approx(24 - 4 * np.exp(-0.24), abs=1e-6)
    assert cost(model, "surplus_heat") == pytest.approx(0.0, abs=1e-9)


def test_surplus_appears_and_is_priced_when_rooms_are_at_their_upper_limit():
    """19 MW at 14 °C would warm rooms to 52 °C; above 23 °C 20 yuan per K·h and 10⁴ m² is
    dearer than 1 000 yuan/MWh of surplus for heat that stays for a day (1 000 yuan/K·h · 24 h /
    50 MWh/K = 480 yuan/MWh) only beyond two days: here rooms take it.
    """
    row = ScheduleRow(time=hours_after(START, -1), source_id="boiler", min_output_mw=19)
    model = planned(inputs_for(tiny_case(schedules=(row,)), constant(14.0)))
    assert cost(model, "rooms_above_upper") > 0
    assert cost(model, "surplus_heat") == pytest.approx(0.0, abs=1e-6)
    closed = station(max_heat_kw=5000)  # and where a station cannot take it, it is surplus
    case = tiny_case(schedules=(row,), stations=(closed,))
    model = planned(inputs_for(case, constant(14.0)))
    surplus_mwh = values(model.balance.surplus).sum()
    assert surplus_mwh == pytest.approx(24 * (19 - 5))
    assert cost(model, "surplus_heat") == pytest.approx(
        surplus_mwh * prices.SURPLUS_YUAN_PER_MWH, rel=1e-9
    )


def test_no_surplus_in_an_ordinary_plan():
    """Nothing forces surplus in the small town on a cold day with sun."""
    case = with_settings(small_case(), "time", horizon_h=48, look_ahead_h=24)
    model = planned(inputs_for(case, wave(-2.0, 4.0), sun=daylight(400.0)))
    assert cost(model, "surplus_heat") == pytest.approx(0.0, abs=1e-6)


def test_every_plant_sends_what_its_sources_make():
    """Two boilers in one plant on two mains: what they make is what is sent."""
    mains = main("P", "town", capacity_mw=5), main("P", "hill")
    hill = station("H", zone_id="hill")
    units = boiler("one", max_output_mw=9), boiler("two", max_output_mw=30)
    inputs = inputs_for(tiny_case(*units, mains=mains, stations=(station(), hill)), constant(4.0))
    model = planned(inputs)
    made = values(model.source[0].heat_to_network) + values(model.source[1].heat_to_network)
    sent = values(model.link[0].sent) + values(model.link[1].sent)
    assert made == pytest.approx(sent, abs=1e-6)
    assert values(model.link[0].sent).max() == pytest.approx(5.0)
    assert (
        pytest.approx(float(inputs.stations.buildings.heat_capacity_j_per_m2k[0] * 5e5 / 3.6e9))
        == STORAGE_MWH_PER_K
    )
