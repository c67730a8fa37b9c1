"""The fan of a forecast in letters, for a terminal or a log."""

from zoneinfo import ZoneInfo

import numpy as np
import plotext
import xarray as xr

from dispatch.messages import say
from forecasts.weather.outlook import central_values, temperature_quantiles
from forecasts.weather.run import utc64
from forecasts.weather.solar import HOUR, Floats
from scenarios.weather_chart import View, day_name, midnights

HEIGHT = 22
NARROWEST, WIDEST = 60, 140
OUTER, INNER, CENTRE = "░", "▒", "█"
_OUTER_COLOUR, _INNER_COLOUR, _CENTRE_COLOUR = 153, 75, 25
_PER_LETTER = 2  # points to fill a letter's width and height, so that none is left out
_NAME_LETTERS = 12  # a day's name and the space around it
_MOST_LEVELS = 8


def terminal_chart(weather: xr.Dataset, view: View, width: int, *, coloured: bool) -> str:
    """Return the fan chart as lines of text, `width` letters wide within 60 to 140."""
    quantiles = temperature_quantiles(weather)
    fan = [
        (_band(quantiles, 0.1, 0.9), OUTER, _OUTER_COLOUR),
        (_band(quantiles, 0.25, 0.75), INNER, _INNER_COLOUR),
    ]
    centre = central_values(weather, "air_temperature")
    hours = np.arange(centre.size, dtype=np.float64) + 0.5
    letters = min(max(width, NARROWEST), WIDEST)
    plotext.clear_figure()  # it draws on one figure of its own
    try:
        plotext.theme("clear")
        plotext.limit_size(False, False)
        plotext.plot_size(letters, HEIGHT)
        for band, marker, colour in fan:
            if band is not None:
                plotext.scatter(*_filled(hours, *band, letters), marker=marker, color=colour)
        plotext.plot(list(hours), list(centre), marker=CENTRE, color=_CENTRE_COLOUR)
        _draw_axes(weather, view, letters, [centre, *(fan[0][0] or ())])
        text = str(plotext.build())
    finally:
        plotext.clear_figure()
    if not coloured:
        text = "\n".join(line.rstrip() for line in plotext.uncolorize(text).splitlines())
    key = "weather_cli.terminal_legend" if fan[0][0] else "weather_cli.terminal_legend_line"
    return f"{text.rstrip()}\n{say(key, centre=CENTRE, inner=INNER, outer=OUTER)}"


def _draw_axes(weather: xr.Dataset, view: View, letters: int, drawn: list[Floats]) -> None:
    """Put names of days under their noons, whole degrees at the side, and the line of now."""
    times = weather["time"].values
    noons = [(at + 12, day) for at, day in midnights(times, ZoneInfo(view.place.timezone))]
    shown = [(at, day_name(day)) for at, day in noons if at <= times.size]
    shown = shown[:: -(-len(shown) * _NAME_LETTERS // letters)]
    low, high = min(np.nanmin(line) for line in drawn), max(np.nanmax(line) for line in drawn)
    step = next((step for step in (1, 2, 5) if (high - low) / step <= _MOST_LEVELS), 10)
    levels = [int(level) for level in np.arange(np.ceil(low / step), high / step + 1e-9) * step]
    plotext.xlim(0, times.size)
    plotext.xticks([at for at, _ in shown], [name for _, name in shown])
    plotext.ylim(float(low) - 0.5, float(high) + 0.5)
    plotext.yticks(levels, [str(level) for level in levels])
    now_h = float((utc64(view.now) - times[0]) / HOUR)
    if 0 < now_h < times.size:
        plotext.vline(now_h)


def _band(
    quantiles: dict[float, Floats] | None, low: float, high: float
) -> tuple[Floats, Floats] | None:
    if quantiles is None or low not in quantiles or high not in quantiles:
        return None
    return quantiles[low], quantiles[high]


def _filled(
    hours: Floats, low: Floats, high: Floats, letters: int
) -> tuple[list[float], list[float]]:
    """Return points that fill the space between two lines."""
    fine = np.linspace(hours[0], hours[-1], _PER_LETTER * letters)
    bottom, top = np.interp(fine, hours, low), np.interp(fine, hours, high)
    between_k = (top.max() - bottom.min()) / (_PER_LETTER * HEIGHT)
    columns = [
        np.arange(under, over + between_k, between_k)
        for under, over in zip(bottom, top, strict=True)
    ]
    across = np.repeat(fine, [column.size for column in columns])
    return across.tolist(), np.concatenate(columns).tolist()
