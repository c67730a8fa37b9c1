"""`heat-dispatch history`, `diff` and `followup`: their options; heavy imports are inside."""

from datetime import date, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import click

from dispatch.messages import say, words
from scenarios.command import (
    BAD_INPUT,
    OUR_FAULT,
    aware_now,
    case_argument,
    case_folder,
    json_option,
    now_option,
    read_case,
    runs_option,
    stop,
    store_option,
)

if TYPE_CHECKING:
    from dispatch.history.keep import Subject

SHOW = "show"
USUAL_DAYS = 14
MOST_DAYS = 3_660


class ShownGroup(click.Group):
    """A group whose first word may be a case: `history zaozhuang` is `history show zaozhuang`."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Put the usual command in front where none is named."""
        first = args[0] if args else ""
        named = first in self.commands or first in ctx.help_option_names
        return super().parse_args(ctx, args if named else [SHOW, *args])


@click.group(cls=ShownGroup, help=say("history.help"))
def history() -> None:
    """Runs as the history keeps them."""


@history.command(name=SHOW, help=say("history.show_help"))
@case_argument
@click.option(
    "--days",
    type=click.IntRange(1, MOST_DAYS),
    default=USUAL_DAYS,
    show_default=True,
    help=say("history.option_days"),
)
@runs_option
@json_option
def show_history(case: str, days: int, runs: Path, as_json: bool) -> None:
    """List the runs of a case."""
    settings = read_case(case_folder(case)).settings

    from dispatch.history.database import HistoryUnavailable, opened_history
    from dispatch.history.stored_runs import StoredRun, stored_runs
    from dispatch.run_archive import to_json
    from scenarios.history_screen import history_screen
    from scenarios.screen import show

    found: tuple[StoredRun, ...] = ()
    try:
        if (runs / settings.id).is_dir():  # asking makes no folder
            with opened_history(settings.history, runs / settings.id) as engine:
                found = stored_runs(engine, settings.id, days)
    except HistoryUnavailable as error:
        stop(str(error), BAD_INPUT)
    if as_json:
        click.echo(to_json({"case_id": settings.id, "runs": found}).decode(), nl=False)
    else:
        show(history_screen(settings.name, found, days))


@history.command(name="rebuild", help=say("history.rebuild_help"))
@case_argument
@now_option
@runs_option
@store_option
def rebuild_history(case: str, now_text: str | None, runs: Path, store: Path) -> None:
    """Record all runs anew."""
    subject = _subject(case, now_text, runs, store)

    from dispatch.history.database import HistoryUnavailable, made_anew
    from dispatch.history.keep import rebuild
    from forecasts.telemetry.faults import TelemetryFaults

    try:
        made_anew(subject.case.settings.history, subject.runs)
        done = rebuild(subject)
    except (HistoryUnavailable, TelemetryFaults) as error:
        stop(str(error), BAD_INPUT)
    except OSError as error:
        stop(error.strerror or str(error), OUR_FAULT)
    click.echo(say("history.rebuilt", count=len(done.recorded)))
    if done.unreadable:
        names = words(*done.unreadable)
        click.echo(say("history.rebuilt_unreadable", count=len(done.unreadable), names=names))


def _subject(case: str, now_text: str | None, runs: Path, store: Path) -> "Subject":
    from dispatch.history.keep import Subject

    folder = case_folder(case)
    read = read_case(folder)
    now = aware_now(now_text, read.settings.timezone)
    return Subject(read, folder, runs / read.settings.id, store, now)


@click.command(help=say("followup.help"))
@case_argument
@click.option("--day", "day_text", metavar="DATE", help=say("followup.option_day"))
@now_option
@runs_option
@store_option
@json_option
def followup(
    case: str,
    day_text: str | None,
    now_text: str | None,
    runs: Path,
    store: Path,
    as_json: bool,
) -> None:
    """Look back on a day."""
    subject = _subject(case, now_text, runs, store)
    day = _day(day_text, subject.yesterday)

    from dispatch.history.follow_up import follow_up
    from dispatch.history.measured_day import measured_days
    from dispatch.run_archive import to_json
    from forecasts.telemetry.faults import TelemetryFaults
    from scenarios.follow_up_screen import follow_up_screen
    from scenarios.screen import show

    try:
        measured = measured_days(subject.case, subject.case_folder, store, day, day)
    except TelemetryFaults as faults:
        stop(str(faults), BAD_INPUT)
    looked = follow_up(subject.case, subject.runs, day, measured[0] if measured else None)
    if as_json:
        content = {"case_id": subject.case.settings.id, "follow_up": looked}
        click.echo(to_json({**content, "drifted": looked.drifted}).decode(), nl=False)
        return
    name = subject.case.settings.name
    show(follow_up_screen(name, looked, subject.runs, subject.case_folder))


def _day(text: str | None, yesterday: date) -> date:
    """Return the day asked for; a usage error if it is none, or not over."""
    if text is None:
        return yesterday
    try:
        day = date.fromisoformat(text)
    except ValueError:
        told = say("followup.day_unreadable", text=text)
        raise click.BadParameter(told, param_hint="--day") from None
    if day > yesterday:
        today = yesterday + timedelta(days=1)
        told = say("followup.day_to_come", day=day, today=today)
        raise click.BadParameter(told, param_hint="--day")
    return day
