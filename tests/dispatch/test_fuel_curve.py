"""Fuel of units by hand: the example polygon and the boiler row of handbook §8."""

import numpy as np
import pytest
from plan_inputs_maker import (
    START,
    boiler,
    chp,
    constant,
    hours_after,
    inputs_for,
    station,
    tiny_case,
    vertices,
)

from dispatch.case import CurvePoint, ScheduleRow
from dispatch.case_kinds import FuelForHeat, SourceKind
from dispatch.fuel_curve import (
    credited_slope,
    fuel_planes,
    least_fuel_mw,
    marginal_fuel_mw,
)
from dispatch.fuel_shares import (
    accounting_fuel_mw,
    fuel_for_heat_mw,
    marginal_fuel_of_heat_mw,
)

KGCE_PER_GJ = 34.12  # of one MW of fuel a MW of heat
CREDIT = 0.30 * 29.3076 / 3.6  # MW of fuel a MW of power stands for, at 0.30 kgce/kWh: 2.442
UNIT = np.array([(0, 330, 880), (400, 262, 880), (400, 230, 2384 / 3), (194, 117, 5999.2 / 15)])
UNIT = np.vstack([UNIT, np.array([0, 150, 400])])  # A, B, C, D, E of handbook §8
BACKPRESSURE = np.array([(44, 19.8, 1.45 * 44 / 0.86), (110, 49.5, 1.45 * 110 / 0.86)])
# A unit whose fuel rises more steeply beyond 50 MW of heat: 2·P + 0.5·Q, then + 1·(Q − 50).
BENT = np.array([(0, 40, 80), (50, 40, 105), (100, 40, 180)])
BENT = np.vstack([BENT, BENT + np.array([0, 40, 80])])


def rate(unit, heat, power, *, power_fixed):
    planes = fuel_planes(unit)
    found = marginal_fuel_mw(unit, planes, heat, power, CREDIT, power_fixed=power_fixed)
    return found * KGCE_PER_GJ


def test_fuel_of_the_example_unit_is_one_plane():
    """F = (P + 0.17·Q)/0.375 at every corner of §8; its rounded corners leave 1e-3 MW."""
    planes = fuel_planes(UNIT)
    heat, power = np.array([300.0, 0.0, 100.0]), np.array([230.0, 200.0, 230.0])
    fuel = least_fuel_mw(planes, heat, power, np.ones(3))
    assert fuel == pytest.approx((power + 0.17 * heat) / 0.375, abs=1e-3)


def test_two_units_burn_as_one_of_twice_the_size():
    """300 MW of heat and 230 of power from one unit are 749.33 MW; 600 and 460 from two, twice."""
    planes = fuel_planes(UNIT)
    (one, two) = (
        least_fuel_mw(planes, np.array([n * 300.0]), np.array([n * 230.0]), np.array([n]))[0]
        for n in (1.0, 2.0)
    )
    assert [one, two] == pytest.approx([749.33, 1498.67], abs=0.01)


def test_a_bent_polygon_has_the_higher_of_two_planes():
    """At 75 MW of heat and 60 of power: 120 + 37.5 + 25 = 182.5 MW; the straight mix of the outer
    corners would say 190, the first plane alone 157.5.
    """
    fuel = least_fuel_mw(fuel_planes(BENT), np.array([75.0]), np.array([60.0]), np.ones(1))
    assert fuel[0] == pytest.approx(182.5)


# ---- marginal fuel -------------------------------------------------------------------------


def test_extraction_at_fixed_power_takes_15_5_kgce_per_gj():
    """c_v/η_c = 0.17/0.375 = 0.453 GJ/GJ (handbook §8); dividing its fuel by its heat says 85."""
    assert rate(UNIT, 300.0, 230.0, power_fixed=True) == pytest.approx(15.5, abs=0.05)


def test_back_pressure_with_credit_takes_20_0_kgce_per_gj():
    """1.45/0.86 − 0.45·2.442 = 0.587 GJ/GJ (handbook §8); without the credit 57.5."""
    assert rate(BACKPRESSURE, 80.0, 36.0, power_fixed=False) == pytest.approx(20.0, abs=0.05)


def test_a_coal_boiler_takes_41_6_kgce_per_gj():
    """34.12/0.82 at full load of the chain-grate boiler; at half load its slope is 1.02: 34.8."""
    points = tuple(
        CurvePoint(source_id="boiler", load_fraction=load, efficiency=efficiency)
        for load, efficiency in ((0.4, 0.72), (0.5, 0.76), (0.6, 0.79), (0.8, 0.82), (1.0, 0.82))
    )
    inputs = inputs_for(tiny_case(boiler(efficiency=None), curves=points), constant(4.0))
    (unit,), case = inputs.sources, inputs.case
    heat, none, on = np.array([20.0, 10.0]), np.zeros(2), np.ones(2)
    found = marginal_fuel_of_heat_mw(case, unit, heat, none, on) / heat * KGCE_PER_GJ
    assert found == pytest.approx([41.6, 34.8], abs=0.05)


def test_at_the_extraction_limit_power_must_come_along():
    """On the edge C–D one more MW of heat brings (230 − 117)/(400 − 194) = 0.549 MW of power:
    (0.549 + 0.17)/0.375 − 0.549·2.442 = 0.577 GJ/GJ, 19.7 kgce/GJ. At fixed power the polygon has
    no such MW.
    """
    power = 117 + 0.5485437 * 106  # at 300 MW of heat
    assert rate(UNIT, 300.0, power, power_fixed=False) == pytest.approx(19.7, abs=0.1)


def test_at_full_steam_heat_is_paid_by_power():
    """On A–B fuel stays at 880 MW and power falls by 0.17 a MW of heat: 0.17·2.442 = 14.2."""
    found = rate(UNIT, 200.0, 330 - 34.0, power_fixed=False)
    assert found == pytest.approx(0.17 * CREDIT * KGCE_PER_GJ, abs=0.05)


def test_at_most_heat_it_is_the_last_mw():
    """Between B and C there is no more heat; the last MW at 245 MW of power was 15.5."""
    assert rate(UNIT, 400.0, 245.0, power_fixed=False) == pytest.approx(15.5, abs=0.05)


def test_the_active_piece_counts_and_at_the_bend_the_dearer():
    """0.5 below 50 MW of heat, 1.5 above; a fit through all corners would say 1.0 everywhere."""
    found = [rate(BENT, heat, 60.0, power_fixed=True) for heat in (30.0, 50.0, 70.0)]
    assert found == pytest.approx([0.5 * KGCE_PER_GJ, 1.5 * KGCE_PER_GJ, 1.5 * KGCE_PER_GJ])


def test_free_power_at_its_best_for_each_heat():
    """With 2.442 of credit against 2.667 of fuel power is held low: E–D from 0 to 194 MW of heat,
    slope (399.95 − 400 + 33·2.442)/194 = 0.415; D–C above, 0.577.
    """
    assert credited_slope(UNIT, 100.0, CREDIT) == pytest.approx(0.415, abs=1e-3)
    assert credited_slope(UNIT, 300.0, CREDIT) == pytest.approx(0.577, abs=1e-3)
    assert credited_slope(UNIT, 400.0, CREDIT) == pytest.approx(0.577, abs=1e-3)


# ---- three ways ----------------------------------------------------------------------------


def three_ways(kind, line, **changes):
    """Accounting, marginal, chosen under accounting, and under marginal, of an 80 MW CHP."""
    rows = (ScheduleRow(time=hours_after(START, -1), source_id="chp", power_mw=36),)
    unit = chp(kind, max_output_mw=110, coal_kgce_per_gj=38.5, **changes)
    case = tiny_case(unit, curves=line, schedules=rows, stations=(station(heated_area_m2=2e6),))
    (found,) = inputs_for(case, constant(-3.0)).sources
    heat, power, on, fuel = (np.array([value]) for value in (80.0, 36.0, 1.0, 1.45 * 80 / 0.86))
    accounting = accounting_fuel_mw(unit, heat, fuel)
    marginal = marginal_fuel_of_heat_mw(case, found, heat, power, on)
    chosen = []
    for way in FuelForHeat:
        setting = case.settings.fuel.model_copy(update={"fuel_for_heat": way})
        settings = case.settings.model_copy(update={"fuel": setting})
        told = case.model_copy(update={"settings": settings})
        chosen.append(fuel_for_heat_mw(told, found, accounting, marginal, fuel))
    return [float(value[0]) for value in (accounting, marginal, *chosen)]


def test_three_figures_of_one_back_pressure_unit():
    """80 MW of heat: 38.5/34.12·80 = 90.3 by accounting, 20.0/34.12·80 = 47.0 at the margin, 134.9
    burnt. Each setting reports its own.
    """
    line = vertices(BACKPRESSURE.tolist())
    found = three_ways(SourceKind.CHP_BACKPRESSURE, line, power_mode="band")
    assert found == pytest.approx([90.27, 46.97, 90.27, 46.97], abs=0.05)
