"""What binds and what one more MW is worth: prices of heat, and limits that cost money."""

from datetime import datetime

import numpy as np

from dispatch.messages import moment, say
from dispatch.report.charts import Chart, Series, hours_axis
from dispatch.report.markup import Column, chart, number, paragraph, section, table
from dispatch.report.run_facts import Array, RunFacts
from dispatch.sheets.tables import figure, grouped

BINDS_YUAN = 0.01  # per MWh: a limit that is worth less does not bind
MOST_LIMITS = 15
PRICE = "heat_yuan_per_mwh"
NEARLY_ALL_PCT = (5, 95)
FAR, LEAST_RANGE_YUAN = 3.0, 10.0  # further than so many ranges is cut off


def worth_section(facts: RunFacts) -> str:
    """Return heat prices by zone and the limits that bind, dearest first."""
    return section(
        "worth",
        say("report.title_worth"),
        paragraph(say("report.note_worth"), class_="quiet"),
        chart("prices"),
        _zones(facts),
        _limits(facts),
    )


def _zones(facts: RunFacts) -> str:
    columns = (
        Column(say("report.zone"), is_word=True),
        Column(say("report.mean_yuan_mwh"), say("report.note_price")),
        Column(say("report.mean_yuan_gj"), say("report.note_price")),
        Column(say("report.most_yuan_mwh")),
    )
    rows = [
        (
            one["zone_id"],
            number(one["mean_yuan_per_mwh"], 2),
            number(one["mean_yuan_per_gj"], 2),
            number(one["most_yuan_per_mwh"], 2),
        )
        for one in facts.summary["heat_prices"]
    ]
    return table(columns, rows, caption=say("report.caption_prices"), name="prices-table")


def _limits(facts: RunFacts) -> str:
    columns = (
        Column(say("report.limit"), is_word=True),
        Column(say("report.hours_binding")),
        Column(say("report.first_binding"), is_word=True),
        Column(say("report.worth_yuan"), say("report.note_limit")),
        Column(say("report.worth_total"), say("report.note_limit_total")),
    )
    kinds = (
        ("source", "source_capacity_price", "report.limit_source"),
        ("link", "link_capacity_price", "report.limit_link"),
        ("plant", "plant_share_price", "report.limit_share"),
    )
    found = []
    for kind, variable, key in kinds:
        if not facts.has(variable):
            continue
        for name, price in zip(facts.words(kind), facts.values(variable), strict=True):
            worth = np.abs(np.nan_to_num(price))
            binds = worth > BINDS_YUAN
            if binds.any():
                hours = float(binds.sum()) * facts.run.step_h
                total = float(worth.sum()) * facts.run.step_h
                first = moment(facts.step_starts[int(np.argmax(binds))])
                mean = number(float(worth[binds].mean()), 2)
                cells = (say(key, name=name), number(hours), first, mean, number(total))
                found.append((total, cells))
    rows = [cells for _, cells in sorted(found, key=lambda one: -one[0])[:MOST_LIMITS]]
    return table(columns, rows, caption=say("report.caption_limits"), name="limits-table")


def prices_chart(facts: RunFacts) -> Chart | None:
    """Return the price of heat by zone as `shadow_prices.csv` has it; None without prices."""
    by_zone = grouped(facts.prices, "zone_id")
    if not by_zone:
        return None
    first = next(iter(by_zone.values()))
    labels, ticks = hours_axis([datetime.fromisoformat(row["valid_from"]) for row in first])
    prices = [[_number(figure(row, PRICE)) for row in rows] for rows in by_zone.values()]
    zones = [zone for (zone,) in by_zone]
    series = [Series(zone, values, "step") for zone, values in zip(zones, prices, strict=True)]
    unit, title = say("report.unit_yuan_mwh"), say("report.chart_prices")
    within = _usual(np.concatenate([np.asarray(one, dtype=float) for one in prices]))
    return Chart("prices", title, unit, labels, ticks, series, decimals=2, within=within)


def _usual(prices: Array) -> tuple[float, float] | None:
    """Return the range of nearly all prices where a few lie far away: they would flatten them."""
    known = prices[np.isfinite(prices)]
    if not known.size:
        return None
    low, high = (float(one) for one in np.percentile(known, NEARLY_ALL_PCT))
    room = max(high - low, LEAST_RANGE_YUAN)
    if known.min() >= low - FAR * room and known.max() <= high + FAR * room:
        return None
    return float(np.floor((low - room) / 10) * 10), float(np.ceil((high + room) / 10) * 10)


def _number(value: float | None) -> float:
    return np.nan if value is None else value
