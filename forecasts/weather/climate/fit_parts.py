"""The parts of a fit, each from hours with gaps: means by month and hour, spread, memory."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from forecasts.weather.climate.annual import annual_course
from forecasts.weather.climate.climate import Climate, Months
from forecasts.weather.climate.limits import memory
from forecasts.weather.climate.past_hours import PastHours
from forecasts.weather.climate.spread import level_correlation
from forecasts.weather.solar import HALF_HOUR, HOUR, Floats, Times

TEMPERATURE = "air_temperature"
LEAST_DAYS = 10  # values of each hour of the day, for a month to have a mean
LEAST_DAY_HOURS = 20  # of a day, to count
LEAST_YEAR_HOURS = 24 * 30  # of a calendar year, to be one of the record
_MEMORY_LIMITS_H = (16.0, 60.0)
_SHARE_LIMITS = (0.02, 0.45)
_COLD_MONTHS = (0, 1, 2, 10, 11)


@dataclass(frozen=True)
class Hours:
    """All hours of a record in the order of time, by mean solar day; nan is a gap."""

    starts: Times
    day: np.ndarray[tuple[int], np.dtype[np.int64]]  # days since 1970 of mean solar time
    hour: np.ndarray[tuple[int], np.dtype[np.int64]]
    month: np.ndarray[tuple[int], np.dtype[np.int64]]  # 0 to 11
    values: dict[str, Floats]
    years: float
    first_year: int
    last_year: int


def hours_of(past: Sequence[PastHours], longitude: float) -> Hours:
    """Return the hours of all files together; where files overlap, the last one counts."""
    first = min(part.starts[0] for part in past)
    end = max(part.starts[-1] for part in past) + HOUR
    starts = np.arange(first, end, HOUR)
    names = {name for part in past for name in part.values}
    values = {name: np.full(starts.size, np.nan) for name in sorted(names)}
    for part in past:
        at = int((part.starts[0] - first) // HOUR)
        for name, series in part.values.items():
            kept = values[name][at : at + series.size]
            kept[:] = np.where(np.isnan(series), kept, series)
    solar = starts + HALF_HOUR + np.timedelta64(round(longitude * 240), "s")
    days = solar.astype("datetime64[D]")
    known = ~np.isnan(values[TEMPERATURE])
    years, counts = np.unique(days[known].astype("datetime64[Y]"), return_counts=True)
    whole = years[counts >= LEAST_YEAR_HOURS].astype(np.int64) + 1970
    return Hours(
        starts=starts,
        day=days.astype(np.int64),
        hour=((solar - days.astype("datetime64[ns]")) // HOUR).astype(np.int64),
        month=days.astype("datetime64[M]").astype(np.int64) % 12,
        values=values,
        years=float(known.sum() / 8766),
        first_year=int(whole.min()) if whole.size else 1970,
        last_year=int(whole.max()) if whole.size else 1970,
    )


def fitted_months(hours: Hours, name: str, usual: Months) -> tuple[Months, tuple[int, ...]]:
    """Return monthly means, the months without hours enough `usual`, and which those are.

    A mean of the means by hour of the day, so that gaps at night do not warm a month.
    """
    cells, enough = _by_month_and_hour(hours, hours.values[name])
    missing = tuple(int(k) for k in np.flatnonzero(~enough))
    means = np.where(enough, cells.mean(axis=1), usual)
    return tuple(float(x) for x in means), missing


def fitted_means(hours: Hours, base: Climate) -> tuple[Months, tuple[int, ...]]:
    """Return monthly mean temperatures; a missing month is as far from the base as the others."""
    means, missing = fitted_months(hours, TEMPERATURE, base.mean_c)
    there = [k for k in range(12) if k not in missing]
    if not missing or not there:
        return means, missing
    away = float(np.mean([means[k] - base.mean_c[k] for k in there]))
    moved = tuple(means[k] + (away if k in missing else 0.0) for k in range(12))
    return moved, missing


def fitted_range(hours: Hours, base: Climate) -> tuple[Months, float, tuple[int, ...]]:
    """Return the mean daily range by month, the share its mean course spans, the months missing."""
    values = hours.values[TEMPERATURE]
    cells, enough = _by_month_and_hour(hours, values)
    _, month, table = _by_day(hours, values)
    ranges = table.max(axis=1) - table.min(axis=1)
    found = np.array([ranges[month == k].mean() if enough[k] else np.nan for k in range(12)])
    course = cells.max(axis=1) - cells.min(axis=1)
    share = float(np.clip((course[enough] / found[enough]).mean(), 0.2, 1.0))
    missing = tuple(int(k) for k in np.flatnonzero(~enough))
    whole = np.clip(np.where(enough, found, base.diurnal_range_k), 0.5, 30.0)
    return tuple(float(x) for x in whole), share, missing


def fitted_spread(hours: Hours, climate: Climate) -> tuple[Months, tuple[int, ...]]:
    """Return the spread of daily means, between that of the record and that of the base.

    The record's own means take from its spread: of n years, 1/n of the variance of a month's mean
    (by the base's persistence) is given back. A record of n years weighs n/(n + 1): one month of
    one year says little about the spread of many.
    """
    day, month, table = _by_day(hours, hours.values[TEMPERATURE])
    noon = _noon(day)
    anomaly = table.mean(axis=1) - annual_course(climate.mean_c, noon)
    lags = np.arange(30) * 24.0
    correlation = level_correlation(climate, np.abs(lags[:, None] - lags[None, :])).mean()
    years = max(hours.years, 0.5)
    lost = min(float(correlation) / years, 0.6)
    found, missing = [], []
    for k in range(12):
        of_month = anomaly[month == k]
        usual = climate.day_to_day_sd_k[k]
        if of_month.size < LEAST_DAYS:
            missing.append(k)
            found.append(usual)
            continue
        measured = float(np.sqrt(of_month.var() / (1 - lost)))
        weight = years / (years + 1)
        found.append(float(np.clip(measured, 0.2, 15) ** weight * usual ** (1 - weight)))
    return tuple(found), tuple(missing)


def fitted_memory_h(hours: Hours, climate: Climate) -> float:
    """Return the memory of weather systems that gives the record's autocorrelation at 24 h."""
    from scipy.optimize import brentq  # slow to import, and seldom needed

    anomaly = np.where(np.isin(hours.month, _COLD_MONTHS), _anomaly(hours, climate), np.nan)
    first, later = anomaly[:-24], anomaly[24:]
    both = ~np.isnan(first) & ~np.isnan(later)
    found = float(np.corrcoef(first[both], later[both])[0, 1])

    def missed(memory_h: float) -> float:
        kept = replace(climate.persistence, memory_h=memory_h)
        return float(memory(replace(climate, persistence=kept), np.array([24.0]))[0]) - found

    low, high = _MEMORY_LIMITS_H
    if missed(low) >= 0:
        return low
    return high if missed(high) <= 0 else float(brentq(missed, low, high, xtol=0.05))


def fitted_season_share(hours: Hours, climate: Climate) -> float:
    """Return the season's share that gives the record's spread between winters' means."""
    from scipy.optimize import brentq  # slow to import, and seldom needed

    day, month, table = _by_day(hours, hours.values[TEMPERATURE])
    noon = _noon(day)
    anomaly = table.mean(axis=1) - annual_course(climate.mean_c, noon)
    cold = np.isin(month, _COLD_MONTHS)
    winter = (noon.astype("datetime64[M]").astype(np.int64) + 6) // 12
    means = [
        anomaly[cold & (winter == w)].mean()
        for w in np.unique(winter)
        if (cold & (winter == w)).sum() >= 120
    ]
    spread = np.mean([climate.day_to_day_sd_k[k] for k in _COLD_MONTHS])
    found = float(np.var(means, ddof=1) / spread**2) if len(means) > 2 else np.nan
    if not np.isfinite(found):
        return climate.persistence.season_share
    lags = np.arange(151) * 24.0
    apart = np.abs(lags[:, None] - lags[None, :])

    def missed(share: float) -> float:
        kept = replace(climate.persistence, season_share=share)
        return float(level_correlation(replace(climate, persistence=kept), apart).mean()) - found

    low, high = _SHARE_LIMITS
    if missed(low) >= 0:
        return low
    return high if missed(high) <= 0 else float(brentq(missed, low, high, xtol=1e-3))


def _anomaly(hours: Hours, climate: Climate) -> Floats:
    """Return hourly temperature less the annual course and the record's own daily course."""
    values = hours.values[TEMPERATURE]
    cells, _ = _by_month_and_hour(hours, values)
    course = cells - cells.mean(axis=1, keepdims=True)
    middles = hours.starts + HALF_HOUR
    mean = annual_course(climate.mean_c, middles)
    return np.asarray(values - mean - course[hours.month, hours.hour])


def _noon(day: np.ndarray[tuple[int], np.dtype[np.int64]]) -> Times:
    midnight: Times = day.astype("datetime64[D]").astype("datetime64[ns]")
    return np.asarray(midnight + 12 * HOUR)


def _by_month_and_hour(
    hours: Hours, values: Floats
) -> tuple[Floats, np.ndarray[tuple[int], np.dtype[np.bool_]]]:
    """Return means by month and hour of the day, (12, 24), and which months have enough."""
    known = ~np.isnan(values)
    cell = hours.month[known] * 24 + hours.hour[known]
    counts = np.bincount(cell, minlength=288).reshape(12, 24)
    sums = np.bincount(cell, weights=values[known], minlength=288).reshape(12, 24)
    enough = counts.min(axis=1) >= LEAST_DAYS
    return np.where(counts > 0, sums / np.maximum(counts, 1), 0.0), enough


def _by_day(
    hours: Hours, values: Floats
) -> tuple[
    np.ndarray[tuple[int], np.dtype[np.int64]],
    np.ndarray[tuple[int], np.dtype[np.int64]],
    Floats,
]:
    """Return day, month and 24 hours of each day with hours enough, small gaps bridged."""
    first = int(hours.day[0])
    table = np.full((int(hours.day[-1]) - first + 1, 24), np.nan)
    table[hours.day - first, hours.hour] = values
    kept = (~np.isnan(table)).sum(axis=1) >= LEAST_DAY_HOURS
    days = (np.arange(table.shape[0]) + first)[kept]
    whole = table[kept]
    for k in np.flatnonzero(np.isnan(whole).any(axis=1)):
        gap = np.isnan(whole[k])
        whole[k, gap] = np.interp(np.flatnonzero(gap), np.flatnonzero(~gap), whole[k, ~gap])
    month = days.astype("datetime64[D]").astype("datetime64[M]").astype(np.int64) % 12
    return days, month, whole
