"""`heat-dispatch calibrate`: its options; what it does is in `calibrate_commands`."""

from pathlib import Path

import click

from dispatch.messages import say
from scenarios.command import (
    BAD_INPUT,
    aware_now,
    case_argument,
    case_folder,
    stop,
    store_option,
)

DEFAULT_DAYS = 60
OUT_FOLDER = Path("calibration")


@click.command(help=say("calibrate.help"))
@case_argument
@click.option("--now", "now_text", metavar="ISO", help=say("calibrate.option_now"))
@click.option(
    "--days",
    type=click.IntRange(1, 400),
    default=DEFAULT_DAYS,
    show_default=True,
    help=say("calibrate.option_days"),
)
@store_option
@click.option("--out", type=click.Path(path_type=Path), help=say("calibrate.option_out"))
@click.option("--apply", "apply", is_flag=True, help=say("calibrate.option_apply"))
@click.pass_context
def calibrate(
    ctx: click.Context,
    case: str,
    now_text: str | None,
    days: int,
    store: Path,
    out: Path | None,
    apply: bool,
) -> None:
    """Measure the buildings and loops of a case by its telemetry."""
    folder = case_folder(case)

    from dispatch.case_files import CaseFaults, read_case
    from scenarios.calibrate_commands import Asked, calibrate_case

    try:
        read = read_case(folder, as_written=True).case
    except CaseFaults as faults:
        stop(str(faults), BAD_INPUT)
    now = aware_now(now_text, read.settings.timezone)
    out = out or OUT_FOLDER / read.settings.id
    ctx.exit(calibrate_case(Asked(folder, read, now, days, store, out), apply=apply))
