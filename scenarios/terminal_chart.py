"""A small picture in letters under the words of a screen, on a terminal alone."""

from collections.abc import Sequence
from dataclasses import dataclass
from zoneinfo import ZoneInfo

import numpy as np
import plotext
import xarray as xr
from numpy.typing import NDArray

from dispatch.messages import day, say
from dispatch.run_tables import utc_datetime

Floats = NDArray[np.float64]

HEIGHT = 14
NARROWEST, WIDEST = 60, 120
COLOURS = (25, 208, 34, 160, 91, 30)  # told apart by colour-blind eyes too; signs differ besides
SIGNS = ("█", "▓", "▒", "░", "●", "+")
MOST_LEVELS = 5
POINTS_A_LETTER = 2  # so that none of a filled area is left out


@dataclass(frozen=True)
class Chart:
    """Lines over time from zero up, or areas on each other; `ticks` are places and their words."""

    title: str
    series: tuple[tuple[str, Floats], ...]  # name and values, all of one length
    ticks: tuple[tuple[float, str], ...]
    stacked: bool = False


def heat_chart(schedule: xr.Dataset) -> Chart:
    """Heat of the plants on each other, MW, over the steps of a plan; a tick a local midnight."""
    heat_mw = np.maximum(schedule["plant_heat"].values, 0.0)
    zone = ZoneInfo(str(schedule.attrs["timezone"]))
    steps_h = float(schedule.attrs["step_h"])
    times = [utc_datetime(one).astimezone(zone) for one in schedule["time"].values]
    ticks = [(k, day(at.date())) for k, at in enumerate(times) if at.hour == at.minute == 0]
    names = [str(one) for one in schedule["plant"].values]
    title = say("cli.heat_chart", hours=round(len(times) * steps_h))
    return Chart(title, tuple(zip(names, heat_mw, strict=True)), tuple(ticks), stacked=True)


def drawn(chart: Chart, width: int, *, coloured: bool) -> str:
    """Return the chart as lines of text, at most `width` letters wide; empty where too narrow."""
    if width < NARROWEST:
        return ""
    letters = min(width, WIDEST)
    plotext.clear_figure()  # it draws on one figure of its own
    try:
        plotext.theme("clear")
        plotext.limit_size(False, False)
        plotext.plot_size(letters, HEIGHT)
        _draw(chart, letters)
        plotext.xticks([at for at, _ in chart.ticks], [name for _, name in chart.ticks])
        text = str(plotext.build())
    finally:
        plotext.clear_figure()
    if not coloured:
        text = "\n".join(line.rstrip() for line in plotext.uncolorize(text).splitlines())
    names = "  ".join(f"{SIGNS[k % len(SIGNS)]} {name}" for k, (name, _) in enumerate(chart.series))
    return f"{chart.title}\n{text.rstrip()}\n{names}"


def _draw(chart: Chart, letters: int) -> None:
    values: Floats = np.array([series for _, series in chart.series], dtype=np.float64)
    tops: Floats = values.cumsum(axis=0) if chart.stacked else values
    size = tops.shape[1]
    hours: Floats = np.arange(size, dtype=np.float64) + 0.5
    order = range(len(values))
    for k in reversed(order) if chart.stacked else order:
        look = {"marker": SIGNS[k % len(SIGNS)], "color": COLOURS[k % len(COLOURS)]}
        if chart.stacked:
            plotext.scatter(
                *_filled(hours, np.asarray(tops[k], dtype=np.float64), letters, float(tops.max())),
                **look,
            )
        else:
            plotext.plot(hours.tolist(), tops[k].tolist(), **look)
    most = float(np.nanmax(tops))
    plotext.xlim(0, size)
    plotext.ylim(0.0, 1.05 * most or 1.0)
    step = _round_step(most)
    levels = [float(level) for level in np.arange(0.0, 1.05 * most, step)]
    plotext.yticks(levels, [f"{level:g}" for level in levels])


def _round_step(most: float) -> float:
    """Steps of 1, 2 or 5 at the side, five at most."""
    if most <= 0.0:
        return 1.0
    ten = 10.0 ** np.floor(np.log10(most / MOST_LEVELS))
    return float(next(ten * one for one in (1, 2, 5, 10) if most / (ten * one) <= MOST_LEVELS))


def _filled(
    hours: Floats, top: Floats, letters: int, most: float
) -> tuple[Sequence[float], Sequence[float]]:
    """Points that fill the space under a line."""
    fine = np.linspace(hours[0], hours[-1], POINTS_A_LETTER * letters)
    heights = np.interp(fine, hours, top)
    step = max(most, 1e-9) / (POINTS_A_LETTER * HEIGHT)
    columns = [np.arange(0.0, height + step, step) for height in heights]
    across = np.repeat(fine, [column.size for column in columns])
    return across.tolist(), np.concatenate(columns).tolist()
