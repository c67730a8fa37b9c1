"""Records of load and weather of known make, for the tests of load forecasts."""

import numpy as np

from forecasts.demand.load.record import (
    TEMPERATURE,
    Floats,
    KnownWeather,
    LoadRecord,
    WeatherRuns,
)

FIRST = np.datetime64("2026-01-05T00:00", "ns")  # a Monday, 08:00 in China


def times_of(count: int, step_h: float = 1.0, first: np.datetime64 = FIRST) -> np.ndarray:
    step = np.timedelta64(round(step_h * 3600), "s")
    return (first + np.arange(count) * step).astype("datetime64[ns]")


def record_of(
    load_mw: Floats,
    temp_c: Floats | None = None,
    step_h: float = 1.0,
    timezone: str = "UTC",
    first: np.datetime64 = FIRST,
) -> LoadRecord:
    """A record of these loads and, if told, temperatures."""
    weather = {} if temp_c is None else {TEMPERATURE: np.asarray(temp_c, dtype=np.float64)}
    load = np.asarray(load_mw, dtype=np.float64)
    return LoadRecord(times_of(load.size, step_h, first), step_h, load, weather, timezone)


def winter(days: int, *, step_h: float = 1.0, seed: int = 1, timezone: str = "UTC") -> LoadRecord:
    """A network of 100 MW at 0 °C and 5 MW per K, with a daily shape, weather waves and noise."""
    draw = np.random.default_rng(seed)
    count = round(days * 24 / step_h)
    hours = np.arange(count) * step_h
    temp_c = -2 + 4 * np.sin(hours / 41) + 3 * np.cos(2 * np.pi * (hours - 14) / 24)
    temp_c = temp_c + np.cumsum(draw.normal(0, 0.2 * np.sqrt(step_h), count))
    shape = 8 * np.sin(2 * np.pi * (hours - 3) / 24)
    load = 100 - 5 * temp_c + shape + draw.normal(0, 3, count)
    return record_of(np.maximum(load, 0), temp_c, step_h, timezone)


def runs_with_errors(
    record: LoadRecord, *, every_h: float = 6.0, leads: int = 72, error_k: float = 2.0
) -> WeatherRuns:
    """Runs of the temperatures that came, each run off by its own draw."""
    draw = np.random.default_rng(3)
    every = round(every_h / record.step_h)
    firsts = np.arange(0, record.times.size, every)
    rows = firsts[:, None] + np.arange(leads)[None, :]
    came = record.weather[TEMPERATURE][np.minimum(rows, record.times.size - 1)]
    off = error_k * draw.normal(size=(firsts.size, 1))
    issued = record.times[firsts]
    return WeatherRuns(issued, issued, {TEMPERATURE: came + off})


def perfect(record: LoadRecord) -> KnownWeather:
    return KnownWeather(record, None)
