"""Forecast of measured heat load with honest quantiles: candidates, combined by recent skill.

One engine serves the daily run and the backtest: it rolls over issues, refits the candidates on
schedule, weighs them by how they did on steps that had ended before each issue, and takes the
quantiles from recent errors of the combination. Nothing in the rows from an issue on is read.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import Enum

import xarray as xr

from forecasts.demand.load.candidate import Candidate
from forecasts.demand.load.record import Floats, Ints, KnownWeather, LoadRecord

LEVELS = (0.05, 0.1, 0.25, 0.5, 0.75, 0.9, 0.95)


class Standing(Enum):
    """How much a forecast rests on."""

    GUESSING = "guessing"  # less than 14 days of load, or no candidate could be fitted
    LEARNING = "learning"  # fitted, but too few past forecasts to know the candidates' skill well
    SETTLED = "settled"


class Doubt(Enum):
    """Why a forecast deserves less trust than usual."""

    SHORT_HISTORY = "short_history"  # less than 14 days of load
    FEW_PAST_FORECASTS = "few_past_forecasts"  # weights and quantiles rest on too few errors
    NO_WEATHER = "no_weather"  # none was measured, or none is known ahead
    UNSEEN_WEATHER = "unseen_weather"  # colder or warmer than any hour it learned from
    OLD_LOAD = "old_load"  # the last measured load is more than 6 h before the issue


@dataclass(frozen=True)
class Rolled:
    """Forecasts of many issues, each as it would have been made live."""

    issues: Ints  # (issue,) rows of the record
    levels: tuple[float, ...]
    names: tuple[str, ...]  # of the candidates
    load_mw: Floats  # (issue, lead) expected load
    quantiles_mw: Floats  # (issue, lead, level) never crossing, never below 0
    candidates_mw: Floats  # (candidate, issue, lead)
    weights: Floats  # (candidate, issue, lead) sum 1; 0 for a candidate that could not tell
    standing: Sequence[Standing]  # (issue,)
    doubts: Sequence[frozenset[Doubt]]  # (issue,)


@dataclass(frozen=True)
class LoadModel:
    """The load forecast: which candidates, how often fitted, which quantiles."""

    candidates: Sequence[Candidate]
    levels: tuple[float, ...] = LEVELS
    refit_h: float = 168.0

    def rolled(
        self, record: LoadRecord, weather: KnownWeather, issues: Ints, leads: int
    ) -> Rolled:
        """Forecasts of leads 1 … `leads` steps at each of the sorted issues, made as if live.

        Before the first issue it rolls over a few weeks more, so that the first one has weights
        and quantiles too.
        """
        raise NotImplementedError


def default_candidates() -> tuple[Candidate, ...]:
    """The candidates of the product."""
    raise NotImplementedError


def forecast_load(
    record: LoadRecord,
    weather: KnownWeather,
    leads: int,
    model: LoadModel | None = None,
) -> xr.Dataset:
    """Forecast from the end of the record on, `leads` steps ahead.

    Holds heat_load (time) [MW] and heat_load_quantile (quantile, time) [MW], times the UTC starts
    of the steps; attrs `standing` and `doubts` (values of the enums, comma-separated), `issue_time`
    and `weights` (mean over leads, `name=0.40` comma-separated). Without a single measured load
    all values are NaN and the standing is `guessing`.
    """
    raise NotImplementedError


def explained(rolled: Rolled) -> Mapping[str, float]:
    """Mean weight of each candidate at the last issue."""
    return dict(zip(rolled.names, rolled.weights[:, -1].mean(axis=1).tolist(), strict=True))
