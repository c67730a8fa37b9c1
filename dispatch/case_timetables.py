"""Checks of `timetables.csv`: do its rows fit together, and the stations that go by them."""

from collections.abc import Iterator

from dispatch.case_faults import Fault
from dispatch.case_stations import floor_c
from dispatch.case_tables import CaseTables
from dispatch.settings import Settings
from dispatch.timetable import TimetableRow
from forecasts.demand.calendar import Dates, Opening


def timetable_faults(tables: CaseTables, settings: Settings | None) -> Iterator[Fault]:
    """Yield the faults of `timetables.csv`; `settings` None if they have faults."""
    yield from _overlaps(tables)
    if settings is None:
        return
    frost_c = settings.comfort.frost_guard_c
    for row, rule in tables.timetables.placed():
        if rule.setback_c < frost_c:
            yield tables.timetables.fault(
                row, "setback_c", "setback_below_frost", value=rule.setback_c, frost=frost_c
            )
    yield from _too_warm(tables, settings)


def _overlaps(tables: CaseTables) -> Iterator[Fault]:
    """Two rows of a timetable may not speak of the same hours of a day."""
    placed = [(row, rule, rule.opening) for row, rule in tables.timetables.placed()]
    for i, (row, rule, opening) in enumerate(placed):
        for first, earlier, other in placed[:i]:
            if rule.timetable_id == earlier.timetable_id and _clash(opening, other):
                column = "days" if opening.dates is None else "from_date"
                yield tables.timetables.fault(row, column, "timetable_overlap", first=first)
                break


def _clash(one: Opening, other: Opening) -> bool:
    """Whether two rules are of one kind, share a day, and an hour of it or its being closed."""
    hours = one.from_min < other.to_min and other.from_min < one.to_min
    closed = one.from_min == one.to_min or other.from_min == other.to_min
    if not (hours or closed):
        return False
    if one.dates is None or other.dates is None:
        return one.dates is other.dates and not one.weekdays.isdisjoint(other.weekdays)
    return _share_a_day(one.dates, other.dates)


def _share_a_day(one: Dates, other: Dates) -> bool:
    dated, against = (other, one) if one.yearly else (one, other)
    return any(against.hold(day) for day in dated.days())


def _too_warm(tables: CaseTables, settings: Settings) -> Iterator[Fault]:
    """A setback lies below the floor of every station that goes by it; said once a row."""
    for row, rule in tables.timetables.placed():
        warm = [
            (station.loop_id, floor_c(station, settings))
            for station in tables.stations.rows
            if station.timetable_id == rule.timetable_id
        ]
        floors = [(loop, floor) for loop, floor in warm if rule.setback_c >= floor]
        if floors:
            yield _setback_fault(tables, row, rule, *min(floors, key=lambda one: one[1]))


def _setback_fault(
    tables: CaseTables, row: int, rule: TimetableRow, loop: str, floor: float
) -> Fault:
    return tables.timetables.fault(
        row, "setback_c", "setback_too_warm", value=rule.setback_c, station=loop, floor=floor
    )
