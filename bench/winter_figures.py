"""Figures of a handful of winters, the same for observed and drawn ones.

Winters are hourly temperatures, shape (winters, hours), from a local midnight on; nan is a gap.
The normal is estimated from the winters at hand, so both sides lose the same to it.
"""

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from forecasts.weather.climate.spells import cold_waves, degree_hours

Floats = NDArray[np.float64]
LEAST_HOURS = 20  # of a day, to count its mean and its minimum
MONTH_H = 30 * 24


def normal_c(winters_c: Floats) -> Floats:
    """Return the smooth normal, shape (hours): for each hour of the day a cubic over the season."""
    count, hours = winters_c.shape
    days = hours // 24
    by_hour = winters_c.reshape(count, days, 24)
    terms = np.polynomial.legendre.legvander(np.linspace(-1, 1, days), 3)
    normal = np.empty((days, 24))
    if not np.isnan(winters_c).any():
        fit, *_ = np.linalg.lstsq(terms, by_hour.mean(axis=0), rcond=None)
        return np.asarray((terms @ fit).ravel())
    for hour in range(24):
        values = by_hour[:, :, hour].ravel()
        known = ~np.isnan(values)
        design = np.tile(terms, (count, 1))[known]
        fit, *_ = np.linalg.lstsq(design, values[known], rcond=None)
        normal[:, hour] = terms @ fit
    return normal.ravel()


def autocorrelation(anomaly_k: Floats, lag_h: int) -> float:
    """Return the correlation of hours `lag_h` apart, all winters together."""
    first, later = anomaly_k[:, :-lag_h].ravel(), anomaly_k[:, lag_h:].ravel()
    both = ~np.isnan(first) & ~np.isnan(later)
    return float(np.corrcoef(first[both], later[both])[0, 1])


def skewness(values: Floats) -> float:
    """Return the third standardised moment of what is known."""
    known = values[~np.isnan(values)]
    centred = known - known.mean()
    return float((centred**3).mean() / known.std() ** 3)


def daily(winters_c: Floats, reduced: Callable[..., Floats]) -> Floats:
    """Return a figure of each day, shape (winters, days); nan where too many hours are missing."""
    days = winters_c.reshape(winters_c.shape[0], -1, 24)
    enough = (~np.isnan(days)).sum(axis=2) >= LEAST_HOURS
    filled = np.where(enough[..., None], days, 0.0)
    return np.where(enough, reduced(filled, axis=2), np.nan)


def figures(winters_c: Floats) -> dict[str, float]:
    """Return the figures of the study, by name with unit."""
    anomaly = winters_c - normal_c(winters_c)
    mean, low, high = (daily(winters_c, f) for f in (np.nanmean, np.nanmin, np.nanmax))
    daily_anomaly = daily(anomaly, np.nanmean)
    whole = anomaly[:, : anomaly.shape[1] // MONTH_H * MONTH_H]
    months = whole.reshape(anomaly.shape[0], -1, MONTH_H)
    degree_h = degree_hours(winters_c) / (~np.isnan(winters_c)).mean(axis=1)
    ordered = np.sort(mean, axis=1)  # nan last
    found = {
        "mean, °C": float(np.nanmean(winters_c)),
        "sd of winter means, K": float(np.nanmean(anomaly, axis=1).std(ddof=1))
        if len(winters_c) > 1
        else float("nan"),
        "sd of hours, K": float(np.nanstd(anomaly)),
        "sd of hours within 30 days, K": float(np.nanstd(months, axis=2).mean()),
        "sd of daily means, K": float(np.nanstd(daily_anomaly)),
        "sd of daily ranges, K": float(np.nanstd(high - low)),
        "mean daily range, K": float(np.nanmean(high - low)),
    }
    for lag_h in (1, 6, 12, 24, 48, 72, 240):
        found[f"autocorrelation at {lag_h} h"] = autocorrelation(anomaly, lag_h)
    return found | {
        "skewness of hours": skewness(anomaly),
        "skewness of 6 h changes": skewness(anomaly[:, 6:] - anomaly[:, :-6]),
        "skewness of 24 h changes": skewness(anomaly[:, 24:] - anomaly[:, :-24]),
        "sd of 6 h changes, K": float(np.nanstd(anomaly[:, 6:] - anomaly[:, :-6])),
        "coldest day, °C, mean of winters": float(np.nanmin(mean, axis=1).mean()),
        "coldest day, °C, of all winters": float(np.nanmin(mean)),
        "coldest hour, °C, mean of winters": float(np.nanmin(winters_c, axis=1).mean()),
        "5th coldest day, °C, mean": float(ordered[:, 4].mean()),
        "30th coldest day, °C, mean": float(ordered[:, 29].mean()),
        "cold waves a winter": float(cold_waves(low).mean()),
        "largest fall of the minimum in 24 h, K, mean": float(
            np.nanmax(low[:, :-1] - low[:, 1:], axis=1).mean()
        ),
        "degree-hours a winter, 1000 K h": float(degree_h.mean() / 1000),
    }
