"""The audit: no plan leaves the house unchecked (design §1).

Everything is worked out a second time from the numbers of the schedule and the documented
physics (`schedule.py`, handbook F6, F8, F9) and compared. On purpose nothing here shares code
with the forecast of demand, the formulation or the setpoints: a formula copied from there would
repeat its mistake. The rule against saying a thing twice (`style.md`) yields to that here.

Hard rules decide whether a plan may be published. Soft ones (shares, comfort, gentle changes)
are findings too, but state a fact about the plan, not a fault in it.
"""

import numpy as np
import xarray as xr

from dispatch.audit_rules.balances import (
    check_network,
    check_plants,
    check_yard_stock,
    check_yard_unusable,
    check_yards,
    check_zones,
)
from dispatch.audit_rules.buildings import (
    check_buildings,
    check_demand_factor,
    check_indoor,
    rooms,
)
from dispatch.audit_rules.changes import (
    check_plant_days,
    check_plant_steps,
    check_station_days,
    check_station_steps,
)
from dispatch.audit_rules.comfort import check_comfort
from dispatch.audit_rules.commitment import (
    check_max_starts,
    check_min_down,
    check_min_up,
    check_unit_changes,
    check_unit_load,
    check_whole_units,
)
from dispatch.audit_rules.contract import check_contract, check_finite, check_parameters
from dispatch.audit_rules.fuel import (
    check_fuel_curve,
    check_fuel_shares,
    check_polygon,
    check_power_asked,
)
from dispatch.audit_rules.limits import (
    check_fuel,
    check_links,
    check_ramps,
    check_signs,
    check_sources,
    check_stations,
    check_third_party,
)
from dispatch.audit_rules.objective import check_objective
from dispatch.audit_rules.orders import check_orders
from dispatch.audit_rules.pins import check_pins
from dispatch.audit_rules.pipes import check_link_loss, check_pipes
from dispatch.audit_rules.published import PublishedPlan
from dispatch.audit_rules.shares import check_share_band, check_share_figures
from dispatch.audit_rules.storage import check_storage, check_storage_limits
from dispatch.audit_rules.temperatures import (
    check_curve,
    check_plant_water,
    check_primary,
    check_primary_flow,
    check_primary_heat,
    check_secondary,
    check_setpoints,
)
from dispatch.messages import say
from dispatch.plan import AuditFinding, AuditReport

HARD_RULES = (
    check_demand_factor,
    check_plants,
    check_pipes,
    check_zones,
    check_network,
    check_yards,
    check_yard_stock,
    check_storage,
    check_storage_limits,
    check_sources,
    check_ramps,
    check_fuel,
    check_whole_units,
    check_unit_changes,
    check_unit_load,
    check_min_up,
    check_min_down,
    check_max_starts,
    check_polygon,
    check_fuel_curve,
    check_fuel_shares,
    check_links,
    check_link_loss,
    check_stations,
    check_third_party,
    check_signs,
    check_share_figures,
    check_setpoints,
    check_curve,
    check_secondary,
    check_primary,
    check_primary_heat,
    check_primary_flow,
    check_plant_water,
    check_pins,
)
SOFT_RULES = (
    check_share_band,
    check_orders,
    check_station_steps,
    check_station_days,
    check_plant_steps,
    check_plant_days,
    check_yard_unusable,
    check_power_asked,
)


def audit(schedule: xr.Dataset) -> AuditReport:
    """Check a schedule in the contract of `schedule.py`; one finding per rule.

    A schedule that breaks the contract, holds values that are not finite or parameters that
    cannot be, gets those findings alone: nothing else can be judged. Never raises for what the
    Dataset holds; absurd numbers may overflow, and what is then no number fails its rule.
    """
    contract = check_contract(schedule)
    if not contract.passed:
        return AuditReport((contract,))
    plan = PublishedPlan(schedule)
    first = (contract, check_finite(plan), check_parameters(plan))
    if not all(one.passed for one in first):
        return AuditReport(first)
    with np.errstate(all="ignore"):
        room = rooms(plan)
        return AuditReport(
            (
                *first,
                check_indoor(plan, room),
                check_buildings(plan, room),
                check_objective(plan, room),
                *(check(plan) for check in (*HARD_RULES, *SOFT_RULES)),
                *check_comfort(plan),
            )
        )


def describe(finding: AuditFinding) -> str:
    """One finding in words."""
    return say(
        f"audit.rule_{finding.rule}",
        worst=finding.worst,
        allowed=finding.allowed,
        where=finding.where,
    )
