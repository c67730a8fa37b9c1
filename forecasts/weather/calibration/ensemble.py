"""Learning to calibrate an ensemble from its past: bias, spread and the shape of its errors.

Ensemble model output statistics by least CRPS (Gneiting et al. 2005, doi:10.1175/MWR2904.1), with
the latest known errors (Möller and Groß 2020, doi:10.1002/qj.3667), seasons and hours:

    location = centre + level + slope·anomaly + guides + signals + recent errors + season + hour
    scale²   = c·(H§2's error)² + d·(variance of members) + g·(mean square of recent errors)

Old runs fade, runs of other seasons count less, and each stretch of lead times is held to the fit
of all. Every coefficient has a prior: with no past at all the mean stays as it is and the spread
is widened to that of H§2. Only what is known at `now` is used, and each past run is paired with
the errors known when it was issued: a fit never sees what a forecaster could not have seen.
"""

from collections.abc import Sequence
from datetime import datetime

import numpy as np

from forecasts.weather.calibration.calibrated import BucketFit, Calibration
from forecasts.weather.calibration.design import Columns
from forecasts.weather.calibration.min_crps import Coefficients, Prior, Rows, fit_rows, moments
from forecasts.weather.calibration.past_ensemble import EnsemblePast
from forecasts.weather.calibration.recent_errors import HALF_LIVES_H
from forecasts.weather.calibration.scores import SQRT_PI
from forecasts.weather.calibration.shape import Shape, learn_shape
from forecasts.weather.calibration.stretch import (
    FitSettings,
    KnownPast,
    Stretch,
    known_past,
    stretches,
)
from forecasts.weather.run import iso_utc, utc_datetime
from forecasts.weather.solar import days_since_2000

# Shares of H§2's variance, the members' and the recent squares' before anything is known: with
# members as narrow as they use to be, about H§2's own.
VARIANCE_PRIOR = (0.7, 1.0, 0.1)
VARIANCE_PRIOR_PAIRS = 15.0
STRETCH_SHARE = (
    0.5  # of the prior sd: how far a stretch of leads is expected to leave the fit of all
)
UNSEEN_SHARE = 0.5  # how far stretches without pairs follow the others
POOL_ROWS = 2000
DISTINCT_HOURS = 6  # of the day, needed to learn a daily course
SEASON_FROM_DAYS, SEASON_FULL_DAYS = 180.0, 540.0
DEFAULT_SETTINGS = FitSettings()


def fit(past: EnsemblePast, now: datetime, settings: FitSettings = DEFAULT_SETTINGS) -> Calibration:
    """Return the calibration known at `now` (aware) from the runs of `past`, few or none as well.

    Runs may come in any order; those issued after `now`, and values of steps not over, are not
    looked at. Raises ValueError if `now` has no zone.
    """
    known = known_past(past, now, settings)
    columns = _columns(known)
    learned = stretches(known, settings)
    rows = [stretch.rows(columns) for stretch in learned]
    default = _default_prior(columns)
    pool = fit_rows(_thinned(rows), default) if len(rows) > 1 else None
    priors = [default if pool is None else _held_to(pool, default, part) for part in rows]
    fits = [fit_rows(part, prior) for part, prior in zip(rows, priors, strict=True)]
    told = [_told(*one) for one in zip(learned, rows, fits, priors, strict=True)]
    return Calibration(
        iso_utc(now),
        columns,
        tuple(told) or (_nothing_learned(default.centre),),
        _shape(rows, fits),
        settings.climate_sd_k,
    )


def _columns(known: KnownPast) -> Columns:
    """Return the parts that the usable pairs can tell something of."""
    past, usable = known.past, known.usable
    days = days_since_2000(past.issue_times[usable.any(axis=1)])
    span_days = float(np.ptp(days)) if days.size else 0.0
    hours = np.unique(np.floor(np.mod(days_since_2000(known.valid[usable]), 1.0) * 24 + 1e-6))
    season = (span_days - SEASON_FROM_DAYS) / (SEASON_FULL_DAYS - SEASON_FROM_DAYS)
    return Columns(
        middle_c=float(past.centre_c[usable].mean()) if days.size else 0.0,
        hours=hours.size >= DISTINCT_HOURS,
        season=float(np.clip(season, 0.0, 1.0)),
        guides=tuple(past.guides_k),
        signals=tuple(past.signals_k),
    )


def _default_prior(columns: Columns) -> Prior:
    """Return the prior without any past: no shift, the spread of H§2.

    One pair bends the objective by 1/sqrt(pi) of its squared columns, so a prior sd of s K is a
    force of 1/(s² sqrt(pi)) in the same units.
    """
    sd = columns.prior_sd_k()
    root = np.sqrt(np.array(VARIANCE_PRIOR))
    force = VARIANCE_PRIOR_PAIRS / (2 * SQRT_PI)
    return Prior(Coefficients(np.zeros(sd.size), root), 1 / (sd**2 * SQRT_PI), np.full(3, force))


def _held_to(pool: Coefficients, default: Prior, rows: Rows) -> Prior:
    """Return the prior of one stretch of leads: what was learned from all, held more firmly."""
    share = 1.0 if rows.target.size else UNSEEN_SHARE
    centre = Coefficients(
        share * pool.mean + (1 - share) * default.centre.mean,
        share * pool.root + (1 - share) * default.centre.root,
    )
    firmer = 1 / STRETCH_SHARE**2
    return Prior(centre, firmer * default.mean_force, default.root_force)


def _thinned(rows: Sequence[Rows]) -> Rows:
    """Return all pairs as one, evenly thinned to a size that fits in milliseconds."""
    count = sum(part.target.size for part in rows)
    every = max(1, -(-count // POOL_ROWS))
    kept = slice(None, None, every)
    return Rows(
        np.concatenate([part.mean_parts for part in rows])[kept],
        np.concatenate([part.variance_parts for part in rows])[kept],
        np.concatenate([part.target for part in rows])[kept],
        np.concatenate([part.weight for part in rows])[kept] * every,
    )


def _shape(rows: Sequence[Rows], fits: Sequence[Coefficients]) -> Shape:
    """Return the shape of the standardised errors of all stretches."""
    z, weight = [], []
    for part, coefficients in zip(rows, fits, strict=True):
        mean, sd = moments(part, coefficients)
        z.append((part.target - mean) / sd)
        weight.append(part.weight)
    return learn_shape(np.concatenate(z), np.concatenate(weight)) if z else Shape()


def _told(stretch: Stretch, rows: Rows, fitted: Coefficients, prior: Prior) -> BucketFit:
    """Return what was learned in one stretch, for use and for provenance."""
    seen = float((rows.weight * rows.mean_parts[:, 0] ** 2).sum()) / SQRT_PI
    issued = np.sort(stretch.issued)[[0, -1]] if stretch.issued.size else ()
    first, last = (iso_utc(utc_datetime(t)) for t in issued) if len(issued) else ("", "")
    return BucketFit(
        stretch.centre_h,
        stretch.pairs,
        float(rows.weight.sum()),
        first,
        last,
        tuple(fitted.mean.tolist()),
        tuple((fitted.root**2).tolist()),
        tuple(stretch.recent_k.tolist()),
        stretch.recent_k2,
        float(prior.mean_force[0] / (prior.mean_force[0] + seen)),
    )


def _nothing_learned(default: Coefficients) -> BucketFit:
    """Return the fit of a past that has not even lead times."""
    zeros = (0.0,) * len(HALF_LIVES_H)
    variance = (*(default.root[:2] ** 2).tolist(), 0.0)
    return BucketFit(0.0, 0, 0.0, "", "", tuple(default.mean.tolist()), variance, zeros, 0.0, 1.0)
