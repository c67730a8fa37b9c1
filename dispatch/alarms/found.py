"""All alarms of a case now, most severe first: of its plan in force and of its telemetry.

Reads the run folders and the telemetry; changes nothing.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

import pandas as pd

from dispatch.alarms.alarm import Alarm, Severity
from dispatch.alarms.plan_rules import VARIABLES, no_plan, plan_alarms
from dispatch.alarms.telemetry_rules import telemetry_alarms
from dispatch.alarms.watched import Watched
from dispatch.case import Case
from dispatch.case_telemetry import case_readings
from dispatch.history.in_force import planned_hours
from dispatch.history.past_run import RunUnreadable, read_run
from dispatch.latest_run import latest_run
from dispatch.messages import say
from dispatch.run_tables import local_time
from dispatch.telemetry_folder import has_telemetry
from forecasts.telemetry.faults import TelemetryFaults
from forecasts.telemetry.points import Point

ORDER = (Severity.CRITICAL, Severity.WARNING, Severity.INFO)
LOOKED_BACK_H = 72  # what stands for a day is told from what never ran


@dataclass(frozen=True)
class CaseAlarms:
    """What is wrong now, most severe first; what nobody measures; what could not be read."""

    now: datetime  # local
    alarms: tuple[Alarm, ...]
    unmeasured: tuple[Point, ...]  # of points that rules ask for; empty without telemetry
    has_telemetry: bool
    problems: tuple[str, ...] = ()

    @property
    def exit_code(self) -> int:
        """0, 10 or 20, the same scale as a plan's label."""
        worst = {one.severity for one in self.alarms}
        if Severity.CRITICAL in worst:
            return 20
        return 10 if Severity.WARNING in worst else 0


def case_alarms(
    case: Case, case_folder: Path, runs_folder: Path, now: datetime, hours: int = LOOKED_BACK_H
) -> CaseAlarms:
    """Look at a case at `now` (aware); `hours` of telemetry are read."""
    alarms: list[Alarm] = []
    problems: list[str] = []
    latest = latest_run(runs_folder, case.settings.id)
    if latest is None:
        alarms.append(no_plan())
    else:
        try:
            alarms += plan_alarms(read_run(latest, VARIABLES), case.settings.alarms, now)
        except RunUnreadable as error:
            problems.append(str(error))
    unmeasured: tuple[Point, ...] = ()
    measured = has_telemetry(case_folder, case.settings)
    if measured:
        try:
            found = telemetry_alarms(_watched(case, case_folder, runs_folder, now, hours))
            alarms += found.alarms
            problems += found.problems
            unmeasured = tuple(point for point in Point if point in found.unmeasured)
        except TelemetryFaults as faults:
            first = faults.faults[0]
            problems.append(say("alarms.telemetry_faults", count=len(faults.faults), first=first))
    alarms.sort(key=lambda one: (ORDER.index(one.severity), one.code, one.thing))
    local = local_time(now, case.settings.timezone)
    return CaseAlarms(local, tuple(alarms), unmeasured, measured, tuple(problems))


def _watched(
    case: Case, case_folder: Path, runs_folder: Path, now: datetime, hours: int
) -> Watched:
    first = now.replace(minute=0, second=0, microsecond=0) - timedelta(hours=hours)
    read = case_readings(case, case_folder, first, now + timedelta(seconds=1))
    readings: pd.DataFrame = read.readings
    runs = runs_folder / case.settings.id
    planned = planned_hours(runs, first, hours + 1) if runs.is_dir() else None
    return Watched(case, now, readings, planned, first)
