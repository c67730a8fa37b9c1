"""Measured hours up to now, beside what the buildings' parameters say of them."""

from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import xarray as xr
from numpy.typing import NDArray

from dispatch.bottom_up import BottomUp, bottom_up
from dispatch.case import Case
from dispatch.demand_forecast import LoadBasis
from dispatch.initial_state import LastPlan
from dispatch.loop_weather import LoopWeather
from dispatch.network_load import NetworkLoad, network_load, rooms_over_target_k
from dispatch.plan import Remark
from dispatch.setback import timetabled
from dispatch.station_inputs import commanded
from dispatch.time_grid import TimeGrid
from forecasts.demand.building import Weather
from forecasts.demand.identified import LoopRecord
from forecasts.demand.load.candidate import Candidate
from forecasts.demand.load.record import RADIATION, TEMPERATURE, WIND, LoadRecord
from forecasts.telemetry.readings import CleanTelemetry
from forecasts.weather.run import utc64, utc_datetime
from forecasts.weather.solar import HOUR

Array = NDArray[np.float64]

LEAST_OUTDOOR = 0.5  # of the hours with a known outdoor temperature, to compare with buildings
HOLIDAYS_OF = "CN"  # public holidays that load follows


@dataclass(frozen=True)
class LoadData:
    """What was measured, beside the plan that asks."""

    case: Case
    grid: TimeGrid
    store_folder: Path
    now: datetime
    issue: datetime  # the last full hour: what began before it is measured
    ahead: xr.Dataset  # the plan's weather, hourly
    last: LastPlan | None
    clean: CleanTelemetry
    weather: LoopWeather  # on the record's hours
    loops: tuple[LoopRecord, ...]
    candidates: tuple[Candidate, ...] | None = None  # of the forecast; None: the product's


@dataclass(frozen=True)
class Past:
    """Hours from the first measured load up to the issue; MW."""

    record: LoadRecord  # of the network, losses of the mains included
    load: NetworkLoad
    model: BottomUp  # from the same first hour on
    room_k: Array  # (hour,) rooms we command over their target
    users_mw: Array  # (hour,) by the parameters, at these rooms; NaN where the weather is unknown
    losses_mw: Array  # (hour,)

    @property
    def age_h(self) -> float:
        """Hours from the last measured load to the issue."""
        known = np.flatnonzero(np.isfinite(self.record.load_mw))
        return float(self.record.load_mw.size - 1 - known[-1])

    @property
    def users_came_mw(self) -> Array:
        """Measured heat of the users, (hour,)."""
        return self.record.load_mw - self.losses_mw


def load_past(data: LoadData) -> Past | Remark:
    """Measured load and the buildings beside it; else why there are none."""
    load = network_load(data.case, data.clean, data.loops, 1.0)
    if load is None:
        return Remark("daily.load_none")
    since = slice(int(np.argmax(np.isfinite(load.load_mw))), None)
    weather, times = data.weather, data.weather.times[since]
    outdoor = weather.outdoor_c[since]
    if np.isfinite(outdoor).mean() < LEAST_OUTDOOR:
        return Remark("daily.load_no_weather")
    model = bottom_up(data.case, data.grid, _moment(times[0]), _hours(data, times[0]))
    wind, sun = weather.wind_m_per_s[since], weather.radiation_w_per_m2[since]
    outside = Weather(1.0, bridged(outdoor), wind, sun)
    room_k = _over_target_k(data, model, since)
    losses = model.losses_mw(outside)
    measured = load.load_mw[since] + (losses if load.basis is LoadBasis.STATIONS else 0.0)
    record = _record(data, measured, since)
    users = np.where(np.isfinite(outdoor), model.users_mw(0, outside, room_k), np.nan)
    return Past(record, load, model, room_k, users, losses)


def station_record(data: LoadData, station_id: str) -> LoadRecord | Remark:
    """Measured load of one station, all its loops together; else why there is none."""
    rows = [row for row, s in enumerate(data.case.stations) if s.station_id == station_id]
    loops = [data.loops[row] for row in rows]
    load = np.sum([one.heat_w_per_m2 * one.area_m2 / 1e6 for one in loops], axis=0)
    if not np.isfinite(load).any():
        return Remark("daily.load_station_none", {"station": station_id})
    since = slice(int(np.argmax(np.isfinite(load))), None)
    return _record(data, load[since], since)


def _record(data: LoadData, load_mw: Array, since: slice) -> LoadRecord:
    """A load on the hours of `since`, with the weather of these hours."""
    weather = data.weather
    return LoadRecord(
        times=weather.times[since],
        step_h=1.0,
        load_mw=load_mw,
        weather={
            TEMPERATURE: weather.outdoor_c[since],
            WIND: weather.wind_m_per_s[since],
            RADIATION: weather.radiation_w_per_m2[since],
        },
        timezone=data.case.settings.timezone,
        country=HOLIDAYS_OF,
    )


def _moment(time: np.datetime64) -> datetime:
    return utc_datetime(time).astimezone(UTC)


def _hours(data: LoadData, first: np.datetime64) -> int:
    """Hours from the first measured one to the end of the plan's grid."""
    to_start = float((utc64(data.grid.start) - first) / HOUR)
    return int(np.ceil(to_start + float(data.grid.edges_h[-1])))


def bridged(values: Array) -> Array:
    """Gaps closed by straight lines: a filter that met one would never recover."""
    known = np.flatnonzero(np.isfinite(values))
    return np.interp(np.arange(values.size, dtype=np.float64), known, values[known])


def _over_target_k(data: LoadData, model: BottomUp, since: slice) -> Array:
    """Rooms over their target as measured; else as the last plan expects them now, (hour,) K."""
    counted = commanded(data.case) & ~timetabled(data.case)
    rooms = np.array([one.room_c[since] for one in data.loops])
    hours = rooms.shape[1]
    area = np.array([one.area_m2 for one in data.loops])
    measured = rooms_over_target_k(rooms - model.target_step_c[:, :hours], area, counted, 1.0)
    if measured is not None:
        return measured
    return np.full(hours, _planned_over_target_k(data, model, counted))


def _planned_over_target_k(data: LoadData, model: BottomUp, counted: NDArray[np.bool_]) -> float:
    if data.last is None:
        return 0.0
    ids = [station.loop_id for station in data.case.stations]
    over = data.last.indoor_c.rows(ids)[:, 0] - model.target_c
    there = counted & np.isfinite(over)
    return float(over[there].mean()) if there.any() else 0.0
