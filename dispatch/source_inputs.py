"""Heat sources as the plan needs them: limits by step, fuel curves, prices.

Everything is for the whole row, all its units together, but `vertices` and `pieces`, which are
per unit and scale with the units on.
"""

import math
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from dispatch.case import Case, CurvePoint, Source
from dispatch.case_kinds import Minimise, OutageKind, SourceKind
from dispatch.case_polygon import least_power_mw
from dispatch.fuel_curve import (
    boiler_planes,
    credited_slope,
    fuel_planes,
    hull_pieces,
    least_fuel_mw,
    slope_at,
)
from dispatch.grid_schedule import scheduled
from dispatch.initial_state import LastPlan, last_steps
from dispatch.order_inputs import OrderInputs, order_inputs
from dispatch.outages import available_fraction
from dispatch.power_inputs import NO_POWER, PowerInputs, power_inputs
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
    power: PowerInputs
    min_heat_mw: Array  # by schedule, 0 without; of a tank, what it takes in at most, below 0
    max_heat_mw: Array
    outlet_mw: Array  # what the mains of its plant can take
    fuel_price_yuan_per_mwh: float
    heat_before_mw: float
    outlet_before_mw: float = 0.0  # what the mains of its plant took just before the start
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
    def least_unit_mw(self) -> float:
        """Least heat of one unit that runs; of bought heat the least is an order, no unit's."""
        if self.order is not None or self.tank is not None:
            return 0.0
        polygon = 0.0 if self.vertices is None else float(self.vertices[:, 0].min())
        return max(self.source.min_output_mw, polygon)

    @property
    def has_outlet(self) -> NDArray[np.bool_]:
        """Where mains and limits take the heat that a CHP's polygon forces on units, (step,)."""
        polygon = 0.0 if self.vertices is None else float(self.vertices[:, 0].min())
        room_mw = np.minimum(self.outlet_mw, self.max_heat_mw)
        return np.asarray(polygon * self.units_available <= room_mw + 1e-9)

    @property
    def power_mw(self) -> Array | None:
        """Power fixed by the grid's schedule, MW (step,), else None."""
        return self.power.exact_mw

    @cached_property
    def units_asked(self) -> Array:
        """Fewest units that make the power the grid asks for, (step,).

        All of them for a scheduled power; none where the plan decides whole units by itself.
        """
        if self.power.exact_mw is not None:
            return np.where(self.power.exact_mw > 0.0, self.units_available, 0.0)
        if self.power.min_mw is None or self.units is not None:
            return np.zeros_like(self.units_available)
        return np.array([self.units_for(float(power)) for power in self.power.min_mw])

    def units_for(self, power_mw: float) -> float:
        """Fewest whole units of a polygon that reach a power of the row; infinite where none do."""
        if power_mw <= 0.0 or self.vertices is None:
            return 0.0
        most_mw = float(self.vertices[:, 1].max())
        return math.inf if most_mw <= 0.0 else max(1.0, math.ceil(power_mw / most_mw - 1e-6))

    @cached_property
    def planes(self) -> Array:
        """Fuel of the row as planes over (heat, power, units on), `fuel_curve.py`."""
        return boiler_planes(self.pieces) if self.vertices is None else fuel_planes(self.vertices)

    @property
    def runs_always(self) -> bool:
        """A CHP with scheduled power runs whenever it is there."""
        return self.power_mw is not None

    def marginal_fuel(self, heat_mw: float) -> float:
        """Fuel for one more MW of heat of one unit at `heat_mw`, MW/MW (handbook §8).

        A CHP on schedule: at its mean power as it is. With free power: at the power that is best
        for each heat, less what that power is worth in the objective.
        """
        if self.vertices is None:
            return slope_at(self.planes, heat_mw, 0.0)
        if self.power_mw is not None:
            per_unit = float(self.power_mw.mean()) / self.source.unit_count
            return slope_at(self.planes, heat_mw, per_unit)
        worth = float(self.power.sell_yuan_per_mwh.mean()) / max(1e-9, self.fuel_price_yuan_per_mwh)
        return credited_slope(self.vertices, heat_mw, worth)

    @property
    def usual_cost_yuan_per_mwh(self) -> float:
        """Fuel for one more MWh of heat at 70 % of a unit's output, yuan."""
        return self.marginal_fuel(0.7 * self.source.max_output_mw) * self.fuel_price_yuan_per_mwh

    def usual_fuel_mw(self, heat_mw: float) -> float:
        """Fuel of the row at a heat of the row, MW: at its mean scheduled power, else at full load.

        For days of reserve, which must be known before the plan is.
        """
        source = self.source
        units, power_mw = heat_mw / source.max_output_mw, 0.0
        if self.vertices is not None and self.power_mw is not None:
            units, power_mw = float(source.unit_count), float(self.power_mw.mean())
        elif self.vertices is not None:
            corners = [(heat, power) for heat, power, _ in self.vertices.tolist()]
            power_mw = units * least_power_mw(corners, source.max_output_mw)
        heat, power, on = (np.array([value]) for value in (heat_mw, power_mw, units))
        return float(least_fuel_mw(self.planes, heat, power, on)[0])


def fuel_pieces(source: Source, curve: tuple[CurvePoint, ...]) -> tuple[tuple[float, float], ...]:
    """Convex pieces (slope, intercept) of the fuel of one unit over its heat, MW (H F13).

    From part-load points fuel = heat/efficiency, their lower convex hull: `case_curves.py` has
    said where a point lies above it, and refused what lies far. Else one line from efficiency
    (or kgce/GJ) plus the no-load fuel.
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
        lines = hull_pieces(points)
        first_heat, first_fuel = points[0]
        if lines[0][1] < 0.0:  # going on below the lowest point it would end in free heat
            return ((first_fuel / first_heat, 0.0), *lines)
        return lines
    if source.efficiency is not None:
        return ((1.0 / source.efficiency, source.no_load_fuel_mw),)
    if points:
        return ((points[0][1] / points[0][0], source.no_load_fuel_mw),)
    return (((source.coal_kgce_per_gj or 0.0) * MW_PER_KGCE_PER_GJ, source.no_load_fuel_mw),)


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
    vertices, power = None, NO_POWER
    if source.kind.is_chp:
        vertices = np.array([(p.heat_mw, p.power_mw, p.fuel_mw) for p in curve], dtype=float)
        power = power_inputs(case, source, grid, present)
    low = scheduled(case, source.source_id, grid, lambda row: row.min_output_mw, 0.0)
    high = scheduled(case, source.source_id, grid, lambda row: row.max_output_mw, np.inf)
    installed = source.max_output_mw * units
    before = settled_mw
    if last is not None:
        known = last_steps(last.source_heat_mw, source.source_id, last.step_h, 1)
        before = settled_mw if known is None else float(known[-1])
    outlet = _outlet_mw(case, source.plant_id, grid)
    whole = None
    is_bought = source.kind is SourceKind.PURCHASED_HEAT  # what runs there, its owner decides
    if source.commitment and power.exact_mw is None and not is_bought:
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
        power=power,
        min_heat_mw=least_mw,
        max_heat_mw=most_mw,
        outlet_mw=outlet[1:],
        fuel_price_yuan_per_mwh=fuel_price,
        heat_before_mw=before,
        outlet_before_mw=float(outlet[0]),
        units=whole,
        tank=tank,
        order=order,
    )
