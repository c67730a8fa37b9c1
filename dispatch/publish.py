"""Writes a run whole or not at all (design §4).

`runs/<case>/<issue time>/` holds one run and is never changed after; `runs/<case>/latest` leads
to the newest. A run of the same issue time is a new version beside the first. Whatever stops a
run, `latest` leads to a whole one.
"""

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

from dispatch.atomic import one_writer, point_to, write_folder
from dispatch.latest_run import LATEST
from dispatch.messages import say
from dispatch.plan import Plan
from dispatch.report.run_facts import plans_before
from dispatch.run_files import run_files
from dispatch.run_tables import local_time


class PublishFailed(Exception):
    """The run could not be written; `latest` still leads to the last one that could."""

    def __init__(self, folder: Path, reason: str) -> None:
        super().__init__(say("run.publish_failed", folder=folder, reason=reason))
        self.folder = folder
        self.reason = reason


def publish(
    plan: Plan,
    runs_folder: Path,
    log: Mapping[str, object],
    inputs: Mapping[str, str],
    pointer: str = LATEST,
) -> Path:
    """Write all files of a run and switch `latest` (`pointer`) to it; return the run's folder.

    `log` is what goes into `run_log.json` (timings, clock, lines), `inputs` the sha256 of every
    input by name. The version in the files is the one of the folder. Raises PublishFailed.
    """
    case_folder = runs_folder / plan.case.settings.id
    try:
        case_folder.mkdir(parents=True, exist_ok=True)
        with one_writer(case_folder):
            target, version = _free_folder(case_folder, plan)
            before = plans_before(case_folder, target.name)
            files = run_files(replace(plan, version=version), log, inputs, before)
            write_folder(target, files)
            point_to(case_folder / pointer, target.name)
    except OSError as error:
        raise PublishFailed(case_folder, error.strerror or str(error)) from error
    return target


def _free_folder(case_folder: Path, plan: Plan) -> tuple[Path, int]:
    """Return the first free folder for the plan's issue time and its version."""
    issued = local_time(plan.issued_at, plan.case.settings.timezone)
    name = issued.strftime("%Y-%m-%dT%H%M%z")  # no colon: safe on every file system
    version, folder = 1, case_folder / name
    while folder.exists():
        version += 1
        folder = case_folder / f"{name}-v{version}"
    return folder, version
