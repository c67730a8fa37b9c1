"""Boilers by hand: fuel, limits, ramps, outages. The load is given, so only sources decide."""

import numpy as np
import pytest
from plan_inputs_maker import (
    START,
    boiler,
    constant,
    hours_after,
    inputs_for,
    main,
    serving,
    station,
    tiny_case,
    tiny_settings,
    values,
)

from dispatch.case import CurvePoint, Outage, ScheduleRow
from dispatch.case_kinds import OutageKind
from dispatch.settings import Time


def town_at(case):
    """The town at 4 °C: 8 MW were sent before the start."""
    return inputs_for(case, constant(4.0))


def heat(model, source=0):
    return values(model.source[source].heat_to_network)


def fuel_mwh(model, inputs, source=0):
    return float(values(model.source[source].fuel_use) @ inputs.grid.step_lengths_h)


@pytest.mark.parametrize("step_min", [60, 30, 15])
def test_fuel_does_not_depend_on_step_length(step_min):
    """8 MW for 24 h at efficiency 0.8 burns 240 MWh; without the step length 960 at 15 minutes."""
    time = Time(horizon_h=24, step_min=step_min, setpoint_hold_h=1, look_ahead_h=0)
    inputs = town_at(tiny_case(settings=tiny_settings(time=time)))
    model = serving(inputs, 8.0)
    assert heat(model) == pytest.approx(np.full(24 * 60 // step_min, 8.0))
    assert fuel_mwh(model, inputs) == pytest.approx(240.0)


def test_units_that_run_burn_their_no_load_fuel():
    """8 of 20 MW need 0.4 of the unit on: 24·(10 + 0.4·0.5) = 244.8 MWh; 240 without no-load."""
    inputs = town_at(tiny_case(boiler(no_load_fuel_mw=0.5)))
    assert fuel_mwh(serving(inputs, 8.0), inputs) == pytest.approx(244.8)


def test_least_load_holds_units_back():
    """At 5 MW least load 8 MW cannot keep two units on: 1.6 at most, and 0.8 at least."""
    inputs = town_at(tiny_case(boiler(unit_count=2, max_output_mw=10, min_output_mw=5)))
    on = values(serving(inputs, 8.0).source[0].units_on)
    assert on.max() <= 1.6 + 1e-9
    assert on.min() >= 0.8 - 1e-9


def curve(*points):
    return tuple(
        CurvePoint(source_id="boiler", load_fraction=load, efficiency=efficiency)
        for load, efficiency in points
    )


def test_fuel_between_part_load_points_lies_on_the_line_between_them():
    """20 MW at 0.8 burns 25, 10 MW at 0.9 burns 11.11; 15 MW half-way: 18.06 MW.
    One mean efficiency would say 17.6.
    """
    inputs = town_at(tiny_case(boiler(), curves=curve((0.5, 0.9), (1.0, 0.8))))
    model = serving(inputs, [10.0] * 8 + [15.0] * 8 + [20.0] * 8)
    burnt = values(model.source[0].fuel_use)
    assert burnt[[0, 12, 20]] == pytest.approx([11.111, 18.056, 25.0], abs=1e-3)


def test_the_chain_grate_boiler_of_the_handbook():
    """Handbook §8 F13: 0.976 of rated heat at 80 % load, 1.220 at full load."""
    points = ((0.4, 0.72), (0.5, 0.76), (0.6, 0.79), (0.8, 0.82), (1.0, 0.82))
    inputs = town_at(tiny_case(boiler(max_output_mw=70), curves=curve(*points)))
    burnt = values(serving(inputs, [56.0] * 12 + [70.0] * 12).source[0].fuel_use) / 70
    assert burnt[[0, 20]] == pytest.approx([0.976, 1.220], abs=1e-3)


def test_ramp_binds_and_is_foreseen():
    """2 MW/h, load from 4 to 12 MW at hour 4. Missing heat is dearer than too much, so output
    climbs ahead of the load: 4, 6, 8, 10, 12. Without the ramp it would jump by 8 MW.
    """
    case = tiny_case(boiler(ramp_mw_per_h=2))
    inputs = inputs_for(case, constant(12.0))  # 4 MW before the start
    model = serving(inputs, [4.0] * 4 + [12.0] * 20)
    assert heat(model)[:6] == pytest.approx([4, 6, 8, 10, 12, 12])
    assert values(model.balance.surplus)[:5] == pytest.approx([0, 2, 4, 6, 0])


@pytest.mark.parametrize(("step_min", "first"), [(60, 7.0), (30, 6.0), (15, 5.5)])
def test_ramp_counts_from_what_was_sent_before_the_start(step_min, first):
    """5 MW before, 2 MW/h, 15 MW wanted: 7 MW in the first hour, 6 in the first half hour.
    With the seam forgotten it would be 15 at once.
    """
    time = Time(horizon_h=24, step_min=step_min, setpoint_hold_h=1, look_ahead_h=0)
    case = tiny_case(boiler(ramp_mw_per_h=2), settings=tiny_settings(time=time))
    inputs = inputs_for(case, constant(10.0))
    assert inputs.sources[0].heat_before_mw == pytest.approx(5.0)
    sent = heat(serving(inputs, 15.0))
    assert sent[0] == pytest.approx(first)
    assert sent[-1] == pytest.approx(15.0)


def test_ramp_also_limits_the_way_down():
    """15 MW before, 2 MW/h, nothing wanted: 13, 11, … and what is too much is surplus."""
    inputs = inputs_for(tiny_case(boiler(ramp_mw_per_h=2)), constant(-10.0))
    model = serving(inputs, 0.0)
    assert heat(model)[:8] == pytest.approx([13, 11, 9, 7, 5, 3, 1, 0])
    assert values(model.balance.surplus)[:3] == pytest.approx([13, 11, 9])


def outage(from_h, to_h, fraction=0.0, name="boiler", kind=OutageKind.SOURCE):
    return Outage.model_validate(
        {
            "kind": kind,
            "id": name,
            "from": hours_after(START, from_h),
            "to": hours_after(START, to_h),
            "available_fraction": fraction,
        }
    )


def test_outage_stops_a_boiler_and_it_comes_back_at_its_least_load():
    """10 MW, out from 4 to 8 h: falls at once, comes back with 3 MW least load + 2 MW/h: 5, 7, 9.
    Without the outage rule the load would be met throughout.
    """
    case = tiny_case(boiler(ramp_mw_per_h=2, min_output_mw=3), outages=(outage(4, 8),))
    model = serving(inputs_for(case, constant(0.0)), 10.0)
    assert heat(model)[:12] == pytest.approx([10, 10, 10, 10, 0, 0, 0, 0, 5, 7, 9, 10])
    assert values(model.balance.unsent)[:12] == pytest.approx([0] * 4 + [10] * 4 + [5, 3, 1, 0])


def test_units_that_come_back_at_their_least_load_are_on():
    """Two units of 14 MW, least 6, ramp 2 MW/h each, back at hour 8 for a load of 13: 4 MW by the
    ramp and the least load of 1.5 units, so 1.5 are on. Without the rule 13/14 of a unit would,
    and no unit could have started like that.
    """
    units = boiler(
        unit_count=2, max_output_mw=14, min_output_mw=6, ramp_mw_per_h=2, no_load_fuel_mw=1
    )
    model = serving(inputs_for(tiny_case(units, outages=(outage(4, 8),)), constant(-6.0)), 13.0)
    assert heat(model)[7:10] == pytest.approx([0, 13, 13])
    assert values(model.source[0].units_on)[7:10] == pytest.approx([0, 1.5, 13 / 14])


@pytest.mark.parametrize("out_from_h", [0, 3])
def test_heat_of_a_main_that_is_shut_falls_at_once(out_from_h):
    """8 MW each to the north and the south, whose main is shut: 8 MW are left, though the other
    main could take 20. Without the relief the ramp of 1 MW/h would push 15 MW into the north.
    """
    stations = station("N", zone_id="north"), station("S", zone_id="south")
    mains = main("P", "north", capacity_mw=20), main("P", "south", capacity_mw=20)
    shut = outage(out_from_h, 24, name="P>south", kind=OutageKind.LINK)
    case = tiny_case(boiler(ramp_mw_per_h=1), mains=mains, stations=stations, outages=(shut,))
    model = serving(inputs_for(case, constant(4.0)), 8.0, 8.0)
    sent = [16.0] * out_from_h + [8.0] * (24 - out_from_h)
    assert heat(model) == pytest.approx(sent)
    assert values(model.balance.surplus).max() == pytest.approx(0.0, abs=1e-6)


def test_half_an_outage_leaves_half_the_units():
    """Two units of 6 MW, one out: 6 MW of the 8 wanted."""
    case = tiny_case(boiler(max_output_mw=6, unit_count=2), outages=(outage(0, 24, 0.5),))
    assert heat(serving(town_at(case), 8.0)) == pytest.approx(np.full(24, 6.0))


def test_schedule_limits_hold_from_their_hour():
    """At most 5 MW from hour 6, at least 9 MW from hour 12; without them 8 MW throughout."""
    rows = (
        ScheduleRow(time=hours_after(START, -5), source_id="boiler", max_output_mw=20),
        ScheduleRow(time=hours_after(START, -5), source_id="boiler", min_output_mw=0),
        ScheduleRow(time=hours_after(START, 6), source_id="boiler", max_output_mw=5),
        ScheduleRow(time=hours_after(START, 12), source_id="boiler", max_output_mw=20),
        ScheduleRow(time=hours_after(START, 12), source_id="boiler", min_output_mw=9),
    )
    sent = heat(serving(town_at(tiny_case(boiler(), schedules=rows)), 8.0))
    assert sent[[0, 5, 6, 11, 12, 23]] == pytest.approx([8, 8, 5, 5, 9, 9])


def test_cheaper_boiler_goes_first_and_swings_do_not_pay():
    """Efficiency 0.9 before 0.8: 6 MW from the better one, the rest of 8 from the other, level."""
    good, poor = boiler("good", efficiency=0.9, max_output_mw=6), boiler("poor")
    model = serving(town_at(tiny_case(poor, good)), 8.0)
    assert heat(model, 1) == pytest.approx(np.full(24, 6.0))
    assert heat(model, 0) == pytest.approx(np.full(24, 2.0))
    assert np.ptp(heat(model, 0)) < 1e-9


def test_no_heat_without_fuel_below_the_lowest_part_load_point():
    """Ten condensing boilers of 7 MW, 1.02 at 40 % load and 0.95 at full load: 3 MW need at least
    3/1.02 = 2.94 MW of fuel. The line through both points has its zero at 0.3 MW a boiler.
    """
    unit = boiler(unit_count=10, max_output_mw=7, min_output_mw=0.1)
    inputs = town_at(tiny_case(unit, curves=curve((0.4, 1.02), (1.0, 0.95))))
    assert fuel_mwh(serving(inputs, 3.0), inputs) >= 24 * 2.94
