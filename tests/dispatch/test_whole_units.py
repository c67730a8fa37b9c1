"""Whole units: what the relaxed plan bounds, and what the search on few stations is worth."""

import numpy as np
import pytest
from plan_inputs_maker import faults_of, inputs_for, ramp, small_case, wave, with_settings

from dispatch.day_plan import plan_day
from dispatch.formulation.build import build_model
from dispatch.plan import SolveStatus
from dispatch.solve import Limits, solve
from dispatch.whole_units import is_whole, solve_with_whole_units


def committed():
    """The small case, its two boilers decided one by one with starts to pay for."""
    case = with_settings(small_case(), "time", horizon_h=24, look_ahead_h=12)
    sources = tuple(
        s.model_copy(update={"commitment": True, "min_up_h": 6.0, "min_down_h": 4.0})
        if s.source_id == "boiler_1"
        else s
        for s in case.sources
    )
    return case.model_copy(update={"sources": sources})


@pytest.fixture(scope="module", params=["a front", "a wave"])
def inputs(request):
    weather = {"a front": ramp(6.0, -4.0, 2.0, 14.0), "a wave": wave(5.0, 6.0)}
    return inputs_for(committed(), weather[request.param])


@pytest.fixture(scope="module")
def exact(inputs):
    """All stations and whole units in one search, to a gap of 0.01 %."""
    return solve(build_model(inputs), limits=Limits(gap=1e-4))


@pytest.fixture(scope="module")
def found(inputs):
    model = build_model(inputs)
    return model, solve_with_whole_units(inputs, model)


def test_fractions_of_units_cost_no_more_than_whole_ones(inputs, exact):
    relaxed = solve(build_model(inputs), relaxed=True)
    assert exact.status is SolveStatus.OPTIMAL
    assert relaxed.objective_yuan <= exact.objective_yuan * (1 + 1e-9)


def test_the_gap_is_what_the_plan_costs_above_its_bound(inputs, exact, found):
    """The bound is the relaxed optimum, below any plan with whole units; the gap is told of it."""
    model, outcome = found
    relaxed = solve(build_model(inputs), relaxed=True)
    assert is_whole(inputs, model)
    assert outcome.bound_yuan == pytest.approx(relaxed.objective_yuan, rel=1e-9)
    assert outcome.objective_yuan >= outcome.bound_yuan
    assert outcome.gap == pytest.approx(1 - outcome.bound_yuan / outcome.objective_yuan, abs=1e-9)


def test_the_best_plan_is_within_the_gap(exact, found):
    """Nothing is cheaper than the bound, and the plan found is no cheaper than the best one."""
    _, outcome = found
    assert exact.objective_yuan >= outcome.bound_yuan * (1 - 1e-9)
    assert outcome.objective_yuan >= exact.bound_yuan * (1 - 1e-9)
    behind = outcome.objective_yuan - exact.objective_yuan
    assert behind <= outcome.gap * outcome.objective_yuan + 1e-6


def test_a_plan_with_whole_units_is_published_whole(inputs):
    """Through the whole pipeline: audited, units whole, the cost above the relaxed bound."""
    day = plan_day(inputs, None, "whole")
    assert faults_of(day.schedule) == []
    on = day.schedule["source_units_on"].values[1]
    assert on == pytest.approx(np.round(on))
    assert 0 < on.max() <= 2
    outcome = day.settled.outcome
    assert outcome.bound_yuan <= outcome.objective_yuan * (1 + 1e-9)
