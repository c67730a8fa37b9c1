"""How good past forecasts were, by lead time: errors, scores, coverage, against simple baselines.

Every run counts from its issue on, against what the sensor measured. Baselines see no more than
the run could: persistence repeats the last whole day known at the issue, hour by hour; climate is
the normal of the date with its usual spread. Pure: runs and observations in, figures out.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

import numpy as np
import xarray as xr

from forecasts.weather.calibration.reliability import (
    ReliabilityDiagram,
    independent_pairs,
    reliability_diagram,
)
from forecasts.weather.calibration.scores import (
    bias,
    central_levels,
    coverage,
    crps_ensemble,
    crps_normal,
    crps_quantiles,
    mae,
    mean_score,
    pit_quantiles,
    rmse,
)
from forecasts.weather.climate.climate import Climate
from forecasts.weather.climate.normals import normal_temperature
from forecasts.weather.outlook import (
    central_values,
    member_quantiles,
    normal_spread_k,
    temperature_members,
)
from forecasts.weather.provider import Place
from forecasts.weather.run import utc64
from forecasts.weather.solar import HOUR, Floats, Times

LEADS_H = ((0, 6), (6, 12), (12, 24), (24, 48), (48, 72), (72, 120), (120, 168), (168, 240))
LAST_LEADS_H = (240, 384)
LEVELS = (0.05, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 0.95)
TOLD_SHARE = 0.8  # of the central interval whose coverage is told
DAY_H = 24
EPOCH = np.datetime64("1970-01-01", "ns")
RUN_EVERY = np.timedelta64(6, "h")  # of global models


@dataclass(frozen=True)
class Pairs:
    """Forecasts of one service beside what came, pair by pair; nan where something is missing."""

    provider: str
    issued: Times  # (pair,), of the run
    lead_h: Floats  # from the issue to the start of the step
    observed_c: Floats
    forecast_c: Floats
    crps_k: Floats  # of the forecast as it was given: of a single run the absolute error
    quantiles_c: Floats  # (pair, level) of LEVELS; nan for a single run
    persistence_c: Floats
    normal_c: Floats
    normal_sd_k: Floats


@dataclass(frozen=True)
class LeadSkill:
    """Skill over the leads from `first_h` to before `end_h`; nan where it cannot be told."""

    first_h: int
    end_h: int
    pairs: int
    runs: int
    bias_k: float  # positive: forecasts too warm
    rmse_k: float
    mae_k: float
    crps_k: float
    coverage: float  # of the 80 % interval
    persistence_rmse_k: float
    persistence_crps_k: float
    climate_rmse_k: float
    climate_crps_k: float


def pairs_of(
    provider: str,
    runs: Iterable[xr.Dataset],
    observed: xr.DataArray,
    place: Place,
    climate: Climate | None = None,
) -> Pairs:
    """Return all pairs of a service's runs with hourly `observed`, °C on UTC step starts.

    Runs of one issue time are one run: the last of them counts. The normals are those of
    `climate`, else of the packaged city nearest to `place`.
    """
    by_issue = {str(run.attrs["issue_time"]): run for run in runs}
    seen = dict(zip(observed["time"].values.tolist(), observed.values.tolist(), strict=True))
    parts = [_of_run(provider, run, seen, place, climate) for _, run in sorted(by_issue.items())]
    return _all(provider, parts)


def pairs_of_previous(
    provider: str,
    previous: xr.Dataset,
    observed: xr.DataArray,
    place: Place,
    climate: Climate | None = None,
) -> Pairs:
    """Return the pairs of what was forecast so many days before, on (lead_day, time).

    See `OpenMeteoPreviousRuns.previous_forecasts`: the lead is `lead_time_min` to 6 h more, and
    counted as the former, so that persistence and forecast knew about the same.
    """
    seen = dict(zip(observed["time"].values.tolist(), observed.values.tolist(), strict=True))
    times = previous["time"].values.astype("datetime64[ns]")
    came = _looked_up(seen, times)
    parts = []
    for lead_h, forecast in zip(
        previous["lead_time_min"].values, previous["air_temperature"].values, strict=True
    ):
        there = np.isfinite(forecast) & np.isfinite(came)
        newest = times[there] - np.timedelta64(round(float(lead_h)), "h")
        issued = newest - (newest - EPOCH) % RUN_EVERY
        lead = np.full(issued.size, float(lead_h))
        given = xr.Dataset(
            {"air_temperature": ("time", forecast[there])}, coords={"time": times[there]}
        )
        parts.append(_paired(provider, issued, lead, given, seen, place, climate))
    return _all(provider, parts)


def skill_by_lead(
    pairs: Pairs, leads_h: Sequence[tuple[int, int]] = (*LEADS_H, LAST_LEADS_H)
) -> tuple[LeadSkill, ...]:
    """Return the skill over each stretch of leads that has pairs."""
    found = (_skill(pairs, first, end) for first, end in leads_h)
    return tuple(one for one in found if one.pairs)


def reliability_of(pairs: Pairs, first_h: float, end_h: float) -> ReliabilityDiagram | None:
    """Return how far quantiles can be taken at their word over some leads; None without spread.

    The bands reckon with independent pairs: hours of one run err together.
    """
    at = _within(pairs, first_h, end_h) & np.isfinite(pairs.quantiles_c).all(axis=1)
    if not at.any():
        return None
    order = np.lexsort((pairs.lead_h[at], pairs.issued[at]))
    quantiles, seen = pairs.quantiles_c[at][order], pairs.observed_c[at][order]
    worth = independent_pairs(pit_quantiles(quantiles, LEVELS, seen))
    return reliability_diagram(quantiles, LEVELS, seen, worth)


def _all(provider: str, parts: Sequence[Pairs]) -> Pairs:
    """Return the pairs of all parts in one."""
    return Pairs(
        provider,
        issued=np.concatenate([p.issued for p in parts] or [np.empty(0, "datetime64[ns]")]),
        lead_h=_joined([p.lead_h for p in parts]),
        observed_c=_joined([p.observed_c for p in parts]),
        forecast_c=_joined([p.forecast_c for p in parts]),
        crps_k=_joined([p.crps_k for p in parts]),
        quantiles_c=np.concatenate([np.empty((0, len(LEVELS))), *(p.quantiles_c for p in parts)]),
        persistence_c=_joined([p.persistence_c for p in parts]),
        normal_c=_joined([p.normal_c for p in parts]),
        normal_sd_k=_joined([p.normal_sd_k for p in parts]),
    )


def _of_run(
    provider: str,
    run: xr.Dataset,
    seen: dict[int, float],
    place: Place,
    climate: Climate | None,
) -> Pairs:
    """Return the pairs of one run, from its issue on."""
    issued = utc64(datetime.fromisoformat(str(run.attrs["issue_time"])))
    run = run.isel(time=np.flatnonzero(run["time"].values >= issued))
    run = run.isel(time=np.flatnonzero(np.isfinite(_looked_up(seen, run["time"].values))))
    times = run["time"].values.astype("datetime64[ns]")
    lead_h = np.asarray((times - issued) / HOUR, dtype=np.float64)
    return _paired(provider, np.full(times.size, issued), lead_h, run, seen, place, climate)


def _paired(
    provider: str,
    issued: Times,
    lead_h: Floats,
    run: xr.Dataset,
    seen: dict[int, float],
    place: Place,
    climate: Climate | None,
) -> Pairs:
    """Return the pairs of forecasts on (time) that were issued then, with their baselines."""
    times = run["time"].values.astype("datetime64[ns]")
    observed = _looked_up(seen, times)
    # the last whole day before the issue has the same hour so many days back
    back_h = DAY_H * np.ceil((lead_h + 1) / DAY_H)
    crps, quantiles = _distribution(run, observed)
    return Pairs(
        provider,
        issued=issued,
        lead_h=lead_h,
        observed_c=observed,
        forecast_c=central_values(run, "air_temperature"),
        crps_k=crps,
        quantiles_c=quantiles,
        persistence_c=_looked_up(seen, times - back_h.astype("timedelta64[h]")),
        normal_c=normal_temperature(place, times, climate),
        normal_sd_k=normal_spread_k(place, times, climate),
    )


def _distribution(run: xr.Dataset, observed: Floats) -> tuple[Floats, Floats]:
    """Return the CRPS, (pair,), and the quantiles of LEVELS, (pair, level), of what was given."""
    if "air_temperature_quantile" in run:
        given = run["air_temperature_quantile"].transpose("time", "quantile")
        levels, values = given["quantile"].values, given.values
        rows = [np.interp(LEVELS, levels, row) for row in values]
        return crps_quantiles(values, levels, observed), np.reshape(rows, (-1, len(LEVELS)))
    members = temperature_members(run)
    if members is not None:
        return crps_ensemble(members.T, observed), member_quantiles(members, LEVELS).T
    error = np.abs(central_values(run, "air_temperature") - observed)
    return error, np.full((observed.size, len(LEVELS)), np.nan)


def _skill(pairs: Pairs, first_h: int, end_h: int) -> LeadSkill:
    at = _within(pairs, first_h, end_h)
    seen, forecast, past = pairs.observed_c[at], pairs.forecast_c[at], pairs.persistence_c[at]
    normal, sd = pairs.normal_c[at], pairs.normal_sd_k[at]
    low, high = (_quantile(pairs, level)[at] for level in central_levels(TOLD_SHARE))
    return LeadSkill(
        first_h=first_h,
        end_h=end_h,
        pairs=int(at.sum()),
        runs=int(np.unique(pairs.issued[at]).size),
        bias_k=bias(forecast, seen),
        rmse_k=rmse(forecast, seen),
        mae_k=mae(forecast, seen),
        crps_k=mean_score(pairs.crps_k[at]),
        coverage=coverage(low, high, seen),
        persistence_rmse_k=rmse(past, seen),
        persistence_crps_k=mae(past, seen),
        climate_rmse_k=rmse(normal, seen),
        climate_crps_k=mean_score(crps_normal(normal, sd, seen)),
    )


def _within(
    pairs: Pairs, first_h: float, end_h: float
) -> np.ndarray[tuple[int], np.dtype[np.bool_]]:
    return np.asarray((pairs.lead_h >= first_h) & (pairs.lead_h < end_h))


def _quantile(pairs: Pairs, level: float) -> Floats:
    nearest = int(np.argmin(np.abs(np.asarray(LEVELS) - level)))
    return pairs.quantiles_c[:, nearest]


def _joined(parts: Sequence[Floats]) -> Floats:
    return np.concatenate([np.empty(0), *parts])


def _looked_up(seen: dict[int, float], times: Times) -> Floats:
    """Return what was measured at `times`, nan where nothing was."""
    moments = times.astype("datetime64[ns]").astype(np.int64).tolist()
    return np.array([seen.get(moment, np.nan) for moment in moments], dtype=np.float64)
