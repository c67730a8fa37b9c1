"""Whole units by rounding: runs and stops long enough, nothing short of the relaxed plan."""

from datetime import UTC, datetime

import numpy as np
import pyomo.environ as pyo
import pytest
from hypothesis import given
from hypothesis import strategies as st
from plan_inputs_maker import faults_of, inputs_for, small_case, wave, with_settings

from dispatch.case import Case
from dispatch.case_kinds import SolveStrategy
from dispatch.day_plan import plan_day
from dispatch.formulation.build import build_model
from dispatch.inputs import PlanInputs
from dispatch.plan import SolveStatus
from dispatch.settings import Time
from dispatch.solve import solve
from dispatch.time_grid import time_grid
from dispatch.unit_rounding import held_on, left_on, lit_ahead
from dispatch.whole_units import fix_units

GRID = time_grid(
    datetime(2026, 1, 14, 16, tzinfo=UTC), Time(horizon_h=24, look_ahead_h=0), "Asia/Shanghai"
)
STEPS = GRID.steps


def steps(**at):
    """Units over the hours of a day: `from_8=2` means two from 8 o'clock on; none before."""
    units = np.zeros(STEPS)
    for name, count in at.items():
        units[int(name.removeprefix("from_")) :] = count
    return units


def test_a_stop_shorter_than_the_minimum_down_time_is_none():
    """Two units, one for five hours, two again: with 6 h down it stays on, with 5 h it may stop."""
    wanted = steps(from_0=2, from_8=1, from_13=2)
    assert held_on(wanted, 2, GRID, up_h=0, down_h=6).tolist() == [2.0] * STEPS
    assert held_on(wanted, 2, GRID, up_h=0, down_h=5).tolist() == wanted.tolist()


def test_a_start_lasts_for_the_minimum_up_time():
    """Wanted from 8 to 10 o'clock; with 6 h up it runs until 14."""
    found = held_on(steps(from_8=1, from_10=0), 0, GRID, up_h=6, down_h=0)
    assert found.tolist() == steps(from_8=1, from_14=0).tolist()


def test_what_runs_at_the_start_may_stop_at_once():
    """It has run for long; the same hours would be a start if it had not."""
    wanted = steps(from_0=1, from_2=0)
    assert held_on(wanted, 1, GRID, up_h=6, down_h=0).tolist() == wanted.tolist()
    assert held_on(wanted, 0, GRID, up_h=6, down_h=0).tolist() == steps(from_0=1, from_6=0).tolist()


def test_a_longer_run_may_fill_the_stop_after_it():
    """From 8 to 10 and from 17: made 6 h long the run ends at 14, three hours before the next."""
    wanted = steps(from_8=1, from_10=0, from_17=1)
    found = held_on(wanted, 0, GRID, up_h=6, down_h=4)
    assert found.tolist() == steps(from_8=1).tolist()


def test_a_house_that_sends_nothing_begins_with_parts_of_a_unit():
    """Its main spreads a start over two hours: without the first of them it cannot send 23 MW."""
    units, relaxed = steps(from_8=2), steps(from_6=0.05, from_8=1.4)
    assert lit_ahead(units, relaxed).tolist() == steps(from_6=1, from_8=2).tolist()
    assert lit_ahead(units, steps(from_8=1.4)).tolist() == units.tolist()


@given(
    units=st.lists(st.integers(0, 4), min_size=STEPS, max_size=STEPS),
    before=st.integers(0, 4),
    hours=st.tuples(st.integers(0, 8), st.integers(0, 8)),
)
def test_never_fewer_units_and_no_move_too_short(units, before, hours):
    """Counted as the model counts: starts within the up time stay on, stops within the down time
    are off, whichever unit it is.
    """
    up_h, down_h = hours
    wanted = np.array(units, dtype=float)
    found = held_on(wanted, before, GRID, up_h, down_h)
    assert (found >= wanted).all()
    assert found.max() <= wanted.max()
    change = np.diff(found, prepend=before)
    count = max(4.0, before)
    for t in range(STEPS):
        started = np.maximum(change, 0)[max(0, t - up_h + 1) : t + 1].sum()
        stopped = np.maximum(-change, 0)[max(0, t - down_h + 1) : t + 1].sum()
        assert started <= found[t]
        assert stopped <= count - found[t]


@pytest.mark.parametrize("up_h", [0, 6])
def test_nothing_wanted_is_nothing(up_h):
    assert held_on(steps(), 3, GRID, up_h, 6).tolist() == [0.0] * STEPS


def many_rows() -> Case:
    """The small case, its two boilers and as many beside them as four committed rows."""
    case = with_settings(small_case(), "time", horizon_h=24, look_ahead_h=12)
    case = with_settings(case, "solve", strategy=SolveStrategy.PRICES, gap=0.02, workers=1)
    row = next(source for source in case.sources if source.source_id == "boiler_1")
    more = {"commitment": True, "min_up_h": 6.0, "min_down_h": 4.0}
    names = ("boiler_1", "boiler_1b", "boiler_1c", "boiler_1d")
    rows = [row.model_copy(update={**more, "source_id": name, "unit_count": 1}) for name in names]
    others = [source for source in case.sources if source.source_id != "boiler_1"]
    curves = [
        point.model_copy(update={"source_id": name})
        for name in names[1:]
        for point in case.curve_of("boiler_1")
    ]
    return case.model_copy(update={"sources": (*others, *rows), "curves": (*case.curves, *curves)})


def test_a_plan_of_many_rows_runs_whole_units_within_the_gap():
    """Audited, whole, and its cost above the relaxed bound told; a search is not needed."""
    inputs = inputs_for(many_rows(), wave(3.0, 6.0))
    day = plan_day(inputs, None, "many")
    assert faults_of(day.schedule) == []
    on = day.schedule["source_units_on"].values[-4:]
    assert on == pytest.approx(np.round(on))
    assert 0 < on.sum(axis=0).max() <= 4
    outcome = day.settled.outcome
    assert 0 < outcome.gap <= 0.02
    assert outcome.bound_yuan <= outcome.objective_yuan


def test_a_stop_that_the_main_does_not_allow_is_put_off():
    """Nine tenths of an hour to the zone: the last tenth before a stop cannot be 5.6 MW."""
    case = many_rows()
    slow = {f"delay_h_at_{flow}pct_flow": 0.9 for flow in (40, 70, 100)} | {"capacity_mw": 30.0}
    links = [link.model_copy(update=slow) if link.from_id == "B" else link for link in case.links]
    inputs = inputs_for(case.model_copy(update={"links": tuple(links)}), wave(3.0, 6.0))
    rows = [i for i, unit in enumerate(inputs.sources) if unit.units is not None]
    stopped = np.full((len(inputs.sources), inputs.grid.steps), np.nan)
    stopped[rows] = 0.0
    stopped[rows[0], :10] = 1.0
    supply = solved_with(inputs, stopped)
    assert pyo.value(supply.source[rows[0]].below_least[9]) > 2.0

    longer = left_on(inputs, supply, stopped)
    assert longer[rows[0]].tolist() == [1.0] * inputs.grid.steps
    assert (longer[rows[1:]] == 0.0).all()
    missed = solved_with(inputs, longer).source[rows[0]].below_least
    assert max(pyo.value(mw) for mw in missed.values()) == pytest.approx(0.0, abs=1e-6)


def solved_with(inputs: PlanInputs, units_on: np.ndarray) -> pyo.ConcreteModel:
    """The whole plan with given units."""
    model = build_model(inputs)
    fix_units(model, units_on)
    assert solve(model).status is SolveStatus.OPTIMAL
    return model
