"""What the models refuse, in a dispatcher's words."""

from collections.abc import Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Any, get_args

from pydantic import BaseModel
from pydantic_core import ErrorDetails

from dispatch.messages import say, words

# By the model's error type: message key, and which figure of the error's context is its limit.
LIMITS = {
    "greater_than_equal": ("below_limit", "ge"),
    "greater_than": ("not_above", "gt"),
    "less_than_equal": ("above_limit", "le"),
    "less_than": ("above_limit", "lt"),
}
WRONG_KINDS = {
    "float_type": "toml_number",
    "float_parsing": "toml_number",
    "finite_number": "toml_number",
    "int_type": "toml_whole",
    "int_parsing": "toml_whole",
    "int_from_float": "toml_whole",
    "int_parsing_size": "toml_whole",
    "string_type": "toml_text",
    "tuple_type": "toml_list",
    "dict_type": "toml_section",
    "model_type": "toml_section",
    "model_attributes_type": "toml_section",
}
PATTERNS = {
    "id": "pattern_id",
    "season_start": "pattern_day",
    "season_end": "pattern_day",
    "date": "pattern_date",
    "models": "pattern_model",
    "webhook_url_env": "pattern_env",
}
# Columns whose usual slip is known: a better cure than "check the unit".
BELOW_LIMIT_OF = {"heated_area_m2": "area_below_limit"}
SHOWN_CHARACTERS = 60


@dataclass(frozen=True)
class Refusal:
    """One refusal: the column or dotted key, message key, and whole text."""

    column: str
    key: str
    text: str


def refusal(error: ErrorDetails, model: type[BaseModel]) -> Refusal:
    """Return one error of `model.model_validate` in plain words."""
    loc = error["loc"]
    context = error.get("ctx", {})
    if error["type"] == "case_fault":
        return Refusal(dotted((*loc, context["column"])), context["key"], context["text"])
    key, values = _message(error, model, context)
    return Refusal(dotted(loc), key, say(f"fault.{key}", **values))


def dotted(loc: tuple[int | str, ...]) -> str:
    """Return a place as people write it: `weather[2].path`, the first of a list being 1."""
    text = ""
    for part in loc:
        if isinstance(part, int):
            text += f"[{part + 1}]"
        else:
            text += f".{part}" if text else part
    return text


def _message(
    error: ErrorDetails, model: type[BaseModel], context: Mapping[str, Any]
) -> tuple[str, dict[str, object]]:
    kind = error["type"]
    name = next((part for part in reversed(error["loc"]) if isinstance(part, str)), "")
    value = str(error["input"])[:SHOWN_CHARACTERS]
    if kind in LIMITS:
        key, figure = LIMITS[kind]
        if key == "below_limit":
            key = BELOW_LIMIT_OF.get(str(name), key)
        return key, {"value": value, "limit": f"{context[figure]:g}"}
    if kind == "missing":
        return "toml_missing", {}
    if kind == "extra_forbidden":
        return _unknown_key(str(name), known_keys(model, error["loc"]))
    if kind == "enum":
        return "choice", {"value": value, "options": context["expected"]}
    if kind == "string_pattern_mismatch":
        return PATTERNS[str(name)], {"value": value}
    return WRONG_KINDS.get(kind, "other"), {"value": value, "reason": error["msg"]}


def _unknown_key(name: str, known: list[str]) -> tuple[str, dict[str, object]]:
    near = get_close_matches(name.casefold(), known, n=1, cutoff=0.6)
    if near:
        return "toml_unknown_near", {"near": near[0]}
    return "toml_unknown", {"options": words(*known)}


def known_keys(model: type[BaseModel], loc: tuple[int | str, ...]) -> list[str]:
    """Return the keys that the section holding `loc` may have."""
    section = model
    for part in loc[:-1]:
        info = section.model_fields.get(part) if isinstance(part, str) else None
        section = (_model_in(info.annotation) if info else None) or section
    return list(section.model_fields)


def _model_in(annotation: Any) -> type[BaseModel] | None:
    """Return the model an annotation is or holds, as `dict[str, ShareGroup]` does."""
    for option in (annotation, *get_args(annotation)):
        if isinstance(option, type) and issubclass(option, BaseModel):
            return option
    return None
