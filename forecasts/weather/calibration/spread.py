"""How wrong a forecast may be by lead time: of an hour, and of the mean of a day.

Begins with H§2's figures (`default_error`), takes over what past errors show as there are more of
them, and never falls with lead. Hourly and daily figures are one model: errors of hours dt apart
correlate with exp(-dt/memory), so the sd of a day's mean is the root of the mean of
s_i s_j exp(-|i-j|/memory) over its hours. The plan's margin uses days 1 and 3 (design §5).
"""

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import datetime

import numpy as np
from numpy.typing import ArrayLike
from scipy.special import ndtri

from forecasts.recursion import fading_sums
from forecasts.weather.calibration.default_error import (
    CLIMATE_SD_K,
    DAY_H,
    MEMORY_H,
    daily_share,
    default_hourly_k,
)
from forecasts.weather.calibration.known import hours_since, valid_times
from forecasts.weather.calibration.lead_buckets import EDGES_H, bucket_of
from forecasts.weather.calibration.past_errors import PastErrors
from forecasts.weather.run import iso_utc, utc64
from forecasts.weather.solar import Floats, days_since_2000

LAST_LEAD_H = 384
PRIOR_DAYS = 10.0  # how many independent days of errors the default counts for
MEMORY_PRIOR_DAYS = 10.0
MOST_ERROR = 4.0  # of the default sd: larger errors count as that large
FOLLOWED = 0.5  # how far a stretch of leads without errors follows the one before
LEAST_DAY_H = 20  # hours of a day that must be there for its mean
MEMORY_DAYS = 5  # of the horizon, to learn the memory from
FADING_DAYS = 60.0
_MEMORIES_H = np.geomspace(3.0, 240.0, 100)
_SHARES2 = np.array([daily_share(float(memory_h)) ** 2 for memory_h in _MEMORIES_H])


@dataclass(frozen=True)
class ErrorSpread:
    """Sd of forecast errors by lead time; JSON for provenance."""

    lead_h: tuple[float, ...]
    sd_k: tuple[float, ...]  # of hourly means at `lead_h`, straight lines between
    memory_h: float
    pairs: int  # of forecast and observation it was learned from
    independent_days: float  # what they are worth
    known_by: str  # ISO 8601 UTC; empty for the default

    def sigma_hourly_k(self, lead_h: ArrayLike) -> Floats:
        """Return the sd of the error of an hourly mean at `lead_h`, K; constant past the end."""
        return np.interp(np.asarray(lead_h, dtype=np.float64), self.lead_h, self.sd_k)

    def sigma_daily_k(self, lead_day: float) -> float:
        """Return the sd of the error of the mean of the 24 h that end `lead_day` days ahead, K.

        Day 1 is hours 0 to 24. Within the first day it is the mean of what is left of it. Raises
        ValueError unless `lead_day` is above 0.
        """
        if not lead_day > 0:
            raise ValueError(f"lead_day is {lead_day:g}; the first day that is forecast is 1.")
        end_h = lead_day * DAY_H
        hours = np.arange(max(0.0, end_h - DAY_H), end_h - 1e-9)
        sd = self.sigma_hourly_k(hours)
        together = np.exp(-np.abs(np.subtract.outer(hours, hours)) / self.memory_h)
        return float(np.sqrt((np.outer(sd, sd) * together).mean()))

    def quantiles(self, mean_c: Floats, lead_h: Floats, levels: Sequence[float] | Floats) -> Floats:
        """Return normal quantiles around a forecast, °C, (level, lead)."""
        scores = np.asarray(ndtri(np.asarray(levels, dtype=np.float64)))
        return np.asarray(mean_c + scores[:, None] * self.sigma_hourly_k(lead_h))

    def error_paths(self, lead_h: Floats, count: int, seed: int) -> Floats:
        """Return `count` courses of error to add to a forecast, K, (path, lead); same seed, same.

        On hourly leads; each has the sd of its lead and the correlation of the model above.
        """
        if lead_h.size > 1 and not np.allclose(np.diff(lead_h), 1.0):
            raise ValueError("error paths are made on hourly leads.")
        kept = float(np.exp(-1 / self.memory_h))
        fresh = np.random.default_rng(seed).standard_normal((count, lead_h.size))
        fresh[:, 1:] *= np.sqrt(1 - kept**2)
        return fading_sums(fresh, kept) * self.sigma_hourly_k(lead_h)

    def to_json(self) -> str:
        """Return everything as JSON."""
        return json.dumps(asdict(self))


def spread_from_json(text: str) -> ErrorSpread:
    """Return the spread that `ErrorSpread.to_json` wrote."""
    found = json.loads(text)
    return ErrorSpread(**found | {name: tuple(found[name]) for name in ("lead_h", "sd_k")})


def default_spread(climate_sd_k: float = CLIMATE_SD_K) -> ErrorSpread:
    """Return the spread of H§2, which nears `climate_sd_k` (daily mean about its normal)."""
    lead_h = np.arange(LAST_LEAD_H + 1.0)
    sd_k = tuple(default_hourly_k(lead_h, climate_sd_k).tolist())
    return ErrorSpread(tuple(lead_h.tolist()), sd_k, MEMORY_H, 0, 0.0, "")


def learn_spread(
    past: PastErrors,
    now: datetime,
    climate_sd_k: float = CLIMATE_SD_K,
    *,
    fading_days: float = FADING_DAYS,
) -> ErrorSpread:
    """Return the spread of past errors known at `now` (aware), held to H§2 where they are few.

    Errors should be those of the corrected forecast: a bias counts as spread here. Errors fade
    with exp(-age/`fading_days`). By stretch of leads the variance is (n s² + n0 s0²)/(n + n0), n
    counted in days; a stretch expects half of what the one before it found. Never above the
    spread of the climate, `climate_sd_k` of the daily mean.
    """
    known = past.known(now)
    fading = np.exp(-hours_since(past.issue_times, utc64(now)) / DAY_H / fading_days)
    weight = np.where(known, fading[:, None], 0.0)
    memory_h = _memory_h(np.where(known, past.error_k, np.nan), past.lead_h, fading)
    centres = np.array(EDGES_H) + np.append(np.diff(EDGES_H), LAST_LEAD_H - EDGES_H[-1]) / 2
    usual_k2 = default_hourly_k(centres, climate_sd_k, memory_h) ** 2
    ratio, days = _variance_ratios(past, weight, climate_sd_k, memory_h)
    most_k = climate_sd_k / daily_share(memory_h)
    rising = never_falling(ratio * usual_k2, days + PRIOR_DAYS)
    lead_h = np.arange(LAST_LEAD_H + 1.0)
    scale = np.sqrt(np.interp(lead_h, centres, rising / usual_k2))
    sd_k = np.minimum(scale * default_hourly_k(lead_h, climate_sd_k, memory_h), most_k)
    return ErrorSpread(
        tuple(lead_h.tolist()),
        tuple(np.maximum.accumulate(sd_k).tolist()),
        memory_h,
        int(known.sum()),
        float(days.max()),
        iso_utc(now),
    )


def spread_of_members(members_c: Floats, lead_h: Floats, now: datetime) -> ErrorSpread:
    """Return the spread of calibrated members, °C, (member, lead), as error of their mean.

    It is of today's weather: narrow in settled air, wide where a front may come early or late.
    Made never to fall with lead by joining the leads where it does. `lead_h` hourly.
    """
    away = members_c - np.nanmean(members_c, axis=0)
    count = np.isfinite(members_c).sum(axis=0)
    variance = np.nansum(away**2, axis=0) / np.maximum(count - 1, 1)
    rising = never_falling(variance, np.ones(variance.size))
    share = _daily_share_of(away, lead_h, np.ones(away.shape[0]))
    memory_h = MEMORY_H if share is None else _memory_of(share[0])
    sd_k = tuple(np.sqrt(rising).tolist())
    return ErrorSpread(tuple(lead_h.tolist()), sd_k, memory_h, 0, 0.0, iso_utc(now))


def never_falling(values: Floats, weight: Floats) -> Floats:
    """Return the series nearest to `values` by weighted squares that never falls.

    Pool adjacent violators: M. Ayer et al., "An empirical distribution function for sampling with
    incomplete information", Ann. Math. Stat. 26, 1955, doi:10.1214/aoms/1177728423.
    """
    blocks: list[tuple[float, float, int]] = []  # mean, weight, length
    for value, own in zip(values.tolist(), weight.tolist(), strict=True):
        block = (value, own, 1)
        while blocks and blocks[-1][0] > block[0]:
            mean, before, length = blocks.pop()
            whole = before + block[1]
            block = ((mean * before + block[0] * block[1]) / whole, whole, length + block[2])
        blocks.append(block)
    return np.repeat([block[0] for block in blocks], [block[2] for block in blocks])


def _variance_ratios(
    past: PastErrors, weight: Floats, climate_sd_k: float, memory_h: float
) -> tuple[Floats, Floats]:
    """Return measured variance over the default's, and days it rests on, by stretch of leads.

    A day of observations is worth one, however many runs and hours of it there are: their errors
    hang together.
    """
    usual = default_hourly_k(past.lead_h, climate_sd_k, memory_h)
    square = np.minimum((np.nan_to_num(past.error_k) / usual) ** 2, MOST_ERROR**2)
    day = np.floor(days_since_2000(valid_times(past.issue_times, past.lead_h))).astype(np.int64)
    buckets, expected = bucket_of(past.lead_h), 1.0
    ratio, days = np.ones(len(EDGES_H)), np.zeros(len(EDGES_H))
    for b in range(len(EDGES_H)):
        own = weight[:, buckets == b]
        if own.any():
            each, number = np.unique(day[:, buckets == b], return_inverse=True)
            heaviest = np.zeros(each.size)
            np.maximum.at(heaviest, number.ravel(), own.ravel())
            days[b] = heaviest.sum()
            measured = float((own * square[:, buckets == b]).sum() / own.sum())
            expected = (days[b] * measured + PRIOR_DAYS * expected) / (days[b] + PRIOR_DAYS)
        ratio[b] = expected
        expected = 1 + FOLLOWED * (expected - 1)
    return ratio, days


def _memory_h(error_k: Floats, lead_h: Floats, weight: Floats) -> float:
    """Return the memory of errors (run, lead; nan unknown), held to the default where few."""
    found = _daily_share_of(error_k, lead_h, weight)
    if found is None:
        return MEMORY_H
    share2, days = found
    default2 = daily_share(MEMORY_H) ** 2
    return _memory_of((days * share2 + MEMORY_PRIOR_DAYS * default2) / (days + MEMORY_PRIOR_DAYS))


def _memory_of(share2: float) -> float:
    """Return the memory at which a day's mean keeps `share2` of the hourly variance."""
    return float(np.interp(share2, _SHARES2, _MEMORIES_H))


def _daily_share_of(error_k: Floats, lead_h: Floats, weight: Floats) -> tuple[float, float] | None:
    """Return variance of daily means over hourly variance, and weight of the days; None: no day."""
    daily, hourly, total = 0.0, 0.0, 0.0
    for day in range(MEMORY_DAYS):
        errors = error_k[:, (lead_h >= DAY_H * day) & (lead_h < DAY_H * (day + 1))]
        there = np.isfinite(errors)
        count = there.sum(axis=1)
        own = np.where(count >= LEAST_DAY_H, weight, 0.0)
        known = np.where(there, errors, 0.0)
        each = np.maximum(count, 1)
        daily += float(own @ (known.sum(axis=1) / each) ** 2)
        hourly += float(own @ ((known**2).sum(axis=1) / each))
        total = max(total, float(own.sum()))
    return (daily / hourly, total) if hourly > 0 else None
