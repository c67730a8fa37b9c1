"""After a plan is out: the run goes into the history, and yesterday is looked back on.

Nothing here stops a plan, which is published before. The database gets five seconds in all, in a
thread that is left behind where the database does not answer: a driver that hangs cannot be
stopped. What could not be recorded is told in a small file beside the runs, and caught up later.
"""

import json
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import TypeVar
from zoneinfo import ZoneInfo

from dispatch.atomic import write_file
from dispatch.case import Case
from dispatch.history.database import HistoryDamaged, HistoryUnavailable, opened_history
from dispatch.history.follow_up import FollowUp, follow_up
from dispatch.history.measured_day import MeasuredDay, measured_days
from dispatch.history.measured_rows import (
    days_without,
    write_case_tables,
    write_day,
    write_follow_up,
)
from dispatch.history.past_run import run_folders
from dispatch.history.record import Recorded, deadline, prune, record_runs
from dispatch.messages import say
from dispatch.run_archive import to_json
from dispatch.telemetry_folder import has_telemetry
from forecasts.telemetry.faults import TelemetryFaults

RECORD_S, MEASURED_S = 3.5, 1.5  # for the database, whatever it does
CATCH_UP_S = 2.5  # of the first for runs of before
LATE_DAYS = 3  # days whose telemetry is taken again, since readings come late
MISSED_DAYS = 14  # so far back follow-ups are made up for
NOT_RECORDED = "history_not_recorded.json"

T = TypeVar("T")


@dataclass(frozen=True)
class Subject:
    """A case, its folders, and the moment of the run."""

    case: Case
    case_folder: Path
    runs: Path  # of the case: `runs/<case>`
    store_folder: Path
    now: datetime

    @property
    def yesterday(self) -> date:
        """Local date of the day before `now`."""
        zone = ZoneInfo(self.case.settings.timezone)
        return self.now.astimezone(zone).date() - timedelta(days=1)


@dataclass(frozen=True)
class LookedBack:
    """What a run tells beside its plan: yesterday, where measured, and what went wrong."""

    yesterday: FollowUp | None = None
    problems: tuple[str, ...] = ()


NOT_ASKED = LookedBack()


def keep_history(subject: Subject, run: str) -> LookedBack:
    """Record a run and what was measured; never raises. `run` is the name of the new folder."""
    settings = subject.case.settings.history
    problems: list[str] = []
    mended: list[str] = []
    missed: list[date] = []
    if settings.record:
        try:
            missed, mended = _in_time(lambda: _record(subject), RECORD_S)
        except Exception as error:  # noqa: BLE001 (the plan is out; whatever it is, it is told)
            why = _words(error)
            problems.append(say("history.not_recorded", why=why))
            _note_missing(subject.runs, why, run)
    looked, days, problem = _looked_back(subject, missed)
    if problem:
        problems.append(problem)
    if settings.record and not problems:
        try:
            _in_time(lambda: _write_measured(subject, days, looked), MEASURED_S)
        except Exception as error:  # noqa: BLE001 (as above)
            problems.append(say("history.not_recorded", why=_words(error)))
    of_yesterday = next((one for one in looked if one.day == subject.yesterday), None)
    return LookedBack(of_yesterday, (*mended, *problems))


def _words(error: Exception) -> str:
    if isinstance(error, HistoryUnavailable):
        return str(error)
    if isinstance(error, TimeoutError):
        return say("history.too_slow", seconds=error.args[0])
    return f"{type(error).__name__}: {error}".splitlines()[0][:200]


def _in_time(work: Callable[[], T], seconds: float) -> T:
    """Do `work`, or raise TimeoutError after so many seconds and leave it to itself."""
    done: list[T] = []
    failed: list[Exception] = []

    def run() -> None:
        try:
            done.append(work())
        except Exception as error:  # noqa: BLE001 (handed to the caller)
            failed.append(error)

    thread = threading.Thread(target=run, daemon=True)
    thread.start()
    thread.join(seconds)
    if failed:
        raise failed[0]
    if not done:
        raise TimeoutError(seconds)
    return done[0]


def _record(subject: Subject) -> tuple[list[date], list[str]]:
    """Record the runs and the case's tables.

    Return the days that have no follow-up yet, and what was wrong with the history before.
    """
    settings = subject.case.settings
    mended: list[str] = []
    try:
        recorded, missed = _record_in(subject)
    except HistoryDamaged as damaged:
        recorded, missed = _record_in(subject)
        mended = [str(damaged)]
    if not mended and len(recorded.recorded) > 1:  # it was lost, or could not be written before
        mended = [say("history.caught_up", count=len(recorded.recorded) - 1)]
    if recorded.missing:
        _note(subject.runs, say("history.catching_up"), recorded.missing)
    elif recorded.unreadable:
        _note(subject.runs, say("history.unreadable"), recorded.unreadable)
    else:
        (subject.runs / NOT_RECORDED).unlink(missing_ok=True)
    measured = has_telemetry(subject.case_folder, settings) or subject.case.coal_daily
    return (missed if measured else []), mended


def _record_in(subject: Subject) -> tuple[Recorded, list[date]]:
    settings = subject.case.settings
    last, first = subject.yesterday, subject.yesterday - timedelta(days=MISSED_DAYS - 1)
    with opened_history(settings.history, subject.runs) as engine:
        recorded = record_runs(engine, settings.id, subject.runs, deadline(CATCH_UP_S))
        prune(engine, settings.id, subject.now, settings.keep)
        write_case_tables(engine, subject.case)
        return recorded, days_without(engine, settings.id, first, last)


def _looked_back(
    subject: Subject, missed: list[date]
) -> tuple[list[FollowUp], tuple[MeasuredDay, ...], str]:
    """Follow-ups of yesterday and of missed days, the telemetry beside them, and what failed."""
    case, last = subject.case, subject.yesterday
    is_measured = has_telemetry(subject.case_folder, case.settings)
    if not (is_measured or case.coal_daily):
        return [], (), ""
    days = sorted({*missed, last})
    first = min(*days, last - timedelta(days=LATE_DAYS - 1))
    measured: tuple[MeasuredDay, ...] = ()
    problem = ""
    try:
        if is_measured:
            measured = measured_days(case, subject.case_folder, subject.store_folder, first, last)
        looked = _follow_ups(subject, days, measured)
    except TelemetryFaults as faults:
        looked, problem = [], say("history.telemetry_broken", count=len(faults.faults))
    except Exception as error:  # noqa: BLE001 (the plan is out; whatever it is, it is told)
        looked, problem = [], say("history.no_follow_up", why=_words(error))
    return looked, measured, problem


def _follow_ups(
    subject: Subject, days: Sequence[date], measured: Sequence[MeasuredDay]
) -> list[FollowUp]:
    """Look back on those days of which anything was measured."""
    by_day = {one.day: one for one in measured if not one.is_empty}
    weighed = {row.date for row in subject.case.coal_daily}
    return [
        follow_up(subject.case, subject.runs, day, by_day.get(day))
        for day in days
        if day in by_day or day.isoformat() in weighed
    ]


def _write_measured(
    subject: Subject, days: tuple[MeasuredDay, ...], looked: list[FollowUp]
) -> None:
    if not (days or looked):
        return
    settings = subject.case.settings
    with opened_history(settings.history, subject.runs) as engine:
        for day in days:
            write_day(engine, settings.id, day)
        for one in looked:
            write_follow_up(engine, settings.id, one)


def rebuild(subject: Subject) -> Recorded:
    """Record all runs that have a folder anew, with the follow-ups of their days.

    Runs whose folder is gone stay as they are. Raises HistoryUnavailable, TelemetryFaults.
    """
    case_id = subject.case.settings.id
    with opened_history(subject.case.settings.history, subject.runs) as engine:
        recorded = record_runs(engine, case_id, subject.runs, lambda: False, anew=True)
        write_case_tables(engine, subject.case)
    runs = run_folders(subject.runs)
    looked: list[FollowUp] = []
    measured: tuple[MeasuredDay, ...] = ()
    has_any = has_telemetry(subject.case_folder, subject.case.settings)
    first = runs[0].day if runs else subject.yesterday
    if runs and (has_any or subject.case.coal_daily) and first <= subject.yesterday:
        if has_any:
            folders = subject.case_folder, subject.store_folder
            measured = measured_days(subject.case, *folders, first, subject.yesterday)
        days = [first + timedelta(days=n) for n in range((subject.yesterday - first).days + 1)]
        looked = _follow_ups(subject, days, measured)
    _write_measured(subject, measured, looked)
    with opened_history(subject.case.settings.history, subject.runs) as engine:
        prune(engine, case_id, subject.now, subject.case.settings.keep)
    (subject.runs / NOT_RECORDED).unlink(missing_ok=True)
    return recorded


def _note_missing(runs: Path, why: str, name: str) -> None:
    """Add a run to those that the history lacks."""
    try:
        before = json.loads((runs / NOT_RECORDED).read_text("utf-8"))["runs"]
        names = [str(one) for one in before]
    except (OSError, ValueError, KeyError, TypeError):
        names = []
    _note(runs, why, (*(one for one in names if one != name), name))


def _note(runs: Path, why: str, names: tuple[str, ...]) -> None:
    """Write down what the history lacks; a disk that is full is not the plan's business."""
    content = {"schema": "heat-dispatch/history_not_recorded", "version": 1}
    try:
        write_file(runs / NOT_RECORDED, to_json({**content, "why": why, "runs": sorted(names)}))
    except OSError:
        return
