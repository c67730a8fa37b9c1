"""Telemetry of loops that never were, worked out by physics: what a clean SCADA archive looks like.

Heat follows the weather (F2, with the answer of a controller), rooms follow the heat (F6), water
temperatures carry it (F8), flows and meters agree with it (F9). What a meter shows then has noise
and a resolution, as a meter has. `made(...)` gives readings in the form of
`forecasts/telemetry/readings.py` and beside them the truth on steps; same seed, same bytes.

    telemetry = made([Kind.STEADY] * 20, days=30)
    telemetry.readings   # time, id, point, sensor, value
    telemetry.truth      # xarray (id, time): heat [kW], room, water, flow ... without noise
    telemetry.buildings, telemetry.loops, telemetry.weather   # what it was made of
"""

from dataclasses import dataclass
from datetime import UTC, datetime
from enum import Enum

import numpy as np
import pandas as pd
import xarray as xr

from dispatch.emitter import Loops, secondary_temperatures_c
from forecasts.demand.building import (
    Array,
    Buildings,
    Weather,
    block_response,
    filtered_temperature_c,
    static_heat_kw,
)
from forecasts.telemetry.points import Point
from forecasts.telemetry.readings import COLUMNS, NETWORK

WATER_KJ_PER_KGK = 4.187
DESIGN_OUTDOOR_C = -7.0
LOCAL_H = 8  # the towns are in China
START = datetime(2025, 12, 1, tzinfo=UTC)


class Kind(Enum):
    """How a loop is run."""

    STEADY = "steady"  # housing, round the clock
    SETBACK = "setback"  # a school: 60 % from 19 to 5 h local, preheat before 8
    NIGHT_STOP = "night stop"  # valve shut 22 to 5 h, then a peak of near twice the usual
    SHUT = "shut"  # valve shut, pump on
    STILL = "still"  # valve shut and pump off


@dataclass(frozen=True)
class Telemetry:
    """What was read, and what was true."""

    readings: pd.DataFrame
    truth: xr.Dataset  # (id, time): steps of `step_h`, labelled by their start
    buildings: Buildings
    loops: Loops
    weather: Weather

    @property
    def step_h(self) -> float:
        return self.weather.step_h


def made(
    kinds: list[Kind],
    days: float = 10.0,
    every_min: int = 15,
    seed: int = 1,
    start: datetime = START,
    rooms: int = 4,
    noise: float = 1.0,
    counter_gj: float = 0.01,
    buildings: Buildings | None = None,
    loops: Loops | None = None,
    weather: Weather | None = None,
    indoor_c: float = 20.0,
) -> Telemetry:
    """Make telemetry of one loop a kind, `every_min` minutes a reading.

    `noise` 0 leaves resolution alone, 1 is what usual sensors have. `counter_gj` is the last digit
    of the heat meter. Weather given must have steps of min(every_min, 15) minutes.
    """
    rng = np.random.default_rng(seed)
    step_h = min(every_min, 15) / 60.0
    steps = round(days * 24 / step_h)
    hour = np.arange(steps) * step_h + start.hour + LOCAL_H
    weather = weather or made_weather(steps, step_h, rng, hour)
    buildings = buildings or made_buildings(len(kinds), rng)
    loops = loops or made_loops(buildings, rng)
    heat_kw = _heat_kw(kinds, buildings, weather, hour, indoor_c, rng)
    response = block_response(buildings, weather, np.arange(steps))
    room_c, _ = response.indoor_c(_settled_c(kinds, indoor_c), heat_kw)
    shut = np.array([kind in (Kind.SHUT, Kind.STILL) for kind in kinds])[:, None]
    room_c = np.where(shut, 7.0 + 0.2 * (room_c - 7.0), room_c)  # neighbours keep it from freezing
    truth = _truth(kinds, loops, weather, heat_kw, room_c, hour, start, rng)
    readings = _readings(truth, step_h, every_min, rooms, noise, counter_gj, rng)
    return Telemetry(readings, truth, buildings, loops, weather)


def made_weather(steps: int, step_h: float, rng: np.random.Generator, hour: Array) -> Weather:
    """North China in winter: days around −1 °C with spells, colder at dawn, sun and wind."""
    number = int(np.ceil(steps * step_h / 24)) + 3
    daily = np.empty(number)
    daily[0] = 0.0
    for day in range(1, number):
        daily[day] = 0.75 * daily[day - 1] + rng.normal(0, 2.8)
    at_day = np.arange(steps) * step_h / 24
    mean_c = -1.0 + np.interp(at_day, np.arange(number), daily)
    swing_k = np.interp(at_day, np.arange(number), rng.uniform(2.5, 6.0, number))
    sky = np.interp(at_day, np.arange(number), rng.uniform(0.2, 1.0, number))
    sun = np.maximum(0.0, np.cos((hour % 24 - 12.3) / 9.5 * np.pi)) * (abs(hour % 24 - 12.3) < 4.75)
    wind = np.maximum(
        0.2, 3 + 2 * np.cos((hour % 24 - 15) / 12 * np.pi) + _wander(steps, step_h, 6, rng)
    )
    outdoor_c = mean_c + swing_k * np.cos((hour % 24 - 14.5) / 12 * np.pi)
    outdoor_c = outdoor_c + 0.3 * _wander(steps, step_h, 1.5, rng)
    return Weather(step_h, outdoor_c, wind, 480.0 * sky * sun)


def made_buildings(number: int, rng: np.random.Generator) -> Buildings:
    """Housing of all eras, 15 000 to 120 000 m² a loop."""
    return Buildings(
        area_m2=rng.uniform(15_000, 120_000, number).round(-2),
        specific_loss_w_per_m2k=rng.uniform(0.9, 2.2, number),
        heat_capacity_j_per_m2k=rng.uniform(270e3, 360e3, number),
        gain_w_per_m2=rng.uniform(2.5, 4.0, number),
        solar_aperture=rng.uniform(0.02, 0.05, number),
        wind_loss_w_per_m2k_per_m_s=rng.uniform(0.01, 0.04, number),
        wind_reference_m_per_s=3.0,
    )


def made_loops(buildings: Buildings, rng: np.random.Generator) -> Loops:
    """Radiators 75/50 and floors 45/35, large flows, oversized emitters (H§5)."""
    number = buildings.area_m2.size
    floor = rng.uniform(size=number) < 0.3
    design_kw = buildings.design_heat_kw(DESIGN_OUTDOOR_C)
    return Loops(
        design_heat_kw=design_kw,
        design_supply_c=np.where(floor, 45.0, 75.0),
        design_return_c=np.where(floor, 35.0, 50.0),
        relative_flow=np.where(floor, rng.uniform(0.9, 1.4, number), rng.uniform(1.4, 2.6, number)),
        oversize=rng.uniform(1.0, 1.4, number),
        exponent=np.where(floor, 1.1, 1.3),
        supply_min_c=np.full(number, 25.0),
        supply_max_c=np.where(floor, 60.0, 85.0),
        max_heat_kw=3.0 * design_kw,
    )


# ---- what happens --------------------------------------------------------------------------


def _settled_c(kinds: list[Kind], indoor_c: float) -> Array:
    shut = np.array([kind in (Kind.SHUT, Kind.STILL) for kind in kinds])
    return np.where(shut, 8.0, indoor_c)


def _heat_kw(
    kinds: list[Kind],
    buildings: Buildings,
    weather: Weather,
    hour: Array,
    indoor_c: float,
    rng: np.random.Generator,
) -> Array:
    """What the controller lets through, (loop, step): weather of the last hours, and its own play.

    Sun and wind are not in a curve; the mean of both is.
    """
    seen = Weather(
        weather.step_h,
        filtered_temperature_c(weather.air_temperature_c, weather.step_h, 4.0),
        np.full(hour.size, weather.wind_m_per_s.mean()),
        np.full(hour.size, weather.radiation_w_per_m2.mean()),
    )
    need = static_heat_kw(buildings, seen, np.full(len(kinds), indoor_c))
    play = np.stack([_wander(hour.size, weather.step_h, 0.8, rng) for _ in kinds])
    share = np.stack([_share(kind, hour % 24) for kind in kinds])
    most_kw = 1.2 * buildings.design_heat_kw(DESIGN_OUTDOOR_C)[:, None]
    return np.minimum(need * share * (1.0 + 0.02 * play), most_kw)


def _share(kind: Kind, hour: Array) -> Array:
    """Heat over what the weather asks for, by local hour."""
    night = (hour >= 19) | (hour < 5)
    if kind is Kind.SETBACK:
        return np.where(night, 0.65, np.where(hour < 8, 1.5, 1.0))
    if kind is Kind.NIGHT_STOP:
        stopped = (hour >= 22) | (hour < 5)
        return np.where(stopped, 0.0, np.where(hour < 6, 1.9, np.where(hour < 8, 1.5, 1.2)))
    if kind in (Kind.SHUT, Kind.STILL):
        return np.zeros(hour.size)
    return np.ones(hour.size)


def _truth(
    kinds: list[Kind],
    loops: Loops,
    weather: Weather,
    heat_kw: Array,
    room_c: Array,
    hour: Array,
    start: datetime,
    rng: np.random.Generator,
) -> xr.Dataset:
    """Everything of each loop on steps, without noise."""
    number, steps = heat_kw.shape
    still = np.array([kind is Kind.STILL for kind in kinds])[:, None]
    supply_c, return_c = secondary_temperatures_c(loops, heat_kw, room_c)
    spread_k = supply_c - return_c
    # Water in pipes and radiators stays warm when heat ends: it falls within hours.
    return_c = _falls_slowly(return_c, weather.step_h, 2.5)
    mean_c = return_c + spread_k / 2
    sec_flow = np.where(still, 0.0, loops.water_kw_per_k[:, None] * 3.6 / WATER_KJ_PER_KGK)
    sec_flow = np.broadcast_to(sec_flow, heat_kw.shape)
    outdoor_c = weather.air_temperature_c
    hours_ago = rng.uniform(0.3, 3.0, number)  # delay of the main
    lag = np.round(hours_ago / weather.step_h).astype(int)
    plant_c = 72.0 - 1.6 * filtered_temperature_c(outdoor_c, weather.step_h, 6.0)
    main_c = np.stack([np.concatenate([np.full(k, plant_c[0]), plant_c[: steps - k]]) for k in lag])
    main_c = np.maximum(main_c - rng.uniform(0.5, 4.0, number)[:, None], mean_c + spread_k / 2 + 8)
    load = heat_kw / loops.design_heat_kw[:, None]
    back_c = mean_c - spread_k / 2 + 0.3 + rng.uniform(1.0, 4.0, number)[:, None] * load
    off = heat_kw <= 0
    # A main that stands cools to the cellar's 24 °C; both sensors end up at one temperature.
    pri_supply_c = _falls_slowly(np.where(off, 24.0, main_c), weather.step_h, 4.0)
    pri_return_c = _falls_slowly(np.where(off, 24.0, back_c), weather.step_h, 4.0)
    pri_supply_c, pri_return_c = (
        np.where(off, pri_supply_c, main_c),
        np.where(off, np.minimum(pri_return_c, pri_supply_c), back_c),
    )
    pri_flow = 3.6 * heat_kw / (WATER_KJ_PER_KGK * (main_c - back_c))
    most = 1.3 * np.maximum(pri_flow.max(axis=1), 1e-9)[:, None]
    valve = np.where(off, 0.0, 100 * (1 + np.log(np.maximum(pri_flow, 1e-9) / most) / np.log(30)))
    hold = max(1, round(4 / weather.step_h))
    order = (supply_c[:, ::hold]).repeat(hold, axis=1)[:, :steps].round(0)
    pump_hz = np.where(still, 0.0, rng.uniform(30, 48, number).round(0)[:, None] + 0 * heat_kw)
    power_kw = 0.05 * loops.design_heat_kw[:, None] * 0.3 * (pump_hz / 50) ** 3 + 0.2
    sawtooth = np.stack([_sawtooth(steps, weather.step_h, rng) for _ in range(number)])
    values = {
        "heat": heat_kw,
        "room": room_c,
        "power": power_kw,
        "pri_sup_t": pri_supply_c,
        "pri_ret_t": pri_return_c,
        "pri_flow": pri_flow,
        "pri_sup_p": 0.9 + 0.02 * np.cos(hour / 12 * np.pi) + 0 * heat_kw,
        "pri_ret_p": 0.4 + 0.01 * np.cos(hour / 12 * np.pi) + 0 * heat_kw,
        "sec_sup_t": mean_c + spread_k / 2,
        "sec_ret_t": mean_c - spread_k / 2,
        "sec_flow": sec_flow,
        "sec_sup_p": 0.36 + 0.15 * (pump_hz / 40) ** 2 + sawtooth,
        "sec_ret_p": 0.36 + sawtooth,
        "mk_flow": np.where(np.diff(sawtooth, axis=1, prepend=0.0) > 0.003, 1.5, 0.0),
        "valve_pct": np.clip(valve, 0.0, 100.0),
        "pump_hz": pump_hz,
        "tank_lvl": 1.5 + 5 * sawtooth,
        "sec_sup_t_sp": order,
        "out_t": outdoor_c + 0 * heat_kw,
    }
    times = pd.DatetimeIndex(
        pd.Timestamp(start).tz_localize(None)
        + pd.to_timedelta(np.arange(steps) * weather.step_h * 3600, unit="s")
    ).as_unit("ns")
    ids = [f"S{k + 1:03d}.1" for k in range(number)]
    return xr.Dataset(
        {name: (("id", "time"), array) for name, array in values.items()},
        coords={"id": ids, "time": times},
        attrs={"step_h": weather.step_h},
    )


def _falls_slowly(wanted: Array, step_h: float, hours: float) -> Array:
    """Rise at once, fall with a time constant: water that is warm already."""
    keep = np.exp(-step_h / hours)
    out = wanted.copy()
    for step in range(1, wanted.shape[1]):
        out[:, step] = np.maximum(
            wanted[:, step], keep * out[:, step - 1] + (1 - keep) * wanted[:, step]
        )
    return out


def _wander(steps: int, step_h: float, hours: float, rng: np.random.Generator) -> Array:
    """Noise of unit spread that lasts for `hours`."""
    keep = np.exp(-step_h / hours)
    push = rng.normal(0.0, np.sqrt(1 - keep**2), steps)
    out = np.empty(steps)
    value = 0.0
    for step in range(steps):
        value = keep * value + push[step]
        out[step] = value
    return out


def _sawtooth(steps: int, step_h: float, rng: np.random.Generator) -> Array:
    """Pressure that leaks away and is made up again, MPa."""
    period_h = rng.uniform(6, 14)
    phase = (np.arange(steps) * step_h / period_h + rng.uniform()) % 1.0
    return np.where(phase < 0.9, 0.02 * (1 - phase / 0.9), 0.02 * (phase - 0.9) / 0.1)


# ---- what is read --------------------------------------------------------------------------

# Point: noise of one reading (share of the value where negative), last digit shown.
_SENSORS = {
    Point.PRIMARY_SUPPLY_TEMP: (0.10, 0.1),
    Point.PRIMARY_RETURN_TEMP: (0.10, 0.1),
    Point.PRIMARY_SUPPLY_PRESSURE: (0.002, 0.001),
    Point.PRIMARY_RETURN_PRESSURE: (0.002, 0.001),
    Point.PRIMARY_FLOW: (-0.01, 0.01),
    Point.SECONDARY_SUPPLY_TEMP: (0.05, 0.1),
    Point.SECONDARY_RETURN_TEMP: (0.05, 0.1),
    Point.SECONDARY_SUPPLY_PRESSURE: (0.001, 0.001),
    Point.SECONDARY_RETURN_PRESSURE: (0.001, 0.001),
    Point.SECONDARY_FLOW: (-0.01, 0.1),
    Point.MAKE_UP_FLOW: (0.0, 0.01),
    Point.VALVE: (0.0, 0.1),
    Point.PUMP: (0.0, 0.1),
    Point.TANK_LEVEL: (0.005, 0.01),
    Point.OUTDOOR_TEMP: (0.1, 0.1),
}


def _readings(
    truth: xr.Dataset,
    step_h: float,
    every_min: int,
    rooms: int,
    noise: float,
    counter_gj: float,
    rng: np.random.Generator,
) -> pd.DataFrame:
    """What each meter shows, sorted as readings are."""
    stride = max(1, round(every_min / 60 / step_h))
    times = truth.time.values[::stride]
    tables: list[pd.DataFrame] = []

    def add(name: str, point: str, values: Array, at: Array = times, sensor: str = "") -> None:
        shown = {"time": at, "id": name, "point": point, "sensor": sensor, "value": values}
        tables.append(pd.DataFrame(shown))

    for row, name in enumerate(truth.id.values):
        one = truth.isel(id=row)
        for point, (sd, digit) in _SENSORS.items():
            true = one[point].values[::stride]
            bias = rng.normal(0, 1.5 if point is Point.OUTDOOR_TEMP else max(sd, 0.0)) * noise
            spread = sd if sd >= 0 else -sd * true
            shown = true + np.where(
                true == 0, 0.0, bias + rng.normal(0, 1, true.size) * spread * noise
            )
            add(name, point, _digits(np.where(true == 0, 0.0, shown), digit))
        rate = one["heat"].values[::stride] * 0.0036
        add(
            name,
            Point.HEAT_RATE,
            _digits(rate * (1 + 0.01 * noise * rng.normal(size=rate.size)), 1e-3),
        )
        for point, source, factor, digit in (
            (Point.HEAT_TOTAL, "heat", 0.0036, counter_gj),
            (Point.POWER_TOTAL, "power", 1.0, 0.1),
        ):
            gained = np.concatenate([[0.0], np.cumsum(one[source].values * step_h * factor)])
            shown = rng.uniform(2e4, 9e4) + gained[:-1][::stride]
            add(name, point, np.floor(shown / digit + 1e-9) * digit)
        order = one["sec_sup_t_sp"].values
        new = np.flatnonzero(np.diff(order, prepend=np.nan) != 0)
        add(name, Point.SUPPLY_SETPOINT, order[new], truth.time.values[new])
        slow = max(stride, round(0.5 / step_h))
        for sensor in range(rooms):
            bias = np.clip(rng.normal(0.5, 0.8), -1.0, 3.0)
            here = one["room"].values[::slow]
            wave = bias + 0.25 * noise * _wander(here.size, slow * step_h, 3, rng)
            add(
                name,
                Point.ROOM_TEMP,
                _digits(here + wave, 0.1),
                truth.time.values[::slow],
                f"r{sensor + 1}",
            )
    outdoor = truth["out_t"].values[0][::stride]
    add(
        NETWORK,
        Point.OUTDOOR_TEMP,
        _digits(outdoor + 0.1 * noise * rng.normal(size=outdoor.size), 0.1),
    )
    table = pd.concat(tables, ignore_index=True)
    table["time"] = (
        pd.to_datetime(table["time"]).dt.tz_localize("UTC").astype("datetime64[ns, UTC]")
    )
    return table.sort_values(["id", "point", "sensor", "time"], kind="stable", ignore_index=True)[
        list(COLUMNS)
    ]


def _digits(values: Array, digit: float) -> Array:
    return np.round(np.round(values / digit) * digit, 6)
