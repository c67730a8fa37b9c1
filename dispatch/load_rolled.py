"""Load forecasts of the last days and of now, each as if made live, and how the past ones did."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from dispatch.demand_correction import DAY_H
from dispatch.load_weather import LoadWeather
from forecasts.demand.load.candidate import Candidate
from forecasts.demand.load.record import KnownWeather, LoadRecord
from forecasts.demand.load_model import LoadModel, Rolled, quick_candidates

Array = NDArray[np.float64]

LEADS = 168  # hours of load forecast
HINDCASTS = 14  # days, one issue each at the hour of now
LEVELS = (0.1, 0.5, 0.9)
REFIT_H = 336.0  # half as often as elsewhere: a plan cannot wait half a minute for it
WARM_EVERY_H = 6.0  # likewise; errors of issues three hours apart are nearly the same ones


@dataclass(frozen=True)
class FirstDay:
    """How the forecasts of the last days did in their first 24 hours; NaN where none is known."""

    nrmse: float  # RMSE over mean load
    mape: float  # mean of |error| over load
    coverage: float  # part of the hours within the 80 % interval


def rolled_loads(
    record: LoadRecord, weather: LoadWeather, candidates: tuple[Candidate, ...] | None = None
) -> Rolled:
    """Forecasts of `LEADS` hours, one a day for `HINDCASTS` days at the hour of now, and now.

    Without `candidates` they are the product's, of which the trees take most of the time.
    """
    size = record.times.size
    issues = size - DAY_H * np.arange(HINDCASTS, -1, -1, dtype=np.int64)
    chosen = quick_candidates() if candidates is None else candidates
    model = LoadModel(chosen, LEVELS, REFIT_H, warm_every_h=WARM_EVERY_H)
    known = KnownWeather(record, weather.runs)
    return model.rolled(record, known, issues[issues > 0], LEADS)


def on_leads(values: Array, rolled: Rolled) -> Array:
    """Hourly values of the past as they came for each issue but the present, (issue, lead)."""
    rows = rolled.issues[:-1, None] + np.arange(rolled.load_mw.shape[1])[None, :]
    inside = rows < values.size
    return np.where(inside, values[np.minimum(rows, values.size - 1)], np.nan)


def first_day(record: LoadRecord, rolled: Rolled) -> FirstDay:
    """Errors of the forecasts that are over."""
    came = on_leads(record.load_mw, rolled)[:, :DAY_H]
    said = rolled.load_mw[:-1, :DAY_H]
    known = np.isfinite(said) & np.isfinite(came) & (came > 0.0)
    if not known.any():
        return FirstDay(float("nan"), float("nan"), float("nan"))
    error, load = (said - came)[known], came[known]
    low, high = (
        rolled.quantiles_mw[:-1, :DAY_H, rolled.levels.index(level)][known] for level in (0.1, 0.9)
    )
    return FirstDay(
        nrmse=float(np.sqrt((error**2).mean())) / float(load.mean()),
        mape=float(np.abs(error / load).mean()),
        coverage=float(((load >= low) & (load <= high)).mean()),
    )
