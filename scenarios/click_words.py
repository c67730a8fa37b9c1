"""The few words that click itself says (Usage, Options, Error …), in the language of the user.

Click asks gettext, which wants compiled files of translations; ours stand in the catalogue with
all other words. What the catalogue does not hold stays as click says it.
"""

from enum import StrEnum
from functools import cache

from click import core, decorators, exceptions, formatting, parser, types

from dispatch.messages import DEFAULT_LANGUAGE, catalogue, language

_ASKING = (core, decorators, exceptions, formatting, parser, types)  # modules of click that ask


class ClickWord(StrEnum):
    """What click says and we translate, named as in `catalogue/<language>/click.toml`."""

    USAGE = "usage"
    OPTIONS = "options"
    COMMANDS = "commands"
    ERROR = "error"
    TRY = "try"
    HELP = "help"
    DEFAULT = "default"
    MISSING_COMMAND = "missing_command"
    MISSING_ARGUMENT = "missing_argument"
    MISSING_OPTION = "missing_option"
    INVALID = "invalid"
    INVALID_OF = "invalid_of"
    NO_OPTION = "no_option"
    NO_COMMAND = "no_command"
    NOT_A_NUMBER = "not_a_number"
    NOT_IN_RANGE = "not_in_range"
    NOT_THERE = "not_there"
    NOT_ONE_OF = "not_one_of"
    NOT_ONE_OF_SEVERAL = "not_one_of_several"
    NEEDS_A_VALUE = "needs_a_value"
    NEEDS_VALUES = "needs_values"
    EXTRA = "extra"
    EXTRA_SEVERAL = "extra_several"
    MEANT = "meant"
    MEANT_ONE_OF = "meant_one_of"
    ABORTED = "aborted"


def speak_for_click() -> None:
    """Let click take its words from the catalogue, each time it says them."""
    for module in _ASKING:
        for name, said in (("_", _said), ("ngettext", _said_of_several)):
            if hasattr(module, name):
                setattr(module, name, said)


def _said(text: str) -> str:
    word = _words().get(text)
    return text if word is None else catalogue(language()).get(f"click.{word.value}", text)


def _said_of_several(one: str, several: str, count: int) -> str:
    return _said(one if count == 1 else several)


@cache
def _words() -> dict[str, ClickWord]:
    """Which word a text of click is."""
    texts = catalogue(DEFAULT_LANGUAGE)
    return {texts[f"click.{word.value}"]: word for word in ClickWord}
