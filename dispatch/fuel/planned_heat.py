"""Heat that a plan gives day by day, where it may not change as fast as the weather does.

Setpoints may rise or fall by some kelvins from block to block and from day to day (H §10). Ahead
of a cold day a plan therefore gives more than rooms need and stores it in them; after it, heat
comes down slowly. Here the buildings of the network are one, and each third of a day gets the
least heat from which every later one in view can still hold its rooms, rising as fast as it may.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]

PARTS = 3  # of a day: a change that setpoints may make in one takes two or three of them
VIEW_D = 3  # days that a plan looks ahead for a cold one


@dataclass(frozen=True)
class Mass:
    """The buildings we command as one; loops with a timetable go their own way."""

    storage_mwh_per_k: float
    loss_mw_per_k: float
    most_k: float  # above the aim, up to the upper limit of rooms

    @property
    def _rate_per_h(self) -> float:
        return max(self.loss_mw_per_k, 1e-9) / max(self.storage_mwh_per_k, 1e-9)

    def kept(self, hours: Array) -> Array:
        """Part of what rooms hold above their aim that is left after some hours."""
        return np.asarray(np.exp(-self._rate_per_h * hours))

    def gained_h(self, hours: Array) -> Array:
        """Hours' worth of steady heat that are still there at the end of that many hours."""
        return np.asarray((1.0 - self.kept(hours)) / self._rate_per_h)


@dataclass(frozen=True)
class Changes:
    """Most that heat may change, MW (path, day): from a third of a day to the next, and a day."""

    part_mw: Array
    day_mw: Array


def planned_heat_mw(
    need_mw: Array, changes: Changes, least_mw: Array, hours: Array, mass: Mass
) -> Array:
    """Heat of a chain of plans, MW (path, day), means over `hours` (day,).

    `need_mw` (path, day) holds rooms at their aim, `least_mw` (day,) is what the lowest supply
    temperatures give. It starts settled on the first day's need.
    """
    need = _by_part(need_mw)
    paths, parts = need.shape
    planned = np.empty_like(need)
    stored = np.zeros(paths)  # MWh above the aim
    length_h = np.repeat(hours / PARTS, PARTS)
    gained_h, kept = mass.gained_h(length_h), mass.kept(length_h)
    most = mass.most_k * mass.storage_mwh_per_k
    for part in range(parts):
        day = part // PARTS
        step, per_day = changes.part_mw[:, day], changes.day_mw[:, day]
        last = planned[:, part - 1] if part else need[:, 0]
        day_before = planned[:, part - PARTS] if part >= PARTS else need[:, 0]
        heat = _least_now(need[:, part:], (step, per_day), stored, gained_h[part:], kept[part:])
        heat = np.minimum(heat, np.minimum(last + step, day_before + per_day))
        heat = np.maximum(heat, np.maximum(last - step, day_before - per_day))
        room = (most - kept[part] * stored) / gained_h[part]
        heat = np.maximum(np.minimum(heat, need[:, part] + room), least_mw[day])
        stored = kept[part] * stored + gained_h[part] * (heat - need[:, part])
        planned[:, part] = heat
    return np.asarray(planned.reshape(paths, -1, PARTS).mean(axis=2))


def _by_part(need_mw: Array) -> Array:
    """Need by third of a day, (path, part): straight from day to day, of the same daily mean."""
    before = np.concatenate([need_mw[:, :1], need_mw[:, :-1]], axis=1)
    after = np.concatenate([need_mw[:, 1:], need_mw[:, -1:]], axis=1)
    place = (np.arange(PARTS) + 0.5) / PARTS - 0.5  # of a day from its middle
    early, late = np.maximum(-place, 0.0), np.maximum(place, 0.0)
    early, late = early - early.mean(), late - late.mean()
    parts = need_mw[..., None] + early * (before - need_mw)[..., None]
    parts = parts + late * (after - need_mw)[..., None]
    return np.asarray(parts.reshape(need_mw.shape[0], -1))


def _least_now(
    need_mw: Array, change_mw: tuple[Array, Array], stored: Array, gained_h: Array, kept: Array
) -> Array:
    """Least heat of the first part with which no part in view goes short, (path,).

    With heat that rises by r_i until part i, what is stored at the end of part j is
    Σ kept^(j−i)·gained·(heat + r_i − need_i) + kept^(j+1)·stored, and must not be below zero.
    """
    step, per_day = change_mw
    least = np.full(stored.shape, -np.inf)
    missing, weight, left = np.zeros_like(stored), 0.0, stored
    rises: list[Array] = []
    for j in range(min(VIEW_D * PARTS, need_mw.shape[1])):
        rise = rises[j - 1] + step if j else np.zeros_like(stored)
        rises.append(np.minimum(rise, rises[j - PARTS] + per_day) if j >= PARTS else rise)
        missing = kept[j] * missing + gained_h[j] * (need_mw[:, j] - rises[j])
        weight = kept[j] * weight + gained_h[j]
        left = kept[j] * left
        least = np.maximum(least, (missing - left) / weight)
    return least
