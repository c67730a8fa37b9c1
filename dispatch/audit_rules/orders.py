"""Soft: bought heat keeps to the order that stands, and to what is paid for anyway."""

import numpy as np

from dispatch.audit_rules.published import PublishedPlan, finding
from dispatch.audit_rules.rule import Rule
from dispatch.plan import AuditFinding

ORDER_ALLOWED_MW = 1e-3


def check_orders(plan: PublishedPlan) -> AuditFinding:
    """|heat − ordered| ≤ tolerance · ordered where an order stands, heat ≥ least; MW beyond."""
    heat, ordered = plan.values("source_heat"), plan.values("source_ordered")
    tolerance = plan.values("source_order_tolerance")[:, np.newaxis]
    off = np.abs(heat - ordered) - tolerance * ordered
    missed = plan.values("source_order_least") - heat
    breach = np.maximum(np.nan_to_num(off, nan=0.0), np.nan_to_num(missed, nan=0.0))
    return finding(plan, Rule.HEAT_ORDER, breach, ("source", "time"), ORDER_ALLOWED_MW, soft=True)
