"""Whole units by hand: what they may do, what a start costs, what the past and outages do to them.

Fuel counts 132.9 yuan/MWh. `peak` is the committed boiler: 10 MW at most, 2 at least, 2 MW of
fuel while it runs besides 1.25 MW a MW of heat. `base` makes up to 6 MW at the same 1.25, so that
moving heat between the two costs nothing and only the 2 MW (265.8 yuan an hour) are saved while
`peak` is off.
"""

from dataclasses import replace

import numpy as np
import pyomo.environ as pyo
import pytest
from plan_inputs_maker import (
    START,
    boiler,
    chp,
    constant,
    hours_after,
    inputs_for,
    serving,
    station,
    tiny_case,
    tiny_settings,
    values,
    vertices,
)

from dispatch.case import Outage, ScheduleRow
from dispatch.case_kinds import OutageKind, SourceKind
from dispatch.settings import Time

BASE = boiler("base", max_output_mw=6)


def peak(**changes):
    shape = {"max_output_mw": 10, "min_output_mw": 2, "no_load_fuel_mw": 2, "commitment": True}
    return boiler("peak", **(shape | changes))


def town(*sources, outdoor_c=4.0, **tables):
    """The town takes 8 MW at 4 °C, 4 at 12 °C: so much was sent before the start."""
    return inputs_for(tiny_case(*sources, **tables), constant(outdoor_c))


def with_past(inputs, source, before, starts=(), stops=(), heat_before_mw=None):
    """The inputs with units before the start and events (hours before the start, units)."""
    unit = inputs.sources[source]
    units = replace(
        unit.units,
        before=before,
        starts_before=np.array(starts, dtype=float).reshape(-1, 2),
        stops_before=np.array(stops, dtype=float).reshape(-1, 2),
    )
    heat = before * unit.units.least_mw if heat_before_mw is None else heat_before_mw
    changed = replace(unit, units=units, heat_before_mw=heat)
    sources = [changed if i == source else one for i, one in enumerate(inputs.sources)]
    return replace(inputs, sources=tuple(sources))


def on(model, source=0):
    return values(model.source[source].units_on)


def cost(model, name):
    return float(pyo.value(model.cost_terms[name]))


def hours_of(model, source=0):
    return np.flatnonzero(on(model, source) > 0.5).tolist()


def outage(from_h, to_h, fraction=0.0, name="peak", kind=OutageKind.SOURCE):
    return Outage.model_validate(
        {
            "kind": kind,
            "id": name,
            "from": hours_after(START, from_h),
            "to": hours_after(START, to_h),
            "available_fraction": fraction,
        }
    )


# ---- whole units ---------------------------------------------------------------------------


def test_a_unit_runs_or_not():
    """8 MW of 10: the unit is on all day and burns 24·(10 + 2) = 288 MWh. With 0.8 of a unit, as
    the relaxation has it, 24·(10 + 0.8·2) = 278.4.
    """
    model = serving(town(peak()), 8.0)
    assert on(model) == pytest.approx(np.ones(24), abs=1e-9)
    assert values(model.source[0].fuel_use).sum() == pytest.approx(288.0)
    relaxed = serving(town(peak(commitment=False)), 8.0)
    assert values(relaxed.source[0].fuel_use).sum() == pytest.approx(278.4)


def test_least_load_keeps_a_unit_off():
    """4 MW for a unit of 5 at least: it stays off and the dear boiler serves them. With parts of
    units 0.4 to 0.8 of it would run.
    """
    dear = boiler("dear", efficiency=0.5)
    load = [8.0] * 12 + [4.0] * 12
    model = serving(town(peak(min_output_mw=5), dear), load)
    assert hours_of(model) == list(range(12))
    relaxed = serving(town(peak(min_output_mw=5, commitment=False), dear), load)
    assert on(relaxed)[20] == pytest.approx(0.4)


def test_two_of_three_identical_units():
    """14 MW from units of 10 that must hold 5: two run, the third would only burn 2 MW more."""
    inputs = town(peak(unit_count=3, min_output_mw=5), outdoor_c=-8.0)
    assert on(serving(inputs, 14.0)) == pytest.approx(np.full(24, 2.0), abs=1e-9)


def test_without_commitment_nothing_is_added():
    """Only the two expressions that every source offers, both nothing."""
    model = serving(town(peak(commitment=False, start_cost_yuan=900)), 8.0)
    block = model.source[0]
    assert block.component("started") is None
    assert all(one.is_continuous() for one in block.units_on.values())
    assert cost(model, "starts") == 0.0


# ---- minimum times -------------------------------------------------------------------------


def test_minimum_up_time():
    """12 MW in hour 4 only, else 5 of which `base` can do all: `peak` is needed for an hour, and
    stays for four. Without the rule it would run in hour 4 alone.
    """
    load = [5.0] * 4 + [12.0] + [5.0] * 19
    assert hours_of(serving(with_past(town(peak(), BASE), 0, 0), load)) == [4]
    inputs = with_past(town(peak(min_up_h=4), BASE), 0, 0)
    ran = hours_of(serving(inputs, load))
    assert len(ran) == 4
    assert 4 in ran


def test_minimum_down_time():
    """5 MW in hours 6 and 7, else 12: off for these two; where it must stay off for 4 h, then not
    at all. Without the rule it would always be off for two.
    """
    load = [12.0] * 6 + [5.0] * 2 + [12.0] * 16
    inputs = town(peak(), BASE, outdoor_c=-4.0)
    assert hours_of(serving(inputs, load)) == [*range(6), *range(8, 24)]
    inputs = town(peak(min_down_h=4), BASE, outdoor_c=-4.0)
    assert hours_of(serving(inputs, load)) == list(range(24))


@pytest.mark.parametrize("step_min", [60, 30, 15])
def test_minimum_times_are_hours_whatever_the_step(step_min):
    """3 h of running at any step; counted in steps it would be 45 minutes at 15."""
    time = Time(horizon_h=24, step_min=step_min, setpoint_hold_h=1, look_ahead_h=0)
    inputs = town(peak(min_up_h=3), BASE, settings=tiny_settings(time=time))
    load = [5.0] * 4 + [12.0] + [5.0] * 19
    ran = on(serving(with_past(inputs, 0, 0), load))
    assert ran.sum() * step_min / 60 == pytest.approx(3.0)


def test_long_steps_of_the_look_ahead_count_their_hours():
    """After a day of hours come steps of 4 h. Needed from 24 to 28 h and bound to run for 6 h, the
    unit runs from 22 to 28 h. Counted in steps it would run for six of them, 9 h at least.
    """
    time = Time(horizon_h=24, setpoint_hold_h=1, look_ahead_h=24)
    inputs = town(peak(min_up_h=6), BASE, settings=tiny_settings(time=time))
    load = np.where(inputs.grid.block_edges_h[:-1] == 24.0, 12.0, 5.0)
    ran = on(serving(with_past(inputs, 0, 0), load))
    assert ran @ inputs.grid.step_lengths_h == pytest.approx(6.0)
    assert np.flatnonzero(ran > 0.5).tolist() == [22, 23, 24]


# ---- starts --------------------------------------------------------------------------------

DIP = [12.0] * 6 + [5.0] * 2 + [12.0] * 16
DIPS = ([12.0] * 4 + [5.0] * 2) * 4


@pytest.mark.parametrize(
    ("price", "cycles"),
    [
        ({}, True),
        ({"start_cost_yuan": 400}, True),
        ({"start_cost_yuan": 600}, False),
        ({"start_fuel_tce": 0.3}, True),
        ({"start_fuel_tce": 0.6}, False),
        ({"start_fuel_tce": 0.3, "start_cost_yuan": 300}, False),
    ],
)
def test_the_price_of_a_start_decides_between_keeping_on_and_cycling(price, cycles):
    """Off for two hours saves 4 MWh of fuel, 532 yuan. A start at 400 yuan, or of 0.3 tce at 1 082
    yuan, pays; one at 600, or of 0.6 tce, does not. Without the price it would always be off.
    """
    model = serving(town(peak(**price), BASE, outdoor_c=-4.0), DIP)
    assert (len(hours_of(model)) == 22) == cycles
    wanted = price.get("start_cost_yuan", 0) + 1082 * price.get("start_fuel_tce", 0)
    assert cost(model, "starts") == pytest.approx(wanted if cycles else 0.0, rel=1e-4, abs=1e-6)


def test_fuel_of_a_start_is_drawn_from_the_yard():
    """0.3 tce are 2.442 MWh, 0.42 t of coal of 5.815 MWh/t, on top of what running burns."""
    inputs = town(peak(start_fuel_tce=0.3), BASE, outdoor_c=-4.0)
    model = serving(inputs, DIP)
    burnt = sum(values(model.source[i].fuel_use).sum() for i in range(2))
    drawn = float(pyo.value(model.yard[0].burn[0]))
    assert drawn == pytest.approx((burnt + 0.3 * 29.3076 / 3.6) / 5.815)


@pytest.mark.parametrize(("most", "starts"), [(None, 3), (2, 2), (1, 1), (0, 0)])
def test_most_starts(most, starts):
    """Four dips, the last at the day's end: three starts would save 532 yuan each at 100 each."""
    model = serving(town(peak(start_cost_yuan=100, max_starts=most), BASE, outdoor_c=-4.0), DIPS)
    assert values(model.source[0].started).sum() == pytest.approx(starts)


@pytest.mark.parametrize(("hours_ago", "starts"), [(71.0, 0), (54.0, 1), (80.0, 2)])
def test_most_starts_count_those_before_the_plan(hours_ago, starts):
    """Two starts are allowed within 72 h and two were made: 71 h ago they free only the last hour
    of the first, after the dip; 54 h ago from hour 18 on; 80 h ago they do not count.

    Starts can be made at hours 6, 12 and 18.
    """
    inputs = town(peak(start_cost_yuan=100, max_starts=2), BASE, outdoor_c=-4.0)
    past = [(hours_ago, 2.0)]
    model = serving(with_past(inputs, 0, 1, starts=past, heat_before_mw=10.0), DIPS)
    found = values(model.source[0].started)
    if hours_ago == 71.0:
        assert found[0] == pytest.approx(0.0)
        assert found.sum() == pytest.approx(2.0)
    elif hours_ago == 54.0:
        assert found[:18].sum() == pytest.approx(0.0)
        assert found.sum() == pytest.approx(starts)
    else:
        assert found.sum() == pytest.approx(starts)


# ---- ramps ---------------------------------------------------------------------------------


def test_a_unit_starts_at_its_least_load_and_ramps_from_there():
    """1 MW/h, at rest until hour 4: on with 2 + 1 MW, then 4, 5, 6. Without the leap it could only
    give 1 MW, below its least load; with a free start 8 at once.
    """
    unit = peak(ramp_mw_per_h=1, min_down_h=5)
    inputs = with_past(town(unit), 0, 0, stops=[(1.0, 1.0)])
    model = serving(inputs, [0.0] * 4 + [8.0] * 20)
    sent = values(model.source[0].heat_to_network)
    assert sent[:10] == pytest.approx([0, 0, 0, 0, 3, 4, 5, 6, 7, 8])
    assert values(model.source[0].below_least).max() == pytest.approx(0.0, abs=1e-9)


def test_a_unit_stops_from_its_least_load():
    """1 MW/h from 5 MW: 4, 3, then off from 3 = 2 + 1. Without the leap it would end at 2, 1."""
    inputs = with_past(town(peak(ramp_mw_per_h=1)), 0, 1, heat_before_mw=5.0)
    sent = values(serving(inputs, 0.0).source[0].heat_to_network)
    assert sent[:4] == pytest.approx([4, 3, 0, 0])


def test_only_units_that_run_have_a_ramp():
    """Two of three units on, 1 MW/h each: 2 MW an hour together, and 3 with all three, which
    would need a start of its own.
    """
    unit = peak(unit_count=3, ramp_mw_per_h=1, start_cost_yuan=1e6)
    inputs = with_past(town(unit), 0, 2, heat_before_mw=8.0)
    sent = values(serving(inputs, [14.0] * 24).source[0].heat_to_network)
    assert sent[:4] == pytest.approx([10, 12, 14, 14])


def test_a_start_and_a_stop_at_once_are_no_leap():
    """4 MW more in an hour from two units of 1 MW/h: a third has to run then, 3·1 + 2 MW, and may
    go again. Starts cost nothing, so were the leap paid by starts alone, one unit started and
    stopped in the same step would give 2·1 + 2 MW while two run all along.
    """
    inputs = with_past(town(peak(unit_count=3, ramp_mw_per_h=1)), 0, 2, heat_before_mw=8.0)
    model = serving(inputs, [8.0] * 4 + [12.0] * 20)
    assert values(model.source[0].heat_to_network)[3:6] == pytest.approx([8, 12, 12])
    assert on(model)[4] == pytest.approx(3)


# ---- the seam ------------------------------------------------------------------------------


def test_a_unit_started_before_the_plan_still_has_to_run():
    """On since 3 h, at least 8: five hours more. With the past forgotten it would stop at once."""
    inputs = with_past(town(peak(min_up_h=8), BASE), 0, 1, starts=[(3.0, 1.0)])
    assert hours_of(serving(inputs, 5.0)) == list(range(5))


def test_a_unit_stopped_before_the_plan_still_has_to_wait():
    """Off since 3 h, at least 8: not before hour 5, though 12 MW are wanted from the start."""
    inputs = with_past(town(peak(min_down_h=8), BASE), 0, 0, stops=[(3.0, 1.0)])
    assert hours_of(serving(inputs, 12.0)) == list(range(5, 24))


def test_long_on_units_are_free():
    """Without a record a unit has been on for long and may stop at once."""
    assert hours_of(serving(with_past(town(peak(min_up_h=8), BASE), 0, 1), 5.0)) == []


def test_a_past_that_broke_the_rules_leaves_a_plan():
    """Two of two units on, though both were stopped 2 h ago and need 12: what counts is that they
    run. Taken at its word the past would leave no plan.
    """
    inputs = town(peak(unit_count=2, min_down_h=12, min_up_h=4))
    past = {"starts": [(1.0, 2.0)], "stops": [(2.0, 2.0)]}
    model = serving(with_past(inputs, 0, 2, heat_before_mw=16.0, **past), 16.0)
    assert on(model) == pytest.approx(np.full(24, 2.0), abs=1e-9)


# ---- outages -------------------------------------------------------------------------------


def test_an_outage_breaks_the_minimum_up_time():
    """On since 1 h with 12 to run, out from 4 to 8: off in these hours, back after them. Were the
    rule to hold there would be no plan.
    """
    case_tables = {"outages": (outage(4, 8),)}
    inputs = with_past(town(peak(min_up_h=12), **case_tables), 0, 1, starts=[(1.0, 1.0)])
    assert hours_of(serving(inputs, 8.0)) == [0, 1, 2, 3, *range(8, 24)]


def test_an_outage_excuses_no_other_unit():
    """Two units just started, with 12 h to run, one out from 4 h: the other one runs its 12 h."""
    tables = {"outages": (outage(4, 24, 0.5),)}
    inputs = town(peak(unit_count=2, min_up_h=12), BASE, **tables)
    model = serving(with_past(inputs, 0, 2, starts=[(0.5, 2.0)]), 5.0)
    assert on(model)[:13] == pytest.approx([2] * 4 + [1] * 8 + [0])


def test_an_outage_excuses_no_later_start():
    """Long on, out from 4 to 6 h, needed again at hour 6 alone: it then runs its six hours. Were
    the outage to count for that start as well, it would run for one.
    """
    inputs = town(peak(min_up_h=6), BASE, outdoor_c=-4.0, outages=(outage(4, 6),))
    load = [12.0] * 4 + [5.0] * 2 + [12.0] + [5.0] * 17
    assert hours_of(serving(inputs, load)) == [*range(4), *range(6, 12)]


def test_a_unit_that_is_out_does_not_rest_for_another():
    """One of two units out all day; the other stops in the dip at hour 6 and must rest for 4 h.
    Were the one that is out to rest in its place, it could come back at once.
    """
    tables = {"outages": (outage(-48, 48, 0.5),)}
    unit = peak(unit_count=2, min_down_h=4, start_cost_yuan=0)
    inputs = with_past(town(unit, BASE, **tables), 0, 1, heat_before_mw=6.0)
    load = [12.0] * 6 + [5.0] * 2 + [12.0] * 16
    assert hours_of(serving(inputs, load)) == list(range(24))


def test_an_outage_nobody_knew_of_stops_a_unit():
    """The last plan had it on; it has been out since yesterday: off, and no fault."""
    inputs = town(peak(min_up_h=12, min_down_h=6), BASE, outages=(outage(-30, 10),))
    assert inputs.sources[0].units.before == 1
    assert hours_of(serving(inputs, 12.0)) == list(range(10, 24))


def test_the_rest_of_a_unit_runs_while_it_carries_its_least_load():
    """40 % of 10 MW are 4, above the least 2: it runs at 4. Of 15 % nothing is left to run."""
    for fraction, sent in ((0.4, 4.0), (0.15, 0.0)):
        inputs = town(peak(), outages=(outage(0, 24, fraction),))
        found = values(serving(inputs, 8.0).source[0].heat_to_network)
        assert found == pytest.approx(np.full(24, sent), abs=1e-7)


LINE = ((4, 2, 9), (10, 5, 20))


def back_pressure(**changes):
    shape = {"power_mode": "band", "max_output_mw": 10, "min_output_mw": 4, "commitment": True}
    return chp(SourceKind.CHP_BACKPRESSURE, **(shape | changes))


def test_a_unit_without_outlet_may_stop():
    """A back-pressure unit makes 4 MW at least; its main is shut from 4 to 8 h. Held on by its
    minimum up time there would be no plan: nothing takes its heat.
    """
    tables = {"curves": vertices(LINE), "outages": (outage(4, 8, 0, "P>town", OutageKind.LINK),)}
    unit = back_pressure(min_up_h=12)
    inputs = with_past(town(unit, **tables), 0, 1, starts=[(1.0, 1.0)], heat_before_mw=8.0)
    model = serving(inputs, 8.0)
    assert hours_of(model) == [0, 1, 2, 3, *range(8, 24)]


def test_a_main_shut_at_the_start_stops_a_unit():
    """The same from the first step on: what was sent before may fall at once."""
    tables = {"curves": vertices(LINE), "outages": (outage(0, 4, 0, "P>town", OutageKind.LINK),)}
    unit = back_pressure(min_up_h=12, ramp_mw_per_h=1)
    inputs = with_past(town(unit, **tables), 0, 1, starts=[(1.0, 1.0)], heat_before_mw=8.0)
    assert hours_of(serving(inputs, 8.0)) == list(range(4, 24))


def test_a_schedule_that_asks_for_what_cannot_run_is_missed_and_seen():
    """At least 4 MW from the start, but the unit rests until hour 5: missing 4 MW, said so."""
    row = ScheduleRow(time=hours_after(START, -5), source_id="peak", min_output_mw=4)
    inputs = town(peak(min_down_h=8), BASE, schedules=(row,))
    model = serving(with_past(inputs, 0, 0, stops=[(3.0, 1.0)]), 5.0)
    assert values(model.source[0].below_least)[:6] == pytest.approx([4] * 5 + [0])
    assert hours_of(model) == list(range(5, 24))


# ---- combined heat and power ---------------------------------------------------------------


def test_whole_back_pressure_units():
    """12 MW from units of 4 to 10: two run. With parts of units 1.2 would do."""
    big = (station(heated_area_m2=750_000),)
    tables = {"curves": vertices(LINE), "stations": big}
    model = serving(town(back_pressure(unit_count=3), **tables), 12.0)
    assert on(model) == pytest.approx(np.full(24, 2.0), abs=1e-9)
    assert values(model.source[0].power) == pytest.approx(np.full(24, 6.0))


def test_the_grid_decides_where_power_is_scheduled():
    """A unit on the grid's schedule runs when that says so; whole units are not decided again."""
    row = (ScheduleRow(time=hours_after(START, -1), source_id="chp", power_mw=230),)
    unit = chp(commitment=True, min_up_h=24)
    tables = {"curves": vertices(), "schedules": row}
    big = (station(heated_area_m2=2_000_000),)
    inputs = town(unit, stations=big, **tables)
    assert inputs.sources[0].units is None
    assert on(serving(inputs, 300.0)) == pytest.approx(np.ones(24))
