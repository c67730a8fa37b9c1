"""What a main can carry: its rating, and what its largest flow carries at the spread of the day.

Heat = c · flow · (supply − return). In mild weather the curve brings supply and return together,
and a main that is enough on the design day can be too small when it has to stand in for another.
"""

import numpy as np
from numpy.typing import NDArray

from dispatch.case import Case, Link
from dispatch.case_mains import flow_max_tph
from dispatch.exchanger import WATER_KJ_PER_KG_K
from dispatch.network_inputs import mean_water_c

Array = NDArray[np.float64]


def spread_k(case: Case, relative_load: Array) -> Array:
    """Most that primary supply can be above return at a relative load, K.

    Return by the network's quality curve (H F8 at design flow). Supply by the same curve and one
    setpoint block's change above it, which plants can always have raised by (they do so to
    preheat, and when a main has to carry more), between the network's lowest and highest supply.
    """
    network = case.settings.network
    mean_c = mean_water_c(case, relative_load)
    design_k = network.primary_design_supply_c - network.primary_design_return_c
    half_k = 0.5 * design_k * np.clip(relative_load, 0.0, 1.5)
    supply_c = np.clip(
        mean_c + half_k + network.supply_step_k,
        network.primary_supply_min_c,
        network.primary_supply_max_c,
    )
    return np.asarray(np.maximum(supply_c - (mean_c - half_k), 0.0))


def capacity_mw(case: Case, link: Link, relative_load: Array) -> Array:
    """Most heat a main takes in at a relative load, MW, all of it there."""
    mw_per_k = flow_max_tph(link) * WATER_KJ_PER_KG_K / 3.6 / 1000.0
    return np.minimum(link.capacity_mw, mw_per_k * spread_k(case, relative_load))
