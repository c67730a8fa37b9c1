"""Where `heat-dispatch` begins: it learns the language first, for helps are words too.

`--lang` may stand anywhere on the command line; without it the environment says, and else English.
"""

import sys
from collections.abc import Sequence

from dispatch.messages import LANGUAGES, use_language

OPTION = "--lang"


def main() -> None:
    """Run the command line of this process."""
    words = language_first(sys.argv[1:])
    if words[:1] == [OPTION] and words[1:2] and words[1] in LANGUAGES:
        use_language(words[1])

    from scenarios.cli import main as command  # its helps are said as it is read
    from scenarios.click_words import speak

    speak()
    command(words)


def language_first(words: Sequence[str]) -> list[str]:
    """Return the words of a command line with the last `--lang X` in front, if there is one."""
    told: list[str] = []
    others: list[str] = []
    left = iter(words)
    for word in left:
        if word == "--":
            return [*told, *others, word, *left]
        if word == OPTION:
            told = [OPTION, *(value for value in [next(left, None)] if value is not None)]
        elif word.startswith(f"{OPTION}="):
            told = [OPTION, word.partition("=")[2]]
        else:
            others.append(word)
    return [*told, *others]


if __name__ == "__main__":
    main()
