"""The picture of a sweep: cost, fuel and the coldest rooms against the parameter."""

from collections.abc import Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure as Drawing
from numpy.typing import NDArray

from dispatch.messages import say
from scenarios.drawing import INK, QUIET, figure, light_grid
from scenarios.scenario_tables import figure_name
from scenarios.weather_chart import MEDIAN
from scenarios.whatif.figure import Figure, number
from scenarios.whatif.sweep import Sweep

Array = NDArray[np.float64]

COLD = "#b03a2e"
MOST_NAMES = 16


def sweep_figure(sweep: Sweep, shown: Sequence[Figure]) -> Drawing:
    """Return the curves, one below the other; draw it within `drawing_style`.

    Points at which homes fall below the law are red; where there is no plan, there is a gap.
    """
    drawn = figure(8.0, 2.2 * len(shown) + 0.7)
    panels: Sequence[Axes] = np.atleast_1d(drawn.subplots(len(shown), 1, sharex=True)).tolist()
    at = np.array(sweep.at)
    cold = np.array(sweep.series(Figure.BELOW_LAW_HOMES)) > 0
    for axes, name in zip(panels, shown, strict=True):
        _draw(axes, at, np.array(sweep.series(name)), cold)
        if name is Figure.FUEL_FOR_HEAT:
            levelled = np.array(sweep.series(Figure.FUEL_LEVELLED))
            axes.plot(
                at,
                levelled,
                color=QUIET,
                linewidth=1.1,
                linestyle=(0, (4, 2)),
                label=say("compare.legend_levelled"),
            )
            _legend(axes)
        axes.set_title(figure_name(name), fontsize=9.5, color=INK)
        light_grid(axes)
        axes.yaxis.set_major_formatter(_plain)
    if cold.any():
        panels[0].plot([], [], "o", color=COLD, label=say("compare.legend_cold"))
        _legend(panels[0])
    _name_values(panels, sweep)
    return drawn


def _draw(axes: Axes, at: Array, values: Array, cold: NDArray[np.bool_]) -> None:
    axes.plot(at, values, color=MEDIAN, linewidth=1.6)
    axes.plot(at[~cold], values[~cold], "o", color=MEDIAN, markersize=4.5)
    axes.plot(at[cold], values[cold], "o", color=COLD, markersize=4.5)
    axes.margins(y=0.12)


def _plain(value: float, _: float) -> str:
    """A tick with blanks between thousands, and as many decimals as it needs."""
    decimals = next((d for d in range(4) if abs(value - round(value, d)) < 1e-9), 4)
    return number(value, decimals)


def _legend(axes: Axes) -> None:
    axes.legend(loc="lower right", bbox_to_anchor=(1, 1), borderaxespad=0.3, borderpad=0, ncols=2)


def _name_values(panels: Sequence[Axes], sweep: Sweep) -> None:
    every = -(-len(sweep.points) // MOST_NAMES)
    named = list(zip(sweep.at, sweep.points, strict=True))[::every]
    names = [
        point.value if isinstance(point.value, str) else f"{point.value:g}" for _, point in named
    ]
    panels[-1].set_xticks([place for place, _ in named], names)
    for axes in panels:
        axes.grid(visible=True, axis="x")
    panels[-1].set_xlabel(sweep.parameter)
