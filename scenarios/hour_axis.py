"""The time axis that panels of a plan's hours share: local hours, and days below them."""

from collections.abc import Sequence
from zoneinfo import ZoneInfo

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from numpy.typing import NDArray

from dispatch.messages import say
from scenarios.drawing import FAINT, INK, QUIET
from scenarios.weather_chart import day_name

NIGHT_H, DAY_NAME_H = 6, 12  # hours between ticks; where a day is named


def name_hours(
    panels: Sequence[Axes], first: np.datetime64, edges_h: NDArray[np.float64], timezone: str
) -> None:
    """Name local hours under the lowest panel, and days below them.

    `first` is the UTC start of the first step, `edges_h` the hours since then at edges of steps.
    """
    start = pd.Timestamp(first).tz_localize("UTC")
    moments = [
        (hour, (start + pd.Timedelta(hours=hour)).tz_convert(ZoneInfo(timezone)))
        for hour in np.arange(0.0, edges_h[-1] + 1e-9, min(1.0, edges_h[1]))
    ]
    every = NIGHT_H if edges_h[-1] <= 24 * 5 else 24
    ticks = [(hour, at) for hour, at in moments if at.minute == 0 and at.hour % every == 0]
    last = panels[-1]
    for axes in panels:
        axes.set_xlim(0, edges_h[-1])
        axes.grid(visible=True, axis="x", color=FAINT)
    for hour, at in ticks:
        if at.hour == 0:
            for axes in panels:
                axes.axvline(hour, color=QUIET, linewidth=0.6)
    last.set_xticks([hour for hour, _ in ticks], [f"{at:%H}" for _, at in ticks])
    for hour, at in moments:
        if at.hour == DAY_NAME_H and at.minute == 0:
            last.annotate(
                day_name(at.date()),
                (hour, 0),
                xycoords=("data", "axes fraction"),
                xytext=(0, -18),
                textcoords="offset points",
                ha="center",
                va="top",
                color=INK,
            )
    last.set_xlabel(say("weather_cli.axis_time", zone=timezone), labelpad=18, color=QUIET)
