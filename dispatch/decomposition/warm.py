"""A linear program kept in the solver: solved again and again for new costs, from where it was."""

from dataclasses import replace

import highspy
import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from dispatch.plan import SolveStatus
from dispatch.solve import (
    ALGORITHMS,
    TIME_LIMIT_S,
    Algorithm,
    Answer,
    Matrices,
    algorithms_for,
    highs_model,
    new_highs,
    run_highs,
)

Array = NDArray[np.float64]

WARM = Algorithm("simplex", "off")  # presolve would throw away the basis


class NotSolved(Exception):
    """A part of the decomposition has no proven optimum; `status` says how it ended."""

    def __init__(self, status: SolveStatus) -> None:
        super().__init__(status.value)
        self.status = status


class WarmProgram:
    """Matrices inside one HiGHS. Holds the solver's state: not shared between processes."""

    def __init__(self, matrices: Matrices) -> None:
        self._matrices = matrices
        cold = algorithms_for(matrices)[0]
        self._cold = (
            WARM if cold is ALGORITHMS[0] else cold
        )  # a small one: there is nothing to gain
        self._is_warm = False
        self._highs = new_highs(WARM)
        self._highs.passModel(highs_model(matrices))

    def with_costs(self, columns: NDArray[np.intp], costs: Array) -> None:
        """Change the cost of some columns."""
        self._highs.changeColsCost(columns.size, columns.astype(np.int32), costs)
        new = self._matrices.cost.copy()
        new[columns] = costs
        self._matrices = replace(self._matrices, cost=new)

    def with_bounds(self, columns: NDArray[np.intp], lower: Array, upper: Array) -> None:
        """Change the bounds of some columns."""
        self._highs.changeColsBounds(columns.size, columns.astype(np.int32), lower, upper)
        lowest, highest = self._matrices.column_lower.copy(), self._matrices.column_upper.copy()
        lowest[columns], highest[columns] = lower, upper
        self._matrices = replace(self._matrices, column_lower=lowest, column_upper=highest)

    def add_columns(self, costs: Array, entries: sparse.csc_array) -> None:
        """Add columns that are not negative; `entries` (row, new column)."""
        count, free = costs.size, np.full(costs.size, np.inf)
        self._highs.addCols(
            count,
            costs,
            np.zeros(count),
            free,
            entries.nnz,
            entries.indptr.astype(np.int32),
            entries.indices.astype(np.int32),
            entries.data,
        )
        old = self._matrices
        self._matrices = replace(
            old,
            cost=np.append(old.cost, costs),
            rows=sparse.csr_array(sparse.hstack([old.rows, entries])),
            column_lower=np.append(old.column_lower, np.zeros(count)),
            column_upper=np.append(old.column_upper, free),
            whole=np.append(old.whole, np.zeros(count, dtype=bool)),
        )

    def _with_options(self, algorithm: Algorithm) -> None:
        """Set the way of the next solve."""
        self._highs.setOptionValue("solver", algorithm.solver)
        self._highs.setOptionValue("presolve", algorithm.presolve)

    def solved(self, *, believed: bool = False) -> Answer:
        """Solve; afresh by every algorithm where the warm start proves nothing.

        Where it is `believed` that there is no plan, that needs no second opinion: in a shortage
        one cost two minutes. Raises NotSolved without a proven optimum.
        """
        # The solver's clock runs on from one solve to the next.
        self._highs.setOptionValue("time_limit", self._highs.getRunTime() + TIME_LIMIT_S)
        self._with_options(WARM if self._is_warm else self._cold)
        self._highs.run()
        self._is_warm = True
        info = self._highs.getInfo()
        feasible = highspy.SolutionStatus.kSolutionStatusFeasible
        if (
            self._highs.getModelStatus() == highspy.HighsModelStatus.kOptimal
            and info.primal_solution_status == feasible
        ):
            solution = self._highs.getSolution()
            value = float(info.objective_function_value)
            return Answer(
                status=SolveStatus.OPTIMAL,
                values=np.array(solution.col_value),
                row_duals=np.array(solution.row_dual),
                column_duals=np.array(solution.col_dual),
                objective=value,
                bound=value,
                algorithm=WARM,
                basis=None,
            )
        if believed and self._highs.getModelStatus() == highspy.HighsModelStatus.kInfeasible:
            raise NotSolved(SolveStatus.INFEASIBLE)
        answer = run_highs(self._matrices)
        if answer.status is not SolveStatus.OPTIMAL:
            raise NotSolved(answer.status)
        return answer
