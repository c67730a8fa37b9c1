"""Schedules of a comparison side by side: `comparison.nc`, with a dimension `variant`."""

import numpy as np
import xarray as xr

from dispatch.plan_netcdf import to_netcdf
from scenarios.whatif.comparison import Compared, Comparison
from scenarios.whatif.outcome import Outcome

WORTH = (  # what is worth holding side by side; the rest is in the plan of each
    "air_temperature",
    "source_heat",
    "source_power",
    "source_fuel",
    "source_units_on",
    "plant_heat",
    "plant_supply_temp",
    "link_sent",
    "zone_served",
    "zone_heat_price",
    "station_heat",
    "station_supply",
    "station_indoor",
    "station_floor",
    "yard_burn",
    "yard_stock",
    "cost",
)
OF_BLOCKS = ("block_start", "block_end")


def comparison_netcdf(comparison: Comparison) -> bytes:
    """Return base and variants on (variant, …), 32-bit; NaN where a variant lacks a thing.

    Plans of other steps than the base's are left out.
    """
    base = comparison.base
    others = [one.outcome for one in comparison.variants if isinstance(one, Compared)]
    plans = [base, *(one for one in others if _same_steps(base, one))]
    side_by_side = xr.concat(
        [_worth(plan) for plan in plans],
        dim=xr.DataArray([plan.name for plan in plans], dims="variant", name="variant"),
        join="outer",
        combine_attrs="override",
    )
    titles = ("variant", [plan.title for plan in plans])
    attrs = {
        name: base.schedule.attrs[name]
        for name in ("Conventions", "case_id", "step_h", "timezone")
        if name in base.schedule.attrs
    }
    blocks = {name: base.schedule[name] for name in OF_BLOCKS}
    return to_netcdf(side_by_side.assign({"title": titles, **blocks}).assign_attrs(attrs))


def _worth(plan: Outcome) -> xr.Dataset:
    names = [name for name in WORTH if name in plan.schedule]
    found = plan.schedule[names].astype(np.float32, keep_attrs=True)
    found.attrs = {}
    return found


def _same_steps(base: Outcome, other: Outcome) -> bool:
    return np.array_equal(
        base.schedule["time"].values, other.schedule["time"].values
    ) and np.array_equal(base.schedule["block_start"].values, other.schedule["block_start"].values)
