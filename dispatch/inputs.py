"""All inputs of a plan on its time grid: what the formulation reads, and nothing else."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import numpy as np
import xarray as xr
from numpy.typing import NDArray

from dispatch.case import Case
from dispatch.forecast_error import with_forecast_error
from dispatch.initial_state import LastPlan
from dispatch.link_inputs import LinkInputs, link_inputs, with_outlets
from dispatch.measured import NOTHING, Measured
from dispatch.messages import words
from dispatch.meters import Meters, read_meters
from dispatch.network_inputs import YardInputs, network_slope_k, yard_inputs
from dispatch.pin_inputs import PinInputs, pin_inputs
from dispatch.pinned_stations import with_pins
from dispatch.plan import Remark
from dispatch.priced_pins import PricedPin, priced_pins
from dispatch.room_start import start_rooms
from dispatch.settled_start import settled_start
from dispatch.source_inputs import SourceInputs, source_inputs
from dispatch.station_inputs import StationInputs, buildings_of, station_inputs
from dispatch.time_budget import NEVER, Deadline
from dispatch.time_grid import TimeGrid
from dispatch.tonne_value import CoalNeed
from forecasts.demand.building import (
    BASE_TEMP_C,
    Weather,
    filtered_temperature_c,
    static_heat_kw,
)
from forecasts.weather.climate.spells import COLD_WAVE_BELOW_C, COLD_WAVE_FALLS_K

Array = NDArray[np.float64]

HISTORY_H = 48  # of weather before the start: settled start, filter of third-party curves
CHANGE_EVERY_H = 2  # setpoints of stations, at the fastest (handbook §10)


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
    demand_estimate_mw: Array  # (step,) steady heat of the whole network, losses included
    relative_load: Array  # (step,) network load over design load, from the forecast
    plant_slope_mw_per_k: Array  # (plant,) heat per K of supply temperature at steady flow
    plant_heat_before_mw: Array  # (plant, block): 24 h before each block; NaN where unknown
    plant_heat_last_mw: Array  # (plant,) over the setpoint block before the start; NaN unknown
    heat_value_yuan_per_mwh: float  # of heat in buildings at the end
    cold_wave: bool
    demand_factor: Array  # (weather step,) on what users need, by measured load; 1 without
    measured: Measured
    remarks: tuple[Remark, ...]
    pins: PinInputs
    priced_pins: tuple[PricedPin, ...]  # of sources, shares and mains
    # In a shortage: finer prices of cold rooms, so that equal stations cool alike (均匀降载). They
    # are further columns of the large family, so they are left out of plans that need none.
    even_reduction: bool = False
    search: Deadline = NEVER  # from then on no better plan is searched for
    # Rooms would fall below the law otherwise: setpoints rise as fast as they may at all.
    hurried: bool = False

    @property
    def secondary_step_k(self) -> float:
        """Most that setpoints of usual stations may move from block to block, K.

        In a hurry as many changes as fit into a block `CHANGE_EVERY_H` apart (handbook §10).
        """
        settings, usual_k = self.case.settings, self.case.settings.network.secondary_step_k
        if not self.hurried:
            return usual_k
        changes = max(1, settings.time.setpoint_hold_h // CHANGE_EVERY_H)
        return max(usual_k, min(changes * usual_k, self.secondary_day_k))

    @property
    def secondary_day_k(self) -> float:
        """Most that setpoints of usual stations may move against the day before, K."""
        network = self.case.settings.network
        wide = self.cold_wave or self.hurried
        return network.secondary_day_cold_wave_k if wide else network.secondary_day_k

    @property
    def supply_day_k(self) -> float:
        """Most that supply temperatures of plants may move against the day before, K."""
        network = self.case.settings.network
        wide = self.cold_wave or self.hurried
        return network.supply_day_cold_wave_k if wide else network.supply_day_k

    @property
    def station_step_k(self) -> Array:
        """Most that setpoints may move from block to block, (station,) K."""
        return self._change_k(self.secondary_step_k)

    @property
    def station_day_k(self) -> Array:
        """Most that setpoints may move against the day before, (station,) K."""
        return self._change_k(self.secondary_day_k)

    @property
    def coal_needs(self) -> tuple[CoalNeed, ...]:
        """What the fuel outlook asks of the yards, to lay it on other inputs of the same plan."""
        return tuple(item.need for item in self.yards if item.need is not None)

    def _change_k(self, usual_k: float) -> Array:
        wide_k = max(usual_k, self.case.settings.network.timetable_change_k)
        return np.where(self.stations.timetabled, wide_k, usual_k)


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
    """Whether the weather brings a cold wave (handbook §2, 寒潮).

    Days begin at every step, so that a plan made an hour later sees the same wave.
    """
    per_day = round(24.0 / step_h)
    if temperature_c.size < per_day:
        return False
    lowest_c = np.lib.stride_tricks.sliding_window_view(temperature_c, per_day).min(axis=1)
    return any(
        bool(((before_c - after_c >= fall_k) & (after_c <= COLD_WAVE_BELOW_C)).any())
        for days, fall_k in COLD_WAVE_FALLS_K
        for before_c, after_c in [(lowest_c[: -days * per_day], lowest_c[days * per_day :])]
    )


def _heat_value(case: Case, sources: tuple[SourceInputs, ...], load_mw: float) -> float:
    """Marginal cost of heat, yuan/MWh: by the shares where a rule binds, else in merit order."""
    cost = {
        item.source.source_id: item.usual_cost_yuan_per_mwh
        for item in sources
        if item.source.kind.makes_heat
    }
    groups = case.settings.share.values()
    if groups:
        group = next(iter(groups))
        cheapest = {
            plant: min(
                cost[s.source_id]
                for s in case.sources
                if s.plant_id == plant and s.source_id in cost
            )
            for plant in group.shares
        }
        return max(0.0, sum(share * cheapest[plant] for plant, share in group.shares.items()))
    reached = 0.0
    makers = [item for item in sources if item.source.source_id in cost]
    for item in sorted(makers, key=lambda item: cost[item.source.source_id]):
        reached += float(item.max_heat_mw.mean())
        if reached >= load_mw:
            return max(0.0, cost[item.source.source_id])
    return max(0.0, *cost.values())


def _tank_remarks(sources: tuple[SourceInputs, ...]) -> tuple[Remark, ...]:
    """Say which tanks are taken to be half full, since no plan says what is in them."""
    return tuple(
        Remark(
            "daily.tank_assumed",
            {
                "source": item.source.source_id,
                "stored_mwh": round(item.tank.stored_before_mwh, 1),
                "energy_mwh": round(item.tank.energy_mwh, 1),
            },
        )
        for item in sources
        if item.tank is not None and item.tank.is_assumed
    )


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


def _demand_estimate_mw(
    grid: TimeGrid,
    stations: StationInputs,
    ahead: Weather,
    links: tuple[LinkInputs, ...],
    factor: Array,
) -> Array:
    """Steady heat of the whole network by step: rooms at target, third parties by their curve."""
    own_kw = static_heat_kw(stations.buildings, ahead, stations.target_step_c, factor)
    own_mw = own_kw[stations.controllable].sum(axis=0) / 1000.0
    due_mw = stations.heat_due_mw.sum(axis=0)[grid.block_of_step]
    loss_mw = np.sum([link.loss_mw for link in links], axis=0)
    return np.asarray(grid.step_means(own_mw) + due_mw + loss_mw)


def _relative_load(case: Case, grid: TimeGrid, history: Weather, ahead: Weather) -> Array:
    """Network load over design load by step, on the filtered outdoor temperature (F1, F3)."""
    both = np.concatenate([history.air_temperature_c, ahead.air_temperature_c])
    smooth = filtered_temperature_c(both, grid.step_h, case.settings.demand.filter_h)
    mean_c = grid.step_means(smooth[history.air_temperature_c.size :])
    lift_k = BASE_TEMP_C - case.settings.design_outdoor_temp_c
    return np.clip((BASE_TEMP_C - mean_c) / lift_k, 0.1, 1.5)


def _meters(
    case: Case, grid: TimeGrid, history: Weather, measured: Measured
) -> tuple[Meters, tuple[Remark, ...]]:
    """Yesterday's meters; where measured load corrects the demand already, they do not again."""
    meters = measured.meters
    if meters is None:
        meters = read_meters(case, grid.start, history)
    if measured.demand_factor is None or not meters.remarks:
        return meters, meters.remarks
    once = replace(meters, loss_factor=np.ones_like(meters.loss_factor), remarks=())
    return once, (Remark("daily.meter_left_out"),)


def _with_measured_rooms(
    stations: StationInputs, last: LastPlan | None, meters: Meters, measured: Measured
) -> tuple[StationInputs, tuple[Remark, ...]]:
    """The stations with rooms as measured, where any were, or as they are given."""
    room_c = stations.indoor_before_c
    remarks: tuple[Remark, ...] = ()
    if measured.rooms is not None:
        asked = meters.indoor_c, measured.rooms, stations.timetabled
        rooms = start_rooms(stations.ids, room_c, last, *asked)
        room_c, remarks = rooms.room_c, rooms.remarks
    if measured.given_rooms_c:
        given = measured.given_rooms_c
        known = zip(stations.ids, room_c.tolist(), strict=True)
        room_c = np.array([given.get(name, now_c) for name, now_c in known])
    return replace(stations, indoor_before_c=room_c), remarks


def plan_inputs(
    case: Case,
    grid: TimeGrid,
    weather: xr.Dataset,
    last: LastPlan | None,
    measured: Measured = NOTHING,
    coal_needs: tuple[CoalNeed, ...] = (),
) -> PlanInputs:
    """Lay all inputs on the grid.

    `weather` has the grid's step and spans from `HISTORY_H` before the start to the grid's end.
    Without a last plan everything starts settled at the mean weather of the past day. `measured`
    is what telemetry says of the rooms at the start and of the demand, and what surveys and
    scales say of the stocks; `coal_needs` what the fuel outlook asks of the yards
    (`with_coal_needs`).
    """
    case = with_forecast_error(case, weather)
    before = grid.start - timedelta(hours=HISTORY_H)
    history = weather_arrays(weather, before, grid.step_h, round(HISTORY_H / grid.step_h))
    ahead = weather_arrays(weather, grid.start, grid.step_h, grid.weather_steps)
    factor = measured.demand_factor
    factor = np.ones(grid.weather_steps) if factor is None else factor
    meters, meter_remarks = _meters(case, grid, history, measured)
    stations = station_inputs(
        case, grid, ahead, history, last, meters.loss_factor, meters.indoor_c, factor
    )
    stations, room_remarks = _with_measured_rooms(stations, last, meters, measured)
    pins = pin_inputs(case, grid)
    stations = with_pins(case, stations, pins)
    relative = _relative_load(case, grid, history, ahead)
    settled = settled_start(case, grid, stations, relative)
    sources = tuple(
        source_inputs(case, source, grid, last, settled.source_mw[source.source_id])
        for source in case.sources
    )
    need_kw = buildings_of(case).design_heat_kw(case.settings.design_outdoor_temp_c)
    design_mw = float(need_kw.sum()) / 1000.0
    heat_value = _heat_value(case, sources, float(relative.mean()) * design_mw)
    links = tuple(
        link_inputs(
            case,
            link,
            grid,
            relative,
            last,
            settled.link_mw[link.from_id, link.to_id],
            heat_value,
        )
        for link in case.links
    )
    plant_mw = np.array([settled.plant_mw[plant] for plant in case.plant_ids])
    slope_k = network_slope_k(case, float(relative[: grid.horizon_steps].mean()))
    day_before, latest = _plant_history(case, grid, last)
    outdoor_c = np.concatenate([history.air_temperature_c, ahead.air_temperature_c])
    inputs = PlanInputs(
        case=case,
        grid=grid,
        weather=ahead,
        stations=stations,
        sources=with_outlets(sources, links),
        links=links,
        yards=tuple(
            yard_inputs(case, yard, grid, last, measured.stocks.by_yard.get(yard.yard_id))
            for yard in case.yards
        ),
        demand_estimate_mw=_demand_estimate_mw(grid, stations, ahead, links, factor),
        relative_load=relative,
        plant_slope_mw_per_k=plant_mw / max(1e-9, settled.total_mw) * design_mw / slope_k,
        plant_heat_before_mw=day_before,
        plant_heat_last_mw=latest,
        heat_value_yuan_per_mwh=heat_value,
        cold_wave=is_cold_wave(outdoor_c, grid.step_h),
        demand_factor=factor,
        measured=measured,
        remarks=(*meter_remarks, *room_remarks, *_tank_remarks(sources)),
        pins=pins,
        priced_pins=priced_pins(case, grid, pins, sources),
    )
    return with_coal_needs(inputs, coal_needs)


def with_coal_needs(inputs: PlanInputs, needs: Sequence[CoalNeed]) -> PlanInputs:
    """The same inputs with what the fuel outlook asks of the yards, at most one need a yard.

    A yard without one keeps what it had. Raises ValueError for a need of no yard of the case, or
    two of one.
    """
    by_yard = {need.yard_id: need for need in needs}
    strangers = by_yard.keys() - {item.yard.yard_id for item in inputs.yards}
    if strangers or len(by_yard) < len(needs):
        given = words(*(need.yard_id for need in needs))
        raise ValueError(f"coal needs of {given}: each must name another yard of the case")
    yards = [replace(item, need=by_yard.get(item.yard.yard_id, item.need)) for item in inputs.yards]
    return replace(inputs, yards=tuple(yards)) if needs else inputs
