"""How good a tried load forecast was, by horizon, beside the baselines: on the same pairs.

A pair is an issue and a step that was measured; it counts where the model and every baseline of
the dataset told something. Pinball loss is the mean over the levels 0.1, 0.5 and 0.9 (the expected
load stands for 0.5); for a baseline, which tells no spread, all three are its one value, so its
loss is half its MAE.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from forecasts.demand.backtest import Tried
from forecasts.demand.load.dataset_cells import Bools
from forecasts.demand.load.record import Floats
from forecasts.weather.calibration.scores import bias, coverage, mae, mean_score, pinball, rmse

MODEL = "model"
LOW, MIDDLE, HIGH = 0.1, 0.5, 0.9
LOW_LOAD_SHARE = 0.05  # of the mean load: below it a percentage says nothing
POOLS_H = (
    *((1.0, 1.0), (2.0, 2.0), (3.0, 6.0), (7.0, 12.0), (13.0, 24.0), (25.0, 36.0)),
    *((37.0, 48.0), (49.0, 72.0), (73.0, 168.0)),
)
FROM_H = 3.0  # from here on a forecast must beat every baseline


@dataclass(frozen=True)
class Score:
    """Scores of one method over the pairs of horizons `first_h` to `last_h`; MW unless named."""

    first_h: float
    last_h: float
    method: str  # `model`, or the value of a baseline
    pairs: int
    rmse_mw: float
    mae_mw: float
    bias_mw: float  # forecast less measured
    nrmse: float  # RMSE by the mean measured load
    mape: float  # mean of |error| / load over `mape_pairs`
    mape_pairs: int  # pairs with a load above 5 % of the mean
    pinball_mw: float
    coverage: float  # share within the 80 % interval; NaN for baselines
    width_mw: float  # mean width of the interval; NaN for baselines


@dataclass(frozen=True)
class Beaten:
    """Where a baseline was as good as the model or better, though it should not be."""

    horizon_h: float
    baseline: str
    measure: str  # `rmse` or `mae`
    model_mw: float
    baseline_mw: float


@dataclass(frozen=True)
class Skill:
    """All figures of a tried forecast."""

    by_horizon: tuple[Score, ...]
    pooled: tuple[Score, ...]  # in `POOLS_H`, then all, then from 3 h on
    beaten: tuple[Beaten, ...]  # single horizons from 3 h on
    unanswered: int  # measured pairs of which the model told nothing
    left_out: int  # measured pairs of which some baseline told nothing
    reliability: tuple[tuple[float, float], ...]  # level, share of loads at or below its quantile


def skill_of(tried: Tried) -> Skill:
    """Score a tried forecast."""
    measured = np.isfinite(tried.observed_mw)
    answered = np.isfinite(tried.load_mw) & np.isfinite(tried.quantiles_mw).all(axis=2)
    by_all = np.ones(measured.shape, dtype=bool)
    for values in tried.baselines_mw.values():
        by_all &= np.isfinite(values)
    counted = measured & answered & by_all
    hours = tried.span.horizons_h
    by_horizon = [s for h in hours for s in _scores(tried, counted, float(h), float(h))]
    pooled = [s for low, high in _pools(hours) for s in _scores(tried, counted, low, high)]
    return Skill(
        tuple(by_horizon),
        tuple(pooled),
        tuple(_beaten(by_horizon)),
        int((measured & ~answered).sum()),
        int((measured & answered & ~by_all).sum()),
        _reliability(tried, counted),
    )


def skill_against_best(scores: Sequence[Score], model: Score) -> tuple[float, str]:
    """1 − RMSE of the model / RMSE of the best baseline of the same horizons, and which it is."""
    others = [
        s
        for s in scores
        if s.method != MODEL and (s.first_h, s.last_h) == (model.first_h, model.last_h)
    ]
    best = min(others, key=lambda s: s.rmse_mw, default=None)
    if best is None or not best.rmse_mw > 0:
        return float("nan"), "" if best is None else best.method
    return 1 - model.rmse_mw / best.rmse_mw, best.method


def _pools(hours: Floats) -> list[tuple[float, float]]:
    """First and last horizon of each pool that has any, each pool once."""
    bounds = (*POOLS_H, (0.0, np.inf), (FROM_H, np.inf))
    inside = [hours[(hours >= low) & (hours <= high)] for low, high in bounds]
    return list(dict.fromkeys((float(h.min()), float(h.max())) for h in inside if h.size))


def _scores(tried: Tried, counted: Bools, low_h: float, high_h: float) -> Iterator[Score]:
    """Scores of all methods over the horizons of a pool."""
    inside = (tried.span.horizons_h >= low_h) & (tried.span.horizons_h <= high_h)
    where = counted[:, inside]
    seen = tried.observed_mw[:, inside][where]
    quantiles = tried.quantiles_mw[:, inside][where]
    low, high = (quantiles[:, tried.levels.index(level)] for level in (LOW, HIGH))
    point = tried.load_mw[:, inside][where]
    yield _score((low_h, high_h), MODEL, seen, point, (low, high))
    for name, values in tried.baselines_mw.items():
        yield _score((low_h, high_h), name.value, seen, values[:, inside][where], None)


def _score(
    pool: tuple[float, float],
    method: str,
    seen: Floats,
    point: Floats,
    interval: tuple[Floats, Floats] | None,
) -> Score:
    mean = mean_score(seen)
    loaded = seen > LOW_LOAD_SHARE * mean
    low, high = (point, point) if interval is None else interval
    losses = [pinball(q, seen, at) for q, at in ((low, LOW), (point, MIDDLE), (high, HIGH))]
    error = rmse(point, seen)
    return Score(
        first_h=pool[0],
        last_h=pool[1],
        method=method,
        pairs=int(seen.size),
        rmse_mw=error,
        mae_mw=mae(point, seen),
        bias_mw=bias(point, seen),
        nrmse=error / mean if mean > 0 else float("nan"),
        mape=mean_score(np.abs(point[loaded] - seen[loaded]) / seen[loaded]),
        mape_pairs=int(loaded.sum()),
        pinball_mw=mean_score(np.stack(losses)),
        coverage=float("nan") if interval is None else coverage(low, high, seen),
        width_mw=float("nan") if interval is None else mean_score(high - low),
    )


def _beaten(by_horizon: Sequence[Score]) -> Iterator[Beaten]:
    models = {s.first_h: s for s in by_horizon if s.method == MODEL}
    for score in by_horizon:
        model = models[score.first_h]
        if score.method == MODEL or score.first_h < FROM_H or score.pairs == 0:
            continue
        for measure, own, other in (
            ("rmse", model.rmse_mw, score.rmse_mw),
            ("mae", model.mae_mw, score.mae_mw),
        ):
            if other <= own:
                yield Beaten(score.first_h, score.method, measure, own, other)


def _reliability(tried: Tried, counted: Bools) -> tuple[tuple[float, float], ...]:
    seen, quantiles = tried.observed_mw[counted], tried.quantiles_mw[counted]
    if seen.size == 0:
        return ()
    below = (seen[:, None] <= quantiles).mean(axis=0)
    return tuple(zip(tried.levels, (float(share) for share in below), strict=True))
