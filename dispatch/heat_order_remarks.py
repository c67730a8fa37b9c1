"""What a plan breaks of a contract for heat, in the dispatcher's words."""

from collections.abc import Iterator

import numpy as np
import xarray as xr

from dispatch.plan import Remark

WORTH_SAYING_MW = 0.05


def order_reasons(schedule: xr.Dataset) -> list[Remark]:
    """Orders that stand and are not kept within their tolerance, once a source."""
    return list(_broken_orders(schedule))


def _broken_orders(schedule: xr.Dataset) -> Iterator[Remark]:
    step_h = float(schedule.attrs["step_h"])
    for i, name in enumerate(schedule["source"].values.tolist()):
        heat, ordered = schedule["source_heat"].values[i], schedule["source_ordered"].values[i]
        tolerance = float(schedule["source_order_tolerance"].values[i])
        off = np.abs(heat - ordered) - tolerance * ordered
        broken = off > WORTH_SAYING_MW  # never where no order stands: NaN
        if broken.any():
            worst = int(np.nanargmax(off))
            values = {
                "source": name,
                "hours": round(float(broken.sum()) * step_h, 2),
                "ordered_mw": round(float(ordered[worst]), 1),
                "mw": round(float(heat[worst]), 1),
                "tolerance_pct": round(100 * tolerance, 1),
            }
            yield Remark("daily.order_broken", values)


def order_notes(schedule: xr.Dataset) -> list[Remark]:
    """Heat that is paid for and not taken, once a source."""
    notes = []
    step_h = float(schedule.attrs["step_h"])
    for i, name in enumerate(schedule["source"].values.tolist()):
        missed = schedule["source_order_least"].values[i] - schedule["source_heat"].values[i]
        hit = missed > WORTH_SAYING_MW
        if hit.any():
            values = {
                "source": name,
                "hours": round(float(hit.sum()) * step_h, 2),
                "mwh": round(float(missed[hit].sum()) * step_h, 1),
            }
            notes.append(Remark("daily.take_or_pay", values))
    return notes
