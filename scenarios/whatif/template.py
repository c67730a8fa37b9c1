"""A scenario file to begin with: a copy of another, with every key it may have beside it."""

from collections.abc import Iterator
from typing import Any

from pydantic.fields import FieldInfo

from dispatch.case_kinds import Row
from dispatch.messages import say
from scenarios.whatif.change import Change
from scenarios.whatif.scenario import Scenario

LIMITS = (("ge", "≥"), ("gt", ">"), ("le", "≤"), ("lt", "<"))
NOT_KEYS = ("kind", "name")


def template(name: str, pattern: Scenario) -> str:
    """Return the text of a new scenario file after a pattern."""
    header = pattern.header
    title = name.replace("-", " ").replace("_", " ")
    lines = [
        say("scenario.template_top", name=name),
        f'title_en = "{title}"',
        f'title_zh = "{title}"',
        'about_en = ""',
        f'case = "{header.case}"',
        f'start = "{header.start}"' if header.start else say("scenario.template_start"),
    ]
    for section, changes in (("scene", pattern.scene), ("change", pattern.changes)):
        for change in changes:
            lines += ["", say(f"change.{change.kind}").join(("# ", "")), f"[[{section}]]"]
            lines += _entry(change)
    return "\n".join(lines) + "\n"


def key_lines(kind: type[Change]) -> list[tuple[str, str, str]]:
    """Return key, usual value and limits of each key of a kind of change."""
    return [
        (key, _usual(field.get_default(call_default_factory=True)), _limits(field))
        for key, field in kind.model_fields.items()
        if key not in NOT_KEYS
    ]


def _usual(value: Any) -> str:
    """Return the usual value of a key, or how it is written where it has none."""
    if value is None:
        return say("scenario.not_set")
    if isinstance(value, Row):
        return "{ " + ", ".join(type(value).model_fields) + " }"
    return _toml(value)


def _entry(change: Change) -> Iterator[str]:
    yield f'kind = "{change.kind}"'
    if change.name:
        yield f'name = "{change.name}"'
    for key, field in type(change).model_fields.items():
        if key in NOT_KEYS:
            continue
        value = getattr(change, key)
        limits = _limits(field)
        comment = f"  # {limits}" if limits else ""
        if value is None or isinstance(value, Row):
            yield from _section(key, value)
        else:
            yield f"{key} = {_toml(value)}{comment}"


def _section(key: str, value: Any) -> Iterator[str]:
    """A group of stations, in one line; what is not set is left out, as a comment."""
    if value is None:
        yield f"# {key} ="
        return
    told = {name: one for name, one in value if one not in (None, ())}
    inner = ", ".join(f"{name} = {_toml(one)}" for name, one in told.items())
    yield f"{key} = {{ {inner} }}" if inner else f"# {key} = {{ }}"


def _limits(field: FieldInfo) -> str:
    found = []
    for rule in field.metadata:
        for name, sign in LIMITS:
            value = getattr(rule, name, None)
            if value is not None:
                found.append(f"{sign} {value:g}")
    return ", ".join(found)


def _toml(value: Any) -> str:
    """Return a value as TOML writes it."""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, int | float):
        return f"{value:g}"
    if isinstance(value, tuple | list):
        return "[" + ", ".join(_toml(one) for one in value) + "]"
    if isinstance(value, dict):
        return "{ " + ", ".join(f"{key} = {_toml(one)}" for key, one in value.items()) + " }"
    return f'"{value}"'
