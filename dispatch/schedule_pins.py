"""The dispatcher's pins as the schedule tells them: what is held when, and what the plan has."""

import numpy as np
import pyomo.environ as pyo
import xarray as xr
from numpy.typing import NDArray

from dispatch.case_overrides import Override, PinWhat
from dispatch.formulation.pins import pin_price_yuan
from dispatch.inputs import PlanInputs
from dispatch.pin_inputs import PinInputs, loops_of, steps_held
from dispatch.pinned import PinState
from dispatch.schedule import put

Array = NDArray[np.float64]
Data = dict[str, xr.DataArray]


def active_pins(pins: PinInputs) -> list[int]:
    """Positions in case.overrides of the pins that concern the published horizon."""
    return [number for number, state in enumerate(pins.state) if state is PinState.ACTIVE]


def pin_labels(inputs: PlanInputs) -> list[str]:
    """Label of each active pin: `what id`, with a number where that is not the only one."""
    names: list[str] = []
    for number in active_pins(inputs.pins):
        pin = inputs.case.overrides[number]
        name = f"{pin.what} {pin.id}"
        count = sum(known == name or known.startswith(f"{name} #") for known in names)
        names.append(f"{name} #{count + 1}" if count else name)
    return names


def put_pins(data: Data, inputs: PlanInputs) -> None:
    """Put active pins; nothing where there are none. Needs all that can be pinned in `data`."""
    numbers = active_pins(inputs.pins)
    if not numbers:
        return
    pins = [inputs.case.overrides[number] for number in numbers]
    steps = inputs.grid.horizon_steps
    held = np.array([steps_held(pin, inputs.grid)[:steps] for pin in pins])
    planned = np.array([_planned(data, inputs, pin) for pin in pins])
    put(data, "pin_what", [pin.what.value for pin in pins])
    put(data, "pin_thing", [pin.id for pin in pins])
    put(data, "pin_by", [pin.by for pin in pins])
    put(data, "pin_reason", [pin.reason for pin in pins])
    put(data, "pin_value", [pin.value for pin in pins])
    put(data, "pin_held", held.astype(float))
    put(data, "pin_planned", np.where(held, planned, np.nan))
    priced = {pin.number: pin for pin in inputs.priced_pins}
    least, most = (np.full((len(pins), steps), np.nan) for _ in range(2))
    prices = np.zeros(len(pins))
    for row, number in enumerate(numbers):
        if number in priced:
            prices[row] = pin_price_yuan(pins[row].what)
            least[row], most[row] = priced[number].least[:steps], priced[number].most[:steps]
    put(data, "pin_least", least)
    put(data, "pin_most", most)
    put(data, "pin_price", prices)


def _planned(data: Data, inputs: PlanInputs, pin: Override) -> Array:
    """What the plan has of a pinned thing, (step,); NaN where the case has no such thing.

    Of several loops the one farthest from the pin, of rooms the coldest.
    """
    case, steps = inputs.case, inputs.grid.horizon_steps
    if pin.what.is_of_stations:
        return _planned_of_loops(data, inputs, pin)
    if pin.what.is_of_plants:
        names = list(case.plant_ids)
    elif pin.is_main:
        names = [link.link_id for link in case.links]
    else:
        names = [source.source_id for source in case.sources]
    if pin.id not in names:
        return np.full(steps, np.nan)
    row, block = names.index(pin.id), inputs.grid.block_of_step[:steps]
    if pin.what is PinWhat.SUPPLY_TEMP_C:
        return np.asarray(data["plant_supply_temp"].values[row, block])
    name = "source_heat"
    if pin.what is PinWhat.SHARE:
        name = "plant_share"
    elif pin.what is PinWhat.UNITS_ON:
        name = "source_units_on"
    elif pin.is_main:
        name = "link_sent"
    return np.asarray(data[name].values[row, :steps])


def _planned_of_loops(data: Data, inputs: PlanInputs, pin: Override) -> Array:
    rows, steps = loops_of(inputs.case, pin), inputs.grid.horizon_steps
    block = inputs.grid.block_of_step[:steps]
    if not rows:
        return np.full(steps, np.nan)
    if pin.what is PinWhat.INDOOR_TARGET_C:
        return np.asarray(data["station_indoor"].values[rows].min(axis=0))
    name = "station_heat" if pin.what is PinWhat.HEAT_KW else "station_supply"
    values = data[name].values[rows][:, block]
    farthest = np.abs(values - pin.value).argmax(axis=0)
    return np.asarray(values[farthest, np.arange(steps)])


def pins_yuan(inputs: PlanInputs, model: pyo.ConcreteModel) -> float:
    """What the published horizon costs for being off pins."""
    pins, grid = inputs.priced_pins, inputs.grid
    if not pins:
        return 0.0
    off = [*model.pin.below.items(), *model.pin.above.items()]
    return sum(
        pin_price_yuan(pins[n].what) * grid.step_h * float(variable.value)
        for (n, t), variable in off
        if t < grid.horizon_steps
    )
