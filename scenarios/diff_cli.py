"""`heat-dispatch diff`: what changed from one plan to another, and why."""

from pathlib import Path

import click

from dispatch.messages import say
from scenarios.command import (
    BAD_INPUT,
    DEFAULT_CASE,
    case_folder,
    json_option,
    read_case,
    runs_option,
    stop,
)


@click.command(help=say("diff.help"))
@click.argument("run1")
@click.argument("run2")
@click.option("--case", default=DEFAULT_CASE, show_default=True, help=say("diff.option_case"))
@runs_option
@json_option
def diff(run1: str, run2: str, case: str, runs: Path, as_json: bool) -> None:
    """Compare two plans."""
    from dispatch.history.difference_words import effect_lines, why_lines
    from dispatch.history.past_run import RunUnreadable, named_run, read_run
    from dispatch.history.run_difference import VARIABLES, run_difference
    from dispatch.run_archive import to_json
    from scenarios.diff_screen import diff_screen
    from scenarios.screen import show

    of_case = runs / _case_id(case, run1, run2)
    try:
        before, after = (read_run(named_run(one, of_case), VARIABLES) for one in (run1, run2))
    except RunUnreadable as error:
        stop(str(error), BAD_INPUT)
    found = run_difference(before, after)
    if as_json:
        content = {"why": why_lines(found), "effect": effect_lines(found), "difference": found}
        click.echo(to_json(content).decode(), nl=False)
    else:
        show(diff_screen(found))


def _case_id(case: str, *words: str) -> str:
    """Return the case's id where a run is meant by name; else it does not matter."""
    if all(Path(one).is_dir() for one in words):
        return ""
    return read_case(case_folder(case)).settings.id
