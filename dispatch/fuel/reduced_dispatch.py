"""From the heat asked of all sources to the fuel of each yard, by path of weather and local day.

The plan's optimisation reduced to one period a day, in three steps. For every condition (units
there, power asked, limits, mains) the least-cost split of heat is worked out once over the load
(`merit_table.py`) and read off for all paths and days; plants follow it as fast as their supply
may move (`plant_heat.py`); and each plant makes its heat at least cost, by tables of its own. Of
what spans days, starts count besides: they cost and they burn (`units_ahead.py`). Left out are
tanks, which make no heat over a day, and what is a matter of hours: ramps, heat in pipes, orders
within their notice, prices of short yards.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

import numpy as np
from numpy.typing import NDArray

from dispatch.case import Case, Source
from dispatch.fuel.burn_paths import BurnAhead, YardBurn
from dispatch.fuel.conditions import Conditions, conditions_ahead
from dispatch.fuel.merit_table import (
    MeritTable,
    committed_rows,
    network_table,
    plant_table,
    yards_of,
)
from dispatch.fuel.plant_heat import change_limit_mw, limited_heat, plant_range_mw
from dispatch.fuel.units_ahead import Stage, cheapest_ways
from dispatch.source_inputs import TCE_PER_MWH, SourceInputs

Array = NDArray[np.float64]
TableMaker = Callable[[int, float, float], MeritTable]  # of a condition, between two loads


@dataclass(frozen=True)
class _Ahead:
    """The days ahead in parts; arrays (part,)."""

    case: Case
    conditions: Conditions
    part_h: Array

    @property
    def day(self) -> NDArray[np.intp]:
        """Day of each part."""
        return self.conditions.part_day

    def by_day(self, values: Array) -> Array:
        """Sums of MW times hours over days, MWh (…, day, course) of (…, part, course)."""
        days = int(self.day.max()) + 1
        sums = np.zeros((days, self.day.size))
        sums[self.day, np.arange(self.day.size)] = self.part_h
        return np.asarray(sums @ values)


def burn_ahead(
    case: Case,
    dates: Sequence[date],
    hours: Array,
    need_mw: Array,
    expected_mw: Array,
    before_mw: Mapping[str, float] | None = None,
) -> BurnAhead:
    """Work out what each yard is asked for, MWh of lower heating value.

    `dates` are local days in order, `hours` (day,) of each that lie ahead, above 0: the last ones
    before its local midnight. `need_mw` (path, day) and `expected_mw` (day,) are the mean heat
    asked of all sources over those hours, losses of the mains included. `before_mw` is the heat of
    each plant on the day before the first; without it the first day moves freely.
    """
    ahead = _ahead(case, dates, hours)
    courses_mw = np.maximum(np.vstack([need_mw, expected_mw[None]]), 0.0).T[ahead.day]
    plants, unserved, surplus = _plant_heat(ahead, courses_mw, before_mw)
    drawn = np.zeros((3, len(case.yards), len(dates), courses_mw.shape[1]))
    for plant, heat_mw in zip(case.plant_ids, plants, strict=True):
        if here := yards_of(case, plant):
            drawn[:, here] += _plant_fuel(ahead, plant, heat_mw)
    heat, power, electric = drawn.swapaxes(2, 3)
    missed = ahead.by_day(unserved).T
    made = ahead.by_day(courses_mw - unserved + surplus).T
    yards = tuple(
        YardBurn(
            yard_id=yard.yard_id,
            heat_mwh=heat[y, :-1],
            power_mwh=power[y, :-1],
            expected_heat_mwh=heat[y, -1],
            expected_power_mwh=power[y, -1],
        )
        for y, yard in enumerate(case.yards)
    )
    return BurnAhead(
        yards=yards,
        heat_mwh=made[:-1],
        unserved_mwh=missed[:-1],
        power_mw={yard.yard_id: electric[y, -1] / hours for y, yard in enumerate(case.yards)},
        check=None,
        expected_heat_mwh=made[-1],
    )


def _ahead(case: Case, dates: Sequence[date], hours: Array) -> _Ahead:
    """Parts of days, their hours scaled to those that lie ahead."""
    conditions = conditions_ahead(case, dates, hours)
    day_h = np.bincount(conditions.part_day, conditions.part_hours, minlength=hours.size)
    return _Ahead(case, conditions, conditions.part_hours * (hours / day_h)[conditions.part_day])


def _plant_heat(
    ahead: _Ahead, courses_mw: Array, before_mw: Mapping[str, float] | None
) -> tuple[Array, Array, Array]:
    """Heat of each plant (plant, part, course), and unserved and surplus heat (part, course)."""
    case, conditions = ahead.case, ahead.conditions

    def table(number: int, least: float, most: float) -> MeritTable:
        return network_table(case, conditions, number, least, most)

    tables, ways = _chosen(ahead, courses_mw, table, committed_rows(case, conditions))
    read = _read(ahead, tables, courses_mw, ways)
    target, unserved, surplus = read[:-2], read[-2], read[-1]
    weights = ahead.by_day(np.ones((ahead.day.size, 1)))
    target_day = ahead.by_day(target) / weights
    load_day = ahead.by_day(courses_mw) / weights
    last = np.append(np.flatnonzero(np.diff(ahead.day)), ahead.day.size - 1)
    first = np.append(0, last[:-1] + 1)
    number = conditions.part_condition
    whole = first == last
    is_free = ~whole | np.append(True, number[first[1:]] != number[last[:-1]])
    ranges = np.array([plant_range_mw(case, conditions, n) for n in range(number.max() + 1)])
    before = None
    if before_mw is not None:
        before = np.array([before_mw.get(plant, 0.0) for plant in case.plant_ids])
    held = limited_heat(
        target_day,
        change_limit_mw(case, load_day),
        np.moveaxis(ranges[number[first]], 0, 2),
        is_free,
        before,
    )
    return target + (held - target_day)[:, ahead.day], unserved, surplus


def _plant_fuel(ahead: _Ahead, plant: str, heat_mw: Array) -> Array:
    """Fuel for heat, for power, and power made, by yard of a plant, MWh (3, yard, day, course)."""
    case, conditions = ahead.case, ahead.conditions

    def table(number: int, least: float, most: float) -> MeritTable:
        return plant_table(case, conditions, number, plant, least, most)

    rows = [i for i in committed_rows(case, conditions) if case.sources[i].plant_id == plant]
    tables, ways = _chosen(ahead, heat_mw, table, rows)
    yards = yards_of(case, plant)
    read = _read(ahead, tables, heat_mw, ways)
    drawn = ahead.by_day(read).reshape(3, len(yards), -1, heat_mw.shape[1])
    units = np.zeros((len(rows), *heat_mw.shape))
    for number, one in enumerate(tables):
        parts = conditions.part_condition == number
        units[:, parts] = np.moveaxis(one.units[ways[parts]], -1, 0)
    for row, i in enumerate(rows):
        source = case.sources[i]
        ids = [case.yards[y].yard_id for y in yards]
        if source.yard_id in ids and source.start_fuel_tce > 0.0:
            lit = np.maximum(np.diff(units[row], axis=0), 0.0)
            np.add.at(drawn[0, ids.index(source.yard_id)], ahead.day[1:], lit * _start_mwh(source))
    return drawn


def _chosen(
    ahead: _Ahead, load_mw: Array, maker: TableMaker, rows: Sequence[int]
) -> tuple[list[MeritTable], NDArray[np.intp]]:
    """Tables of all conditions for loads (part, course), and the cheapest ways along courses."""
    conditions = ahead.conditions
    tables = []
    for number in range(len(conditions.states)):
        mine = load_mw[conditions.part_condition == number]
        tables.append(maker(number, float(mine.min()), float(mine.max())))
    stages = [
        Stage(tables[number], float(hours), load)
        for number, hours, load in zip(
            conditions.part_condition, ahead.part_h, load_mw, strict=True
        )
    ]
    start_yuan = np.array([_start_yuan(conditions.units[i]) for i in rows])
    return tables, np.array(cheapest_ways(stages, start_yuan))


def _read(
    ahead: _Ahead, tables: Sequence[MeritTable], load_mw: Array, ways: NDArray[np.intp]
) -> Array:
    """Figures of all parts and courses, (figure, part, course) MW."""
    read = np.zeros((tables[0].figures.shape[-1], *load_mw.shape))
    for number, table in enumerate(tables):
        parts = ahead.conditions.part_condition == number
        read[:, parts] = table.read(load_mw[parts], ways[parts])
    return read


def _start_mwh(source: Source) -> float:
    """Fuel that lighting one unit burns."""
    return source.start_fuel_tce / TCE_PER_MWH


def _start_yuan(unit: SourceInputs) -> float:
    """What lighting one unit costs in the objective (`formulation/commitment.py`)."""
    fuel_yuan = _start_mwh(unit.source) * unit.fuel_price_yuan_per_mwh
    return unit.source.start_cost_yuan + fuel_yuan
