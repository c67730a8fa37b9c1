"""Weather to try gates on, and one way to ask what they say: for tests of gates only."""

import gzip
from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta
from pathlib import Path

import numpy as np
import pandas as pd

from forecasts.weather.climate.drawn import climate_values
from forecasts.weather.epw import on_dates, parse_epw
from forecasts.weather.gates.context import judge_in_context
from forecasts.weather.gates.intake import Raw, accept
from forecasts.weather.gates.usual import usual_from_normals
from forecasts.weather.provider import Asked, Nature, Place
from forecasts.weather.run import Members, RunInfo, utc_datetime
from forecasts.weather.solar import HOUR, clear_sky_w_per_m2
from forecasts.weather.verdict import (
    Gate,
    GateVerdict,
    Outcome,
    WeatherRefused,
    gates_of,
    merged,
)

Values = Mapping[str, np.ndarray]
ZAOZHUANG = Place(34.86, 117.55, "Asia/Shanghai")
SHENYANG = Place(41.73, 123.51, "Asia/Shanghai")
REAL = Path(__file__).resolve().parents[1] / "../shared/data/weather"
WEEK_H = 7 * 24


def drawn_weeks(place: Place, winters: int, step_days: int) -> Iterator[tuple[np.ndarray, Values]]:
    """Weeks of drawn winters, in tenths as services give them, beginning at local midnight."""
    for winter in range(winters):
        times = np.datetime64(f"{2020 + winter}-11-15T16", "ns") + np.arange(120 * 24) * HOUR
        values = {n: np.round(v, 1) for n, v in climate_values(place, times, winter).items()}
        yield from weeks(times, values, step_days)


def weeks(times: np.ndarray, values: Values, step_days: int) -> Iterator[tuple[np.ndarray, Values]]:
    for first in range(0, times.size - WEEK_H, step_days * 24):
        part = slice(first, first + WEEK_H)
        yield times[part], {name: array[part] for name, array in values.items()}


def real_winters() -> Iterator[tuple[str, Place, np.ndarray, Values]]:
    """The winters of the typical years, and those observed at Shenyang in whole degrees.

    Wind and radiation of the latter are made up: they were not observed by the hour.
    """
    for file in sorted(REAL.glob("epw/*.epw.gz")):
        with gzip.open(file, "rt", encoding="utf-8", errors="replace") as text:
            year = parse_epw(text.read())
        times = np.datetime64("2025-11-01T16", "ns") + np.arange(150 * 24) * HOUR
        place = Place(year.latitude, year.longitude, "Asia/Shanghai")
        yield file.name, place, times, on_dates(year, times)
    table = pd.read_csv(REAL / "observed/shenyang_2010_2015.csv.gz")
    times = pd.to_datetime(table["time_local"]).to_numpy().astype("datetime64[ns]") - 8 * HOUR
    hours = np.arange(times.size)
    made_up = {
        "wind_speed": 3 + np.round(np.sin(hours) + np.sin(hours / 7.3), 1),
        "global_radiation": 0.5 * clear_sky_w_per_m2(times, 41.73, 123.51),
    }
    for year in range(2009, 2016):
        begin, end = np.datetime64(f"{year}-11-01T16"), np.datetime64(f"{year + 1}-03-31T16")
        part = (times >= begin) & (times < end)
        values = {name: array[part] for name, array in made_up.items()}
        values["air_temperature"] = table["ta_c"].to_numpy(dtype=float)[part]
        values["relative_humidity"] = table["rh_pct"].to_numpy(dtype=float)[part]
        yield f"shenyang {year}", SHENYANG, times[part], values


def said_of(
    place: Place,
    times: np.ndarray,
    values: Values,
    *,
    instants: bool = False,
    members: Members | None = None,
    known_after_h: int = 48,
) -> tuple[GateVerdict, ...]:
    """What all gates say of a run that is known `known_after_h` after it begins."""
    raw, asked = asked_and_raw(place, times, values, instants, members, known_after_h)
    try:
        run = accept(raw, asked)
    except WeatherRefused as why:
        return why.gates
    later = judge_in_context(run, asked, climate=usual_from_normals(place), max_age_h=48)
    return merged((*gates_of(run), *later))


def asked_and_raw(
    place: Place,
    times: np.ndarray,
    values: Values,
    instants: bool = False,
    members: Members | None = None,
    known_after_h: int = 48,
) -> tuple[Raw, Asked]:
    start = utc_datetime(times[0])
    now = start + timedelta(hours=known_after_h)
    asked = Asked(place, now, start, times.size - 1)
    return Raw(times, values, info(place, now), instants, members), asked


def info(place: Place, now: datetime, provider: str = "service", age_h: float = 6) -> RunInfo:
    issued = now - timedelta(hours=age_h)
    return RunInfo(
        provider, Nature.FORECAST, place, now, issued, False, place.latitude, place.longitude
    )


def outcome_of(gates: tuple[GateVerdict, ...], gate: Gate) -> Outcome:
    return next(verdict.outcome for verdict in gates if verdict.gate is gate)


def detail_of(gates: tuple[GateVerdict, ...], gate: Gate) -> str:
    return next(verdict.detail for verdict in gates if verdict.gate is gate)


def found(gates: tuple[GateVerdict, ...], *outcomes: Outcome) -> set[Gate]:
    return {verdict.gate for verdict in gates if verdict.outcome in outcomes}
