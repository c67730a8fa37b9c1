"""Work done in a process of its own, which may die without harm to us.

The process is the head of a group, with the processes of its own price decomposition in it, so
that all of them can be ended at once, and Ctrl-C on a terminal reaches only us, who then end them.
"""

import ctypes
import multiprocessing
import os
import signal
import sys
import traceback
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from multiprocessing.connection import Connection
from multiprocessing.process import BaseProcess
from typing import Generic, TypeVar

from dispatch.messages import say

# A forked process need not import everything again, and has the case already. Elsewhere than on
# Linux forking a process that has run for a while is not safe; there a server is forked that has
# imported and done nothing else.
START_METHOD = "fork" if sys.platform == "linux" else "forkserver"
ORPHAN_CHECK_S = 1.0
PR_SET_PDEATHSIG = 1  # Linux, prctl(2)
SHOWN_CHARACTERS = 200

T = TypeVar("T")


@dataclass(frozen=True)
class Said(Generic[T]):
    """What the work gave."""

    value: T


@dataclass(frozen=True)
class Lost:
    """The work gave nothing; `why` is a sentence."""

    why: str
    died: bool = False  # its process was ended from outside, or fell: it may do better again


@dataclass(frozen=True)
class OwnProcess(Generic[T]):
    """A process at work; to be ended, also when it is done."""

    line: Connection
    process: BaseProcess

    @classmethod
    def started(
        cls,
        work: Callable[[], T],
        start_method: str = START_METHOD,
        preloaded: Sequence[str] = (),
    ) -> "OwnProcess[T]":
        """Start work; where the start method is not `fork` it must be fit to be pickled.

        `preloaded` are modules that a server of forks imports once, for all that it forks.
        """
        context = multiprocessing.get_context(start_method)
        if start_method == "forkserver":
            context.set_forkserver_preload(list(preloaded))
        ours, theirs = context.Pipe(duplex=False)
        # A forked process may first run when we are gone, too late to ask whose child it is.
        parent = os.getpid() if start_method == "fork" else None
        process = context.Process(  # type: ignore[attr-defined]
            target=_serve, args=(theirs, work, parent)
        )
        process.start()
        theirs.close()
        return cls(ours, process)

    def answer(self) -> Said[T] | Lost | None:
        """Return what came of the work; None while it goes on."""
        # Asked in this order: it may say its answer and end between the two questions.
        dead = not self.process.is_alive()
        try:
            if self.line.poll():
                said: Said[T] | Lost = self.line.recv()
                return said
        except (EOFError, OSError):
            self.process.join(ORPHAN_CHECK_S)
            dead = True
        if not dead:
            return None
        return Lost(say("ladder.died", how=self.process.exitcode), died=True)

    def end(self) -> None:
        """End the process and those it started."""
        if self.process.pid is not None:
            with suppress(OSError):  # gone already, or not yet the head of its group
                os.killpg(self.process.pid, signal.SIGKILL)
        self.process.kill()
        self.process.join()
        self.line.close()


def die_with_parent() -> None:
    """Have the kernel kill this process when the one that began it dies, however busy it is.

    Python itself could not: its signal handlers wait for the end of a call into a solver, and all
    that time a process nobody asks for would hold the lock of the case. Linux only.
    """
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)


def _serve(line: Connection, work: Callable[[], T], parent: int | None) -> None:
    """What the process does: work, and say what came of it."""
    os.setpgid(0, 0)
    _end_with(os.getppid() if parent is None else parent)
    line.send(_answer(work))
    line.close()


def _answer(work: Callable[[], T]) -> Said[T] | Lost:
    try:
        return Said(work())
    except Exception as error:  # noqa: BLE001 (a fault of ours in one variant costs no other)
        reason = f"{type(error).__name__}: {error}".splitlines()[0][:SHOWN_CHARACTERS]
        last = traceback.extract_tb(error.__traceback__)[-1]
        place = f"{last.filename}:{last.lineno}"
        return Lost(say("ladder.fault_of_ours", reason=reason, place=place))


def _end_with(parent: int) -> None:
    """End this group of processes when the one that began it is gone: killed, it cannot itself.

    By the kernel where it does that; by asking, elsewhere and where it was gone from the start.
    """
    die_with_parent()

    def look(*_: object) -> None:
        if os.getppid() != parent:
            os.killpg(0, signal.SIGKILL)

    signal.signal(signal.SIGALRM, look)
    signal.setitimer(signal.ITIMER_REAL, ORPHAN_CHECK_S, ORPHAN_CHECK_S)
    look()
