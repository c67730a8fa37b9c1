"""How plants split the heat: the published share is the true one, and lies in its band."""

import numpy as np

from dispatch.audit_rules.published import FloatArray, PublishedPlan, finding
from dispatch.audit_rules.rule import Rule
from dispatch.plan import AuditFinding

NO_HEAT_MW = 1e-3  # a group that sends less has no shares


def true_shares(plan: PublishedPlan) -> FloatArray:
    """(plant, time) heat over the heat of its share group; NaN outside one or without heat."""
    heat, group = plan.values("plant_heat"), plan.names("plant_share_group")
    share = np.full(heat.shape, np.nan)
    for name in np.unique(group[group != ""]):
        members = group == name
        total = heat[members].sum(axis=0)
        sending = total > NO_HEAT_MW
        share[np.ix_(members, sending)] = heat[np.ix_(members, sending)] / total[sending]
    return share


def check_share_figures(plan: PublishedPlan) -> AuditFinding:
    """plant_share is what the plants' heat comes to."""
    share = true_shares(plan)
    off = np.abs(plan.values("plant_share") - share)
    breach = np.where(np.isnan(share), 0.0, off)
    return finding(plan, Rule.SHARE_FIGURES, breach, ("plant", "time"), 1e-6)


def check_share_band(plan: PublishedPlan) -> AuditFinding:
    """Soft: shares stay within their band (a policy: leaving it has a price, H §13)."""
    share = true_shares(plan)
    low = plan.values("plant_share_min")[:, np.newaxis]
    high = plan.values("plant_share_max")[:, np.newaxis]
    breach = np.nan_to_num(np.maximum(low - share, share - high), nan=0.0)
    return finding(plan, Rule.SHARE_BAND, breach, ("plant", "time"), 1e-4, soft=True)
