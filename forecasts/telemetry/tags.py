"""`tags.csv`: what the columns, tags, points and stations of an export are in this project.

`tag,id,point,unit,factor,offset,sensor,note`, all but `tag` may be left out or empty. value in
`unit` = cell * factor + offset. A tag is written as in the export, or as a pattern: `*` stands for
anything, `{id}`, `{point}` and `{sensor}` for what is then taken over:

| tag | id | point | unit | factor | |
|---|---|---|---|---|---|
| `DCS1_T104` | `ZZ-N-001.low` | `sec_sup_t` | | | one tag |
| `HZ_{id}_{point}` | | | | | every tag of this form, its point under a usual name |
| `TE9` | | `sec_ret_t` | | | this point at every station |
| `热量*` | `{id}.low` | `pri_heat` | `kW` | -1 | a column of a table by station, read as its loop |
| `光明小区1号换热站` | `ZZ-N-001` | | | | a station's own name |
"""

import csv
import re
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path

import pandas as pd

from forecasts.file_limits import TAGS_BYTES
from forecasts.plain_file import leads_out, read_plain
from forecasts.telemetry.faults import TelemetryFault, TelemetryFaults
from forecasts.telemetry.names import point_named
from forecasts.telemetry.points import Point
from forecasts.telemetry.schemas import POINT_FROM_TAG, TAGS, table_faults
from forecasts.telemetry.units import UnitUnknown, scale

FILE = "tags.csv"
COLUMNS = ("tag", "id", "point", "unit", "factor", "offset", "sensor", "note")
_HOLES = re.compile(r"\*|\{(?:id|point|sensor)\}")


@dataclass(frozen=True)
class Rule:
    """One row of `tags.csv`."""

    row: int
    tag: str
    id: str  # may hold "{id}"
    point: Point | None
    point_from_tag: bool
    unit: str
    factor: float
    offset: float
    sensor: str
    pattern: re.Pattern[str] | None  # None for a tag without holes

    @property
    def names_a_place(self) -> bool:
        """Whether the row says what a station is called, and nothing of a point."""
        return self.point is None and not self.point_from_tag

    def match(self, text: str) -> dict[str, str] | None:
        """Return what stands for the holes if `text` is such a tag, else None."""
        if self.pattern is None:
            return {} if tag_key(text) == tag_key(self.tag) else None
        found = self.pattern.fullmatch(text)
        return None if found is None else found.groupdict()


def tag_key(tag: str) -> str:
    """Return a tag as it is compared: without case alone, for `T1.1` is not `T11`."""
    return tag.strip().casefold()


def read_tags(folder: Path) -> tuple[Rule, ...]:
    """Return the rules, tags without holes first, else in the order of the file.

    Nothing if there is no file. Raises TelemetryFaults with all faults of the file.
    """
    path = folder / FILE
    if not path.exists():
        return ()
    rows, faults = _rows(path)
    faults += table_faults(TAGS, rows, FILE)
    broken = {fault.row for fault in faults}
    rules = []
    for number, cells in zip(rows.index.tolist(), rows.to_dict("records"), strict=True):
        if number in broken:
            continue
        try:
            rules.append(_rule(number, {str(key): str(cell) for key, cell in cells.items()}))
        except UnitUnknown as error:
            faults.append(TelemetryFault(FILE, str(error), number, "unit"))
        except re.error:
            text = f"{cells['tag']!r} has a hole twice. Use each of {{id}}, {{point}} once."
            faults.append(TelemetryFault(FILE, text, number, "tag"))
    if faults:
        raise TelemetryFaults(sorted(faults, key=lambda fault: fault.row or 0))
    return tuple(sorted(rules, key=lambda rule: rule.pattern is not None))


def _rows(path: Path) -> tuple[pd.DataFrame, list[TelemetryFault]]:
    if leads_out(path, path.parent):
        raise TelemetryFaults([TelemetryFault(FILE, "is a link out of its folder. Copy the file.")])
    try:
        data = read_plain(path, TAGS_BYTES)
    except OSError as error:
        fault = TelemetryFault(FILE, f"cannot be read: {error.strerror}. Save it again.")
        raise TelemetryFaults([fault]) from error
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError:
        text = data.decode("gb18030", errors="replace")
    lines = list(csv.reader(text.splitlines()))
    header = [cell.strip() for cell in lines[0]] if lines else []
    faults = _header_faults(header)
    if faults:
        raise TelemetryFaults(faults)
    rows: dict[int, dict[str, str]] = {}
    for number, cells in enumerate(lines[1:], start=2):
        if len(cells) > len(header) and any(cells[len(header) :]):
            wrong = f"{len(cells)} cells, the header has {len(header)}. Quote cells with a comma."
            faults.append(TelemetryFault(FILE, wrong, number))
        elif any(cell.strip() for cell in cells):
            named = dict(zip(header, (cell.strip() for cell in cells), strict=False))
            rows[number] = {name: named.get(name, "") for name in COLUMNS}
    frame = pd.DataFrame.from_dict(rows, orient="index", columns=list(COLUMNS)).astype(str)
    return frame, faults


def _header_faults(header: list[str]) -> list[TelemetryFault]:
    faults = []
    if "tag" not in header:
        text = f"the column tag is missing; there is {', '.join(header)[:120] or 'no header'}."
        faults.append(TelemetryFault(FILE, f"{text} Save with commas and these names.", 1))
    for name in header:
        if name and name not in COLUMNS:
            near = get_close_matches(name.casefold(), COLUMNS, n=1)
            cure = f"Did you mean {near[0]}?" if near else f"Known are {', '.join(COLUMNS)}."
            faults.append(TelemetryFault(FILE, f"is unknown. {cure}", 1, name))
    if len(set(header)) != len(header):
        twice = sorted({name for name in header if header.count(name) > 1})
        faults.append(TelemetryFault(FILE, f"a column is there twice: {', '.join(twice)}.", 1))
    return faults


def _rule(number: int, cells: dict[str, str]) -> Rule:
    point = point_named(cells["point"]) if cells["point"] not in ("", POINT_FROM_TAG) else None
    if point is not None:
        scale(cells["unit"], point)
    return Rule(
        row=number,
        tag=cells["tag"],
        id=cells["id"],
        point=point,
        point_from_tag=point is None and POINT_FROM_TAG in cells["tag"],
        unit=cells["unit"],
        factor=float(cells["factor"] or 1),
        offset=float(cells["offset"] or 0),
        sensor=cells["sensor"],
        pattern=_pattern(cells["tag"]),
    )


def _pattern(tag: str) -> re.Pattern[str] | None:
    if not _HOLES.search(tag):
        return None
    holes = [hole[0] for hole in _HOLES.finditer(tag)]
    parts = [re.escape(part) for part in _HOLES.split(tag)]
    filled = [".*?" if hole == "*" else f"(?P<{hole[1:-1]}>.+?)" for hole in holes]
    text = "".join(part + hole for part, hole in zip(parts, [*filled, ""], strict=True))
    return re.compile(text, re.IGNORECASE | re.DOTALL)
