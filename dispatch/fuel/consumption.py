"""Plan against actual, season to date: burn, kgce/GJ, kgce/m² (handbook §11), and what it teaches."""

from dataclasses import dataclass
from datetime import date
from enum import StrEnum


class HeatBy(StrEnum):
    """Where the heat behind a specific consumption comes from."""

    MEASURED = "measured"  # meters of all the yard's sources, every day counted
    PLANNED = "planned"  # published plans
    MIXED = "mixed"
    NONE = "none"


@dataclass(frozen=True)
class Range:
    """What is typical (handbook §11), for context only."""

    low: float
    high: float


@dataclass(frozen=True)
class YardConsumption:
    """One yard from the season's first day to yesterday; None where there is nothing to say.

    Days without data are counted, never filled in: each figure is over the days named beside it.
    """

    yard_id: str
    first_day: date
    last_day: date
    days: int  # of the season so far
    planned_t: float
    planned_days: int  # published plans cover the whole day
    actual_t: float
    actual_days: int  # belt scales were entered
    both_days: int
    ratio: float | None  # actual over plan on days with both
    burn_factor: float | None  # for the outlook: of the last 14 days, 0.9-1.1
    burn_factor_days: int  # with both
    kcal_per_kg: float | None  # of the coal burnt, by tonnes, where it was measured
    kcal_days: int
    actual_tce: float
    heat_part: float | None  # of the fuel, by the plans' reckoning; 1 where only boilers burn it
    heat_gj: float
    heat_by: HeatBy
    heat_days: int  # with actual burn and heat
    heat_measured_days: int  # of these, by meters alone
    fuel_kgce_per_gj: float | None  # all fuel over heat: power's fuel is in it
    heat_kgce_per_gj: float | None  # heat's part over heat
    typical_kgce_per_gj: Range | None
    heat_kgce_per_m2: float | None  # of the whole case's heated area: yards add up
    typical_kgce_per_m2: Range | None  # of a season, times the share of degree days of actual_days
