"""What an export calls a reading -> where and what it is in this project, and in which unit.

A row of `tags.csv` comes first, then the usual names of H§12: a point by its own name where the
table says the station, else tags like `ZZ.A03.S017.L1.sec_sup_t.PV` and headings like
`S017_二网供温(℃)`.
"""

import re
import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field
from enum import Enum
from functools import cached_property

from forecasts.telemetry.heading import split_unit
from forecasts.telemetry.names import POINT_BY_NAME, name_key, point_named
from forecasts.telemetry.points import Point
from forecasts.telemetry.readings import NETWORK
from forecasts.telemetry.tags import Rule, tag_key
from forecasts.telemetry.units import is_unit, scale

_LOOPS = {"低区": "low", "高区": "high", "中区": "middle"}
_LOOP = re.compile(
    r"l\d+|low|mid|middle|high|radiator|floor|低区|中区|高区|.*环|.*机组", re.IGNORECASE
)
_SEPARATORS = "._-/:| \t·、"
_MARKS = re.compile(rf"[{re.escape(_SEPARATORS)}]+")
_OPC = re.compile(r"^ns=\d+;s=")
_NUMBERED = re.compile(r"^(?P<name>.*?\D)[_#\-]?(?P<number>\d+)$")


class Unknown(Enum):
    """Why a name leads nowhere."""

    TAG = "tag"
    ID = "id"
    NO_ID = "no_id"  # a point, and nothing says of which station


@dataclass(frozen=True)
class Name:
    """What a table says of a reading; "" for what it does not."""

    place: str
    point: str
    sensor: str = ""
    unit: str = ""

    def __str__(self) -> str:
        """Return the parts that are there, as one text."""
        return " ".join(part for part in (self.place, self.point, self.sensor) if part)


@dataclass(frozen=True)
class Target:
    """One series of readings, and how a cell becomes a reading of it: cell * factor + offset."""

    id: str
    point: Point
    sensor: str
    factor: float
    offset: float

    @property
    def key(self) -> tuple[str, str, str]:
        """What names the series."""
        return (self.id, self.point.value, self.sensor)


@dataclass(frozen=True)
class Names:
    """All that is known of names: rules, ids of the case (None: any), units of telemetry.toml."""

    rules: Sequence[Rule] = ()
    known_ids: AbstractSet[str] | None = None
    units: Mapping[Point, str] = field(default_factory=dict)

    def target(self, name: Name) -> tuple[Target | Unknown, Rule | None]:
        """Return what a name means, and the rule that said so.

        Raises UnitUnknown where a reading is said to have a unit it cannot have.
        """
        by_rule = next(self._by_rules(name), None)
        if by_rule is not None:
            return by_rule
        heading, bracket = split_unit(name.point)
        point, place, sensor = self._usual(name.place, heading)
        if point is None:
            return Unknown.TAG, None
        unit = name.unit
        if bracket and not unit:
            if point is Point.ROOM_TEMP and (bracket.isdigit() or not is_unit(bracket)):
                sensor = sensor or bracket
            elif is_unit(bracket):
                unit = bracket
            else:  # `供温(高区)`: a mark that may tell two columns apart
                return Unknown.TAG, None
        if not place and point is Point.OUTDOOR_TEMP:
            place = NETWORK
        return self._aimed(place, point, name.sensor or sensor, unit), None

    def place(self, said: str) -> str | None:
        """Return the id that a station goes by here, None if it is not known.

        Spelling (case, marks between the parts, 低区 for low) is forgiven where it leads to one id.
        """
        said = self._translated(said)
        if self.known_ids is None or said in self.known_ids or said == NETWORK:
            return said
        near = self._by_spelling.get(_place_key(said), ())
        return near[0] if len(near) == 1 else None

    def _translated(self, said: str) -> str:
        """Return the id that a row of tags.csv gives a station, or the station before a loop."""
        rule, found = next(self._fitting((said,), places=True), (None, {}))
        if rule is not None:
            return rule.id.replace("{id}", found.get("id", said))
        station, _, loop = said.rpartition(".")
        return f"{self._translated(station)}.{loop}" if station else said

    def certain_place(self, said: str) -> str | None:
        """Return the id of a text that names a station for certain, not for want of ids."""
        named = self.known_ids is not None or any(self._fitting((said,), places=True))
        return self.place(said) if named else None

    def _by_rules(self, name: Name) -> Iterator[tuple[Target | Unknown, Rule]]:
        """Yield what the rules make of a name, the first that fits first."""
        plain, bracket = split_unit(name.point)
        texts = [name.point, *([plain] if bracket else [])]
        texts += [f"{name.place}.{text}" for text in texts] if name.place else []
        for rule, found in self._fitting(texts, places=False):
            said = found.get("point", "")
            point = point_named(said) if rule.point_from_tag else rule.point
            if point is None:
                continue
            place = (rule.id or "{id}").replace(
                "{id}", found.get("id") or self._translated(name.place)
            )
            if not place and point is Point.OUTDOOR_TEMP:
                place = NETWORK
            sensor = rule.sensor.replace("{sensor}", found.get("sensor", ""))
            unit = rule.unit or name.unit or (bracket if is_unit(bracket) else "")
            sensor = sensor or found.get("sensor", "") or name.sensor
            yield self._aimed(place, point, sensor, unit, rule.factor, rule.offset), rule

    def _fitting(
        self, texts: Sequence[str], places: bool
    ) -> Iterator[tuple[Rule, Mapping[str, str]]]:
        """Yield the rules that fit one of some texts, those without holes first.

        With `places` the rules that say what a station is called, else those of points.
        """
        for text in texts:
            rule = self._exact.get((places, tag_key(text)))
            if rule is not None:
                yield rule, {}
        for rule in self._patterns:
            if rule.names_a_place is places:
                found = next((it for it in map(rule.match, texts) if it is not None), None)
                if found is not None:
                    yield rule, found

    @cached_property
    def _exact(self) -> dict[tuple[bool, str], Rule]:
        """Rules without holes, so that thousands of tags need no search through thousands."""
        return {
            (rule.names_a_place, tag_key(rule.tag)): rule
            for rule in self.rules
            if rule.pattern is None
        }

    @cached_property
    def _patterns(self) -> tuple[Rule, ...]:
        return tuple(rule for rule in self.rules if rule.pattern is not None)

    @cached_property
    def _by_spelling(self) -> dict[str, list[str]]:
        found: dict[str, list[str]] = {}
        for known in sorted({*(self.known_ids or ()), NETWORK}):
            found.setdefault(_place_key(known), []).append(known)
        return found

    def _aimed(
        self,
        place: str,
        point: Point,
        sensor: str,
        unit: str,
        factor: float = 1.0,
        offset: float = 0.0,
    ) -> Target | Unknown:
        if not place:
            return Unknown.NO_ID
        found = self.place(place)
        if found is None:
            return Unknown.ID
        to_ours = scale(unit or self.units.get(point, ""), point)
        return Target(
            found,
            point,
            sensor,
            factor * to_ours.factor,
            offset * to_ours.factor + to_ours.offset,
        )

    def _usual(self, place: str, heading: str) -> tuple[Point | None, str, str]:
        """Return point, place and sensor of a heading without brackets, by the usual names."""
        whole = _OPC.sub("", heading.strip())
        point, sensor = _point_and_sensor(whole)
        if point is not None:
            return point, place, sensor
        for k, mark in enumerate(whole):
            if mark in _SEPARATORS and k:
                point, sensor = _point_and_sensor(whole[k + 1 :])
                if point is not None:
                    return point, place or self._place_of_path(whole[:k]), sensor
        for k in range(1, len(whole)):  # `光明小区二网供温`: only where that station is known
            point = point_named(whole[k:])
            if point is not None and not place and not whole[k - 1 : k + 1].isascii():
                known = self.certain_place(whole[:k])
                if known:
                    return point, known, ""
        return None, place, ""

    def _place_of_path(self, path: str) -> str:
        """Return the station or loop of a tag's path, `S017.L1` of `ZZ.A03.S017.L1`."""
        parts = [part for part in path.split(".") if part]
        ends = [".".join(parts[k:]) for k in range(len(parts))]
        for end in ends:
            if self.certain_place(end):
                return end
        is_loop = len(parts) > 1 and _LOOP.fullmatch(parts[-1]) is not None
        return ".".join(parts[-2:] if is_loop else parts[-1:])


def _point_and_sensor(text: str) -> tuple[Point | None, str]:
    """Return the point of a usual name; rooms are numbered: `室温12` is sensor 12."""
    point = point_named(text)
    numbered = _NUMBERED.match(text) if point is None else None
    if numbered and POINT_BY_NAME.get(name_key(numbered["name"])) is Point.ROOM_TEMP:
        return Point.ROOM_TEMP, numbered["number"]
    return point, ""


def _place_key(place: str) -> str:
    """Return an id as it is compared: the marks may differ, but `S1.1` is not `S11`."""
    plain = place
    for chinese, ours in _LOOPS.items():
        plain = plain.replace(chinese, f".{ours}")
    return _MARKS.sub(".", unicodedata.normalize("NFKC", plain).casefold()).strip(".")
