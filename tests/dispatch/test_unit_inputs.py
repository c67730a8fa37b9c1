"""Whole units on the grid and over the seam of two plans: counts, outages, starts and stops."""

import json
from dataclasses import replace
from datetime import timedelta

import numpy as np
import pytest
from plan_inputs_maker import (
    START,
    boiler,
    constant,
    faults_of,
    hours_after,
    inputs_for,
    last_plan,
    published,
    ramp,
    tiny_case,
    tiny_settings,
)

from dispatch.case import Outage, ScheduleRow
from dispatch.case_kinds import OutageKind
from dispatch.initial_state import read_state, state_of
from dispatch.settings import Time
from dispatch.unit_inputs import whole_units

HOUR = timedelta(hours=1)
TWO_DAYS = tiny_settings(time=Time(horizon_h=48, setpoint_hold_h=4, look_ahead_h=24))


def unit(**changes):
    shape = {"max_output_mw": 5, "min_output_mw": 2, "unit_count": 3, "commitment": True}
    return boiler("peak", **(shape | changes))


def units_of(*sources, outdoor_c=4.0, **tables):
    inputs = inputs_for(tiny_case(*sources, **tables), constant(outdoor_c))
    return inputs.sources[0], inputs.sources[0].units


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


# ---- the first plan ------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("outdoor_c", "before", "heat_mw"),
    [(4.0, 2, 8.0), (-10.0, 3, 15.0), (17.0, 1, 2.0), (18.5, 0, 0.0)],
)
def test_the_first_plan_starts_with_the_units_that_settled_heat_needs(outdoor_c, before, heat_mw):
    """8 MW need two of 5; 15 need all; 1.5 need one, which then holds its 2 MW; of 0.75 none."""
    source, units = units_of(unit(), outdoor_c=outdoor_c)
    assert units.before == before
    assert source.heat_before_mw == pytest.approx(heat_mw)
    assert units.on_since.size == units.off_since.size == 0


def test_units_are_counted_only_where_asked_for():
    assert units_of(unit(commitment=False))[1] is None


# ---- outages -------------------------------------------------------------------------------


def test_what_is_left_of_a_unit_counts_where_it_carries_its_least_load():
    """Three units of 5 MW with 2 at least: 0.5 leaves 1.5 units, the half carries 2.5 MW; of 0.4
    one and a fifth are left, the fifth carries 1 MW.
    """
    assert whole_units(unit(), np.array([1.0, 0.5, 0.4, 2 / 3, 0.0])).tolist() == [3, 2, 1, 2, 0]


def test_units_go_out_when_an_outage_begins():
    _, units = units_of(unit(), outages=(outage(4, 8, 1 / 3),))
    assert units.present[3:9].tolist() == [3, 1, 1, 1, 1, 3]
    assert units.gone[3:9].tolist() == [0, 2, 0, 0, 0, 0]
    assert units.lost[3:9].tolist() == [0, 2, 0, 0, 0, 0]


def test_an_outage_that_began_before_the_plan_does_not_begin_again():
    """Out since 5 h before: no unit may be stopped by it now; one more that was on may."""
    _, units = units_of(unit(), outages=(outage(-5, 8, 2 / 3),))
    assert units.before == 2
    assert units.gone[0] == units.lost[0] == 0
    _, units = units_of(unit(), outages=(outage(-5, 8, 1 / 3),))
    assert units.gone[0] == units.lost[0] == 1


def test_mains_and_limits_stop_the_units_whose_least_load_no_longer_fits():
    """500 MW of mains less 497 takes 249 times 2 MW: all three; a limit of 5 MW leaves two."""
    _, units = units_of(unit(), outages=(outage(4, 8, 0.006, "P>town", OutageKind.LINK),))
    assert units.lost[3:6].tolist() == [0, 3, 0]
    rows = (
        ScheduleRow(time=hours_after(START, -1), source_id="peak", max_output_mw=15),
        ScheduleRow(time=hours_after(START, 6), source_id="peak", max_output_mw=5),
    )
    _, units = units_of(unit(), schedules=rows)
    assert units.lost[5:8].tolist() == [0, 1, 0]


# ---- the seam ------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def cycling():
    """A case whose units come on while `base` is shut, its inputs and its schedule."""
    limits = tuple(
        ScheduleRow(time=hours_after(START, hours), source_id="base", max_output_mw=most)
        for hours, most in ((-1, 15), (8, 0), (20, 15), (32, 0), (44, 15))
    )
    case = tiny_case(
        unit(min_up_h=6, min_down_h=5, start_cost_yuan=200, no_load_fuel_mw=0.5),
        boiler("base", max_output_mw=15),
        settings=TWO_DAYS,
        schedules=limits,
    )
    inputs = inputs_for(case, constant(4.0))
    source = inputs.sources[0]
    units = replace(
        source.units,
        starts_before=np.array([[300.0, 1.0], [30.0, 1.0]]),
        stops_before=np.array([[20.0, 1.0]]),
    )
    inputs = replace(inputs, sources=(replace(source, units=units), *inputs.sources[1:]))
    return case, inputs, published(inputs)


def test_the_plan_passes_its_audit(cycling):
    _, inputs, schedule = cycling
    assert faults_of(schedule) == []
    assert schedule["source_commitment"].values.tolist() == [1, 0]
    assert schedule["source_started"].values[0].sum() >= 1
    assert schedule["source_stopped"].values[0].sum() >= 1
    assert schedule["source_units_before"].values[0] == inputs.sources[0].units.before


@pytest.mark.parametrize("hours", [0, 1, 7, 13, 20, 29, 35])
def test_a_plan_from_any_step_finds_the_exact_past(cycling, tmp_path, hours):
    """Starts and stops of the last plan up to its step, and those from before it, so many hours
    further back; what is older than 14 days is forgotten.
    """
    case, inputs, schedule = cycling
    last = last_plan(schedule, case, START + hours * HOUR, tmp_path)
    later = inputs_for(case, constant(0.0), start=START + hours * HOUR, last=last)
    units = later.sources[0].units
    on = schedule["source_units_on"].values[0]
    assert units.before == (on[hours - 1] if hours else inputs.sources[0].units.before)
    for word, found, past in (
        ("started", units.starts_before, [(300.0 + hours, 1.0), (30.0 + hours, 1.0)]),
        ("stopped", units.stops_before, [(20.0 + hours, 1.0)]),
    ):
        moved = schedule[f"source_{word}"].values[0, :hours]
        wanted = [one for one in past if one[0] <= 336.0]
        wanted += [(float(hours - t), moved[t]) for t in np.flatnonzero(moved)]
        assert found.tolist() == [pytest.approx(one) for one in wanted]


def test_a_plan_made_again_keeps_what_the_last_one_started(cycling, tmp_path):
    """Made anew an hour after a start, in weather that needs no `peak` at all: it runs its 6 h.
    With the seam forgotten it would stop at once.
    """
    case, _, schedule = cycling
    at = int(np.flatnonzero(schedule["source_started"].values[0])[0]) + 1
    started = int(schedule["source_started"].values[0, at - 1])
    start = START + at * HOUR
    last = last_plan(schedule, case, start, tmp_path)
    mild = inputs_for(case, ramp(5.0, 19.0, 0.0, 1.0), start=start, last=last)
    again = published(mild, last)
    assert (again["source_units_on"].values[0, :5] >= started).all()
    assert faults_of(again) == []


def test_a_state_without_units_is_read_as_long_on(cycling, tmp_path):
    """A file of a plan without whole units: 1.3 units on are two, and have been for long."""
    case, _, schedule = cycling
    state = state_of(schedule, case)
    del state["units"]
    state["tables"]["source_units_on"]["rows"][0] = [1.3] * 36
    state["tables"]["source_heat_mw"]["rows"][0] = [3.0] * 36
    (tmp_path / "state.json").write_text(json.dumps(state), encoding="utf-8")
    start = START + 3 * HOUR
    last = read_state(tmp_path, start).last
    source = inputs_for(case, constant(0.0), start=start, last=last).sources[0]
    assert source.units.before == 2
    assert source.heat_before_mw == pytest.approx(4.0)
    assert source.units.starts_before.size == source.units.stops_before.size == 0


@pytest.mark.parametrize(
    "units",
    [
        3,
        [1],
        {"peak": 3},
        {"peak": {"before": 1}},
        {"peak": {"before": "x", "events": []}},
        {"peak": {"before": 1, "events": [["noon", 1, 0]]}},
    ],
)
def test_damaged_units_are_damage(cycling, tmp_path, units):
    case, _, schedule = cycling
    state = state_of(schedule, case) | {"units": units}
    (tmp_path / "state.json").write_text(json.dumps(state), encoding="utf-8")
    assert read_state(tmp_path, START + HOUR).remark.key == "daily.state_damaged"


def test_only_the_last_moves_are_those_of_units_that_now_run_or_rest():
    """Two on of three; started were one 40 h, one 10 h and one 2 h ago: the last two still run."""
    _, units = units_of(unit())
    past = np.array([[40.0, 1.0], [10.0, 1.0], [2.0, 1.0]])
    units = replace(units, starts_before=past, stops_before=past)
    assert units.on_since.tolist() == [[10, 1], [2, 1]]
    assert units.off_since.tolist() == [[2, 1]]
