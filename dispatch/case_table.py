"""One table of the case folder: from a CSV file to checked rows that know where they stood."""

import unicodedata
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from difflib import get_close_matches
from pathlib import Path
from typing import Generic, TypeVar

from pydantic import ValidationError

from dispatch.case_cells import Column, Refused, columns_of, parse
from dispatch.case_errors import refusal
from dispatch.case_faults import Fault, file_fault
from dispatch.case_kinds import Row
from dispatch.case_text import Record, read_records
from dispatch.messages import say, words
from dispatch.plan import Remark

RowT = TypeVar("RowT", bound=Row)

UNIT_WORDS = frozenset(
    {"mw", "kw", "w", "gj", "gcal", "kcal", "mwh", "kwh", "m2", "m", "km", "mm", "t", "kg"}
    | {"tph", "tce", "c", "k", "h", "yuan", "pct"}
)


@dataclass(frozen=True)
class TableRule(Generic[RowT]):
    """What a table is: its file, the model of its rows, and which columns name a row."""

    file: str
    model: type[RowT]
    id_columns: tuple[str, ...]
    id_mark: str = "."  # between the columns that name a row
    required: bool = False


Cells = Mapping[str, str]  # a row as written, by column, empty cells left out


@dataclass(frozen=True)
class Table(Generic[RowT]):
    """A table as far as it could be read.

    `rows` are the rows without fault, `places` their rows in the file; `written` holds all rows
    by their row in the file.
    """

    rule: TableRule[RowT]
    rows: tuple[RowT, ...] = ()
    places: tuple[int, ...] = ()
    written: Mapping[int, Cells] = field(default_factory=dict)
    present: bool = False  # the file is there
    legible: bool = True  # its rows could be told apart; true as well when there is no file
    whole: bool = True  # no row and no column has a fault
    blocked: frozenset[str] = frozenset()  # columns that are missing or misnamed

    @property
    def file(self) -> str:
        """Name of the file."""
        return self.rule.file

    def placed(self) -> Iterator[tuple[int, RowT]]:
        """Yield the rows without fault, each with its row in the file."""
        return zip(self.places, self.rows, strict=True)

    def ids(self, column: str) -> frozenset[str]:
        """Return what a column holds, in faulty rows too: a fault elsewhere hides no id."""
        return frozenset(cells[column] for cells in self.written.values() if column in cells)

    def fault(self, row: int | None, column: str | None, key: str, **values: object) -> Fault:
        """Return the fault `fault.<key>` at a row of this table, naming the row by its id."""
        cells = self.written.get(row, {}) if row is not None else {}
        fault = file_fault(self.file, key, row=row, column=column, **values)
        return replace(fault, item=item_name(self.rule, cells))


@dataclass(frozen=True)
class TableReading(Generic[RowT]):
    """A table, its faults, and what was ignored."""

    table: Table[RowT]
    faults: tuple[Fault, ...] = ()
    notes: tuple[Remark, ...] = ()


@dataclass(frozen=True)
class Header:
    """Which column of the file holds what: None for one that is ignored."""

    columns: tuple[Column | None, ...]
    blocked: frozenset[str] = frozenset()  # missing or misnamed: said once, not in every row
    unknown: tuple[str, ...] = ()


def item_name(rule: TableRule[RowT], cells: Cells) -> str:
    """Return the id of a row, as far as it has one."""
    return rule.id_mark.join(cells[name] for name in rule.id_columns if name in cells)


def read_table(folder: Path, rule: TableRule[RowT]) -> TableReading[RowT]:
    """Read one table; a table that is not required may be missing."""
    path = folder / rule.file
    if not path.exists():
        return _missing_table(folder, rule)
    records = read_records(path)
    if isinstance(records, Fault):
        return TableReading(Table(rule, present=True, legible=False, whole=False), (records,))
    header, faults = read_header(rule, records[0])
    if header is None:
        return TableReading(Table(rule, present=True, legible=False, whole=False), faults)
    if rule.required and len(records) == 1:
        faults = (*faults, file_fault(rule.file, "table_empty"))
    reading = _read_rows(rule, header, records[1:])
    whole = reading.table.whole and not faults
    table = replace(reading.table, whole=whole)
    return TableReading(table, (*faults, *reading.faults), _unknown_note(rule, header))


def _missing_table(folder: Path, rule: TableRule[RowT]) -> TableReading[RowT]:
    names = [path.name for path in folder.iterdir()]
    near = near_file(rule.file, names)
    if near is not None:
        fault = file_fault(rule.file, "file_missing_near", near=near)
    elif rule.required:
        fault = file_fault(rule.file, "file_missing")
    else:
        return TableReading(Table(rule))
    return TableReading(Table(rule, legible=False, whole=False), (fault,))


def near_file(wanted: str, names: list[str]) -> str | None:
    """Return a file that is there and whose name differs from `wanted` only by a slip."""
    stem = Path(wanted).stem
    for name in sorted(names):
        written = Path(name).stem.casefold().replace(" ", "_").replace("-", "_")
        if written in (stem, stem.rstrip("s"), f"{stem}s"):
            return name
    return None


def _unknown_note(rule: TableRule[RowT], header: Header) -> tuple[Remark, ...]:
    if not header.unknown:
        return ()
    listed = words(*header.unknown)
    return (Remark("fault.note_unknown_columns", {"file": rule.file, "columns": listed}),)


# ---- header --------------------------------------------------------------------------------


def read_header(rule: TableRule[RowT], record: Record) -> tuple[Header | None, tuple[Fault, ...]]:
    """Match the header with the model's columns; no header when rows cannot be read by it."""
    known = columns_of(rule.model)
    titles = list(record.cells)
    while titles and not titles[-1]:
        titles.pop()  # spreadsheets like to add empty columns at the end
    header, faults = _match(rule.file, known, titles)
    if all(column is None for column in header.columns):
        return None, (file_fault(rule.file, "header_missing", row=1, columns=", ".join(known)),)
    unclear = _unclear_titles(rule.file, titles)
    return (None, unclear) if unclear else (header, faults)


def _unclear_titles(file: str, titles: list[str]) -> tuple[Fault, ...]:
    nameless = [
        file_fault(file, "column_without_name", row=1, number=number)
        for number, title in enumerate(titles, start=1)
        if not title
    ]
    twice = [
        Fault(file, 1, title, say("fault.column_twice"), "column_twice")
        for title in dict.fromkeys(titles)
        if title and titles.count(title) > 1
    ]
    return (*nameless, *twice)


def _match(
    file: str, known: Mapping[str, Column], titles: list[str]
) -> tuple[Header, tuple[Fault, ...]]:
    absent = [name for name in known if name not in titles]
    meant = {title: near_column(title, absent) for title in titles if title not in known}
    columns = tuple(known.get(meant.get(title) or title) for title in titles)
    faults = [
        file_fault(file, "column_near", row=1, column=title, near=near)
        for title, near in meant.items()
        if near
    ]
    offered = {near for near in meant.values() if near}
    lacking = [name for name in absent if known[name].required and name not in offered]
    faults += [file_fault(file, "column_missing", row=1, column=name) for name in lacking]
    unknown = tuple(title for title, near in meant.items() if near is None)
    return Header(columns, frozenset(offered).union(lacking), unknown), tuple(faults)


def near_column(title: str, names: list[str]) -> str | None:
    """Return the column that `title` nearly is: other case, spaces, unit, or a letter wrong."""
    plain = "_".join(_words(title))
    for name in names:
        if plain == name or _without_units(plain) == _without_units(name):
            return name
    close = get_close_matches(plain, names, n=1, cutoff=0.8)
    if close:
        return close[0]
    words = set(plain.split("_"))
    inside = [name for name in names if len(words) > 1 and words < set(name.split("_"))]
    return inside[0] if inside else None


def _words(title: str) -> list[str]:
    plain = unicodedata.normalize("NFKC", title).casefold()  # m² to m2
    letters = "".join(sign if sign.isalnum() else " " for sign in plain)
    return letters.split()


def _without_units(name: str) -> str:
    words = [word for word in name.split("_") if word not in UNIT_WORDS]
    return "_".join(words) or name


# ---- rows ----------------------------------------------------------------------------------


def _read_rows(
    rule: TableRule[RowT], header: Header, records: tuple[Record, ...]
) -> TableReading[RowT]:
    rows: list[RowT] = []
    places: list[int] = []
    written: dict[int, Cells] = {}
    faults: list[Fault] = []
    for record in records:
        cells = _by_column(header, record)
        written[record.row] = cells
        row, row_faults = _read_row(rule, header, record, cells)
        faults += row_faults
        if row is not None:
            rows.append(row)
            places.append(record.row)
    whole = len(rows) == len(records)
    table = Table(
        *(rule, tuple(rows), tuple(places), written),
        present=True,
        whole=whole,
        blocked=header.blocked,
    )
    return TableReading(table, tuple(faults))


def _by_column(header: Header, record: Record) -> dict[str, str]:
    pairs = zip(header.columns, record.cells, strict=False)  # a ragged row has its own fault
    return {column.name: cell for column, cell in pairs if column is not None and cell}


def _read_row(
    rule: TableRule[RowT], header: Header, record: Record, cells: Cells
) -> tuple[RowT | None, list[Fault]]:
    """Return the row, or None and its faults (none when its only fault is in the header)."""
    item = item_name(rule, cells)
    wanted, got = len(header.columns), len(record.cells)
    if got < wanted or any(record.cells[wanted:]):
        text = say("fault.ragged", got=got, wanted=wanted)
        return None, [Fault(rule.file, record.row, None, text, "ragged", item)]
    known = columns_of(rule.model)
    parsed = {name: parse(_bare(name, cell), known[name].type_) for name, cell in cells.items()}
    faults = [
        Fault(rule.file, record.row, name, say(f"fault.{it.key}", **it.values), it.key, item)
        for name, it in parsed.items()
        if isinstance(it, Refused) and name not in header.blocked
    ]
    blocked = header.blocked.union(fault.column for fault in faults if fault.column)
    values = {name: value for name, value in parsed.items() if name not in blocked}
    try:
        row = rule.model.model_validate(values)
    except ValidationError as error:
        refused = _refused(rule, error, blocked)
        return None, faults + [replace(it, row=record.row, item=item) for it in refused]
    return (None if blocked else row), faults


def _bare(name: str, cell: str) -> str:
    """A cell without the per cent sign that a column in per cent needs not, but may have."""
    return cell.removesuffix("%").rstrip() if name.endswith("_pct") else cell


def _refused(rule: TableRule[RowT], error: ValidationError, blocked: frozenset[str]) -> list[Fault]:
    """Return what the model refuses, without what follows from cells that are left out."""
    faults = []
    for details in error.errors(include_url=False):
        if details["type"] == "case_fault" and blocked:
            continue
        name = str(details["loc"][-1]) if details["loc"] else ""
        if name in blocked:
            continue
        if details["type"] == "missing":
            faults.append(file_fault(rule.file, "cell_empty", column=name))
        else:
            said = refusal(details, rule.model)
            faults.append(Fault(rule.file, None, said.column, said.text, said.key))
    return faults
