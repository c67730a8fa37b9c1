"""The hours of a forecast as many paths: what is expected, and one course of error for each path.

Errors of one run hang together from hour to hour: a cold spell missed is missed for days. Near the
issue they forget as past errors do; the nearer they come to the spread of the climate, the more
they are the weather itself, and last as long as its anomalies.

Members of an ensemble are taken in turn and blended with such errors, so that no two paths are the
same: B. W. Silverman, "Density Estimation for Statistics and Data Analysis", 1986, section 6.4
(smoothed bootstrap that keeps the variance).
"""

from dataclasses import dataclass
from datetime import datetime
from functools import cache

import numpy as np
import xarray as xr
from scipy.special import ndtri

from forecasts.weather.calibration.default_error import daily_share
from forecasts.weather.climate.annual import annual_course
from forecasts.weather.climate.climate import Climate
from forecasts.weather.climate.spread import level_correlation
from forecasts.weather.expectation import LEAST_MEMBERS, USUAL_MEMORY_H
from forecasts.weather.run import utc64
from forecasts.weather.solar import Floats, Times, mid_hours

DAY_H = 24
_MEMORIES_H = np.geomspace(2.0, 400.0, 60)
_NODES, _WEIGHTS = np.polynomial.hermite_e.hermegauss(32)


@dataclass(frozen=True)
class ForecastHours:
    """What a forecast says of hours in a row; arrays (hour,) on UTC `starts`."""

    starts: Times
    mean_c: Floats
    sd_k: Floats  # of the hourly mean
    quantiles_c: Floats  # (level, hour)
    levels: Floats
    members_c: Floats | None  # (member, hour)
    day_over_hour: float  # sd of the error of daily means over that of hours


def forecast_hours(weather: xr.Dataset, first: int, end: int) -> ForecastHours:
    """Return the hours [first, end) of hourly `weather`, as `best_forecast` gives it."""
    cut = weather.isel(time=slice(first, end))
    members = None
    if "air_temperature_member" in cut:
        given = cut["air_temperature_member"].transpose("member", "time").values
        if given.shape[0] >= LEAST_MEMBERS and np.isfinite(given).all():
            members = np.asarray(given, dtype=np.float64)
    return ForecastHours(
        starts=cut["time"].values,
        mean_c=np.asarray(cut["air_temperature"].values, dtype=np.float64),
        sd_k=np.asarray(cut["air_temperature_sd"].values, dtype=np.float64),
        quantiles_c=cut["air_temperature_quantile"].transpose("quantile", "time").values,
        levels=cut["quantile"].values,
        members_c=members,
        day_over_hour=_day_over_hour(weather),
    )


def forecast_paths(hours: ForecastHours, climate: Climate, paths: int, seed: int) -> Floats:
    """Return `paths` courses of temperature, °C, shape (path, hour); path k is the same of any."""
    error = _errors(hours, climate, paths, seed)
    if hours.members_c is None:
        return np.asarray(hours.mean_c + error)
    members = hours.members_c - hours.members_c.mean(axis=0)
    count = members.shape[0]
    members *= np.sqrt(count / (count - 1))  # their spread is that of what they are drawn from
    blend = (4 / (3 * count)) ** 0.2  # best for a normal distribution, Silverman (3.28)
    taken = members[_in_turn(count, paths, seed)]
    return np.asarray(hours.mean_c + (taken + blend * error) / np.sqrt(1 + blend**2))


def _in_turn(count: int, paths: int, seed: int) -> np.ndarray[tuple[int], np.dtype[np.intp]]:
    """Return which member each path takes: all once, in some order, then all once again."""
    generator = _stream(seed, 1)
    rounds = [generator.permutation(count) for _ in range(-(-paths // count))]
    return np.concatenate(rounds)[:paths]


def _errors(hours: ForecastHours, climate: Climate, paths: int, seed: int) -> Floats:
    """Return errors, K, (path, hour): hourly shape as the quantiles say, daily sd as told."""
    usual_k = annual_course(climate.day_to_day_sd_k, mid_hours(hours.starts))
    like_climate = np.clip(hours.sd_k * hours.day_over_hour / usual_k, 0.0, 1.0) ** 2
    short_h = _memory_h(hours.day_over_hour)
    # e-folding of the climate's own anomalies over the first day
    long_h = -DAY_H / np.log(float(level_correlation(climate, np.array([float(DAY_H)]))[0]))
    memory_h = 1 / ((1 - like_climate) / short_h + like_climate / max(long_h, short_h))
    unit = _unit_errors(memory_h, paths, seed)
    # errors that last longer average out less within a day: hours give way, the day keeps its sd
    share = np.interp(memory_h, _MEMORIES_H, _shares())
    return np.asarray(_shaped(unit, hours) * (hours.sd_k * hours.day_over_hour / share))


def _unit_errors(memory_h: Floats, paths: int, seed: int) -> Floats:
    """Return AR(1) series of unit variance whose memory changes from hour to hour, (path, hour)."""
    kept = np.exp(-1 / memory_h)
    fresh = _stream(seed, 0).standard_normal((paths, memory_h.size)).T.copy()
    for k in range(1, memory_h.size):
        fresh[k] = kept[k] * fresh[k - 1] + np.sqrt(1 - kept[k] ** 2) * fresh[k]
    return np.asarray(fresh.T)


def _shaped(unit: Floats, hours: ForecastHours) -> Floats:
    """Return standard errors with the shape of each hour's quantiles: mean 0, sd 1."""
    knots = np.asarray(ndtri(hours.levels))
    weights = _WEIGHTS / _WEIGHTS.sum()
    shaped = np.empty_like(unit)
    for k in range(hours.starts.size):
        values = hours.quantiles_c[:, k] - hours.mean_c[k]
        if hours.sd_k[k] <= 0 or np.ptp(values) <= 0:
            shaped[:, k] = unit[:, k]
            continue
        at_nodes = _through(_NODES, knots, values)
        mean = weights @ at_nodes
        sd = np.sqrt(weights @ (at_nodes - mean) ** 2)
        shaped[:, k] = (_through(unit[:, k], knots, values) - mean) / sd
    return shaped


def _through(unit: Floats, knots: Floats, values: Floats) -> Floats:
    """Return `values` at `knots`, straight between them and on past both ends."""
    inner = np.interp(unit, knots, values)
    low, high = (values[[1, -1]] - values[[0, -2]]) / (knots[[1, -1]] - knots[[0, -2]])
    below, above = np.minimum(unit - knots[0], 0.0), np.maximum(unit - knots[-1], 0.0)
    return np.asarray(inner + low * below + high * above)


def _day_over_hour(weather: xr.Dataset) -> float:
    """Return the sd of daily means over that of hours: of the days told, else the usual one."""
    usual = daily_share(USUAL_MEMORY_H)
    if "daily_mean_sd" not in weather or "known_by" not in weather.attrs:
        return usual
    known_by = utc64(datetime.fromisoformat(str(weather.attrs["known_by"])))
    daily_k = np.asarray(weather["daily_mean_sd"].values, dtype=np.float64)
    first = int(np.searchsorted(weather["time"].values, known_by))
    hourly_k = weather["air_temperature_sd"].values[first : first + DAY_H * daily_k.size]
    whole = hourly_k.size // DAY_H
    hourly_k = hourly_k[: DAY_H * whole].reshape(whole, DAY_H).mean(axis=1)
    there = np.isfinite(daily_k[:whole]) & (hourly_k > 0)
    if not there.any():
        return usual
    told = float(np.median(daily_k[:whole][there] / hourly_k[there]))
    return float(np.clip(told, _shares()[0], _shares()[-1]))


def _memory_h(day_over_hour: float) -> float:
    """Return the memory at which hourly errors average out so within a day, h."""
    return float(np.interp(day_over_hour, _shares(), _MEMORIES_H))


@cache
def _shares() -> Floats:
    """Return the sd of daily means over that of hours for each of the memories."""
    shares = np.array([daily_share(float(memory)) for memory in _MEMORIES_H])
    shares.flags.writeable = False
    return shares


def _stream(seed: int, which: int) -> np.random.Generator:
    """Return random numbers of this file's own, apart from those of drawn winters."""
    return np.random.default_rng([seed, 0x464F5245, which])
