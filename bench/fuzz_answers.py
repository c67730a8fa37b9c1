"""Answers of a weather service gone wrong: seeded mutations of a right answer's JSON and bytes."""

import copy
import json
from collections.abc import Iterator
from random import Random
from typing import Any

NASTY_VALUES: tuple[object, ...] = (
    *(None, True, 0, -0.0, 1e308, -1e308, 1e-320, 10**400, float("nan"), float("inf")),
    *(-float("inf"), "", "NaN", "-3.1", "null", [], {}, [[]], {"a": 1}, 999.0, -273.15, -300),
    *(60.0, "2026-01-15T06:00", "<html>", "\u0000", "🥶", [None] * 400),
)
UNITS = ("°F", "K", "km/h", "mph", "kn", "MJ/m²", "W/m2", "", None, 3, "unixtime", "undefined", "%")
OFFSETS = (0.0, 1.0, -1.0, 40.0, -60.0, 273.15, 1000.0, -1e6)
FACTORS = (0.0, -1.0, 0.1, 1.8, 3.6, 100.0, 1e6)


def mutate_answer(draw: Random, good: bytes) -> tuple[tuple[str, ...], bytes]:
    """Return what was done to an answer, and the bytes that are sent in its place."""
    answer = json.loads(good)
    kinds = (_value, _value, _series, _series, _key, _times, _unit)
    told = tuple(draw.choice(kinds)(draw, answer) for _ in range(draw.choice((0, 1, 1, 1, 2, 3))))
    body = json.dumps(answer, ensure_ascii=draw.random() < 0.5).encode("utf-8", "surrogatepass")
    if told and draw.random() < 0.8:
        return told, body
    how, body = _bytes(draw, body)
    return (*told, how), body


def _bytes(draw: Random, body: bytes) -> tuple[str, bytes]:
    at = draw.randrange(max(1, len(body)))
    kind = draw.choice(
        ("cut", "flip", "insert", "twice", "utf-16", "deep", "empty", "huge", "html")
    )
    if kind == "cut":
        body = body[:at]
    elif kind == "flip":
        body = body[:at] + bytes([body[at] ^ (1 << draw.randrange(8))]) + body[at + 1 :]
    elif kind == "insert":
        body = body[:at] + draw.randbytes(draw.choice((1, 50))) + body[at:]
    elif kind == "twice":
        body += body
    elif kind == "utf-16":
        body = body.decode("utf-8", "replace").encode("utf-16")
    elif kind == "deep":
        body = b"[" * draw.choice((900, 100_000))
    elif kind == "huge":
        body = body[:-1] + b',"more":[' + b"0," * draw.choice((10_000, 400_000)) + b"0]}"
    else:
        body = b"" if kind == "empty" else b"<html>Please log in</html>"
    return f"bytes: {kind} at {at}", body


def _containers(value: object) -> Iterator[Any]:
    if isinstance(value, dict):
        yield value
        for inner in value.values():
            yield from _containers(inner)


def _value(draw: Random, answer: Any) -> str:
    """Put something odd anywhere: an attribute, or a value of a series."""
    where = draw.choice([one for one in _containers(answer) if one] or [{"": 0}])
    key = draw.choice(list(where))
    value = copy.deepcopy(draw.choice(NASTY_VALUES))
    if isinstance(where[key], list) and where[key] and draw.random() < 0.7:
        where[key][draw.randrange(len(where[key]))] = value
    else:
        where[key] = value
    return f"{key} has {str(value)[:30]!r}"


def _series(draw: Random, answer: Any) -> str:
    """Shift, scale, freeze, shorten, blank or repeat a whole series or a part of it."""
    lists = [
        (name, series)
        for one in _containers(answer)
        for name, series in one.items()
        if isinstance(series, list) and series and name != "time"
    ]
    if not lists:
        return "no series"
    name, series = draw.choice(lists)
    kind = draw.choice(("shift", "scale", "freeze", "cut", "blank", "repeat", "text", "noise"))
    first = draw.choice((0, draw.randrange(len(series))))
    part = slice(first, first + draw.choice((1, 4, 30, len(series))))
    numbers = [one if isinstance(one, int | float) else 0.0 for one in series[part]]
    if kind == "shift":
        offset = draw.choice(OFFSETS)
        series[part] = [one + offset for one in numbers]
    elif kind == "scale":
        factor = draw.choice(FACTORS)
        series[part] = [float(one) * factor if abs(one) < 1e300 else one for one in numbers]
    elif kind == "freeze":
        series[part] = [series[first]] * len(numbers)
    elif kind == "cut":
        del series[part]
    elif kind == "blank":
        series[part] = [None] * len(numbers)
    elif kind == "repeat":
        series[part] = series[part] * 2
    elif kind == "text":
        series[part] = [str(one) for one in series[part]]
    else:
        series[part] = [draw.uniform(-60.0, 60.0) for _ in numbers]
    return f"{name} {kind} from {first}"


def _key(draw: Random, answer: Any) -> str:
    """Drop, rename, repeat or swap keys."""
    where = draw.choice([one for one in _containers(answer) if one] or [{"": 0}])
    key, other = draw.choice(list(where)), draw.choice(list(where))
    kind = draw.choice(("drop", "rename", "swap", "nest"))
    if kind == "drop":
        del where[key]
    elif kind == "rename":
        where[f"{key}_x"] = where.pop(key)
    elif kind == "swap":
        where[key], where[other] = where[other], where[key]
    else:
        where[key] = {key: where[key]}
    return f"key {key} {kind}"


def _times(draw: Random, answer: Any) -> str:
    """Spoil the time axis."""
    hourly = answer.get("hourly") if isinstance(answer, dict) else None
    times = hourly.get("time") if isinstance(hourly, dict) else None
    if not isinstance(times, list) or len(times) < 3:
        return "no times"
    at = draw.randrange(1, len(times))
    kind = draw.choice(("twice", "swap", "drop", "odd", "backwards", "year", "offset", "minutes"))
    if kind == "twice":
        times[at] = times[at - 1]
    elif kind == "swap":
        times[at], times[at - 1] = times[at - 1], times[at]
    elif kind == "drop":
        for series in hourly.values():
            if isinstance(series, list) and at < len(series):
                del series[at]
    elif kind == "odd":
        times[at] = draw.choice(("2026-02-30T00:00", "9999-12-31T23:00", "", 0, None, "x" * 500))
    elif kind == "backwards":
        times.reverse()
    elif kind == "year":
        times[:] = [
            str(one).replace("2026", draw.choice(("2025", "1900", "9999"))) for one in times
        ]
    elif kind == "offset":
        answer["utc_offset_seconds"] = draw.choice((28_800, -43_200, 10**9, "8", 0.5))
    else:
        times[:] = [f"{str(one)[:-2]}30" for one in times]
    return f"times {kind} at {at}"


def _unit(draw: Random, answer: Any) -> str:
    """Say another unit."""
    units = answer.get("hourly_units") if isinstance(answer, dict) else None
    if not isinstance(units, dict) or not units:
        return "no units"
    key = draw.choice(list(units))
    units[key] = draw.choice(UNITS)
    return f"unit of {key} is {units[key]!r}"
