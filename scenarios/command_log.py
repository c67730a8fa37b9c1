"""A log of unattended commands beside their runs: what was asked, how it ended, how long it took.

Lines go to `heat-dispatch.log`, which is turned over by size; the journal has what the command
itself said. Nothing of the environment is written, so no key either.
"""

import fcntl
import shlex
from collections.abc import Sequence
from contextlib import suppress
from datetime import datetime
from logging import INFO, LogRecord
from logging.handlers import RotatingFileHandler
from pathlib import Path

LOG_NAME = "heat-dispatch.log"
MOST_BYTES, KEPT = 1_000_000, 5  # about a season of plans and watches
MOST_WORDS = 600  # letters of what a command said at its end


def log_command(
    runs_folder: Path, now: datetime, words: Sequence[str], exit_code: int, seconds: float, end: str
) -> None:
    """Add a line for a command that has ended; a disk that takes none is not its fault.

    `now` is aware, `words` are the command's own, `end` is its last sentence or empty.
    """
    said = " ".join(end.split())[:MOST_WORDS]
    line = f"{now.isoformat()} exit {exit_code} after {seconds:.1f} s: {shlex.join(words)}"
    if not runs_folder.is_dir():  # nothing was ever planned there: bad input leaves nothing
        return
    with suppress(OSError):
        _write(runs_folder / LOG_NAME, f"{line} | {said}" if said else line)


def _write(path: Path, line: str) -> None:
    """One writer at a time, since the file may be turned over."""
    with path.with_name(f".{LOG_NAME}.lock").open("a") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        handler = RotatingFileHandler(path, maxBytes=MOST_BYTES, backupCount=KEPT, encoding="utf-8")
        handler.handleError = _raise  # type: ignore[assignment, method-assign]
        try:
            handler.emit(LogRecord(LOG_NAME, INFO, "", 0, line, None, None))
        finally:
            handler.close()


def _raise(_: LogRecord) -> None:
    """Let a full disk be seen instead of a traceback on the screen."""
    raise  # noqa: PLE0704 (within the handler's own except)
