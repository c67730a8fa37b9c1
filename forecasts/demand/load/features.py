"""What a load forecast is learned from, for every (issue, lead): calendar, weather, past load.

Nothing at or after an issue is looked at, but for the weather that `KnownWeather.ahead` says was
known. A feature that cannot be known is NaN; models say what they do with that.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from forecasts.demand.building import BASE_TEMP_C
from forecasts.demand.holidays import LocalDays, local_days
from forecasts.demand.load.lags import (
    Bridged,
    SameTime,
    bridged,
    filtered,
    filtered_ahead,
    filtered_at,
    local_slots,
    same_time,
    state_of,
)
from forecasts.demand.load.record import (
    HUMIDITY,
    RADIATION,
    TEMPERATURE,
    WIND,
    Floats,
    Ints,
    KnownWeather,
    LoadRecord,
    Times,
)

FILTERS_H = (3.0, 12.0, 24.0, 48.0, 96.0)  # of the outdoor temperature, H§3 F3
RADIATION_FILTERS_H = (3.0, 24.0)
CALM_WIND_M_PER_S = 3.0  # H§3: wind counts above this
SAME_TIME_DAYS = (1, 2, 3, 7)
ALIKE_DAYS = (1, 2, 5)


@dataclass(frozen=True)
class Features:
    """Named features; each value is (issue, lead)."""

    columns: Mapping[str, Floats]

    def table(self, names: tuple[str, ...]) -> Floats:
        """Chosen columns as rows of (issue × lead, name), leads of an issue side by side."""
        return np.stack([self.columns[name].ravel() for name in names], axis=1)


@dataclass(frozen=True)
class Past:
    """A record made ready to be asked for features; made once for many issues."""

    record: LoadRecord
    days: LocalDays  # (row and `leads` beyond,)
    load: Bridged
    weather: Mapping[str, Bridged]
    same: SameTime  # by local time of day
    alike: SameTime  # by local time of day, days off apart from working days


def past_of(record: LoadRecord, leads: int) -> Past:
    """Make a record ready, for forecasts up to `leads` steps beyond its end."""
    load = bridged(record.load_mw, record.step_h)
    days = local_days(_times(record, leads), record.timezone, record.country)
    weather = {name: bridged(values, record.step_h) for name, values in record.weather.items()}
    slot = local_slots(days, record.step_h)
    alike = slot + days.off * round(24.0 / record.step_h)
    return Past(record, days, load, weather, same_time(load, slot), same_time(load, alike))


def _times(record: LoadRecord, leads: int) -> Times:
    """Starts of the steps of a record and of `leads` more."""
    step = np.timedelta64(round(record.step_h * 3600.0), "s")
    count = record.times.size + leads
    return np.asarray(record.times[0] + np.arange(count) * step, dtype="datetime64[ns]")


def features(past: Past, weather: KnownWeather, issues: Ints, leads: int) -> Features:
    """All features of leads 1 … `leads` (in steps) of each issue; `past.record` is `weather`'s."""
    targets = issues[:, None] + np.arange(leads, dtype=np.int64)[None, :]
    columns = {"lead_h": np.broadcast_to(_lead_h(past, leads), targets.shape)}
    columns |= calendar_features(past.days, targets)
    columns |= weather_features(past, weather, issues, leads)
    columns |= load_features(past, issues, targets)
    return Features(columns)


def _lead_h(past: Past, leads: int) -> Floats:
    return np.asarray((np.arange(leads)[None, :] + 1.0) * past.record.step_h, dtype=np.float64)


# ---- calendar ------------------------------------------------------------------------------------


def calendar_features(days: LocalDays, targets: Ints) -> dict[str, Floats]:
    """Local time and days off of the target steps."""
    year = 2.0 * np.pi * days.day_of_year / 365.25
    series = {
        "hour": days.hour,
        "weekday": days.weekday,
        "day_kind": days.day_kind,
        "off": days.off,
        "off_before": days.off_before,
        "off_after": days.off_after,
        "holiday": days.holiday,
        "festival_day": days.festival_day,
        "year_sin": np.sin(year),
        "year_cos": np.cos(year),
    }
    return {name: np.asarray(values, dtype=np.float64)[targets] for name, values in series.items()}


# ---- weather -------------------------------------------------------------------------------------


def weather_path(past: Past, weather: KnownWeather, name: str, issues: Ints, leads: int) -> Floats:
    """A variable over the day before each issue and the leads from it on, (issue, day + lead).

    Gaps ahead are bridged by straight lines; past the last hour known, days repeat.
    """
    day = round(24.0 / past.record.step_h)
    rows = issues[:, None] + np.arange(-day, 0, dtype=np.int64)[None, :]
    before = past.weather[name].at(rows, issues[:, None])
    path = np.concatenate([before, weather.ahead(name, issues, leads)], axis=1)
    holes = ~np.isfinite(path)
    if not np.any(holes):
        return path
    columns = np.arange(path.shape[1])[None, :]
    left = np.maximum.accumulate(np.where(holes, -1, columns), axis=1)
    right = np.minimum.accumulate(np.where(holes, 10**9, columns)[:, ::-1], axis=1)[:, ::-1]
    near = holes & (left >= 0) & (right < 10**9) & (right - left <= day // 2)
    first, last = np.maximum(left, 0), np.minimum(right, path.shape[1] - 1)
    low = np.take_along_axis(path, first, axis=1)
    high = np.take_along_axis(path, last, axis=1)
    share = (columns - first) / np.maximum(last - first, 1)
    path = np.where(near, low + share * (high - low), path)
    for column in range(day, path.shape[1]):
        path[:, column] = np.where(
            np.isfinite(path[:, column]), path[:, column], path[:, column - day]
        )
    return path


def weather_features(
    past: Past, weather: KnownWeather, issues: Ints, leads: int
) -> dict[str, Floats]:
    """Weather of the target steps, as felt by buildings, and of the days their load is compared to.

    Only variables that are both measured and known ahead; temperature features are °C.
    """
    columns: dict[str, Floats] = {}
    paths = {name: weather_path(past, weather, name, issues, leads) for name in weather.names}
    day = round(24.0 / past.record.step_h)
    if TEMPERATURE in paths:
        columns |= _temperature_features(past, paths[TEMPERATURE], issues, day)
    if RADIATION in paths:
        columns["radiation"] = paths[RADIATION][:, day:]
        for hours in RADIATION_FILTERS_H:
            columns[f"radiation_{hours:g}h"] = _felt(past, RADIATION, paths, issues, hours)
    if WIND in paths:
        wind = paths[WIND][:, day:]
        gust = np.maximum(0.0, wind - CALM_WIND_M_PER_S)
        columns |= {"wind": wind, "gust": gust}
        if TEMPERATURE in paths:
            lift = np.maximum(0.0, BASE_TEMP_C - paths[TEMPERATURE][:, day:])
            columns["gust_lift"] = gust * lift
    if HUMIDITY in paths:
        columns["humidity"] = paths[HUMIDITY][:, day:]
    return columns


def _felt(past: Past, name: str, paths: Mapping[str, Floats], issues: Ints, hours: float) -> Floats:
    """A variable behind a filter: measured up to the issue, then as known ahead."""
    day = round(24.0 / past.record.step_h)
    mean = filtered(past.record.weather[name], past.record.step_h, hours)
    return filtered_ahead(mean, issues, paths[name][:, day:])


def _temperature_features(past: Past, path: Floats, issues: Ints, day: int) -> dict[str, Floats]:
    ahead = path[:, day:]
    leads = ahead.shape[1]
    hour = max(1, round(1.0 / past.record.step_h))
    targets = issues[:, None] + np.arange(leads, dtype=np.int64)[None, :]
    columns = {
        "temperature": ahead,
        "temperature_hour_before": path[:, day - hour : day - hour + leads],
        "temperature_day_before": path[:, :leads],
        "heating_degree": np.maximum(0.0, BASE_TEMP_C - ahead),
    }
    for hours in FILTERS_H:
        columns[f"temperature_{hours:g}h"] = _felt(
            past, TEMPERATURE, {TEMPERATURE: path}, issues, hours
        )
    slow = filtered(past.record.weather[TEMPERATURE], past.record.step_h, 24.0)
    slow_series = filtered_at(slow, np.arange(past.record.times.size + 1))
    known = past.weather[TEMPERATURE]
    for number in SAME_TIME_DAYS:
        rows = past.same.rows_before(targets, issues[:, None], number)
        columns[f"temperature_same_{number}"] = known.at(rows, issues[:, None])
        columns[f"temperature_24h_same_{number}"] = np.where(
            rows >= 0, slow_series[np.maximum(rows, 0) + 1], np.nan
        )
    for number in ALIKE_DAYS:
        rows = past.alike.rows_before(targets, issues[:, None], number)
        columns[f"temperature_alike_{number}"] = known.at(rows, issues[:, None])
        columns[f"temperature_24h_alike_{number}"] = np.where(
            rows >= 0, slow_series[np.maximum(rows, 0) + 1], np.nan
        )
    return columns


# ---- load ----------------------------------------------------------------------------------------


def load_features(past: Past, issues: Ints, targets: Ints) -> dict[str, Floats]:
    """Load of the past: the last hours, the same time of the last known days, means, on or off."""
    step_h = past.record.step_h
    columns: dict[str, Floats] = {}
    at = issues[:, None]
    hour, day = max(1, round(1.0 / step_h)), round(24.0 / step_h)
    for number in (1, 2, 3):
        rows = at - 1 - (number - 1) * hour - np.arange(hour)[None, :]
        columns[f"load_last_{number}"] = past.load.at(rows, at).mean(axis=1)[:, None]
    seven = np.zeros(targets.shape)
    count = np.zeros(targets.shape)
    for number in range(1, 8):
        rows = past.same.rows_before(targets, at, number)
        value = past.load.at(rows, at)
        if number in SAME_TIME_DAYS:
            columns[f"load_same_{number}"] = value
        if number == 1:
            age = (targets - rows) * step_h / 24.0
            columns["load_same_1_age_d"] = np.where(rows >= 0, age, np.nan)
        seven += np.where(np.isfinite(value), value, 0.0)
        count += np.isfinite(value)
    for number in ALIKE_DAYS:
        rows = past.alike.rows_before(targets, at, number)
        columns[f"load_alike_{number}"] = past.load.at(rows, at)
    columns["load_same_mean"] = np.where(count > 0, seven / np.maximum(count, 1.0), np.nan)
    for name, hours in (("load_24h", 24.0), ("load_168h", 168.0)):
        columns[name] = _recent_mean(past.record.load_mw, issues, round(hours / step_h))[:, None]
    short = filtered_at(filtered(past.record.load_mw, step_h, 6.0), issues)
    columns["load_6h"] = short[:, None]
    yesterday = past.load.at(at - day - 1 - np.arange(hour)[None, :], at).mean(axis=1)[:, None]
    columns["load_jump_1h"] = columns["load_last_1"] - yesterday
    state, hours_in_state = state_of(past.record.load_mw, step_h)
    columns["on"] = state[issues][:, None]
    columns["hours_in_state"] = hours_in_state[issues][:, None]
    return {name: np.broadcast_to(values, targets.shape) for name, values in columns.items()}


def _recent_mean(load: Floats, issues: Ints, steps: int) -> Floats:
    """Mean of the known values among the last `steps` rows; NaN with fewer than a quarter."""
    known = np.isfinite(load)
    total = np.concatenate([[0.0], np.cumsum(np.where(known, load, 0.0))])
    count = np.concatenate([[0], np.cumsum(known)])
    first = np.maximum(0, issues - steps)
    found = count[issues] - count[first]
    mean = (total[issues] - total[first]) / np.maximum(found, 1)
    return np.where(found >= max(1, steps // 4), mean, np.nan)
