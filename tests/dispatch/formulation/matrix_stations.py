"""Stations of the matrix model: 1R1C by the weather step, comfort by slack, setpoint changes.

Where the formulation eliminates and compacts (heat out of the hours inside a block, indoor
temperature into bounded pieces), this says it plainly: a column for every indoor temperature, and
a slack for every limit.
"""

from dataclasses import dataclass

import numpy as np
from matrix_program import INF, Array, Lines, Program, constants, total

from dispatch.case_kinds import ComfortPolicy
from dispatch.formulation import prices
from dispatch.inputs import PlanInputs

DIP_K = 0.02  # an hour inside a block that is colder by more than this gets a row
ROUNDING_K = 0.25  # of each limit of change, half a step of a published setpoint


@dataclass(frozen=True)
class House:
    """One station: θ_j = keep·θ_(j−1) + lift·heat + drift over each weather step j (F6)."""

    keep: Array
    lift: Array  # K per MW
    drift: Array
    block: Array  # of each weather step

    def at_step(self, start_c: Array, end_c: Array) -> Array:
        """θ at step ends where every block starts and ends at given temperatures, (step,)."""
        found = np.empty_like(self.keep)
        for k in range(int(self.block[-1]) + 1):
            steps = np.flatnonzero(self.block == k)
            cold, warm = (self._run(steps, start_c[k], heat) for heat in (0.0, 1.0))
            heat = (end_c[k] - cold[-1]) / (warm[-1] - cold[-1])
            found[steps] = cold + heat * (warm - cold)
        return found

    def holding_mw(self, level_c: Array) -> Array:
        """Heat that brings every block back to the temperature it began with, (block,) MW."""
        heat = np.empty_like(level_c)
        for k, level in enumerate(level_c):
            steps = np.flatnonzero(self.block == k)
            cold, warm = (self._run(steps, level, mw)[-1] for mw in (0.0, 1.0))
            heat[k] = (level - cold) / (warm - cold)
        return heat

    def _run(self, steps: Array, start_c: float, heat_mw: float) -> Array:
        indoor = []
        for j in steps:
            start_c = self.keep[j] * start_c + self.lift[j] * heat_mw + self.drift[j]
            indoor.append(start_c)
        return np.array(indoor)


def house_of(inputs: PlanInputs, s: int) -> House:
    """1R1C of handbook §4: a = exp(−Δ·K/C), θ⁺ = aθ + (1−a)(t + (g + q/A)/K)."""
    b, w = inputs.stations.buildings, inputs.weather
    wind = np.maximum(0.0, w.wind_m_per_s - b.wind_reference_m_per_s)
    loss = b.specific_loss_w_per_m2k[s] + b.wind_loss_w_per_m2k_per_m_s[s] * wind
    gain = b.gain_w_per_m2[s] + b.solar_aperture[s] * w.radiation_w_per_m2
    keep = np.exp(-w.step_h * 3600.0 * loss / b.heat_capacity_j_per_m2k[s])
    lift = (1.0 - keep) * 1e6 / (loss * b.area_m2[s])
    drift = (1.0 - keep) * (w.air_temperature_c + gain / loss)
    return House(keep, lift, drift, inputs.grid.block_of_weather_step)


def add_station(program: Program, inputs: PlanInputs, s: int) -> Lines:
    """Add one commanded station; return its heat by block, MW."""
    stations = inputs.stations
    heat = program.columns(inputs.grid.blocks, 0.0, stations.heat_max_mw[s])
    house = house_of(inputs, s)
    indoor = program.columns(house.keep.size, -INF)
    before = indoor.before(float(stations.indoor_before_c[s]))
    followed = house.keep * before + house.lift * heat[house.block] + house.drift
    program.rows("indoor_balance", indoor - followed, 0.0, 0.0)
    _add_comfort(program, inputs, s, indoor)
    _add_dips(program, inputs, s, house, indoor)
    _add_rises(program, inputs, s, house, indoor)
    _add_heat_limits(program, inputs, s, house, indoor, heat)
    _add_changes(program, inputs, s, heat)
    return heat


def _weight(inputs: PlanInputs, s: int) -> float:
    weight = float(inputs.stations.weight[s])
    if inputs.even_reduction:
        loss = inputs.stations.buildings.specific_loss_w_per_m2k[s]
        weight *= float(loss) / prices.EVEN_REFERENCE_LOSS_W_PER_M2K
    return weight


def _cold_pieces(
    inputs: PlanInputs, width_k: Array, even: tuple[float, ...], *, open_end: bool
) -> list[tuple[Array, float]]:
    """Widest and price factor of each piece of what rooms are too cold, the mildest first."""
    if not inputs.even_reduction:
        return [(np.full_like(width_k, INF) if open_end else width_k, 1.0)]
    pieces, left_k = [], width_k
    for factor in even[:-1]:
        most_k = np.full_like(width_k, prices.EVEN_PIECE_K)
        most_k = most_k if open_end else np.minimum(most_k, left_k)
        pieces.append((most_k, factor))
        left_k = np.maximum(0.0, left_k - prices.EVEN_PIECE_K)
    return [*pieces, (np.full_like(width_k, INF) if open_end else left_k, even[-1])]


def _add_comfort(program: Program, inputs: PlanInputs, s: int, indoor: Lines) -> None:
    """Comfort at block ends: price × weight × K × hours; and the worth of warm rooms at the end.

    A room is below its target, then below its floor, then below the law: each slack is taken up
    when the ones before it are full, since each costs more than those.
    """
    stations, comfort = inputs.stations, inputs.case.settings.comfort
    ends, hours = stations.response.last, inputs.grid.block_lengths_h
    floor, law = stations.planned_floor_c[s], stations.law_step_c[s, ends]
    aim = floor
    if comfort.policy is ComfortPolicy.HOLD_TARGET:
        aim = np.maximum(stations.target_c[s], floor)
    rate = _weight(inputs, s) * hours
    untargeted = program.columns(hours.size, 0.0, aim - floor)
    program.pay("rooms_below_target", comfort.below_target_price * rate * untargeted)
    cold = []
    for term, price, even, width, open_end in (
        (
            "rooms_below_floor",
            comfort.below_floor_price,
            prices.EVEN_COOL,
            np.maximum(0.0, floor - law),
            False,
        ),
        ("rooms_below_legal", comfort.below_legal_price, prices.EVEN_COLD, law, True),
    ):
        for most, factor in _cold_pieces(inputs, width, even, open_end=open_end):
            cold.append(program.columns(hours.size, 0.0, most))
            program.pay(term, price * factor * rate * cold[-1])
    missing = total(cold, hours.size)
    program.rows("floor", indoor[ends] + missing + untargeted, aim)
    hot = program.above(indoor[ends] - np.maximum(comfort.upper_c, aim))
    program.pay("rooms_above_upper", comfort.above_upper_price * rate * hot)

    buildings = stations.buildings
    storage = buildings.heat_capacity_j_per_m2k[s] * buildings.area_m2[s] / 3.6e9  # MWh/K
    above_floor = (aim - floor) - untargeted - missing  # min(θ, aim) − floor
    last = np.arange(hours.size) == hours.size - 1
    program.pay("end_value", -inputs.heat_value_yuan_per_mwh * float(storage) * above_floor[last])


def _add_dips(program: Program, inputs: PlanInputs, s: int, house: House, indoor: Lines) -> None:
    """The coldest hours inside blocks, where both ends on the floor would leave them too cold."""
    stations, comfort, step_h = inputs.stations, inputs.case.settings.comfort, inputs.grid.step_h
    floor, ends = stations.planned_floor_step_c[s], stations.planned_floor_c[s]
    dip_k = floor - house.at_step(np.append(ends[0], ends[:-1]), ends)
    in_horizon = np.arange(dip_k.size) < inputs.grid.horizon_steps
    changes = bool(stations.timetabled[s])
    for steps in _runs(house.block, floor if changes else np.zeros_like(floor)):
        dipping = [j for j in steps if dip_k[j] > DIP_K and (changes or in_horizon[j])]
        if not dipping:
            continue
        worst = max(dipping, key=lambda j: dip_k[j])
        where, hours = [worst], step_h
        if changes:
            where = sorted({dipping[0], worst, dipping[-1]})
            hours = (dipping[-1] - dipping[0] + 1) * step_h / len(where)
        which = np.array(where)
        rate = _weight(inputs, s) * hours
        law_k = np.maximum(0.0, (floor - stations.law_step_c[s])[which])
        short = program.columns(len(where), 0.0, law_k if changes else INF)
        cold = program.columns(len(where), 0.0, INF if changes else 0.0)
        program.rows("dip", indoor[which] + short + cold, floor[which])
        program.pay("rooms_below_floor", comfort.below_floor_price * rate * short)
        program.pay("rooms_below_legal", comfort.below_legal_price * rate * cold)


def _add_rises(program: Program, inputs: PlanInputs, s: int, house: House, indoor: Lines) -> None:
    """The warmest hours inside blocks, where both ends at the upper limit would exceed it."""
    comfort, upper_c = inputs.case.settings.comfort, inputs.stations.upper_c
    level = np.full(inputs.grid.blocks, upper_c)
    rise_k = house.at_step(level, level) - upper_c
    rise_k[inputs.grid.horizon_steps :] = 0.0
    for steps in _runs(house.block, np.zeros_like(rise_k)):
        worst = max(steps, key=lambda j: rise_k[j])
        if rise_k[worst] > DIP_K:
            over = program.above(indoor[np.array([worst])] - upper_c)
            rate = comfort.above_upper_price * _weight(inputs, s) * inputs.grid.step_h
            program.pay("rooms_above_upper", rate * over)


def _runs(block: Array, level: Array) -> list[Array]:
    """Runs of steps of one block and one level."""
    turns = np.flatnonzero((np.diff(block) != 0) | (np.diff(level) != 0.0)) + 1
    return np.split(np.arange(block.size), turns)


def _add_heat_limits(
    program: Program, inputs: PlanInputs, s: int, house: House, indoor: Lines, heat: Lines
) -> None:
    """Least heat in mild blocks, soft; most heat of timetabled loops, less in warmer rooms."""
    stations, hours = inputs.stations, inputs.grid.block_lengths_h
    least, most = stations.heat_min_mw[s], stations.heat_max_mw[s]
    mild = np.flatnonzero(house.holding_mw(stations.target_c[s]) < 1.5 * least)
    short = program.above(least[mild] - heat[mild])
    program.pay("supply_below_least", prices.BELOW_MIN_SUPPLY_YUAN_PER_MWH * hours[mild] * short)
    if stations.heat_fade_mw_per_k[s] <= 0.0:
        return
    ends = indoor[stations.response.last]
    mean = 0.5 * (ends + ends.before(float(stations.indoor_before_c[s])))
    fade = stations.heat_fade_mw_per_k[s] * most / max(float(most.max()), 1e-9)
    fading = heat + fade * (mean - float(stations.fade_from_c[s]))
    there = most > 0.0
    program.rows("most_heat", fading[there], high=most[there])


def _add_changes(program: Program, inputs: PlanInputs, s: int, heat: Lines) -> None:
    """Changes of setpoints, in K by the slope of heat: from block to block, from day to day, and
    away from the last plan. Limits hold `ROUNDING_K` back on either side of a change.
    """
    stations, grid = inputs.stations, inputs.grid
    hold_h = inputs.case.settings.time.setpoint_hold_h
    per_day, horizon = round(24 / hold_h), grid.horizon_blocks
    slope, area = float(stations.slope_mw_per_k[s]), float(stations.buildings.area_m2[s] / 1e4)
    served = np.flatnonzero(stations.heat_max_mw[s] > 0.0)
    turn, over_price = prices.SETPOINT_TURN_YUAN_PER_K, prices.SETPOINT_CHANGE_YUAN_PER_K
    if stations.timetabled[s]:
        turn = prices.TIMETABLE_TURN_YUAN_PER_K

    # The first block in service is measured against what was before, unless it is the running one,
    # which has a rule of its own.
    of_served = heat[served]
    change = (of_served - of_served.before(float(stations.heat_before_mw[s]))) * (1.0 / slope)
    held = served < horizon + per_day
    if stations.running:
        held &= np.arange(served.size) > 0
    longer = np.maximum(1.0, grid.block_lengths_h / hold_h)[served]
    limit_k = longer * float(inputs.station_step_k[s]) - ROUNDING_K
    moved = program.size_of(change[held])
    over = program.above(moved - limit_k[held])
    program.pay("setpoint_turns", turn * area * (moved - over))
    program.pay("setpoint_change", over_price * area * over)

    day = [k for k in served if per_day <= k < horizon and k - per_day in served]
    if day:
        now = np.array(day)
        moved = program.size_of((heat[now] - heat[now - per_day]) * (1.0 / slope))
        over = program.above(moved - (float(inputs.station_day_k[s]) - 2.0 * ROUNDING_K))
        program.pay("setpoint_change", over_price * area * over)

    known = np.flatnonzero(np.isfinite(stations.heat_last_mw[s, :horizon]))
    if known.size:
        moved = program.size_of((heat[known] - stations.heat_last_mw[s, known]) * (1.0 / slope))
        price = np.full(known.size, prices.PLAN_CHANGE_YUAN_PER_K)
        price[(known == 0) & stations.running] = prices.RUNNING_BLOCK_YUAN_PER_K
        program.pay("plan_change", price * area * moved)


def no_heat(inputs: PlanInputs) -> Lines:
    """What stations that the plan does not command take by decision: nothing."""
    return constants(np.zeros(inputs.grid.blocks))
