"""Processes that plan one variant each, so many at a time. Imported only when there is work."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from functools import partial
from multiprocessing.connection import wait

from dispatch.daily_request import DailyRequest
from dispatch.own_process import START_METHOD, Lost, OwnProcess
from dispatch.situation import Situation
from dispatch.telemetry_folder import has_telemetry
from scenarios.whatif.outcome import Outcome, Result, Variant
from scenarios.whatif.plan_variant import outcome_of, unplanned
from scenarios.whatif.result_cache import ResultCache
from scenarios.whatif.result_key import with_processes
from scenarios.whatif.shared_telemetry import measured_at, with_measured

TICK_S = 0.1  # between two looks at the processes
PRELOADED = ("scenarios.whatif.plan_variant",)

Tick = Callable[[], None]


@dataclass(frozen=True)
class Crew:
    """How variants are planned, `size` at a time."""

    request: DailyRequest
    size: int
    cache: ResultCache | None
    with_cures: bool

    def plan(
        self,
        variants: Mapping[str, Variant],
        base: Situation,
        told: Callable[[str, Result], None],
        tick: Tick,
    ) -> None:
        """Plan variants by the key of their result, in their order.

        `told` hears of each result, `tick` is called every `TICK_S`. However it ends, no process
        is left.
        """
        waiting = list(_with_telemetry(variants, base, self.request, tick).items())
        within = max(1, self.size // len(waiting))
        at_work: dict[str, OwnProcess[Result]] = {}
        try:
            while waiting or at_work:
                while waiting and len(at_work) < self.size:
                    key, variant = waiting.pop(0)
                    at_work[key] = OwnProcess.started(
                        partial(self.planned, key, variant, within), START_METHOD, PRELOADED
                    )
                wait([process.line for process in at_work.values()], TICK_S)
                tick()
                for key, process in list(at_work.items()):
                    answer = process.answer()
                    if answer is None:
                        continue
                    process.end()
                    del at_work[key]
                    if isinstance(answer, Lost):
                        told(key, unplanned(variants[key], answer.why))
                    else:
                        told(key, answer.value)
        finally:
            for process in at_work.values():
                process.end()

    def planned(self, key: str, variant: Variant, within: int) -> Result:
        """Plan one variant by `within` processes, and keep the result before anybody hears of it.

        What the process does that plans it.
        """
        situation = variant.situation
        within = min(within, situation.case.settings.solve.workers)
        alone = replace(situation, case=with_processes(situation.case, within))
        replanned = replace(variant, situation=alone)
        result = outcome_of(replanned, self.request, with_cures=self.with_cures)
        if isinstance(result, Outcome):
            result = replace(result, case=situation.case)
            if self.cache is not None:
                self.cache.keep(key, result)
        return result


def _with_telemetry(
    variants: Mapping[str, Variant], base: Situation, request: DailyRequest, tick: Tick
) -> dict[str, Variant]:
    """The variants with what telemetry says of the base, asked once.

    In a process of its own: its libraries start threads, and ours is yet to be forked.
    """
    own = all(variant.situation.measured is not None for variant in variants.values())
    if own or not has_telemetry(request.case_folder, base.case.settings):
        return dict(variants)
    asked = OwnProcess.started(partial(measured_at, base, request), START_METHOD, PRELOADED)
    try:
        while (answer := asked.answer()) is None:
            wait([asked.line], TICK_S)
            tick()
    finally:
        asked.end()
    if isinstance(answer, Lost):
        return dict(variants)  # each asks for itself
    return {
        key: replace(variant, situation=with_measured(variant.situation, base, answer.value))
        for key, variant in variants.items()
    }
