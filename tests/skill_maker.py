"""A store of daily runs of known error, and the sensor's table they are compared with."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
import xarray as xr

from forecasts.weather.provider import Nature, Place
from forecasts.weather.run import Members, RunInfo, hour_starts, weather_run
from forecasts.weather.run_store import StoredRuns

FIRST = datetime(2026, 1, 1, tzinfo=UTC)
RUN_HOURS = 120


def truth_c(starts: np.ndarray) -> np.ndarray:
    """Mean of the hours from `starts` on, °C: between the hours it goes in straight lines."""
    return (reading_c(starts) + reading_c(starts + np.timedelta64(1, "h"))) / 2


def reading_c(moments: np.ndarray) -> np.ndarray:
    """What the air does: a daily course and slow waves, °C."""
    hours = (moments - np.datetime64("2026-01-01", "ns")) / np.timedelta64(1, "h")
    slow = 4 * np.sin(hours / 31) + 3 * np.sin(hours / 77 + 1)
    return np.asarray(-2 + slow + 4 * np.cos(2 * np.pi * (hours - 7) / 24))


def run_of(
    place: Place, issued: datetime, *, bias_k: float, sd_k: float, members: int, provider: str
) -> xr.Dataset:
    """A run whose error is `bias_k`, and a draw of sd `sd_k` for all its hours; seeded by day."""
    starts = hour_starts(issued, RUN_HOURS)
    draw = np.random.default_rng([4, (issued - FIRST).days])
    centre = truth_c(starts) + bias_k + sd_k * draw.standard_normal()
    shape = (members, RUN_HOURS) if members else (RUN_HOURS,)
    temperature = np.broadcast_to(centre, shape)
    if members:
        temperature = temperature + sd_k * draw.standard_normal((members, 1))
    values = {
        "air_temperature": temperature,
        "wind_speed": np.full(shape, 3.0),
        "global_radiation": np.full(shape, 100.0),
    }
    info = RunInfo(
        provider,
        Nature.FORECAST,
        place,
        issued + timedelta(hours=5),
        issued,
        False,
        place.latitude,
        place.longitude,
    )
    who = Members(("m",) * members, tuple(range(members))) if members else None
    return weather_run(starts, values, info, who)


def stored_days(
    folder: Path,
    place: Place,
    days: int,
    *,
    provider: str = "open_meteo",
    bias_k: float = 0.5,
    sd_k: float = 1.0,
    members: int = 0,
) -> None:
    """Keep one run a day from 1 January on."""
    store = StoredRuns(folder)
    for day in range(days):
        issued = FIRST + timedelta(days=day)
        store.save(
            run_of(place, issued, bias_k=bias_k, sd_k=sd_k, members=members, provider=provider)
        )


def sensor_table(path: Path, days: int) -> Path:
    """Write what the sensor measured from 30 December on, UTC."""
    starts = hour_starts(FIRST - timedelta(days=2), 24 * (days + 2))
    rows = (
        f"{np.datetime_as_string(start, unit='m')}Z,{value:.6f}\n"
        for start, value in zip(starts, reading_c(starts), strict=True)
    )
    path.write_text("time,temp_c\n" + "".join(rows), encoding="utf-8")
    return path
