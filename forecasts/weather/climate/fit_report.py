"""What a fit of a climate rests on: hours used, and what was taken from the nearest city."""

from dataclasses import dataclass
from enum import StrEnum


class FitPart(StrEnum):
    """The parts of a climate that a fit settles one by one."""

    MEAN = "mean_c"
    SPREAD = "day_to_day_sd_k"
    SHAPE = "skewness"  # and kurtosis
    RANGE = "diurnal_range_k"  # and course_share
    WIND = "wind_m_per_s"
    RADIATION = "radiation_w_per_m2"
    HUMIDITY = "humidity_pct"
    MEMORY = "memory_h"  # with onset and fronts
    SEASON = "season_share"  # how winters differ
    RECORD = "record_low_c"


class FitReason(StrEnum):
    """Why a part, or some months of it, came from the nearest packaged city."""

    NO_COLUMN = "no_column"
    TOO_FEW_HOURS = "too_few_hours"  # of the months named in the detail
    TOO_FEW_YEARS = "too_few_years"
    TYPICAL_YEAR = "typical_year"  # an EPW: its months are of different years
    NEVER_FITTED = "never_fitted"  # asks for more than the usual record


@dataclass(frozen=True)
class Assumption:
    """A part that was assumed, in whole or in the months of `detail` (1-12), and why."""

    part: FitPart
    reason: FitReason
    detail: str = ""


@dataclass(frozen=True)
class FitReport:
    """What the fitted climate rests on; hours are those of temperature."""

    city: str
    base_city: str  # the packaged city that the rest was taken from
    base_km: float
    files: tuple[str, ...]
    hours_used: int
    hours_missing: int  # gaps inside the files
    years: float  # hours used over those of a year
    typical_year: bool
    fitted: tuple[FitPart, ...]  # in whole or for some months
    assumed: tuple[Assumption, ...]
    ignored_columns: tuple[str, ...]
