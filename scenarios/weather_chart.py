"""The picture of a forecast: a fan of temperatures over the normal of the date, wind and sunshine.

What the forecast does not hold is not drawn. Hours are drawn in their middle, in local time.
"""

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import numpy as np
import pandas as pd
import xarray as xr
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from dispatch.messages import say
from forecasts.weather.climate.climate import Climate
from forecasts.weather.outlook import (
    central_values,
    climate_hours,
    normal_band,
    temperature_members,
    temperature_quantiles,
)
from forecasts.weather.provider import Place
from forecasts.weather.run import utc64
from forecasts.weather.solar import HOUR, Floats
from scenarios.drawing import FAINT, INK, QUIET, figure, light_grid

FAN = ((0.05, 0.95, "#d6e4f2"), (0.1, 0.9, "#aecbe6"), (0.25, 0.75, "#74a5d3"))
MEDIAN, DESIGN, SUN, WIND, NORMAL = "#0b3c78", "#b03a2e", "#e6a817", "#3f7d63", "#efe9dc"
MOST_MEMBERS = 60  # more lines are one grey surface
MINUS = "\N{MINUS SIGN}"  # as the numbers of the axes have it
SHOWS_K = 0.05
NEAR_K = 4.0  # a line further than this from all temperatures is left out: it would flatten them


@dataclass(frozen=True)
class View:
    """What a picture needs besides the forecast; `title` and `subtitle` stand above it."""

    title: str
    subtitle: str
    place: Place
    now: datetime
    design_c: float | None = None
    climate: Climate | None = None  # of the normals; None: the nearest packaged city


def forecast_figure(weather: xr.Dataset, view: View) -> Figure:
    """Return the picture of an hourly forecast; draw it within `drawing_style`."""
    drawn = figure(11.0, 6.8)
    panels = drawn.subplots(3, 1, sharex=True, height_ratios=(3.6, 1.0, 1.0))
    temperature, wind, sun = panels
    times = weather["time"].values
    hours = np.arange(times.size, dtype=np.float64) + 0.5  # middles of the hours, from the first on
    _draw_temperature(temperature, weather, view, hours)
    wind.plot(hours, central_values(weather, "wind_speed"), color=WIND, linewidth=1.2)
    wind.set_ylim(bottom=0)
    wind.set_ylabel(say("weather_cli.axis_wind"))
    sun.fill_between(
        hours, central_values(weather, "global_radiation"), color=SUN, linewidth=0, step="mid"
    )
    sun.set_ylim(bottom=0)
    sun.set_ylabel(say("weather_cli.axis_sun"))
    now_h = float((utc64(view.now) - times[0]) / HOUR)
    filled = np.flatnonzero(climate_hours(weather)).astype(np.float64)
    for panel in panels:
        light_grid(panel)
        if 0 < now_h < times.size:
            panel.axvline(now_h, color=INK, linewidth=1.0)
        if filled.size:
            panel.axvspan(filled[0], times.size, color=FAINT, alpha=0.45, linewidth=0, zorder=0)
    _label_within(temperature, now_h, filled, times.size)
    _draw_days(panels, weather, view.place)
    temperature.set_title(view.title, fontsize=12, fontweight="bold", pad=38)
    temperature.annotate(
        view.subtitle,
        (0, 1),
        xytext=(0, 24),
        xycoords="axes fraction",
        textcoords="offset points",
        color=QUIET,
    )
    return drawn


def _draw_temperature(axes: Axes, weather: xr.Dataset, view: View, hours: Floats) -> None:
    normal = normal_band(view.place, weather["time"].values, view.climate)
    axes.fill_between(
        hours,
        normal.low_c,
        normal.high_c,
        color=NORMAL,
        linewidth=0,
        label=say("weather_cli.legend_normal"),
    )
    axes.plot(hours, normal.mean_c, color="#a89a7c", linewidth=0.9, linestyle=(0, (4, 3)))
    lowest, highest = _draw_fan(axes, weather, hours)
    centre = central_values(weather, "air_temperature")
    axes.plot(hours, centre, color=MEDIAN, linewidth=1.8, label=say("weather_cli.legend_centre"))
    if "air_temperature_uncorrected" in weather:
        _draw_uncorrected(axes, hours, weather["air_temperature_uncorrected"].values, centre)
    axes.set_ylabel(say("weather_cli.axis_temperature"))
    lines = [(0.0, say("weather_cli.freezing"), "#5b7f95")]
    if view.design_c is not None:
        text = say("weather_cli.design_line", design_c=view.design_c)
        lines.append((view.design_c, text.replace("-", MINUS), DESIGN))
    for level_c, text, colour in lines:
        if lowest - NEAR_K <= level_c <= highest + NEAR_K:
            _draw_level(axes, level_c, text, colour)
    axes.legend(
        loc="lower left",
        bbox_to_anchor=(0, 1),
        borderaxespad=0.3,
        borderpad=0,
        ncols=6,
        columnspacing=1.4,
    )


def _draw_uncorrected(axes: Axes, hours: Floats, as_given: Floats, centre: Floats) -> None:
    """Draw what the service said, where the local correction makes a difference that shows."""
    if np.nanmax(np.abs(as_given - centre)) < SHOWS_K:
        return
    axes.plot(
        hours,
        as_given,
        color=INK,
        linewidth=0.8,
        linestyle=":",
        label=say("weather_cli.legend_uncorrected"),
    )


def _draw_fan(axes: Axes, weather: xr.Dataset, hours: Floats) -> tuple[float, float]:
    """Draw quantiles and members; return the lowest and highest temperature drawn."""
    quantiles = temperature_quantiles(weather)
    drawn = [central_values(weather, "air_temperature")]
    for low, high, colour in FAN if quantiles is not None else ():
        if quantiles is None or low not in quantiles or high not in quantiles:
            continue
        label = say("weather_cli.legend_band", low=round(100 * low), high=round(100 * high))
        axes.fill_between(
            hours, quantiles[low], quantiles[high], color=colour, linewidth=0, label=label
        )
        drawn += [quantiles[low], quantiles[high]]
    members = temperature_members(weather)
    if members is not None:
        few = members[:: -(-len(members) // MOST_MEMBERS)]
        axes.plot(hours, few.T, color=INK, linewidth=0.3, alpha=0.25)
    return float(np.nanmin(drawn)), float(np.nanmax(drawn))


def _draw_level(axes: Axes, level_c: float, text: str, colour: str) -> None:
    axes.axhline(level_c, color=colour, linewidth=1.0, linestyle=(0, (6, 2)))
    axes.annotate(
        text,
        (1, level_c),
        xytext=(4, 0),
        xycoords=("axes fraction", "data"),
        textcoords="offset points",
        color=colour,
        va="center",
        fontsize=8,
        annotation_clip=False,
    )


def _label_within(axes: Axes, now_h: float, filled: Floats, hours: int) -> None:
    """Name the line of now and the shade of the climate, at the foot of the panel."""
    labels = [(now_h, 3, "left", say("weather_cli.now"), INK)] if 0 < now_h < hours else []
    if filled.size:
        labels.append((hours, -3, "right", say("weather_cli.climate"), QUIET))
    for at, aside, side, text, colour in labels:
        axes.annotate(
            text,
            (at, 0),
            xytext=(aside, 4),
            xycoords=("data", "axes fraction"),
            textcoords="offset points",
            color=colour,
            fontsize=8,
            ha=side,
        )


def _draw_days(panels: list[Axes], weather: xr.Dataset, place: Place) -> None:
    """Put the days of local time on the axis: a line at midnight, the name in the middle."""
    zone = ZoneInfo(place.timezone)
    times = weather["time"].values
    begins = midnights(times, zone)
    last = panels[-1]
    last.set_xlim(0, times.size)
    for panel in panels:
        panel.set_xticks([at for at, _ in begins])
        panel.tick_params(axis="x", labelbottom=False, length=0)
        panel.grid(visible=True, axis="x")
    every = -(-len(begins) // 10)  # at most ten names stand side by side
    for k, (at, day) in enumerate(begins):
        if k % every == 0 and at + 12 <= times.size:
            last.annotate(
                day_name(day),
                (at + 12, 0),
                xytext=(0, -6),
                xycoords=("data", "axes fraction"),
                textcoords="offset points",
                ha="center",
                va="top",
            )
    last.set_xlabel(say("weather_cli.axis_time", zone=place.timezone), labelpad=19, color=QUIET)


def day_name(day: date) -> str:
    """Return a day as people say it: its weekday, month and number."""
    names = say("weather_cli.weekdays").split()
    return say("weather_cli.day", weekday=names[day.weekday()], month=day.month, day=day.day)


def midnights(times: np.ndarray, zone: ZoneInfo) -> list[tuple[float, date]]:
    """Return where local days begin, in hours from the first time, and which days they are."""
    local = pd.DatetimeIndex(times, tz="UTC").tz_convert(zone)
    day, last = local[0].date(), local[-1].date()
    found = []
    while day <= last:
        begin = utc64(datetime.combine(day, time(), tzinfo=zone))
        found.append((float((begin - times[0]) / HOUR), day))
        day += timedelta(days=1)
    return [(at, day) for at, day in found if at >= 0]
