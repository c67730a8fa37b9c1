"""What sources, links and stations can do: outputs, ramps, capacities, signs, coal for heat."""

import numpy as np

from dispatch.audit_rules.published import (
    BALANCE_ALLOWED,
    FloatArray,
    PublishedPlan,
    finding,
    worst_of,
)
from dispatch.audit_rules.rule import Rule
from dispatch.plan import AuditFinding
from dispatch.schedule import VARIABLES

MACHINE_ALLOWED = 1e-5  # of the largest output: the solver's feasibility tolerance, with room
STATION_ALLOWED = 1e-4  # of design heat
BEST_EFFICIENCY = 1.2  # on lower heating value, with flue-gas condensation: heat + power over fuel
OFF_MW = 1e-6
PART_OF_UNIT = 1e-6  # less of a unit is none
NOT_NEGATIVE: tuple[str, ...] = (
    "source_fuel",
    "source_fuel_accounting",
    "source_units_on",
    "plant_heat",
    "plant_flow",
    "link_sent",
    "link_arrival",
    "link_arrival_stored",
    "link_loss",
    "zone_served",
    "zone_surplus",
    "station_heat",
    "station_heat_due",
    "station_primary_flow",
    "yard_burn",
    "yard_delivery",
)


def _rated_mw(plan: PublishedPlan) -> FloatArray:
    """(source, 1) largest output that the source has in the horizon, MW, at least 1."""
    most = plan.values("source_max_heat")
    return np.asarray(np.maximum(np.abs(most).max(axis=1, keepdims=True), 1.0))


def check_sources(plan: PublishedPlan) -> AuditFinding:
    """source_min_heat ≤ source_heat ≤ source_max_heat, of the largest output."""
    heat = plan.values("source_heat")
    outside = np.maximum(
        plan.values("source_min_heat") - heat, heat - plan.values("source_max_heat")
    )
    breach = outside / _rated_mw(plan)
    return finding(plan, Rule.SOURCE_LIMITS, breach, ("source", "time"), MACHINE_ALLOWED)


def check_ramps(plan: PublishedPlan) -> AuditFinding:
    """|change of source_heat| ≤ source_ramp·Δ, from source_heat_before on; of largest output.

    Each unit that starts or stops may step by its minimum output besides, and an outage takes
    down as much as it takes off the maximum, or off the mains that leave the plant. Where whole
    units are decided only those on have a ramp. A tank's flow into it is held alike, and before
    the first step it can always be stopped.
    """
    heat, most = plan.values("source_heat"), plan.values("source_max_heat")
    before = np.concatenate(
        [plan.values("source_heat_before")[:, np.newaxis], heat[:, :-1]], axis=1
    )
    ramp = plan.values("source_ramp")[:, np.newaxis] * plan.step_h * np.ones_like(heat)
    running = _share_running(plan)
    start, stop = _unit_steps_mw(plan, before)
    lost = np.maximum(-np.diff(most, axis=1, prepend=most[:, :1]), 0.0)
    lost += _lost_outlet_mw(plan)
    lost[:, 0] = np.maximum(before[:, 0] - most[:, 0] - ramp[:, 0], 0.0)
    lost[:, 0] += plan.values("source_units_gone")[:, 0] * plan.values("source_unit_most")
    lost[:, 0] += np.maximum(_no_outlet_at_start_mw(plan), _shut_at_start_mw(plan))
    up = heat - before - ramp * running[:, 1:] - start
    down = before - heat - ramp * running[:, :-1] - stop - lost
    up -= _lost_charge_mw(plan)
    tank = np.isfinite(plan.values("source_energy"))
    most_first = np.maximum(before[:, 0] + ramp[:, 0], 0.0)
    least_first = np.minimum(before[:, 0] - ramp[:, 0], 0.0)
    up[:, 0] = np.where(tank, heat[:, 0] - most_first, up[:, 0])
    down[:, 0] = np.where(tank, least_first - heat[:, 0], down[:, 0])
    breach = np.maximum(up, down) / _rated_mw(plan)
    return finding(plan, Rule.SOURCE_RAMP, breach, ("source", "time"), MACHINE_ALLOWED)


def _share_running(plan: PublishedPlan) -> FloatArray:
    """(source, 1 + time) part of the units on, from before the plan on; 1 where none decides."""
    before = plan.values("source_units_before")[:, np.newaxis]
    on = np.concatenate([before, plan.values("source_units_on")], axis=1)
    decided = plan.values("source_commitment")[:, np.newaxis] > 0.5
    count = np.maximum(plan.values("source_unit_count"), 1.0)[:, np.newaxis]
    return np.where(decided, on / count, 1.0)


def _no_outlet_at_start_mw(plan: PublishedPlan) -> FloatArray:
    """(source,) heat before the plan that its plant's mains cannot take in the first step, MW."""
    own = plan.names("source_plant")[:, np.newaxis] == plan.names("link_from")[np.newaxis, :]
    outlet = own.astype(float) @ plan.values("link_capacity")[:, 0]
    plants = plan.index_of(plan.names("source_plant"), "plant")
    before = plan.sum_by(plan.values("source_heat_before"), plants, int(plants.max()) + 1)
    return np.asarray(np.maximum(before[plants] - outlet, 0.0), dtype=np.float64)


def _shut_at_start_mw(plan: PublishedPlan) -> FloatArray:
    """(source,) heat that mains of its plant took before the plan and cannot take now, MW."""
    own = plan.names("source_plant")[:, np.newaxis] == plan.names("link_from")[np.newaxis, :]
    over = plan.values("link_sent_before") - plan.values("link_capacity")[:, 0]
    return np.asarray(own.astype(float) @ np.maximum(over, 0.0), dtype=np.float64)


def _lost_outlet_mw(plan: PublishedPlan) -> FloatArray:
    """(source, time) capacity of its plant's mains that goes at a step, MW."""
    own = plan.names("source_plant")[:, np.newaxis] == plan.names("link_from")[np.newaxis, :]
    capacity = own.astype(float) @ plan.values("link_capacity")
    change = np.diff(capacity, axis=1, prepend=capacity[:, :1])
    return np.asarray(np.maximum(-change, 0.0), dtype=np.float64)


def _lost_charge_mw(plan: PublishedPlan) -> FloatArray:
    """(source, time) by how much a tank can take in less than a step before, MW; 0 for others."""
    least = np.minimum(plan.values("source_min_heat"), 0.0)
    return np.asarray(np.maximum(np.diff(least, axis=1, prepend=least[:, :1]), 0.0))


def _unit_steps_mw(plan: PublishedPlan, before: FloatArray) -> tuple[FloatArray, FloatArray]:
    """(source, time) minimum output of the units that start, and of those that stop, MW.

    A part of a unit, where the plan does not decide whole units, counts as one. Units running
    before the first step are not in the plan: none if there was no heat, else unchanged.
    """
    units, least = plan.values("source_units_on"), plan.values("source_min_heat")
    on = units > PART_OF_UNIT
    per_unit = np.where(on, least / np.where(on, units, 1.0), 0.0).max(axis=1, keepdims=True)
    change = np.diff(units, axis=1, prepend=units[:, :1])
    change[:, 0] = np.where(before[:, 0] <= OFF_MW, units[:, 0], 0.0)
    start = per_unit * np.ceil(np.maximum(change - PART_OF_UNIT, 0.0))
    stop = per_unit * np.ceil(np.maximum(-change - PART_OF_UNIT, 0.0))
    stop[:, 0] = np.where(on[:, 0], 0.0, before[:, 0])
    decided = plan.values("source_commitment")[:, np.newaxis] > 0.5
    least = plan.values("source_unit_least")[:, np.newaxis]
    start = np.where(decided, least * plan.values("source_started"), start)
    stop = np.where(decided, least * plan.values("source_stopped"), stop)
    return start, stop


def check_fuel(plan: PublishedPlan) -> AuditFinding:
    """No heat without coal: heat + power ≤ 1.2 × fuel at sources with a yard; of largest output.

    `fuel.py` checks the curves; this one trusts not even them.
    """
    useful = np.maximum(plan.values("source_heat"), 0.0) + plan.values("source_power")
    has_yard = (plan.names("source_yard") != "")[:, np.newaxis]
    free = useful - BEST_EFFICIENCY * plan.values("source_fuel")
    breach = np.where(has_yard, free, 0.0) / _rated_mw(plan)
    return finding(plan, Rule.SOURCE_FUEL, breach, ("source", "time"), MACHINE_ALLOWED)


def check_links(plan: PublishedPlan) -> AuditFinding:
    """link_sent ≤ link_capacity, of the largest capacity."""
    most = plan.values("link_capacity")
    scale = np.maximum(most.max(axis=1, keepdims=True, initial=0.0), 1.0)
    breach = (plan.values("link_sent") - most) / scale
    return finding(plan, Rule.LINK_CAPACITY, breach, ("link", "time"), MACHINE_ALLOWED)


def check_stations(plan: PublishedPlan) -> AuditFinding:
    """station_heat_min ≤ station_heat ≤ station_heat_max where the plan sets it; of design."""
    heat = plan.values("station_heat")
    outside = np.maximum(
        plan.values("station_heat_min") - heat, heat - plan.values("station_heat_max")
    )
    ours = np.where(plan.controllable[:, np.newaxis], outside, 0.0)
    breach = ours / np.maximum(plan.values("station_design_heat"), 1.0)[:, np.newaxis]
    return finding(plan, Rule.STATION_LIMITS, breach, ("station", "block"), STATION_ALLOWED)


def check_third_party(plan: PublishedPlan) -> AuditFinding:
    """Stations run by others are never served more than their curve asks for; of design."""
    more = plan.values("station_heat") - plan.values("station_heat_due")
    theirs = np.where(plan.controllable[:, np.newaxis], 0.0, more)
    breach = theirs / np.maximum(plan.values("station_design_heat"), 1.0)[:, np.newaxis]
    return finding(plan, Rule.THIRD_PARTY_DUE, breach, ("station", "block"), MACHINE_ALLOWED)


def check_signs(plan: PublishedPlan) -> AuditFinding:
    """No heat, fuel, loss or flow below zero, of the largest value of its kind or of mean load.

    A heat store may take heat in: source_heat is held by its own limits, below zero or not.
    """
    found = []
    for name in NOT_NEGATIVE:
        values = plan.values(name)
        load = plan.mean_load_mw if VARIABLES[name].units in ("MW", "MWh") else 1.0
        scale = max(float(np.nanmax(np.abs(values), initial=0.0)), load)
        breach = np.nan_to_num(-values / scale)  # NaN only where nothing flows
        found.append(finding(plan, Rule.NO_NEGATIVE, breach, VARIABLES[name].dims, BALANCE_ALLOWED))
    return worst_of(*found)
