"""The axis of days under a yard's picture: dates, and where plan, forecast and climate begin."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from zoneinfo import ZoneInfo

import numpy as np
from matplotlib.axes import Axes
from numpy.typing import NDArray

from dispatch.fuel.outlook import FuelOutlook
from dispatch.messages import say
from scenarios.drawing import FAINT, QUIET

LABEL_PT = 8.0
MOST_NAMES = 11  # dates beside each other on the axis
NARROW = 0.035  # of the axis: a name in so little room stands a line lower
# Behind letters that cross lines; a halo would make shapes of the letters.
BACKING = {"facecolor": "white", "edgecolor": "none", "alpha": 0.7, "pad": 0.6}


@dataclass(frozen=True)
class Days:
    """Where local days are on the axis: day k from k to k + 1."""

    dates: tuple[date, ...]

    @property
    def edges(self) -> NDArray[np.float64]:
        """Where each day begins, and the last ends."""
        return np.arange(len(self.dates) + 1, dtype=np.float64)

    def at(self, day: date) -> float:
        """Where a day begins; it may lie outside."""
        return float((day - self.dates[0]).days)


def draw_ranges(panels: Sequence[Axes], outlook: FuelOutlook, days: Days, timezone: str) -> None:
    """Show where the plan ends, where the forecast, and that the climate follows."""
    last, begins = float(len(days.dates)), 0.0
    ends = []
    if outlook.plan_until is not None:
        local = outlook.plan_until.astimezone(ZoneInfo(timezone))
        ends.append((days.at(local.date()) + local.hour / 24.0, say("coal.range_of_plan")))
    forecast = float(np.count_nonzero(outlook.ahead.from_forecast))
    ends.append((forecast, say("coal.range_of_forecast")))
    ends.append((last, say("coal.range_of_climate")))
    for until, text in ends:
        end = min(until, last)
        if end <= begins:
            continue
        for axes in panels:
            if end < last:
                axes.axvline(end, color=QUIET, linewidth=0.8, linestyle=(0, (2, 2)))
            if text == say("coal.range_of_climate"):
                axes.axvspan(begins, end, color=FAINT, alpha=0.35, linewidth=0, zorder=0)
        panels[0].annotate(
            text,
            (begins, 1),
            xycoords=("data", "axes fraction"),
            xytext=(3, -4 if end - begins > NARROW * last else -15),
            textcoords="offset points",
            va="top",
            fontsize=LABEL_PT,
            color=QUIET,
            bbox=BACKING,
        )
        begins = end


def name_days(panels: Sequence[Axes], days: Days) -> None:
    """Put dates on the axis, as many as stand beside each other, Mondays if that does."""
    count = len(days.dates)
    weeks = -(-count // 7)
    every = 7 * (-(-weeks // MOST_NAMES)) if count > MOST_NAMES else 1
    first = (7 - days.dates[0].weekday()) % 7 if every > 1 else 0
    ticks = list(range(first, count, every))
    names = [short_date(days.dates[tick]) for tick in ticks]
    if first >= 0.4 * every:  # else today's name would stand on the next
        ticks, names = [0, *ticks], [short_date(days.dates[0]), *names]
    if ticks[0] == 0:
        names[0] = say("coal.tick_today", date=names[0])
    for axes in panels:
        axes.set_xlim(0, count)
        axes.set_xticks(ticks)
        axes.grid(visible=True, axis="x")
    panels[-1].set_xticklabels(names)


def short_date(day: date) -> str:
    """Return a date as it stands on the axis."""
    return say("coal.tick", day=day.day, month=say("coal.short_months").split()[day.month - 1])
