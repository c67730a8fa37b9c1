"""Stations as the plan needs them: arrays over (station, block), with every limit worked out.

A station here is one row of `stations.csv`, a station's loop. Heat is in MW inside the model.
"""

from dataclasses import dataclass
from functools import partial

import numpy as np
from numpy.typing import NDArray

from dispatch.case import Case, Station
from dispatch.case_kinds import ComfortPolicy, Manager, OutageKind
from dispatch.case_stations import FLOOR_BELOW_UPPER_K
from dispatch.change_limits import grid_nearest
from dispatch.emitter import (
    Loops,
    heat_limits_kw,
    heat_slope_kw_per_k,
    secondary_temperatures_c,
)
from dispatch.initial_state import Known, LastPlan
from dispatch.outages import available_fraction
from dispatch.setback import at_step_ends, cooled_since_occupied_c, law_c, setbacks_c, timetabled
from dispatch.station_reach import passing_heat_kw
from dispatch.time_grid import TimeGrid
from forecasts.demand.building import (
    BASE_TEMP_C,
    BlockResponse,
    Buildings,
    Weather,
    block_response,
    extra_need_w_per_m2,
    filtered_temperature_c,
    static_heat_kw,
)

Array = NDArray[np.float64]
Mask = NDArray[np.bool_]

# The 10 % cold quantile of half the one-day forecast error, reached as a building settles
# (design §5: forecast margin).
COLD_QUANTILE = 1.28
# Rooms of which nothing is known are at their target, and this much above the floor: a network
# that was run by hand keeps some room, and swings by about this over a day.
FIRST_RUN_ROOM_K = 0.5
# Setpoints in steps of 0.5 K hold rooms to within about this of what the optimisation wants.
ROUNDING_ROOM_K = 0.08
JUST_BEFORE_H = 1e-3  # what stands then is the setpoint of the last block, however short it was


@dataclass(frozen=True)
class StationInputs:
    """All loops of a case; shapes (station,) or (station, block), blocks of the whole grid."""

    ids: tuple[str, ...]
    zone: NDArray[np.intp]  # index into case.zone_ids
    controllable: Mask
    loops: Loops
    buildings: Buildings
    response: BlockResponse
    floor_c: Array  # at block ends
    target_c: Array  # at block ends
    floor_step_c: Array  # (station, weather step): at step ends; by the hour with a timetable
    target_step_c: Array  # (station, weather step): at step ends
    law_step_c: Array  # (station, weather step): the law, or the frost guard in a setback
    timetabled: Mask  # (station,) set back while nobody is in
    upper_c: float
    indoor_before_c: Array
    heat_min_mw: Array
    heat_max_mw: Array
    # With a timetable `heat_max_mw` is that at rooms of `fade_from_c`: by that much a K less above.
    heat_fade_mw_per_k: Array  # (station,) zero without a timetable
    fade_from_c: Array  # (station,)
    heat_due_mw: Array  # third party: what their curve asks; zero rows for our own
    settled_mw: Array  # (station,) heat when nothing has changed for long
    heat_before_mw: Array  # (station,) before the first block, where that block is a new one
    slope_mw_per_k: Array  # (station,) change of heat per K of supply setpoint
    setpoint_before_c: Array  # (station,) NaN where unknown
    setpoint_day_before_c: Array  # (station, block): 24 h earlier by the last plan, NaN unknown
    setpoint_last_c: Array  # (station, block): by the last plan, NaN where unknown
    heat_last_mw: Array  # (station, block): by the last plan, NaN where unknown
    running: bool  # the first block is running: its heat stays
    weight: Array  # (station,) 10⁴ m² times priority, on which comfort prices act
    extra_need_w_per_m2: Array  # (station, weather step) beyond the parameters, by measured load
    pinned_mw: Array  # (station, block) heat that the dispatcher's pins hold; NaN where none does

    @property
    def planned_floor_c(self) -> Array:
        """Floor that the plan aims at: rounding of setpoints may cost `ROUNDING_ROOM_K`."""
        return self.floor_c + ROUNDING_ROOM_K

    @property
    def planned_floor_step_c(self) -> Array:
        """The same at the end of each weather step, (station, weather step)."""
        return self.floor_step_c + ROUNDING_ROOM_K

    @property
    def held(self) -> Mask:
        """Stations whose heat a pin holds at any time, (station,)."""
        return np.asarray(np.isfinite(self.pinned_mw).any(axis=1))

    @property
    def law_c(self) -> Array:
        """The law, or the frost guard in a setback, at block ends."""
        return self.law_step_c[:, self.response.last]


def _column(stations: tuple[Station, ...], name: str) -> Array:
    """One numeric column of `stations.csv`."""
    return np.array([getattr(station, name) for station in stations], dtype=float)


def commanded(case: Case) -> Mask:
    """Which loops take setpoints: those of the utility's own stations, (station,)."""
    return np.array([station.managed_by is Manager.UTILITY for station in case.stations])


def buildings_of(case: Case, loss_factor: Array | None = None) -> Buildings:
    """Building parameters of all stations; `loss_factor` (station,) corrects K by the meter."""
    column = partial(_column, case.stations)
    factor = np.ones(len(case.stations)) if loss_factor is None else loss_factor
    return Buildings(
        area_m2=column("heated_area_m2"),
        specific_loss_w_per_m2k=column("specific_loss_w_per_m2k") * factor,
        heat_capacity_j_per_m2k=column("heat_capacity_kj_per_m2k") * 1000.0,
        gain_w_per_m2=column("gain_w_per_m2"),
        solar_aperture=column("solar_aperture"),
        wind_loss_w_per_m2k_per_m_s=column("wind_loss_w_per_m2k_per_m_s"),
        wind_reference_m_per_s=case.settings.demand.wind_reference_m_per_s,
    )


def floor_c(case: Case, buildings: Buildings) -> Array:
    """Lowest mean indoor temperature that keeps the coldest flats legal (design §5), (station,).

    Legal minimum + margin of the coldest flats + forecast margin 1.28·½·σ₂₄·(1 − e^(−24/τ)). At
    least 1 K below the upper limit, as a case must be with its usual σ₂₄: a day with a worse
    forecast may not want more.
    """
    tau_h = buildings.heat_capacity_j_per_m2k / (3600.0 * buildings.specific_loss_w_per_m2k)
    sigma_k = case.settings.uncertainty.sigma_24h_k
    margin_k = COLD_QUANTILE * 0.5 * sigma_k * (1.0 - np.exp(-24.0 / tau_h))
    cold_flats_k = np.array([station.cold_flat_margin_k for station in case.stations])
    floor = case.settings.comfort.legal_min_c + cold_flats_k + margin_k
    return np.minimum(floor, case.settings.comfort.upper_c - FLOOR_BELOW_UPPER_K)


def target_c(case: Case, floor: Array) -> Array:
    """Wanted indoor temperature: the station's own, never below its floor, (station,)."""
    return np.maximum([station.indoor_target_c for station in case.stations], floor)


def third_party_heat_kw(case: Case, buildings: Buildings, weather: Weather, indoor: Array) -> Array:
    """Heat that stations run by others take by their own curve, kW, (station, weather step).

    F2 on the filtered outdoor temperature (F3) alone, since such a curve knows neither sun nor
    wind; times compliance, nothing behind a shut valve.
    """
    filtered = filtered_temperature_c(
        weather.air_temperature_c, weather.step_h, case.settings.demand.filter_h
    )
    nothing = np.zeros_like(filtered)
    taken = np.array([s.compliance if s.valve_open else 0.0 for s in case.stations])
    curve = static_heat_kw(buildings, Weather(weather.step_h, filtered, nothing, nothing), indoor)
    return np.asarray(curve * taken[:, None])


def _last(
    known: Known | None, ids: tuple[str, ...], grid: TimeGrid, back_h: float, block_h: float
) -> Array:
    """What the last plan says of each block's start, `back_h` earlier; NaN where nothing."""
    if known is None:
        return np.full((len(ids), grid.blocks), np.nan)
    return known.running_at(ids, grid.block_edges_h[:-1] - back_h, block_h)


def loops_of(case: Case) -> Loops:
    """Emitter and limit data of all loops; design heat from the K they were laid out for."""
    column = partial(_column, case.stations)
    lift_k = BASE_TEMP_C - case.settings.design_outdoor_temp_c
    design_loss = column("design_loss_w_per_m2k")
    return Loops(
        design_heat_kw=design_loss * column("heated_area_m2") * lift_k / 1000.0,
        design_supply_c=column("design_supply_c"),
        design_return_c=column("design_return_c"),
        relative_flow=column("relative_flow"),
        oversize=column("emitter_oversize"),
        exponent=np.array([station.emitter.exponent for station in case.stations]),
        supply_min_c=column("secondary_supply_min_c"),
        supply_max_c=column("secondary_supply_max_c"),
        max_heat_kw=column("max_heat_kw"),
    )


def settled_heat_kw(
    buildings: Buildings, history: Weather, ahead: Weather, block: NDArray[np.intp], indoor: Array
) -> Array:
    """Heat that stations take where nothing is known of them, kW (station,).

    What holds `indoor` in the mean weather of the past day (so that the daily wave cancels), or in
    that of the first block where it is colder: a network is not short at the start of a plan.
    """
    day = slice(-round(24.0 / history.step_h), None)
    means = []
    for weather, steps in ((history, day), (ahead, slice(0, int((block == 0).sum())))):
        mean = Weather(
            24.0,
            np.array([weather.air_temperature_c[steps].mean()]),
            np.array([weather.wind_m_per_s[steps].mean()]),
            np.array([weather.radiation_w_per_m2[steps].mean()]),
        )
        means.append(static_heat_kw(buildings, mean, indoor)[:, 0])
    return np.maximum(*means)


@dataclass(frozen=True)
class _Past:
    """Where stations come from: rooms, heat and setpoints, by the last plan or settled."""

    indoor_c: Array  # (station,) at the start
    heat_last_mw: Array  # (station, block) by the last plan, NaN where it says nothing
    heat_before_mw: Array  # (station,)
    setpoint_before_c: Array  # (station,) of the running block, or before a new one
    setpoint_day_before_c: Array  # (station, block)
    setpoint_last_c: Array  # (station, block)
    running: bool  # the first block is under way


def _past(
    case: Case, grid: TimeGrid, last: LastPlan | None, indoor_c: Array, settled_kw: Array
) -> _Past:
    """Read the past of all stations; `indoor_c` and `settled_kw` (station,) where none is known."""
    ids = tuple(station.loop_id for station in case.stations)
    ours = commanded(case)
    hold_h, block_h = case.settings.time.setpoint_hold_h, 0.0 if last is None else last.block_h
    heat = None if last is None else last.station_heat_kw
    setpoints = None if last is None else last.station_supply_c
    rooms = indoor_c if last is None else last.indoor_c.rows(ids)[:, 0]
    rooms = np.where(np.isfinite(rooms), rooms, indoor_c)
    heat_last_kw = _last(heat, ids, grid, 0.0, block_h)
    told = bool(np.isfinite(heat_last_kw[ours, 0]).any())
    running = told and not grid.begins_block(hold_h)
    before_kw = _last(heat, ids, grid, JUST_BEFORE_H, block_h)[:, 0]
    settled_c = grid_nearest(secondary_temperatures_c(loops_of(case), settled_kw, rooms)[0])
    before_c = _last(setpoints, ids, grid, 0.0 if running else JUST_BEFORE_H, block_h)[:, 0]
    return _Past(
        indoor_c=rooms,
        heat_last_mw=heat_last_kw / 1000.0,
        heat_before_mw=np.where(np.isfinite(before_kw), before_kw, settled_kw) / 1000.0,
        setpoint_before_c=np.where(np.isfinite(before_c) | running, before_c, settled_c),
        setpoint_day_before_c=_last(setpoints, ids, grid, 24.0, block_h),
        setpoint_last_c=_last(setpoints, ids, grid, 0.0, block_h),
        running=running,
    )


def _due_mw(
    case: Case,
    grid: TimeGrid,
    buildings: Buildings,
    weather: Weather,
    past: _Past,
    factor: Array,
) -> Array:
    """Heat third-party stations ask for, MW (station, block); zero for our own.

    `weather` begins before the grid, so that the filter of F3 is settled; `factor` (weather step,)
    is what measured load says. In a running block the last plan's estimate stands: what was sent
    for it is in the pipes.
    """
    target = target_c(case, floor_c(case, buildings))
    due_kw = third_party_heat_kw(case, buildings, weather, target)[:, -grid.weather_steps :]
    due_kw = due_kw * factor
    blocks = grid.block_of_weather_step
    first = np.flatnonzero(np.append(True, blocks[1:] != blocks[:-1]))
    due_mw = np.add.reduceat(due_kw, first, axis=1) / np.bincount(blocks) / 1000.0
    due_mw *= _available(case, grid)
    if past.running:
        kept = past.heat_last_mw[:, 0]
        due_mw[:, 0] = np.where(np.isfinite(kept), kept, due_mw[:, 0])
    return np.where(commanded(case)[:, None], 0.0, due_mw)


def _available(case: Case, grid: TimeGrid) -> Array:
    """Fraction of each station that is there in each block, (station, block)."""
    edges, kind = grid.block_edges_h, OutageKind.STATION
    return np.array(
        [available_fraction(case, kind, s.station_id, grid, edges) for s in case.stations]
    )


def _joined(history: Weather, weather: Weather) -> Weather:
    """Weather of the past and of the grid in one."""
    return Weather(
        weather.step_h,
        np.concatenate([history.air_temperature_c, weather.air_temperature_c]),
        np.concatenate([history.wind_m_per_s, weather.wind_m_per_s]),
        np.concatenate([history.radiation_w_per_m2, weather.radiation_w_per_m2]),
    )


def station_inputs(
    case: Case,
    grid: TimeGrid,
    weather: Weather,
    history: Weather,
    last: LastPlan | None,
    loss_factor: Array,
    indoor_measured_c: Array,
    demand_factor: Array,
) -> StationInputs:
    """Work out everything the plan needs to know of its stations.

    `weather` covers the grid, `history` the 48 h before it; `loss_factor` (station,) and
    `indoor_measured_c` (station,, NaN unknown) come from yesterday's meters, `demand_factor`
    (weather step,) from measured load.
    """
    buildings, loops = buildings_of(case, loss_factor), loops_of(case)
    floor = floor_c(case, buildings)
    target = target_c(case, floor)
    blocks = grid.block_of_weather_step
    settled_kw = settled_heat_kw(buildings, history, weather, blocks, target) * demand_factor[0]
    setback = setbacks_c(case, grid, 0.0, grid.weather_steps + 1)
    floor_step, target_step = at_step_ends(floor, setback), at_step_ends(target, setback)
    assumed_c = np.maximum(target, floor + FIRST_RUN_ROOM_K)
    assumed_c = cooled_since_occupied_c(case, grid, assumed_c, buildings, history)
    past = _past(case, grid, last, assumed_c, settled_kw)
    by_timetable = timetabled(case)
    measured = np.isfinite(indoor_measured_c) & ~by_timetable  # a median of days says little there
    ours = commanded(case)
    due_mw = _due_mw(case, grid, buildings, _joined(history, weather), past, demand_factor)
    low_kw, high_kw = heat_limits_kw(loops, target)
    high_kw = passing_heat_kw(case, loops, target, high_kw)
    fade_from = np.where(by_timetable, np.minimum(target - 1.0, floor_step.min(axis=1)), target)
    most_kw = passing_heat_kw(case, loops, fade_from, heat_limits_kw(loops, fade_from)[1])
    fade = np.where(by_timetable, (most_kw - high_kw) / np.maximum(target - fade_from, 1.0), 0.0)
    available = _available(case, grid)
    mean_load_kw = static_heat_kw(buildings, weather, target, demand_factor).mean(axis=1)
    mean_load_kw = np.maximum(mean_load_kw, 0.1 * loops.design_heat_kw)
    extra = extra_need_w_per_m2(buildings, weather, target_step, demand_factor)
    response = block_response(buildings, weather, blocks, extra)
    return StationInputs(
        ids=tuple(station.loop_id for station in case.stations),
        zone=np.array([case.zone_ids.index(station.zone_id) for station in case.stations]),
        controllable=ours,
        loops=loops,
        buildings=buildings,
        response=response,
        floor_c=floor_step[:, response.last],
        target_c=target_step[:, response.last],
        floor_step_c=floor_step,
        target_step_c=target_step,
        law_step_c=law_c(case.settings.comfort, floor_step),
        timetabled=by_timetable,
        upper_c=case.settings.comfort.upper_c,
        indoor_before_c=np.where(measured, indoor_measured_c, past.indoor_c),
        heat_min_mw=np.minimum(low_kw, high_kw)[:, None] * available / 1000.0,
        heat_max_mw=np.where(by_timetable, most_kw, high_kw)[:, None] * available / 1000.0,
        heat_fade_mw_per_k=fade / 1000.0,
        fade_from_c=fade_from,
        heat_due_mw=due_mw,
        settled_mw=np.where(ours, settled_kw / 1000.0, due_mw[:, 0]),
        heat_before_mw=past.heat_before_mw,
        slope_mw_per_k=heat_slope_kw_per_k(loops, mean_load_kw) / 1000.0,
        setpoint_before_c=past.setpoint_before_c,
        setpoint_day_before_c=past.setpoint_day_before_c,
        setpoint_last_c=past.setpoint_last_c,
        heat_last_mw=past.heat_last_mw,
        running=past.running,
        weight=np.array([s.heated_area_m2 / 1e4 * s.priority for s in case.stations]),
        extra_need_w_per_m2=extra,
        pinned_mw=np.full((len(case.stations), grid.blocks), np.nan),
    )


def comfort_is_priced(case: Case) -> bool:
    """Whether rooms between floor and target cost anything."""
    return case.settings.comfort.policy is ComfortPolicy.HOLD_TARGET
