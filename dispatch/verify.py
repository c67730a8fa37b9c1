"""Verifies that a published run folder (design §4) is whole, unchanged and right.

Independent of what wrote it: file names, columns and the shape of `manifest.json` are those of
design §4, the plan is audited anew from `plan.nc`, and the setpoint files are compared with it.
Whatever is wrong with a folder is reported in words, all at once.
"""

import hashlib
import json
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

import xarray as xr

from dispatch.audit import audit, describe
from dispatch.messages import say
from dispatch.plan import AuditReport, Quality
from dispatch.plan_reader import read_plan
from dispatch.verify_tables import source_table_faults, station_table_faults

PLAN, SUMMARY, MANIFEST, RUN_LOG = "plan.nc", "summary.json", "manifest.json", "run_log.json"
SOURCES, STATIONS = "setpoints_sources.csv", "setpoints_stations.csv"
NEEDED = (PLAN, SOURCES, STATIONS, SUMMARY)
UNLISTED = (MANIFEST, RUN_LOG)
# What the readers of netCDF are seen to raise on damaged files; ImportError for odd calendars.
UNREADABLE = (
    *(OSError, ValueError, KeyError, TypeError, RuntimeError, AttributeError, ImportError),
    *(IndexError, NotImplementedError, MemoryError, OverflowError),
)


@dataclass(frozen=True)
class VerifyReport:
    """What was found in a run folder; `audit` is None where `plan.nc` cannot be read."""

    folder: Path
    faults: tuple[str, ...]  # in words; each alone makes the run unfit
    remarks: tuple[str, ...]  # the audit's soft findings: worth knowing, no fault
    audit: AuditReport | None

    @property
    def passed(self) -> bool:
        """True when the folder is whole and its plan passes the audit."""
        return not self.faults

    @property
    def lines(self) -> tuple[str, ...]:
        """The report for people, verdict first."""
        if self.passed:
            return (say("audit.run_passed", folder=self.folder.name), *self.remarks)
        head = say("audit.run_failed", folder=self.folder.name, count=len(self.faults))
        return (head, *self.faults, *self.remarks)


def verify_run(folder: Path) -> VerifyReport:
    """Check every file of a run folder; never raises for what is in it.

    A `plan.nc` that is not the published one is not opened: nobody vouches for its bytes.
    """
    if not folder.is_dir():
        return VerifyReport(folder, (say("audit.no_folder", folder=folder),), (), None)
    faults, changed = file_faults(folder)
    schedule, unreadable = (None, []) if PLAN in changed else _read_plan(folder)
    if schedule is None:
        return VerifyReport(folder, (*faults, *unreadable), (), None)
    report = audit(schedule)
    broken = [one for one in report.findings if not one.passed]
    faults += [describe(one) for one in broken if not one.soft]
    remarks = [describe(one) for one in broken if one.soft]
    if report.findings[0].passed:  # tables can only be compared with a plan in the contract
        faults += source_table_faults(folder / SOURCES, schedule)
        faults += station_table_faults(folder / STATIONS, schedule)
    return VerifyReport(folder, tuple(faults), tuple(remarks), report)


def file_faults(folder: Path) -> tuple[list[str], tuple[str, ...]]:
    """Return what is wrong with the files of a run in words, and those changed since, by name.

    Looks at presence and hashes alone: a tenth of a second also for a large town.
    """
    outputs, faults = _read_manifest(folder)
    changed = _changed_files(folder, outputs)
    faults += [
        *_presence_faults(folder, outputs),
        *(say("audit.hash_differs", name=name) for name in changed),
        *_summary_faults(folder),
    ]
    return faults, changed


def _read_plan(folder: Path) -> tuple[xr.Dataset | None, list[str]]:
    """The schedule, or None and why not in words."""
    path = folder / PLAN
    if not path.is_file():
        return None, []  # reported with the needed files
    try:
        return read_plan(path), []
    except UNREADABLE as error:
        reason = (str(error).splitlines() or [type(error).__name__])[0]
        return None, [say("audit.plan_unreadable", reason=reason)]


def _read_object(path: Path) -> tuple[dict[str, object] | None, str]:
    """A JSON object, or None and why not in words."""
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return None, say("audit.file_missing", name=path.name)
    except (OSError, ValueError, RecursionError) as error:
        return None, say("audit.file_unreadable", name=path.name, reason=error)
    if not isinstance(content, dict):
        return None, say("audit.json_not_object", name=path.name)
    return content, ""


def _summary_faults(folder: Path) -> list[str]:
    if not (folder / SUMMARY).exists():
        return []  # reported with the needed files
    summary, unreadable = _read_object(folder / SUMMARY)
    if summary is None:
        return [unreadable]
    quality = summary.get("quality")
    if quality not in {one.value for one in Quality}:
        return [say("audit.summary_quality", quality=quality)]
    return []


def _read_manifest(folder: Path) -> tuple[dict[str, object] | None, list[str]]:
    """Hashes by file name; None where the manifest does not say."""
    manifest, unreadable = _read_object(folder / MANIFEST)
    if manifest is None:
        return None, [unreadable]
    outputs, inputs = manifest.get("outputs"), manifest.get("inputs")
    if not isinstance(outputs, dict) or not isinstance(inputs, dict):
        return None, [say("audit.manifest_shape")]
    return outputs, []


def _presence_faults(folder: Path, outputs: dict[str, object] | None) -> list[str]:
    """Files that are missing, not listed, or listed outside the folder."""
    listed = set(NEEDED if outputs is None else outputs)
    outside = {name for name in listed if _is_outside(name)}
    missing = [n for n in sorted(listed.union(NEEDED) - outside) if not (folder / n).is_file()]
    faults = [say("audit.file_missing", name=name) for name in missing]
    faults += [say("audit.outside_folder", name=name) for name in sorted(outside)]
    if outputs is None:
        return faults
    faults += [say("audit.not_listed", name=name) for name in NEEDED if name not in listed]
    found = {path.relative_to(folder).as_posix() for path in _files(folder)}
    strays = sorted(found - listed.union(UNLISTED, NEEDED))
    return faults + [say("audit.stray_file", name=name) for name in strays]


def _changed_files(folder: Path, outputs: dict[str, object] | None) -> tuple[str, ...]:
    """Listed files that are there, but not with the hash they were published with."""
    return tuple(
        name
        for name, wanted in sorted((outputs or {}).items())
        if not _is_outside(name) and (folder / name).is_file() and _hash(folder / name) != wanted
    )


def _is_outside(name: str) -> bool:
    place = PurePosixPath(name)
    return place.is_absolute() or ".." in place.parts


def _hash(path: Path) -> str | None:
    """The sha256 of a file; None where it cannot be read."""
    try:
        with path.open("rb") as content:
            return hashlib.file_digest(content, "sha256").hexdigest()
    except OSError:
        return None


def _files(folder: Path) -> list[Path]:
    """All files below a folder; a link to a folder counts as a file, it is not followed."""
    inside = []
    for path in folder.iterdir():
        if path.is_dir() and not path.is_symlink():
            inside += _files(path)
        else:
            inside.append(path)
    return inside
