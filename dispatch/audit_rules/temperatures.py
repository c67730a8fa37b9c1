"""Water temperatures and flows that are published fit the heat they are to carry."""

import numpy as np

from dispatch.audit_rules.limits import STATION_ALLOWED
from dispatch.audit_rules.published import (
    WATER_KJ_PER_KG_K,
    BoolArray,
    FloatArray,
    PublishedPlan,
    finding,
)
from dispatch.audit_rules.rule import Rule
from dispatch.plan import AuditFinding

SETPOINT_STEP_K = 0.5
CURVE_ALLOWED_K = 0.1
CURVE_BASE_C = 18.0  # t_n' of H F1, F8: station_design_heat is on this base
LOG_MEAN_BELOW = 0.5  # relative flow, note to H F8
APPROACH_K = 0.3  # primary return above secondary return, H §6
WATER_HEAT_ALLOWED = 1e-3  # the heat capacity of water moves by more than this over 40–120 °C
LITTLE = 1e-6  # of design heat: less is none
PER_BLOCK = ("station", "block")


def _heated(plan: PublishedPlan) -> BoolArray:
    """(station, block) true where the loop takes heat."""
    design = np.maximum(plan.values("station_design_heat"), 1.0)[:, np.newaxis]
    return np.asarray(plan.values("station_heat") > LITTLE * design, dtype=np.bool_)


def _where_heated(plan: PublishedPlan, breach: FloatArray) -> FloatArray:
    return np.where(_heated(plan), breach, 0.0)


def check_setpoints(plan: PublishedPlan) -> AuditFinding:
    """Setpoints we command are multiples of 0.5 K within the loop's supply limits, K."""
    supply = plan.values("station_supply")
    off_grid = np.abs(supply - np.round(supply / SETPOINT_STEP_K) * SETPOINT_STEP_K)
    low = plan.values("station_supply_min")[:, np.newaxis] - supply
    high = supply - plan.values("station_supply_max")[:, np.newaxis]
    breach = np.maximum(off_grid, np.maximum(low, high))
    ours = np.where(plan.controllable[:, np.newaxis], breach, 0.0)
    return finding(plan, Rule.SUPPLY_SETPOINT, ours, PER_BLOCK, 1e-6)


def check_curve(plan: PublishedPlan) -> AuditFinding:
    """Supply, return, heat and room of a loop agree on the regulation curve, K (H F8).

    Heat is constant over a block and the room moves, so t_n may be any room temperature of the
    block: only what lies beyond counts. F8 asks for the logarithmic mean below Ḡ = 0.5; up to
    Ḡ = 1 either mean will do, for some wide designs have no arithmetic solution. A loop at its
    most heat may fall short of its setpoint.
    """
    flow = plan.values("station_relative_flow")[:, np.newaxis]
    arithmetic = _curve_breach_k(plan, log_mean=False)
    logarithmic = _curve_breach_k(plan, log_mean=True)
    nearer = np.where(flow < 1, np.minimum(arithmetic, logarithmic), arithmetic)
    breach = np.where(flow < LOG_MEAN_BELOW, logarithmic, nearer)
    return finding(
        plan, Rule.REGULATION_CURVE, _where_heated(plan, breach), PER_BLOCK, CURVE_ALLOWED_K
    )


def _curve_breach_k(plan: PublishedPlan, *, log_mean: bool) -> FloatArray:
    """(station, block) how far the room that supply or return asks for is outside the block's.

    F8 with x = (Q̄/φ)^(1/n), Q̄ = heat over design heat, spread s = (t_g' − t_h')·Q̄/Ḡ:
    t_g = t_n + m·x + s/2 with the arithmetic mean m = ½(t_g' + t_h') − 18, or by the log mean
    difference m = s'/ln((t_g' − 18)/(t_h' − 18)), t_g = t_n + s/(1 − e^(−s/(m·x))); t_h = t_g − s.
    """

    def column(name: str) -> FloatArray:
        return plan.values(name)[:, np.newaxis]

    load = plan.values("station_heat") / np.maximum(column("station_design_heat"), 1e-9)
    load = np.where(_heated(plan), load, 1.0)
    hot = column("station_design_supply") - CURVE_BASE_C
    cold = column("station_design_return") - CURVE_BASE_C
    spread = (hot - cold) * load / column("station_relative_flow")
    root = (load / column("station_oversize")) ** (1 / column("station_exponent"))
    if log_mean:
        mean = (hot - cold) / np.log(hot / cold) * root
        above_room = spread / -np.expm1(-spread / mean)
    else:
        above_room = (hot + cold) / 2 * root + spread / 2
    coldest, warmest = _room_range(plan)
    by_supply = plan.values("station_supply") - above_room
    by_return = plan.values("station_return") - above_room + spread
    most = plan.values("station_heat_max")
    at_most = plan.values("station_heat") >= most - STATION_ALLOWED * np.abs(most)
    low = np.minimum(by_supply, by_return)
    high = np.maximum(np.where(at_most, by_return, by_supply), by_return)
    return np.maximum(coldest - low, high - warmest)


def _room_range(plan: PublishedPlan) -> tuple[FloatArray, FloatArray]:
    """(station, block) coldest and warmest room of each block; inside a step it is monotone."""
    after = plan.values("station_indoor")
    first = plan.values("station_indoor_before")[:, np.newaxis]
    before = np.concatenate([first, after[:, :-1]], axis=1)
    starts = plan.first_step_of_block
    coldest = np.minimum.reduceat(np.minimum(before, after), starts, axis=1)
    warmest = np.maximum.reduceat(np.maximum(before, after), starts, axis=1)
    return coldest, warmest


def check_secondary(plan: PublishedPlan) -> AuditFinding:
    """Secondary supply is above the return wherever heat is taken, K."""
    breach = plan.values("station_return") - plan.values("station_supply")
    breach = np.where(breach == 0, 1e-6, breach)  # equal temperatures carry no heat
    return finding(plan, Rule.SECONDARY_ORDER, _where_heated(plan, breach), PER_BLOCK, 0.0)


def check_primary(plan: PublishedPlan) -> AuditFinding:
    """Primary supply ≥ secondary supply, primary return ≥ secondary return + 0.3 K (H §6), K.

    A station run by others with its valve wide open may wish for hotter water than there is.
    """
    supply = plan.values("station_supply") - plan.values("station_primary_supply")
    supply = np.where(_wide_open_theirs(plan), 0.0, supply)
    back = plan.values("station_return") + APPROACH_K - plan.values("station_primary_return")
    breach = _where_heated(plan, np.maximum(supply, back))
    return finding(plan, Rule.PRIMARY_ORDER, breach, PER_BLOCK, 1e-6)


def check_primary_heat(plan: PublishedPlan) -> AuditFinding:
    """Q = c·G·(t₁g − t₁h)/3.6 of each station and block (H F9), kW over kW.

    A station run by others may ask for more than its open valve lets through: then less is fine.
    """
    spread = plan.values("station_primary_supply") - plan.values("station_primary_return")
    carried = WATER_KJ_PER_KG_K * plan.values("station_primary_flow") * spread / 3.6
    heat = plan.values("station_heat")
    heated = _heated(plan)
    gap = np.where(_wide_open_theirs(plan), np.maximum(carried - heat, 0.0), np.abs(carried - heat))
    breach = np.where(heated, gap / np.where(heated, heat, 1.0), 0.0)
    return finding(plan, Rule.PRIMARY_HEAT, breach, PER_BLOCK, WATER_HEAT_ALLOWED)


def _wide_open_theirs(plan: PublishedPlan) -> BoolArray:
    """(station, block) stations run by others that draw all their valve lets through."""
    most = plan.values("station_primary_flow_max")[:, np.newaxis] * (1 - WATER_HEAT_ALLOWED)
    open_: BoolArray = plan.values("station_primary_flow") >= most
    return np.asarray(~plan.controllable[:, np.newaxis] & open_, dtype=np.bool_)


def check_primary_flow(plan: PublishedPlan) -> AuditFinding:
    """Primary flow within the limit of the valve where the plan sets the heat, of the limit."""
    most = plan.values("station_primary_flow_max")[:, np.newaxis]
    over = plan.values("station_primary_flow") / np.maximum(most, 1e-9) - 1
    ours = np.where(plan.controllable[:, np.newaxis], _where_heated(plan, over), 0.0)
    return finding(plan, Rule.PRIMARY_FLOW_LIMIT, ours, PER_BLOCK, WATER_HEAT_ALLOWED)


def check_plant_water(plan: PublishedPlan) -> AuditFinding:
    """Q = c·G·(t_g − t_h)/3.6 of each plant, in block means (H F9), of the plant's heat."""
    heat = plan.block_mean(plan.values("plant_heat"))
    spread = plan.values("plant_supply_temp") - plan.values("plant_return_temp")
    carried = WATER_KJ_PER_KG_K * plan.values("plant_flow") * spread / 3600
    sending = heat > LITTLE
    breach = np.where(sending, np.abs(carried - heat) / np.where(sending, heat, 1.0), 0.0)
    return finding(plan, Rule.PLANT_WATER_HEAT, breach, ("plant", "block"), WATER_HEAT_ALLOWED)
