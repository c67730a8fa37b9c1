"""What `heat-dispatch weather skill` does: stored runs against the sensor, on screen, in files."""

import csv
import io
import json
from collections.abc import Iterator, Sequence
from dataclasses import asdict, fields
from datetime import datetime, timedelta
from math import isfinite
from pathlib import Path

import click
import xarray as xr

from dispatch.atomic import write_file
from dispatch.case_kinds import WeatherKind
from dispatch.case_weather import place_of
from dispatch.messages import say, words
from dispatch.text_cells import word
from forecasts.weather.expectation import UsualError
from forecasts.weather.provider import Nature, Place
from forecasts.weather.replay import Replay
from forecasts.weather.run_store import StoredRuns
from forecasts.weather.skill import (
    LeadSkill,
    Pairs,
    pairs_of,
    pairs_of_previous,
    reliability_of,
    skill_by_lead,
)
from forecasts.weather.stored_run import NotRead
from scenarios.command import DEGRADED, OUR_FAULT, stop
from scenarios.drawing import drawing_style, png_bytes, svg_text
from scenarios.reliability_chart import ServiceSkill, skill_figure
from scenarios.screen import Fact, Figures, Screen
from scenarios.screen import show as print_screen
from scenarios.skill_sources import Truth, learned_from, measured, previous_forecasts
from scenarios.weather_commands import Subject
from scenarios.weather_page import page

RELIABLE_LEADS_H = (0.0, 240.0)  # of the diagram: later, nothing is promised


def show_skill(
    subject: Subject,
    days: int,
    truth: Truth,
    previous_url: str | None,
    out: Path | None,
    *,
    as_json: bool,
) -> int:
    """Show how good the stored runs of the last `days` were; with `out` also as files there.

    They are compared with `truth`; with `previous_url` ("": the public service) also what
    Open-Meteo said of these days 1 to 7 days before.
    """
    place = place_of(subject.settings)
    truth_found = measured(subject, truth, days)
    came = truth_found.observed.hourly
    store = StoredRuns(subject.store)
    since = subject.now - timedelta(days=days)
    services = []
    for provider in store.providers(place):
        runs = _forecasts(provider, store, subject, since, place)
        services.append(_service(pairs_of(provider, runs, came, place, subject.climate)))
    if previous_url is not None:
        said = previous_forecasts(subject, previous_url, days)
        name = say("weather_cli.previous")
        services.append(_service(pairs_of_previous(name, said, came, place, subject.climate)))
    services.extend(_as_used(store, subject, since, days, came))
    services = [one for one in services if one.by_lead]
    screen = skill_screen(subject, services, days, truth_found.name)
    if out is not None:
        _write_files(out, subject, screen, services)
    if as_json:
        click.echo(_json(subject, services), nl=False)
    else:
        print_screen(screen)
    return 0 if services else DEGRADED


def skill_screen(
    subject: Subject, services: Sequence[ServiceSkill], days: int, observed: str
) -> Screen:
    """Return the table of skill by service and lead time."""
    title = say("weather_cli.skill_title", name=subject.settings.name, days=days)
    facts = [Fact(say("weather_cli.observed"), (observed,))]
    if not services:
        said = say("weather_cli.skill_nothing", folder=subject.store)
        return Screen(title, (*facts, Fact(say("weather_cli.trust"), (said,))))
    columns = (
        say("weather_cli.source_column"),
        say("weather_cli.lead_column"),
        say("weather_cli.runs_column"),
        say("weather_cli.pairs_column"),
        say("weather_cli.bias_column"),
        say("weather_cli.rmse_column"),
        say("weather_cli.mae_column"),
        say("weather_cli.crps_column"),
        say("weather_cli.coverage_column"),
        say("weather_cli.persistence_column"),
        say("weather_cli.climate_column"),
    )
    rows = tuple(_row(one.provider, row) for one in services for row in one.by_lead)
    how = Fact(say("weather_cli.how_to_read"), (say("weather_cli.skill_how"),))
    return Screen(title, (*facts, Figures(columns, rows, words=(0, 1)), how))


def skill_csv(services: Sequence[ServiceSkill]) -> str:
    """Return all figures as CSV, units in the names; empty where not known."""
    stream = io.StringIO()
    names = [field.name for field in fields(LeadSkill)]
    table = csv.writer(stream, lineterminator="\n")
    table.writerow(["provider", *names])
    for one in services:
        for row in one.by_lead:
            table.writerow([word(one.provider), *(_cell(getattr(row, name)) for name in names)])
    return stream.getvalue()


def _as_used(
    store: StoredRuns, subject: Subject, since: datetime, days: int, came: xr.DataArray
) -> Iterator[ServiceSkill]:
    """Yield the skill of what plans rested on: the case's first service that has stored runs."""
    place, settings = place_of(subject.settings), subject.settings
    stored = store.providers(place)
    named = [one.name or one.kind.value for one in settings.weather]
    ensembles = [
        one.name or one.kind.value
        for one in settings.weather
        if one.kind is WeatherKind.OPEN_METEO_ENSEMBLE
    ]
    first = next((name for name in named if name in stored), None)
    if first is None:
        return
    usual = UsualError(settings.uncertainty.sigma_24h_k, settings.uncertainty.sigma_72h_k)
    own = learned_from(subject, days)
    replay = Replay(store, place, own, subject.now, usual, subject.climate)
    beside = next((name for name in ensembles if name in stored), None)
    name = say("weather_cli.as_used", provider=first)
    runs = replay.as_used(first, beside, since)
    yield _service(pairs_of(name, runs, came, place, subject.climate))


def _service(pairs: Pairs) -> ServiceSkill:
    by_lead = skill_by_lead(pairs)
    return ServiceSkill(pairs.provider, by_lead, reliability_of(pairs, *RELIABLE_LEADS_H))


def _forecasts(
    provider: str, store: StoredRuns, subject: Subject, since: datetime, place: Place
) -> Iterator[xr.Dataset]:
    """Yield the stored forecasts of one service; what cannot be read is passed over."""
    for stored in store.runs(provider, place, subject.now, since):
        run = store.load(stored)
        if not isinstance(run, NotRead) and run.attrs.get("nature") == Nature.FORECAST.value:
            yield run


def _row(provider: str, row: LeadSkill) -> tuple[str, ...]:
    return (
        provider,
        say("weather_cli.lead_value", first=row.first_h, end=row.end_h),
        str(row.runs),
        str(row.pairs),
        _figure(row.bias_k, "+.1f"),
        _figure(row.rmse_k, ".1f"),
        _figure(row.mae_k, ".1f"),
        _figure(row.crps_k, ".2f"),
        _figure(100 * row.coverage, ".0f"),
        _figure(row.persistence_crps_k, ".2f"),
        _figure(row.climate_crps_k, ".2f"),
    )


def _figure(value: float, form: str) -> str:
    return format(value, form) if isfinite(value) else say("weather_cli.no_value")


def _cell(value: float) -> str:
    if isinstance(value, int):
        return str(value)
    return f"{value:.4f}" if isfinite(value) else ""


def _json(subject: Subject, services: Sequence[ServiceSkill]) -> str:
    plain = {
        "schema": "heat-dispatch/weather-skill",
        "version": 1,
        "case": subject.settings.id,
        "services": [
            {
                "provider": one.provider,
                "by_lead": [
                    {k: v if isfinite(v) else None for k, v in asdict(row).items()}
                    for row in one.by_lead
                ],
                "reliability": None if one.reliability is None else asdict(one.reliability),
            }
            for one in services
        ],
    }
    return json.dumps(plain, indent=2, ensure_ascii=False) + "\n"


def _write_files(
    out: Path, subject: Subject, screen: Screen, services: Sequence[ServiceSkill]
) -> None:
    """Write table, picture and page; a disk that does not take them ends the command."""
    title = say("weather_cli.skill_picture", name=subject.settings.name)
    with drawing_style():
        drawn = skill_figure(title, services)
        png, svg = png_bytes(drawn), svg_text(drawn)
    files = {
        "skill.csv": skill_csv(services).encode(),
        "skill.png": png,
        "skill.html": page(screen, [svg]).encode(),
    }
    try:
        out.mkdir(parents=True, exist_ok=True)
        for name, content in files.items():
            write_file(out / name, content)
    except OSError as error:
        stop(say("weather_cli.not_written", path=out, why=error.strerror), OUR_FAULT)
    click.echo(say("weather_cli.files_written", folder=out, names=words(*files)), err=True)
