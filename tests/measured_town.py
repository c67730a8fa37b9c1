"""Telemetry of the small case for tests: load in a known ratio to what its buildings ask for.

The weather of the past has spells, so that a load forecast can learn from it, and ends in that of
`around(mean)`, so that it meets the forecast of the tests' weather service. What the sources sent
is what the case's own parameters ask for at that weather, times `ratio`, with noise.
"""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from dispatch.bottom_up import bottom_up
from dispatch.case import Case
from dispatch.case_files import read_case
from dispatch.case_weather import place_of
from dispatch.time_grid import plan_start, time_grid
from forecasts.demand.building import Weather
from forecasts.telemetry.points import Point
from forecasts.telemetry.readings import NETWORK
from forecasts.weather.climate.normals import normal_values
from tests.daily_runs import EVENING
from tests.small_case import Edit
from tests.weather_server import around

Array = NDArray[np.float64]

SHARES = {"chp_1": 0.6, "boiler_1": 0.4}  # of the heat that is sent
GJ_PER_MWH = 3.6


@dataclass(frozen=True)
class Town:
    """What telemetry shows of the small case until `now`."""

    now: datetime = EVENING
    days: int = 35
    ratio: float = 1.08  # measured load over that of the buildings' parameters
    room_c: float | None = None  # of all our loops, all the time; None: no room is read
    silent_h: int = 0  # no reading in the last hours
    blind_h: tuple[int, int] = (0, 0)  # so many hours ago the outdoor sensor failed, and was back
    noise: float = 0.01
    mean_c: float = -2.0


def with_telemetry(town: Town) -> Edit:
    """Give the case a telemetry folder of one long table."""

    def edit(folder: Path) -> None:
        table = readings(read_case(folder).case, town)
        (folder / "telemetry").mkdir()
        table.to_csv(folder / "telemetry" / "history.csv", index=False)

    return edit


def readings(case: Case, town: Town) -> pd.DataFrame:
    """A row a reading, hourly: outdoor temperature, heat of the sources, rooms of our loops."""
    end = town.now.astimezone(UTC).replace(minute=0, second=0, microsecond=0)
    first, hours = end - timedelta(days=town.days), town.days * 24
    times = [first + timedelta(hours=hour) for hour in range(hours)]
    outdoor_c = _outdoor_c(town, times)
    sent_mw = _sent_mw(case, town, first, outdoor_c)
    rng = np.random.default_rng(11)
    sent_mw = sent_mw * (1.0 + town.noise * rng.standard_normal(hours))
    series = [(NETWORK, Point.OUTDOOR_TEMP, outdoor_c)]
    series += [
        (name, Point.HEAT_RATE, sent_mw * share * GJ_PER_MWH) for name, share in SHARES.items()
    ]
    if town.room_c is not None:
        rooms = town.room_c + 0.05 * rng.standard_normal((len(case.stations), hours))
        ids = [s.loop_id for s in case.stations]
        series += [(one, Point.ROOM_TEMP, rooms[row]) for row, one in enumerate(ids)]
    known = hours - town.silent_h
    stamps = [f"{moment:%Y-%m-%dT%H:%M:%SZ}" for moment in times[:known]]
    parts = [
        pd.DataFrame({"time": stamps, "id": one, "point": str(point), "value": values[:known]})
        for one, point, values in series
    ]
    if town.blind_h[0]:
        failed, back = (hours - ago for ago in town.blind_h)
        parts[0] = parts[0].drop(index=range(failed, back))
    return pd.concat(parts).round(4)


def _outdoor_c(town: Town, times: list[datetime]) -> Array:
    """Spells of some days about the mean, gone in the last two days; and the daily course."""
    rng = np.random.default_rng(7)
    daily = np.zeros(town.days + 1)
    for day in range(1, town.days - 2):
        daily[day] = 0.7 * daily[day - 1] + rng.normal(0.0, 2.5)
    spells = np.interp(np.arange(len(times)) / 24.0, np.arange(daily.size), daily)
    course = np.array([around(town.mean_c)(moment) for moment in times])
    return np.asarray(course + spells + 0.15 * rng.standard_normal(len(times)))


def _sent_mw(case: Case, town: Town, first: datetime, outdoor_c: Array) -> Array:
    """What the parameters ask for, mains included, times the ratio; sun and wind are normal."""
    settings = case.settings
    grid = time_grid(plan_start(town.now, settings.time.step_min), settings.time, settings.timezone)
    model = bottom_up(case, grid, first, outdoor_c.size)
    hours = np.arange(outdoor_c.size) * np.timedelta64(1, "h")
    starts = np.datetime64(first.replace(tzinfo=None), "ns") + hours
    normal = normal_values(place_of(settings), starts, case.climate)
    weather = Weather(1.0, outdoor_c, normal["wind_speed"], normal["global_radiation"])
    return np.asarray(town.ratio * (model.users_mw(0, weather) + model.losses_mw(weather)))
