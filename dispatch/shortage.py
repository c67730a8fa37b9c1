"""A shortage in the dispatcher's words: which hours, how much, who is at a limit, who gets cold."""

from zoneinfo import ZoneInfo

import numpy as np
import pandas as pd
import xarray as xr
from numpy.typing import NDArray

from dispatch.plan import Remark

Mask = NDArray[np.bool_]

COLD_K = 0.05  # below this a room is called cold: the rounding of published temperatures
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
        "start": f"{index[hit[0]]:%d %b %H:%M}",
        "end": f"{index[hit[-1]] + step:%d %b %H:%M}",
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
    legal_c = float(schedule.attrs["legal_min_c"])
    floor = schedule["station_floor"].values
    if commanded and not law:
        least = floor
    else:
        margin_k = schedule["station_cold_flat_margin"].values[:, None] if commanded else 0.0
        frost_c = np.minimum(floor, float(schedule.attrs.get("frost_guard_c", FROST_GUARD_C)))
        least = np.where(floor >= legal_c, legal_c + margin_k, frost_c)
    below_k = np.maximum(0.0, least - schedule["station_indoor"].values)
    mask = (below_k > COLD_K) & (ours == commanded)[:, None]
    return mask, np.where(mask, below_k, 0.0)


def shortage_remarks(schedule: xr.Dataset) -> tuple[Remark, ...]:
    """Say what is short; empty where every commanded room keeps its flats legal."""
    mask, below_k = cold_rooms(schedule, commanded=True, law=True)
    if not mask.any():
        return ()
    rows = mask.any(axis=1)
    steps = np.asarray(mask.any(axis=0))
    zones = sorted(set(schedule["station_zone"].values[rows].tolist()))
    coldest = float(schedule["station_indoor"].values[mask].min())
    values = _when(schedule, steps) | {
        "zones": ", ".join(zones),
        "stations": int(rows.sum()),
        "homes": int(schedule["station_homes"].values[rows].sum()),
        "below_k": round(float(below_k.max()), 1),
        "coldest_c": round(coldest, 1),
        "missing_mw": round(_missing_mw(schedule, below_k), 1),
    }
    return (Remark("daily.shortage", values), *_limits(schedule))


def _missing_mw(schedule: xr.Dataset, below_k: np.ndarray) -> float:
    """Steady heat that would lift the cold rooms of the worst step to their need, MW."""
    loss_w_per_k = schedule["station_specific_loss"].values * schedule["station_area"].values
    return float((below_k * loss_w_per_k[:, None]).sum(axis=0).max()) / 1e6


def _limits(schedule: xr.Dataset) -> list[Remark]:
    """Sources and mains at whose limit one more MW would be worth far more than fuel, and when.

    That is where the shortage comes from; a source that is merely full in a cheap hour is not
    named. Where the solver gave no prices, all that are full are named.
    """
    remarks = []
    most = schedule["source_max_heat"].values
    short = _decisive(schedule, "source_capacity_price", most - schedule["source_heat"].values)
    for i, name in enumerate(schedule["source"].values):
        if short[i].any():
            low, high = float(most[i, short[i]].min()), float(most[i, short[i]].max())
            values = {"source": str(name), "low_mw": round(low, 1), "high_mw": round(high, 1)}
            remarks.append(Remark("daily.source_at_limit", values | _when(schedule, short[i])))
    left_mwh = schedule["source_stored"].values  # NaN for what is no tank
    empty = left_mwh <= EMPTY_SHARE * schedule["source_energy"].values[:, None]
    for name, steps in zip(schedule["source"].values, empty, strict=True):
        if steps.any():
            values = {"source": str(name)} | _when(schedule, steps)
            remarks.append(Remark("daily.tank_empty", values))
    spare = schedule["link_capacity"].values - schedule["link_sent"].values
    full = _decisive(schedule, "link_capacity_price", spare)
    for j, name in enumerate(schedule["link"].values):
        if full[j].any():
            remarks.append(
                Remark("daily.link_at_limit", {"link": str(name)} | _when(schedule, full[j]))
            )
    return remarks


def _decisive(schedule: xr.Dataset, price: str, room_mw: np.ndarray) -> Mask:
    """(thing, step) where a limit holds heat back from cold rooms."""
    worth = schedule[price].values
    at_limit = room_mw <= AT_LIMIT_MW
    return np.where(np.isnan(worth), at_limit, worth > DEAR_YUAN_PER_MWH)


def units_to_light(schedule: xr.Dataset, notice_h: dict[str, float]) -> tuple[Remark, ...]:
    """Sources that were cold and are needed: from when, and by when to light them."""
    remarks = []
    zone = ZoneInfo(str(schedule.attrs["timezone"]))
    times = pd.DatetimeIndex(schedule["time"].values, tz="UTC").tz_convert(zone)
    for i, name in enumerate(schedule["source"].values):
        heat = schedule["source_heat"].values[i]
        is_tank = np.isfinite(schedule["source_energy"].values[i])
        needed = np.flatnonzero((heat > AT_LIMIT_MW) & ~is_tank)
        if float(schedule["source_heat_before"].values[i]) <= AT_LIMIT_MW and needed.size:
            first = times[needed[0]]
            light = max(first - pd.Timedelta(hours=notice_h[str(name)]), times[0])
            values = {
                "source": str(name),
                "at": f"{first:%d %b %H:%M}",
                "light_by": f"{light:%d %b %H:%M}",
                "most_mw": round(float(heat.max()), 1),
            }
            remarks.append(Remark("daily.light_source", values))
    return tuple(remarks)
