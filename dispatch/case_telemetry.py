"""The telemetry of a case: what lies in its `telemetry/` folder, read and cleaned.

The one way from a case folder to its measured series, for calibration and the daily run alike;
what of it belongs to which loop is in `loop_records.py`, the weather beside it in
`loop_weather.py`, what is taken of a loop before anything was measured in `loop_priors.py`.
"""

from datetime import datetime
from pathlib import Path

from dispatch.case import Case
from forecasts.telemetry.readings import CleanTelemetry

TELEMETRY_FOLDER = "telemetry"


def has_telemetry(case_folder: Path) -> bool:
    """Return whether the case has a folder of telemetry at all."""
    return (case_folder / TELEMETRY_FOLDER).is_dir()


def case_telemetry(
    case: Case, case_folder: Path, since: datetime, until: datetime, step_h: float
) -> CleanTelemetry | None:
    """Return what was measured from `since` until before `until`, on steps of `step_h` hours.

    Both moments are aware and fall on steps. None without a telemetry folder. Raises
    TelemetryFaults with every fault of the folder's files.
    """
    raise NotImplementedError
