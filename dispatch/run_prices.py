"""What heat is worth: `shadow_prices.csv`, a row per zone and step of the horizon."""

import numpy as np

from dispatch.plan import Plan
from dispatch.run_tables import (
    GJ_PER_MWH,
    OPENING,
    csv_file,
    heading,
    labels,
    local_text,
    numbers,
    utc_datetime,
)
from dispatch.text_cells import word

PRICE_COLUMNS = (*OPENING, "zone_id", "heat_yuan_per_mwh", "heat_yuan_per_gj")


def price_table(plan: Plan) -> bytes:
    """Return `shadow_prices.csv`; cells are empty where the solver gave no prices."""
    schedule, timezone = plan.schedule, plan.case.settings.timezone
    price = schedule["zone_heat_price"].values
    per_mwh, per_gj = numbers(price, 2), numbers(price / GJ_PER_MWH, 2)
    step = np.timedelta64(round(float(schedule.attrs["step_h"]) * 3600), "s")
    times = [
        [local_text(utc_datetime(moment), timezone) for moment in (start, start + step)]
        for start in schedule["time"].values
    ]
    opening = heading(plan)
    rows = [
        [*opening, *times[t], word(zone), per_mwh[z][t], per_gj[z][t]]
        for z, zone in enumerate(labels(schedule, "zone"))
        for t in range(len(times))
    ]
    return csv_file(PRICE_COLUMNS, rows)
