"""The picture of a yard: its stock within a fan over the reserve lines, what comes, what burns.

Stock is drawn at the end of each day, burn and deliveries over the day.
"""

from collections.abc import Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator
from numpy.typing import NDArray

from dispatch.fuel.coal_numbers import day_of, tonnes
from dispatch.fuel.coal_words import OPEN
from dispatch.fuel.outlook import FuelOutlook, Level, Order, Policy, YardOutlook
from dispatch.messages import say
from scenarios.coal_axis import BACKING, LABEL_PT, Days, draw_ranges, name_days, short_date
from scenarios.coal_names import LETTER, LINE, Box, Line, write_names
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
TOP_ROW = 0.94  # above it the ranges are named
SHORTEST = 0.15  # of the axis: a line seen for less says nothing
NEAR = 1.5  # of the highest stock: levels above that are left out, they would flatten it
CLOSED = "#b9a3a3"


def yard_figure(
    outlook: FuelOutlook, yard: YardOutlook, timezone: str, *, named: bool = True
) -> Figure:
    """Return the picture of one yard, with its name if `named`; draw it within `drawing_style`."""
    drawn = figure(11.0, 7.6)
    stock, comes, burn = drawn.subplots(3, 1, sharex=True, height_ratios=(2.6, 0.5, 1.0))
    panels, days = (stock, comes, burn), Days(outlook.ahead.dates)
    lines, fan = _draw_stock(stock, yard, days)
    marks = _draw_orders(stock, yard, days)
    write_names(stock, lines, fan, [Box(0.0, 1.0, TOP_ROW, 1.0), *marks])
    _draw_deliveries(comes, yard)
    _draw_burn(burn, yard)
    _shade_closed(panels, yard)
    draw_ranges(panels, outlook, days, timezone)
    name_days(panels, days)
    for axes, bins in zip(panels, (8, 2, 6), strict=True):
        light_grid(axes)
        axes.yaxis.set_major_locator(MaxNLocator(nbins=bins, integer=True))
        axes.yaxis.set_major_formatter(lambda value, _: f"{value:,.0f}".replace(",", " "))
    for axes in (stock, burn):
        axes.legend(
            loc="lower left", bbox_to_anchor=(0, 1), borderaxespad=0.3, borderpad=0, ncols=6
        )
    stock.set_ylabel(say("coal.axis_stock"))
    comes.set_ylabel(say("coal.axis_deliveries"))
    burn.set_ylabel(say("coal.axis_burn"))
    drawn.align_ylabels(panels)
    begins = day_of(days.dates[0])
    title = (
        say("coal.picture_title", yard=yard.yard.yard_id, date=begins)
        if named
        else say("coal.picture_title_unnamed", date=begins)
    )
    stock.set_title(title, fontsize=12, fontweight="bold", pad=24)
    return drawn


# ---- stock -----------------------------------------------------------------------------------


def _draw_stock(
    axes: Axes, yard: YardOutlook, days: Days
) -> tuple[list[Line], tuple[Array, Array, Array]]:
    """Draw fan and levels; return the lines to be named, and days, low and high of the fan."""
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
    stock_t, capacity_t = float(max(high98.max(), 1.0)), yard.yard.capacity_t
    tops_t = [float(one.max()) for one in yard.level_t.values()]
    watched_t = max(stock_t, float(yard.reserve_t.max()))  # seen, however empty the yard is
    highest_t = max([watched_t, *(one for one in tops_t if one <= NEAR * watched_t)])
    shows_full = stock_t >= NEARLY_FULL * capacity_t  # then the limit is worth seeing
    if shows_full:
        highest_t = max(highest_t, capacity_t)
    room = ROOM_FOR_ORDERS if _orders(yard) else ROOM
    top_t = highest_t * room
    axes.set_ylim(0, top_t)
    part = at / at[-1]
    lines = _draw_levels(axes, yard, at[1:], top_t, 1.01 / room)
    if shows_full:
        axes.axhline(capacity_t, color=QUIET, linewidth=1.0)
        full = np.full(part.size, capacity_t / top_t)
        lines.append(Line(say("coal.line_capacity"), part, full, QUIET))
    return lines, (part, low2 / top_t, high98 / top_t)


def _draw_levels(axes: Axes, yard: YardOutlook, at: Array, top_t: float, fits: float) -> list[Line]:
    """Draw the levels a planner watches, the most alarming first, where they are under `fits`."""
    levels: list[tuple[str, Array, str, Dashes]] = [
        (_level_name(yard, level), yard.level_t[level], *LINES[level])
        for level in reversed(LINES)
        if level in yard.level_t and (level is not Level.EMPTY or yard.yard.unusable_t > 0)
    ]
    if yard.yard.reserve_days_min not in (0, 7, 15, 30):
        text = say("coal.line_reserve", days=f"{yard.yard.reserve_days_min:g}")
        levels.insert(0, (text, yard.reserve_t, INK, (0, (3, 1, 1, 1))))
    lines: list[Line] = []
    lower_t = np.zeros_like(at)  # lines meet near the season's end: a name stands before that
    for text, level_t, colour, dashes in levels:
        own = (level_t <= top_t * fits) & (level_t - lower_t > 0.01 * top_t)
        lower_t = level_t
        if own.mean() < SHORTEST:
            continue
        drawn_t = np.where(level_t <= top_t * fits, level_t, np.nan)
        axes.plot(at, drawn_t, color=colour, linewidth=1.1, linestyle=dashes)
        lines.append(Line(text, at[own] / at[-1], level_t[own] / top_t, colour))
    return lines


def _level_name(yard: YardOutlook, level: Level) -> str:
    if level is Level.EMPTY:
        return say("coal.line_unusable")
    days = {Level.DAYS_7: 7, Level.DAYS_15: 15, Level.DAYS_30: 30}[level]
    if days == yard.yard.reserve_days_min:
        return say("coal.line_reserve", days=days)
    return say("coal.line_days", days=days)


def _orders(yard: YardOutlook) -> list[Order]:
    """Return the orders of the chosen risk, else the next one alone."""
    planned = [o for one in yard.policies if one.policy is Policy.AT_RISK for o in one.orders]
    return (planned or ([yard.order] if yard.order else []))[:MOST_ORDERS]


def _draw_orders(axes: Axes, yard: YardOutlook, days: Days) -> list[Box]:
    """Draw an arrow from the day to order to the day it is there; return what that takes up."""
    last, taken = float(len(days.dates)), []
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
        wide, left, there = LETTER * len(text), begin / last, end / last
        across = (there - wide if right else left, there if right else max(there, left + wide))
        taken.append(Box(*across, height - 0.02, height + LINE + 0.02))
    return taken


# ---- what comes ------------------------------------------------------------------------------


def _draw_deliveries(axes: Axes, yard: YardOutlook) -> None:
    """Draw what is unloaded of the deliveries on file, mean over the paths."""
    mean_t = yard.piles.unloaded_t.mean(axis=0)
    axes.bar(np.arange(mean_t.size) + 0.5, mean_t, width=0.9, color=COMES)
    axes.set_ylim(0, float(max(mean_t.max(), 1.0)) * ROOM)


def _shade_closed(panels: Sequence[Axes], yard: YardOutlook) -> None:
    """Shade days on which the road or rail to the yard is shut, in part or whole."""
    shut = np.flatnonzero(yard.open_part < OPEN).tolist()
    label = say("coal.legend_closed")
    for day in shut:
        for axes in panels[:2]:
            alpha = 0.5 * (1.0 - float(yard.open_part[day]))
            axes.axvspan(day, day + 1, color=CLOSED, alpha=alpha, linewidth=0, label=label)
            label = "_"


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
