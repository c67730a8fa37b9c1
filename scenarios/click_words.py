"""The words of the library that reads the command line, in the language in use.

click asks gettext for its own words, by the name `_` in each of its modules; gettext wants compiled
files of the system's languages. Here the same question goes to the catalogue, where all other words
are. What it does not know stays as click says it.
"""

from functools import cache

from click import core, decorators, exceptions, formatting, parser, types

from dispatch.messages import DEFAULT_LANGUAGE, catalogue, language

AREA = "click."
MODULES = (core, decorators, exceptions, formatting, parser, types)


def speak() -> None:
    """Have click speak the language in use from now on."""
    for module in MODULES:
        names = vars(module)
        if "_" in names:
            names["_"] = told
        if "ngettext" in names:
            names["ngettext"] = told_for


def told(text: str) -> str:
    """Return one of click's texts, with its places, in the language in use."""
    key = _keys().get(text)
    return text if key is None else catalogue(language()).get(key, text)


def told_for(one: str, several: str, number: int) -> str:
    """Return the text that suits a number, in the language in use."""
    return told(one if number == 1 else several)


@cache
def _keys() -> dict[str, str]:
    """Keys by click's own texts."""
    english = catalogue(DEFAULT_LANGUAGE)
    return {text: key for key, text in english.items() if key.startswith(AREA)}
