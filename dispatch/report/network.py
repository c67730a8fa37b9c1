"""The network: supply and return temperatures, flows, and where the heat goes."""

from collections.abc import Sequence
from html import escape

import numpy as np

from dispatch.messages import say
from dispatch.report.charts import Chart, Series, hours_axis
from dispatch.report.markup import Column, chart, element, number, paragraph, section, table
from dispatch.report.run_facts import RunFacts
from dispatch.report.sources import span
from dispatch.run_tables import local_text, utc_datetime

FULL = 0.98  # of its capacity: drawn as full
LEFT, RIGHT, TOP, ROW, BOX_WIDTH, BOX_HEIGHT = 20, 480, 30, 86, 180, 52
MOST_DRAWN = 4  # plants of the chart
WIDEST = 16.0  # of a main's line
WIDTH = RIGHT + BOX_WIDTH + 120


def network_section(facts: RunFacts) -> str:
    """Return picture, diagram and table."""
    plants = len(facts.words("plant"))
    note = say("report.note_few_plants", drawn=MOST_DRAWN, all=plants)
    few = [paragraph(note, class_="quiet")] if plants > MOST_DRAWN else []
    return section(
        "network",
        say("report.title_network"),
        chart("network"),
        *few,
        element("h3", escape(say("report.title_diagram"))),
        paragraph(say("report.note_diagram"), class_="quiet"),
        element("div", diagram(facts), class_="wide", tabindex="0", role="group"),
        _waters(facts),
    )


def _waters(facts: RunFacts) -> str:
    columns = (
        Column(say("report.plant"), is_word=True),
        Column(say("report.from_to"), is_word=True),
        Column(say("report.supply_c"), say("report.note_supply")),
        Column(say("report.return_c")),
        Column(say("report.flow_tph"), say("report.note_flow")),
    )
    ends = [
        local_text(utc_datetime(one), facts.timezone)
        for one in facts.run.schedule["block_end"].values
    ]
    starts = [one.isoformat() for one in facts.block_starts]
    rows = [
        (
            plant,
            span(starts[block], ends[block]),
            number(float(facts.values("plant_supply_temp")[row, block]), 1),
            number(float(facts.values("plant_return_temp")[row, block]), 1),
            number(float(facts.values("plant_flow")[row, block])),
        )
        for row, plant in enumerate(facts.words("plant"))
        for block in range(len(starts))
    ]
    whole = table(columns, rows, name="water-table")
    return f"<details><summary>{escape(say('report.caption_waters'))}</summary>{whole}</details>"


def drawn_plants(facts: RunFacts) -> list[int]:
    """Return the rows of the plants that send most heat: more lines than these are a tangle."""
    heat = facts.values("plant_heat").sum(axis=1)
    return sorted(np.argsort(-heat, kind="stable")[:MOST_DRAWN].tolist())


def network_chart(facts: RunFacts) -> Chart:
    """Return supply and return temperatures of each plant, and flows under them."""
    labels, ticks = hours_axis(facts.block_starts)
    series: list[Series] = []
    plants = facts.words("plant")
    for colour, row in enumerate(drawn_plants(facts)):
        plant = plants[row]
        for variable, key, dashed, axis in (
            ("plant_supply_temp", "report.series_supply", False, 0),
            ("plant_return_temp", "report.series_return", True, 0),
            ("plant_flow", "report.series_flow", False, 1),
        ):
            values = facts.values(variable)[row]
            if np.isfinite(values).any():
                name = say(key, plant=plant)
                series.append(Series(name, values, "step", dashed, colour=colour, axis=axis))
    return Chart(
        "network", say("report.chart_network"), "°C", labels, ticks, series, unit_below="t/h"
    )


def diagram(facts: RunFacts) -> str:
    """Return plants, mains and zones as a drawing; the wider a main, the more heat it takes in."""
    plants, zones = facts.words("plant"), facts.words("zone")
    rows = max(len(plants), len(zones))
    places = _column(plants, LEFT, rows) | _column(zones, RIGHT, rows)
    heat = dict(zip(plants, facts.values("plant_heat").mean(axis=1).tolist(), strict=True))
    served = dict(zip(zones, facts.values("zone_served").mean(axis=1).tolist(), strict=True))
    mains = [_main(facts, row, places) for row in range(len(facts.words("link")))]
    shapes = [*(line for line, _ in mains), *(label for _, label in mains)]
    shapes += [_box(name, heat[name], places[name], "plant") for name in plants]
    shapes += [_box(name, served[name], places[name], "zone") for name in zones]
    height = TOP + rows * ROW
    return element(
        "svg",
        *shapes,
        viewBox=f"0 0 {WIDTH} {height}",
        class_="diagram",
        role="img",
        aria_label=say("report.title_diagram"),
    )


def _column(names: Sequence[str], left: int, rows: int) -> dict[str, tuple[float, float]]:
    """Upper left corners of boxes in a column, spread over the height of `rows` boxes."""
    pitch = rows * ROW / max(len(names), 1)
    return {
        name: (left, TOP + place * pitch + (pitch - BOX_HEIGHT) / 2)
        for place, name in enumerate(names)
    }


def _box(name: str, mean_mw: float, place: tuple[float, float], kind: str) -> str:
    left, top = place
    middle = f"{left + BOX_WIDTH / 2:g}"
    size = {"width": str(BOX_WIDTH), "height": str(BOX_HEIGHT), "rx": "6"}
    return element(
        "g",
        element("rect", x=f"{left:g}", y=f"{top:g}", class_=kind, **size),
        element("text", escape(name), x=middle, y=f"{top + 22:g}", class_="name"),
        element("text", number(mean_mw, 1), " MW", x=middle, y=f"{top + 42:g}"),
    )


def _main(facts: RunFacts, row: int, places: dict[str, tuple[float, float]]) -> tuple[str, str]:
    """One main as a curve, and its mean heat and capacity; a tie of zones is on the right."""
    name, start, end = (facts.words(kind)[row] for kind in ("link", "link_from", "link_to"))
    sent, capacity = facts.values("link_sent")[row], facts.values("link_capacity")[row]
    mean_mw, most_mw = float(sent.mean()), float(capacity.mean())
    full_h = float((sent >= FULL * np.maximum(capacity, 1e-9)).sum()) * facts.run.step_h
    (x1, y1), (x2, y2) = places[start], places[end]
    y1, y2 = y1 + _door(facts, row, "link_from"), y2 + _door(facts, row, "link_to")
    is_tie = x1 == x2
    if is_tie:
        x1 = x2 = x1 + BOX_WIDTH
        bend, label_x, label_y = x1 + 70, x1 + 60, (y1 + y2) / 2
        path = f"M{x1:g} {y1:g} C{bend:g} {y1:g} {bend:g} {y2:g} {x2:g} {y2:g}"
    else:
        x1 += BOX_WIDTH
        middle, part = (x1 + x2) / 2, _part(facts, row)
        path = f"M{x1:g} {y1:g} C{middle:g} {y1:g} {middle:g} {y2:g} {x2:g} {y2:g}"
        label_x, label_y = _on_curve(x1, y1, x2, y2, part)
    width = 1.5 + (WIDEST - 1.5) * mean_mw / max(float(facts.values("link_capacity").max()), 1e-9)
    kind = "main full" if full_h > 0.0 else "main"
    told = say(
        "report.main_title",
        name=name,
        mean=number(mean_mw, 1),
        most=number(most_mw, 1),
        hours=number(full_h),
    )
    label = f"{number(mean_mw, 0)} / {number(most_mw, 0)}" + (" ●" if full_h > 0.0 else "")
    title = element("title", escape(told))
    line = element("path", title, d=path, class_=kind, stroke_width=f"{width:.1f}")
    place = {"x": f"{label_x:.0f}", "y": f"{label_y:.0f}", "class_": "on-main"}
    return line, element("text", label, **place)


def _door(facts: RunFacts, row: int, end: str) -> float:
    """How far below the top of its box a main ends: side by side with the others there."""
    ends = facts.words(end)
    same = [other for other, name in enumerate(ends) if name == ends[row]]
    return BOX_HEIGHT * (same.index(row) + 0.5) / len(same)


def _part(facts: RunFacts, row: int) -> float:
    """How far along its curve a main's label stands: where fewer mains meet."""
    starts, ends = facts.words("link_from"), facts.words("link_to")
    return 0.22 if ends.count(ends[row]) > starts.count(starts[row]) else 0.78


def _on_curve(x1: float, y1: float, x2: float, y2: float, part: float) -> tuple[float, float]:
    """Return a point of the curve of a main (a cubic Bézier with level ends)."""
    rest = 1.0 - part
    middle = (x1 + x2) / 2
    weights = (rest**3, 3 * rest**2 * part, 3 * rest * part**2, part**3)
    x = weights[0] * x1 + (weights[1] + weights[2]) * middle + weights[3] * x2
    return x, (weights[0] + weights[1]) * y1 + (weights[2] + weights[3]) * y2 + 4
