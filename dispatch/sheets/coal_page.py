"""The page of the fuel planner: stock, burn, cover and orders of each yard, day by day."""

from collections.abc import Sequence
from typing import Any

from dispatch.messages import say
from dispatch.plan import Plan
from dispatch.run_summary import YardFuel, yard_fuel
from dispatch.sheets.paper import BAD, MIND, ONE, PERCENT, WHOLE, Column, Paper
from dispatch.sheets.tables import Row, Tables, figure, grouped
from dispatch.yard_ahead import yards_ahead

MOST_DAYS = 21
LIKELY, POSSIBLE = 0.5, 0.1  # of stock below its reserve: from here on the cell is coloured


def coal_page(sheet: Any, plan: Plan, tables: Tables) -> None:
    """Write the page on `sheet`."""
    columns = _columns()
    paper = Paper(sheet, len(columns))
    paper.set_widths(columns)
    paper.title(say("sheet.coal_title", name=plan.case.settings.name))
    paper.line(say("sheet.coal_note"))
    by_yard = grouped(tables.fuel, "yard_id")
    yards = yard_fuel(plan.schedule, yards_ahead(plan.outlook))
    for yard in yards:
        paper.gap()
        paper.line(_sentence(yard), bold=True)
        rows = by_yard.get((yard.yard_id,), [])
        if rows:
            _days(paper, columns, rows[:MOST_DAYS])
        else:
            paper.line(say("sheet.no_outlook"))
    if not yards:
        paper.line(say("sheet.no_yards"))
    paper.print_on_a4(landscape=True, head_row=None, foot=plan.plan_id)


def _sentence(yard: YardFuel) -> str:
    known = {
        "yard": yard.yard_id,
        "stock_t": f"{yard.stock_t:,.0f}",
        "burn_t": f"{yard.burn_t_per_day:,.0f}",
        "days": f"{yard.days_of_cover:.1f}",
    }
    order_by = None if yard.ahead is None else yard.ahead.order_by
    if order_by is None:
        return say("sheet.yard", **known)
    return say("sheet.yard_order", **known, order_by=order_by)


def _days(paper: Paper, columns: Sequence[Column], rows: Sequence[Row]) -> None:
    paper.head(columns)
    for row in rows:
        below = figure(row, "probability_below_reserve")
        fills: list[Any] = [None] * len(columns)
        if below is not None and below >= POSSIBLE:
            fills[-2] = BAD if below >= LIKELY else MIND
        values = [figure(row, name) for name in _FIGURES]
        paper.cells(columns, [row["date"], *values, row.get("last_safe_order_date", "")], fills)


_FIGURES = (
    *("burn_heat_t_p50", "burn_power_t_p50", "delivery_t_p50"),
    *("stock_t_p10", "stock_t_p50", "stock_t_p90"),
    *("days_of_cover_p10", "days_of_cover_p50", "probability_below_reserve"),
)


def _columns() -> list[Column]:
    return [
        Column(say("sheet.day"), 12),
        Column(say("sheet.burn_heat"), 12, WHOLE),
        Column(say("sheet.burn_power"), 12, WHOLE),
        Column(say("sheet.delivery"), 12, WHOLE),
        Column(say("sheet.stock_low"), 12, WHOLE),
        Column(say("sheet.stock_mid"), 12, WHOLE),
        Column(say("sheet.stock_high"), 12, WHOLE),
        Column(say("sheet.cover_low"), 12, ONE),
        Column(say("sheet.cover_mid"), 12, ONE),
        Column(say("sheet.below_reserve"), 12, PERCENT),
        Column(say("sheet.order_by"), 14),
    ]
