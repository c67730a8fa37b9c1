"""Substations and the buildings behind them: heat by setpoint block, indoor temperature, comfort.

The one large family. Indoor temperature at a block's end is not a variable but four bounded
pieces around the floor, each with its price, so that comfort needs no rows of its own:
θ = floor + warm + hot − cool − cold.
"""

import numpy as np
import pyomo.environ as pyo

from dispatch.formulation import prices
from dispatch.formulation.linear import linear
from dispatch.inputs import PlanInputs
from dispatch.station_inputs import comfort_is_priced

DIP_K = 0.02  # a dip inside a block beyond this gets a row of its own (design §5 says 0.05: with
# the room that rounding needs, light buildings would end up below their floor)


def add_substations(block: pyo.Block, inputs: PlanInputs) -> None:
    """Add all stations whose heat the plan sets.

    Adds per station s and block k: heat [MW]; warm, hot, cool, cold [K] at the block's end.
    Offers: comfort cost by named term [yuan]; `heat` for the balances.
    Source: exact 1R1C of handbook §4 F6 over the block.
    """
    stations, grid = inputs.stations, inputs.grid
    block.stations = [int(s) for s in np.flatnonzero(stations.controllable)]
    block.keys = [(s, k) for s in block.stations for k in range(grid.blocks)]

    def heat_bounds(_: pyo.Block, s: int, k: int) -> tuple[float, float]:
        return 0.0, float(stations.heat_max_mw[s, k])

    block.heat = pyo.Var(block.keys, bounds=heat_bounds, doc="[MW]")
    _add_indoor_pieces(block, inputs)
    _add_indoor_balance(block, inputs)
    _add_dip_rows(block, inputs)
    _add_least_heat(block, inputs)
    add_comfort_cost(block, inputs)


def _add_indoor_pieces(block: pyo.Block, inputs: PlanInputs) -> None:
    """Split θ − floor into pieces with their own price; see the module's text."""
    stations = inputs.stations
    legal_c = inputs.case.settings.comfort.legal_min_c
    priced = comfort_is_priced(inputs.case)
    aim = np.maximum(stations.target_c, stations.planned_floor_c)
    aim = aim if priced else stations.planned_floor_c
    below_aim_k, floor = aim - stations.planned_floor_c, stations.planned_floor_c

    block.below_target = pyo.Var(  # only where a target above the floor has a price
        [key for key in block.keys if below_aim_k[key] > 1e-9],
        bounds=lambda _, s, k: (0.0, float(below_aim_k[s, k])),
        doc="[K] warmth between floor and target",
    )
    block.warm = pyo.Var(
        block.keys, bounds=lambda _, s, k: (0.0, max(0.0, stations.upper_c - float(aim[s, k])))
    )
    block.hot = pyo.Var(block.keys, domain=pyo.NonNegativeReals)
    block.cool = pyo.Var(
        block.keys, bounds=lambda _, s, k: (0.0, max(0.0, float(floor[s, k]) - legal_c))
    )
    block.cold = pyo.Var(block.keys, domain=pyo.NonNegativeReals)


def indoor_pieces(
    block: pyo.Block, floor_c: float, s: int, k: int
) -> tuple[list[float], list[pyo.Var], float]:
    """Coefficients, variables and constant of θ at the end of block k."""
    key = (s, k)
    coefficients = [1.0, 1.0, -1.0, -1.0]
    variables = [block.warm[key], block.hot[key], block.cool[key], block.cold[key]]
    if key in block.below_target:
        coefficients.append(1.0)
        variables.append(block.below_target[key])
    return coefficients, variables, floor_c


def _add_indoor_balance(block: pyo.Block, inputs: PlanInputs) -> None:
    """θ⁺ = decay·θ + lift·heat + drift, exact over the block (F6)."""
    stations = inputs.stations
    decay, lift, drift = stations.response.block_end()
    lift = lift * 1000.0  # per MW
    floor = stations.planned_floor_c

    @block.Constraint(block.keys, doc="indoor temperature follows from heat and weather")
    def indoor_balance(b: pyo.Block, s: int, k: int) -> pyo.Constraint:
        coefficients, variables, constant = indoor_pieces(b, float(floor[s, k]), s, k)
        right = float(drift[s, k]) - constant
        factor = float(decay[s, k])
        if k == 0:
            right += factor * float(stations.indoor_before_c[s])
        else:
            earlier, pieces, start = indoor_pieces(b, float(floor[s, k - 1]), s, k - 1)
            coefficients = coefficients + [-factor * value for value in earlier]
            variables = variables + pieces
            right += factor * start
        coefficients = [*coefficients, -float(lift[s, k])]
        return (linear(coefficients, [*variables, b.heat[s, k]]), right)


def _add_dip_rows(block: pyo.Block, inputs: PlanInputs) -> None:
    """Where the worst hour inside a block dips below what its ends show, hold that hour too.

    With heat eliminated θ_j = α·θ_k + β·θ_{k+1} + d; only hours that dip by more than `DIP_K`
    with both ends on the floor (or rise as much with both at the upper limit) get a row.
    """
    stations, grid = inputs.stations, inputs.grid
    response = stations.response
    steps = round(grid.block_edges_h[grid.horizon_blocks] / grid.step_h)
    blocks = response.block[:steps]
    decay_end, lift_end, drift_end = (part[:, blocks] for part in response.block_end())
    beta = response.lift_k_per_kw[:, :steps] / lift_end
    alpha = response.decay[:, :steps] - beta * decay_end
    rest = response.drift_k[:, :steps] - beta * drift_end
    aim = stations.planned_floor_c
    floor = aim[:, blocks]
    dip_k = floor - (alpha + beta) * floor - rest
    rise_k = (alpha + beta) * stations.upper_c + rest - stations.upper_c
    ours = stations.controllable[:, None]
    block.dips = _worst_of_block(np.where(ours, dip_k, 0.0), blocks)
    block.rises = _worst_of_block(np.where(ours, rise_k, 0.0), blocks)
    block.dip_short = pyo.Var(block.dips, domain=pyo.NonNegativeReals, doc="[K]")
    block.rise_over = pyo.Var(block.rises, domain=pyo.NonNegativeReals, doc="[K]")

    def inside(b: pyo.Block, s: int, j: int) -> tuple[list[float], list[pyo.Var], float]:
        k = int(blocks[j])
        coefficients, variables, constant = indoor_pieces(
            b, float(stations.planned_floor_c[s, k]), s, k
        )
        coefficients = [float(beta[s, j]) * value for value in coefficients]
        constant = float(beta[s, j]) * constant + float(rest[s, j])
        if k == 0:
            return (
                coefficients,
                variables,
                constant + float(alpha[s, j] * stations.indoor_before_c[s]),
            )
        earlier, pieces, start = indoor_pieces(
            b, float(stations.planned_floor_c[s, k - 1]), s, k - 1
        )
        coefficients += [float(alpha[s, j]) * value for value in earlier]
        return coefficients, variables + pieces, constant + float(alpha[s, j]) * start

    @block.Constraint(block.dips, doc="the coldest hour of the block holds the floor")
    def dip(b: pyo.Block, s: int, j: int) -> pyo.Constraint:
        coefficients, variables, constant = inside(b, s, j)
        row = linear([*coefficients, 1.0], [*variables, b.dip_short[s, j]], constant)
        return (float(floor[s, j]), row, None)

    @block.Constraint(block.rises, doc="the warmest hour of the block stays below the upper limit")
    def rise(b: pyo.Block, s: int, j: int) -> pyo.Constraint:
        coefficients, variables, constant = inside(b, s, j)
        row = linear([*coefficients, -1.0], [*variables, b.rise_over[s, j]], constant)
        return (None, row, float(stations.upper_c))


def _worst_of_block(excess_k: np.ndarray, blocks: np.ndarray) -> list[tuple[int, int]]:
    """(station, step) of the worst step of each block that exceeds `DIP_K`."""
    found = []
    for k in range(int(blocks[-1]) + 1):
        steps = np.flatnonzero(blocks == k)
        worst = excess_k[:, steps].argmax(axis=1)
        dipping = np.flatnonzero(excess_k[:, steps].max(axis=1) > DIP_K)
        found += [(int(s), int(steps[worst[s]])) for s in dipping]
    return found


def _add_least_heat(block: pyo.Block, inputs: PlanInputs) -> None:
    """Heat at the least supply temperature, soft, in the blocks mild enough to reach it."""
    stations = inputs.stations
    decay, lift, drift = stations.response.block_end()
    holds = (stations.target_c * (1.0 - decay) - drift) / lift / 1000.0
    mild = (holds < 1.5 * stations.heat_min_mw) & stations.controllable[:, None]
    block.mild = [(int(s), int(k)) for s, k in zip(*np.nonzero(mild), strict=True)]
    block.below_least = pyo.Var(block.mild, domain=pyo.NonNegativeReals, doc="[MW]")

    @block.Constraint(block.mild, doc="at least the heat of the lowest supply temperature")
    def least_heat(b: pyo.Block, s: int, k: int) -> pyo.Constraint:
        return b.heat[s, k] + b.below_least[s, k] >= float(stations.heat_min_mw[s, k])


def add_comfort_cost(block: pyo.Block, inputs: PlanInputs) -> None:
    """Comfort in yuan by named term: price × weight × K × hours (design §5)."""
    stations, comfort = inputs.stations, inputs.case.settings.comfort
    hours, step_h = inputs.grid.block_lengths_h, inputs.grid.step_h
    weight = stations.weight

    def cost(price: float, variable: pyo.Var, keys: list[tuple[int, int]]) -> pyo.Expression:
        rates = [price * float(weight[s] * hours[k]) for s, k in keys]
        return linear(rates, [variable[key] for key in keys])

    block.below_legal_cost = pyo.Expression(
        expr=cost(comfort.below_legal_price, block.cold, block.keys)
    )
    dip_rates = [comfort.below_floor_price * float(weight[s]) * step_h for s, _ in block.dips]
    block.below_floor_cost = pyo.Expression(
        expr=cost(comfort.below_floor_price, block.cool, block.keys)
        + linear(dip_rates, [block.dip_short[key] for key in block.dips])
    )
    rise_rates = [comfort.above_upper_price * float(weight[s]) * step_h for s, _ in block.rises]
    block.above_upper_cost = pyo.Expression(
        expr=cost(comfort.above_upper_price, block.hot, block.keys)
        + linear(rise_rates, [block.rise_over[key] for key in block.rises])
    )
    targets = list(block.below_target)
    reach = sum(
        comfort.below_target_price * float(weight[s] * hours[k]) * block.below_target[s, k].ub
        for s, k in targets
    )
    block.below_target_cost = pyo.Expression(
        expr=reach - cost(comfort.below_target_price, block.below_target, targets)
    )
    block.below_least_cost = pyo.Expression(
        expr=linear(
            [prices.BELOW_MIN_SUPPLY_YUAN_PER_MWH * float(hours[k]) for _, k in block.mild],
            [block.below_least[key] for key in block.mild],
        )
    )
    block.end_value = pyo.Expression(expr=_end_value(block, inputs))


def _end_value(block: pyo.Block, inputs: PlanInputs) -> pyo.Expression:
    """Worth of the heat left in the buildings: p·C·A·min(θ, target) at the end (design §5).

    Reckoned from the floor, so that it is zero there; what lies above the target is worth nothing.
    """
    stations, last = inputs.stations, inputs.grid.blocks - 1
    storage = stations.buildings.heat_capacity_j_per_m2k * stations.buildings.area_m2 / 3.6e9
    price = inputs.heat_value_yuan_per_mwh
    rates: list[float] = []
    variables: list[pyo.Var] = []
    for s in block.stations:
        worth = price * float(storage[s])
        rates += [-worth, -worth]
        variables += [block.cool[s, last], block.cold[s, last]]
        if (s, last) in block.below_target:
            rates.append(worth)
            variables.append(block.below_target[s, last])
    return linear(rates, variables)
