"""What `heat-dispatch climate show` and `fit` do; each returns its exit code."""

import json
from collections.abc import Sequence
from dataclasses import asdict
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import click

from dispatch.case import Case
from dispatch.case_weather import place_of
from dispatch.messages import say
from forecasts.weather.climate.climate import Climate, ClimateVersion
from forecasts.weather.climate.climate_file import read_climate, write_climate
from forecasts.weather.climate.fit import fit_files
from forecasts.weather.climate.normals import away_km, nearest_city
from forecasts.weather.climate.past_hours import PastFault
from forecasts.weather.climate.schema import ClimateFault
from forecasts.weather.climate.winter_figures import WinterFigures, winter_figures
from forecasts.weather.provider import Place
from scenarios.climate_chart import climate_figure
from scenarios.climate_screen import climate_screen, fit_facts, winters_note
from scenarios.command import BAD_INPUT, OUR_FAULT, stop, write_out
from scenarios.drawing import drawing_style, png_bytes, svg_text
from scenarios.screen import Fact
from scenarios.screen import show as print_screen
from scenarios.weather_page import page

SEASON_OF_FIT = ("11-15", "03-15")  # where no case says its own
FIRST_YEAR = 2025  # of the season that winters are drawn for; leap years make no difference


def show_climate(
    case: Case, file: Path | None, period: str, out: Path | None, *, as_json: bool
) -> int:
    """Show the climate of a file, else the case's own, else the packaged one nearest to it."""
    settings = case.settings
    place = place_of(settings)
    if file is None and case.climate is not None:
        climate = case.climate
        name = say("weather_cli.climate_name", name=settings.name, city=climate.city)
    elif file is None:
        climate, _ = nearest_city(place, ClimateVersion(period))
        name = say("weather_cli.climate_name", name=settings.name, city=climate.city)
    else:
        climate = _read(file)
        name = climate.city
    winter = _winter(climate, settings.season_start, settings.season_end, settings.timezone)
    screen = climate_screen(climate, winter, (_where(climate, place), winters_note()), name)
    if out is not None:
        title = say("weather_cli.climate_picture", name=name)
        with drawing_style():
            drawn = climate_figure(title, climate, winter, settings.design_outdoor_temp_c)
            png = out.suffix.lower() == ".png"
            content = png_bytes(drawn) if png else page(screen, [svg_text(drawn)]).encode()
        write_out(out, content)
    if as_json:
        click.echo(_json(climate, winter), nl=False)
    else:
        print_screen(screen)
    return 0


def fit_climate(
    files: Sequence[Path], place: Place | None, name: str, zone: ZoneInfo, out: Path
) -> int:
    """Fit a climate, write it, and show what it rests on."""
    try:
        climate, report = fit_files(files, place, name, zone)
    except (PastFault, ValueError) as fault:
        stop(str(fault), BAD_INPUT)
    try:
        out.parent.mkdir(parents=True, exist_ok=True)
        write_climate(out, climate)
    except OSError as error:
        stop(say("weather_cli.climate_not_written", path=out, why=error.strerror), OUR_FAULT)
    winter = _winter(climate, *SEASON_OF_FIT, zone.key)
    print_screen(climate_screen(climate, winter, (*fit_facts(report), winters_note()), name))
    click.echo(say("weather_cli.climate_written", path=out), err=True)
    return 0


def _winter(climate: Climate, start: str, end: str, timezone: str) -> WinterFigures:
    """Return the figures of heating seasons from `start` to `end` (MM-DD, both included)."""
    zone = ZoneInfo(timezone)
    first = datetime.fromisoformat(f"{FIRST_YEAR}-{start}").replace(tzinfo=zone)
    next_year = end < start
    last = datetime.fromisoformat(f"{FIRST_YEAR + next_year}-{end}").replace(tzinfo=zone)
    return winter_figures(climate, first, (last.date() - first.date()).days + 1)


def _where(climate: Climate, place: Place) -> Fact:
    text = say(
        "weather_cli.station_value",
        latitude=climate.latitude,
        longitude=climate.longitude,
        km=away_km(place, climate),
    )
    return Fact(say("weather_cli.station"), (text,))


def _read(file: Path) -> Climate:
    try:
        return read_climate(file)
    except ClimateFault as fault:
        stop(str(fault), BAD_INPUT)


def _json(climate: Climate, winter: WinterFigures) -> str:
    figures = asdict(winter)
    figures["duration_c"] = [[round(float(x), 3) for x in line] for line in winter.duration_c]
    plain = {
        "schema": "heat-dispatch/climate",
        "version": 1,
        "climate": asdict(climate),
        "winter": figures,
    }
    return json.dumps(plain, indent=2, ensure_ascii=False) + "\n"
