"""Whether a case that was edited still fits together: the checks of reading, without files."""

from typing import Any

from dispatch.case import Case
from dispatch.case_checks import check_case
from dispatch.case_faults import Fault
from dispatch.case_kinds import Row
from dispatch.case_table import RowT, Table, TableRule
from dispatch.case_tables import (
    COAL_DAILY,
    CURVES,
    DELIVERIES,
    FUELS,
    LINKS,
    MEASURED,
    OUTAGES,
    OVERRIDES,
    SCHEDULES,
    SOURCES,
    STATIONS,
    SURVEYS,
    TIMETABLES,
    YARDS,
    CaseTables,
)

# Too little to carry the design load: in files a slip of units, in a what-if the very question.
ENOUGH = frozenset({"capacity", "mains", "share_impossible"})
FIRST_ROW = 2  # below the header, as a spreadsheet counts


def recheck(case: Case) -> tuple[Fault, ...]:
    """Return what is wrong with a case as it is now; a row is where it would stand in its file.

    Rows are taken to be sound by themselves: their models have seen to that. Whether there is
    enough of everything is not asked: the plan will tell.
    """
    found = check_case(_tables(case), case.settings).faults
    return tuple(fault for fault in found if fault.key not in ENOUGH)


def _tables(case: Case) -> CaseTables:
    return CaseTables(
        sources=_table(SOURCES, case.sources),
        curves=_table(CURVES, case.curves),
        schedules=_table(SCHEDULES, case.schedules),
        outages=_table(OUTAGES, case.outages),
        links=_table(LINKS, case.links),
        stations=_table(STATIONS, case.stations),
        yards=_table(YARDS, case.yards),
        deliveries=_table(DELIVERIES, case.deliveries),
        fuels=_table(FUELS, case.fuels),
        measured=_table(MEASURED, case.measured_daily),
        timetables=_table(TIMETABLES, case.timetables),
        surveys=_table(SURVEYS, case.surveys),
        coal_daily=_table(COAL_DAILY, case.coal_daily),
        overrides=_table(OVERRIDES, case.overrides),
    )


def _table(rule: TableRule[RowT], rows: tuple[RowT, ...]) -> Table[RowT]:
    places = tuple(range(FIRST_ROW, FIRST_ROW + len(rows)))
    written = {place: _cells(row) for place, row in zip(places, rows, strict=True)}
    return Table(rule, rows, places, written, present=bool(rows))


def _cells(row: Row) -> dict[str, str]:
    """Cells of a row that hold something, as text."""
    fields: dict[str, Any] = type(row).model_fields
    return {
        field.alias or name: str(getattr(row, name))
        for name, field in fields.items()
        if getattr(row, name) is not None
    }
