"""A service with a bias, a sensor that shows the truth, and a store of thirty mornings of both."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np

from forecasts.weather.climate.drawn import climate_values
from forecasts.weather.observed import OutdoorSensor
from forecasts.weather.provider import Nature, Place
from forecasts.weather.run import Members, RunInfo, hour_starts, iso_utc, weather_run
from forecasts.weather.run_store import StoredRuns

ZAOZHUANG = Place(34.86, 117.55, "Asia/Shanghai")
NOW = datetime(2026, 1, 20, 22, tzinfo=UTC)
BIAS_K = 1.5
DAYS = 30
HOUR = timedelta(hours=1)


def truth_c(start: datetime, hours: int) -> np.ndarray:
    return climate_values(ZAOZHUANG, hour_starts(start, hours), 7)["air_temperature"]


class Service:
    """Says the truth, too warm by a bias, and wrong by more the further ahead."""

    def __init__(self, name: str, bias_k: float, members: int = 0) -> None:
        self.name = name
        self.bias_k = bias_k
        self.members = members

    def latest_run(self, place, known_by, start, _hours):
        issued = known_by - 6 * HOUR
        hours = int((known_by + 120 * HOUR - start) / HOUR)
        starts = hour_starts(start, hours)
        lead_h = np.maximum(np.arange(hours) + (start - issued) / HOUR, 0.0)
        seed = int(known_by.timestamp()) // 3600
        draw = np.random.default_rng([seed, len(self.name)])
        # the error of a run is one course that grows with lead: 1.5 K at 24 h, 2.6 K at 72 h
        error_k = draw.standard_normal(max(1, self.members)) * 1.5
        growing = np.sqrt(lead_h / 24)
        values_c = truth_c(start, hours) + self.bias_k + error_k[:, None] * growing
        who = None
        if self.members:
            who = Members(("model",) * self.members, tuple(range(self.members)))
        else:
            values_c = values_c[0]
        values = {
            "air_temperature": values_c,
            "wind_speed": np.full(values_c.shape, 3.0),
            "global_radiation": np.zeros(values_c.shape),
        }
        where = (place.latitude, place.longitude)
        info = RunInfo(self.name, Nature.FORECAST, place, known_by, issued, False, *where)
        return weather_run(starts, values, info, who)


def sensor_in(folder: Path) -> OutdoorSensor:
    """Return a sensor with a reading of the truth every hour up to a day after NOW."""
    path = folder / "outdoor.csv"
    first = NOW - (DAYS + 2) * 24 * HOUR
    hours = (DAYS + 3) * 24
    means = truth_c(first, hours + 1)
    readings = (means[:-1] + means[1:]) / 2  # at the full hour, between two hourly means
    lines = ["time,temp_c"]
    lines += [f"{iso_utc(first + (k + 1) * HOUR)},{t:.2f}" for k, t in enumerate(readings)]
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return OutdoorSensor(path, "Asia/Shanghai")


def store_in(folder: Path, bias_k: float = BIAS_K) -> StoredRuns:
    """Return a store of thirty mornings of the two services, one with members."""
    runs = StoredRuns(folder)
    for day in range(DAYS, 0, -1):
        known_by = NOW - day * 24 * HOUR
        for service in (Service("warm", bias_k), Service("ensemble", bias_k, members=12)):
            runs.save(service.latest_run(ZAOZHUANG, known_by, known_by - 24 * HOUR, 0))
    return runs
