"""What alarms look at: a case, its readings of the last hours, and what was planned for them."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime

import pandas as pd

from dispatch.alarm_settings import AlarmSettings
from dispatch.alarms.alarm import Alarm, AlarmCode, Severity
from dispatch.alarms.series import Series, series_of
from dispatch.case import Case
from dispatch.history.in_force import Planned
from dispatch.messages import say, words
from forecasts.telemetry.points import Point

NAMED = 5  # things of one kind that are named; the others are counted


@dataclass(frozen=True)
class Watched:
    """A case now; `planned` holds the hours from `planned_from` on, None without any plan."""

    case: Case
    now: datetime  # aware
    readings: pd.DataFrame
    planned: Planned | None
    planned_from: datetime

    @property
    def limits(self) -> AlarmSettings:
        """`[alarms]` of the case."""
        return self.case.settings.alarms

    def series(self, *points: Point) -> list[Series]:
        """All readings of some points that still say something of now."""
        found = (one for point in points for one in series_of(self.readings, point))
        return [one for one in found if one.speaks(self.now)]


@dataclass(frozen=True)
class Hit:
    """A place where a rule is broken."""

    thing: str
    since: datetime
    value: float
    limit: float


@dataclass
class Found:
    """Alarms as they are found, and points that nobody measures."""

    alarms: list[Alarm] = field(default_factory=list)
    unmeasured: set[Point] = field(default_factory=set)
    problems: list[str] = field(default_factory=list)  # rules that failed

    def group(
        self, code: AlarmCode, severity: Severity, hits: Sequence[Hit], **places: object
    ) -> None:
        """Add one alarm for all places of one kind: the worst figure, the earliest moment."""
        if not hits:
            return
        worst = max(hits, key=lambda hit: abs(hit.value - hit.limit))
        since = min(hit.since for hit in hits)
        told = {
            "things": named([hit.thing for hit in hits]),
            "count": len(hits),
            "value": worst.value,
            "limit": worst.limit,
            "since": since,
        }
        thing = hits[0].thing if len(hits) == 1 else ""
        self.alarms.append(
            Alarm(
                code=code,
                severity=severity,
                thing=thing,
                since=since,
                value=round(worst.value, 3),
                limit=round(worst.limit, 3),
                text=say(f"alarms.{code.value}", **told, **places),
                action=say(f"alarms.{code.value}_do"),
            )
        )


def named(things: Sequence[str]) -> str:
    """Name the first few things, and count the others."""
    unique = list(dict.fromkeys(things))
    shown = words(*unique[:NAMED])
    left = len(unique) - NAMED
    return shown if left <= 0 else say("alarms.and_others", things=shown, count=left)
