"""The least curve of supply setpoints that meets a need and moves no faster than allowed.

Limits on change are of one kind: two setpoints may differ by at most so much — a block and the
next by the step limit, a block and the one a day later by the day limit, two plants on a shared
network by the coordination limit. With distances d between setpoints (shortest way over such
limits) the least curve is s_i = max_k (need_k − d_ik): every need is raised to, nothing is
lowered, and no lower curve will do. Known setpoints of the past bound it from both sides.
"""

from dataclasses import dataclass

import numpy as np

from dispatch.change_limits import Mask, grid_down, grid_up
from forecasts.demand.building import Array


@dataclass(frozen=True)
class CurveRules:
    """How primary supply setpoints may move (case file, `[network]`)."""

    step_k: float  # from block to block
    day_k: float  # against 24 h earlier
    blocks_per_day: int
    plants_apart_k: float = 6.0  # on a shared network: 5–8 K (handbook §7)


@dataclass(frozen=True)
class SupplyCurve:
    """Setpoints (plant, block) and how far they stay below the need, K."""

    supply_c: Array
    short_k: Array


def shortest(distance: Array) -> Array:
    """All shortest ways of a symmetric (node, node) distance matrix (Floyd and Warshall)."""
    best = distance.copy()
    for via in range(best.shape[0]):
        best = np.minimum(best, best[:, via, None] + best[None, via, :])
    return best


def block_distance_k(blocks: int, rules: CurveRules) -> Array:
    """By how much the setpoints of two blocks may differ, (block, block), on the 0.5 K grid."""
    distance = np.full((blocks, blocks), np.inf)
    np.fill_diagonal(distance, 0.0)
    for apart, limit_k in ((rules.blocks_per_day, rules.day_k), (1, rules.step_k)):
        first = np.arange(max(0, blocks - apart))
        distance[first, first + apart] = distance[first + apart, first] = grid_down(
            np.array(limit_k)
        )
    return shortest(distance)


def plant_distance_k(shares: Mask, rules: CurveRules) -> Array:
    """By how much supply of two plants may differ, (plant, plant); `shares` true where joined."""
    distance = np.where(shares, rules.plants_apart_k, np.inf)
    np.fill_diagonal(distance, 0.0)
    return shortest(distance)


def _past_bounds_c(
    before_c: Array, day_before_c: Array, apart_k: Array, rules: CurveRules
) -> tuple[Array, Array]:
    """Lowest and highest setpoint that the known past allows, (plant, block)."""
    low = np.full((before_c.size, apart_k.shape[0]), -np.inf)
    high = np.full_like(low, np.inf)
    first_day = min(rules.blocks_per_day, apart_k.shape[0])
    known = [(before_c, 0, rules.step_k)]
    known += [(day_before_c[:, b], b, rules.day_k) for b in range(first_day)]
    for value, block, limit_k in known:
        here = np.isfinite(value)[:, None]
        reach_k = apart_k[block][None, :]
        low = np.where(here, np.maximum(low, grid_up(value - limit_k)[:, None] - reach_k), low)
        high = np.where(here, np.minimum(high, grid_down(value + limit_k)[:, None] + reach_k), high)
    return low, high


def least_curve(
    need_c: Array,
    *,
    shares: Mask,
    before_c: Array,
    day_before_c: Array,
    highest_c: Array,
    rules: CurveRules,
) -> SupplyCurve:
    """Least supply setpoints that meet `need_c` (plant, block) within the rules.

    Multiples of 0.5 K. `shares` (plant, plant) is true for plants on one network; `before_c`
    (plant,) and `day_before_c` (plant, ≥ blocks of a day) are earlier setpoints, NaN where
    unknown; `highest_c` (plant,) what each can make. Where past or plant do not let the curve
    rise enough it lags, and `short_k` says by how much. A plant at its highest does not hold
    others down: then they may be further apart than the coordination limit.
    """
    apart_k = block_distance_k(need_c.shape[1], rules)
    low, high = _past_bounds_c(before_c, day_before_c, apart_k, rules)
    most = np.minimum(high, grid_down(highest_c)[:, None])
    # A need out of reach is cut first: preparing for more than will come helps nobody.
    wanted = np.maximum(np.minimum(grid_up(need_c), most), low)
    in_time = (wanted[:, None, :] - apart_k[None, :, :]).max(axis=2)
    plants_k = plant_distance_k(shares, rules)
    together = (in_time[None, :, :] - grid_down(plants_k)[:, :, None]).max(axis=1)
    supply_c = np.minimum(together, most)
    return SupplyCurve(supply_c, np.maximum(0.0, need_c - supply_c))
