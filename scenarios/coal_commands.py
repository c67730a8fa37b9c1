"""What `heat-dispatch coal` does; returns its exit code."""

from collections.abc import Mapping
from pathlib import Path

import click

from dispatch.atomic import write_files
from dispatch.case_files import CaseFaults
from dispatch.coal_today import NothingAhead, outlook_now, season_need_of
from dispatch.fuel.outlook_request import OutlookRequest
from dispatch.fuel.season_need import SeasonDates
from dispatch.messages import say, words
from scenarios.coal_files import PAGE_FILE, SEASON_FILE, outlook_files, season_file
from scenarios.coal_json import outlook_json, season_json
from scenarios.coal_screen import coal_screen
from scenarios.coal_season_screen import season_screen
from scenarios.coal_standing import outlook_attention, season_attention
from scenarios.command import BAD_INPUT, DEGRADED, OUR_FAULT, stop, with_progress
from scenarios.screen import Screen, show


def show_outlook(asked: OutlookRequest, out: Path | None, *, as_json: bool) -> int:
    """Make the outlook, write its files into `out`, show it; 10 where it asks for attention."""
    _needs_yards(asked)
    settings = asked.case.settings
    try:
        outlook = with_progress(lambda progress: outlook_now(asked, progress))
    except CaseFaults as faults:
        stop(str(faults), BAD_INPUT)
    except NothingAhead:
        stop(say("coal.season_ends", name=settings.id), BAD_INPUT)
    lines = () if out is None else _written(out, outlook_files(settings, outlook), PAGE_FILE)
    text = outlook_json(asked, outlook) if as_json else None
    _show(text, coal_screen(settings, outlook, lines))
    return DEGRADED if outlook_attention(outlook) else 0


def show_season(
    asked: OutlookRequest, season: SeasonDates, out: Path | None, *, as_json: bool
) -> int:
    """Show what a season to come needs, and write it into `out`; 10 where coal is missing."""
    _needs_yards(asked)
    need = season_need_of(asked, season)
    settings = asked.case.settings
    files = {SEASON_FILE: season_file(need, settings.timezone)}
    lines = () if out is None else _written(out, files, SEASON_FILE)
    text = season_json(asked, need) if as_json else None
    _show(text, season_screen(settings, need, lines))
    return DEGRADED if season_attention(need) else 0


def _needs_yards(asked: OutlookRequest) -> None:
    if not asked.case.yards:
        text = say("coal.no_yards", name=asked.case.settings.id, folder=asked.case_folder)
        stop(text, BAD_INPUT)


def _show(as_json: str | None, screen: Screen) -> None:
    if as_json is None:
        show(screen)
    else:
        click.echo(as_json, nl=False)


def _written(folder: Path, files: Mapping[str, bytes], first: str) -> tuple[str, ...]:
    """Write files whole or not at all; return lines that say where, the one to open first."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        write_files(folder, files)
    except OSError as error:
        stop(say("coal.not_written", path=folder, why=error.strerror), OUR_FAULT)
    others = words(*(name for name in files if name != first))
    lines = (str(folder / first),)
    return (*lines, say("coal.files_beside", names=others)) if others else lines
