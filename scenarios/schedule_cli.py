"""`heat-dispatch schedule`: unattended runs of a case, by systemd or cron."""

import json
from datetime import time
from pathlib import Path
from typing import TYPE_CHECKING

import click

from dispatch.messages import say
from scenarios.command import (
    BAD_INPUT,
    DEGRADED,
    OUR_FAULT,
    case_argument,
    case_folder,
    is_bundled,
    json_option,
    read_case,
    runs_option,
    stop,
    store_option,
)

if TYPE_CHECKING:
    from scenarios.schedule.installed import Place
    from scenarios.schedule.jobs import Schedule

WATCH_CHOICES = ("0", "10", "15", "20", "30", "60")

system_option = click.option("--system", is_flag=True, help=say("schedule.option_system"))
folder_option = click.option(
    "--unit-folder",
    type=click.Path(path_type=Path, file_okay=False),
    help=say("schedule.option_unit_folder"),
)


@click.group(help=say("schedule.help"))
def schedule() -> None:
    """Unattended runs."""


@schedule.command(help=say("schedule.install_help"))
@case_argument
@click.option(
    "--daily",
    "daily_at",
    default="05:30",
    metavar="HH:MM",
    show_default=True,
    help=say("schedule.option_daily"),
)
@click.option(
    "--order",
    "order_at",
    default="16:00",
    metavar="HH:MM",
    show_default=True,
    help=say("schedule.option_order"),
)
@click.option(
    "--watch-every",
    type=click.Choice(WATCH_CHOICES),
    default="30",
    show_default=True,
    help=say("schedule.option_watch"),
)
@runs_option
@store_option
@system_option
@click.option("--as", "user", metavar="USER", help=say("schedule.option_as"))
@folder_option
@click.option("--dry-run", is_flag=True, help=say("schedule.option_dry_run"))
def install(
    case: str,
    daily_at: str,
    order_at: str,
    watch_every: str,
    runs: Path,
    store: Path,
    system: bool,
    user: str | None,
    unit_folder: Path | None,
    dry_run: bool,
) -> None:
    """Install the timers of a case."""
    if system and not user:
        raise click.UsageError(say("schedule.as_whom"))
    if user and not system:
        raise click.UsageError(say("schedule.as_without_system"))
    asked = _schedule(
        case, runs, store, _time(daily_at, "--daily"), _time(order_at, "--order"), int(watch_every)
    )
    if is_bundled(case_folder(case)):
        click.echo(say("schedule.bundled"), err=True)

    from scenarios.schedule.installed import ForeignUnit, SystemctlFailed, has_systemd
    from scenarios.schedule.installed import install as install_units
    from scenarios.schedule.jobs import cron_lines
    from scenarios.schedule.units import unit_files

    if dry_run:
        for name, text in unit_files(asked, user).items():
            click.echo(f"# ---- {name}\n{text}")
        return
    if not has_systemd():
        click.echo(say("schedule.no_systemd"))
        for line in cron_lines(asked):
            click.echo(line)
        return
    place = _place(unit_folder, of_system=system)
    try:
        changed = install_units(asked, place, user)
    except ForeignUnit as foreign:
        stop(say("schedule.foreign", path=foreign.path), BAD_INPUT)
    except OSError as error:
        stop(say("schedule.not_written", folder=place.folder, why=error.strerror), OUR_FAULT)
    except SystemctlFailed as failed:
        stop(say("schedule.refused", command=" ".join(failed.words), why=failed.why), OUR_FAULT)
    for name in changed:
        click.echo(say("schedule.changed", path=place.folder / name))
    times = {"daily": daily_at, "order": order_at, "zone": asked.timezone}
    click.echo(say("schedule.installed" if changed else "schedule.as_before", **times))
    if not system:
        click.echo(say("schedule.linger"))


@schedule.command(help=say("schedule.status_help"))
@case_argument
@runs_option
@store_option
@system_option
@folder_option
@json_option
@click.pass_context
def status(
    ctx: click.Context,
    case: str,
    runs: Path,
    store: Path,
    system: bool,
    unit_folder: Path | None,
    as_json: bool,
) -> None:
    """Show what is installed, and how it went."""
    asked = _schedule(case, runs, store)

    from scenarios.schedule.installed import SystemctlFailed, has_systemd, states, written
    from scenarios.schedule.last_run import last_run_words

    place = _place(unit_folder, of_system=system)
    minded = has_systemd()
    try:
        found = states(asked, place) if minded else {}
    except SystemctlFailed as failed:
        stop(say("schedule.refused", command=" ".join(failed.words), why=failed.why), OUR_FAULT)
    failed_jobs = [kind for kind, state in found.items() if state.get("Result") != "success"]
    if as_json:
        content = {
            "systemd": minded,
            "files": [str(path) for path in written(asked, place)],
            "jobs": {kind.value: state for kind, state in found.items()},
        }
        click.echo(json.dumps(content, indent=2, ensure_ascii=False))
    elif not minded:
        click.echo(say("schedule.status_no_systemd"))
    elif not found:
        click.echo(say("schedule.status_nothing", case=asked.case_id))
    else:
        for kind, state in found.items():
            told = {
                "job": say(f"schedule.unit_{kind.value}", case=asked.case_id),
                "last": state.get("LastTriggerUSec", say("schedule.never")),
                "following": state.get("NextElapseUSecRealtime", say("schedule.never")),
                "result": state.get("Result", say("schedule.unknown")),
                "status": state.get("ExecMainStatus", "-"),
            }
            click.echo(say("schedule.status_job", **told))
    if not as_json:
        click.echo(last_run_words(asked))
    ctx.exit(DEGRADED if failed_jobs or (minded and not found) else 0)


@schedule.command(help=say("schedule.remove_help"))
@case_argument
@runs_option
@store_option
@system_option
@folder_option
def remove(case: str, runs: Path, store: Path, system: bool, unit_folder: Path | None) -> None:
    """Remove the timers of a case."""
    asked = _schedule(case, runs, store)

    from scenarios.schedule.installed import SystemctlFailed, has_systemd
    from scenarios.schedule.installed import remove as remove_units

    place = _place(unit_folder, of_system=system)
    if not has_systemd():
        click.echo(say("schedule.status_no_systemd"))
        return
    try:
        gone = remove_units(asked, place)
    except OSError as error:
        stop(say("schedule.not_written", folder=place.folder, why=error.strerror), OUR_FAULT)
    except SystemctlFailed as failed:
        stop(say("schedule.refused", command=" ".join(failed.words), why=failed.why), OUR_FAULT)
    for name in gone:
        click.echo(say("schedule.removed", path=place.folder / name))
    if not gone:
        click.echo(say("schedule.status_nothing", case=asked.case_id))


def _schedule(
    case: str,
    runs: Path,
    store: Path,
    daily_at: time | None = None,
    order_at: time | None = None,
    watch_every_min: int | None = None,
) -> "Schedule":
    from scenarios.schedule.jobs import DAILY_AT, ORDER_AT, WATCH_EVERY_MIN, Schedule

    folder = case_folder(case)
    settings = read_case(folder).settings
    return Schedule(
        case_id=settings.id,
        timezone=settings.timezone,
        case_folder=folder.resolve(),
        runs_folder=runs.resolve(),
        store_folder=store.resolve(),
        daily_at=daily_at or DAILY_AT,
        order_at=order_at or ORDER_AT,
        watch_every_min=WATCH_EVERY_MIN if watch_every_min is None else watch_every_min,
    )


def _place(unit_folder: Path | None, *, of_system: bool) -> "Place":
    from scenarios.schedule.installed import Place, usual_place

    usual = usual_place(of_system=of_system)
    return usual if unit_folder is None else Place(unit_folder.resolve(), usual.of_system)


def _time(text: str, option: str) -> time:
    try:
        return time.fromisoformat(text).replace(second=0, microsecond=0, tzinfo=None)
    except ValueError:
        raise click.BadParameter(say("schedule.no_time", text=text), param_hint=option) from None
