"""Alarms on the plan in force: what it says of rooms, reserve, coal, and of its own age."""

from datetime import datetime, timedelta

import numpy as np

from dispatch.alarm_settings import AlarmSettings
from dispatch.alarms.alarm import Alarm, AlarmCode, Severity
from dispatch.alarms.watched import named
from dispatch.history.past_run import PastRun
from dispatch.messages import say
from dispatch.plan import Quality, RungName
from dispatch.run_tables import local_time, utc_datetime

VARIABLES = frozenset(
    {
        *("source_heat", "source_max_heat", "source_unit_most"),
        "source_units_on",
    }
)
AHEAD_H = 24.0
AT_MAXIMUM_H = 12.0  # of the coming day
AT_MAXIMUM = 0.99  # of what a source can give
REASONS = 3
LEAST_MISSING_MW = 1.0


def plan_alarms(run: PastRun, limits: AlarmSettings, now: datetime) -> list[Alarm]:
    """Return all alarms of the plan in force, in no order. `now` is aware."""
    return [
        *_age(run, limits, now),
        *_label(run),
        *_shortage(run),
        *_reserve(run, now),
        *_at_maximum(run, now),
        *_coal(run, limits, now),
    ]


def no_plan() -> Alarm:
    """Return the alarm of a case without any plan."""
    text, action = say("alarms.no_plan"), say("alarms.no_plan_do")
    return Alarm(AlarmCode.NO_PLAN, Severity.CRITICAL, "plan", None, None, None, text, action)


def _alarm(
    code: AlarmCode,
    severity: Severity,
    thing: str,
    since: datetime | None,
    figures: tuple[float, float] | None,
    **places: object,
) -> Alarm:
    value, limit = figures or (None, None)
    text = say(f"alarms.{code.value}", **places)
    return Alarm(code, severity, thing, since, value, limit, text, say(f"alarms.{code.value}_do"))


def _age(run: PastRun, limits: AlarmSettings, now: datetime) -> list[Alarm]:
    age_h = (now - run.issued_at) / timedelta(hours=1)
    limit = limits.plan_max_age_h
    if age_h <= limit:
        return []
    severity = Severity.CRITICAL if age_h > 2.0 * limit else Severity.WARNING
    since = run.issued_at + timedelta(hours=limit)
    return [
        _alarm(
            AlarmCode.PLAN_OLD,
            severity,
            "plan",
            since,
            (round(age_h, 1), limit),
            age=age_h,
            limit=limit,
        )
    ]


def _label(run: PastRun) -> list[Alarm]:
    """A plan that is no fresh one; or red for other reasons than a shortage, told on its own."""
    rung = dict(run.summary.get("rung") or {}).get("name", RungName.FRESH.value)
    if rung in (RungName.ROLLED.value, RungName.CURVES.value):
        quality = say(f"ladder.quality_{rung}")
        return [
            _alarm(
                AlarmCode.NO_NEW_PLAN, Severity.CRITICAL, "plan", run.issued_at, None, words=quality
            )
        ]
    if run.summary.get("quality") != Quality.RED.value or run.summary.get("shortage"):
        return []
    reasons = " ".join(str(one["text"]) for one in run.summary.get("reasons", ())[:REASONS])
    return [
        _alarm(AlarmCode.PLAN_RED, Severity.CRITICAL, "plan", run.issued_at, None, words=reasons)
    ]


def _shortage(run: PastRun) -> list[Alarm]:
    told = list(run.summary.get("shortage") or ())
    if not told:
        return []
    text = str(told[0]["text"])
    return [
        _alarm(AlarmCode.HEAT_SHORT, Severity.CRITICAL, "network", run.issued_at, None, words=text)
    ]


# ---- reserve -------------------------------------------------------------------------------


def _reserve(run: PastRun, now: datetime) -> list[Alarm]:
    """What is missing at worst in the coming day if the largest unit on line is lost."""
    steps = _coming(run, now)
    if not steps.size:
        return []
    heat = run.values("source_heat")[:, steps]
    can = np.maximum(run.values("source_max_heat")[:, steps], heat)
    on = run.values("source_units_on")[:, steps]
    most = np.nan_to_num(run.values("source_unit_most"))[:, None]
    each = np.where(on > 1e-6, np.minimum(most, heat / np.maximum(np.ceil(on - 1e-6), 1.0)), 0.0)
    lost, row = each.max(axis=0), each.argmax(axis=0)
    idle = (can - heat).sum(axis=0)
    missing = lost - idle
    worst = int(missing.argmax())
    if missing[worst] < LEAST_MISSING_MW:
        return []
    source = run.ids("source")[int(row[worst])]
    at = _local(run, int(steps[worst]))
    return [
        _alarm(
            AlarmCode.NO_RESERVE,
            Severity.INFO,
            source,
            at,
            (round(float(missing[worst]), 1), 0.0),
            source=source,
            missing=float(missing[worst]),
            at=at,
        )
    ]


def _at_maximum(run: PastRun, now: datetime) -> list[Alarm]:
    """Sources at all they can give for half of the coming day."""
    steps = _coming(run, now)
    heat, can = (run.values(name)[:, steps] for name in ("source_heat", "source_max_heat"))
    full = ((heat >= AT_MAXIMUM * can) & (can > LEAST_MISSING_MW)).sum(axis=1) * run.step_h
    sources = [name for name, h in zip(run.ids("source"), full, strict=True) if h >= AT_MAXIMUM_H]
    if not sources:
        return []
    hours = float(full.max())
    return [
        _alarm(
            AlarmCode.AT_MAXIMUM,
            Severity.INFO,
            sources[0] if len(sources) == 1 else "",
            None,
            (round(hours, 1), AT_MAXIMUM_H),
            things=named(sources),
            hours=hours,
        )
    ]


def _coming(run: PastRun, now: datetime) -> np.ndarray:
    """Steps of the plan within the coming day."""
    moments = [utc_datetime(one) for one in run.schedule["time"].values]
    until = now + timedelta(hours=AHEAD_H)
    step = timedelta(hours=run.step_h)
    inside = [place for place, at in enumerate(moments) if now < at + step and at < until]
    return np.array(inside, dtype=np.intp)


def _local(run: PastRun, step: int) -> datetime:
    timezone = str(run.schedule.attrs["timezone"])
    return local_time(utc_datetime(run.schedule["time"].values[step]), timezone)


# ---- coal ----------------------------------------------------------------------------------


def _coal(run: PastRun, limits: AlarmSettings, now: datetime) -> list[Alarm]:
    """Yards with little coal, or whose last safe day to order is gone."""
    found = []
    for yard in run.summary.get("yards") or ():
        name, days = str(yard["yard_id"]), yard.get("days_of_cover")
        ahead = yard.get("ahead") or {}
        if days is not None and days < limits.coal_warning_days:
            is_critical = days < limits.coal_critical_days
            severity = Severity.CRITICAL if is_critical else Severity.WARNING
            figures = (float(days), limits.coal_warning_days)
            places = {"yard": name, "days": days}
            found.append(
                _alarm(AlarmCode.COAL_LOW, severity, name, run.issued_at, figures, **places)
            )
        order_by = ahead.get("order_by")
        if order_by and datetime.fromisoformat(order_by).date() <= now.date():
            day = datetime.fromisoformat(order_by).date()
            found.append(
                _alarm(AlarmCode.COAL_ORDER, Severity.WARNING, name, None, None, yard=name, day=day)
            )
    return found
