"""Forecast of measured heat load with honest quantiles: candidates, combined by recent skill.

One engine serves the daily run and the backtest: it rolls over issues, refits the candidates on
schedule, weighs them by how they did on steps that had ended before each issue, and takes the
quantiles from recent errors of the combination. Nothing in the rows from an issue on is read.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import Enum

import numpy as np
import xarray as xr
from numpy.typing import NDArray

from forecasts.demand.load.candidate import Candidate
from forecasts.demand.load.combination import combined
from forecasts.demand.load.intervals import quantiles
from forecasts.demand.load.past_runs import with_past_runs
from forecasts.demand.load.plain import plain_forecast
from forecasts.demand.load.record import TEMPERATURE, Floats, Ints, KnownWeather, LoadRecord
from forecasts.demand.load.schedule import Seldom, scheduled

BoolArray = NDArray[np.bool_]
GUESS_DAYS = 14.0  # known load below which a forecast is a guess
SETTLED_DAYS = 21.0  # of past forecasts from which on their skill counts as known
OLD_LOAD_H = 6.0
UNSEEN_K = 1.0  # beyond the lowest or highest temperature learned from
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
    warm_days: float = 28.0  # known load before the first issue that is rolled over too
    warm_from_days: float = 10.0  # known load needed before that
    warm_every_h: float = 3.0
    warm_refit_h: float = 336.0

    def rolled(self, record: LoadRecord, weather: KnownWeather, issues: Ints, leads: int) -> Rolled:
        """Forecasts of leads 1 … `leads` steps at each of the sorted issues, made as if live.

        Before the first issue it rolls over a few weeks more, so that the first one has weights
        and quantiles too.
        """
        if issues.size == 0 or np.any(np.diff(issues) <= 0) or issues[0] < 0:
            raise ValueError("issues must be rising rows of the record, at least one")
        warm = self._warm(record, issues)
        whole = np.concatenate([warm, issues])
        hours = (self.warm_refit_h, self.refit_h)
        told = scheduled(self.candidates, record, weather, (warm, issues), hours, leads)
        joint = combined(told, record.load_mw, whole, record.step_h)
        load = np.where(
            np.isfinite(joint.load_mw),
            joint.load_mw,
            plain_forecast(record, whole, leads),
        )
        spread = _spread(told, joint.weights)
        levels = quantiles(load, spread, record.load_mw, whole, record.step_h, self.levels)
        asked = slice(warm.size, None)
        doubts = _doubts(record, weather, issues, leads)
        able = np.asarray(np.isfinite(told).any(axis=(0, 2)))
        behind = _days_behind(record, whole, warm.size, able)
        standing, reasons = _standing(doubts, able[asked], behind)
        return Rolled(
            issues=issues,
            levels=self.levels,
            names=tuple(one.name for one in self.candidates),
            load_mw=load[asked],
            quantiles_mw=levels[asked],
            candidates_mw=told[:, asked],
            weights=joint.weights[:, asked],
            standing=standing,
            doubts=reasons,
        )

    def _warm(self, record: LoadRecord, issues: Ints) -> Ints:
        """Issues before the first one, in step with it, that it is weighed by."""
        first = int(issues[0])
        known = np.flatnonzero(np.isfinite(record.load_mw[:first]))
        day = round(24.0 / record.step_h)
        every = max(1, round(self.warm_every_h / record.step_h))
        least, most = round(self.warm_from_days * day), round(self.warm_days * day)
        if known.size <= least:
            return np.zeros(0, dtype=np.int64)
        since = int(known[max(least, known.size - most)])
        count = (first - since) // every
        rows = first - every * np.arange(count, 0, -1, dtype=np.int64)
        # A summer without load has nothing to be weighed by.
        reach = np.isfinite(record.load_mw[:first])
        before = np.concatenate([[0], np.cumsum(reach)])
        return rows[before[rows] > before[np.maximum(0, rows - day)]]


def _spread(told: Floats, weights: Floats) -> Floats:
    """Weighted standard deviation of the candidates, MW, (issue, lead)."""
    values = np.where(np.isfinite(told), told, 0.0)
    mean = (weights * values).sum(axis=0)
    return np.asarray(np.sqrt((weights * (values - mean) ** 2).sum(axis=0)), dtype=np.float64)


def default_candidates() -> tuple[Candidate, ...]:
    """The candidates of the product."""
    from forecasts.demand.load.boosting import Boosting, Loss

    return (
        *_plain_candidates(),
        Seldom(Boosting()),
        Seldom(Boosting("boosting_median", loss=Loss.ABSOLUTE, relative=False)),
    )


def _plain_candidates() -> tuple[Candidate, ...]:
    from forecasts.demand.load.linear import lag_regression
    from forecasts.demand.load.pattern import pattern
    from forecasts.demand.load.physical import Physical
    from forecasts.demand.load.signature import Signature

    return (lag_regression(), Signature(), Physical(), pattern())


def quick_candidates() -> tuple[Candidate, ...]:
    """The candidates of a run that is waited for, with a few weeks of load to learn from.

    One boosting of two, with half the trees, coarser bins and fewer pairs: a fifth of the time.
    With 45 days of load, nRMSE of days 1 and 2–7 (recorded loads, 120 issues each, all candidates
    first): Niš L12 0.412 to 0.410 and 0.468 to 0.471, Tartu 0.243 to 0.241 and 0.311 to 0.308.
    Without any boosting Tartu comes to 0.248 and 0.322.
    """
    from forecasts.demand.load.boosting import Boosting

    return (*_plain_candidates(), Seldom(Boosting(pairs=8000, trees=60, rate=0.12, bins=63)))


# ---- standing ------------------------------------------------------------------------------------


def _days_behind(record: LoadRecord, whole: Ints, warm: int, told: BoolArray) -> Floats:
    """Days of known load since the first forecast, at each issue asked."""
    known = np.concatenate([[0], np.cumsum(np.isfinite(record.load_mw))])
    count = known[np.minimum(whole, record.load_mw.size)]
    first = count[np.argmax(told)] if told.any() else count[-1]
    return np.asarray((count - first)[warm:] * record.step_h / 24.0, dtype=np.float64)


def _doubts(
    record: LoadRecord, weather: KnownWeather, issues: Ints, leads: int
) -> dict[Doubt, BoolArray]:
    """Which reasons for doubt there are at each issue, (issue,)."""
    finite = np.isfinite(record.load_mw)
    known = np.concatenate([[0], np.cumsum(finite)])[issues]
    rows = np.where(finite, np.arange(finite.size), -(10**9))
    last = np.concatenate([[-(10**9)], np.maximum.accumulate(rows)])[issues]
    doubts = {
        Doubt.SHORT_HISTORY: known * record.step_h < GUESS_DAYS * 24.0,
        Doubt.OLD_LOAD: (issues - 1 - last) * record.step_h > OLD_LOAD_H,
    }
    if TEMPERATURE not in weather.names:
        return doubts | {Doubt.NO_WEATHER: np.ones(issues.size, dtype=bool)}
    ahead = weather.ahead(TEMPERATURE, issues, leads)
    there = np.isfinite(ahead)
    measured = record.weather[TEMPERATURE]
    usable = finite & np.isfinite(measured)
    low = np.minimum.accumulate(np.where(usable, measured, np.inf))
    high = np.maximum.accumulate(np.where(usable, measured, -np.inf))
    before = np.maximum(issues - 1, 0)
    coldest = np.where(there, ahead, np.inf).min(axis=1)
    warmest = np.where(there, ahead, -np.inf).max(axis=1)
    unseen = (coldest < low[before] - UNSEEN_K) | (warmest > high[before] + UNSEEN_K)
    return doubts | {
        Doubt.NO_WEATHER: ~there.any(axis=1),
        Doubt.UNSEEN_WEATHER: unseen & there.any(axis=1),
    }


def _standing(
    doubts: Mapping[Doubt, BoolArray], fitted: BoolArray, behind_days: Floats
) -> tuple[list[Standing], list[frozenset[Doubt]]]:
    few = behind_days < SETTLED_DAYS
    guess = doubts[Doubt.SHORT_HISTORY] | ~fitted
    every = {**doubts, Doubt.FEW_PAST_FORECASTS: few}
    standing, reasons = [], []
    for number in range(fitted.size):
        learning = Standing.LEARNING if few[number] else Standing.SETTLED
        standing.append(Standing.GUESSING if guess[number] else learning)
        reasons.append(frozenset(doubt for doubt, there in every.items() if there[number]))
    return standing, reasons


# ---- from now on ---------------------------------------------------------------------------------


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
    all values are NaN and the standing is `guessing`. Where runs do not reach back, the weather
    that was measured stands in for what was forecast then. ValueError for a record without rows.
    """
    if record.times.size == 0:
        raise ValueError("the record has no rows, so there is no moment to forecast from")
    model = model or LoadModel(default_candidates())
    issue = np.array([record.times.size], dtype=np.int64)
    rolled = model.rolled(record, with_past_runs(record, weather, leads), issue, leads)
    step = np.timedelta64(round(record.step_h * 3600.0), "s")
    times = (record.times[-1] + step * np.arange(1, leads + 1)).astype("datetime64[ns]")
    attrs = {"units": "MW", "cell_methods": "time: mean"}
    levels = rolled.quantiles_mw[0].T
    return xr.Dataset(
        {
            "heat_load": ("time", rolled.load_mw[0], attrs | {"long_name": "expected heat load"}),
            "heat_load_quantile": (
                ("quantile", "time"),
                levels,
                attrs | {"long_name": "quantiles of the heat load"},
            ),
        },
        coords={"time": times, "quantile": np.asarray(rolled.levels)},
        attrs={
            "Conventions": "CF-1.11",
            "issue_time": f"{np.datetime_as_string(times[0], unit='s')}Z",
            "standing": rolled.standing[0].value,
            "doubts": ",".join(sorted(doubt.value for doubt in rolled.doubts[0])),
            "weights": ",".join(f"{name}={share:.2f}" for name, share in explained(rolled).items()),
        },
    )


def explained(rolled: Rolled) -> Mapping[str, float]:
    """Mean weight of each candidate at the last issue."""
    return dict(zip(rolled.names, rolled.weights[:, -1].mean(axis=1).tolist(), strict=True))
