"""What a plan says of the telemetry it was made with: what was left aside, what fell silent.

None of it stops a plan; what nobody is told of stays broken for weeks. Cleaning's work is told
where it touches the last day, for the past is known and older findings were told before.
"""

from collections import defaultdict
from datetime import datetime, timedelta

import numpy as np

from dispatch.case_telemetry import CaseTelemetry
from dispatch.messages import say, words
from dispatch.plan import Remark
from forecasts.telemetry.folder import NoteCode
from forecasts.telemetry.points import Point
from forecasts.telemetry.readings import Action
from forecasts.weather.run import utc64

FRESH = timedelta(days=1)
SILENT_H = 6.0  # nothing of any point for so long: the link to the SCADA is down
LOST_H = 18.0  # nothing since the morning before: the plan does not know what yesterday did
ROOMS_SILENT_H = 6.0  # room sensors call in every few hours at the latest
CLOCK_TOLERANCE = timedelta(minutes=10)
NAMED_IDS = 3
TOLD_NOTES = {NoteCode.UNREADABLE_ROWS, NoteCode.UNKNOWN_TAGS, NoteCode.UNKNOWN_IDS}
# A gap that the counter bridges is no fault: that heat is known.
TOLD_ACTIONS = tuple(action for action in Action if action is not Action.COUNTER_BRIDGED)


def silent_reasons(telemetry: CaseTelemetry, issue: datetime) -> tuple[Remark, ...]:
    """Say that nothing has come since the day before; empty where something has."""
    return _silent(telemetry, issue, LOST_H, float("inf"))


def telemetry_notes(telemetry: CaseTelemetry, issue: datetime, now: datetime) -> tuple[Remark, ...]:
    """Say what reading and cleaning left aside or put right of the last day, kind by kind."""
    left = [
        Remark(f"calibrate.note_{note.code.value}", {"file": note.file, "detail": note.detail})
        for note in telemetry.notes
        if note.code in TOLD_NOTES
    ]
    silent = _silent(telemetry, issue, SILENT_H, LOST_H)
    ahead = _ahead(telemetry, now)
    return (*left, *ahead, *silent, *_cleaned(telemetry, issue), *_rooms(telemetry, issue))


def newest_age_h(
    telemetry: CaseTelemetry, issue: datetime, point: Point | None = None
) -> float | None:
    """Hours from the end of the newest step of which something is known to `issue`.

    A reading speaks for its step and, where it is one of a moment, for the next.
    """
    record = telemetry.clean.record
    names = [str(name) for name in record.data_vars if "time" in record[name].dims]
    if point is not None:
        names = [name for name in names if name == point.value]
    there = np.zeros(record.sizes.get("time", 0), dtype=bool)
    for name in names:
        values = record[name].transpose(..., "time").values
        if np.issubdtype(values.dtype, np.floating):
            there |= np.isfinite(values).reshape(-1, there.size).any(axis=0)
    if not there.any():
        return None
    last = record["time"].values[np.flatnonzero(there)[-1]]
    return float((utc64(issue) - last) / np.timedelta64(1, "h")) - float(record.attrs["step_h"])


def _silent(
    telemetry: CaseTelemetry, issue: datetime, over_h: float, up_to_h: float
) -> tuple[Remark, ...]:
    age_h = newest_age_h(telemetry, issue)
    if age_h is None or not over_h < age_h <= up_to_h:
        return ()
    return (Remark("daily.telemetry_silent", {"age_h": round(age_h, 1)}),)


def _ahead(telemetry: CaseTelemetry, now: datetime) -> tuple[Remark, ...]:
    """That readings are stamped with moments to come: somebody's clock is wrong."""
    if telemetry.newest is None or telemetry.newest <= now + CLOCK_TOLERANCE:
        return ()
    ahead_min = round((telemetry.newest - now) / timedelta(minutes=1))
    return (Remark("daily.telemetry_ahead", {"ahead_min": ahead_min}),)


def _cleaned(telemetry: CaseTelemetry, issue: datetime) -> tuple[Remark, ...]:
    by_kind: dict[tuple[Action, str], list[str]] = defaultdict(list)
    for done in telemetry.clean.done:
        if done.last >= issue - FRESH and done.action in TOLD_ACTIONS:
            by_kind[done.action, done.point].append(done.id)
    told = []
    for (action, point), ids in sorted(by_kind.items()):
        named = words(*sorted(ids)[:NAMED_IDS])
        more = len(ids) - NAMED_IDS
        what = say(f"calibrate.action_{action.value}")
        ids_told = named if more <= 0 else say("daily.telemetry_more", ids=named, more=more)
        told.append(say("daily.telemetry_at", what=what, point=point, ids=ids_told))
    return (Remark("daily.telemetry_cleaned", {"what": words(*told)}),) if told else ()


def _rooms(telemetry: CaseTelemetry, issue: datetime) -> tuple[Remark, ...]:
    """That rooms are measured, but not of late."""
    age_h = newest_age_h(telemetry, issue, Point.ROOM_TEMP)
    if age_h is None or age_h <= ROOMS_SILENT_H or age_h == newest_age_h(telemetry, issue):
        return ()
    return (Remark("daily.rooms_silent", {"age_h": round(age_h, 1)}),)
