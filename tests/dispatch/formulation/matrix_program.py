"""A linear program written down as vector equations over numpy and scipy, and nothing else.

For `matrix_model.py`: families of columns, rows and costs by name, handed to HiGHS as they are.
"""

from collections import defaultdict
from dataclasses import dataclass

import highspy
import numpy as np
from numpy.typing import NDArray
from scipy import sparse

Array = NDArray[np.float64]

ROOM = 1 << 15  # columns at most; ones that are never used cost little in a sparse row
INF = np.inf


@dataclass(frozen=True)
class Lines:
    """Linear expressions, one a line: matrix (line, column) @ x + constant (line,)."""

    matrix: sparse.csr_array
    constant: Array

    __array_ufunc__ = None  # so that array * lines and matrix @ lines come here

    def __len__(self) -> int:
        return self.constant.size

    def __add__(self, other: "Lines | Array | float") -> "Lines":
        if isinstance(other, Lines):
            return Lines(self.matrix + other.matrix, self.constant + other.constant)
        return Lines(self.matrix, self.constant + other)

    __radd__ = __add__

    def __mul__(self, factor: Array | float) -> "Lines":
        factors = np.broadcast_to(np.asarray(factor, dtype=float), self.constant.shape)
        scaled = sparse.diags_array(factors) @ self.matrix
        return Lines(sparse.csr_array(scaled), factors * self.constant)

    __rmul__ = __mul__

    def __neg__(self) -> "Lines":
        return self * -1.0

    def __sub__(self, other: "Lines | Array | float") -> "Lines":
        return self + (-other)

    def __rsub__(self, other: Array | float) -> "Lines":
        return -self + other

    def __rmatmul__(self, weights: Array) -> "Lines":
        return Lines(
            sparse.csr_array(sparse.csr_array(weights) @ self.matrix), weights @ self.constant
        )

    def __getitem__(self, which: NDArray[np.generic] | slice) -> "Lines":
        index = np.arange(len(self))[which]
        return Lines(self.matrix[index], self.constant[index])

    def before(self, first: float) -> "Lines":
        """The line before each, `first` before the first one."""
        shift = np.eye(len(self), k=-1)
        return shift @ self + first * (np.arange(len(self)) == 0)


def constants(values: Array) -> Lines:
    """Lines without columns."""
    values = np.asarray(values, dtype=float)
    return Lines(sparse.csr_array((values.size, ROOM)), values)


def total(parts: list[Lines], lines: int) -> Lines:
    """Σ of expressions of so many lines, zero of none."""
    return sum(parts, constants(np.zeros(lines)))


class Program:
    """Columns, rows and costs as they are added."""

    def __init__(self) -> None:
        self.low: list[Array] = []
        self.high: list[Array] = []
        self.whole: list[NDArray[np.bool_]] = []
        self.families: dict[str, list[tuple[Lines, Array, Array]]] = defaultdict(list)
        self.terms: dict[str, Lines] = {}
        self.size = 0

    def columns(
        self,
        count: int,
        low: Array | float = 0.0,
        high: Array | float = INF,
        *,
        whole: bool = False,
    ) -> Lines:
        """Add columns, and return them as expressions."""
        self.low.append(np.broadcast_to(np.asarray(low, dtype=float), count))
        self.high.append(np.broadcast_to(np.asarray(high, dtype=float), count))
        self.whole.append(np.full(count, whole))
        at = np.arange(self.size, self.size + count)
        self.size += count
        if self.size > ROOM:
            raise ValueError(f"more than {ROOM} columns: raise ROOM")
        ones = sparse.csr_array((np.ones(count), (np.arange(count), at)), shape=(count, ROOM))
        return Lines(ones, np.zeros(count))

    def rows(
        self, name: str, lines: Lines, low: Array | float = -INF, high: Array | float = INF
    ) -> None:
        """Add low <= lines <= high."""
        lower, upper = (
            np.broadcast_to(np.asarray(end, dtype=float), len(lines)) for end in (low, high)
        )
        self.families[name].append((lines, lower, upper))

    def size_of(self, lines: Lines) -> Lines:
        """Columns that are at least |lines|; for expressions whose size costs something."""
        up, down = self.columns(len(lines)), self.columns(len(lines))
        self.rows("size", lines - up + down, 0.0, 0.0)
        return up + down

    def above(self, lines: Lines) -> Lines:
        """Columns that are at least max(0, lines)."""
        over = self.columns(len(lines))
        self.rows("above", over - lines, 0.0)
        return over

    def pay(self, term: str, lines: Lines) -> None:
        """Add Σ lines, in yuan, to a term of the cost."""
        added = np.ones((1, len(lines))) @ lines
        self.terms[term] = self.terms[term] + added if term in self.terms else added

    def least_cost(self) -> float:
        """Solve to proven optimality (gap 0) and return the cost, yuan."""
        highs = highspy.Highs()
        for name, value in (
            ("output_flag", False),
            ("threads", 1),
            ("mip_rel_gap", 0.0),
            ("mip_abs_gap", 1e-6),
            ("primal_feasibility_tolerance", 1e-9),
        ):
            highs.setOptionValue(name, value)
        highs.passModel(self._highs_lp())
        highs.run()
        status = highs.getModelStatus()
        if status != highspy.HighsModelStatus.kOptimal:
            raise AssertionError(f"the matrix model has no optimum: {status}")
        return float(highs.getInfo().objective_function_value)

    def _highs_lp(self) -> highspy.HighsLp:
        parts = [part for family in self.families.values() for part in family]
        matrix = sparse.csr_array(sparse.vstack([lines.matrix for lines, _, _ in parts]))
        matrix = sparse.csr_array(matrix[:, : self.size])
        matrix.eliminate_zeros()
        cost = sum(self.terms.values(), constants(np.zeros(1)))
        lp = highspy.HighsLp()
        lp.num_col_, lp.num_row_ = self.size, matrix.shape[0]
        lp.col_cost_ = cost.matrix[:, : self.size].toarray().ravel()
        lp.offset_ = float(cost.constant[0])
        lp.col_lower_, lp.col_upper_ = np.concatenate(self.low), np.concatenate(self.high)
        lp.row_lower_ = np.concatenate([low - lines.constant for lines, low, _ in parts])
        lp.row_upper_ = np.concatenate([high - lines.constant for lines, _, high in parts])
        lp.a_matrix_.format_ = highspy.MatrixFormat.kRowwise
        lp.a_matrix_.start_, lp.a_matrix_.index_ = matrix.indptr, matrix.indices
        lp.a_matrix_.value_ = matrix.data
        whole = np.concatenate(self.whole)
        if whole.any():
            kinds = (highspy.HighsVarType.kContinuous, highspy.HighsVarType.kInteger)
            lp.integrality_ = [kinds[int(one)] for one in whole]
        return lp
