"""How warm a loop's buildings are now: from their rooms and from the water (handbook §4)."""

from dataclasses import replace

import numpy as np

from forecasts.demand.identification.blocks import in_blocks
from forecasts.demand.identification.evidence import (
    ONE_ROOM_BIAS_SD_K,
    ROOM_BIAS_SD_K,
    WATER_BIAS_SD_K,
)
from forecasts.demand.identification.water import (
    LOG_MEAN_BELOW_FLOW,
    METER_SD,
    design_mean_k,
    effective_mean_c,
    steady_load,
)
from forecasts.demand.identified import Identified, LoopPrior, LoopRecord, RoomNow

LAST_HOURS = 12.0  # looked back for readings
FLAT_SPREAD_K = 1.5  # sd between the flats of a building
WATER_NOISE_K = 0.4  # of one block's room by the water
DRIFT_K_PER_DAY = 1.0  # what an old reading may be off by (handbook §4: comfort drift 1 K a day)
_PER_STEP = ("times", "heat_w_per_m2", "outdoor_c", "wind_m_per_s", "radiation_w_per_m2", "room_c",
             "room_sensors", "supply_c", "return_c")  # fmt: skip

Shown = tuple[float, float] | None  # value and sd


def room_at(
    record: LoopRecord, prior: LoopPrior, found: Identified | None, at: np.datetime64
) -> RoomNow:
    """Rooms and water of the last hours before `at`, joined by their precision.

    Steps that begin at `at` or later are not looked at.
    """
    shown = [one for one in (_by_rooms(record, at), _by_water(record, prior, found, at)) if one]
    if not shown:
        return RoomNow(record.loop_id, np.nan, np.nan, False)
    weights = np.array([sd**-2.0 for _, sd in shown])
    values = np.array([value for value, _ in shown])
    room = float(weights @ values / weights.sum())
    return RoomNow(
        record.loop_id, room, float(weights.sum() ** -0.5), _by_rooms(record, at) is not None
    )


def _since(record: LoopRecord, at: np.datetime64, hours: float) -> slice:
    first = at - np.timedelta64(round(hours * 3600), "s")
    return slice(*np.searchsorted(record.times, np.array([first, at], dtype="datetime64[ns]")))


def _by_rooms(record: LoopRecord, at: np.datetime64) -> Shown:
    """Median of the rooms; the fewer they are, the less it says of the building."""
    rows = _since(record, at, LAST_HOURS)
    rooms, count = record.room_c[rows], record.room_sensors[rows]
    there = np.flatnonzero(np.isfinite(rooms))[-max(1, round(3.0 / record.step_h)) :]
    if not there.size:
        return None
    counted = count[there][np.isfinite(count[there])]
    rooms_behind = max(1.0, float(np.median(counted))) if counted.size else 1.0
    one_room = np.hypot(FLAT_SPREAD_K, ONE_ROOM_BIAS_SD_K)
    of_median = 1.25 * one_room / np.sqrt(rooms_behind)
    age_days = float((at - record.times[rows][there[-1]]) / np.timedelta64(86_400, "s"))
    old = DRIFT_K_PER_DAY * max(0.0, age_days - record.step_h / 24.0)
    return float(rooms[there].mean()), float(np.sqrt(of_median**2 + ROOM_BIAS_SD_K**2 + old**2))


def _by_water(
    record: LoopRecord, prior: LoopPrior, found: Identified | None, at: np.datetime64
) -> Shown:
    """Mean water less what the emitter needs above the room, of the blocks with steady heat."""
    rows = _since(record, at, 2.0 * LAST_HOURS)
    if rows.stop - rows.start < 2:
        return None
    blocks = in_blocks(_part(record, rows), prior)
    load = steady_load(blocks, prior)
    load[: -max(1, round(LAST_HOURS / blocks.step_h))] = np.nan  # only led up to the last ones
    n = prior.emitter_exponent
    believed = prior.emitter_oversize
    size, uncertain = believed.value, believed.sd
    if found is not None:
        size, uncertain = found.emitter_oversize.value, found.emitter_oversize.se
    flow = prior.relative_flow.value if found is None else found.relative_flow.value
    log_mean = flow < LOG_MEAN_BELOW_FLOW
    over = design_mean_k(prior, log_mean) * (load / size) ** (1.0 / n)
    guess = np.full(load.size, prior.room_c.value)
    for _ in range(3 if log_mean else 1):  # the logarithmic mean asks for the room itself
        room = effective_mean_c(blocks, guess, log_mean) - over
        guess = np.where(np.isfinite(room), room, guess)
    there = np.isfinite(room)
    if not there.any():
        return None
    over_k = float(over[there].mean())
    of_size = over_k * np.hypot(uncertain / size, METER_SD) / n
    noise = WATER_NOISE_K / np.sqrt(there.sum())
    return float(room[there].mean()), float(np.sqrt(of_size**2 + WATER_BIAS_SD_K**2 + noise**2))


def _part(record: LoopRecord, rows: slice) -> LoopRecord:
    """Some steps of a record, without its primary side."""
    return replace(
        record,
        **{name: getattr(record, name)[rows] for name in _PER_STEP},
        primary_supply_c=None,
        primary_return_c=None,
        primary_flow_tph=None,
    )
