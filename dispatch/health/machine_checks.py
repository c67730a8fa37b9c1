"""The machine a run needs: room on the disk, a right clock, rights, and nobody in the way."""

import os
import shutil
import time
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from dispatch.atomic import ASIDE_PREFIX
from dispatch.clock_check import off_clock, time_words
from dispatch.health.check import Check, Patient, State, Topic
from dispatch.history.database import DAMAGED
from dispatch.history.past_run import run_folders
from dispatch.latest_run import latest_run
from dispatch.messages import say, words
from dispatch.run_lock import LOCK_FILE, CaseBusy, ask_lock
from forecasts.weather.service_clock_file import kept_clocks
from forecasts.weather.service_clocks import ServiceClock

MB = 1_000_000
RUN_MB = 30.0  # of a large town, before there is a run to go by
RUNS_AHEAD = 30
LEAST_RUNS = 3  # with less room the next runs may not be written
LEAST_FILES = 1_000
CLOCK_ROOM = timedelta(minutes=5)
SERVICES_HEARD_WITHIN = timedelta(hours=48)
LONG_RUN_S, TOO_LONG_RUN_S = 15 * 60.0, 60 * 60.0
LEFT_AFTER_S = 3600.0  # younger ones may be in use


def machine_checks(patient: Patient) -> Iterator[Check]:
    """Yield what is to be said of disk, clock, rights, lock and what was left behind."""
    yield _disk(patient)
    yield _clock(patient)
    yield _rights(patient)
    yield _lock(patient)
    yield _left(patient)


def _there(folder: Path) -> Path:
    """The folder, or the nearest one above it that exists."""
    found = folder.absolute()
    while not found.exists() and found != found.parent:
        found = found.parent
    return found


def _disk(patient: Patient) -> Check:
    folder = _there(patient.runs)
    latest = latest_run(patient.runs.parent, patient.settings.id)
    run_mb = RUN_MB if latest is None else _size_mb(latest)
    try:
        free_mb = shutil.disk_usage(folder).free / MB
        counted = os.statvfs(folder)
    except OSError as error:
        text = say("health.disk_unknown", why=error.strerror)
        return Check(Topic.DISK, State.FAIL, text, say("health.rights_cure"))
    need_mb = RUNS_AHEAD * run_mb
    values = {"free_mb": round(free_mb, 1), "run_mb": round(run_mb, 2), "need_mb": round(need_mb)}
    text = say("health.disk", free_gb=free_mb / 1e3, run_mb=run_mb)
    if counted.f_files and counted.f_favail < LEAST_FILES:  # some disks do not count files
        text = say("health.disk_files", count=counted.f_favail)
        return Check(Topic.DISK, State.FAIL, text, say("health.disk_cure", need_mb=need_mb), values)
    if free_mb >= need_mb:
        return Check(Topic.DISK, State.OK, text, values=values)
    state = State.WARN if free_mb >= LEAST_RUNS * run_mb else State.FAIL
    return Check(Topic.DISK, state, text, say("health.disk_cure", need_mb=need_mb), values)


def _size_mb(folder: Path) -> float:
    try:
        return sum(path.stat().st_size for path in folder.iterdir()) / MB
    except OSError:
        return RUN_MB


def _clock(patient: Patient) -> Check:
    zone = patient.settings.timezone
    try:
        local = patient.now.astimezone(ZoneInfo(zone))
    except (ZoneInfoNotFoundError, ValueError, OSError):
        text = say("health.zone_missing", zone=zone)
        return Check(Topic.CLOCK, State.FAIL, text, say("health.zone_cure"))
    from_then = [run.issued for run in run_folders(patient.runs)[-1:]]
    from_then += _fetches(patient.store_folder)
    newest = max(from_then, default=patient.now)
    values: dict[str, object] = {"local_time": local, "newest": newest}
    if newest > patient.now + CLOCK_ROOM:
        text = say("health.clock_behind", newest=newest.astimezone(local.tzinfo), local=local)
        return Check(Topic.CLOCK, State.FAIL, text, say("health.clock_cure"), values)
    off = _off_by_services(patient)
    if off is not None:
        values["service_ahead_s"] = off.ahead_s
        key = "health.clock_late" if off.ahead_s > 0.0 else "health.clock_early"
        text = say(key, local=local, by=time_words(off.ahead_s), provider=off.provider)
        return Check(Topic.CLOCK, State.WARN, text, say("health.clock_cure"), values)
    return Check(Topic.CLOCK, State.OK, say("health.clock", local=local, zone=zone), values=values)


def _off_by_services(patient: Patient) -> ServiceClock | None:
    """The service that had another time when one was last asked; None where that is long ago."""
    heard = kept_clocks(patient.store_folder)
    if heard is None or abs(patient.now - heard.at) > SERVICES_HEARD_WITHIN:
        return None
    return off_clock(heard.clocks)


def _fetches(store: Path) -> list[datetime]:
    """When forecasts were fetched, by the names of their files."""
    from forecasts.weather.stored_run import stored_run_of

    try:
        found = [stored_run_of(path) for path in store.glob("*/*/*.nc")]
    except OSError:
        return []
    return [one.fetched_at for one in found if one is not None]


def _rights(patient: Patient) -> Check:
    places = (_there(patient.runs), _there(patient.store_folder), patient.runs / LOCK_FILE)
    closed = [
        place
        for place in places
        if place.exists() and not os.access(place, os.W_OK | (os.X_OK if place.is_dir() else 0))
    ]
    if not os.access(patient.case_folder, os.R_OK | os.X_OK):
        closed.append(patient.case_folder)
    if closed:
        names = words(*(str(place) for place in closed))
        text = say("health.rights_missing", names=names)
        return Check(Topic.RIGHTS, State.FAIL, text, say("health.rights_cure"))
    return Check(Topic.RIGHTS, State.OK, say("health.rights"))


def _lock(patient: Patient) -> Check:
    try:
        ask_lock(patient.runs)
    except CaseBusy as busy:
        owner = busy.owner
        if owner is None:
            return Check(Topic.LOCK, State.OK, say("health.lock_unknown"))
        minutes = owner.age_s / 60.0
        who = {"pid": owner.pid, "host": owner.host, "user": owner.user, "minutes": minutes}
        text = say("health.lock_held", **who)
        most_s = max(LONG_RUN_S, 3.0 * patient.settings.solve.time_limit_s)
        if owner.age_s <= most_s:
            return Check(Topic.LOCK, State.OK, text, values=who)
        state = State.WARN if owner.age_s <= max(TOO_LONG_RUN_S, most_s) else State.FAIL
        return Check(Topic.LOCK, state, text, say("health.lock_cure"), who)
    except OSError as error:
        text = say("health.lock_closed", why=error.strerror)
        return Check(Topic.LOCK, State.FAIL, text, say("health.rights_cure"))
    return Check(Topic.LOCK, State.OK, say("health.lock_free"))


def _left(patient: Patient) -> Check:
    """What writers that died left behind, and what was put aside as damaged."""
    try:
        aside = [path for path in patient.runs.glob(f"{ASIDE_PREFIX}*") if _is_old(path)]
        damaged = [*patient.runs.glob(f"*{DAMAGED}*"), *patient.store_folder.glob("*/*/*.damaged")]
    except OSError:
        aside, damaged = [], []
    values = {"aside": len(aside), "damaged": len(damaged)}
    if damaged:
        names = words(*(path.name for path in damaged[:3]))
        text = say("health.damaged", count=len(damaged), names=names)
        return Check(Topic.LEFTOVERS, State.WARN, text, say("health.damaged_cure"), values)
    if aside:
        names = words(*(path.name for path in aside[:3]))
        text = say("health.left", count=len(aside), names=names)
        return Check(Topic.LEFTOVERS, State.WARN, text, say("health.left_cure"), values)
    return Check(Topic.LEFTOVERS, State.OK, say("health.nothing_left"), values=values)


def _is_old(path: Path) -> bool:
    """By the disk's clock against the machine's, whatever moment is asked for."""
    try:
        return time.time() - path.lstat().st_mtime > LEFT_AFTER_S
    except OSError:  # gone meanwhile
        return False
