"""`docs/case-folder.md`: every file of a case and every column, from the models that check them."""

import types
from collections.abc import Iterator, Mapping
from datetime import datetime
from enum import StrEnum
from typing import Annotated, Any, Union, get_args, get_origin

import annotated_types
from pydantic import BaseModel
from pydantic.fields import FieldInfo

from dispatch import case_tables
from dispatch.case_table import TableRule
from dispatch.messages import say, words
from dispatch.settings import Settings

RULES: tuple[TableRule[Any], ...] = (
    *(case_tables.SOURCES, case_tables.CURVES, case_tables.SCHEDULES, case_tables.OUTAGES),
    *(case_tables.LINKS, case_tables.STATIONS, case_tables.TIMETABLES, case_tables.YARDS),
    *(case_tables.DELIVERIES, case_tables.FUELS, case_tables.MEASURED, case_tables.SURVEYS),
    *(case_tables.COAL_DAILY, case_tables.OVERRIDES),
)
NAMED = {"share": "[share.<name>]", "weather": "[[weather]]"}


def case_folder_page() -> str:
    """Return the page in the language in use, Markdown."""
    lines = [f"# {say('docs.case_title')}", "", say("docs.case_lead"), ""]
    lines += ["## case.toml", "", *_table("case", _fields(Settings))]
    for name, model in sections().items():
        lines += [f"### {NAMED.get(name, f'[{name}]')}", "", *_table(name, _fields(model))]
    for rule in RULES:
        key = "docs.table_needed" if rule.required else "docs.table_optional"
        stem = rule.file.removesuffix(".csv")
        lines += [f"## {rule.file}", "", say(key), "", *_table(stem, _fields(rule.model))]
    return "\n".join(lines)


def sections() -> dict[str, type[BaseModel]]:
    """Return the sections of `case.toml`, by name."""
    found = {}
    for name, field in Settings.model_fields.items():
        model = next((one for one in _parts(field.annotation) if _is_model(one)), None)
        if model is not None:
            found[name] = model
    return found


def columns() -> Iterator[tuple[str, str]]:
    """Yield every file or section with each of its columns, as the catalogue names them."""
    known: Mapping[str, type[BaseModel]] = {
        "case": Settings,
        **sections(),
        **{rule.file.removesuffix(".csv"): rule.model for rule in RULES},
    }
    for name, model in known.items():
        yield from ((name, column) for column in _fields(model))


def _fields(model: type[BaseModel]) -> dict[str, FieldInfo]:
    return {field.alias or name: field for name, field in model.model_fields.items()}


def _table(stem: str, fields: Mapping[str, FieldInfo]) -> list[str]:
    keys = ("docs.column", "docs.default", "docs.allowed", "docs.meaning")
    head = [say(key) for key in keys]
    lines = [f"| {' | '.join(head)} |", "| --- | --- | --- | --- |"]
    for name, field in fields.items():
        meaning = say(f"column.{stem}_{name}")
        lines.append(
            f"| `{name}` | {_default(name, field)} | {_allowed(name, field)} | {meaning} |"
        )
    return [*lines, ""]


def _default(name: str, field: FieldInfo) -> str:
    if field.is_required():
        return f"**{say('docs.needed')}**"
    if name in sections() or field.default is None or field.default in ("", ()):
        return say("docs.optional")
    if field.default_factory is not None:
        return say("docs.optional")
    return f"`{_plain(field.default)}`"


def _plain(value: object) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    return f"{value:g}" if isinstance(value, float) else str(value)


def _allowed(name: str, field: FieldInfo) -> str:
    kinds = [one for one in _parts(field.annotation) if one is not types.NoneType]
    if any(_is_model(one) for one in kinds):
        return say("docs.see", name=NAMED.get(name, f"[{name}]").strip("[]"))
    choices = next(
        (one for one in kinds if isinstance(one, type) and issubclass(one, StrEnum)), None
    )
    if choices is not None:
        return words(*(f"`{one.value}`" for one in choices))
    if bool in kinds:
        return say("docs.true_false")
    if any(isinstance(one, type) and issubclass(one, datetime) for one in kinds):
        return say("docs.moment")
    if str in kinds:
        return say("docs.text")
    return _range(field)


def _range(field: FieldInfo) -> str:
    """Limits of a number, as `0 … 1` or `> 0, ≤ 5000`."""
    limits: dict[str, Any] = {}
    for rule in field.metadata:
        if isinstance(rule, annotated_types.Ge):
            limits["≥"] = rule.ge
        elif isinstance(rule, annotated_types.Gt):
            limits[">"] = rule.gt
        elif isinstance(rule, annotated_types.Le):
            limits["≤"] = rule.le
    if set(limits) == {"≥", "≤"}:
        return f"{limits['≥']:g} … {limits['≤']:g}"
    return words(*(f"{sign} {limit:g}" for sign, limit in limits.items())) or "–"


def _parts(annotation: Any) -> Iterator[Any]:
    """Yield the plain types that an annotation is made of."""
    origin = get_origin(annotation)
    if origin is Annotated:
        yield from _parts(get_args(annotation)[0])
    elif origin in (Union, types.UnionType, tuple, dict):
        for part in get_args(annotation):
            yield from _parts(part)
    else:
        yield annotation


def _is_model(kind: Any) -> bool:
    return isinstance(kind, type) and issubclass(kind, BaseModel)
