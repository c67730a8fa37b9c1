"""Heat sources as the plan needs them: limits by step, fuel curves, prices.

Everything is for the whole row, all its units together, but `vertices` and `pieces`, which are
per unit and scale with the units on.
"""

from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from dispatch.case import Case, CurvePoint, Source
from dispatch.case_kinds import Minimise, OutageKind, PowerMode, SourceKind
from dispatch.initial_state import LastPlan, last_steps
from dispatch.order_inputs import OrderInputs, order_inputs
from dispatch.outages import available_fraction
from dispatch.storage_inputs import TankInputs, tank_inputs
from dispatch.time_grid import TimeGrid
from dispatch.unit_inputs import UnitInputs, unit_inputs

Array = NDArray[np.float64]

GJ_PER_TCE = 29.3076  # standard coal: 7 000 kcal/kg (handbook, head)
GJ_PER_MWH = 3.6
TCE_PER_MWH = GJ_PER_MWH / GJ_PER_TCE
MW_PER_KGCE_PER_GJ = GJ_PER_TCE / 1e3  # MW of fuel a MW of heat takes at 1 kgce/GJ


@dataclass(frozen=True)
class SourceInputs:
    """One row of `sources.csv` on the grid; arrays are (step,)."""

    source: Source
    vertices: Array | None  # CHP: (vertex, 3): heat, power, fuel in MW, one unit
    pieces: tuple[tuple[float, float], ...]  # else: fuel >= slope·heat + intercept·units on
    units_available: Array
    power_mw: Array | None  # fixed by the grid's schedule, else None
    power_max_mw: Array | None  # the schedule's limit where power is free
    min_heat_mw: Array  # by schedule, 0 without; of a tank, what it takes in at most, below 0
    max_heat_mw: Array
    outlet_mw: Array  # what the mains of its plant can take
    fuel_price_yuan_per_mwh: float
    power_value_yuan_per_mwh: Array
    heat_before_mw: float
    outlet_before_mw: float = 0.0  # the mains of its plant in the step before the start
    units: UnitInputs | None = None  # where the plan decides whole units
    tank: TankInputs | None = None  # what a tank holds
    order: OrderInputs | None = None  # what is ordered of bought heat

    @property
    def hard_least_mw(self) -> Array:
        """Heat the source sends in any case, (step,): whole units may be off, so none then."""
        if self.units is not None:
            return np.zeros_like(self.min_heat_mw)
        return np.minimum(self.min_heat_mw, self.max_heat_mw)

    @property
    def runs_always(self) -> bool:
        """A CHP with scheduled power runs whenever it is there."""
        return self.power_mw is not None

    def marginal_fuel(self, heat_mw: float) -> float:
        """Fuel for one more MW of heat less what its power is worth, MW/MW, around `heat_mw`."""
        if self.vertices is None:
            reached = [slope * heat_mw + intercept for slope, intercept in self.pieces]
            return self.pieces[int(np.argmax(reached))][0]
        heat, power, fuel = self.vertices.T
        columns = [heat, np.ones_like(heat)] if self.power_mw is None else [heat, power]
        if self.power_mw is not None:
            columns.append(np.ones_like(heat))
        slope = float(np.linalg.lstsq(np.column_stack(columns), fuel, rcond=None)[0][0])
        if self.power_mw is None:
            power_per_heat = float(
                np.linalg.lstsq(np.column_stack(columns), power, rcond=None)[0][0]
            )
            worth = float(self.power_value_yuan_per_mwh.mean()) / self.fuel_price_yuan_per_mwh
            slope -= power_per_heat * worth
        return slope


def fuel_pieces(source: Source, curve: tuple[CurvePoint, ...]) -> tuple[tuple[float, float], ...]:
    """Convex pieces (slope, intercept) of the fuel of one unit over its heat, MW (H F13).

    From part-load points fuel = heat/efficiency, as the lines through neighbours; else one line
    from efficiency (or kgce/GJ) plus the no-load fuel.
    """
    points = sorted(
        (
            p.load_fraction * source.max_output_mw,
            p.load_fraction * source.max_output_mw / p.efficiency,
        )
        for p in curve
        if p.load_fraction is not None and p.efficiency is not None
    )
    if len(points) >= 2:
        lines = []
        for (heat, fuel), (next_heat, next_fuel) in pairwise(points):
            slope = (next_fuel - fuel) / (next_heat - heat)
            lines.append((slope, fuel - slope * heat))
        first_heat, first_fuel = points[0]
        if lines[0][1] < 0.0:  # going on below the lowest point it would end in free heat
            lines.insert(0, (first_fuel / first_heat, 0.0))
        return tuple(lines)
    if source.efficiency is not None:
        return ((1.0 / source.efficiency, source.no_load_fuel_mw),)
    if points:
        return ((points[0][1] / points[0][0], source.no_load_fuel_mw),)
    return (((source.coal_kgce_per_gj or 0.0) * MW_PER_KGCE_PER_GJ, source.no_load_fuel_mw),)


def _scheduled(case: Case, source_id: str, grid: TimeGrid, name: str) -> Array | None:
    """A column of `schedules.csv` as it stands at the start of each step; None without rows."""
    rows = [
        (row.time, getattr(row, name))
        for row in case.schedules
        if row.source_id == source_id and getattr(row, name) is not None
    ]
    if not rows:
        return None
    values = np.full(grid.steps, np.nan)
    for step, start_h in enumerate(grid.edges_h[:-1]):
        current = [value for time, value in rows if time <= grid.at(start_h)]
        values[step] = current[-1] if current else rows[0][1]
    return values


def _outlet_mw(case: Case, plant: str, grid: TimeGrid) -> Array:
    """Capacity of all mains of a plant that are there, MW, from the step before the start on."""
    edges_h = np.concatenate([[-grid.step_h], grid.edges_h])
    total = np.zeros(1 + grid.steps)
    for link in case.links:
        if link.from_id == plant:
            there = available_fraction(case, OutageKind.LINK, link.link_id, grid, edges_h)
            total += link.capacity_mw * there
    return total


def fuel_price_yuan_per_mwh(case: Case, source: Source) -> float:
    """What a MWh of fuel counts in the objective (design §5), lower heating value."""
    settings = case.settings.fuel
    if settings.minimise is Minimise.FUEL:
        return TCE_PER_MWH * settings.reference_price_yuan_per_tce
    if not source.kind.makes_heat:
        return 0.0
    if source.kind is SourceKind.PURCHASED_HEAT:
        per_mwh_fuel = (source.coal_kgce_per_gj or 1.0) * MW_PER_KGCE_PER_GJ
        return (source.price_yuan_per_gj or 0.0) * 3.6 / per_mwh_fuel
    fuel = case.fuel_of(source.fuel_id or "")
    carbon = TCE_PER_MWH * fuel.co2_t_per_tce * settings.carbon_price_yuan_per_t
    return fuel.price / fuel.mwh_per_unit + carbon


def _power_value(case: Case, source: Source, grid: TimeGrid) -> Array:
    """What a MWh of power is worth in the objective, (step,)."""
    settings = case.settings.fuel
    if settings.minimise is Minimise.FUEL:
        worth = settings.power_credit_kgce_per_kwh * settings.reference_price_yuan_per_tce
        return np.full(grid.steps, worth)  # kgce/kWh = tce/MWh
    price = (
        _scheduled(case, source.source_id, grid, "price")
        if source.power_mode is PowerMode.PRICE
        else None
    )
    return np.full(grid.steps, settings.power_sell_yuan_per_kwh * 1e3) if price is None else price


def source_inputs(
    case: Case, source: Source, grid: TimeGrid, last: LastPlan | None, settled_mw: float
) -> SourceInputs:
    """Work out one source; `settled_mw` is its heat before the start if no plan says it.

    Whole units are decided where `commitment` asks for it, but not where the grid's schedule
    already says when the source runs.
    """
    curve = case.curve_of(source.source_id)
    present = available_fraction(case, OutageKind.SOURCE, source.source_id, grid, grid.edges_h)
    units = source.unit_count * present
    vertices, power, power_max = None, None, None
    if source.kind.is_chp:
        vertices = np.array([(p.heat_mw, p.power_mw, p.fuel_mw) for p in curve], dtype=float)
        scheduled = _scheduled(case, source.source_id, grid, "power_mw")
        if source.power_mode is PowerMode.SCHEDULED and scheduled is not None:
            power = scheduled * units / source.unit_count
        else:
            power_max = scheduled
    low = _scheduled(case, source.source_id, grid, "min_output_mw")
    high = _scheduled(case, source.source_id, grid, "max_output_mw")
    installed = source.max_output_mw * units
    before = settled_mw
    if last is not None:
        known = last_steps(last.source_heat_mw, source.source_id, last.step_h, 1)
        before = settled_mw if known is None else float(known[-1])
    outlet = _outlet_mw(case, source.plant_id, grid)
    whole = None
    is_bought = source.kind is SourceKind.PURCHASED_HEAT  # what runs there, its owner decides
    if source.commitment and power is None and not is_bought:
        least = source.min_output_mw
        if vertices is not None:
            least = max(least, float(vertices[:, 0].min()))
        whole = unit_inputs(case, source, grid, last, before, least, high, outlet)
        # A unit that is lit holds its least load, whatever a plan with parts of units said.
        before = max(before, whole.before * least) if whole.before > 0 else 0.0
    least_mw = np.zeros(grid.steps) if low is None else np.minimum(low, installed)
    most_mw = installed if high is None else np.minimum(high, installed)
    fuel_price = fuel_price_yuan_per_mwh(case, source)
    tank, order = None, None
    if source.kind is SourceKind.THERMAL_STORAGE:
        tank = tank_inputs(source, grid, present, last)
        least_mw = -tank.charge_mw
    if is_bought:
        pays = case.settings.fuel.minimise is Minimise.COST  # fuel that is not burnt is saved
        price = (source.price_yuan_per_gj or 0.0) * GJ_PER_MWH if pays else 0.0
        order = order_inputs(source, grid, most_mw, present, price, last)
    burns_by_pieces = vertices is None and tank is None
    return SourceInputs(
        source=source,
        vertices=vertices,
        pieces=fuel_pieces(source, curve) if burns_by_pieces else (),
        units_available=units,
        power_mw=power,
        power_max_mw=power_max,
        min_heat_mw=least_mw,
        max_heat_mw=most_mw,
        outlet_mw=outlet[1:],
        fuel_price_yuan_per_mwh=fuel_price,
        power_value_yuan_per_mwh=_power_value(case, source, grid),
        heat_before_mw=before,
        outlet_before_mw=float(outlet[0]),
        units=whole,
        tank=tank,
        order=order,
    )
