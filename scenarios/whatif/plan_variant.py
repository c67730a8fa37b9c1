"""From a variant to what came of it: the plan of any morning, of a case that was changed."""

from collections.abc import Sequence

from dispatch.case_faults import Fault
from dispatch.case_files import CaseFaults
from dispatch.case_recheck import recheck
from dispatch.daily_request import DailyRequest, Stopwatch
from dispatch.messages import say
from dispatch.morning import morning_of
from dispatch.optimum import NoPlan
from dispatch.plan import Plan
from dispatch.plan_making import make_plan
from scenarios.whatif.outcome import Outcome, Result, Unplanned, Variant

TOLD_FAULTS = 8


def outcome_of(variant: Variant, request: DailyRequest, *, with_cures: bool = False) -> Result:
    """Plan a variant, by the daily run's own way; a case that cannot be so is no error.

    Cures of a shortage take as long again as the plan, or several times that.
    """
    faults = recheck(variant.situation.case)
    if faults:
        return _faulty(variant, faults)
    watch = Stopwatch(lambda _: None)
    try:
        known = morning_of(variant.situation, request, watch)
        plan = make_plan(known, request, watch, with_cures=with_cures).plan
    except CaseFaults as error:
        return _faulty(variant, error.faults)
    except NoPlan as error:
        return unplanned(variant, say("whatif_run.no_plan", status=error.outcome.status.value))
    return _outcome(variant, plan)


def _outcome(variant: Variant, plan: Plan) -> Outcome:
    return Outcome(
        name=variant.name,
        title=variant.title,
        case=variant.situation.case,
        schedule=plan.schedule,
        quality=plan.verdict.quality,
        reasons=plan.verdict.reasons,
        notes=plan.verdict.notes,
        shortage=plan.shortage,
        outlook=plan.outlook,
        solve=plan.outcome,
        audit=plan.audit,
        values=variant.values,
    )


def unplanned(variant: Variant, *why: str) -> Unplanned:
    """A variant that has no plan, and the sentences that say why."""
    return Unplanned(variant.name, variant.title, why, variant.values)


def _faulty(variant: Variant, faults: Sequence[Fault]) -> Unplanned:
    told = [str(fault) for fault in faults[:TOLD_FAULTS]]
    if len(faults) > TOLD_FAULTS:  # a change of every station can be wrong at every station
        told.append(say("whatif_run.more_faults", count=len(faults) - TOLD_FAULTS))
    return unplanned(variant, say("whatif_run.case_cannot_be"), *told)
