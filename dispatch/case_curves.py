"""Do part-load points and CHP polygons fit their sources, and is fuel convex (handbook §8)."""

from collections.abc import Iterator
from itertools import pairwise

import numpy as np

from dispatch.case import CurvePoint, Source
from dispatch.case_faults import Fault
from dispatch.case_kinds import SourceKind
from dispatch.case_polygon import Point, is_flat, lower_chain
from dispatch.case_table import Table
from dispatch.case_tables import CaseTables
from dispatch.fuel_curve import fuel_planes, least_fuel_mw
from dispatch.plan import Remark

Placed = tuple[int, CurvePoint]

ROUNDING = 0.005  # of a rating: files are rounded
LEAST_VERTICES = {SourceKind.CHP_EXTRACTION: 3, SourceKind.CHP_BACKPRESSURE: 2}
# Heat and power out of fuel in; outside, one of the three is in another unit.
LEAST_EFFICIENCY, MOST_EFFICIENCY = 0.15, 1.05
# Fuel must rise ever more steeply (a convex curve) to be planned without more integers. What lies
# above the lower convex hull by less than this of its fuel is evened out, and said.
MOST_EVENED_OUT = 0.01
UNSEEN = 2e-5  # rounding of the files: not worth a word


def curve_faults(tables: CaseTables) -> Iterator[Fault]:
    """Yield the faults of curves against their sources."""
    if not tables.curves.legible:
        return
    for row, source in tables.sources.placed():
        points = [it for it in tables.curves.placed() if it[1].source_id == source.source_id]
        vertices = [it for it in points if it[1].heat_mw is not None]
        parts = [it for it in points if it[1].load_fraction is not None]
        if not source.kind.is_chp:
            slips = [*_part_load(tables.curves, parts)]
            yield from slips
            if tables.curves.whole and not slips:
                yield from _convex(tables.curves, parts)
            for at, _ in parts:
                if not source.kind.makes_heat:
                    yield tables.curves.fault(at, "load_fraction", "part_load_of_tank")
            for at, _ in vertices:
                kind = source.kind.value
                yield tables.curves.fault(at, "heat_mw", "vertex_of_boiler", kind=kind)
            continue
        for at, _ in parts:
            yield tables.curves.fault(at, "load_fraction", "part_load_of_chp")
        if tables.curves.whole:
            yield from _polygon(tables, row, source, vertices)


def _polygon(
    tables: CaseTables, row: int, source: Source, vertices: list[Placed]
) -> Iterator[Fault]:
    least = LEAST_VERTICES[source.kind]
    if len(vertices) < least:
        yield tables.sources.fault(
            row, "kind", "vertices_needed", count=len(vertices), least=least, id=source.source_id
        )
        return
    for at, point in vertices:
        yield from _energy(tables.curves, at, point)
    corners = corners_of(vertices)
    heats = [heat for heat, _ in corners]
    if source.kind is SourceKind.CHP_EXTRACTION and is_flat(corners):
        yield tables.curves.fault(vertices[0][0], "heat_mw", "polygon_flat")
    elif min(heats) == max(heats):
        yield tables.curves.fault(vertices[0][0], "heat_mw", "polygon_one_heat")
    else:
        yield from _convex_polygon(tables.curves, vertices)
    slack = ROUNDING * source.max_output_mw
    for name, rating in (
        ("max_output_mw", source.max_output_mw),
        ("min_output_mw", source.min_output_mw),
    ):
        is_within = min(heats) - slack <= rating <= max(heats) + slack
        # A minimum below the polygon is harmless: a unit that runs is in its polygon.
        if not is_within and not (name == "min_output_mw" and rating < max(heats)):
            yield tables.sources.fault(
                row, name, "polygon_end", value=rating, low=min(heats), high=max(heats)
            )


def corners_of(vertices: list[Placed]) -> list[Point]:
    """Return heat and power of polygon vertices, MW."""
    return [(point.heat_mw or 0.0, point.power_mw or 0.0) for _, point in vertices]


def _energy(table: Table[CurvePoint], at: int, point: CurvePoint) -> Iterator[Fault]:
    """No more may come out than goes in; fuel is on lower heating value."""
    heat, power, fuel = point.heat_mw or 0.0, point.power_mw or 0.0, point.fuel_mw or 0.0
    if heat + power > MOST_EFFICIENCY * fuel:
        yield table.fault(at, "fuel_mw", "fuel_too_small", fuel=fuel, out=heat + power)
    elif heat + power < LEAST_EFFICIENCY * fuel:
        yield table.fault(at, "fuel_mw", "fuel_too_large", fuel=fuel, out=heat + power)


def _part_load(table: Table[CurvePoint], parts: list[Placed]) -> Iterator[Fault]:
    """Points differ in load, reach full load, and burn more for more heat."""
    ordered = sorted(
        (point.load_fraction or 0.0, at, load_and_fuel(point)[1]) for at, point in parts
    )
    for (load, _, fuel), (next_load, at, next_fuel) in pairwise(ordered):
        if next_load - load < 1e-3:
            yield table.fault(at, "load_fraction", "load_twice", load=next_load)
        elif next_fuel <= fuel:
            yield table.fault(at, "efficiency", "fuel_falls", load=next_load, lower=load)
    if ordered and table.whole and ordered[-1][0] < 1:
        load, at, _ = ordered[-1]
        yield table.fault(at, "load_fraction", "no_full_load", load=load)


def load_and_fuel(point: CurvePoint) -> tuple[float, float]:
    """Return a part-load point as heat and fuel, both as fractions of the rating."""
    load = point.load_fraction or 0.0
    return load, load / (point.efficiency or 1.0)


def curve_notes(tables: CaseTables) -> Iterator[Remark]:
    """Yield a note for each source whose fuel is evened out, or whose no-load fuel goes unused."""
    for source in tables.sources.rows:
        points = [it for it in tables.curves.placed() if it[1].source_id == source.source_id]
        parts = [it for it in points if it[1].load_fraction is not None]
        vertices = [it for it in points if it[1].heat_mw is not None]
        found = [*_above_chain(parts), *_above_mix(vertices)]
        worst = max((excess for _, _, excess in found), default=0.0)
        if worst > UNSEEN:
            values: dict[str, object] = {"id": source.source_id, "percent": 100 * worst}
            yield Remark("fault.note_curve_not_convex", values)
        if len(parts) > 1 and source.no_load_fuel_mw > 0:
            yield Remark("fault.note_no_load_unused", {"id": source.source_id})


def _above_chain(parts: list[Placed]) -> Iterator[tuple[Placed, float, float]]:
    """Part-load points above the lower convex hull of all, with its fuel and the excess over it.

    Fuel is a fraction of rated heat; the excess a fraction of the point's own fuel.
    """
    points = [load_and_fuel(point) for _, point in parts]
    if len(points) < 2:
        return
    loads, fuels = zip(*lower_chain(points), strict=True)
    for placed, (load, fuel) in zip(parts, points, strict=True):
        line = float(np.interp(load, loads, fuels))
        if fuel > line:
            yield placed, line, 1 - line / fuel


def _above_mix(vertices: list[Placed]) -> Iterator[tuple[Placed, float, float]]:
    """Corners above the lower hull of all corners' fuel, with its fuel and the excess over it."""
    corners = [(p.heat_mw or 0.0, p.power_mw or 0.0, p.fuel_mw or 0.0) for _, p in vertices]
    heats = {heat for heat, _, _ in corners}
    if len(corners) < 2 or len(heats) < 2:
        return
    heat, power, fuel = np.array(corners).T
    least = least_fuel_mw(fuel_planes(np.array(corners)), heat, power, np.ones_like(heat))
    for placed, written, line in zip(vertices, fuel.tolist(), least.tolist(), strict=True):
        if written > line:
            yield placed, line, 1 - line / written


def _convex(table: Table[CurvePoint], parts: list[Placed]) -> Iterator[Fault]:
    """More than a little above the line between its neighbours a point is wrong, or no boiler's."""
    for (at, point), line, excess in _above_chain(parts):
        if excess > MOST_EVENED_OUT:
            load, fuel = load_and_fuel(point)
            yield table.fault(
                at,
                "efficiency",
                "curve_not_convex",
                load=load,
                fuel=fuel,
                line=line,
                percent=100 * excess,
                most=100 * MOST_EVENED_OUT,
            )


def _convex_polygon(table: Table[CurvePoint], vertices: list[Placed]) -> Iterator[Fault]:
    """A corner that burns more than a mix of the others for the same heat and power is wrong."""
    for (at, point), line, excess in _above_mix(vertices):
        if excess > MOST_EVENED_OUT:
            yield table.fault(
                at,
                "fuel_mw",
                "polygon_not_convex",
                fuel=point.fuel_mw,
                line=line,
                percent=100 * excess,
                most=100 * MOST_EVENED_OUT,
            )
