"""The reduced dispatch of the fuel outlook against the full optimisation, on days of winters.

Written to `bench/RESULTS.md` (`python -m bench.reduced_dispatch`; some minutes). Each sampled day
is one of the horizon of a full plan on drawn weather, from rooms at their floor; the first day of
a plan is left out, since it begins from a settled state that no winter knows.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from functools import partial
from zoneinfo import ZoneInfo

import numpy as np
import xarray as xr
from numpy.typing import NDArray

from bench.cases import bundled
from dispatch.case import Case, Station
from dispatch.collector import paused_collector
from dispatch.formulation.build import build_model
from dispatch.full_plan import optimum
from dispatch.inputs import HISTORY_H, PlanInputs, plan_inputs
from dispatch.optimum import Optimum, third_party_kw
from dispatch.solve import solve
from dispatch.time_grid import time_grid
from dispatch.whole_units import fix_units
from forecasts.series import UNITS
from forecasts.weather.climate.normals import climate_at
from forecasts.weather.climate.paths import winter_paths
from forecasts.weather.provider import Place

Array = NDArray[np.float64]

SEED = 6
BEFORE_D = 4  # days of weather before a plan, for what it remembers
AHEAD_D = 8  # and from its start: horizon and look-ahead
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
    fuel_mw: Array  # (source, day) burnt, lower heating value
    power_mw: Array  # (source, day) electric
    station_mw: Array  # (station, day) heat served
    loss_mw: Array  # (day,) of all mains
    room_k: Array  # (station, day) rooms above their planned floor
    weather: xr.Dataset  # hourly, from `BEFORE_D` days before the plan

    @property
    def heat_mw(self) -> Array:
        """Heat of all sources, (day,)."""
        return np.asarray(self.source_mw.sum(axis=0))


def drawn_weather(case: Case, start: datetime, path: int) -> xr.Dataset:
    """Drawn weather about a plan that starts at `start`, a local midnight."""
    place = Place(case.settings.latitude, case.settings.longitude, case.settings.timezone)
    begin, end = start - timedelta(days=BEFORE_D), start + timedelta(days=AHEAD_D)
    drawn = winter_paths(climate_at(place), begin, end, path + 1, SEED, variables=tuple(UNITS))
    return drawn.isel(path=path, drop=True).astype(np.float64)


def plan_days(case: Case, weather: xr.Dataset, start: datetime) -> PlanDays:
    """Solve the full plan of a case from `start` and read it by day.

    Rooms begin at their planned floor: where a chain of plans would have left them.
    """
    grid = time_grid(start, case.settings.time, case.settings.timezone)
    inputs = plan_inputs(case, grid, _on_steps(weather, start, grid.step_h), None)
    rooms_c = inputs.stations.planned_floor_step_c[:, 0]
    settled = replace(inputs.stations, indoor_before_c=rooms_c)
    inputs = replace(inputs, stations=settled)
    with paused_collector():
        found = optimum(inputs)
        return _by_day(case, inputs, found, weather)


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
        return np.array(
            [[0.0 if one is None else _value(one[t]) for t in steps] for one in family]
        )

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
        fuel_mw=day(of("fuel_use"), days),
        power_mw=day(of("power"), days),
        station_mw=_day_means(grid.block_edges_h, heat_kw / 1000.0, days),
        loss_mw=day(lost[None, :], days)[0],
        room_k=_day_means(hourly, above_k, days),
        weather=weather,
    )


def _value(expression: object) -> float:
    import pyomo.environ as pyo

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


def sampled(name: str, count: int) -> Iterator[tuple[datetime, int]]:
    """Local midnights over the season of a bundled case and the path each is drawn on."""
    case = bundled(name)
    zone = ZoneInfo(case.settings.timezone)
    month, day = (int(part) for part in case.settings.season_start.split("-"))
    last_month, last_day = (int(part) for part in case.settings.season_end.split("-"))
    first = datetime(2025, month, day, tzinfo=zone)
    last = datetime(2026, last_month, last_day, tzinfo=zone) - timedelta(days=3)
    for n in range(count):
        share = (n + 0.5) / count
        yield first + timedelta(days=round(share * (last - first).days)), n
