"""The last safe day to order coal, and how much: as late and as little as the risk allows."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from dispatch.fuel.order_terms import OrderTerms, Simulate
from dispatch.fuel.outlook import Order
from dispatch.fuel.pile_paths import Arrivals, PilePaths

Array = NDArray[np.float64]


def next_order(
    piles: PilePaths, arrivals: Arrivals, level_t: Array, terms: OrderTerms, simulate: Simulate
) -> Order | None:
    """The next order that keeps the risk of falling below `level_t`; None if none is needed.

    `piles` are those with the known `arrivals` alone. `level_t` is the stock at which the reserve
    begins, (day,), bottom layer included.
    """
    raise NotImplementedError
