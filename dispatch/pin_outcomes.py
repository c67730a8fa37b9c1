"""What became of each pin in a plan: kept or not, for how long, and which limit forbids it."""

import numpy as np
import xarray as xr
from numpy.typing import NDArray

from dispatch.case_overrides import Override, PinWhat
from dispatch.inputs import PlanInputs
from dispatch.pin_inputs import loops_of
from dispatch.pin_limits import limit_of
from dispatch.pinned import Kept, PinLimit, PinOutcome, PinState
from dispatch.schedule_pins import active_pins

Array = NDArray[np.float64]
Mask = NDArray[np.bool_]

ROUNDING_MW = 0.05
ROUNDING_K = 0.05
ROOM_K = 0.1  # what setpoints in steps of 0.5 K leave of a room's target
SHARE_ROOM = 0.002
UNITS_ROOM = 0.01
HEAT_ROOM = 0.03  # of a pinned heat: half a step of the setpoint that gives it
LEAST_HEAT_KW = 1.0


def pin_outcomes(inputs: PlanInputs, schedule: xr.Dataset) -> tuple[PinOutcome, ...]:
    """Compare every pin with the schedule of the published horizon."""
    pins, states = inputs.case.overrides, inputs.pins.state
    found = {
        number: _outcome(inputs, schedule, row, pins[number])
        for row, number in enumerate(active_pins(inputs.pins))
    }
    return tuple(
        found.get(number, PinOutcome(pin, states[number])) for number, pin in enumerate(pins)
    )


def _outcome(inputs: PlanInputs, schedule: xr.Dataset, row: int, pin: Override) -> PinOutcome:
    held = schedule["pin_held"].values[row] > 0.0
    planned = schedule["pin_planned"].values[row]
    step_h = float(schedule.attrs["step_h"])
    steps = np.flatnonzero(held)
    if not np.isfinite(planned[steps]).any():
        limit = PinLimit.NO_SUCH_THING if steps.size else PinLimit.TOO_SHORT
        hours = step_h * steps.size
        return PinOutcome(pin, PinState.ACTIVE, Kept.NONE, limit, hours)
    off = _off(pin, planned[steps])
    missed = (off > _room(pin)) | _below_floor(inputs, pin, steps)
    kept_h = step_h * float((~missed).sum())
    worst = int(steps[int(off.argmax())])
    kept = Kept.FULL if not missed.any() else Kept.PART if kept_h > 0.0 else Kept.NONE
    return PinOutcome(
        pin=pin,
        state=PinState.ACTIVE,
        kept=kept,
        limit=_limit(inputs, schedule, pin, worst) if missed.any() else None,
        hours=step_h * steps.size,
        hours_kept=kept_h,
        planned=float(planned[steps].mean()),
        worst=float(planned[worst]),
        worst_at=schedule["time"].values[worst],
    )


def _below_floor(inputs: PlanInputs, pin: Override, steps: NDArray[np.intp]) -> Mask:
    """Steps in which the floor keeps rooms warmer than a pinned target, (step,)."""
    if pin.what is not PinWhat.INDOOR_TARGET_C:
        return np.zeros(steps.size, dtype=bool)
    rows = loops_of(inputs.case, pin)
    floor_c = inputs.stations.floor_step_c[np.ix_(np.array(rows), steps)].max(axis=0)
    return np.asarray(floor_c > pin.value + ROOM_K)


def _limit(inputs: PlanInputs, schedule: xr.Dataset, pin: Override, step: int) -> PinLimit:
    if _below_floor(inputs, pin, np.array([step])).any():
        return PinLimit.FLOOR
    return limit_of(inputs, schedule, pin, step)


def _off(pin: Override, planned: Array) -> Array:
    """How far planned values are from a pin, (step,); a most is kept below, a least above it.

    A target is kept by rooms that are warmer: it says how warm they are to be at least.
    """
    if pin.what is PinWhat.MAX_HEAT_MW:
        return np.maximum(0.0, planned - pin.value)
    if pin.what in (PinWhat.MIN_HEAT_MW, PinWhat.INDOOR_TARGET_C):
        return np.maximum(0.0, pin.value - planned)
    return np.abs(planned - pin.value)


def _room(pin: Override) -> float:
    """What a published figure may be off and still keep the pin, in the pin's unit."""
    match pin.what:
        case PinWhat.SHARE:
            return SHARE_ROOM
        case PinWhat.UNITS_ON:
            return UNITS_ROOM
        case PinWhat.HEAT_KW:
            return max(LEAST_HEAT_KW, HEAT_ROOM * pin.value)
        case PinWhat.INDOOR_TARGET_C:
            return ROOM_K
        case PinWhat.SUPPLY_TEMP_C | PinWhat.SECONDARY_SUPPLY_C:
            return ROUNDING_K
        case _:
            return ROUNDING_MW
