"""Which tables a case folder has, and all of them as far as they could be read."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from dispatch.case import (
    CurvePoint,
    Delivery,
    Fuel,
    Link,
    MeasuredDay,
    Outage,
    ScheduleRow,
    Source,
    Station,
    Yard,
)
from dispatch.case_coal import CoalDay, Survey
from dispatch.case_faults import Fault
from dispatch.case_overrides import Override
from dispatch.case_table import Table, TableReading, TableRule, read_table
from dispatch.plan import Remark
from dispatch.timetable import TimetableRow

SOURCES = TableRule("sources.csv", Source, ("source_id",), required=True)
CURVES = TableRule("source_curves.csv", CurvePoint, ("source_id",))
SCHEDULES = TableRule("schedules.csv", ScheduleRow, ("source_id",))
OUTAGES = TableRule("outages.csv", Outage, ("id",))
LINKS = TableRule("links.csv", Link, ("from_id", "to_id"), id_mark=">", required=True)
STATIONS = TableRule("stations.csv", Station, ("station_id", "loop"), required=True)
YARDS = TableRule("yards.csv", Yard, ("yard_id",))
DELIVERIES = TableRule("deliveries.csv", Delivery, ("yard_id",))
FUELS = TableRule("fuels.csv", Fuel, ("fuel_id",))
MEASURED = TableRule("measured_daily.csv", MeasuredDay, ("id",))
SURVEYS = TableRule("surveys.csv", Survey, ("yard_id",))
COAL_DAILY = TableRule("coal_daily.csv", CoalDay, ("yard_id",))
TIMETABLES = TableRule("timetables.csv", TimetableRow, ("timetable_id",))
OVERRIDES = TableRule("overrides.csv", Override, ("id",))

TELEMETRY_FOLDER = "telemetry"  # of what was measured; read where it is used
FILES = frozenset(
    {SOURCES.file, CURVES.file, SCHEDULES.file, OUTAGES.file, LINKS.file, STATIONS.file}
    | {YARDS.file, DELIVERIES.file, FUELS.file, MEASURED.file, TIMETABLES.file}
    | {SURVEYS.file, COAL_DAILY.file, OVERRIDES.file}
)


@dataclass(frozen=True)
class CaseTables:
    """All tables of a case folder, as far as they could be read."""

    sources: Table[Source]
    curves: Table[CurvePoint]
    schedules: Table[ScheduleRow]
    outages: Table[Outage]
    links: Table[Link]
    stations: Table[Station]
    yards: Table[Yard]
    deliveries: Table[Delivery]
    fuels: Table[Fuel]
    measured: Table[MeasuredDay]
    timetables: Table[TimetableRow]
    surveys: Table[Survey]
    coal_daily: Table[CoalDay]
    overrides: Table[Override]


@dataclass(frozen=True)
class TablesReading:
    """The tables, their faults, and what was ignored."""

    tables: CaseTables
    faults: tuple[Fault, ...]
    notes: tuple[Remark, ...]


def read_tables(folder: Path) -> TablesReading:
    """Read every table of the folder; all faults of all tables are found."""
    sources, curves = read_table(folder, SOURCES), read_table(folder, CURVES)
    schedules, outages = read_table(folder, SCHEDULES), read_table(folder, OUTAGES)
    links, stations = read_table(folder, LINKS), read_table(folder, STATIONS)
    yards, deliveries = read_table(folder, YARDS), read_table(folder, DELIVERIES)
    fuels, measured = read_table(folder, FUELS), read_table(folder, MEASURED)
    timetables = read_table(folder, TIMETABLES)
    surveys, coal_daily = read_table(folder, SURVEYS), read_table(folder, COAL_DAILY)
    overrides = read_table(folder, OVERRIDES)
    found: tuple[TableReading[Any], ...] = (
        *(sources, curves, schedules, outages, links),
        *(stations, yards, deliveries, fuels, measured, timetables, surveys, coal_daily),
        overrides,
    )
    tables = CaseTables(
        sources=sources.table,
        curves=curves.table,
        schedules=schedules.table,
        outages=outages.table,
        links=links.table,
        stations=stations.table,
        yards=yards.table,
        deliveries=deliveries.table,
        fuels=fuels.table,
        measured=measured.table,
        timetables=timetables.table,
        surveys=surveys.table,
        coal_daily=coal_daily.table,
        overrides=overrides.table,
    )
    faults = tuple(fault for reading in found for fault in reading.faults)
    return TablesReading(tables, faults, tuple(note for reading in found for note in reading.notes))
