"""Heat by source: the picture, shares of plants, setpoints with the reason of each change."""

from collections.abc import Sequence
from datetime import datetime

import numpy as np

from dispatch.messages import moment, say
from dispatch.report.charts import Chart, Series, hours_axis
from dispatch.report.markup import Column, chart, folded, number, section, table
from dispatch.report.run_facts import RunFacts
from dispatch.retold import reason
from dispatch.run_tables import GJ_PER_MWH
from dispatch.sheets.tables import Row, figure, grouped


def sources_section(facts: RunFacts) -> str:
    """Return picture and tables."""
    by_source = grouped(facts.sources, "source_id")
    tables = (
        folded(say("report.of_source", source=source), _setpoints(source, rows), is_open=place == 0)
        for place, ((source,), rows) in enumerate(by_source.items())
    )
    return section(
        "sources",
        say("report.title_sources"),
        chart("sources"),
        _plants(facts),
        _used(facts),
        *tables,
    )


def _plants(facts: RunFacts) -> str:
    columns = (
        Column(say("report.plant"), is_word=True),
        Column(say("report.mean_mw"), say("report.note_mean_mw")),
        Column(say("report.mean_gj_h"), say("report.note_gj_h")),
        Column(say("report.heat_mwh")),
        Column(say("report.share_pct"), say("report.note_share")),
        Column(say("report.band_pct"), say("report.note_band")),
    )
    rows = [
        (
            plant["plant_id"],
            number(plant["mean_mw"], 1),
            number(plant["mean_mw"] * GJ_PER_MWH, 0),
            number(plant["energy_mwh"], 0),
            number(100.0 * plant["share"], 1) if plant["share"] is not None else "–",
            _band(plant["share_min"], plant["share_max"]),
        )
        for plant in facts.summary["plants"]
    ]
    return table(columns, rows, caption=say("report.caption_plants"), name="plants-table")


def _band(low: float | None, high: float | None) -> str:
    return "–" if low is None or high is None else f"{100 * low:.0f}–{100 * high:.0f}"


def _used(facts: RunFacts) -> str:
    columns = (
        Column(say("report.source"), is_word=True),
        Column(say("report.heat_mwh")),
        Column(say("report.heat_gj")),
        Column(say("report.power_mwh")),
        Column(say("report.burnt_tce"), say("report.note_burnt")),
        Column(say("report.accounting_tce"), say("report.note_accounting")),
        Column(say("report.marginal_tce"), say("report.note_marginal")),
    )
    rows = [
        (
            one["source_id"],
            number(one["heat_mwh"]),
            number(one["heat_mwh"] * GJ_PER_MWH),
            number(one["power_mwh"]),
            *(number(one[f"{kind}_tce"], 1) for kind in ("burnt", "accounting", "marginal")),
        )
        for one in facts.summary["sources"]
    ]
    return table(columns, rows, caption=say("report.caption_fuel"), name="fuel-table")


def _setpoints(source: str, rows: Sequence[Row]) -> str:
    columns = (
        Column(say("report.from_to"), is_word=True),
        Column(say("report.heat_mw"), say("report.note_heat")),
        Column(say("report.change_mw"), say("report.note_change")),
        Column(say("report.share_pct"), say("report.note_share")),
        Column(say("report.supply_c"), say("report.note_supply")),
        Column(say("report.return_c")),
        Column(say("report.flow_tph")),
        Column(say("report.units_on")),
        Column(say("report.fuel_t"), say("report.note_fuel")),
        Column(say("report.power_mw")),
        Column(say("report.reason"), say("report.note_reason"), is_word=True),
    )
    told = []
    last: float | None = None
    for row in rows:
        heat, share = figure(row, "heat_mw"), figure(row, "share")
        change = None if last is None or heat is None else heat - last
        last = heat
        told.append(
            (
                span(row["valid_from"], row["valid_to"]),
                number(heat, 2),
                number(change, 1, sign=True),
                number(None if share is None else 100.0 * share, 1),
                *(number(figure(row, name), 1) for name in ("supply_temp_c", "return_temp_c")),
                number(figure(row, "flow_tph"), 0),
                number(figure(row, "units_on"), 0),
                *(number(figure(row, name), 1) for name in ("fuel_t", "power_mw")),
                reason(row["reason"]),
            )
        )
    return table(columns, told, name=f"source-{source}")


def span(start: str, end: str) -> str:
    """Return a block as people write it: its day, from, to."""
    first, last = datetime.fromisoformat(start), datetime.fromisoformat(end)
    return f"{moment(first)}–{last:%H:%M}"


def sources_chart(facts: RunFacts) -> Chart:
    """Return heat by source on top of each other, and what the network needs."""
    labels, ticks = hours_axis(facts.step_starts)
    heat_mw = facts.values("source_heat")
    used = [row for row in range(heat_mw.shape[0]) if np.abs(heat_mw[row]).max(initial=0.0) > 0.01]
    names = facts.words("source")
    series = [Series(names[row], heat_mw[row], "area") for row in used]
    if facts.has("load_forecast_p10"):
        high, low = (facts.values(f"load_forecast_{end}") for end in ("p90", "p10"))
        series.append(Series(say("report.series_load_band"), high, "band", low=low, colour=7))
    need = facts.values("demand_estimate")
    series.append(Series(say("report.series_need"), need, dashed=True, colour=7))
    return Chart("sources", say("report.chart_sources"), "MW", labels, ticks, series, decimals=2)
