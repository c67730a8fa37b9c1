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
    there the coldest flats are at the legal minimum; others against the legal minimum itself.
    """
    ours = schedule["station_controllable"].values > 0
    legal_c = float(schedule.attrs["legal_min_c"])
    if commanded and not law:
        least = schedule["station_floor"].values[:, block_of_step(schedule)]
    elif commanded:
        least = (legal_c + schedule["station_cold_flat_margin"].values)[:, None]
    else:
        least = np.full((ours.size, 1), legal_c)
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
    """Sources and mains that are at their limit, and when: where the shortage comes from."""
    remarks = []
    room = schedule["source_max_heat"].values - schedule["source_heat"].values
    for name, left, most in zip(
        schedule["source"].values, room, schedule["source_max_heat"].values, strict=True
    ):
        steps = np.less_equal(left, AT_LIMIT_MW)
        if steps.any():
            low, high = float(most[steps].min()), float(most[steps].max())
            values = {"source": str(name), "low_mw": round(low, 1), "high_mw": round(high, 1)}
            remarks.append(Remark("daily.source_at_limit", values | _when(schedule, steps)))
    spare = schedule["link_capacity"].values - schedule["link_sent"].values
    for name, left in zip(schedule["link"].values, spare, strict=True):
        steps = np.less_equal(left, AT_LIMIT_MW)
        if steps.any():
            remarks.append(
                Remark("daily.link_at_limit", {"link": str(name)} | _when(schedule, steps))
            )
    return remarks
