"""Geometry of what a CHP can do: power over heat, as a convex polygon (handbook §8)."""

from itertools import pairwise

Point = tuple[float, float]  # heat MW, power MW


def hull(points: list[Point]) -> tuple[Point, ...]:
    """Return the corners of the smallest convex polygon around the points, anticlockwise.

    Source: A. M. Andrew, "Another efficient algorithm for convex hulls in two dimensions",
    Information Processing Letters 9(5), 1979 (monotone chain).
    """
    ordered = sorted(set(points))
    if len(ordered) <= 2:
        return tuple(ordered)
    lower, upper = _chain(ordered), _chain(ordered[::-1])
    return tuple(lower[:-1] + upper[:-1])


def _chain(ordered: list[Point]) -> list[Point]:
    chain: list[Point] = []
    for point in ordered:
        while len(chain) >= 2 and _turn(chain[-2], chain[-1], point) <= 0:
            chain.pop()
        chain.append(point)
    return chain


def lower_chain(points: list[Point]) -> list[Point]:
    """Return the lower convex hull of points (x, y), from the least x to the greatest."""
    lowest: dict[float, float] = {}
    for x, y in points:
        lowest[x] = min(y, lowest.get(x, y))
    return _chain(sorted(lowest.items()))


def power_band(points: list[Point], least_mw: float, most_mw: float) -> Point | None:
    """Return the least and most power with heat between two limits, MW; None if none fits."""
    corners = hull(points)
    inside = [power for heat, power in corners if least_mw <= heat <= most_mw]
    for (heat, power), (next_heat, next_power) in zip(
        corners, corners[1:] + corners[:1], strict=True
    ):
        for limit in (least_mw, most_mw):
            if min(heat, next_heat) < limit < max(heat, next_heat):
                part = (limit - heat) / (next_heat - heat)
                inside.append(power + part * (next_power - power))
    return (min(inside), max(inside)) if inside else None


def least_power_mw(points: list[Point], heat_mw: float) -> float:
    """Return the least power at a heat, MW; at the nearest heat the polygon has."""
    chain = lower_chain(points)
    for (heat, power), (next_heat, next_power) in pairwise(chain):
        if heat_mw <= next_heat:
            part = max(0.0, heat_mw - heat) / (next_heat - heat)
            return power + part * (next_power - power)
    return chain[-1][1]


def _turn(start: Point, middle: Point, end: Point) -> float:
    """Twice the signed area of the triangle: above zero for a left turn."""
    return (middle[0] - start[0]) * (end[1] - start[1]) - (middle[1] - start[1]) * (
        end[0] - start[0]
    )


def is_flat(points: list[Point]) -> bool:
    """True when the points lie on one line (or on one spot): no area to move in."""
    corners = hull(points)
    heats, powers = [heat for heat, _ in points], [power for _, power in points]
    size = (max(heats) - min(heats)) * (max(powers) - min(powers))
    doubled = sum(_turn(corners[0], start, end) for start, end in pairwise(corners[1:]))
    return doubled <= 1e-3 * size


def heat_band(points: list[Point], power_mw: float) -> tuple[float, float] | None:
    """Return the least and most heat at a power, MW; None when the power cannot be reached."""
    corners = hull(points)
    heats: list[float] = []
    for (heat, power), (next_heat, next_power) in zip(
        corners, corners[1:] + corners[:1], strict=True
    ):
        if min(power, next_power) <= power_mw <= max(power, next_power):
            if next_power == power:
                heats += [heat, next_heat]
            else:
                part = (power_mw - power) / (next_power - power)
                heats.append(heat + part * (next_heat - heat))
    return (min(heats), max(heats)) if heats else None
