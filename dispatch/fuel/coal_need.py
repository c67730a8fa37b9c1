"""Stock that a yard should have left at the end of the plan, along each path of weather."""

from collections.abc import Sequence
from dataclasses import dataclass

from dispatch.fuel.pile_paths import Arrivals, PilePaths
from dispatch.tonne_value import CoalNeed


@dataclass(frozen=True)
class OrderOfToday:
    """One yard along every path, and when coal ordered today reaches its gate."""

    piles: PilePaths
    arrivals: Arrivals
    arrives: int  # index of the day


def coal_needs(
    yards: Sequence[OrderOfToday], plan_end: int, yuan_per_t: float
) -> tuple[CoalNeed, ...]:
    """What each yard needs at the end of day `plan_end`, as equally likely levels."""
    raise NotImplementedError
