"""The objective is the sum of its named terms, and each term is what its price says."""

import numpy as np
import pyomo.environ as pyo
import pytest
from plan_inputs_maker import (
    TCE_YUAN_PER_MWH,
    boiler,
    chp,
    constant,
    daylight,
    heat_of,
    indoor_of,
    inputs_for,
    planned,
    serving,
    small_case,
    solved,
    tiny_case,
    tiny_settings,
    values,
    wave,
    with_settings,
)

from dispatch.case_kinds import Minimise, SourceKind
from dispatch.formulation import prices
from dispatch.formulation.build import build_model
from dispatch.settings import FuelSettings


def cost(model, name):
    return float(pyo.value(model.cost_terms[name]))


@pytest.fixture(scope="module")
def small():
    """The small town in a cold spell with wind and sun: most terms are at work."""
    case = with_settings(small_case(), "time", horizon_h=48, look_ahead_h=24)
    inputs = inputs_for(case, wave(-7.0, 5.0), constant(5.0), daylight(300.0))
    model = build_model(inputs)
    return inputs, model, solved(model)


def test_terms_add_up_to_the_objective(small):
    """A term left out of the sum, or counted twice, would not be in the plan's cost."""
    _, model, outcome = small
    assert sum(outcome.terms_yuan.values()) == pytest.approx(outcome.objective_yuan, rel=1e-9)
    assert float(pyo.value(model.total_cost)) == pytest.approx(outcome.objective_yuan, rel=1e-9)


def test_every_term_is_its_price_times_its_quantity(small):
    """All terms again, from the values of the decisions alone."""
    inputs, model, outcome = small
    grid, stations = inputs.grid, inputs.stations
    step_h, block_h = grid.step_lengths_h, grid.block_lengths_h
    fuel = sum(values(model.source[i].fuel_use) @ step_h for i in range(2))
    power = values(model.source[0].power) @ step_h
    heat = [values(model.source[i].heat_to_network) for i in range(2)]
    group = inputs.case.settings.share["town"]
    share = 0.0
    for plant, plant_heat in zip(("A", "B"), heat, strict=True):
        low, high = group.shares[plant] - group.band, group.shares[plant] + group.band
        outside = np.maximum(
            0, np.maximum(plant_heat - high * sum(heat), low * sum(heat) - plant_heat)
        )
        share += group.price_yuan_per_mwh * float(outside @ step_h)
    ours = stations.controllable
    indoor = indoor_of(inputs, model)
    floor = stations.planned_floor_c[ours]
    weight = stations.weight[ours, None] * block_h
    cold = np.maximum(0, 18 - indoor)
    cool = np.maximum(0, floor - indoor) - cold
    dip_weight = {s: stations.weight[s] for s in model.substation.stations}
    dips = sum(
        60 * dip_weight[s] * grid.step_h * v.value
        for (s, _), v in model.substation.dip_short.items()
    )
    rises = sum(
        20 * dip_weight[s] * grid.step_h * v.value
        for (s, _), v in model.substation.rise_over.items()
    )
    storage = stations.buildings.heat_capacity_j_per_m2k * stations.buildings.area_m2 / 3.6e9
    missing = np.maximum(0, floor[:, -1] - indoor[:, -1])
    expected = {
        "fuel": TCE_YUAN_PER_MWH * fuel,
        "power_credit": -0.30 * 1082 * power,
        "surplus_heat": 1000 * sum(values(model.balance.surplus).reshape(2, -1) @ step_h),
        "unserved_third_party": 8000 * sum(values(model.balance.unserved).reshape(2, -1) @ block_h),
        "source_change": prices.SOURCE_CHANGE_YUAN_PER_MW
        * sum(np.abs(np.diff(one)).sum() for one in heat),
        "share": share,
        "rooms_below_legal": 500 * (weight * cold).sum(),
        "rooms_below_floor": 60 * (weight * cool).sum() + dips,
        "rooms_above_upper": 20 * (weight * np.maximum(0, indoor - 23)).sum() + rises,
        "end_value": inputs.heat_value_yuan_per_mwh * float(missing @ storage[ours]),
    }
    for name, yuan in expected.items():
        assert outcome.terms_yuan[name] == pytest.approx(yuan, rel=1e-6, abs=0.01), name
    assert outcome.terms_yuan["rooms_below_floor"] > 0


def test_fuel_counts_at_the_reference_price():
    """240 MWh of fuel are 29.48 tce: 31 898 yuan at 1 082 yuan/tce, whatever coal costs."""
    model = serving(inputs_for(tiny_case(), constant(4.0)), 8.0)
    assert cost(model, "fuel") == pytest.approx(29.48 * 1082, rel=1e-4)


def test_fuel_counts_at_its_price_and_carbon_under_cost():
    """773 yuan/t over 5.815 MWh/t = 132.9, and 2.76 t CO₂/tce at 80 yuan = 27.1 yuan/MWh."""
    fuel = FuelSettings(minimise=Minimise.COST, carbon_price_yuan_per_t=80)
    inputs = inputs_for(tiny_case(settings=tiny_settings(fuel=fuel)), constant(4.0))
    per_mwh = 773 / 5.815 + 3.6 / 29.3076 * 2.76 * 80
    assert cost(serving(inputs, 8.0), "fuel") == pytest.approx(240 * per_mwh, rel=1e-4)


def test_purchased_heat_counts_at_its_stated_coal_or_its_price():
    """8 MW bought for 24 h are 691.2 GJ: at 40 kgce/GJ 27.65 tce, at 35 yuan/GJ 24 192 yuan."""
    bought = boiler(
        kind=SourceKind.PURCHASED_HEAT,
        efficiency=None,
        fuel_id=None,
        yard_id=None,
        coal_kgce_per_gj=40,
        price_yuan_per_gj=35,
    )
    spent = []
    for minimise in (Minimise.FUEL, Minimise.COST):
        settings = tiny_settings(fuel=FuelSettings(minimise=minimise))
        inputs = inputs_for(tiny_case(bought, settings=settings), constant(4.0))
        spent.append(cost(serving(inputs, 8.0), "fuel"))
    assert spent == pytest.approx([27.648 * 1082, 35 * 691.2], rel=1e-4)


def test_power_is_credited_by_the_coal_it_saves_elsewhere():
    """36 MW of back-pressure power for 24 h at 0.30 kgce/kWh: 259.2 tce, 280 454 yuan less."""
    from plan_inputs_maker import station, vertices

    unit = chp(SourceKind.CHP_BACKPRESSURE, power_mode="band", max_output_mw=110, min_output_mw=44)
    line = vertices([(44, 19.8, 74.186), (110, 49.5, 185.465)])
    big = (station(heated_area_m2=2_000_000),)
    inputs = inputs_for(tiny_case(unit, curves=line, stations=big), constant(-3.0))
    model = serving(inputs, 80.0)
    assert cost(model, "power_credit") == pytest.approx(-0.30 * 36 * 24 * 1082, rel=1e-6)


def test_what_cannot_be_sent_is_dearer_than_all_else():
    """In the re-solve after rounding 2 MW lack for a day: 48 MWh at 100 000 yuan."""
    inputs = inputs_for(tiny_case(boiler(max_output_mw=6)), constant(4.0))
    model = serving(inputs, 8.0)
    assert cost(model, "unsent") == pytest.approx(48 * prices.UNSENT_YUAN_PER_MWH)
    assert "rooms_below_floor" not in list(model.cost_terms)


def test_an_ordinary_plan_pays_for_fuel_and_little_else():
    """Mild, constant weather: fuel is above 97 % of the cost."""
    model = planned(inputs_for(tiny_case(), constant(4.0)))
    assert cost(model, "fuel") > 0.97 * float(pyo.value(model.total_cost))
    assert heat_of(inputs_for(tiny_case(), constant(4.0)), model).min() > 8.0
