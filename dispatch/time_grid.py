"""The clock of a plan: steps for sources and pipes, setpoint blocks for stations, look-ahead.

Hours are counted from `start`. Within the horizon steps have the case's length and blocks begin
where the local clock shows a full block from midnight, so a re-plan does not move them and people
find them on their clocks: the block in which clocks are changed is an hour longer or shorter. The
horizon ends with the block that holds `horizon_h`. The look-ahead after it has blocks that grow
to 12 h, and there a step is a block: only the horizon is published.
"""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from dispatch.settings import Time

Array = NDArray[np.float64]
Index = NDArray[np.intp]

# (hours of look-ahead up to which the block length holds, block length): measured to keep a
# week's view near the cost of the horizon alone.
LOOK_AHEAD_BLOCKS_H = ((24.0, 4.0), (48.0, 6.0), (float("inf"), 12.0))


@dataclass(frozen=True)
class TimeGrid:
    """Edges in hours since `start`, an aware UTC time; see the module's text."""

    start: datetime
    step_h: float
    edges_h: Array  # of steps, look-ahead included
    block_edges_h: Array
    horizon_steps: int
    horizon_blocks: int
    timezone: str

    @property
    def steps(self) -> int:
        """Number of steps, look-ahead included."""
        return self.edges_h.size - 1

    @property
    def blocks(self) -> int:
        """Number of setpoint blocks, look-ahead included."""
        return self.block_edges_h.size - 1

    @property
    def step_lengths_h(self) -> Array:
        """Length of each step."""
        return np.diff(self.edges_h)

    @property
    def block_lengths_h(self) -> Array:
        """Length of each block."""
        return np.diff(self.block_edges_h)

    def begins_block(self, hold_h: int) -> bool:
        """Whether the plan begins with a block of `hold_h` by the clock, not inside one."""
        local = self.local(0.0)
        return (local.hour + local.minute / 60.0) % hold_h < self.step_h - 1e-9

    @property
    def block_of_step(self) -> Index:
        """Block of each step."""
        return np.searchsorted(self.block_edges_h, self.edges_h[:-1] + 1e-9, side="right") - 1

    @property
    def weather_steps(self) -> int:
        """Number of steps of `step_h` from the start to the end of the look-ahead."""
        return round(float(self.edges_h[-1]) / self.step_h)

    @property
    def block_of_weather_step(self) -> Index:
        """Block of each weather step."""
        starts = np.arange(self.weather_steps) * self.step_h
        return np.searchsorted(self.block_edges_h, starts + 1e-9, side="right") - 1

    def at(self, hours: float) -> datetime:
        """Aware UTC moment `hours` after the start."""
        return self.start + timedelta(hours=float(hours))

    def local(self, hours: float) -> datetime:
        """Aware local moment `hours` after the start."""
        return self.at(hours).astimezone(ZoneInfo(self.timezone))

    def naive_utc(self, hours: Array) -> NDArray[np.datetime64]:
        """Moments as datetime64[ns] in UTC, as labelled data hold them."""
        base = np.datetime64(self.start.replace(tzinfo=None), "ns")
        return base + np.round(hours * 3600.0).astype("timedelta64[s]").astype("timedelta64[ns]")

    def step_means(self, fine: Array) -> Array:
        """Average values on weather steps (…, weather step) to steps (…, step)."""
        first = np.round(self.edges_h[:-1] / self.step_h).astype(int)
        return np.add.reduceat(fine, first, axis=-1) * self.step_h / self.step_lengths_h


def plan_start(now: datetime, step_min: int) -> datetime:
    """First full step at or after `now`, in UTC."""
    step = pd.Timedelta(minutes=step_min)
    start: datetime = pd.Timestamp(now).tz_convert("UTC").ceil(step).to_pydatetime()
    return start


def time_grid(start: datetime, time: Time, timezone: str) -> TimeGrid:
    """Lay out steps and blocks for a plan from `start` (aware, on a full step)."""
    step_h = time.step_min / 60.0
    blocks = _clock_blocks_h(start, time, step_h, ZoneInfo(timezone))
    horizon_h, horizon_blocks = blocks[-1], len(blocks) - 1
    steps = list(np.arange(round(horizon_h / step_h) + 1) * step_h)
    while blocks[-1] < horizon_h + time.look_ahead_h:
        ahead_h = blocks[-1] - horizon_h
        blocks.append(
            blocks[-1] + next(length for until, length in LOOK_AHEAD_BLOCKS_H if ahead_h < until)
        )
        steps.append(blocks[-1])
    return TimeGrid(
        start=start,
        step_h=step_h,
        edges_h=np.array(steps),
        block_edges_h=np.array(blocks),
        horizon_steps=round(horizon_h / step_h),
        horizon_blocks=horizon_blocks,
        timezone=timezone,
    )


def _clock_blocks_h(start: datetime, time: Time, step_h: float, zone: ZoneInfo) -> list[float]:
    """Edges of the horizon's blocks, h from the start: full blocks of the local clock.

    Where the local clock is no whole number of steps off UTC, they begin with the next full step.
    """
    hold = timedelta(hours=time.setpoint_hold_h)
    shown = start.astimezone(zone).replace(tzinfo=None, fold=0)
    midnight = shown.replace(hour=0, minute=0, second=0, microsecond=0)
    shown = midnight + (shown - midnight) // hold * hold
    edges_h = [0.0]
    while edges_h[-1] < time.horizon_h:
        shown += hold
        after = shown.replace(tzinfo=zone).astimezone(UTC) - start.astimezone(UTC)
        edge_h = float(np.ceil(after / timedelta(hours=step_h))) * step_h
        if edge_h > edges_h[-1]:  # hours that clocks leave out have no block
            edges_h.append(edge_h)
    return edges_h
