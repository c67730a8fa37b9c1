"""Policies lived through side by side, in processes of their own."""

import multiprocessing
from collections.abc import Callable, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from dataclasses import replace

from dispatch.case_kinds import SolveStrategy
from dispatch.daily_request import DailyRequest
from dispatch.situation import Situation
from scenarios.whatif.lived import Lived, Policy, Sight, live


def lived_all(
    expected: Situation,
    truth: Situation,
    policies: Sequence[Policy],
    sight: Sight,
    request: DailyRequest,
    workers: int,
    progress: Callable[[int, Policy], None],
) -> tuple[Lived, ...]:
    """Return what came of each policy, in the order given; the longest are begun first.

    `progress` hears how many are done, and which was the last. Raises NoPlan.
    """
    expected, truth = _alone(expected), _alone(truth)
    order = sorted(range(len(policies)), key=lambda place: policies[place].replan_h or 1_000)
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(min(workers, len(policies)), mp_context=context) as pool:
        asked = {
            pool.submit(live, expected, truth, policies[place], sight, request): place
            for place in order
        }
        found: dict[int, Lived] = {}
        for done in as_completed(asked):
            place = asked[done]
            found[place] = done.result()
            progress(len(found), policies[place])
    return tuple(found[place] for place in range(len(policies)))


def _alone(situation: Situation) -> Situation:
    """One process for each policy is enough; a plan by prices starts none of its own then."""
    settings = situation.case.settings
    solve = settings.solve.model_copy(update={"workers": 1})
    if settings.solve.strategy is SolveStrategy.WHOLE:
        return situation
    case = situation.case.model_copy(
        update={"settings": settings.model_copy(update={"solve": solve})}
    )
    return replace(situation, case=case)
