"""The plan's optimum of one day under one condition: who makes the heat of a load at least cost.

Of the whole network, or of one plant whose heat is given.

The formulation's rules without time (`dispatch/formulation`): CHP polygons and convex fuel pieces
with no-load fuel, least loads, power by schedule, band or price, heat bought by contract, shares,
mains between plants and zones. The same objective and prices; heat that no source can make counts
as the plan's third parties' do. Ramps, starts, tanks and heat in pipes are matters of hours.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from dispatch.case import Case
from dispatch.case_kinds import Minimise, SourceKind
from dispatch.formulation import prices
from dispatch.fuel.conditions import Conditions, SourceState
from dispatch.fuel.program import Program, Terms, plus
from dispatch.main_capacity import capacity_mw
from dispatch.source_inputs import SourceInputs
from dispatch.station_inputs import buildings_of

Array = NDArray[np.float64]

# Of splits that cost the same: shares as agreed, and plants loaded alike. Far below any
# difference between two sources.
OFF_SHARE_YUAN_PER_MWH = 0.01
UNEVEN_YUAN_PER_H = 1.0  # for the plant with the highest part of its installed heat, all of it


@dataclass(frozen=True)
class SourceColumns:
    """What the program decides of one source, as expressions of its columns."""

    heat: Terms
    fuel: Terms
    power: Terms
    units: Terms


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
        _source(
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


def _source(
    program: Program, case: Case, unit: SourceInputs, state: SourceState, outlet_mw: float
) -> SourceColumns:
    """Add one row of `sources.csv`."""
    if not unit.source.kind.makes_heat:
        return SourceColumns({}, {}, {}, {})
    if unit.source.kind is SourceKind.PURCHASED_HEAT:
        return _purchase(program, unit, state)
    fixed = _runs_as_scheduled(unit, state, outlet_mw)
    most_units = state.units if np.isnan(state.whole_units) else state.whole_units
    units = program.column(low=fixed or 0.0, high=most_units if fixed is None else fixed)
    if unit.vertices is None:
        heat = program.column()
        fuel = _fuel_pieces(program, unit, heat, units)
        power: Terms = {}
        program.at_most(plus(heat, plus(units, times=-unit.source.max_output_mw)))
    else:
        weights = [program.column() for _ in unit.vertices]
        heat, power, fuel = (
            plus(*(plus(w, times=float(v)) for w, v in zip(weights, column, strict=True)))
            for column in unit.vertices.T
        )
        _priced(program, fuel, unit.fuel_price_yuan_per_mwh)
        program.equal(plus(*weights, plus(units, times=-1.0)))
        _power(program, case, power, state)
    missed = program.column(cost=prices.BELOW_LEAST_YUAN_PER_MWH)
    program.at_least(plus(heat, missed, plus(units, times=-unit.source.min_output_mw)))
    program.at_most(heat, state.most_mw)
    if state.least_mw > 0.0:
        program.at_least(plus(heat, missed), state.least_mw)
    return SourceColumns(heat, fuel, power, units)


def _runs_as_scheduled(unit: SourceInputs, state: SourceState, outlet_mw: float) -> float | None:
    """Units of a CHP that the grid's schedule makes run, or stand; None where the plan decides.

    The heat that the polygon forces on them needs an outlet; without one the power gives way.
    """
    if unit.vertices is None:
        return None
    forced_mw = float(unit.vertices[:, 0].min()) * state.units
    has_outlet = forced_mw <= min(outlet_mw, state.most_mw) + 1e-9
    if np.isfinite(state.power_mw):
        return 0.0 if state.power_mw <= 0.0 else (state.units if has_outlet else None)
    alone = unit.source.unit_count == 1 and np.isnan(state.whole_units)
    return state.units if alone and has_outlet and state.power_min_mw > 0.0 else None


def _fuel_pieces(program: Program, unit: SourceInputs, heat: Terms, units: Terms) -> Terms:
    """Fuel on or above each piece, with its price."""
    fuel = program.column(cost=unit.fuel_price_yuan_per_mwh)
    for slope, intercept in unit.pieces:
        program.at_least(plus(fuel, plus(heat, times=-slope), plus(units, times=-intercept)))
    return fuel


def _priced(program: Program, terms: Terms, yuan: float) -> None:
    """Let an expression cost so much a MWh."""
    for column, value in terms.items():
        program.cost[column] += yuan * value


def _power(program: Program, case: Case, power: Terms, state: SourceState) -> None:
    """Power as the grid asks for it, and what it is worth (`formulation/chp.py`)."""
    exact = np.isfinite(state.power_mw)
    low = state.power_mw if exact else state.power_min_mw
    high = state.power_mw if exact else state.power_max_mw
    missing = program.column(cost=prices.POWER_OFF_SCHEDULE_YUAN_PER_MWH)
    excess = program.column(cost=prices.POWER_OFF_SCHEDULE_YUAN_PER_MWH)
    made = plus(power, missing, plus(excess, times=-1.0))
    if low == high:
        program.equal(made, low)
    elif np.isfinite(low):
        program.at_least(made, low)
    if low != high and np.isfinite(high):
        program.at_most(made, high)
    by_fuel = case.settings.fuel.minimise is Minimise.FUEL
    if by_fuel or np.isnan(state.contract_mw):
        _priced(program, power, -state.sell_yuan_per_mwh)
        return
    sold = program.column(cost=-state.sell_yuan_per_mwh)
    bought = program.column(cost=state.buy_yuan_per_mwh, high=state.contract_mw)
    program.equal(plus(power, bought, plus(sold, times=-1.0)), state.contract_mw)


def _purchase(program: Program, unit: SourceInputs, state: SourceState) -> SourceColumns:
    """Heat bought: its price, and what is paid for whether taken or not."""
    units = program.column(low=state.units, high=state.units)
    heat = program.column(high=state.most_mw)
    fuel = _fuel_pieces(program, unit, heat, units)
    pay = 0.0 if unit.order is None else unit.order.pay_yuan_per_mwh
    under = program.column(cost=prices.HEAT_ORDER_YUAN_PER_MWH + pay)
    program.at_least(plus(heat, under), state.ordered_least_mw)
    if state.least_mw > 0.0:
        missed = program.column(cost=prices.BELOW_LEAST_YUAN_PER_MWH)
        program.at_least(plus(heat, missed), state.least_mw)
    return SourceColumns(heat, fuel, {}, units)


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
