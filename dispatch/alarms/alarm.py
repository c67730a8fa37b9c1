"""One alarm: what is wrong where, since when, by how much, and what to do."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class Severity(StrEnum):
    """How soon somebody has to act, least first."""

    INFO = "info"
    WARNING = "warning"  # within the shift
    CRITICAL = "critical"  # now


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
