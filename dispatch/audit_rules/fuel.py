"""Fuel and power: inside what the units can do, burnt as their curves say, shared out as told.

The least fuel of a CHP is found among the triangles of its vertices (Carathéodory: a point of a
convex hull is in one of them), not by the planes that the plan was made with.
"""

from collections.abc import Iterator
from itertools import combinations

import numpy as np

from dispatch.audit_rules.published import FloatArray, PublishedPlan, finding, worst_of
from dispatch.audit_rules.rule import Rule
from dispatch.plan import AuditFinding

ALLOWED = 1e-5  # of the largest output or fuel: the solver's feasibility tolerance, with room
THIN = 1e-9  # of the polygon's size squared: a triangle thinner than this is a line
POWER_ALLOWED_MW = 0.01


def check_polygon(plan: PublishedPlan) -> AuditFinding:
    """(heat, power) of a CHP within the polygon of its units on, MW of its largest output."""
    heat, power, units = (plan.values(f"source_{name}") for name in ("heat", "power", "units_on"))
    breach = np.zeros_like(heat)
    for s, corners in _chps(plan):
        size = float(np.abs(corners[:, :2]).max())
        outside = np.zeros(heat.shape[1])
        for along, level in _edges(corners[:, :2]):
            here = along[0] * heat[s] + along[1] * power[s] - level * units[s]
            outside = np.maximum(outside, here)
        breach[s] = outside / size
    return finding(plan, Rule.SOURCE_POLYGON, breach, ("source", "time"), ALLOWED)


def check_fuel_curve(plan: PublishedPlan) -> AuditFinding:
    """source_fuel = the least that the source's pieces or vertices allow; of its largest fuel."""
    heat, power, units = (plan.values(f"source_{name}") for name in ("heat", "power", "units_on"))
    fuel = plan.values("source_fuel")
    slope, intercept = (plan.values(f"source_piece_{name}") for name in ("slope", "intercept"))
    least = fuel.copy()  # nothing to compare with where a source has no curve
    for s in np.flatnonzero(np.isfinite(slope).any(axis=1)).tolist():
        lines = slope[s][:, np.newaxis] * heat[s] + intercept[s][:, np.newaxis] * units[s]
        least[s] = np.maximum(np.nanmax(lines, axis=0), 0.0)
    for s, corners in _chps(plan):
        least[s] = _least_of_corners(corners, np.stack([heat[s], power[s], units[s]]))
    scale = np.maximum(np.abs(fuel).max(axis=1, keepdims=True, initial=0.0), 1.0)
    breach = np.abs(fuel - least) / scale
    return finding(plan, Rule.FUEL_CURVE, breach, ("source", "time"), ALLOWED)


def check_fuel_shares(plan: PublishedPlan) -> AuditFinding:
    """Fuel for heat as the accounting rate says, and power sold and bought against the contract.

    Accounting is rate · heat, or all fuel where there is no rate; relative to the largest fuel or
    power of the source.
    """
    heat, power = plan.values("source_heat"), plan.values("source_power")
    rate = plan.values("source_accounting_rate")[:, np.newaxis]
    accounting = np.where(np.isnan(rate), plan.values("source_fuel"), rate * heat)
    off = np.abs(plan.values("source_fuel_accounting") - accounting)
    over = power - np.nan_to_num(plan.values("source_power_contract"))
    sold, bought = plan.values("source_power_sold"), plan.values("source_power_bought")
    book = np.maximum(np.abs(over - sold + bought), np.maximum(-np.minimum(sold, bought), 0.0))
    dims = ("source", "time")
    return worst_of(
        *(
            finding(plan, Rule.FUEL_SHARES, wrong / _most(size), dims, ALLOWED)
            for wrong, size in ((off, accounting), (book, power))
        )
    )


def check_power_asked(plan: PublishedPlan) -> AuditFinding:
    """Soft: power as the grid's schedule or band asks, MW; it gives way where no plan is left."""
    power = plan.values("source_power")
    low, high = plan.values("source_power_min"), plan.values("source_power_max")
    off = np.maximum(np.nan_to_num(low - power), np.nan_to_num(power - high))
    breach = np.maximum(off, 0.0)
    dims = ("source", "time")
    return finding(plan, Rule.POWER_ASKED, breach, dims, POWER_ALLOWED_MW, soft=True)


def _most(values: FloatArray) -> FloatArray:
    """(source, 1) largest size of a row, at least 1."""
    return np.asarray(np.maximum(np.abs(values).max(axis=1, keepdims=True, initial=0.0), 1.0))


def _chps(plan: PublishedPlan) -> Iterator[tuple[int, FloatArray]]:
    """Each source with vertices, and those: (vertex, 3) heat, power, fuel."""
    columns = [plan.values(f"source_vertex_{name}") for name in ("heat", "power", "fuel")]
    table = np.stack(columns, axis=2)
    for s in range(table.shape[0]):
        corners = table[s][np.isfinite(table[s]).all(axis=1)]
        if len(corners):
            yield s, np.asarray(corners, dtype=np.float64)


def _edges(points: FloatArray) -> Iterator[tuple[FloatArray, float]]:
    """Outward unit vectors n and levels b with n·x <= b for every point, enough to hold them in.

    Those of the sides, and of the box around, which closes the ends of a line.
    """
    for axis in (np.array([1.0, 0.0]), np.array([0.0, 1.0])):
        for outward in (axis, -axis):
            yield outward, float((points @ outward).max())
    for i, j in combinations(range(len(points)), 2):
        along = points[j] - points[i]
        length = float(np.hypot(*along))
        if length <= 0.0:
            continue
        normal = np.array([along[1], -along[0]]) / length
        for outward in (normal, -normal):
            reach = points @ outward
            if reach.max() <= reach[i] + 1e-9 * float(np.abs(points).max()):
                yield outward, float(reach.max())


def _least_of_corners(corners: FloatArray, at: FloatArray) -> FloatArray:
    """Least fuel by step at `at` (3, step) = heat, power, units on, over triangles or segments.

    A point may lie a solver's tolerance outside: of all triangles those count that it misses
    least.
    """
    size = float(np.abs(corners[:, :2]).max())
    best_miss, best_fuel = np.full(at.shape[1], np.inf), np.full(at.shape[1], np.inf)
    for weights, fuel in _weights(corners, at, size):
        miss = np.maximum(-weights.min(axis=0), 0.0)
        closer = miss < best_miss - 1e-9
        as_close = (miss <= best_miss + 1e-9) & (fuel < best_fuel)
        best_fuel = np.where(closer | as_close, fuel, best_fuel)
        best_miss = np.minimum(best_miss, miss)
    return np.asarray(np.maximum(best_fuel, 0.0))


def _weights(
    corners: FloatArray, at: FloatArray, size: float
) -> Iterator[tuple[FloatArray, FloatArray]]:
    """Weights (corner, step) and fuel (step,) of each triangle; of segments where none has area."""
    found = False
    for triple in combinations(range(len(corners)), 3):
        three = corners[list(triple)]
        matrix = np.vstack([three[:, 0], three[:, 1], np.ones(3)])
        if abs(np.linalg.det(matrix)) > THIN * size**2:
            found = True
            weights = np.asarray(np.linalg.solve(matrix, at), dtype=np.float64)
            yield weights, np.asarray(three[:, 2] @ weights, dtype=np.float64)
    if found:
        return
    for pair in combinations(range(len(corners)), 2):
        two = corners[list(pair)]
        if abs(two[0, 0] - two[1, 0]) > 0.0:
            solved = np.linalg.solve(np.vstack([two[:, 0], np.ones(2)]), at[[0, 2]])
            weights = np.asarray(solved, dtype=np.float64)
            yield weights, np.asarray(two[:, 2] @ weights, dtype=np.float64)
