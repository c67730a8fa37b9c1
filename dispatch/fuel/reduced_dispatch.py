"""From the heat asked of all sources to the fuel of each yard, by path of weather and local day.

The plan's optimisation reduced to one period a day: for every condition (units there, power asked,
limits, mains) the least-cost split of heat over sources is worked out once over the load
(`merit_table.py`) and read off for all paths and days. Of what spans days, starts count: they cost
and they burn (`units_ahead.py`). Left out are tanks, which make no heat over a day, and what is a
matter of hours: ramps, heat in pipes, orders within their notice, prices of short yards.
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
from dispatch.fuel.units_ahead import Stage, cheapest_ways
from dispatch.source_inputs import TCE_PER_MWH, SourceInputs

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
    made_mwh = courses_mw * hours - burnt.unserved_mwh + burnt.surplus_mwh
    yards = tuple(
        YardBurn(
            yard_id=yard.yard_id,
            heat_mwh=burnt.heat_mwh[y, :-1],
            power_mwh=burnt.power_mwh[y, :-1],
            expected_heat_mwh=burnt.heat_mwh[y, -1],
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
    tables = _tables(case, conditions, courses_mw)
    day_h = np.bincount(conditions.part_day, conditions.part_hours, minlength=hours.size)
    part_h = conditions.part_hours * (hours / day_h)[conditions.part_day]
    stages = [
        Stage(tables[number], float(length), courses_mw[:, day])
        for number, length, day in zip(
            conditions.part_condition, part_h, conditions.part_day, strict=True
        )
    ]
    rows = committed_rows(conditions)
    start_yuan = [_start_yuan(conditions.units[i]) for i in rows]
    ways = np.array(cheapest_ways(stages, np.array(start_yuan)))  # (part, course)
    yards, shape = len(case.yards), courses_mw.shape
    total = np.zeros((3 * yards + 2, *shape))
    units = np.zeros((len(rows), len(stages), shape[0]))
    for number, table in enumerate(tables):
        parts = np.flatnonzero(conditions.part_condition == number)
        days = conditions.part_day[parts]
        read = table.read(courses_mw[:, days], ways[parts].T)
        np.add.at(total, (slice(None), slice(None), days), read * part_h[parts])
        units[:, parts] = np.moveaxis(table.units[ways[parts]], -1, 0)
    heat, power, electric, rest = np.split(total, [yards, 2 * yards, 3 * yards])
    heat = heat + _start_fuel_mwh(case, conditions, units, shape)
    return _Burnt(heat, power, electric, rest[0], rest[1])


def _tables(case: Case, conditions: Conditions, courses_mw: Array) -> list[MeritTable]:
    """A table for each condition, over the loads of its days."""
    tables = []
    for number in range(len(conditions.states)):
        days = conditions.part_day[conditions.part_condition == number]
        load_mw = courses_mw[:, days]
        table = merit_table(case, conditions, number, float(load_mw.min()), float(load_mw.max()))
        tables.append(table)
    return tables


def _start_yuan(unit: SourceInputs) -> float:
    """What lighting one unit costs in the objective (`formulation/commitment.py`)."""
    source = unit.source
    fuel_mwh = source.start_fuel_tce / TCE_PER_MWH
    return source.start_cost_yuan + fuel_mwh * unit.fuel_price_yuan_per_mwh


def _start_fuel_mwh(
    case: Case, conditions: Conditions, units: Array, shape: tuple[int, ...]
) -> Array:
    """Fuel of units lit, (yard, course, day) MWh of lower heating value.

    `units` (committed row, part, course). What runs before the first day is not known here: no
    unit is lit then.
    """
    burnt = np.zeros((len(case.yards), *shape))
    ids = [yard.yard_id for yard in case.yards]
    for row, i in enumerate(committed_rows(conditions)):
        source = case.sources[i]
        if source.yard_id in ids and source.start_fuel_tce > 0.0:
            lit = np.maximum(np.diff(units[row], axis=0), 0.0) * source.start_fuel_tce / TCE_PER_MWH
            np.add.at(burnt[ids.index(source.yard_id)].T, conditions.part_day[1:], lit)
    return burnt
