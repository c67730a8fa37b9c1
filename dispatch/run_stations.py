"""What a run tells the substations: `setpoints_stations.csv`."""

import numpy as np
from numpy.typing import NDArray

from dispatch.case import Station
from dispatch.fallback_curves import curve_id_of
from dispatch.messages import say
from dispatch.pin_words import pinned_words, pins_of_stations
from dispatch.plan import Plan
from dispatch.run_tables import (
    GJ_PER_MWH,
    OPENING,
    Array,
    Blocks,
    csv_file,
    heading,
    labels,
    numbers,
    reason_on_rung,
    valid_times,
)
from dispatch.text_cells import word

Mask = NDArray[np.bool_]

STAGGER_MIN = 30  # at most a quarter of the stations open their valves at once (handbook §10)
SETPOINT_ROUNDING_K = 0.05

STATION_COLUMNS = (
    *OPENING,
    "zone_id",
    "station_id",
    "loop",
    "controllable",
    "heat_kw",
    "heat_quota_gj",
    "secondary_supply_c",
    "secondary_supply_min_c",
    "secondary_supply_max_c",
    "secondary_return_c",
    "secondary_mean_c",
    "primary_flow_tph",
    "max_step_k",
    "indoor_expected_c",
    "reason",
    "fallback_curve",
)


def station_setpoints(plan: Plan) -> bytes:
    """Return `setpoints_stations.csv`: loop by loop, block by block.

    A loop's values hold from the start of the block plus half an hour for each stagger group.
    """
    schedule = plan.schedule
    blocks = Blocks(schedule, plan.case.settings.timezone)
    columns = _station_columns(plan, blocks)
    times = {
        group: valid_times(blocks, group * STAGGER_MIN)
        for group in {station.stagger_group for station in plan.case.stations}
    }
    by_loop = {station.loop_id: station for station in plan.case.stations}
    opening = heading(plan)
    rows = []
    for row, label in enumerate(labels(schedule, "station")):
        station = by_loop[label]
        identity = _identity(station, bool(schedule["station_controllable"].values[row]))
        curve = word(curve_id_of(station))
        for block in range(blocks.hours.size):
            cells = [column[row][block] for column in columns]
            rows.append([*opening, *times[station.stagger_group][block], *identity, *cells, curve])
    return csv_file(STATION_COLUMNS, rows)


def _identity(station: Station, controllable: bool) -> list[str]:
    names = (station.zone_id, station.station_id, station.loop)
    return [*(word(name) for name in names), str(int(controllable))]


def _station_columns(plan: Plan, blocks: Blocks) -> list[list[list[str]]]:
    """Cells from `heat_kw` to `reason`, each (loop, block)."""
    schedule = plan.schedule
    heat_kw = schedule["station_heat"].values
    supply_c, return_c = schedule["station_supply"].values, schedule["station_return"].values
    supply_min_c, supply_max_c = (
        np.broadcast_to(schedule[f"station_supply_{end}"].values[:, None], heat_kw.shape)
        for end in ("min", "max")
    )
    step_k = np.broadcast_to(schedule["station_step_limit"].values[:, None], heat_kw.shape)
    return [
        numbers(heat_kw, 1),
        numbers(heat_kw * blocks.hours * GJ_PER_MWH / 1000.0, 3),
        numbers(supply_c, 1),
        numbers(supply_min_c, 1),
        numbers(supply_max_c, 1),
        numbers(return_c, 1),
        numbers((supply_c + return_c) / 2.0, 1),
        numbers(schedule["station_primary_flow"].values, 2),
        numbers(step_k, 1),
        numbers(blocks.mean("station_indoor"), 1),
        _station_reasons(plan, supply_c, supply_min_c, supply_max_c),
    ]


def _station_reasons(plan: Plan, supply_c: Array, min_c: Array, max_c: Array) -> list[list[str]]:
    """Say in a few words what holds each loop where it is.

    Who pinned it, and why, comes first. What a timetable does comes before the limits that it leads
    to, in the blocks it concerns.
    """
    set_back, warming = _timetable_blocks(plan, supply_c.shape[1])
    theirs = plan.schedule["station_controllable"].values[:, None] == 0
    conditions = [
        np.broadcast_to(theirs, supply_c.shape),
        warming,
        set_back,
        supply_c >= max_c - SETPOINT_ROUNDING_K,
        supply_c <= min_c + SETPOINT_ROUNDING_K,
    ]
    words = [say("run.own_curve"), say("run.warms_up"), say("run.set_back")]
    words += [say("run.at_maximum"), say("run.at_minimum"), say("run.follows_weather")]
    *words, usual = [reason_on_rung(plan, text) for text in words]
    reasons: list[list[str]] = np.select(conditions, words, usual).tolist()
    for (row, block), pinned in pinned_words(plan, pins_of_stations(plan)).items():
        reasons[row][block] = reason_on_rung(plan, pinned)
    return reasons


def _timetable_blocks(plan: Plan, blocks: int) -> tuple[Mask, Mask]:
    """Blocks in which a loop is set back all the time, and in which its rooms are set back and
    rise to the next occupied hour, each (loop, block).
    """
    schedule = plan.schedule
    legal_c = plan.case.settings.comfort.legal_min_c
    starts = np.searchsorted(schedule["time"].values, schedule["block_start"].values[1:blocks])
    empty = np.split(schedule["station_floor"].values < legal_c, starts, axis=1)
    first_in = [~part[:, -1] & part[:, 0] for part in empty]
    all_out = [part.all(axis=1) for part in empty]
    rooms = np.split(schedule["station_indoor"].values, starts, axis=1)
    rising = [(part[:, -1] > part[:, 0]) & out for part, out in zip(rooms, all_out, strict=True)]
    warming = np.column_stack(first_in) | np.column_stack(rising)
    return np.column_stack(all_out) & ~warming, warming
