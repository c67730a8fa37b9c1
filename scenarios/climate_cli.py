"""`heat-dispatch climate`: its commands and options; what they do is in `climate_commands`."""

from pathlib import Path

import click

from dispatch.messages import say
from scenarios.command import (
    BAD_INPUT,
    DEFAULT_CASE,
    case_folder,
    json_option,
    read_case,
    stop,
)

PERIODS = ("recent", "design")
DEFAULT_ZONE = "Asia/Shanghai"
CHARTS = {".png": "png", ".html": "html"}


@click.group(help=say("weather_cli.climate_help"))
def climate() -> None:
    """Hold the commands about the climate."""


@climate.command(help=say("weather_cli.climate_show_help"))
@click.argument("subject", default=DEFAULT_CASE)
@click.option("--case", "for_case", metavar="CASE", help=say("weather_cli.option_climate_case"))
@click.option(
    "--period",
    type=click.Choice(PERIODS),
    default=PERIODS[0],
    show_default=True,
    help=say("weather_cli.option_period"),
)
@click.option("--out", type=click.Path(path_type=Path), help=say("weather_cli.option_out_climate"))
@json_option
@click.pass_context
def show(
    ctx: click.Context,
    subject: str,
    for_case: str | None,
    period: str,
    out: Path | None,
    as_json: bool,
) -> None:
    """Show a climate: by month, and what its winters are like."""
    if out is not None and out.suffix.lower() not in CHARTS:
        raise click.BadParameter(say("weather_cli.out_unknown", out=out), param_hint="--out")
    file = Path(subject) if Path(subject).is_file() else None
    case = for_case if file else subject
    read = read_case(case_folder(case or DEFAULT_CASE))

    from scenarios.climate_commands import show_climate

    ctx.exit(show_climate(read, file, period, out, as_json=as_json))


@climate.command(help=say("weather_cli.climate_fit_help"))
@click.argument("files", nargs=-1, required=True, type=click.Path(path_type=Path))
@click.option("--name", required=True, help=say("weather_cli.option_name"))
@click.option("--latitude", type=click.FloatRange(-90, 90), help=say("weather_cli.option_place"))
@click.option("--longitude", type=click.FloatRange(-180, 180), help=say("weather_cli.option_place"))
@click.option("--case", "for_case", metavar="CASE", help=say("weather_cli.option_fit_case"))
@click.option(
    "--zone", default=DEFAULT_ZONE, show_default=True, help=say("weather_cli.option_zone")
)
@click.option(
    "--out",
    type=click.Path(path_type=Path),
    default=Path("climate.toml"),
    show_default=True,
    help=say("weather_cli.option_fit_out"),
)
@click.pass_context
def fit(
    ctx: click.Context,
    files: tuple[Path, ...],
    name: str,
    latitude: float | None,
    longitude: float | None,
    for_case: str | None,
    zone: str,
    out: Path,
) -> None:
    """Fit a climate to files of past years and write it."""
    if (latitude is None) != (longitude is None) or (for_case and latitude is not None):
        raise click.UsageError(say("weather_cli.place_half"))
    settings = read_case(case_folder(for_case)).settings if for_case else None
    if settings is not None:
        latitude, longitude, zone = settings.latitude, settings.longitude, settings.timezone

    from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

    from forecasts.weather.provider import Place
    from scenarios.climate_commands import fit_climate

    try:
        local = ZoneInfo(zone)
    except (ZoneInfoNotFoundError, ValueError):
        stop(say("weather_cli.zone_unknown", zone=zone), BAD_INPUT)
    given = latitude is not None and longitude is not None
    place = Place(latitude or 0.0, longitude or 0.0, zone) if given else None
    ctx.exit(fit_climate(files, place, name, local, out))
