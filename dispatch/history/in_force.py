"""The plans that were in force on a day: each hour by the newest plan issued before it.

Day-ahead orders are left out: what the network follows is `latest`, which no order becomes.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from dispatch.history.past_run import PastRun, RunUnreadable, read_run, run_folders
from dispatch.history.run_rows import block_places
from dispatch.source_inputs import TCE_PER_MWH

Array = NDArray[np.float64]

HORIZON = timedelta(hours=168)  # no plan reaches further
VARIABLES = frozenset(
    {
        *("air_temperature", "source_heat", "source_fuel", "source_fuel_for_heat"),
        "plant_supply_temp",
        *("station_heat", "station_supply", "station_indoor", "station_controllable"),
    }
)


@dataclass(frozen=True)
class Planned:
    """What plans said of the hours of a span; arrays (thing, hour), NaN where none was in force."""

    runs: tuple[str, ...]  # name of the plan in force, (hour,); "" for none
    unreadable: tuple[str, ...]  # runs that were passed over
    outdoor_c: Array  # (hour,)
    sources: tuple[str, ...]
    heat_mw: Array
    fuel_tce: Array  # within the hour, heat and power
    heat_fuel_tce: Array  # the part of it that is reckoned to heat
    plants: tuple[str, ...]
    primary_supply_c: Array
    loops: tuple[str, ...]
    controllable: NDArray[np.bool_]  # (loop,)
    heat_kw: Array
    supply_c: Array
    room_c: Array  # mean of the hour


@dataclass(frozen=True)
class _Hour:
    """One hour of one plan, by id."""

    run: str
    outdoor_c: float
    heat_mw: dict[str, float]
    fuel_tce: dict[str, float]
    heat_fuel_tce: dict[str, float]
    primary_supply_c: dict[str, float]
    controllable: dict[str, float]
    heat_kw: dict[str, float]
    supply_c: dict[str, float]
    room_c: dict[str, float]


def planned_hours(case_folder: Path, start: datetime, hours: int) -> Planned:
    """Return what was planned for `hours` from `start` (aware, on the hour)."""
    end = start + timedelta(hours=hours)
    names = [
        run for run in reversed(run_folders(case_folder)) if start - HORIZON <= run.issued < end
    ]
    found: dict[int, _Hour] = {}
    unreadable = []
    for name in names:
        open_hours = [
            hour
            for hour in range(hours)
            if hour not in found and name.issued <= start + timedelta(hours=hour)
        ]
        if not open_hours:
            continue
        try:
            run = read_run(case_folder / name.name, VARIABLES)
        except RunUnreadable:
            unreadable.append(name.name)
            continue
        if run.stage != "plan":
            continue
        found |= _hours(run, start, open_hours)
        if len(found) == hours:
            break
    return _planned([found.get(hour) for hour in range(hours)], tuple(unreadable))


def _hours(run: PastRun, start: datetime, wanted: list[int]) -> dict[int, _Hour]:
    """Those hours that a plan holds whole."""
    first = np.datetime64(start.replace(tzinfo=None), "ns")
    at_h = (run.schedule["time"].values - first) / np.timedelta64(1, "h")
    _, of_step = block_places(run)
    values = {name: run.values(name) for name in VARIABLES}
    found = {}
    for hour in wanted:
        steps = np.flatnonzero((at_h >= hour - 1e-9) & (at_h < hour + 1 - 1e-9))
        if steps.size * run.step_h < 1.0 - 1e-9:
            continue
        blocks = of_step[steps]

        def mean(name: str, at: NDArray[np.intp], kind: str) -> dict[str, float]:
            rows = values[name][:, at].mean(axis=1).tolist()
            return dict(zip(run.ids(kind), rows, strict=True))

        def tce(name: str, at: NDArray[np.intp] = steps) -> dict[str, float]:
            rows = (values[name][:, at].sum(axis=1) * run.step_h * TCE_PER_MWH).tolist()
            return dict(zip(run.ids("source"), rows, strict=True))

        commanded = zip(run.ids("station"), values["station_controllable"].tolist(), strict=True)
        found[hour] = _Hour(
            run=run.name,
            outdoor_c=float(values["air_temperature"][steps].mean()),
            heat_mw=mean("source_heat", steps, "source"),
            fuel_tce=tce("source_fuel"),
            heat_fuel_tce=tce("source_fuel_for_heat"),
            primary_supply_c=mean("plant_supply_temp", blocks, "plant"),
            controllable=dict(commanded),
            heat_kw=mean("station_heat", blocks, "station"),
            supply_c=mean("station_supply", blocks, "station"),
            room_c=mean("station_indoor", steps, "station"),
        )
    return found


def _planned(hours: list[_Hour | None], unreadable: tuple[str, ...]) -> Planned:
    sources, heat = _table(hours, lambda hour: hour.heat_mw)
    plants, primary = _table(hours, lambda hour: hour.primary_supply_c)
    loops, supply = _table(hours, lambda hour: hour.supply_c)
    _, commanded = _table(hours, lambda hour: hour.controllable)
    return Planned(
        runs=tuple(hour.run if hour else "" for hour in hours),
        unreadable=unreadable,
        outdoor_c=np.array([hour.outdoor_c if hour else np.nan for hour in hours]),
        sources=sources,
        heat_mw=heat,
        fuel_tce=_table(hours, lambda hour: hour.fuel_tce)[1],
        heat_fuel_tce=_table(hours, lambda hour: hour.heat_fuel_tce)[1],
        plants=plants,
        primary_supply_c=primary,
        loops=loops,
        controllable=np.asarray((commanded > 0.0).any(axis=1), dtype=np.bool_),
        heat_kw=_table(hours, lambda hour: hour.heat_kw)[1],
        supply_c=supply,
        room_c=_table(hours, lambda hour: hour.room_c)[1],
    )


def _table(
    hours: list[_Hour | None], part: Callable[[_Hour], Mapping[str, float]]
) -> tuple[tuple[str, ...], Array]:
    """Ids of one kind, in order, and their values (id, hour); NaN where a plan has none."""
    rows = [part(hour) if hour else {} for hour in hours]
    ids = tuple(dict.fromkeys(one for row in rows for one in row))
    cells = [[row.get(one, np.nan) for row in rows] for one in ids]
    return ids, np.array(cells, dtype=np.float64).reshape(len(ids), len(hours))
