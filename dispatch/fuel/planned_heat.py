"""Heat that plans give day by day: it follows the weather, but not from one midnight to the next.

Setpoints may move by a few kelvins in a block (H §10), rooms hold a day's changes in their walls,
and plans see what is coming. Heat is therefore raised on the eve of a cold day and comes down late
after it; what rooms then hold too much is saved a day on. Over days it all adds up to the need.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from dispatch.case import Case

Array = NDArray[np.float64]

# Parts of a day's heat that are the need of 2 days and 1 day before, and of 1 day and 2 days after,
# where setpoints move at the usual rate, and where they may move at will. Fitted to days of full
# plans of both bundled cases on drawn weather (`bench/reduced_dispatch.py` checks them).
USUAL_PARTS = (-0.10, 0.32, 0.12, -0.06)
FREE_PARTS = (-0.06, 0.16, 0.0, 0.0)
USUAL_K_PER_DAY = 12.0  # 2 K in four hours
# Rooms above their aim, mean of the day, in both: heat is set for hours at a time, and follows
# neither the sun nor the night at once.
USUAL_ROOM_K = 0.4
FREE_ROOM_K = 0.2


@dataclass(frozen=True)
class Following:
    """How plans of a case follow the weather."""

    parts: Array  # (4,) as `USUAL_PARTS`
    room_k: float  # rooms above their aim


def following_of(case: Case) -> Following:
    """By the rate at which the case lets setpoints of stations move."""
    per_block_k, block_h = (
        case.settings.network.secondary_step_k,
        case.settings.time.setpoint_hold_h,
    )
    rate = per_block_k * 24.0 / block_h
    held = min(1.0, USUAL_K_PER_DAY / max(rate, 1e-9))
    return Following(
        parts=held * np.array(USUAL_PARTS) + (1.0 - held) * np.array(FREE_PARTS),
        room_k=held * USUAL_ROOM_K + (1.0 - held) * FREE_ROOM_K,
    )


def planned_heat_mw(need_mw: Array, least_mw: Array, following: Following) -> Array:
    """Heat of a chain of plans, MW (path, day), of the need that holds rooms at their aim.

    `least_mw` (path or 1, day) is what the lowest supply temperatures give. Days beyond both ends
    are like the first and the last.
    """
    days = need_mw.shape[1]
    wide = np.pad(need_mw, ((0, 0), (2, 2)), mode="edge")
    two_before, before, after, two_after = following.parts
    heat = (1.0 - following.parts.sum()) * need_mw
    heat += two_before * wide[:, :days] + before * wide[:, 1 : days + 1]
    heat += after * wide[:, 3 : days + 3] + two_after * wide[:, 4:]
    return np.asarray(np.maximum(heat, least_mw))
