"""Coal: stock of each yard to the season's end as a fan, cover, risk, and when to order."""

from collections.abc import Sequence
from datetime import date

import numpy as np

from dispatch.messages import day, say
from dispatch.report.charts import Chart, Series, days_axis
from dispatch.report.head import coal_lines
from dispatch.report.markup import Column, bullets, chart, number, paragraph, section, table
from dispatch.report.run_facts import Array, RunFacts
from dispatch.sheets.tables import Row, figure, grouped


def coal_section(facts: RunFacts) -> str:
    """Return words, a table and a fan for each yard."""
    yards = grouped(facts.outlook, "yard_id")
    fans = [chart(f"coal-{place}") for place, rows in enumerate(yards.values()) if is_fan(rows)]
    return section(
        "coal",
        say("report.title_coal"),
        bullets(coal_lines(facts)),
        _yards(facts),
        *fans,
        paragraph(say("report.note_coal"), class_="quiet"),
    )


def is_fan(rows: Sequence[Row]) -> bool:
    """Return whether rows of an outlook tell the spread of the stock, day by day."""
    return all(rows[0].get(f"stock_t_{end}") for end in ("p10", "p50", "p90"))


def _yards(facts: RunFacts) -> str:
    columns = (
        Column(say("report.yard"), is_word=True),
        Column(say("report.stock_t")),
        Column(say("report.burn_t"), say("report.note_burn")),
        Column(say("report.coming_t"), say("report.note_coming")),
        Column(say("report.cover_days"), say("report.note_cover")),
        Column(say("report.cover_least"), say("report.note_cover_least")),
        Column(say("report.below_pct"), say("report.note_below")),
        Column(say("report.order_by"), say("report.note_order"), is_word=True),
        Column(say("report.worth_t"), say("report.note_worth_t")),
    )
    rows = []
    for yard in facts.summary["yards"]:
        ahead = yard.get("ahead") or {}
        order_by = ahead.get("order_by")
        below = ahead.get("probability_below_reserve")
        rows.append(
            (
                yard["yard_id"],
                number(yard["stock_t"]),
                number(yard["burn_t_per_day"]),
                number(yard["delivery_t"]),
                number(ahead.get("days_of_cover_p50", yard["days_of_cover"]), 1),
                number(ahead.get("days_of_cover_p10"), 1),
                number(None if below is None else 100.0 * below, 1),
                "–" if order_by is None else day(date.fromisoformat(order_by)),
                number(yard["worth_yuan_per_t"], 2),
            )
        )
    return table(columns, rows, name="coal-table")


def coal_charts(facts: RunFacts) -> list[Chart]:
    """Return the stock of each yard by day: the middle, eight of ten winters, the reserve."""
    charts = []
    for place, ((yard,), rows) in enumerate(grouped(facts.outlook, "yard_id").items()):
        if not is_fan(rows):
            continue
        labels, ticks = days_axis([date.fromisoformat(row["date"]) for row in rows])
        low, middle, high = (_column(rows, f"stock_t_{end}") for end in ("p10", "p50", "p90"))
        series = [
            Series(say("report.series_coal_band"), high, "band", low=low, colour=0),
            Series(say("report.series_coal"), middle, colour=0),
        ]
        reserve = _column(rows, "reserve_t")
        if np.isfinite(reserve).any():
            series.append(Series(say("report.series_reserve"), reserve, dashed=True, colour=1))
        title = say("report.chart_coal", yard=yard)
        charts.append(Chart(f"coal-{place}", title, "t", labels, ticks, series, decimals=0))
    return charts


def _column(rows: Sequence[Row], name: str) -> Array:
    cells = (figure(row, name) for row in rows)
    return np.array([np.nan if one is None else one for one in cells], dtype=float)
