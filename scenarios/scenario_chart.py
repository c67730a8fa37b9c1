"""The picture of a what-if: sky, heat by source, coldest rooms and coal, base against variant.

Steps are drawn over their length, rooms and stocks at the end of a step, in local time.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
import xarray as xr
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from numpy.typing import NDArray

from dispatch.messages import say
from dispatch.run_tables import labels
from scenarios.drawing import figure, light_grid
from scenarios.hour_axis import name_hours
from scenarios.whatif.outcome import Outcome

Array = NDArray[np.float64]

BASE, HERE, LAW = "#6b6b6b", "#b03a2e", "#5a1a12"
Dashes = str | tuple[int, tuple[int, ...]]
DASHED: Dashes = (0, (4, 2))
COLOURS = (
    "#0b3c78",
    "#c96a3a",
    "#3f7d63",
    "#e6a817",
    "#7b3294",
    "#74a5d3",
    "#8a8a3a",
    "#b9a3a3",
)
MOST_SOURCES = len(COLOURS)  # more are drawn together
LEAST_MW = 0.05


def variant_figure(base: Outcome, variant: Outcome) -> Figure:
    """Return the picture of one variant; draw it within `drawing_style`.

    Plans of other hours than the base's are drawn without it.
    """
    with_base = np.array_equal(base.schedule["time"].values, variant.schedule["time"].values)
    plans = [base, variant] if with_base else [variant]
    yards = labels(variant.schedule, "yard")
    heights = (1.0, *(1.5 for _ in plans), 1.3, *((1.0,) if yards else ()))
    drawn = figure(11.0, 2.0 * sum(heights) + 0.6)
    panels: Sequence[Axes] = drawn.subplots(len(heights), 1, sharex=True, height_ratios=heights)
    sky, heat, rooms = panels[0], panels[1 : 1 + len(plans)], panels[1 + len(plans)]
    _draw_sky(sky, plans)
    _draw_heat(heat, plans)
    _draw_rooms(rooms, plans)
    if yards:
        _draw_coal(panels[-1], plans, yards)
    for axes in panels:
        light_grid(axes)
    timezone, edges = variant.case.settings.timezone, _edges_h(variant.schedule)
    name_hours(panels, variant.schedule["time"].values[0], edges, timezone)
    drawn.align_ylabels(list(panels))
    return drawn


def _edges_h(schedule: xr.Dataset) -> Array:
    """Hours since the start at edges of steps, (step + 1,)."""
    steps = np.arange(schedule.sizes["time"] + 1, dtype=np.float64)
    return steps * float(schedule.attrs["step_h"])


@dataclass(frozen=True)
class Look:
    """How the lines of a plan look: the base dashed and grey behind the variant."""

    colour: str
    dashes: Dashes
    width: float
    label: str

    def draw(self, axes: Axes, at_h: Array, values: Array) -> None:
        """Draw one line."""
        axes.plot(
            at_h,
            values,
            color=self.colour,
            linestyle=self.dashes,
            linewidth=self.width,
            label=self.label,
        )


def _looks(plans: Sequence[Outcome]) -> list[tuple[Outcome, Look]]:
    here = Look(HERE, "solid", 1.6, say("compare.legend_here"))
    base = Look(BASE, DASHED, 1.2, say("compare.legend_base"))
    return [(plan, here if plan is plans[-1] else base) for plan in plans]


def _draw_sky(axes: Axes, plans: Sequence[Outcome]) -> None:
    for plan, look in _looks(plans):
        edges = _edges_h(plan.schedule)
        look.draw(axes, edges[:-1] + 0.5 * edges[1], plan.schedule["air_temperature"].values)
    axes.set_ylabel(say("compare.axis_outdoor"))
    _legend(axes)


def _legend(axes: Axes) -> None:
    axes.legend(loc="lower left", bbox_to_anchor=(0, 1), borderaxespad=0.3, borderpad=0, ncols=9)


# ---- heat ------------------------------------------------------------------------------------


def _draw_heat(panels: Sequence[Axes], plans: Sequence[Outcome]) -> None:
    """Stack the sources, in both plans in the same order, colours and scale."""
    by_plan = [_heat_mw(plan.schedule) for plan in plans]
    total: dict[str, float] = {}
    for heat in by_plan:
        for source, mw in heat.items():
            total[source] = total.get(source, 0.0) + float(np.abs(mw).sum())
    ranked = sorted((name for name in total if total[name] > LEAST_MW), key=lambda n: -total[n])
    if len(ranked) > MOST_SOURCES:
        ranked = ranked[: MOST_SOURCES - 1]
    top = max(float(np.maximum(list(heat.values()), 0.0).sum(axis=0).max()) for heat in by_plan)
    for axes, plan, heat in zip(panels, plans, by_plan, strict=True):
        edges = _edges_h(plan.schedule)
        below = np.zeros(edges.size - 1)
        others = [np.maximum(mw, 0.0) for name, mw in heat.items() if name not in ranked]
        rest = np.sum([below, *others], axis=0)
        stacks = [(name, heat[name]) for name in ranked if name in heat]
        if float(np.max(rest)) > LEAST_MW:
            stacks.append((say("compare.legend_other_sources"), rest))
        colours = dict(zip(ranked, COLOURS, strict=False))
        for name, mw in stacks:
            upper = below + np.maximum(mw, 0.0)
            colour = colours.get(name, COLOURS[-1])
            axes.stairs(upper, edges, baseline=below, fill=True, color=colour, label=name)
            below = upper
        axes.set_ylim(0, 1.08 * max(top, 1.0))
        key = "compare.axis_heat_here" if plan is plans[-1] else "compare.axis_heat_base"
        axes.set_ylabel(say(key))
    _legend(panels[0])


def _heat_mw(schedule: xr.Dataset) -> Mapping[str, Array]:
    return dict(zip(labels(schedule, "source"), schedule["source_heat"].values, strict=True))


# ---- rooms and coal --------------------------------------------------------------------------


def _draw_rooms(axes: Axes, plans: Sequence[Outcome]) -> None:
    """The coldest of our rooms in each hour, their mean, and the law."""
    for plan, look in _looks(plans):
        ours = plan.schedule["station_controllable"].values > 0
        if not ours.any():
            continue
        rooms = plan.schedule["station_indoor"].values[ours]
        area_m2 = plan.schedule["station_area"].values[ours]
        edges = _edges_h(plan.schedule)[1:]
        look.draw(axes, edges, rooms.min(axis=0))
        thin = replace(look, width=0.7, label="_")
        thin.draw(axes, edges, area_m2 @ rooms / area_m2.sum())
    legal_c = plans[-1].case.settings.comfort.legal_min_c
    axes.axhline(legal_c, color=LAW, linewidth=0.9, linestyle=(0, (1, 2)))
    axes.annotate(
        say("compare.line_law"),
        (1.0, legal_c),
        xycoords=("axes fraction", "data"),
        xytext=(-2, 3),
        textcoords="offset points",
        ha="right",
        fontsize=8,
        color=LAW,
    )
    axes.set_ylabel(say("compare.axis_rooms"))


def _draw_coal(axes: Axes, plans: Sequence[Outcome], yards: Sequence[str]) -> None:
    for plan, look in _looks(plans):
        edges = _edges_h(plan.schedule)
        schedule = plan.schedule
        for yard, before, stock in zip(
            labels(schedule, "yard"),
            schedule["yard_stock_before"].values,
            schedule["yard_stock"].values,
            strict=True,
        ):
            if yard not in yards:
                continue
            colour = COLOURS[yards.index(yard) % len(COLOURS)]
            here = plan is plans[-1]
            own = replace(look, colour=colour, label=yard if here else "_")
            own.draw(axes, edges, np.concatenate([[before], stock]))
    axes.set_ylim(bottom=0)
    axes.yaxis.set_major_formatter(lambda value, _: f"{value:,.0f}".replace(",", " "))
    axes.set_ylabel(say("compare.axis_coal"))
    _legend(axes)
