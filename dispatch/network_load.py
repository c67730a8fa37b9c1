"""The load of the whole network as measured: by the sources, else by the loops.

Where loops are measured and not sources, what is measured stands for all: each loop counts with
the part of the load that it usually has, so that a meter that drops out leaves no dent.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from dispatch.case import Case
from dispatch.case_kinds import SourceKind
from dispatch.demand_forecast import LoadBasis
from forecasts.demand.identified import LoopRecord
from forecasts.telemetry.readings import CleanTelemetry

Array = NDArray[np.float64]

LEAST_SHARE = 0.25  # of design heat measured in an hour, to speak of all
LEAST_DAYS = 7.0  # of heat at a loop, to know its usual part
RECENT_H = 24
BETTER_HOURS = 0.8  # sources serve if they have this part of the hours that loops have


@dataclass(frozen=True)
class NetworkLoad:
    """Measured load on the record's steps: of what is sent, or of what users take."""

    load_mw: Array  # (step,) NaN where not known
    basis: LoadBasis
    station_share: float  # of design heat, with heat measured in the last day


def network_load(
    case: Case, clean: CleanTelemetry, loops: Sequence[LoopRecord], step_h: float
) -> NetworkLoad | None:
    """Return the network's load; None where neither sources nor enough loops are measured."""
    design = np.array([s.design_loss_w_per_m2k * s.heated_area_m2 for s in case.stations])
    heat = np.array([one.heat_w_per_m2 * one.area_m2 / 1e6 for one in loops])
    recent = np.isfinite(heat[:, -round(RECENT_H / step_h) :]).any(axis=1)
    share = float(design[recent].sum() / design.sum())
    by_sources, by_loops = _by_sources(case, clean), _by_loops(heat, design, step_h)
    known_sources, known_loops = (int(np.isfinite(one).sum()) for one in (by_sources, by_loops))
    if known_sources and known_sources >= BETTER_HOURS * known_loops:
        return NetworkLoad(by_sources, LoadBasis.SOURCES, share)
    if known_loops:
        return NetworkLoad(by_loops, LoadBasis.STATIONS, share)
    return None


def _by_sources(case: Case, clean: CleanTelemetry) -> Array:
    """Heat of all sources that make heat, MW; NaN where one of them is not known.

    What tanks take in and give back is left out: over a day it is next to nothing.
    """
    record = clean.record
    steps = record.sizes["time"]
    ids = set(record["id"].values.tolist())
    makers = [s.source_id for s in case.sources if s.kind is not SourceKind.THERMAL_STORAGE]
    if "heat" not in record or not ids.issuperset(makers):
        return np.full(steps, np.nan)
    return np.asarray(record["heat"].sel(id=makers).values.sum(axis=0) / 1000.0)


def _by_loops(heat_mw: Array, design: Array, step_h: float) -> Array:
    """Heat of the loops (loop, step), scaled to all of them, MW (step,)."""
    there = np.isfinite(heat_mw)
    hours = there.sum(axis=1) * step_h
    known = hours >= 24.0 * LEAST_DAYS
    if not known.any():
        return np.full(heat_mw.shape[1], np.nan)
    mean = np.where(there, heat_mw, 0.0).sum(axis=1) / np.maximum(there.sum(axis=1), 1)
    usual = np.where(known, mean, design * mean[known].sum() / design[known].sum())
    counted = there & known[:, None]
    total = np.where(counted, heat_mw, 0.0).sum(axis=0)
    part = np.where(counted, usual[:, None], 0.0).sum(axis=0)
    enough = np.where(counted, design[:, None], 0.0).sum(axis=0) >= LEAST_SHARE * design.sum()
    enough &= part > 0.0
    scaled = np.divide(total, part, out=np.full(total.shape, np.nan), where=enough)
    return np.asarray(scaled * usual.sum())


def rooms_over_target_k(
    over_k: Array, area_m2: Array, counted: NDArray[np.bool_], step_h: float
) -> Array | None:
    """By how much rooms were above their target, mean of the network, (step,) K; None: not known.

    `over_k` (loop, step), NaN where not read; `counted` (loop,) are loops whose rooms follow our
    setpoints all day. Each loop counts around its own mean, so that a sensor that comes or goes
    moves nothing; means over a day, since only they tell heat in the walls from sun at a sensor.
    """
    there = np.isfinite(over_k) & counted[:, None]
    measured = there.any(axis=1)
    if not measured.any():
        return None
    rooms, there, area = np.nan_to_num(over_k[measured]), there[measured], area_m2[measured]
    mean = np.where(there, rooms, 0.0).sum(axis=1) / there.sum(axis=1)
    weight = np.where(there, area[:, None], 0.0)
    moved = (weight * (rooms - mean[:, None])).sum(axis=0)
    total = weight.sum(axis=0)
    known = np.flatnonzero(total > 0.0)
    steps = np.arange(total.size, dtype=np.float64)
    around = np.interp(steps, known, moved[known] / total[known])
    day = np.ones(round(24.0 / step_h))
    middle = slice(day.size // 2, day.size // 2 + around.size)
    smooth = np.convolve(around, day)[middle] / np.convolve(np.ones(around.size), day)[middle]
    return np.asarray(smooth + np.average(mean, weights=area))
