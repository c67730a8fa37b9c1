"""`heat-dispatch health`: its options; heavy imports are inside."""

from pathlib import Path

import click

from dispatch.messages import say
from scenarios.command import (
    BAD_INPUT,
    aware_now,
    case_argument,
    case_folder,
    json_option,
    now_option,
    runs_option,
    stop,
    store_option,
)


@click.command(help=say("health.help"))
@case_argument
@now_option
@runs_option
@store_option
@click.option("--online", is_flag=True, help=say("health.option_online"))
@json_option
@click.pass_context
def health(
    ctx: click.Context,
    case: str,
    now_text: str | None,
    runs: Path,
    store: Path,
    online: bool,
    as_json: bool,
) -> None:
    """Say whether the daily run is well."""
    folder = case_folder(case)

    from dispatch.case_faults import faults_text
    from dispatch.case_files import read_settings
    from dispatch.health.check import Patient, worst
    from dispatch.health.look import looked_over
    from dispatch.health.plan_checks import health_json
    from scenarios.health_screen import health_screen
    from scenarios.screen import show

    settings, faults = read_settings(folder)
    if settings is None:
        stop(faults_text(faults), BAD_INPUT)
    now = aware_now(now_text, settings.timezone)
    patient = Patient(settings, folder, runs / settings.id, store, now, online)
    checks = looked_over(patient)
    exit_code = worst(checks).exit_code
    if as_json:
        click.echo(health_json(patient, checks, exit_code).decode(), nl=False)
    else:
        show(health_screen(patient, checks))
    ctx.exit(exit_code)
