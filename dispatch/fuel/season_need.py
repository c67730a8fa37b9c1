"""Before the season: coal needed, on hand and on the way, and the storage-rate rule (H§9)."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from dispatch.case import Delivery, Yard
from dispatch.fuel.burn_paths import YardBurn
from dispatch.fuel.pile_paths import StockNow
from dispatch.settings import SupplySettings


@dataclass(frozen=True)
class SeasonDates:
    """First and last day of one heating season."""

    first: date
    last: date


@dataclass(frozen=True)
class StorageRule:
    """The city's rule: so much of its own target must lie in the yard when the season starts."""

    rate: float  # asked for, e.g. 0.6
    target_t: float  # the city's own denominator
    asked_t: float
    at_start_t: float  # expected
    met_on: date | None  # first day from which on it is held until the start
    met_on_p90: date | None  # in nine cases of ten by this day
    missing_t: float  # at the start
    order_by: date | None  # last day to order what is missing; None where nothing is

    @property
    def is_met(self) -> bool:
        """Whether it is expected to be met in time."""
        return self.missing_t <= 0.0


@dataclass(frozen=True)
class YardSeason:
    """One yard's season, tonnes of the fuel's own heating value but where said."""

    yard: Yard
    needed_t_p50: float  # burnt and lost from the season's first day to its last
    needed_t_p90: float
    lost_t: float  # of it, by mass and heating value, at the median
    on_hand_t: float  # usable at the start, deliveries until then included
    deliveries_t: float  # planned within the season, by their confidence
    shortfall_t_p50: float
    shortfall_t_p90: float
    storage: StorageRule | None  # None where the yard has no target


@dataclass(frozen=True)
class SeasonNeed:
    """What the yards of a case need for one season."""

    season: SeasonDates
    yards: tuple[YardSeason, ...]
