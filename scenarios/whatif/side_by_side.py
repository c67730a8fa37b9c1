"""Variants planned side by side, in processes of their own; results come in the order asked."""

import os
import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Protocol

from dispatch.daily_request import DailyRequest
from dispatch.messages import say
from scenarios.whatif.outcome import Result, Variant
from scenarios.whatif.result_cache import ResultCache
from scenarios.whatif.result_key import result_key, surroundings_key


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
    if not variants:
        return ()
    begun = time.monotonic()
    keys = _keys(variants, request, with_cures=with_cures)
    results: dict[str, Result] = {}

    def told(key: str, result: Result, *, remembered: bool = False) -> None:
        results[key] = result
        count = sum(one in results for one in keys)
        seconds = time.monotonic() - begun
        progress.done(Done(result, count, len(keys), seconds, remembered))

    left: dict[str, Variant] = {}
    try:
        for key, variant in zip(keys, variants, strict=True):
            if key in results or key in left:
                continue  # the same question under another name
            found = cache.found(key, variant) if cache else None
            if found is None:
                left[key] = variant
            else:
                told(key, found, remembered=True)
        if left:
            # Imported only now: a question that was asked before needs no solver.
            from scenarios.whatif.planning_crew import Crew

            crew = Crew(request, workers or _processors(), cache, with_cures)
            crew.plan(left, variants[0].situation, told, progress.waiting)
            if cache:
                cache.tidy()
    except KeyboardInterrupt:
        text = "whatif_run.stopped_kept" if cache else "whatif_run.stopped"
        count = sum(one in results for one in keys)
        raise PlanningStopped(say(text, count=count, total=len(keys))) from None
    return tuple(
        replace(results[key], name=variant.name, title=variant.title, values=variant.values)
        for key, variant in zip(keys, variants, strict=True)
    )


def _keys(
    variants: Sequence[Variant], request: DailyRequest, *, with_cures: bool
) -> tuple[str, ...]:
    """What each result depends on; equal keys, equal results."""
    surroundings = surroundings_key(variants[0].situation, request, with_cures=with_cures)
    return tuple(result_key(surroundings, variant.situation) for variant in variants)


def _processors() -> int:
    """Processors that we may use, where the system says so."""
    allowed = getattr(os, "sched_getaffinity", None)
    return len(allowed(0)) if allowed else os.cpu_count() or 1
