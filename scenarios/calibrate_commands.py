"""What `heat-dispatch calibrate` does; returns its exit code."""

import tempfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import click

from dispatch.atomic import write_file, write_files
from dispatch.calibration import Calibration, calibrate
from dispatch.calibration_files import calibration_files
from dispatch.case import Case
from dispatch.case_calibrated import CALIBRATED, Basis
from dispatch.case_files import CaseFaults, read_case
from dispatch.case_tables import TELEMETRY_FOLDER
from dispatch.case_telemetry import CaseTelemetry, case_readings, cleaned
from dispatch.loop_weather import WeatherBasis, loop_weather
from dispatch.messages import say
from dispatch.settings import Settings
from dispatch.telemetry_folder import has_telemetry
from forecasts.telemetry.faults import TelemetryFaults
from scenarios.calibrate_chart import loops_figure, loss_figure, shown_loops
from scenarios.calibrate_screen import calibration_page_screen, calibration_screen
from scenarios.command import BAD_INPUT, DEGRADED, OUR_FAULT, is_bundled, stop
from scenarios.drawing import drawing_style, svg_text
from scenarios.screen import show
from scenarios.weather_page import page

STEP_H = 1.0  # of the record: what a building does within an hour says nothing of it
PAGE_FILE = "calibration.html"
TOLD_EVERY = 100  # loops


@dataclass(frozen=True)
class Asked:
    """A case as its files have it, the days that count, and where things are and go."""

    folder: Path
    case: Case
    now: datetime
    days: int
    store: Path
    out: Path

    @property
    def settings(self) -> Settings:
        """Return what `case.toml` says."""
        return self.case.settings

    @property
    def until(self) -> datetime:
        """Return the full hour up to which telemetry counts."""
        return self.now.astimezone(UTC).replace(minute=0, second=0, microsecond=0)

    @property
    def since(self) -> datetime:
        """Return the full hour from which telemetry counts."""
        return self.until - timedelta(days=self.days)

    def local(self, moment: datetime) -> str:
        """Return a moment as people of the case write it."""
        return f"{moment.astimezone(ZoneInfo(self.settings.timezone)):%Y-%m-%d %H:%M}"


def calibrate_case(asked: Asked, *, apply: bool) -> int:
    """Read, identify, write, show; with `apply` put the table into the case folder."""
    if apply and is_bundled(asked.folder):
        text = say("calibrate.apply_bundled", name=asked.settings.id, folder=asked.folder)
        stop(text, BAD_INPUT)
    telemetry = _telemetry(asked)
    _made(asked.out)
    _said("calibrate.progress_read", ids=telemetry.clean.record.sizes["id"], days=asked.days)
    weather = loop_weather(asked.case, asked.folder, asked.store, telemetry.clean)
    if weather.outdoor_basis is WeatherBasis.NONE:
        stop(say("calibrate.no_outdoor"), BAD_INPUT)
    calibration = calibrate(asked.case, telemetry.clean, weather, _told(len(asked.case.stations)))
    files = calibration_files(calibration, asked.settings.timezone)
    page_text = calibration_page(asked.settings, calibration, telemetry)
    _write(asked.out, {**files, PAGE_FILE: page_text.encode()})
    if apply:
        _apply(asked, files[CALIBRATED.file])
    lines = _file_lines(asked, applied=apply)
    show(calibration_screen(asked.settings, calibration, telemetry, lines))
    by_basis = calibration.population.by_basis
    return 0 if by_basis[Basis.MEASURED] + by_basis[Basis.SHRUNK] else DEGRADED


def calibration_page(settings: Settings, calibration: Calibration, telemetry: CaseTelemetry) -> str:
    """Return the report as one HTML document that needs no network."""
    with drawing_style():
        pictures = [svg_text(loss_figure(calibration))]
        shown = shown_loops(calibration)
        if shown:
            pictures.append(svg_text(loops_figure(shown)))
    return page(calibration_page_screen(settings, calibration, telemetry), pictures)


def _said(key: str, **values: object) -> None:
    click.echo(say(key, **values), err=True)


def _told(loops: int) -> Callable[[int], None]:
    """Say how many loops are done, now and then."""

    def told(done: int) -> None:
        if done % TOLD_EVERY == 0 or done == loops:
            _said("calibrate.progress_found", done=done, loops=loops)

    return told


# ---- telemetry -----------------------------------------------------------------------------


def _telemetry(asked: Asked) -> CaseTelemetry:
    """Read and clean; ends the command in words where there is nothing to read."""
    if not has_telemetry(asked.folder, asked.settings):
        where = asked.folder / TELEMETRY_FOLDER
        stop(say("calibrate.no_telemetry", name=asked.settings.id, folder=where), BAD_INPUT)
    try:
        reading = case_readings(asked.case, asked.folder, asked.since, asked.until)
        if reading.readings.empty:
            stop(_nothing(asked), BAD_INPUT)
    except TelemetryFaults as faults:
        stop(str(faults), BAD_INPUT)
    return cleaned(reading, asked.since, asked.until, STEP_H)


def _nothing(asked: Asked) -> str:
    """Say that no reading counts, and which there are."""
    times = case_readings(asked.case, asked.folder, None, None).readings["time"]
    known = say("calibrate.known_nothing")
    if len(times):
        first, last = (asked.local(time.to_pydatetime()) for time in (times.min(), times.max()))
        known = say("calibrate.known_range", first=first, last=last)
    return say(
        "calibrate.nothing_between",
        name=asked.settings.id,
        since=asked.local(asked.since),
        until=asked.local(asked.until),
        known=known,
    )


# ---- files ---------------------------------------------------------------------------------


def _made(folder: Path) -> None:
    """Make the folder for the files before the work that they are to hold."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        stop(say("calibrate.not_written", path=folder, why=error.strerror), OUR_FAULT)


def _write(folder: Path, files: Mapping[str, bytes]) -> None:
    try:
        write_files(folder, files)
    except OSError as error:
        stop(say("calibrate.not_written", path=folder, why=error.strerror), OUR_FAULT)


def _apply(asked: Asked, table: bytes) -> None:
    """Put the table into the case folder, if the case has no fault with it."""
    with tempfile.TemporaryDirectory() as tried:
        (Path(tried) / CALIBRATED.file).write_bytes(table)
        try:
            read_case(asked.folder, calibrated_in=Path(tried))
        except CaseFaults as faults:
            path = asked.out / CALIBRATED.file
            stop(say("calibrate.apply_faults", path=path, faults=faults), BAD_INPUT)
    target = asked.folder / CALIBRATED.file
    try:
        write_file(target, table)
    except OSError as error:
        stop(say("calibrate.not_written", path=target, why=error.strerror), OUR_FAULT)


def _file_lines(asked: Asked, *, applied: bool) -> tuple[str, ...]:
    in_use = (
        say("calibrate.applied_value", path=asked.folder / CALIBRATED.file)
        if applied
        else say("calibrate.not_applied")
    )
    return (str(asked.out), in_use)
