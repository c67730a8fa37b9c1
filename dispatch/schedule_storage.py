"""What tanks hold and what is ordered, as the schedule says it."""

import numpy as np
import xarray as xr
from numpy.typing import NDArray

from dispatch.inputs import PlanInputs
from dispatch.schedule import put
from dispatch.storage_inputs import TankInputs

Array = NDArray[np.float64]


def stored_mwh(tank: TankInputs, heat_mw: Array) -> Array:
    """Content at the end of each step under `heat_mw` (step,) given to the network, MWh."""
    stored, content = np.empty(heat_mw.size), tank.stored_before_mwh
    for step, heat in enumerate(heat_mw):
        content = tank.keep[step] * content - tank.gain_h[step] * heat
        stored[step] = content
    return stored


def put_storage(data: dict[str, xr.DataArray], inputs: PlanInputs, heat_mw: Array) -> None:
    """Put tanks (source, time); NaN for any other source."""
    stored = np.full(heat_mw.shape, np.nan)
    before, energy, loss = (np.full(heat_mw.shape[0], np.nan) for _ in range(3))
    for i, unit in enumerate(inputs.sources):
        if unit.tank is not None:
            stored[i] = stored_mwh(unit.tank, heat_mw[i])
            before[i], energy[i] = unit.tank.stored_before_mwh, unit.tank.energy_mwh
            loss[i] = unit.tank.loss_per_h
    put(data, "source_stored", stored)
    put(data, "source_stored_before", before)
    put(data, "source_energy", energy)
    put(data, "source_loss_per_h", loss)


def put_orders(data: dict[str, xr.DataArray], inputs: PlanInputs) -> None:
    """Put heat orders (source, time); NaN for a source that is not bought, or is free."""
    steps = inputs.grid.horizon_steps
    ordered, least = (np.full((len(inputs.sources), steps), np.nan) for _ in range(2))
    tolerance = np.full(len(inputs.sources), np.nan)
    for i, unit in enumerate(inputs.sources):
        if unit.order is not None:
            ordered[i], least[i] = unit.order.ordered_mw[:steps], unit.order.least_mw[:steps]
            tolerance[i] = unit.order.tolerance
    put(data, "source_ordered", ordered)
    put(data, "source_order_least", least)
    put(data, "source_order_tolerance", tolerance)
