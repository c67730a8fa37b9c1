"""From the end of a state file to a later start: rooms, stocks and units carried on.

Within the last plan's horizon its own `plan.nc` says what happened, corrected by the weather that
came instead of its forecast as far back as that is known. Beyond it stations are taken to follow
their fallback curves. A curve gives what holds the target in the weather of the hour, so that the
weather cancels and what is left of a deviation falls with the building's time constant (H F6):

    C d(θ − target)/dt = q + g − K(θ − t_w), q + g = K(target − t_w)  ⇒  exp(−t/τ), τ = C/K
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import xarray as xr
from numpy.typing import NDArray

from dispatch.case import Case
from dispatch.initial_state import Known, LastPlan, UnitRecord, state_from, state_of
from dispatch.plan_reader import read_plan
from dispatch.start_stock import StockAnchor
from forecasts.demand.building import Buildings, Weather, block_response
from forecasts.weather.steps import resample

Array = NDArray[np.float64]

LONGEST_GAP_H = 14 * 24.0  # beyond the plan: four time constants of a usual building
HELD_H = 24.0  # beyond the plan sources and mains are taken to hold on so long, then settled


@dataclass(frozen=True)
class Bridge:
    """A last plan carried on to a start; hours after its own first step and after its end."""

    last: LastPlan
    age_h: float
    beyond_h: float  # zero within its horizon


def bridge(
    folder: Path,
    content: Mapping[str, Any],
    anchors: Mapping[str, StockAnchor],
    case: Case,
    start: datetime,
    weather: xr.Dataset | None,
) -> Bridge | None:
    """Carry the plan of a run on to `start` (aware); None if it began later or is too old.

    `content` is that of the run's whole `state.json`; `weather` what came, hourly up to `start`.
    Raises OSError, ValueError or KeyError where `plan.nc` cannot be read.
    """
    return bridged(read_plan(folder / "plan.nc"), content, anchors, case, start, weather)


def bridged(
    schedule: xr.Dataset,
    content: Mapping[str, Any],
    anchors: Mapping[str, StockAnchor],
    case: Case,
    start: datetime,
    weather: xr.Dataset | None,
) -> Bridge | None:
    """The same for a schedule at hand."""
    step_h = float(schedule.attrs["step_h"])
    first = _moment(schedule["time"].values[0])
    age_h = (start - first).total_seconds() / 3600.0
    steps = schedule.sizes["time"]
    beyond_h = max(0.0, age_h - steps * step_h)
    if age_h < 0.0 or beyond_h > LONGEST_GAP_H:
        return None
    column = min(int(age_h / step_h + 1e-9), steps - 1)
    known = state_of(schedule, case, anchors, kept_h=steps * step_h)
    known["stock_in_file_t"] = content["stock_in_file_t"]
    known["things"] = content.get("things", {})
    last = state_from(known, first + timedelta(hours=column * step_h)).last
    if last is None:
        return None
    late_h = age_h - column * step_h
    if late_h > step_h - 1e-9:
        last = _at_the_end(last, schedule, beyond_h)
    elif late_h > 1e-9:  # between two steps what arrives in a main is told by what was sent alone
        last = replace(last, link_arrival_mwh=None, link_content_mwh=None, link_delay_h=None)
    room_c = last.indoor_c.values[:, 0]
    room_c = room_c + weather_error_k(schedule, weather, column + (late_h > step_h - 1e-9))
    room_c = decayed_c(schedule, room_c, beyond_h)
    last = replace(last, indoor_c=replace(last.indoor_c, values=room_c[:, None]))
    return Bridge(_later(last, late_h), age_h, beyond_h)


def decayed_c(schedule: xr.Dataset, room_c: Array, hours: float) -> Array:
    """Rooms `hours` after `room_c` (station,) on stations' curves, °C: nearer to their target."""
    tau_h = schedule["station_heat_capacity"].values / (
        3600.0 * schedule["station_specific_loss"].values
    )
    target_c = schedule["station_target"].values[:, -1]
    return np.asarray(target_c + (room_c - target_c) * np.exp(-hours / tau_h))


def weather_error_k(schedule: xr.Dataset, weather: xr.Dataset | None, steps: int) -> Array:
    """How much warmer rooms are after so many steps than planned, as the weather was another.

    (station,) K: both weathers rolled through the building with the plan's heat, so that all else
    cancels. Hours of which no weather is known are taken to be as forecast.
    """
    nothing = np.zeros(schedule.sizes["station"])
    if weather is None or steps == 0:
        return nothing
    step_h = float(schedule.attrs["step_h"])
    times = schedule["time"].values[:steps]
    came = resample(weather, step_h)
    there = np.isin(times, came["time"].values)
    if not there.any():
        return nothing
    came = came.sel(time=times[there])
    buildings = _buildings(schedule)
    block = np.searchsorted(schedule["block_start"].values, times, side="right") - 1
    heat_kw = schedule["station_heat"].values[:, block]
    rooms = []
    for actual in (False, True):
        values = []
        for name in ("air_temperature", "wind_speed", "global_radiation"):
            value = np.array(schedule[name].values[:steps], dtype=float)
            if actual:
                value[there] = came[name].values
            values.append(value)
        response = block_response(buildings, Weather(step_h, *values), np.arange(steps))
        before_c = schedule["station_indoor_before"].values
        rooms.append(response.indoor_c(before_c, heat_kw)[0][:, -1])
    return np.asarray(rooms[1] - rooms[0])


def _buildings(schedule: xr.Dataset) -> Buildings:
    def column(name: str) -> Array:
        return np.asarray(schedule[f"station_{name}"].values, dtype=float)

    return Buildings(
        area_m2=column("area"),
        specific_loss_w_per_m2k=column("specific_loss"),
        heat_capacity_j_per_m2k=schedule["station_heat_capacity"].values,
        gain_w_per_m2=column("gain"),
        solar_aperture=column("solar_aperture"),
        wind_loss_w_per_m2k_per_m_s=column("wind_loss"),
        wind_reference_m_per_s=float(schedule.attrs["wind_reference_m_per_s"]),
    )


def _at_the_end(last: LastPlan, schedule: xr.Dataset, beyond_h: float) -> LastPlan:
    """The state after the plan's last step, its yards burning on; `last` is that before it."""

    def column(known: Known, values: Array) -> Known:
        return replace(known, values=np.asarray(values, dtype=float)[:, None])

    stock_t = schedule["yard_stock"].values[:, -1]
    burn_t_per_h = schedule["yard_burn"].values.mean(axis=1) / float(schedule.attrs["step_h"])
    stock_t = np.maximum(0.0, stock_t - burn_t_per_h * beyond_h)
    stored = last.source_stored_mwh
    last = replace(
        last,
        indoor_c=column(last.indoor_c, schedule["station_indoor"].values[:, -1]),
        stock_t=column(last.stock_t, stock_t),
        source_stored_mwh=None
        if stored is None
        else column(stored, schedule["source_stored"].values[:, -1]),
        # What is under way in mains is told by the steps that were sent alone.
        link_arrival_mwh=None,
        link_content_mwh=None,
        link_delay_h=None,
    )
    if beyond_h <= HELD_H:
        return last
    return replace(
        last, source_heat_mw=_unknown(last.source_heat_mw), link_sent_mw=_unknown(last.link_sent_mw)
    )


def _unknown(known: Known) -> Known:
    """The same moments, of which nothing is known: what rests on it starts settled."""
    return Known((), known.hours, np.empty((0, known.hours.size)))


def _later(last: LastPlan, hours: float) -> LastPlan:
    """A state seen from a start so many hours later."""
    if hours < 1e-9:
        return last
    tables: dict[str, Any] = {
        name: replace(value, hours=value.hours - hours)
        for name, value in vars(last).items()
        if isinstance(value, Known) and value.hours.size > 1
    }
    units = {name: _units_later(record, hours) for name, record in last.units.items()}
    return replace(last, **tables, units=units)


def _units_later(record: UnitRecord, hours: float) -> UnitRecord:
    shift = np.array([hours, 0.0])
    return UnitRecord(record.before, record.starts + shift, record.stops + shift)


def _moment(value: np.datetime64) -> datetime:
    seconds = (value - np.datetime64(0, "s")) / np.timedelta64(1, "s")
    return datetime.fromtimestamp(float(seconds), UTC)
