"""Which published run is the newest: all that most need to know of publishing."""

from pathlib import Path

from dispatch.atomic import pointed_to

LATEST = "latest"
LATEST_ORDER = "latest_order"  # of day-ahead orders: their setpoints begin at midnight only


def latest_run(runs_folder: Path, case_id: str) -> Path | None:
    """Return the folder of the newest published run of a case; None before the first."""
    return pointed_to(runs_folder / case_id / LATEST)
