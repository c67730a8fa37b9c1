"""What really happens in the town of the sixty mornings: its weather, forecasts of it, its rooms.

Written down apart from the product, so that it can be wrong: forecasts err more the further they
look; buildings lose more or less than the case says and are first-order boxes; controllers hold the
secondary supply that was published, whatever comes of it.
"""

import csv
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from math import cos, pi, sin
from pathlib import Path
from random import Random

FIRST = datetime.fromisoformat("2025-12-05T05:30:00+08:00")
DAY, HOUR = timedelta(days=1), timedelta(hours=1)
WAVES = ((18, 5.0), (34, 7.0), (47, 6.0))  # day of a cold wave, and how deep, K
RADIATOR_EXPONENT = 1.3
LOSS_OFF = 0.1  # by how much at most a building differs from its row in the case
RAMP_K_PER_H, AT_ONCE_K, MOST_K = 0.022, 0.4, 3.0  # sd of a forecast's error by its lead


def true_celsius(at: datetime) -> float:
    """The weather that comes: a cold winter with three waves, a daily course, some noise."""
    days = (at - FIRST) / DAY
    mean = -1.0 - 2.0 * cos(2 * pi * (days - 40) / 120)
    for day, depth in WAVES:
        mean -= depth * max(0.0, 1.0 - abs(days - day - 1.5) / 2.0)
    noise = Random(int(at.timestamp() // 3600)).gauss(0.0, 0.3)  # noqa: S311 (no secret)
    return mean - 3.5 * cos(2 * pi * (at.astimezone(FIRST.tzinfo).hour - 3) / 24) + noise


def forecast_of(issued: datetime) -> Callable[[datetime], float]:
    """The forecast issued then: what comes, and an error that wanders and grows with lead."""
    draw = Random(f"forecast {issued.isoformat()}")  # noqa: S311 (no secret)
    waves = [
        (draw.uniform(30.0, 150.0), draw.uniform(0.0, 2 * pi), draw.gauss(0.0, 1.0))
        for _ in range(4)
    ]
    size = sum(weight**2 for *_, weight in waves) ** 0.5

    def celsius(at: datetime) -> float:
        lead_h = (at - issued) / HOUR
        if lead_h <= 0.0:
            return true_celsius(at)
        sd_k = min(MOST_K, AT_ONCE_K + RAMP_K_PER_H * lead_h)
        course = sum(
            weight * sin(2 * pi * lead_h / period_h + phase) for period_h, phase, weight in waves
        )
        return true_celsius(at) + sd_k * 2**0.5 * course / size

    return celsius


@dataclass(frozen=True)
class Building:
    """A loop's buildings as they are, (kW/K, kWh/K, kW, m² of window)."""

    loss_kw_per_k: float
    capacity_kwh_per_k: float
    gain_kw: float
    aperture_m2: float

    @classmethod
    def of(cls, row: Mapping[str, str]) -> "Building":
        """From a row of `stations.csv`, but not quite as it says."""
        draw = Random(f"building {row['station_id']}.{row['loop']}")  # noqa: S311 (no secret)
        area_m2 = float(row["heated_area_m2"])
        off = [draw.uniform(1.0 - LOSS_OFF, 1.0 + LOSS_OFF) for _ in range(3)]
        return cls(
            off[0] * float(row["specific_loss_w_per_m2k"]) * area_m2 / 1000.0,
            off[1] * float(row["heat_capacity_kj_per_m2k"]) * area_m2 / 3600.0,
            off[2] * float(row["gain_w_per_m2"]) * area_m2 / 1000.0,
            float(row["solar_aperture"]) * area_m2,
        )

    def next_c(self, room_c: float, heat_kw: float, outdoor_c: float, sun_w_per_m2: float) -> float:
        """Room temperature an hour later, °C."""
        in_kw = heat_kw + self.gain_kw + self.aperture_m2 * sun_w_per_m2 / 1000.0
        return (
            room_c + (in_kw - self.loss_kw_per_k * (room_c - outdoor_c)) / self.capacity_kwh_per_k
        )


@dataclass(frozen=True)
class Water:
    """What a plan has of a loop at an hour: heat, room and its water."""

    heat_kw: float
    supply_c: float
    return_c: float
    room_c: float

    def heat_into(self, room_c: float) -> float:
        """Heat that the same supply gives into another room, kW (H§5, radiator law)."""
        mean_c = (self.supply_c + self.return_c) / 2.0
        if self.heat_kw <= 0.0 or mean_c - self.room_c <= 0.0:
            return 0.0
        excess = max(0.0, mean_c - room_c) / (mean_c - self.room_c)
        return float(self.heat_kw * excess**RADIATOR_EXPONENT)

    def return_of(self, heat_kw: float) -> float:
        """Return temperature with that heat at the same flow, °C."""
        if self.heat_kw <= 0.0:
            return self.return_c
        return self.supply_c - (self.supply_c - self.return_c) * heat_kw / self.heat_kw


def buildings_of(case: Path) -> dict[str, Building]:
    """All loops of a case, by `station.loop`."""
    with (case / "stations.csv").open(encoding="utf-8", newline="") as stream:
        return {
            f"{row['station_id']}.{row['loop']}": Building.of(row) for row in csv.DictReader(stream)
        }
