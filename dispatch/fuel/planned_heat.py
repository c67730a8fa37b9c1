"""Heat that a plan gives day by day, where it may not change as fast as the weather does.

Setpoints may rise or fall by some kelvins from day to day (H §10). Ahead of a cold day a plan
therefore gives more than rooms need, stores it in them, and after it comes down slowly. Here the
buildings of the network are one, and each day gets the least heat from which every later day in
view can still hold its rooms, rising no faster than it may.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]

VIEW_D = 4  # days that a plan looks ahead for a cold one: its horizon, and the day after


@dataclass(frozen=True)
class Mass:
    """The buildings we command as one; loops with a timetable go their own way."""

    storage_mwh_per_k: float
    loss_mw_per_k: float
    most_k: float  # above the aim, up to the upper limit of rooms

    def kept(self, hours: Array | float) -> Array:
        """Part of what rooms hold above their aim that is left after some hours."""
        rate = self.loss_mw_per_k / max(self.storage_mwh_per_k, 1e-9)
        return np.exp(-rate * np.asarray(hours, dtype=np.float64))

    def gained_h(self, hours: Array | float) -> Array:
        """Hours' worth of steady heat that are still there at the end of that many hours."""
        rate = max(self.loss_mw_per_k, 1e-9) / max(self.storage_mwh_per_k, 1e-9)
        return np.asarray((1.0 - self.kept(hours)) / rate)


def planned_heat_mw(
    need_mw: Array, change_mw: Array, least_mw: Array, hours: Array, mass: Mass
) -> Array:
    """Heat of a chain of plans, MW (path, day), means over `hours` (day,).

    `need_mw` (path, day) holds rooms at their aim; `change_mw` (path, day) is the most that heat
    may differ from the day before's, `least_mw` (day,) what the lowest supply temperatures give.
    It starts settled on the first day's need.
    """
    paths, days = need_mw.shape
    planned = np.empty_like(need_mw)
    stored = np.zeros(paths)  # MWh above the aim
    before = need_mw[:, 0]
    gained_h, kept = mass.gained_h(hours), mass.kept(hours)
    most = mass.most_k * mass.storage_mwh_per_k
    for day in range(days):
        limit = change_mw[:, day]
        heat = _least_now(need_mw[:, day:], limit, stored, gained_h[day:], kept[day:])
        heat = np.clip(heat, before - limit, before + limit)
        room = (most - kept[day] * stored) / gained_h[day]
        heat = np.maximum(np.minimum(heat, need_mw[:, day] + room), least_mw[day])
        stored = kept[day] * stored + gained_h[day] * (heat - need_mw[:, day])
        planned[:, day], before = heat, heat
    return planned


def _least_now(need_mw: Array, limit: Array, stored: Array, gained_h: Array, kept: Array) -> Array:
    """Least heat of the first day with which no day in view goes short, (path,).

    With heat that rises by `limit` each day, what is stored at the end of day j is
    Σ kept^(j−i)·gained·(heat + i·limit − need_i) + kept^(j+1)·stored, and must not be below zero.
    """
    least = np.full(stored.shape, -np.inf)
    missing, weight, left = np.zeros_like(stored), 0.0, stored
    for j in range(min(VIEW_D, need_mw.shape[1])):
        missing = kept[j] * missing + gained_h[j] * (need_mw[:, j] - j * limit)
        weight = kept[j] * weight + gained_h[j]
        left = kept[j] * left
        least = np.maximum(least, (missing - left) / weight)
    return least
