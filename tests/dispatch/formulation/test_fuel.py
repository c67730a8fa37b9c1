"""Part-load curves, gas and carbon by hand: what a source burns, and what that counts."""

import numpy as np
import pyomo.environ as pyo
import pytest
from plan_inputs_maker import (
    boiler,
    constant,
    faults_of,
    inputs_for,
    published,
    serving,
    station,
    tiny_case,
    tiny_settings,
    values,
)

from dispatch.case import CurvePoint, Fuel
from dispatch.case_kinds import FuelUnit, Minimise, SourceKind
from dispatch.settings import FuelSettings

# Handbook §8, chain-grate boiler: fuel at 40/50/60/80/100 % load.
ROW = ((0.4, 0.72), (0.5, 0.76), (0.6, 0.79), (0.8, 0.82), (1.0, 0.82))
GAS = Fuel(
    fuel_id="gas",
    kind="natural gas",
    unit=FuelUnit.NORMAL_CUBIC_METRE,
    net_calorific_value=8500,
    price=3.2,
    co2_t_per_tce=1.6266,
)


def points(source_id="boiler"):
    return tuple(
        CurvePoint(source_id=source_id, load_fraction=load, efficiency=efficiency)
        for load, efficiency in ROW
    )


def part_load(load_mw, **changes):
    """A row of chain-grate boilers of 70 MW at a given load."""
    unit = boiler(max_output_mw=70, min_output_mw=28, efficiency=None, **changes)
    case = tiny_case(unit, curves=points(), stations=(station(heated_area_m2=2_000_000),))
    return serving(inputs_for(case, constant(4.0)), load_mw).source[0]


def test_fuel_at_part_load_is_that_of_the_row():
    """28 MW of 70 burn 38.9 MW, 42 burn 53.2, 56 burn 68.3, 70 burn 85.4 (handbook §8, F13)."""
    loads = np.array([28.0, 42.0, 56.0, 70.0])
    unit = boiler(max_output_mw=70, min_output_mw=28, efficiency=None)
    (found,) = inputs_for(tiny_case(unit, curves=points()), constant(4.0)).sources
    fuel = (found.planes @ np.stack([loads, np.zeros(4), np.ones(4)])).max(axis=0)
    assert fuel == pytest.approx([38.89, 53.16, 68.29, 85.37], abs=0.01)
    model = part_load(70.0)
    assert values(model.fuel_use) == pytest.approx(np.full(24, 85.37), abs=0.01)


def test_two_boilers_at_45_percent_burn_more_than_one_at_90():
    """63 MW from one: (0.9756 + 1.2195)/2 · 70 = 76.8 MW. From two at 45 % each, 2 · 42.46 = 84.9,
    10.5 % more (handbook §8: about 10). Were the pieces not scaled by the units on, two units
    would burn as one: 76.8.
    """
    unit = boiler(max_output_mw=70, min_output_mw=28, efficiency=None, unit_count=2)
    (found,) = inputs_for(tiny_case(unit, curves=points()), constant(4.0)).sources
    one, two = (float((found.planes @ [63.0, 0.0, units]).max()) for units in (1.0, 2.0))
    assert one == pytest.approx(76.83, abs=0.01)
    assert two == pytest.approx(84.92, abs=0.05)
    assert two / one == pytest.approx(1.105, abs=0.005)


def test_the_model_loads_one_boiler_well_rather_than_two_badly():
    """63 MW from a row of two: 1.125 boilers at 80 % are cheapest, 0.9756/0.8·63 = 76.8 MW of fuel.
    (80 and 100 % load have the same efficiency, so all between is as good).
    """
    model = part_load(63.0, unit_count=2)
    assert values(model.fuel_use) == pytest.approx(np.full(24, 63 / 0.82), abs=0.01)
    on = values(model.units_on)
    assert on.min() >= 0.9 - 1e-6
    assert on.max() <= 63 / 56 + 1e-6


def test_no_load_fuel_counts_for_every_unit_on():
    """1.5 MW a unit on: 8 MW of heat from 0.4 of a 20 MW boiler is 10 + 0.6 = 10.6 MW of fuel."""
    case = tiny_case(boiler(no_load_fuel_mw=1.5))
    model = serving(inputs_for(case, constant(4.0)), 8.0)
    assert values(model.source[0].fuel_use) == pytest.approx(np.full(24, 10.6))


def gas_town(minimise, carbon=0.0):
    unit = boiler(
        kind=SourceKind.GAS_BOILER, fuel_id="gas", yard_id=None, efficiency=0.94, max_output_mw=29
    )
    fuel = FuelSettings(minimise=minimise, carbon_price_yuan_per_t=carbon)
    coal = tiny_case().fuels
    case = tiny_case(unit, settings=tiny_settings(fuel=fuel), fuels=(*coal, GAS))
    return inputs_for(case, constant(4.0))


def test_gas_is_paid_by_the_cubic_metre():
    """8 MW at 0.94 are 204.26 MWh a day, 20 663 Nm³ at 9.885 kWh (8 500 kcal) each: 66 122 yuan."""
    model = serving(gas_town(Minimise.COST), 8.0)
    nm3 = 8 * 24 / 0.94 / 9.8855e-3
    assert pyo.value(model.cost_terms["fuel"]) == pytest.approx(3.2 * nm3, rel=1e-4)


def test_carbon_of_gas_counts_under_cost_alone():
    """0.0555 t CO₂/GJ (handbook §9) · 735.3 GJ = 40.8 t; at 80 yuan/t 3 265 yuan. Coal's 2.76 t/tce
    would make it 5 540. Under `fuel` neither carbon nor price counts: 25.09 tce at 1 082.
    """
    plain, taxed = (serving(gas_town(Minimise.COST, price), 8.0) for price in (0.0, 80.0))
    carbon = pyo.value(taxed.cost_terms["fuel"]) - pyo.value(plain.cost_terms["fuel"])
    assert carbon == pytest.approx(0.0555 * 204.255 * 3.6 * 80, rel=1e-3)
    by_fuel = serving(gas_town(Minimise.FUEL, 80.0), 8.0)
    assert pyo.value(by_fuel.cost_terms["fuel"]) == pytest.approx(25.09 * 1082, rel=1e-3)


def test_a_gas_plan_is_audited_without_a_yard():
    """No yard is drawn, and the fuel is 1/0.94 of the heat in every published hour."""
    inputs = gas_town(Minimise.COST)
    schedule = published(inputs)
    assert faults_of(schedule) == []
    ratio = schedule["source_fuel"].values / schedule["source_heat"].values
    assert ratio == pytest.approx(np.full((1, 24), 1 / 0.94))
    assert schedule["yard_burn"].values.sum() == 0
