"""Which tables a telemetry folder holds, and opening each by its kind."""

from collections.abc import Callable, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from pathlib import Path
from zoneinfo import ZoneInfo

from forecasts.file_limits import TELEMETRY_FILES
from forecasts.plain_file import leads_out
from forecasts.telemetry import settings as telemetry_toml
from forecasts.telemetry import tags as tags_csv
from forecasts.telemetry.columns import RawTable
from forecasts.telemetry.faults import MAX_TOLD, TelemetryFault, TelemetryFaults
from forecasts.telemetry.heading import is_time_name
from forecasts.telemetry.settings import Common, Settings, TableSettings

_CSV = (".csv", ".csv.gz", ".tsv", ".tsv.gz")
_PARQUET = (".parquet", ".pq")
_WORKBOOK = (".xlsx", ".xlsm")
_TEXT = (".txt", ".txt.gz", ".dat")  # may as well be a note: only where a [[table]] names it
_OURS = (telemetry_toml.FILE, tags_csv.FILE)


@dataclass(frozen=True)
class Planned:
    """One file or database table that is to be read, and how."""

    settings: Common
    path: Path | None  # None: a database


def planned(
    folder: Path, settings: Settings, aside: AbstractSet[Path] = frozenset()
) -> tuple[list[Planned], tuple[str, ...]]:
    """Return what is to be read, in the order of names, and files that are left aside.

    Files `aside` (resolved) are read elsewhere, and here only if a `[[table]]` names them. Raises
    TelemetryFaults if there is nothing to read, or a `[[table]]` names nothing.
    """
    if not folder.is_dir():
        raise TelemetryFaults([TelemetryFault(folder.name, "there is no such folder. Make it.")])
    there = sorted(
        path
        for path in folder.rglob("*")
        if path.is_file()
        and not any(part.startswith((".", "~$")) for part in path.relative_to(folder).parts)
        and path.name not in _OURS
    )
    if outside := [path for path in there if leads_out(path, folder)]:
        text = "is a link that leads out of the telemetry folder. Copy the file into it."
        raise TelemetryFaults([TelemetryFault(str(p.relative_to(folder)), text) for p in outside])
    if len(there) > TELEMETRY_FILES:
        text = f"holds more than {TELEMETRY_FILES} files. Put a month into each."
        raise TelemetryFaults([TelemetryFault(folder.name, text)])
    if not settings.table:
        there = [path for path in there if path.resolve() not in aside]
        plan = [Planned(settings, path) for path in there if _is_table(path)]
        if not plan:
            text = f"holds no table ({', '.join(_CSV + _WORKBOOK + _PARQUET)}). Put one there."
            raise TelemetryFaults([TelemetryFault(folder.name, text)])
    else:
        plan = _named(folder, settings, there)
    taken = {one.path for one in plan}
    return plan, tuple(str(path.relative_to(folder)) for path in there if path not in taken)


def _named(folder: Path, settings: Settings, there: Sequence[Path]) -> list[Planned]:
    plan, faults = [], []
    for number, table in enumerate(settings.table, start=1):
        if not table.files:
            plan.append(Planned(table, None))
        for pattern in table.files:
            found = [path for path in there if path.relative_to(folder).match(pattern)]
            plan += [Planned(table, path) for path in found]
            if not found:
                names = bounded([str(path.relative_to(folder)) for path in there])
                text = f"{pattern!r} fits no file; there is {names or 'none'}. Mend the name."
                place = f"table.{number}.files"
                faults.append(TelemetryFault(telemetry_toml.FILE, text, column=place))
    if faults:
        raise TelemetryFaults(faults)
    return plan


def opened(
    folder: Path, one: Planned, zone: ZoneInfo, since: datetime | None, until: datetime | None
) -> list[RawTable]:
    """Return the tables of a file (each sheet of a workbook is one) or of a database.

    Raises TelemetryFaults.
    """
    settings = one.settings
    if one.path is None:
        from forecasts.telemetry.database import read_database  # loads SQLAlchemy

        if not isinstance(settings, TableSettings):
            raise TypeError("a database needs the settings of its [[table]]")
        return [read_database(folder, settings, zone, since, until)]
    name = one.path.name.casefold()
    is_time = time_names(settings)
    if name.endswith(_WORKBOOK):
        from forecasts.telemetry.workbook import read_workbook  # loads openpyxl

        return read_workbook(one.path, settings.sheet, is_time)
    if name.endswith(_PARQUET):
        from forecasts.telemetry.parquet_file import read_parquet

        return [read_parquet(one.path)]
    if name.endswith((*_CSV, *_TEXT)):
        from forecasts.telemetry.csv_file import read_csv

        return [read_csv(one.path, settings.encoding, is_time)]
    text = "is of a kind that is not read. Save it as .csv, .xlsx or .parquet."
    raise TelemetryFaults([TelemetryFault(one.path.name, text)])


def time_names(settings: Common) -> Callable[[str], bool]:
    """Return what tells a heading of a time from others."""
    columns = settings.columns
    return partial(is_time_name, named=tuple(it for it in (columns.time, columns.date) if it))


def bounded(names: Sequence[str]) -> str:
    """Return the first of some names, and how many more there are."""
    more = [f"and {len(names) - MAX_TOLD} more"] if len(names) > MAX_TOLD else []
    return ", ".join([*names[:MAX_TOLD], *more])


def _is_table(path: Path) -> bool:
    # .xls is taken up to be refused with its cure, not left aside.
    return path.name.casefold().endswith((*_CSV, *_WORKBOOK, *_PARQUET, ".xls"))
