"""A loop's record on steps of three hours, reduced to the days that identification may use.

Three hours, because below that a real building is no single node (air and furniture settle in
1–4 h, the secondary loop in 100 min, handbook §4 F7 and §6), and because records of 15, 30 or 60
minutes then say the same.
"""

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from forecasts.demand.building import filtered_temperature_c
from forecasts.demand.identified import Floats, LoopPrior, LoopRecord, Times

BLOCK_H = 3.0
FILTER_H = 24.0  # of the outdoor temperature that a day's heat follows (F3: 12–36 h)
FILLING_DAYS = 8  # after the heat came on: filling, drying, moving in (handbook §4: 7–10)
LATEST_DAYS = 120  # older ones hardly count any more
FORGETTING_PER_DAY = 0.98  # handbook §4: 0.95–0.98
HEAT_SHARE = 0.6  # of the readings of a block or day that must be there
WARM_MARGIN_K = 3.0  # days less than this below the balance temperature say little of the loss
NO_HEAT_W_PER_M2 = 1.0
COLD_START_C = 16.0  # rooms colder than this at the start: the building is being warmed up

Flags = NDArray[np.bool_]
Ints = NDArray[np.int64]


@dataclass(frozen=True)
class Blocks:
    """Means of blocks, each (block,), NaN where nothing was measured; whole days one after another.

    `seam` marks blocks before which days are missing.
    """

    times: Times
    step_h: float
    heat: Floats  # W/m²
    outdoor_c: Floats
    filtered_c: Floats  # outdoor behind the filter of F3
    gust: Floats  # wind above its reference, m/s
    radiation: Floats
    room_c: Floats
    rooms: Floats
    supply_c: Floats
    return_c: Floats
    primary_supply_c: Floats
    primary_return_c: Floats
    primary_flow_tph: Floats
    seam: Flags

    @property
    def day(self) -> Ints:
        """Number of each block's UTC day, from 0, counting only days that are here."""
        days = self.times.astype("datetime64[D]")
        return np.asarray(np.unique(days, return_inverse=True)[1], dtype=np.int64)

    @property
    def age_days(self) -> Floats:
        """How far back each block lies behind the last one."""
        return np.asarray((self.times[-1] - self.times) / np.timedelta64(86_400, "s"))

    def means_by_day(self, values: Floats) -> Floats:
        """Means of the days, over the blocks that have a value."""
        there = np.isfinite(values)
        day, days = self.day, int(self.day[-1]) + 1 if self.times.size else 0
        count = np.bincount(day, there, days)
        total = np.bincount(day, np.where(there, values, 0.0), days)
        return np.where(count > 0, total / np.maximum(count, 1), np.nan)

    def chosen(self, rows: Flags) -> "Blocks":
        """Some of the blocks; a seam wherever one was left out."""
        taken = {
            name: getattr(self, name)[rows]
            for name in self.__dataclass_fields__
            if name not in ("step_h", "seam")
        }
        step = np.timedelta64(round(self.step_h * 3600), "s")
        late = np.append(False, np.diff(taken["times"]) != step)[: taken["times"].size]
        return replace(self, **taken, seam=late | self.seam[rows])


def _mean_by(index: Ints, values: Floats, count: int, share: float, per: float) -> Floats:
    there = np.isfinite(values)
    n = np.bincount(index, there, count)
    total = np.bincount(index, np.where(there, values, 0.0), count)
    return np.where(n >= max(1.0, share * per), total / np.maximum(n, 1), np.nan)


def in_blocks(record: LoopRecord, prior: LoopPrior) -> Blocks:
    """All blocks of a record, from its first to its last, whether of use or not."""
    length_h = max(BLOCK_H, record.step_h)
    length = np.timedelta64(round(length_h * 3600), "s")
    since = (record.times - record.times[0].astype("datetime64[D]")) // length
    index = np.asarray(since - since[0], dtype=np.int64)
    count, per = int(index[-1]) + 1, length_h / record.step_h

    def mean(values: Floats | None, share: float = 0.34) -> Floats:
        if values is None:
            return np.full(count, np.nan)
        return _mean_by(index, values, count, share, per)

    first = record.times[0].astype("datetime64[D]") + since[0] * length
    outdoor_c = mean(record.outdoor_c)
    gust = np.maximum(0.0, record.wind_m_per_s - prior.wind_reference_m_per_s)
    there = np.isfinite(outdoor_c)
    filled = outdoor_c
    if there.any() and not there.all():
        at = np.arange(count)
        filled = np.interp(at, at[there], outdoor_c[there])
    return Blocks(
        times=(first + np.arange(count) * length).astype("datetime64[ns]"),
        step_h=length_h,
        heat=mean(record.heat_w_per_m2, HEAT_SHARE),
        outdoor_c=outdoor_c,
        filtered_c=filtered_temperature_c(filled, length_h, FILTER_H),
        gust=np.nan_to_num(mean(gust)),
        radiation=np.nan_to_num(mean(record.radiation_w_per_m2)),
        room_c=mean(record.room_c),
        rooms=mean(record.room_sensors),
        supply_c=mean(record.supply_c),
        return_c=mean(record.return_c),
        primary_supply_c=mean(record.primary_supply_c),
        primary_return_c=mean(record.primary_return_c),
        primary_flow_tph=mean(record.primary_flow_tph),
        seam=np.zeros(count, dtype=bool),
    )


def balance_temp_of(prior: LoopPrior) -> float:
    """t_b = t_n − g/K of the prior, °C (F2)."""
    return prior.room_c.value - prior.gain_w_per_m2.value / prior.specific_loss_w_per_m2k.value


def heating_days(blocks: Blocks, prior: LoopPrior) -> Blocks:
    """Days with heat and weather measured, cold enough, and not of the filling at a season's start.

    Days without any heat stay where rooms are measured: how they cool tells the time constant.
    """
    if not blocks.times.size:
        return blocks
    day = blocks.day
    days, per_day = int(day[-1]) + 1, 24.0 / blocks.step_h
    known = np.isfinite(blocks.heat) & np.isfinite(blocks.outdoor_c)
    enough = np.bincount(day, known, days) >= HEAT_SHARE * max(per_day, 1.0)
    heat, outdoor = blocks.means_by_day(blocks.heat), blocks.means_by_day(blocks.outdoor_c)
    cold = outdoor < balance_temp_of(prior) - WARM_MARGIN_K
    has_rooms = np.bincount(day, np.isfinite(blocks.room_c), days) > 0
    used = enough & cold & ((heat > NO_HEAT_W_PER_M2) | has_rooms)
    used &= ~_filling(blocks, heat)
    used &= np.cumsum(used[::-1])[::-1] <= LATEST_DAYS
    return blocks.chosen(used[day])


def _filling(blocks: Blocks, heat: Floats) -> Flags:
    """Days of the first week after the heat came on, where the record saw it come on."""
    filling = np.zeros(heat.size, dtype=bool)
    measured = np.flatnonzero(np.isfinite(heat))
    if not measured.size:
        return filling
    heated = measured[heat[measured] > NO_HEAT_W_PER_M2]
    if not heated.size:
        return filling
    date = np.unique(blocks.times.astype("datetime64[D]"))
    # The start of a season: no heat, or none on record, for a month before.
    apart = np.diff(date[heated].astype("int64"), prepend=-10_000) > 30
    rooms = blocks.means_by_day(blocks.room_c)
    for start in heated[apart]:
        saw_it = start > measured[0]
        if saw_it or (np.isfinite(rooms[start]) and rooms[start] < COLD_START_C):
            since = (date - date[start]).astype("int64")
            filling |= (since >= 0) & (since < FILLING_DAYS)
    return filling
