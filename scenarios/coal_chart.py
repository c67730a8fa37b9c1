"""The picture of a yard: its stock within a fan over the reserve lines, and its burn by day.

Stock is drawn at the end of each day, burn and deliveries over the day.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator
from numpy.typing import NDArray

from dispatch.fuel.coal_numbers import day_of, tonnes
from dispatch.fuel.outlook import FuelOutlook, Level, Order, Policy, YardOutlook
from dispatch.messages import say
from scenarios.coal_axis import BACKING, LABEL_PT, Days, draw_ranges, name_days, short_date
from scenarios.drawing import INK, QUIET, figure, light_grid
from scenarios.weather_chart import FAN, MEDIAN

Array = NDArray[np.float64]

HEAT, POWER = "#c96a3a", "#8c8c8c"
COMES, ORDERS = "#3f7d63", "#7b3294"
Dashes = str | tuple[int, tuple[int, ...]]
LINES: dict[Level, tuple[str, Dashes]] = {  # the lower, the more alarming
    Level.DAYS_30: ("#8a8a3a", (0, (1, 2))),
    Level.DAYS_15: ("#d08a00", (0, (4, 2))),
    Level.DAYS_7: ("#b03a2e", (0, (6, 2))),
    Level.EMPTY: ("#5a1a12", "solid"),
}
MOST_ORDERS = 6
ROOM, ROOM_FOR_ORDERS = 1.14, 1.36  # the axis over the highest stock
NEARLY_FULL = 0.85
ORDER_HEIGHTS = (0.88, 0.80)  # in turn, as fractions of the axis
FITS = 0.88  # of the axis: lines above it are left out, they would flatten the stock
NAME_HEIGHT = 0.042  # of the axis, of one line of letters


@dataclass(frozen=True)
class _Name:
    """What a line is called, and where it begins: on the axis of days, and as a height, 0-1."""

    text: str
    at: float
    height: float
    colour: str


def yard_figure(
    outlook: FuelOutlook, yard: YardOutlook, timezone: str, *, named: bool = True
) -> Figure:
    """Return the picture of one yard, with its name if `named`; draw it within `drawing_style`."""
    drawn = figure(11.0, 7.0)
    stock, burn = drawn.subplots(2, 1, sharex=True, height_ratios=(2.6, 1.0))
    days = Days(outlook.ahead.dates)
    top_t = _draw_stock(stock, yard, days)
    _draw_lines(stock, yard, days, top_t)
    stock.set_ylim(0, top_t)
    _draw_deliveries(stock, yard)
    _draw_orders(stock, yard, days)
    _draw_burn(burn, yard)
    draw_ranges((stock, burn), outlook, days, timezone)
    name_days((stock, burn), days)
    for axes in (stock, burn):
        light_grid(axes)
        axes.yaxis.set_major_locator(MaxNLocator(nbins=8, integer=True))
        axes.yaxis.set_major_formatter(lambda value, _: f"{value:,.0f}".replace(",", " "))
        axes.legend(
            loc="lower left", bbox_to_anchor=(0, 1), borderaxespad=0.3, borderpad=0, ncols=6
        )
    stock.set_ylabel(say("coal.axis_stock"))
    burn.set_ylabel(say("coal.axis_burn"))
    begins = day_of(days.dates[0])
    title = (
        say("coal.picture_title", yard=yard.yard.yard_id, date=begins)
        if named
        else say("coal.picture_title_unnamed", date=begins)
    )
    stock.set_title(title, fontsize=12, fontweight="bold", pad=24)
    return drawn


# ---- stock -----------------------------------------------------------------------------------


def _draw_stock(axes: Axes, yard: YardOutlook, days: Days) -> float:
    """Draw the fan; return how high the axis must reach, tonnes."""
    before, after = yard.piles.stock_before_t[:, np.newaxis], yard.piles.stock_t
    low2, low, middle, high, high98 = np.percentile(
        np.concatenate([before, after], axis=1), [2, 10, 50, 90, 98], axis=0
    )
    at = days.edges
    axes.fill_between(at, low, high, color=FAN[1][2], linewidth=0, label=say("coal.legend_band"))
    label = say("coal.legend_thin")
    for edge in (low2, high98):
        axes.plot(at, edge, color=MEDIAN, linewidth=0.6, alpha=0.7, label=label)
        label = "_"  # named once
    axes.plot(at, middle, color=MEDIAN, linewidth=1.8, label=say("coal.legend_median"))
    highest_t, capacity_t = float(max(high98.max(), 1.0)), yard.yard.capacity_t
    if highest_t >= NEARLY_FULL * capacity_t:  # then the limit is worth seeing
        highest_t = capacity_t
    return highest_t * (ROOM_FOR_ORDERS if _orders(yard) else ROOM)


def _draw_lines(axes: Axes, yard: YardOutlook, days: Days, top_t: float) -> None:
    """Draw the levels a planner watches, each named on its line, and the yard's capacity."""
    lines: list[tuple[str, Array, str, Dashes]] = [
        (_level_name(yard, level), yard.level_t[level], *LINES[level])
        for level in LINES
        if level in yard.level_t and (level is not Level.EMPTY or yard.yard.unusable_t > 0)
    ]
    if yard.yard.reserve_days_min not in (0, 7, 15, 30):
        text = say("coal.line_reserve", days=f"{yard.yard.reserve_days_min:g}")
        lines.append((text, yard.reserve_t, INK, (0, (3, 1, 1, 1))))
    at, named = days.edges[1:], []
    for text, level_t, colour, dashes in lines:
        inside = np.flatnonzero(level_t <= top_t * FITS)
        if inside.size:
            axes.plot(at, level_t, color=colour, linewidth=1.1, linestyle=dashes)
            first = int(inside[0])
            named.append(_Name(text, float(at[first]), float(level_t[first]) / top_t, colour))
    capacity_t = yard.yard.capacity_t
    if capacity_t * ROOM <= top_t * 1.0001:
        axes.axhline(capacity_t, color=QUIET, linewidth=1.0)
        named.append(_Name(say("coal.line_capacity"), 1.0, capacity_t / top_t, QUIET))
    _write_names(axes, named)


def _level_name(yard: YardOutlook, level: Level) -> str:
    if level is Level.EMPTY:
        return say("coal.line_unusable")
    days = {Level.DAYS_7: 7, Level.DAYS_15: 15, Level.DAYS_30: 30}[level]
    if days == yard.yard.reserve_days_min:
        return say("coal.line_reserve", days=days)
    return say("coal.line_days", days=days)


def _write_names(axes: Axes, names: Sequence[_Name]) -> None:
    """Write names just above where their lines begin; one that would hit another moves up."""
    lowest = 0.0
    for name in sorted(names, key=lambda one: one.height):
        height = max(name.height + 0.004, lowest)
        axes.annotate(
            name.text,
            (name.at, height),
            xycoords=("data", "axes fraction"),
            xytext=(3, 0),
            textcoords="offset points",
            color=name.colour,
            fontsize=LABEL_PT,
            va="bottom",
            bbox=BACKING,
            zorder=5,
        )
        lowest = height + NAME_HEIGHT


def _draw_deliveries(axes: Axes, yard: YardOutlook) -> None:
    """Mark the days on which coal is unloaded at the foot, as thick as it is much."""
    mean_t = yard.piles.unloaded_t.mean(axis=0)
    days = np.flatnonzero(mean_t > max(1.0, 0.02 * float(mean_t.max())))
    if not days.size:
        return
    axes.vlines(
        days + 0.5,
        0.0,
        0.012 + 0.05 * mean_t[days] / mean_t.max(),
        transform=axes.get_xaxis_transform(),
        color=COMES,
        linewidth=2.2,
        label=say("coal.legend_deliveries"),
    )


def _orders(yard: YardOutlook) -> list[Order]:
    """Return the orders of the chosen risk, else the next one alone."""
    planned = [o for one in yard.policies if one.policy is Policy.AT_RISK for o in one.orders]
    return (planned or ([yard.order] if yard.order else []))[:MOST_ORDERS]


def _draw_orders(axes: Axes, yard: YardOutlook, days: Days) -> None:
    """Draw an arrow from the day to order to the day it is there, with its tonnes above."""
    last = float(len(days.dates))
    for k, order in enumerate(_orders(yard)):
        begin = max(0.0, days.at(order.order_by))
        end = min(last, days.at(order.arrives) + 0.5)
        if begin >= last:
            continue
        height = ORDER_HEIGHTS[k % len(ORDER_HEIGHTS)]
        axes.vlines(
            begin,
            0.0,
            height,
            transform=axes.get_xaxis_transform(),
            color=ORDERS,
            linewidth=0.9,
            linestyle=(0, (1, 1.5)),
            label=say("coal.legend_order") if k == 0 else "_",
        )
        axes.annotate(
            "",
            (end, height),
            xytext=(begin, height),
            xycoords=("data", "axes fraction"),
            textcoords=("data", "axes fraction"),
            arrowprops={"arrowstyle": "-|>", "color": ORDERS, "shrinkA": 0, "shrinkB": 0},
        )
        told = tonnes(order.tonnes)
        text = (
            say("coal.order_mark_now", tonnes=told)
            if order.is_late
            else say("coal.order_mark", tonnes=told, date=short_date(order.order_by))
        )
        right = begin > 0.8 * last
        axes.annotate(
            text,
            (end if right else begin, height),
            xycoords=("data", "axes fraction"),
            xytext=(-2 if right else 2, 4),
            textcoords="offset points",
            color=ORDERS,
            fontsize=LABEL_PT,
            ha="right" if right else "left",
            bbox=BACKING,
        )


# ---- burn ------------------------------------------------------------------------------------


def _draw_burn(axes: Axes, yard: YardOutlook) -> None:
    """Draw burn for power and on it that for heat, medians, and the band of their sum."""
    piles = yard.piles
    wanted_t = piles.burnt_t + piles.short_t
    power_t = np.median(wanted_t * (1.0 - piles.heat_part), axis=0)
    low, middle, high = np.percentile(wanted_t, [10, 50, 90], axis=0)
    at = np.arange(middle.size) + 0.5
    if power_t.max() > 1.0:
        axes.bar(at, power_t, width=0.9, color=POWER, label=say("coal.legend_power"))
    heat_t = np.maximum(middle - power_t, 0.0)
    axes.bar(at, heat_t, width=0.9, bottom=power_t, color=HEAT, label=say("coal.legend_heat"))
    axes.vlines(at, low, high, color=INK, linewidth=0.8, label=say("coal.legend_burn_band"))
    axes.set_ylim(0, float(max(high.max(), 1.0)) * ROOM)
