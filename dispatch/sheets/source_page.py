"""A page for the duty operators of a plant: each of its sources by block (H §10)."""

from typing import Any

from dispatch.messages import say
from dispatch.plan import Plan
from dispatch.run_tables import GJ_PER_MWH, labels
from dispatch.sheets.paper import MOMENT, ONE, PERCENT, TWO, WHOLE, Column, Paper
from dispatch.sheets.tables import Tables, at, figure


def source_page(sheet: Any, plan: Plan, tables: Tables, plant: str) -> None:
    """Write the page of a plant on `sheet`."""
    columns = _columns()
    paper = Paper(sheet, len(columns))
    paper.set_widths(columns)
    paper.title(say("sheet.plant_title", plant=plant, name=plan.case.settings.name))
    paper.line(say("sheet.plant_note"))
    owners = zip(
        labels(plan.schedule, "source"), labels(plan.schedule, "source_plant"), strict=True
    )
    for source in (name for name, owner in owners if owner == plant):
        paper.gap()
        paper.line(say("sheet.source", source=source), bold=True)
        paper.head(columns)
        for row in (one for one in tables.sources if one["source_id"] == source):
            heat_mw = figure(row, "heat_mw")
            paper.cells(
                columns,
                [
                    at(row, "valid_from"),
                    at(row, "valid_to"),
                    heat_mw,
                    None if heat_mw is None else heat_mw * GJ_PER_MWH,
                    *(figure(row, name) for name in _FIGURES),
                    row["reason"],
                ],
            )
    paper.gap()
    paper.boxes([say(f"sheet.sign_{who}") for who in ("maker", "checker", "receiver", "time")])
    paper.print_on_a4(landscape=True, head_row=None, foot=plan.plan_id)


_FIGURES = (
    *("share", "supply_temp_c", "return_temp_c", "flow_tph"),
    *("units_on", "power_mw", "fuel_t"),
)


def _columns() -> list[Column]:
    return [
        Column(say("sheet.from"), 12, MOMENT),
        Column(say("sheet.until"), 12, MOMENT),
        Column(say("sheet.heat_mw"), 10, ONE),
        Column(say("sheet.heat_gj_h"), 10, WHOLE),
        Column(say("sheet.share"), 9, PERCENT),
        Column(say("sheet.supply_c"), 9, ONE),
        Column(say("sheet.return_c"), 9, ONE),
        Column(say("sheet.flow_tph"), 11, WHOLE),
        Column(say("sheet.units_on"), 8, WHOLE),
        Column(say("sheet.power_mw"), 10, ONE),
        Column(say("sheet.fuel_t"), 10, TWO),
        Column(say("sheet.reason"), 34),
    ]
