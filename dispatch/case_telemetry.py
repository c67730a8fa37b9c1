"""The telemetry of a case: what lies in its `telemetry/` folder, read and cleaned.

The one way from a case folder to its measured series, for calibration and the daily run alike;
what of it belongs to which loop is in `loop_records.py`, the weather beside it in
`loop_weather.py`, what is taken of a loop before anything was measured in `loop_priors.py`.
"""

from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path

from dispatch.case import Case
from dispatch.case_tables import TELEMETRY_FOLDER
from dispatch.telemetry_folder import has_telemetry, sensor_files
from forecasts.telemetry.cleaning.clean import clean
from forecasts.telemetry.folder import FileCounts, Note, TelemetryReading, read_telemetry
from forecasts.telemetry.points import Point
from forecasts.telemetry.readings import NETWORK, CleanTelemetry

# Heat, rooms and water, and what cleaning judges these by. Pressures, valves, setpoints, make-up
# water and power are for calibration's tables.
PLAN_POINTS = frozenset(
    {
        *(Point.HEAT_TOTAL, Point.HEAT_RATE, Point.ROOM_TEMP, Point.OUTDOOR_TEMP),
        *(Point.PRIMARY_SUPPLY_TEMP, Point.PRIMARY_RETURN_TEMP, Point.PRIMARY_FLOW),
        *(Point.SECONDARY_SUPPLY_TEMP, Point.SECONDARY_RETURN_TEMP, Point.SECONDARY_FLOW),
        Point.PUMP,
    }
)


@dataclass(frozen=True)
class CaseTelemetry:
    """Cleaned series, and what reading the files left aside."""

    clean: CleanTelemetry
    counts: tuple[FileCounts, ...]
    notes: tuple[Note, ...]
    newest: datetime | None = None  # of all readings, also of those later than was asked for


def known_ids(case: Case) -> frozenset[str]:
    """Return the ids that telemetry of the case may have."""
    loops = {station.loop_id for station in case.stations}
    stations = {station.station_id for station in case.stations}
    sources = {source.source_id for source in case.sources}
    return frozenset({NETWORK, *loops, *stations, *sources, *case.plant_ids, *case.zone_ids})


def plan_record(
    case: Case, case_folder: Path, since: datetime, until: datetime, step_h: float
) -> CleanTelemetry | None:
    """Return the cleaned series of `telemetry_of_plan`."""
    found = telemetry_of_plan(case, case_folder, since, until, step_h)
    return None if found is None else found.clean


def telemetry_of_plan(
    case: Case, case_folder: Path, since: datetime, until: datetime, step_h: float
) -> CaseTelemetry | None:
    """Return what a plan asks of telemetry from `since` until before `until`, on `step_h` hours.

    That is `PLAN_POINTS`: cleaning others costs the morning's run as much again. Both moments are
    aware and fall on steps. None without telemetry. Raises TelemetryFaults with every fault of the
    folder's files.
    """
    if not has_telemetry(case_folder, case.settings):
        return None
    reading = case_readings(case, case_folder, since, None)
    times = reading.readings["time"]
    asked = reading.readings["point"].isin([str(point) for point in PLAN_POINTS]) & (times < until)
    found = cleaned(replace(reading, readings=reading.readings[asked]), since, until, step_h)
    return replace(found, newest=None if times.empty else times.max().to_pydatetime())


def case_readings(
    case: Case, case_folder: Path, since: datetime | None, until: datetime | None
) -> TelemetryReading:
    """Return the readings of the case's telemetry as read. Raises TelemetryFaults."""
    folder, zone = case_folder / TELEMETRY_FOLDER, case.settings.timezone
    aside = sensor_files(case_folder, case.settings)
    return read_telemetry(folder, zone, since, until, known_ids(case), aside)


def cleaned(
    reading: TelemetryReading, since: datetime, until: datetime, step_h: float
) -> CaseTelemetry:
    """Return readings cleaned, on steps from `since` until before `until`."""
    clean_ = clean(reading.readings, step_h, since, until)
    return CaseTelemetry(clean_, reading.counts, reading.notes)
