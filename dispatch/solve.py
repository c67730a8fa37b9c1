"""Hand a Pyomo model to HiGHS and say what came of it: the only file that knows HiGHS.

The public Pyomo interfaces call the solver once a row and take seconds for this model; here the
model is compiled to matrices and passed whole. Nothing but a proven optimum is called optimal.
"""

from dataclasses import dataclass

import highspy
import numpy as np
import pyomo.environ as pyo
from numpy.typing import NDArray
from pyomo.repn.plugins.standard_form import LinearStandardFormCompiler
from scipy import sparse

from dispatch.plan import SolveOutcome, SolveStatus

Array = NDArray[np.float64]

TIME_LIMIT_S = 150.0  # of each algorithm: a plan takes seconds, and half an hour is too late
FEASIBILITY_TOLERANCE = 1e-9  # the audit's balances are held to 1e-6 of the load


@dataclass(frozen=True)
class Matrices:
    """A linear program as matrices: least cost·x, lower <= rows·x <= upper, bounds on x."""

    cost: Array
    offset: float
    rows: sparse.csr_array
    row_lower: Array
    row_upper: Array
    column_lower: Array
    column_upper: Array
    variables: list[pyo.Var]


def compile_model(model: pyo.ConcreteModel) -> Matrices:
    """Compile a model to matrices; the two halves of a ranged row are put together again."""
    form = LinearStandardFormCompiler().write(model, mixed_form=True)
    right = np.asarray(form.rhs, dtype=float)
    kind = np.array([row.bound_type for row in form.rows])
    upper = np.where(kind >= 0, right, np.inf)
    lower = np.where(kind <= 0, right, -np.inf)
    keep = np.ones(len(form.rows), dtype=bool)
    for i in np.flatnonzero((kind[1:] == -1) & (kind[:-1] == 1)):
        if form.rows[i].constraint is form.rows[i + 1].constraint:
            lower[i], keep[i + 1] = right[i + 1], False
    bounds = [variable.bounds for variable in form.columns]
    return Matrices(
        cost=np.asarray(form.c.todense()).ravel(),
        offset=float(form.c_offset[0]),
        rows=sparse.csr_array(form.A.tocsr()[keep]),
        row_lower=lower[keep],
        row_upper=upper[keep],
        column_lower=np.array([-np.inf if low is None else low for low, _ in bounds]),
        column_upper=np.array([np.inf if high is None else high for _, high in bounds]),
        variables=form.columns,
    )


def _highs_model(matrices: Matrices) -> highspy.HighsLp:
    lp = highspy.HighsLp()
    lp.num_col_, lp.num_row_ = matrices.cost.size, matrices.row_lower.size
    lp.col_cost_, lp.offset_ = matrices.cost, matrices.offset
    lp.col_lower_, lp.col_upper_ = matrices.column_lower, matrices.column_upper
    lp.row_lower_, lp.row_upper_ = matrices.row_lower, matrices.row_upper
    lp.a_matrix_.format_ = highspy.MatrixFormat.kRowwise
    lp.a_matrix_.start_ = matrices.rows.indptr
    lp.a_matrix_.index_ = matrices.rows.indices
    lp.a_matrix_.value_ = matrices.rows.data
    return lp


@dataclass(frozen=True)
class Algorithm:
    """One way to solve: HiGHS options."""

    solver: str
    presolve: str

    @property
    def name(self) -> str:
        """As it is told in results."""
        return self.solver if self.presolve == "choose" else f"{self.solver} without presolve"


# Tried in this order until one proves its answer: dual simplex is fastest on block models, and now
# and then ends "unknown" with tiny dual infeasibilities where another way has none.
ALGORITHMS = (
    Algorithm("simplex", "choose"),
    Algorithm("simplex", "off"),
    Algorithm("ipm", "choose"),
)


def new_highs(algorithm: Algorithm = ALGORITHMS[0]) -> highspy.Highs:
    """A silent HiGHS with the settings of a plan; one thread, so that a run can be repeated."""
    highs = highspy.Highs()  # type: ignore[no-untyped-call]
    highs.setOptionValue("output_flag", False)
    highs.setOptionValue("threads", 1)
    highs.setOptionValue("time_limit", TIME_LIMIT_S)
    highs.setOptionValue("primal_feasibility_tolerance", FEASIBILITY_TOLERANCE)
    highs.setOptionValue("solver", algorithm.solver)
    highs.setOptionValue("presolve", algorithm.presolve)
    # Devex pricing: a quarter faster than the default (steepest edge) on the plan's block models.
    highs.setOptionValue("simplex_dual_edge_weight_strategy", 1)
    return highs


_STATUS = {
    highspy.HighsModelStatus.kOptimal: SolveStatus.OPTIMAL,
    highspy.HighsModelStatus.kInfeasible: SolveStatus.INFEASIBLE,
    highspy.HighsModelStatus.kUnboundedOrInfeasible: SolveStatus.INFEASIBLE,
    highspy.HighsModelStatus.kUnbounded: SolveStatus.UNBOUNDED,
    highspy.HighsModelStatus.kTimeLimit: SolveStatus.TIME_LIMIT,
}


@dataclass(frozen=True)
class Answer:
    """What HiGHS found: status, column values, objective and the way that led there."""

    status: SolveStatus
    values: Array
    objective: float
    algorithm: Algorithm

    @property
    def has_plan(self) -> bool:
        """Whether the values are a feasible plan."""
        return self.status in (SolveStatus.OPTIMAL, SolveStatus.TIME_LIMIT_WITH_PLAN)


def run_highs(matrices: Matrices) -> Answer:
    """Solve matrices, by another algorithm where the first one gives no plan.

    No plan is ever infeasible by design, so that word too is worth a second opinion.
    """
    lp = _highs_model(matrices)
    for algorithm in ALGORITHMS:
        answer = _attempt(lp, algorithm)
        if answer.has_plan:
            break
    return answer


def _attempt(lp: highspy.HighsLp, algorithm: Algorithm) -> Answer:
    highs = new_highs(algorithm)
    passed = highs.passModel(lp)
    ran = highs.run()
    status = _STATUS.get(highs.getModelStatus(), SolveStatus.FAILED)
    if highspy.HighsStatus.kError in (passed, ran):
        status = SolveStatus.FAILED
    info = highs.getInfo()
    feasible = info.primal_solution_status == highspy.SolutionStatus.kSolutionStatusFeasible
    if status is SolveStatus.OPTIMAL and not feasible:
        status = SolveStatus.FAILED
    if status is SolveStatus.TIME_LIMIT and feasible:
        status = SolveStatus.TIME_LIMIT_WITH_PLAN
    values = np.array(highs.getSolution().col_value)
    if not (np.isfinite(values).all() and np.isfinite(info.objective_function_value)):
        status = SolveStatus.FAILED
    return Answer(status, values, float(info.objective_function_value), algorithm)


def load_values(model: pyo.ConcreteModel, matrices: Matrices, answer: Answer) -> dict[str, float]:
    """Load an answer's values into the model; return its cost terms, yuan."""
    for variable, value in zip(matrices.variables, answer.values.tolist(), strict=True):
        variable.set_value(value, skip_validation=True)
    for variable in model.component_data_objects(pyo.Var, active=True):
        if variable.value is None:  # in no row and no cost: any value within its bounds
            variable.set_value(variable.lb or 0.0, skip_validation=True)
    return {name: float(pyo.value(model.cost_terms[name])) for name in model.cost_terms}


def solve(model: pyo.ConcreteModel) -> SolveOutcome:
    """Solve a model and load the values into it; raise nothing, the outcome says how it went."""
    matrices = compile_model(model)
    answer = run_highs(matrices)
    return SolveOutcome(
        status=answer.status,
        objective_yuan=answer.objective if answer.has_plan else float("nan"),
        terms_yuan=load_values(model, matrices, answer) if answer.has_plan else {},
        rows=matrices.row_lower.size,
        columns=matrices.cost.size,
        solver=f"HiGHS {new_highs().version()} {answer.algorithm.name}",
    )
