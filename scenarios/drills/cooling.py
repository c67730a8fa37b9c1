"""How long flats stay warm when heat is gone or cut: closed form of handbook §4 F6.

From steady rooms; outdoor air stays as cold as said, there is no sun and no more wind than usual.
θ(t) = θ∞ + (θ₀ − θ∞)·e^(−t/τ) with θ∞ = t_w + (kept·q₀ + g)/K and q₀ = K·(θ₀ − t_w) − g. The
coldest flat of a station stays its margin below the mean room (`cold_flat_margin_k`).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from dispatch.case import Case, Station
from dispatch.case_kinds import Emitter, Era, Use
from dispatch.station_inputs import buildings_of, floor_c, target_c

Array = NDArray[np.float64]

LEVELS_C = (18.0, 16.0, 5.0)  # the law, indoor clothes no longer do, pipes soon freeze
HALF = 0.5


@dataclass(frozen=True, order=True)
class StationClass:
    """Buildings that cool alike."""

    use: Use
    era: Era
    emitter: Emitter


@dataclass(frozen=True)
class HoursLeft:
    """Hours until the coldest flats fall to a level; infinite: never."""

    median: float  # of the class, by area
    worst: float


@dataclass(frozen=True)
class ClassCooling:
    """One class under one cut: hours to each of LEVELS_C."""

    outdoor_c: float
    kept: float  # share of the heat that is left; 0: none
    hours: Mapping[float, HoursLeft]


@dataclass(frozen=True)
class ClassFigures:
    """A class of stations and how it cools."""

    kind: StationClass
    loops: int
    homes: int
    area_m2: float
    time_constant_h: float  # median by area
    start_c: float  # mean rooms before, by area
    cooling: tuple[ClassCooling, ...]


@dataclass(frozen=True)
class Rooms:
    """What cools: arrays (loop,)."""

    start_c: Array  # mean rooms as the case wants them
    margin_k: Array  # the coldest flats below them
    loss_w_per_m2k: Array
    gain_w_per_m2: Array
    time_constant_h: Array
    area_m2: Array


def rooms_of(case: Case) -> Rooms:
    """Return the rooms of all loops as the case wants them held."""
    buildings = buildings_of(case)
    loss, capacity = buildings.specific_loss_w_per_m2k, buildings.heat_capacity_j_per_m2k
    return Rooms(
        start_c=np.asarray(target_c(case, floor_c(case, buildings)), dtype=float),
        margin_k=np.array([station.cold_flat_margin_k for station in case.stations]),
        loss_w_per_m2k=loss,
        gain_w_per_m2=buildings.gain_w_per_m2,
        time_constant_h=capacity / (3600.0 * loss),
        area_m2=buildings.area_m2,
    )


def heat_before_w_per_m2(rooms: Rooms, outdoor_c: float) -> Array:
    """Steady heat before the cut, q₀, W/m² (loop,)."""
    need = rooms.loss_w_per_m2k * (rooms.start_c - outdoor_c) - rooms.gain_w_per_m2
    return np.maximum(0.0, need)


def settles_at_c(rooms: Rooms, outdoor_c: float, kept: float | Array) -> Array:
    """Mean rooms after very long with a share `kept` of the heat before, °C (loop,)."""
    heat = kept * heat_before_w_per_m2(rooms, outdoor_c)
    return np.asarray(outdoor_c + (heat + rooms.gain_w_per_m2) / rooms.loss_w_per_m2k)


def rooms_after_c(rooms: Rooms, outdoor_c: float, kept: float, hours: float) -> Array:
    """Mean rooms `hours` after the cut, °C (loop,)."""
    end = settles_at_c(rooms, outdoor_c, kept)
    return np.asarray(end + (rooms.start_c - end) * np.exp(-hours / rooms.time_constant_h))


def hours_until(rooms: Rooms, outdoor_c: float, kept: float, level_c: float) -> Array:
    """Hours until the coldest flats are at `level_c`, (loop,); 0: they are, infinite: never."""
    end = settles_at_c(rooms, outdoor_c, kept)
    mean_c = level_c + rooms.margin_k
    fallen = np.divide(
        mean_c - end,
        rooms.start_c - end,
        out=np.zeros_like(end),
        where=(rooms.start_c > end + 1e-9) & (mean_c > end),
    )
    with np.errstate(divide="ignore"):
        hours = -rooms.time_constant_h * np.log(fallen)  # log 0: never
    return np.where(rooms.start_c <= mean_c, 0.0, hours)


def class_of(station: Station) -> StationClass:
    """Return the class a row of `stations.csv` belongs to."""
    return StationClass(station.use, station.era, station.emitter)


def members(case: Case) -> dict[StationClass, NDArray[np.intp]]:
    """Return the rows of each class, housing first, then by age."""
    uses, eras = list(Use), list(Era)
    kinds = [class_of(station) for station in case.stations]
    order = sorted(
        set(kinds), key=lambda one: (uses.index(one.use), eras.index(one.era), one.emitter.value)
    )
    return {
        kind: np.array([row for row, one in enumerate(kinds) if one == kind], dtype=np.intp)
        for kind in order
    }


def middle(values: Array, weight: Array) -> float:
    """Return the median of values by weight; infinities are the largest."""
    order = np.argsort(values, kind="stable")
    reached = np.cumsum(weight[order])
    return float(values[order][int(np.searchsorted(reached, HALF * reached[-1]))])


def cooling_classes(
    case: Case, cuts: Sequence[tuple[float, float]], levels_c: Sequence[float] = LEVELS_C
) -> tuple[ClassFigures, ...]:
    """Return every class of a case under cuts, each outdoor temperature and share kept."""
    rooms = rooms_of(case)
    hours = {(cut, level): hours_until(rooms, *cut, level) for cut in cuts for level in levels_c}
    found = []
    for kind, rows in members(case).items():
        area = rooms.area_m2[rows]
        cooling = tuple(
            ClassCooling(*cut, {level: left(hours[cut, level][rows], area) for level in levels_c})
            for cut in cuts
        )
        found.append(
            ClassFigures(
                kind=kind,
                loops=rows.size,
                homes=sum(case.stations[row].homes for row in rows),
                area_m2=float(area.sum()),
                time_constant_h=middle(rooms.time_constant_h[rows], area),
                start_c=float(rooms.start_c[rows] @ area / area.sum()),
                cooling=cooling,
            )
        )
    return tuple(found)


def left(hours: Array, area_m2: Array) -> HoursLeft:
    """Return median and worst of the hours of a class."""
    return HoursLeft(middle(hours, area_m2), float(hours.min()))
