"""Steady heat of all loops by local day and outdoor temperature: the plan's aims, limits, dates.

A loop needs K·(aim − outdoor) − gains (F2), within the least and most heat of its supply
temperatures. The aim is what the plan holds rooms at: the planned floor, or the target where it
is priced. Days differ by wind, sun, outages and timetables, so each has a row of its own.
"""

from dataclasses import dataclass, replace
from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtr

from dispatch.case import Case
from dispatch.case_kinds import OutageKind
from dispatch.emitter import heat_limits_kw
from dispatch.network_inputs import loss_mw, soil_c
from dispatch.outages import added_loss_mw, available_fraction
from dispatch.setback import timetabled
from dispatch.station_inputs import (
    ROUNDING_ROOM_K,
    buildings_of,
    comfort_is_priced,
    commanded,
    floor_c,
    loops_of,
    target_c,
)
from dispatch.station_reach import passing_heat_kw
from dispatch.time_grid import TimeGrid, time_grid
from forecasts.demand.building import BASE_TEMP_C, Buildings
from forecasts.weather.weather_ahead import WeatherAhead

Array = NDArray[np.float64]
Mask = NDArray[np.bool_]

GRID_C = np.arange(-45.0, 30.5, 1.0)  # kinks of many loops lie close together in mild weather


@dataclass(frozen=True)
class LoopNeeds:
    """All loops of a case as their need is reckoned; arrays (station,) but for `available`."""

    buildings: Buildings
    aim_c: Array  # what rooms are held at: our own while people are in, others by their curve
    least_kw: Array  # our own; zero for others
    most_kw: Array  # our own; without limit for others
    taken: Array  # of the need: compliance and valve of others, 1 for our own
    ours: Mask
    timed: Mask  # ours, and set back by a timetable
    available: Array  # (station, day) that outages leave

    def warmer(self, by_k: float) -> "LoopNeeds":
        """The same with our rooms held so much above their aim."""
        return replace(self, aim_c=np.where(self.ours, self.aim_c + by_k, self.aim_c))


def loop_needs(case: Case, ahead: WeatherAhead) -> LoopNeeds:
    """Lay a case's loops out for the days of `ahead`.

    The floor carries the forecast margin of the case's usual error a day ahead: the margin that a
    plan made on the day itself will have.
    """
    buildings, loops, ours = buildings_of(case), loops_of(case), commanded(case)
    floor = floor_c(case, buildings)
    target, planned = target_c(case, floor), floor + ROUNDING_ROOM_K
    held = np.maximum(target, planned) if comfort_is_priced(case) else planned
    least_kw, most_kw = heat_limits_kw(loops, target)
    most_kw = passing_heat_kw(case, loops, target, most_kw)
    others = np.array([s.compliance if s.valve_open else 0.0 for s in case.stations])
    return LoopNeeds(
        buildings=buildings,
        aim_c=np.where(ours, held, target),
        least_kw=np.where(ours, np.minimum(least_kw, most_kw), 0.0),
        most_kw=np.where(ours, most_kw, np.inf),
        taken=np.where(ours, 1.0, others),
        ours=ours,
        timed=ours & timetabled(case),
        available=_available(case, ahead),
    )


def hours_ahead(case: Case, ahead: WeatherAhead) -> tuple[TimeGrid, NDArray[np.intp]]:
    """A grid of hours from the first moment of `ahead`, and the day (index) of each hour."""
    settings = case.settings
    midnight = datetime.combine(
        ahead.dates[0] + timedelta(days=1), time(), ZoneInfo(settings.timezone)
    )
    start = midnight.astimezone(ZoneInfo("UTC")) - timedelta(hours=float(ahead.hours[0]))
    grid = time_grid(start, settings.time.model_copy(update={"step_min": 60}), settings.timezone)
    ends_h = np.cumsum(ahead.hours)
    middles_h = np.arange(max(1, round(float(ends_h[-1])))) + 0.5
    day = np.searchsorted(ends_h, middles_h, side="right")
    return grid, np.minimum(day, ahead.days - 1)


def _available(case: Case, ahead: WeatherAhead) -> Array:
    """Part of each station that is there, mean over the hours of each day, (station, day)."""
    there = np.ones((len(case.stations), ahead.days))
    kind = OutageKind.STATION
    hit = {outage.id for outage in case.outages if outage.kind is kind}
    if not hit:
        return there
    grid, day = hours_ahead(case, ahead)
    edges_h = np.arange(day.size + 1.0)
    hours = np.maximum(1, np.bincount(day, minlength=ahead.days))
    for row, station in enumerate(case.stations):
        if station.station_id in hit:
            part = available_fraction(case, kind, station.station_id, grid, edges_h)
            there[row] = np.bincount(day, weights=part, minlength=ahead.days) / hours
    return there


def gust_m_per_s(mean_m_per_s: Array, reference_m_per_s: float) -> Array:
    """Mean of max(0, u − u0) over a day whose mean wind is `mean_m_per_s`.

    Hourly wind is spread as Rayleigh's distribution, the usual one of wind speeds; then the mean
    over u0 is 2·ū·Q(u0/σ) with σ = ū·√(2/π) and Q the normal tail. Of the mean wind alone it
    would be zero on most days. Source: C. G. Justus et al., "Methods for estimating wind speed
    frequency distributions", J. Appl. Meteorol. 17 (1978) 350-353.
    """
    mean = np.maximum(mean_m_per_s, 1e-6)
    sigma = mean * np.sqrt(2.0 / np.pi)
    return np.asarray(2.0 * mean * ndtr(-reference_m_per_s / sigma))


def steady_mw(needs: LoopNeeds, ahead: WeatherAhead, rows: Mask, windy: bool = True) -> Array:
    """Steady heat of the loops of `rows` together, MW (day, temperature of `GRID_C`).

    `windy` is False for the curves of others, which know neither wind nor sun.
    """
    buildings, area = needs.buildings, needs.buildings.area_m2[rows] / 1e6
    loss = buildings.specific_loss_w_per_m2k[rows]
    wind_loss = buildings.wind_loss_w_per_m2k_per_m_s[rows]
    gain, aperture = buildings.gain_w_per_m2[rows], buildings.solar_aperture[rows]
    least, most = needs.least_kw[rows] / 1000.0, needs.most_kw[rows] / 1000.0
    lift_k = needs.aim_c[rows][:, None] - GRID_C
    gust = gust_m_per_s(ahead.wind_m_per_s, buildings.wind_reference_m_per_s)
    total = np.empty((ahead.days, GRID_C.size))
    need = np.empty_like(lift_k)
    for day in range(ahead.days):
        gains = gain + aperture * ahead.radiation_w_per_m2[day] if windy else gain
        rate = loss + wind_loss * gust[day] if windy else loss
        np.multiply(lift_k, (rate * area)[:, None], out=need)
        need -= (gains * area)[:, None]
        np.maximum(need, least[:, None], out=need)
        np.minimum(need, most[:, None], out=need)
        total[day] = (needs.taken[rows] * needs.available[rows, day]) @ need
    return total


def relative_load(case: Case, filtered_c: Array) -> Array:
    """Network load over design load at a filtered outdoor temperature (F1, F3)."""
    lift_k = BASE_TEMP_C - case.settings.design_outdoor_temp_c
    return np.clip((BASE_TEMP_C - filtered_c) / lift_k, 0.1, 1.5)


def losses_mw(case: Case, ahead: WeatherAhead) -> Array:
    """What all mains lose, MW (day, filtered temperature of `GRID_C`): load, soil (F12), leaks."""
    grid, day = hours_ahead(case, ahead)
    hours = np.bincount(day, minlength=ahead.days).astype(np.float64)
    edges_h = np.concatenate([[0.0], np.cumsum(hours)])
    soil = soil_c(case, replace(grid, edges_h=edges_h))
    relative = np.broadcast_to(relative_load(case, GRID_C), (ahead.days, GRID_C.size))
    lost = [
        loss_mw(case, link, relative, soil[:, None])
        + added_loss_mw(case, link.link_id, grid.start, edges_h)[:, None]
        for link in case.links
    ]
    return np.asarray(np.sum(lost, axis=0), dtype=np.float64)
