"""`heat-dispatch weather`: its commands and options; what they do is in `weather_commands`."""

from pathlib import Path

import click

from dispatch.messages import say
from scenarios.command import (
    DEFAULT_CASE,
    STORE_FOLDER,
    aware_now,
    case_argument,
    case_folder,
    json_option,
    now_option,
    read_case,
    store_option,
)

CHARTS = ("terminal", "png", "html", "none")
DEFAULT_DAYS = 7
DEFAULT_SKILL_DAYS = 60
PUBLIC = "public"  # of an option that may name an address of its own


@click.group(help=say("weather_cli.help"))
def weather() -> None:
    """Hold the commands about weather."""


@weather.command(help=say("weather_cli.show_help"))
@case_argument
@now_option
@store_option
@click.option(
    "--days",
    type=click.IntRange(1, 30),
    default=DEFAULT_DAYS,
    show_default=True,
    help=say("weather_cli.option_days"),
)
@click.option("--chart", type=click.Choice(CHARTS), help=say("weather_cli.option_chart"))
@click.option("--out", type=click.Path(path_type=Path), help=say("weather_cli.option_out"))
@json_option
@click.pass_context
def show(
    ctx: click.Context,
    case: str,
    now_text: str | None,
    store: Path,
    days: int,
    chart: str | None,
    out: Path | None,
    as_json: bool,
) -> None:
    """Show the forecast that a plan of now would rest on."""
    kind = _chart_kind(chart, out)
    folder = case_folder(case)
    read = read_case(folder)
    now = aware_now(now_text, read.settings.timezone)

    from scenarios.weather_commands import Subject, show_weather

    if kind in ("png", "html") and out is None:
        out = Path(f"weather-{read.settings.id}.{kind}")
    subject = Subject(folder, read, now, store)
    ctx.exit(show_weather(subject, days, kind, out, as_json=as_json))


@weather.command(help=say("weather_cli.fetch_help"))
@case_argument
@now_option
@store_option
@json_option
@click.pass_context
def fetch(ctx: click.Context, case: str, now_text: str | None, store: Path, as_json: bool) -> None:
    """Ask every source of a case and keep what they send."""
    folder = case_folder(case)
    read = read_case(folder)
    now = aware_now(now_text, read.settings.timezone)

    from scenarios.weather_commands import Subject, fetch_weather

    ctx.exit(fetch_weather(Subject(folder, read, now, store), as_json=as_json))


@weather.command(help=say("weather_cli.check_help"))
@click.argument("subject", default=DEFAULT_CASE)
@click.option("--case", "for_case", default=DEFAULT_CASE, help=say("weather_cli.option_for"))
@now_option
@json_option
@click.pass_context
def check(
    ctx: click.Context, subject: str, for_case: str, now_text: str | None, as_json: bool
) -> None:
    """Say what each gate thinks of every source of a case, or of a weather file."""
    file = Path(subject) if Path(subject).is_file() else None
    folder = case_folder(for_case if file else subject)
    read = read_case(folder)
    now = aware_now(now_text, read.settings.timezone)

    from scenarios.weather_commands import Subject, check_weather

    asked = Subject(folder, read, now, STORE_FOLDER)
    ctx.exit(check_weather(asked, file, as_json=as_json))


@weather.command(help=say("weather_cli.skill_help"))
@case_argument
@now_option
@store_option
@click.option(
    "--days",
    type=click.IntRange(1, 3660),
    default=DEFAULT_SKILL_DAYS,
    show_default=True,
    help=say("weather_cli.option_skill_days"),
)
@click.option(
    "--observed",
    type=click.Path(path_type=Path),
    help=say("weather_cli.option_observed"),
)
@click.option(
    "--archive",
    is_flag=False,
    flag_value=PUBLIC,
    metavar="[URL]",
    help=say("weather_cli.option_archive"),
)
@click.option(
    "--previous",
    is_flag=False,
    flag_value=PUBLIC,
    metavar="[URL]",
    help=say("weather_cli.option_previous"),
)
@click.option("--out", type=click.Path(path_type=Path), help=say("weather_cli.option_skill_out"))
@json_option
@click.pass_context
def skill(
    ctx: click.Context,
    case: str,
    now_text: str | None,
    store: Path,
    days: int,
    observed: Path | None,
    archive: str | None,
    previous: str | None,
    out: Path | None,
    as_json: bool,
) -> None:
    """Show how good the stored forecasts were, by lead time."""
    folder = case_folder(case)
    read = read_case(folder)
    now = aware_now(now_text, read.settings.timezone)

    from scenarios.skill_commands import show_skill
    from scenarios.skill_sources import Truth
    from scenarios.weather_commands import Subject

    subject = Subject(folder, read, now, store)
    truth = Truth(observed, None if archive is None else _url(archive))
    asked = None if previous is None else _url(previous)
    ctx.exit(show_skill(subject, days, truth, asked, out, as_json=as_json))


def _url(given: str) -> str:
    """Return the address given, "" for the public service."""
    return "" if given == PUBLIC else given


def _chart_kind(chart: str | None, out: Path | None) -> str:
    """Return the chart that is meant: as told, else by the ending of its file; a usage error."""
    by_ending = None if out is None else {".png": "png", ".html": "html"}.get(out.suffix.lower())
    if out is not None and (by_ending is None or chart not in (None, by_ending)):
        raise click.BadParameter(say("weather_cli.out_unknown", out=out), param_hint="--out")
    return chart or by_ending or "terminal"
