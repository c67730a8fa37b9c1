"""Units on this machine: written, switched on, looked at, removed.

Only files that carry our mark are changed or removed. Asks `systemctl`, nothing else.
"""

import os
import shutil
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from dispatch.atomic import write_files
from scenarios.schedule.jobs import JobKind, Schedule
from scenarios.schedule.units import MARK, unit_files, unit_name

RUNNING_SYSTEMD = Path("/run/systemd/system")  # sd_booted(3)
SYSTEM_UNITS = Path("/etc/systemd/system")
SYSTEMCTL_TIMEOUT_S = 30.0
SHOWN = ("ActiveState", "Result", "ExecMainStatus", "NextElapseUSecRealtime", "LastTriggerUSec")


class ForeignUnit(Exception):
    """A file of the name stands there that we did not write."""

    def __init__(self, path: Path) -> None:
        super().__init__(str(path))
        self.path = path


class SystemctlFailed(Exception):
    """`systemctl` refused; `why` is what it said."""

    def __init__(self, words: Sequence[str], why: str) -> None:
        super().__init__(why)
        self.words, self.why = tuple(words), why


@dataclass(frozen=True)
class Place:
    """Where units stand and which manager minds them."""

    folder: Path
    of_system: bool

    @property
    def manager(self) -> tuple[str, ...]:
        """What `systemctl` is told of the manager."""
        return () if self.of_system else ("--user",)


def usual_place(*, of_system: bool) -> Place:
    """Units of the machine, or of the user who asks."""
    if of_system:
        return Place(SYSTEM_UNITS, of_system=True)
    config = os.environ.get("XDG_CONFIG_HOME") or str(Path.home() / ".config")
    return Place(Path(config) / "systemd" / "user", of_system=False)


def has_systemd() -> bool:
    """Whether systemd minds this machine, and not only its files lie about."""
    return RUNNING_SYSTEMD.is_dir() and shutil.which("systemctl") is not None


def systemctl(place: Place, *words: str) -> str:
    """Ask the manager; return what it says. Raises SystemctlFailed."""
    command = ("systemctl", *place.manager, *words)
    try:
        asked = subprocess.run(  # noqa: S603 (fixed words and our own unit names)
            command, capture_output=True, text=True, timeout=SYSTEMCTL_TIMEOUT_S, check=False
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        raise SystemctlFailed(command, str(error)) from error
    if asked.returncode != 0:
        raise SystemctlFailed(command, (asked.stderr or asked.stdout).strip())
    return asked.stdout


def written(schedule: Schedule, place: Place) -> list[Path]:
    """Units of the case that we wrote there."""
    found = place.folder.glob(f"heat-dispatch-{schedule.case_id}-*")
    names = {f"{unit_name(schedule, kind)}.{end}" for kind in JobKind for end in ENDINGS}
    return sorted(path for path in found if path.name in names and _is_ours(path))


ENDINGS = ("service", "timer")


def install(schedule: Schedule, place: Place, user: str | None) -> list[str]:
    """Write the units and switch the timers on; return the files that changed.

    A unit that is no longer asked for goes. Raises ForeignUnit, OSError, SystemctlFailed.
    """
    files = unit_files(schedule, user)
    for name in files:
        path = place.folder / name
        if path.exists() and not _is_ours(path):
            raise ForeignUnit(path)
    place.folder.mkdir(parents=True, exist_ok=True)
    before = {path.name: path.read_text(encoding="utf-8") for path in written(schedule, place)}
    changed = [name for name, text in files.items() if before.get(name) != text]
    gone = [name for name in before if name not in files]
    if changed:
        write_files(place.folder, {name: files[name].encode() for name in changed})
    if gone:
        _remove(place, gone)
    systemctl(place, "daemon-reload")
    timers = [name for name in files if name.endswith(".timer")]
    systemctl(place, "enable", "--now", *timers)
    return [*changed, *gone]


def remove(schedule: Schedule, place: Place) -> list[str]:
    """Switch off and remove what we wrote for the case; return the files that went."""
    names = [path.name for path in written(schedule, place)]
    if names:
        _remove(place, names)
        systemctl(place, "daemon-reload")
    return names


def _remove(place: Place, names: Sequence[str]) -> None:
    timers = [name for name in names if name.endswith(".timer")]
    if timers:
        systemctl(place, "disable", "--now", *timers)
    for name in names:
        (place.folder / name).unlink(missing_ok=True)


def states(schedule: Schedule, place: Place) -> dict[JobKind, dict[str, str]]:
    """What the manager says of each job that is installed: state, result, last and next time."""
    there = {path.name for path in written(schedule, place)}
    found = {}
    for kind in JobKind:
        name = unit_name(schedule, kind)
        if f"{name}.timer" in there:
            asked = "--property=" + ",".join(SHOWN)
            service = _properties(systemctl(place, "show", asked, f"{name}.service"))
            found[kind] = service | _properties(systemctl(place, "show", asked, f"{name}.timer"))
    return found


def _properties(text: str) -> dict[str, str]:
    pairs = (line.split("=", 1) for line in text.splitlines() if "=" in line)
    return {name: value for name, value in pairs if value and value != "n/a"}


def _is_ours(path: Path) -> bool:
    try:
        with path.open(encoding="utf-8") as stream:
            return stream.readline().rstrip("\n") == MARK
    except (OSError, ValueError):
        return False
