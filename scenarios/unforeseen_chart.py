"""The picture of a turn of the weather nobody saw coming: outdoors, heat and coldest flats.

Steps are drawn over their length, rooms at the end of a step, in local time.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import cycle, islice

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from numpy.typing import NDArray

from dispatch.messages import say
from scenarios.drawing import INK, QUIET, figure, light_grid
from scenarios.hour_axis import name_hours
from scenarios.unforeseen_screen import policy_words
from scenarios.whatif.lived import Policy
from scenarios.whatif.lived_hours import Outdoors, PolicyHours

Array = NDArray[np.float64]

WIDTH_IN, HEIGHT_IN = 8.0, 8.4  # 1 200 px wide
# Okabe and Ito, "Color universal design", 2008: apart also to the colour-blind.
KNEW, HELD = INK, "#d55e00"
AGAIN = ("#0072b2", "#009e73", "#cc79a7", "#e69f00", "#56b4e9")
HOPED, CAME = QUIET, INK
DASHED, DOTTED = (0, (4, 2)), (0, (1, 2))
LEGEND_COLUMNS = 3
FIRST_CHINESE = 0x2E80


@dataclass(frozen=True)
class Look:
    """How the lines of a policy look; the plan that knew lies dashed over the others."""

    colour: str
    dashes: str | tuple[int, tuple[int, ...]]
    width: float
    above: float


@dataclass(frozen=True)
class View:
    """What a picture needs besides the hours."""

    titles: tuple[str, ...]  # the first that our font has all letters of stands above it
    timezone: str
    legal_c: float  # minimum of rooms by law


def unforeseen_figure(weather: Outdoors, policies: Sequence[PolicyHours], view: View) -> Figure:
    """Return the picture; draw it within `drawing_style`."""
    edges_h = np.arange(weather.start.size + 1, dtype=np.float64) * weather.step_h
    drawn = figure(WIDTH_IN, HEIGHT_IN)
    panels: Sequence[Axes] = drawn.subplots(3, 1, sharex=True, height_ratios=(1.0, 1.4, 1.4))
    sky, heat, flats = panels
    _stairs(sky, edges_h, weather.hoped_c, Look(HOPED, DASHED, 1.4, 3), say("unforeseen.hoped"))
    _stairs(sky, edges_h, weather.came_c, Look(CAME, "solid", 1.6, 2), say("unforeseen.came"))
    sky.set_ylabel(say("unforeseen.axis_outdoors"))
    for one, look in zip(policies, _looks(policies), strict=True):
        _stairs(heat, edges_h, one.heat_mw, look, policy_words(one.policy))
        _line(flats, edges_h[1:], one.coldest_flat_c, look)
    heat.set_ylabel(say("unforeseen.axis_heat"))
    _draw_law(flats, view.legal_c)
    flats.set_ylabel(say("unforeseen.axis_flats"))
    for axes in panels:
        light_grid(axes)
        axes.margins(y=0.08)
    for axes in (sky, heat):
        axes.legend(
            loc="lower left",
            bbox_to_anchor=(0, 1),
            borderaxespad=0.3,
            borderpad=0,
            ncols=LEGEND_COLUMNS,
        )
    name_hours(panels, weather.start[0], edges_h, view.timezone)
    drawn.align_ylabels(list(panels))
    title = next((one for one in view.titles if _is_drawable(one)), "")
    sky.set_title(title, fontsize=11, fontweight="bold", pad=20)
    return drawn


def _is_drawable(text: str) -> bool:
    """A PNG has only the letters of matplotlib's own font, which end before the Chinese ones."""
    return all(ord(letter) < FIRST_CHINESE for letter in text)


def _looks(policies: Sequence[PolicyHours]) -> list[Look]:
    again = [one.policy for one in policies if one.policy.replan_h is not None]
    colours = dict(zip(again, islice(cycle(AGAIN), len(again)), strict=True))
    return [_look(one.policy, colours) for one in policies]


def _look(policy: Policy, colours: dict[Policy, str]) -> Look:
    if policy.foresight:
        return Look(KNEW, DASHED, 1.4, 4)
    if policy.replan_h is None:
        return Look(HELD, "solid", 2.8, 2)  # seen beside a later plan until they part
    return Look(colours[policy], "solid", 1.4, 3)


def _stairs(axes: Axes, edges_h: Array, values: Array, look: Look, label: str) -> None:
    axes.stairs(
        values,
        edges_h,
        baseline=None,
        color=look.colour,
        linestyle=look.dashes,
        linewidth=look.width,
        zorder=look.above,
        label=label,
    )


def _line(axes: Axes, at_h: Array, values: Array, look: Look) -> None:
    axes.plot(
        at_h,
        values,
        color=look.colour,
        linestyle=look.dashes,
        linewidth=look.width,
        zorder=look.above,
    )


def _draw_law(axes: Axes, legal_c: float) -> None:
    axes.axhline(legal_c, color=INK, linewidth=1.2, linestyle=DOTTED)
    axes.annotate(
        say("unforeseen.line_law"),
        (0.0, legal_c),
        xycoords=("axes fraction", "data"),
        xytext=(4, 3),
        textcoords="offset points",
        fontsize=8,
        color=INK,
    )
