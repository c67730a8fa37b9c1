"""Fields of a service's JSON answer, read with care: each lack is a named cause, never a crash."""

import json
from collections.abc import Mapping
from datetime import UTC, datetime

import numpy as np

from forecasts.weather.provider import Cause, WeatherUnavailable
from forecasts.weather.run import iso64
from forecasts.weather.solar import HOUR, Times


def unique_names(pairs: list[tuple[str, object]]) -> dict[str, object]:
    """Return an object whose names all differ; raises ValueError, for of two alike one is wrong."""
    found = dict(pairs)
    if len(found) < len(pairs):
        names = [name for name, _ in pairs]
        twice = next(name for name in names if names.count(name) > 1)
        raise ValueError(f"{twice[:40]!r} is given twice")
    return found


def read_object(provider: str, body: bytes) -> dict[str, object]:
    """Return the JSON object in `body`; raises NOT_JSON."""
    try:
        # NaN and Infinity are not JSON, but some mirrors write them where the service has null.
        found = json.loads(body, parse_constant=lambda _: None, object_pairs_hook=unique_names)
    except (ValueError, RecursionError) as error:
        detail = f"{len(body)} bytes, {_first_line(error)}"
        raise WeatherUnavailable(provider, Cause.NOT_JSON, detail) from error
    if not isinstance(found, dict):
        detail = f"a JSON {type(found).__name__}, not an object"
        raise WeatherUnavailable(provider, Cause.NOT_JSON, detail)
    return found


def object_at(provider: str, found: Mapping[str, object], key: str) -> dict[str, object]:
    """Return the object under `key`; raises MISSING_FIELD."""
    item = found.get(key)
    if not isinstance(item, dict):
        raise WeatherUnavailable(provider, Cause.MISSING_FIELD, key)
    return item


def objects_at(provider: str, found: Mapping[str, object], key: str) -> list[dict[str, object]]:
    """Return the list of objects under `key`; raises MISSING_FIELD, or WRONG_LENGTH if empty."""
    items = found.get(key)
    if not isinstance(items, list) or not all(isinstance(item, dict) for item in items):
        raise WeatherUnavailable(provider, Cause.MISSING_FIELD, key)
    if not items:
        raise WeatherUnavailable(provider, Cause.WRONG_LENGTH, f"{key} is empty")
    return items


def moment_at(provider: str, found: Mapping[str, object], key: str) -> datetime:
    """Return the moment under `key`, in UTC; raises MISSING_FIELD or WRONG_TIMES (no zone)."""
    text = found.get(key)
    if not isinstance(text, str):
        raise WeatherUnavailable(provider, Cause.MISSING_FIELD, key)
    try:
        moment = datetime.fromisoformat(text)
    except ValueError as error:
        detail = f"{key} {text[:40]!r} is not ISO 8601"
        raise WeatherUnavailable(provider, Cause.WRONG_TIMES, detail) from error
    if not 1900 < moment.year < 2200:  # beyond 2262 nanoseconds wrap round
        raise WeatherUnavailable(provider, Cause.WRONG_TIMES, f"{key} {text[:40]!r}")
    if moment.tzinfo is None:
        detail = f"{key} {text[:40]!r} has no time zone"
        raise WeatherUnavailable(provider, Cause.WRONG_TIMES, detail)
    return moment.astimezone(UTC)


def check_rising_hours(provider: str, times: Times, label: str = "") -> None:
    """Raise WRONG_TIMES unless instants are whole UTC hours, each later than the one before."""
    named = f"{label} " if label else ""
    odd = np.flatnonzero(times != times.astype("datetime64[h]"))
    if odd.size:
        detail = f"{named}{iso64(times[int(odd[0])])}: no whole hour"
        raise WeatherUnavailable(provider, Cause.WRONG_TIMES, detail)
    back = np.flatnonzero(np.diff(times) < HOUR)
    if back.size:
        k = int(back[0])
        detail = f"{iso64(times[k])} is followed by {iso64(times[k + 1])}"
        raise WeatherUnavailable(provider, Cause.WRONG_TIMES, detail)


def _first_line(error: Exception) -> str:
    return str(error).splitlines()[0][:120] if str(error) else type(error).__name__
