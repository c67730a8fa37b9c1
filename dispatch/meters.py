"""Yesterday's meters: what they say of the demand model and of the rooms (handbook F4)."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import numpy as np
from numpy.typing import NDArray

from dispatch.case import Case, MeasuredDay
from dispatch.plan import Remark
from dispatch.station_inputs import buildings_of, floor_c, target_c, third_party_heat_kw
from forecasts.demand.building import Weather

Array = NDArray[np.float64]

METER_BOUNDS = (0.9, 1.1)  # what yesterday's meter may correct (design §3)


@dataclass(frozen=True)
class Meters:
    """What yesterday's readings say: (station,) factors on K and indoor temperatures, else NaN."""

    loss_factor: Array
    indoor_c: Array
    remarks: tuple[Remark, ...]


def read_meters(case: Case, start: datetime, history: Weather) -> Meters:
    """Compare the readings of the day before `start` with what the model says of that day.

    `history` is the weather up to `start`. A zone's heat corrects the zone; the heat of all
    sources together corrects the zones that have no reading of their own.
    """
    zone = ZoneInfo(case.settings.timezone)
    day = start.astimezone(zone).date() - timedelta(days=1)
    rows = [row for row in case.measured_daily if row.date == day.isoformat()]
    count = len(case.stations)
    if not rows:
        return Meters(np.ones(count), np.full(count, np.nan), ())
    midnight = datetime(day.year, day.month, day.day, tzinfo=zone)
    hours_ago = (start - midnight).total_seconds() / 3600.0
    first = history.air_temperature_c.size - round(hours_ago / history.step_h)
    span = slice(max(0, first), max(0, first) + round(24.0 / history.step_h))
    estimate_gj = _estimated_heat_gj(case, history, span)
    factor, remarks = _zone_factors(case, rows, estimate_gj)
    whole = _network_ratio(case, rows, float(estimate_gj.sum()))
    if whole is not None and np.isnan(factor).any():
        factor = np.where(np.isnan(factor), _bounded(whole), factor)
        remarks.append(_remark("network", whole))
    indoor = np.full(count, np.nan)
    for row in rows:
        if row.indoor_median_c is not None:
            indoor[_members(case, row.id)] = row.indoor_median_c
    return Meters(np.where(np.isnan(factor), 1.0, factor), indoor, tuple(remarks))


def _members(case: Case, zone_id: str) -> NDArray[np.bool_]:
    return np.array([station.zone_id == zone_id for station in case.stations])


def _bounded(ratio: float) -> float:
    return float(np.clip(ratio, *METER_BOUNDS))


def _zone_factors(
    case: Case, rows: list[MeasuredDay], estimate_gj: Array
) -> tuple[Array, list[Remark]]:
    """Factor of each station whose zone has a reading, else NaN; and what is said of it."""
    factor, remarks = np.full(len(case.stations), np.nan), []
    for row in rows:
        members = _members(case, row.id)
        if row.heat_gj is not None and members.any():
            ratio = row.heat_gj / max(1e-9, float(estimate_gj[members].sum()))
            factor[members] = _bounded(ratio)
            remarks.append(_remark(row.id, ratio))
    return factor, remarks


def _network_ratio(case: Case, rows: list[MeasuredDay], estimate_gj: float) -> float | None:
    """Heat of all sources less the mains' losses over the estimate; None if a source is missing."""
    measured = {row.id: row.heat_gj for row in rows if row.heat_gj is not None}
    if any(source.source_id not in measured for source in case.sources):
        return None
    users_mw = buildings_of(case).design_heat_kw(case.settings.design_outdoor_temp_c).sum() / 1e3
    loss_mw = sum(link.loss_mw_design for link in case.links)
    sent_gj = sum(measured[source.source_id] for source in case.sources)
    return sent_gj * float(users_mw / (users_mw + loss_mw)) / max(1e-9, estimate_gj)


def _remark(name: str, ratio: float) -> Remark:
    values = {"id": name, "ratio": round(ratio, 3), "applied": round(_bounded(ratio), 3)}
    return Remark("daily.meter", values)


def _estimated_heat_gj(case: Case, history: Weather, span: slice) -> Array:
    """Model heat of each station over a span of the history, GJ, rooms at target.

    On the filtered temperature: a building's heat does not follow the hour.
    """
    buildings = buildings_of(case)
    target = target_c(case, floor_c(case, buildings))
    heat_kw = third_party_heat_kw(case, buildings, history, target)[:, span]
    return np.asarray(heat_kw.sum(axis=1) * history.step_h * 3.6e-3)
