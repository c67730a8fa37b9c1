"""Soft: setpoints move gently, from block to block and from day to day (H §10)."""

import numpy as np

from dispatch.audit_rules.published import FloatArray, PublishedPlan, finding
from dispatch.audit_rules.rule import Rule
from dispatch.plan import AuditFinding

DAY = np.timedelta64(86_400, "s")
TOLERANCE_K = 1e-6


def _over_a_day(plan: PublishedPlan, setpoint: FloatArray) -> FloatArray:
    """(..., block) change against the block 24 h earlier, K; 0 where the plan has none."""
    start = plan.times("block_start")
    earlier = np.searchsorted(start, start - DAY, side="right") - 1
    change = np.abs(setpoint - setpoint[..., earlier])
    return np.nan_to_num(np.where(earlier >= 0, change, 0.0), nan=0.0)


def _over_own_limit(plan: PublishedPlan, change: FloatArray, limit: str, usual: str) -> FloatArray:
    """Change of commanded setpoints, lowered by what a loop's own limit is above the usual one."""
    wider = plan.values(limit) - plan.attribute(usual)
    return np.where(plan.controllable[:, np.newaxis], change - wider[:, np.newaxis], 0.0)


def check_station_steps(plan: PublishedPlan) -> AuditFinding:
    """|Δ secondary supply| of a block, from the setpoint before the first block on, K.

    Loops with a timetable have a wider limit; theirs are counted from there.
    """
    supply = plan.values("station_supply")
    before = plan.values("station_setpoint_before")[:, np.newaxis]
    change = np.nan_to_num(np.abs(np.diff(supply, axis=1, prepend=before)), nan=0.0)
    ours = _over_own_limit(plan, change, "station_step_limit", "secondary_step_k")
    allowed = plan.attribute("secondary_step_k") + TOLERANCE_K
    return finding(plan, Rule.STATION_STEP, ours, ("station", "block"), allowed, soft=True)


def check_station_days(plan: PublishedPlan) -> AuditFinding:
    """|change of secondary supply| over 24 h, K."""
    change = _over_a_day(plan, plan.values("station_supply"))
    ours = _over_own_limit(plan, change, "station_day_limit", "secondary_day_k")
    allowed = plan.attribute("secondary_day_k") + TOLERANCE_K
    return finding(plan, Rule.STATION_DAY, ours, ("station", "block"), allowed, soft=True)


def check_plant_steps(plan: PublishedPlan) -> AuditFinding:
    """|Δ primary supply| of a block, K."""
    supply = plan.values("plant_supply_temp")
    change = np.nan_to_num(np.abs(np.diff(supply, axis=1, prepend=supply[:, :1])), nan=0.0)
    allowed = plan.attribute("supply_step_k") + TOLERANCE_K
    return finding(plan, Rule.PLANT_STEP, change, ("plant", "block"), allowed, soft=True)


def check_plant_days(plan: PublishedPlan) -> AuditFinding:
    """|change of primary supply| over 24 h, K."""
    change = _over_a_day(plan, plan.values("plant_supply_temp"))
    allowed = plan.attribute("supply_day_k") + TOLERANCE_K
    return finding(plan, Rule.PLANT_DAY, change, ("plant", "block"), allowed, soft=True)
