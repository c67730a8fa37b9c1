"""Tables of the reduced dispatch under one condition: heat of the plants over the network's load,
and fuel of the yards over the heat of a plant.

One table for each way of having whole units on. Inside such a table everything is a function
without jumps, so straight lines between loads are exact but at kinks; which units are on is
decided for each path and day by what costs least.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import product

import numpy as np
from numpy.typing import NDArray

from dispatch.case import Case
from dispatch.fuel.conditions import Conditions
from dispatch.fuel.static_optimum import (
    Split,
    StaticOptimum,
    network_optimum,
    plant_optimum,
)
from dispatch.fuel_shares import (
    accounting_fuel_mw,
    covers_heat_only,
    drawn_per_heat,
    fuel_for_heat_mw,
    marginal_fuel_of_heat_mw,
)

Array = NDArray[np.float64]
Index = NDArray[np.intp]

LOADS_MOST = 56  # of a table: kinks are then cut by less than 0.1 % of the fuel
LOADS_LEAST = 8
WAYS_MOST = 32  # of having units on that are all tried; of more, those best at one of the loads
SEARCHED_LOADS = 24


@dataclass(frozen=True)
class MeritTable:
    """One function of load for each way of having whole units on, at evenly spaced loads."""

    first_mw: float
    step_mw: float
    units: Array  # (way, committed row of those it knows) whole units on
    cost: Array  # (way, load) yuan/h
    figures: Array  # (way, load, figure) MW

    def running_yuan_per_h(self, load_mw: Array) -> Array:
        """What each way of having units on costs at some loads, (way, …)."""
        at, part = self._place(load_mw)
        return np.asarray(self.cost[:, at] * (1.0 - part) + self.cost[:, at + 1] * part)

    def read(self, load_mw: Array, way: Index) -> Array:
        """All figures at loads with units on as in `way`, (figure, …) MW."""
        at, part = self._place(load_mw)
        low, high = self.figures[way, at], self.figures[way, at + 1]
        return np.moveaxis(low + (high - low) * part[..., None], -1, 0)

    def _place(self, load_mw: Array) -> tuple[Index, Array]:
        """The load below each, and the part of the way to the next one."""
        steps = (load_mw - self.first_mw) / self.step_mw
        at = np.clip(np.floor(steps).astype(np.intp), 0, self.cost.shape[1] - 2)
        return at, steps - at


def committed_rows(case: Case, conditions: Conditions) -> list[int]:
    """Sources whose whole units the plan decides, plant by plant as in the case's rows."""
    return [i for i, _ in enumerate(case.sources) if conditions.units[i].units is not None]


def yards_of(case: Case, plant: str) -> list[int]:
    """Yards that the sources of a plant burn from."""
    ids = {source.yard_id for source in case.sources if source.plant_id == plant}
    return [y for y, yard in enumerate(case.yards) if yard.yard_id in ids]


def network_table(
    case: Case, conditions: Conditions, number: int, least_mw: float, most_mw: float
) -> MeritTable:
    """Solve the network between two loads.

    Figures: heat of each plant, then heat that no source can make, and heat nobody can use.
    """
    loads_mw = _loads(case, least_mw, most_mw)
    optimum = network_optimum(case, conditions, number, loads_mw)

    def figures(split: Split) -> Array:
        plants = [np.zeros(loads_mw.size) for _ in case.plant_ids]
        for source, heat in zip(case.sources, split.heat_mw, strict=True):
            plants[case.plant_ids.index(source.plant_id)] += heat
        return np.array([*plants, split.unserved_mw, split.surplus_mw])

    return _table(optimum, figures)


def plant_table(
    case: Case,
    conditions: Conditions,
    number: int,
    plant: str,
    least_mw: float,
    most_mw: float,
) -> MeritTable:
    """Solve one plant between two loads.

    Figures: for its yards fuel drawn for heat, for all fuel drawn for power, for all electric
    power made.
    """
    loads_mw = _loads(case, least_mw, most_mw)
    optimum = plant_optimum(case, conditions, number, plant, loads_mw)
    return _table(optimum, partial(_drawn, case, conditions, plant))


def _loads(case: Case, least_mw: float, most_mw: float) -> Array:
    """Evenly spaced loads, fewer where the ends lie close together."""
    installed = sum(source.installed_mw for source in case.sources if source.kind.makes_heat)
    span = max(most_mw - least_mw, 1e-3 * max(most_mw, 1.0))
    count = int(np.clip(np.ceil(LOADS_MOST * span / installed), LOADS_LEAST, LOADS_MOST))
    return np.linspace(least_mw, least_mw + span, count)


def _table(optimum: StaticOptimum, figures: Callable[[Split], Array]) -> MeritTable:
    """Solve all ways of having units on."""
    loads_mw, ways = optimum.program.loads_mw, _ways(optimum)
    splits = [optimum.at(way) for way in ways]
    return MeritTable(
        first_mw=float(loads_mw[0]),
        step_mw=float(loads_mw[1] - loads_mw[0]),
        units=np.array(ways, dtype=float).reshape(len(ways), -1),
        cost=np.array([split.cost_yuan_per_h for split in splits]),
        figures=np.array([figures(split).T for split in splits]),
    )


def _ways(optimum: StaticOptimum) -> Sequence[tuple[int, ...]]:
    """Ways of having units on that are worth a table, fewest units first."""
    counts = [range(most + 1) for most in optimum.whole.values()]
    every = 1
    for count in counts:
        every *= len(count)
    if every <= WAYS_MOST:
        return sorted(product(*counts), key=sum)
    loads = np.unique(
        np.linspace(0, optimum.program.loads_mw.size - 1, SEARCHED_LOADS).round().astype(int)
    )
    return sorted({optimum.best_units(int(load)) for load in loads}, key=sum)


def _drawn(case: Case, conditions: Conditions, plant: str, split: Split) -> Array:
    """What a plant draws from its yards by the rules of `fuel_shares.py`, (figure, load)."""
    loads = split.unserved_mw.size
    yards = [case.yards[y] for y in yards_of(case, plant)]
    heat, power, electric = (np.zeros((len(yards), loads)) for _ in range(3))
    for y, yard in enumerate(yards):
        for i, unit in enumerate(conditions.units):
            if (unit.source.yard_id, unit.source.plant_id) != (yard.yard_id, plant):
                continue
            rows = split.heat_mw[i], split.power_mw[i], split.units[i]
            fuel, made = split.fuel_mw[i], split.heat_mw[i]
            per_heat = drawn_per_heat(unit.source, yard)
            drawn = fuel if per_heat is None else per_heat * made
            accounting = accounting_fuel_mw(unit.source, made, fuel)
            marginal = fuel
            if unit.vertices is not None:
                marginal = marginal_fuel_of_heat_mw(case, unit, *rows)
            for_heat = fuel_for_heat_mw(case, unit, accounting, marginal, fuel)
            if covers_heat_only(yard):
                for_heat = drawn
            heat[y] += np.clip(for_heat, 0.0, drawn)
            power[y] += drawn - np.clip(for_heat, 0.0, drawn)
            electric[y] += split.power_mw[i]
    return np.concatenate([heat, power, electric])
