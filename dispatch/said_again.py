"""Remarks of a stored run in the language asked for now."""

from collections.abc import Mapping
from contextlib import suppress
from datetime import date, datetime

from dispatch.messages import LANGUAGES, language, say, speaking


def said_again(stored: Mapping[str, object]) -> str:
    """Return a remark of `summary.json` in the language in use; else as it is stored.

    It is said anew only where its key and values give the stored words in some language: a
    catalogue that has changed, or a value that storing altered, would tell something else.
    """
    text, key, values = str(stored["text"]), stored.get("key"), stored.get("values")
    if not isinstance(key, str) or not isinstance(values, dict):
        return text
    for known in (values, {name: _read(value) for name, value in values.items()}):
        if any(_words(code, key, known) == text for code in LANGUAGES):
            return _words(language(), key, known) or text
    return text


def _words(code: str, key: str, values: Mapping[str, object]) -> str | None:
    """A message in a language; None where it has no such key or its places want other values."""
    try:
        with speaking(code):
            return say(key, **values)
    except (KeyError, ValueError, TypeError, AttributeError):
        return None


def _read(value: object) -> object:
    """A moment or a day that was stored as text."""
    if isinstance(value, str):
        for kind in (date, datetime):
            with suppress(ValueError):
                return kind.fromisoformat(value)
    return value
