"""How setpoints may move: the 0.5 K grid, limits on change, and why a setpoint is what it is."""

from dataclasses import dataclass
from enum import IntEnum

import numpy as np
from numpy.typing import NDArray

from forecasts.demand.building import Array

Mask = NDArray[np.bool_]
Codes = NDArray[np.int8]

GRID_K = 0.5  # setpoints are multiples of it (design §4)
SAME_K = 1e-9  # far below the grid, far above rounding of floats


class Reason(IntEnum):
    """Why a setpoint is what it is."""

    PLAN = 0  # within the band round the plan, or nearest to it
    KEPT = 1  # as before: the plan is met without a change
    FLOOR = 2  # raised so that rooms keep their floor
    DAY_LIMIT = 3  # held back by the change allowed against 24 h earlier
    STEP_LIMIT = 4  # held back by the change allowed from block to block
    HEAT_LIMIT = 5  # held back by the most heat the station can take
    SUPPLY_LIMIT = 6  # at the lowest or highest supply temperature of the loop
    NOT_COMMANDED = 7  # third party: expected temperatures
    LAST_PLAN = 8  # as the last plan said: rooms stay as now planned
    PINNED = 9  # held by the dispatcher


def grid_up(value: Array) -> Array:
    """Least setpoint not below `value`."""
    return np.ceil(value / GRID_K - SAME_K) * GRID_K


def grid_down(value: Array) -> Array:
    """Greatest setpoint not above `value`."""
    return np.floor(value / GRID_K + SAME_K) * GRID_K


def grid_nearest(value: Array) -> Array:
    """Setpoint nearest to `value`."""
    return np.floor(value / GRID_K + 0.5) * GRID_K


@dataclass(frozen=True)
class Window:
    """Setpoints allowed in a block and what draws each end, (station,)."""

    low_c: Array
    high_c: Array
    low_reason: Codes
    high_reason: Codes

    def within(self, low_c: Array, high_c: Array, reason: Reason) -> "Window":
        """Move both ends into [low, high], which wins where the two do not meet."""
        new_low = np.minimum(np.maximum(self.low_c, low_c), high_c)
        new_high = np.maximum(np.minimum(self.high_c, high_c), low_c)
        code = np.int8(reason)
        return Window(
            low_c=new_low,
            high_c=new_high,
            low_reason=np.where(new_low != self.low_c, code, self.low_reason),
            high_reason=np.where(new_high != self.high_c, code, self.high_reason),
        )


def around(centre_c: Array, by_k: float | Array) -> tuple[Array, Array]:
    """Setpoints within `by_k` of `centre_c`; no limit where it is NaN."""
    known = np.isfinite(centre_c)
    low = np.where(known, grid_up(centre_c - by_k), -np.inf)
    high = np.where(known, grid_down(centre_c + by_k), np.inf)
    # A centre off the grid with next to no room about it: the nearest setpoint is allowed.
    empty, nearest = low > high, grid_nearest(centre_c)
    return np.where(empty, nearest, low), np.where(empty, nearest, high)
