"""Which whole units are on, day by day along each path: running costs against the cost of starts.

A unit is not stopped for one mild day if lighting it again costs more than it saves; without that
a reduced dispatch starts and stops with every change of the weather. The cheapest course of each
path by dynamic programming (R. Bellman, Dynamic Programming, 1957; for unit commitment W. L.
Snyder et al., IEEE Transactions on Power Systems 2(2), 1987, doi:10.1109/TPWRS.1987.4335130) over
the few ways of having units on. Minimum up and down times of a day or two are left to it: what
starts cost keeps units on for longer.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from dispatch.fuel.merit_table import MeritTable

Array = NDArray[np.float64]
Index = NDArray[np.intp]


@dataclass(frozen=True)
class Stage:
    """Hours under one condition, one after the other."""

    table: MeritTable
    hours: float
    load_mw: Array  # (course,)


def cheapest_ways(stages: Sequence[Stage], start_yuan: Array) -> list[Index]:
    """Way of having units on in each stage, (course,) each, so that every course costs least.

    `start_yuan` (committed row,) for each unit lit. What runs before the first stage is free.
    """
    totals = [stages[0].table.running_yuan_per_h(stages[0].load_mw) * stages[0].hours]
    came_from: list[Index] = []
    for before, stage in pairwise(stages):
        lit = stage.table.units[None] - before.table.units[:, None]  # (way before, way, row)
        start = np.maximum(lit, 0.0) @ start_yuan
        via = totals[-1][:, None, :] + start[:, :, None]
        best = via.argmin(axis=0)
        running = stage.table.running_yuan_per_h(stage.load_mw) * stage.hours
        totals.append(np.take_along_axis(via, best[None], axis=0)[0] + running)
        came_from.append(best)
    ways = [totals[-1].argmin(axis=0)]
    for best in reversed(came_from):
        ways.append(np.take_along_axis(best, ways[-1][None], axis=0)[0])
    return ways[::-1]
