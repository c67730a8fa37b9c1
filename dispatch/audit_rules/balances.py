"""Heat and fuel neither appear nor vanish: plants, zones, the whole network, coal yards."""

import numpy as np

from dispatch.audit_rules.pipes import pipe_content_end_mwh
from dispatch.audit_rules.published import (
    BALANCE_ALLOWED,
    FloatArray,
    PublishedPlan,
    finding,
    worst_of,
)
from dispatch.audit_rules.rule import Rule
from dispatch.audit_rules.storage import given_mw, tanks
from dispatch.plan import AuditFinding


def check_plants(plan: PublishedPlan) -> AuditFinding:
    """Σ source_heat of a plant = plant_heat = Σ link_sent from it, per step; of mean load."""
    heat = plan.values("plant_heat")
    count = heat.shape[0]
    made = plan.sum_by(
        plan.values("source_heat"), plan.index_of(plan.names("source_plant"), "plant"), count
    )
    sent = plan.sum_by(
        plan.values("link_sent"), plan.index_of(plan.names("link_from"), "plant"), count
    )
    breach = np.maximum(np.abs(made - heat), np.abs(sent - heat)) / plan.mean_load_mw
    return finding(plan, Rule.PLANT_BALANCE, breach, ("plant", "time"), BALANCE_ALLOWED)


def check_zones(plan: PublishedPlan) -> AuditFinding:
    """Σ (arrival − loss) of links − Σ sent by ties from the zone = served + surplus, and served =
    Σ station heat of the block.

    Per zone and step, relative to the mean load of the network.
    """
    served = plan.values("zone_served")
    zones, steps = served.shape
    net = (plan.values("link_arrival") - plan.values("link_loss"))[:, :steps]
    arriving = plan.sum_by(net, plan.index_of(plan.names("link_to"), "zone"), zones)
    from_zone = plan.index_of(plan.names("link_from"), "zone")
    arriving = arriving - plan.sum_by(plan.values("link_sent"), from_zone, zones)
    taken = plan.sum_by(
        plan.values("station_heat") / 1000,
        plan.index_of(plan.names("station_zone"), "zone"),
        zones,
    )[:, plan.block_of_step]
    missing = np.abs(arriving - served - plan.values("zone_surplus"))
    breach = np.maximum(missing, np.abs(taken - served)) / plan.mean_load_mw
    return finding(plan, Rule.ZONE_BALANCE, breach, ("zone", "time"), BALANCE_ALLOWED)


def check_network(plan: PublishedPlan) -> AuditFinding:
    """Energy of the horizon: Σ sources − losses − surplus − change of pipes and tanks = Σ served.

    Served is taken from the stations, so that this balance does not lean on the zones' figures;
    and what tanks give, losses off, from their content, so that it does not lean on their heat.
    """
    step_h = plan.step_h
    steps = plan.times("time").size
    made = plan.values("source_heat")[~tanks(plan)].sum() * step_h
    made += given_mw(plan).sum() * step_h
    lost = plan.values("link_loss")[:, :steps].sum() * step_h
    surplus = plan.values("zone_surplus").sum() * step_h
    stored = plan.values("link_arrival_stored").sum()
    change = pipe_content_end_mwh(plan).sum() - stored
    served = plan.values("station_heat")[:, plan.block_of_step].sum() / 1000 * step_h
    scale = plan.mean_load_mw * steps * step_h
    breach = np.array(abs(made - lost - surplus - change - served) / scale)
    return finding(plan, Rule.NETWORK_BALANCE, breach, (), BALANCE_ALLOWED)


def check_yards(plan: PublishedPlan) -> AuditFinding:
    """Burn = Σ fuel·Δ / MWh per t of the yard's sources; stock = (1 − λΔ)·before + in − burn.

    The fuel is that of the whole unit, or a CHP's accounting fuel for heat where the optional
    variable `yard_covers_heat_share` is 1. Relative to the mean burn of a step over all yards.
    """
    burn, stock = plan.values("yard_burn"), plan.values("yard_stock")
    scale = max(float(np.abs(burn).mean()) if burn.size else 0.0, 1e-3)
    before = np.column_stack([plan.values("yard_stock_before"), stock[:, :-1]])
    kept = 1.0 - plan.values("yard_loss_rate")[:, np.newaxis] * plan.step_h
    book = kept * before + plan.values("yard_delivery") - burn
    dims = ("yard", "time")
    return worst_of(
        *(
            finding(plan, Rule.YARD_BALANCE, np.abs(off) / scale, dims, BALANCE_ALLOWED)
            for off in (_burn_t(plan) - burn, book - stock)
        )
    )


def _burn_t(plan: PublishedPlan) -> FloatArray:
    """(yard, time) tonnes that the fuel of the yard's sources comes to."""
    owner = plan.index_of(plan.names("source_yard"), "yard")
    mwh_per_t = plan.values("yard_mwh_per_t")
    fuel, accounting = plan.values("source_fuel"), plan.values("source_fuel_accounting")
    corners = plan.values("source_vertex_heat")
    is_chp = np.isfinite(corners[:, :1])  # padding comes last
    whole = plan.sum_by(fuel, owner, mwh_per_t.size)
    for_heat = plan.sum_by(np.where(is_chp, accounting, fuel), owner, mwh_per_t.size)
    covers_heat = np.zeros(mwh_per_t.size)
    if "yard_covers_heat_share" in plan.schedule:
        covers_heat = plan.values("yard_covers_heat_share")
    drawn = np.where(covers_heat[:, np.newaxis] > 0.5, for_heat, whole)
    each = plan.values("source_start_fuel")[:, np.newaxis]
    starts = plan.sum_by(plan.values("source_started") * each, owner, mwh_per_t.size)
    burnt = drawn * plan.step_h + starts
    return np.asarray(burnt / mwh_per_t[:, np.newaxis], dtype=np.float64)


def check_yard_stock(plan: PublishedPlan) -> AuditFinding:
    """No yard below empty, t.

    Soft: units that must run may find nothing there, which the verdict tells as what it is.
    """
    breach = -plan.values("yard_stock")
    return finding(plan, Rule.YARD_STOCK, breach, ("yard", "time"), 1e-3, soft=True)


def check_yard_unusable(plan: PublishedPlan) -> AuditFinding:
    """Soft: stock below the bottom layer that cannot be burnt in ordinary times, t."""
    breach = plan.values("yard_unusable")[:, np.newaxis] - plan.values("yard_stock")
    return finding(plan, Rule.YARD_UNUSABLE, breach, ("yard", "time"), 1e-3, soft=True)
