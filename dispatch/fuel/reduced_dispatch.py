"""From the heat asked of all sources to the fuel of each yard, by path of weather and local day.

The plan's optimisation reduced to one period a day: for every condition (units there, power asked,
limits, mains) the least-cost split of heat over sources is worked out once over the load
(`merit_table.py`) and read off for all paths and days. What spans days or hours is left out: tanks
(they make no heat over a day), ramps, heat in pipes, the yards' own prices.
"""

from collections.abc import Sequence
from datetime import date

import numpy as np
from numpy.typing import NDArray

from dispatch.case import Case
from dispatch.fuel.burn_paths import BurnAhead

Array = NDArray[np.float64]


def burn_ahead(
    case: Case, dates: Sequence[date], hours: Array, need_mw: Array, expected_mw: Array
) -> BurnAhead:
    """Work out what each yard is asked for, MWh of lower heating value.

    `dates` are local days in order, `hours` (day,) of each that lie ahead: the last ones before
    its local midnight. `need_mw` (path, day) and `expected_mw` (day,) are the mean heat asked of
    all sources over those hours, losses of the mains included.
    """
    raise NotImplementedError
