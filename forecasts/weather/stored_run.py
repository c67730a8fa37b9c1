"""One stored run as a file: the name says what it is and seals it, the bytes hold the run.

    <folder>/<provider>/<latitude>_<longitude>/<issued>_<fetched>_<first 16 of SHA-256>.nc

When a run was fetched stands in the name alone: the same run fetched twice is the same bytes.
The checksum is part of the name, so file and checksum appear together or not at all.
"""

import errno
import hashlib
import io
import os
import re
import secrets
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from pathlib import Path

import h5py
import xarray as xr

from forecasts.series import REQUIRED, check_weather
from forecasts.weather.provider import Place
from forecasts.weather.run import iso_utc

DAMAGED_SUFFIX = ".damaged"
ASIDE_PREFIX = ".aside_"
ASIDE_STALE_AFTER_S = 24 * 3600.0
COMPRESSED_FROM = 4_000  # values of a variable; below it chunks cost more than they save
PLACE_TOLERANCE_DEG = 0.0025  # some 250 m: a digit more or less, a rounding; far inside a grid cell
_PACKED = {"zlib": True, "complevel": 4, "shuffle": True}
_CLOCK = {
    "units": "seconds since 1970-01-01",
    "calendar": "proleptic_gregorian",
    "dtype": "int64",
}
_CANNOT_SYNC = (errno.EINVAL, errno.ENOTSUP)  # network disks that take no fsync of a folder
_STAMP = "%Y%m%dT%H%M%SZ"
_FILE_NAME = re.compile(r"(\d{8}T\d{6}Z)_(\d{8}T\d{6}Z)_([0-9a-f]{16})\.nc")
_PLACE_NAME = re.compile(r"(-?\d{1,2}\.\d{3})_(-?\d{1,3}\.\d{3})")


@dataclass(frozen=True)
class StoredRun:
    """One file of the store, as its name tells; times are aware, UTC."""

    issue_time: datetime
    fetched_at: datetime  # when it became known here
    digest: str
    path: Path


class NotReadReason(StrEnum):
    """Why a stored file gave no run."""

    CHANGED = "changed"  # its bytes are not what was written
    NO_RUN = "no_run"  # the bytes are right, yet hold no run of this name
    NO_ACCESS = "no_access"  # the disk or its rights are in the way; nothing is wrong with the file
    GONE = "gone"  # pruned by another process since it was listed


@dataclass(frozen=True)
class NotRead:
    """A stored file that cannot be used; `set_aside` if it now is `*.damaged`."""

    path: Path
    reason: NotReadReason
    set_aside: bool = False

    @property
    def damaged(self) -> bool:
        """The file is lost, and somebody should look at the disk."""
        return self.reason in (NotReadReason.CHANGED, NotReadReason.NO_RUN)


# ---- names ---------------------------------------------------------------------------------


def stored_run_of(path: Path) -> StoredRun | None:
    """Return what a file name tells; None for a file that is not of the store."""
    match = _FILE_NAME.fullmatch(path.name)
    if match is None:
        return None
    try:
        return StoredRun(_moment(match[1]), _moment(match[2]), match[3], path)
    except ValueError:  # month 13
        return None


def file_name(issue_time: datetime, fetched_at: datetime, digest: str) -> str:
    """Return the name of a stored run; the times are aware."""
    return f"{_stamp(issue_time)}_{_stamp(fetched_at)}_{digest}.nc"


def place_folder_name(place: Place) -> str:
    """Return the folder of a place: degrees to 0.001; no minus before a zero."""
    latitude, longitude = (round(x, 3) + 0.0 for x in (place.latitude, place.longitude))
    return f"{latitude:.3f}_{longitude:.3f}"


def is_folder_of(name: str, place: Place) -> bool:
    """Tell whether a folder holds runs for a place, whatever digits it was written with."""
    match = _PLACE_NAME.fullmatch(name)
    if match is None:
        return False
    north = abs(float(match[1]) - place.latitude)
    east = abs(float(match[2]) - place.longitude)
    return max(north, min(east, 360 - east)) <= PLACE_TOLERANCE_DEG


def provider_folder_name(provider: str) -> str:
    """Return a provider's name as a folder name: names come from case files.

    A name that is changed thereby gets a mark of its own, so that two names never share a folder.
    """
    plain = old_provider_folder_name(provider)
    if plain == provider and len(provider.encode()) <= 100:
        return plain
    return f"{plain[:30]}~{digest_of(provider.encode())[:8]}"


def old_provider_folder_name(provider: str) -> str:
    """Return the folder name that was used before names had a mark; still read."""
    return re.sub(r"[^\w.-]|^\.+", "_", provider) or "_"


def _stamp(moment: datetime) -> str:
    return moment.astimezone(UTC).strftime(_STAMP)


def _moment(stamp: str) -> datetime:
    return datetime.fromisoformat(stamp)  # ten times as fast as strptime, and they are thousands


# ---- bytes ---------------------------------------------------------------------------------


def digest_of(body: bytes) -> str:
    """Return the first 16 hexadecimal digits of the SHA-256."""
    return hashlib.sha256(body).hexdigest()[:16]


def content_of(run: xr.Dataset) -> bytes:
    """Return a run as NetCDF without the time of its fetch: equal runs give equal bytes.

    Made in memory, so that a full disk is met by a plain write and never inside the HDF5 library.
    """
    plain = run.drop_encoding()
    plain.attrs = {key: run.attrs[key] for key in sorted(run.attrs) if key != "fetched_at"}
    encoding = {name: _PACKED for name, array in plain.items() if array.size >= COMPRESSED_FROM}
    stream = io.BytesIO()
    plain.to_netcdf(stream, engine="h5netcdf", encoding={"time": _CLOCK, **encoding})
    return stream.getvalue()


def run_of(body: bytes, stored: StoredRun) -> xr.Dataset:
    """Return the run that `body` holds; ValueError, KeyError or OSError if it holds none such."""
    run = check_weather(xr.load_dataset(io.BytesIO(body), engine="h5netcdf")).drop_encoding()
    if datetime.fromisoformat(str(run.attrs["issue_time"])) != stored.issue_time:
        raise ValueError("the file's name tells another issue time than the run in it")
    return run.assign_attrs(fetched_at=iso_utc(stored.fetched_at))


def read_sealed(stored: StoredRun) -> bytes | NotRead:
    """Return the bytes of a stored file if they still are what was written."""
    try:
        body = stored.path.read_bytes()
    except FileNotFoundError:
        return NotRead(stored.path, NotReadReason.GONE)
    except OSError:
        return NotRead(stored.path, NotReadReason.NO_ACCESS)
    if digest_of(body) != stored.digest:
        return NotRead(stored.path, NotReadReason.CHANGED)
    return body


def read_run(stored: StoredRun) -> xr.Dataset | NotRead:
    """Return a stored run, or why there is none; changes nothing on the disk."""
    body = read_sealed(stored)
    if isinstance(body, NotRead):
        return body
    try:
        return run_of(body, stored)
    except (OSError, ValueError, KeyError, TypeError, RuntimeError):  # all of h5py, xarray, ours
        return NotRead(stored.path, NotReadReason.NO_RUN)


def fault_of(stored: StoredRun) -> NotRead | None:
    """Return why a stored file gives no run, None if nothing is wrong; for thousands of files.

    Its seal vouches for the numbers, so only what the run says of itself is looked at.
    """
    body = read_sealed(stored)
    if isinstance(body, NotRead):
        return body
    try:
        with h5py.File(io.BytesIO(body), "r") as file:
            said = datetime.fromisoformat(str(file.attrs["issue_time"]))
            whole = said == stored.issue_time and all(name in file for name in REQUIRED)
    except (OSError, ValueError, KeyError, TypeError, RuntimeError):
        whole = False
    return None if whole else NotRead(stored.path, NotReadReason.NO_RUN)


def set_aside(lost: NotRead) -> NotRead:
    """Rename a damaged file to `*.damaged`, so that it is met but once; returns what was done."""
    if not lost.damaged:
        return lost
    try:
        lost.path.rename(lost.path.with_name(lost.path.name + DAMAGED_SUFFIX))
    except OSError:  # a read-only folder, or another process was first
        return NotRead(lost.path, lost.reason, not lost.path.exists())
    return NotRead(lost.path, lost.reason, set_aside=True)


# ---- writing -------------------------------------------------------------------------------


def write_whole(path: Path, body: bytes) -> None:
    """Put a file in place whole: written aside, flushed, renamed. Raises OSError, leaves nothing.

    Also removes what writers left in the folder that died more than a day ago (disk's own clock).
    """
    aside = path.with_name(f"{ASIDE_PREFIX}{secrets.token_hex(8)}.tmp")
    try:
        with aside.open("xb") as stream:
            stream.write(body)
            stream.flush()
            os.fsync(stream.fileno())
        _remove_stale(path.parent, aside.stat().st_mtime)
        aside.replace(path)
    except BaseException:
        with suppress(OSError):
            aside.unlink(missing_ok=True)
        raise
    flush_folder(path.parent)


def flush_folder(folder: Path) -> None:
    """Force the folder's entries to the disk, so that a rename survives a power cut."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    except OSError as error:
        if error.errno not in _CANNOT_SYNC:
            raise
    finally:
        os.close(handle)


def make_folder(folder: Path) -> None:
    """Make a folder and those above it, each entry forced to the disk; raises OSError."""
    missing = [level for level in (folder, *folder.parents) if not level.exists()]
    folder.mkdir(parents=True, exist_ok=True)
    for level in missing:
        flush_folder(level.parent)


def _remove_stale(folder: Path, now_s: float) -> None:
    for left in folder.glob(f"{ASIDE_PREFIX}*"):
        with suppress(OSError):
            if now_s - left.lstat().st_mtime > ASIDE_STALE_AFTER_S:
                left.unlink()
