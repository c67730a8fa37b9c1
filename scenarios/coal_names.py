"""Where the names of lines stand in a yard's picture: by their line, where there is room.

Places are parts of the axes, 0-1 both ways. Each name is tried over and under its line at every
day; it stands where it hides least of the fan, of other lines and of what is written already.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from matplotlib.axes import Axes
from numpy.typing import NDArray

from scenarios.coal_axis import BACKING, LABEL_PT

Array = NDArray[np.float64]

LETTER, LINE = 0.0066, 0.036  # of the axes: one letter wide, one line of letters high
GAP = 0.006  # between a name and its line
OVER_WORDS, OVER_FAN, OVER_LINE = 50.0, 10.0, 8.0  # what hiding each costs
FAR, RIGHT = 20.0, 1.0  # what standing off its line costs, and far from the axis


@dataclass(frozen=True)
class Line:
    """A line over `at`, both from left to right, and what it is called."""

    name: str
    at: Array
    height: Array
    colour: str


@dataclass(frozen=True)
class Box:
    """A place that is taken."""

    left: float
    right: float
    low: float
    high: float

    def meets(self, other: "Box") -> bool:
        """Whether the two share a place."""
        beside = self.right <= other.left or other.right <= self.left
        return not (beside or self.high <= other.low or other.high <= self.low)


def write_names(
    axes: Axes, lines: Sequence[Line], fan: tuple[Array, Array, Array], taken: Sequence[Box]
) -> None:
    """Write the name of each line; `fan` is its days, low and high, `taken` holds other words."""
    boxes = list(taken)
    for line in lines:
        box = _place(line, [one for one in lines if one is not line], fan, boxes)
        boxes.append(box)
        axes.annotate(
            line.name,
            (box.left, box.low),
            xycoords="axes fraction",
            color=line.colour,
            fontsize=LABEL_PT,
            va="bottom",
            bbox=BACKING,
            zorder=5,
        )


def _place(
    line: Line, others: Sequence[Line], fan: tuple[Array, Array, Array], taken: Sequence[Box]
) -> Box:
    """The best place of a name."""
    wide = LETTER * (len(line.name) + 1)
    ends_at = float(line.at[-1]) - wide
    starts = [float(one) + GAP for one in line.at if one + GAP <= ends_at]
    starts = starts or [max(0.0, min(float(line.at[0]), 1.0 - wide))]
    tried: list[tuple[float, int, Box]] = []
    for left in starts:
        under = _heights(line.at, line.height, left, wide)
        for low in (float(under.max()) + GAP, float(under.min()) - GAP - LINE):
            box = Box(left, left + wide, low, low + LINE)
            if low < 0.0 or box.high > 1.0:
                continue
            cost = OVER_WORDS * sum(box.meets(one) for one in taken)
            cost += OVER_FAN * _hidden(box, *fan)
            cost += OVER_LINE * sum(_hidden(box, one.at, one.height) for one in others)
            cost += FAR * float(np.ptp(under)) + RIGHT * left
            tried.append((cost, len(tried), box))
    if not tried:
        return Box(starts[0], starts[0] + wide, 1.0 - LINE, 1.0)
    return min(tried, key=lambda one: one[:2])[2]


def _heights(at: Array, height: Array, left: float, wide: float) -> Array:
    return np.asarray(np.interp(np.linspace(left, left + wide, 9), at, height))


def _hidden(box: Box, at: Array, low: Array, high: Array | None = None) -> float:
    """Part of a box, by its width, behind which a line runs, or a band."""
    there = np.linspace(box.left, box.right, 9)
    inside = (there >= at[0]) & (there <= at[-1])
    bottom = np.interp(there, at, low)
    top = bottom if high is None else np.interp(there, at, high)
    return float(((top > box.low) & (bottom < box.high) & inside).mean())
