"""A shortage in the dispatcher's words: which hours, how much, who is at a limit, who gets cold."""

from zoneinfo import ZoneInfo

import numpy as np
import pandas as pd
import xarray as xr
from numpy.typing import NDArray

from dispatch.messages import words
from dispatch.plan import Remark

Mask = NDArray[np.bool_]
Array = NDArray[np.float64]

COLD_K = 0.05  # below this a room is called cold: the rounding of published temperatures
WARM_AGAIN_H = 24.0  # rooms that began under their floor may take this long
NOT_LIT = ("source_energy", "source_order_tolerance")  # of tanks and of bought heat alone
AT_LIMIT_MW = 0.05
FROST_GUARD_C = 8.0  # H §3; a Dataset attribute `frost_guard_c` overrides it
# One more MWh is worth this only where it keeps rooms warm: fuel costs 150 to 250 yuan, a share
# 600, a room under its planning floor some 3 000 and more.
DEAR_YUAN_PER_MWH = 1_000.0
EMPTY_SHARE = 0.05  # of a full tank: rounded setpoints leave a little of what is short


def _when(schedule: xr.Dataset, steps: Mask) -> dict[str, object]:
    """First and last moment of marked steps in local time."""
    zone = ZoneInfo(str(schedule.attrs["timezone"]))
    index = pd.DatetimeIndex(schedule["time"].values, tz="UTC").tz_convert(zone)
    hit = np.flatnonzero(steps)
    step = pd.Timedelta(hours=float(schedule.attrs["step_h"]))
    return {
        "start": index[hit[0]].to_pydatetime(),
        "end": (index[hit[-1]] + step).to_pydatetime(),
        "hours": round(float(steps.sum()) * float(schedule.attrs["step_h"]), 2),
    }


def block_of_step(schedule: xr.Dataset) -> NDArray[np.intp]:
    """Block of each step of a schedule."""
    starts = schedule["block_start"].values
    return np.searchsorted(starts, schedule["time"].values, side="right") - 1


def cold_rooms(schedule: xr.Dataset, *, commanded: bool, law: bool) -> tuple[Mask, np.ndarray]:
    """(station, step) mask of rooms below what they need, and by how much, K.

    Commanded stations are held against the floor less the forecast margin when `law` is set:
    there the coldest flats are at the legal minimum; others against the legal minimum itself. In
    a setback, where the floor is below the law, the frost guard takes the law's place.
    """
    ours = schedule["station_controllable"].values > 0
    least_c = _least_c(schedule, commanded=commanded, law=law)
    below_k = np.maximum(0.0, least_c - schedule["station_indoor"].values)
    mask = (below_k > COLD_K) & (ours == commanded)[:, None]
    return mask, np.where(mask, below_k, 0.0)


def _least_c(schedule: xr.Dataset, *, commanded: bool, law: bool) -> Array:
    """Mean room temperature that stations are held against, (station, step); see cold_rooms."""
    legal_c = float(schedule.attrs["legal_min_c"])
    floor: Array = schedule["station_floor"].values
    if commanded and not law:
        return floor
    margin_k = schedule["station_cold_flat_margin"].values[:, None] if commanded else 0.0
    frost_c = np.minimum(floor, float(schedule.attrs.get("frost_guard_c", FROST_GUARD_C)))
    return np.where(floor >= legal_c, legal_c + margin_k, frost_c)


def warming_from_start(schedule: xr.Dataset) -> Mask:
    """(station, step) commanded rooms that began under their floor and are on the way up to it.

    What was cold before the plan is no failure of the plan: not while rooms fall no further and
    are back within `WARM_AGAIN_H`. Rooms measured at the start scatter by some tenths of a kelvin
    around those of the last plan, so some of hundreds always begin under their floor.
    """
    floor_c = _least_c(schedule, commanded=True, law=False)
    room_c = schedule["station_indoor"].values
    before_c = schedule["station_indoor_before"].values[:, None]
    since_start = np.logical_and.accumulate(room_c < floor_c - COLD_K, axis=1)
    within = round(WARM_AGAIN_H / float(schedule.attrs["step_h"]))
    back = since_start.sum(axis=1, keepdims=True) <= within
    sinks = (since_start & (room_c < before_c - COLD_K)).any(axis=1, keepdims=True)
    began = before_c < floor_c[:, :1] - COLD_K
    ours = (schedule["station_controllable"].values > 0)[:, None]
    return np.asarray(since_start & began & back & ~sinks & ours)


def shortage_remarks(schedule: xr.Dataset) -> tuple[Remark, ...]:
    """Say what is short; empty where every commanded room keeps its flats legal."""
    mask, below_k = cold_rooms(schedule, commanded=True, law=True)
    if not mask.any():
        return ()
    rows = np.asarray(mask.any(axis=1))
    steps = np.asarray(mask.any(axis=0))
    zones = sorted(set(schedule["station_zone"].values[rows].tolist()))
    coldest = float(schedule["station_indoor"].values[mask].min())
    values = _when(schedule, steps) | {
        "zones": words(*zones),
        "stations": int(rows.sum()),
        "homes": int(schedule["station_homes"].values[rows].sum()),
        "below_k": round(float(below_k.max()), 1),
        "coldest_c": round(coldest, 1),
    }
    values |= _worst_deficit(schedule, rows, steps, _least_c(schedule, commanded=True, law=True))
    key = "daily.shortage" if values["missing_mw"] else "daily.cold_for_a_time"
    return (Remark(key, values), *_limits(schedule))


def _worst_deficit(
    schedule: xr.Dataset, rows: Mask, cold: Mask, least_c: Array
) -> dict[str, object]:
    """The step with most heat missing, until the last cold one: needed, delivered, missing, MW.

    Needed is the steady heat (F2) that holds the rooms of the stations that fall short, `rows`, at
    `least_c` (station, 1 or step) in that hour's weather. Others may live on their walls just then
    and lack nothing. Rooms cool slowly, so the worst hour comes before the coldest.
    """

    def column(name: str) -> Array:
        return np.asarray(schedule[name].values[rows])[:, None]

    outdoor_c = schedule["air_temperature"].values[None, :]
    beyond = schedule["wind_speed"].values - float(schedule.attrs["wind_reference_m_per_s"])
    loss = column("station_specific_loss")
    loss = loss + column("station_wind_loss") * np.maximum(0.0, beyond)[None, :]
    sun = column("station_solar_aperture") * schedule["global_radiation"].values[None, :]
    per_m2 = loss * (least_c[rows] - outdoor_c) - column("station_gain") - sun
    needed_mw = (np.maximum(0.0, per_m2) * column("station_area")).sum(axis=0) / 1e6
    got_kw = schedule["station_heat"].values[rows][:, block_of_step(schedule)].sum(axis=0)
    until = int(np.flatnonzero(cold)[-1]) + 1
    missing_mw = (needed_mw - got_kw / 1000.0)[:until]
    worst = int(missing_mw.argmax())
    zone = ZoneInfo(str(schedule.attrs["timezone"]))
    at = pd.Timestamp(schedule["time"].values[worst]).tz_localize("UTC").tz_convert(zone)
    return {
        "missing_mw": round(max(0.0, float(missing_mw[worst])), 1),
        "needed_mw": round(float(needed_mw[worst]), 1),
        "reached_mw": round(float(got_kw[worst]) / 1000.0, 1),
        "worst_at": at.to_pydatetime(),
    }


def _limits(schedule: xr.Dataset) -> list[Remark]:
    """Sources and mains at whose limit one more MW would be worth far more than fuel, and when.

    That is where the shortage comes from; a source that is merely full in a cheap hour is not
    named. Where the solver gave no prices, all that are full are named.
    """
    remarks = _out(schedule)
    most = schedule["source_max_heat"].values
    short = _decisive(schedule, "source_capacity_price", most - schedule["source_heat"].values)
    short &= most > AT_LIMIT_MW
    for i, name in enumerate(schedule["source"].values):
        if short[i].any():
            low, high = float(most[i, short[i]].min()), float(most[i, short[i]].max())
            values = {"source": str(name), "low_mw": round(low, 1), "high_mw": round(high, 1)}
            remarks.append(Remark("daily.source_at_limit", values | _when(schedule, short[i])))
    remarks += _empty_tanks(schedule)
    capacity = schedule["link_capacity"].values
    full = _decisive(schedule, "link_capacity_price", capacity - schedule["link_sent"].values)
    full &= (capacity > AT_LIMIT_MW) & (schedule["link_sent"].values > AT_LIMIT_MW)
    for j, name in enumerate(schedule["link"].values):
        if full[j].any():
            remarks.append(
                Remark("daily.link_at_limit", {"link": str(name)} | _when(schedule, full[j]))
            )
    return remarks


def _empty_tanks(schedule: xr.Dataset) -> list[Remark]:
    """Tanks that have nothing more to give, and when."""
    remarks = []
    left_mwh = schedule["source_stored"].values  # NaN for what is no tank
    empty = left_mwh <= EMPTY_SHARE * schedule["source_energy"].values[:, None]
    for name, steps in zip(schedule["source"].values, empty, strict=True):
        if steps.any():
            values = {"source": str(name)} | _when(schedule, steps)
            remarks.append(Remark("daily.tank_empty", values))
    return remarks


def _out(schedule: xr.Dataset) -> list[Remark]:
    """Sources and mains of which nothing is there, and when."""
    remarks = []
    for kind, most in (("source", "source_max_heat"), ("link", "link_capacity")):
        gone = schedule[most].values <= AT_LIMIT_MW
        for name, steps in zip(schedule[kind].values, gone, strict=True):
            if steps.any():
                values = {"id": str(name)} | _when(schedule, steps)
                remarks.append(Remark("daily.out_of_service", values))
    return remarks


def _decisive(schedule: xr.Dataset, price: str, room_mw: np.ndarray) -> Mask:
    """(thing, step) where a limit holds heat back from cold rooms."""
    worth = schedule[price].values
    at_limit = room_mw <= AT_LIMIT_MW
    return np.where(np.isnan(worth), at_limit, worth > DEAR_YUAN_PER_MWH)


def units_to_light(schedule: xr.Dataset, notice_h: dict[str, float]) -> tuple[Remark, ...]:
    """Sources that were cold and are needed: from when, and by when to light them.

    Not tanks, and not bought heat, which its seller makes.
    """
    remarks = []
    zone = ZoneInfo(str(schedule.attrs["timezone"]))
    times = pd.DatetimeIndex(schedule["time"].values, tz="UTC").tz_convert(zone)
    for i, name in enumerate(schedule["source"].values):
        heat = schedule["source_heat"].values[i]
        lit = np.isnan([schedule[kind].values[i] for kind in NOT_LIT]).all()
        needed = np.flatnonzero((heat > AT_LIMIT_MW) & lit)
        if float(schedule["source_heat_before"].values[i]) <= AT_LIMIT_MW and needed.size:
            first = times[needed[0]]
            light = max(first - pd.Timedelta(hours=notice_h[str(name)]), times[0])
            values = {
                "source": str(name),
                "at": first.to_pydatetime(),
                "light_by": light.to_pydatetime(),
                "most_mw": round(float(heat.max()), 1),
            }
            remarks.append(Remark("daily.light_source", values))
    return tuple(remarks)
