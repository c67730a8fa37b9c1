"""The first page: verdict, forecast, heat of the network by block, remarks, signatures."""

from collections.abc import Sequence
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np
import pandas as pd

from dispatch.messages import say
from dispatch.pin_remarks import figure as pinned_figure
from dispatch.plan import Plan, Quality
from dispatch.quality_words import quality_words
from dispatch.run_tables import GJ_PER_MWH, Blocks, labels, local_time
from dispatch.sheets.paper import (
    BAD,
    GOOD,
    MIND,
    MOMENT,
    ONE,
    PERCENT,
    WHOLE,
    Column,
    Paper,
)
from dispatch.sheets.tables import Tables, at, figure, grouped

FILLS = {Quality.GREEN: GOOD, Quality.AMBER: MIND, Quality.RED: BAD}
MOST_REMARKS = 20
LEAST_COLUMNS = 9


def first_page(sheet: Any, plan: Plan, tables: Tables) -> None:
    """Write the page on `sheet`."""
    plants = labels(plan.schedule, "plant")
    columns = _heat_columns(plants)
    paper = Paper(sheet, len(columns))
    paper.set_widths(columns)
    settings = plan.case.settings
    issued = local_time(plan.issued_at, settings.timezone)
    paper.title(say("sheet.title", name=settings.name))
    paper.line(
        say(
            "sheet.heading",
            plan_id=plan.plan_id,
            version=plan.version,
            issued=f"{issued:%Y-%m-%d %H:%M}",
            zone=settings.timezone,
        )
    )
    _verdict(paper, plan)
    paper.gap()
    paper.line(say("sheet.forecast"), bold=True)
    _forecast(paper, plan)
    paper.gap()
    paper.line(say("sheet.network"), bold=True)
    _network(paper, plan, tables, columns, plants)
    paper.gap()
    _remarks(paper, plan)
    paper.line(say("sheet.fallback"))
    paper.gap()
    paper.boxes([say(f"sheet.sign_{who}") for who in ("maker", "checker", "receiver", "time")])
    paper.print_on_a4(landscape=len(columns) > LEAST_COLUMNS, head_row=None, foot=plan.plan_id)


def _verdict(paper: Paper, plan: Plan) -> None:
    quality = plan.verdict.quality
    paper.line(quality_words(quality, plan.rung.name), bold=True, fill=FILLS[quality])
    for reason in plan.verdict.reasons:
        paper.line(f"- {reason.text}")


def _forecast(paper: Paper, plan: Plan) -> None:
    """Least, mean and most of each local day that the plan touches."""
    columns = [
        Column(say("sheet.day"), 12),
        Column(say("sheet.least_c"), 12, ONE),
        Column(say("sheet.mean_c"), 12, ONE),
        Column(say("sheet.most_c"), 12, ONE),
        Column(say("sheet.wind"), 12, ONE),
        Column(say("sheet.hours"), 8, ONE),
    ]
    paper.head(columns)
    schedule = plan.schedule
    zone = ZoneInfo(plan.case.settings.timezone)
    days = pd.DatetimeIndex(schedule["time"].values, tz="UTC").tz_convert(zone).date
    air_c, wind = schedule["air_temperature"].values, schedule["wind_speed"].values
    for day in dict.fromkeys(days):
        hit = days == day
        hours = float(hit.sum()) * float(schedule.attrs["step_h"])
        values = (air_c[hit].min(), air_c[hit].mean(), air_c[hit].max(), wind[hit].mean(), hours)
        paper.cells(columns, [f"{day:%Y-%m-%d}", *(round(float(one), 2) for one in values)])


def _heat_columns(plants: Sequence[str]) -> list[Column]:
    shown = [
        Column(say("sheet.from"), 12, MOMENT),
        Column(say("sheet.until"), 12, MOMENT),
        Column(say("sheet.outdoor"), 12, ONE),
        Column(say("sheet.heat_mw"), 12, ONE),
        Column(say("sheet.heat_gj_h"), 12, WHOLE),
    ]
    for plant in plants:
        shown += [
            Column(say("sheet.plant_mw", plant=plant), 12, ONE),
            Column(say("sheet.plant_share", plant=plant), 11, PERCENT),
        ]
    wanted = LEAST_COLUMNS - len(shown)
    return [*shown, *(Column("", 12) for _ in range(wanted))]


def _network(
    paper: Paper, plan: Plan, tables: Tables, columns: list[Column], plants: Sequence[str]
) -> None:
    """Heat of all sources by block, and what each plant gives of it."""
    plant_of = dict(
        zip(labels(plan.schedule, "source"), labels(plan.schedule, "source_plant"), strict=True)
    )
    used = columns[: 5 + 2 * len(plants)]
    paper.head(used)
    blocks = Blocks(plan.schedule, plan.case.settings.timezone)
    outdoor_c = np.atleast_1d(blocks.mean("air_temperature"))
    by_block = grouped(tables.sources, "valid_from", "valid_to").values()
    for rows, air_c in zip(by_block, outdoor_c, strict=True):
        heat_mw = dict.fromkeys(plants, 0.0)
        for row in rows:
            heat_mw[plant_of[row["source_id"]]] += figure(row, "heat_mw") or 0.0
        total_mw = sum(heat_mw.values())
        cells: list[object] = [at(rows[0], "valid_from"), at(rows[0], "valid_to")]
        cells += [round(float(air_c), 2), total_mw, total_mw * GJ_PER_MWH]
        for mw in heat_mw.values():
            cells += [mw, mw / total_mw if total_mw > 0 else None]
        paper.cells(used, cells)


def _remarks(paper: Paper, plan: Plan) -> None:
    """What somebody has to do or to know, and pins in force."""
    timezone = plan.case.settings.timezone
    told = [remark.text for remark in (*plan.shortage, *plan.verdict.notes, *plan.changes)]
    paper.line(say("sheet.remarks"), bold=True)
    for text in told[:MOST_REMARKS]:
        paper.line(f"- {text}")
    if len(told) > MOST_REMARKS:
        paper.line(say("sheet.more_remarks", count=len(told) - MOST_REMARKS))
    if not told:
        paper.line(say("sheet.no_remarks"))
    for one in plan.pins:
        pin = one.pin
        paper.line(
            say(
                "sheet.pin",
                thing=pin.id,
                what=pin.what.value,
                value=pinned_figure(pin, pin.value),
                since=local_time(pin.from_time, timezone),
                until=local_time(pin.to_time, timezone),
                by=pin.by,
                reason=pin.reason,
            )
        )
