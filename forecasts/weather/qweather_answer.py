"""Reading the v7 answers of QWeather (和风天气): codes, numbers in quotes, days and hours.

Pure: bytes in, labelled values out. Source: https://dev.qweather.com/en/docs/api/weather/ and
https://dev.qweather.com/en/docs/resource/error-code/. HTTP 200 does not mean success here: the
field `code` does. Nothing that the service says about a failure is repeated but its code: what it
echoes might hold the key.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from itertools import pairwise

import numpy as np

from forecasts.weather.json_fields import check_rising_hours, moment_at, objects_at, read_object
from forecasts.weather.provider import Cause, WeatherUnavailable
from forecasts.weather.run import iso64, utc64
from forecasts.weather.solar import HOUR, Floats, Times

KM_PER_H = 1 / 3.6  # m/s
MAX_HOURS = 24 * 40  # no answer is longer; a wrong date must not fill the memory
_NUMBER = re.compile(r"[+-]?\d{1,6}(\.\d{1,6})?")
NO_ACCESS = "403"
# What a code means; HTTP statuses of the newer error answers are the same numbers.
_CAUSES = {
    "204": (Cause.REFUSED, "no data for this place"),
    "400": (Cause.REFUSED, "the request is not understood"),
    "401": (Cause.KEY_REFUSED, "the key is not known"),
    "402": (Cause.RATE_LIMITED, "the account's requests or its credit are used up"),
    NO_ACCESS: (
        Cause.KEY_REFUSED,
        "the account may not fetch this, or the API host is not its own",
    ),
    "404": (Cause.REFUSED, "no such data or place"),
    "429": (Cause.RATE_LIMITED, "too many requests"),
    "500": (Cause.SERVER_ERROR, ""),
}
# Cloud cover by weather icon (https://dev.qweather.com/en/docs/resource/icons/), where the cover
# itself is left out: clear, few clouds, partly, mostly cloudy, overcast; by night 50 higher.
_CLOUD_BY_ICON = {"100": 0.05, "102": 0.25, "103": 0.45, "101": 0.7, "104": 1.0}
_CLOUD_BY_ICON |= {str(int(icon) + 50): cloud for icon, cloud in _CLOUD_BY_ICON.items()}
_CLOUD_IN_RAIN_OR_SNOW = 0.95  # icons 3xx and 4xx


@dataclass(frozen=True)
class Hours:
    """Values at whole UTC hours without a break, nan for nothing; clouds from 0 to 1."""

    updated_at: datetime
    times: Times
    values: Mapping[str, Floats]
    cloud: Floats


@dataclass(frozen=True)
class Days:
    """Consecutive local days: °C, m/s by day and by night, % and cloud cover 0 to 1, or nan."""

    updated_at: datetime
    days: tuple[date, ...]
    min_c: Floats
    max_c: Floats
    wind_by_day: Floats
    wind_by_night: Floats
    humidity: Floats
    cloud: Floats


def code_of(provider: str, status: int, body: bytes) -> str:
    """Return the service's own code: from the answer, the newer error object, or HTTP."""
    try:
        found = read_object(provider, body)
    except WeatherUnavailable:
        if status == 200:
            raise
        return str(status)
    code = found.get("code")
    error = found.get("error")
    if isinstance(error, dict):
        code = error.get("status", status)
    if code is None:
        if status == 200:
            raise WeatherUnavailable(provider, Cause.MISSING_FIELD, "code")
        code = status
    text = str(code)
    return text if re.fullmatch(r"\d{3}", text) else "unknown"


def failure(provider: str, code: str) -> WeatherUnavailable:
    """Return what a code other than 200 means."""
    cause, meaning = _CAUSES.get(code, (Cause.REFUSED, ""))
    return WeatherUnavailable(provider, cause, f"code {code}: {meaning}" if meaning else code)


def parse_hours(provider: str, body: bytes) -> Hours:
    """Return the content of an hourly answer whose code is 200; raises WeatherUnavailable.

    Hours that are left out are nan; hours that come twice or out of order are a fault.
    """
    found = read_object(provider, body)
    items = objects_at(provider, found, "hourly")
    given = np.array([utc64(moment_at(provider, item, "fxTime")) for item in items])
    _check_hours(provider, given)
    times = np.arange(given[0], given[-1] + HOUR, HOUR)
    at = np.searchsorted(times, given)

    def spread(values: Floats) -> Floats:
        whole = np.full(times.size, np.nan)
        whole[at] = values
        return whole

    values = {
        "air_temperature": spread(_numbers(provider, items, "temp")),
        "wind_speed": spread(_numbers(provider, items, "windSpeed") * KM_PER_H),
    }
    humidity = _numbers(provider, items, "humidity")
    if np.isfinite(humidity).any():
        values["relative_humidity"] = spread(humidity)
    for name, array in values.items():
        if not np.isfinite(array).any():
            raise WeatherUnavailable(provider, Cause.MISSING_FIELD, f"hourly: no {name}")
    cloud = spread(_clouds(provider, items, "icon"))
    # Empty fields at either end shorten the hours: the days go on from there.
    there = np.flatnonzero(np.isfinite(values["air_temperature"] + values["wind_speed"]))
    if there.size < 3:
        raise WeatherUnavailable(provider, Cause.GAPS, f"{there.size} h with temperature and wind")
    span = slice(int(there[0]), int(there[-1]) + 1)
    return Hours(
        updated_at=moment_at(provider, found, "updateTime"),
        times=times[span],
        values={name: array[span] for name, array in values.items()},
        cloud=cloud[span],
    )


def parse_days(provider: str, body: bytes) -> Days:
    """Return the content of a daily answer whose code is 200; raises WeatherUnavailable."""
    found = read_object(provider, body)
    items = objects_at(provider, found, "daily")
    days = tuple(_day(provider, item) for item in items)
    for before, after in pairwise(days):
        if after != before + timedelta(days=1):
            detail = f"{after} does not follow {before}"
            raise WeatherUnavailable(provider, Cause.WRONG_TIMES, detail)
    low, high = (_whole(provider, items, label) for label in ("tempMin", "tempMax"))
    if (low > high).any():
        k = int(np.flatnonzero(low > high)[0])
        detail = f"{days[k]}: tempMin {low[k]:g} is above tempMax {high[k]:g}"
        raise WeatherUnavailable(provider, Cause.NOT_PLAUSIBLE, detail)
    return Days(
        updated_at=moment_at(provider, found, "updateTime"),
        days=days,
        min_c=low,
        max_c=high,
        wind_by_day=_whole(provider, items, "windSpeedDay") * KM_PER_H,
        wind_by_night=_whole(provider, items, "windSpeedNight") * KM_PER_H,
        humidity=_numbers(provider, items, "humidity"),
        cloud=_clouds(provider, items, "iconDay"),
    )


def _check_hours(provider: str, given: Times) -> None:
    check_rising_hours(provider, given, "fxTime")
    if given[-1] - given[0] > MAX_HOURS * HOUR:
        detail = f"from {iso64(given[0])} to {iso64(given[-1])}"
        raise WeatherUnavailable(provider, Cause.WRONG_TIMES, detail)


def _day(provider: str, item: Mapping[str, object]) -> date:
    text = item.get("fxDate")
    if not isinstance(text, str):
        raise WeatherUnavailable(provider, Cause.MISSING_FIELD, "fxDate")
    try:
        return date.fromisoformat(text)
    except ValueError as error:
        detail = f"fxDate {text[:20]!r} is no date"
        raise WeatherUnavailable(provider, Cause.WRONG_TIMES, detail) from error


def _whole(provider: str, items: Sequence[Mapping[str, object]], label: str) -> Floats:
    """Return numbers that every day must have."""
    numbers = _numbers(provider, items, label)
    if np.isnan(numbers).any():
        raise WeatherUnavailable(provider, Cause.MISSING_FIELD, f"daily: {label}")
    return numbers


def _clouds(provider: str, items: Sequence[Mapping[str, object]], icon_label: str) -> Floats:
    """Return cloud cover, 0 to 1: as given, else after the weather icon, else nan."""
    given = _numbers(provider, items, "cloud") / 100
    by_icon = np.array([_cloud_of_icon(item.get(icon_label)) for item in items])
    return np.clip(np.where(np.isnan(given), by_icon, given), 0.0, 1.0)


def _cloud_of_icon(icon: object) -> float:
    text = str(icon)
    if re.fullmatch(r"[34]\d\d", text):
        return _CLOUD_IN_RAIN_OR_SNOW
    return _CLOUD_BY_ICON.get(text, np.nan)


def _numbers(provider: str, items: Sequence[Mapping[str, object]], label: str) -> Floats:
    """Return numbers, which come in quotes; nan where the field is missing, null or empty."""
    numbers = np.full(len(items), np.nan)
    for k, item in enumerate(items):
        field = item.get(label)
        text = "" if field is None else str(field).strip()
        if not text:
            continue
        if isinstance(field, bool) or not _NUMBER.fullmatch(text):
            detail = f"{label} {k + 1} is {text[:20]!r}, not a number"
            raise WeatherUnavailable(provider, Cause.NOT_PLAUSIBLE, detail)
        numbers[k] = float(text)
    return numbers
