"""Days of full plans on drawn weather, as studies of reduced models compare with them.

Each sampled day is one of the horizon of a full plan from rooms at their floor. The first day of
a plan is of little use: it begins from a settled state that no winter knows.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta
from functools import partial
from zoneinfo import ZoneInfo

import numpy as np
import pyomo.environ as pyo
import xarray as xr
from numpy.typing import NDArray

from dispatch.case import Case, Station
from dispatch.collector import paused_collector
from dispatch.formulation.build import build_model
from dispatch.full_plan import optimum
from dispatch.inputs import HISTORY_H, PlanInputs, plan_inputs
from dispatch.optimum import Optimum, third_party_kw
from dispatch.solve import solve
from dispatch.time_grid import time_grid
from dispatch.whole_units import fix_units
from forecasts.demand.building import Weather, static_heat_kw
from forecasts.demand.calendar import Season
from forecasts.series import UNITS
from forecasts.weather.climate.normals import climate_at
from forecasts.weather.climate.paths import winter_paths
from forecasts.weather.provider import Place
from forecasts.weather.weather_ahead import WeatherAhead

Array = NDArray[np.float64]

SEED = 2026
WAVE_EVERY, WAVE_PATHS = 3, 20
LONGEST_D = 3  # of a plan, to lie in the season
BEFORE_D = 4  # days of weather before a plan, for what it remembers
AHEAD_D = 8  # and from its start: horizon and look-ahead
UNITS_USED = ("air_temperature", "wind_speed", "global_radiation")
SIZES = (  # of a station, that add up over stations
    "heated_area_m2",
    "exchanger_ua_kw_per_k",
    "max_heat_kw",
    "primary_flow_max_tph",
)


@dataclass(frozen=True)
class PlanDays:
    """The horizon of a full plan by local day; arrays (…, day), means over the day."""

    case: Case
    inputs: PlanInputs
    dates: tuple[date, ...]
    source_mw: Array  # (source, day) heat sent
    fuel_mw: Array  # (source, day) burnt, starts included, lower heating value
    power_mw: Array  # (source, day) electric
    station_mw: Array  # (station, day) heat served
    loss_mw: Array  # (day,) of all mains
    room_k: Array  # (station, day) rooms above their planned floor
    weather: xr.Dataset  # hourly, from `BEFORE_D` days before the plan

    @property
    def ahead(self) -> WeatherAhead:
        """The plan's weather as the outlook would be given it: by day, and known exactly."""
        by_day = [self.weather[name].values.reshape(-1, 24).mean(axis=1) for name in UNITS_USED]
        air, wind, sun = by_day
        days = air.size - BEFORE_D
        return WeatherAhead(
            dates=tuple(self.dates[0] + timedelta(days=n) for n in range(days)),
            hours=np.full(days, 24.0),
            path_c=air[None, BEFORE_D:],
            expected_c=air[BEFORE_D:],
            wind_m_per_s=wind[BEFORE_D:],
            radiation_w_per_m2=sun[BEFORE_D:],
            before_c=air[:BEFORE_D],
            from_forecast=np.zeros(days, dtype=bool),
        )

    @property
    def heat_mw(self) -> Array:
        """Heat of all sources, (day,)."""
        return np.asarray(self.source_mw.sum(axis=0))


def drawn_weather(case: Case, start: datetime, path: int) -> xr.Dataset:
    """Drawn weather about a plan that starts at `start`, a local midnight."""
    drawn = _drawn(case, start, path + 1, tuple(UNITS))
    return drawn.isel(path=path, drop=True).astype(np.float64)


def _drawn(
    case: Case, start: datetime, paths: int, variables: tuple[str, ...] = ("air_temperature",)
) -> xr.Dataset:
    settings = case.settings
    place = Place(settings.latitude, settings.longitude, settings.timezone)
    begin, end = start - timedelta(days=BEFORE_D), start + timedelta(days=AHEAD_D)
    return winter_paths(climate_at(place), begin, end, paths, SEED, variables=variables)


def plan_days(case: Case, weather: xr.Dataset, start: datetime) -> PlanDays:
    """Solve the full plan of a case from `start` and read it by day.

    Rooms begin at their planned floor, and on the heat that held it the day before: where a
    chain of plans would have left them. A first plan begins warmer, and takes days to come down.
    """
    grid = time_grid(start, case.settings.time, case.settings.timezone)
    hours = _on_steps(weather, start, grid.step_h)
    inputs = plan_inputs(case, grid, hours, None)
    stations = inputs.stations
    rooms_c = stations.planned_floor_step_c[:, 0]
    before = Weather(24.0, *(_mean_before(hours, name, grid.step_h) for name in UNITS_USED))
    held_mw = static_heat_kw(stations.buildings, before, rooms_c)[:, 0] / 1000.0
    ours = np.where(stations.controllable, held_mw, stations.heat_before_mw)
    inputs = replace(
        inputs, stations=replace(stations, indoor_before_c=rooms_c, heat_before_mw=ours)
    )
    with paused_collector():
        found = optimum(inputs)
        return _by_day(case, inputs, found, weather)


def _mean_before(steps: xr.Dataset, name: str, step_h: float) -> Array:
    """Mean of the 24 h before the plan, (1,)."""
    end, day = round(HISTORY_H / step_h), round(24.0 / step_h)
    return np.array([float(steps[name].values[end - day : end].mean())])


def _on_steps(weather: xr.Dataset, start: datetime, step_h: float) -> xr.Dataset:
    """Weather from `HISTORY_H` before the start, each hour on all of its steps."""
    first = np.datetime64(start.astimezone(ZoneInfo("UTC")).replace(tzinfo=None), "ns")
    at = int(np.searchsorted(weather["time"].values, first))
    cut = weather.isel(time=slice(at - HISTORY_H, None))
    times = round(1.0 / step_h)
    if times == 1:
        return cut
    steps = np.repeat(np.arange(cut.sizes["time"]), times)
    part = np.tile(np.arange(times), cut.sizes["time"]) * np.timedelta64(round(3600 * step_h), "s")
    return cut.isel(time=steps).assign_coords(time=cut["time"].values[steps] + part)


def _by_day(case: Case, inputs: PlanInputs, found: Optimum, weather: xr.Dataset) -> PlanDays:
    """Sources that send what the optimum wants at stations, and all of it by day."""
    grid, stations = inputs.grid, inputs.stations
    model = build_model(inputs, found.heat_kw / 1000.0)
    fix_units(model, found.units_on)
    solve(model)
    heat_kw = np.where(stations.controllable[:, None], found.heat_kw, third_party_kw(inputs, model))
    rooms_c, _ = stations.response.indoor_c(stations.indoor_before_c, heat_kw)
    above_k = rooms_c - stations.planned_floor_step_c
    steps, units = range(grid.steps), range(len(case.sources))

    def of(name: str) -> Array:
        family = [getattr(model.source[i], name, None) for i in units]
        return np.array([[0.0 if one is None else _value(one[t]) for t in steps] for one in family])

    day = partial(_day_means, grid.edges_h)
    lost = np.sum([link.loss_mw for link in inputs.links], axis=0)
    days = round(grid.edges_h[grid.horizon_steps] / 24.0)
    first = grid.local(0.0).date()
    hourly = np.arange(above_k.shape[1] + 1) * grid.step_h
    return PlanDays(
        case=case,
        inputs=inputs,
        dates=tuple(first + timedelta(days=n) for n in range(days)),
        source_mw=day(of("heat_to_network"), days),
        fuel_mw=day(of("fuel_use") + of("start_fuel") / grid.step_lengths_h, days),
        power_mw=day(of("power"), days),
        station_mw=_day_means(grid.block_edges_h, heat_kw / 1000.0, days),
        loss_mw=day(lost[None, :], days)[0],
        room_k=_day_means(hourly, above_k, days),
        weather=weather,
    )


def _value(expression: object) -> float:
    return float(pyo.value(expression))


def _day_means(edges_h: Array, values: Array, days: int) -> Array:
    """Means of (…, interval) over days of 24 h, (…, day); intervals lie within days."""
    lengths = np.diff(edges_h)
    day = np.floor(edges_h[:-1] / 24.0 + 1e-9).astype(int)
    out = np.zeros((*values.shape[:-1], days))
    for n in range(days):
        here = day == n
        out[..., n] = (values[..., here] * lengths[here]).sum(axis=-1) / lengths[here].sum()
    return out


def cut(case: Case, loops: int) -> Case:
    """The case with about so many of its loops, grown to the same heat in each zone and manager."""
    kept: list[Station] = []
    every = max(1, len(case.stations) // loops)
    groups: dict[tuple[str, str], list[Station]] = {}
    for station in case.stations:
        groups.setdefault((station.zone_id, station.managed_by.value), []).append(station)
    for members in groups.values():
        some = members[::every]
        times = sum(s.heated_area_m2 * s.specific_loss_w_per_m2k for s in members) / sum(
            s.heated_area_m2 * s.specific_loss_w_per_m2k for s in some
        )
        grown = (
            s.model_copy(update={name: getattr(s, name) * times for name in SIZES}) for s in some
        )
        kept += grown
    return case.model_copy(update={"stations": tuple(kept)})


def sampled(case: Case, count: int) -> Iterator[tuple[datetime, int]]:
    """Local midnights over the season of a case, and the drawn path each goes on.

    Every third is the path, of some, on which the second day is coldest against the first.
    """
    settings = case.settings
    zone = ZoneInfo(settings.timezone)
    season = Season.parse(settings.season_start, settings.season_end)
    first = date(2025, *season.start)
    days = (season.last_day(first) - first).days - LONGEST_D
    for n in range(count):
        day = first + timedelta(days=round((n + 0.5) / count * days))
        start = datetime.combine(day, time(), zone)
        yield start, n if n % WAVE_EVERY else _falling_path(case, start)


def _falling_path(case: Case, start: datetime) -> int:
    """The path with the deepest fall from the first day of a plan to the second."""
    weather = _drawn(case, start, WAVE_PATHS)["air_temperature"].values
    days = weather[:, 24 * BEFORE_D :].reshape(WAVE_PATHS, -1, 24).mean(axis=2)
    return int((days[:, 1] - days[:, 0]).argmin())
