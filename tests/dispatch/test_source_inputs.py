"""Sources on the grid: limits, schedules, outages, fuel lines and prices."""

import numpy as np
import pytest
from plan_inputs_maker import (
    EXTRACTION_UNIT,
    START,
    boiler,
    chp,
    constant,
    hours_after,
    inputs_for,
    station,
    tiny_case,
    tiny_settings,
    vertices,
)

from dispatch.case import CurvePoint, Outage, ScheduleRow
from dispatch.case_kinds import Minimise, OutageKind, SourceKind
from dispatch.settings import FuelSettings
from dispatch.source_inputs import TCE_PER_MWH, fuel_pieces, fuel_price_yuan_per_mwh


def of(*sources, **tables):
    """Inputs of the sources of a tiny town at 4 °C."""
    tables.setdefault("stations", (station(heated_area_m2=2_000_000),))
    return inputs_for(tiny_case(*sources, **tables), constant(4.0)).sources


def outage(from_h, to_h, fraction=0.0, name="boiler"):
    return Outage.model_validate(
        {
            "kind": OutageKind.SOURCE,
            "id": name,
            "from": hours_after(START, from_h),
            "to": hours_after(START, to_h),
            "available_fraction": fraction,
        }
    )


def test_a_schedule_row_holds_until_the_next():
    """230 MW before the start, 200 from hour 5.5, so from the step of 6 on."""
    rows = (
        ScheduleRow(time=hours_after(START, -3), source_id="chp", power_mw=230),
        ScheduleRow(time=hours_after(START, 5.5), source_id="chp", power_mw=200),
    )
    (unit,) = of(chp(), curves=vertices(), schedules=rows)
    assert unit.power_mw.tolist() == [230] * 6 + [200] * 18
    assert unit.runs_always
    assert unit.power.max_mw is None
    assert unit.vertices == pytest.approx(np.array(EXTRACTION_UNIT))


def test_the_first_row_also_holds_before_it():
    rows = (ScheduleRow(time=hours_after(START, 5), source_id="chp", power_mw=230),)
    (unit,) = of(chp(), curves=vertices(), schedules=rows)
    assert unit.power_mw.tolist() == [230] * 24


def test_a_limit_does_not_hold_before_its_first_row():
    """From 05:00 on at most 40 MW of the 70: what is written for later leaves now alone."""
    rows = (ScheduleRow(time=hours_after(START, 5), source_id="boiler", max_output_mw=40),)
    (unit,) = of(boiler(max_output_mw=70), schedules=rows)
    assert unit.max_heat_mw[:5].min() > 40
    assert unit.max_heat_mw[5:].tolist() == [40.0] * (unit.max_heat_mw.size - 5)


def test_a_band_is_a_limit_and_not_an_order():
    rows = (ScheduleRow(time=hours_after(START, -3), source_id="chp", power_mw=230),)
    (unit,) = of(chp(power_mode="band"), curves=vertices(), schedules=rows)
    assert unit.power_mw is None
    assert unit.power.max_mw.tolist() == [230] * 24
    assert unit.power.min_mw is None


def test_an_outage_takes_units_heat_and_scheduled_power():
    """Half of two units for hours 4–6.5: the step of 6 counts as out, part of it being so."""
    rows = (ScheduleRow(time=hours_after(START, -3), source_id="chp", power_mw=400),)
    (unit,) = of(
        chp(unit_count=2),
        curves=vertices(),
        schedules=rows,
        outages=(outage(4, 6.5, 0.5, "chp"),),
    )
    assert unit.units_available[3:8].tolist() == [2, 1, 1, 1, 2]
    assert unit.max_heat_mw[3:8].tolist() == [800, 400, 400, 400, 800]
    assert unit.power_mw[3:8].tolist() == [400, 200, 200, 200, 400]


def test_overlapping_outages_leave_the_least():
    (unit,) = of(boiler(), outages=(outage(2, 6, 0.5), outage(4, 8, 0.25)))
    assert (unit.units_available[1:9] * 4).tolist() == [4, 2, 2, 1, 1, 1, 1, 4]


def test_schedule_limits_never_exceed_what_is_there():
    rows = (
        ScheduleRow(
            time=hours_after(START, -1), source_id="boiler", min_output_mw=15, max_output_mw=99
        ),
    )
    (unit,) = of(boiler(), schedules=rows, outages=(outage(5, 6, 0.5),))
    assert unit.max_heat_mw[[0, 5]].tolist() == [20, 10]
    assert unit.min_heat_mw[[0, 5]].tolist() == [15, 10]


# ---- fuel ----------------------------------------------------------------------------------


def curve(*points):
    return tuple(
        CurvePoint(source_id="boiler", load_fraction=load, efficiency=efficiency)
        for load, efficiency in points
    )


def test_pieces_of_the_chain_grate_boiler():
    """Handbook §8 F13: marginal 1.01 up to 60 % load, 1.09 to 80 %, 1.22 above; no-load 0.15. The
    point at 50 % lies 0.06 % above the line from 40 to 60 and is evened out; the highest of all
    lines would burn 0.3 % too much at 40 %.
    """
    points = curve((0.4, 0.72), (0.5, 0.76), (0.6, 0.79), (0.8, 0.82), (1.0, 0.82))
    slopes, intercepts = zip(*fuel_pieces(boiler(max_output_mw=70), points), strict=True)
    assert slopes == pytest.approx([1.02, 1.08, 1.22], abs=0.01)
    assert intercepts[0] / 70 == pytest.approx(0.15, abs=0.005)
    assert intercepts[-1] == pytest.approx(0.0, abs=1e-9)


def test_one_efficiency_is_one_line():
    assert fuel_pieces(boiler(no_load_fuel_mw=0.5), ()) == ((1.25, 0.5),)


def test_one_part_load_point_is_one_line():
    assert fuel_pieces(boiler(), curve((1.0, 0.5))) == ((1.25, 0.0),)  # the row's own efficiency
    assert fuel_pieces(boiler(efficiency=None), curve((1.0, 0.5))) == ((2.0, 0.0),)


def test_coal_per_heat_is_a_line_too():
    """41.6 kgce/GJ · 29.3076 MJ/kgce = 1.219 MW a MW: efficiency 0.82 (34.12/0.82)."""
    unit = boiler(efficiency=None, coal_kgce_per_gj=41.61)
    ((slope, _),) = fuel_pieces(unit, ())
    assert slope == pytest.approx(1 / 0.82, rel=1e-3)


def test_order_of_the_points_does_not_matter():
    points = curve((1.0, 0.8), (0.5, 0.9))
    assert fuel_pieces(boiler(), points) == fuel_pieces(boiler(), points[::-1])


def test_marginal_fuel_of_a_boiler_is_the_slope_where_it_runs():
    (unit,) = of(boiler(efficiency=None), curves=curve((0.5, 0.9), (0.75, 0.88), (1.0, 0.8)))
    assert unit.marginal_fuel(11) == pytest.approx((15 / 0.88 - 10 / 0.9) / 5)
    assert unit.marginal_fuel(19) == pytest.approx((20 / 0.8 - 15 / 0.88) / 5)


def test_marginal_fuel_of_an_extraction_unit_at_fixed_power():
    """c_v/η_c = 0.17/0.375 = 0.453 MW a MW: 15.5 kgce/GJ (handbook §8)."""
    rows = (ScheduleRow(time=hours_after(START, -1), source_id="chp", power_mw=230),)
    (unit,) = of(chp(), curves=vertices(), schedules=rows)
    assert unit.marginal_fuel(300) == pytest.approx(0.17 / 0.375, abs=1e-3)
    assert unit.marginal_fuel(300) * 34.12 == pytest.approx(15.5, abs=0.05)


def test_marginal_fuel_of_a_back_pressure_unit_takes_credit_for_its_power():
    """1.45/0.86 = 1.686 MW of fuel less 0.45 MW of power at 0.30 kgce/kWh (2.442 MW): 0.587, that
    is 20.0 kgce/GJ (handbook §8).
    """
    line = vertices([(44, 19.8, 74.186), (110, 49.5, 185.465)])
    unit = chp(SourceKind.CHP_BACKPRESSURE, power_mode="band", max_output_mw=110)
    (found,) = of(unit, curves=line)
    assert found.marginal_fuel(80) * 34.12 == pytest.approx(20.0, abs=0.1)


# ---- prices --------------------------------------------------------------------------------


def test_fuel_counts_as_standard_coal_under_fuel():
    """3.6/29.3076 tce/MWh at 1 082 yuan/tce, whatever the coal costs."""
    assert pytest.approx(1.0, rel=1e-5) == TCE_PER_MWH * 7000 * 4.1868e-3 / 3.6
    assert fuel_price_yuan_per_mwh(tiny_case(), boiler()) == pytest.approx(132.9, abs=0.05)


def test_power_is_worth_its_credit_or_its_price():
    """0.30 kgce/kWh = 0.30 tce/MWh: 324.6 yuan; under cost 0.38 yuan/kWh, or the hour's price."""
    line = vertices([(44, 19.8, 74.186), (110, 49.5, 185.465)])
    cost = tiny_settings(fuel=FuelSettings(minimise=Minimise.COST))
    band = chp(SourceKind.CHP_BACKPRESSURE, power_mode="band")
    price = chp(SourceKind.CHP_BACKPRESSURE, power_mode="price")
    row = (ScheduleRow(time=hours_after(START, -1), source_id="chp", price=512),)
    (by_fuel,) = of(band, curves=line)
    (by_cost,) = of(band, curves=line, settings=cost)
    (by_hour,) = of(price, curves=line, settings=cost, schedules=row)
    worth = [float(unit.power.sell_yuan_per_mwh[0]) for unit in (by_fuel, by_cost, by_hour)]
    assert worth == pytest.approx([324.6, 380.0, 512.0])
    missing = [float(unit.power.buy_yuan_per_mwh[0]) for unit in (by_fuel, by_cost, by_hour)]
    assert missing == pytest.approx([324.6, 650.0, 650.0])


def test_heat_before_the_start_fills_the_sources_in_the_order_of_the_file():
    """32 MW at 4 °C from 2 Mm²: 20 from the first boiler, 12 from the second."""
    first, second = of(boiler("one"), boiler("two"))
    assert [first.heat_before_mw, second.heat_before_mw] == pytest.approx([20.0, 12.0])
