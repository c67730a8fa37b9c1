"""What the forecast is always wrong by at the utility's own sensor: by lead time and local hour.

bias(lead, hour) = level + daily course (two harmonics) + course over lead (straight lines between
knots), each held to zero until days of pairs speak for it, old errors fading with exp(-age/3
weeks). Large errors count as by P. J. Huber, "Robust estimation of a location parameter", Ann.
Math. Stat. 35, 1964, doi:10.1214/aoms/1177703732. From a sensor that is stuck or far off nothing
is learned: the bias is then zero, and says why.
"""

import json
from dataclasses import asdict, dataclass
from datetime import datetime

import numpy as np
from numpy.typing import ArrayLike

from forecasts.weather.calibration.default_error import default_hourly_k
from forecasts.weather.calibration.known import hours_since, valid_times
from forecasts.weather.calibration.lead_buckets import between
from forecasts.weather.calibration.past_errors import PastErrors
from forecasts.weather.calibration.sensor import SensorCheck, SensorFault, check_sensor
from forecasts.weather.run import iso_utc, utc64
from forecasts.weather.solar import Floats, days_since_2000

FADING_DAYS = 21.0
BOUND_K = 3.0
KNOTS_H = (0.0, 24.0, 72.0, 168.0, 384.0)
# What one would bet on before any error is seen: prior sd of each part; and how much of a day's
# error the bias does not explain, in its mean and in its daily course. One day weighs against the
# prior as 1 to (error/prior)².
LEVEL_SD_K, HOUR_SD_K, LEAD_SD_K = 1.2, 0.7, 0.7
DAY_ERROR_K, COURSE_ERROR_K = 1.5, 0.8
SPREAD_PRIOR_DAYS = 3.0
HUBER = 1.5  # robust sds beyond which an error's pull grows no more
LEAST_SCALE_K = 0.5
MOST_RESIDUAL = 4.0
ROUNDS = 8


@dataclass(frozen=True)
class LocalBias:
    """The running bias of one forecast at one sensor, forecast less sensor; JSON for provenance."""

    known_by: str  # ISO 8601 UTC
    coefficients_k: tuple[float, ...]  # level, four of the day, one a knot of lead
    residual_k: tuple[float, ...]  # sd of what is left, at the knots of lead
    bound_k: float
    at_bound: bool  # somewhere more was found than `bound_k`
    fault: SensorFault | None  # why nothing was learned
    pairs: int  # used
    left_out: int  # frozen or impossible
    days: float  # of observations, faded, that the bias rests on

    def at(self, lead_h: ArrayLike, local_hour: ArrayLike) -> Floats:
        """Return the bias, K, within ± `bound_k`; subtract it from the forecast.

        `local_hour`: hour of the day of the start of the step, 0 to 24, by the clock of `learn`.
        """
        lead, hour = np.broadcast_arrays(
            np.asarray(lead_h, dtype=np.float64), np.asarray(local_hour, dtype=np.float64)
        )
        found = _columns(lead.ravel(), hour.ravel()) @ np.array(self.coefficients_k)
        return np.asarray(np.clip(found, -self.bound_k, self.bound_k).reshape(lead.shape))

    def residual_sd_k(self, lead_h: ArrayLike) -> Floats:
        """Return the sd of hourly errors that are left after the correction, K."""
        return np.interp(np.asarray(lead_h, dtype=np.float64), KNOTS_H, self.residual_k)

    def to_json(self) -> str:
        """Return everything as JSON."""
        return json.dumps(asdict(self))


def local_bias_from_json(text: str) -> LocalBias:
    """Return the bias that `LocalBias.to_json` wrote."""
    found = json.loads(text)
    fault = None if found["fault"] is None else SensorFault(found["fault"])
    lists = {name: tuple(found[name]) for name in ("coefficients_k", "residual_k")}
    return LocalBias(**found | lists | {"fault": fault})


@dataclass(frozen=True)
class _Pairs:
    """Known pairs (n,) fit to learn from."""

    lead_h: Floats
    hour: Floats
    error_k: Floats
    weight: Floats  # independent days that each is worth
    days: Floats  # days of observations that each stands for

    @property
    def columns(self) -> Floats:
        return _columns(self.lead_h, self.hour)

    def none(self) -> "_Pairs":
        arrays = (self.lead_h, self.hour, self.error_k, self.weight, self.days)
        return _Pairs(*(array[:0] for array in arrays))


def learn(
    past: PastErrors,
    now: datetime,
    *,
    utc_offset_h: float = 8.0,
    fading_days: float = FADING_DAYS,
    bound_k: float = BOUND_K,
) -> LocalBias:
    """Return the bias of the pairs known at `now` (aware); zero for none or a sensor at fault.

    `utc_offset_h`: local clock less UTC, which the hours of the day count by. A day of
    observations is worth one independent error, and the root of n if n runs were issued for it.
    """
    pairs, check = _pairs(past, now, utc_offset_h, fading_days)
    if check.fault is not None:
        pairs = pairs.none()
    coefficients, residual = _robust_fit(pairs)
    hours = np.arange(24.0)
    grid = _columns(np.repeat(KNOTS_H, hours.size), np.tile(hours, len(KNOTS_H)))
    return LocalBias(
        known_by=iso_utc(now),
        coefficients_k=tuple(coefficients.tolist()),
        residual_k=tuple(residual.tolist()),
        bound_k=bound_k,
        at_bound=bool((np.abs(grid @ coefficients) > bound_k).any()),
        fault=check.fault,
        pairs=pairs.error_k.size,
        left_out=check.frozen + check.impossible,
        days=float(pairs.days.sum()),
    )


def _columns(lead_h: Floats, hour: Floats) -> Floats:
    """Return level, daily course and course over lead, (n, 5 + knots)."""
    angle = 2 * np.pi * hour / 24
    daily = [f(k * angle) for k in (1, 2) for f in (np.sin, np.cos)]
    return np.stack([np.ones(hour.size), *daily, *between(np.array(KNOTS_H), lead_h)], axis=1)


def _pairs(
    past: PastErrors, now: datetime, utc_offset_h: float, fading_days: float
) -> tuple[_Pairs, SensorCheck]:
    known = past.known(now)
    valid = valid_times(past.issue_times, past.lead_h)[known]
    lead_h = np.broadcast_to(past.lead_h, known.shape)[known]
    observed, forecast = past.observed_c[known], past.forecast_c[known]
    check = check_sensor(valid, observed, forecast, past.step_h)
    good = check.usable
    valid, lead_h, error = valid[good], lead_h[good], (forecast - observed)[good]
    _, number, sharing = np.unique(valid, return_inverse=True, return_counts=True)
    age_days = hours_since(valid, utc64(now)) / 24
    share = np.exp(-age_days / fading_days) * max(past.step_h, 1.0) / 24
    hour = np.mod(days_since_2000(valid) * 24 + utc_offset_h, 24.0)
    weight, days = share / np.sqrt(sharing[number]), share / sharing[number]
    return _Pairs(lead_h, hour, error, weight, days), check


def _robust_fit(pairs: _Pairs) -> tuple[Floats, Floats]:
    """Return coefficients and the sd of what is left, at the knots."""
    level, course = DAY_ERROR_K / LEVEL_SD_K, COURSE_ERROR_K / HOUR_SD_K
    force = np.array([level, *[course] * 4, *[DAY_ERROR_K / LEAD_SD_K] * len(KNOTS_H)]) ** 2
    columns, trust = pairs.columns, np.ones(pairs.error_k.size)
    coefficients: Floats = np.zeros(force.size)
    left: Floats = pairs.error_k
    for _ in range(ROUNDS if trust.size else 0):
        weighted = columns * (pairs.weight * trust)[:, None]
        system = weighted.T @ columns + np.diag(force)
        coefficients = np.asarray(np.linalg.solve(system, weighted.T @ pairs.error_k))
        left = pairs.error_k - columns @ coefficients
        scale = max(LEAST_SCALE_K, 1.4826 * float(np.median(np.abs(left - np.median(left)))))
        trust = np.minimum(1.0, HUBER * scale / np.maximum(np.abs(left), 1e-9))
    usual = default_hourly_k(np.array(KNOTS_H))
    near = columns[:, -len(KNOTS_H) :] * pairs.weight[:, None]
    most = MOST_RESIDUAL * np.interp(pairs.lead_h, KNOTS_H, usual)
    squares = near.T @ np.minimum(left**2, most**2) + SPREAD_PRIOR_DAYS * usual**2
    return coefficients, np.sqrt(squares / (near.sum(axis=0) + SPREAD_PRIOR_DAYS))
