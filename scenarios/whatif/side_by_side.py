"""Variants planned side by side, in processes of their own; results come in the order asked."""

import os
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import partial
from multiprocessing.connection import wait
from typing import Protocol

from dispatch.daily_request import DailyRequest
from dispatch.messages import say
from dispatch.situation import Situation
from dispatch.telemetry_folder import has_telemetry
from scenarios.whatif.outcome import Outcome, Result, Variant
from scenarios.whatif.own_process import Lost, OwnProcess
from scenarios.whatif.plan_variant import outcome_of, unplanned
from scenarios.whatif.result_cache import ResultCache
from scenarios.whatif.result_key import result_key, surroundings_key, with_processes
from scenarios.whatif.shared_telemetry import measured_at, with_measured

TICK_S = 0.1  # between two looks at the processes


@dataclass(frozen=True)
class Done:
    """One variant is planned: `count` of `total` now are."""

    result: Result
    count: int
    total: int
    seconds: float  # since the planning began
    remembered: bool  # from the cache


class Progress(Protocol):
    """Hears how far the planning is."""

    def done(self, done: Done) -> None:
        """One more variant is planned."""

    def waiting(self) -> None:
        """Called some ten times a second: a bar shows that time goes on."""


class Silent:
    """Says nothing."""

    def done(self, done: Done) -> None:
        """Say nothing."""

    def waiting(self) -> None:
        """Say nothing."""


SILENT = Silent()


class PlanningStopped(KeyboardInterrupt):
    """Ctrl-C: all processes are ended; the text says so, and what is kept."""


@dataclass(frozen=True, eq=False)
class _Task:
    """A variant yet to be planned."""

    place: int  # in the order asked
    variant: Variant
    key: str  # under which to keep the result; empty without a cache


@dataclass(frozen=True)
class _Work:
    """How variants are planned in their processes."""

    request: DailyRequest
    processes: int  # inside each
    cache: ResultCache | None
    with_cures: bool

    def planned(self, task: _Task) -> Result:
        """Plan one variant, and keep the result before anybody hears of it."""
        variant = task.variant
        case = with_processes(variant.situation.case, self.processes)
        alone = replace(variant, situation=replace(variant.situation, case=case))
        result = outcome_of(alone, self.request, with_cures=self.with_cures)
        if isinstance(result, Outcome):
            result = replace(result, case=variant.situation.case)
            if self.cache is not None:
                self.cache.keep(task.key, result)
        return result


def planned_all(
    variants: Sequence[Variant],
    request: DailyRequest,
    *,
    workers: int | None = None,
    cache: ResultCache | None = None,
    progress: Progress = SILENT,
    with_cures: bool = False,
) -> tuple[Result, ...]:
    """Plan variants, the base first among them; `workers` None: as many as there are processors.

    Results do not depend on the number of processes. A variant that cannot be planned, or whose
    process died, is Unplanned and costs the others nothing. No other thread may run meanwhile:
    processes are forked. Raises PlanningStopped.
    """
    begun = time.monotonic()
    results: dict[int, Result] = {}

    def told(place: int, result: Result, *, remembered: bool = False) -> None:
        results[place] = result
        seconds = time.monotonic() - begun
        progress.done(Done(result, len(results), len(variants), seconds, remembered))

    try:
        tasks = []
        for task in _tasks(variants, request, cache, with_cures=with_cures):
            found = cache.found(task.key, task.variant) if cache else None
            if found is None:
                tasks.append(task)
            else:
                told(task.place, found, remembered=True)
        if tasks:
            crew = workers or _processors()
            tasks = _with_telemetry(tasks, variants[0].situation, request, progress)
            work = _Work(request, max(1, crew // len(tasks)), cache, with_cures)
            _plan(tasks, work, crew, progress, told)
            if cache:
                cache.tidy()
    except KeyboardInterrupt:
        key = "whatif_run.stopped_kept" if cache else "whatif_run.stopped"
        raise PlanningStopped(say(key, count=len(results), total=len(variants))) from None
    return tuple(results[place] for place in range(len(variants)))


def _processors() -> int:
    """Processors that we may use, where the system says so."""
    allowed = getattr(os, "sched_getaffinity", None)
    return len(allowed(0)) if allowed else os.cpu_count() or 1


def _tasks(
    variants: Sequence[Variant],
    request: DailyRequest,
    cache: ResultCache | None,
    *,
    with_cures: bool,
) -> list[_Task]:
    """All variants as tasks, in their order."""
    if cache is None or not variants:
        return [_Task(place, variant, "") for place, variant in enumerate(variants)]
    surroundings = surroundings_key(variants[0].situation, request, with_cures=with_cures)
    return [
        _Task(place, variant, result_key(surroundings, variant.situation))
        for place, variant in enumerate(variants)
    ]


def _with_telemetry(
    tasks: list[_Task], base: Situation, request: DailyRequest, progress: Progress
) -> list[_Task]:
    """The tasks with what telemetry says of the base, asked once.

    In a process of its own: its libraries start threads, and ours is yet to be forked.
    """
    if all(task.variant.situation.measured is not None for task in tasks):
        return tasks
    if not has_telemetry(request.case_folder, base.case.settings):
        return tasks
    asked = OwnProcess.started(partial(measured_at, base, request))
    try:
        while (answer := asked.answer()) is None:
            wait([asked.line], TICK_S)
            progress.waiting()
    finally:
        asked.end()
    if isinstance(answer, Lost):
        return tasks  # each asks for itself

    def informed(task: _Task) -> _Task:
        situation = with_measured(task.variant.situation, base, answer.value)
        return replace(task, variant=replace(task.variant, situation=situation))

    return [informed(task) for task in tasks]


def _plan(
    tasks: Sequence[_Task],
    work: _Work,
    crew: int,
    progress: Progress,
    told: Callable[[int, Result], None],
) -> None:
    """Plan the tasks in their order, `crew` at a time; however it ends, no process is left."""
    waiting = list(tasks)
    at_work: dict[_Task, OwnProcess[Result]] = {}
    try:
        while waiting or at_work:
            while waiting and len(at_work) < crew:
                task = waiting.pop(0)
                at_work[task] = OwnProcess.started(partial(work.planned, task))
            wait([process.line for process in at_work.values()], TICK_S)
            progress.waiting()
            for task, process in list(at_work.items()):
                answer = process.answer()
                if answer is not None:
                    at_work.pop(task).end()
                    if isinstance(answer, Lost):
                        told(task.place, unplanned(task.variant, answer.why))
                    else:
                        told(task.place, answer.value)
    finally:
        for process in at_work.values():
            process.end()
