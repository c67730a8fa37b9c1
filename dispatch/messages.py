"""Every people-facing string, by language: the only place that knows the catalogue.

The texts live in `catalogue/<language>/<area>.toml`; a message is named `area.key` and may hold
`{named}` places filled by `say`. Code never joins sentences from pieces of text: a message is
whole, so that another language can order it as it likes.

The language is one for the whole process and for those it starts: what people read of one run is
not mixed. It stands in the environment, where they find it; `--lang` writes it there.
"""

import os
import tomllib
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from datetime import date, datetime
from functools import cache, reduce
from importlib import resources
from string import Formatter

DEFAULT_LANGUAGE = "en"
LANGUAGES = (DEFAULT_LANGUAGE, "zh")
LANGUAGE_NAME = "HEAT_DISPATCH_LANG"  # of the environment variable


def language() -> str:
    """Return the language people are spoken to in; English where an unknown one is asked for."""
    asked = os.environ.get(LANGUAGE_NAME, DEFAULT_LANGUAGE)
    return asked if asked in LANGUAGES else DEFAULT_LANGUAGE


def use_language(code: str) -> None:
    """Speak `code`, one of `LANGUAGES`, from now on, here and in processes started from here."""
    os.environ[LANGUAGE_NAME] = code


@contextmanager
def speaking(code: str) -> Iterator[None]:
    """Speak `code` for a while."""
    before = os.environ.get(LANGUAGE_NAME)
    use_language(code)
    try:
        yield
    finally:
        if before is None:
            del os.environ[LANGUAGE_NAME]
        else:
            use_language(before)


@cache
def catalogue(code: str = DEFAULT_LANGUAGE) -> dict[str, str]:
    """Return all messages of a language, keyed `area.key`."""
    texts: dict[str, str] = {}
    folder = resources.files("dispatch") / "catalogue" / code
    for entry in sorted(folder.iterdir(), key=lambda item: item.name):
        if entry.name.endswith(".toml"):
            area = entry.name.removesuffix(".toml")
            for key, text in tomllib.loads(entry.read_text(encoding="utf-8")).items():
                texts[f"{area}.{key}"] = text
    return texts


def say(key: str, /, **values: object) -> str:
    """Return message `key` with its places filled; raises KeyError for an unknown key or place.

    Moments and days are written as the language writes them, several words with its comma.
    """
    return _SPEAKER.vformat(_text(key), (), values)


class _Speaker(Formatter):
    """Fills places; what a place says of the form (`{day:%Y-%m-%d}`) holds before the language."""

    def format_field(self, value: object, format_spec: str) -> str:
        return format(value, format_spec) if format_spec else str(_spoken(value))


_SPEAKER = _Speaker()


def _text(key: str) -> str:
    """The text in the language in use; in English where that one lacks it."""
    texts = catalogue(language())
    return texts[key] if key in texts else catalogue()[key]


def _spoken(value: object) -> object:
    if isinstance(value, datetime):
        return moment(value)
    if isinstance(value, date):
        return day(value)
    if isinstance(value, tuple | list):
        return words(*value)
    return value


def moment(at: datetime) -> str:
    """Return a moment of the coming days or the last ones, in its own zone: 15 Jan 06:00."""
    return f"{day(at)} {at:%H:%M}"


def day(on: date) -> str:
    """Return a day of this season: 15 Jan, 1月15日."""
    return _text("words.day").format(day=on.day, month=_text(f"words.month_{on.month}"))


def words(*several: object) -> str:
    """Return things one after another, as the language lists them."""
    return _joined("words.then", several)


def area(m2: float) -> str:
    """Return a heated area of a town in the unit the language counts it in: 12.56 million m²."""
    return _text("words.area").format(units=m2 / float(_text("words.area_unit_m2")))


def asides(*several: object) -> str:
    """Return parts of a place, each within the one before: file, row, column."""
    return _joined("words.within", several)


def clauses(*several: object) -> str:
    """Return parts of one sentence that stand by themselves: a; b."""
    return _joined("words.also", several)


def _joined(key: str, several: Iterable[object]) -> str:
    told = [str(_spoken(one)) for one in several]
    pair = _text(key)
    return reduce(lambda first, one: pair.format(first=first, next=one), told) if told else ""
