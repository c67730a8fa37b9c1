"""A cold wave of 10 K in 48 hours on zaozhuang: what seeing it early is worth.

Written to `bench/RESULTS.md` (`make study`). The same days are planned with the case's horizon
and look-ahead, without look-ahead, and a day at a time; all plans know the weather that they
see. Before the wave comes, rooms differ only by what is stored for it.
"""

import time
from datetime import UTC, datetime

import numpy as np
import xarray as xr
from numpy.typing import NDArray

from bench.cases import bundled, with_settings
from bench.executed import Executed, realised_yuan
from bench.report import text_table, write_section
from bench.rolled import published, rolled
from dispatch.case import Case
from dispatch.inputs import HISTORY_H
from forecasts.demand.building import Array

TITLE = "Cold wave of 10 K in 48 h, zaozhuang"
START = datetime.fromisoformat("2026-01-10T00:00:00+08:00").astimezone(UTC)
DAYS, AHEAD_H = 6, 8 * 24
MILD_C, DROP_K, SWING_K = 2.0, 10.0, 3.0
FROM_H, TO_H = 72.0, 120.0  # of the drop, counted from the start
SUN_W_PER_M2 = 250.0  # at noon
VIEWS = {  # horizon and look-ahead, h
    "72 h and 96 h": (72, 96),
    "72 h, no look-ahead": (72, 0),
    "28 h, no look-ahead": (28, 0),  # the next day starts from within what was planned
}
BEGUN = 0.1  # of the largest store: preheating has begun
LEAST_STORE_MWH = 10.0  # less is the rounding of setpoints


def wave() -> xr.Dataset:
    """Hourly weather: a daily wave around a mean that falls once, a clear sky, calm."""
    hours = np.arange(-HISTORY_H, DAYS * 24 + AHEAD_H, dtype=np.float64)
    mean_c = np.interp(hours, [FROM_H, TO_H], [MILD_C, MILD_C - DROP_K])
    outdoor_c = mean_c - SWING_K * np.cos(2 * np.pi * (hours - 5) / 24)
    sun = np.maximum(0.0, SUN_W_PER_M2 * np.sin(np.pi * (hours % 24 - 7) / 10))
    sun[(hours % 24 < 7) | (hours % 24 > 17)] = 0.0
    base = np.datetime64(START.replace(tzinfo=None), "ns")
    times = base + (hours * 3600).astype("timedelta64[s]")
    return xr.Dataset(
        {
            "air_temperature": ("time", outdoor_c),
            "wind_speed": ("time", np.full(hours.size, 2.0)),
            "global_radiation": ("time", sun),
        },
        coords={"time": times},
    )


def stored_mwh(done: Executed) -> Array:
    """Heat in the rooms we command, above 0 °C, by step."""
    stations = done.spans[0].inputs.stations
    per_k = stations.buildings.heat_capacity_j_per_m2k * stations.buildings.area_m2 / 3.6e9
    stored: Array = np.where(stations.controllable, per_k, 0.0) @ done.rooms_c()
    return stored


def cold_rooms(done: Executed) -> tuple[float, float, NDArray[np.float64]]:
    """Degree hours below the floor per station, the lowest gap, and the mean room by step."""
    stations = done.spans[0].inputs.stations
    ours = stations.controllable
    rooms = done.rooms_c()[ours]
    gap = rooms - done.blocks("station_floor")[ours]
    area = stations.buildings.area_m2[ours]
    below_kh = float(area @ np.maximum(0.0, -gap).sum(axis=1) / area.sum()) * done.step_h
    return below_kh, float(gap.min()), area @ rooms / area.sum()


def study(case: Case) -> str:
    """The body of the section."""
    weather = wave()
    runs: dict[str, Executed] = {}
    for name, (horizon_h, look_ahead_h) in VIEWS.items():
        began = time.perf_counter()
        seen = with_settings(case, "time", horizon_h=horizon_h, look_ahead_h=look_ahead_h)
        runs[name] = rolled(seen, weather, START, DAYS, published)
        print(f"{name}: {time.perf_counter() - began:.0f} s", flush=True)
    blind = runs["28 h, no look-ahead"]
    rows = [_row(name, done, blind) for name, done in runs.items()]
    head = [
        "what a plan sees",
        "store begins",
        "largest store",
        "rooms then",
        "K·h below floor",
        "lowest gap K",
        "comfort yuan",
        "fuel yuan against the last",
    ]
    return text_table(head, rows)


def _row(name: str, done: Executed, blind: Executed) -> list[str]:
    """Figures of one run against the run that sees a single day."""
    arrives, ends = round(FROM_H / done.step_h), round(TO_H / done.step_h)
    more = stored_mwh(done) - stored_mwh(blind)
    below_kh, lowest_k, rooms_c = cold_rooms(done)
    peak = int(more[: ends + 1].argmax())
    begun = np.flatnonzero(more[: peak + 1] > BEGUN * more[peak])
    stores = more[peak] > LEAST_STORE_MWH
    return [
        name,
        f"{(begun[0] - arrives) * done.step_h:+.0f} h" if stores else "never",
        f"{more[peak]:.0f} MWh at {(peak - arrives) * done.step_h:+.0f} h",
        f"{(rooms_c - cold_rooms(blind)[2])[peak]:+.2f} K",
        f"{below_kh:.2f}",
        f"{lowest_k:+.2f}",
        f"{realised_yuan(done)['rooms']:,.0f}",
        f"{_fuel_yuan(done) - _fuel_yuan(blind):+,.0f}",
    ]


def _fuel_yuan(done: Executed) -> float:
    """Fuel less power credit, and less the worth of the heat left at the end."""
    yuan = realised_yuan(done)
    value = done.spans[-1].inputs.heat_value_yuan_per_mwh
    return yuan["fuel"] + yuan["power credit"] - value * done.stored_mwh()


def main() -> None:
    """Run the study and write it down."""
    told = (
        f"{MILD_C:g} °C on average until the wave comes, then {DROP_K:g} K less within 48 h, "
        f"{DAYS} days rolled daily. Hours count from the beginning of the fall; what is stored, "
        "against the plans of a single day; fuel less power credit and heat left over."
    )
    write_section(TITLE, f"{told}\n\n{study(bundled('zaozhuang'))}")


if __name__ == "__main__":
    main()
