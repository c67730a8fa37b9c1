"""Pictures of a sweep: cost, fuel and coldest rooms against the parameter."""

from scenarios.screen import Screen
from scenarios.whatif.sweep import Sweep


def sweep_screen(sweep: Sweep) -> Screen:
    """Return the table of a sweep for `screen.show`."""
    raise NotImplementedError


def sweep_terminal_chart(sweep: Sweep, width: int, *, coloured: bool) -> str:
    """Return the curves in letters, for a terminal or a log."""
    raise NotImplementedError


def sweep_files(sweep: Sweep) -> dict[str, bytes]:
    """Return `sweep.csv`, `sweep.json`, `sweep.png` and `sweep.html` by name."""
    raise NotImplementedError
