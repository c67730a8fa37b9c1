"""Every people-facing string, by language: the only place that knows the catalogue.

The texts live in `catalogue/<language>/<area>.toml`; a message is named `area.key` and may hold
`{named}` places filled by `say`. Code never joins sentences from pieces of text: a message is
whole, so that another language can order it as it likes.
"""

import tomllib
from functools import cache
from importlib import resources

DEFAULT_LANGUAGE = "en"


@cache
def catalogue(language: str = DEFAULT_LANGUAGE) -> dict[str, str]:
    """Return all messages of a language, keyed `area.key`."""
    texts: dict[str, str] = {}
    folder = resources.files("dispatch") / "catalogue" / language
    for entry in sorted(folder.iterdir(), key=lambda item: item.name):
        if entry.name.endswith(".toml"):
            area = entry.name.removesuffix(".toml")
            for key, text in tomllib.loads(entry.read_text(encoding="utf-8")).items():
                texts[f"{area}.{key}"] = text
    return texts


def say(key: str, /, **values: object) -> str:
    """Return message `key` with its places filled; raises KeyError for an unknown key or place."""
    return catalogue()[key].format(**values)
