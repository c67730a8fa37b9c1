"""Every fetched run kept on disk, by provider, place and issue time, and replayed as a provider.

Any number of processes may save, read and prune at once, without locks: files appear whole, never
change, and are named by their content (`stored_run`). A file that no longer matches its name is
set aside as `*.damaged`, told, and passed over.
"""

from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from pathlib import Path

import numpy as np
import xarray as xr

from forecasts.series import check_weather
from forecasts.weather.gates.checks import check_age, check_cover
from forecasts.weather.provenance import Note, NoteCode, notes_of, notes_to_json
from forecasts.weather.provider import Cause, Place, WeatherUnavailable
from forecasts.weather.run import hour_starts
from forecasts.weather.solar import HOUR, Times
from forecasts.weather.stored_run import (
    NotRead,
    NotReadReason,
    StoredRun,
    content_of,
    digest_of,
    file_name,
    is_folder_of,
    make_folder,
    old_provider_folder_name,
    place_folder_name,
    provider_folder_name,
    read_run,
    read_sealed,
    set_aside,
    stored_run_of,
    write_whole,
)

# Of the day that is acted on such a forecast is off by 3.8 K (H§2, 4 to 5 days ahead). Climate
# normals, which come after it, are off by 4.7 K: daily means of six observed winters, Shenyang.
MAX_AGE_H = 96.0
NAMED_FILES = 3  # a message lists no more
TWINS_TRIED = 5  # more fetches of one run than ever are merged while it is read
_ALWAYS = datetime(1, 1, 2, tzinfo=UTC)


class RunShape(StrEnum):
    """Which stored runs are asked for."""

    ANY = "any"  # the newest; of the same issue time one forecast rather than an ensemble
    SINGLE = "single"  # on (time)
    ENSEMBLE = "ensemble"  # on (member, time)


@dataclass(frozen=True)
class StoredRuns:
    """A folder of runs; as a provider it tells only what had been issued and fetched by then."""

    folder: Path
    max_age_h: float = MAX_AGE_H
    name: str = "run_store"
    provider: str = ""  # only the runs of this one; "" for those of all
    shape: RunShape = RunShape.ANY

    def save(self, run: xr.Dataset) -> Path:
        """Keep a run; returns its file. Raises OSError if the disk does not take it.

        Content that is there already is not stored twice: the earlier fetch stays, since that is
        when it became known. If the file that is there has been damaged, this one replaces it.
        """
        place = Place(run.attrs["asked_latitude"], run.attrs["asked_longitude"], "UTC")
        provider = provider_folder_name(str(run.attrs["provider"]))
        folder = self.folder / provider / place_folder_name(place)
        make_folder(folder)
        body = content_of(run)
        issued, fetched = (
            datetime.fromisoformat(str(run.attrs[key])) for key in ("issue_time", "fetched_at")
        )
        digest = digest_of(body)
        ours = StoredRun(issued, fetched, digest, folder / file_name(issued, fetched, digest))
        for there in _same_content(ours):
            if there.fetched_at <= fetched:
                if isinstance(read_sealed(there), bytes):
                    return there.path
                ours = there  # damaged or gone: put in place again
        write_whole(ours.path, body)
        return _only_first(ours)

    def latest_run(
        self, place: Place, known_by: datetime, start: datetime, hours: int
    ) -> xr.Dataset:
        """Return the newest stored run that serves; raises NOTHING_STORED, STALE or WRONG_TIMES.

        Damaged files met on the way stand in its notes, or in the detail of what is raised.
        """
        asked = hour_starts(start, hours)
        reason: WeatherUnavailable | None = None
        lost: list[NotRead] = []
        best: xr.Dataset | None = None
        for stored in self._known(place, known_by):
            if best is not None and _issue_time(best) != stored.issue_time:
                break
            try:
                check_age(self.name, stored.issue_time, known_by, self.max_age_h)
            except WeatherUnavailable as stale:  # so are all that follow
                reason = reason or stale
                break
            run = self.load(stored)
            if isinstance(run, NotRead):
                lost.append(run)
                continue
            if not self._asks_for(run):
                continue
            try:
                kept = self._from_start(run, known_by, asked)
            except WeatherUnavailable as short:
                reason = short
                continue
            if "member" not in kept.dims:
                return _with_note(kept, lost)
            best = kept if best is None else best
        if best is not None:
            return _with_note(best, lost)
        raise self._nothing(place, known_by, reason, lost)

    def runs(
        self, provider: str, place: Place, known_by: datetime, since: datetime = _ALWAYS
    ) -> Iterator[StoredRun]:
        """Yield what had been issued (not before `since`) and fetched by `known_by`, oldest first.

        Of one issue time the first fetched comes first. `provider` may be a name of `providers`.
        """
        names = {provider, provider_folder_name(provider), old_provider_folder_name(provider)}
        found = (it for it in self._all(place) if it.path.parent.parent.name in names)
        known = [it for it in found if _known_by(it, known_by) and it.issue_time >= since]
        yield from sorted(known, key=lambda it: (it.issue_time, it.fetched_at, it.digest))

    def providers(self, place: Place) -> tuple[str, ...]:
        """Return who has runs of a place, as their folders are called; sorted."""
        return tuple(sorted({it.path.parent.parent.name for it in self._all(place)}))

    def load(self, stored: StoredRun) -> xr.Dataset | NotRead:
        """Return a stored run; a damaged file is set aside and told."""
        run = read_run(stored)
        for _ in range(TWINS_TRIED):
            if not isinstance(run, NotRead) or run.reason is not NotReadReason.GONE:
                break
            twins = _same_content(stored)  # one of an earlier fetch may have taken its place
            run = read_run(twins[0]) if twins else run
        return set_aside(run) if isinstance(run, NotRead) else run

    def _asks_for(self, run: xr.Dataset) -> bool:
        if self.shape is RunShape.ANY:
            return True
        return ("member" in run.dims) == (self.shape is RunShape.ENSEMBLE)

    def _from_start(self, run: xr.Dataset, known_by: datetime, asked: Times) -> xr.Dataset:
        """Return a run from the first hour asked on; raises WRONG_TIMES if it does not serve."""
        times = run["time"].values
        check_cover(self.name, times[0], times[-1] + HOUR, known_by, asked)
        first = int(np.searchsorted(times, asked[0]))
        return check_weather(run.isel(time=slice(first, None)))

    def _all(self, place: Place) -> Iterator[StoredRun]:
        """Yield all files of a place in no order; nothing for a folder that cannot be read."""
        with suppress(OSError):
            for folder in self.folder.glob("*/*"):
                if is_folder_of(folder.name, place):
                    found = (stored_run_of(path) for path in folder.glob("*.nc"))
                    yield from (stored for stored in found if stored is not None)

    def _known(self, place: Place, known_by: datetime) -> Sequence[StoredRun]:
        """Return what was issued and fetched by `known_by`, newest issue first."""
        if self.provider:
            found = list(self.runs(self.provider, place, known_by))
        else:
            found = [stored for stored in self._all(place) if _known_by(stored, known_by)]
        return sorted(found, key=lambda s: (s.issue_time, s.fetched_at, s.digest), reverse=True)

    def _nothing(
        self,
        place: Place,
        known_by: datetime,
        reason: WeatherUnavailable | None,
        lost: Sequence[NotRead],
    ) -> WeatherUnavailable:
        """Return why no run serves: the reason met, or that nothing was known so early."""
        if reason is None:
            detail = _minute(known_by)
            later = [max(s.issue_time, s.fetched_at) for s in self._all(place)]
            if later and min(later) > known_by:
                detail += f" (the first became known {_minute(min(later))})"
            reason = WeatherUnavailable(self.name, Cause.NOTHING_STORED, detail)
        if not lost:
            return reason
        detail = f"{reason.detail}; not readable: {_files(lost)}"
        return WeatherUnavailable(self.name, reason.cause, detail)


def _minute(moment: datetime) -> str:
    return f"{moment.astimezone(UTC):%Y-%m-%d %H:%M} UTC"


def _known_by(stored: StoredRun, known_by: datetime) -> bool:
    return stored.issue_time <= known_by and stored.fetched_at <= known_by


def _issue_time(run: xr.Dataset) -> datetime:
    return datetime.fromisoformat(str(run.attrs["issue_time"]))


def _same_content(stored: StoredRun) -> list[StoredRun]:
    """Return the files beside a stored run that hold the same content, the first fetched first."""
    pattern = f"*_{stored.digest}.nc"
    found = [stored_run_of(path) for path in stored.path.parent.glob(pattern)]
    twins = [it for it in found if it is not None and it.issue_time == stored.issue_time]
    return sorted(twins, key=lambda it: it.fetched_at)


def _only_first(ours: StoredRun) -> Path:
    """Remove all files of our content but the first fetched; return that.

    Processes that save the same run at once all come here after their file is in place: the last
    of them sees all files, so that one remains.
    """
    first, *others = _same_content(ours) or [ours]
    for other in others:
        with suppress(OSError):
            other.path.unlink(missing_ok=True)
    return first.path


def _with_note(run: xr.Dataset, lost: Sequence[NotRead]) -> xr.Dataset:
    if not lost:
        return run
    notes = (*notes_of(run), Note(NoteCode.STORED_DAMAGED, _files(lost)))
    return run.assign_attrs(notes=notes_to_json(notes))


def _files(lost: Sequence[NotRead]) -> str:
    """Return the names of files for a message, not too many."""
    names = [it.path.name for it in lost]
    more = [f"+{len(names) - NAMED_FILES}"] if len(names) > NAMED_FILES else []
    return ", ".join(names[:NAMED_FILES] + more)
