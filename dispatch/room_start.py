"""Rooms at the start of a plan: what the last plan expected, corrected by what was measured.

Each source of knowledge counts by its precision, 1/sd². The last plan's rooms were within 0.2 K
when it began and wander from there as weather, sun and people do: 0.5 K after a day. A zone's
median of yesterday says little of one loop: loops of a zone differ by about 1 K. Where nothing is
known rooms are taken to be near their target, within 1.5 K.

A plan also errs for all loops alike: its weather was another, all buildings lose more than their
parameters say. One sensor in a hundred flats says little of its loop, but what many loops deviate
by in common is known far better than what each does. So that part is estimated first,

    d_i = δ + e_i,  δ ~ N(0, s²), e_i ~ N(0, v_i)  ⇒  δ̂ = Σ d_i/v_i / (Σ 1/v_i + 1/s²),

(a random effect, drawn to none by its own spread s), and each loop's own deviation on top of it.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from dispatch.initial_state import LastPlan
from dispatch.measured import RoomReadings
from dispatch.messages import words
from dispatch.plan import Remark

Array = NDArray[np.float64]
Mask = NDArray[np.bool_]

SD_OF_FRESH_PLAN_K = 0.2
SD_AFTER_A_DAY_K = 0.5
SHARED_AFTER_A_DAY_K = 0.7  # of what all loops are off by alike; 2 K of weather do 0.6 K in a day
SD_OF_ZONE_MEDIAN_K = 1.0
SD_OF_ASSUMED_K = 1.5
LEAST_SHARED = 3  # loops with a reading, to speak of all
LEAST_SD_K = 0.1  # no reading of a building's mean is better
BELIEVED_C = (10.0, 30.0)  # a reading outside is of a broken sensor or an empty house
SURPRISE_SDS = 3.0
NAMED = 3  # loops in a remark
SHARED_TOLD_K = 0.5


@dataclass(frozen=True)
class StartRooms:
    """Rooms at the start, °C (station,), and what is worth saying of them."""

    room_c: Array
    remarks: tuple[Remark, ...]


def plan_sd_k(age_h: float) -> float:
    """Standard deviation of a room that a plan expects, `age_h` after its own start, K.

    Errors of many small causes add up like a random walk: the variance grows with time. After a
    gap of days it knows no less than where nothing is known of a room.
    """
    growth = SD_AFTER_A_DAY_K**2 - SD_OF_FRESH_PLAN_K**2
    sd_k = np.sqrt(SD_OF_FRESH_PLAN_K**2 + growth * max(0.0, age_h) / 24.0)
    return float(min(sd_k, SD_OF_ASSUMED_K))


def start_rooms(
    ids: Sequence[str],
    assumed_c: Array,
    last: LastPlan | None,
    zone_median_c: Array,
    readings: RoomReadings,
    timetabled: Mask,
) -> StartRooms:
    """Combine what is known of the rooms of each loop at the plan's start.

    `assumed_c` (station,) is what the plan would start from without readings; it stands where
    there is none that can be used: none at all, absurd (`BELIEVED_C`), or worked out from water
    for a loop with a timetable, whose water stands still half the day. `zone_median_c` (station,)
    is NaN where yesterday's median says nothing.
    """
    low, high = BELIEVED_C
    read = np.isfinite(readings.room_c) & np.isfinite(readings.sd_k)
    absurd = read & ((readings.room_c < low) | (readings.room_c > high))
    used = read & ~absurd & (readings.from_rooms | ~timetabled)
    planned_c, planned_sd = _expected(ids, last)
    sd = np.maximum(readings.sd_k, LEAST_SD_K)
    apart_k = np.where(used, readings.room_c - planned_c, np.nan)
    shared_k = 0.0 if last is None else shared_deviation_k(apart_k, np.hypot(planned_sd, sd), last)
    planned_c = planned_c + shared_k
    median_c = np.where(timetabled, np.nan, zone_median_c)
    neither = ~np.isfinite(planned_c) & ~np.isfinite(median_c)
    before_c, before_sd = _by_precision(
        np.array([planned_c, median_c, np.where(neither, assumed_c, np.nan)]),
        np.array([planned_sd, SD_OF_ZONE_MEDIAN_K, SD_OF_ASSUMED_K])[:, None],
    )
    room_c, _ = _by_precision(
        np.array([before_c, np.where(used, readings.room_c, np.nan)]), np.array([before_sd, sd])
    )
    room_c = np.where(used, room_c, assumed_c)
    apart = (readings.room_c - planned_c) / np.hypot(planned_sd, sd)
    surprise = used & (np.abs(np.nan_to_num(apart)) > SURPRISE_SDS)
    remarks = (
        *_used_remark(used, room_c - assumed_c),
        *_shared_remark(shared_k, apart_k),
        *_absurd_remark(ids, absurd, readings.room_c),
        *_surprise_remark(ids, surprise, readings.room_c - planned_c),
    )
    return StartRooms(room_c, remarks)


def shared_deviation_k(apart_k: Array, sd_k: Array, last: LastPlan) -> float:
    """What all loops are off the last plan by alike, K: positive where rooms are warmer.

    `apart_k` (station,) is read less planned, NaN where not known; `sd_k` (station,) the sd of a
    loop's own part. A reading far from the middle counts as one at `SURPRISE_SDS`.
    """
    known = np.isfinite(apart_k)
    if known.sum() < LEAST_SHARED:
        return 0.0
    apart, sd = apart_k[known], sd_k[known]
    middle = float(np.median(apart))
    apart = np.clip(apart, middle - SURPRISE_SDS * sd, middle + SURPRISE_SDS * sd)
    shared_var = SHARED_AFTER_A_DAY_K**2 * max(0.0, _age_h(last)) / 24.0
    if shared_var <= 0.0:
        return 0.0
    weight = 1.0 / sd**2
    return float((weight * apart).sum() / (weight.sum() + 1.0 / shared_var))


def _age_h(last: LastPlan) -> float:
    """Hours from the last plan's first step to the new start."""
    return -float(last.source_heat_mw.hours[0])


def _expected(ids: Sequence[str], last: LastPlan | None) -> tuple[Array, float]:
    """Rooms by the last plan, NaN where it knows none, and their standard deviation."""
    if last is None:
        return np.full(len(ids), np.nan), SD_AFTER_A_DAY_K
    return last.indoor_c.rows(ids)[:, 0], plan_sd_k(_age_h(last))


def _by_precision(values: Array, sd: Array) -> tuple[Array, Array]:
    """Mean of (source, station) weighted by 1/sd², and its sd; NaN where all sources are."""
    weight = np.where(np.isfinite(values), 1.0 / sd**2, 0.0)
    total = weight.sum(axis=0)
    mean = (weight * np.nan_to_num(values)).sum(axis=0)
    none = np.full(total.shape, np.nan)
    return (
        np.divide(mean, total, out=none.copy(), where=total > 0.0),
        np.divide(1.0, np.sqrt(total), out=none.copy(), where=total > 0.0),
    )


def _used_remark(used: Mask, moved_k: Array) -> tuple[Remark, ...]:
    if not used.any():
        return ()
    values = {
        "loops": int(used.sum()),
        "all": int(used.size),
        "mean_k": _signed(float(moved_k[used].mean())),
        "most_k": round(float(np.abs(moved_k[used]).max()), 1),
    }
    return (Remark("daily.rooms_measured", values),)


def _shared_remark(shared_k: float, apart_k: Array) -> tuple[Remark, ...]:
    if abs(shared_k) < SHARED_TOLD_K:
        return ()
    values = {"mean_k": _signed(float(np.nanmean(apart_k))), "taken_k": _signed(shared_k)}
    return (Remark("daily.rooms_shared", values),)


def _absurd_remark(ids: Sequence[str], absurd: Mask, room_c: Array) -> tuple[Remark, ...]:
    if not absurd.any():
        return ()
    rows = np.flatnonzero(absurd)
    told = words(*(f"{ids[row]} {room_c[row]:.1f} °C" for row in rows[:NAMED]))
    values: dict[str, object] = {"loops": int(rows.size), "worst": told}
    values |= {"low_c": BELIEVED_C[0], "high_c": BELIEVED_C[1]}
    return (Remark("daily.rooms_absurd", values),)


def _surprise_remark(ids: Sequence[str], surprise: Mask, apart_k: Array) -> tuple[Remark, ...]:
    if not surprise.any():
        return ()
    rows = np.flatnonzero(surprise)
    worst = rows[np.argsort(-np.abs(apart_k[rows]), kind="stable")][:NAMED]
    told = words(*(f"{ids[row]} {_signed(float(apart_k[row]))} K" for row in worst))
    return (Remark("daily.rooms_surprise", {"loops": int(rows.size), "worst": told}),)


def _signed(value: float) -> str:
    """A difference with its sign, `+0.3`; never -0.0."""
    return f"{round(value, 1) + 0.0:+.1f}"
