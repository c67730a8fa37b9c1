"""Which column of a table holds what: long (one reading a row) or wide (several side by side)."""

from collections.abc import Sequence
from dataclasses import dataclass

from forecasts.telemetry import names
from forecasts.telemetry.columns import RawTable
from forecasts.telemetry.faults import TelemetryFault, TelemetryFaults
from forecasts.telemetry.heading import split_unit
from forecasts.telemetry.settings import ColumnNames, Common, Layout

_USUAL = {
    "time": names.TIME_NAMES,
    "date": names.DATE_NAMES,
    "id": names.ID_NAMES,
    "loop": names.LOOP_NAMES,
    "point": names.POINT_NAMES,
    "value": names.VALUE_NAMES,
    "quality": names.QUALITY_NAMES,
    "sensor": names.SENSOR_NAMES,
    "unit": names.UNIT_NAMES,
}


@dataclass(frozen=True)
class Roles:
    """Places of the columns (from 0), None for those there are not."""

    time: int
    date: int | None
    id: int | None
    loop: int | None
    sensor: int | None
    quality: int | None
    unit: int | None
    point: int | None  # of a long table
    values: tuple[int, ...]  # the one value column of a long table, all that is left of a wide one


def find_roles(table: RawTable, settings: Common) -> Roles:
    """Return what the columns hold, by telemetry.toml, else by their usual names.

    Raises TelemetryFaults with all that is missing or twice.
    """
    faults: list[TelemetryFault] = []
    found = {role: _column(table, role, settings.columns, faults) for role in _USUAL}
    if found["time"] is None:
        found["time"], found["date"] = found["date"], None
    if found["time"] is None and not faults:
        text = "no heading is that of a time. Name it: time under [columns] of telemetry.toml."
        faults.append(TelemetryFault(table.name, text, table.heading_row or None))
    long = _is_long(table, settings.layout, found, faults)
    if faults or found["time"] is None:
        raise TelemetryFaults(faults)
    known = {place for role, place in found.items() if long or role not in ("point", "value")}
    rest = [k for k, name in enumerate(table.headings) if k not in known and name]
    return Roles(
        time=found["time"],
        date=found["date"],
        id=found["id"],
        loop=found["loop"],
        sensor=found["sensor"],
        quality=found["quality"],
        unit=found["unit"] if long else None,
        point=found["point"] if long else None,
        values=(found["value"],) if long and found["value"] is not None else tuple(rest),
    )


def _is_long(
    table: RawTable, said: Layout, found: dict[str, int | None], faults: list[TelemetryFault]
) -> bool:
    missing = [role for role in ("point", "value") if found[role] is None]
    if said is Layout.LONG and missing:
        text = (
            f"a long table needs the columns {' and '.join(missing)}; there is"
            f" {_listed(table.headings)}. Name them under [columns] of telemetry.toml."
        )
        faults.append(TelemetryFault(table.name, text, table.heading_row or None))
    return said is Layout.LONG or (said is Layout.AUTO and not missing)


def _column(
    table: RawTable, role: str, named: ColumnNames, faults: list[TelemetryFault]
) -> int | None:
    """Return the column of a role, the first of several usual names; None if there is none."""
    said = named.model_dump()[role]
    if said:
        found = [k for k, name in enumerate(table.headings) if name == said]
        if len(found) != 1:
            problem = "is there twice" if found else "is not there"
            text = f"{problem}; there is {_listed(table.headings)}. Mend telemetry.toml."
            faults.append(TelemetryFault(table.name, text, table.heading_row or None, said))
        return found[0] if found else None
    usual = [
        k
        for k, name in enumerate(table.headings)
        if names.name_key(split_unit(name)[0]) in _USUAL[role]
    ]
    if len(usual) > 1:
        there = ", ".join(table.headings[k] for k in usual)
        text = f"several columns may be {role}: {there}. Name one under [columns]."
        faults.append(TelemetryFault(table.name, text, table.heading_row or None))
    return usual[0] if usual else None


def _listed(headings: Sequence[str]) -> str:
    shown = [name for name in headings if name]
    more = f" and {len(shown) - 12} more" if len(shown) > 12 else ""
    return ", ".join(shown[:12]) + more
