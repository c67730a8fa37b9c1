"""What to do before an event that a what-if plans for, in order of time."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from dispatch.plan import Remark


class Deed(StrEnum):
    """Kinds of action."""

    PREHEAT = "preheat"
    LIGHT = "light"  # a source that is cold
    START = "start"  # units of a source
    STOP = "stop"
    CALL_THIRD_PARTIES = "call_third_parties"
    ORDER_COAL = "order_coal"
    CURE = "cure"  # what somebody has to order or ask for


@dataclass(frozen=True)
class Action:
    """One thing to do, at the latest at `at` (aware, local)."""

    at: datetime
    deed: Deed
    remark: Remark  # its words
    in_base: bool  # the base plan asks for the same
