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
from typing import Protocol, Self, TypeVar

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


T = TypeVar("T")


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
        self._workers = [_started(context, share) for share in shares]
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
            self._layout = joined_layout([_received(line, Layout) for line, _ in self._workers])
        return self._layout

    def answer(self, question: Question) -> Answers:
        """Ask all stations at once. Raises NotSolved, also where a process has died."""
        _ = self.layout  # what processes say first
        plans = np.split(question.near_mw, np.cumsum(self._sizes)[:-1])
        for (line, _), plan in zip(self._workers, plans, strict=True):
            line.send(Question(question.price, plan, question.reach))
        return _together([_received(line, Answers) for line, _ in self._workers])

    def close(self) -> None:
        """End all processes."""
        for line, _ in self._workers:
            with suppress(OSError):  # it may be gone already
                line.send(None)
            line.close()
        for _, process in self._workers:
            process.join(timeout=5.0)
            if process.is_alive():
                process.terminate()
                process.join()


Worker = tuple[Connection, BaseProcess]


def _started(context: BaseContext, share: list[PlanInputs]) -> Worker:
    ours, theirs = context.Pipe()
    process = context.Process(target=_serve, args=(theirs, share), daemon=True)  # type: ignore[attr-defined]
    process.start()
    theirs.close()
    return ours, process


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


def _received(line: Connection, kind: type[T]) -> T:
    """What a process says. Raises NotSolved where that is no answer, or it has died."""
    try:
        said = line.recv()
    except EOFError:
        raise NotSolved(SolveStatus.FAILED) from None
    if not isinstance(said, kind):
        raise NotSolved(said)
    return said


def _together(found: list[Answers]) -> Answers:
    return Answers(joined([one.best for one in found]), joined([one.near for one in found]))
