"""What a calibrated mean is made of: the parts of its regression, by name, and their priors.

The regression is for the error of the ensemble's centre, so that zero everywhere means "leave the
mean alone". Seasons enter as harmonics of the year, in the level and in the slope (smooth EMOS as
in D. Jobst, A. Möller, J. Groß, "Time series based ensemble model output statistics for temperature
forecasts postprocessing", 2024, arXiv:2402.00555), hours of the day as two harmonics.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from forecasts.weather.solar import Floats, Times, days_since_2000, year_fraction

ANOMALY_K = 10.0
MOST_GUIDE_K = 8.0  # a guide further from the ensemble counts as that far
MOST_SIGNAL_K = 20.0
# Prior sd of each part, in K per unit of the part: what one would bet on before any pair is seen.
LEVEL_SD_K = 0.6
SLOPE_SD_K = 0.6  # per 10 K of anomaly
GUIDE_SD = 0.5
SIGNAL_SD = 0.1
RECENT_SD = 0.5
SEASON_SD_K = 0.6
HOUR_SD_K = 0.5


@dataclass(frozen=True)
class Parts:
    """What the columns are made from, one value a pair (n,)."""

    valid: Times
    centre_c: Floats
    guides_k: Mapping[str, Floats]  # less the centre
    signals_k: Mapping[str, Floats]
    recent_k: Floats  # (n, 3), see `recent_errors`


@dataclass(frozen=True)
class Columns:
    """Which parts there are; `season` from 0 (not a year yet) to 1 scales its prior."""

    middle_c: float  # anomalies count from here
    hours: bool
    season: float
    guides: tuple[str, ...]
    signals: tuple[str, ...]

    def names(self) -> tuple[str, ...]:
        """Return the names of the columns, in order."""
        recent = ("last_error", "week_error", "weeks_error")
        season = ("year_sin", "year_cos", "half_year_sin", "half_year_cos", "slope_sin")
        hours = ("day_sin", "day_cos", "half_day_sin", "half_day_cos")
        return (
            "level",
            "slope",
            *recent,
            *(f"guide {name}" for name in self.guides),
            *(f"signal {name}" for name in self.signals),
            *((*season, "slope_cos") if self.season > 0 else ()),
            *(hours if self.hours else ()),
        )

    def prior_sd_k(self) -> Floats:
        """Return the prior sd of each coefficient."""
        season_sd = SEASON_SD_K * self.season
        sds = [LEVEL_SD_K, SLOPE_SD_K, *[RECENT_SD] * 3]
        sds += [GUIDE_SD] * len(self.guides) + [SIGNAL_SD] * len(self.signals)
        sds += [season_sd] * 6 if self.season > 0 else []
        return np.array(sds + ([HOUR_SD_K] * 4 if self.hours else []))

    def matrix(self, parts: Parts) -> Floats:
        """Return the columns, (n, k); a missing guide or signal counts as saying nothing."""
        anomaly = (parts.centre_c - self.middle_c) / ANOMALY_K
        zero = np.zeros(anomaly.size)
        columns = [np.ones(anomaly.size), anomaly, *parts.recent_k.T]
        columns += [_told(parts.guides_k.get(name, zero), MOST_GUIDE_K) for name in self.guides]
        columns += [_told(parts.signals_k.get(name, zero), MOST_SIGNAL_K) for name in self.signals]
        if self.season > 0:
            sin, cos, *half = _harmonics(year_fraction(parts.valid))
            columns += [sin, cos, *half, anomaly * sin, anomaly * cos]
        if self.hours:
            columns += _harmonics(np.mod(days_since_2000(parts.valid), 1.0))
        return np.stack(columns, axis=1)


def _told(hint_k: Floats, most_k: float) -> Floats:
    """Return a hint within its bounds, 0 where it is missing."""
    return np.asarray(np.where(np.isfinite(hint_k), np.clip(hint_k, -most_k, most_k), 0.0))


def _harmonics(turn: Floats) -> list[Floats]:
    """Return sine and cosine of one and of two turns."""
    angle = 2 * np.pi * turn
    return [np.asarray(f(k * angle)) for k in (1, 2) for f in (np.sin, np.cos)]
