"""Every fetched run kept on disk, by provider, place and issue time, and replayed as a provider.

    <folder>/<provider>/<latitude>_<longitude>/<issued>_<fetched>_<first 16 of SHA-256>.nc

The checksum is part of the name: file and checksum appear together or not at all. A file that no
longer matches is renamed to `*.damaged` and passed over.
"""

import hashlib
import os
import re
import tempfile
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import xarray as xr

from forecasts.series import check_weather
from forecasts.weather.gates.checks import check_age, check_cover
from forecasts.weather.provider import Cause, Place, WeatherUnavailable
from forecasts.weather.run import hour_starts, iso_utc
from forecasts.weather.solar import HOUR

MAX_AGE_H = 48.0  # after two days a global forecast of the mean temperature is 2 K off and growing
_STAMP = "%Y%m%dT%H%M%SZ"
_FILE_NAME = re.compile(r"(\d{8}T\d{6}Z)_(\d{8}T\d{6}Z)_([0-9a-f]{16})\.nc")


@dataclass(frozen=True)
class _StoredFile:
    issue_time: datetime
    fetched_at: datetime
    digest: str
    path: Path


@dataclass(frozen=True)
class StoredRuns:
    """A folder of runs; as a provider it tells only what had been issued and fetched by then."""

    folder: Path
    max_age_h: float = MAX_AGE_H
    name: str = "run_store"

    def save(self, run: xr.Dataset) -> Path:
        """Keep a run; returns its file. Raises OSError if the disk does not take it.

        Written aside, flushed to the disk and renamed: a crash leaves no half file.
        """
        place = Place(run.attrs["asked_latitude"], run.attrs["asked_longitude"], "UTC")
        folder = self.folder / _safe(str(run.attrs["provider"])) / _place_name(place)
        folder.mkdir(parents=True, exist_ok=True)
        handle, aside = tempfile.mkstemp(prefix=".aside_", suffix=".tmp", dir=folder)
        os.close(handle)
        try:
            run.to_netcdf(aside, engine="h5netcdf")
            digest = _flushed_digest(Path(aside))
            path = folder / f"{_stamp(run, 'issue_time')}_{_stamp(run, 'fetched_at')}_{digest}.nc"
            Path(aside).replace(path)
        except BaseException:
            with suppress(OSError):
                Path(aside).unlink(missing_ok=True)
            raise
        _flush_folder(folder)
        return path

    def latest_run(
        self, place: Place, known_by: datetime, start: datetime, hours: int
    ) -> xr.Dataset:
        """Return the newest stored run that serves; raises NOTHING_STORED, STALE or WRONG_TIMES."""
        asked = hour_starts(start, hours)
        reason = WeatherUnavailable(self.name, Cause.NOTHING_STORED, iso_utc(known_by))
        for stored in self._known(place, known_by):
            try:
                check_age(self.name, stored.issue_time, known_by, self.max_age_h)
            except WeatherUnavailable as stale:  # so are all that follow
                raise (stale if reason.cause is Cause.NOTHING_STORED else reason) from None
            run = _read(stored)
            if run is None:
                continue
            times = run["time"].values
            try:
                check_cover(self.name, times[0], times[-1] + HOUR, known_by, asked)
            except WeatherUnavailable as short:
                reason = short
                continue
            kept = run.isel(time=slice(int((asked[0] - times[0]) / HOUR), None))
            return check_weather(kept)
        raise reason

    def _known(self, place: Place, known_by: datetime) -> list[_StoredFile]:
        """Return what was issued and fetched by `known_by`, newest issue first."""
        found = []
        for path in self.folder.glob(f"*/{_place_name(place)}/*.nc"):
            match = _FILE_NAME.fullmatch(path.name)
            if match is None:
                continue
            stored = _StoredFile(_moment(match[1]), _moment(match[2]), match[3], path)
            if stored.issue_time <= known_by and stored.fetched_at <= known_by:
                found.append(stored)
        return sorted(found, key=lambda s: (s.issue_time, s.fetched_at, s.digest), reverse=True)


def _read(stored: _StoredFile) -> xr.Dataset | None:
    """Return a stored run, or None after setting a damaged file aside."""
    try:
        if _digest(stored.path.read_bytes()) == stored.digest:
            return check_weather(xr.load_dataset(stored.path, engine="h5netcdf"))
    except FileNotFoundError:
        return None
    except (OSError, ValueError, KeyError):
        pass  # unreadable in spite of its checksum: as useless as a damaged one
    with suppress(OSError):  # a read-only folder: passed over again next time
        stored.path.rename(stored.path.with_name(stored.path.name + ".damaged"))
    return None


def _flushed_digest(path: Path) -> str:
    """Return the digest of a file after forcing it to the disk."""
    with path.open("rb+") as file:
        os.fsync(file.fileno())
        return _digest(file.read())


def _flush_folder(folder: Path) -> None:
    """Force the folder's entries to the disk, so that the rename survives a power cut."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _digest(body: bytes) -> str:
    return hashlib.sha256(body).hexdigest()[:16]


def _stamp(run: xr.Dataset, attribute: str) -> str:
    return datetime.fromisoformat(str(run.attrs[attribute])).astimezone(UTC).strftime(_STAMP)


def _moment(stamp: str) -> datetime:
    return datetime.strptime(stamp, _STAMP).replace(tzinfo=UTC)


def _place_name(place: Place) -> str:
    return f"{place.latitude:.3f}_{place.longitude:.3f}"


def _safe(provider: str) -> str:
    """Return a provider's name as a folder name: names come from case files."""
    return re.sub(r"[^\w.-]|^\.+", "_", provider) or "_"
