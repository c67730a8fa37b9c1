"""A heat source: what it delivers, how many units run, what it burns."""

import numpy as np
import pyomo.environ as pyo
from numpy.typing import NDArray

from dispatch.case_kinds import SourceKind
from dispatch.formulation import prices
from dispatch.formulation.chp import add_chp
from dispatch.formulation.commitment import add_commitment
from dispatch.formulation.heat_order import add_purchase
from dispatch.formulation.linear import linear
from dispatch.formulation.thermal_storage import add_thermal_storage
from dispatch.source_inputs import SourceInputs
from dispatch.time_grid import TimeGrid
from dispatch.unit_inputs import UnitInputs


def add_heat_source(block: pyo.Block, unit: SourceInputs, grid: TimeGrid) -> None:
    """Add one row of `sources.csv` with its commitment and the ramp every source has.

    A tank has a ramp of its own.

    Offers per step t: heat_to_network, power, fuel_use [MW, lower heating value], units_on,
    start_fuel [MWh]; start_cost [yuan].
    """
    if unit.source.kind is SourceKind.THERMAL_STORAGE:
        add_thermal_storage(block, unit, grid)
    elif unit.source.kind is SourceKind.PURCHASED_HEAT:
        add_purchase(block, unit, grid)
    elif unit.source.kind.is_chp:
        add_chp(block, unit, grid)
    else:
        add_boiler(block, unit, grid)
    add_commitment(block, unit, grid)
    if unit.units is not None:
        add_unit_ramp(block, unit, unit.units, grid)
    elif unit.source.kind.makes_heat:
        add_ramp(block, unit, grid)
    add_smoothness(block, grid)


def add_boiler(block: pyo.Block, unit: SourceInputs, grid: TimeGrid) -> None:
    """Add boilers: fuel >= slope·heat + intercept·units on, a line a piece (F13).

    Adds per step t: heat_to_network [MW], units_on [1, relaxed], fuel_use [MW].
    `units_on` is continuous unless `add_commitment` makes it whole, so a boiler may appear to run
    below its least load; the schedule says where it does.
    """
    steps = range(grid.steps)
    source, hard_least_mw = unit.source, unit.hard_least_mw
    block.heat_to_network = pyo.Var(steps, domain=pyo.NonNegativeReals, doc="[MW]")
    block.units_on = pyo.Var(
        steps, bounds=lambda _, t: (0.0, float(unit.units_available[t])), doc="[1]"
    )
    block.below_least = pyo.Var(steps, domain=pyo.NonNegativeReals, doc="[MW] least heat missed")
    block.fuel_use = pyo.Var(steps, domain=pyo.NonNegativeReals, doc="[MW]")
    block.power = pyo.Expression(steps, initialize=0.0)

    @block.Constraint(steps, doc="at most the units on can give")
    def max_load(b: pyo.Block, t: int) -> pyo.Constraint:
        return b.heat_to_network[t] <= source.max_output_mw * b.units_on[t]

    @block.Constraint(steps, doc="at least the least load of the units on")
    def min_load(b: pyo.Block, t: int) -> pyo.Constraint:
        least = source.min_output_mw * b.units_on[t]
        return b.heat_to_network[t] + b.below_least[t] >= least

    @block.Constraint(steps, doc="at most the schedule's limit and what is installed")
    def scheduled_limits(b: pyo.Block, t: int) -> pyo.Constraint:
        return b.heat_to_network[t] <= float(unit.max_heat_mw[t])

    @block.Constraint(
        np.flatnonzero(hard_least_mw > 0.0), doc="the schedule's least heat, or missed"
    )
    def scheduled_least_heat(b: pyo.Block, t: int) -> pyo.Constraint:
        return b.heat_to_network[t] + b.below_least[t] >= float(hard_least_mw[t])

    @block.Constraint(steps, range(len(unit.pieces)), doc="fuel on or above each piece")
    def fuel(b: pyo.Block, t: int, piece: int) -> pyo.Constraint:
        slope, intercept = unit.pieces[piece]
        return b.fuel_use[t] >= slope * b.heat_to_network[t] + intercept * b.units_on[t]


def add_smoothness(block: pyo.Block, grid: TimeGrid) -> None:
    """Price each change of heat from step to step a little.

    Where two plants feed one zone over mains of unequal delay, many splits cost the same, and
    without this term the solver returns one that swings from hour to hour.
    Adds per step: change_up, change_down [MW]. Offers: smoothness_cost, below_least_cost [yuan].
    """
    inner = range(1, grid.steps)
    block.change_up = pyo.Var(inner, domain=pyo.NonNegativeReals, doc="[MW]")
    block.change_down = pyo.Var(inner, domain=pyo.NonNegativeReals, doc="[MW]")

    @block.Constraint(inner, doc="change of heat from step to step")
    def change(b: pyo.Block, t: int) -> pyo.Constraint:
        step = b.heat_to_network[t] - b.heat_to_network[t - 1]
        return step == b.change_up[t] - b.change_down[t]

    changes = [*block.change_up.values(), *block.change_down.values()]
    block.smoothness_cost = pyo.Expression(
        expr=linear([prices.SOURCE_CHANGE_YUAN_PER_MW] * len(changes), changes)
    )
    missed = block.below_least
    block.below_least_cost = pyo.Expression(
        expr=linear(
            [prices.BELOW_LEAST_YUAN_PER_MWH * float(grid.step_lengths_h[t]) for t in missed],
            list(missed.values()),
        )
    )


def add_ramp(block: pyo.Block, unit: SourceInputs, grid: TimeGrid) -> None:
    """Limit the change of heat from step to step, the seam to the last plan included.

    |Q_t − Q_{t−1}| <= ramp · units · hours between the middles of the two steps. Units that come
    back from an outage may start at their least load, as many of them as then run (of bought heat
    `min_output_mw` is an order, and no unit's load); what an outage of units or of the plant's
    mains takes away (or less capacity of them) falls at once.
    """
    lost_mw = _lost_mw(unit)
    # Before the start only the mains: the first row's lower end knows what can now be sent.
    lost_mw[0] = max(0.0, unit.outlet_before_mw - float(unit.outlet_mw[0]))
    least_mw = unit.least_unit_mw
    gained = _units_back(unit)
    back = [t for t in range(1, grid.steps) if gained[t] > 0.0 and least_mw > 0.0]
    ramp_mw_per_h = unit.source.ramp_mw_per_h * unit.source.unit_count

    @block.Constraint(range(grid.steps), doc="heat changes no faster than the ramp")
    def ramp(b: pyo.Block, t: int) -> pyo.Constraint:
        limit = ramp_mw_per_h * _hours_between(grid, t)
        rise, fall = limit + float(gained[t]) * least_mw, limit + float(lost_mw[t])
        if t > 0:
            return (-fall, b.heat_to_network[t] - b.heat_to_network[t - 1], rise)
        low = min(unit.heat_before_mw - fall, float(unit.max_heat_mw[0]))
        high = max(unit.heat_before_mw + rise, _held_mw(unit))
        return (low, b.heat_to_network[t], high)

    @block.Constraint(back, doc="units that come back start at their least load if they run")
    def ramp_back(b: pyo.Block, t: int) -> pyo.Constraint:
        rise = b.heat_to_network[t] - b.heat_to_network[t - 1]
        leap = least_mw * (b.units_on[t] - b.units_on[t - 1])
        return rise <= ramp_mw_per_h * _hours_between(grid, t) + leap


def _units_back(unit: SourceInputs) -> NDArray[np.float64]:
    """Units that an outage gives back at a step: their own, or one that left them no outlet."""
    units = unit.units_available
    back = np.maximum(0.0, np.diff(units, prepend=float(unit.source.unit_count)))
    shut = np.append(False, ~unit.has_outlet[:-1])
    return np.asarray(np.where(shut & unit.has_outlet, units, back))


def add_unit_ramp(block: pyo.Block, unit: SourceInputs, units: UnitInputs, grid: TimeGrid) -> None:
    """The ramp where whole units are decided: of the units on, and a leap of least load besides.

    With u units on: rise <= ramp·hours·u + least·(u − u before), and fall <= ramp·hours·(u before)
    + least·(u before − u) + what an outage takes away at once. By the net change, since a start
    and a stop in one step would else pay for a leap that no unit makes: one that stops takes its
    least load away. That holds where it had as much, so what it missed (`below_least`) is added.
    With parts of units (the relaxation) each part has its part of the ramp and of the leap.
    """
    least_mw, ramp = units.least_mw, unit.source.ramp_mw_per_h
    lost_mw, steps = _lost_mw(unit), range(grid.steps)
    # Before the start an outage counts as it begins; what was sent may be more than can now be.
    lost_mw[0] = units.gone[0] * unit.source.max_output_mw
    lost_mw[0] += max(0.0, unit.outlet_before_mw - float(unit.outlet_mw[0]))
    ramped_mw = ramp * _hours_between(grid, 0) * units.before
    over_mw = unit.heat_before_mw - lost_mw[0] - ramped_mw - float(unit.max_heat_mw[0])
    lost_mw[0] += max(0.0, over_mw)

    def more_on(b: pyo.Block, t: int) -> pyo.Expression:
        return b.units_on[t] - (b.units_on[t - 1] if t > 0 else units.before)

    @block.Constraint(steps, doc="heat rises no faster than the ramp, but to start")
    def ramp_up(b: pyo.Block, t: int) -> pyo.Constraint:
        before = b.heat_to_network[t - 1] if t > 0 else unit.heat_before_mw
        missed = b.below_least[t - 1] if t > 0 else 0.0
        ramped = ramp * _hours_between(grid, t) * b.units_on[t]
        return b.heat_to_network[t] - before <= ramped + least_mw * more_on(b, t) + missed

    @block.Constraint(steps, doc="heat falls no faster than the ramp, but to stop")
    def ramp_down(b: pyo.Block, t: int) -> pyo.Constraint:
        before = b.heat_to_network[t - 1] if t > 0 else unit.heat_before_mw
        on_before = b.units_on[t - 1] if t > 0 else units.before
        ramped = ramp * _hours_between(grid, t) * on_before
        fall = before - b.heat_to_network[t]
        leap = b.below_least[t] - least_mw * more_on(b, t)
        return fall <= ramped + leap + float(lost_mw[t])


def _hours_between(grid: TimeGrid, t: int) -> float:
    """Hours between the middles of step t and the step before it."""
    lengths_h = grid.step_lengths_h
    before_h = lengths_h[t - 1] if t > 0 else grid.step_h
    return float(0.5 * (lengths_h[t] + before_h))


def _lost_mw(unit: SourceInputs) -> NDArray[np.float64]:
    """Heat that an outage of units or of the plant's mains takes away at each step, MW."""
    most, outlet = unit.max_heat_mw, unit.outlet_mw
    own = -np.diff(most, prepend=unit.source.installed_mw)
    mains = -np.diff(outlet, prepend=unit.outlet_before_mw)
    return np.asarray(np.maximum(0.0, own) + np.maximum(0.0, mains))


def _held_mw(unit: SourceInputs) -> float:
    """Least heat of the first step where the grid's schedule makes the unit run, MW."""
    return float(unit.units_available[0]) * unit.least_unit_mw if unit.runs_always else 0.0
