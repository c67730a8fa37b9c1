"""Checks of stocks, supply, surveys and coal scales against the yards and their units."""

from collections.abc import Iterator, Sequence
from datetime import date

from dispatch.case import CurvePoint, Source, Yard
from dispatch.case_faults import Fault
from dispatch.case_kinds import SourceKind
from dispatch.case_tables import CaseTables
from dispatch.messages import say
from dispatch.plan import Remark
from dispatch.settings import Settings

COAL_CHP = (SourceKind.CHP_EXTRACTION, SourceKind.CHP_BACKPRESSURE)
BURNT_OF_POSSIBLE = 1.5  # more coal in a day than all units burn at full load is a wrong unit
KGCE_PER_GJ_OF_HEAT = 34.12  # at an efficiency of one
LEAST_TARGET = 0.01  # of the capacity; a storage target below it is in 10 000 t


def coal_faults(tables: CaseTables, season_days: int | None) -> Iterator[Fault]:
    """Yield the faults of supply, deliveries, surveys and scales that more than one cell decides.

    `season_days` is the length of the season; None or 0 where `case.toml` does not tell it.
    """
    yield from _supply(tables, season_days)
    yield from _deliveries(tables)
    yield from _surveys(tables)
    yield from _coal_days(tables)


def _supply(tables: CaseTables, season_days: int | None) -> Iterator[Fault]:
    """Coal can be ordered for a yard, arrive in the season, be unloaded and find room."""
    for row, yard in tables.yards.placed():
        room = _room_t(yard)
        if yard.order_unit_t is not None and yard.order_unit_t > room:
            values = {"value": yard.order_unit_t, "room": room}
            yield tables.yards.fault(row, "order_unit_t", "order_unit_size", **values)
        expected = _delivery_of(tables, yard.yard_id)
        if yard.unloading_t_per_day <= 0 and expected is not None:
            yield tables.yards.fault(
                row, "unloading_t_per_day", "unloading_none", delivery=expected
            )
        if season_days and yard.lead_time_days >= season_days:
            values = {"value": yard.lead_time_days, "days": season_days}
            yield tables.yards.fault(row, "lead_time_days", "lead_time_season", **values)
        target = yard.storage_target_t
        if target is not None and target < LEAST_TARGET * yard.capacity_t:
            values = {"value": target, "capacity": yard.capacity_t}
            yield tables.yards.fault(row, "storage_target_t", "storage_target_size", **values)


def _room_t(yard: Yard) -> float:
    """Coal that fits above the unusable layer, t."""
    return yard.capacity_t - yard.unusable_t


def _delivery_of(tables: CaseTables, yard_id: str) -> int | None:
    """Row of the first delivery to a yard; None where there is none."""
    rows = (row for row, one in tables.deliveries.placed() if one.yard_id == yard_id)
    return next(rows, None)


def _rooms(tables: CaseTables) -> dict[str, float]:
    return {yard.yard_id: yard.capacity_t for yard in tables.yards.rows}


def _deliveries(tables: CaseTables) -> Iterator[Fault]:
    room = _rooms(tables)
    for row, delivery in tables.deliveries.placed():
        capacity = room.get(delivery.yard_id)
        if capacity is not None and delivery.tonnes > capacity:
            yield tables.deliveries.fault(
                row, "tonnes", "delivery_size", value=delivery.tonnes, capacity=capacity
            )


def _surveys(tables: CaseTables) -> Iterator[Fault]:
    """A survey fits into its yard, and no yard is surveyed twice at a moment."""
    room = _rooms(tables)
    first: dict[tuple[str, float], int] = {}
    for row, survey in tables.surveys.placed():
        capacity = room.get(survey.yard_id)
        if capacity is not None and survey.stock_t > capacity:
            yield tables.surveys.fault(
                row, "stock_t", "survey_size", value=survey.stock_t, capacity=capacity
            )
        moment = (survey.yard_id, survey.time.timestamp())  # 22:00Z and 06:00+08:00 are the same
        if moment in first:
            yield tables.surveys.fault(
                row, "time", "duplicate_time", id=survey.yard_id, first=first[moment]
            )
        first.setdefault(moment, row)


def _coal_days(tables: CaseTables) -> Iterator[Fault]:
    room = _rooms(tables)
    table = tables.coal_daily
    most = {yard: _most_burnt_t(tables, yard) for yard in room} if tables.curves.whole else {}
    for row, day in table.placed():
        try:
            date.fromisoformat(day.date)
        except ValueError:
            yield table.fault(row, "date", "date_impossible", value=day.date)
        possible = most.get(day.yard_id)
        if day.burnt_t and possible and day.burnt_t > BURNT_OF_POSSIBLE * possible:
            yield table.fault(row, "burnt_t", "burnt_size", value=day.burnt_t, most=possible)
        capacity = room.get(day.yard_id)
        if capacity is not None and day.received_t is not None and day.received_t > capacity:
            yield table.fault(
                row, "received_t", "received_size", value=day.received_t, capacity=capacity
            )


def _most_burnt_t(tables: CaseTables, yard_id: str) -> float | None:
    """Coal of a day with all units of a yard at full load; None where a table has faults."""
    if not (tables.sources.whole and tables.fuels.whole):
        return None
    fuels = {fuel.fuel_id: fuel for fuel in tables.fuels.rows}
    fuel = next((fuels.get(y.fuel_id) for y in tables.yards.rows if y.yard_id == yard_id), None)
    if fuel is None:
        return None
    return 24.0 * full_fuel_mw(tables.sources.rows, tables.curves.rows, yard_id) / fuel.mwh_per_unit


def stock_notes(tables: CaseTables) -> Iterator[Remark]:
    """Say which yards would not last their reserve days with all units at full load.

    Where the yard itself is too small for them, no stock mends it, and that is said instead.
    """
    for yard in tables.yards.rows:
        burn_t = _most_burnt_t(tables, yard.yard_id)
        if not burn_t:
            continue
        values = {"yard": yard.yard_id, "reserve": yard.reserve_days_min}
        days = max(0.0, yard.stock_t - yard.unusable_t) / burn_t
        most_days = _room_t(yard) / burn_t
        if most_days < yard.reserve_days_min:
            room = {"room": _room_t(yard), "days": most_days}
            yield Remark("fault.note_reserve_room", values | room)
        elif days < yard.reserve_days_min:
            yield Remark("fault.note_stock", values | {"days": days})


def supply_notes(tables: CaseTables, settings: Settings) -> Iterator[Remark]:
    """Say where orders or the storage rule rest on a figure that can hardly be meant."""
    rate = settings.supply.storage_rate_at_start
    for yard in tables.yards.rows:
        target = yard.storage_target_t
        name: dict[str, object] = {"yard": yard.yard_id}
        if yard.order_unit_t is None and yard.unit_t > _room_t(yard):
            by = say(f"fault.transport_{yard.transport.value}")
            usual: dict[str, object] = {"transport": by, "unit": yard.unit_t}
            yield Remark("fault.note_order_unit", name | usual | {"room": _room_t(yard)})
        if target is not None and rate * target > yard.capacity_t:
            values = {"asked": rate * target, "rate": 100 * rate, "capacity": yard.capacity_t}
            yield Remark("fault.note_storage_rule", name | values)
        if target is not None and not yard.storage_target_meaning.strip():
            yield Remark("fault.note_target_meaning", name)


def full_fuel_mw(sources: Sequence[Source], curves: Sequence[CurvePoint], yard_id: str) -> float:
    """Fuel of all units of a yard at full load, MW on lower heating value."""
    return sum(
        source.unit_count * _full_fuel_of_unit_mw(source, curves)
        for source in sources
        if source.yard_id == yard_id
    )


def _full_fuel_of_unit_mw(source: Source, curves: Sequence[CurvePoint]) -> float:
    points = [point for point in curves if point.source_id == source.source_id]
    if source.kind in COAL_CHP:
        return max((point.fuel_mw or 0.0 for point in points), default=0.0)
    if points:
        best = max(points, key=lambda point: point.load_fraction or 0.0)
        return source.max_output_mw / (best.efficiency or 1.0)
    if source.efficiency is not None:
        return source.max_output_mw / source.efficiency
    return source.max_output_mw * (source.coal_kgce_per_gj or 0.0) / KGCE_PER_GJ_OF_HEAT
