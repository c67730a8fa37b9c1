"""What coal left at the end of the horizon is worth: the fuel outlook's word to the plan.

Along a path of weather a yard needs some stock at the end of the horizon so that usable coal
lasts until an order of today can arrive. Short of it, every missing tonne must be got in a hurry.
The expected cost over all paths is convex and piecewise linear in the stock: the last tonne is
worth its price times the probability that it is missing (a newsvendor's rule).
"""

from dataclasses import dataclass


@dataclass(frozen=True)
class CoalNeed:
    """Stock a yard needs at the end of the horizon, as equally likely values, ascending."""

    yard_id: str
    levels_t: tuple[float, ...]  # of the pile's own fuel, bottom layer included
    yuan_per_t: float  # of a tonne that is missing: each level bears an equal part

    def worth_yuan_per_t(self, stock_t: float) -> float:
        """What one more tonne is worth beside `stock_t`."""
        missing = sum(level > stock_t for level in self.levels_t)
        return self.yuan_per_t * missing / max(1, len(self.levels_t))
