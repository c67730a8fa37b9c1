"""Which runs stay: all of the last weeks, one a day of the last seasons, and none that is in use.

A season of hourly plans is some twenty gigabytes of a large town. What a later run reads of
earlier ones (the state it starts from, what was burnt day by day) is in the last plan of a day.
"""

import re
import shutil
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path

from dispatch.atomic import aside_of, pointed_to
from dispatch.latest_run import LATEST, LATEST_ORDER
from dispatch.settings import KeepSettings

RUN_NAME = re.compile(r"(?P<issued>\d{4}-\d\d-\d\dT\d{4}[+-]\d{4})(-v(?P<version>\d{1,6}))?")


@dataclass(frozen=True, order=True)
class RunName:
    """A run's folder by its name."""

    issued: datetime
    version: int
    name: str

    @property
    def day(self) -> date:
        """Local day on which it was issued."""
        return self.issued.date()


def run_name(name: str) -> RunName | None:
    """Read the name of a run's folder; None where it is none."""
    found = RUN_NAME.fullmatch(name)
    if found is None:
        return None
    try:
        issued = datetime.strptime(found["issued"], "%Y-%m-%dT%H%M%z")
    except ValueError:
        return None
    return RunName(issued, int(found["version"] or 1), name)


def outlived(runs: Iterable[RunName], now: datetime, keep: KeepSettings) -> list[RunName]:
    """Return the runs that need not stay, by age at `now` (aware); the newest of all always does.

    Within `all_days` every run stays, within `daily_days` the last one of each local day. Runs
    issued after `now` (a clock that was wrong) stay.
    """
    ordered = sorted(runs)
    last_of_day = {run.day: run for run in ordered}
    found = []
    for run in ordered[:-1]:
        age_d = (now - run.issued).total_seconds() / 86_400.0
        is_last = last_of_day[run.day] is run
        if age_d > (keep.daily_days if is_last else keep.all_days):
            found.append(run)
    return found


def prune_runs(case_folder: Path, now: datetime, keep: KeepSettings) -> list[str]:
    """Remove outlived runs of a case, each in one move; return their names, the oldest first.

    Never what `latest` leads to, never a folder that is not named like a run. Raises OSError.
    """
    pointers = (pointed_to(case_folder / name) for name in (LATEST, LATEST_ORDER))
    in_use = {folder.name for folder in pointers if folder is not None}
    folders = [path for path in case_folder.iterdir() if path.is_dir() and not path.is_symlink()]
    runs = [run for run in (run_name(folder.name) for folder in folders) if run is not None]
    gone = [run.name for run in outlived(runs, now, keep) if run.name not in in_use]
    for name in gone:
        aside = aside_of(case_folder / name)
        (case_folder / name).rename(aside)  # a reader sees it whole or not at all
        shutil.rmtree(aside)
    return gone
