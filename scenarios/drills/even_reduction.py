"""Even reduction with hospitals last (均匀降载, handbook §10): who gives what when heat is short.

The plan's own order, settled: what a MWh costs where it is taken. A kelvin taken from a building
frees K·A; with `PlanInputs.even_reduction` its price grows with the building's loss alike
(`formulation/substation.comfort_weight`), so a MWh costs price × priority, whatever the building,
and rises piece by piece of half a kelvin. Stations run by others are cut at their own price.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from dispatch.case import Case
from dispatch.case_kinds import Emitter, Manager, Use
from dispatch.emitter import secondary_temperatures_c
from dispatch.formulation.prices import (
    EVEN_COLD,
    EVEN_COOL,
    EVEN_PIECE_K,
    EVEN_REFERENCE_LOSS_W_PER_M2K,
)
from dispatch.station_inputs import buildings_of, commanded, floor_c, loops_of
from scenarios.drills.cooling import Rooms, heat_before_w_per_m2, middle, rooms_of, settles_at_c

Array = NDArray[np.float64]

MISSING = (0.10, 0.20, 0.30, 0.45, 0.60)  # of the heat
M2_PER_WEIGHT, WATT_PER_MW = 1e4, 1e6
BEFORE_FROST_YUAN_PER_MWH = 1e7  # above every price of comfort
ANY_K = 1e3  # the last piece goes on for ever


@dataclass(frozen=True)
class ClassShare:
    """What a group of stations gets."""

    use: Use | None  # None: stations that others run
    priority: float
    loops: int
    homes: int
    share: float  # of the heat it needs
    rooms_c: float  # mean rooms if that lasts, by area


@dataclass(frozen=True)
class Reduction:
    """One shortage at one outdoor temperature."""

    outdoor_c: float
    missing: float  # share of all heat
    groups: tuple[ClassShare, ...]
    supply_c: tuple[tuple[Use, Emitter, float], ...]  # secondary supply to set, median by area


@dataclass(frozen=True)
class _Piece:
    """Heat that can be taken at one price, W (loop,)."""

    price: float  # yuan/MWh
    heat_w: Array


def reduction(case: Case, outdoor_c: float, missing: float, *, spared: bool = False) -> Reduction:
    """Return who gets what when a share of the heat is missing for long.

    As the plan does it, stations that others run are cut at `unserved_third_party_yuan_per_mwh`,
    the least important of ours without end, and a hospital's warmth above its floor is free.
    `spared`, as a town would rather see it: those of others count like ours of their priority, no
    room falls below the frost guard before all are there, and hospitals give only after that.
    """
    rooms = rooms_of(case)
    need_w = heat_before_w_per_m2(rooms, outdoor_c) * rooms.area_m2
    pieces = list(_pieces(case, rooms, need_w, spared=spared))
    kept = 1.0 - np.divide(
        taken(pieces, need_w, missing), need_w, out=np.zeros_like(need_w), where=need_w > 0
    )
    after_c = settles_at_c(rooms, outdoor_c, kept)
    groups = tuple(_groups(case, rooms, need_w, kept, after_c, spared=spared))
    return Reduction(outdoor_c, missing, groups, _supply(case, rooms, kept * need_w, after_c))


def taken(pieces: list[_Piece], need_w: Array, missing: float) -> Array:
    """Return the heat taken from each loop, W: the cheapest pieces first, equal ones alike."""
    found = np.zeros_like(need_w)
    wanted = missing * float(need_w.sum())
    for piece in sorted(pieces, key=lambda one: one.price):
        room = np.minimum(piece.heat_w, need_w - found)
        total = float(room.sum())
        if total <= 0.0:
            continue
        found += room * min(1.0, wanted / total)
        wanted -= min(wanted, total)
    return found


def _pieces(case: Case, rooms: Rooms, need_w: Array, *, spared: bool) -> Iterator[_Piece]:
    """Every price at which heat is taken, of all loops together."""
    ours = commanded(case) | spared
    comfort = case.settings.comfort
    loss_w_per_k = rooms.loss_w_per_m2k * rooms.area_m2
    floor = floor_c(case, buildings_of(case))
    spare_k = np.maximum(0.0, rooms.start_c - floor)
    legal_k = np.maximum(0.0, np.minimum(floor, rooms.start_c) - comfort.legal_min_c)
    widths: list[tuple[float, Array]] = [(0.0, spare_k)]
    for i, factor in enumerate(EVEN_COOL):
        width = np.clip(legal_k - i * EVEN_PIECE_K, 0.0, EVEN_PIECE_K)
        last = i == len(EVEN_COOL) - 1
        rest = np.maximum(0.0, legal_k - i * EVEN_PIECE_K) if last else width
        widths.append((comfort.below_floor_price * factor, rest))
    for i, factor in enumerate(EVEN_COLD):
        width = np.full_like(floor, ANY_K if i == len(EVEN_COLD) - 1 else EVEN_PIECE_K)
        widths.append((comfort.below_legal_price * factor, width))
    if spared:
        widths = list(_above_frost(widths, rooms.start_c - comfort.frost_guard_c))
    per_mwh = WATT_PER_MW / M2_PER_WEIGHT / EVEN_REFERENCE_LOSS_W_PER_M2K
    kept = np.array([station.use is Use.HOSPITAL for station in case.stations]) & spared
    for priority in sorted({station.priority for station in case.stations}):
        has = np.array([station.priority == priority for station in case.stations]) & ours & ~kept
        for price, width in widths:
            heat_w = np.where(has, width * loss_w_per_k, 0.0)
            yield _Piece(price * priority * per_mwh, heat_w)
    if spared:
        yield _Piece(BEFORE_FROST_YUAN_PER_MWH, np.where(kept, 0.0, need_w))
        yield _Piece(2 * BEFORE_FROST_YUAN_PER_MWH, np.where(kept, need_w, 0.0))
    if not ours.all():
        price = comfort.unserved_third_party_yuan_per_mwh
        yield _Piece(price, np.where(ours, 0.0, need_w))


def _above_frost(
    widths: Sequence[tuple[float, Array]], until_k: Array
) -> Iterator[tuple[float, Array]]:
    """The same steps as far as rooms have `until_k` to fall."""
    left_k = np.maximum(0.0, until_k)
    for price, width in widths:
        step_k = np.minimum(width, left_k)
        left_k = left_k - step_k
        yield price, step_k


def _groups(
    case: Case, rooms: Rooms, need_w: Array, kept: Array, after_c: Array, *, spared: bool
) -> Iterator[ClassShare]:
    """Groups by use and priority, the first to give first; those that others run by themselves."""
    rows_of: dict[tuple[Use | None, float], list[int]] = {}
    for row, station in enumerate(case.stations):
        is_ours = station.managed_by is Manager.UTILITY or spared
        key = (station.use, station.priority) if is_ours else (None, 0.0)
        rows_of.setdefault(key, []).append(row)
    for (use, priority), rows in sorted(rows_of.items(), key=lambda one: (one[0][1], str(one[0]))):
        area, need = rooms.area_m2[rows], need_w[rows]
        yield ClassShare(
            use=use,
            priority=priority,
            loops=len(rows),
            homes=sum(case.stations[row].homes for row in rows),
            share=float(kept[rows] @ need / need.sum()) if need.any() else 1.0,
            rooms_c=float(after_c[rows] @ area / area.sum()),
        )


def _supply(
    case: Case, rooms: Rooms, heat_w: Array, after_c: Array
) -> tuple[tuple[Use, Emitter, float], ...]:
    """Secondary supply that carries the heat into the cooler rooms (F8), of our own stations."""
    loops = loops_of(case)
    supply, _ = secondary_temperatures_c(loops, heat_w / 1000.0, after_c)
    limited = np.clip(supply, loops.supply_min_c, loops.supply_max_c)
    ours = commanded(case)
    found = []
    for use in Use:
        for emitter in Emitter:
            rows = [
                row
                for row, one in enumerate(case.stations)
                if ours[row] and one.use is use and one.emitter is emitter
            ]
            if rows:
                found.append((use, emitter, middle(limited[rows], rooms.area_m2[rows])))
    return tuple(found)
