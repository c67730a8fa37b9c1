"""What published plans meant to burn: each hour by the newest plan made before it.

Read from `setpoints_sources.csv` of the runs, the smallest file that holds a plan's own burn:
tonnes by source and block, starts included, as the plants were told.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]
Mask = NDArray[np.bool_]

SLOT = timedelta(minutes=15)  # the finest step of a plan; every block begins on one
TABLE = "setpoints_sources.csv"
RUN_NAME = "%Y-%m-%dT%H%M%z"  # of a run's folder, before any `-v2`


@dataclass(frozen=True)
class Planned:
    """What plans meant for one yard between two moments; hours that no plan covers are left out."""

    hours: float  # covered
    burnt_t: float
    heat_part: float | None  # of the fuel burnt, the part reckoned to heat; None: nothing burnt
    heat_gj: float  # made by the yard's sources


@dataclass(frozen=True)
class PublishedBurn:
    """Plans of a case laid end to end, by source; arrays (source, slot), per slot."""

    start: datetime  # of the first slot
    source_ids: tuple[str, ...]
    drawn_t: Array  # from the yard: fuel burnt, or heat's share where the yard covers only that
    fuel_t: Array
    for_heat_t: Array
    heat_gj: Array
    covered: Mask  # (slot,) some plan speaks of it
    unreadable: tuple[str, ...]  # runs that were left out
