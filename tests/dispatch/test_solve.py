"""What comes back from the solver: matrices as they were meant, and no plan called optimal that
is not proven.
"""

import highspy
import numpy as np
import pyomo.environ as pyo
import pytest
from plan_inputs_maker import boiler, constant, inputs_for, station, tiny_case

import dispatch.settle as settle_module
from dispatch.formulation.build import build_model
from dispatch.optimum import NoPlan
from dispatch.plan import SolveStatus
from dispatch.settle import settle
from dispatch.solve import Limits, compile_model, row_violation, run_highs, solve


def tiny_model(*, sense=pyo.minimize):
    """−x − 2y + 3 with x + y in [1, 4], x − y = 1, x ≤ 5 (row), y ≥ −2 (row), x in [0, 3]."""
    model = pyo.ConcreteModel()
    model.x, model.y, model.idle = pyo.Var(bounds=(0, 3)), pyo.Var(), pyo.Var(bounds=(2, 7))
    model.ranged = pyo.Constraint(expr=(1, model.x + model.y + 0.5, 4.5))
    model.equal = pyo.Constraint(expr=model.x - model.y == 1)
    model.above = pyo.Constraint(expr=model.x <= 5)
    model.below = pyo.Constraint(expr=model.y >= -2)
    model.cost_terms = pyo.Expression(
        ["a", "b"], initialize={"a": 3.0, "b": -model.x - 2 * model.y}
    )
    model.total_cost = pyo.Objective(
        expr=model.cost_terms["a"] + model.cost_terms["b"], sense=sense
    )
    return model


def rows_by_bounds(matrices):
    return sorted(zip(matrices.row_lower.tolist(), matrices.row_upper.tolist(), strict=True))


def test_rows_keep_their_kind_and_both_bounds():
    """A ranged row is one row, not two; an equality has equal bounds; one-sided rows are open."""
    found = rows_by_bounds(compile_model(tiny_model()))
    assert found == [(-np.inf, 5), (-2, np.inf), (0.5, 4), (1, 1)]


def test_columns_keep_their_bounds_and_the_cost_its_constant():
    matrices = compile_model(tiny_model())
    bounds = {
        variable.name: (low, high)
        for variable, low, high in zip(
            matrices.variables, matrices.column_lower, matrices.column_upper, strict=True
        )
    }
    assert bounds["x"] == (0, 3)
    assert bounds["y"] == (-np.inf, np.inf)
    assert matrices.offset == pytest.approx(3.0)


def test_the_optimum_is_that_of_the_model_written_directly():
    """X + y ≤ 4 and x − y = 1: x = 2.5, y = 1.5, cost 3 − 2.5 − 3 = −2.5. Were the upper half of
    the ranged row lost, x would go to 3: −4.
    """
    model = tiny_model()
    outcome = solve(model)
    direct = highspy.Highs()
    direct.setOptionValue("output_flag", False)
    x, y = direct.addVariable(0, 3), direct.addVariable(-highspy.kHighsInf, highspy.kHighsInf)
    direct.addConstr(x + y <= 4)
    direct.addConstr(x + y >= 0.5)
    direct.addConstr(x - y == 1)
    direct.minimize(-x - 2 * y + 3)
    assert outcome.status is SolveStatus.OPTIMAL
    assert (model.x.value, model.y.value) == pytest.approx((2.5, 1.5))
    assert outcome.objective_yuan == pytest.approx(-2.5)
    assert outcome.objective_yuan == pytest.approx(direct.getInfo().objective_function_value)
    assert sum(outcome.terms_yuan.values()) == pytest.approx(-2.5)


def test_the_lower_half_of_a_ranged_row_holds_too():
    """The same with the signs turned: x + y ≥ 0.5, so x = 0.75, y = −0.25."""
    model = tiny_model()
    model.total_cost.expr = model.x + 2 * model.y
    solve(model)
    assert (model.x.value, model.y.value) == pytest.approx((0.75, -0.25))


def test_two_ranged_rows_side_by_side_stay_apart():
    """1 ≤ x ≤ 2 and 3 ≤ y ≤ 5 as rows: x + y from 4 to 7. A merge of neighbours would mix them."""
    model = pyo.ConcreteModel()
    model.x, model.y = pyo.Var(), pyo.Var()
    model.rows = pyo.ConstraintList()
    model.rows.add((1, model.x, 2))
    model.rows.add((3, model.y, 5))
    model.rows.add(model.x + model.y <= 100)
    model.rows.add(model.x - model.y >= -100)
    model.cost_terms = pyo.Expression(["all"], initialize={"all": model.x + model.y})
    model.total_cost = pyo.Objective(expr=model.cost_terms["all"])
    matrices = compile_model(model)
    assert matrices.row_lower.size == 4
    solve(model)
    assert (model.x.value, model.y.value) == pytest.approx((1, 3))
    model.total_cost.expr = -model.x - model.y
    solve(model)
    assert (model.x.value, model.y.value) == pytest.approx((2, 5))


def test_a_plan_is_the_same_as_by_the_official_interface():
    """A whole small plan, through Pyomo's own writer and HiGHS: the same objective."""
    inputs = inputs_for(
        tiny_case(boiler(max_output_mw=7, ramp_mw_per_h=2), stations=(station(),)), constant(4.0)
    )
    ours = solve(build_model(inputs))
    official = build_model(inputs)
    solver = pyo.SolverFactory("appsi_highs")
    solver.solve(official)
    assert ours.objective_yuan == pytest.approx(float(pyo.value(official.total_cost)), rel=1e-7)


def test_a_variable_in_no_row_gets_a_value_within_its_bounds():
    model = tiny_model()
    solve(model)
    assert model.idle.value == pytest.approx(2.0)


def contradiction():
    model = tiny_model()
    model.more = pyo.Constraint(expr=model.x + model.y >= 9)
    return model


def endless():
    model = tiny_model()
    model.ranged.deactivate()
    model.equal.deactivate()
    return model


@pytest.mark.parametrize(
    ("make", "statuses"),
    [
        (contradiction, {SolveStatus.INFEASIBLE}),
        (endless, {SolveStatus.UNBOUNDED, SolveStatus.INFEASIBLE}),  # presolve may not tell
    ],
)
def test_no_optimum_is_never_called_one(make, statuses):
    """A contradiction and a cost that falls for ever: no plan, no terms, no objective."""
    outcome = solve(make())
    assert outcome.status in statuses
    assert outcome.status is not SolveStatus.OPTIMAL
    assert outcome.terms_yuan == {}
    assert np.isnan(outcome.objective_yuan)


def test_a_time_limit_is_not_an_optimum():
    """No time at all: whatever is at hand then is no proven optimum."""
    model = build_model(inputs_for(tiny_case(), constant(4.0)))
    outcome = solve(model, limits=Limits(time_s=0.0))
    assert outcome.status in {
        SolveStatus.TIME_LIMIT,
        SolveStatus.TIME_LIMIT_WITH_PLAN,
        SolveStatus.FAILED,
    }


def test_a_plan_that_cannot_be_is_refused(monkeypatch):
    """settle() says there is no plan, with the outcome, instead of going on with old values."""
    monkeypatch.setattr(settle_module, "build_model", lambda *_: contradiction())
    with pytest.raises(NoPlan) as refused:
        settle(inputs_for(tiny_case(), constant(4.0)))
    assert refused.value.outcome.status is SolveStatus.INFEASIBLE


def test_numbers_that_are_no_numbers_are_not_solved():
    """A NaN in the cost must not come back as a plan."""
    model = tiny_model()
    model.total_cost.expr = float("nan") * model.x
    try:
        outcome = solve(model)
    except ValueError:
        return
    assert outcome.status is not SolveStatus.OPTIMAL


def knapsack():
    """Two units of 4 MW at 10 yuan each and loose heat at 3 yuan/MWh, for 6 MWh."""
    model = pyo.ConcreteModel()
    model.units = pyo.Var(domain=pyo.NonNegativeIntegers, bounds=(0, 2))
    model.heat, model.loose = pyo.Var(bounds=(0, None)), pyo.Var(bounds=(0, None))
    model.limit = pyo.Constraint(expr=model.heat <= 4 * model.units)
    model.demand = pyo.Constraint(expr=model.heat + model.loose == 6)
    model.cost_terms = pyo.Expression(
        ["units", "loose"], initialize={"units": 10 * model.units, "loose": 3 * model.loose}
    )
    model.total_cost = pyo.Objective(expr=sum(model.cost_terms[n] for n in ("units", "loose")))
    model.dual = pyo.Suffix()
    return model


def test_whole_numbers_are_whole_and_the_relaxation_is_below():
    """One unit and 2 MWh loose: 10 + 6 = 16 (none: 18, two: 20). Relaxed: 1.5 units, 15."""
    model = knapsack()
    outcome = solve(model)
    assert (model.units.value, outcome.objective_yuan) == pytest.approx((1, 16))
    assert outcome.gap == pytest.approx(0)
    assert outcome.bound_yuan == pytest.approx(16)
    relaxed = solve(model, relaxed=True)
    assert (model.units.value, relaxed.objective_yuan) == pytest.approx((1.5, 15))


def test_prices_come_from_the_units_as_decided():
    """With one unit fixed the next MWh is loose: 3 yuan; relaxed it would be 2.5. A finite
    difference says the same.
    """
    model = knapsack()
    before = solve(model).objective_yuan
    price = model.dual[model.demand]
    model.demand.set_value(model.heat + model.loose == 6.5)
    assert price == pytest.approx(3.0)
    assert solve(model).objective_yuan - before == pytest.approx(0.5 * price)
    solve(model, relaxed=True)
    assert model.dual[model.demand] == pytest.approx(2.5)


def test_a_wide_gap_says_how_wide():
    """Asked only to come within half of the optimum, the outcome tells what it proved."""
    outcome = solve(knapsack(), limits=Limits(gap=0.5))
    assert outcome.bound_yuan <= 16 <= outcome.objective_yuan + 1e-9
    assert outcome.gap == pytest.approx(1 - outcome.bound_yuan / outcome.objective_yuan)


def test_a_start_is_a_plan_at_once():
    """With no time for a search the given units stand, labelled as not proven."""
    matrices = compile_model(knapsack())
    (units,) = [i for i, variable in enumerate(matrices.variables) if variable.name == "units"]
    answer = run_highs(matrices, Limits(time_s=1e-3), start={units: 2.0})
    assert answer.status in {SolveStatus.OPTIMAL, SolveStatus.TIME_LIMIT_WITH_PLAN}
    assert answer.objective <= 20 + 1e-9


@pytest.mark.parametrize(
    ("x", "y", "worst"),
    [
        (2.5, 1.5, 0.0),  # 8·x + y = 21.5, x − y = 1: both are kept
        (1.5, 0.5, 0.0),  # 12.5
        (3.5, 2.5, 1.0),  # 30.5 is 8 above 22.5: 1 over the coefficient 8
        (0.5, -0.5, 0.5),  # 3.5 is 4 below 7.5
        (2.0, 2.0, 0.25),  # 0.25·(x − y) is 0.25 below it: coefficients below 1 enlarge nothing
    ],
)
def test_a_missed_row_counts_over_its_largest_coefficient(x, y, worst):
    """Else a row in kilowatts would count a thousand times one in megawatts."""
    model = pyo.ConcreteModel()
    model.x, model.y = pyo.Var(), pyo.Var()
    model.ranged = pyo.Constraint(expr=(7.5, 8 * model.x + model.y, 22.5))
    model.equal = pyo.Constraint(expr=0.25 * model.x - 0.25 * model.y == 0.25)
    model.total_cost = pyo.Objective(expr=model.x)
    matrices = compile_model(model)
    place = {"x": x, "y": y}
    values = np.array([place[variable.name] for variable in matrices.variables])
    assert row_violation(matrices, values) == pytest.approx(worst, abs=1e-12)
