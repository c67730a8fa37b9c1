"""One run of a case at a time: a lock with its owner's name on it, which dies with its owner.

Two runs at once would start from the same last plan, and the slower one, with the older weather,
would be published last. The lock is the kernel's: nothing is left behind by a process that was
killed. Where a disk has no locks, a file stands for it, and is taken over from owners that are
gone. Reads the machine's clock: how long a run has been at work is no part of a plan.
"""

import fcntl
import json
import os
import socket
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import asdict, dataclass
from pathlib import Path

from dispatch.atomic import CANNOT_LOCK

LOCK_FILE = ".run.lock"
STAND_IN_FILE = ".run.lock.owner"  # where the disk has no locks
ASK_EVERY_S = 0.2
# Of a stand-in: nobody can ask another machine whether its process lives, and on ours the number
# may be another process's by now.
STALE_S = 2 * 3600.0


@dataclass(frozen=True)
class Owner:
    """Who holds a lock."""

    pid: int
    host: str
    user: str
    since_s: float  # Unix time

    @property
    def age_s(self) -> float:
        """How long it has been held, s; never below zero, whatever clocks were set to."""
        return max(0.0, time.time() - self.since_s)


class CaseBusy(Exception):
    """Another run of the case is at work; `owner` may be unknown."""

    def __init__(self, owner: Owner | None) -> None:
        super().__init__("unknown" if owner is None else f"process {owner.pid}")
        self.owner = owner


@contextmanager
def only_run(
    case_folder: Path,
    wait_s: float = 0.0,
    told: Callable[[Owner | None], None] = lambda _: None,
) -> Iterator[None]:
    """Hold the lock of a case's runs folder, which is made if missing.

    Where another run has it that run is waited for, `wait_s` at most; `told` hears of it once.
    Raises CaseBusy where it is still at work then, OSError where the folder cannot be written.
    """
    case_folder.mkdir(parents=True, exist_ok=True)
    until, heard = time.monotonic() + wait_s, False
    while True:
        with ExitStack() as held:
            try:
                held.enter_context(_held(case_folder))
            except CaseBusy as busy:
                if time.monotonic() >= until:
                    raise
                if not heard:
                    told(busy.owner)
                    heard = True
                time.sleep(min(ASK_EVERY_S, wait_s))
                continue
            yield
            return


def ask_lock(case_folder: Path) -> None:
    """Raise CaseBusy where a run of the case is at work; takes and changes nothing."""
    stand_in = case_folder / STAND_IN_FILE
    if stand_in.exists():
        owner = _read(stand_in)
        if owner is None or not _is_gone(owner):
            raise CaseBusy(owner)
    with suppress(FileNotFoundError), (case_folder / LOCK_FILE).open("rb") as stream:
        try:  # shared, and let go at once: a run that begins now asks again
            fcntl.flock(stream, fcntl.LOCK_SH | fcntl.LOCK_NB)
        except BlockingIOError:
            raise CaseBusy(_read(case_folder / LOCK_FILE)) from None
        except OSError as error:
            if error.errno not in CANNOT_LOCK:
                raise


@contextmanager
def _held(case_folder: Path) -> Iterator[None]:
    with (case_folder / LOCK_FILE).open("a+", encoding="utf-8") as stream:
        try:
            fcntl.flock(stream, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise CaseBusy(_read(case_folder / LOCK_FILE)) from None
        except OSError as error:
            if error.errno not in CANNOT_LOCK:
                raise
            with _stand_in(case_folder / STAND_IN_FILE):
                yield
            return
        stream.truncate(0)
        stream.write(json.dumps(asdict(_me())))
        stream.flush()
        try:
            yield
        finally:
            stream.truncate(0)  # nobody's; the file stays, since another may be opening it


@contextmanager
def _stand_in(path: Path) -> Iterator[None]:
    """A file that only one process can make."""
    try:
        _make(path)
    except FileExistsError:
        owner = _read(path)
        if owner is not None and not _is_gone(owner):
            raise CaseBusy(owner) from None
        path.unlink(missing_ok=True)
        try:
            _make(path)
        except FileExistsError:  # another run was quicker to take it over
            raise CaseBusy(_read(path)) from None
    try:
        yield
    finally:
        path.unlink(missing_ok=True)


def _make(path: Path) -> None:
    with path.open("x", encoding="utf-8") as stream:
        stream.write(json.dumps(asdict(_me())))


def _me() -> Owner:
    return Owner(os.getpid(), socket.gethostname(), _user(), time.time())


def _user() -> str:
    import getpass

    try:
        return getpass.getuser()
    except (KeyError, OSError):  # no such user: a container without names
        return str(os.getuid())


def _read(path: Path) -> Owner | None:
    """The owner as written; None where it is just being written, or damaged."""
    with suppress(OSError, ValueError, TypeError):
        return Owner(**json.loads(path.read_text(encoding="utf-8")))
    return None


def _is_gone(owner: Owner) -> bool:
    if owner.age_s > STALE_S:
        return True
    if owner.host != socket.gethostname():
        return False
    try:
        os.kill(owner.pid, 0)
    except ProcessLookupError:
        return True
    except OSError:  # another user's
        return False
    return False
