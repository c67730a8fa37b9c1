"""The picture of a load forecast: measured load, then the forecast within its 80 % interval."""

from zoneinfo import ZoneInfo

import numpy as np
from matplotlib.figure import Figure

from dispatch.load_outlook import LoadOutlook
from dispatch.messages import say
from forecasts.weather.solar import HOUR
from scenarios.drawing import INK, QUIET, figure, light_grid
from scenarios.weather_chart import FAN, MEDIAN, day_name, midnights

PAST_H = 96  # of measured load before now


def load_figure(outlook: LoadOutlook, title: str, timezone: str) -> Figure:
    """Return the picture; draw it within `drawing_style`. Hours are drawn in their middle."""
    drawn = figure(11.0, 4.6)
    axes = drawn.subplots()
    past = outlook.record.load_mw[-PAST_H:]
    times = np.concatenate([outlook.record.times[-PAST_H:], outlook.times])
    before = np.arange(past.size, dtype=np.float64) + 0.5
    hours = past.size + np.arange(outlook.times.size, dtype=np.float64) + 0.5
    axes.fill_between(
        hours,
        outlook.p10_mw,
        outlook.p90_mw,
        color=FAN[1][2],
        linewidth=0,
        label=say("load.legend_band"),
    )
    axes.plot(before, past, color=INK, linewidth=1.2, label=say("load.legend_measured"))
    axes.plot(hours, outlook.load_mw, color=MEDIAN, linewidth=1.8, label=say("load.legend_load"))
    axes.axvline(past.size, color=INK, linewidth=1.0)
    axes.set_ylabel(say("load.axis_load"))
    light_grid(axes)
    begins = midnights(times, ZoneInfo(timezone))
    axes.set_xlim(0, float((times[-1] - times[0]) / HOUR) + 1.0)
    axes.set_xticks([at for at, _ in begins])
    axes.tick_params(axis="x", labelbottom=False, length=0)
    axes.grid(visible=True, axis="x")
    for at, day in begins:
        if at + 12 <= times.size:
            axes.annotate(
                day_name(day),
                (at + 12, 0),
                xycoords=("data", "axes fraction"),
                xytext=(0, -6),
                textcoords="offset points",
                ha="center",
                va="top",
            )
    axes.set_xlabel(say("weather_cli.axis_time", zone=timezone), labelpad=19, color=QUIET)
    axes.set_title(title, fontsize=12, fontweight="bold", pad=22)
    axes.legend(loc="lower left", bbox_to_anchor=(0, 1), borderaxespad=0.3, ncols=3)
    return drawn
