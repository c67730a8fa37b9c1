"""From the heat asked of all sources to the fuel of each yard, by path of weather and local day.

The plan's optimisation reduced to one period a day: for every condition (units there, power asked,
limits, mains) the least-cost split of heat over sources is worked out once over the load
(`merit_table.py`) and read off for all paths and days. What spans days or hours is left out: tanks
(they make no heat over a day), ramps, heat in pipes, the yards' own prices. Two things are kept of
it: units that a cold day needs stay on for their minimum up time, and starts burn fuel.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

import numpy as np
from numpy.typing import NDArray

from dispatch.case import Case
from dispatch.fuel.burn_paths import BurnAhead, YardBurn
from dispatch.fuel.conditions import Conditions, conditions_ahead
from dispatch.fuel.merit_table import MeritTable, committed_rows, merit_table
from dispatch.source_inputs import TCE_PER_MWH

Array = NDArray[np.float64]
Index = NDArray[np.intp]


@dataclass(frozen=True)
class _Burnt:
    """What all courses come to; MWh, (yard, course, day) or (course, day)."""

    heat_mwh: Array
    power_mwh: Array
    electric_mwh: Array
    unserved_mwh: Array
    surplus_mwh: Array
    units: Array  # (committed row, course, day) on, the most of the day


def burn_ahead(
    case: Case, dates: Sequence[date], hours: Array, need_mw: Array, expected_mw: Array
) -> BurnAhead:
    """Work out what each yard is asked for, MWh of lower heating value.

    `dates` are local days in order, `hours` (day,) of each that lie ahead: the last ones before
    its local midnight. `need_mw` (path, day) and `expected_mw` (day,) are the mean heat asked of
    all sources over those hours, losses of the mains included.
    """
    conditions = conditions_ahead(case, dates, hours)
    courses_mw = np.vstack([np.maximum(need_mw, 0.0), np.maximum(expected_mw, 0.0)[None]])
    burnt = _burnt(case, conditions, hours, courses_mw)
    heat_mwh = burnt.heat_mwh + _start_fuel_mwh(case, conditions, burnt.units)
    made_mwh = courses_mw * hours - burnt.unserved_mwh + burnt.surplus_mwh
    yards = tuple(
        YardBurn(
            yard_id=yard.yard_id,
            heat_mwh=heat_mwh[y, :-1],
            power_mwh=burnt.power_mwh[y, :-1],
            expected_heat_mwh=heat_mwh[y, -1],
            expected_power_mwh=burnt.power_mwh[y, -1],
        )
        for y, yard in enumerate(case.yards)
    )
    return BurnAhead(
        yards=yards,
        heat_mwh=made_mwh[:-1],
        unserved_mwh=burnt.unserved_mwh[:-1],
        power_mw={
            yard.yard_id: burnt.electric_mwh[y, -1] / hours for y, yard in enumerate(case.yards)
        },
        check=None,
        expected_heat_mwh=made_mwh[-1],
    )


def _burnt(case: Case, conditions: Conditions, hours: Array, courses_mw: Array) -> _Burnt:
    """Read every course off the tables, part of a day by part of a day."""
    yards, shape = len(case.yards), courses_mw.shape
    rows = committed_rows(conditions)
    by_yard = [np.zeros((yards, *shape)) for _ in range(3)]
    network = [np.zeros(shape) for _ in range(2)]
    units = np.zeros((len(rows), *shape))
    held_mw = _held_mw(conditions, rows, courses_mw)
    day_h = np.bincount(conditions.part_day, conditions.part_hours, minlength=shape[1])
    part_h = conditions.part_hours * (hours / day_h)[conditions.part_day]
    for number in range(len(conditions.states)):
        parts = np.flatnonzero(conditions.part_condition == number)
        days = conditions.part_day[parts]
        load_mw = courses_mw[:, days]
        table = merit_table(case, conditions, number, float(load_mw.min()), float(held_mw[:, days].max()))
        way = table.way(held_mw[:, days])
        read = table.read(load_mw, way)
        for total, value in zip(
            (*by_yard, *network),
            (read.heat_mw, read.power_mw, read.electric_mw, read.unserved_mw, read.surplus_mw),
            strict=True,
        ):
            np.add.at(total, (..., days), value * part_h[parts])
        np.maximum.at(units, (..., days), np.moveaxis(table.units[way], -1, 0))
    return _Burnt(*by_yard, *network, units)


def _held_mw(conditions: Conditions, rows: Sequence[int], courses_mw: Array) -> Array:
    """The load that decides which units are on: the highest within their minimum up time."""
    up_h = max((conditions.units[i].source.min_up_h for i in rows), default=0.0)
    held = courses_mw.copy()
    for back in range(1, int(np.ceil(up_h / 24.0))):
        held[:, back:] = np.maximum(held[:, back:], courses_mw[:, :-back])
    return held


def _start_fuel_mwh(case: Case, conditions: Conditions, units: Array) -> Array:
    """Fuel of units lit since the day before, (yard, course, day) MWh, lower heating value.

    What runs at the start of the first day is not known here: that day has no starts.
    """
    burnt = np.zeros((len(case.yards), *units.shape[1:]))
    ids = [yard.yard_id for yard in case.yards]
    for row, i in enumerate(committed_rows(conditions)):
        source = case.sources[i]
        if source.yard_id in ids and source.start_fuel_tce > 0.0:
            lit = np.maximum(np.diff(units[row], axis=1), 0.0)
            burnt[ids.index(source.yard_id), :, 1:] += lit * source.start_fuel_tce / TCE_PER_MWH
    return burnt
