"""A CHP by hand: fuel = (power + 0.17·heat)/0.375 inside the polygon of handbook §8."""

from dataclasses import replace

import numpy as np
import pyomo.environ as pyo
import pytest
from plan_inputs_maker import (
    EXTRACTION_UNIT,
    START,
    boiler,
    chp,
    constant,
    faults_of,
    hours_after,
    inputs_for,
    published,
    serving,
    station,
    tiny_case,
    tiny_settings,
    values,
    vertices,
)

from dispatch.case import Outage, ScheduleRow
from dispatch.case_kinds import Minimise, OutageKind, SourceKind
from dispatch.formulation.chp import add_chp
from dispatch.settings import FuelSettings

CITY = (station(heated_area_m2=2_000_000), station("S2", heated_area_m2=2_000_000))

ALL_CORNERS = vertices([*EXTRACTION_UNIT, (0, 150, 400)])  # E, at no heat, too


def power_row(hour, power_mw):
    return ScheduleRow(time=hours_after(START, hour), source_id="chp", power_mw=power_mw)


def city(*sources, **tables):
    """Two stations of 2 Mm², −3 °C outside: the sources send what the test says."""
    values = {"curves": vertices(), "stations": CITY} | tables
    return inputs_for(tiny_case(*sources, **values), constant(-3.0))


def fuel_mw(power_mw, heat_mw):
    return (power_mw + 0.17 * heat_mw) / 0.375


def test_scheduled_power_is_met_exactly_and_heat_is_free():
    """230 MW of power with 300, then 250 MW of heat: (230 + 51)/0.375 = 749.3 MW, then 726.7.
    Without the schedule the least power of the polygon would be made, 175 MW.
    """
    inputs = city(chp(), schedules=(power_row(-1, 230),))
    model = serving(inputs, [150.0] * 12 + [125.0] * 12, [150.0] * 12 + [125.0] * 12)
    unit = model.source[0]
    assert values(unit.power) == pytest.approx(np.full(24, 230.0))
    assert values(unit.heat_to_network)[[0, 23]] == pytest.approx([300.0, 250.0])
    assert values(unit.fuel_use)[[0, 23]] == pytest.approx([749.33, 726.67], abs=0.02)


def test_scheduled_power_forces_heat_that_becomes_surplus():
    """At 230 MW the line from D (194 MW, 117 MW) to A (0, 330) asks for 91.1 MW of heat; 50 are
    wanted, so 41.1 are surplus. A model that let go of the polygon would send 50.
    """
    forced = 194 * (330 - 230) / (330 - 117)
    inputs = city(chp(), schedules=(power_row(-1, 230),))
    model = serving(inputs, 25.0, 25.0)
    assert values(model.source[0].heat_to_network) == pytest.approx(np.full(24, forced))
    assert values(model.balance.surplus) == pytest.approx(np.full(24, forced - 50))


def test_most_heat_at_a_high_power():
    """At 262 MW up to 400 MW of heat, at 296 MW only (330 − 296)/0.17 = 200 (full steam)."""
    inputs = city(chp(), schedules=(power_row(-1, 262), power_row(12, 296)))
    model = serving(inputs, 220.0, 220.0)
    heat = values(model.source[0].heat_to_network)
    assert heat[:12] == pytest.approx(np.full(12, 400.0))
    assert heat[12:] == pytest.approx(np.full(12, 200.0))
    assert values(model.balance.unsent)[[0, 23]] == pytest.approx([40.0, 240.0])


def test_power_follows_the_schedule_hour_by_hour():
    schedule = (power_row(-1, 230), power_row(6, 250.5), power_row(20, 231))
    model = serving(city(chp(), schedules=schedule), 150.0, 150.0)
    expected = [230.0] * 6 + [250.5] * 14 + [231.0] * 4
    assert values(model.source[0].power) == pytest.approx(expected)


def test_an_outage_takes_heat_power_and_fuel_to_zero():
    """Out from 6 to 12: a scheduled power that still had to be met would leave no plan at all."""
    out = Outage.model_validate(
        {
            "kind": OutageKind.SOURCE,
            "id": "chp",
            "from": hours_after(START, 6),
            "to": hours_after(START, 12),
        }
    )
    inputs = city(chp(), schedules=(power_row(-1, 230),), outages=(out,))
    unit = serving(inputs, 150.0, 150.0).source[0]
    for family in (unit.heat_to_network, unit.power, unit.fuel_use):
        assert values(family)[6:12] == pytest.approx(np.zeros(6), abs=1e-6)
    assert values(unit.heat_to_network)[[5, 12]] == pytest.approx([300.0, 300.0])


def test_free_power_is_least_where_it_is_worth_less_than_its_fuel():
    """0.30 kgce/kWh credit is 2.44 MW of fuel a MW of power, which costs 1/0.375 = 2.67: with all
    of 400 MW of heat the least power, 230 MW. At part load the relaxed unit may be part on.
    """
    unit = serving(city(chp(power_mode="band")), 200.0, 200.0).source[0]
    assert values(unit.power) == pytest.approx(np.full(24, 230.0))
    assert values(unit.fuel_use) == pytest.approx(np.full(24, fuel_mw(230, 400)), abs=0.02)


def test_free_power_is_most_where_it_sells_for_more_than_its_fuel():
    """Coal at 773 yuan/t is 132.9 yuan/MWh, 354 a MWh of power. Sold at 500: full steam, 262 MW
    beside 400 MW of heat; at 200: 230 MW. Prices by the hour, so both in one plan.
    """
    fuel = FuelSettings(minimise=Minimise.COST)
    rows = (
        ScheduleRow(time=hours_after(START, -1), source_id="chp", price=500),
        ScheduleRow(time=hours_after(START, 12), source_id="chp", price=200),
    )
    inputs = city(chp(power_mode="price"), settings=tiny_settings(fuel=fuel), schedules=rows)
    model = serving(inputs, 200.0, 200.0)
    power = values(model.source[0].power)
    assert power[[0, 11, 12, 23]] == pytest.approx([262, 262, 230, 230])
    sold = -(12 * 262 * 500 + 12 * 230 * 200)
    assert pyo.value(model.cost_terms["power_sold"]) == pytest.approx(sold)
    assert pyo.value(model.cost_terms["power_credit"]) == 0


def test_a_band_caps_free_power():
    """The grid takes at most 245 MW: sold at 500 yuan, but not more than that."""
    fuel = FuelSettings(minimise=Minimise.COST, power_sell_yuan_per_kwh=0.5)
    inputs = city(
        chp(power_mode="band"), settings=tiny_settings(fuel=fuel), schedules=(power_row(-1, 245),)
    )
    power = values(serving(inputs, 200.0, 200.0).source[0].power)
    assert power == pytest.approx(np.full(24, 245.0))


def test_heat_decides_the_power_of_a_back_pressure_unit():
    """50 MW unit, P = 0.45 Q, efficiency 0.86: 80 MW of heat make 36 of power."""
    line = vertices([(44, 19.8, 74.186), (110, 49.5, 185.465)])
    unit = chp(SourceKind.CHP_BACKPRESSURE, power_mode="band", max_output_mw=110, min_output_mw=44)
    model = serving(city(unit, curves=line), 40.0, 40.0)
    assert values(model.source[0].power) == pytest.approx(np.full(24, 36.0))
    assert values(model.source[0].fuel_use) == pytest.approx(
        np.full(24, 1.45 * 80 / 0.86), abs=0.01
    )


def test_two_units_of_a_row_share_the_polygon():
    """Two back-pressure units bring 44–220 MW: 150 MW need 1.36 of them, power stays 0.45·Q."""
    line = vertices([(44, 19.8, 74.186), (110, 49.5, 185.465)])
    unit = chp(
        SourceKind.CHP_BACKPRESSURE,
        power_mode="band",
        max_output_mw=110,
        min_output_mw=44,
        unit_count=2,
    )
    model = serving(city(unit, curves=line), 75.0, 75.0)
    assert values(model.source[0].power) == pytest.approx(np.full(24, 0.45 * 150))
    on = values(model.source[0].units_on)
    assert on.min() >= 150 / 110 - 1e-9
    assert on.max() <= 2 + 1e-9


def test_every_hour_lies_in_the_polygon():
    """Whatever the power and the load, (heat, power) is between the four edges."""
    schedule = tuple(power_row(h - 1, 120 + 8 * h) for h in range(24))
    model = serving(city(chp(), schedules=schedule), *[[10.0 * k for k in range(24)]] * 2)
    heat, power = values(model.source[0].heat_to_network), values(model.source[0].power)
    corners = np.array(EXTRACTION_UNIT)[:, :2]
    for (h0, p0), (h1, p1) in zip(corners, np.roll(corners, -1, axis=0), strict=True):
        inward = (h1 - h0) * (power - p0) - (p1 - p0) * (heat - h0)  # vertices run clockwise
        assert (inward <= 1e-5).all()


def test_a_unit_without_polygon_is_refused():
    inputs = inputs_for(tiny_case(boiler()), constant(4.0))
    with pytest.raises(ValueError, match="no polygon"):
        add_chp(None, inputs.sources[0], inputs.grid)


# ---- bands, contracts, prices --------------------------------------------------------------


def cost_settings(**prices):
    return tiny_settings(fuel=FuelSettings(minimise=Minimise.COST, **prices))


def test_a_band_holds_power_up():
    """Power is worth less than its fuel, so without a lower end 230 MW beside 400 of heat; the
    band from 240 to 250 asks for 240.
    """
    row = ScheduleRow(time=hours_after(START, -1), source_id="chp", power_mw=250, power_min_mw=240)
    unit = serving(city(chp(power_mode="band"), schedules=(row,)), 200.0, 200.0).source[0]
    assert values(unit.power) == pytest.approx(np.full(24, 240.0))


def test_a_band_above_zero_runs_the_whole_unit():
    """The band asks for 160 MW at least; 100 MW of heat are wanted. A whole unit gives 160 MW of
    power beside 100 MW of heat: (160 + 17)/0.375 = 472 MW. Part of a unit on D–C and none at all
    mixed would make no sense, nor save: units on are 1, not the 0.57 that could carry it.
    """
    row = ScheduleRow(time=hours_after(START, -1), source_id="chp", power_min_mw=160)
    inputs = city(chp(power_mode="band"), curves=ALL_CORNERS, schedules=(row,))
    unit = serving(inputs, 50.0, 50.0).source[0]
    assert values(unit.units_on) == pytest.approx(np.ones(24))
    assert values(unit.power) == pytest.approx(np.full(24, 160.0))
    assert values(unit.fuel_use) == pytest.approx(np.full(24, 472.0), abs=0.02)


@pytest.mark.parametrize(("least_mw", "fewest"), [(340, 2), (320, 1), (0, 0)])
def test_a_band_runs_the_units_that_its_lower_end_takes(least_mw, fewest):
    """One unit makes 330 MW at most, so 340 MW take both, as the grid means it; else 1.1 units
    would do, at 340 MW and 50 of heat, where the plan saves nothing and no operator can follow.
    """
    row = ScheduleRow(time=hours_after(START, -1), source_id="chp", power_min_mw=least_mw)
    unit = chp(power_mode="band", unit_count=2)
    inputs = city(unit, curves=ALL_CORNERS, schedules=(row,))
    assert np.all(inputs.sources[0].units_asked == fewest)
    on = values(serving(inputs, 25.0, 25.0).source[0].units_on)
    assert on.min() >= fewest
    assert fewest > 0 or on.max() < 1  # 50 MW of heat alone take an eighth of a unit


def test_an_outage_takes_its_unit_from_those_of_a_band():
    """The grid knows of the outage, so that half of 340 MW is asked of the one unit left."""
    row = ScheduleRow(time=hours_after(START, -1), source_id="chp", power_min_mw=340)
    out = Outage(
        kind=OutageKind.SOURCE,
        id="chp",
        **{"from": hours_after(START, 0), "to": hours_after(START, 99)},
        available_fraction=0.5,
    )
    unit = chp(power_mode="band", unit_count=2)
    inputs = city(unit, curves=ALL_CORNERS, schedules=(row,), outages=(out,))
    assert np.all(inputs.sources[0].units_asked == 1)
    unit = serving(inputs, 50.0, 50.0).source[0]
    assert values(unit.units_on) == pytest.approx(np.ones(24))
    assert values(unit.power) == pytest.approx(np.full(24, 170.0))


def test_a_band_without_a_lower_end_may_run_part_of_a_unit():
    """100 MW of heat alone, relaxed: a quarter of the unit at C, 57.5 MW of power and 198.7 MW of
    fuel, inside the hull with standstill. No unit can do that: the verdict says so.
    """
    unit = serving(city(chp(power_mode="band")), 50.0, 50.0).source[0]
    assert values(unit.units_on).max() < 0.6
    assert values(unit.power).max() < 117  # the least of a whole unit


def test_a_contract_is_filled_where_making_is_cheaper_than_buying():
    """Fuel of one more MWh of power costs 354 yuan. 250 MW are contracted; bought at 650, sold at
    200: exactly 250 are made beside 400 MW of heat. With one price of 200 it would be 230.
    """
    settings = cost_settings(power_sell_yuan_per_kwh=0.2, power_buy_yuan_per_kwh=0.65)
    inputs = city(chp(power_mode="price"), settings=settings, schedules=(power_row(-1, 250),))
    model = serving(inputs, 200.0, 200.0)
    assert values(model.source[0].power) == pytest.approx(np.full(24, 250.0))
    assert pyo.value(model.cost_terms["power_sold"]) == pytest.approx(0, abs=1e-3)
    assert pyo.value(model.cost_terms["power_bought"]) == pytest.approx(0, abs=1e-3)


def test_beyond_the_contract_power_is_sold_where_it_pays():
    """Sold at 500 yuan until noon: 262 MW, 12 above the contract; then at 200: 250 and none."""
    rows = (
        ScheduleRow(time=hours_after(START, -1), source_id="chp", power_mw=250, price=500),
        ScheduleRow(time=hours_after(START, 12), source_id="chp", price=200),
    )
    inputs = city(chp(power_mode="price"), settings=cost_settings(), schedules=rows)
    model = serving(inputs, 200.0, 200.0)
    unit = model.source[0]
    assert values(unit.power_sold)[[0, 11, 12, 23]] == pytest.approx([12, 12, 0, 0], abs=1e-6)
    assert pyo.value(model.cost_terms["power_sold"]) == pytest.approx(-12 * 12 * 500)


def test_what_is_missing_from_the_contract_is_bought_where_that_is_cheaper():
    """Bought at 300 yuan, made at 354: the least power, 230 MW, and 20 MW bought all day."""
    settings = cost_settings(power_sell_yuan_per_kwh=0.2, power_buy_yuan_per_kwh=0.3)
    inputs = city(chp(power_mode="price"), settings=settings, schedules=(power_row(-1, 250),))
    model = serving(inputs, 200.0, 200.0)
    assert values(model.source[0].power) == pytest.approx(np.full(24, 230.0))
    assert pyo.value(model.cost_terms["power_bought"]) == pytest.approx(20 * 24 * 300)


def test_an_outage_buys_the_whole_contract():
    """Out all day: 250 MW are bought; were the contract held against the polygon, no plan."""
    out = Outage.model_validate(
        {"kind": OutageKind.SOURCE, "id": "chp", "from": START, "to": hours_after(START, 24)}
    )
    inputs = city(
        *(chp(power_mode="price"), boiler(max_output_mw=400)),
        settings=cost_settings(),
        schedules=(power_row(-1, 250),),
        outages=(out,),
    )
    model = serving(inputs, 100.0, 100.0)
    assert values(model.source[0].power_bought) == pytest.approx(np.full(24, 250.0))


def test_a_schedule_that_the_ramp_forbids_still_has_a_plan():
    """A cold unit that gains 40 MW of heat an hour is scheduled at 117 MW from midnight, which only
    comes with 194 MW of heat: it comes as the ramp allows, and the power off schedule is priced.
    """
    unit = chp(ramp_mw_per_h=40)
    inputs = city(unit, curves=ALL_CORNERS, schedules=(power_row(-1, 117),))
    cold = replace(inputs.sources[0], heat_before_mw=0.0)
    model = serving(replace(inputs, sources=(cold,)), 97.0, 97.0)
    unit = model.source[0]
    off = values(unit.power_excess)
    assert values(unit.heat_to_network)[0] == pytest.approx(40.0)
    assert off[0] == pytest.approx(150 - 33 * 40 / 194 - 117, abs=0.01)  # on the edge E–D
    assert off[5:] == pytest.approx(np.zeros(19), abs=1e-6)
    assert pyo.value(model.cost_terms["power_off_schedule"]) > 1e6


def test_what_is_made_and_missing_never_stands_in_both_books():
    """Sold and bought of the schedule: one is zero, their difference is power less contract."""
    settings = cost_settings(power_sell_yuan_per_kwh=0.2, power_buy_yuan_per_kwh=0.3)
    inputs = city(chp(power_mode="price"), settings=settings, schedules=(power_row(-1, 250),))
    schedule = published(inputs)
    power, sold, bought = (
        schedule[f"source_power{name}"].values[0] for name in ("", "_sold", "_bought")
    )
    assert np.minimum(sold, bought) == pytest.approx(np.zeros(24))
    assert sold - bought == pytest.approx(power - 250)
    assert faults_of(schedule) == []
