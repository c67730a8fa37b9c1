"""From what is known of a morning to a plan that has been audited and judged."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from zoneinfo import ZoneInfo

import pandas as pd
import xarray as xr

from dispatch.audit import audit
from dispatch.case import Case
from dispatch.changes import changes_since
from dispatch.clock_check import clock_reasons, service_reasons
from dispatch.coal_need_remarks import coal_need_notes
from dispatch.cures import cures
from dispatch.daily_request import DailyRequest, Step, Stopwatch
from dispatch.day_plan import DayPlan, plan_day
from dispatch.fallback_curves import fallback_curves
from dispatch.forecast_fan import with_fan
from dispatch.fuel.outlook_table import COLUMNS
from dispatch.fuel.past_burn import past_burn
from dispatch.fuel_outlook import fuel_outlook
from dispatch.initial_state import state_of
from dispatch.inputs import PlanInputs, plan_inputs
from dispatch.morning import Morning, inputs_of
from dispatch.pin_outcomes import pin_outcomes
from dispatch.pin_remarks import pin_notes, pin_reasons
from dispatch.pinned import PinOutcome
from dispatch.plan import (
    AuditReport,
    Plan,
    Remark,
    Rung,
    RungName,
    SolveStatus,
    Verdict,
)
from dispatch.preheat import preheat_remarks
from dispatch.run_retention import run_name
from dispatch.shortage import shortage_remarks, units_to_light
from dispatch.time_budget import NEVER, Deadline
from dispatch.verdict import judge
from forecasts.weather.provenance import WeatherProvenance, provenance_of

STATE_REASONS = (
    "daily.state_damaged",
    "daily.state_does_not_fit",
    "daily.state_bridged_far",
    "daily.state_skipped",
    "daily.state_refused",
)


@dataclass(frozen=True)
class MadePlan:
    """A plan, and how many rounds of rounding it took."""

    plan: Plan
    rounds: int


def make_plan(
    known: Morning,
    request: DailyRequest,
    watch: Stopwatch,
    *,
    with_cures: bool = True,
    search: Deadline = NEVER,
    without_cures: Callable[[MadePlan], None] = lambda _: None,
) -> MadePlan:
    """Plan, audit and judge; nothing is written.

    Cures of a shortage are plans of their own, so that looking for them takes as long again as
    the plan, or several times that: `without_cures` gets the plan before they are looked for. From
    `search` on no better plan is searched for. Raises NoPlan where the solver gives none.
    """
    inputs = replace(inputs_of(known, request, watch), search=search)
    day = plan_day(inputs, known.state.last, plan_id_of(known))
    watch.done(Step.SOLVE)
    plan = judged(known, request, inputs, day, _rung_of(day), watch)
    made = MadePlan(plan, day.settled.rounds)
    if not plan.shortage or not with_cures:
        return made
    without_cures(made)
    ways_out = _cures(known, inputs)
    return replace(made, plan=replace(plan, shortage=(*plan.shortage, *ways_out)))


def plan_id_of(known: Morning) -> str:
    """Name of the plan: the case and the local time it is issued at.

    The second pass of an hour that comes twice, when clocks go back, has a name of its own.
    """
    settings = known.case.settings
    issued = known.now.astimezone(ZoneInfo(settings.timezone))
    return f"{settings.id}-{issued:%Y%m%dT%H%M}{'b' if issued.fold else ''}"


def _rung_of(day: DayPlan) -> Rung:
    """Whether the search for the plan came to its end."""
    outcome = day.settled.outcome
    if outcome.status is SolveStatus.OPTIMAL:
        return Rung()
    gap_pct = round(100.0 * outcome.gap, 2)
    return Rung(RungName.INCUMBENT, Remark("ladder.incumbent", {"gap_pct": gap_pct}))


def judged(
    known: Morning,
    request: DailyRequest,
    inputs: PlanInputs,
    day: DayPlan,
    rung: Rung,
    watch: Stopwatch,
) -> Plan:
    """Audit and grade the plan of a day, however it came about."""
    case, last = known.case, known.state.last
    labels = {"stage": request.stage.value, "rung": rung.name.value}
    if rung.reason is not None:
        labels["rung_reason"] = rung.reason.text
    schedule = with_fan(day.schedule.assign_attrs(labels), known.weather)
    report = audit(schedule)
    watch.done(Step.AUDIT)
    provenance = provenance_of(known.weather)
    pins = pin_outcomes(inputs, schedule)
    plan = Plan(
        plan_id=plan_id_of(known),
        version=1,
        issued_at=known.now,
        case=case,
        schedule=schedule,
        verdict=_verdict(known, request, inputs, day, report, provenance, pins),
        weather=provenance,
        outcome=day.settled.outcome,
        audit=report,
        outlook=_outlook(known, request, schedule),
        fallback_curves=fallback_curves(
            case.stations, case.settings.network, case.settings.design_outdoor_temp_c
        ),
        state=state_of(schedule, case, known.stocks.anchors),
        shortage=shortage_remarks(schedule),
        changes=changes_since(last, schedule),
        pins=pins,
        demand=inputs.measured.forecast,
        rung=rung,
        start=known.state.origin,
    )
    watch.done(Step.VERDICT)
    return plan


def _verdict(
    known: Morning,
    request: DailyRequest,
    inputs: PlanInputs,
    day: DayPlan,
    report: AuditReport,
    weather: WeatherProvenance,
    pins: tuple[PinOutcome, ...],
) -> Verdict:
    """Grade the plan with what the run itself met on the way."""
    state = known.state
    told = [state.remark, *state.notes]
    lost_state = [one for one in told if one.key in STATE_REASONS]
    found_state = [one for one in told if one.key not in STATE_REASONS]
    asked_because = [Remark("daily.because", {"why": request.because})] if request.because else []
    timezone = known.case.settings.timezone
    notice_h = {source.source_id: source.notice_h for source in known.case.sources}
    return judge(
        known.case,
        day.schedule,
        day.settled,
        day.primary,
        report,
        weather,
        other_reasons=[
            *known.situation.off_season,
            *_clock_reasons(known, request),
            *lost_state,
            *inputs.measured.reasons,
            *pin_reasons(pins, timezone),
        ],
        other_notes=[
            *asked_because,
            *pin_notes(pins, timezone),
            *preheat_remarks(inputs, day.schedule),
            *_hurry_notes(day),
            *found_state,
            *units_to_light(day.schedule, notice_h),
            *coal_need_notes(inputs, day.schedule),
            *inputs.remarks,
            *inputs.measured.notes,
            *known.situation.case_notes,
        ],
    )


def _clock_reasons(known: Morning, request: DailyRequest) -> tuple[Remark, ...]:
    """Why the machine's clock is doubted, where it was asked."""
    if not request.by_clock:
        return ()
    by_services = service_reasons(known.situation.service_clocks)
    folder = request.runs_folder / known.case.settings.id
    if not folder.is_dir():
        return by_services
    runs = (run_name(path.name) for path in folder.iterdir())
    by_runs = clock_reasons(request.now, [run.issued for run in runs if run is not None])
    return (*by_services, *by_runs)


def _hurry_notes(day: DayPlan) -> list[Remark]:
    """That setpoints rise faster than usual, where they may."""
    attributes = day.schedule.attrs
    limits = {name: f"{attributes[f'secondary_{name}']:g}" for name in ("step_k", "day_k")}
    return [Remark("daily.hurried", limits)] if day.hurried else []


def _cures(known: Morning, inputs: PlanInputs) -> tuple[Remark, ...]:
    """Ways out of a shortage, cheapest first."""
    before_mw = {unit.source.source_id: unit.heat_before_mw for unit in inputs.sources}

    def remake(case: Case) -> PlanInputs:
        asked = inputs.measured, inputs.coal_needs
        return plan_inputs(case, inputs.grid, known.weather, known.state.last, *asked)

    return cures(inputs.case, remake, before_mw)


def _outlook(known: Morning, request: DailyRequest, schedule: xr.Dataset) -> pd.DataFrame:
    """Rows of the fuel outlook that begins with the plan; none where no source has a yard."""
    if known.coal is None:
        return pd.DataFrame(columns=list(COLUMNS))
    past = past_burn(known.case, known.now, request.runs_folder)
    return fuel_outlook(known.coal, schedule, past, compare=False).table
