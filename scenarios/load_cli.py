"""`heat-dispatch load`: its options; what it does is in `load_commands`."""

from pathlib import Path

import click

from dispatch.messages import say
from scenarios.command import (
    aware_now,
    case_argument,
    case_folder,
    now_option,
    read_case,
    store_option,
)

ENDINGS = (".csv", ".png", ".html")
MOST_HOURS = 168


@click.command(help=say("load.help"))
@case_argument
@click.option("--station", metavar="ID", help=say("load.option_station"))
@now_option
@click.option(
    "--hours",
    type=click.IntRange(1, MOST_HOURS),
    default=MOST_HOURS,
    show_default=True,
    help=say("load.option_hours"),
)
@store_option
@click.option("--out", type=click.Path(path_type=Path), help=say("load.option_out"))
@click.pass_context
def load(
    ctx: click.Context,
    case: str,
    station: str | None,
    now_text: str | None,
    hours: int,
    store: Path,
    out: Path | None,
) -> None:
    """Forecast the measured load of the network or of a station."""
    if out is not None and out.suffix.lower() not in ENDINGS:
        raise click.BadParameter(say("load.out_unknown", out=out), param_hint="--out")
    folder = case_folder(case)
    read = read_case(folder)
    now = aware_now(now_text, read.settings.timezone)

    from scenarios.load_commands import show_load
    from scenarios.weather_commands import Subject

    ctx.exit(show_load(Subject(folder, read, now, store), station, hours, out))
