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
    DirectRegression,
    Shape,
    chosen,
    hour_slots,
    weekend_jumps,
)
from forecasts.demand.load.record import Floats, Ints
from forecasts.demand.load.training import Memory

NAMES = (
    "load_last_1", "load_jump_1h", "load_6h", "load_24h", "load_168h",
    "load_same_1", "load_same_2", "load_same_mean", "load_alike_1", "load_alike_2",
)  # fmt: skip


def pattern_table(found: Features) -> Floats:
    """Columns of the pattern, (issue, lead, column)."""
    return np.stack(chosen(found, NAMES) + weekend_jumps(found), axis=-1)


def day_slots(found: Features) -> Ints:
    """Local hour of the target steps, days off apart from working days, (issue, lead)."""
    off = found.columns["off"].astype(np.int64)
    return np.asarray(hour_slots(found) + HOURS * off, dtype=np.int64)


def pattern(name: str = "pattern") -> DirectRegression:
    """Load on its own past alone."""
    return DirectRegression(
        name,
        Shape(pattern_table, day_slots, 2 * HOURS),
        Memory(window_days=400.0, half_life_days=90.0),
        RidgeSettings(pull_rows=40.0, group_share=1e-3, rounds=1),
    )
