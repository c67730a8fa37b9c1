"""Remarks of a run in the language in use, whatever it was made in: runs keep keys and figures."""

import re
from collections.abc import Mapping
from datetime import date, datetime
from functools import cache
from typing import Any

from dispatch.messages import LANGUAGES, catalogue, say

MOMENT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d(:\d\d)?([+-]\d\d:\d\d)")
REASONS = "run."  # area of the catalogue
DAY = re.compile(r"\d{4}-\d\d-\d\d")


def retold(said: Mapping[str, Any]) -> str:
    """Return a remark of `summary.json` in the language in use; as it was said where unknown."""
    try:
        return say(said["key"], **{name: _value(one) for name, one in said["values"].items()})
    except (KeyError, ValueError, TypeError, AttributeError):
        return str(said["text"])


def _value(value: object) -> object:
    """A figure as it was before JSON: moments and days are texts there."""
    if isinstance(value, list):
        return [_value(one) for one in value]
    if isinstance(value, str) and MOMENT.fullmatch(value):
        return datetime.fromisoformat(value)
    if isinstance(value, str) and DAY.fullmatch(value):
        return date.fromisoformat(value)
    return value


def reason(cell: str) -> str:
    """Return what holds a setpoint in the language in use; who pinned it stays as was written."""
    key = _keys_of_reasons().get(cell)
    return cell if key is None else say(key)


@cache
def _keys_of_reasons() -> dict[str, str]:
    """Keys of the reasons in setpoint tables by their words in any language."""
    texts = [catalogue(code) for code in LANGUAGES]
    return {text: key for one in texts for key, text in one.items() if key.startswith(REASONS)}
