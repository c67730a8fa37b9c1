"""What `heat-dispatch weather show`, `fetch` and `check` do; each returns its exit code."""

import shutil
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import click
import xarray as xr

from dispatch.case import Case
from dispatch.case_weather import case_forecast, place_of, providers_of
from dispatch.messages import say
from dispatch.settings import Settings
from forecasts.weather.climate.climate import Climate
from forecasts.weather.inspection import Inspection, context_judge, inspections, judged_beside
from forecasts.weather.outlook import Window, day_outlooks, day_window
from forecasts.weather.provenance import FRESH_MAX_AGE_H, WeatherProvenance
from forecasts.weather.provider import Asked, Nature, WeatherProvider
from forecasts.weather.run_store import StoredRuns
from forecasts.weather.run_store_upkeep import prune
from forecasts.weather.weather_file import weather_file
from forecasts.weather.web import WebClient
from scenarios.command import DEGRADED, OUR_FAULT, stop, write_out
from scenarios.drawing import drawing_style, png_bytes, svg_text
from scenarios.inspection_screen import check_json, check_screen, fetch_json, fetch_screen
from scenarios.screen import Screen
from scenarios.screen import show as print_screen
from scenarios.weather_chart import View, forecast_figure
from scenarios.weather_page import page
from scenarios.weather_screen import weather_json, weather_screen
from scenarios.weather_terminal import terminal_chart
from scenarios.weather_words import Standing, judged

CHECKED_DAYS = 7
WIDTH = 100  # of a chart in letters, where no terminal says its own


@dataclass(frozen=True)
class Subject:
    """The case that is looked at, from when, and where its fetched weather is kept."""

    folder: Path
    case: Case
    now: datetime
    store: Path

    @property
    def settings(self) -> Settings:
        """Return what `case.toml` says."""
        return self.case.settings

    @property
    def climate(self) -> Climate | None:
        """Return the case's own climate; None: the nearest packaged city's."""
        return self.case.climate

    def window(self, days: int) -> Window:
        """Return the whole local days around now."""
        return day_window(self.now, ZoneInfo(self.settings.timezone), days)

    def asked(self, days: int) -> Asked:
        """Return what a source is asked for."""
        window = self.window(days)
        return Asked(place_of(self.settings), self.now, window.start, window.hours)

    def providers(self) -> list[WeatherProvider]:
        """Return the sources of the case; they share one time budget."""
        return providers_of(self.settings, self.folder, self.store, WebClient(), self.climate)


def show_weather(
    subject: Subject, days: int, chart: str, out: Path | None, *, as_json: bool
) -> int:
    """Show the forecast that a plan of now would rest on; with `out` also as PNG or HTML."""
    settings = subject.settings
    window = subject.window(days)
    forecast = case_forecast(
        subject.case, subject.folder, subject.store, subject.now, window.start, window.hours
    )
    said = judged(forecast)
    # yesterday is there to compare with
    told = day_outlooks(forecast, place_of(settings), subject.climate)[1:]
    screen = weather_screen(settings, forecast, said, told)
    view = _view(subject, said.provenance)
    if out is not None:
        write_out(out, _drawn(chart, screen, forecast, view))
    if as_json:
        click.echo(weather_json(settings, forecast, said, told), nl=False)
    else:
        print_screen(screen)
        if chart == "terminal":
            click.echo(_in_letters(forecast, view))
    return 0 if said.standing is Standing.GOOD else DEGRADED


def fetch_weather(subject: Subject, *, as_json: bool) -> int:
    """Ask every source, keep the forecasts that pass every gate, and say how it went."""
    found = _inspected(subject, subject.providers())
    kept = _kept(subject.store, found)
    prune(subject.store, subject.now)
    if as_json:
        click.echo(fetch_json(subject.settings, found, kept), nl=False)
    else:
        print_screen(fetch_screen(subject.settings, found, kept, subject.now))
    fresh = any(
        one.nature is Nature.FORECAST and one.age_h(subject.now) <= FRESH_MAX_AGE_H for one in found
    )
    return 0 if fresh else DEGRADED


def check_weather(subject: Subject, file: Path | None, *, as_json: bool) -> int:
    """Say what the gates think of the sources of the case, or of a file."""
    providers = subject.providers() if file is None else [weather_file(file)]
    found = _inspected(subject, providers)
    name = subject.settings.name if file is None else file.name
    if as_json:
        click.echo(check_json(found), nl=False)
    else:
        print_screen(check_screen(name, found))
    return DEGRADED if any(one.objected for one in found) else 0


def _inspected(subject: Subject, providers: Sequence[WeatherProvider]) -> tuple[Inspection, ...]:
    """Ask every source, and judge what it gives alone and beside the others."""
    asked = subject.asked(CHECKED_DAYS)
    found = list(inspections(providers, asked, time.monotonic))
    return judged_beside(found, context_judge(asked, subject.climate))


def _kept(store: Path, found: Sequence[Inspection]) -> dict[str, Path]:
    """Keep the forecasts; return the file of each source. A disk that fails ends the command."""
    kept = {}
    for one in found:
        if one.run is None or one.nature is not Nature.FORECAST:
            continue
        try:
            kept[one.provider] = StoredRuns(store).save(one.run)
        except OSError as error:
            stop(say("weather_cli.not_kept", folder=store, why=error.strerror), OUR_FAULT)
    return kept


def _view(subject: Subject, provenance: WeatherProvenance) -> View:
    settings = subject.settings
    zone = ZoneInfo(settings.timezone)
    if provenance.nature is Nature.FORECAST:
        subtitle = say(
            "weather_cli.chart_subtitle",
            provider=provenance.provider,
            issued=f"{provenance.issue_time.astimezone(zone):%Y-%m-%d %H:%M}",
            age_h=provenance.age_h,
        )
    else:
        subtitle = say("weather_cli.chart_subtitle_ageless", provider=provenance.provider)
    title = say("weather_cli.chart_title", name=settings.name)
    return View(
        title,
        subtitle,
        place_of(settings),
        subject.now,
        settings.design_outdoor_temp_c,
        subject.climate,
    )


def _drawn(chart: str, screen: Screen, forecast: xr.Dataset, view: View) -> bytes:
    with drawing_style():
        drawn = forecast_figure(forecast, view)
        if chart == "png":
            return png_bytes(drawn)
        return page(screen, [svg_text(drawn)]).encode()


def _in_letters(forecast: xr.Dataset, view: View) -> str:
    on_terminal = sys.stdout.isatty()
    width = shutil.get_terminal_size((WIDTH, 24)).columns if on_terminal else WIDTH
    return terminal_chart(forecast, view, width, coloured=on_terminal)
