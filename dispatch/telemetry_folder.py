"""Whether a case has telemetry at all: asked by every run, so nothing heavy is imported here."""

from pathlib import Path

from dispatch.case_tables import TELEMETRY_FOLDER
from dispatch.settings import Settings


def has_telemetry(case_folder: Path, settings: Settings) -> bool:
    """Return whether there is a telemetry folder that holds more than the outdoor sensor's file.

    An empty folder counts: who made it waits for telemetry, and is told that there is none.
    """
    folder = case_folder / TELEMETRY_FOLDER
    if not folder.is_dir():
        return False
    ours = sensor_files(case_folder, settings)
    there = [path for path in folder.rglob("*") if path.is_file() and path.name[0] != "."]
    return not there or any(path.resolve() not in ours for path in there)


def sensor_files(case_folder: Path, settings: Settings) -> frozenset[Path]:
    """Return the file of `[outdoor_sensor]`, resolved: it is read as such, not as telemetry."""
    sensor = settings.outdoor_sensor
    return frozenset() if sensor is None else frozenset({(case_folder / sensor.path).resolve()})
