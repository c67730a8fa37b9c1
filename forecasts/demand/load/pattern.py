"""Candidate without weather: the habit of hours and days, and how far the load is off it now.

A profile by local hour and kind of day (working or off) leans on the same hours of the last days;
level and trend follow means over 6, 24 and 168 h, in the manner of Holt and Winters
(doi:10.1287/mnsc.6.3.324), with as much of each as held for the group of leads. Few columns, so
that two weeks suffice.
"""

import numpy as np

from forecasts.demand.load.cell_ridge import RidgeSettings
from forecasts.demand.load.features import Features
from forecasts.demand.load.linear import (
    HOURS,
    NEAR_AND_FAR_DAYS,
    DirectRegression,
    Shape,
    hour_slots,
    like_days,
    load_differences,
)
from forecasts.demand.load.record import Floats, Ints
from forecasts.demand.load.training import Memory

LIKE_NAMES = ("load_same_2", "load_same_mean", "load_alike_2", "load_168h")


def pattern_table(found: Features) -> Floats:
    """Columns of the pattern, (issue, lead, column)."""
    known = found.columns
    short = known["load_6h"] - known["load_24h"]
    columns = [known["load_jump_1h"], short, *load_differences(found, LIKE_NAMES)]
    return np.stack(np.broadcast_arrays(*columns), axis=-1)


def day_slots(found: Features) -> Ints:
    """Local hour of the target steps, days off apart from working days, (issue, lead)."""
    off = found.columns["off"].astype(np.int64)
    return np.asarray(hour_slots(found) + HOURS * off, dtype=np.int64)


def pattern(name: str = "pattern") -> DirectRegression:
    """Load on its own past alone."""
    return DirectRegression(
        name,
        Shape(pattern_table, like_days, day_slots, 2 * HOURS),
        Memory(window_days=400.0, half_life_days=90.0),
        RidgeSettings(pull_rows=100.0, group_days=NEAR_AND_FAR_DAYS, rounds=1),
    )
