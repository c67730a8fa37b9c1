"""Changes of the sources: who is there when, what is burnt, what the grid asks."""

from dataclasses import replace

import numpy as np
import pytest
from cut_case import base, base_plan, planned_with
from hypothesis import given, settings
from hypothesis import strategies as st

from dispatch.case import ScheduleRow
from dispatch.case_recheck import recheck
from dispatch.grid_schedule import scheduled
from dispatch.inputs import plan_inputs
from dispatch.messages import say
from forecasts.weather.steps import resample
from scenarios.whatif.change import ChangeFault, NotApplicable
from scenarios.whatif.changes.sources import (
    CHANGES,
    PowerSchedule,
    SourceDerating,
    SourceFuelRate,
    SourceOutage,
    SourceRamp,
    StartRefused,
    burning_units,
)
from scenarios.whatif.edit import edited, with_case, with_sources
from scenarios.whatif.schedule_edit import with_scheduled

A1, B1, B3 = base().case.sources


def units_of(situation, source_id):
    """A source as a plan of the situation sees it."""
    weather = resample(situation.weather, 1.0)
    inputs = plan_inputs(situation.case, situation.grid, weather, situation.state.last)
    return next(item for item in inputs.sources if item.source.source_id == source_id)


def many_boilers():
    """The cut with two units of 3 MW in B1 and four boilers of 5.27 MW in B3.

    Plant B settles at 40 % of some 38 MW, 15.2 MW: 6 MW of B1 and two boilers.
    """

    def other(row):
        if row.source_id == "B1":
            return edited(row, min_output_mw=0.5, max_output_mw=3.0)
        return edited(row, unit_count=4) if row.source_id == "B3" else row

    return with_sources(base(), other)


# ---- outages -------------------------------------------------------------------------------


def test_one_of_two_units_out_is_half_the_row_to_the_hour():
    plan = planned_with(SourceOutage(source="second", units=1, from_h=6, to_h=12))
    heat = plan.schedule["source_heat"].sel(source="B1").values
    assert (heat[6:12] <= B1.max_output_mw + 1e-6).all()
    assert base_plan().schedule["source_heat"].sel(source="B1").values[6:12].min() > 10
    assert heat[5] > B1.max_output_mw
    assert plan.audit.passed
    part = units_of(SourceOutage(source="B1", units=1, from_h=6, to_h=12).applied(base()), "B1")
    assert part.units_available[:13].tolist() == [2] * 6 + [1] * 6 + [2]
    rest = plan.schedule["source_heat"].sel(source="A1").values[6:12]
    assert rest.sum() < base_plan().schedule["source_heat"].sel(source="A1").values[6:12].sum() + 6


def test_the_whole_of_the_largest_is_out_unless_some_is_said_to_be_left():
    gone = units_of(SourceOutage(from_h=2, to_h=3).applied(base()), "A1")
    assert gone.units_available[:4].tolist() == [1, 1, 0, 1]
    left = SourceOutage(source="A1", available_fraction=0.6).applied(base())
    assert units_of(left, "A1").max_heat_mw == pytest.approx(0.6 * A1.max_output_mw)
    assert left.case.outages[0].to_time > base().grid.start.replace(year=2030)


def test_a_lower_limit_of_output_holds_in_its_window_and_not_before():
    """Half of A1 from 5 to 15 h; its power stays as the grid has it, the first row holds before."""
    situation = SourceDerating(source="A1", output_fraction=0.5, from_h=5, to_h=15).applied(base())
    assert recheck(situation.case) == ()
    most = units_of(situation, "A1").max_heat_mw
    full = A1.max_output_mw
    assert most[:16] == pytest.approx([full] * 5 + [0.5 * full] * 10 + [full])
    power = units_of(situation, "A1").power_mw
    assert power.tolist() == units_of(base(), "A1").power_mw.tolist()


def test_a_lower_limit_that_stands_stays():
    rows = (*base().case.schedules, _limit(10.0), _limit(12.0, 8))
    situation = SourceDerating(source="A1", output_fraction=0.36, from_h=4, to_h=10).applied(
        with_case(base(), schedules=rows)
    )
    most = units_of(situation, "A1").max_heat_mw
    limit = 0.36 * A1.max_output_mw
    assert limit == pytest.approx(10.84, abs=0.01)
    assert most[:12] == pytest.approx([10.0] * 8 + [limit] * 2 + [12.0] * 2)


def _limit(most_mw, from_h=0):
    start = np.datetime64(base().grid.start.replace(tzinfo=None)) + np.timedelta64(from_h, "h")
    moment = f"{start.astype('datetime64[s]')}+00:00"
    return ScheduleRow.model_validate({"time": moment, "source_id": "A1", "max_output_mw": most_mw})


def _limits(case):
    """Largest output of A1 by step, 7 MW where no row says it."""
    found = scheduled(case, "A1", base().grid, lambda row: row.max_output_mw)
    return np.full(base().grid.steps, 7.0) if found is None else found


@settings(max_examples=30, deadline=None)
@given(
    values=st.lists(st.floats(1, 20), min_size=0, max_size=4),
    begins=st.integers(0, 20),
    length=st.integers(1, 10),
)
def test_outside_its_window_a_schedule_stays_as_it_is(values, begins, length):
    """Whatever rows there are: by the hour, values are doubled inside and untouched outside."""
    rows = tuple(_limit(value, 3 * place) for place, value in enumerate(values))
    case = with_case(base(), schedules=rows).case
    change = SourceDerating(from_h=begins, to_h=begins + length)
    window = change.window(base())
    new = with_scheduled(case, "A1", "max_output_mw", window, lambda mw: 2 * (mw or 7.0), 7.0)
    before, after = _limits(case), _limits(case.model_copy(update={"schedules": new}))
    hours = base().grid.edges_h[:-1]
    inside = (hours >= begins) & (hours < begins + length)
    assert after == pytest.approx(np.where(inside, 2 * before, before))


# ---- boilers that refuse -------------------------------------------------------------------


def test_a_cold_boiler_that_refuses_cannot_run():
    """B3 is cold at the start: none of it from 0 to 10 h, all of it later."""
    assert burning_units(base(), B3) == 0
    present = units_of(StartRefused(to_h=10).applied(base()), "B3").units.present
    assert present[:12].tolist() == [0] * 10 + [1] * 2


@pytest.mark.parametrize(("refuse", "left"), [(1, 3), (2, 2), (4, 2), (None, 2)])
def test_boilers_that_burn_refuse_nothing(refuse, left):
    """Two of four burn: however many refuse, those two stay at hand."""
    situation = many_boilers()
    assert burning_units(situation, situation.case.sources[2]) == 2
    after = StartRefused(source="B3", units=refuse).applied(situation)
    assert units_of(after, "B3").units.present.tolist() == [left] * situation.grid.steps


def test_where_all_burns_or_nothing_is_lit_no_start_is_refused():
    hot = with_sources(
        many_boilers(), lambda row: edited(row, unit_count=2) if row.source_id == "B3" else row
    )
    with pytest.raises(NotApplicable, match="All units of B3 burn"):
        StartRefused(source="B3").applied(hot)
    with pytest.raises(NotApplicable, match='"purchase"'):
        StartRefused(source="purchase").applied(base())


# ---- fuel, ramp, power ---------------------------------------------------------------------


def test_five_percent_more_fuel_is_five_percent_more_coal_of_its_yard():
    after = planned_with(SourceFuelRate(source="A1", more_fuel=0.05)).schedule
    burnt, usual = (one["yard_burn"].sum("time").values for one in (after, base_plan().schedule))
    assert burnt[0] / usual[0] == pytest.approx(1.05, rel=2e-3)  # what is sent moves by less
    assert burnt[1] / usual[1] == pytest.approx(1.0, rel=5e-3)
    heat, before = (one["source_heat"].sum().item() for one in (after, base_plan().schedule))
    assert heat == pytest.approx(before, rel=2e-3)


def test_a_boilers_curve_and_its_accounts_burn_more_alike():
    case = SourceFuelRate(source="B3", more_fuel=0.25).applied(base()).case
    assert case.sources[2].coal_kgce_per_gj == pytest.approx(1.25 * B3.coal_kgce_per_gj)
    assert [point.efficiency for point in case.curve_of("B3")] == pytest.approx(
        [point.efficiency / 1.25 for point in base().case.curve_of("B3")]
    )
    assert case.curve_of("A1") == base().case.curve_of("A1")


def test_there_and_back_a_source_burns_what_it_burnt():
    there = SourceFuelRate(source="A1", more_fuel=0.25).applied(base())
    back = SourceFuelRate(source="A1", more_fuel=-0.2).applied(there)
    fuel, usual = ([p.fuel_mw for p in s.case.curve_of("A1")] for s in (back, base()))
    assert fuel == pytest.approx(usual)


def test_less_power_saves_its_condensing_fuel():
    """20 % of 17.3 MW less for 6 h at the same heat: by the corners (0 heat; 150 MW, 400 MW of
    fuel; 330 MW, 880 MW) 2.67 MWh of fuel a MWh of power, 5.815 MWh a tonne: 9.5 t.
    """
    after = planned_with(PowerSchedule(from_h=6, to_h=12)).schedule
    usual = base_plan().schedule
    power = after["source_power"].sel(source="A1").values
    factor = power / usual["source_power"].sel(source="A1").values
    assert factor[:14] == pytest.approx([1.0] * 6 + [0.8] * 6 + [1.0] * 2)
    saved_mwh = 0.2 * 17.3166 * 6
    saved_t = (usual["yard_burn"] - after["yard_burn"]).sum("time").values[0]
    assert saved_t == pytest.approx(saved_mwh * 480 / 180 / 5.815, rel=0.01)


def test_a_power_that_no_heat_goes_with_is_refused_with_what_can_be():
    """A1 makes at least 117 MW, and at its least heat of 60 MW at most 330 − 60·68/400 = 319.8 MW;
    in the cut, at 0.0753 of that, 8.8 to 24.1 MW.
    """
    with pytest.raises(ChangeFault, match="which A1 cannot make at any heat") as caught:
        PowerSchedule(power_mw=40).applied(base())
    assert caught.value.column == "power_mw"
    assert caught.value.remark.values["high"] == pytest.approx(24.1, abs=0.05)
    with pytest.raises(ChangeFault) as factor:
        PowerSchedule(factor=2).applied(base())
    assert factor.value.column == "factor"
    with pytest.raises(NotApplicable, match="No schedule says the power of B1"):
        PowerSchedule(source="B1").applied(base())


def test_a_ramp_is_that_source_alone():
    case = SourceRamp(source="B3", factor=0.5).applied(base()).case
    ramps = [row.ramp_mw_per_h for row in case.sources]
    assert ramps == [A1.ramp_mw_per_h, B1.ramp_mw_per_h, 0.5 * B3.ramp_mw_per_h]


# ---- what does not fit ---------------------------------------------------------------------


def test_more_units_than_there_are_is_a_fault_of_its_key():
    with pytest.raises(ChangeFault, match="more than the 2 units of B1") as caught:
        SourceOutage(source="B1", units=3).applied(base())
    assert caught.value.column == "units"
    with pytest.raises(ChangeFault, match="no source of this case"):
        SourceOutage(source="C9").applied(base())


def test_every_kind_says_what_it_does_and_leaves_the_weather_alone():
    for change in CHANGES:
        assert say(f"change.{change().kind}").endswith(".")
        after = change().applied(base())
        assert recheck(after.case) == ()
        assert replace(after, case=base().case) == base()
