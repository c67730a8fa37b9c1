"""The screen of `heat-dispatch scenario run`: the answer, what to do, then tables."""

from collections.abc import Sequence

from scenarios.screen import Screen
from scenarios.whatif.comparison import Comparison


def comparison_screen(comparison: Comparison, files: Sequence[str] = ()) -> Screen:
    """Return a comparison for `screen.show`; `files` say where things were written."""
    raise NotImplementedError
