"""Do the names in a case folder fit together: no name twice, none that refers to nothing."""

import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Any

from dispatch.case_faults import Fault, file_fault
from dispatch.case_kinds import OutageKind
from dispatch.case_table import Table
from dispatch.case_tables import CaseTables
from dispatch.messages import words
from dispatch.settings import Settings

EXCEL_NUMBER = re.compile(r"\d+\.0+|\d(\.\d+)?[eE]\+?\d+", re.ASCII)
FORBIDDEN_IN_IDS = frozenset(">,;\"'/\\")  # ">" joins link names; the rest breaks files and paths
FORMULA_STARTS = ("=", "+", "-", "@")  # a spreadsheet would take the id for a formula
ID_LENGTH = 60
SETTINGS_FILE = "case.toml"


@dataclass(frozen=True)
class Target:
    """What a column may refer to: the ids there are, and the tables that say so."""

    ids: frozenset[str]
    tables: tuple[Table[Any], ...]
    known: bool  # False where a table could not be read: its own fault is enough

    @property
    def files(self) -> str:
        """Names of the tables, for people."""
        return words(*(table.file for table in self.tables))


def _target(table: Table[Any], column: str) -> Target:
    ids = table.ids(column)
    is_empty = not table.written and not table.rule.required
    return Target(ids, (table,), table.legible and (bool(ids) or is_empty))


def reference_faults(tables: CaseTables) -> Iterator[Fault]:
    """Yield all faults in the names of the tables."""
    yield from _duplicates(tables)
    yield from _misformed_ids(tables)
    yield from _clashes(tables)
    sources, stations = tables.sources, tables.stations
    source_ids, plants = _target(sources, "source_id"), _target(sources, "plant_id")
    zones = _target(stations, "zone_id")
    yards, fuels = _target(tables.yards, "yard_id"), _target(tables.fuels, "fuel_id")
    metered_ids = source_ids.ids | zones.ids
    metered = Target(metered_ids, (sources, stations), source_ids.known and zones.known)
    yield from _unknown(
        yards,
        (sources, "yard_id"),
        (tables.deliveries, "yard_id"),
        (tables.surveys, "yard_id"),
        (tables.coal_daily, "yard_id"),
    )
    yield from _unknown(fuels, (sources, "fuel_id"), (tables.yards, "fuel_id"))
    yield from _unknown(source_ids, (tables.curves, "source_id"), (tables.schedules, "source_id"))
    yield from _unknown(metered, (tables.measured, "id"))
    yield from _unknown(_target(tables.timetables, "timetable_id"), (stations, "timetable_id"))
    yield from _outages(tables, source_ids)
    yield from _links(tables, plants, zones)


def _unknown(target: Target, *columns: tuple[Table[Any], str]) -> Iterator[Fault]:
    """Yield a fault for each row that refers to nothing, or one if the whole table is missing."""
    if not target.known:
        return
    named = [
        (table, row, column, cells[column])
        for table, column in columns
        for row, cells in table.written.items()
        if column in cells
    ]
    if named and not any(table.present for table in target.tables):
        table, row, column, id_ = named[0]
        yield file_fault(
            target.files, "table_needed", by=table.file, column_by=column, row_by=row, id=id_
        )
        return
    for table, row, column, id_ in named:
        if id_ not in target.ids:
            yield unknown_id(table, row, column, id_, target)


def unknown_id(table: Table[Any], row: int, column: str, id_: str, target: Target) -> Fault:
    """Return the fault of an id that refers to nothing, with the likeliest cure."""
    if EXCEL_NUMBER.fullmatch(id_):
        return table.fault(row, column, "unknown_id_excel", id=id_, files=target.files)
    near = get_close_matches(id_, sorted(target.ids), n=1, cutoff=0.6)
    if near:
        return table.fault(row, column, "unknown_id_near", id=id_, files=target.files, near=near[0])
    return table.fault(row, column, "unknown_id", id=id_, files=target.files)


def _outages(tables: CaseTables, source_ids: Target) -> Iterator[Fault]:
    links = frozenset(
        f"{cells['from_id']}>{cells['to_id']}"
        for cells in tables.links.written.values()
        if "from_id" in cells and "to_id" in cells
    )
    targets = {
        OutageKind.SOURCE: source_ids,
        OutageKind.LINK: Target(links, (tables.links,), tables.links.legible and bool(links)),
        OutageKind.STATION: _target(tables.stations, "station_id"),
        OutageKind.YARD: _target(tables.yards, "yard_id"),
    }
    station_of = {station.loop_id: station.station_id for station in tables.stations.rows}
    for row, outage in tables.outages.placed():
        target = targets[outage.kind]
        if outage.kind is OutageKind.STATION and outage.id in station_of.keys() - target.ids:
            station = station_of[outage.id]
            yield tables.outages.fault(row, "id", "outage_of_loop", id=outage.id, station=station)
        elif outage.id not in target.ids and target.known:
            yield unknown_id(tables.outages, row, "id", outage.id, target)


# ---- network -------------------------------------------------------------------------------


def _links(tables: CaseTables, plants: Target, zones: Target) -> Iterator[Fault]:
    """Every main leads from a plant or a zone to another zone; heat reaches every zone."""
    links = tables.links
    if not (plants.known and zones.known):
        return
    starts = Target(plants.ids | zones.ids, (*plants.tables, *zones.tables), known=True)
    for row, cells in links.written.items():
        start, end = cells.get("from_id", ""), cells.get("to_id", "")
        if start and start not in starts.ids:
            yield unknown_id(links, row, "from_id", start, starts)
        elif start and start == end:
            yield links.fault(row, "to_id", "tie_to_itself", zone=end)
        if end in plants.ids and end not in zones.ids:
            yield links.fault(row, "to_id", "link_to_plant", plant=end)
        elif end and end not in zones.ids:
            yield unknown_id(links, row, "to_id", end, zones)
    if not links.written or not links.blocked.isdisjoint(("from_id", "to_id")):
        return
    for zone in sorted(zones.ids - links.ids("to_id")):
        yield file_fault(links.file, "zone_without_link", column="to_id", zone=zone)
    for zone in sorted(zones.ids & links.ids("to_id") - _reached(links, plants.ids)):
        yield file_fault(links.file, "zone_without_plant", column="from_id", zone=zone)
    for plant in sorted(plants.ids - links.ids("from_id")):
        yield file_fault(links.file, "plant_without_link", column="from_id", plant=plant)


def _reached(links: Table[Any], plants: frozenset[str]) -> frozenset[str]:
    """Zones that heat of a plant can reach, over mains and ties."""
    reached = set(plants)
    while True:
        more = {
            cells["to_id"]
            for cells in links.written.values()
            if cells.get("from_id") in reached and "to_id" in cells
        }
        if more <= reached:
            return frozenset(reached)
        reached |= more


def share_faults(tables: CaseTables, settings: Settings) -> Iterator[Fault]:
    """Share groups name plants there are, each plant in one group."""
    plants = tables.sources.ids("plant_id")
    home: dict[str, str] = {}
    for group, share in settings.share.items():
        for plant in share.shares:
            place = f"share.{group}.shares.{plant}"
            if plant not in plants and tables.sources.legible:
                listed = words(*sorted(plants))
                yield file_fault(
                    SETTINGS_FILE, "share_unknown_plant", column=place, plant=plant, plants=listed
                )
            if plant in home:
                first = home[plant]
                yield file_fault(
                    SETTINGS_FILE, "share_twice", column=place, plant=plant, first=first
                )
            home.setdefault(plant, group)


# ---- names ---------------------------------------------------------------------------------


def _duplicates(tables: CaseTables) -> Iterator[Fault]:
    yield from _twice(tables.sources, ("source_id",), ".", "duplicate_id")
    yield from _twice(tables.stations, ("station_id", "loop"), ".", "duplicate_id")
    yield from _twice(tables.yards, ("yard_id",), ".", "duplicate_id")
    yield from _twice(tables.fuels, ("fuel_id",), ".", "duplicate_id")
    yield from _twice(tables.links, ("from_id", "to_id"), ">", "duplicate_id")
    yield from _twice(tables.measured, ("date", "id"), " ", "duplicate_id")
    yield from _twice(tables.coal_daily, ("date", "yard_id"), " ", "duplicate_id")
    yield from _twice_in_time(tables)


def _twice(table: Table[Any], columns: tuple[str, ...], mark: str, key: str) -> Iterator[Fault]:
    first: dict[str, int] = {}
    for row, cells in table.written.items():
        if not all(column in cells for column in columns):
            continue
        name = mark.join(cells[column] for column in columns)
        if name in first:
            yield table.fault(row, columns[-1], key, id=name, first=first[name])
        first.setdefault(name, row)


def _twice_in_time(tables: CaseTables) -> Iterator[Fault]:
    """Compare instants, not text: 22:00Z and 06:00+08:00 are the same."""
    first: dict[tuple[str, float], int] = {}
    for row, line in tables.schedules.placed():
        moment = (line.source_id, line.time.timestamp())
        if moment in first:
            yield tables.schedules.fault(
                row, "time", "duplicate_time", id=line.source_id, first=first[moment]
            )
        first.setdefault(moment, row)


def _misformed_ids(tables: CaseTables) -> Iterator[Fault]:
    yield from _misformed(tables.sources, "source_id")
    yield from _misformed(tables.sources, "plant_id")
    yield from _misformed(tables.stations, "station_id")
    yield from _misformed(tables.stations, "loop")
    yield from _misformed(tables.stations, "zone_id")
    yield from _misformed(tables.yards, "yard_id")
    yield from _misformed(tables.fuels, "fuel_id")
    yield from _misformed(tables.timetables, "timetable_id")


def _misformed(table: Table[Any], column: str) -> Iterator[Fault]:
    for row, cells in table.written.items():
        id_ = cells.get(column, "")
        if (
            not FORBIDDEN_IN_IDS.isdisjoint(id_)
            or id_.startswith(FORMULA_STARTS)
            or not id_.isprintable()
            or len(id_) > ID_LENGTH
        ):
            yield table.fault(row, column, "id_form", id=id_[:ID_LENGTH], length=ID_LENGTH)


def _clashes(tables: CaseTables) -> Iterator[Fault]:
    """A zone may not have the name of a plant or source: links and meters would be unclear."""
    sources = tables.sources
    taken = sources.ids("plant_id") | sources.ids("source_id")
    count = Counter(cells.get("zone_id", "") for cells in tables.stations.written.values())
    said: set[str] = set()
    for row, cells in tables.stations.written.items():
        zone = cells.get("zone_id", "")
        if zone in taken and zone not in said:
            said.add(zone)
            yield tables.stations.fault(row, "zone_id", "zone_clash", zone=zone, count=count[zone])
