"""Ridge regression in many cells, each pulled towards what the cells of its group have in common.

A cell is a group of leads at one local hour: the morning start of a heating system answers other
questions than its night. With few days a cell has the slopes of its group; with many its own. That
is a hierarchical (empirical Bayes) ridge: the prior mean of a cell's slopes is the fit within
cells over the whole group. Residuals beyond 1.5 robust standard deviations count less (Huber,
doi:10.1214/aoms/1177703732).
"""

from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from forecasts.demand.load.record import Floats, Ints

HUBER = 1.5
SCALE_FLOOR = 0.5  # of the root mean square: loads that are mostly zero have no median deviation

SINGULAR = 1e-8  # of a cell's weight, beside columns of unit spread


@dataclass(frozen=True)
class RidgeSettings:
    """How strongly a cell is pulled to its group, and the group to zero.

    The group by days, since the hours of a day say much the same: it counts as so many days of
    data that show no effect. `group_days` is by group; its last value holds for all beyond.
    """

    pull_rows: float
    group_days: tuple[float, ...]
    rounds: int  # of reweighting; 0 is least squares

    def days(self, group: int) -> float:
        """Pull of a group to zero, in days of data."""
        return self.group_days[min(group, len(self.group_days) - 1)]


@dataclass(frozen=True)
class CellRidge:
    """Coefficients by cell, on standardised columns; a column not known counts as its mean."""

    middle: Floats  # (column,)
    spread: Floats  # (column,)
    intercept: Floats  # (cell,)
    slope: Floats  # (cell, column)

    def predict(self, columns: Floats, cell: Ints) -> Floats:
        """Values of rows (…, column) in their cells (…)."""
        z = standardised(columns, self.middle, self.spread)
        return np.asarray(
            np.einsum("...p,...p->...", z, self.slope[cell]) + self.intercept[cell],
            dtype=np.float64,
        )

    def silent(self, cell: Ints) -> NDArray[np.bool_]:
        """Whether all targets of a cell were zero, of cells (…)."""
        nothing = (self.intercept == 0.0) & ~np.any(self.slope, axis=1)
        return np.asarray(nothing[cell], dtype=np.bool_)


def standardised(columns: Floats, middle: Floats, spread: Floats) -> Floats:
    """Columns less their mean over their spread; 0 where not known."""
    z = (columns - middle) / spread
    return np.where(np.isfinite(z), z, 0.0)


def mean_and_spread(columns: Floats) -> tuple[Floats, Floats]:
    """Mean and standard deviation of the known values of each column; 0 and 1 without any."""
    known = np.isfinite(columns)
    count = np.maximum(known.sum(axis=0), 1)
    middle = np.where(known, columns, 0.0).sum(axis=0) / count
    square = np.where(known, (columns - middle) ** 2, 0.0).sum(axis=0) / count
    spread = np.sqrt(square)
    return middle, np.where(spread > 1e-9 * (1.0 + np.abs(middle)), spread, 1.0)


def fit_cells(
    columns: Floats,
    target: Floats,
    weight: Floats,
    cell: Ints,
    group: Ints,
    days: float,
    settings: RidgeSettings,
) -> CellRidge:
    """Fit rows (row, column) to their targets; `group` (cell,) names the group of each cell.

    The rows are of so many `days`, counted by weight.

    A cell whose targets were all zero stays zero: a heating that is off at night.
    """
    middle, spread = mean_and_spread(columns)
    z = standardised(columns, middle, spread)
    order = np.argsort(cell, kind="stable")
    z, target, weight, cell = z[order], target[order], weight[order], cell[order]
    edges = np.searchsorted(cell, np.arange(group.size + 1))
    robust = weight
    for turn in range(settings.rounds + 1):
        sums = _sums(z, target, robust, edges)
        intercept, slope = _solve(sums, group, days, settings)
        if turn < settings.rounds:
            fitted = np.einsum("rp,rp->r", z, slope[cell]) + intercept[cell]
            robust = weight * _huber_weights(target - fitted)
    silent = np.array([not np.any(target[low:high]) for low, high in pairwise(edges.tolist())]) & (
        np.diff(edges) > 0
    )
    intercept[silent], slope[silent] = 0.0, 0.0
    return CellRidge(middle, spread, intercept, slope)


def _huber_weights(residual: Floats) -> Floats:
    size = np.abs(residual)
    floor = SCALE_FLOOR * np.sqrt(np.mean(residual**2))
    scale = max(1.4826 * float(np.median(size)), float(floor), 1e-12)
    return np.minimum(1.0, HUBER * scale / np.maximum(size, 1e-12))


@dataclass(frozen=True)
class _Sums:
    """Weighted sums about the mean of each cell."""

    weight: Floats  # (cell,)
    mean_z: Floats  # (cell, column)
    mean_y: Floats  # (cell,)
    gram: Floats  # (cell, column, column)
    moment: Floats  # (cell, column)


def _sums(z: Floats, target: Floats, weight: Floats, edges: Ints) -> _Sums:
    cells, columns = edges.size - 1, z.shape[1]
    sums = _Sums(
        np.zeros(cells),
        np.zeros((cells, columns)),
        np.zeros(cells),
        np.zeros((cells, columns, columns)),
        np.zeros((cells, columns)),
    )
    for number in range(cells):
        rows = slice(int(edges[number]), int(edges[number + 1]))
        total = float(weight[rows].sum())
        if total <= 0.0:
            continue
        share = weight[rows] / total
        sums.weight[number] = total
        sums.mean_z[number] = share @ z[rows]
        sums.mean_y[number] = share @ target[rows]
        centred = z[rows] - sums.mean_z[number]
        weighted = centred * weight[rows][:, None]
        sums.gram[number] = weighted.T @ centred
        sums.moment[number] = weighted.T @ (target[rows] - sums.mean_y[number])
    return sums


def _solve(sums: _Sums, group: Ints, days: float, settings: RidgeSettings) -> tuple[Floats, Floats]:
    """Slopes of each cell about those of its group; intercepts through the means of the cell.

    A cell without rows takes the mean of the nearest cells of its group.
    """
    one = np.eye(sums.gram.shape[1])
    slope = np.zeros_like(sums.moment)
    intercept = np.zeros_like(sums.weight)
    for number in np.unique(group).tolist():
        cells = np.flatnonzero(group == number)
        total = float(sums.weight[cells].sum())
        if total <= 0.0:
            continue
        gram = sums.gram[cells].sum(axis=0) + (settings.days(number) / days * total + 1e-9) * one
        shared = np.linalg.solve(gram, sums.moment[cells].sum(axis=0))
        pulled = sums.moment[cells] + settings.pull_rows * shared
        # A column that is the same in all rows of a cell says nothing there; it must not end it.
        little = SINGULAR * np.maximum(sums.weight[cells], 1.0)
        own = sums.gram[cells] + (settings.pull_rows + little)[:, None, None] * one
        slope[cells] = np.linalg.solve(own, pulled[..., None])[..., 0]
        through = sums.mean_y[cells] - np.einsum("cp,cp->c", sums.mean_z[cells], slope[cells])
        there = sums.weight[cells] > 0.0
        where = np.flatnonzero(there)
        intercept[cells] = np.interp(np.arange(cells.size), where, through[there])
    return intercept, slope
