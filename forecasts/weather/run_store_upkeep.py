"""Keeping the run store small, and looking over all of it.

Sizes, measured: one forecast of 16 days 22 kB, its 51 members 0.3 MB, 150 members 0.8 MB. A year
of four runs a day is 32 MB, 0.4 GB and 1.1 GB; thinned as below 9 MB, 0.1 GB and 0.4 GB.
"""

from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import groupby
from pathlib import Path

from forecasts.weather.stored_run import (
    ASIDE_PREFIX,
    DAMAGED_SUFFIX,
    NotRead,
    NotReadReason,
    StoredRun,
    fault_of,
    stored_run_of,
)


@dataclass(frozen=True)
class Keeping:
    """How long runs are kept; days are counted back from the newest run known."""

    keep_days: float = 400.0  # a season to learn from, and the one before it
    whole_days: float = 30.0  # so long everything; then of each issue time the first fetch
    large_bytes: int = 100_000  # from this size on (ensembles), after `whole_days` one run a day
    max_bytes: int = 2_000_000_000  # of the whole store; beyond it the oldest go
    last_days: float = 3.0  # never removed for their size


@dataclass(frozen=True)
class Pruned:
    """What pruning did; `failed` files could not be removed."""

    removed: int
    removed_bytes: int
    failed: int
    kept_bytes: int


@dataclass(frozen=True)
class _Kept:
    stored: StoredRun
    size: int


def prune(folder: Path, known_by: datetime, keeping: Keeping | None = None) -> Pruned:
    """Remove what is older than is kept, and thin what is old. Never raises for the disk.

    Days are counted from the newest issue time that is not after `known_by`: a clock that runs a
    year ahead must not cost the past. Who reads a run that goes meanwhile passes it over.
    """
    rules = keeping or Keeping()
    files = list(_sized(folder))
    issued = [it.stored.issue_time for it in files if it.stored.issue_time <= known_by]
    if not issued:
        return Pruned(0, 0, 0, sum(it.size for it in files))
    now = max(issued)
    goes = [*_too_old(files, now, rules), *_too_many(files, now, rules)]
    left = sorted(set(files) - set(goes), key=lambda it: it.stored.issue_time)
    goes += _too_large(left, now, rules)
    removed = [it for it in goes if _removed(it.stored.path)]
    _remove_old_damaged(folder, now - timedelta(days=rules.keep_days))
    removed_bytes = sum(it.size for it in removed)
    kept_bytes = sum(it.size for it in files) - removed_bytes
    return Pruned(len(removed), removed_bytes, len(goes) - len(removed), kept_bytes)


def _too_old(files: Iterable[_Kept], now: datetime, rules: Keeping) -> list[_Kept]:
    oldest = now - timedelta(days=rules.keep_days)
    return [it for it in files if it.stored.issue_time < oldest]


def _too_many(files: Iterable[_Kept], now: datetime, rules: Keeping) -> list[_Kept]:
    """Return second fetches of a run, and second ensembles of a UTC day, that are old."""
    oldest = now - timedelta(days=rules.keep_days)
    thinned = now - timedelta(days=rules.whole_days)
    old = [it for it in files if oldest <= it.stored.issue_time < thinned]
    old.sort(key=lambda it: (it.stored.path.parent, it.stored.issue_time, it.stored.fetched_at))
    goes: list[_Kept] = []
    for _, same_run in groupby(old, key=lambda it: (it.stored.path.parent, it.stored.issue_time)):
        goes += list(same_run)[1:]
    again = set(goes)
    large = [it for it in old if it not in again and it.size >= rules.large_bytes]
    for _, same_day in groupby(
        large, key=lambda it: (it.stored.path.parent, it.stored.issue_time.date())
    ):
        goes += list(same_day)[1:]
    return goes


def _too_large(files: Sequence[_Kept], now: datetime, rules: Keeping) -> list[_Kept]:
    """Return the oldest of `files` (in order of issue) beyond the size of the store."""
    excess = sum(it.size for it in files) - rules.max_bytes
    goes = []
    for it in files:
        if excess <= 0 or it.stored.issue_time >= now - timedelta(days=rules.last_days):
            break
        goes.append(it)
        excess -= it.size
    return goes


def _removed(path: Path) -> bool:
    """Remove a file; also true if another process was first."""
    try:
        path.unlink(missing_ok=True)
    except OSError:
        return False
    return True


def _remove_old_damaged(folder: Path, oldest: datetime) -> None:
    for path in _files(folder, f"*{DAMAGED_SUFFIX}"):
        stored = stored_run_of(path.with_name(path.name.removesuffix(DAMAGED_SUFFIX)))
        if stored is not None and stored.issue_time < oldest:
            _removed(path)


def _sized(folder: Path) -> Iterator[_Kept]:
    for path in _files(folder, "*.nc"):
        stored = stored_run_of(path)
        if stored is not None:
            with suppress(OSError):  # gone meanwhile
                yield _Kept(stored, path.stat().st_size)


def _files(folder: Path, pattern: str) -> list[Path]:
    """Return the files of a store, sorted; none where the folder cannot be read."""
    with suppress(OSError):
        return sorted(folder.glob(f"*/*/{pattern}"))
    return []


# ---- looking it over -----------------------------------------------------------------------


@dataclass(frozen=True)
class KeptRuns:
    """What a store holds of one provider for one place, as their folders are called."""

    provider: str
    place: str
    files: int
    size_bytes: int
    first_issue: datetime
    last_issue: datetime
    last_fetched_at: datetime


@dataclass(frozen=True)
class StoreReport:
    """The state of a whole store."""

    kept: tuple[KeptRuns, ...]
    unreadable: tuple[NotRead, ...]  # found now; nothing was renamed
    set_aside: tuple[Path, ...]  # `*.damaged` of earlier
    left_over: tuple[Path, ...]  # of writers that died; gone after a day
    not_ours: tuple[Path, ...]  # files that the store did not write
    from_future: tuple[Path, ...]  # issued or fetched after `known_by`: some clock was wrong

    @property
    def files(self) -> int:
        """How many runs are stored, readable or not."""
        return sum(it.files for it in self.kept)

    @property
    def size_bytes(self) -> int:
        """Size of all stored runs."""
        return sum(it.size_bytes for it in self.kept)

    @property
    def sound(self) -> bool:
        """True if every stored file holds its run."""
        return not self.unreadable and not self.set_aside


def verify_store(folder: Path, known_by: datetime) -> StoreReport:
    """Read every file of a store and tell its state; changes nothing.

    An empty or missing folder is a sound store without runs.
    """
    files = list(_sized(folder))
    faults = (fault_of(kept.stored) for kept in files)
    unreadable = [it for it in faults if it is not None and it.reason is not NotReadReason.GONE]
    named = {kept.stored.path for kept in files}
    others = [path for path in _all_files(folder) if path not in named]
    set_aside = [path for path in others if path.name.endswith(DAMAGED_SUFFIX)]
    left_over = [path for path in others if path.name.startswith(ASIDE_PREFIX)]
    future = [
        it.stored.path for it in files if max(it.stored.issue_time, it.stored.fetched_at) > known_by
    ]
    return StoreReport(
        kept=tuple(_kept_runs(files)),
        unreadable=tuple(unreadable),
        set_aside=tuple(set_aside),
        left_over=tuple(left_over),
        not_ours=tuple(path for path in others if path not in {*set_aside, *left_over}),
        from_future=tuple(future),
    )


def _kept_runs(files: Sequence[_Kept]) -> Iterator[KeptRuns]:
    in_folders = sorted(files, key=lambda it: it.stored.path)
    for parent, group in groupby(in_folders, key=lambda it: it.stored.path.parent):
        here = list(group)
        issued = [it.stored.issue_time for it in here]
        yield KeptRuns(
            provider=parent.parent.name,
            place=parent.name,
            files=len(here),
            size_bytes=sum(it.size for it in here),
            first_issue=min(issued),
            last_issue=max(issued),
            last_fetched_at=max(it.stored.fetched_at for it in here),
        )


def _all_files(folder: Path) -> list[Path]:
    with suppress(OSError):
        return sorted(path for path in folder.rglob("*") if path.is_file())
    return []
