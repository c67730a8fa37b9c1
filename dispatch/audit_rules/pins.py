"""The dispatcher's pins: what the plan is said to have of them is what it has, and what that costs.

Whether a pin is kept is no fault of a plan: units, mains and the grid come first. It is told.
"""

import numpy as np

from dispatch.audit_rules.published import FloatArray, PublishedPlan, finding
from dispatch.audit_rules.rule import Rule
from dispatch.audit_rules.shares import true_shares
from dispatch.messages import say
from dispatch.plan import AuditFinding

SAME = 1e-6  # of the value
OF_LOOPS = {
    "secondary_supply_c": "station_supply",
    "heat_kw": "station_heat",
    "indoor_target_c": "station_indoor",
}


def check_pins(plan: PublishedPlan) -> AuditFinding:
    """pin_planned is what sources, plants, mains and stations have while a pin holds."""
    if "pin_what" not in plan.schedule:
        return AuditFinding(Rule.PIN_FIGURES, 0.0, SAME, say("audit.place_none"))
    told = plan.values("pin_planned")
    there = np.array([_planned(plan, pin) for pin in range(told.shape[0])])
    held = plan.values("pin_held") > 0.5
    scale = np.maximum(np.abs(plan.values("pin_value")), 1.0)[:, np.newaxis]
    off = np.where(np.isnan(told) & np.isnan(there), 0.0, np.abs(told - there) / scale)
    return finding(plan, Rule.PIN_FIGURES, np.where(held, off, 0.0), ("pin", "time"), SAME)


def pins_yuan(plan: PublishedPlan) -> float:
    """What it costs to be off pins that have a price: MW, or units, times hours."""
    if "pin_what" not in plan.schedule:
        return 0.0
    kinds, things = plan.names("pin_what"), plan.names("pin_thing")
    least, most = plan.values("pin_least"), plan.values("pin_most")
    price, yuan = plan.values("pin_price"), 0.0
    for pin in np.flatnonzero(price > 0.0):
        there, unit = _planned(plan, int(pin)), np.ones(least.shape[1])
        if kinds[pin] == "share":
            heat, group = plan.values("plant_heat"), plan.names("plant_share_group")
            row = plan.names("plant").tolist().index(things[pin])
            there, unit = heat[row], heat[group == group[row]].sum(axis=0)
        low = np.nan_to_num(least[pin] * unit - there, nan=0.0)
        high = np.nan_to_num(there - most[pin] * unit, nan=0.0)
        off = np.maximum(low, 0.0) + np.maximum(high, 0.0)
        yuan += float(price[pin] * off.sum()) * plan.step_h
    return yuan


def _planned(plan: PublishedPlan, pin: int) -> FloatArray:
    """(time,) what the plan has of a pinned thing; NaN where it has no such thing."""
    kind, thing = str(plan.names("pin_what")[pin]), str(plan.names("pin_thing")[pin])
    steps = plan.times("time").size
    if kind in OF_LOOPS:
        return _of_loops(plan, kind, _loops(plan, kind, thing), plan.values("pin_value")[pin])
    if kind in ("share", "supply_temp_c"):
        dim, values = "plant", true_shares(plan)
        if kind == "supply_temp_c":
            values = plan.values("plant_supply_temp")[:, plan.block_of_step]
        names = plan.names(dim).tolist()
    elif ">" in thing:
        starts, ends = plan.names("link_from"), plan.names("link_to")
        names = [f"{start}>{end}" for start, end in zip(starts, ends, strict=True)]
        values = plan.values("link_sent")
    else:
        names = plan.names("source").tolist()
        values = plan.values("source_units_on" if kind == "units_on" else "source_heat")
    return values[names.index(thing)] if thing in names else np.full(steps, np.nan)


def _loops(plan: PublishedPlan, kind: str, thing: str) -> list[int]:
    """Commanded loops that a name means: `station`, `station.loop`, `station/loop`, or a zone."""
    ours = np.flatnonzero(plan.controllable).tolist()
    labels = plan.names("station")
    found = [
        s for s in ours if labels[s] == thing.replace("/", ".") or labels[s].startswith(f"{thing}.")
    ]
    if not found and kind == "indoor_target_c":
        zone = plan.names("station_zone")
        return [s for s in ours if zone[s] == thing]
    return found


def _of_loops(plan: PublishedPlan, kind: str, rows: list[int], value: float) -> FloatArray:
    """(time,) the loop farthest from the pin, or the coldest room."""
    steps = plan.times("time").size
    if not rows:
        return np.full(steps, np.nan)
    values = plan.values(OF_LOOPS[kind])[rows]
    if kind == "indoor_target_c":
        return np.asarray(values.min(axis=0))
    by_step = values[:, plan.block_of_step]
    return np.asarray(by_step[np.abs(by_step - value).argmax(axis=0), np.arange(steps)])
