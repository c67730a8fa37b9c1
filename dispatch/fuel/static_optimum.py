"""The plan's optimum of one day under one condition: who makes the heat of a load at least cost.

Of the whole network, or of one plant whose heat is given. The formulation's rules without time:
sources (`source_columns.py`), shares, mains between plants and zones, with the same objective and
prices. Heat that no source can make costs what third parties' does in the plan. Ramps, tanks and
heat in pipes are matters of hours; starts and changes from day to day come after
(`units_ahead.py`, `plant_heat.py`).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from dispatch.case import Case
from dispatch.formulation import prices
from dispatch.fuel.conditions import Conditions
from dispatch.fuel.program import Program, Terms, plus
from dispatch.fuel.source_columns import SourceColumns, add_source
from dispatch.main_capacity import capacity_mw
from dispatch.station_inputs import buildings_of

Array = NDArray[np.float64]

# Of splits that cost the same: shares as agreed, and plants loaded alike. Far below any
# difference between two sources.
OFF_SHARE_YUAN_PER_MWH = 0.01
UNEVEN_YUAN_PER_H = 1.0  # for the plant with the highest part of its installed heat, all of it


@dataclass(frozen=True)
class StaticOptimum:
    """The program of one condition over its loads, ready for units fixed one way or another."""

    program: Program
    sources: tuple[SourceColumns, ...]
    whole: Mapping[int, int]  # column of the units of a row that is committed -> most of them
    unserved: Terms
    surplus: Terms

    @cached_property
    def _outputs(self) -> Array:
        """Heat, power and fuel and units of all sources, unserved and surplus; (row, column)."""
        by_kind = zip(*((s.heat, s.power, s.fuel, s.units) for s in self.sources), strict=True)
        rows = [row for rows in by_kind for row in rows]
        return self.program.matrix([*rows, self.unserved, self.surplus])

    def at(self, units: Sequence[float]) -> "Split":
        """The optimum with so many units of each committed row, in the order of `whole`."""
        fixed = dict(zip(self.whole, map(float, units), strict=True))
        return self._split(self.program.solved(fixed))

    def best_units(self, load: int) -> tuple[int, ...]:
        """Whole units of the committed rows that are best at one of the loads."""
        columns = self.program.solved({}, tuple(self.whole), load)
        return tuple(round(float(columns[0, column])) for column in self.whole)

    def _split(self, columns: Array) -> "Split":
        count = len(self.sources)
        heat, power, fuel, units, rest = np.split(
            self._outputs @ columns.T, [count, 2 * count, 3 * count, 4 * count]
        )
        cost = np.asarray(columns @ np.array(self.program.cost))
        return Split(cost, heat, power, fuel, units, rest[0], rest[1])


@dataclass(frozen=True)
class Split:
    """Who makes the heat, over loads; MW, (source, load) or (load,)."""

    cost_yuan_per_h: Array
    heat_mw: Array
    power_mw: Array
    fuel_mw: Array  # lower heating value
    units: Array
    unserved_mw: Array
    surplus_mw: Array


def zone_shares(case: Case) -> Array:
    """Part of the heat that goes to each zone, by design heat of what is connected, (zone,)."""
    need = buildings_of(case).design_heat_kw(case.settings.design_outdoor_temp_c)
    zones = np.zeros(len(case.zone_ids))
    for station, kw in zip(case.stations, need, strict=True):
        zones[case.zone_ids.index(station.zone_id)] += kw * station.valve_open
    total = float(zones.sum())
    return zones / total if total > 0.0 else np.full(zones.size, 1.0 / zones.size)


def network_optimum(
    case: Case, conditions: Conditions, number: int, loads_mw: Array
) -> StaticOptimum:
    """Write the program of all plants under one condition at given loads of the network, MW."""
    program = Program(loads_mw)
    sources = _sources(program, case, conditions, number, case.plant_ids)
    plants = [_heat_of(case, sources, plant) for plant in case.plant_ids]
    unserved, surplus = _network(program, case, plants, conditions.link_there[number])
    _shares(program, case, plants)
    _evenness(program, case, plants)
    whole = _whole(sources, conditions, number)
    return StaticOptimum(program, sources, whole, unserved, surplus)


def plant_optimum(
    case: Case, conditions: Conditions, number: int, plant: str, loads_mw: Array
) -> StaticOptimum:
    """Write the program of one plant under one condition at given heat that it sends, MW."""
    program = Program(loads_mw)
    sources = _sources(program, case, conditions, number, (plant,))
    unserved = program.column(cost=case.settings.comfort.unserved_third_party_yuan_per_mwh)
    surplus = program.column(cost=prices.SURPLUS_YUAN_PER_MWH)
    sent = plus(_heat_of(case, sources, plant), unserved, plus(surplus, times=-1.0))
    program.equal(sent, 0.0, 1.0)
    whole = _whole(sources, conditions, number)
    return StaticOptimum(program, sources, whole, unserved, surplus)


def _heat_of(case: Case, sources: Sequence[SourceColumns], plant: str) -> Terms:
    """Heat of a plant's sources."""
    members = zip(sources, case.sources, strict=True)
    return plus(*(columns.heat for columns, source in members if source.plant_id == plant))


def _whole(sources: Sequence[SourceColumns], conditions: Conditions, number: int) -> dict[int, int]:
    """Columns of units that are whole numbers, and the most they can be."""
    whole = {}
    for i, columns in enumerate(sources):
        most = conditions.state(number, i).whole_units
        if np.isfinite(most) and columns.units:
            whole[next(iter(columns.units))] = round(most)
    return whole


def _sources(
    program: Program, case: Case, conditions: Conditions, number: int, plants: Sequence[str]
) -> tuple[SourceColumns, ...]:
    """Add the sources of some plants; those of others make nothing."""
    there = conditions.link_there[number]
    return tuple(
        add_source(
            program,
            case,
            unit,
            conditions.state(number, i),
            outlet_mw(case, unit.source.plant_id, there),
        )
        if unit.source.plant_id in plants
        else SourceColumns({}, {}, {}, {})
        for i, unit in enumerate(conditions.units)
    )


def outlet_mw(case: Case, plant: str, there: Array) -> float:
    """What the mains of a plant take in at most, MW; `there` (link,) the part of each."""
    mains = zip(case.links, there.tolist(), strict=True)
    return float(sum(link.capacity_mw * part for link, part in mains if link.from_id == plant))


def _network(
    program: Program, case: Case, plants: Sequence[Terms], there: Array
) -> tuple[Terms, Terms]:
    """Mains from plants to zones; returns heat not served and heat that nobody can use."""
    need_kw = buildings_of(case).design_heat_kw(case.settings.design_outdoor_temp_c)
    relative = np.clip(program.loads_mw / max(1e-9, float(need_kw.sum()) / 1e3), 0.1, 1.5)
    flows = [
        program.column(
            cost=prices.TIE_YUAN_PER_MWH if case.is_tie(link) else 0.0,
            high=capacity_mw(case, link, relative) * there[j],
        )
        for j, link in enumerate(case.links)
    ]

    def of(name: str, *, into: bool) -> Terms:
        ends = [link.to_id if into else link.from_id for link in case.links]
        return plus(*(flow for flow, end in zip(flows, ends, strict=True) if end == name))

    for plant, heat in zip(case.plant_ids, plants, strict=True):
        program.equal(plus(heat, plus(of(plant, into=False), times=-1.0)))
    unserved_yuan = case.settings.comfort.unserved_third_party_yuan_per_mwh
    missing, left = [], []
    for zone, share in zip(case.zone_ids, zone_shares(case), strict=True):
        missing.append(program.column(cost=unserved_yuan))
        left.append(program.column(cost=prices.SURPLUS_YUAN_PER_MWH))
        arriving = plus(of(zone, into=True), plus(of(zone, into=False), times=-1.0))
        served = plus(arriving, missing[-1], plus(left[-1], times=-1.0))
        program.equal(served, 0.0, float(share))
    return plus(*missing), plus(*left)


def _shares(program: Program, case: Case, plants: Sequence[Terms]) -> None:
    """Each group's plants within their band at no price but a hint, and beyond it at the group's.

    The hint pulls a split that costs the same everywhere in the band to the share agreed.
    """
    for group in case.settings.share.values():
        heat = {plant: plants[case.plant_ids.index(plant)] for plant in group.shares}
        total = plus(*heat.values())
        for plant, share in group.shares.items():
            widths = ((0.0, OFF_SHARE_YUAN_PER_MWH), (group.band, group.price_yuan_per_mwh))
            for width, yuan in widths:
                above, below = program.column(cost=yuan), program.column(cost=yuan)
                most, least = min(1.0, share + width), max(0.0, share - width)
                over = plus(heat[plant], plus(above, times=-1.0), plus(total, times=-most))
                under = plus(heat[plant], below, plus(total, times=-least))
                program.at_most(over)
                program.at_least(under)


def _evenness(program: Program, case: Case, plants: Sequence[Terms]) -> None:
    """Of plants that cost the same, none is loaded higher than it must be."""
    highest = program.column(cost=UNEVEN_YUAN_PER_H)
    for plant, heat in zip(case.plant_ids, plants, strict=True):
        installed = sum(
            s.installed_mw for s in case.sources if s.plant_id == plant and s.kind.makes_heat
        )
        if installed > 0.0:
            program.at_most(plus(heat, plus(highest, times=-installed)))
