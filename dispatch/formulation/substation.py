"""Substations and the buildings behind them: heat by setpoint block, indoor temperature, comfort.

The one large family. Indoor temperature at a block's end is not a variable but bounded pieces
around the floor, each with its price, so that comfort needs no rows of its own:
θ = floor + warm + hot − cool − cold. Floors go by the hour where a timetable says so; then the
frost guard takes the law's place while nobody is in.
"""

import numpy as np
import pyomo.environ as pyo

from dispatch.formulation import prices
from dispatch.formulation.indoor_hours import Indoor, add_hours_inside
from dispatch.formulation.linear import linear
from dispatch.formulation.pins import add_station_pins
from dispatch.inputs import PlanInputs
from dispatch.station_inputs import comfort_is_priced

Key = tuple[int, int]


def add_substations(block: pyo.Block, inputs: PlanInputs) -> None:
    """Add all stations whose heat the plan sets.

    Adds per station s and block k: heat [MW]; warm, hot, cool, cold [K] at the block's end; with
    `even_reduction` also cool_more and cold_more [K], the pieces beyond the first (s, k, piece).
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
    floor = stations.planned_floor_c
    add_hours_inside(block, inputs, lambda s, k: indoor_pieces(block, float(floor[s, k]), s, k))
    _add_least_heat(block, inputs)
    _add_fading_heat(block, inputs)
    if inputs.pins.holds_stations:
        add_station_pins(block, inputs)
    add_comfort_cost(block, inputs)


def _add_indoor_pieces(block: pyo.Block, inputs: PlanInputs) -> None:
    """Split θ − floor into pieces with their own price; see the module's text."""
    stations = inputs.stations
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
    _add_cold_pieces(block, inputs, np.maximum(0.0, floor - stations.law_c))


def _add_cold_pieces(block: pyo.Block, inputs: PlanInputs, legal_k: np.ndarray) -> None:
    """Add what rooms are below the floor, and below the law; `legal_k` (station, block) between.

    With one piece each, a plan of shortage takes all from some rooms and nothing from others: to
    the optimum they are equal. `even_reduction` cuts both into pieces, each dearer than the last,
    so that equal rooms fall together (均匀降载), to within one piece.
    """
    even, width_k = inputs.even_reduction, prices.EVEN_PIECE_K
    cool_last, cold_last = len(prices.EVEN_COOL) - 1, len(prices.EVEN_COLD) - 1

    def cool_bounds(_: pyo.Block, s: int, k: int, piece: int = 0) -> tuple[float, float]:
        left_k = max(0.0, float(legal_k[s, k]) - piece * width_k)
        return 0.0, min(left_k, width_k) if even and piece < cool_last else left_k

    def cold_bounds(_: pyo.Block, *key: int) -> tuple[float, float | None]:
        piece = key[2] if len(key) > 2 else 0
        return 0.0, width_k if even and piece < cold_last else None

    def pieces(last: int) -> list[tuple[int, int, int]]:
        return [(*key, i + 1) for key in block.keys for i in range(last)] if even else []

    block.cool = pyo.Var(block.keys, bounds=cool_bounds)
    block.cold = pyo.Var(block.keys, bounds=cold_bounds)
    block.cool_more = pyo.Var(pieces(cool_last), bounds=cool_bounds, doc="[K]")
    block.cold_more = pyo.Var(pieces(cold_last), bounds=cold_bounds, doc="[K]")
    block.more = {}  # (s, k): the further pieces
    for family in (block.cool_more, block.cold_more):
        for (s, k, _), variable in family.items():
            block.more.setdefault((s, k), []).append(variable)


def indoor_pieces(block: pyo.Block, floor_c: float, s: int, k: int) -> Indoor:
    """Coefficients, variables and constant of θ at the end of block k."""
    key = (s, k)
    coefficients = [1.0, 1.0, -1.0, -1.0]
    variables = [block.warm[key], block.hot[key], block.cool[key], block.cold[key]]
    if key in block.below_target:
        coefficients.append(1.0)
        variables.append(block.below_target[key])
    more = block.more.get(key)
    if more:
        coefficients += [-1.0] * len(more)
        variables += more
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


def _add_fading_heat(block: pyo.Block, inputs: PlanInputs) -> None:
    """Most heat of loops with a timetable: the warmer the rooms, the less radiators give (F8).

    At rooms of 14 °C they give a fifth more than at 20, which shortens the morning's warming up.
    Where rooms are so warm that radiators could give nothing even if they had had none, heat is
    none: the row would ask for less than that.
    """
    stations = inputs.stations
    floor, fade = stations.planned_floor_c, stations.heat_fade_mw_per_k
    share = stations.heat_max_mw / np.maximum(stations.heat_max_mw.max(axis=1), 1e-9)[:, None]
    idle_c = _mean_without_heat_c(inputs)
    too_warm = (fade[:, None] * share * (idle_c - stations.fade_from_c[:, None])) >= (
        stations.heat_max_mw
    )
    block.fading = []
    for s, k in block.keys:
        if fade[s] > 0.0 and too_warm[s, k]:
            block.heat[s, k].setub(0.0)
        elif fade[s] > 0.0:
            block.fading.append((s, k))

    @block.Constraint(block.fading, doc="heat at the highest supply temperature, at mean rooms")
    def most_heat(b: pyo.Block, s: int, k: int) -> pyo.Constraint:
        rate = float(fade[s] * share[s, k])
        half = 0.5 * rate
        coefficients, variables, constant = indoor_pieces(b, float(floor[s, k]), s, k)
        coefficients = [half * value for value in coefficients]
        constant *= half
        if k == 0:
            constant += half * float(stations.indoor_before_c[s])
        else:
            earlier, pieces, start = indoor_pieces(b, float(floor[s, k - 1]), s, k - 1)
            coefficients = coefficients + [half * value for value in earlier]
            variables, constant = variables + pieces, constant + half * start
        most = float(stations.heat_max_mw[s, k]) + rate * float(stations.fade_from_c[s])
        return (None, linear([*coefficients, 1.0], [*variables, b.heat[s, k]], constant), most)


def _mean_without_heat_c(inputs: PlanInputs) -> np.ndarray:
    """Block means of rooms that get no heat at all, (station, block) °C."""
    stations = inputs.stations
    indoor, start = stations.response.indoor_c(
        stations.indoor_before_c, np.zeros_like(stations.heat_max_mw)
    )
    return np.asarray(0.5 * (start + np.column_stack([start[:, 1:], indoor[:, -1]])))


def comfort_weight(inputs: PlanInputs) -> np.ndarray:
    """What a station's K·h count for, (station,): 10⁴ m² times priority.

    Where reduction is to be even, by heat loss instead of area: else a MWh taken from a leaky
    building costs less comfort than one taken from a tight one, and the leaky ones pay for all.
    """
    stations = inputs.stations
    if not inputs.even_reduction:
        return stations.weight
    loss = stations.buildings.specific_loss_w_per_m2k / prices.EVEN_REFERENCE_LOSS_W_PER_M2K
    return np.asarray(stations.weight * loss)


def add_comfort_cost(block: pyo.Block, inputs: PlanInputs) -> None:
    """Comfort in yuan by named term: price × weight × K × hours (design §5)."""
    comfort, hours = inputs.case.settings.comfort, inputs.grid.block_lengths_h
    weight = comfort_weight(inputs)

    def cost(price: float, variable: pyo.Var, keys: list[Key]) -> pyo.Expression:
        rates = [price * float(weight[s] * hours[k]) for s, k in keys]
        return linear(rates, [variable[key] for key in keys])

    def more_cost(price: float, family: pyo.Var, factors: tuple[float, ...]) -> pyo.Expression:
        rates = [price * factors[i] * float(weight[s] * hours[k]) for s, k, i in family]
        return linear(rates, list(family.values()))

    def inside_cost(price: float, family: pyo.Var, hours_of: dict[Key, float]) -> pyo.Expression:
        rates = [price * float(weight[s]) * hours_of[s, j] for s, j in family]
        return linear(rates, list(family.values()))

    law, floor = comfort.below_legal_price, comfort.below_floor_price
    block.below_legal_cost = pyo.Expression(
        expr=cost(law, block.cold, block.keys)
        + more_cost(law, block.cold_more, prices.EVEN_COLD)
        + inside_cost(law, block.dip_cold, block.dip_hours)
    )
    block.below_floor_cost = pyo.Expression(
        expr=cost(floor, block.cool, block.keys)
        + more_cost(floor, block.cool_more, prices.EVEN_COOL)
        + inside_cost(floor, block.dip_short, block.dip_hours)
    )
    rise_hours = dict.fromkeys(block.rises, inputs.grid.step_h)
    block.above_upper_cost = pyo.Expression(
        expr=cost(comfort.above_upper_price, block.hot, block.keys)
        + inside_cost(comfort.above_upper_price, block.rise_over, rise_hours)
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
        missing = [block.cool[s, last], block.cold[s, last], *block.more.get((s, last), [])]
        rates += [-worth] * len(missing)
        variables += missing
        if (s, last) in block.below_target:
            rates.append(worth)
            variables.append(block.below_target[s, last])
    return linear(rates, variables)
