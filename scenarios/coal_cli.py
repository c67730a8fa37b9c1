"""`heat-dispatch coal`: its options; what it does is in `coal_commands`."""

import re
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
    store_option,
)

OUT_FOLDER = Path("coal")
DEFAULT_PATHS = 1000
_SEASON = re.compile(r"(\d{4})[-/](\d{2}|\d{4})")


class SeasonYears(click.ParamType[int]):
    """A heating season as `2026-27`, by its first year."""

    name = "season"

    def convert(
        self, value: object, param: click.Parameter | None, ctx: click.Context | None
    ) -> int:
        """Return the year in which it begins; a usage error if it is no season."""
        if isinstance(value, int):
            return value
        found = _SEASON.fullmatch(str(value).strip())
        if found is None or (int(found[1]) + 1) % 10 ** len(found[2]) != int(found[2]):
            self.fail(say("coal.season_unreadable", text=value), param, ctx)
        return int(found[1])


@click.command(help=say("coal.help"))
@case_argument
@now_option
@click.option("--season", type=SeasonYears(), metavar="YEARS", help=say("coal.option_season"))
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
    is_flag=False,
    flag_value=OUT_FOLDER,
    metavar="[FOLDER]",
    help=say("coal.option_out"),
)
@json_option
@click.pass_context
def coal(
    ctx: click.Context,
    case: str,
    now_text: str | None,
    season: int | None,
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
    folder_out = out / read.settings.id if out == OUT_FOLDER else out
    if season is None:
        ctx.exit(show_outlook(asked, folder_out, as_json=as_json))
    ctx.exit(show_season(asked, season, folder_out, as_json=as_json))
