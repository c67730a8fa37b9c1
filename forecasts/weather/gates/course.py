"""What a gate looks at: one course of hourly weather, and where it is said to be."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from forecasts.weather.run import iso64
from forecasts.weather.solar import Floats, Times

Flags = NDArray[np.bool_]


@dataclass(frozen=True)
class Course:
    """Hourly values of shape (hours,) in the units of `forecasts.series`; nan where unknown."""

    starts: Times
    values: Mapping[str, Floats]
    latitude: float
    longitude: float

    def at(self, hour: int) -> str:
        """Return the start of an hour, given by its position, for a message."""
        return iso64(self.starts[hour])


def longest(flags: Flags) -> tuple[int, int]:
    """Return the length of the longest stretch of True and its first position; 0, 0 if none."""
    edges = np.flatnonzero(np.diff(np.concatenate(([0], flags.astype(np.int8), [0]))))
    if edges.size == 0:
        return 0, 0
    lengths = edges[1::2] - edges[::2]
    k = int(np.argmax(lengths))
    return int(lengths[k]), int(edges[::2][k])
