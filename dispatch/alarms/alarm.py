"""One alarm: what is wrong where, since when, by how much, and what to do."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class Severity(StrEnum):
    """How soon somebody has to act, least first."""

    INFO = "info"
    WARNING = "warning"  # within the shift
    CRITICAL = "critical"  # now


class AlarmCode(StrEnum):
    """What is wrong; its words are `alarms.<code>`, what to do `alarms.<code>_do`."""

    ALL_SILENT = "all_silent"
    SILENT = "silent"
    IMPOSSIBLE = "impossible"
    STUCK = "stuck"
    COLD_ROOMS = "cold_rooms"
    FLOOR_TOO_HOT = "floor_too_hot"
    SECONDARY_TOO_HOT = "secondary_too_hot"
    RETURN_TOO_HOT = "return_too_hot"
    SUPPLY_TOO_LOW = "supply_too_low"
    SUPPLY_TOO_HIGH = "supply_too_high"
    SOURCE_DOWN = "source_down"
    SOURCE_LOW = "source_low"
    PRIMARY_PRESSURE_LOW = "primary_pressure_low"
    SECONDARY_PRESSURE_LOW = "secondary_pressure_low"
    MAKE_UP_HIGH = "make_up_high"
    TANK_LOW = "tank_low"
    STANDING = "standing"
    PLAN_OLD = "plan_old"
    NO_NEW_PLAN = "no_new_plan"
    PLAN_RED = "plan_red"
    HEAT_SHORT = "heat_short"
    NO_RESERVE = "no_reserve"
    AT_MAXIMUM = "at_maximum"
    COAL_LOW = "coal_low"
    COAL_ORDER = "coal_order"
    NO_PLAN = "no_plan"


@dataclass(frozen=True)
class Alarm:
    """What was found; `value` and `limit` are in the unit that the words name."""

    code: AlarmCode
    severity: Severity
    thing: str  # id of station, loop, source, plant, yard or plan
    since: datetime | None  # aware; None where it is not of a moment
    value: float | None
    limit: float | None
    text: str
    action: str
