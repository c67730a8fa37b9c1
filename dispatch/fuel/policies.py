"""Four ways of ordering coal, tried on the same paths of weather."""

import numpy as np
from numpy.typing import NDArray

from dispatch.fuel.burn_paths import YardBurn
from dispatch.fuel.order_terms import OrderTerms, Simulate
from dispatch.fuel.outlook import PolicyResult
from dispatch.fuel.pile_paths import Arrivals, PilePaths

Array = NDArray[np.float64]


def compare_policies(
    piles: PilePaths,
    arrivals: Arrivals,
    burn: YardBurn,
    level_t: Array,
    terms: OrderTerms,
    simulate: Simulate,
) -> tuple[PolicyResult, ...]:
    """What each way of ordering brings until the season's end, in the order of `Policy`."""
    raise NotImplementedError
