"""The time a run may take, by a clock that nobody sets: from the command's start to `latest`.

Each rung of the ladder (`ladder.py`) has to be done by a part of the budget that is told here and
nowhere else, so that whatever one of them does with its time, the last ones have theirs.
"""

import time
from dataclasses import dataclass

# Parts of the budget, counted from the start of the run.
SEARCH_SHARE = 0.55  # the search for a better plan stops, and what was found is finished
FRESH_SHARE = 0.75  # a plan that is not made by then is given up
ROLLED_SHARE = 0.90  # so are the last plan's setpoints in the new weather
# The rest is for the heating curve, which takes a second and no solver, and to write the run.


def clock_s() -> float:
    """Seconds of the clock that nobody sets."""
    return time.monotonic()


@dataclass(frozen=True)
class Deadline:
    """A moment of the clock that nobody sets, s; infinite for none."""

    at_s: float = float("inf")

    @property
    def left_s(self) -> float:
        """Seconds to it; zero when it is over."""
        return max(0.0, self.at_s - clock_s())

    @property
    def is_over(self) -> bool:
        """Whether it is over."""
        return self.left_s <= 0.0


NEVER = Deadline()


@dataclass(frozen=True)
class TimeBudget:
    """Seconds a run may take in all, and when it began."""

    total_s: float
    began_s: float

    def until(self, share: float) -> Deadline:
        """The moment at which a part of the budget is used up."""
        return Deadline(self.began_s + share * self.total_s)

    @property
    def used_s(self) -> float:
        """Seconds since the start."""
        return clock_s() - self.began_s
