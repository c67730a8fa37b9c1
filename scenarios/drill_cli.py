"""`heat-dispatch scenario drill`: what happens when a source or main is lost; the binder page."""

from pathlib import Path
from typing import TYPE_CHECKING

import click

from dispatch.messages import say, words
from scenarios.command import (
    BAD_INPUT,
    DEFAULT_CASE,
    OUR_FAULT,
    aware_now,
    case_folder,
    json_option,
    read_case,
    stop,
    store_option,
    with_progress,
)
from scenarios.scenario_cli import fresh_option, out_option, workers_option

if TYPE_CHECKING:
    from dispatch.daily_request import DailyRequest
    from dispatch.situation import Situation
    from scenarios.drills.binder import Asked, Binder

USUAL_DAYS = "design"
USUAL_HOURS = "24"
MOST_HOURS = 168
DRILLS = "drills"


@click.command(help=say("drill.help"))
@click.argument("case", default=DEFAULT_CASE)
@click.option("--days", default=USUAL_DAYS, show_default=True, help=say("drill.option_days"))
@click.option("--hours", default=USUAL_HOURS, show_default=True, help=say("drill.option_hours"))
@click.option("--only", metavar="ID[,ID]", help=say("drill.option_only"))
@store_option
@out_option
@workers_option
@fresh_option
@json_option
def drill(
    case: str,
    days: str,
    hours: str,
    only: str | None,
    store: Path,
    out: Path,
    workers: int | None,
    fresh: bool,
    as_json: bool,
) -> None:
    """Plan the loss of every source and main, and write the emergency binder."""
    from scenarios.drills.files import binder_files
    from scenarios.drills.screen import binder_screen
    from scenarios.screen import show

    request, situation = _situation(case, store, out)
    asked = _asked(situation, days, hours, only)
    binder = _binder(request, situation, asked, out, workers=workers, fresh=fresh)
    files = binder_files(binder)
    folder = out / binder.case.settings.id / DRILLS
    _write(folder, files)
    if as_json:
        click.echo(files["drills.json"].decode(), nl=False)
        return
    show(binder_screen(binder, [str(folder / name) for name in files]))


def _situation(case: str, store: Path, out: Path) -> "tuple[DailyRequest, Situation]":
    """The day of drills: the climate's weather, settled rooms, no last plan."""
    from dispatch.case_files import CaseFaults
    from dispatch.daily_request import DailyRequest, Stopwatch
    from dispatch.situation import look
    from scenarios.drills.day import START
    from scenarios.whatif.scenario import moment_of

    folder = case_folder(case)
    settings = read_case(folder).settings
    now = moment_of(START, settings, aware_now(None, settings.timezone))
    nowhere = out / "no-runs"
    request = DailyRequest(folder, now, nowhere, store, paths=FEW_PATHS, offline=True)
    try:
        return request, with_progress(lambda progress: look(request, Stopwatch(progress)))
    except CaseFaults as faults:
        stop(str(faults), BAD_INPUT)


FEW_PATHS = 50  # of weather to the season's end: drills ask for three days


def _asked(situation: "Situation", days: str, hours: str, only: str | None) -> "Asked":
    from scenarios.drills.binder import Asked
    from scenarios.drills.day import Day
    from scenarios.drills.loss import losses_of

    try:
        chosen = tuple(dict.fromkeys(Day(word.strip()) for word in days.split(",")))
    except ValueError:
        told = say("drill.days_unreadable", text=days, options=words(*Day))
        raise click.BadParameter(told, param_hint="--days") from None
    losses = losses_of(situation.case)
    if only is not None:
        names = [word.strip() for word in only.split(",")]
        known = {loss.lost_id for loss in losses}
        unknown = [name for name in names if name not in known]
        if unknown:
            told = say("drill.unknown", text=words(*unknown), options=words(*sorted(known)))
            raise click.BadParameter(told, param_hint="--only")
        losses = tuple(loss for loss in losses if loss.lost_id in names)
    return Asked(chosen, _hours(hours), losses)


def _hours(text: str) -> tuple[int, ...]:
    try:
        hours = [int(part) for part in text.split(",")]
    except ValueError:
        hours = []
    if not hours or not all(1 <= hour <= MOST_HOURS for hour in hours):
        told = say("drill.hours_unreadable", text=text, most=MOST_HOURS)
        raise click.BadParameter(told, param_hint="--hours")
    return tuple(sorted(set(hours)))


def _binder(
    request: "DailyRequest",
    situation: "Situation",
    asked: "Asked",
    out: Path,
    *,
    workers: int | None,
    fresh: bool,
) -> "Binder":
    from scenarios.drills.binder import binder_of, planned_drills, variants_of
    from scenarios.whatif.planning_progress import planning_progress
    from scenarios.whatif.result_cache import ResultCache
    from scenarios.whatif.side_by_side import PlanningStopped

    cache = None if fresh else ResultCache(out / "cache")
    try:
        with planning_progress(len(variants_of(situation, asked))) as progress:
            drills, why = planned_drills(
                situation, asked, request, workers=workers, cache=cache, progress=progress
            )
    except PlanningStopped as stopped:
        stop(str(stopped), OUR_FAULT)
    return binder_of(situation.case, situation.grid.start, drills, why)


def _write(folder: Path, files: dict[str, bytes]) -> None:
    from dispatch.atomic import write_files

    try:
        folder.mkdir(parents=True, exist_ok=True)
        write_files(folder, files)
    except OSError as error:
        stop(say("weather_cli.not_written", path=folder, why=error.strerror), OUR_FAULT)
