"""Outcomes of what-ifs for tests: the plan of the cut, and copies of it changed by hand."""

from collections.abc import Callable
from dataclasses import replace

import xarray as xr
from cut_case import base_plan

from dispatch.plan import Plan
from scenarios.whatif.outcome import Outcome


def outcome_of_plan(plan: Plan, name: str) -> Outcome:
    """An outcome of a plan that was made apart from the running of what-ifs."""
    return Outcome(
        name=name,
        title=f"What if {name}",
        case=plan.case,
        schedule=plan.schedule,
        quality=plan.verdict.quality,
        reasons=plan.verdict.reasons,
        notes=plan.verdict.notes,
        shortage=plan.shortage,
        outlook=plan.outlook,
        solve=plan.outcome,
        audit=plan.audit,
    )


def base_outcome() -> Outcome:
    """The cut on 15 January."""
    return outcome_of_plan(base_plan(), "base")


def changed(edit: Callable[[xr.Dataset], None], name: str = "other", **fields: object) -> Outcome:
    """The base with its schedule edited in place, under another name."""
    outcome = base_outcome()
    schedule = outcome.schedule.copy(deep=True)
    edit(schedule)
    title = f"What if {name}"
    return replace(outcome, name=name, title=title, schedule=schedule, **fields)


def unchanged(_: xr.Dataset) -> None:
    """No edit."""
