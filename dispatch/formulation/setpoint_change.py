"""How fast setpoints may move: stations and plants, from block to block and from day to day.

All limits are soft: a plan is possible from whatever the last one left.
"""

from dataclasses import replace

import numpy as np
import pyomo.environ as pyo
from pyomo.core.expr.numeric_expr import LinearExpression

from dispatch.formulation import prices
from dispatch.formulation.linear import linear
from dispatch.inputs import PlanInputs
from dispatch.station_inputs import StationInputs

ROUNDING_K = 0.25  # half a step of a published setpoint


def add_station_changes(block: pyo.Block, inputs: PlanInputs, heat: pyo.Var) -> None:
    """Limit |q_k − q_{k−1}| and |q_k − q_{k−24h}|, in heat per K of setpoint.

    Loops with a timetable have wide limits (`timetable_change_k`): their time switches go from
    the setback to full heat and back every day.
    The step limit holds on through the first day of the look-ahead, in proportion to longer
    blocks, or the plan would put off to there what it may not do in the horizon. `ROUNDING_K` of
    each limit is left for rounding to 0.5 K.
    Adds: turned_up, turned_down [K] within the step limit, step_up, step_down, day_up, day_down
    [K] beyond the limits, and moved_up, moved_down [K] away from the last plan.
    Source: handbook §10, design §5.
    """
    stations, grid = inputs.stations, inputs.grid
    slope = stations.slope_mw_per_k
    ours = [int(s) for s in np.flatnonzero(stations.controllable)]
    per_day = round(24 / inputs.case.settings.time.setpoint_hold_h)
    horizon = range(grid.horizon_blocks)
    day_k = inputs.station_day_k - 2.0 * ROUNDING_K
    calm = replace(inputs, hurried=False)  # nothing makes setpoints fall in a hurry
    down_day_k = calm.station_day_k - 2.0 * ROUNDING_K
    holds = grid.block_lengths_h / inputs.case.settings.time.setpoint_hold_h
    step_k = {
        way: np.maximum(1.0, holds) * most_k[:, None] - ROUNDING_K
        for way, most_k in (("up", inputs.station_step_k), ("down", calm.station_step_k))
    }
    last = stations.heat_last_mw

    previous = _block_before(stations)
    limited = min(grid.blocks, grid.horizon_blocks + per_day)
    block.step_keys = [(s, k) for s in ours for k in range(limited) if previous[s, k] != OUT]
    # What is held by hand for a day does not bind the next.
    in_service = (stations.heat_max_mw > 0.0) & np.isnan(stations.pinned_mw)
    block.day_keys = [
        (s, k)
        for s in ours
        for k in horizon
        if k >= per_day and in_service[s, k] and in_service[s, k - per_day]
    ]
    block.last_keys = [(s, k) for s in ours for k in horizon if np.isfinite(last[s, k])]
    for name, keys in (
        ("step", block.step_keys),
        ("day", block.day_keys),
        ("moved", block.last_keys),
    ):
        for way in ("up", "down"):
            block.add_component(
                f"{name}_{way}", pyo.Var(keys, domain=pyo.NonNegativeReals, doc="[K]")
            )
    for way in ("up", "down"):
        bounds = {(s, k): (0.0, float(step_k[way][s, k])) for s, k in block.step_keys}
        within = pyo.Var(block.step_keys, bounds=bounds)
        block.add_component(f"turned_{way}", within)

    @block.Constraint(block.step_keys, doc="setpoint change from block to block")
    def step_change(b: pyo.Block, s: int, k: int) -> pyo.Constraint:
        unit = float(slope[s])
        up, down = [b.turned_up[s, k], b.step_up[s, k]], [b.turned_down[s, k], b.step_down[s, k]]
        changes, rates = [*up, *down], [-unit, -unit, unit, unit]
        if previous[s, k] == START:
            row = linear([1.0, *rates], [heat[s, k], *changes])
            return (row, float(stations.heat_before_mw[s]))
        before = heat[s, int(previous[s, k])]
        return (linear([1.0, -1.0, *rates], [heat[s, k], before, *changes]), 0.0)

    @block.Constraint(block.day_keys, doc="setpoint change against the day before")
    def day_change(b: pyo.Block, s: int, k: int) -> pyo.Constraint:
        unit = float(slope[s])
        variables = [heat[s, k], heat[s, k - per_day], b.day_up[s, k], b.day_down[s, k]]
        change = linear([1.0, -1.0, -unit, unit], variables)
        return (-float(down_day_k[s]) * unit, change, float(day_k[s]) * unit)

    @block.Constraint(block.last_keys, doc="away from the last plan")
    def plan_change(b: pyo.Block, s: int, k: int) -> pyo.Constraint:
        unit = float(slope[s])
        row = linear([1.0, -unit, unit], [heat[s, k], b.moved_up[s, k], b.moved_down[s, k]])
        return (row, float(last[s, k]))

    area = stations.buildings.area_m2 / 1e4
    turn = np.where(
        stations.timetabled, prices.TIMETABLE_TURN_YUAN_PER_K, prices.SETPOINT_TURN_YUAN_PER_K
    )
    block.smoothness_cost = pyo.Expression(
        expr=_priced(1.0, turn * area, (block.turned_up, block.turned_down))
    )
    over = (block.step_up, block.step_down, block.day_up, block.day_down)
    block.limit_cost = pyo.Expression(expr=_priced(setpoint_change_yuan_per_k(inputs), area, over))
    rates, moved = [], []
    for s, k in block.last_keys:
        running = stations.running and k == 0
        price = prices.RUNNING_BLOCK_YUAN_PER_K if running else prices.PLAN_CHANGE_YUAN_PER_K
        rates += [price * float(area[s])] * 2
        moved += [block.moved_up[s, k], block.moved_down[s, k]]
    block.plan_change_cost = pyo.Expression(expr=linear(rates, moved))


def setpoint_change_yuan_per_k(inputs: PlanInputs) -> float:
    """What a setpoint of 10⁴ m² that moves a kelvin faster than its limit costs."""
    if inputs.hurried:
        return prices.HURRIED_CHANGE_YUAN_PER_K
    return prices.SETPOINT_CHANGE_YUAN_PER_K


START, OUT = -1, -2  # before the plan; no limit, the station is out


def _block_before(stations: StationInputs) -> np.ndarray:
    """Block that each block's setpoint is measured against, (station, block).

    The last one in service: an outage leaves the setpoint as it was. `START` is the setpoint before
    the plan, `OUT` marks a block without limit; a running block has a rule of its own, and a pin
    of the dispatcher is neither held to the limits nor the block after it.
    """
    count, blocks = stations.heat_max_mw.shape
    before = np.full((count, blocks), OUT)
    known = np.isfinite(stations.setpoint_before_c) & (not stations.running)
    latest = np.where(known, START, OUT)
    for k in range(blocks):
        here = stations.heat_max_mw[:, k] > 0.0
        pinned = np.isfinite(stations.pinned_mw[:, k])
        before[here, k] = np.where(pinned, OUT, latest)[here]
        latest[here] = np.where(pinned, OUT, k)[here]
    return before


def _priced(price: float, area: np.ndarray, families: tuple[pyo.Var, ...]) -> LinearExpression:
    """Σ price · 10⁴ m² · K over families indexed by (station, block)."""
    pairs = [(price * float(area[s]), v) for family in families for (s, _), v in family.items()]
    return linear([rate for rate, _ in pairs], [variable for _, variable in pairs])


def add_plant_changes(block: pyo.Block, inputs: PlanInputs, plant_heat: pyo.Expression) -> None:
    """Limit the change of a plant's block-mean heat by its supply temperature's limits (H §10).

    |H_k − H_{k−1}| <= 3 K · slope and |H_k − H_{k−24h}| <= 10 K (15 in a cold wave) · slope, with
    the slope of heat over supply temperature at steady flow.
    Adds per plant and block: step_up, step_down, day_up, day_down [MW] beyond the limits.
    """
    grid, network = inputs.grid, inputs.case.settings.network
    plants, blocks = range(len(inputs.case.plant_ids)), range(grid.horizon_blocks)
    per_day = round(24 / inputs.case.settings.time.setpoint_hold_h)
    slope, of_step = inputs.plant_slope_mw_per_k, grid.block_of_step
    for name in ("step_up", "step_down", "day_up", "day_down"):
        block.add_component(name, pyo.Var(plants, blocks, domain=pyo.NonNegativeReals))

    @block.Expression(plants, blocks, doc="mean heat of a plant in a block [MW]")
    def mean_heat(_: pyo.Block, p: int, k: int) -> pyo.Expression:
        steps = np.flatnonzero(of_step == k)
        hours = grid.step_lengths_h[steps]
        parts = zip(steps, hours, strict=True)
        return sum(float(h) * plant_heat[p, int(t)] for t, h in parts) / float(hours.sum())

    @block.Constraint(plants, blocks, doc="change of plant heat from block to block")
    def step_change(b: pyo.Block, p: int, k: int) -> pyo.Constraint:
        known = inputs.plant_heat_last_mw[p]
        if k == 0 and not np.isfinite(known):
            return pyo.Constraint.Skip
        before = float(known) if k == 0 else b.mean_heat[p, k - 1]
        limit = float(network.supply_step_k * slope[p])
        change = b.mean_heat[p, k] - before - b.step_up[p, k] + b.step_down[p, k]
        return (-limit, change, limit)

    @block.Constraint(plants, blocks, doc="change of plant heat against the day before")
    def day_change(b: pyo.Block, p: int, k: int) -> pyo.Constraint:
        known = inputs.plant_heat_before_mw[p, k]
        if k < per_day and not np.isfinite(known):
            return pyo.Constraint.Skip
        before = float(known) if k < per_day else b.mean_heat[p, k - per_day]
        limit = float(inputs.supply_day_k * slope[p])
        change = b.mean_heat[p, k] - before - b.day_up[p, k] + b.day_down[p, k]
        return (-limit, change, limit)

    over = [
        *block.step_up.values(),
        *block.step_down.values(),
        *block.day_up.values(),
        *block.day_down.values(),
    ]
    block.limit_cost = pyo.Expression(
        expr=linear([prices.SUPPLY_CHANGE_YUAN_PER_MW] * len(over), over)
    )
