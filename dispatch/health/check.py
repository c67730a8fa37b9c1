"""One thing that was looked at: how it is, in words, and what to do about it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from pathlib import Path

from dispatch.settings import Settings


class State(StrEnum):
    """How a thing is."""

    OK = "ok"
    WARN = "warn"
    FAIL = "fail"

    @property
    def exit_code(self) -> int:
        """What the command ends with, the same scale as a plan's label."""
        return {State.OK: 0, State.WARN: 10, State.FAIL: 20}[self]


class Topic(StrEnum):
    """What is looked at, in the order in which it is told."""

    PLAN_AGE = "plan_age"
    PLAN_LABEL = "plan_label"
    PLAN_FILES = "plan_files"
    FAILED_SINCE = "failed_since"
    CASE = "case"
    FORECAST = "forecast"
    TELEMETRY = "telemetry"
    ALARMS = "alarms"
    DATABASE = "database"
    DISK = "disk"
    CLOCK = "clock"
    RIGHTS = "rights"
    LOCK = "lock"
    LEFTOVERS = "leftovers"


@dataclass(frozen=True)
class Check:
    """What was found; `values` are its figures for machines."""

    code: Topic
    state: State
    text: str
    cure: str = ""  # empty where nothing is to be done
    values: Mapping[str, object] = field(default_factory=dict)


@dataclass(frozen=True)
class Patient:
    """A case and its folders, looked at from a moment on."""

    settings: Settings
    case_folder: Path
    runs: Path  # of the case: `runs/<case>`
    store_folder: Path
    now: datetime  # aware
    online: bool = False  # whether a database elsewhere may be asked

    def age_h(self, moment: datetime) -> float:
        """Hours from a moment until now; below zero for one to come."""
        return (self.now - moment).total_seconds() / 3600.0


def worst(checks: tuple[Check, ...]) -> State:
    """Return the worst state of some checks."""
    order = list(State)
    return max((one.state for one in checks), key=order.index, default=State.OK)
