"""Secondary supply setpoints: what operators can be asked to set, and what follows from it.

The plan's heat becomes a supply temperature by F8 (`emitter.py`) and is rounded to 0.5 K. Every
block starts from the room temperature that the *rounded* setpoints so far have led to, so
rounding does not add up over a day. Close to the plan at the end of a block the
setpoint nearest the present one is taken: few changes, and small ones (handbook §10).

In a block F8 is used with the mean of the room temperatures at its start and end
(`block_mean_indoor_c`): heat is constant over the block, the room nearly linear in time.
The end depends on the heat itself, linearly (F6), so both are solved together, exactly.
"""

from dataclasses import dataclass

import numpy as np

from dispatch.change_limits import (
    SAME_K,
    Codes,
    Mask,
    Reason,
    Window,
    around,
    grid_down,
    grid_nearest,
    grid_up,
)
from dispatch.emitter import Loops, heat_from_supply_kw, secondary_temperatures_c
from forecasts.demand.building import Array, BlockResponse

# Room temperature at block end, against the plan, for which no change is worth making: less below
# than above, since the plan itself keeps only little room over the floor.
KEEP_BELOW_K, KEEP_ABOVE_K = 0.02, 0.08
# A setpoint stays this near to the plan's own, however far the room is from the plan: heat that
# sources must send stays near the planned heat, and making up for a lag does not overshoot.
# Rooms at their floor, and limits on change, come first.
CATCH_UP_K = 0.75
# The last plan's setpoint stands while the room it leads to stays this near to the new plan: a
# re-plan with hardly another forecast moves nothing, and one with another catches up at once.
STAND_K = 0.15
# Twice as far below, the floor held, where the new plan itself is hardly elsewhere: within a step.
STAND_LONGER_K, STAND_STEP_K = 0.3, 2.0
# A planned move beyond the step limit by more than this is meant: nearer to it, it is the plan's
# linear view of F8, and is held to the limit.
LEAP_K = 1.5


@dataclass(frozen=True)
class PlannedHeat:
    """What the optimisation wants of the stations, and where they stand."""

    heat_kw: Array  # (station, block)
    heat_max_kw: Array  # (station, block): availability and other limits beside the supply's
    indoor_before_c: Array  # (station,)
    floor_c: Array  # (station, step): at step ends
    controllable: Mask  # (station,)
    setpoint_before_c: Array  # (station,) NaN where unknown
    setpoint_day_before_c: Array  # (station, ≥ blocks of a day) 24 h earlier, NaN where unknown
    setpoint_last_c: Array  # (station, block) by the last plan, NaN where unknown
    pinned_supply_c: Array  # (station, block) held by the dispatcher, NaN where not
    pinned_heat_kw: Array  # (station, block) the same of heat


@dataclass(frozen=True)
class ChangeRules:
    """How setpoints may move."""

    step_k: float | Array  # from block to block; one figure, or (station,)
    day_k: float | Array  # against 24 h earlier
    blocks_per_day: int
    running: bool  # the first block is under way: its setpoint stays
    # Where the plan itself falls below the floor, supply is short: rounding every setpoint up
    # would ask for heat that is not there. This much below the plan is then let pass, K, and the
    # plan's own leaps are followed.
    shortage_slack_k: float = 0.0


@dataclass(frozen=True)
class SupplySetpoints:
    """Setpoints and all that follows; (station, block) but `indoor_c` (station, step)."""

    supply_c: Array
    return_c: Array
    heat_kw: Array  # by F8 from supply_c; less only where the heat limit holds (HEAT_LIMIT)
    indoor_c: Array  # at the end of each step
    reason: Codes  # of Reason
    limit_broken: Mask  # a change limit had to yield to a limit of the loop


def block_mean_indoor_c(start_c: Array, end_c: Array) -> Array:
    """Room temperature that F8 is used with in a block: the mean of its ends, °C."""
    return (start_c + end_c) / 2.0


@dataclass(frozen=True)
class _Rooms:
    """The rooms of all stations in one block: F6 from the block's start, F8 at its mean."""

    loops: Loops
    start_c: Array  # (station,)
    free_c: Array  # (station, step of block): temperature at step end without heat
    lift_k_per_kw: Array  # (station, step of block)

    @property
    def free_mean_c(self) -> Array:
        """Block mean without heat, (station,)."""
        return block_mean_indoor_c(self.start_c, self.free_c[:, -1])

    def supply_c(self, heat_kw: Array) -> Array:
        """Supply temperature that gives `heat_kw`, (station,)."""
        wanted_kw = np.maximum(heat_kw, 0.0)
        mean_c = self.free_mean_c + 0.5 * self.lift_k_per_kw[:, -1] * wanted_kw
        return secondary_temperatures_c(self.loops, wanted_kw, mean_c)[0]

    def heat_kw(self, supply_c: Array) -> Array:
        """Heat that `supply_c` gives, (station,)."""
        rise = 0.5 * self.lift_k_per_kw[:, -1]
        return heat_from_supply_kw(self.loops, supply_c, self.free_mean_c, rise)

    def heat_to_end_at_kw(self, end_c: Array) -> Array:
        """Heat after which the block ends at `end_c`, (station,)."""
        return (end_c - self.free_c[:, -1]) / self.lift_k_per_kw[:, -1]

    def heat_to_hold_kw(self, least_c: Array) -> Array:
        """Least heat that keeps every step end at `least_c` (station, step of block)."""
        hold_kw: Array = ((least_c - self.free_c) / self.lift_k_per_kw).max(axis=1)
        return hold_kw


def _day_window(
    plan: PlannedHeat, supply_c: Array, block: int, rules: ChangeRules
) -> tuple[Array, Array]:
    """Setpoints from which the day limit can be kept in this block and all of the next day.

    Looking only at this block, steps of 2 K would climb 10 K in five blocks and then break
    either limit in the sixth.
    """
    low, high = np.full(supply_c.shape[0], -np.inf), np.full(supply_c.shape[0], np.inf)
    for ahead in range(min(rules.blocks_per_day, supply_c.shape[1] - block)):
        day_before_c = _day_before(plan, supply_c, block + ahead, rules)
        ends = around(day_before_c, rules.day_k)
        low = np.maximum(low, ends[0] - ahead * grid_down(np.array(rules.step_k)))
        high = np.minimum(high, ends[1] + ahead * grid_down(np.array(rules.step_k)))
    return low, np.maximum(low, high)  # an earlier plan may have broken limits: then the higher


def _window(
    rooms: _Rooms,
    heat_max_kw: Array,
    previous_c: Array,
    day_window: tuple[Array, Array],
    step_k: Array,
) -> Window:
    """Allowed setpoints: each later limit wins over the ones before it."""
    loops, code = rooms.loops, np.full(previous_c.shape, Reason.DAY_LIMIT, dtype=np.int8)
    most_c = grid_down(rooms.supply_c(heat_max_kw))
    return (
        Window(*day_window, code, code)
        .within(*around(previous_c, step_k), Reason.STEP_LIMIT)
        .within(np.full_like(most_c, -np.inf), most_c, Reason.HEAT_LIMIT)
        .within(grid_up(loops.supply_min_c), grid_down(loops.supply_max_c), Reason.SUPPLY_LIMIT)
    )


def _choose(
    rooms: _Rooms,
    window: Window,
    previous_c: Array,
    *,
    planned_c: Array,
    end_c: Array,
    least_c: Array,
) -> tuple[Array, Codes]:
    """Setpoint and reason, (station,).

    `planned_c` is the plan's own supply temperature, `end_c` its room temperature at block end,
    `least_c` (station, step of block) what the rooms must keep.
    """

    def supply_for_end(shift_k: float) -> Array:
        supply_c = rooms.supply_c(rooms.heat_to_end_at_kw(end_c + shift_k))
        return np.clip(supply_c, planned_c - CATCH_UP_K, planned_c + CATCH_UP_K)

    ideal_c = supply_for_end(0.0)
    band_low = grid_up(supply_for_end(-KEEP_BELOW_K))
    band_high = grid_down(supply_for_end(KEEP_ABOVE_K))
    near = grid_nearest(np.where(np.isfinite(previous_c), previous_c, ideal_c))
    in_band = np.clip(near, band_low, band_high)
    steady = np.where(band_low <= band_high, in_band, grid_nearest(ideal_c))
    hold_all = grid_up(rooms.supply_c(rooms.heat_to_hold_kw(least_c)))
    hold_end = grid_up(rooms.supply_c(rooms.heat_to_end_at_kw(least_c[:, -1])))
    # Where no allowed setpoint saves the first hours of the block, its end still can be saved.
    hold = np.where(hold_all <= window.high_c, hold_all, hold_end)
    wanted = np.maximum(steady, hold)
    supply_c = np.clip(wanted, window.low_c, window.high_c)
    reason = np.where(hold > steady, Reason.FLOOR, Reason.PLAN).astype(np.int8)
    reason = np.where(wanted > window.high_c, window.high_reason, reason)
    reason = np.where(wanted < window.low_c, window.low_reason, reason)
    held = window.low_c == window.high_c  # a running block has no choice, so no limit to report
    kept = (supply_c == previous_c) & (held | (wanted == supply_c))
    return supply_c, np.where(kept, np.int8(Reason.KEPT), reason)


def _stands(
    rooms: _Rooms,
    window: Window,
    last_c: Array,
    *,
    planned_c: Array,
    end_c: Array,
    least_c: Array,
) -> Mask:
    """Where the last plan's setpoint still does, (station,): allowed, rooms as now planned."""
    known = np.isfinite(last_c)
    setpoint_c = np.where(known, last_c, window.high_c)
    indoor_c = rooms.free_c + rooms.lift_k_per_kw * rooms.heat_kw(setpoint_c)[:, None]
    over_k = indoor_c[:, -1] - end_c
    alike = np.abs(planned_c - setpoint_c) <= STAND_STEP_K
    near = (over_k >= np.where(alike, -STAND_LONGER_K, -STAND_K)) & (over_k <= STAND_K)
    warm = (indoor_c >= least_c - KEEP_BELOW_K).all(axis=1)
    allowed = (setpoint_c >= window.low_c) & (setpoint_c <= window.high_c)
    stands: Mask = known & near & warm & allowed
    return stands


def _least_indoor_c(plan: PlannedHeat, plan_indoor_c: Array, slack_k: float) -> Array:
    """What rooms must keep at each step end: floor, or the plan where that is lower."""
    floor_c = plan.floor_c[:, : plan_indoor_c.shape[1]]
    return np.where(plan_indoor_c >= floor_c, floor_c, plan_indoor_c - slack_k)


def _column(limit_k: float | Array) -> Array:
    """A limit as a column beside (station, block)."""
    return np.reshape(limit_k, (-1, 1))


def _day_before(plan: PlannedHeat, supply_c: Array, block: int, rules: ChangeRules) -> Array:
    """Setpoint 24 h before `block`: one of this plan's own after the first day, (station,).

    NaN where that one was pinned: what is held by hand for a day does not bind the next.
    """
    if block >= rules.blocks_per_day:
        earlier = block - rules.blocks_per_day
        return np.where(_pinned(plan)[:, earlier], np.nan, supply_c[:, earlier])
    return plan.setpoint_day_before_c[:, block]


def _pinned(plan: PlannedHeat) -> Mask:
    """Where the dispatcher holds setpoint or heat, (station, block)."""
    held: Mask = np.isfinite(plan.pinned_supply_c) | np.isfinite(plan.pinned_heat_kw)
    return held & plan.controllable[:, None]


def _held_c(rooms: _Rooms, plan: PlannedHeat, block: int) -> Array:
    """Setpoint as pinned, or the one nearest to what gives the pinned heat, (station,)."""
    heat_kw = np.nan_to_num(plan.pinned_heat_kw[:, block], nan=0.0)
    low_c, high_c = grid_up(rooms.loops.supply_min_c), grid_down(rooms.loops.supply_max_c)
    by_heat_c = np.clip(grid_nearest(rooms.supply_c(heat_kw)), low_c, high_c)
    supply_c = plan.pinned_supply_c[:, block]
    return np.where(np.isfinite(supply_c), supply_c, by_heat_c)


def _leaps(planned_c: Array, before_c: Array, rules: ChangeRules) -> Mask:
    """Where a plan of shortage moves much faster than the step limit, (station, block).

    It pays for that, and holding such a setpoint to the limit would leave rooms cold for a day
    after heat is back.
    """
    moves_k = np.abs(np.diff(np.column_stack([before_c, planned_c]), axis=1))
    fast: Mask = moves_k > _column(rules.step_k) + LEAP_K  # False beside NaN
    return fast & (rules.shortage_slack_k > 0.0)


def _limit_broken(plan: PlannedHeat, supply_c: Array, rules: ChangeRules) -> Mask:
    """Where a commanded setpoint moved by more than the rules allow, (station, block)."""
    before_c = np.column_stack([plan.setpoint_before_c, supply_c[:, :-1]])
    days = [_day_before(plan, supply_c, k, rules) for k in range(supply_c.shape[1])]
    too_fast = np.abs(supply_c - before_c) > _column(rules.step_k) + SAME_K  # False beside NaN
    too_far = np.abs(supply_c - np.column_stack(days)) > _column(rules.day_k) + SAME_K
    broken: Mask = (too_fast | too_far) & plan.controllable[:, None]
    return broken


def round_supply_setpoints(
    loops: Loops, response: BlockResponse, plan: PlannedHeat, rules: ChangeRules
) -> SupplySetpoints:
    """Turn planned heat into supply setpoints in multiples of 0.5 K.

    `response` may reach beyond the plan's blocks. Rooms keep floor or plan, whichever is lower,
    at every step end for which an allowed setpoint exists. Limits that cannot all hold yield in
    this order: day, step, heat, supply temperature. Stations that are not commanded keep their
    heat and get the temperatures expected by F8, unrounded.
    """
    last = response.last[: plan.heat_kw.shape[1]]
    plan_indoor, plan_start = response.indoor_c(plan.indoor_before_c, plan.heat_kw)
    plan_mean = block_mean_indoor_c(plan_start, plan_indoor[:, last])
    planned_c, _ = secondary_temperatures_c(loops, plan.heat_kw, plan_mean)
    least = _least_indoor_c(plan, plan_indoor, rules.shortage_slack_k)
    heat_max = np.minimum(plan.heat_max_kw, loops.max_heat_kw[:, None])
    supply, heat, indoor = planned_c.copy(), plan.heat_kw.copy(), np.empty_like(plan_indoor)
    reason = np.full(heat.shape, Reason.NOT_COMMANDED, dtype=np.int8)
    ours, start, previous = plan.controllable, plan.indoor_before_c, plan.setpoint_before_c
    leaps = _leaps(planned_c, plan.setpoint_before_c, rules)
    leaping = leaps.any(axis=1)
    pinned = _pinned(plan)
    for k, end in enumerate(last):
        steps = slice(0 if k == 0 else int(last[k - 1]) + 1, int(end) + 1)
        lift = response.lift_k_per_kw[:, steps]
        free = response.decay[:, steps] * start[:, None] + response.drift_k[:, steps]
        rooms = _Rooms(loops, start, free, lift)
        hold = k == 0 and rules.running
        step_k = np.where(leaps[:, k] & (not hold), np.inf, 0.0 if hold else rules.step_k)
        low, high = _day_window(plan, supply, k, rules)
        day_window = np.where(leaping, -np.inf, low), np.where(leaping, np.inf, high)
        window = _window(rooms, heat_max[:, k], previous, day_window, step_k)
        chosen, why = _choose(
            rooms,
            window,
            previous,
            planned_c=planned_c[:, k],
            end_c=plan_indoor[:, end],
            least_c=least[:, steps],
        )
        last_c = plan.setpoint_last_c[:, k]
        stands = _stands(
            rooms,
            window,
            last_c,
            planned_c=planned_c[:, k],
            end_c=plan_indoor[:, end],
            least_c=least[:, steps],
        )
        chosen = np.where(stands, last_c, chosen)
        why = np.where(stands & (why != Reason.KEPT), np.int8(Reason.LAST_PLAN), why)
        # A running setpoint stays even where its heat falls short, and a station that is out
        # keeps its own, from which it goes on when it comes back.
        kept = (hold | (heat_max[:, k] <= 0.0)) & np.isfinite(previous)
        chosen = np.where(kept, previous, chosen)
        held = pinned[:, k] & (heat_max[:, k] > 0.0)
        chosen = np.where(held, _held_c(rooms, plan, k), chosen)
        why = np.where(held, np.int8(Reason.PINNED), why)
        supply[ours, k], reason[ours, k] = chosen[ours], why[ours]
        heat[ours, k] = np.minimum(rooms.heat_kw(chosen), heat_max[:, k])[ours]
        indoor[:, steps] = free + lift * heat[:, k, None]
        # What was held by hand goes back at once: valves take it in steps of their own.
        start, previous = indoor[:, end], np.where(held, np.nan, supply[:, k])
    at_start = np.column_stack([plan.indoor_before_c, indoor[:, last[:-1]]])
    mean = block_mean_indoor_c(at_start, indoor[:, last])
    _, back = secondary_temperatures_c(loops, heat, mean)
    return SupplySetpoints(supply, back, heat, indoor, reason, _limit_broken(plan, supply, rules))
