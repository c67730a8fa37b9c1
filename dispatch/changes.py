"""What a plan changes against the last one, in the hours both speak of."""

import numpy as np
import xarray as xr
from numpy.typing import NDArray

from dispatch.initial_state import LastPlan
from dispatch.plan import Remark

Array = NDArray[np.float64]

WORTH_SAYING_ROOM_K = 0.05
WORTH_SAYING_K = 0.5  # a published setpoint's step
WORTH_SAYING_MW = 1.0


def changes_since(last: LastPlan | None, schedule: xr.Dataset) -> tuple[Remark, ...]:
    """Compare rooms, setpoints and source heat with the last plan's; empty without one."""
    if last is None:
        return ()
    return (
        *_room_changes(last, schedule),
        *_station_changes(last, schedule),
        *_source_changes(last, schedule),
    )


def _room_changes(last: LastPlan, schedule: xr.Dataset) -> list[Remark]:
    """Rooms that start from elsewhere than the last plan expected, since they were measured."""
    ids = [str(name) for name in schedule["station"].values]
    moved = schedule["station_indoor_before"].values - last.indoor_c.rows(ids)[:, 0]
    moved = moved[np.isfinite(moved)]
    corrected = moved[np.abs(moved) >= WORTH_SAYING_ROOM_K]
    if not corrected.size:
        return []
    figures = {
        "loops": int(corrected.size),
        "all": int(moved.size),
        "mean_k": f"{round(float(corrected.mean()), 2) + 0.0:+.2f}",  # never -0.0
        "most_k": round(float(np.abs(corrected).max()), 1),
    }
    return [Remark("daily.rooms_corrected", figures)]


def _station_changes(last: LastPlan, schedule: xr.Dataset) -> list[Remark]:
    """How many commanded setpoints moved, in blocks both plans hold, and by how much."""
    commanded = schedule["station_controllable"].values > 0
    ids = [str(name) for name in schedule["station"].values[commanded]]
    now = schedule["station_supply"].values[commanded]
    hours = hours_after_start(schedule, schedule["block_start"].values)
    moved = now - last.station_supply_c.running_at(ids, hours, last.block_h)
    moved = moved[np.isfinite(moved)]
    changed = np.abs(moved) >= WORTH_SAYING_K
    if not changed.any():
        return [Remark("daily.setpoints_same", {"plan_id": last.plan_id})] if moved.size else []
    figures = {
        "plan_id": last.plan_id,
        "changed_pct": round(100 * float(changed.mean())),
        "mean_k": round(float(moved.mean()), 1) + 0.0,  # never -0.0
        "most_k": round(float(np.abs(moved).max()), 1),
    }
    return [Remark("daily.setpoints_changed", figures)]


def _source_changes(last: LastPlan, schedule: xr.Dataset) -> list[Remark]:
    """Mean heat of each source over the hours that both plans hold."""
    hours = hours_after_start(schedule, schedule["time"].values)
    remarks = []
    for i, name in enumerate(schedule["source"].values.tolist()):
        before = last.source_heat_mw.running_at([name], hours, last.step_h)[0]
        both = np.isfinite(before)
        if not both.any():
            continue
        before_mw = float(before[both].mean())
        after_mw = float(schedule["source_heat"].values[i][both].mean())
        if abs(after_mw - before_mw) >= WORTH_SAYING_MW:
            figures = {"before_mw": round(before_mw, 1), "mw": round(after_mw, 1)}
            remarks.append(Remark("daily.source_changed", {"source": name, **figures}))
    return remarks


def hours_after_start(schedule: xr.Dataset, moments: NDArray[np.datetime64]) -> Array:
    """Hours of moments after the first step of a schedule."""
    return np.asarray((moments - schedule["time"].values[0]) / np.timedelta64(1, "s") / 3600.0)
