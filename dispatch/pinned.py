"""What becomes of the dispatcher's pins: their state, how far they are kept, and what forbids."""

from dataclasses import dataclass
from enum import StrEnum

import numpy as np

from dispatch.case_overrides import Override


class PinState(StrEnum):
    """Where the window of a pin lies, seen from the published horizon."""

    ACTIVE = "active"
    PENDING = "pending"  # begins after the horizon
    EXPIRED = "expired"  # ended before it


class Kept(StrEnum):
    """How far the published horizon keeps a pin."""

    FULL = "full"
    PART = "part"  # in some of its steps
    NONE = "none"


class PinLimit(StrEnum):
    """Why a pin is not kept, or not all the time."""

    NO_SUCH_THING = "no_such_thing"
    TOO_SHORT = "too_short"  # it holds in the middle of no step
    OUTAGE = "outage"
    CAPACITY = "capacity"
    SCHEDULE = "schedule"  # schedules.csv
    POWER = "power"  # the grid's power leaves no other heat
    MAINS = "mains"
    RAMP = "ramp"
    LEAST_LOAD = "least_load"
    UNITS = "units"  # that run, within their up and down times
    STATION = "station"  # emitters, exchanger, valve
    SUPPLY_LIMIT = "supply_limit"  # of the secondary side
    STEP_LIMIT = "step_limit"
    BLOCKS = "blocks"
    FLOOR = "floor"  # the law with its margins
    WARMING = "warming"
    OTHER = "other"


@dataclass(frozen=True)
class PinOutcome:
    """A pin, and what the plan makes of it; the figures None unless it is active."""

    pin: Override
    state: PinState
    kept: Kept | None = None
    limit: PinLimit | None = None  # where it is not kept in full
    hours: float = 0.0  # that the pin holds in the published horizon
    hours_kept: float = 0.0
    planned: float | None = None  # mean over those hours
    worst: float | None = None  # the value farthest from the pin
    worst_at: np.datetime64 | None = None  # begin of the step that has it, UTC
