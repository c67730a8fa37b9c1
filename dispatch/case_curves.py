"""Do part-load points, CHP polygons and the grid's schedule fit their sources (handbook §8)."""

from collections.abc import Iterator
from itertools import pairwise

from dispatch.case import CurvePoint, ScheduleRow, Source
from dispatch.case_faults import Fault
from dispatch.case_kinds import PowerMode, SourceKind
from dispatch.case_polygon import Point, heat_band, is_flat
from dispatch.case_table import Table
from dispatch.case_tables import CaseTables
from dispatch.plan import Remark

Placed = tuple[int, CurvePoint]

ROUNDING = 0.005  # of a rating: files are rounded
LEAST_VERTICES = {SourceKind.CHP_EXTRACTION: 3, SourceKind.CHP_BACKPRESSURE: 2}
# Heat and power out of fuel in; outside, one of the three is in another unit.
LEAST_EFFICIENCY, MOST_EFFICIENCY = 0.15, 1.05
NOTED_OVERSTATEMENT = 0.01  # fuel reckoned too high by more than this is worth a note


def curve_faults(tables: CaseTables) -> Iterator[Fault]:
    """Yield the faults of curves and schedules against their sources."""
    if not tables.curves.legible:
        return
    for row, source in tables.sources.placed():
        points = [it for it in tables.curves.placed() if it[1].source_id == source.source_id]
        vertices = [it for it in points if it[1].heat_mw is not None]
        parts = [it for it in points if it[1].load_fraction is not None]
        if not source.kind.is_chp:
            yield from _part_load(tables.curves, parts)
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
    """Yield a note for each source whose fuel is not convex over its load.

    The plan takes the highest of the lines through neighbouring points, so it reckons too much
    fuel there.
    """
    for source in tables.sources.rows:
        points = sorted(
            load_and_fuel(point)
            for point in tables.curves.rows
            if point.source_id == source.source_id and point.load_fraction is not None
        )
        worst = _overstatement(points)
        if worst > NOTED_OVERSTATEMENT:
            values: dict[str, object] = {"id": source.source_id, "percent": 100 * worst}
            yield Remark("fault.note_curve_not_convex", values)


def _overstatement(points: list[tuple[float, float]]) -> float:
    """Largest relative excess of the lines over the points, as a fraction."""
    worst = 0.0
    for (load, fuel), (next_load, next_fuel) in pairwise(points):
        slope = (next_fuel - fuel) / (next_load - load)
        for other_load, other_fuel in points:
            worst = max(worst, (fuel + slope * (other_load - load)) / other_fuel - 1)
    return worst


# ---- schedules -----------------------------------------------------------------------------


def schedule_faults(tables: CaseTables) -> Iterator[Fault]:
    """Yield the rows of the grid's schedule that their sources cannot follow."""
    sources = {source.source_id: source for source in tables.sources.rows}
    corners = {id_: _corners(tables, id_) for id_ in sources} if tables.curves.whole else {}
    for row, line in tables.schedules.placed():
        source = sources.get(line.source_id)
        if source is None:
            continue  # unknown, or with a fault of its own
        yield from _schedule_row(tables.schedules, row, line, source)
        if line.power_mw is not None and source.power_mode is PowerMode.SCHEDULED:
            points = corners.get(line.source_id, [])
            yield from _scheduled_power(tables.schedules, row, line.power_mw, source, points)


def _corners(tables: CaseTables, source_id: str) -> list[Point]:
    return corners_of(
        [
            (row, point)
            for row, point in tables.curves.placed()
            if point.source_id == source_id and point.heat_mw is not None
        ]
    )


def _schedule_row(
    table: Table[ScheduleRow], row: int, line: ScheduleRow, source: Source
) -> Iterator[Fault]:
    low, high = line.min_output_mw, line.max_output_mw
    if line.power_mw is None and low is None and high is None and line.price is None:
        yield table.fault(row, "power_mw", "schedule_empty")
    if not source.kind.makes_heat:
        yield table.fault(row, "source_id", "schedule_of_tank", id=line.source_id)
        return
    if line.power_mw is not None and not source.kind.is_chp:
        yield table.fault(row, "power_mw", "power_of_boiler", kind=source.kind.value)
    if low is not None and high is not None and low > high:
        yield table.fault(
            row,
            "max_output_mw",
            "swapped",
            low_name="min_output_mw",
            low=low,
            high_name="max_output_mw",
            high=high,
        )
    if low is not None and low > source.installed_mw * (1 + ROUNDING):
        installed = source.installed_mw
        yield table.fault(row, "min_output_mw", "schedule_too_much", value=low, most=installed)


def _scheduled_power(
    table: Table[ScheduleRow], row: int, power_mw: float, source: Source, corners: list[Point]
) -> Iterator[Fault]:
    """All units together carry the schedule, each the same part of it."""
    if source.kind is not SourceKind.CHP_EXTRACTION or len(corners) < 3 or is_flat(corners):
        return
    units = source.unit_count
    powers = [power for _, power in corners]
    low, high = units * min(powers), units * max(powers)
    when = table.written[row]["time"]
    slack = ROUNDING * high
    if not low - slack <= power_mw <= high + slack:
        yield table.fault(
            row, "power_mw", "outside_polygon", value=power_mw, low=low, high=high, time=when
        )
        return
    per_unit = min(max(power_mw / units, min(powers)), max(powers))
    band = heat_band(corners, per_unit)
    if band is None:
        return
    least, most = band
    if most < source.min_output_mw or least > source.max_output_mw:
        yield table.fault(
            row,
            "power_mw",
            "schedule_heat",
            value=power_mw,
            time=when,
            least=units * least,
            most=units * most,
            low=units * source.min_output_mw,
            high=units * source.max_output_mw,
        )
