"""What the plan costs: every named term worked out a second time, from what is published alone.

The plan's own terms come from the solver's variables; these here from heat, fuel, power, stocks,
rooms and setpoints, times the published prices. Where the two differ, either the plan does not do
what the solver was told, or the cost was made up.
"""

from collections.abc import Callable

import numpy as np

from dispatch.audit_rules.buildings import Rooms, rolled_c
from dispatch.audit_rules.comfort import LEGAL_MIN_C, UPPER_C
from dispatch.audit_rules.pins import pins_yuan
from dispatch.audit_rules.published import FloatArray, PublishedPlan, finding, worst_of
from dispatch.audit_rules.rule import Rule
from dispatch.cost_terms import CostTerm, Price
from dispatch.plan import AuditFinding

ALLOWED = 1e-6  # of all fuel
LEAST_FUEL_YUAN_PER_MWH = 1.0  # of heat sent: what a cost is measured by where fuel is free
MINOR_SHARE = 0.01
POWER_DEAD_BAND_MW = 1e-6  # a solver's tolerance; its price is a million yuan a MWh
FROST_GUARD_C = 8.0  # a Dataset attribute `frost_guard_c` overrides it
DAY_H = 24.0


def check_objective(plan: PublishedPlan, room: Rooms) -> AuditFinding:
    """Each published cost is what the plan comes to, and `cost_yuan` is their sum; of all fuel."""
    due = {term: of(plan) for term, of in _BY_PLAN.items()}
    due |= _room_terms(plan, room)
    wanted = np.array([due[CostTerm(str(name))] for name in plan.names("cost_term")])
    told = plan.values("cost")
    least = LEAST_FUEL_YUAN_PER_MWH * plan.mean_load_mw * _hours(plan)
    every = sum(abs(yuan) for yuan in due.values())
    # Where next to nothing is burnt, cold rooms cost a thousand times the fuel.
    scale = max(due[CostTerm.FUEL], least, MINOR_SHARE * every)
    total = np.array(abs(plan.attribute("cost_yuan") - told.sum()) / scale)
    return worst_of(
        finding(plan, Rule.OBJECTIVE, np.abs(told - wanted) / scale, ("cost_term",), ALLOWED),
        finding(plan, Rule.OBJECTIVE, total, (), ALLOWED),
    )


def _hours(plan: PublishedPlan) -> float:
    return plan.times("time").size * plan.step_h


def _over(excess: FloatArray) -> FloatArray:
    """What is above zero; a NaN stands for a wish that nobody has."""
    return np.maximum(np.nan_to_num(excess, nan=0.0), 0.0)


def _by_fuel(plan: PublishedPlan) -> bool:
    """Whether fuel is made least, and power counts as the coal it stands for."""
    return str(plan.schedule.attrs["minimise"]) == "fuel"


# ---- sources -------------------------------------------------------------------------------


def _fuel(plan: PublishedPlan) -> float:
    price = plan.values("source_fuel_price")
    return float(price @ plan.values("source_fuel").sum(axis=1)) * plan.step_h


def _power(plan: PublishedPlan, name: str, price: str) -> float:
    worth = plan.values(f"source_power{name}") * plan.values(f"source_power_{price}_price")
    return float(worth.sum()) * plan.step_h


def _power_credit(plan: PublishedPlan) -> float:
    return -_power(plan, "", "sell") if _by_fuel(plan) else 0.0


def _power_sold(plan: PublishedPlan) -> float:
    return 0.0 if _by_fuel(plan) else -_power(plan, "_sold", "sell")


def _power_bought(plan: PublishedPlan) -> float:
    return 0.0 if _by_fuel(plan) else _power(plan, "_bought", "buy")


def _power_off_schedule(plan: PublishedPlan) -> float:
    power = plan.values("source_power")
    off = _over(plan.values("source_power_min") - power)
    off += _over(power - plan.values("source_power_max"))
    off_mwh = off[off > POWER_DEAD_BAND_MW].sum() * plan.step_h
    return float(plan.attribute(Price.POWER_OFF_SCHEDULE) * off_mwh)


def _starts(plan: PublishedPlan) -> float:
    """Wear and fuel of each unit that starts."""
    fuel = plan.values("source_start_fuel") * plan.values("source_fuel_price")
    each = plan.values("source_start_cost") + fuel
    return float(each @ plan.values("source_started").sum(axis=1))


def _least_load(plan: PublishedPlan) -> float:
    """Heat below the least of the units on, or below that of the schedule."""
    heat, asked = plan.values("source_heat"), plan.values("source_scheduled_least")
    missed = _over(plan.values("source_min_heat") - heat)
    missed = np.maximum(missed, np.where(asked > 0, _over(asked - heat), 0.0))
    missed_mwh = missed.sum() * plan.step_h
    return float(plan.attribute(Price.LEAST_LOAD) * missed_mwh)


def _heat_order(plan: PublishedPlan) -> float:
    """Outside the tolerance of an order, or not taken though it is paid for."""
    heat, ordered = plan.values("source_heat"), plan.values("source_ordered")
    band = plan.values("source_order_tolerance")[:, np.newaxis] * ordered
    off = _over(ordered - band - heat) + _over(heat - ordered - band)
    left = _over(plan.values("source_order_least") - heat).sum(axis=1)
    pay = np.nan_to_num(plan.values("source_order_pay"), nan=0.0)
    off_mw = off.sum() + left.sum()
    return float((plan.attribute(Price.HEAT_ORDER) * off_mw + pay @ left) * plan.step_h)


def _source_change(plan: PublishedPlan) -> float:
    moved = np.abs(np.diff(plan.values("source_heat"), axis=1)).sum()
    return float(plan.attribute(Price.SOURCE_CHANGE) * moved)


# ---- network and yards ---------------------------------------------------------------------


def _surplus(plan: PublishedPlan) -> float:
    surplus_mwh = _over(plan.values("zone_surplus")).sum() * plan.step_h
    return float(plan.attribute(Price.SURPLUS) * surplus_mwh)


def _unserved(plan: PublishedPlan) -> float:
    """What third parties ask for and do not get."""
    missing_kw = plan.values("station_heat_due") - plan.values("station_heat")
    theirs_kw = np.where(plan.controllable[:, np.newaxis], 0.0, missing_kw).sum(axis=0)
    missing_mwh = theirs_kw[plan.block_of_step].sum() * plan.step_h / 1000
    return float(plan.attribute(Price.UNSERVED) * missing_mwh)


def _mains(plan: PublishedPlan) -> float:
    """Heat moving between mains, mains that lose less than kept warm, heat sent over ties."""
    steps = plan.times("time").size
    arrival, loss = (plan.values(f"link_{name}")[:, :steps] for name in ("arrival", "loss"))
    moved = np.abs(np.diff(arrival, axis=1)).sum()
    cold_mwh = _over(plan.values("link_warm_loss") - loss).sum() * plan.step_h
    ties = np.isin(plan.names("link_from"), plan.names("zone"))
    over_ties_mwh = plan.values("link_sent")[ties].sum() * plan.step_h
    yuan = plan.attribute(Price.MAIN_CHANGE) * moved
    yuan += plan.attribute(Price.COLD_MAIN) * cold_mwh
    return float(yuan + plan.attribute(Price.TIE) * over_ties_mwh)


def _share(plan: PublishedPlan) -> float:
    """Heat of a plant outside its band of what its group sends."""
    heat, group = plan.values("plant_heat"), plan.names("plant_share_group")
    price = np.nan_to_num(plan.values("plant_share_band_price"), nan=0.0)
    yuan = 0.0
    for p in np.flatnonzero(group != ""):
        total = heat[group == group[p]].sum(axis=0)
        low, high = (plan.values(f"plant_share_{end}")[p] * total for end in ("min", "max"))
        outside_mw = _over(low - heat[p]) + _over(heat[p] - high)
        yuan += float(price[p] * outside_mw.sum()) * plan.step_h
    return yuan


def _yard_reserve(plan: PublishedPlan) -> float:
    """Stock taken from the bottom layer at a day's end, and reserve missing at the last one.

    What is taken from the bottom layer does not count as missing from the reserve too; nor does
    what was never there.
    """
    stock, unusable = _over(plan.values("yard_stock")), plan.values("yard_unusable")
    ends_h = np.arange(1, stock.shape[1] + 1) * plan.step_h
    closing = np.isclose(np.round(ends_h / DAY_H) * DAY_H, ends_h)
    closing[-1] = True
    bottom = np.minimum(unusable, plan.values("yard_stock_before"))
    taken = _over(bottom[:, np.newaxis] - stock[:, closing]).max(axis=1, initial=0.0)
    missing = _over(plan.values("yard_reserve") + unusable - stock[:, -1] - taken)
    reserve_yuan = plan.attribute(Price.BELOW_RESERVE) * missing.sum()
    return float(reserve_yuan + plan.attribute(Price.EMERGENCY_COAL) * taken.sum())


def _coal_need(plan: PublishedPlan) -> float:
    """What is missing of each stock that may be needed, times how likely it is and its price."""
    if "yard_need_level" not in plan.schedule:
        return 0.0
    there_t = _over(plan.values("yard_stock")[:, -1]) + plan.values("yard_added_later")
    missing_t = _over(plan.values("yard_need_level") - there_t[:, np.newaxis])
    expected_t = (missing_t * np.nan_to_num(plan.values("yard_need_probability"))).sum(axis=1)
    return float(plan.values("yard_short_price") @ expected_t)


# ---- rooms and setpoints -------------------------------------------------------------------


def _room_terms(plan: PublishedPlan, room: Rooms) -> dict[CostTerm, float]:
    """Degree hours at step ends of commanded rooms, as they follow from their heat.

    The law is due where the floor is at least as high; below that the frost guard is.
    """
    attrs, indoor = plan.schedule.attrs, rolled_c(plan, room)
    floor, target = plan.values("station_floor"), plan.values("station_target")
    legal = float(attrs.get("legal_min_c", LEGAL_MIN_C))
    frost = float(attrs.get("frost_guard_c", FROST_GUARD_C))
    law = np.where(floor >= legal, legal, np.minimum(frost, floor))
    weight = np.where(plan.controllable, plan.values("station_weight"), 0.0)
    beyond = {
        CostTerm.ROOMS_BELOW_LEGAL: (Price.BELOW_LEGAL, law - indoor),
        CostTerm.ROOMS_BELOW_FLOOR: (
            Price.BELOW_FLOOR,
            np.minimum(floor - indoor, floor - law),
        ),
        CostTerm.ROOMS_BELOW_TARGET: (
            Price.BELOW_TARGET,
            np.minimum(target - indoor, target - floor),
        ),
        CostTerm.ROOMS_ABOVE_UPPER: (
            Price.ABOVE_UPPER,
            indoor - float(attrs.get("upper_c", UPPER_C)),
        ),
    }
    return {
        term: float(plan.attribute(price) * (weight @ np.maximum(k, 0.0).sum(axis=1))) * plan.step_h
        for term, (price, k) in beyond.items()
    }


def _steps_k(plan: PublishedPlan) -> FloatArray:
    """(station, block) change of commanded setpoints since the last block in service, K.

    Nothing where a station is out of service, or where no setpoint is known before.
    """
    supply, there = plan.values("station_supply"), plan.values("station_heat_max") > 0
    steps = np.zeros_like(supply)
    for s in np.flatnonzero(plan.controllable):
        known = np.append(plan.values("station_setpoint_before")[s], supply[s, there[s]])
        steps[s, there[s]] = np.nan_to_num(np.abs(np.diff(known)), nan=0.0)
    return steps


def _setpoint_change(plan: PublishedPlan) -> float:
    """K beyond the limit of a block, and beyond that of 24 h where the plan holds both blocks."""
    supply, there = plan.values("station_supply"), plan.values("station_heat_max") > 0
    over = _over(_steps_k(plan) - plan.values("station_step_limit")[:, np.newaxis])
    start = plan.times("block_start")
    for k, moment in enumerate(start):
        held = np.flatnonzero(start <= moment - np.timedelta64(24, "h"))
        if held.size:
            j = int(held[-1])
            day = np.abs(supply[:, k] - supply[:, j]) - plan.values("station_day_limit")
            ours = plan.controllable & there[:, k] & there[:, j]
            over[:, k] += np.where(ours, _over(day), 0.0)
    area = plan.values("station_area") / 1e4
    return float(plan.attribute(Price.SETPOINT_CHANGE) * (area @ over.sum(axis=1)))


def _setpoint_turns(plan: PublishedPlan) -> float:
    """K within the limit of a block."""
    limit = plan.values("station_step_limit")[:, np.newaxis]
    within = np.minimum(_steps_k(plan), limit).sum(axis=1)
    return float((plan.values("station_turn_price") * plan.values("station_area") / 1e4) @ within)


_BY_PLAN: dict[CostTerm, Callable[[PublishedPlan], float]] = {
    CostTerm.FUEL: _fuel,
    CostTerm.POWER_CREDIT: _power_credit,
    CostTerm.POWER_SOLD: _power_sold,
    CostTerm.POWER_BOUGHT: _power_bought,
    CostTerm.POWER_OFF_SCHEDULE: _power_off_schedule,
    CostTerm.STARTS: _starts,
    CostTerm.LEAST_LOAD: _least_load,
    CostTerm.HEAT_ORDER: _heat_order,
    CostTerm.SOURCE_CHANGE: _source_change,
    CostTerm.SURPLUS_HEAT: _surplus,
    CostTerm.UNSERVED_THIRD_PARTY: _unserved,
    CostTerm.MAINS: _mains,
    CostTerm.SHARE: _share,
    CostTerm.YARD_RESERVE: _yard_reserve,
    CostTerm.COAL_NEED: _coal_need,
    CostTerm.PINS: pins_yuan,
    CostTerm.SETPOINT_CHANGE: _setpoint_change,
    CostTerm.SETPOINT_TURNS: _setpoint_turns,
}
