"""Stock that a yard should have left at the end of the plan, along each path of weather.

Just enough to last until coal ordered today can be burnt: through the day it reaches the gate and
is unloaded. An order that is there before the plan ends leaves nothing to be asked for beyond the
bottom layer.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from dispatch.fuel.pile_paths import Arrivals, PilePaths

Array = NDArray[np.float64]


@dataclass(frozen=True)
class OrderOfToday:
    """One yard along every path, and when coal ordered today reaches its gate."""

    piles: PilePaths
    arrivals: Arrivals  # the known ones, of the same paths
    arrives: int  # index of the day


def need_t(yard: OrderOfToday, plan_end: int) -> Array:
    """Stock at the end of day `plan_end` that just lasts, (path,), tonnes of the pile's own fuel.

    The most that burn is ahead of known deliveries on any day until the order is unloaded; what
    is unloaded counts by the heating value of that path's deliveries. Losses of these few days
    are left out.
    """
    piles, days = yard.piles, slice(plan_end + 1, yard.arrives + 1)
    wanted = (piles.burnt_t + piles.short_t)[:, days]
    if wanted.shape[1] == 0:
        return np.full(wanted.shape[0], piles.yard.unusable_t)
    come_t = piles.unloaded_t[:, days] * _worth_of_known(yard)[:, None]
    ahead = np.cumsum(wanted - come_t, axis=1).max(axis=1)
    return np.asarray(piles.yard.unusable_t + np.maximum(0.0, ahead), dtype=np.float64)


def _worth_of_known(yard: OrderOfToday) -> Array:
    """Tonnes of the pile's fuel that a tonne of a path's deliveries stands for, (path,)."""
    until = slice(0, yard.arrives + 1)
    tonnes = yard.arrivals.tonnes[:, until].sum(axis=1)
    energy = yard.arrivals.energy_mwh[:, until].sum(axis=1)
    pile = yard.piles.mwh_per_t[:, until].mean(axis=1)
    some = tonnes > 0.0
    return np.where(some, energy / np.where(some, tonnes, 1.0) / pile, 1.0)
