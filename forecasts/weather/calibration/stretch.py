"""The pairs of one stretch of lead times, each with what was known when its run was issued."""

import math
from dataclasses import dataclass
from datetime import datetime

import numpy as np

from forecasts.weather.calibration.default_error import CLIMATE_SD_K, default_hourly_k
from forecasts.weather.calibration.design import Columns, Parts
from forecasts.weather.calibration.known import Flags, hours_since, known_pairs, valid_times
from forecasts.weather.calibration.lead_buckets import bucket_of
from forecasts.weather.calibration.min_crps import Rows
from forecasts.weather.calibration.past_ensemble import EnsemblePast
from forecasts.weather.calibration.recent_errors import (
    KnownErrors,
    fading_means,
    fading_square,
)
from forecasts.weather.run import utc64
from forecasts.weather.solar import DAYS_PER_YEAR, Floats, Times, year_fraction

USUAL_SPREAD = 0.25  # variance of members over that of H§2's error, where members are missing
MOST_ERROR = 2.5  # of H§2's sd: larger errors count as that large among the recent ones
APART_H = 12.0  # pairs closer in lead than this are not independent
RUNS_APART_H = 24.0
STRIDE_H = 3.0  # of the leads learned from, within a stretch
MOST_PAIRS = 1600  # a stretch learns no more from more of them, but takes longer


@dataclass(frozen=True)
class FitSettings:
    """How the past is weighed."""

    half_life_days: float = 700.0
    season_days: float = 45.0  # sd of the window of seasons around today's
    season_floor: float = 0.3  # weight of the opposite season
    max_age_days: float = 1500.0
    climate_sd_k: float = CLIMATE_SD_K  # of the daily mean about its normal


@dataclass(frozen=True)
class KnownPast:
    """The part of a past that is known at `now`: runs issued, and which pairs may be used."""

    past: EnsemblePast
    usable: Flags  # (run, lead)
    valid: Times  # (run, lead)
    now: np.datetime64


@dataclass(frozen=True)
class Stretch:
    """Pairs (n,) of one stretch of leads, and what the latest errors say of the next run."""

    centre_h: float
    parts: Parts
    target_k: Floats  # observed less centre
    usual_k: Floats  # H§2's sd
    variance_k2: Floats  # (n, 3): H§2's, the members', of recent errors
    weight: Floats
    pairs: int  # n before thinning
    issued: Times
    recent_k: Floats  # (3,), known now
    recent_k2: float

    def rows(self, columns: Columns) -> Rows:
        """Return the pairs in units of H§2's sd."""
        unit = self.usual_k[:, None]
        return Rows(
            columns.matrix(self.parts) / unit,
            self.variance_k2 / unit**2,
            self.target_k / self.usual_k,
            self.weight,
        )


def known_past(past: EnsemblePast, now: datetime, settings: FitSettings) -> KnownPast:
    """Return what of `past` is known at `now`, in order of issue, not older than the settings."""
    moment = utc64(now)
    age_h = hours_since(past.issue_times, moment)
    order = np.argsort(past.issue_times, kind="stable")
    kept = order[(age_h[order] >= 0) & (age_h[order] <= 24 * settings.max_age_days)]
    known = EnsemblePast(
        past.issue_times[kept],
        past.lead_h,
        past.centre_c[kept],
        past.spread_k2[kept],
        past.observed_c[kept],
        {name: values[kept] for name, values in past.guides_k.items()},
        {name: values[kept] for name, values in past.signals_k.items()},
        past.step_h,
    )
    usable = known_pairs(known.issue_times, known.lead_h, known.step_h, now)
    usable &= np.isfinite(known.centre_c) & np.isfinite(known.observed_c)
    return KnownPast(known, usable, valid_times(known.issue_times, known.lead_h), moment)


def stretches(known: KnownPast, settings: FitSettings) -> list[Stretch]:
    """Return the stretches of lead times that the past has, short leads first."""
    buckets = bucket_of(known.past.lead_h)
    return [_stretch(known, np.flatnonzero(buckets == b), settings) for b in np.unique(buckets)]


def _stretch(
    known: KnownPast, leads: np.ndarray[tuple[int, ...], np.dtype[np.intp]], settings: FitSettings
) -> Stretch:
    past = known.past
    lead_h = past.lead_h[leads]
    centre_h = float(lead_h.mean())
    usual = float(default_hourly_k(centre_h, settings.climate_sd_k))
    errors = _known_errors(known, leads, MOST_ERROR * usual)
    asked_h = -hours_since(np.append(past.issue_times, known.now), known.now)
    recent = fading_means(errors, asked_h)
    squares = fading_square(errors, asked_h, usual**2)
    learned = leads[_stride(lead_h)]
    run, column = np.nonzero(known.usable[:, learned])
    pairs, every = run.size, _every(run.size, learned.size)
    run, column = run[::every], column[::every]
    at = (run, learned[column])
    usual_k = default_hourly_k(past.lead_h, settings.climate_sd_k)[at[1]]
    spread = past.spread_k2[at]
    spread = np.where(np.isfinite(spread), spread, USUAL_SPREAD * usual_k**2)
    return Stretch(
        centre_h,
        Parts(
            known.valid[at],
            past.centre_c[at],
            {name: values[at] for name, values in past.guides_k.items()},
            {name: values[at] for name, values in past.signals_k.items()},
            recent[run],
        ),
        past.observed_c[at] - past.centre_c[at],
        usual_k,
        np.stack([usual_k**2, spread, squares[run]], axis=1),
        _weight(known, lead_h, at, settings) * every,
        pairs,
        past.issue_times[run],
        recent[-1],
        float(squares[-1]),
    )


def _stride(lead_h: Floats) -> np.ndarray[tuple[int, ...], np.dtype[np.intp]]:
    """Return which leads to learn from: one in three hours, errors between hardly differ."""
    return np.unique(np.floor(lead_h / STRIDE_H), return_index=True)[1]


def _every(pairs: int, leads: int) -> int:
    """Return which n-th pair to keep so that few enough are left, of every lead alike."""
    every = max(1, -(-pairs // MOST_PAIRS))
    while math.gcd(every, leads) > 1:
        every += 1
    return every


def _known_errors(
    known: KnownPast, leads: np.ndarray[tuple[int, ...], np.dtype[np.intp]], most_k: float
) -> KnownErrors:
    """Return the errors of past runs in a stretch, of what is midway to the first guide.

    The first guide is as good as the centre (it is the most trusted), and midway is better.
    """
    past, usable = known.past, known.usable[:, leads]
    error = past.observed_c[:, leads] - past.centre_c[:, leads]
    for values in list(past.guides_k.values())[:1]:
        guide = values[:, leads]
        error = error - np.where(np.isfinite(guide), guide, 0.0) / 2
    error = np.where(usable, np.clip(error, -most_k, most_k), 0.0)
    count = np.where(usable.any(axis=1), usable.sum(axis=1), np.nan)
    over_h = past.step_h - hours_since(known.valid[:, leads], known.now)
    last = np.where(usable, over_h, -np.inf).max(axis=1, initial=-np.inf)
    return KnownErrors(
        np.where(np.isfinite(last), last, np.nan),
        error.sum(axis=1) / count,
        (error**2).sum(axis=1) / count,
        usable.mean(axis=1),
    )


def _weight(
    known: KnownPast,
    lead_h: Floats,
    at: tuple[np.ndarray[tuple[int, ...], np.dtype[np.intp]], ...],
    settings: FitSettings,
) -> Floats:
    """Return how many independent pairs each pair is worth: age, season, neighbours in time."""
    issued = known.past.issue_times
    age_days = hours_since(issued, known.now) / 24
    away_days = DAYS_PER_YEAR * (year_fraction(issued) - year_fraction(known.now.reshape(1)))
    away_days = (away_days + DAYS_PER_YEAR / 2) % DAYS_PER_YEAR - DAYS_PER_YEAR / 2
    near = np.exp(-((away_days / settings.season_days) ** 2) / 2)
    by_season = settings.season_floor + (1 - settings.season_floor) * near
    by_run = 0.5 ** (age_days / settings.half_life_days) * by_season
    if issued.size > 1:
        spacing_h = float(np.median(np.diff(issued) / np.timedelta64(1, "s"))) / 3600
        by_run *= min(1.0, spacing_h / RUNS_APART_H)
    apart_h = float(np.median(np.diff(lead_h[_stride(lead_h)]))) if lead_h.size > 1 else APART_H
    return np.asarray(by_run[at[0]] * min(1.0, apart_h / APART_H))
