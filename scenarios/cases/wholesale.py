"""Draw the wholesale takers of a reference case: firms that buy heat for a district network.

To the utility a taker is one third-party station of large area. Its buildings are drawn as those
of any station; its row tells what prevails among them.
"""

from collections.abc import Mapping, Sequence

import numpy as np

from dispatch.case_kinds import Manager
from scenarios.cases.generator import Column, between, decimals
from scenarios.cases.station_drawing import draw_stations
from scenarios.cases.station_mix import StationMix

LEAST_TAKEN = 0.95  # of the heat due: each kilowatt-hour is metered and paid


def draw_wholesale(
    mix: StationMix, names: Sequence[str], rng: np.random.Generator
) -> dict[str, Column]:
    """Draw the rows of takers with the columns of `draw_stations`, named in the order of zones.

    `mix` holds takers of one loop each, none of them marked as third party, and all homes behind
    them as direct users.
    """
    drawn = draw_stations(mix, rng)
    size = len(names)
    return {
        **drawn,
        "name": list(names),
        "managed_by": [Manager.THIRD_PARTY.value] * size,
        "compliance": decimals(between(rng, LEAST_TAKEN, 1.0, size), 2),
    }


def joined(first: Mapping[str, Column], second: Mapping[str, Column]) -> dict[str, Column]:
    """Return two tables of the same columns as one."""
    return {name: [*first[name], *second[name]] for name in first}
