"""`heat-dispatch coal`: its options; what it does is in `coal_commands`."""

from pathlib import Path
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

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
    store_option,
)

if TYPE_CHECKING:
    from dispatch.fuel.outlook_request import OutlookRequest
    from dispatch.fuel.season_need import SeasonDates

OUT_FOLDER = Path("coal")
DEFAULT_PATHS = 1000


@click.command(help=say("coal.help"))
@case_argument
@now_option
@click.option("--season", metavar="YEARS", help=say("coal.option_season"))
@click.option(
    "--risk",
    type=click.FloatRange(0.001, 0.5),
    help=say("coal.option_risk"),
)
@click.option(
    "--paths",
    type=click.IntRange(100, 20_000),
    default=DEFAULT_PATHS,
    show_default=True,
    help=say("coal.option_paths"),
)
@runs_option
@store_option
@click.option(
    "--out",
    type=click.Path(path_type=Path, file_okay=False),
    metavar="FOLDER",
    help=say("coal.option_out"),
)
@json_option
@click.pass_context
def coal(
    ctx: click.Context,
    case: str,
    now_text: str | None,
    season: str | None,
    risk: float | None,
    paths: int,
    runs: Path,
    store: Path,
    out: Path | None,
    as_json: bool,
) -> None:
    """Show how long the coal lasts, when to order, what bad luck costs."""
    folder = case_folder(case)
    read = read_case(folder)
    now = aware_now(now_text, read.settings.timezone)

    from dispatch.fuel.outlook_request import OutlookRequest
    from scenarios.coal_commands import show_outlook, show_season

    asked = OutlookRequest(
        case_folder=folder,
        case=read,
        now=now,
        risk=read.settings.supply.order_risk if risk is None else risk,
        paths=paths,
        runs_folder=runs,
        store_folder=store,
    )
    to_come = None if season is None else _season(season, asked)
    if out is None and not as_json:  # who asks for JSON takes it from there
        out = OUT_FOLDER / read.settings.id
    if to_come is None:
        ctx.exit(show_outlook(asked, out, as_json=as_json))
    ctx.exit(show_season(asked, to_come, out, as_json=as_json))


def _season(text: str, asked: "OutlookRequest") -> "SeasonDates":
    """Return the season that is meant; a usage error if the case has none such."""
    from dispatch.fuel.season_dates import NotASeason, season_dates
    from forecasts.demand.calendar import Season

    settings = asked.case.settings
    season = Season.parse(settings.season_start, settings.season_end)
    today = asked.now.astimezone(ZoneInfo(settings.timezone)).date()
    try:
        return season_dates(text, season, today)
    except NotASeason as fault:
        raise click.BadParameter(str(fault), param_hint="--season") from None
