"""The daily recipe of a northern utility (H F4) as an hourly forecast: the baseline by weather.

Heat of a day = c · k₂ · (18 °C − mean outdoor temperature of the day). The index c is set once a
week from the last 28 days. Every midnight k₁ = metered/forecast of yesterday; k₂ = k₁ · k₂ of
yesterday while k₁ is within 0.95 to 1.05, else 1: a day out of line is no reason to follow it. The
heat is spread over the hours as it was in the last seven days.
"""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from forecasts.demand.building import BASE_TEMP_C
from forecasts.demand.calendar import offsets_h
from forecasts.demand.load.record import TEMPERATURE, Floats, Ints, KnownWeather, LoadRecord
from forecasts.demand.load.temperature_ahead import temperature_ahead

TRUSTED = (0.95, 1.05)  # k₁ outside: back to 1
INDEX_DAYS, INDEX_EVERY_DAYS = 28, 7
LEAST_INDEX_KD = 10.0  # degree-days that an index needs
PROFILE_DAYS = 7
WHOLE_DAY = 0.75  # of a day's steps, for a metered day to count
ISSUES_AT_ONCE = 2000  # bounds memory


@dataclass(frozen=True)
class _Days:
    """Local days of a record and of the steps ahead of it."""

    day: Ints  # (row and beyond,) number of the local day, from 0
    slot: Ints  # (row and beyond,) step in its day
    first_row: Ints  # (day,)
    metered_mw: Floats  # (day,) mean load; NaN where too little of it is known
    temp_c: Floats  # (day,) mean as measured
    profile: Floats  # (day, slot) of the days before it, mean 1


def daily_recipe(
    record: LoadRecord, weather: KnownWeather, issues: Ints, leads: int
) -> Floats | None:
    """Load by the recipe, MW, (issue, lead); None without temperatures."""
    if TEMPERATURE not in weather.names or record.times.size == 0:
        return None
    day_steps = round(24 / record.step_h)
    days = _days(record, leads + 2 * day_steps)
    mw_per_k = _mw_per_k(record, weather, days)
    parts = [
        _told(record, weather, days, mw_per_k, issues[k : k + ISSUES_AT_ONCE], leads)
        for k in range(0, issues.size, ISSUES_AT_ONCE)
    ]
    return np.concatenate(parts) if parts else np.empty((0, leads))


def _days(record: LoadRecord, beyond: int) -> _Days:
    step = np.timedelta64(round(record.step_h * 3600), "s")
    size, slots = record.times.size, round(24 / record.step_h)
    times = (record.times[0] + np.arange(size + beyond) * step).astype("datetime64[ns]")
    local_h = (times - times[0]) / np.timedelta64(1, "h") + offsets_h(times, record.timezone)
    start = times[0].astype("datetime64[D]")
    local_h = local_h + (times[0] - start) / np.timedelta64(1, "h")
    number = np.floor(local_h / 24 + 1e-9).astype(np.int64)
    slot = np.floor((local_h - 24 * number) / record.step_h + 1e-9).astype(np.int64) % slots
    day = number - number[0]
    count = int(day[-1]) + 1
    metered = _daily_mean(day[:size], record.load_mw, count, WHOLE_DAY * slots)
    temp_c = _daily_mean(day[:size], record.weather[TEMPERATURE], count, WHOLE_DAY * slots)
    first_row = np.searchsorted(day, np.arange(count))
    return _Days(day, slot, first_row, metered, temp_c, _profiles(record, day, slot, count, slots))


def _daily_mean(day: Ints, values: Floats, count: int, least: float) -> Floats:
    known = np.isfinite(values)
    steps = np.bincount(day[known], minlength=count)
    sums = np.bincount(day[known], weights=values[known], minlength=count)
    return np.where(steps >= least, sums / np.maximum(steps, 1), np.nan)


def _profiles(record: LoadRecord, day: Ints, slot: Ints, count: int, slots: int) -> Floats:
    """Share of each step of the day in the seven days before, mean 1; level where none is known."""
    table = np.full((count, slots), np.nan)
    table[day[: record.load_mw.size], slot[: record.load_mw.size]] = record.load_mw
    rolled = pd.DataFrame(table).rolling(PROFILE_DAYS, min_periods=1).mean().shift(1).ffill()
    before = rolled.to_numpy(dtype=np.float64)
    known = np.isfinite(before)
    mean = np.where(known, before, 0.0).sum(axis=1) / np.maximum(known.sum(axis=1), 1)
    shares = before / np.where(mean > 0, mean, np.nan)[:, None]
    return np.where(np.isfinite(shares), shares, 1.0)


def _mw_per_k(record: LoadRecord, weather: KnownWeather, days: _Days) -> Floats:
    """Index c times k₂ of each day as known at its midnight, MW per K, (day,)."""
    expected_k = np.maximum(0.0, BASE_TEMP_C - _expected_c(record, weather, days))
    came_k = np.maximum(0.0, BASE_TEMP_C - days.temp_c)
    factors = np.full(days.metered_mw.size, np.nan)
    index, k2 = np.nan, 1.0
    for day in range(factors.size):
        before = slice(max(0, day - INDEX_DAYS), day)
        if day % INDEX_EVERY_DAYS == 0 or np.isnan(index):
            found = _index(days.metered_mw[before], came_k[before])
            if np.isfinite(found):
                index, k2 = found, 1.0
        elif expected_k[day - 1] > 0:
            k1 = days.metered_mw[day - 1] / (index * k2 * expected_k[day - 1])
            if np.isfinite(k1):
                k2 = k2 * k1 if TRUSTED[0] <= k1 <= TRUSTED[1] else 1.0
        factors[day] = index * k2
    return factors


def _index(metered_mw: Floats, cold_k: Floats) -> float:
    both = np.isfinite(metered_mw) & np.isfinite(cold_k)
    kelvin_days = float(cold_k[both].sum())
    if kelvin_days < LEAST_INDEX_KD or not (metered_mw[both] > 0).any():
        return np.nan
    return float(metered_mw[both].sum()) / kelvin_days


def _expected_c(record: LoadRecord, weather: KnownWeather, days: _Days) -> Floats:
    """Mean temperature of each day as expected at its midnight, °C, (day,)."""
    asked = np.flatnonzero(days.first_row <= record.times.size)
    steps = round(25 / record.step_h)  # the longest day
    expected = np.full(days.first_row.size, np.nan)
    starts = days.first_row[asked]
    ahead = temperature_ahead(record, weather, starts, steps)
    same_day = days.day[starts[:, None] + np.arange(steps)] == asked[:, None]
    expected[asked] = (ahead * same_day).sum(axis=1) / same_day.sum(axis=1)
    return expected


def _told(
    record: LoadRecord,
    weather: KnownWeather,
    days: _Days,
    mw_per_k: Floats,
    issues: Ints,
    leads: int,
) -> Floats:
    """The recipe at some issues: each target's day at its mean, as known at the issue."""
    beyond = leads + round(24 / record.step_h)  # so that the last target's day is whole
    ahead = temperature_ahead(record, weather, issues, beyond)
    rows = issues[:, None] + np.arange(beyond)[None, :]
    today = days.day[issues]
    later = days.day[rows] - today[:, None]
    so_far_sum, so_far_count = _so_far(record, days, issues)
    told = np.full((issues.size, leads), np.nan)
    for number in range(int(later[:, :leads].max()) + 1):
        of_day = later == number
        sums, count = np.where(of_day, ahead, 0.0).sum(axis=1), of_day.sum(axis=1)
        if number == 0:
            sums, count = sums + so_far_sum, count + so_far_count
        cold_k = np.maximum(0.0, BASE_TEMP_C - sums / np.maximum(count, 1))
        heat = np.repeat((mw_per_k[today] * cold_k)[:, None], leads, axis=1)
        told = np.where(of_day[:, :leads], heat, told)
    return np.asarray(told * days.profile[today[:, None], days.slot[rows[:, :leads]]])


def _so_far(record: LoadRecord, days: _Days, issues: Ints) -> tuple[Floats, Ints]:
    """Sum and number of the temperatures measured since midnight."""
    temp_c = record.weather[TEMPERATURE]
    known = np.isfinite(temp_c)
    sums = np.concatenate([[0.0], np.cumsum(np.where(known, temp_c, 0.0))])
    counts = np.concatenate([[0], np.cumsum(known)])
    since = days.first_row[days.day[issues]]
    return sums[issues] - sums[since], counts[issues] - counts[since]
