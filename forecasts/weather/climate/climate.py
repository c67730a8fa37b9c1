"""What a climate is: monthly normals of one place, and how its weather moves about them."""

from dataclasses import dataclass, replace
from enum import StrEnum
from functools import cache

import numpy as np

from forecasts.weather.solar import HOUR, clear_sky_w_per_m2

Months = tuple[float, ...]  # January to December

# Warming of the annual mean over China, 1951-2020, K per year: China Meteorological Administration,
# "Blue Book on Climate Change in China (2021)", 0.26 K per decade; written from memory.
WARMING_K_PER_YEAR = 0.026


class ClimateVersion(StrEnum):
    """The two packaged periods: what winters are now, and what the design codes rest on."""

    RECENT = "recent"  # 1991-2020
    DESIGN = "design"  # 1971-2000, GB 50736-2012


@dataclass(frozen=True)
class Persistence:
    """How anomalies of temperature come and go: weather systems of days, and a season's character.

    A weather system enters within `onset_h` and fades with `memory_h`. A part of its shocks,
    `front_share` of their variance, are cold fronts that come `fronts_per_day` often.
    `season_share` of the variance of daily means belongs to anomalies that fade only over
    `season_memory_d` days: it makes one winter differ from another.
    """

    onset_h: float
    memory_h: float
    front_share: float
    fronts_per_day: float
    season_share: float
    season_memory_d: float


@dataclass(frozen=True)
class Climate:
    """The climate of one place; tuples hold January to December.

    `day_to_day_sd_k` is the standard deviation of daily means about the smooth normal, over many
    winters; `diurnal_range_k` the mean daily maximum less minimum, of which the mean daily course
    spans `course_share` (fronts and clouds make the rest); `skewness` and (excess)
    `kurtosis` those of hourly anomalies.
    """

    city: str
    province: str  # cities of one province share their weather systems
    latitude: float
    longitude: float
    first_year: int
    last_year: int
    mean_c: Months
    day_to_day_sd_k: Months
    skewness: Months
    kurtosis: Months
    diurnal_range_k: Months
    course_share: float
    wind_m_per_s: Months
    radiation_w_per_m2: Months
    humidity_pct: Months
    persistence: Persistence
    record_low_c: float | None = None  # coldest hour known, of any period
    # what (`<what>_source`), and whether published, derived, fitted or assumed
    sources: tuple[tuple[str, str], ...] = ()

    @property
    def course_range_k(self) -> Months:
        """From the low to the high of the mean daily course, K."""
        return tuple(self.course_share * x for x in self.diurnal_range_k)

    @property
    def clearness(self) -> Months:
        """Radiation over clear-sky radiation, monthly means."""
        clear = _monthly_clear_sky(self.latitude, self.longitude)
        return tuple(g / c for g, c in zip(self.radiation_w_per_m2, clear, strict=True))


def warmed(climate: Climate, warming_k: float) -> Climate:
    """Return the climate with every monthly mean `warming_k` higher, all else alike."""
    means = tuple(mean + warming_k for mean in climate.mean_c)
    said = dict(climate.sources)
    before = said.get("warming_source", "assumed on every month:")
    said["warming_source"] = f"{before} {warming_k:+.2f} K"
    return replace(climate, mean_c=means, sources=tuple(said.items()))


def centred_on(climate: Climate, year: int) -> Climate:
    """Return the climate moved along the trend from the middle of its years to `year`."""
    middle = (climate.first_year + climate.last_year) / 2
    return warmed(climate, WARMING_K_PER_YEAR * (year - middle))


@cache
def _monthly_clear_sky(latitude: float, longitude: float) -> Months:
    """Return monthly means of clear-sky radiation, W/m², over one common year."""
    days = np.arange("2001-01-01", "2002-01-01", dtype="datetime64[D]")
    starts = (days[:, None] + np.arange(24) * HOUR).astype("datetime64[ns]").ravel()
    clear = clear_sky_w_per_m2(starts, latitude, longitude)
    month = np.repeat(days.astype("datetime64[M]").astype(int) % 12, 24)
    return tuple(float(clear[month == k].mean()) for k in range(12))
