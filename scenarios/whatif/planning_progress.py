"""How far the planning of variants is: a bar on a terminal, plain lines in a log."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import click
from rich.console import Console
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    SpinnerColumn,
    TaskID,
    TextColumn,
    TimeElapsedColumn,
)

from dispatch.messages import say
from scenarios.whatif import side_by_side
from scenarios.whatif.outcome import Unplanned
from scenarios.whatif.side_by_side import Done


@contextmanager
def planning_progress(total: int) -> Iterator[side_by_side.Progress]:
    """Show on standard error how far `total` variants are."""
    console = Console(stderr=True, highlight=False)
    if not console.is_terminal:
        yield Lines()
        return
    columns = (SpinnerColumn(), TextColumn("{task.description}", markup=False), BarColumn())
    counts = (MofNCompleteColumn(), TimeElapsedColumn())
    # No thread of its own that refreshes it: processes are forked while it is shown.
    bar = Progress(*columns, *counts, console=console, auto_refresh=False, transient=True)
    with bar:
        yield Bar(bar, bar.add_task(say("whatif_run.planning"), total=total))


class Lines:
    """A line for each variant."""

    def done(self, done: Done) -> None:
        """Say that it is planned."""
        click.echo(_line(done), err=True)

    def waiting(self) -> None:
        """Say nothing: a log wants no ticks."""


@dataclass(frozen=True)
class Bar:
    """A bar that fills up."""

    bar: Progress
    task: TaskID

    def done(self, done: Done) -> None:
        """Fill the bar."""
        self.bar.update(self.task, completed=done.count, description=done.result.title)
        self.bar.refresh()

    def waiting(self) -> None:
        """Let time go on."""
        self.bar.refresh()


def _line(done: Done) -> str:
    values = {"count": done.count, "total": done.total, "title": done.result.title}
    if done.remembered:
        return say("whatif_run.progress_remembered", **values)
    unplanned = isinstance(done.result, Unplanned)
    key = "whatif_run.progress_unplanned" if unplanned else "whatif_run.progress"
    return say(key, **values, seconds=f"{done.seconds:.0f}")
