"""Least-CRPS regression: a normal distribution whose mean and variance are linear in predictors.

mean = X b, variance = V u² (u squared keeps every part from going below zero). Minimised is the
weighted mean CRPS (Gneiting et al. 2005, doi:10.1175/MWR2904.1) and a quadratic penalty that holds
b and u to their priors where there are few pairs. A single pair pulls the mean with a force of at
most 1 and the spread with at most 0.57, however absurd it is: the fit is robust as it stands.
"""

from dataclasses import dataclass

import numpy as np
from scipy.special import ndtr

from forecasts.weather.calibration.scores import SQRT_2PI, SQRT_PI, crps_normal
from forecasts.weather.solar import Floats

ROUNDS = 25
TOLERANCE = 1e-5  # of the mean score, in units of the default spread
LEAST_VARIANCE = 0.01
SMALLEST_STEP = 1e-3


@dataclass(frozen=True)
class Rows:
    """Pairs to fit to, in units of the default spread of each; n rows."""

    mean_parts: Floats  # (n, k)
    variance_parts: Floats  # (n, j), none negative
    target: Floats  # (n,)
    weight: Floats  # (n,), how many independent pairs each stands for


@dataclass(frozen=True)
class Coefficients:
    """Of the mean (k,) and the roots of those of the variance (j,)."""

    mean: Floats
    root: Floats


@dataclass(frozen=True)
class Prior:
    """Where coefficients are held, and by how many independent pairs' worth of force."""

    centre: Coefficients
    mean_force: Floats  # (k,)
    root_force: Floats  # (j,)


@dataclass(frozen=True)
class _Pull:
    """First and (expected) second derivatives of the objective by one block of coefficients."""

    gradient: Floats
    curvature: Floats

    def step(self) -> Floats:
        return np.asarray(-np.linalg.solve(self.curvature, self.gradient))


def fit_rows(rows: Rows, prior: Prior) -> Coefficients:
    """Return the coefficients of least penalised CRPS; without rows, those of the prior.

    Scoring steps with the second derivatives that a right model would have on average: they are
    never negative, and since mean and spread do not mix in them, each block has its own system.
    """
    at = prior.centre
    if rows.target.size == 0:
        return at
    score = _objective(rows, prior, at)
    enough = TOLERANCE * float(rows.weight.sum())
    for _ in range(ROUNDS):
        mean_step, root_step = (pull.step() for pull in _pulls(rows, prior, at))
        length = 1.0
        while length >= SMALLEST_STEP:
            ahead = Coefficients(at.mean + length * mean_step, np.abs(at.root + length * root_step))
            reached = _objective(rows, prior, ahead)
            if reached <= score:
                break
            length /= 2
        else:
            return at
        gained, at, score = score - reached, ahead, reached
        if gained < enough:
            break
    return at


def moments(rows: Rows, at: Coefficients) -> tuple[Floats, Floats]:
    """Return mean and sd of each row, in units of its default spread."""
    variance = rows.variance_parts @ at.root**2
    return rows.mean_parts @ at.mean, np.sqrt(np.maximum(variance, LEAST_VARIANCE))


def _objective(rows: Rows, prior: Prior, at: Coefficients) -> float:
    mean, sd = moments(rows, at)
    away_mean, away_root = at.mean - prior.centre.mean, at.root - prior.centre.root
    held = prior.mean_force @ away_mean**2 + prior.root_force @ away_root**2
    return float(rows.weight @ crps_normal(mean, sd, rows.target)) + float(held) / 2


def _pulls(rows: Rows, prior: Prior, at: Coefficients) -> tuple[_Pull, _Pull]:
    """Return what draws the mean's and the spread's coefficients.

    By the mean m: d = 1 - 2 F(z), d² = 1/(s sqrt(pi)); by the sd s: d = 2 f(z) - 1/sqrt(pi),
    d² = 1/(2 s sqrt(pi)), the second derivatives averaged over z ~ N(0, 1).
    """
    mean, sd = moments(rows, at)
    z = (rows.target - mean) / sd
    by_mean = rows.weight * (1 - 2 * ndtr(z))
    by_sd = rows.weight * (2 * np.exp(-(z**2) / 2) / SQRT_2PI - 1 / SQRT_PI)
    bend = rows.weight / (sd * SQRT_PI)
    parts, sd_parts = rows.mean_parts, rows.variance_parts * at.root / sd[:, None]
    away_mean, away_root = at.mean - prior.centre.mean, at.root - prior.centre.root
    return (
        _Pull(
            parts.T @ by_mean + prior.mean_force * away_mean,
            (parts * bend[:, None]).T @ parts + np.diag(prior.mean_force),
        ),
        _Pull(
            sd_parts.T @ by_sd + prior.root_force * away_root,
            (sd_parts * bend[:, None] / 2).T @ sd_parts + np.diag(prior.root_force),
        ),
    )
