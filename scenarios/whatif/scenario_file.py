"""Reading a scenario file: all its faults at once, each by file and key.

What is set on the command line is laid into the file before it is checked, so that a value typed
there is held to the same limits, and faults name it as it was typed.
"""

import tomllib
from collections.abc import Iterator, Mapping, Sequence
from copy import deepcopy
from dataclasses import dataclass, field
from difflib import get_close_matches
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from dispatch.case_errors import refusal
from dispatch.case_faults import Fault, faults_text, file_fault
from dispatch.case_text import read_text
from dispatch.messages import say, words
from forecasts.file_limits import SETTINGS_BYTES
from scenarios.whatif.assignment import Assignment, place_of
from scenarios.whatif.change import Change
from scenarios.whatif.kinds import KINDS
from scenarios.whatif.scenario import Header, Scenario

SECTIONS = ("scene", "change")


class ScenarioFaults(Exception):
    """A scenario cannot be asked; `faults` holds all that is wrong with it."""

    def __init__(self, faults: Sequence[Fault]) -> None:
        super().__init__(faults_text(faults))
        self.faults = tuple(faults)


@dataclass(frozen=True)
class RawScenario:
    """A scenario file as written, its syntax sound."""

    name: str
    file: str
    content: Mapping[str, Any]

    def entries(self, section: str) -> list[Any]:
        """Return the entries of `[[scene]]` or `[[change]]` as written."""
        listed = self.content.get(section, [])
        return listed if isinstance(listed, list) else [listed]


@dataclass
class _Reading:
    faults: list[Fault] = field(default_factory=list)
    typed: dict[str, str] = field(default_factory=dict)  # dotted key -> as it was typed


def read_raw(path: Path) -> RawScenario:
    """Open a scenario file. Raises ScenarioFaults where it cannot be read at all."""
    text = read_text(path, SETTINGS_BYTES)
    if isinstance(text, Fault):
        raise ScenarioFaults([text])
    try:
        return RawScenario(path.stem, path.name, tomllib.loads(text))
    except (ValueError, RecursionError) as error:  # see `read_settings`
        fault = file_fault(path.name, "toml_syntax", reason=str(error))
        raise ScenarioFaults([fault]) from None


def scenario_of(raw: RawScenario, assignments: Sequence[Assignment] = ()) -> Scenario:
    """Check a scenario with what is set on the command line. Raises ScenarioFaults."""
    reading = _Reading()
    content = _with_assignments(raw, assignments, reading)
    header = _header(raw, content, reading)
    parts = {section: _changes(raw, content, section, reading) for section in SECTIONS}
    if not raw.entries("change"):
        reading.faults.append(_fault(raw, "change", "scenario.no_change"))
    reading.faults += _twice(raw, [*parts["scene"], *parts["change"]])
    if reading.faults or header is None:
        raise ScenarioFaults(reading.faults)
    return Scenario(raw.name, raw.file, header, parts["scene"], parts["change"])


def read_scenario(path: Path, assignments: Sequence[Assignment] = ()) -> Scenario:
    """Read and check a scenario file. Raises ScenarioFaults with every fault."""
    return scenario_of(read_raw(path), assignments)


def labels_of(raw: RawScenario) -> dict[str, tuple[str, int]]:
    """Return where each change stands, (section, place), by what the command line calls it."""
    return {
        str(entry.get("name") or entry.get("kind")): (section, place)
        for section in SECTIONS
        for place, entry in enumerate(raw.entries(section))
        if isinstance(entry, dict)
    }


def _with_assignments(
    raw: RawScenario, assignments: Sequence[Assignment], reading: _Reading
) -> dict[str, Any]:
    content: dict[str, Any] = deepcopy(dict(raw.content))
    for section in SECTIONS:
        if isinstance(content.get(section), dict):  # written [change] instead of [[change]]
            content[section] = [content[section]]
    kinds = {
        label: str(raw.entries(section)[place].get("kind"))
        for label, (section, place) in labels_of(raw).items()
    }
    for assignment in assignments:
        found = place_of(assignment, kinds)
        if isinstance(found, str):
            reading.faults.append(Fault(assignment.typed, None, None, found, "scenario_set"))
            continue
        label, keys = found
        section, place = labels_of(raw)[label]
        entry = content[section][place]
        for key in keys[:-1]:
            entry = entry.setdefault(key, {})
        entry[keys[-1]] = assignment.value
        reading.typed[f"{section}[{place + 1}].{'.'.join(keys)}"] = assignment.typed
    return content


def _header(raw: RawScenario, content: Mapping[str, Any], reading: _Reading) -> Header | None:
    own = {key: value for key, value in content.items() if key not in SECTIONS}
    try:
        return Header.model_validate(own)
    except ValidationError as error:
        for one in error.errors(include_url=False):
            told = refusal(one, Header)
            reading.faults.append(Fault(raw.file, None, told.column, told.text, told.key))
        return None


def _changes(
    raw: RawScenario, content: Mapping[str, Any], section: str, reading: _Reading
) -> tuple[Change, ...]:
    found = []
    for number, entry in enumerate(content.get(section, []), start=1):
        change = _change(raw, f"{section}[{number}]", entry, reading)
        if change is not None:
            found.append(change)
    return tuple(found)


def _change(raw: RawScenario, place: str, entry: object, reading: _Reading) -> Change | None:
    if not isinstance(entry, dict):
        reading.faults.append(_fault(raw, place, "scenario.no_section"))
        return None
    kind = entry.get("kind")
    model = KINDS.get(kind) if isinstance(kind, str) else None
    if model is None:
        near = get_close_matches(str(kind), KINDS, n=1, cutoff=0.5)
        known = words(*near) if near else words(*KINDS)
        told = say("scenario.unknown_kind", value=kind, options=known)
        reading.faults.append(Fault(raw.file, None, f"{place}.kind", told, "unknown_kind"))
        return None
    try:
        return model.model_validate(entry)
    except ValidationError as error:
        for one in error.errors(include_url=False):
            told_of = refusal(one, model)
            key = f"{place}.{told_of.column}"
            file, column = raw.file, key
            if key in reading.typed:
                file, column = reading.typed[key], ""
            reading.faults.append(Fault(file, None, column, told_of.text, told_of.key))
        return None


def _twice(raw: RawScenario, changes: Sequence[Change]) -> Iterator[Fault]:
    """Two changes of one name could not be told apart on the command line."""
    labels = [change.label for change in changes]
    for label in dict.fromkeys(label for label in labels if labels.count(label) > 1):
        text = say("scenario.label_twice", label=label)
        yield Fault(raw.file, None, "name", text, "label_twice")


def _fault(raw: RawScenario, column: str, key: str) -> Fault:
    return Fault(raw.file, None, column, say(key), key.removeprefix("scenario."))
