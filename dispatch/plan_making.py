"""From what is known of a morning to a plan that has been audited and judged."""

from dataclasses import dataclass
from zoneinfo import ZoneInfo

import pandas as pd
import xarray as xr

from dispatch.audit import audit
from dispatch.case import Case
from dispatch.changes import changes_since
from dispatch.coal_need_remarks import coal_need_notes
from dispatch.cures import cures
from dispatch.daily_request import DailyRequest, Step, Stopwatch
from dispatch.day_plan import DayPlan, plan_day
from dispatch.fallback_curves import fallback_curves
from dispatch.fuel.outlook_table import COLUMNS
from dispatch.fuel.past_burn import past_burn
from dispatch.fuel_outlook import fuel_outlook
from dispatch.initial_state import state_of
from dispatch.inputs import PlanInputs, plan_inputs
from dispatch.morning import Morning, inputs_of
from dispatch.pin_outcomes import pin_outcomes
from dispatch.pin_remarks import pin_notes, pin_reasons
from dispatch.pinned import PinOutcome
from dispatch.plan import AuditReport, Plan, Remark, Verdict
from dispatch.preheat import preheat_remarks
from dispatch.shortage import shortage_remarks, units_to_light
from dispatch.verdict import judge
from forecasts.weather.provenance import WeatherProvenance, provenance_of

STATE_REASONS = ("daily.state_damaged", "daily.state_does_not_fit")


@dataclass(frozen=True)
class MadePlan:
    """A plan, and how many rounds of rounding it took."""

    plan: Plan
    rounds: int


def make_plan(
    known: Morning, request: DailyRequest, watch: Stopwatch, *, with_cures: bool = True
) -> MadePlan:
    """Plan, audit and judge; nothing is written.

    Cures of a shortage are plans of their own, so that looking for them takes as long again as
    the plan, or several times that. Raises NoPlan where the solver gives none.
    """
    case, last = known.case, known.state.last
    inputs = inputs_of(known, request, watch)

    local = known.now.astimezone(ZoneInfo(case.settings.timezone))
    plan_id = f"{case.settings.id}-{local:%Y%m%dT%H%M}"
    day = plan_day(inputs, last, plan_id)
    watch.done(Step.SOLVE)

    schedule = day.schedule.assign_attrs(stage=request.stage.value)
    report = audit(schedule)
    watch.done(Step.AUDIT)

    provenance = provenance_of(known.weather)
    pins = pin_outcomes(inputs, schedule)
    plan = Plan(
        plan_id=plan_id,
        version=1,
        issued_at=known.now,
        case=case,
        schedule=schedule,
        verdict=_verdict(known, inputs, day, report, provenance, pins),
        weather=provenance,
        outcome=day.settled.outcome,
        audit=report,
        outlook=_outlook(known, request, schedule),
        fallback_curves=fallback_curves(
            case.stations, case.settings.network, case.settings.design_outdoor_temp_c
        ),
        state=state_of(schedule, case, known.stocks.anchors),
        shortage=_shortage(known, inputs, schedule, with_cures=with_cures),
        changes=changes_since(last, schedule),
        pins=pins,
        demand=inputs.measured.forecast,
    )
    watch.done(Step.VERDICT)
    return MadePlan(plan, day.settled.rounds)


def _verdict(
    known: Morning,
    inputs: PlanInputs,
    day: DayPlan,
    report: AuditReport,
    weather: WeatherProvenance,
    pins: tuple[PinOutcome, ...],
) -> Verdict:
    """Grade the plan with what the run itself met on the way."""
    state = known.state
    lost_state = [state.remark] if state.remark.key in STATE_REASONS else []
    found_state = [] if lost_state else [state.remark]
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
            *lost_state,
            *inputs.measured.reasons,
            *pin_reasons(pins, timezone),
        ],
        other_notes=[
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


def _hurry_notes(day: DayPlan) -> list[Remark]:
    """That setpoints rise faster than usual, where they may."""
    attributes = day.schedule.attrs
    limits = {name: f"{attributes[f'secondary_{name}']:g}" for name in ("step_k", "day_k")}
    return [Remark("daily.hurried", limits)] if day.hurried else []


def _shortage(
    known: Morning, inputs: PlanInputs, schedule: xr.Dataset, *, with_cures: bool
) -> tuple[Remark, ...]:
    """What is short, and the ways out, cheapest first; empty where nothing is."""
    short = shortage_remarks(schedule)
    if not short or not with_cures:
        return short
    before_mw = {unit.source.source_id: unit.heat_before_mw for unit in inputs.sources}

    def remake(case: Case) -> PlanInputs:
        asked = inputs.measured, inputs.coal_needs
        return plan_inputs(case, inputs.grid, known.weather, known.state.last, *asked)

    return (*short, *cures(inputs.case, remake, before_mw))


def _outlook(known: Morning, request: DailyRequest, schedule: xr.Dataset) -> pd.DataFrame:
    """Rows of the fuel outlook that begins with the plan; none where no source has a yard."""
    if known.coal is None:
        return pd.DataFrame(columns=list(COLUMNS))
    past = past_burn(known.case, known.now, request.runs_folder)
    return fuel_outlook(known.coal, schedule, past, compare=False).table
