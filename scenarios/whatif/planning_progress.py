"""How far the planning of variants is: a bar on a terminal, plain lines in a log."""

from collections.abc import Iterator
from contextlib import contextmanager

import click

from scenarios.whatif.side_by_side import Done, Progress


@contextmanager
def planning_progress(total: int) -> Iterator[Progress]:
    """Show how far `total` variants are, on standard error."""

    def told(done: Done) -> None:
        click.echo(f"{done.count}/{done.total} {done.result.name}", err=True)

    yield told
