"""Load records of made-up networks whose law is known."""

import numpy as np

from forecasts.demand.load.record import RADIATION, TEMPERATURE, KnownWeather, LoadRecord

LOSS_MW_PER_K = 2.0
BALANCE_C = 18.0
FILTER_H = 24.0


def times_of(steps, step_h=1.0, first="2025-11-15T00:00"):
    step = np.timedelta64(round(step_h * 60), "m")
    return (np.datetime64(first) + np.arange(steps) * step).astype("datetime64[ns]")


def winter_temperature_c(hours, seed=7):
    """Hourly outdoor temperature of a winter, never near the balance temperature, °C."""
    draw = np.random.default_rng(seed)
    daily = np.zeros(hours // 24 + 2)
    for day in range(1, daily.size):
        daily[day] = 0.8 * daily[day - 1] + draw.normal(0.0, 1.5)
    hour = np.arange(hours)
    smooth = np.interp(hour / 24.0, np.arange(daily.size), daily)
    return np.clip(smooth + 3.0 * np.sin(2 * np.pi * (hour - 9) / 24), -14.0, 11.0)


def behind_filter_c(temperature_c, filter_h=FILTER_H, step_h=1.0):
    """First-order filter, starting settled at the first value."""
    keep, felt = np.exp(-step_h / filter_h), np.empty_like(temperature_c)
    now = temperature_c[0]
    for row, value in enumerate(temperature_c):
        now = keep * now + (1 - keep) * value
        felt[row] = now
    return felt


def record_of(load_mw, *, step_h=1.0, timezone="UTC", country=None, **weather):
    load_mw = np.asarray(load_mw, dtype=float)
    return LoadRecord(times_of(load_mw.size, step_h), step_h, load_mw, weather, timezone, country)


def linear_network(days, *, noise_mw=0.0, seed=3):
    """Load of F2 behind a filter of 24 h, 2 MW per K below 18 °C, higher in the morning."""
    temperature = winter_temperature_c(days * 24)
    draw = np.random.default_rng(seed)
    load = LOSS_MW_PER_K * (BALANCE_C - behind_filter_c(temperature))
    load = load * (1.0 + 0.1 * np.isin(np.arange(days * 24) % 24, (6, 7, 8)))
    load = load + draw.normal(0.0, noise_mw, load.size)
    return record_of(load, **{TEMPERATURE: temperature, RADIATION: np.zeros(load.size)})


def perfect(record):
    return KnownWeather(record, None)


def each_hour_split(record, parts):
    """The same record on steps `parts` times shorter, constant over each hour."""
    weather = {name: np.repeat(values, parts) for name, values in record.weather.items()}
    load = np.repeat(record.load_mw, parts)
    return record_of(
        load,
        step_h=record.step_h / parts,
        timezone=record.timezone,
        country=record.country,
        **weather,
    )


def with_holes(record, share, seed):
    """The record with a share of its loads, and apart from them of its weather, missing."""
    draw = np.random.default_rng(seed)

    def holed(values):
        return np.where(draw.random(values.size) < share, np.nan, values)

    weather = {name: holed(values) for name, values in record.weather.items()}
    return LoadRecord(
        record.times,
        record.step_h,
        holed(record.load_mw),
        weather,
        record.timezone,
        record.country,
    )
