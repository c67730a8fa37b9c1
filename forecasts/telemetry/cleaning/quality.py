"""How good the telemetry of each station is (H§11): good readings, frames that came."""

from collections import Counter

import numpy as np
import pandas as pd

from forecasts.telemetry.cleaning.grid import Grid
from forecasts.telemetry.cleaning.series import Station
from forecasts.telemetry.points import TRAITS, Behaviour
from forecasts.telemetry.readings import Action, CleanTelemetry, Done

# What takes readings out; the others put right, or tell.
LEFT_OUT = frozenset(
    {
        *(Action.OUT_OF_RANGE, Action.SPIKE, Action.DUPLICATE, Action.FROZEN, Action.FLOW_ZERO),
        *(Action.COUNTER_LEAPT, Action.METER_CHANGED, Action.RETURN_ABOVE_SUPPLY),
        *(Action.ROOM_UNHEATED, Action.ROOM_OFF),
    }
)


def good_share(readings: int, did: list[Done]) -> float:
    """Share of readings that were not left out; NaN without any."""
    left_out = sum(one.readings for one in did if one.action in LEFT_OUT)
    return max(0.0, 1.0 - left_out / readings) if readings else float("nan")


def online_share(station: Station, grid: Grid) -> float:
    """Frames that came over frames due in the span of the grid: slots of the usual spacing.

    A frame is there when any point was read in it; orders come when they come and do not count.
    """
    series = [
        one for one in station.points.values() if TRAITS[one.point].behaviour is not Behaviour.ORDER
    ]
    series = [one for one in series or station.rooms if one.times.size > 1]
    if not series:
        return float("nan")
    spacing_h = min(one.spacing_h for one in series)
    begin_h, end_h = float(grid.edges_h[0]), float(grid.edges_h[-1])
    slots = max(1, round((end_h - begin_h) / spacing_h))
    seen = np.zeros(slots, dtype=bool)
    for one in series:
        # Frames wander by seconds: a slot is centred on the time that is due.
        slot = np.round((one.hours - begin_h) / spacing_h).astype(np.int64)
        seen[slot[(slot >= 0) & (slot < slots)]] = True
    return float(seen.mean())


def quality_table(clean: CleanTelemetry) -> pd.DataFrame:
    """One row an id: readings, good and online share, and how often each action was needed."""
    record = clean.record
    table = pd.DataFrame(
        {
            "id": record["id"].values,
            "readings": record["readings"].values,
            "good_share": record["good_share"].values,
            "online_share": record["online_share"].values,
        }
    )
    times = Counter((one.id, one.action) for one in clean.done)
    for action in Action:
        table[action.value] = [times[(name, action)] for name in table["id"]]
    return table
