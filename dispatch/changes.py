"""What a plan changes against the last one, in the hours both speak of."""

import numpy as np
import pandas as pd
import xarray as xr

from dispatch.initial_state import LastPlan
from dispatch.plan import Remark

WORTH_SAYING_K = 0.5  # a published setpoint's step
WORTH_SAYING_MW = 1.0


def changes_since(last: LastPlan | None, schedule: xr.Dataset) -> tuple[Remark, ...]:
    """Compare setpoints and source heat with the last plan's; empty without one."""
    if last is None:
        return ()
    return (*_station_changes(last, schedule), *_source_changes(last, schedule))


def _station_changes(last: LastPlan, schedule: xr.Dataset) -> list[Remark]:
    """How many commanded setpoints moved, in blocks of the same start, and by how much."""
    starts = pd.DatetimeIndex(schedule["block_start"].values, tz="UTC")
    both = starts.intersection(last.station_supply_c.columns)
    ours = schedule["station"].values[schedule["station_controllable"].values > 0]
    if not len(both) or not len(ours):
        return []
    now = pd.DataFrame(
        schedule["station_supply"].values, index=schedule["station"].values, columns=starts
    )
    moved = now.loc[ours, both] - last.station_supply_c.reindex(ours)[both]
    values = moved.to_numpy()
    values = values[np.isfinite(values)]
    changed = np.abs(values) >= WORTH_SAYING_K
    if not changed.any():
        return [Remark("daily.setpoints_same", {"plan_id": last.plan_id})]
    figures = {
        "plan_id": last.plan_id,
        "changed_pct": round(100 * float(changed.mean())),
        "mean_k": round(float(values.mean()), 1),
        "most_k": round(float(np.abs(values).max()), 1),
    }
    return [Remark("daily.setpoints_changed", figures)]


def _source_changes(last: LastPlan, schedule: xr.Dataset) -> list[Remark]:
    """Mean heat of each source over the hours both plans hold in their state."""
    times = pd.DatetimeIndex(schedule["time"].values, tz="UTC")
    both = times.intersection(last.source_heat_mw.columns)
    if not len(both):
        return []
    now = pd.DataFrame(
        schedule["source_heat"].values, index=schedule["source"].values, columns=times
    )
    remarks = []
    for source in now.index:
        if source in last.source_heat_mw.index:
            before = float(last.source_heat_mw.loc[source, both].mean())
            after = float(now.loc[source, both].mean())
            if abs(after - before) >= WORTH_SAYING_MW:
                figures = {"source": source, "before_mw": round(before, 1)}
                remarks.append(Remark("daily.source_changed", figures | {"mw": round(after, 1)}))
    return remarks
