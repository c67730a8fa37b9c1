"""Reading an Open-Meteo answer: every field checked, then turned into our names, units and steps.

Pure: bytes in, labelled values out. Source: https://open-meteo.com/en/docs (hourly variables).
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import numpy as np

from forecasts.series import REQUIRED
from forecasts.weather.json_fields import object_at, read_object
from forecasts.weather.provider import Cause, WeatherUnavailable
from forecasts.weather.run import iso64, utc64
from forecasts.weather.solar import HOUR, Floats, Times

# Our name -> the spellings of the service. Older answers and mirrors use the second, and some use
# one for the values and the other for the units (seen in recorded answers of 2021).
SPELLINGS = {
    "air_temperature": ("temperature_2m",),
    "wind_speed": ("wind_speed_10m", "windspeed_10m"),
    "global_radiation": ("shortwave_radiation",),
    "relative_humidity": ("relative_humidity_2m", "relativehumidity_2m"),
}
# unit as written, in lower case -> (scale, offset) to the units of forecasts.series
_CONVERSIONS = {
    "air_temperature": {
        "°c": (1.0, 0.0),
        "celsius": (1.0, 0.0),
        "°f": (5 / 9, -32 * 5 / 9),
        "fahrenheit": (5 / 9, -32 * 5 / 9),
    },
    "wind_speed": {
        "m/s": (1.0, 0.0),
        "ms": (1.0, 0.0),
        "km/h": (1 / 3.6, 0.0),
        "kmh": (1 / 3.6, 0.0),
        "mp/h": (0.44704, 0.0),
        "mph": (0.44704, 0.0),
        "kn": (1852 / 3600, 0.0),
        "kt": (1852 / 3600, 0.0),
    },
    "global_radiation": {"w/m²": (1.0, 0.0), "w/m2": (1.0, 0.0)},
    "relative_humidity": {"%": (1.0, 0.0)},
}
MAX_ZONE_OFFSET_S = 14 * 3600  # Kiribati; the other way it is 12 h


@dataclass(frozen=True)
class Columns:
    """The frame of an answer, checked, and its columns as sent."""

    latitude: float
    longitude: float
    times: Times  # UTC, hourly, regular
    hourly: Mapping[str, object]
    units: Mapping[str, object]


@dataclass(frozen=True)
class LastRun:
    """What a model's meta.json says of its newest run; aware, UTC."""

    issued: datetime  # initialisation time
    available: datetime | None  # when it could first be asked for; None where it is not told


@dataclass(frozen=True)
class Answer:
    """An answer as given: values at full UTC hours, nan where the service had null."""

    latitude: float
    longitude: float
    times: Times  # UTC, hourly, regular
    values: Mapping[str, Floats]  # our names and units; still as labelled by the service


def parse_json(provider: str, body: bytes) -> dict[str, object]:
    """Return the JSON object in `body`; raises NOT_JSON, or REFUSED for an error object."""
    found = read_object(provider, body)
    if found.get("error") is True:
        raise WeatherUnavailable(provider, Cause.REFUSED, str(found.get("reason"))[:200])
    return found


def parse_columns(provider: str, body: bytes) -> Columns:
    """Return the checked frame of an answer; raises WeatherUnavailable."""
    found = parse_json(provider, body)
    hourly = object_at(provider, found, "hourly")
    units = object_at(provider, found, "hourly_units")
    offset_s = _number(provider, found, "utc_offset_seconds")
    return Columns(
        latitude=_number(provider, found, "latitude"),
        longitude=_number(provider, found, "longitude"),
        times=_times(provider, hourly.get("time"), offset_s),
        hourly=hourly,
        units=units,
    )


def parse_answer(provider: str, body: bytes) -> Answer:
    """Return the checked content of a forecast answer; raises WeatherUnavailable."""
    columns = parse_columns(provider, body)
    values = {}
    for name in SPELLINGS:
        series = column(provider, columns, name)
        if series is not None:
            values[name] = series
        elif name in REQUIRED:
            detail = f"hourly.{SPELLINGS[name][0]}"
            raise WeatherUnavailable(provider, Cause.MISSING_FIELD, detail)
    return Answer(columns.latitude, columns.longitude, columns.times, values)


def column(provider: str, columns: Columns, name: str, suffix: str = "") -> Floats | None:
    """Return our variable `name` in our units, nan for null; None if there is no such column.

    `suffix` is what the service adds for a member, a model or an earlier run, such as
    `_member01_gfs025`. The unit is found under any spelling, with the suffix or without.
    Raises WRONG_LENGTH, WRONG_UNITS, NOT_PLAUSIBLE or MISSING_FIELD (of the unit).
    """
    spellings = SPELLINGS[name]
    ours = [spelling + suffix for spelling in spellings]
    label = next((one for one in ours if columns.hourly.get(one) is not None), None)
    if label is None:
        return None
    numbers = _numbers(provider, label, columns.hourly[label])
    if numbers.size != columns.times.size:
        detail = f"{label} has {numbers.size} values for {columns.times.size} times"
        raise WeatherUnavailable(provider, Cause.WRONG_LENGTH, detail)
    units = [columns.units.get(one) for one in (*ours, *spellings)]
    unit = next((one for one in units if one is not None), None)
    if unit is None:
        raise WeatherUnavailable(provider, Cause.MISSING_FIELD, f"hourly_units.{label}")
    known = _CONVERSIONS[name]
    if str(unit).lower() not in known:
        detail = f"{label} is in {str(unit)[:20]!r}, known are {', '.join(known)}"
        raise WeatherUnavailable(provider, Cause.WRONG_UNITS, detail)
    scale, offset = known[str(unit).lower()]
    return np.asarray(numbers * scale + offset)


def suffixes(columns: Columns, name: str, pattern: str) -> tuple[re.Match[str], ...]:
    """Return how the columns of our variable `name` end, where the end matches `pattern` whole."""
    found = []
    for label in columns.hourly:
        for spelling in SPELLINGS[name]:
            ending = label.removeprefix(spelling) if label.startswith(spelling) else None
            match = re.fullmatch(pattern, ending) if ending is not None else None
            if match is not None:
                found.append(match)
    return tuple(found)


def parse_last_run(provider: str, body: bytes) -> LastRun:
    """Return what a model's meta.json tells of its newest run; raises WeatherUnavailable."""
    found = parse_json(provider, body)
    issued = _moment(provider, found, "last_run_initialisation_time")
    if "last_run_availability_time" not in found:
        return LastRun(issued, None)
    return LastRun(issued, _moment(provider, found, "last_run_availability_time"))


def _moment(provider: str, found: Mapping[str, object], key: str) -> datetime:
    seconds = _number(provider, found, key)
    if not 946_684_800 <= seconds <= 4_102_444_800:  # years 2000 to 2100
        raise WeatherUnavailable(provider, Cause.NOT_PLAUSIBLE, f"{key} is {seconds:g}")
    return datetime.fromtimestamp(seconds, tz=UTC)


def _number(provider: str, found: Mapping[str, object], key: str) -> float:
    item = found.get(key)
    if isinstance(item, bool) or not isinstance(item, int | float):
        raise WeatherUnavailable(provider, Cause.MISSING_FIELD, key)
    if not abs(item) < 1e12:  # JSON allows numbers that no float and no calendar holds
        raise WeatherUnavailable(provider, Cause.NOT_PLAUSIBLE, f"{key} is {str(item)[:20]}")
    return float(item)


def _times(provider: str, labels: object, offset_s: float) -> Times:
    """Return UTC times; the service writes local time without a zone, and the offset beside it."""
    if not isinstance(labels, list):
        raise WeatherUnavailable(provider, Cause.MISSING_FIELD, "hourly.time")
    if len(labels) < 2:
        raise WeatherUnavailable(provider, Cause.WRONG_LENGTH, f"time has {len(labels)} values")
    if abs(offset_s) > MAX_ZONE_OFFSET_S:
        detail = f"utc_offset_seconds is {offset_s:g}, no zone is so far from UTC"
        raise WeatherUnavailable(provider, Cause.WRONG_TIMES, detail)
    zone_shift = timedelta(seconds=offset_s)
    moments = []
    for label in labels:
        try:
            moment = datetime.fromisoformat(label)
        except (TypeError, ValueError) as error:
            detail = f"time {str(label)[:40]!r} is not ISO 8601"
            raise WeatherUnavailable(provider, Cause.WRONG_TIMES, detail) from error
        if not 1900 < moment.year < 2200:  # beyond 2262 nanoseconds wrap round
            raise WeatherUnavailable(provider, Cause.WRONG_TIMES, f"time {label[:40]!r}")
        local = moment.tzinfo is None
        moments.append(utc64(moment.replace(tzinfo=UTC) - zone_shift if local else moment))
    times = np.array(moments, dtype="datetime64[ns]")
    odd = np.flatnonzero(np.diff(times) != HOUR)
    if odd.size:
        k = int(odd[0])
        detail = f"{iso64(times[k])} is followed by {iso64(times[k + 1])}, not one hour later"
        raise WeatherUnavailable(provider, Cause.WRONG_TIMES, detail)
    if times[0] != times[0].astype("datetime64[h]"):
        raise WeatherUnavailable(provider, Cause.WRONG_TIMES, f"{iso64(times[0])}: no whole hour")
    return times


def _numbers(provider: str, label: str, items: object) -> Floats:
    if not isinstance(items, Sequence) or isinstance(items, str):
        raise WeatherUnavailable(provider, Cause.MISSING_FIELD, f"hourly.{label} is no list")
    numbers = np.full(len(items), np.nan)
    for k, item in enumerate(items):
        if item is None:
            continue
        if isinstance(item, bool) or not isinstance(item, int | float) or abs(item) > 1e9:
            detail = f"{label} value {k + 1} is {str(item)[:20]!r}, not a number"
            raise WeatherUnavailable(provider, Cause.NOT_PLAUSIBLE, detail)
        numbers[k] = item
    return numbers
