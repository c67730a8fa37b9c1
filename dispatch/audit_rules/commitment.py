"""Whole units of sources whose commitment the plan decides: followed one by one through the plan.

The formulation only counts units; here each of the identical units has its own clock. A start
takes the unit that has been off longest, a stop the one that has been on longest: if the times
can be kept at all, they are kept so. An outage is laid on the units for which it is easiest:
those stopped last, or, where it stops units, those started last.
"""

from dataclasses import dataclass

import numpy as np

from dispatch.audit_rules.published import BoolArray, FloatArray, PublishedPlan, finding
from dispatch.audit_rules.rule import Rule
from dispatch.plan import AuditFinding

UNIT_ALLOWED = 1e-5  # of a unit: the solver's tolerance for whole numbers, with room
HOURS_ALLOWED = 1e-3
LOAD_ALLOWED = 1e-5  # of one unit's largest output
LONG_AGO_H = -1e9
MAX_STARTS_WINDOW_H = 72.0
STEPS = ("source", "time")


def _decided(plan: PublishedPlan) -> BoolArray:
    """(source, 1) true where the plan decides whole units."""
    return plan.values("source_commitment")[:, np.newaxis] > 0.5


def check_whole_units(plan: PublishedPlan) -> AuditFinding:
    """Units on are a whole number, none below zero, none more than can run."""
    on = plan.values("source_units_on")
    off = np.maximum(np.abs(on - np.round(on)), np.maximum(-on, 0.0))
    off = np.maximum(off, on - plan.values("source_units_present"))
    return finding(plan, Rule.WHOLE_UNITS, np.where(_decided(plan), off, 0.0), STEPS, UNIT_ALLOWED)


def check_unit_changes(plan: PublishedPlan) -> AuditFinding:
    """Units on − units on before = started − stopped, both at least none."""
    on = plan.values("source_units_on")
    started, stopped = plan.values("source_started"), plan.values("source_stopped")
    before = np.concatenate([plan.values("source_units_before")[:, np.newaxis], on[:, :-1]], axis=1)
    off = np.abs(on - before - started + stopped)
    off = np.maximum(off, np.maximum(-started, -stopped))
    return finding(plan, Rule.UNIT_CHANGES, np.where(_decided(plan), off, 0.0), STEPS, UNIT_ALLOWED)


def check_unit_load(plan: PublishedPlan) -> AuditFinding:
    """Units on × least of one ≤ heat ≤ units on × most of one; of one unit's largest output."""
    on, heat = plan.values("source_units_on"), plan.values("source_heat")
    least = plan.values("source_unit_least")[:, np.newaxis]
    most = plan.values("source_unit_most")[:, np.newaxis]
    outside = np.maximum(on * least - heat, heat - on * most) / np.maximum(most, 1.0)
    return finding(
        plan, Rule.UNIT_LOAD, np.where(_decided(plan), outside, 0.0), STEPS, LOAD_ALLOWED
    )


def check_min_up(plan: PublishedPlan) -> AuditFinding:
    """Hours by which a unit is stopped before its minimum up time, without an outage."""
    return finding(plan, Rule.MIN_UP_TIME, _missing_hours(plan)[0], STEPS, HOURS_ALLOWED)


def check_min_down(plan: PublishedPlan) -> AuditFinding:
    """Hours by which a unit is started before its minimum down time."""
    return finding(plan, Rule.MIN_DOWN_TIME, _missing_hours(plan)[1], STEPS, HOURS_ALLOWED)


def check_max_starts(plan: PublishedPlan) -> AuditFinding:
    """Starts beyond the most within any 72 h, those before the plan included."""
    started, most = plan.values("source_started"), plan.values("source_max_starts")
    hours = np.arange(started.shape[1]) * plan.step_h
    ago, past = plan.values("source_event_hours"), plan.values("source_event_started")
    over = np.zeros(started.shape)
    for i in np.flatnonzero(_decided(plan)[:, 0] & np.isfinite(most)):
        for t, now in enumerate(hours):
            recent = (hours > now - MAX_STARTS_WINDOW_H + HOURS_ALLOWED) & (hours <= now)
            before = past[i][now + ago[i] < MAX_STARTS_WINDOW_H - HOURS_ALLOWED].sum()
            over[i, t] = started[i, recent].sum() - max(0.0, most[i] - before)
    return finding(plan, Rule.MAX_STARTS, over, STEPS, UNIT_ALLOWED)


@dataclass(frozen=True)
class UnitBook:
    """What one source does with its units: (step,) counts at hours `step · step_h`."""

    count: int
    before: int
    step_h: float
    started: FloatArray
    stopped: FloatArray
    present: FloatArray
    gone: FloatArray
    lost: FloatArray
    past_started: list[tuple[float, float]]  # hours before the first step, units
    past_stopped: list[tuple[float, float]]
    min_up_h: float
    min_down_h: float


def missing_hours(book: UnitBook) -> tuple[FloatArray, FloatArray]:
    """(step,) hours that units stopped, and units started, at a step still had to wait."""
    on = _clocks(book.past_started, book.before)
    off = _clocks(book.past_stopped, book.count - book.before)
    out: list[float] = []
    short_up, short_down = np.zeros(book.started.size), np.zeros(book.started.size)
    _lay_outage(off, out, book.count - round(float(book.present[0] + book.gone[0])))
    for t in range(book.started.size):
        now = t * book.step_h
        stops, forced = round(float(book.stopped[t])), round(float(book.lost[t]))
        for n in range(min(stops, len(on))):
            since = on.pop(-1 if n < forced else 0)
            if n >= forced:
                short_up[t] = max(short_up[t], book.min_up_h - (now - since))
            off.append(now)
        _lay_outage(off, out, book.count - round(float(book.present[t])))
        for _ in range(min(round(float(book.started[t])), len(off))):
            short_down[t] = max(short_down[t], book.min_down_h - (now - off.pop(0)))
            on.append(now)
    return short_up, short_down


def _clocks(past: list[tuple[float, float]], units: int) -> list[float]:
    """When each of `units` last moved, h, earliest first; the latest moves are theirs."""
    moves = [-hours for hours, moved in sorted(past) for _ in range(round(moved))]
    known = moves[: max(units, 0)]
    return sorted(known + [LONG_AGO_H] * (units - len(known)))


def _lay_outage(off: list[float], out: list[float], units: int) -> None:
    """Have `units` out: more of those stopped last, or back in use those stopped first."""
    while len(out) < units and off:
        out.append(off.pop())
        out.sort()
    while len(out) > max(units, 0):
        off.append(out.pop(0))
        off.sort()


def _missing_hours(plan: PublishedPlan) -> tuple[FloatArray, FloatArray]:
    """(source, time) each: hours missing of minimum up time, and of minimum down time."""
    shape = plan.values("source_started").shape
    short_up, short_down = np.zeros(shape), np.zeros(shape)
    for i in np.flatnonzero(_decided(plan)[:, 0]):
        short_up[i], short_down[i] = missing_hours(_book(plan, int(i)))
    return short_up, short_down


def _book(plan: PublishedPlan, i: int) -> UnitBook:
    ago = plan.values("source_event_hours")[i].tolist()

    def past(name: str) -> list[tuple[float, float]]:
        units = plan.values(f"source_event_{name}")[i].tolist()
        return [(hours, moved) for hours, moved in zip(ago, units, strict=True) if moved > 0.0]

    return UnitBook(
        count=round(float(plan.values("source_unit_count")[i])),
        before=round(float(plan.values("source_units_before")[i])),
        step_h=plan.step_h,
        started=plan.values("source_started")[i],
        stopped=plan.values("source_stopped")[i],
        present=plan.values("source_units_present")[i],
        gone=plan.values("source_units_gone")[i],
        lost=plan.values("source_units_lost")[i],
        past_started=past("started"),
        past_stopped=past("stopped"),
        min_up_h=float(plan.values("source_min_up")[i]),
        min_down_h=float(plan.values("source_min_down")[i]),
    )
