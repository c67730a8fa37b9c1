"""What coal left at the end of the horizon is worth: the fuel outlook's word to the plan.

Along a path of weather a yard needs some stock at the end of the horizon so that usable coal
lasts until an order of today can arrive. Short of it, every missing tonne must be got in a hurry.
The expected cost over all paths is convex and piecewise linear in the stock: the last tonne is
worth its price times the probability that it is missing (a newsvendor's rule: K. Arrow, T. Harris
and J. Marschak, "Optimal inventory policy", Econometrica 19, 1951, DOI 10.2307/1906813).
"""

from dataclasses import dataclass
from itertools import pairwise
from math import isfinite
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

FEW_LEVELS = 40  # of a thousand paths: the worth then moves in steps of 1/40 of the price


class LikelyNeed(NamedTuple):
    """One stock that may be needed, and how likely it is."""

    level_t: float
    probability: float


@dataclass(frozen=True)
class CoalNeed:
    """Stock a yard needs at the end of the horizon, as equally likely values, ascending.

    Raises ValueError for levels that do not ascend or are no numbers, and for a price below zero.
    """

    yard_id: str
    levels_t: tuple[float, ...]  # of the pile's own fuel, bottom layer included
    yuan_per_t: float  # of a tonne that is missing: each level bears an equal part

    def __post_init__(self) -> None:
        """Refuse what no outlook says."""
        ascend = all(low <= high for low, high in pairwise(self.levels_t))
        if not (self.levels_t and ascend and all(map(isfinite, self.levels_t))):
            raise ValueError(f"coal need of {self.yard_id}: levels_t must be numbers that ascend")
        if not (isfinite(self.yuan_per_t) and self.yuan_per_t >= 0.0):
            raise ValueError(f"coal need of {self.yard_id}: yuan_per_t must be zero or more")

    def worth_yuan_per_t(self, stock_t: float) -> float:
        """What one more tonne is worth beside `stock_t`."""
        missing = sum(level > stock_t for level in self.levels_t)
        return self.yuan_per_t * missing / max(1, len(self.levels_t))

    def cost_yuan(self, stock_t: float) -> float:
        """Expected cost of what is missing beside `stock_t`."""
        missing_t = sum(max(0.0, level - stock_t) for level in self.levels_t)
        return self.yuan_per_t * missing_t / len(self.levels_t)

    @property
    def likely(self) -> tuple[LikelyNeed, ...]:
        """The levels that differ, ascending, with their probabilities, which add up to one."""
        levels, counts = np.unique(self.levels_t, return_counts=True)
        parts = counts / len(self.levels_t)
        return tuple(map(LikelyNeed, levels.tolist(), parts.tolist()))


def coal_need(
    yard_id: str, needed_t: NDArray[np.float64], yuan_per_t: float, levels: int = FEW_LEVELS
) -> CoalNeed:
    """The need of a yard from the stock each of many equally likely paths needs, (path,) t.

    Paths are put together, in order, into at most `levels` equal parts with their mean, so that
    the expected cost is kept exactly wherever all of a part is missing or none is; a path that
    lies on the border of two parts counts in both.
    """
    ascending = np.sort(needed_t)
    if ascending.size <= levels:
        return CoalNeed(yard_id, tuple(ascending.tolist()), yuan_per_t)
    # Integral of the quantile function, which is level along a path: its rise over a part is the
    # part's mean.
    reached = np.concatenate([[0.0], np.cumsum(ascending)]) / ascending.size
    edges = np.linspace(0.0, 1.0, levels + 1)
    at = np.interp(edges, np.linspace(0.0, 1.0, ascending.size + 1), reached)
    means = np.maximum.accumulate(np.diff(at) * levels)  # rounding may not turn equal ones round
    return CoalNeed(yard_id, tuple(means.tolist()), yuan_per_t)
