"""Pictures of yards: they name what they draw, leave out what would flatten it, keep file names."""

from dataclasses import replace
from datetime import date, timedelta

import numpy as np

from dispatch.fuel.outlook import FuelOutlook
from scenarios.coal_chart import yard_figure
from scenarios.coal_files import picture_names
from scenarios.coal_names import Box, Line, write_names
from scenarios.drawing import drawing_style, figure, svg_text
from tests.fuel_outlook_maker import FOUR_TRAINS, YARD_A, YARD_B, fuel_outlook, yard_row


def svg(outlook: FuelOutlook, yard: int = 0) -> str:
    with drawing_style():
        return svg_text(yard_figure(outlook, outlook.yards[yard], "Asia/Shanghai"))


def test_a_reserve_of_its_own_has_a_line_of_its_own_and_a_late_order_is_for_now():
    late = replace(FOUR_TRAINS, is_late=True, order_by=date(2026, 1, 10))
    made = replace(YARD_A, yard=yard_row("煤场", reserve_days_min=10), order=late)
    outlook = fuel_outlook(made)
    open_part = np.where(np.isin(np.arange(len(outlook.ahead.dates)), (8, 9)), 0.0, 1.0)
    yard = replace(outlook.yards[0], policies=(), open_part=open_part)
    drawn = svg(replace(outlook, yards=(yard,)))
    for text in (
        *("burn of 10 days, the reserve", "burn of 7 days", "12 000 t now"),
        "road or rail closed",
    ):
        assert f">{text}<" in drawn, text
    assert "煤场: stock and burn" in drawn


def test_an_outlook_of_few_days_without_plan_or_deliveries():
    """Three days are left and the yard is empty: days are named one by one, the reserve is seen."""
    outlook = fuel_outlook(replace(YARD_B, deliveries_t={}))
    keep = slice(-3, None)
    ahead, yard = outlook.ahead, outlook.yards[0]
    short = replace(
        ahead,
        dates=ahead.dates[keep],
        hours=ahead.hours[keep],
        path_c=ahead.path_c[:, keep],
        expected_c=ahead.expected_c[keep],
        from_forecast=np.ones(3, dtype=bool),
    )
    piles = replace(
        yard.piles,
        **{
            name: getattr(yard.piles, name)[:, keep]
            for name in ("stock_t", "burnt_t", "short_t", "heat_part", "unloaded_t", "waiting_t")
        },
    )
    piles = replace(piles, stock_before_t=yard.piles.stock_t[:, -4])
    last = replace(
        yard,
        piles=piles,
        open_part=np.ones(3),
        level_t={level: line[keep] for level, line in yard.level_t.items()},
    )
    drawn = svg(replace(outlook, ahead=short, yards=(last,), plan_until=None))
    for day in short.dates[1:]:
        assert f">{day.day} Mar<" in drawn
    assert ">burn of 7 days, the reserve<" in drawn
    assert ">plan<" not in drawn
    assert ">climate<" not in drawn
    assert short.dates[-1] - short.dates[0] == timedelta(days=2)


def test_a_name_stands_where_the_fan_is_not():
    """The fan dives through the line's left half: a name there would hide it, and be hidden."""
    axes = figure(11.0, 7.6).subplots()
    part = np.linspace(0.0, 1.0, 61)
    fan = (part, np.full(61, 0.1), np.where(part < 0.5, 0.9, 0.15))
    line = Line("burn of 7 days, the reserve", part, np.full(61, 0.4), "red")
    write_names(axes, [line], fan, [Box(0.6, 1.0, 0.42, 0.5)])
    name = axes.texts[0]
    left, low = name.xy
    assert 0.5 <= left <= 0.6
    assert low < 0.4, "over the line other words stand already"


def test_file_names_of_pictures_are_safe_and_differ():
    """A yard called `../x` would be written beside the folder, `a/b` nowhere."""
    names = picture_names(["yard_A", "../x", "a/b", "A_B", "a_b", "煤场"])
    assert names["yard_A"] == "yard_A.png"
    assert names["../x"] == "_x.png"
    assert names["煤场"] == "煤场.png"
    assert names["a/b"] == "a_b.png"
    lower = {name.lower() for name in names.values()}
    assert len(lower) == 6
