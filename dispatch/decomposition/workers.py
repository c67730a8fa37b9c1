"""Chunks of stations shared out over processes.

Each process builds its chunks and keeps them; only prices and answers travel. Answers come back
in the order of the stations whatever the number of processes, so results do not depend on it.
"""

import multiprocessing
import sys
from collections.abc import Sequence
from contextlib import suppress
from multiprocessing.connection import Connection
from multiprocessing.context import BaseContext
from multiprocessing.process import BaseProcess
from types import TracebackType
from typing import Protocol, Self

import numpy as np

from dispatch.decomposition.responses import (
    Answers,
    Chunk,
    Layout,
    Question,
    joined,
    joined_layout,
)
from dispatch.decomposition.warm import NotSolved
from dispatch.inputs import PlanInputs
from dispatch.own_process import die_with_parent
from dispatch.plan import SolveStatus

# A forked process need not import everything again; elsewhere than on Linux forking is not safe.
START_METHOD = "fork" if sys.platform == "linux" else "spawn"


class Stations(Protocol):
    """All our stations, wherever they are solved."""

    @property
    def layout(self) -> Layout:
        """How the rows of answers are made up."""

    def answer(self, question: Question) -> Answers:
        """Ask all stations. Raises NotSolved."""


class Here:
    """All chunks in this process."""

    def __init__(self, chunks: Sequence[PlanInputs]) -> None:
        self._chunks = [Chunk(inputs) for inputs in chunks]
        self._layout = joined_layout([chunk.layout for chunk in self._chunks])

    @property
    def layout(self) -> Layout:
        """How the rows of answers are made up."""
        return self._layout

    def answer(self, question: Question) -> Answers:
        """Ask all stations, one chunk after the other. Raises NotSolved."""
        ends = np.cumsum([chunk.layout.part.size for chunk in self._chunks])
        plans = np.split(question.near_mw, ends[:-1])
        found = [
            chunk.answer(Question(question.price, plan, question.reach))
            for chunk, plan in zip(self._chunks, plans, strict=True)
        ]
        return _together(found)


class Workers:
    """Chunks in several processes, which start at once; to be closed, as a context does."""

    def __init__(
        self, chunks: Sequence[PlanInputs], count: int, start_method: str = START_METHOD
    ) -> None:
        context = multiprocessing.get_context(start_method)
        count = min(count, len(chunks))
        ends = np.linspace(0, len(chunks), count + 1).round().astype(int)
        shares = [list(chunks[ends[i] : ends[i + 1]]) for i in range(count)]
        self._sizes = [sum(part.stations.zone.size for part in share) for share in shares]
        self._workers = [Worker(context, share) for share in shares]
        self._layout: Layout | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    @property
    def layout(self) -> Layout:
        """How the rows of answers are made up; waits until all are built."""
        if self._layout is None:
            self._layout = joined_layout([worker.layout() for worker in self._workers])
        return self._layout

    def answer(self, question: Question) -> Answers:
        """Ask all stations at once. Raises NotSolved."""
        _ = self.layout  # what processes say first
        plans = np.split(question.near_mw, np.cumsum(self._sizes)[:-1])
        asked = [Question(question.price, plan, question.reach) for plan in plans]
        for worker, part in zip(self._workers, asked, strict=True):
            worker.ask(part)
        # All are heard before any is found wanting: the next question has answers of its own.
        said = [worker.answer(part) for worker, part in zip(self._workers, asked, strict=True)]
        for one in said:
            if isinstance(one, SolveStatus):
                raise NotSolved(one)
        return _together([one for one in said if isinstance(one, Answers)])

    def close(self) -> None:
        """End all processes."""
        for worker in self._workers:
            worker.leave()
        for worker in self._workers:
            worker.end()


class Worker:
    """Some of the chunks in a process of their own; in this one when that has died.

    The kernel ends a process where memory runs out. The plan need not end with it.
    """

    def __init__(self, context: BaseContext, share: Sequence[PlanInputs]) -> None:
        self._share = share
        self._line, theirs = context.Pipe()
        self._process: BaseProcess = context.Process(  # type: ignore[attr-defined]
            target=_serve, args=(theirs, list(share)), daemon=True
        )
        self._process.start()
        theirs.close()
        self._instead: Here | None = None

    def layout(self) -> Layout:
        """How the rows of its answers are made up, which its process says first; waits for it."""
        try:
            said: Layout = self._line.recv()
        except (EOFError, OSError):
            return self._here().layout
        return said

    def ask(self, question: Question) -> None:
        """Put a question, not waiting for the answer."""
        if self._instead is None:
            with suppress(OSError):  # seen when the answer does not come
                self._line.send(question)

    def answer(self, question: Question) -> Answers | SolveStatus:
        """Return the answer to the question that was put, or why there is none."""
        if self._instead is None:
            try:
                said: Answers | SolveStatus = self._line.recv()
            except (EOFError, OSError):
                pass
            else:
                return said
        try:
            return self._here().answer(question)
        except NotSolved as error:
            return error.status

    def leave(self) -> None:
        """Have its process end."""
        with suppress(OSError):  # it may be gone already
            self._line.send(None)
        self._line.close()

    def end(self) -> None:
        """Wait for the end of its process, not for long."""
        self._process.join(timeout=5.0)
        if self._process.is_alive():
            self._process.terminate()
            self._process.join()

    def _here(self) -> Here:
        if self._instead is None:
            self._instead = Here(self._share)
        return self._instead


def _serve(line: Connection, share: list[PlanInputs]) -> None:
    """What a process does: build, then answer until nothing more is asked."""
    die_with_parent()
    try:
        stations = Here(share)
        share.clear()
        line.send(stations.layout)
        while (question := line.recv()) is not None:
            try:
                line.send(stations.answer(question))
            except NotSolved as error:
                line.send(error.status)
    except (EOFError, BrokenPipeError):
        return


def _together(found: list[Answers]) -> Answers:
    return Answers(joined([one.best for one in found]), joined([one.near for one in found]))
