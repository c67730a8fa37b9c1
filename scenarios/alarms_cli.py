"""`heat-dispatch alarms`: its options; heavy imports are inside."""

from pathlib import Path

import click

from dispatch.messages import say
from scenarios.command import (
    aware_now,
    case_argument,
    case_folder,
    json_option,
    now_option,
    read_case,
    runs_option,
)


@click.command(help=say("alarms.help"))
@case_argument
@now_option
@runs_option
@click.option(
    "--hours",
    type=click.IntRange(1, 168),
    default=72,
    show_default=True,
    help=say("alarms.option_hours"),
)
@json_option
@click.pass_context
def alarms(
    ctx: click.Context, case: str, now_text: str | None, runs: Path, hours: int, as_json: bool
) -> None:
    """Say what is wrong now."""
    folder = case_folder(case)
    read = read_case(folder)

    from dispatch.alarms.found import case_alarms
    from scenarios.alarms_screen import alarms_json, alarms_screen
    from scenarios.screen import show

    now = aware_now(now_text, read.settings.timezone)
    found = case_alarms(read, folder, runs, now, hours)
    if as_json:
        click.echo(alarms_json(read.settings.id, found).decode(), nl=False)
    else:
        show(alarms_screen(read.settings.name, found))
    ctx.exit(found.exit_code)
