"""A linear program written row by row, whose right-hand sides and bounds may move with the load.

The same program is wanted at many loads: they are stacked, block after block, and solved at once,
since a call of the solver costs more than a program of thirty columns.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]
Terms = Mapping[int, float]  # column -> coefficient

INFINITY = float("inf")


def plus(*parts: Terms, times: float = 1.0) -> dict[int, float]:
    """Add linear expressions up, all of them `times` a factor."""
    total: dict[int, float] = {}
    for part in parts:
        for column, value in part.items():
            total[column] = total.get(column, 0.0) + times * value
    return total


@dataclass
class Program:
    """Columns and rows being written; bounds of rows are (fixed, per MW of load)."""

    loads_mw: Array
    cost: list[float] = field(default_factory=list)
    low: list[float] = field(default_factory=list)
    high: list[float | Array] = field(default_factory=list)  # an array: by load
    rows: list[Terms] = field(default_factory=list)
    row_low: list[tuple[float, float]] = field(default_factory=list)
    row_high: list[tuple[float, float]] = field(default_factory=list)

    def column(self, cost: float = 0.0, high: float | Array = INFINITY, low: float = 0.0) -> Terms:
        """Add a variable and return it as an expression."""
        self.cost.append(cost)
        self.low.append(low)
        self.high.append(high)
        return {len(self.cost) - 1: 1.0}

    def at_most(self, left: Terms, right: float = 0.0, per_load: float = 0.0) -> None:
        """Ask for left <= right + per_load · load."""
        self._row(left, (-INFINITY, 0.0), (right, per_load))

    def at_least(self, left: Terms, right: float = 0.0, per_load: float = 0.0) -> None:
        """Ask for left >= right + per_load · load."""
        self._row(left, (right, per_load), (INFINITY, 0.0))

    def equal(self, left: Terms, right: float = 0.0, per_load: float = 0.0) -> None:
        """Ask for left = right + per_load · load."""
        self._row(left, (right, per_load), (right, per_load))

    def _row(self, left: Terms, low: tuple[float, float], high: tuple[float, float]) -> None:
        self.rows.append(left)
        self.row_low.append(low)
        self.row_high.append(high)

    def solved(
        self, fixed: Mapping[int, float], whole: Sequence[int] = (), only: int | None = None
    ) -> Array:
        """Return the least-cost columns at each load, (load, column), or at one of the loads.

        `fixed` columns have that value; `whole` ones are whole numbers. Raises `NoOptimum`.
        """
        from scipy import sparse
        from scipy.optimize import Bounds, LinearConstraint, milp

        at = slice(None) if only is None else slice(only, only + 1)
        every, width = self.loads_mw.size, len(self.cost)
        high = np.column_stack([np.broadcast_to(value, every) for value in self.high])[at]
        loads = len(high)
        low = np.tile(self.low, (loads, 1))
        integrality = np.zeros((loads, width), dtype=np.int64)
        integrality[:, list(whole)] = 1
        for column, value in fixed.items():
            low[:, column] = high[:, column] = value
        one = sparse.csr_array(self.matrix(self.rows))
        answer = milp(
            np.tile(self.cost, loads),
            constraints=LinearConstraint(
                sparse.kron(sparse.eye_array(loads), one),
                lb=_affine(self.row_low, self.loads_mw[at]),
                ub=_affine(self.row_high, self.loads_mw[at]),
            ),
            bounds=Bounds(low.ravel(), high.ravel()),
            integrality=integrality.ravel(),
        )
        if answer.x is None:
            raise NoOptimum(str(answer.message))
        return np.asarray(answer.x).reshape(loads, width)

    def matrix(self, rows: Sequence[Terms]) -> Array:
        """Expressions as a matrix (row, column)."""
        found = np.zeros((len(rows), len(self.cost)))
        for number, row in enumerate(rows):
            for column, value in row.items():
                found[number, column] = value
        return found


class NoOptimum(Exception):
    """The solver found no optimum, which the priced ways out of every rule should exclude."""


def _affine(bounds: Sequence[tuple[float, float]], loads_mw: Array) -> Array:
    """Bounds of all rows at all loads, load after load."""
    fixed, per_load = np.array(bounds).T
    return np.asarray(fixed + np.where(per_load == 0.0, 0.0, loads_mw[:, None] * per_load)).ravel()
