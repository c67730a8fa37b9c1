"""`stations.calibrated.csv`: measured values of loops, laid over those of `stations.csv`.

A filled cell takes the place of the cell of `stations.csv`; an empty one leaves it. A measured K
changes what the buildings need, not what hangs on their walls: the K of `stations.csv` stays
behind as `laid_out_loss_w_per_m2k`, on which the design heat of emitter and exchanger rests.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from pydantic import AwareDatetime, Field, ValidationError

from dispatch.case import Station
from dispatch.case_errors import refusal
from dispatch.case_faults import Fault
from dispatch.case_kinds import Row
from dispatch.case_references import Target, unknown_id
from dispatch.case_stations import building_faults
from dispatch.case_table import Table, TableRule, read_table
from dispatch.case_tables import CaseTables
from dispatch.plan import Remark
from dispatch.settings import Settings

K_TIMES_MOST = 3.0  # measured over written K, or the reverse: beyond it an area or a meter is wrong


class Basis(StrEnum):
    """What the values of a loop rest on."""

    MEASURED = "measured"
    SHRUNK = "shrunk"  # between what was measured and the case's value
    TYPICAL = "typical"  # the case's value: too little was measured


class CalibratedLoop(Row):
    """A row of `stations.calibrated.csv`; values as in `stations.csv`, empty where it stands.

    What a value may be is checked with the rest of its station (`Station`).
    """

    station_id: str
    loop: str
    specific_loss_w_per_m2k: float | None = None
    specific_loss_w_per_m2k_se: float | None = Field(default=None, ge=0)
    heat_capacity_kj_per_m2k: float | None = None
    heat_capacity_kj_per_m2k_se: float | None = Field(default=None, ge=0)
    gain_w_per_m2: float | None = None
    gain_w_per_m2_se: float | None = Field(default=None, ge=0)
    solar_aperture: float | None = None
    solar_aperture_se: float | None = Field(default=None, ge=0)
    wind_loss_w_per_m2k_per_m_s: float | None = None
    wind_loss_w_per_m2k_per_m_s_se: float | None = Field(default=None, ge=0)
    relative_flow: float | None = None
    relative_flow_se: float | None = Field(default=None, ge=0)
    emitter_oversize: float | None = None
    emitter_oversize_se: float | None = Field(default=None, ge=0)
    compliance: float | None = None
    compliance_se: float | None = Field(default=None, ge=0)
    basis: Basis = Basis.MEASURED
    measured_until: AwareDatetime | None = None
    days: int = Field(default=0, ge=0)
    r2_daily: float | None = None
    doubts: str = ""

    @property
    def loop_id(self) -> str:
        """`station.loop`."""
        return f"{self.station_id}.{self.loop}"


CALIBRATED = TableRule("stations.calibrated.csv", CalibratedLoop, ("station_id", "loop"))
BUILDING_VALUES = (
    "specific_loss_w_per_m2k",
    "heat_capacity_kj_per_m2k",
    "gain_w_per_m2",
    "solar_aperture",
    "wind_loss_w_per_m2k_per_m_s",
    "relative_flow",
    "emitter_oversize",
)  # also the names of what is believed beforehand (`loop_priors.py`)
VALUES = (*BUILDING_VALUES, "compliance")


@dataclass(frozen=True)
class Overlay:
    """The tables with measured values laid over `stations.csv`, their faults, what to know."""

    tables: CaseTables
    faults: tuple[Fault, ...] = ()
    notes: tuple[Remark, ...] = ()
    measured_se: Mapping[str, Mapping[str, float]] = field(default_factory=dict)  # by loop, column


def lay_over(folder: Path, tables: CaseTables, settings: Settings | None) -> Overlay:
    """Lay `stations.calibrated.csv` over the stations, if the folder has one.

    All faults of the file are told; with any the tables come back as they were.
    """
    reading = read_table(folder, CALIBRATED)
    if not reading.table.present:
        return Overlay(tables, reading.faults)
    faults = [*reading.faults, *_unknown_loops(reading.table, tables), *_twice(reading.table)]
    stations = {station.loop_id: station for station in tables.stations.rows}
    laid: dict[str, Station] = {}
    for row, measured in reading.table.placed():
        station = stations.get(measured.loop_id)
        if station is None or not _filled(measured):
            continue
        over = _laid_over(reading.table, row, station, measured)
        if isinstance(over, Station):
            laid[station.loop_id] = over
            faults += _size_faults(reading.table, row, over, station, settings)
        else:
            faults += over
    if faults:
        return Overlay(tables, tuple(faults))
    rows = tuple(laid.get(station.loop_id, station) for station in tables.stations.rows)
    over_all = replace(tables, stations=replace(tables.stations, rows=rows))
    note = _note(reading.table, len(rows), settings)
    errors = {row.loop_id: _errors(row) for row in reading.table.rows if row.loop_id in laid}
    return Overlay(over_all, (), (*reading.notes, note), errors)


def _filled(measured: CalibratedLoop) -> dict[str, float]:
    """Return the values that a row brings."""
    values = {name: getattr(measured, name) for name in VALUES}
    return {name: value for name, value in values.items() if value is not None}


def _errors(measured: CalibratedLoop) -> dict[str, float]:
    """Return the standard errors of the values that a row brings, by the value's column."""
    told = {name: getattr(measured, f"{name}_se") for name in _filled(measured)}
    return {name: error for name, error in told.items() if error is not None}


def with_measured(station: Station, values: Mapping[str, float]) -> Station:
    """Return a station with measured values in place of its own.

    Raises ValidationError where the station may not be so.
    """
    whole: dict[str, Any] = station.model_dump() | dict(values)
    if "specific_loss_w_per_m2k" in values:
        whole["laid_out_loss_w_per_m2k"] = station.design_loss_w_per_m2k
    return Station.model_validate(whole)


def refused_values(station: Station, values: Mapping[str, float]) -> tuple[str, ...]:
    """Return which of the values no station may have, one by one."""
    refused = []
    for name, value in values.items():
        try:
            with_measured(station, {name: value})
        except ValidationError:
            refused.append(name)
    return tuple(refused)


def is_plausible(station: Station, over: Station, settings: Settings) -> bool:
    """Return whether buildings can be as measured, and can be those of `station`."""
    return not [*_size_faults(Table(CALIBRATED), 0, over, station, settings)]


def _laid_over(
    table: Table[CalibratedLoop], row: int, station: Station, measured: CalibratedLoop
) -> Station | list[Fault]:
    try:
        return with_measured(station, _filled(measured))
    except ValidationError as error:
        refused = [refusal(it, Station) for it in error.errors(include_url=False)]
        item = measured.loop_id
        return [Fault(table.file, row, it.column, it.text, it.key, item) for it in refused]


def _size_faults(
    table: Table[CalibratedLoop],
    row: int,
    over: Station,
    station: Station,
    settings: Settings | None,
) -> Iterator[Fault]:
    """Yield what no buildings can be, or not these ones."""
    if settings is not None:
        yield from building_faults(table, row, over, settings)
    measured, written = over.specific_loss_w_per_m2k, station.specific_loss_w_per_m2k
    if not 1 / K_TIMES_MOST <= measured / written <= K_TIMES_MOST:
        yield table.fault(
            row, "specific_loss_w_per_m2k", "calibrated_far", value=measured, written=written
        )


def _unknown_loops(table: Table[CalibratedLoop], tables: CaseTables) -> Iterator[Fault]:
    """Yield rows of stations or loops that `stations.csv` does not have, once by column."""
    stations = tables.stations
    if not stations.legible or not stations.blocked.isdisjoint(("station_id", "loop")):
        return
    loops: dict[str, set[str]] = {}
    for cells in stations.written.values():
        if "station_id" in cells and "loop" in cells:
            loops.setdefault(cells["station_id"], set()).add(cells["loop"])
    station_ids = Target(frozenset(loops), (stations,), known=True)
    for row, cells in table.written.items():
        station, loop = cells.get("station_id"), cells.get("loop")
        if station is None or loop is None:
            continue
        if station not in loops:
            yield unknown_id(table, row, "station_id", station, station_ids)
        elif loop not in loops[station]:
            target = Target(frozenset(loops[station]), (stations,), known=True)
            yield unknown_id(table, row, "loop", loop, target)


def _twice(table: Table[CalibratedLoop]) -> Iterator[Fault]:
    first: dict[tuple[str, str], int] = {}
    for row, cells in table.written.items():
        name = (cells.get("station_id", ""), cells.get("loop", ""))
        if "" not in name and name in first:
            yield table.fault(row, "loop", "duplicate_id", id=".".join(name), first=first[name])
        first.setdefault(name, row)


def _note(table: Table[CalibratedLoop], loops: int, settings: Settings | None) -> Remark:
    """Say how many loops use measured values, and of when."""
    laid = sum(row.basis is not Basis.TYPICAL and bool(_filled(row)) for row in table.rows)
    moments = [row.measured_until for row in table.rows if row.measured_until is not None]
    zone = ZoneInfo(settings.timezone) if settings is not None and moments else None
    if zone is None:
        return Remark("fault.note_calibrated", {"file": table.file, "count": laid, "loops": loops})
    until = max(moments).astimezone(zone).date().isoformat()
    values = {"file": table.file, "count": laid, "loops": loops, "until": until}
    return Remark("fault.note_calibrated_until", values)
