"""Rooms of a station: who is believed, and what they say together (H§4).

Sensors lie by −1 to +3 K where they sit on a radiator or a window: the median and the 10 %
quantile bear that. Below 10 °C a window is open or nobody pays for heat; who is 4 K off the
others for most of the time is no measure of the building.
"""

import numpy as np

from forecasts.telemetry.cleaning.frozen import chance_of, is_usual, stands_of
from forecasts.telemetry.cleaning.grid import Grid, mean_of_steps
from forecasts.telemetry.cleaning.series import Flags, Floats, Series
from forecasts.telemetry.cleaning.spikes import without_room_spikes
from forecasts.telemetry.readings import Action, Done

UNHEATED_C = 10.0
FROZEN_H = 24.0  # rooms are slow
CHANCE = 1e-4
OTHERS_MOVED_K = 1.0
OFF_K = 4.0
OFF_SHARE = 0.5  # of the time
JUMP_K = 4.0  # from what is usual for this room beside the others
LEAST_ROOMS = 3  # to say who is off


def clean_rooms(rooms: tuple[Series, ...], grid: Grid) -> tuple[tuple[Series, ...], list[Done]]:
    """Judge each room by itself, then beside the others; `grid` has hourly steps."""
    did: list[Done] = []
    alone = []
    for room in rooms:
        heated, more = _heated(room)
        steady, spikes = without_room_spikes(heated)
        did += more + spikes
        alone.append(steady)
    if not alone:
        return (), did
    hourly = np.stack([mean_of_steps(room, grid) for room in alone])
    out = []
    for row, room in enumerate(alone):
        others = _median(np.delete(hourly, row, axis=0))
        kept, more = _beside(room, others, hourly[row], grid, len(alone))
        did += more
        out.append(kept)
    return tuple(out), did


def _heated(room: Series) -> tuple[Series, list[Done]]:
    cold = room.values < UNHEATED_C
    return room.keep(~cold), [room.done(Action.ROOM_UNHEATED, cold)] if cold.any() else []


def _beside(
    room: Series, others_c: Floats, own_c: Floats, grid: Grid, rooms: int
) -> tuple[Series, list[Done]]:
    """One room beside the median of the others."""
    did: list[Done] = []
    if room.times.size == 0:
        return room, did
    hour = np.clip(((room.hours - grid.edges_h[0]) / grid.step_h).astype(int), 0, own_c.size - 1)
    stuck = _stuck(room, others_c, hour)
    if stuck.any():
        did.append(room.done(Action.FROZEN, stuck))
        room, hour = room.keep(~stuck), hour[~stuck]
    away_k = room.values - others_c[hour]
    known = np.isfinite(away_k)
    if rooms < LEAST_ROOMS or known.sum() < 2:
        return room, did
    if float((np.abs(away_k[known]) > OFF_K).mean()) > OFF_SHARE:
        everything = np.ones(room.times.size, dtype=bool)
        detail = f"{float(np.median(away_k[known])):+.1f} K"
        did.append(room.done(Action.ROOM_OFF, everything, detail))
        return room.keep(~everything), did
    jump = np.abs(np.nan_to_num(away_k - float(np.median(away_k[known])))) > JUMP_K
    if jump.any():
        did.append(room.done(Action.SPIKE, jump, "radiator or window"))
        room = room.keep(~jump)
    return room, did


def _stuck(room: Series, others_c: Floats, hour: np.ndarray) -> Flags:
    """Stands of more than a day, unlike this sensor, while the other rooms moved."""
    stuck = np.zeros(room.times.size, dtype=bool)
    stands = stands_of(room, FROZEN_H)
    for stand in stands:
        beside = others_c[hour[stand.first] : hour[stand.last] + 1]
        beside = beside[np.isfinite(beside)]
        moved = beside.size < 2 or float(np.ptp(beside)) > OTHERS_MOVED_K + room.digit
        if moved and not is_usual(room, stand) and chance_of(room, stands, stand) < CHANCE:
            stuck[stand.first + 1 : stand.last + 1] = True
    return stuck


def rooms_of_steps(rooms: tuple[Series, ...], grid: Grid) -> tuple[Floats, Floats, Floats]:
    """Median, 10 % quantile, and number of rooms of each step, (step,) each."""
    if not rooms:
        nothing = np.full(grid.times.size, np.nan)
        return nothing, nothing, np.zeros(grid.times.size)
    table = np.stack([mean_of_steps(room, grid) for room in rooms])
    return (
        _quantile(table, 0.5),
        _quantile(table, 0.1),
        np.isfinite(table).sum(axis=0).astype(float),
    )


def _median(table: Floats) -> Floats:
    return _quantile(table, 0.5)


def _quantile(table: Floats, share: float) -> Floats:
    """Quantile over rooms, NaN where there is none; linear between rooms."""
    if table.shape[0] == 0:
        return np.full(table.shape[1], np.nan)
    ordered = np.sort(table, axis=0)  # NaN goes last
    number = np.isfinite(table).sum(axis=0)
    place = share * np.maximum(number - 1, 0)
    low = np.floor(place).astype(int)
    high = np.minimum(low + 1, np.maximum(number - 1, 0))
    column = np.arange(table.shape[1])
    at_low, at_high = ordered[low, column], ordered[high, column]
    return np.where(number > 0, at_low + (place - low) * (at_high - at_low), np.nan)
