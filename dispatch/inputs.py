"""All inputs of a plan on its time grid: what the formulation reads, and nothing else."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import numpy as np
import xarray as xr
from numpy.typing import NDArray

from dispatch.case import Case
from dispatch.initial_state import LastPlan
from dispatch.network_inputs import (
    LinkInputs,
    YardInputs,
    link_inputs,
    loss_mw,
    network_slope_k,
    soil_c,
    yard_inputs,
)
from dispatch.plan import Remark
from dispatch.source_inputs import SourceInputs, source_inputs
from dispatch.station_inputs import (
    StationInputs,
    buildings_of,
    floor_c,
    station_inputs,
    target_c,
    third_party_heat_kw,
)
from dispatch.time_grid import TimeGrid
from forecasts.demand.building import Weather, filtered_temperature_c, static_heat_kw

Array = NDArray[np.float64]

HISTORY_H = 48  # of weather before the start: settled start, filter of third-party curves
METER_BOUNDS = (0.9, 1.1)  # what yesterday's meter may correct (design §3)


@dataclass(frozen=True)
class PlanInputs:
    """What one plan rests on."""

    case: Case
    grid: TimeGrid
    weather: Weather  # on weather steps of the grid
    stations: StationInputs
    sources: tuple[SourceInputs, ...]
    links: tuple[LinkInputs, ...]
    yards: tuple[YardInputs, ...]
    relative_load: Array  # (step,) network load over design load, from the forecast
    plant_slope_mw_per_k: Array  # (plant,) heat per K of supply temperature at steady flow
    plant_heat_before_mw: Array  # (plant, block): 24 h before each block; NaN where unknown
    plant_heat_last_mw: Array  # (plant,) over the setpoint block before the start; NaN unknown
    heat_value_yuan_per_mwh: float  # of heat in buildings at the end
    cold_wave: bool
    remarks: tuple[Remark, ...]


def weather_arrays(weather: xr.Dataset, start: datetime, step_h: float, steps: int) -> Weather:
    """Cut `steps` steps from `start` out of a forecast whose step is already `step_h`."""
    first = np.datetime64(start.astimezone(ZoneInfo("UTC")).replace(tzinfo=None), "ns")
    position = int(np.searchsorted(weather["time"].values, first))
    cut = weather.isel(time=slice(position, position + steps))

    def values(name: str) -> Array:
        return np.asarray(cut[name].values, dtype=float)

    return Weather(
        step_h, values("air_temperature"), values("wind_speed"), values("global_radiation")
    )


def is_cold_wave(temperature_c: Array, step_h: float) -> bool:
    """Whether a daily minimum falls by 8 K in 24 h to 4 °C or less (handbook §2, 寒潮)."""
    per_day = round(24.0 / step_h)
    days = temperature_c.size // per_day
    lowest = temperature_c[: days * per_day].reshape(days, per_day).min(axis=1)
    return bool(((lowest[:-1] - lowest[1:] >= 8.0) & (lowest[1:] <= 4.0)).any())


@dataclass(frozen=True)
class _Meters:
    """What yesterday's readings say: (station,) factors on K and indoor temperatures."""

    loss_factor: Array
    indoor_c: Array
    remarks: tuple[Remark, ...]


def _meters(case: Case, start: datetime, history: Weather) -> _Meters:
    """Compare yesterday's readings with what the model says of yesterday (handbook F4's k₁)."""
    zone = ZoneInfo(case.settings.timezone)
    day = start.astimezone(zone).date() - timedelta(days=1)
    rows = [row for row in case.measured_daily if row.date == day.isoformat()]
    factor = np.ones(len(case.stations))
    indoor = np.full(len(case.stations), np.nan)
    remarks = []
    if rows:
        midnight = datetime(day.year, day.month, day.day, tzinfo=zone)
        first = round(((midnight - start).total_seconds() / 3600.0 + HISTORY_H) / history.step_h)
        span = slice(max(0, first), max(0, first) + round(24.0 / history.step_h))
        estimate = _estimated_heat_gj(case, history, span)
        for row in rows:
            members = np.array([s.zone_id == row.id for s in case.stations])
            if row.indoor_median_c is not None:
                indoor[members] = row.indoor_median_c
            if row.heat_gj is not None and members.any():
                ratio = row.heat_gj / max(1e-9, float(estimate[members].sum()))
                factor[members] = np.clip(ratio, *METER_BOUNDS)
                remarks.append(_meter_remark(row.id, ratio))
        sources = {row.id: row.heat_gj for row in rows if row.heat_gj is not None}
        if all(source.source_id in sources for source in case.sources):
            measured = sum(sources[source.source_id] for source in case.sources)
            share = 1.0 - sum(link.loss_mw_design for link in case.links) / _design_mw(case)
            ratio = measured * share / max(1e-9, float(estimate.sum()))
            factor = np.where(factor == 1.0, np.clip(ratio, *METER_BOUNDS), factor)
            remarks.append(_meter_remark("network", ratio))
    return _Meters(factor, indoor, tuple(remarks))


def _meter_remark(name: str, ratio: float) -> Remark:
    applied = float(np.clip(ratio, *METER_BOUNDS))
    return Remark(
        "daily.meter", {"id": name, "ratio": round(ratio, 3), "applied": round(applied, 3)}
    )


def _design_mw(case: Case) -> float:
    """Heat of all stations at design with the losses of all mains, MW."""
    users = buildings_of(case).design_heat_kw(case.settings.design_outdoor_temp_c).sum() / 1000.0
    return float(users + sum(link.loss_mw_design for link in case.links))


def _estimated_heat_gj(case: Case, history: Weather, span: slice) -> Array:
    """Model heat of each station over a span of the history, GJ."""
    heat_kw = steady_heat_kw(case, history)[:, span]
    return np.asarray(heat_kw.sum(axis=1) * history.step_h * 3.6e-3)


def steady_heat_kw(case: Case, weather: Weather) -> Array:
    """Heat of every station with rooms at target, kW, (station, step): the network's estimate.

    Our own stations by F2 on the filtered temperature (a building does not follow the hour),
    third-party ones by their own curve.
    """
    buildings = buildings_of(case)
    target = target_c(case, floor_c(case, buildings))
    return third_party_heat_kw(case, buildings, weather, target)


def _heat_value(case: Case, sources: tuple[SourceInputs, ...], load_mw: float) -> float:
    """Marginal cost of heat, yuan/MWh: by the shares where a rule binds, else in merit order."""
    cost = {
        item.source.source_id: item.marginal_fuel(0.7 * item.source.max_output_mw)
        * item.fuel_price_yuan_per_mwh
        for item in sources
    }
    groups = case.settings.share.values()
    if groups:
        group = next(iter(groups))
        cheapest = {
            plant: min(cost[s.source_id] for s in case.sources if s.plant_id == plant)
            for plant in group.shares
        }
        return max(0.0, sum(share * cheapest[plant] for plant, share in group.shares.items()))
    reached = 0.0
    for item in sorted(sources, key=lambda item: cost[item.source.source_id]):
        reached += float(item.max_heat_mw.mean())
        if reached >= load_mw:
            return max(0.0, cost[item.source.source_id])
    return max(0.0, *cost.values())


def _plant_history(case: Case, grid: TimeGrid, last: LastPlan | None) -> tuple[Array, Array]:
    """Plant heat 24 h before each block (plant, block) and over the last block (plant,)."""
    day_before = np.full((len(case.plant_ids), grid.blocks), np.nan)
    latest = np.full(len(case.plant_ids), np.nan)
    if last is None:
        return day_before, latest
    hold_h = case.settings.time.setpoint_hold_h
    for p, plant in enumerate(case.plant_ids):
        ids = [s.source_id for s in case.sources if s.plant_id == plant]
        latest[p] = last.source_heat_mw.means(ids, -hold_h, 0.0).sum()
        for block in range(grid.blocks):
            start_h, end_h = grid.block_edges_h[block : block + 2] - 24.0
            day_before[p, block] = last.source_heat_mw.means(ids, start_h, end_h).sum()
    return day_before, latest


def _settled_split(case: Case, zone_mw: Array) -> dict[tuple[str, str], float]:
    """Heat sent on each main when settled: zones in proportion to the plants' usual shares."""
    usual = {
        plant: sum(s.installed_mw for s in case.sources if s.plant_id == plant)
        for plant in case.plant_ids
    }
    for group in case.settings.share.values():
        size = sum(usual[plant] for plant in group.shares)
        usual |= {plant: share * size for plant, share in group.shares.items()}
    split: dict[tuple[str, str], float] = {}
    for z, zone in enumerate(case.zone_ids):
        feeding = [link for link in case.links if link.to_id == zone]
        total = sum(usual[link.from_id] for link in feeding)
        for link in feeding:
            split[link.from_id, link.to_id] = float(zone_mw[z]) * usual[link.from_id] / total
    return split


def plan_inputs(
    case: Case, grid: TimeGrid, weather: xr.Dataset, last: LastPlan | None
) -> PlanInputs:
    """Lay all inputs on the grid.

    `weather` has the grid's step and spans from `HISTORY_H` before the start to the grid's end.
    Without a last plan everything starts settled at the mean weather of the past 48 h.
    """
    history_steps = round(HISTORY_H / grid.step_h)
    history = weather_arrays(
        weather, grid.start - timedelta(hours=HISTORY_H), grid.step_h, history_steps
    )
    ahead = weather_arrays(weather, grid.start, grid.step_h, grid.weather_steps)
    meters = _meters(case, grid.start, history)
    stations = station_inputs(case, grid, ahead, history, last, meters.loss_factor, meters.indoor_c)

    design_mw = stations.loops.design_heat_kw.sum() / 1000.0
    both = np.concatenate([history.air_temperature_c, ahead.air_temperature_c])
    smooth = filtered_temperature_c(both, grid.step_h, case.settings.demand.filter_h)
    lift_k = 18.0 - case.settings.design_outdoor_temp_c
    relative = np.clip((18.0 - grid.step_means(smooth[history_steps:])) / lift_k, 0.1, 1.5)

    past = Weather(
        24.0,
        np.array([history.air_temperature_c.mean()]),
        np.array([history.wind_m_per_s.mean()]),
        np.array([history.radiation_w_per_m2.mean()]),
    )
    past_kw = np.where(
        stations.controllable,
        static_heat_kw(stations.buildings, past, stations.target_c[:, 0])[:, 0],
        stations.heat_due_mw[:, 0] * 1000.0,
    )
    zone_mw = np.bincount(stations.zone, past_kw, minlength=len(case.zone_ids)) / 1000.0
    for z, zone in enumerate(case.zone_ids):
        soil = soil_c(case, grid)
        into = [link for link in case.links if link.to_id == zone]
        zone_mw[z] += sum(float(loss_mw(case, link, relative, soil)[0]) for link in into)
    settled = _settled_split(case, zone_mw)
    plant_mw = {
        plant: sum(mw for (origin, _), mw in settled.items() if origin == plant)
        for plant in case.plant_ids
    }
    sources = tuple(
        source_inputs(
            case, source, grid, last, _settled_source_mw(case, source.source_id, plant_mw)
        )
        for source in case.sources
    )
    mean_load_mw = float(relative.mean()) * design_mw
    plant_share = np.array([plant_mw[plant] for plant in case.plant_ids]) / max(1e-9, zone_mw.sum())
    slope_k = network_slope_k(case, float(relative[: grid.horizon_steps].mean()))
    day_before, latest = _plant_history(case, grid, last)
    return PlanInputs(
        case=case,
        grid=grid,
        weather=ahead,
        stations=stations,
        sources=sources,
        links=tuple(
            link_inputs(case, link, grid, relative, last, settled[link.from_id, link.to_id])
            for link in case.links
        ),
        yards=tuple(yard_inputs(case, yard, grid, last) for yard in case.yards),
        relative_load=relative,
        plant_slope_mw_per_k=plant_share * design_mw / slope_k,
        plant_heat_before_mw=day_before,
        plant_heat_last_mw=latest,
        heat_value_yuan_per_mwh=_heat_value(case, sources, mean_load_mw),
        cold_wave=is_cold_wave(
            np.concatenate([history.air_temperature_c, ahead.air_temperature_c]), grid.step_h
        ),
        remarks=meters.remarks,
    )


def _settled_source_mw(case: Case, source_id: str, plant_mw: dict[str, float]) -> float:
    """Heat of a source when settled: its plant's load, filled in the order of the file."""
    own = next(source for source in case.sources if source.source_id == source_id)
    left = plant_mw[own.plant_id]
    for source in case.sources:
        if source.plant_id == own.plant_id:
            taken = min(left, source.installed_mw)
            if source.source_id == source_id:
                return taken
            left -= taken
    return 0.0
