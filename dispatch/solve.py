"""Hand a Pyomo model to HiGHS and say what came of it: the only file that knows HiGHS.

The public Pyomo interfaces call the solver once a row and take seconds for this model; here the
model is compiled to matrices and passed whole. Nothing but a proven optimum is called optimal; of
a model with whole numbers "optimal" means: proven to within the gap that was asked for, and the
gap stands in the outcome.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace

import highspy
import numpy as np
import pyomo.environ as pyo
from numpy.typing import NDArray
from pyomo.core.base.constraint import ConstraintData
from pyomo.core.base.var import VarData
from pyomo.repn.plugins.standard_form import LinearStandardFormCompiler
from scipy import sparse

from dispatch.plan import SolveOutcome, SolveStatus

Array = NDArray[np.float64]

TIME_LIMIT_S = 150.0  # of each algorithm: a plan takes seconds, and half an hour is too late
MANY_NODES = 2_147_483_647
FEASIBILITY_TOLERANCE = 1e-9  # the audit's balances are held to 1e-6 of the load
WHOLE = 1e-6  # as near to a whole number as the solver gets
# HiGHS holds its tolerance on the rows as it scaled them; once in some hundred plans a row as we
# wrote it is off by more than the audit allows, under the word "optimal".
ROW_ALLOWED = 1e-5  # MW, or K, or t, over the largest coefficient of the row


@dataclass(frozen=True)
class Limits:
    """When to stop: relative gap and nodes of a search for whole numbers, wall-clock seconds.

    Seconds are the last resort: where they end a search, a run cannot be repeated to the digit.
    """

    gap: float = 0.0
    time_s: float = TIME_LIMIT_S
    nodes: int = MANY_NODES


@dataclass(frozen=True)
class Matrices:
    """A program as matrices: least cost·x, lower <= rows·x <= upper, bounds on x, some x whole."""

    cost: Array
    offset: float
    rows: sparse.csr_array
    row_lower: Array
    row_upper: Array
    column_lower: Array
    column_upper: Array
    whole: NDArray[np.bool_]  # columns that may only take whole numbers
    variables: list[VarData]
    constraints: list[ConstraintData]  # of each row

    @property
    def relaxed(self) -> "Matrices":
        """The same without whole numbers."""
        return replace(self, whole=np.zeros_like(self.whole))

    def fixed(self, values: Array) -> "Matrices":
        """The same with whole columns fixed at `values` (column,), rounded: a linear program."""
        at = np.round(values)
        lower = np.where(self.whole, at, self.column_lower)
        upper = np.where(self.whole, at, self.column_upper)
        return replace(self.relaxed, column_lower=lower, column_upper=upper)


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
        whole=np.array([not variable.is_continuous() for variable in form.columns]),
        variables=list(form.columns),
        constraints=[form.rows[i].constraint for i in np.flatnonzero(keep)],
    )


def highs_model(matrices: Matrices) -> highspy.HighsLp:
    """Matrices as HiGHS takes them."""
    lp = highspy.HighsLp()
    lp.num_col_, lp.num_row_ = matrices.cost.size, matrices.row_lower.size
    lp.col_cost_, lp.offset_ = matrices.cost, matrices.offset
    lp.col_lower_, lp.col_upper_ = matrices.column_lower, matrices.column_upper
    lp.row_lower_, lp.row_upper_ = matrices.row_lower, matrices.row_upper
    lp.a_matrix_.format_ = highspy.MatrixFormat.kRowwise
    lp.a_matrix_.start_ = matrices.rows.indptr
    lp.a_matrix_.index_ = matrices.rows.indices
    lp.a_matrix_.value_ = matrices.rows.data
    if matrices.whole.any():
        kinds = (highspy.HighsVarType.kContinuous, highspy.HighsVarType.kInteger)
        lp.integrality_ = [kinds[int(whole)] for whole in matrices.whole]
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
# Rows from which the interior point (with its crossover to a vertex) comes before the simplex: many
# plants and mains. Twelve plants, 25 mains, eleven zones, 35 000 rows: 16 s of CPU for an interior
# point, over 200 for any simplex; at 7 700 rows 1.6 and 4.6 s; at 5 000 there is no difference.
INTERIOR_FIRST_ROWS = 6_000


def new_highs(algorithm: Algorithm = ALGORITHMS[0], limits: Limits = Limits()) -> highspy.Highs:
    """A silent HiGHS with the settings of a plan; one thread, so that a run can be repeated."""
    highs = highspy.Highs()  # type: ignore[no-untyped-call]
    highs.setOptionValue("output_flag", False)
    highs.setOptionValue("threads", 1)
    highs.setOptionValue("time_limit", limits.time_s)
    highs.setOptionValue("mip_rel_gap", limits.gap)
    highs.setOptionValue("mip_max_nodes", limits.nodes)
    # No strong branching: units are alike, and it took two thirds of a search's time.
    highs.setOptionValue("mip_pscost_minreliable", 0)
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
    highspy.HighsModelStatus.kSolutionLimit: SolveStatus.TIME_LIMIT,  # of nodes
}


@dataclass(frozen=True)
class Answer:
    """What HiGHS found: status, values, duals, objective and the way that led there."""

    status: SolveStatus
    values: Array  # (column,)
    row_duals: Array  # (row,) change of the objective per unit of right side; empty without
    column_duals: Array  # (column,) the same per unit of a bound that binds; empty without
    objective: float
    bound: float  # no plan is cheaper
    algorithm: Algorithm
    basis: highspy.HighsBasis | None  # to start a like program from

    @property
    def has_plan(self) -> bool:
        """Whether the values are a feasible plan."""
        return self.status in (SolveStatus.OPTIMAL, SolveStatus.TIME_LIMIT_WITH_PLAN)

    @property
    def gap(self) -> float:
        """How far the objective may be from the best one, relative to itself."""
        return relative_gap(self.objective, self.bound)


def relative_gap(objective: float, bound: float) -> float:
    """(objective − bound)/|objective|, never below zero."""
    return max(0.0, objective - bound) / max(1e-9, abs(objective))


def run_highs(
    matrices: Matrices,
    limits: Limits = Limits(),
    *,
    basis: highspy.HighsBasis | None = None,
    start: Mapping[int, float] | None = None,
) -> Answer:
    """Solve matrices, by another algorithm where the first one gives no plan.

    `basis` is where a simplex starts, `start` values of some columns that a feasible plan has.
    No plan is ever infeasible by design, so that word too is worth a second opinion; so is a plan
    that does not keep its own rows. Of several such plans the one nearest to them is taken.
    """
    lp = highs_model(matrices)
    ways = ALGORITHMS[:1] if matrices.whole.any() else algorithms_for(matrices, basis)
    nearest, nearest_off = None, np.inf
    for algorithm in ways:
        answer = _attempt(lp, algorithm, limits, basis, start)
        off = row_violation(matrices, answer.values) if answer.has_plan else np.inf
        if off <= ROW_ALLOWED:
            return answer
        if off < nearest_off:
            nearest, nearest_off = answer, off
    return nearest or answer


def algorithms_for(
    matrices: Matrices, basis: highspy.HighsBasis | None = None
) -> tuple[Algorithm, ...]:
    """Algorithms in the order in which a linear program of this size tries them."""
    if basis is not None or matrices.row_lower.size < INTERIOR_FIRST_ROWS:
        return ALGORITHMS
    return (ALGORITHMS[-1], *ALGORITHMS[:-1])


def row_violation(matrices: Matrices, values: Array) -> float:
    """How far the worst row is outside its limits, over its largest coefficient (at least 1)."""
    told = matrices.rows @ values
    outside = np.maximum(matrices.row_lower - told, told - matrices.row_upper)
    largest = abs(matrices.rows).max(axis=1).toarray().ravel()
    return float((outside / np.maximum(1.0, largest)).max(initial=0.0))


def _attempt(
    lp: highspy.HighsLp,
    algorithm: Algorithm,
    limits: Limits,
    basis: highspy.HighsBasis | None,
    start: Mapping[int, float] | None,
) -> Answer:
    is_mip = len(lp.integrality_) > 0
    highs = new_highs(algorithm, limits)
    passed = highs.passModel(lp)
    if basis is not None and algorithm is ALGORITHMS[0]:
        highs.setBasis(basis)
    if start:
        columns, values = np.array(list(start), dtype=np.int32), np.array(list(start.values()))
        highs.setSolution(columns.size, columns, values)
    ran = highs.run()
    info, solution = highs.getInfo(), highs.getSolution()
    status = _STATUS.get(highs.getModelStatus(), SolveStatus.FAILED)
    if highspy.HighsStatus.kError in (passed, ran):
        status = SolveStatus.FAILED
    feasible = info.primal_solution_status == highspy.SolutionStatus.kSolutionStatusFeasible
    if status is SolveStatus.OPTIMAL and not feasible:
        status = SolveStatus.FAILED
    if status is SolveStatus.TIME_LIMIT and feasible:
        status = SolveStatus.TIME_LIMIT_WITH_PLAN
    values, objective = np.array(solution.col_value), float(info.objective_function_value)
    if not (np.isfinite(values).all() and np.isfinite(objective)):
        status = SolveStatus.FAILED
    proven = objective if status is SolveStatus.OPTIMAL else -np.inf
    return Answer(
        status=status,
        values=values,
        row_duals=np.array([] if is_mip else solution.row_dual),
        column_duals=np.array([] if is_mip else solution.col_dual),
        objective=objective,
        bound=float(info.mip_dual_bound) if is_mip else proven,
        algorithm=algorithm,
        basis=None if is_mip else highs.getBasis(),
    )


def load_values(model: pyo.ConcreteModel, matrices: Matrices, answer: Answer) -> dict[str, float]:
    """Load an answer's values into the model; return its cost terms, yuan.

    Where the model has a suffix `dual` it gets what one more unit of each row's right side, and
    of each column's binding bound, would cost.
    """
    for variable, value in zip(matrices.variables, answer.values.tolist(), strict=True):
        variable.set_value(value, skip_validation=True)
    for variable in model.component_data_objects(pyo.Var, active=True):
        if variable.value is None:  # in no row and no cost: any value within its bounds
            variable.set_value(variable.lb or 0.0, skip_validation=True)
    if isinstance(model.component("dual"), pyo.Suffix) and answer.row_duals.size:
        model.dual.update(zip(matrices.constraints, answer.row_duals.tolist(), strict=True))
        model.dual.update(zip(matrices.variables, answer.column_duals.tolist(), strict=True))
    return {name: float(pyo.value(model.cost_terms[name])) for name in model.cost_terms}


def solve(
    model: pyo.ConcreteModel,
    *,
    relaxed: bool = False,
    limits: Limits = Limits(),
) -> SolveOutcome:
    """Solve a model and load the values into it; raise nothing, the outcome says how it went.

    `relaxed` lets whole numbers be fractions. With whole numbers the answer is found in two
    runs: the search, then the linear program with them fixed, whose duals are the prices.
    """
    matrices = compile_model(model)
    if relaxed:
        matrices = matrices.relaxed
    answer = run_highs(matrices, limits)
    if answer.has_plan and matrices.whole.any():
        answer = with_whole_fixed(matrices, answer)
    return outcome_of(model, matrices, answer)


def with_whole_fixed(
    matrices: Matrices, found: Answer, basis: highspy.HighsBasis | None = None
) -> Answer:
    """Solve once more with whole columns fixed as found: clean values, and prices.

    The status and the bound stay those of `found`.
    """
    answer = run_highs(matrices.fixed(found.values), basis=basis)
    if not answer.has_plan:
        return found
    return replace(answer, status=found.status, bound=min(found.bound, answer.objective))


def outcome_of(model: pyo.ConcreteModel, matrices: Matrices, answer: Answer) -> SolveOutcome:
    """Say how a solve went, after loading what it found into the model."""
    plan = answer.has_plan
    return SolveOutcome(
        status=answer.status,
        objective_yuan=answer.objective if plan else float("nan"),
        terms_yuan=load_values(model, matrices, answer) if plan else {},
        rows=matrices.row_lower.size,
        columns=matrices.cost.size,
        solver=f"HiGHS {new_highs().version()} {answer.algorithm.name}",
        gap=answer.gap if plan else float("nan"),
        bound_yuan=answer.bound,
    )
