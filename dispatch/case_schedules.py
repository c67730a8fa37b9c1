"""Can the sources follow the grid's schedule: power, band, contract and limits of heat (H §8)."""

from collections.abc import Iterator

from dispatch.case import ScheduleRow, Source
from dispatch.case_curves import ROUNDING, corners_of
from dispatch.case_faults import Fault
from dispatch.case_kinds import PowerMode, SourceKind
from dispatch.case_polygon import Point, heat_band, is_flat, power_band
from dispatch.case_table import Table
from dispatch.case_tables import CaseTables
from dispatch.settings import Settings

PlacedRow = tuple[int, ScheduleRow]


def schedule_faults(tables: CaseTables, settings: Settings | None) -> Iterator[Fault]:
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
    for source in tables.sources.rows:
        rows = [it for it in tables.schedules.placed() if it[1].source_id == source.source_id]
        rows.sort(key=lambda placed: placed[1].time)
        if source.kind.makes_heat:
            yield from _limits(tables.schedules, rows, source, corners.get(source.source_id, []))
        if source.power_mode is PowerMode.BAND:
            yield from _band(tables.schedules, rows, source, corners.get(source.source_id, []))
        if source.power_mode is PowerMode.PRICE and settings is not None:
            yield from _prices(tables.schedules, rows, 1e3 * settings.fuel.power_buy_yuan_per_kwh)


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
    if {low, high, line.power_mw, line.power_min_mw, line.price} == {None}:
        yield table.fault(row, "power_mw", "schedule_empty")
    if not source.kind.makes_heat:
        yield table.fault(row, "source_id", "schedule_of_tank", id=line.source_id)
        return
    for name, value in (("power_mw", line.power_mw), ("power_min_mw", line.power_min_mw)):
        if value is not None and not source.kind.is_chp:
            yield table.fault(row, name, "power_of_boiler", kind=source.kind.value)
    is_band = source.power_mode is PowerMode.BAND
    if line.power_min_mw is not None and source.kind.is_chp and not is_band:
        mode = source.power_mode.value
        yield table.fault(row, "power_min_mw", "power_min_unused", mode=mode)
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


def _limits(
    table: Table[ScheduleRow], rows: list[PlacedRow], source: Source, corners: list[Point]
) -> Iterator[Fault]:
    """Limits of heat in force from each row on, against what runs there.

    Where the grid schedules power, all units carry it, each at no less than its least heat. A
    limit under the least heat of one unit is met only by standing still, which is written as 0.
    """
    slack = ROUNDING * source.installed_mw
    low: float | None = None
    high: float | None = None
    power: float | None = None
    for row, line in rows:
        low = low if line.min_output_mw is None else line.min_output_mw
        high = high if line.max_output_mw is None else line.max_output_mw
        power = power if line.power_mw is None else line.power_mw
        if {line.min_output_mw, line.max_output_mw, line.power_mw} == {None}:
            continue
        if source.power_mode is not PowerMode.SCHEDULED or power is None:
            one = source.min_output_mw
            if line.max_output_mw is not None and 0.0 < line.max_output_mw < one - slack:
                value = line.max_output_mw
                yield table.fault(row, "max_output_mw", "limit_under_unit", value=value, least=one)
            continue
        least, most = _heat_at(power, source, corners)
        told = {"power": power, "least": least, "most": most, "time": table.written[row]["time"]}
        if high is not None and high < least - slack:
            column = "power_mw" if line.max_output_mw is None else "max_output_mw"
            yield table.fault(row, column, "limit_under_power", value=high, **told)
            high = None  # told once
        if low is not None and low > most + slack:
            column = "power_mw" if line.min_output_mw is None else "min_output_mw"
            yield table.fault(row, column, "limit_over_power", value=low, **told)
            low = None


def _heat_at(power_mw: float, source: Source, corners: list[Point]) -> tuple[float, float]:
    """Least and most heat of all units at a scheduled power, MW."""
    units = source.unit_count
    band = heat_band(corners, power_mw / units) if len(corners) > 2 else None
    least, most = (source.min_output_mw, source.max_output_mw) if band is None else band
    return units * max(least, source.min_output_mw), units * min(most, source.max_output_mw)


def _band(
    table: Table[ScheduleRow], rows: list[PlacedRow], source: Source, corners: list[Point]
) -> Iterator[Fault]:
    """The band in force from each row on can be met by some of the units, at some heat.

    A band that starts at zero can always be met by standing still.
    """
    low, high = 0.0, float("inf")
    for row, line in rows:
        low = low if line.power_min_mw is None else line.power_min_mw
        high = high if line.power_mw is None else line.power_mw
        if line.power_min_mw is None and line.power_mw is None:
            continue
        if low > high:
            yield table.fault(
                row,
                "power_mw",
                "swapped",
                low_name="power_min_mw",
                low=low,
                high_name="power_mw",
                high=high,
            )
            continue
        made = power_band(corners, source.min_output_mw, source.max_output_mw) if corners else None
        if made is None or low == 0.0:
            continue
        slack = ROUNDING * source.unit_count * made[1]
        counts = range(1, source.unit_count + 1)
        if not any(n * made[0] <= high + slack and n * made[1] >= low - slack for n in counts):
            yield table.fault(
                row,
                "power_mw",
                "band_outside",
                time=table.written[row]["time"],
                low=low,
                high=high,
                low_heat=source.min_output_mw,
                high_heat=source.max_output_mw,
                least=made[0],
                most=made[1],
                units=source.unit_count,
            )


def _prices(table: Table[ScheduleRow], rows: list[PlacedRow], buy: float) -> Iterator[Fault]:
    """Where a contract stands, power may not be sold for more than missing power costs."""
    if all(line.power_mw is None for _, line in rows):
        return
    for row, line in rows:
        if line.price is not None and line.price > buy:
            when = table.written[row]["time"]
            yield table.fault(
                row, "price", "price_above_buying", price=line.price, buy=buy, time=when
            )
