"""Is the Dataset what `schedule.py` promises? Every other rule relies on these two."""

from collections.abc import Iterator
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import numpy as np
import xarray as xr

from dispatch.audit_rules.published import BoolArray, PublishedPlan
from dispatch.audit_rules.rule import Rule
from dispatch.cost_terms import Price, cost_terms
from dispatch.messages import say, words
from dispatch.plan import AuditFinding
from dispatch.schedule import COAL, LOAD, PINS, PLACES, VARIABLES

COORDINATES = (
    *("time", "arrival_time", "departure"),
    *("source", "plant", "zone", "station", "yard", "cost_term"),
)
MOMENTS = ("block_start", "block_end")
POSITIVE_ATTRIBUTES = (
    "step_h",
    "secondary_step_k",
    "secondary_day_k",
    "supply_step_k",
    "supply_day_k",
)
OPTIONAL_NUMBERS = ("legal_min_c", "upper_c", "frost_guard_c")
OPTIONAL_VARIABLES = {  # 1 where a yard burns heat's part only; measured load; needs; pins; places
    "yard_covers_heat_share": ("yard",),
    **{name: rule.dims for name, rule in (LOAD | COAL | PINS | PLACES).items()},
}
NOT_NEGATIVE_ATTRIBUTES = ("wind_reference_m_per_s", *(price.value for price in Price))
OTHER_ATTRIBUTES = ("case_id", "plan_id", "timezone", "cost_yuan", "minimise")
REFERENCES = (  # names in a variable that must be labels of a dim; may they be empty?
    ("source_plant", "plant", False),
    ("source_yard", "yard", True),
    ("link_to", "zone", False),
    ("station_zone", "zone", False),
)
ABOVE_ZERO = (  # what physics divides by
    "station_area",
    "station_specific_loss",
    "station_heat_capacity",
    "station_design_heat",
    "station_relative_flow",
    "station_oversize",
    "station_exponent",
    "yard_mwh_per_t",
)
NAN_MEANS_NONE = {
    "source_accounting_rate",
    "source_power_min",
    "source_power_max",
    "source_power_contract",
    "source_vertex_heat",
    "source_vertex_power",
    "source_vertex_fuel",
    "source_piece_slope",
    "source_piece_intercept",
    "source_stored",
    "source_stored_before",
    "source_energy",
    "source_loss_per_h",
    "source_ordered",
    "source_order_least",
    "source_order_tolerance",
    "plant_share",
    "plant_share_min",
    "plant_share_max",
    "station_setpoint_before",
    "station_setpoint_day_before",
    "source_max_starts",
    "source_order_pay",
    "plant_share_band_price",
}
NAN_WITHOUT_HEAT = {  # water figures of a loop or plant that delivers nothing in the block
    "station_return": "station_heat",
    "station_primary_supply": "station_heat",
    "station_primary_return": "station_heat",
    "station_primary_flow": "station_heat",
    "plant_supply_temp": "plant_heat",
    "plant_return_temp": "plant_heat",
    "plant_flow": "plant_heat",
}


def check_contract(schedule: xr.Dataset) -> AuditFinding:
    """Count departures from the contract of `schedule.py`: names, dims, units, labels, times.

    `where` says the first ones in words; `worst` is how many there are.
    """
    faults = [*_variable_faults(schedule), *_attribute_faults(schedule)]
    if not faults:
        faults = [*_reference_faults(schedule), *_time_faults(schedule)]
    where = " ".join(faults[:5]) if faults else say("audit.place_none")
    return AuditFinding(Rule.CONTRACT, float(len(faults)), 0.0, where)


def _variable_faults(schedule: xr.Dataset) -> Iterator[str]:
    for name in COORDINATES:
        if name not in schedule.coords:
            yield say("audit.contract_coordinate", name=name)
    for name, rule in VARIABLES.items():
        if name not in schedule:
            yield say("audit.contract_missing", name=name)
            continue
        array = schedule.variables[name]
        if array.dims != rule.dims:
            yield say("audit.contract_dims", name=name, found=array.dims, wanted=rule.dims)
        if str(array.attrs.get("units", "")) != rule.units:
            found = array.attrs.get("units", "")
            yield say("audit.contract_units", name=name, found=found, wanted=rule.units)
        if array.dtype.kind not in _kinds(name, rule.units):
            yield say("audit.contract_type", name=name, found=array.dtype)
    for name, dims in OPTIONAL_VARIABLES.items():
        if name in schedule and schedule.variables[name].dims != dims:
            found = schedule.variables[name].dims
            yield say("audit.contract_dims", name=name, found=found, wanted=dims)
    for together in (COAL, PINS):
        if any(name in schedule for name in together):
            for name in sorted(together.keys() - schedule.keys()):
                yield say("audit.contract_missing", name=name)


def _kinds(name: str, units: str) -> str:
    """NumPy kind letters a variable may have: moments, names, or numbers."""
    if name in MOMENTS:
        return "M"
    return "OUST" if units == "" else "fiub"


def _attribute_faults(schedule: xr.Dataset) -> Iterator[str]:
    for name in (*POSITIVE_ATTRIBUTES, *NOT_NEGATIVE_ATTRIBUTES, *OTHER_ATTRIBUTES):
        if name not in schedule.attrs:
            yield say("audit.contract_attribute", name=name)
    numbers = {
        name: schedule.attrs[name]
        for name in (*POSITIVE_ATTRIBUTES, *OPTIONAL_NUMBERS, *NOT_NEGATIVE_ATTRIBUTES, "cost_yuan")
        if name in schedule.attrs
    }
    for name, value in numbers.items():
        is_number = isinstance(value, int | float | np.integer | np.floating)
        low = 0.0 if name in NOT_NEGATIVE_ATTRIBUTES else 1e-6
        low = -np.inf if name == "cost_yuan" else low  # power may be worth more than all the fuel
        if not is_number or not low <= float(value) < np.inf:
            yield say("audit.contract_attribute_value", name=name, value=value)
    aim = schedule.attrs.get("minimise", "fuel")
    if aim not in ("fuel", "cost"):
        yield say("audit.contract_attribute_value", name="minimise", value=aim)
    try:
        ZoneInfo(str(schedule.attrs.get("timezone", "UTC")))
    except (ZoneInfoNotFoundError, ValueError):
        value = schedule.attrs["timezone"]
        yield say("audit.contract_attribute_value", name="timezone", value=value)


def _reference_faults(schedule: xr.Dataset) -> Iterator[str]:
    plan = PublishedPlan(schedule)
    for dim in ("source", "plant", "zone", "station", "yard"):
        if len(set(plan.names(dim))) != schedule.sizes[dim]:
            yield say("audit.contract_duplicate", dim=dim)
    for name, dim, may_be_empty in REFERENCES:
        known = {*plan.names(dim).tolist(), *([""] if may_be_empty else [])}
        for stranger in sorted(set(plan.names(name).tolist()) - known):
            yield say("audit.contract_reference", name=name, id=stranger, dim=dim)
    terms = cost_terms(has_pins="pin_what" in schedule)
    if sorted(plan.names("cost_term").tolist()) != sorted(terms):
        yield say("audit.contract_cost_terms", wanted=words(*terms))
    origins = {*plan.names("plant").tolist(), *plan.names("zone").tolist()}
    for stranger in sorted(set(plan.names("link_from").tolist()) - origins):
        yield say("audit.contract_reference", name="link_from", id=stranger, dim="plant, zone")


def _time_faults(schedule: xr.Dataset) -> Iterator[str]:
    plan = PublishedPlan(schedule)
    time, arrival = plan.times("time"), plan.times("arrival_time")
    start, end = plan.times("block_start"), plan.times("block_end")
    if time.size == 0 or start.size == 0 or arrival.size < time.size:
        yield say("audit.contract_empty")
        return
    step = np.timedelta64(round(plan.step_h * 3600), "s")
    if (np.diff(arrival) != step).any() or not np.array_equal(arrival[: time.size], time):
        yield say("audit.contract_steps")
    yield from _clock_faults(plan, step)
    gaps = (end <= start).any() or not np.array_equal(start[1:], end[:-1])
    if gaps or time[0] < start[0] or time[-1] + step > end[-1]:
        yield say("audit.contract_blocks")
    elif not np.array_equal(np.unique(plan.block_of_step), np.arange(start.size)):
        yield say("audit.contract_empty_block")


def _clock_faults(plan: PublishedPlan, step: np.timedelta64) -> Iterator[str]:
    """Departures are the edges of the steps; what leaves later arrives later, and in the plan."""
    time, departure, delay = plan.times("time"), plan.times("departure"), plan.values("link_delay")
    if not np.array_equal(departure, np.append(time, time[-1] + step)):
        yield say("audit.contract_departures")
        return
    if not delay.size:
        return
    reach_h = (plan.times("arrival_time")[-1] - time[-1]) / np.timedelta64(3600, "s")
    last_h = float(delay[:, -1].max())
    if not (delay.min() >= 0 and last_h <= reach_h + 1e-9):
        yield say("audit.contract_reach", reach_h=float(reach_h), delay_h=last_h)
    elif not (np.diff(delay, axis=1) > -plan.step_h).all():
        link = plan.label("link", int(np.diff(delay, axis=1).min(axis=1).argmin()))
        yield say("audit.contract_overtakes", link=link)


def check_finite(plan: PublishedPlan) -> AuditFinding:
    """Count values that are not finite, apart from those where NaN says "none".

    A loop or plant that delivers no heat in a block has no water figures there.
    """
    worst, where = 0, say("audit.place_none")
    for name, rule in VARIABLES.items():
        if rule.units == "" or name in NAN_MEANS_NONE:
            continue
        bad = ~np.isfinite(plan.values(name)) & ~_may_be_nan(plan, name)
        if bad.any():
            if worst == 0:
                position = [int(i) for i in np.argwhere(bad)[0]]
                place = plan.place(rule.dims, position)
                where = say("audit.value_at", name=name, place=place)
            worst += int(bad.sum())
    for name in NAN_MEANS_NONE:
        worst += int(np.isinf(plan.values(name)).sum())
    return AuditFinding(Rule.FINITE, float(worst), 0.0, where)


def check_parameters(plan: PublishedPlan) -> AuditFinding:
    """Count parameters that no building, loop or coal has: nothing can be worked out with them.

    Sizes are above zero, design supply is above design return.
    """
    wrong = [(name, plan.values(name) <= 0) for name in ABOVE_ZERO]
    supply, back = plan.values("station_design_supply"), plan.values("station_design_return")
    wrong.append(("station_design_supply", supply <= back))
    for name, bad in wrong:
        if bad.any():
            place = plan.place(VARIABLES[name].dims, [int(bad.argmax())])
            where = say("audit.value_at", name=name, place=place)
            return AuditFinding(Rule.PARAMETERS, float(bad.sum()), 0.0, where)
    return AuditFinding(Rule.PARAMETERS, 0.0, 0.0, say("audit.place_none"))


def _may_be_nan(plan: PublishedPlan, name: str) -> BoolArray:
    """Where this variable may be NaN because nothing flows."""
    values = plan.values(name)
    if name not in NAN_WITHOUT_HEAT:
        return np.zeros(values.shape, dtype=np.bool_)
    heat = plan.values(NAN_WITHOUT_HEAT[name])
    if NAN_WITHOUT_HEAT[name] == "plant_heat":
        heat = plan.block_mean(heat)
    return np.isnan(values) & (np.abs(heat) < 1e-6)
