"""What `heat-dispatch weather skill` does: stored runs against the sensor, on screen, in files."""

import csv
import io
import json
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, fields
from datetime import datetime, timedelta
from math import isfinite
from pathlib import Path

import click
import xarray as xr

from dispatch.atomic import write_file
from dispatch.case_kinds import WeatherKind
from dispatch.case_weather import place_of, sensor_of
from dispatch.messages import say
from forecasts.weather.expectation import UsualError
from forecasts.weather.observed import Observed, OutdoorSensor, observe
from forecasts.weather.provider import Nature, Place, WeatherUnavailable
from forecasts.weather.replay import Replay
from forecasts.weather.run_store import StoredRuns
from forecasts.weather.skill import LeadSkill, pairs_of, reliability_of, skill_by_lead
from forecasts.weather.stored_run import NotRead
from scenarios.command import BAD_INPUT, DEGRADED, OUR_FAULT, stop
from scenarios.drawing import drawing_style, png_bytes, svg_text
from scenarios.reliability_chart import ServiceSkill, skill_figure
from scenarios.screen import Fact, Figures, Screen
from scenarios.screen import show as print_screen
from scenarios.weather_commands import Subject
from scenarios.weather_page import page
from scenarios.weather_words import refusal_text

LEARNED_DAYS = 400
RELIABLE_LEADS_H = (0.0, 240.0)  # of the diagram: later, nothing is promised


def show_skill(
    subject: Subject, days: int, observed_file: Path | None, out: Path | None, *, as_json: bool
) -> int:
    """Show how good the stored runs of the last `days` were; with `out` also as files there.

    They are compared with `observed_file`, else with the sensor that the case names.
    """
    place = place_of(subject.settings)
    sensor = _sensor(subject, observed_file)
    observed = _observed(sensor, subject.now, days)
    store = StoredRuns(subject.store)
    since = subject.now - timedelta(days=days)
    services = []
    for provider in store.providers(place):
        runs = _forecasts(provider, store, subject, since, place)
        services.append(_service(provider, runs, subject, observed.hourly, place))
    uncertainty = subject.settings.uncertainty
    usual = UsualError(uncertainty.sigma_24h_k, uncertainty.sigma_72h_k)
    replay = Replay(store, place, observed, subject.now, usual, subject.climate)
    for used in _as_used(replay, subject):
        runs = replay.as_used(used.provider, used.ensemble, since)
        name = say("weather_cli.as_used", provider=used.provider)
        services.append(_service(name, runs, subject, observed.hourly, place))
    services = [one for one in services if one.by_lead]
    screen = skill_screen(subject, services, days, sensor.path)
    if out is not None:
        _write_files(out, subject, screen, services)
    if as_json:
        click.echo(_json(subject, services), nl=False)
    else:
        print_screen(screen)
    return 0 if services else DEGRADED


def skill_screen(
    subject: Subject, services: Sequence[ServiceSkill], days: int, observed_file: Path
) -> Screen:
    """Return the table of skill by service and lead time."""
    title = say("weather_cli.skill_title", name=subject.settings.name_en, days=days)
    facts = [Fact(say("weather_cli.observed"), (observed_file.name,))]
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
            table.writerow([one.provider, *(_cell(getattr(row, name)) for name in names)])
    return stream.getvalue()


def _sensor(subject: Subject, file: Path | None) -> OutdoorSensor:
    """Return what is compared with; ends the command if neither it nor the case names a file."""
    if file is not None:
        return OutdoorSensor(file, subject.settings.timezone)
    sensor = sensor_of(subject.settings, subject.folder)
    if sensor is None:
        stop(say("weather_cli.no_sensor"), BAD_INPUT)
    return sensor


def _observed(sensor: OutdoorSensor, now: datetime, days: int) -> Observed:
    """Return what was measured by `now`; ends the command if it cannot be read."""
    try:
        # what came before is learned from; at least a day, since persistence looks back
        return observe(sensor, now, days=days + LEARNED_DAYS)
    except WeatherUnavailable as fault:
        stop(refusal_text(fault), BAD_INPUT)


@dataclass(frozen=True)
class _Used:
    """A service whose forecasts plans rest on, and the ensemble beside it."""

    provider: str
    ensemble: str | None


def _as_used(replay: Replay, subject: Subject) -> Iterator[_Used]:
    """Yield the case's first service with stored runs: what its plans rested on."""
    stored = replay.store.providers(replay.place)
    named = [one.name or one.kind.value for one in subject.settings.weather]
    ensembles = [
        one.name or one.kind.value
        for one in subject.settings.weather
        if one.kind is WeatherKind.OPEN_METEO_ENSEMBLE
    ]
    first = next((name for name in named if name in stored), None)
    if first is not None:
        yield _Used(first, next((name for name in ensembles if name in stored), None))


def _service(
    name: str,
    runs: Iterator[xr.Dataset],
    subject: Subject,
    observed: xr.DataArray,
    place: Place,
) -> ServiceSkill:
    pairs = pairs_of(name, runs, observed, place, subject.climate)
    return ServiceSkill(name, skill_by_lead(pairs), reliability_of(pairs, *RELIABLE_LEADS_H))


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
    title = say("weather_cli.skill_picture", name=subject.settings.name_en)
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
    click.echo(say("weather_cli.files_written", folder=out, names=", ".join(files)), err=True)
