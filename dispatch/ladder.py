"""Always a usable plan, within a budget of time: a ladder of four rungs, tried from the top.

1. fresh: planned anew. 2. incumbent: the best that was found when the time for the search was
over. Both are made in a process of their own, which may hang or die. 3. rolled: the setpoints of
the last published plan, held on by the clock in the new weather; in a process of its own too,
since it asks the solver. 4. curves: every station on its heating curve, sources by hand; made
here, for it asks no solver and takes a second.

A plan that the audit rejects is not published where another rung gives one that it passes. Of the
third and the fourth the one with warmer rooms is taken. Both are red: no new plan was made.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial
from multiprocessing import Pipe
from multiprocessing.connection import Connection, wait
from pathlib import Path

from dispatch.daily_request import DailyRequest, Stopwatch
from dispatch.day_plan import DayPlan
from dispatch.held_plan import cold_k_h, curves_plan, published_setpoints, rolled_plan
from dispatch.inputs import PlanInputs, plan_inputs
from dispatch.latest_run import latest_run
from dispatch.measured import NOTHING
from dispatch.messages import words
from dispatch.morning import Morning, morning_of
from dispatch.optimum import NoPlan
from dispatch.own_process import START_METHOD, Lost, OwnProcess
from dispatch.plan import Plan, Quality, Remark, Rung, RungName, Tried, Verdict
from dispatch.plan_making import MadePlan, judged, make_plan, plan_id_of
from dispatch.situation import Situation
from dispatch.surveyed_stock import start_stocks
from dispatch.time_budget import (
    FRESH_SHARE,
    ROLLED_SHARE,
    SEARCH_SHARE,
    Deadline,
    TimeBudget,
)
from forecasts.weather.steps import resample

TICK_S = 0.1  # between two looks at a process
PRELOADED = ("dispatch.ladder",)
DIED = "ladder.lost_process"
COLD_K_H = 0.05  # a home; colder by less is no reason to leave the last plan


@dataclass(frozen=True)
class Made:
    """A plan that a rung gave, and the seconds its steps took."""

    made: MadePlan
    seconds: dict[str, float]


Answer = Made | Remark  # a remark says why there is no plan
Work = Callable[[Connection], Answer]


@dataclass(frozen=True)
class Climbed:
    """The plan to publish, and for the log how long each rung took, s."""

    made: MadePlan
    rung_seconds: tuple[tuple[RungName, float], ...]
    seconds: dict[str, float]


def usable_plan(
    situation: Situation,
    request: DailyRequest,
    watch: Stopwatch,
    budget: TimeBudget,
) -> Climbed:
    """Return the plan of the highest rung that carries one."""
    times: list[tuple[RungName, float]] = []

    def timed(rung: RungName, answer: Callable[[], Answer]) -> Answer:
        began_s = budget.used_s
        given = answer()
        times.append((rung, round(budget.used_s - began_s, 3)))
        return given

    search = budget.until(SEARCH_SHARE)
    fresh = partial(_fresh, situation, request, search)
    answer = timed(RungName.FRESH, lambda: _twice(fresh, budget.until(FRESH_SHARE), budget, watch))
    if isinstance(answer, Made) and answer.made.plan.audit.passed:
        return Climbed(answer.made, tuple(times), answer.seconds)
    answers = [(RungName.FRESH, answer)]
    latest = latest_run(request.runs_folder, situation.case.settings.id)
    rolled = partial(_rolled, situation, request, latest)
    until = budget.until(ROLLED_SHARE)
    answer = timed(RungName.ROLLED, lambda: _apart(rolled, until, budget, watch))
    answers.append((RungName.ROLLED, answer))
    if not _is_warm(answer):
        # With a plan in hand nothing may be risked; without one this cannot be ended by anything.
        curves = partial(_curves, situation, request)
        in_hand = any(isinstance(one, Made) for _, one in answers)
        end = budget.until(1.0)
        answer = timed(
            RungName.CURVES,
            lambda: _apart(curves, end, budget, watch) if in_hand else curves(None),
        )
        answers.append((RungName.CURVES, answer))
    return chosen(answers, tuple(times))


def _is_warm(answer: Answer) -> bool:
    """Whether a plan may be published and keeps all rooms legal, so that no other is warmer."""
    if not isinstance(answer, Made):
        return False
    plan = answer.made.plan
    return plan.audit.passed and cold_k_h(plan.schedule) <= COLD_K_H


def chosen(
    answers: list[tuple[RungName, Answer]], times: tuple[tuple[RungName, float], ...]
) -> Climbed:
    """The best plan there is, with why each other rung does not carry it."""
    found = [one for _, one in answers if isinstance(one, Made)]
    best = _best(found)
    tried = []
    for name, one in answers:
        if isinstance(one, Remark):
            tried.append(Tried(name, one))
        elif not one.made.plan.audit.passed:
            tried.append(Tried(name, _rejected(one.made.plan)))
        elif one is not best:
            tried.append(Tried(name, _colder(one.made.plan, best.made.plan)))
    plan = _labelled(best.made.plan, tuple(tried))
    return Climbed(replace(best.made, plan=plan), times, best.seconds)


def _best(found: list[Made]) -> Made:
    """The plan to publish: one that the audit passes, then the warmest, then the highest rung."""

    def rank(one: Made) -> tuple[int, int, int]:
        plan = one.made.plan
        failed = sum(not finding.passed and not finding.soft for finding in plan.audit.findings)
        # Where nothing passes, a plan made for this morning is worth more than one held on.
        held = int(failed > 0 and not plan.rung.is_new_plan) * failed
        return min(failed, 1), held, round(cold_k_h(plan.schedule) / COLD_K_H)

    return min(found, key=rank)


def _colder(plan: Plan, best: Plan) -> Remark:
    """Say how much colder rooms would be than with the plan that was taken."""
    colder, taken = (round(cold_k_h(one.schedule), 2) for one in (plan, best))
    return Remark("ladder.colder", {"cold_k_h": colder, "best_k_h": taken})


def _rejected(plan: Plan) -> Remark:
    """Say which rules of the audit a plan breaks."""
    rules = [f.rule for f in plan.audit.findings if not f.passed and not f.soft]
    return Remark("ladder.audit_failed", {"rules": words(*rules)})


def _labelled(plan: Plan, tried: tuple[Tried, ...]) -> Plan:
    """The plan with all that was tried for it: red, with the rung's reason first."""
    rung = replace(plan.rung, tried=tried)
    if rung.is_new_plan:
        return replace(plan, rung=rung)
    first = () if rung.reason is None else (rung.reason,)
    verdict = plan.verdict
    rest = tuple(one for one in verdict.reasons if one.key != "daily.not_proven")
    whys = [Remark(f"ladder.tried_{one.rung.value}", {"why": one.why.text}) for one in tried]
    reasons = (*first, *whys, *rest)
    return replace(plan, rung=rung, verdict=Verdict(Quality.RED, reasons, verdict.notes))


# ---- what each rung does -------------------------------------------------------------------


def _fresh(
    situation: Situation, request: DailyRequest, search: Deadline, line: Connection
) -> Answer:
    """Plan anew; the plan without cures is said before they are looked for."""
    watch = Stopwatch(line.send)

    def say_so(made: MadePlan) -> None:
        line.send(Made(_without_cures(made), dict(watch.seconds)))

    try:
        known = morning_of(situation, request, watch)
        made = make_plan(known, request, watch, search=search, without_cures=say_so)
    except NoPlan as failure:
        return Remark("ladder.no_plan", {"status": failure.outcome.status.value})
    return Made(made, watch.seconds)


def _without_cures(made: MadePlan) -> MadePlan:
    """The plan with a note that nobody looked for cures to the end."""
    return _with_note(made, Remark("ladder.cures_dropped"))


def _with_note(made: MadePlan, note: Remark) -> MadePlan:
    verdict = made.plan.verdict
    verdict = replace(verdict, notes=(*verdict.notes, note))
    return replace(made, plan=replace(made.plan, verdict=verdict))


def _rolled(
    situation: Situation, request: DailyRequest, latest: Path | None, line: Connection
) -> Answer:
    """Hold the last plan's setpoints on."""
    line.close()
    known, inputs = _plain(situation, request)
    told = published_setpoints(latest, inputs)
    if told is None:
        return Remark("ladder.no_last_plan")
    try:
        day = rolled_plan(told, inputs, known.weather, known.state.last, plan_id_of(known))
    except NoPlan as failure:
        return Remark("ladder.no_plan", {"status": failure.outcome.status.value})
    reason = Remark("ladder.rolled", {"plan_id": told.plan_id})
    return _without_rounds(known, request, inputs, day, Rung(RungName.ROLLED, reason))


def _curves(situation: Situation, request: DailyRequest, line: Connection | None) -> Answer:
    """Set every station by its heating curve; `line` is that of a process of its own."""
    if line is not None:
        line.close()
    known, inputs = _plain(situation, request)
    day = curves_plan(inputs, known.weather, known.state.last, plan_id_of(known))
    rung = Rung(RungName.CURVES, Remark("ladder.curves"))
    return _without_rounds(known, request, inputs, day, rung)


def _without_rounds(
    known: Morning, request: DailyRequest, inputs: PlanInputs, day: DayPlan, rung: Rung
) -> Made:
    watch = Stopwatch(lambda _: None)
    return Made(MadePlan(judged(known, request, inputs, day, rung, watch), 0), watch.seconds)


def _plain(situation: Situation, request: DailyRequest) -> tuple[Morning, PlanInputs]:
    """The morning without what may have failed already: telemetry, and coal to the season's end."""
    case, grid, state = situation.case, situation.grid, situation.state
    stocks = start_stocks(case, situation.now, grid.start, state, request.runs_folder)
    weather = resample(situation.weather, grid.step_h)
    known = Morning(situation, grid, weather, stocks, None)
    notes = (*stocks.remarks, Remark("ladder.less_known"))
    measured = replace(NOTHING, stocks=stocks, notes=notes)
    return known, plan_inputs(case, grid, weather, state.last, measured)


# ---- processes -----------------------------------------------------------------------------


def _twice(work: Work, deadline: Deadline, budget: TimeBudget, watch: Stopwatch) -> Answer:
    """Work in a process of its own, and in another where the first one died before the deadline.

    A kernel short of memory ends what it finds; a fault of the program would only come again.
    """
    answer = _apart(work, deadline, budget, watch)
    if not (isinstance(answer, Remark) and answer.key == DIED) or deadline.is_over:
        return answer
    again = _apart(work, deadline, budget, watch)
    if isinstance(again, Remark):
        return again
    return replace(again, made=_with_note(again.made, Remark("ladder.second_try", answer.values)))


def _apart(work: Work, deadline: Deadline, budget: TimeBudget, watch: Stopwatch) -> Answer:
    """Work in a process of its own until the deadline; no process is left."""
    if deadline.left_s <= 0.0:
        return _time_up(deadline, budget)
    ours, theirs = Pipe(duplex=False)
    process = OwnProcess.started(partial(work, theirs), START_METHOD, PRELOADED)
    theirs.close()
    draft: Made | None = None
    try:
        while True:
            wait([process.line], min(TICK_S, deadline.left_s))
            draft = _heard(ours, watch) or draft
            answer = process.answer()
            if answer is None and not deadline.is_over:
                continue
            draft = _heard(ours, watch) or draft
            if answer is not None and not isinstance(answer, Lost):
                return answer.value
            if draft is not None:
                return draft
            if answer is None:
                return _time_up(deadline, budget)
            return Remark(DIED if answer.died else "ladder.lost", {"why": answer.why})
    finally:
        process.end()
        ours.close()


def _time_up(deadline: Deadline, budget: TimeBudget) -> Remark:
    after_s = round(deadline.at_s - budget.began_s, 3)  # as it was set, not as it was kept
    values = {"seconds": f"{after_s:g}", "budget_s": f"{budget.total_s:g}"}
    return Remark("ladder.time_up", values)


def _heard(line: Connection, watch: Stopwatch) -> Made | None:
    """Pass on how far a process is; return the plan that it has so far, if it has said one."""
    draft: Made | None = None
    try:
        while line.poll():
            said = line.recv()
            if isinstance(said, Made):
                draft = said
            else:
                watch.tell(said)
    except (EOFError, OSError):
        pass
    return draft
