"""One alarm: what is wrong where, since when, by how much, and what to do."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class Severity(StrEnum):
    """How soon somebody has to act, least first."""

    INFO = "info"
    WARNING = "warning"  # within the shift
    CRITICAL = "critical"  # now

    @property
    def exit_code(self) -> int:
        """What the command ends with where this is the worst."""
        return {Severity.INFO: 0, Severity.WARNING: 10, Severity.CRITICAL: 20}[self]


@dataclass(frozen=True)
class Alarm:
    """What was found; `value` and `limit` are in the unit that the words name."""

    code: str
    severity: Severity
    thing: str  # id of station, loop, source, plant, yard or plan
    since: datetime | None  # aware; None where it is not of a moment
    value: float | None
    limit: float | None
    text: str
    action: str


def ranked(alarms: Iterable[Alarm]) -> tuple[Alarm, ...]:
    """Return alarms with the most severe first, then by code and thing."""
    order = list(Severity)
    return tuple(sorted(alarms, key=lambda one: (-order.index(one.severity), one.code, one.thing)))


def exit_code(alarms: Iterable[Alarm]) -> int:
    """Return what the command ends with."""
    return max((one.severity.exit_code for one in alarms), default=0)
