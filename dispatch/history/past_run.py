"""A published run read back from its folder, as far as questions about the past need it."""

import json
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import numpy as np
import xarray as xr
from numpy.typing import NDArray

from dispatch.atomic import pointed_to
from dispatch.latest_run import LATEST
from dispatch.messages import say, words
from dispatch.plan_reader import read_plan
from dispatch.run_archive import sha256
from dispatch.run_retention import RunName, run_name
from dispatch.verify import MANIFEST, PLAN, RUN_LOG, SUMMARY, UNREADABLE

Array = NDArray[np.float64]

SOURCE_TABLE, OUTLOOK = "setpoints_sources.csv", "fuel_outlook.csv"
PREVIOUS = "previous"  # the run before the latest one
COORDINATES = (
    "time",
    "block",
    "block_start",
    "block_end",
    "source",
    "plant",
    "station",
    "yard",
    "link",
)


class RunUnreadable(Exception):
    """A folder that is no run, or a run that is damaged; says which and why."""

    def __init__(self, folder: Path, reason: str) -> None:
        super().__init__(say("history.run_unreadable", folder=folder, reason=reason))


@dataclass(frozen=True)
class PastRun:
    """What a run folder says; `schedule` holds the variables that were asked for."""

    folder: Path
    summary: Mapping[str, Any]
    inputs: Mapping[str, str]  # hashes by name
    manifest_sha256: str
    log: Mapping[str, Any]
    schedule: xr.Dataset

    @property
    def name(self) -> str:
        """Name of the folder."""
        return self.folder.name

    @property
    def issued_at(self) -> datetime:
        """When the plan was made, local time with its offset."""
        return datetime.fromisoformat(str(self.summary["issued_at"]))

    @property
    def step_h(self) -> float:
        """Length of a step, h."""
        return float(self.schedule.attrs["step_h"])

    @property
    def stage(self) -> str:
        """`plan`, or `order` for a day-ahead order."""
        return str(self.schedule.attrs.get("stage", "plan"))

    def ids(self, kind: str) -> list[str]:
        """Names along a dimension: source, plant, station, yard."""
        return [str(name) for name in self.schedule[kind].values] if kind in self.schedule else []

    def values(self, name: str) -> Array:
        """Values of a variable."""
        return np.asarray(self.schedule[name].values, dtype=np.float64)


def read_run(folder: Path, variables: Collection[str]) -> PastRun:
    """Read a run, of its plan only some variables; raises RunUnreadable."""
    if not (folder / MANIFEST).is_file():
        raise RunUnreadable(folder, say("history.no_manifest", name=MANIFEST))
    try:
        manifest = (folder / MANIFEST).read_bytes()
        summary = _object((folder / SUMMARY).read_bytes())
        inputs = dict(json.loads(manifest)["inputs"])
        log = _object((folder / RUN_LOG).read_bytes()) if (folder / RUN_LOG).is_file() else {}
        schedule = read_plan(folder / PLAN, {*COORDINATES, *variables})
        missing = sorted(set(variables) - set(schedule.variables))
        if missing:
            raise ValueError(say("history.plan_lacks", name=PLAN, variables=words(*missing)))
        run = PastRun(folder, summary, inputs, sha256(manifest), log, schedule)
        if run.issued_at.tzinfo is None or run.step_h <= 0.0:
            raise ValueError("issued_at has no offset")
    except UNREADABLE as error:
        raise RunUnreadable(
            folder, (str(error).splitlines() or [type(error).__name__])[0]
        ) from error
    return run


def _object(content: bytes) -> dict[str, Any]:
    value = json.loads(content)
    if not isinstance(value, dict):
        raise ValueError("no JSON object")
    return value


def run_folders(case_folder: Path) -> list[RunName]:
    """Return the runs of a case by name, oldest first; empty before the first."""
    if not case_folder.is_dir():
        return []
    folders = [path for path in case_folder.iterdir() if path.is_dir() and not path.is_symlink()]
    return sorted(run for run in (run_name(folder.name) for folder in folders) if run is not None)


def named_run(words: str, case_folder: Path) -> Path:
    """Return the folder that is meant by a path, a run's name, `latest`, or `previous`.

    Names are of a case's runs; `previous` is the plan before the latest, orders not counted.
    Whether the folder is there is for its reader to say.
    """
    beside = _previous(case_folder) if words == PREVIOUS else pointed_to(case_folder / words)
    return beside if beside is not None else Path(words)


def _previous(case_folder: Path) -> Path | None:
    latest = run_name((case_folder / LATEST).resolve().name)
    for run in reversed(run_folders(case_folder)):
        folder = case_folder / run.name
        if latest is not None and run < latest and _is_plan(folder):
            return folder
    return None


def _is_plan(folder: Path) -> bool:
    try:
        return read_run(folder, ()).stage == "plan"
    except RunUnreadable:
        return False
