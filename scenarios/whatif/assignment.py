"""What is set and swept on the command line: `cold_wave.depth_k=12`, `target_c=18:22:0.5`."""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Any

import numpy as np

from dispatch.case_kinds import Row
from dispatch.messages import say, words
from scenarios.whatif.kinds import KINDS

MOST_VALUES = 60  # of a sweep: an hour of a large case
RANGE_PARTS = 3

Place = tuple[str, tuple[str, ...]]  # label of a change, and the key in it


class Unreadable(Exception):
    """What was typed is no assignment; the message says how one is written."""


@dataclass(frozen=True)
class Assignment:
    """A key of a change and the value it is to have."""

    path: tuple[str, ...]  # label and key, or the key alone
    value: Any
    typed: str  # as people know it again in a fault


@dataclass(frozen=True)
class Sweep:
    """A key of a change and the values it is to have in turn."""

    path: tuple[str, ...]
    values: tuple[Any, ...]
    typed: str

    @property
    def name(self) -> str:
        """The parameter as it was called."""
        return ".".join(self.path)

    def assignments(self) -> tuple[Assignment, ...]:
        """Return one assignment a value."""
        return tuple(
            Assignment(self.path, value, f"{self.name}={_text(value)}") for value in self.values
        )


def read_assignment(text: str) -> Assignment:
    """Return `label.key=value` or `key=value`. Raises Unreadable."""
    path, value = _split(text, "scenario.set_unreadable")
    return Assignment(path, _value(value), text)


def read_sweep(text: str) -> Sweep:
    """Return `key=low:high:step` (high included) or `key=one,two,…`. Raises Unreadable."""
    path, values = _split(text, "scenario.sweep_unreadable")
    parts = values.split(",")
    swept = tuple(_value(part) for part in parts if part.strip())
    bounds = [_value(part) for part in values.split(":")]
    if len(bounds) == RANGE_PARTS and all(_is_number(bound) for bound in bounds):
        low, high, step = bounds
        swept = _range(low, high, step, text)
    if len(swept) < 2 or len(swept) != len(set(map(str, swept))):
        raise Unreadable(say("scenario.sweep_unreadable", text=text))
    if len(swept) > MOST_VALUES:
        raise Unreadable(say("scenario.sweep_long", text=text, count=len(swept), most=MOST_VALUES))
    return Sweep(path, swept, text)


def place_of(assignment: Assignment, kinds: Mapping[str, str]) -> tuple[str, tuple[str, ...]] | str:
    """Return the label of the change that is meant and the key in it, or what is wrong.

    `kinds` holds the kind of each change of the scenario by its label.
    """
    models = {label: KINDS[kind] for label, kind in kinds.items() if kind in KINDS}
    first, *rest = assignment.path
    if rest and first in models:
        return _known(models[first], first, tuple(rest))
    having = [label for label, model in models.items() if _has(model, assignment.path)]
    if len(having) == 1:
        return having[0], assignment.path
    if having:
        options = words(*(f"{label}.{first}" for label in having))
        return say("scenario.set_ambiguous", key=first, options=options)
    known = [f"{label}.{key}" for label, model in models.items() for key in _keys(model)]
    near = get_close_matches(".".join(assignment.path), known, n=3, cutoff=0.4)
    return say("scenario.set_unknown", key=first, options=words(*(near or known[:12])))


def _known(
    model: type[Row], label: str, keys: tuple[str, ...]
) -> tuple[str, tuple[str, ...]] | str:
    if _has(model, keys):
        return label, keys
    options = words(*(f"{label}.{key}" for key in _keys(model)))
    return say("scenario.set_unknown", key=".".join((label, *keys)), options=options)


def _has(model: type[Row], keys: tuple[str, ...]) -> bool:
    """Whether a change has a key; of a section inside it only the section is looked at."""
    return keys[0] in _keys(model)


def _keys(model: type[Row]) -> list[str]:
    return [key for key in model.model_fields if key not in ("kind", "name")]


def _split(text: str, wrong: str) -> tuple[tuple[str, ...], str]:
    path, mark, value = text.partition("=")
    keys = tuple(key.strip() for key in path.split("."))
    if not mark or not value.strip() or not all(keys):
        raise Unreadable(say(wrong, text=text))
    return keys, value.strip()


def _value(text: str) -> Any:
    """Return a value as a scenario file would hold it; what is nothing else is text."""
    try:
        return tomllib.loads(f"value = {text.strip()}")["value"]
    except (tomllib.TOMLDecodeError, KeyError):
        return text.strip()


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _range(low: float, high: float, step: float, text: str) -> tuple[float, ...]:
    if step == 0 or (high - low) / step < 0 or not np.isfinite([low, high, step]).all():
        raise Unreadable(say("scenario.sweep_range", text=text))
    count = int(np.floor((high - low) / step + 1e-9)) + 1
    if count > MOST_VALUES:
        raise Unreadable(say("scenario.sweep_long", text=text, count=count, most=MOST_VALUES))
    return tuple(round(low + step * place, 9) for place in range(count))


def _text(value: object) -> str:
    return f"{value:g}" if isinstance(value, float) else str(value)
