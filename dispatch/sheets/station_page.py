"""A page for the operators of a zone's stations: setpoints of the coming day, loop by loop."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

import numpy as np
from openpyxl.utils import get_column_letter

from dispatch.fallback_curves import curve_id_of
from dispatch.messages import clauses, say
from dispatch.plan import Plan
from dispatch.run_tables import Blocks, labels, local_time, utc_datetime
from dispatch.sheets.paper import BAD, COOL, MIND, ONE, SIGNED, WHOLE, Column, Paper
from dispatch.sheets.tables import Row, figure, grouped

DAY = timedelta(hours=24)
NAMED = 4  # columns before the setpoints
WORTH_COLOUR_K = 2.0  # a change of setpoint that a flat feels


def station_page(sheet: Any, plan: Plan, zone: str, rows: Sequence[Row]) -> None:
    """Write the page of a zone on `sheet`; `rows` are its loops' in `setpoints_stations.csv`."""
    loops = grouped(rows, "station_id", "loop")
    blocks = _blocks(plan)
    columns = _columns(blocks)
    paper = Paper(sheet, len(columns))
    paper.set_widths(columns)
    paper.title(say("sheet.zone_title", zone=zone, name=plan.case.settings.name))
    first, last = blocks[0][0], blocks[-1][1]
    paper.line(say("sheet.zone_note", start=first, end=last))
    head_row = paper.head(columns)
    places = {name: place for place, name in enumerate(labels(plan.schedule, "station"))}
    stations = {(one.station_id, one.loop): one for one in plan.case.stations}
    numbers = curve_numbers(plan)
    legal_c = plan.case.settings.comfort.legal_min_c
    for key, mine in loops.items():
        station = stations[key[0], key[1]]
        today = mine[: len(blocks)]
        setpoints = [figure(row, "secondary_supply_c") for row in today]
        offset_k = _offset_k(plan, places[station.loop_id], len(blocks))
        coldest_c = min(figure(row, "indoor_expected_c") or np.nan for row in today)
        ours = mine[0]["controllable"] == "1"
        values: list[object] = [
            station.station_id,
            station.loop,
            station.name,
            say("sheet.ours") if ours else say("sheet.theirs"),
            *setpoints,
            offset_k,
            figure(mine[0], "secondary_supply_min_c"),
            figure(mine[0], "secondary_supply_max_c"),
            sum(figure(row, "heat_quota_gj") or 0.0 for row in today),
            max(figure(row, "primary_flow_tph") or 0.0 for row in today),
            coldest_c,
            numbers[mine[0]["fallback_curve"]],
            _reasons(today),
        ]
        fills = _fills(len(columns), len(blocks), offset_k, coldest_c < legal_c)
        paper.cells(columns, values, fills)
    sheet.freeze_panes = sheet.cell(head_row + 1, 3)
    last_column = get_column_letter(len(columns))
    sheet.auto_filter.ref = f"A{head_row}:{last_column}{paper.row - 1}"
    paper.gap()
    used = {rows[0]["fallback_curve"] for rows in loops.values()}
    for curve, number in numbers.items():
        if curve in used:
            paper.line(say("sheet.curve_line", number=number, curve=curve))
    paper.print_on_a4(landscape=True, head_row=head_row, foot=plan.plan_id)


def curve_numbers(plan: Plan) -> dict[str, int]:
    """Number of each fallback curve, the same on every page: one system, one curve (H §10)."""
    curves = sorted({curve_id_of(station) for station in plan.case.stations})
    return {curve: number for number, curve in enumerate(curves, start=1)}


def _blocks(plan: Plan) -> list[tuple[datetime, datetime]]:
    """Local begin and end of the setpoint blocks of a day, as for the first stagger group."""
    timezone = plan.case.settings.timezone
    blocks = Blocks(plan.schedule, timezone)
    ends = [
        (local_time(utc_datetime(start), timezone), local_time(utc_datetime(end), timezone))
        for start, end in zip(blocks.start, blocks.end, strict=True)
    ]
    return [one for one in ends if one[0] < ends[0][0] + DAY]


def _offset_k(plan: Plan, place: int, blocks: int) -> float | None:
    """Mean setpoint over that of the same hours a day before, K; None where it is unknown."""
    now = plan.schedule["station_supply"].values[place, :blocks]
    before = plan.schedule["station_setpoint_day_before"].values[place, :blocks]
    apart = (now - before)[np.isfinite(before)]
    return round(float(apart.mean()), 2) + 0.0 if apart.size else None


def _reasons(rows: Sequence[Row]) -> str:
    return clauses(*dict.fromkeys(row["reason"] for row in rows if row["reason"]))


def _fills(count: int, blocks: int, offset_k: float | None, is_cold: bool) -> list[Any]:
    fills: list[Any] = [None] * count
    if offset_k is not None and abs(offset_k) >= WORTH_COLOUR_K:
        fills[NAMED + blocks] = MIND if offset_k > 0 else COOL
    if is_cold:
        fills[NAMED + blocks + 5] = BAD
    return fills


def _columns(blocks: Sequence[tuple[datetime, datetime]]) -> list[Column]:
    return [
        Column(say("sheet.station"), 10),
        Column(say("sheet.loop"), 9),
        Column(say("sheet.station_name"), 17),
        Column(say("sheet.managed_by"), 8),
        *(Column(say("sheet.setpoint_at", at=f"{start:%H:%M}"), 7, ONE) for start, _ in blocks),
        Column(say("sheet.offset_k"), 7, SIGNED),
        Column(say("sheet.least_setpoint"), 6, ONE),
        Column(say("sheet.most_setpoint"), 6, ONE),
        Column(say("sheet.quota_gj"), 8, WHOLE),
        Column(say("sheet.primary_flow"), 8, ONE),
        Column(say("sheet.coldest_c"), 8, ONE),
        Column(say("sheet.curve"), 6, WHOLE),
        Column(say("sheet.reason"), 24),
    ]
