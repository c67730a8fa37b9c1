"""Forecasts that need no learning machine: what a load forecast must beat.

All tell the load of leads 1 … `leads` of each issue, MW, (issue, lead), from the rows before the
issue and `weather.ahead` alone; where the value they go by is missing they take the next older
one. Those by weather follow the temperature as it was known; without any they tell nothing.
"""

from collections.abc import Mapping
from enum import Enum
from typing import Protocol

import numpy as np

from forecasts.demand.load.daily_recipe import daily_recipe
from forecasts.demand.load.record import TEMPERATURE, Floats, Ints, KnownWeather, LoadRecord
from forecasts.demand.load.temperature_ahead import temperature_ahead

CURVE_REFIT_H = 168.0
CURVE_MEMORY_H = 365 * 24.0
CURVE_MAX_ROWS = 5000  # a line needs no more; rows are thinned evenly
CURVE_LEAST_ROWS = 48
BALANCE_C = tuple(range(6, 24, 2))  # outdoor temperatures tried, above which heating stops
HUBER_ROUNDS, HUBER_LIMIT = 8, 1.345  # 95 % as good as least squares where errors are normal


class Baseline(Enum):
    """The forecasts to beat."""

    PERSISTENCE = "persistence"
    SAME_TIME = "t_minus_24h"
    WEEKLY = "weekly"
    HEATING_CURVE = "heating_curve"
    DAILY_RECIPE = "daily_recipe"  # H F4


class Forecast(Protocol):
    """How a baseline is asked; None where it has nothing to go by in this dataset."""

    def __call__(
        self, record: LoadRecord, weather: KnownWeather, issues: Ints, leads: int
    ) -> Floats | None:
        """Load of leads 1 … `leads` of each issue, MW, (issue, lead)."""


def persistence(record: LoadRecord, weather: KnownWeather, issues: Ints, leads: int) -> Floats:
    """The last known load, held."""
    del weather
    last = _last_known(record.load_mw, 1)
    return np.repeat(_at(last, issues - 1)[:, None], leads, axis=1)


def same_time(record: LoadRecord, weather: KnownWeather, issues: Ints, leads: int) -> Floats:
    """The load 24 h before, or as many whole days before as the issue asks for."""
    del weather
    return _periods_before(record, issues, leads, 24.0)


def weekly(record: LoadRecord, weather: KnownWeather, issues: Ints, leads: int) -> Floats:
    """The load 168 h before."""
    del weather
    return _periods_before(record, issues, leads, 168.0)


def heating_curve(
    record: LoadRecord, weather: KnownWeather, issues: Ints, leads: int
) -> Floats | None:
    """A straight line over outdoor temperature with a base load, fitted anew every week.

    load = base + slope · max(0, balance temperature − temperature), by Huber's weights on the
    last year of measured hours; the balance temperature is that of the least absolute error.
    P. J. Huber, "Robust estimation of a location parameter", Ann. Math. Stat. 35, 1964,
    doi:10.1214/aoms/1177703732.
    """
    if TEMPERATURE not in weather.names or issues.size == 0:
        return None
    ahead_c = temperature_ahead(record, weather, issues, leads)
    block = (issues - issues[0]) // max(1, round(CURVE_REFIT_H / record.step_h))
    told = np.full((issues.size, leads), np.nan)
    for number in np.unique(block):
        asked = block == number
        until = int(issues[asked][0])
        base, slope, balance_c = _curve(record, until)
        told[asked] = base + slope * np.maximum(0.0, balance_c - ahead_c[asked])
    return told


BASELINES: Mapping[Baseline, Forecast] = {
    Baseline.PERSISTENCE: persistence,
    Baseline.SAME_TIME: same_time,
    Baseline.WEEKLY: weekly,
    Baseline.HEATING_CURVE: heating_curve,
    Baseline.DAILY_RECIPE: daily_recipe,
}


# ---- the value some time ago -------------------------------------------------------------------


def _last_known(load_mw: Floats, period: int) -> Floats:
    """For each row, its load or the next older one whole periods before; NaN where none is."""
    rows = -(-load_mw.size // period)
    padded = np.full(rows * period, np.nan)
    padded[: load_mw.size] = load_mw
    table = padded.reshape(rows, period)
    known = np.where(np.isfinite(table), np.arange(rows)[:, None], -1)
    last = np.maximum.accumulate(known, axis=0)
    found = np.take_along_axis(table, np.maximum(last, 0), axis=0)
    return np.where(last >= 0, found, np.nan).ravel()


def _periods_before(record: LoadRecord, issues: Ints, leads: int, period_h: float) -> Floats:
    period = round(period_h / record.step_h)
    last = _last_known(record.load_mw, period)
    ahead = np.arange(leads)
    back = (ahead // period + 1) * period  # whole periods, so that the row is before the issue
    return _at(last, issues[:, None] + (ahead - back)[None, :])


def _at(values: Floats, rows: Ints) -> Floats:
    if values.size == 0:
        return np.full(rows.shape, np.nan)
    return np.where(rows >= 0, values[np.clip(rows, 0, values.size - 1)], np.nan)


# ---- the heating curve -------------------------------------------------------------------------


def _curve(record: LoadRecord, until: int) -> tuple[float, float, float]:
    """Base load, slope per K and balance temperature from the rows before `until`."""
    since = max(0, until - round(CURVE_MEMORY_H / record.step_h))
    load = record.load_mw[since:until]
    temp_c = record.weather[TEMPERATURE][since:until]
    both = np.isfinite(load) & np.isfinite(temp_c)
    if both.sum() < CURVE_LEAST_ROWS:
        some = load[np.isfinite(load)]
        return (float(np.median(some)) if some.size else np.nan), 0.0, 0.0
    thin = -(-int(both.sum()) // CURVE_MAX_ROWS)
    load, temp_c = load[both][::thin], temp_c[both][::thin]
    fits = [(*_huber_line(np.maximum(0.0, top - temp_c), load), float(top)) for top in BALANCE_C]
    missed = [
        float(np.abs(load - base - slope * np.maximum(0.0, top - temp_c)).sum())
        for base, slope, top in fits
    ]
    return fits[int(np.argmin(missed))]


def _huber_line(cold_k: Floats, load: Floats) -> tuple[float, float]:
    """Base and slope, neither below 0, by reweighted least squares."""
    weight = np.ones(load.size)
    base, slope = float(np.median(load)), 0.0
    for _ in range(HUBER_ROUNDS):
        base, slope = _line(cold_k, load, weight)
        away = np.abs(load - base - slope * cold_k)
        scale = 1.4826 * float(np.median(away))  # of a normal spread
        if scale <= 0.0:
            break
        weight = np.minimum(1.0, HUBER_LIMIT * scale / np.maximum(away, 1e-12))
    return base, slope


def _line(x: Floats, y: Floats, weight: Floats) -> tuple[float, float]:
    total = weight.sum()
    x_mean, y_mean = (weight * x).sum() / total, (weight * y).sum() / total
    spread = (weight * (x - x_mean) ** 2).sum()
    slope = 0.0 if spread <= 0 else float((weight * (x - x_mean) * (y - y_mean)).sum() / spread)
    if slope <= 0:
        return max(0.0, float(y_mean)), 0.0
    base = float(y_mean - slope * x_mean)
    if base >= 0:
        return base, slope
    return 0.0, float((weight * x * y).sum() / (weight * x * x).sum())
