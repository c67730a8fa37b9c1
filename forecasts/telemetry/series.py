"""Names of one table -> its series, each name understood once; what is unknown or ambiguous."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from difflib import get_close_matches

import numpy as np

from forecasts.telemetry.columns import Block, Codes, each_once, texts
from forecasts.telemetry.faults import MAX_TOLD, TelemetryFault
from forecasts.telemetry.layout import Roles
from forecasts.telemetry.names import POINT_BY_NAME
from forecasts.telemetry.naming import Name, Names, Target, Unknown
from forecasts.telemetry.tags import tag_key
from forecasts.telemetry.units import UnitUnknown

_DENSE = 4_000_000  # combinations of labels up to which a table of all of them is kept
UNKNOWN = -1


@dataclass
class Series:
    """The series of one table, filled while its blocks are gone through.

    `targets` are numbered in the order they are met: one for each name and unit.
    """

    table: str
    heading_row: int | None
    names: Names
    targets: list[Target] = field(default_factory=list)
    faults: list[TelemetryFault] = field(default_factory=list)
    used_rules: set[int] = field(default_factory=set)  # rows of tags.csv
    unknown: dict[Unknown, dict[str, None]] = field(default_factory=dict)
    _numbers: dict[tuple[Name, int], int] = field(default_factory=dict)
    _said: dict[tuple[str, str, str], tuple[str, str]] = field(default_factory=dict)

    def number(self, name: Name, column: int, heading: str) -> int:
        """Return the number of the series of a name in a column, `UNKNOWN` for none."""
        found = self._numbers.get((name, column))
        if not name.point:
            return UNKNOWN
        if found is None:
            found = self._numbers[name, column] = self._understood(name, column, heading)
        return found

    def _understood(self, name: Name, column: int, heading: str) -> int:
        try:
            target, rule = self.names.target(name)
        except UnitUnknown as error:
            text = f"{name}: {error}."
            self.faults.append(TelemetryFault(self.table, text, self.heading_row, heading))
            return UNKNOWN
        if rule is not None:
            self.used_rules.add(rule.row)
        if isinstance(target, Unknown):
            said = name.place if target is Unknown.ID and name.place else name.point
            self.unknown.setdefault(target, {})[said] = None
            return UNKNOWN
        # One tag may come in two spellings or units; two tags for one series are a mistake.
        tag = f"{column}|{tag_key(name.place)}|{tag_key(name.point)}|{name.sensor}"
        first_tag, first = self._said.setdefault(target.key, (tag, str(name)))
        if first_tag != tag:
            where = " ".join(part for part in target.key if part)
            text = (
                f"{first!r} and {str(name)!r} are both read as {where}. Tell them apart in"
                " tags.csv, by id, point or sensor."
            )
            self.faults.append(TelemetryFault(self.table, text, self.heading_row, heading))
            return UNKNOWN
        self.targets.append(target)
        return len(self.targets) - 1

    def told_unknown(self, kinds: Iterable[Unknown]) -> str:
        """Return the unknown names of some kinds, a few of them, with near names; "" for none."""
        said = [name for kind in kinds for name in self.unknown.get(kind, ())]
        ids = self.names.known_ids or ()
        known = ids if set(kinds) == {Unknown.ID} else POINT_BY_NAME
        shown = [near_name(name, known) for name in said[:MAX_TOLD]]
        more = [f"and {len(said) - MAX_TOLD} more"] if len(said) > MAX_TOLD else []
        return ", ".join([*shown, *more])


def near_name(said: str, known: Iterable[str]) -> str:
    """Return a name, and in brackets a known one that is nearly it."""
    plain = {name.casefold(): name for name in known}
    near = get_close_matches(said.casefold(), plain, n=1, cutoff=0.7)
    return f"{said} (near: {plain[near[0]]})" if near else said


@dataclass(frozen=True)
class Labels:
    """What the rows of a block say of where and what they are: texts, and codes by row."""

    place: tuple[list[str], Codes]
    loop: tuple[list[str], Codes]
    point: tuple[list[str], Codes] | None  # None: the heading of the value says it
    sensor: tuple[list[str], Codes]
    unit: tuple[list[str], Codes]


def labels_of(block: Block, roles: Roles, rows: Codes) -> Labels:
    """Return the labels of some rows of a block; code 0 is an empty cell."""

    def label(place: int | None) -> tuple[list[str], Codes]:
        if place is None:
            return [""], np.zeros(len(rows), dtype=np.int64)
        column = each_once(block.columns[place])
        return ["", *texts(column)], column.codes[rows] + 1

    return Labels(
        label(roles.id),
        label(roles.loop),
        None if roles.point is None else label(roles.point),
        label(roles.sensor),
        label(roles.unit),
    )


def series_by_row(labels: Labels, heading: str, place: str, number: Callable[[Name], int]) -> Codes:
    """Return the number of the series in each row, `UNKNOWN` for none.

    `heading` is that of the value column, `place` the station of rows that say none.
    """
    points = labels.point or ([heading], np.zeros_like(labels.place[1]))
    parts = (labels.place, labels.loop, points, labels.sensor, labels.unit)
    sizes = [len(said) for said, _ in parts]
    combined = np.zeros_like(labels.place[1])
    for (_, codes), size in zip(parts, sizes, strict=True):
        combined = combined * size + codes
    total = int(np.prod(sizes, dtype=np.float64))
    if total <= max(_DENSE, 4 * len(combined)):
        present = np.flatnonzero(np.bincount(combined, minlength=total))
        table = np.full(total, UNKNOWN, dtype=np.int64)
        table[present] = [number(_name(one, parts, sizes, place)) for one in present.tolist()]
        return table[combined]
    present, where = np.unique(combined, return_inverse=True)
    found = [number(_name(one, parts, sizes, place)) for one in present.tolist()]
    return np.array(found, dtype=np.int64)[where]


def _name(
    combined: int, parts: tuple[tuple[list[str], Codes], ...], sizes: list[int], place: str
) -> Name:
    said = []
    for (known, _), size in zip(reversed(parts), reversed(sizes), strict=True):
        combined, k = divmod(combined, size)
        said.append(known[k])
    unit, sensor, point, loop, station = said
    where = station or place
    return Name(f"{where}.{loop}" if loop and where else where, point, sensor, unit)
