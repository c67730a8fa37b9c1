"""Reading a case folder: everything in it checked, all faults said at once."""

import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path, PurePosixPath, PureWindowsPath

from pydantic import ValidationError

from dispatch.case import Case
from dispatch.case_calibrated import CALIBRATED, Overlay, lay_over
from dispatch.case_checks import check_case
from dispatch.case_errors import refusal
from dispatch.case_faults import Fault, faults_text, file_fault
from dispatch.case_references import SETTINGS_FILE
from dispatch.case_tables import FILES, TELEMETRY_FOLDER, read_tables
from dispatch.case_text import read_text
from dispatch.messages import words
from dispatch.plan import Remark
from dispatch.settings import Settings
from forecasts.file_limits import SETTINGS_BYTES
from forecasts.plain_file import leads_out
from forecasts.weather.climate.climate import Climate
from forecasts.weather.climate.climate_file import read_climate
from forecasts.weather.climate.schema import ClimateFault

FOR_PEOPLE = frozenset({"README.md", "README.zh-CN.md", "README.txt", "provenance.csv"})
CLIMATE_FILE = "climate.toml"
LONGEST_PATH = 80  # characters: file systems take 255 bytes, and a Chinese one has three


class CaseFaults(Exception):
    """A case folder cannot be planned; `faults` holds all that is wrong with it."""

    def __init__(self, faults: tuple[Fault, ...]) -> None:
        super().__init__(faults_text(faults))
        self.faults = faults


@dataclass(frozen=True)
class CaseFolder:
    """A case without fault, and notes: what was ignored, what is worth knowing."""

    case: Case
    notes: tuple[Remark, ...]


def read_case(
    folder: Path,
    *,
    as_written: bool = False,
    calibrated_in: Path | None = None,
    now: datetime | None = None,
) -> CaseFolder:
    """Read and check a case folder. Raises CaseFaults with every fault of the folder.

    Measured values of `stations.calibrated.csv` are laid over `stations.csv`, unless the case is
    wanted `as_written`, without them: to be measured anew. `calibrated_in` is another folder to
    take that table from: to see whether the case bears it. `now` is the moment to plan from: pins
    of `overrides.csv` that have not ended then are held against the case.
    """
    if not folder.is_dir():
        raise CaseFaults((file_fault(folder.name, "no_folder"),))
    links = tuple(_link_faults(folder))
    if links:  # not read at all: faults quote what they find
        raise CaseFaults(links)
    settings, settings_faults = read_settings(folder)
    climate, climate_faults = _own_climate(folder)
    reading = read_tables(folder)
    overlay = Overlay(reading.tables)
    if not as_written:
        overlay = lay_over(calibrated_in or folder, reading.tables, settings)
    findings = check_case(overlay.tables, settings, now)
    faults = (
        *(*settings_faults, *climate_faults, *reading.faults),
        *(*overlay.faults, *findings.faults),
    )
    if faults or settings is None:
        raise CaseFaults(_in_file_order(faults))
    files = _file_notes(folder, settings)
    notes = (*reading.notes, *overlay.notes, *files, *findings.notes)
    return CaseFolder(_case(settings, overlay, climate), notes)


def _in_file_order(faults: tuple[Fault, ...]) -> tuple[Fault, ...]:
    """Sort faults as one meets them going through the files, each said once."""
    unique = tuple(dict.fromkeys(faults))
    files = list(dict.fromkeys(fault.file for fault in unique))
    return tuple(sorted(unique, key=lambda fault: (files.index(fault.file), fault.row or 0)))


def _case(settings: Settings, overlay: Overlay, climate: Climate | None) -> Case:
    tables = overlay.tables
    return Case(
        settings=settings,
        sources=tables.sources.rows,
        curves=tables.curves.rows,
        # Case.power_at takes the last row that has begun, so rows must be in time order.
        schedules=tuple(sorted(tables.schedules.rows, key=lambda row: row.time)),
        outages=tables.outages.rows,
        links=tables.links.rows,
        stations=tables.stations.rows,
        yards=tables.yards.rows,
        deliveries=tables.deliveries.rows,
        fuels=tables.fuels.rows,
        measured_daily=tables.measured.rows,
        timetables=tables.timetables.rows,
        overrides=tables.overrides.rows,
        surveys=tuple(sorted(tables.surveys.rows, key=lambda row: row.time)),
        coal_daily=tables.coal_daily.rows,
        measured_se=overlay.measured_se,
        climate=climate,
    )


# ---- case.toml -----------------------------------------------------------------------------


def read_settings(folder: Path) -> tuple[Settings | None, tuple[Fault, ...]]:
    """Return the settings of `case.toml`, or None and their faults."""
    path = folder / SETTINGS_FILE
    if not path.exists():
        return None, (file_fault(SETTINGS_FILE, "file_missing"),)
    text = read_text(path, SETTINGS_BYTES)
    if isinstance(text, Fault):
        return None, (text,)
    try:
        settings = Settings.model_validate(tomllib.loads(text))
    except ValidationError as error:
        refused = [refusal(it, Settings) for it in error.errors(include_url=False)]
        faults = tuple(Fault(SETTINGS_FILE, None, it.column, it.text, it.key) for it in refused)
        return None, faults
    except (ValueError, RecursionError) as error:
        # TOMLDecodeError is a ValueError and says line and column; a number of thousands of
        # digits and brackets nested thousands deep end here too.
        return None, (file_fault(SETTINGS_FILE, "toml_syntax", reason=str(error)),)
    return settings, tuple(_path_faults(folder, settings))


def _path_faults(folder: Path, settings: Settings) -> Iterator[Fault]:
    """No path of a case may lead out of its folder, as written or through a link."""
    for place, path in _paths(settings):
        written = PureWindowsPath(path)  # takes both kinds of slash, and drives
        leaves = (
            ".." in written.parts
            or bool(written.anchor)
            or PurePosixPath(path).is_absolute()
            or "\0" in path
            or not written.parts
        )
        if leaves or leads_out(folder / path, folder):
            yield file_fault(SETTINGS_FILE, "path_outside", column=place, value=path)
        elif len(path) > LONGEST_PATH:  # the system would refuse to look for it
            yield file_fault(SETTINGS_FILE, "path_too_long", column=place, limit=LONGEST_PATH)


def _link_faults(folder: Path) -> Iterator[Fault]:
    """Nothing that is read may be a link out of the case folder."""
    ours = sorted(FILES | {SETTINGS_FILE, CLIMATE_FILE, CALIBRATED.file, TELEMETRY_FOLDER})
    for name in ours:
        path = folder / name
        if path.is_symlink() and leads_out(path, folder):
            yield file_fault(name, "link_outside")


def _paths(settings: Settings) -> Iterator[tuple[str, str]]:
    """Yield the files that `case.toml` names: the dotted key, and the path as written."""
    for number, source in enumerate(settings.weather, start=1):
        if source.path is not None:
            yield f"weather[{number}].path", source.path
    if settings.outdoor_sensor is not None:
        yield "outdoor_sensor.path", settings.outdoor_sensor.path


def _own_climate(folder: Path) -> tuple[Climate | None, tuple[Fault, ...]]:
    """Return what `climate.toml` holds, if there is one, or its faults."""
    if not (folder / CLIMATE_FILE).exists():
        return None, ()
    try:
        return read_climate(folder / CLIMATE_FILE), ()
    except ClimateFault as told:
        return None, tuple(_climate_fault(text) for text in told.faults)


def _climate_fault(text: str) -> Fault:
    """Return a fault told as `climate.toml[, key]: what is wrong`."""
    place, _, wrong = text.partition(": ")
    column = place.removeprefix(CLIMATE_FILE).removeprefix(", ") or None
    return Fault(CLIMATE_FILE, None, column, wrong, "climate")


# ---- notes ---------------------------------------------------------------------------------


def _file_notes(folder: Path, settings: Settings) -> Iterator[Remark]:
    """Say which files are not read, and which weather files are not there."""
    names = sorted(path.name for path in folder.iterdir() if not path.name.startswith("."))
    weather = [source.path for source in settings.weather if source.path is not None]
    named = [path for _, path in _paths(settings)]
    used = {PureWindowsPath(path).parts[0] for path in named if PureWindowsPath(path).parts}
    ours = {SETTINGS_FILE, CLIMATE_FILE, CALIBRATED.file, TELEMETRY_FOLDER}
    expected = FILES | FOR_PEOPLE | used | ours
    unknown = [name for name in names if name not in expected]
    if unknown:
        yield Remark("fault.note_files_unknown", {"files": words(*unknown)})
    for path in weather:
        if not (folder / path).is_file():
            yield Remark("fault.note_weather_file", {"file": path})
    sensor = settings.outdoor_sensor
    if sensor is not None and not (folder / sensor.path).is_file():
        yield Remark("fault.note_sensor_file", {"file": sensor.path})
