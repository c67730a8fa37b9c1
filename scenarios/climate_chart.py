"""The picture of a climate: the course of its year, and how many days are how cold."""

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from dispatch.messages import say
from forecasts.weather.climate.annual import annual_course
from forecasts.weather.climate.climate import Climate
from forecasts.weather.climate.winter_figures import WinterFigures
from forecasts.weather.solar import Floats
from scenarios.drawing import QUIET, figure, light_grid

COURSE, BAND, RANGE, DESIGN = "#0b3c78", "#aecbe6", "#e4edf6", "#b03a2e"
HALF_WIDTH_SD = 1.2816  # of a band that holds four days in five
_DAYS = np.arange("2001-01-01T12", "2002-01-01T12", 24, dtype="datetime64[h]").astype(
    "datetime64[ns]"
)


def climate_figure(
    title: str, climate: Climate, winter: WinterFigures, design_c: float | None
) -> Figure:
    """Return the course of the year beside the duration of cold; draw it in `drawing_style`."""
    drawn = figure(11.0, 4.8)
    left, right = drawn.subplots(1, 2, sharey=False, width_ratios=(1.3, 1.0))
    _draw_year(left, climate)
    _draw_duration(right, winter)
    for axes in (left, right):
        light_grid(axes)
        axes.axhline(0.0, color=QUIET, linewidth=0.8)
        axes.set_ylabel(say("weather_cli.axis_temperature"))
    if design_c is not None:
        right.axhline(design_c, color=DESIGN, linewidth=1.0, linestyle=(0, (6, 2)))
        right.annotate(
            say("weather_cli.design_short"),
            (winter.days, design_c),
            xytext=(0, 3),
            textcoords="offset points",
            ha="right",
            color=DESIGN,
            fontsize=8,
        )
    drawn.suptitle(title, x=0.01, ha="left", fontsize=12, fontweight="bold")
    return drawn


def _draw_year(axes: Axes, climate: Climate) -> None:
    days = np.arange(_DAYS.size, dtype=np.float64)
    mean = annual_course(climate.mean_c, _DAYS)
    half_range = annual_course(climate.diurnal_range_k, _DAYS) / 2
    half_band = HALF_WIDTH_SD * annual_course(climate.day_to_day_sd_k, _DAYS)
    _band(axes, days, mean, half_band, BAND, say("weather_cli.legend_days"))
    for sign in (-1, 1):
        axes.plot(
            days,
            mean + sign * half_range,
            color=COURSE,
            linewidth=0.8,
            linestyle=(0, (4, 3)),
            label=say("weather_cli.legend_high_low") if sign < 0 else None,
        )
    axes.plot(days, mean, color=COURSE, linewidth=1.8, label=say("weather_cli.legend_mean"))
    begins = [
        int((np.datetime64(f"2001-{m:02d}-01") - np.datetime64("2001-01-01")).astype(int))
        for m in range(1, 13)
    ]
    axes.set_xticks(begins, [""] * 12)
    for begin, name in zip(begins, say("weather_cli.months").split(), strict=True):
        axes.annotate(
            name,
            (begin + 15, 0),
            xytext=(0, -6),
            xycoords=("data", "axes fraction"),
            textcoords="offset points",
            ha="center",
            va="top",
            fontsize=8,
        )
    axes.set_xlim(0, _DAYS.size)
    axes.legend(loc="upper center", bbox_to_anchor=(0.5, -0.06), ncols=3)


def _draw_duration(axes: Axes, winter: WinterFigures) -> None:
    low, median, high = winter.duration_c
    rank = np.arange(1, median.size + 1, dtype=np.float64)
    axes.fill_between(
        rank, low, high, color=BAND, linewidth=0, label=say("weather_cli.legend_winters")
    )
    axes.plot(rank, median, color=COURSE, linewidth=1.8, label=say("weather_cli.legend_median"))
    axes.set_xlim(1, winter.days)
    axes.set_xlabel(say("weather_cli.axis_rank"))
    axes.legend(loc="upper left")


def _band(axes: Axes, days: Floats, centre: Floats, half: Floats, colour: str, label: str) -> None:
    axes.fill_between(days, centre - half, centre + half, color=colour, linewidth=0, label=label)
