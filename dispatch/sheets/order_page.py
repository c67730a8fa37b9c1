"""The day-ahead order 负荷计划 to the plants: heat of each source by block (H §10)."""

from typing import Any

from dispatch.messages import say
from dispatch.plan import Plan
from dispatch.sheets.paper import MOMENT, ONE, PERCENT, TWO, Column, Paper
from dispatch.sheets.tables import Tables, at, figure, grouped


def order_page(sheet: Any, plan: Plan, tables: Tables) -> None:
    """Write the page on `sheet`."""
    columns = [
        Column(say("sheet.from"), 12, MOMENT),
        Column(say("sheet.until"), 12, MOMENT),
        Column(say("sheet.plant"), 14),
        Column(say("sheet.source_id"), 16),
        Column(say("sheet.heat_mw"), 12, TWO),
        Column(say("sheet.order_gj"), 14, ONE),
        Column(say("sheet.tolerance"), 12, PERCENT),
    ]
    paper = Paper(sheet, len(columns))
    paper.set_widths(columns)
    paper.title(say("sheet.order_title", name=plan.case.settings.name))
    if not tables.order:
        paper.line(say("sheet.no_order"))
        paper.print_on_a4(landscape=False, head_row=None, foot=plan.plan_id)
        return
    days = sorted({at(row, "valid_from").date() for row in tables.order})
    paper.line(say("sheet.order_note", day=days[0]))
    head_row = paper.head(columns)
    for (plant,), rows in grouped(tables.order, "plant_id").items():
        for row in rows:
            paper.cells(
                columns,
                [
                    at(row, "valid_from"),
                    at(row, "valid_to"),
                    plant,
                    row["source_id"],
                    *(figure(row, name) for name in ("heat_mw", "heat_gj", "tolerance")),
                ],
            )
        total_gj = sum(figure(row, "heat_gj") or 0.0 for row in rows)
        total = [None, None, plant, say("sheet.total"), None, total_gj, None]
        paper.cells(columns, total, bold=True)
    paper.gap()
    paper.boxes([say(f"sheet.sign_{who}") for who in ("maker", "checker", "receiver", "time")])
    sheet.freeze_panes = sheet.cell(head_row + 1, 1)
    paper.print_on_a4(landscape=False, head_row=head_row, foot=plan.plan_id)
