"""Which limit forbids a pin, worked out by comparison at the step that misses it most."""

import numpy as np
import xarray as xr

from dispatch.case_overrides import Override, PinWhat
from dispatch.inputs import PlanInputs
from dispatch.pin_inputs import loops_of
from dispatch.pinned import PinLimit
from dispatch.priced_pins import power_range_mw
from dispatch.source_inputs import SourceInputs

NEAR_MW = 0.05
NEAR_K = 0.05
NEAR_UNIT = 0.01
NEAR_SHARE = 1e-3


def limit_of(inputs: PlanInputs, schedule: xr.Dataset, pin: Override, step: int) -> PinLimit:
    """The limit that holds the plan off a pin in a step of the horizon."""
    case = inputs.case
    if pin.what.is_of_stations:
        return _limit_of_station(inputs, schedule, pin, step)
    if pin.what is PinWhat.SHARE:
        return _limit_of_share(inputs, schedule, pin, step)
    if pin.what is PinWhat.SUPPLY_TEMP_C:
        return PinLimit.BLOCKS
    if pin.is_main:
        return PinLimit.OTHER
    row = next(i for i, source in enumerate(case.sources) if source.source_id == pin.id)
    if pin.what is PinWhat.UNITS_ON:
        return _limit_of_units(inputs.sources[row], pin, step)
    return _limit_of_source(inputs, schedule, row, pin.value, step)


# ---- sources -------------------------------------------------------------------------------


def _limit_of_source(
    inputs: PlanInputs, schedule: xr.Dataset, row: int, wanted_mw: float, step: int
) -> PinLimit:
    """What holds a source below, or above, the heat that is wanted of it."""
    unit, heat = inputs.sources[row], schedule["source_heat"].values[row]
    before = heat[step - 1] if step > 0 else unit.heat_before_mw
    ramped = schedule["source_ramp"].values[row] * float(schedule.attrs["step_h"]) - NEAR_MW
    low_mw, high_mw = power_range_mw(unit, step)
    if heat[step] < wanted_mw:
        out = unit.units_available[step] < unit.source.unit_count - NEAR_UNIT
        short_mw = schedule["source_max_heat"].values[row, step] < wanted_mw - NEAR_MW
        on_mw = schedule["source_units_on"].values[row, step] * unit.source.max_output_mw
        cases: tuple[tuple[bool, PinLimit], ...] = (
            (short_mw and out, PinLimit.OUTAGE),
            (short_mw, PinLimit.SCHEDULE),
            (_mains_full(inputs, schedule, unit.source.plant_id, step), PinLimit.MAINS),
            (heat[step] >= high_mw - NEAR_MW, PinLimit.POWER),
            (heat[step] - before >= ramped, PinLimit.RAMP),
            (unit.units is not None and bool(heat[step] >= on_mw - NEAR_MW), PinLimit.UNITS),
        )
    else:
        least_mw = schedule["source_min_heat"].values[row, step]
        cases = (
            (unit.hard_least_mw[step] > wanted_mw + NEAR_MW, PinLimit.SCHEDULE),
            (heat[step] <= low_mw + NEAR_MW, PinLimit.POWER),
            (before - heat[step] >= ramped, PinLimit.RAMP),
            (least_mw > wanted_mw + NEAR_MW, PinLimit.LEAST_LOAD),
        )
    return next((limit for holds, limit in cases if holds), PinLimit.OTHER)


def _mains_full(inputs: PlanInputs, schedule: xr.Dataset, plant: str, step: int) -> bool:
    """Whether all mains of a plant carry what they can."""
    mains = [j for j, link in enumerate(inputs.case.links) if link.from_id == plant]
    sent, most = (schedule[f"link_{name}"].values[mains, step] for name in ("sent", "capacity"))
    return bool((sent >= most - NEAR_MW).all())


def _limit_of_units(unit: SourceInputs, pin: Override, step: int) -> PinLimit:
    if unit.units_available[step] < pin.value - NEAR_UNIT:
        return PinLimit.OUTAGE
    return PinLimit.POWER if unit.runs_always else PinLimit.UNITS


def _limit_of_share(inputs: PlanInputs, schedule: xr.Dataset, pin: Override, step: int) -> PinLimit:
    """What holds a plant below its share, or the others of its group below theirs."""
    case = inputs.case
    short = schedule["plant_share"].values[case.plant_ids.index(pin.id), step] < pin.value
    groups = case.settings.share.values()
    members = next(group.shares for group in groups if pin.id in group.shares)
    held = {pin.id} if short else set(members) - {pin.id}
    heat, most = (schedule[f"source_{name}"].values[:, step] for name in ("heat", "max_heat"))
    rows = [i for i, source in enumerate(case.sources) if source.plant_id in held]
    if all(heat[i] >= most[i] - NEAR_MW for i in rows):
        units = [inputs.sources[i] for i in rows]
        out = any(u.units_available[step] < u.source.unit_count - NEAR_UNIT for u in units)
        return PinLimit.OUTAGE if out else PinLimit.CAPACITY
    if all(_mains_full(inputs, schedule, plant, step) for plant in held):
        return PinLimit.MAINS
    ends = [_limit_of_source(inputs, schedule, i, np.inf, step) for i in rows]
    known = (PinLimit.POWER, PinLimit.RAMP, PinLimit.UNITS)
    return next((limit for limit in ends if limit in known), PinLimit.OTHER)


# ---- stations ------------------------------------------------------------------------------


def _limit_of_station(
    inputs: PlanInputs, schedule: xr.Dataset, pin: Override, step: int
) -> PinLimit:
    """What holds the loop that is farthest from a pin."""
    block = int(inputs.grid.block_of_step[step])
    rows = loops_of(inputs.case, pin)
    supply, heat, most = (
        schedule[f"station_{name}"].values[rows, block] for name in ("supply", "heat", "heat_max")
    )
    if pin.what is PinWhat.SECONDARY_SUPPLY_C:
        return PinLimit.OUTAGE if (most <= 0.0).any() else PinLimit.BLOCKS
    worst = 0
    if pin.what is PinWhat.INDOOR_TARGET_C:
        worst = int(schedule["station_indoor"].values[rows, step].argmin())
    row = rows[worst]
    at_block = np.isfinite(inputs.pins.heat_kw[row, block])
    if pin.what is PinWhat.HEAT_KW and not at_block:
        return PinLimit.BLOCKS
    low, high = (float(schedule[f"station_supply_{end}"].values[row]) for end in ("min", "max"))
    step_k = float(schedule["station_step_limit"].values[row])
    rises = pin.what is PinWhat.INDOOR_TARGET_C
    cases = (
        (most[worst] <= 0.0, PinLimit.OUTAGE),
        (supply[worst] >= high - NEAR_K, PinLimit.SUPPLY_LIMIT),
        (not rises and supply[worst] <= low + NEAR_K, PinLimit.SUPPLY_LIMIT),
        (heat[worst] >= most[worst] * (1.0 - NEAR_SHARE), PinLimit.STATION),
        (rises and _most_rise_k(schedule, row, block) >= step_k - NEAR_K, PinLimit.STEP_LIMIT),
        (rises, PinLimit.WARMING),
    )
    return next((limit for holds, limit in cases if holds), PinLimit.OTHER)


def _most_rise_k(schedule: xr.Dataset, row: int, block: int) -> float:
    """Largest rise of a setpoint up to a block, K."""
    first = schedule["station_setpoint_before"].values[row]
    steps = np.diff(schedule["station_supply"].values[row, : block + 1], prepend=first)
    return float(np.nan_to_num(steps, nan=0.0).max())
