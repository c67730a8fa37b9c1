"""What a unit burns: the least fuel for its heat and power, and what one more MW of heat takes.

A boiler has pieces (slope, intercept): fuel >= slope·heat + intercept·units on (H F13). A CHP has
planes (per heat, per power, intercept): the lower hull of its vertices' fuel over (heat, power),
which is what the weights of `formulation/chp.py` come to. Both scale with the units on, so
everything here works on a whole row of `sources.csv`.
"""

from itertools import combinations, pairwise

import numpy as np
from numpy.typing import NDArray

from dispatch.case_polygon import hull, lower_chain

Array = NDArray[np.float64]

KINK = 1e-7  # of a unit's fuel: pieces closer than this to the highest both hold at a point
EDGE = 1e-6  # of the polygon's size: a point closer than this to an edge is on it
NO_UNIT = 1e-9  # fewer units on than this are none


def hull_pieces(points: list[tuple[float, float]]) -> tuple[tuple[float, float], ...]:
    """Return slope and intercept of the lower convex hull of (heat, fuel) points, two at least."""
    pieces = []
    for (heat, fuel), (next_heat, next_fuel) in pairwise(lower_chain(points)):
        slope = (next_fuel - fuel) / (next_heat - heat)
        pieces.append((slope, fuel - slope * heat))
    return tuple(pieces)


def fuel_planes(vertices: Array) -> Array:
    """Planes (plane, 3) of the lower hull of CHP vertices (vertex, 3): heat, power, fuel in MW.

    Fuel = plane · (heat, power, units on), the highest of them. A back-pressure line has no
    area: there fuel follows from heat alone. Every triple of vertices with none below its plane
    is tried; a polygon has few corners.
    """
    heat, power, fuel = vertices.T
    scale = max(1.0, float(np.abs(vertices).max()))
    corners = np.column_stack([heat, power, np.ones_like(heat)])
    planes = []
    for triple in combinations(range(len(vertices)), 3):
        rows = corners[list(triple)]
        if abs(np.linalg.det(rows)) <= 1e-9 * scale**2:
            continue
        plane = np.linalg.solve(rows, fuel[list(triple)])
        if (fuel - corners @ plane >= -1e-9 * scale).all():
            planes.append(plane)
    if planes:
        return np.unique(np.round(planes, 12), axis=0)
    points = list(zip(heat.tolist(), fuel.tolist(), strict=True))
    return np.array([(slope, 0.0, intercept) for slope, intercept in hull_pieces(points)])


def least_fuel_mw(planes: Array, heat: Array, power: Array, units: Array) -> Array:
    """Return the least fuel for heat, power (MW) and units on, arrays of one shape."""
    reached = planes @ np.stack([heat, power, units])
    return np.asarray(np.maximum(reached.max(axis=0), 0.0))


def boiler_planes(pieces: tuple[tuple[float, float], ...]) -> Array:
    """Return a boiler's pieces as planes that know no power."""
    rows = [(slope, 0.0, intercept) for slope, intercept in pieces]
    return np.array(rows or [(0.0, 0.0, 0.0)])  # without a curve nothing is burnt


def slope_at(planes: Array, heat: float, power: float, power_per_heat: float = 0.0) -> float:
    """Fuel of one more MW of heat at a point of one unit, MW/MW; at a kink the dearer side."""
    return float(_slopes(planes, heat, power, power_per_heat).max())


def _slopes(planes: Array, heat: float, power: float, power_per_heat: float) -> Array:
    """Slopes of all pieces that hold at a point, along the given way."""
    values = planes @ np.array([heat, power, 1.0])
    active = planes[values >= values.max() - KINK * max(1.0, float(values.max()))]
    return np.asarray(active[:, 0] + active[:, 1] * power_per_heat)


def marginal_fuel_mw(
    vertices: Array, planes: Array, heat: float, power: float, credit: float, *, power_fixed: bool
) -> float:
    """Fuel for one more MW of heat at an operating point of one CHP unit, MW/MW (handbook §8).

    At the power as it is, where the schedule fixes it or the polygon leaves room: the slope of
    the active piece. Where the polygon's edge leaves none, the point moves along the edge and
    `credit` (MW of fuel a MW of power is worth) counts for the power that comes or goes: Δfuel −
    credit·Δpower. At most heat it is the last MW instead of the next.
    """
    if power_fixed:
        return slope_at(planes, heat, power)
    power_per_heat, forward = _way_on(vertices, heat, power)
    slopes = _slopes(planes, heat, power, power_per_heat)
    return float(slopes.max() if forward else slopes.min()) - credit * power_per_heat


def _way_on(vertices: Array, heat: float, power: float) -> tuple[float, bool]:
    """MW of power that go with one more MW of heat, the fewest possible; False: one MW less."""
    corners = np.array(hull([(h, p) for h, p, _ in vertices.tolist()]))
    if len(corners) == 2:
        (low_heat, low_power), (high_heat, high_power) = corners
        return (high_power - low_power) / (high_heat - low_heat), True
    along = np.roll(corners, -1, axis=0) - corners
    outward = np.column_stack([along[:, 1], -along[:, 0]])
    outward /= np.linalg.norm(outward, axis=1, keepdims=True)
    gap = ((corners - [heat, power]) * outward).sum(axis=1)
    near = outward[gap <= EDGE * float(np.abs(corners).max())]
    for forward in (True, False):
        sign = 1.0 if forward else -1.0
        low, high = -np.inf, np.inf
        for heat_part, power_part in near:
            if abs(power_part) < 1e-9:
                if sign * heat_part > 0:
                    low, high = np.inf, -np.inf  # straight into a wall
            elif power_part > 0:
                high = min(high, -sign * heat_part / power_part)
            else:
                low = max(low, -sign * heat_part / power_part)
        if low <= high + 1e-9:
            return sign * min(max(0.0, low), high), forward
    return 0.0, False


def credited_slope(vertices: Array, heat: float, credit: float) -> float:
    """Fuel less credited power of one more MW of heat, MW/MW, at the best power for each heat."""
    points = [(h, f - credit * p) for h, p, f in vertices.tolist()]
    pieces = hull_pieces(points)
    ends = [h for h, _ in lower_chain(points)][1:]
    return pieces[min(int(np.searchsorted(ends, heat, side="right")), len(pieces) - 1)][0]


def marginal_by_step(
    vertices: Array | None,
    planes: Array,
    rows: tuple[Array, Array, Array],
    credit: float,
    *,
    power_fixed: bool,
) -> Array:
    """Fuel for one more MW of heat by step, MW/MW; `rows` are heat, power, units on (step,).

    Where nothing runs it is that of the first MW a unit makes.
    """
    heat, power, units = rows
    rates = np.empty(heat.shape)
    for t in range(heat.size):
        on = units[t] > NO_UNIT
        q, p = (heat[t] / units[t], power[t] / units[t]) if on else (0.0, 0.0)
        if vertices is None:
            rates[t] = slope_at(planes, q, 0.0)
        elif on:
            rates[t] = marginal_fuel_mw(vertices, planes, q, p, credit, power_fixed=power_fixed)
        else:
            rates[t] = credited_slope(vertices, 0.0, credit)
    return rates


def heat_range_at_mw(vertices: Array, power_mw: float) -> tuple[float, float]:
    """Least and most heat of a polygon (vertex, 3) at a power, MW, by its edges."""
    heat, power = vertices[:, 0], vertices[:, 1]
    reached = [float(h) for h, p in zip(heat, power, strict=True) if abs(p - power_mw) < 1e-9]
    for a in range(len(heat)):
        for b in range(a):
            if (power[a] - power_mw) * (power[b] - power_mw) < 0.0:
                part = (power_mw - power[a]) / (power[b] - power[a])
                reached.append(float(heat[a] + part * (heat[b] - heat[a])))
    return (min(reached), max(reached)) if reached else (-np.inf, np.inf)
